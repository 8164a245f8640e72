//! Whether two things are equal, within a margin on both sides: two one-sided tests.
//!
//! That a difference is not significant does not make two things equal: few seeds find nothing. Equality is shown where both
//! "lower by the margin or more" and "higher by the margin or more" are refuted at 5 % each, which is where the 90 % interval
//! lies within the margin (Schuirmann 1987, *A comparison of the two one-sided tests procedure and the power approach for
//! assessing the equivalence of average bioavailability*). It fails where the 95 % interval lies outside. Where one looks always,
//! one confidence sequence answers both.

use super::{
    Verdict, sequence,
    stats::{self, Estimate},
};

/// What seeds say of an equality.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Equivalence {
    /// Holds within the margin, fails outside it.
    pub verdict: Verdict,
    /// The interval that shows it: 90 % of the t test, or the sequence's; none of a single value.
    pub interval: Option<[f64; 2]>,
    /// Of what the estimate says: within the margin that of both one-sided tests, the greater; outside that of a two-sided test
    /// against the margin that it is beyond.
    pub p: Option<f64>,
}

/// By t tests, where one looks once.
pub fn once(seen: &Estimate, within: f64) -> Equivalence {
    let interval = stats::interval(seen, 0.9);
    let outside = seen.interval().is_some_and(|ends| is_outside(ends, within));
    let p = match seen.mean.abs() <= within {
        true => stats::p_equivalence(seen, within),
        false => stats::p_value(seen, within.copysign(seen.mean)),
    };
    Equivalence { verdict: verdict(interval, outside, within), interval, p }
}

/// By a confidence sequence, whose newest interval is given, where one looks always.
pub fn always(values: &[f64], interval: Option<[f64; 2]>, within: f64) -> Equivalence {
    let outside = interval.is_some_and(|ends| is_outside(ends, within));
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let against = |margin: f64| sequence::p_value(values, margin);
    let p = match mean.abs() <= within {
        true => against(within).zip(against(-within)).map(|(above, below)| above.max(below)),
        false => against(within.copysign(mean)),
    };
    Equivalence { verdict: verdict(interval, outside, within), interval, p }
}

fn verdict(interval: Option<[f64; 2]>, outside: bool, within: f64) -> Verdict {
    match interval {
        Some([low, high]) if -within < low && high < within => Verdict::Holds,
        _ if outside => Verdict::Fails,
        _ => Verdict::Undecided,
    }
}

fn is_outside([low, high]: [f64; 2], within: f64) -> bool {
    low > within || high < -within
}

#[cfg(test)]
mod tests {
    use super::{super::reference, *};
    use byolab_values::plan::streams::{Draws, Stream};

    /// `tests/reference/make_stats.py`: statsmodels' two one-sided tests, SciPy's intervals.
    #[test]
    fn equality_agrees_with_statsmodels() {
        for case in reference::cases("equivalence") {
            let seen = stats::estimate(case.list("values")).unwrap();
            let within = case.number("within");
            let found = once(&seen, within);
            let [low, high] = found.interval.unwrap();
            case.near("low", low);
            case.near("high", high);
            case.near("p", stats::p_equivalence(&seen, within).unwrap());
            let expected = [Verdict::Undecided, Verdict::Holds, Verdict::Fails][case.number("verdict") as usize];
            assert_eq!(found.verdict, expected, "{case:?}");
            assert_eq!(found.p.unwrap() < 0.05, expected != Verdict::Undecided, "{found:?}");
        }
    }

    /// Of values whose mean is a margin away, at most 5 of 100 are called equal, by either way of looking.
    #[test]
    fn what_is_a_margin_apart_is_seldom_called_equal() {
        let experiments = 2000;
        let [mut by_t, mut by_sequence] = [0, 0];
        for experiment in 0..experiments {
            let mut draws = Draws::new(1, Stream::Bootstrap, 7, experiment, 0);
            let values: Vec<f64> = (0..20).map(|_| 2.0 + f64::from(draws.normal())).collect();
            let seen = stats::estimate(values.iter().copied()).unwrap();
            by_t += usize::from(once(&seen, 2.0).verdict == Verdict::Holds);
            let intervals = sequence::intervals(&values);
            let ever =
                (1..=values.len()).any(|n| always(&values[..n], intervals[n - 1], 2.0).verdict == Verdict::Holds);
            by_sequence += usize::from(ever);
        }
        let share = |count: usize| count as f64 / experiments as f64;
        assert!((0.035..=0.065).contains(&share(by_t)), "{}", share(by_t));
        assert!(share(by_sequence) <= 0.05, "{}", share(by_sequence));
    }

    #[test]
    fn one_value_says_nothing() {
        let one = once(&stats::estimate([0.001]).unwrap(), 0.01);
        assert_eq!(one, Equivalence { verdict: Verdict::Undecided, interval: None, p: None });
        assert_eq!(always(&[], None, 0.01).verdict, Verdict::Undecided);
    }
}
