//! Means, spreads and intervals over seeds, and how many seeds a decision needs.

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF, StudentsT};

/// One number per seed: what pairing goes by.
pub type BySeed = BTreeMap<u64, f64>;

/// The most seeds that [`seeds_to_decide`] considers.
pub const MOST_SEEDS: usize = 100;

/// A mean over seeds. Standard deviation and interval are none where n < 2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub n: usize,
    pub mean: f64,
    /// Sample standard deviation (n - 1 in the denominator).
    pub std: Option<f64>,
    /// Ends of the 95 % t interval of the mean.
    pub low: Option<f64>,
    pub high: Option<f64>,
}

impl Estimate {
    /// The ends of the interval; none for a single seed.
    pub fn interval(&self) -> Option<[f64; 2]> {
        Some([self.low?, self.high?])
    }
}

/// Mean, sample standard deviation and 95 % t interval of the mean (NIST/SEMATECH e-Handbook of Statistical Methods,
/// section 1.3.5.2; Student 1908). None of no values.
pub fn estimate(values: impl IntoIterator<Item = f64>) -> Option<Estimate> {
    let values: Vec<f64> = values.into_iter().collect();
    let n = values.len();
    if n == 0 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let std = (n > 1).then(|| (squares / (n - 1) as f64).sqrt());
    let half = std.map(|std| half_width(n, std));
    Some(Estimate { n, mean, std, low: half.map(|half| mean - half), high: half.map(|half| mean + half) })
}

/// `a` minus `b` where both have the seed (paired observations: NIST/SEMATECH e-Handbook, section 7.3.1.1).
pub fn paired(a: &BySeed, b: &BySeed) -> BySeed {
    a.iter().filter_map(|(seed, value)| Some((*seed, value - b.get(seed)?))).collect()
}

/// The smallest number of seeds whose t interval leaves out `margin`, should mean and spread stay as seen: where the
/// power of the next look is about one half. None below two seeds, and beyond [`MOST_SEEDS`].
pub fn seeds_to_decide(seen: &Estimate, margin: f64) -> Option<usize> {
    let std = seen.std?;
    (2..=MOST_SEEDS).find(|n| half_width(*n, std) < (seen.mean - margin).abs())
}

/// Half the width of the 95 % t interval of a mean.
fn half_width(n: usize, std: f64) -> f64 {
    let t = StudentsT::new(0.0, 1.0, (n - 1) as f64).expect("a spread needs two values");
    t.inverse_cdf(0.975) * std / (n as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values: NumPy's `mean` and `std(ddof=1)`, SciPy 1.17.1's `ttest_1samp(values, 0).confidence_interval()`.
    #[test]
    fn estimates_agree_with_scipy() {
        let check = |values: &[f64], mean: f64, std: f64, low: f64, high: f64| {
            let estimate = estimate(values.iter().copied()).unwrap();
            let found = [estimate.mean, estimate.std.unwrap(), estimate.low.unwrap(), estimate.high.unwrap()];
            for (found, expected) in found.into_iter().zip([mean, std, low, high]) {
                assert!((found - expected).abs() < 1e-10, "{values:?}: {found} is not {expected}");
            }
        };
        check(&[0.41, 0.44], 0.425, 0.021213203435596444, 0.2344069289573794, 0.6155930710426205);
        check(&[0.431, 0.425, 0.44], 0.432, 0.007549834435270757, 0.4132451715618726, 0.45075482843812736);
        check(&[0.1, 0.2, 0.3, 0.4, 0.5], 0.3, 0.15811388300841897, 0.1036756838522443, 0.4963243161477557);
        check(
            &[0.702, 0.698, 0.711, 0.695, 0.709, 0.704, 0.7, 0.699, 0.707, 0.703],
            0.7028,
            0.005072803301265819,
            0.6991711351258088,
            0.7064288648741914,
        );
    }

    /// Expected values: SciPy 1.17.1's `t.ppf(0.975, n - 1)`.
    #[test]
    fn quantiles_agree_with_scipy() {
        let expected = [
            (2, 12.706204736174694),
            (3, 4.302652729749462),
            (4, 3.1824463052837078),
            (11, 2.228138851986274),
            (31, 2.0422724563012378),
            (101, 1.9839715185235518),
        ];
        for (n, t) in expected {
            let found = half_width(n, (n as f64).sqrt());
            assert!((found - t).abs() < 1e-9, "n {n}: {found} is not {t}");
        }
    }

    #[test]
    fn one_value_has_no_spread_and_none_has_no_mean() {
        let one = estimate([0.4]).unwrap();
        assert_eq!((one.n, one.mean, one.std, one.low, one.high), (1, 0.4, None, None, None));
        assert_eq!(estimate([]), None);
    }

    #[test]
    fn equal_values_have_an_interval_of_no_width() {
        let equal = estimate([0.5, 0.5, 0.5]).unwrap();
        assert_eq!((equal.std, equal.low, equal.high), (Some(0.0), Some(0.5), Some(0.5)));
    }

    /// Expected values: a search over SciPy's `t.ppf(0.975, n - 1) * std / sqrt(n)`.
    #[test]
    fn seeds_to_decide_is_the_first_n_whose_interval_leaves_out_the_margin() {
        let check = |mean: f64, std: f64, margin: f64, expected: Option<usize>| {
            let seen = Estimate { n: 2, mean, std: Some(std), low: None, high: None };
            assert_eq!(seeds_to_decide(&seen, margin), expected, "mean {mean}, std {std}, margin {margin}");
        };
        check(0.02, 0.01, 0.0, Some(4));
        check(-0.02, 0.01, 0.0, Some(4));
        check(0.02, 0.01, 0.01, Some(7));
        check(0.01, 0.02, 0.0, Some(18));
        check(0.001, 0.02, 0.0, None);
        assert_eq!(seeds_to_decide(&estimate([0.3]).unwrap(), 0.0), None);
    }

    #[test]
    fn pairs_are_the_seeds_that_both_have() {
        let a = BySeed::from([(0, 0.5), (1, 0.75), (3, 0.9)]);
        let b = BySeed::from([(1, 0.25), (0, 0.25), (2, 0.1)]);
        assert_eq!(paired(&a, &b), BySeed::from([(0, 0.25), (1, 0.5)]));
    }
}
