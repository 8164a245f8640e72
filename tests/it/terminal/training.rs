//! Started from the grid, watched, left and found again: what is in training does not mind.

use std::{fs, thread, time::Duration};

use byolab::{
    protocol::Command,
    store::{ExperimentFolder, State, Store},
};

use super::session::{PATIENCE, Session};

/// Longer than anybody looks.
const EXPERIMENT: &str = r#"
question = "Does training mind who looks?"

[recipe]
data    = { name = "synthetic", limit = 64, held_out = 32 }
encoder = { name = "convnet", width = 8 }
train   = { batch = 16, epochs = 3000, warmup_epochs = 0, evaluate_every = 1000 }
probes  = { knn_k = 5 }

[[axis]]
key    = "method"
values = ["byol", "simclr"]
"#;

/// What was started is stopped, however the test ends.
struct Stopping(ExperimentFolder);

impl Drop for Stopping {
    fn drop(&mut self) {
        let _ = self.0.command(&Command::Stop);
    }
}

#[test]
fn a_run_started_from_the_grid_outlives_a_terminal_that_hangs_up() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("experiments")).unwrap();
    fs::write(folder.path().join("experiments/looked-at.toml"), EXPERIMENT).unwrap();
    let Stopping(store) = &Stopping(Store::new(folder.path().join("runs")).experiment("looked-at"));
    let steps = || store.snapshot().unwrap().runs.values().map(|run| run.step).sum::<u64>();

    let mut session = Session::open(folder.path(), "--device cpu", &[]);
    session.expect("experiments");
    session.press("/looked-at\r\r");
    session.expect("byolab › looked-at");
    session.press("\r");
    session.expect("Train 2 trials");
    session.press("y");
    session.expect("started: 2 trials to train");
    session.press("o");
    session.expect("byolab › looked-at › run");
    session.hang_up();
    session.end(Duration::from_secs(2));
    let left = steps();

    let mut again = Session::open(folder.path(), "", &[]);
    again.expect("byolab › looked-at › run");
    again.expect(" training  step");
    again.wait("a step since", || steps() > left);
    again.press("Sy");
    again.expect(" stopped  step");
    assert!(store.snapshot().unwrap().runs.values().all(|run| run.state == State::Stopped));
    again.press("q");
    assert!(again.end(PATIENCE).success());
    while store.runner().unwrap().is_some() {
        thread::sleep(Duration::from_millis(20));
    }
}
