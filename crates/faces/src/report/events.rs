//! Events as the rows of a table.

use byolab_values::protocol::{Metrics, What};

/// The kind of an event, as `events.jsonl` spells it, its words, and its numbers.
pub fn parts(what: &What) -> (&'static str, Option<&str>, Option<&Metrics>) {
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
