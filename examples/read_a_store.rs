//! Reads what was trained, and judges it: each trial with its numbers, then every claim. Nothing is trained or changed.
//!
//! ```sh
//! cargo run --release -- demo --headless
//! cargo run --release --example read_a_store -- runs demo
//! ```

use std::{env, fs};

use anyhow::{Context, Result};
use byolab::{
    plan::{Experiment, Overrides, Plan},
    results,
    store::Store,
};

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let runs = arguments.next().unwrap_or_else(|| "runs".into());
    let name = arguments.next().unwrap_or_else(|| "demo".into());
    let folder = Store::new(runs).experiment(&name);

    // A folder of runs stands alone: the experiment that was asked lies in it.
    let path = folder.experiment_file();
    let text = fs::read_to_string(&path).with_context(|| format!("nothing was trained in {}", path.display()))?;
    let plan = Plan::new(Experiment::parse(&name, &path.display().to_string(), &text)?, &Overrides::default())?;
    let snapshot = folder.snapshot_for(&plan)?;

    let judged = results::judge(&plan, &snapshot);
    for row in &judged.rows {
        let accuracy = row.metrics.get("knn.top1").map_or("-".into(), |value| format!("{:.1} %", 100.0 * value));
        println!("{}  {:<11} k-NN {accuracy:>6}  {}", row.trial, row.state.word(), row.words());
    }
    for claim in &judged.claims {
        println!("{:?}: {} (n = {})", claim.verdict, claim.text, claim.n);
    }
    Ok(())
}
