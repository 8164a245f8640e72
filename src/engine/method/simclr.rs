//! SimCLR (Chen et al. 2020, arXiv 2002.05709): the two views of an image are told apart from all other images of the
//! batch.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::{Method, Network, Outcome};
use crate::{
    engine::{
        encoder::Encoder,
        loss,
        nn::{Layout, Mlp},
    },
    plan::recipe::SimclrRecipe,
};

pub struct SimClr {
    encoder: Arc<dyn Encoder>,
    projector: Mlp,
    temperature: f64,
}

impl SimClr {
    pub fn new(layout: &mut Layout, encoder: Arc<dyn Encoder>, recipe: &SimclrRecipe) -> Self {
        let features = [encoder.features(), recipe.projector_hidden, recipe.projector_out];
        let projector = Mlp::new(layout, "projector", features);
        Self { encoder, projector, temperature: recipe.temperature }
    }

    fn project(&self, student: &mut Network, view: Tensor<4>) -> Tensor<2> {
        let pass = &mut student.train();
        let features = self.encoder.forward(pass, view);
        self.projector.forward(pass, features)
    }
}

impl Method for SimClr {
    fn teacher_parameters(&self) -> Option<usize> {
        None
    }

    /// The views pass separately, as BYOL's do, so that both methods see the same batch statistics.
    fn loss(&self, student: &mut Network, _: Option<&mut Network>, [v, w]: [Tensor<4>; 2]) -> Outcome {
        let (z_v, z_w) = (self.project(student, v), self.project(student, w));
        let projection = z_v.clone().inner();
        Outcome { loss: loss::nt_xent(z_v, z_w, self.temperature), projection }
    }

    fn target_decay(&self, _: u64, _: u64) -> Option<f64> {
        None
    }
}
