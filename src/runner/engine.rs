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
        let fastest = cost::at_most(fastest, trials.len());
        let (sharing, checkpointing) = cost::fit(&recipes, self.room(data), fastest, normalised)?;
        let notes: Vec<String> =
            cost::guess(self.0.memory).into_iter().chain(short_of_memory(fastest, sharing)).collect();
        let commit = environment::version();
        let options = heat::HeatOptions {
            device: &self.0.name,
            commit: &commit,
            checkpointing: checkpointing.as_deref(),
            notes: &notes,
            abreast: matches!(sharing, Sharing::Abreast(_)),
            recorded: sharing == Sharing::Recorded,
            kept_within: KEPT_WITHIN,
        };
        heat::train(trials, data, &self.0.device, options, resume, observe)
    }
}

impl EngineTrainer {
    /// Bytes that training may fill beside the images, where that is known.
    fn room(&self, data: &Dataset) -> Option<u64> {
        let images = if workers::is_cpu(&self.0.device) { data.held() as u64 } else { 0 };
        self.0.memory.map(|memory| memory.saturating_sub(images))
    }
}

/// What is said where memory is too short for the fastest way in which trials could share the device.
fn short_of_memory(fastest: Sharing, taken: Sharing) -> Option<String> {
    let note = match (fastest, taken) {
        (Sharing::Recorded, Sharing::InTurn) => "steps are launched one by one: memory for recording them is short",
        (Sharing::Abreast(_), Sharing::InTurn) => "methods are trained in turn: memory for several at a time is short",
        _ => return None,
    };
    Some(note.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_slower_than_it_could_be_is_told() {
        let way = |fastest, taken| short_of_memory(fastest, taken).is_some();
        for sharing in [Sharing::Recorded, Sharing::Abreast(2), Sharing::InTurn] {
            assert!(!way(sharing, sharing), "{sharing:?}");
        }
        assert!(way(Sharing::Recorded, Sharing::InTurn) && way(Sharing::Abreast(2), Sharing::InTurn));
        assert!(!way(Sharing::Recorded, Sharing::Checkpointed), "that is told in other words");
        assert!(cost::guess(None).unwrap().contains("taken to be 2.0 GiB") && cost::guess(Some(1)).is_none());
    }
}
