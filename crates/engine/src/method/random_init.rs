//! Nothing is learnt: what the untrained encoder is worth, in the same tables and figures as what was learnt.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::{Batch, LossOutput, Method, Network, Teacher};
use crate::encoder::Encoder;
use byolab_values::plan::recipe::RandomInitRecipe;

pub struct RandomInit {
    encoder: Arc<dyn Encoder>,
    /// Whether running statistics follow the images, which normalises each channel by them.
    rescaled: bool,
}

impl RandomInit {
    pub fn new(encoder: Arc<dyn Encoder>, recipe: &RandomInitRecipe) -> Self {
        Self { encoder, rescaled: recipe.rescaled }
    }
}

impl Method for RandomInit {
    /// 0, and the features in the place of projections; running statistics stay too, unless they are asked to follow.
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let [v, _] = batch.pair();
        let device = v.device().inner();
        let pass = &mut if self.rescaled { student.train() } else { student.evaluate() };
        let projection = self.encoder.forward(pass, v).inner();
        LossOutput::new(Tensor::zeros([1], &device), projection)
    }
}
