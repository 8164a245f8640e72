//! This process by Linux's `/proc` (proc(5)): the share of the processor's cores that it keeps busy, and its memory.

use std::{fs, thread::available_parallelism};

use jiff::Timestamp;

use super::TelemetrySource;
use byolab_values::{process, protocol::Metrics};

/// Where the kernel says what the processor has done.
const STAT: &str = "/proc/self/stat";

/// Ticks of a second in `/proc/self/stat`: Linux's USER_HZ.
const TICKS: f64 = 100.0;

/// What the processor had done for this process at the last reading.
pub struct Process {
    cores: f64,
    time: Timestamp,
    busy: f64,
}

impl Process {
    /// This process; none where the system has no such files.
    pub fn here(now: Timestamp) -> Option<Self> {
        let cores = available_parallelism().map_or(1, usize::from) as f64;
        Some(Self { cores, time: now, busy: busy(&fs::read_to_string(STAT).ok()?)? })
    }

    /// The mean share of the cores since the last reading.
    fn share(&mut self, now: Timestamp, busy: f64) -> Option<f64> {
        let seconds = now.duration_since(self.time).as_secs_f64();
        let share = (busy - self.busy) / (seconds * self.cores);
        (self.time, self.busy) = (now, busy);
        (seconds > 0.0).then_some(share)
    }
}

impl TelemetrySource for Process {
    fn read(&mut self, now: Timestamp) -> Metrics {
        let share = fs::read_to_string(STAT).ok().and_then(|stat| self.share(now, busy(&stat)?));
        let memory = process::held().map(|bytes| bytes as f64);
        let numbers = [("process.cpu", share), ("process.memory", memory)];
        numbers.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?))).collect()
    }
}

/// Seconds of user and system time: fields 14 and 15, of which the second, the program's name, may hold anything.
fn busy(stat: &str) -> Option<f64> {
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_have_any_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 1234 66 0 0 20 0 8 0 5 0 0";
        assert_eq!(busy(stat), Some(13.0));
        assert_eq!(busy("42 (a) S 1"), None);
    }

    #[test]
    fn the_share_is_that_since_the_last_reading() {
        let at = |second| Timestamp::from_second(second).expect("a second of this century");
        let mut process = Process { cores: 4.0, time: at(0), busy: 10.0 };
        assert_eq!(process.share(at(5), 20.0), Some(0.5));
        assert_eq!(process.share(at(10), 40.0), Some(1.0));
        assert_eq!(process.share(at(10), 40.0), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_keeps_a_core_busy_and_holds_memory() {
        let begin = std::time::Instant::now();
        let now = || Timestamp::from_millisecond(begin.elapsed().as_millis() as i64).expect("near 1970");
        let mut process = Process::here(now()).expect("Linux has /proc");
        while begin.elapsed().as_millis() < 200 {
            std::hint::black_box(0);
        }
        let metrics = process.read(now());
        assert!((0.0..=1.5).contains(&metrics["process.cpu"]) && metrics["process.cpu"] > 0.0, "{metrics:?}");
        assert!(metrics["process.memory"] > 1e6, "{metrics:?}");
    }
}
