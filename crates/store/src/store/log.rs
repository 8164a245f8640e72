//! Events in words, for people who read `log.txt`.

use byolab_values::protocol::{Event, Metrics, What};

/// An event as a sentence; none for the numbers of training and of the device, of which there are many, nor for a
/// spectrum.
pub fn sentence(event: &Event) -> Option<String> {
    let step = event.step;
    Some(match &event.what {
        What::Trained { .. } | What::Sampled { .. } | What::Spectrum { .. } => return None,
        What::Started { steps, device, commit, .. } if step == 0 => {
            format!("begins: {steps} steps on {device}, byolab {commit}")
        }
        What::Started { steps, device, commit, .. } => {
            format!("goes on at step {step} of {steps} on {device}, byolab {commit}")
        }
        What::Evaluated { metrics } => format!("evaluated at step {step}: {}", list(metrics)),
        What::Checkpointed => format!("checkpoint at step {step}"),
        What::Noted { text } => text.clone(),
        What::Alarm { text, remedy, .. } => format!("alarm at step {step}: {text}; {remedy}"),
        What::Finished { metrics, .. } => format!("finished: {}", list(metrics)),
        What::Stopped => format!("stopped at step {step}; running again goes on from the last checkpoint"),
        What::Failed { reason } => format!("failed at step {step}: {reason}"),
    })
}

fn list(metrics: &Metrics) -> String {
    let parts: Vec<String> = metrics.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
    parts.join(", ")
}
