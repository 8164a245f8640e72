//! Experiment files: a plan, or every problem with its place.
#![no_main]

use byolab::plan::{Experiment, Overrides, Plan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let plan = Experiment::parse("fuzz", "fuzz.toml", &text).and_then(|it| Plan::new(it, &Overrides::default()));
    // Problems are for reading.
    drop(plan.map_err(|problems| problems.to_string()));
});
