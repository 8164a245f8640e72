//! The engine as a trainer.

use anyhow::Result;

use super::{Trainer, environment};
use crate::{
    data::Dataset,
    engine::{device::Opened, heat},
    plan::{Trial, cost},
    protocol::{Observe, Resume},
};

/// Trains on an opened device.
pub struct EngineTrainer(pub Opened);

impl Trainer for EngineTrainer {
    fn device(&self) -> String {
        self.0.name.clone()
    }

    fn train(
        &mut self,
        trials: &[&Trial],
        data: &Dataset,
        resume: Vec<Option<Resume>>,
        observe: &mut dyn Observe,
    ) -> Result<()> {
        let recipes: Vec<_> = trials.iter().map(|trial| &trial.recipe).collect();
        let checkpointing = cost::fit(&recipes, self.0.memory)?;
        let commit = environment::version();
        let stamp = heat::Stamp { device: &self.0.name, commit: &commit, checkpointing: checkpointing.as_deref() };
        heat::train(trials, data, &self.0.device, stamp, resume, observe)
    }
}
