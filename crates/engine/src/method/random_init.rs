//! Nothing is learnt: what the untrained encoder is worth, in the same tables and figures as what was learnt.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::{Batch, LossOutput, Method, Network, Teacher};
use crate::encoder::Encoder;

pub struct RandomInit {
    encoder: Arc<dyn Encoder>,
}

impl RandomInit {
    pub fn new(encoder: Arc<dyn Encoder>) -> Self {
        Self { encoder }
    }
}

impl Method for RandomInit {
    /// 0, and the features in the place of projections; running statistics stay too.
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, Batch { views: [v, _], .. }: Batch) -> LossOutput {
        let device = v.device().inner();
        let projection = self.encoder.forward(&mut student.evaluate(), v).inner();
        LossOutput::new(Tensor::zeros([1], &device), projection)
    }

    fn learns(&self) -> bool {
        false
    }
}
