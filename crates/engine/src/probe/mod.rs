//! Measurements of frozen features: accuracy by k-NN and by a linear classifier, and how much of the space they use.
//!
//! | file | measures |
//! |---|---|
//! | `knn` | what the nearest neighbours say |
//! | `linear` | what a linear classifier says, by descent over epochs |
//! | `crops` | the same by the paper's protocol: crops and flips, the rate chosen |
//! | `logistic` | the same at the minimum of its loss, by `lbfgs`, with a penalty that is chosen |
//! | `solver` | which of the three a recipe asks for |
//! | `left_out` | the images that a choice is made by |
//! | `stages` | the same of the maps of every stage |
//! | `dense` | where things are in scenes, read out of all stages' maps; judged by `overlap` |
//! | `finetune` | what the whole network says after learning labels |
//! | `factors` | what is left of how images were made |
//! | `spread` | how features fill the space |
//! | `measures` | what else they are like, where that is asked for |

pub mod crops;
pub mod dense;
pub mod factors;
pub mod finetune;
pub mod knn;
pub mod lbfgs;
mod left_out;
pub mod linear;
pub mod logistic;
pub mod measures;
pub mod overlap;
pub mod solver;
pub mod spread;
pub mod stages;
