//! The program itself in a terminal of its own: what its user waits for, what it costs while it is only looked at.

use std::{
    fs,
    num::NonZeroU16,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::{
    made,
    session::{Session, size},
};

/// How long is looked.
const LOOK: Duration = Duration::from_secs(10);

/// What a workbench costs while it is looked at.
pub struct Cost {
    pub percent: f64,
    pub bytes: usize,
    /// Bytes a second.
    pub rate: f64,
}

/// Milliseconds until the first picture, and until it tells of every run.
pub fn start(folder: &Path) -> (f64, f64) {
    let begin = Instant::now();
    let mut session = Session::open(folder, "", &[]);
    session.expect_bytes("\x1b[?2026l");
    let first = begin.elapsed();
    while session.picture().contains("reading") {
        thread::sleep(Duration::from_millis(2));
    }
    let whole = begin.elapsed();
    session.press("q");
    session.end(LOOK);
    (1e3 * first.as_secs_f64(), 1e3 * whole.as_secs_f64())
}

/// On the list of experiments, while nothing changes.
pub fn idle(folder: &Path) -> Cost {
    let mut session = Session::open(folder, "", &[]);
    session.expect("q quit");
    thread::sleep(Duration::from_secs(2));
    let cost = look(&session);
    session.press("q");
    session.end(LOOK);
    cost
}

/// On the screen of a heat in training, at 120x40.
pub fn live(folder: &Path) -> Cost {
    let mut session = Session::open(folder, "", &[]);
    let [high, wide] = [40, 120].map(|n| NonZeroU16::new(n).expect("it is not 0"));
    session.seen.lock().expect("nobody panicked").screen = vt100::Parser::new(high, wide, 0);
    session.master.as_ref().expect("it is open").resize(size((120, 40))).expect("it can be resized");
    thread::scope(|scope| {
        scope.spawn(|| made::train(folder, LOOK + Duration::from_secs(5)));
        session.expect("q quit");
        session.press(":open live\ro");
        session.expect("byolab › live › run");
        thread::sleep(Duration::from_secs(2));
        look(&session)
    })
}

fn look(session: &Session) -> Cost {
    let pid = session.pid();
    let (bytes, ticks) = (session.written(), ticks(pid));
    thread::sleep(LOOK);
    let (bytes, ticks) = (session.written() - bytes, self::ticks(pid) - ticks);
    let seconds = LOOK.as_secs_f64();
    // A tick of Linux's is a hundredth of a second.
    Cost { percent: ticks as f64 / seconds, bytes, rate: bytes as f64 / seconds }
}

/// Processor time of a process and its threads, from `/proc`.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it is alive");
    let (_, fields) = stat.rsplit_once(')').expect("the name is in brackets");
    fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}
