//! Pure functions of the optimizer step.

use std::f64::consts::PI;

/// Linear from 0 to `peak` over `warmup` steps (Goyal et al. 2017).
pub fn warm_up(step: u64, warmup: u64, peak: f64) -> f64 {
    peak * step as f64 / warmup as f64
}

/// Linear from 0 to `peak` over `warmup` steps, then cosine to 0 at `total` (BYOL section 3.3, SimCLR section 2.1).
pub fn learning_rate(step: u64, total: u64, warmup: u64, peak: f64) -> f64 {
    if step < warmup {
        return warm_up(step, warmup, peak);
    }
    let progress = (step - warmup) as f64 / (total - warmup).max(1) as f64;
    peak * 0.5 * (1.0 + (PI * progress.min(1.0)).cos())
}

/// `peak`, multiplied by `factor` at each of the `milestones`, which are epochs (MoCo v1 section 3.3).
pub fn steps(epoch: usize, milestones: &[usize], factor: f64, peak: f64) -> f64 {
    let passed = milestones.iter().filter(|milestone| **milestone <= epoch).count();
    peak * factor.powi(passed as i32)
}

/// tau_k = 1 - (1 - tau_base) (cos(pi k / K) + 1) / 2 (BYOL section 3.3).
pub fn target_decay(step: u64, total: u64, base: f64) -> f64 {
    1.0 - (1.0 - base) * ((PI * step as f64 / total as f64).cos() + 1.0) / 2.0
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// Computed by an independent program; see tests/reference.
    #[derive(Deserialize)]
    struct Reference {
        target_decay: Vec<Decay>,
        learning_rate: Vec<Rate>,
    }

    #[derive(Deserialize)]
    struct Decay {
        base: f64,
        total_steps: u64,
        step: u64,
        value: f64,
    }

    #[derive(Deserialize)]
    struct Rate {
        peak: f64,
        warmup_steps: u64,
        total_steps: u64,
        step: u64,
        value: f64,
    }

    fn reference() -> Reference {
        serde_json::from_str(include_str!("../../../../tests/reference/schedules.json")).unwrap()
    }

    fn check(found: f64, expected: f64, step: u64) {
        assert!((found - expected).abs() < 1e-9, "step {step}: {found}, not {expected}");
    }

    #[test]
    fn target_decay_agrees_with_the_reference() {
        for Decay { base, total_steps, step, value } in reference().target_decay {
            check(target_decay(step, total_steps, base), value, step);
        }
    }

    #[test]
    fn learning_rate_agrees_with_the_reference() {
        for Rate { peak, warmup_steps, total_steps, step, value } in reference().learning_rate {
            check(learning_rate(step, total_steps, warmup_steps, peak), value, step);
        }
    }

    #[test]
    fn the_rate_falls_at_the_milestones() {
        for (epoch, expected) in [(0, 1.0), (119, 1.0), (120, 0.1), (159, 0.1), (160, 0.01), (199, 0.01)] {
            assert!((steps(epoch, &[120, 160], 0.1, 1.0) - expected).abs() < 1e-12, "epoch {epoch}");
        }
    }
}
