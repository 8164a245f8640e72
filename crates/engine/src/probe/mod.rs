//! Measurements of frozen features: accuracy by k-NN and by a linear classifier, and how much of the space they use.
//!
//! | file | measures |
//! |---|---|
//! | `knn` | what the nearest neighbours say |
//! | `linear` | what a linear classifier says: by descent over epochs, or by `logistic` |
//! | `logistic` | the same at the minimum of its loss, by `lbfgs`, with a penalty that is chosen |
//! | `stages` | the same of the maps of every stage |
//! | `finetune` | what the whole network says after learning labels |
//! | `factors` | what is left of how images were made |
//! | `spread` | how features fill the space |

pub mod factors;
pub mod finetune;
pub mod knn;
pub mod lbfgs;
pub mod linear;
pub mod logistic;
pub mod spread;
pub mod stages;
