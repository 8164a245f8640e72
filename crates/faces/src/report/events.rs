//! Events as the rows of a table.

use std::collections::HashMap;

use byolab_values::protocol::{Metrics, Record, What};

/// An event with the numbers that no other event tells.
pub struct EventNumbers<'a> {
    pub record: &'a Record,
    /// As `events.jsonl` spells it, for the formats that are tables of events.
    #[cfg(any(feature = "parquet", feature = "sqlite"))]
    pub kind: &'static str,
    #[cfg(any(feature = "parquet", feature = "sqlite"))]
    pub text: Option<&'a str>,
    pub numbers: Vec<(&'a str, f64)>,
}

/// The events of a trial with one number a metric and step: the newest, at the event that told it first.
pub fn told<'a>(records: &'a [Record]) -> Vec<EventNumbers<'a>> {
    let mut places: HashMap<(&str, u64), (usize, f64)> = HashMap::new();
    for (i, record) in records.iter().enumerate() {
        for (metric, value) in parts(&record.event.what).2.into_iter().flatten() {
            let place = places.entry((metric, record.event.step)).or_insert((i, *value));
            if place.1.to_bits() != value.to_bits() {
                *place = (i, *value);
            }
        }
    }
    let event = |(i, record): (usize, &'a Record)| {
        let told = parts(&record.event.what);
        let numbers = told.2.into_iter().flatten().map(|(metric, value)| (metric.as_str(), *value));
        let is_here = |(metric, _): &(&str, f64)| places[&(*metric, record.event.step)].0 == i;
        EventNumbers {
            record,
            #[cfg(any(feature = "parquet", feature = "sqlite"))]
            kind: told.0,
            #[cfg(any(feature = "parquet", feature = "sqlite"))]
            text: told.1,
            numbers: numbers.filter(is_here).collect(),
        }
    };
    records.iter().enumerate().map(event).collect()
}

/// The kind of an event, its words, and its numbers.
fn parts(what: &What) -> (&'static str, Option<&str>, Option<&Metrics>) {
    match what {
        What::Started { device, .. } => ("started", Some(device), None),
        What::Trained { metrics } => ("trained", None, Some(metrics)),
        What::Evaluated { metrics } => ("evaluated", None, Some(metrics)),
        What::Spectrum { .. } => ("spectrum", None, None),
        What::Sampled { metrics } => ("sampled", None, Some(metrics)),
        What::Checkpointed => ("checkpointed", None, None),
        What::Noted { text } => ("noted", Some(text), None),
        What::Alarm { text, .. } => ("alarm", Some(text), None),
        What::Finished { metrics, .. } => ("finished", None, Some(metrics)),
        What::Stopped => ("stopped", None, None),
        What::Failed { reason } => ("failed", Some(reason), None),
    }
}

#[cfg(test)]
mod tests {
    use byolab_values::protocol::Event;

    use super::*;

    fn record(step: u64, what: fn(Metrics) -> What, numbers: &[(&str, f64)]) -> Record {
        let metrics = numbers.iter().map(|(metric, value)| (metric.to_string(), *value)).collect();
        Record { time: jiff::Timestamp::UNIX_EPOCH, event: Event { step, what: what(metrics) } }
    }

    #[test]
    fn a_metric_has_one_number_a_step() {
        let trained = |metrics| What::Trained { metrics };
        let evaluated = |metrics| What::Evaluated { metrics };
        let finished = |metrics| What::Finished { metrics, probes: Default::default() };
        let records = [
            record(0, evaluated, &[("untrained.knn.top1", 0.2)]),
            record(1, trained, &[("loss", 2.0)]),
            record(2, trained, &[("loss", 1.0)]),
            record(2, evaluated, &[("knn.top1", 0.5), ("linear.top1", 0.6)]),
            record(2, finished, &[("loss", 1.0), ("knn.top1", 0.5), ("untrained.knn.top1", 0.2)]),
            // Judged again.
            record(2, evaluated, &[("linear.top1", 0.7), ("knn.top1", 0.5)]),
        ];
        let told: Vec<_> =
            told(&records).into_iter().map(|told| (told.record.event.step, told.kind, told.numbers)).collect();
        let expected = [
            (0, "evaluated", vec![("untrained.knn.top1", 0.2)]),
            (1, "trained", vec![("loss", 2.0)]),
            (2, "trained", vec![("loss", 1.0)]),
            (2, "evaluated", vec![("knn.top1", 0.5)]),
            (2, "finished", vec![("untrained.knn.top1", 0.2)]),
            (2, "evaluated", vec![("linear.top1", 0.7)]),
        ];
        assert_eq!(told, expected);
    }
}
