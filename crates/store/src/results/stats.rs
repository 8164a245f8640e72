//! Means, spreads, intervals and p values over seeds, and how many seeds a decision needs.

use std::collections::BTreeMap;

use statrs::{
    distribution::{ContinuousCDF, Normal, StudentsT},
    function::gamma::ln_gamma,
};

/// One number per seed: what pairing goes by.
pub type BySeed = BTreeMap<u64, f64>;

/// The most seeds that [`seeds_to_decide`] considers.
pub const MOST_SEEDS: usize = 100;
/// The probability of a decision that a number of seeds is to give.
pub const POWER: f64 = 0.8;

/// A mean over seeds. Standard deviation and interval are none where n < 2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Samples.
    pub n: usize,
    /// Of the samples.
    pub mean: f64,
    /// Sample standard deviation (n - 1 in the denominator).
    pub std: Option<f64>,
    /// Ends of the 95 % t interval of the mean.
    pub low: Option<f64>,
    /// Beside `low`.
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

/// The two-sided p value of the t test that the mean is `margin` (Student 1908; NIST/SEMATECH e-Handbook, section
/// 7.2.2): below 0.05 exactly where the 95 % interval leaves `margin` out. None for a single seed.
pub fn p_value(seen: &Estimate, margin: f64) -> Option<f64> {
    let (std, distance) = (seen.std?, (seen.mean - margin).abs());
    if std == 0.0 {
        return Some(if distance > 0.0 { 0.0 } else { 1.0 });
    }
    Some(2.0 * students(seen.n).sf(distance / (std / (seen.n as f64).sqrt())))
}

/// The t interval of the mean that holds so much (0.95) of the probability. None for a single seed.
pub fn interval(seen: &Estimate, level: f64) -> Option<[f64; 2]> {
    let half = students(seen.n.max(2)).inverse_cdf(0.5 + level / 2.0) * seen.std? / (seen.n as f64).sqrt();
    Some([seen.mean - half, seen.mean + half])
}

/// The p value of two one-sided t tests that the mean lies within `within` of 0: the greater of both (Schuirmann 1987). None for a
/// single seed.
pub fn p_equivalence(seen: &Estimate, within: f64) -> Option<f64> {
    let (std, distance) = (seen.std?, within - seen.mean.abs());
    if std == 0.0 {
        return Some(if distance > 0.0 { 0.0 } else { 1.0 });
    }
    Some(students(seen.n).sf(distance / (std / (seen.n as f64).sqrt())))
}

/// The smallest number of seeds, those seen included, with which a next look at effect and spread as seen would put
/// the t interval on its side of `margin` with probability [`POWER`] (Cohen 1988, chapter 2). None below two seeds, and
/// beyond [`MOST_SEEDS`].
pub fn seeds_to_decide(seen: &Estimate, margin: f64) -> Option<usize> {
    let (std, distance) = (seen.std?, (seen.mean - margin).abs());
    if std == 0.0 {
        return (distance > 0.0).then_some(2);
    }
    // More seeds have more power: halving the range finds the first with enough.
    let (mut low, mut high) = (2, MOST_SEEDS + 1);
    while low < high {
        let middle = (low + high) / 2;
        if power(middle, distance / std) < POWER { low = middle + 1 } else { high = middle }
    }
    (low <= MOST_SEEDS).then_some(low)
}

/// The least effect, in standard deviations, that the t interval of n values puts on its side of the margin with probability
/// [`POWER`]. None below two values.
pub fn detectable(n: usize) -> Option<f64> {
    (n >= 2).then(|| least(|effect| power(n, effect) >= POWER))
}

/// The least number from which on something is so, up to 100.
pub fn least(is_so: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 100.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if is_so(middle) { high = middle } else { low = middle }
    }
    high
}

/// The probability that the 95 % t interval of n values lies above zero, where their distribution is normal with mean
/// `effect` and standard deviation 1: that a noncentral t exceeds the central one's quantile.
///
/// With s the sample deviation, it is the mean of the normal probability of mean / s > quantile over the distribution of
/// s, which Simpson's rule takes (Johnson, Kotz and Balakrishnan 1995, section 31.4).
fn power(n: usize, effect: f64) -> f64 {
    let (freedom, shift) = ((n - 1) as f64, effect * (n as f64).sqrt());
    let quantile = students(n).inverse_cdf(0.975);
    // The normal probability falls over 1 / quantile.
    let halves = 2 * (200.0 * quantile) as usize;
    let width = (1.0 + 8.0 / freedom.sqrt()) / halves as f64;
    let constant = 2f64.ln() + freedom / 2.0 * (freedom / 2.0).ln() - ln_gamma(freedom / 2.0);
    let normal = Normal::standard();
    let height = |i: usize| {
        let s = i as f64 * width;
        let powers = if n == 2 { 0.0 } else { (freedom - 1.0) * s.ln() };
        (constant + powers - freedom * s * s / 2.0).exp() * normal.sf(quantile * s - shift)
    };
    let weight = |i: usize| if i == 0 || i == halves { 1.0 } else { 2.0 + 2.0 * (i % 2) as f64 };
    (0..=halves).map(|i| weight(i) * height(i)).sum::<f64>() * width / 3.0
}

