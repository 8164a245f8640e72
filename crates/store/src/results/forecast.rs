//! What more seeds will probably decide, where claims are judged after every seed.
//!
//! Mean and spread are drawn from what the seeds so far say of them, and further seeds from these; on each such path the
//! e-value goes on from where it is. Of normal values with nothing known beforehand (Jeffreys' prior), the variance is the sum
//! of squares over a chi-squared with n - 1 degrees, and the mean is normal around the one seen with that variance over n
//! (Gelman et al. 2013, *Bayesian Data Analysis*, section 3.2). A forecast decides nothing: it only chooses what to train, and
//! when to give up.

use byolab_values::plan::streams::{Draws, Stream};

use super::{
    sequence::{ALPHA, LEAST, Seen, p_value},
    stats::{POWER, least},
};

/// Paths: a probability is known within 0.05.
const PATHS: u64 = 400;

/// How probable a decision is by each number of further seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast(Vec<f64>);

impl Forecast {
    /// For an undecided claim with these values, which an e-value of 1 / `level` against `margin` decides, up to so many
    /// `more` seeds. None below two values.
    pub fn new(values: &[f64], margin: f64, level: f64, more: usize) -> Option<Self> {
        if values.len() < 2 {
            return None;
        }
        let seen = values.iter().fold(Seen::default(), |seen, value| seen.with(*value));
        let mut decided = vec![0_usize; more];
        for first in (0..PATHS).filter_map(|path| first_decision(seen, margin, level, more, path)) {
            decided[first..].iter_mut().for_each(|paths| *paths += 1);
        }
        Some(Self(decided.into_iter().map(|paths| paths as f64 / PATHS as f64).collect()))
    }

    /// The probability that so many more seeds decide it.
    pub fn within(&self, seeds: usize) -> f64 {
        self.0[..seeds.min(self.0.len())].last().copied().unwrap_or(0.0)
    }

    /// The fewest further seeds that decide it with probability [`POWER`].
    pub fn seeds(&self) -> Option<usize> {
        self.0.iter().position(|decided| *decided >= POWER).map(|place| place + 1)
    }

    /// Decisions to be expected for each seed that is trained, where one gives up after the number of seeds for which that is
    /// most, at most so many (the index of Gittins 1979, *Bandit processes and dynamic allocation indices*).
    pub fn worth(&self, most: usize) -> f64 {
        let (mut spent, mut undecided, mut worth) = (0.0, 1.0, 0.0f64);
        for decided in self.0.iter().take(most) {
            spent += undecided;
            undecided = 1.0 - decided;
            worth = worth.max(decided / spent);
        }
        worth
    }
}

/// The least effect, in standard deviations, that a confidence sequence of up to n values decides with probability [`POWER`], by
/// 400 made sequences. None where so few values decide nothing.
pub fn detectable(n: usize) -> Option<f64> {
    let path = |path| {
        let mut draws = Draws::new(0, Stream::Bootstrap, 5, path, 0);
        (0..n).map(|_| f64::from(draws.normal())).collect()
    };
    let noise: Vec<Vec<f64>> = (0..PATHS).map(path).collect();
    let decides = |values: &[f64], effect: f64| p_value(values, -effect).is_some_and(|p| p < ALPHA);
    let enough =
        |effect: f64| noise.iter().filter(|values| decides(values, effect)).count() as f64 >= POWER * PATHS as f64;
    (n >= LEAST).then(|| least(enough))
}

/// The place of the further seed that decides it on a path; none where none does.
fn first_decision(mut seen: Seen, margin: f64, level: f64, more: usize, path: u64) -> Option<usize> {
    let mut draws = Draws::new(0, Stream::Bootstrap, 1, path, 0);
    let mut normal = || f64::from(draws.normal());
    let chi_squared: f64 = (1..seen.n).map(|_| normal().powi(2)).sum();
    let deviation = (seen.squares / chi_squared).sqrt();
    let mean = seen.mean + deviation / (seen.n as f64).sqrt() * normal();
    (0..more).find(|_| {
        seen = seen.with(mean + deviation * normal());
        seen.log_e(margin) >= -level.ln()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecast(values: &[f64], level: f64) -> Forecast {
        Forecast::new(values, 0.0, level, 50).unwrap()
    }

    #[test]
    fn clear_effects_are_decided_soon_and_none_late() {
        let clear = forecast(&[1.0, 1.1, 0.9], 0.05);
        assert!(clear.within(1) > 0.8 && clear.seeds() == Some(1), "{:?}", clear.0);
        let none = forecast(&[1.0, -1.1, 0.9, -0.8, 0.1, 0.2, -0.3, 0.05], 0.05);
        assert!(none.within(1) < 0.05 && none.within(50) < 0.5 && none.seeds().is_none(), "{:?}", none.0);
        assert!(clear.worth(50) > 10.0 * none.worth(50));
        assert_eq!((none.within(0), none.worth(0), Forecast::new(&[1.0], 0.0, 0.05, 9)), (0.0, 0.0, None));
    }

    #[test]
    fn probabilities_grow_with_seeds_and_fall_with_the_level() {
        let [loose, strict] = [0.05, 0.01].map(|level| forecast(&[1.0, 0.2, 0.6], level));
        assert!(loose.0.is_sorted() && strict.0.is_sorted());
        assert!(loose.0.iter().zip(&strict.0).all(|(loose, strict)| loose >= strict));
    }

    #[test]
    fn sequences_detect_less_than_t_intervals_of_as_many_seeds_and_more_with_more() {
        let detectable: Vec<f64> = [5, 10, 20].map(|n| super::detectable(n).unwrap()).into();
        assert!(detectable.is_sorted_by(|more, less| more > less), "{detectable:?}");
        for (n, ours) in [5, 10, 20].into_iter().zip(detectable) {
            let t = crate::results::stats::detectable(n).unwrap();
            assert!(ours > t && ours < 2.5 * t, "{n}: {ours} {t}");
        }
        assert_eq!(super::detectable(3), None);
    }

    #[test]
    fn equal_values_go_on_as_they_are() {
        let sure = forecast(&[0.5, 0.5], 0.05);
        assert_eq!((sure.within(1), sure.within(2)), (0.0, 1.0), "four equal values decide");
    }
}
