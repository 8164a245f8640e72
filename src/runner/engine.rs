//! The engine as a trainer.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{Trainer, environment};
use byolab_engine::{device::Opened, heat, kernel, workers};
use byolab_values::{
    data::Dataset,
    plan::{
        Trial,
        cost::{self, Sharing},
        recipe::Precision,
    },
    protocol::{Observe, Resume},
};

/// What a kill may cost of a training whose epochs are long.
const KEPT_WITHIN: Duration = Duration::from_secs(600);

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
        let bf16 = recipes.iter().any(|recipe| recipe.train.precision == Precision::Bf16);
        ensure!(
            !bf16 || self.0.computes_bfloat16(),
            "{} does not compute in bfloat16: set train.precision = \"f32\"",
            self.0.name
        );
        let (fastest, normalised) = (workers::sharing(&self.0.device), kernel::normalised(&self.0.device));
        let (sharing, checkpointing) = cost::fit(&recipes, self.0.memory, fastest, normalised)?;
        let commit = environment::version();
        let options = heat::HeatOptions {
            device: &self.0.name,
            commit: &commit,
            checkpointing: checkpointing.as_deref(),
            abreast: matches!(sharing, Sharing::Abreast(_)),
            recorded: sharing == Sharing::Recorded,
            kept_within: KEPT_WITHIN,
        };
        heat::train(trials, data, &self.0.device, options, resume, observe)
    }
}