/// Half the width of the 95 % t interval of a mean.
fn half_width(n: usize, std: f64) -> f64 {
    students(n).inverse_cdf(0.975) * std / (n as f64).sqrt()
}

/// Student's distribution of the mean of n values.
fn students(n: usize) -> StudentsT {
    StudentsT::new(0.0, 1.0, (n - 1) as f64).expect("a spread needs two values")
}

#[cfg(test)]
mod tests {
    use super::{super::reference, *};
    use byolab_values::plan::streams::{Draws, Stream};

    /// Expected values of `tests/reference/make_stats.py`: NumPy and SciPy.
    #[test]
    fn estimates_and_p_values_agree_with_scipy() {
        for case in reference::cases("means") {
            let estimate = estimate(case.list("values")).unwrap();
            case.near("mean", estimate.mean);
            case.near("std", estimate.std.unwrap());
            case.near("low", estimate.low.unwrap());
            case.near("high", estimate.high.unwrap());
            case.near("p", p_value(&estimate, case.number("margin")).unwrap());
        }
    }

    /// Drops of two methods, paired by seed twice: SciPy's related-samples t test of their changes.
    #[test]
    fn paired_drops_agree_with_scipy() {
        for case in reference::cases("drops") {
            let by_seed = |values: Vec<f64>| (0..).zip(values).collect::<BySeed>();
            let change = |method: &str| {
                let [there, here] = case.lists(method).map(by_seed);
                paired(&here, &there)
            };
            let estimate = estimate(paired(&change("a"), &change("b")).into_values()).unwrap();
            case.near("mean", estimate.mean);
            case.near("low", estimate.low.unwrap());
            case.near("high", estimate.high.unwrap());
            case.near("p", p_value(&estimate, 0.0).unwrap());
        }
    }

    #[test]
    fn quantiles_agree_with_scipy() {
        for case in reference::cases("quantiles") {
            let n = case.number("n");
            case.near("t", half_width(n as usize, n.sqrt()));
        }
    }

    #[test]
    fn power_agrees_with_scipy() {
        for case in reference::cases("power") {
            case.near("power", power(case.number("n") as usize, case.number("effect")));
        }
    }

    /// 95 % intervals of 3 and of 8 normal values hold the mean in 93 to 97 % of 4,000 draws.
    #[test]
    fn t_intervals_cover_the_mean_as_often_as_they_say() {
        for n in [3, 8] {
            let covered = (0..4000).filter(|draw| {
                let mut draws = Draws::new(n as u64, Stream::Bootstrap, 1, *draw, 0);
                let [low, high] = estimate((0..n).map(|_| f64::from(draws.normal()))).unwrap().interval().unwrap();
                low <= 0.0 && 0.0 <= high
            });
            let share = covered.count() as f64 / 4000.0;
            assert!((0.93..=0.97).contains(&share), "n {n}: {share}");
        }
    }

    #[test]
    fn what_can_be_detected_is_decided_with_the_power_asked_for() {
        for n in [2, 3, 5, 20] {
            assert!((power(n, detectable(n).unwrap()) - POWER).abs() < 1e-6, "{n}");
        }
        assert_eq!(detectable(1), None);
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

    #[test]
    fn seeds_to_decide_is_the_first_n_with_enough_power() {
        for case in reference::cases("seeds") {
            let seen =
                Estimate { n: 2, mean: case.number("mean"), std: Some(case.number("std")), low: None, high: None };
            let needed = seeds_to_decide(&seen, case.number("margin"));
            assert_eq!(needed.map_or(0, |n| n), case.number("needed") as usize, "{case:?}");
        }
        assert_eq!(seeds_to_decide(&estimate([0.3]).unwrap(), 0.0), None);
        assert_eq!(seeds_to_decide(&estimate([0.3, 0.3]).unwrap(), 0.0), Some(2));
    }

    #[test]
    fn pairs_are_the_seeds_that_both_have() {
        let a = BySeed::from([(0, 0.5), (1, 0.75), (3, 0.9)]);
        let b = BySeed::from([(1, 0.25), (0, 0.25), (2, 0.1)]);
        assert_eq!(paired(&a, &b), BySeed::from([(0, 0.25), (1, 0.5)]));
    }
}
