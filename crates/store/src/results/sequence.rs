//! Intervals and p values that stay valid however often one looks: confidence sequences.
//!
//! A 95 % t interval leaves out the true mean in 5 of 100 experiments, at one number of seeds that was chosen beforehand. Who
//! looks after every seed and stops where zero is left out has many chances to be wrong: with up to 50 seeds a third of the
//! experiments without any effect "find" one. A 95 % confidence sequence leaves out the true mean *at any time* in at most
//! 5 of 100, so that whoever looks may stop whenever they like, for whatever reason, and go on again. That costs width: at
//! five seeds the interval is 1.9 times the t interval, at twenty 1.8 times.
//!
//! ```text
//!  seeds        3     4     5     6     8    10    15    20    50
//!  t          2.48  1.59  1.24  1.05  0.84  0.72  0.55  0.47  0.28    standard deviations, half the width
//!  sequence    all  3.40  2.38  1.95  1.51  1.28  0.98  0.83  0.51
//! ```
//!
//! It is the t test's: differences over seeds are taken for normal, with a mean and a spread that nobody knows, each seed's
//! independent of the others'. Seeds are taken in the order in which the experiment lists them, which is the order in which
//! they are trained.

/// The probability of ever being wrong: an e-value of 1 / ALPHA decides.
pub const ALPHA: f64 = 0.05;

/// How concentrated at zero the mixture over effect sizes is: it is normal with variance 1 / PRECISION, in units of the
/// spread's square. Any is valid; with this one the interval is narrowest at five values, and none is finite below four.
pub const PRECISION: f64 = 0.183;

/// The fewest values that can decide anything: of fewer the interval is everything.
pub const LEAST: usize = 4;

/// What has been seen of a sequence of values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seen {
    /// Values.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// The sum of their squared distances from it.
    pub squares: f64,
}

impl Seen {
    /// With one more value (Welford 1962).
    #[must_use]
    pub fn with(self, value: f64) -> Self {
        let n = self.n + 1;
        let mean = self.mean + (value - self.mean) / n as f64;
        Self { n, mean, squares: self.squares + (value - self.mean) * (value - mean) }
    }

    /// The logarithm of the e-value against `margin` being the mean: how much likelier the values' t statistic is where the
    /// effect, in standard deviations, was drawn from a normal distribution of variance 1 / [`PRECISION`], than where
    /// it is zero. While the mean is `margin` it is a martingale that begins with 1, so that it ever reaches 20 in 5 of 100
    /// experiments at most (Ville 1939).
    ///
    /// With c² for the precision and d for the distance of the mean from `margin`, it is
    /// √(c² / (n + c²)) ((n + c²)(n d² + squares) / (c² n d² + (n + c²) squares))^(n / 2), the Gaussian mixture of Wang and
    /// Ramdas 2024, *Anytime-valid t-tests and confidence sequences for Gaussian means with unknown variance*, section 4
    /// (after Lai 1976, and Robbins 1970).
    pub fn log_e(&self, margin: f64) -> f64 {
        let (n, distance) = (self.n as f64, self.mean - margin);
        let moved = n * distance * distance;
        if moved == 0.0 && self.squares == 0.0 {
            return 0.5 * (PRECISION / (n + PRECISION)).ln();
        }
        let ratio = (n + PRECISION) * (moved + self.squares) / (PRECISION * moved + (n + PRECISION) * self.squares);
        0.5 * ((PRECISION / (n + PRECISION)).ln() + n * ratio.ln())
    }

    /// Half the width of the interval of the means that have an e-value below 1 / `alpha`: infinite while there are too few values.
    ///
    /// What [`Seen::log_e`] says, solved for d: √((1 - a)(n + c²) / (a (n + c²) - c²) squares / n), where a is
    /// (alpha² c² / (n + c²))^(1 / n).
    fn half_width(&self, alpha: f64) -> f64 {
        let n = self.n as f64;
        let a = (alpha * alpha * PRECISION / (n + PRECISION)).powf(1.0 / n);
        let below = a * (n + PRECISION) - PRECISION;
        if below <= 0.0 {
            return f64::INFINITY;
        }
        ((1.0 - a) * (n + PRECISION) / below * self.squares / n).sqrt()
    }
}

/// The 95 % interval after each value: what all intervals up to it have in common. None where it is still everything.
///
/// Where a later interval has nothing in common with the ones before, which happens in 5 of 100 experiments at most, the
/// nearest of their ends stays.
pub fn intervals(values: &[f64]) -> Vec<Option<[f64; 2]>> {
    let mut common = [f64::NEG_INFINITY, f64::INFINITY];
    let mut seen = Seen::default();
    let mut next = |value: &f64| {
        seen = seen.with(*value);
        let half = seen.half_width(ALPHA);
        let [low, high] = common;
        common = [(seen.mean - half).clamp(low, high), (seen.mean + half).clamp(low, high)];
        common[0].is_finite().then_some(common)
    };
    values.iter().map(&mut next).collect()
}

