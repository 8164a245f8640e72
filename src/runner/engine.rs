//! The engine as a trainer.

use anyhow::Result;

use super::{Trainer, environment};
use crate::{
    data::Dataset,
    engine::{device::Opened, heat},
    plan::Trial,
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
        let stamp = heat::Stamp { device: &self.0.name, commit: &environment::version() };
        heat::train(trials, data, &self.0.device, stamp, resume, observe)
    }
}
