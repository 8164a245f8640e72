//! Measurements of frozen features: accuracy by k-NN and by a linear classifier, and how much of the space they use.

pub mod factors;
pub mod finetune;
pub mod knn;
pub mod linear;
pub mod spread;