/// The p value that stays valid however often one looks: below 0.05 where [`intervals`] have ever left `margin` out. One over
/// the greatest e-value so far (Ville 1939); Holm's correction holds for such p values as for others, at whatever time
/// one stops, as each of them falls below its level at any time with no more than that probability. None of no values.
pub fn p_value(values: &[f64], margin: f64) -> Option<f64> {
    let mut seen = Seen::default();
    let greatest = values.iter().map(|value| {
        seen = seen.with(*value);
        seen.log_e(margin)
    });
    (!values.is_empty()).then(|| greatest.fold(0.0, f64::max)).map(|greatest| (-greatest).exp())
}

#[cfg(test)]
mod tests {
    use super::{super::reference, *};
    use crate::results::stats;
    use byolab_values::plan::streams::{Draws, Stream};

    /// `tests/reference/make_sequences.py` integrates SciPy's noncentral t over the mixture; no closed form is in it.
    #[test]
    fn e_values_and_intervals_agree_with_scipy() {
        for case in reference::sequences("values") {
            let values = case.list("values");
            let seen = values.iter().fold(Seen::default(), |seen, value| seen.with(*value));
            case.near("log_e", seen.log_e(case.number("margin")));
            case.near("half", seen.half_width(ALPHA));
            case.near("p", p_value(&values, case.number("margin")).unwrap());
        }
    }

    /// Beside the sequences of confseq for means bounded by 0 and 1 on the same differences of accuracies, which take nothing
    /// for normal: ours are at most as wide at every length, and at five seeds a small part of theirs.
    #[test]
    fn intervals_of_few_seeds_are_narrower_than_those_for_bounded_means() {
        for case in reference::sequences("confseq") {
            let intervals = intervals(&case.list("values"));
            for (n, theirs) in case.list("n").into_iter().zip(case.list("width")) {
                let [low, high] = intervals[n as usize - 1].unwrap();
                assert!(high - low < theirs, "{n}: {} and {theirs}", high - low);
            }
        }
    }

    /// Normal values without any effect, as many as a patient person looks at.
    fn null(experiment: u64) -> Vec<f64> {
        let mut draws = Draws::new(1, Stream::Bootstrap, 2, experiment, 0);
        (0..50).map(|_| f64::from(draws.normal())).collect()
    }

    #[test]
    fn looking_after_every_seed_decides_falsely_in_5_of_100_at_most_where_t_intervals_do_in_a_third() {
        let experiments = 2000;
        let [mut by_sequence, mut by_t] = [0, 0];
        for values in (0..experiments).map(null) {
            let sequence = *intervals(&values).last().unwrap();
            let is_out = |[low, high]: [f64; 2]| low > 0.0 || high < 0.0;
            by_sequence += usize::from(sequence.is_some_and(is_out));
            assert_eq!(sequence.is_some_and(is_out), p_value(&values, 0.0).unwrap() < ALPHA);
            let t = |n: usize| stats::estimate(values[..n].iter().copied()).and_then(|seen| seen.interval());
            by_t += usize::from((2..=50).filter_map(t).any(is_out));
        }
        let share = |count: usize| count as f64 / experiments as f64;
        println!("false verdicts: sequences {:.3}, t intervals {:.3}", share(by_sequence), share(by_t));
        assert!(share(by_sequence) <= ALPHA, "{by_sequence}");
        assert!(share(by_t) > 0.3, "{by_t}");
    }

    #[test]
    fn intervals_close_and_never_open_again() {
        for values in (0..50).map(null) {
            let ends: Vec<[f64; 2]> = intervals(&values).into_iter().flatten().collect();
            assert_eq!(ends.len(), 50 + 1 - LEAST);
            assert!(ends.windows(2).all(|two| two[0][0] <= two[1][0] && two[1][1] <= two[0][1]));
            assert!(ends.iter().all(|[low, high]| low <= high));
        }
    }

    #[test]
    fn equal_values_decide_no_sooner_than_the_e_value_says() {
        let p = |n: usize| p_value(&vec![0.25; n], 0.0).unwrap();
        assert!(p(2) > ALPHA && p(4) < ALPHA, "{} {}", p(2), p(4));
        assert_eq!(p_value(&[0.0, 0.0, 0.0], 0.0), Some(1.0));
        assert_eq!(p_value(&[], 0.0), None);
        assert_eq!(intervals(&[0.25; 4])[2..], [None, Some([0.25, 0.25])]);
    }
}
