//! Trains BYOL and SimCLR side by side from code, on the same images and the same views. Nothing is written to disk:
//!
//! ```sh
//! cargo run --release --example train_a_heat
//! ```

use std::{path::Path, time::Duration};

use anyhow::Result;
use byolab::{
    data,
    engine::{
        device,
        heat::{self, HeatOptions},
    },
    plan::{Experiment, Overrides, Plan, Trial},
    protocol::{Control, Event, Features, Observe, What},
};

/// What would stand in a file.
const EXPERIMENT: &str = r#"
question = "Does BYOL learn anything in a hundred steps?"
seeds    = [0]

[recipe]
data    = { name = "synthetic", limit = 640, held_out = 200 }
encoder = { name = "convnet", width = 8 }
train   = { batch = 32, epochs = 5, warmup_epochs = 1, evaluate_every = 1, checkpoint_every = 5 }

[[axis]]
key    = "method"
values = ["byol", "simclr"]
"#;

fn main() -> Result<()> {
    let experiment = Experiment::parse("example", "examples/train_a_heat.rs", EXPERIMENT)?;
    let plan = Plan::new(experiment, &Overrides::default())?;
    // One seed and no other axis: all trials are members of one heat, which sees the same views.
    let trials: Vec<&Trial> = plan.trials.iter().collect();
    let dataset = data::load_for(&trials[0].recipe, Path::new("data"))?;
    let opened = device::open("cpu")?;
    let options = HeatOptions {
        device: &opened.name,
        commit: "an example",
        checkpointing: None,
        notes: &[],
        abreast: true,
        recorded: false,
        kept_within: Duration::from_secs(600),
    };
    let resume = trials.iter().map(|_| None).collect();
    heat::train(&trials, &dataset, &opened.device, options, resume, &mut Printed(&trials))
}

/// An observer that prints accuracies and keeps nothing. The program's own appends events to a file (`store::Recorder`).
struct Printed<'a>(&'a [&'a Trial]);

impl Observe for Printed<'_> {
    fn event(&mut self, trial: usize, event: Event) -> Result<Control> {
        if let What::Evaluated { metrics } = event.what {
            let method = self.0[trial].recipe.method.name();
            let numbers: Vec<String> = metrics.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
            println!("step {:>3}  {method:<6}  {}", event.step, numbers.join("  "));
        }
        // `Control::Stop` would end the training behind this step.
        Ok(Control::Continue)
    }

    fn checkpoint(&mut self, _trial: usize, _step: u64, _bytes: Vec<u8>) -> Result<()> {
        Ok(())
    }

    fn encoder(&mut self, _trial: usize, _bytes: Vec<u8>) -> Result<()> {
        Ok(())
    }

    fn features(&mut self, _trial: usize, _features: Features) -> Result<()> {
        Ok(())
    }
}
