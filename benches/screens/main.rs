//! How quick the workbench is on a store of many long runs:
//!
//! ```sh
//! cargo bench --bench screens            # 200 runs of 100,000 recorded steps
//! cargo bench --bench screens -- 20 1000
//! ```

mod frames;
mod made;
#[path = "../../tests/it/terminal/session.rs"]
#[expect(dead_code, reason = "the tests also look at how a session ends")]
#[expect(clippy::unwrap_used, reason = "it is a test's")]
mod session;
mod watched;

use std::{env, path::Path};

fn main() {
    // Cargo itself says `--bench`.
    let mut numbers = env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let (runs, steps) = (numbers.next().unwrap_or(200), numbers.next().unwrap_or(100_000));
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room beside the build");
    env::set_current_dir(folder.path()).expect("it was just made");
    // SAFETY: no other thread reads the environment yet.
    unsafe { env::set_var("XDG_CACHE_HOME", folder.path().join("cache")) };
    let bytes = made::store(Path::new("."), runs as usize, steps);
    println!("{runs} runs of {steps} recorded steps, {:.1} GB of events", bytes as f64 / 1e9);

    let (first, whole) = watched::start(folder.path());
    println!("never read before:  first picture {first:>6.0} ms, all runs {whole:>7.0} ms");
    let (first, whole) = watched::start(folder.path());
    println!("read before:        first picture {first:>6.0} ms, all runs {whole:>7.0} ms   goal: first below 300");

    for (screen, median, slowest) in frames::of_every_screen(folder.path()) {
        println!("a key on {screen:<11} {median:>6.2} ms, at most {slowest:>5.2} ms   goal: below 10");
    }

    let idle = watched::idle(folder.path());
    println!("nothing happens:    {:.2} % of a core, {} bytes   goal: below 1 %, none", idle.percent, idle.bytes);
    let live = watched::live(folder.path());
    println!("a heat in training: {:.2} % of a core, {:.1} kB/s   goal: below 20 kB/s", live.percent, live.rate / 1e3);
}
