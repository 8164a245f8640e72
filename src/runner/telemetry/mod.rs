//! What the process and its device are doing while they train: read every few seconds, where there is something to
//! read. Nothing is installed for it: the kernel tells of the process, the driver's own library of an NVIDIA card.

mod card;
mod driver;
mod nvml;
mod process;

use jiff::{SignedDuration, Timestamp};

use byolab_values::protocol::Metrics;

/// Between two readings.
const EVERY: SignedDuration = SignedDuration::from_secs(5);

/// The NVIDIA cards of this machine, as their driver calls them.
pub fn cards() -> Vec<String> {
    use driver::Driver;
    nvml::Nvml::load().map_or_else(Vec::new, |driver| driver.cards().into_iter().map(|card| card.name).collect())
}

/// Something that can be asked what it is doing. Numbers that it does not know are left out.
trait TelemetrySource {
    fn read(&mut self, now: Timestamp) -> Metrics;
}

/// Reads the process, and the card that it trains on.
pub struct Telemetry {
    sources: Vec<Box<dyn TelemetrySource>>,
    last: Timestamp,
}

impl Telemetry {
    /// For a device in the words of [`super::Trainer::device`], from `now` on.
    pub fn of(device: &str, now: Timestamp) -> Self {
        let process = process::Process::here(now).map(|process| Box::new(process) as Box<dyn TelemetrySource>);
        let card = card::of(device).map(|card| Box::new(card) as Box<dyn TelemetrySource>);
        Self { sources: process.into_iter().chain(card).collect(), last: now }
    }

    /// What there is to tell, where the last reading is some seconds old; else nothing.
    pub fn read(&mut self, now: Timestamp) -> Metrics {
        if now.duration_since(self.last) < EVERY {
            return Metrics::new();
        }
        self.last = now;
        self.sources.iter_mut().flat_map(|source| source.read(now)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says when it was asked.
    struct Clock;

    impl TelemetrySource for Clock {
        fn read(&mut self, now: Timestamp) -> Metrics {
            [("seconds".to_string(), now.as_second() as f64)].into()
        }
    }

    #[test]
    fn readings_are_seconds_apart() {
        let at = |second| Timestamp::from_second(second).expect("a second of this century");
        let mut telemetry = Telemetry { sources: vec![Box::new(Clock)], last: at(0) };
        let seconds: Vec<f64> = (0..16).flat_map(|second| telemetry.read(at(second)).into_values()).collect();
        assert_eq!(seconds, [5.0, 10.0, 15.0]);
    }
}
