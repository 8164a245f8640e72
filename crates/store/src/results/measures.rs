//! Height is not robustness: the drops of two methods compared by other measures than points lost.
//!
//! Whoever stands higher has more to lose, and near the untrained encoder nobody can lose much. So a drop is also measured as a
//! share of where it begins, as a share of what learning added to the untrained encoder, on the scale of log-odds, on which
//! accuracies have neither floor nor ceiling, and between trainings that stand equally high. Where these disagree about who
//! loses less, no sentence about robustness is true of all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use byolab_values::plan::{Cell, Claim, Experiment, Measure, Selector, Test, catalog};

use super::{
    Row,
    changes::{self, Unfixed},
    stats::{BySeed, Estimate},
    table,
};

/// The drops of a claim by one measure: how much less the first method loses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What of the drops is compared.
    pub measure: Measure,
    /// By how much the first method's is greater, in units of the measure; none where a seed has no such number.
    pub estimate: Option<f64>,
    /// Lower end of its 95 % interval: the t interval, or where claims are judged always the confidence sequence.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Pairs of seeds.
    pub n: usize,
    /// Why there is no estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

impl Measured {
    pub(super) fn new(measure: Measure, found: Result<Option<Estimate>, String>) -> Self {
        let (estimate, missing) = match found {
            Ok(estimate) => (estimate, None),
            Err(missing) => (None, Some(missing)),
        };
        Self {
            measure,
            estimate: estimate.map(|estimate| estimate.mean),
            low: estimate.and_then(|estimate| estimate.low),
            high: estimate.and_then(|estimate| estimate.high),
            n: estimate.map_or(0, |estimate| estimate.n),
            missing,
        }
    }

    /// Whether its interval leaves zero out.
    pub(super) fn is_clear(&self) -> bool {
        self.low.zip(self.high).is_some_and(|(low, high)| low > 0.0 || high < 0.0)
    }

    /// Whether the other says that the other method loses less, and one of both is clear about it.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        let signs = self.estimate.zip(other.estimate).is_some_and(|(a, b)| a * b < 0.0);
        signs && (self.is_clear() || other.is_clear())
    }
}

/// The measures that the drops of a claim have; none of a claim about something else.
pub fn of(claim: &Claim) -> Vec<Measure> {
    let metric = catalog::metric(&claim.metric).filter(|_| matches!(claim.test, Test::SmallerDrop { .. }));
    let suits = |measure: &Measure| metric.is_some_and(|metric| measure.suits(metric));
    Measure::ALL.into_iter().filter(suits).collect()
}

/// A trial's accuracy with what it is measured against.
#[derive(Clone, Copy)]
struct Height<'a> {
    /// Says which trial, in messages.
    row: &'a Row,
    value: f64,
    untrained: Option<f64>,
}

/// A method's drop with one seed.
#[derive(Clone, Copy)]
struct Fall<'a> {
    there: Height<'a>,
    here: Height<'a>,
}

/// Cells of a drop: at the baseline, and where it goes.
struct Way {
    there: Cell,
    here: Cell,
}

/// Seed by seed, by how much more of the first method is left than of the second.
///
/// # Errors
/// Says which seed has no such number, and why: one seed left out for what it says would make the others lie.
pub fn differences(claim: &Claim, measure: Measure, experiment: &Experiment, rows: &[Row]) -> Result<BySeed, String> {
    let ways = ways(claim, experiment, rows).map_err(|unfixed| unfixed.to_string())?;
    let [a, b] = ways.map(|way| falls(claim, &way, rows));
    let both = a.iter().filter_map(|(seed, a)| Some((*seed, *a, *b.get(seed)?)));
    both.map(|(seed, a, b)| Ok((seed, difference(measure, a, b)?))).collect()
}

fn ways(claim: &Claim, experiment: &Experiment, rows: &[Row]) -> Result<[Way; 2], Unfixed> {
    let Test::SmallerDrop { methods: [a, b], along, to, .. } = &claim.test else {
        return Err(Unfixed(vec!["a drop".into()]));
    };
    let way = |method| {
        let mut at: Selector = claim.at.clone();
        at.extend([("method".into(), method), (along.clone(), to.clone())]);
        let there = changes::baseline(experiment, rows, along, &at)?;
        Ok(Way { there, here: changes::complete(experiment, rows, &at)? })
    };
    Ok([way(a.clone())?, way(b.clone())?])
}

fn falls<'a>(claim: &Claim, way: &Way, rows: &'a [Row]) -> BTreeMap<u64, Fall<'a>> {
    let [there, here] = [&way.there, &way.here].map(|cell| heights(claim, cell, rows));
    there.into_iter().filter_map(|(seed, there)| Some((seed, Fall { there, here: *here.get(&seed)? }))).collect()
}

fn heights<'a>(claim: &Claim, cell: &Cell, rows: &'a [Row]) -> BTreeMap<u64, Height<'a>> {
    let untrained = format!("untrained.{}", claim.metric);
    let height = |row: &'a Row| {
        let value = *row.metrics.get(&claim.metric)?;
        Some((row.seed, Height { row, value, untrained: row.metrics.get(&untrained).copied() }))
    };
    table::finished(rows, cell).filter_map(height).collect()
}

fn difference(measure: Measure, a: Fall, b: Fall) -> Result<f64, String> {
    let left = |of: fn(&Fall) -> Result<f64, String>| Ok(of(&a)? - of(&b)?);
    match measure {
        Measure::Absolute => left(|fall| Ok(fall.here.value - fall.there.value)),
        Measure::Relative => left(|fall| fall.relative()),
        Measure::Kept => left(|fall| fall.kept()),
        Measure::LogOdds => left(|fall| Ok(fall.here.log_odds()? - fall.there.log_odds()?)),
        Measure::EqualHeight => {
            let height = a.there.end()?.min(b.there.end()?);
            Ok(a.at(height)? - b.at(height)?)
        }
    }
}

impl Fall<'_> {
    fn relative(&self) -> Result<f64, String> {
        match self.there.value {
            0.0 => Err(format!("no share of 0 can be kept: {}", self.there.row.words())),
            there => Ok(self.here.value / there),
        }
    }

    fn kept(&self) -> Result<f64, String> {
        let [there, here] = [self.there.gain()?, self.here.gain()?];
        match there > 0.0 {
            true => Ok(here / there),
            false => Err(format!("nothing was learnt that could be kept: {}", self.there.row.words())),
        }
    }

    /// What is lost at the share of training at which the curve of the baseline first reaches `height`.
    fn at(&self, height: f64) -> Result<f64, String> {
        let place = reached(&self.there.row.curve, height).ok_or_else(|| {
            format!("its curve is never as low as the lower method's end: {}", self.there.row.words())
        })?;
        let here = value_at(&self.here.row.curve, place).ok_or_else(|| self.here.curveless())?;
        Ok(here - height)
    }
}

impl Height<'_> {
    fn gain(&self) -> Result<f64, String> {
        let untrained =
            self.untrained.ok_or_else(|| format!("no value of the untrained encoder: {}", self.row.words()))?;
        Ok(self.value - untrained)
    }

    fn log_odds(&self) -> Result<f64, String> {
        match self.value > 0.0 && self.value < 1.0 {
            true => Ok((self.value / (1.0 - self.value)).ln()),
            false => Err(format!("{} has no finite odds: {}", self.value, self.row.words())),
        }
    }

    /// Where its curve ends.
    fn end(&self) -> Result<f64, String> {
        self.row.curve.last().map(|(_, value)| *value).ok_or_else(|| self.curveless())
    }

    fn curveless(&self) -> String {
        format!("no curve over training: {}", self.row.words())
    }
}

/// The place at which a curve first reaches `height` from below, between its points in a straight line; where it begins above,
/// or never comes so high, none.
fn reached(curve: &[(f64, f64)], height: f64) -> Option<f64> {
    curve.first().filter(|(_, value)| *value <= height)?;
    let above = curve.iter().position(|(_, value)| *value >= height)?;
    let Some(before) = above.checked_sub(1) else { return Some(curve[above].0) };
    let [(x, y), (to, end)] = [curve[before], curve[above]];
    Some(x + (to - x) * (height - y) / (end - y))
}

/// The value of a curve at a place, between its points in a straight line.
fn value_at(curve: &[(f64, f64)], place: f64) -> Option<f64> {
    let after = curve.iter().position(|(x, _)| *x >= place)?;
    let Some(before) = after.checked_sub(1) else { return Some(curve[after].1) };
    let [(x, y), (to, end)] = [curve[before], curve[after]];
    Some(y + (end - y) * (place - x) / (to - x))
}

#[cfg(test)]
mod tests {
    use super::{super::reference, *};
    use crate::{results::stats, store::State};

    fn row(seed: u64, [value, untrained]: [f64; 2], curve: Vec<(f64, f64)>) -> Row {
        let metrics = [("knn.top1".to_string(), value), ("untrained.knn.top1".to_string(), untrained)].into();
        Row {
            trial: String::new(),
            state: State::Finished,
            seed,
            axes: Cell::new(),
            metrics,
            curve,
            collapsed: false,
            device: None,
            commit: None,
        }
    }

    fn height(row: &Row) -> Height<'_> {
        Height { row, value: row.metrics["knn.top1"], untrained: row.metrics.get("untrained.knn.top1").copied() }
    }

    /// A method's trials at the baseline and where it drops to, with evenly spaced evaluations.
    fn trials(method: &reference::Case) -> [Row; 2] {
        ["there", "here"].map(|place| {
            let values = method.list(place);
            let points = (0..).map(|at| f64::from(at) / (values.len() - 1) as f64).zip(values.iter().copied());
            row(0, [values[values.len() - 1], method.number("untrained")], points.collect())
        })
    }

    fn fall([there, here]: &[Row; 2]) -> Fall<'_> {
        Fall { there: height(there), here: height(here) }
    }

    /// `tests/reference/make_stats.py`: NumPy's shares and interpolation of curves, SciPy's logit, paired as SciPy's
    /// related-samples t test has it.
    #[test]
    fn measures_agree_with_numpy_and_scipy() {
        for case in reference::cases("measures") {
            for measure in Measure::ALL {
                let of_seed = |seed: reference::Case| {
                    let [a, b] = ["a", "b"].map(|method| trials(&seed.part(method)));
                    difference(measure, fall(&a), fall(&b)).unwrap()
                };
                let estimate = stats::estimate(case.parts("seeds").map(of_seed)).unwrap();
                let expected = case.part(measure.name());
                expected.near("mean", estimate.mean);
                expected.near("low", estimate.low.unwrap());
                expected.near("high", estimate.high.unwrap());
            }
        }
    }

    #[test]
    fn a_curve_is_met_where_it_first_reaches_a_height_from_below() {
        let curve = [(0.0, 0.2), (0.5, 0.4), (0.75, 0.3), (1.0, 0.5)];
        for (height, expected) in [(0.2, Some(0.0)), (0.3, Some(0.25)), (0.4, Some(0.5)), (0.5, Some(1.0)), (0.6, None)]
        {
            let place = reached(&curve, height);
            assert!(
                place.zip(expected).map_or(place == expected, |(a, b)| (a - b).abs() < 1e-12),
                "{height}: {place:?}"
            );
        }
        assert_eq!(reached(&curve, 0.1), None, "it begins above");
        assert_eq!(value_at(&curve, 0.25), Some(0.30000000000000004));
        assert_eq!(value_at(&[], 0.0), None);
    }

    #[test]
    fn what_has_no_such_number_says_why() {
        let told = |measure, there: [f64; 2], here: [f64; 2]| {
            let [there, here] = [row(3, there, Vec::new()), row(3, here, Vec::new())];
            let fall = Fall { there: height(&there), here: height(&here) };
            difference(measure, fall, fall).unwrap_err()
        };
        assert_eq!(told(Measure::Relative, [0.0, 0.1], [0.2, 0.1]), "no share of 0 can be kept: , seed 3");
        assert_eq!(told(Measure::Kept, [0.2, 0.2], [0.3, 0.2]), "nothing was learnt that could be kept: , seed 3");
        assert_eq!(told(Measure::LogOdds, [0.2, 0.2], [1.0, 0.2]), "1 has no finite odds: , seed 3");
        assert_eq!(told(Measure::EqualHeight, [0.2, 0.2], [0.3, 0.2]), "no curve over training: , seed 3");
    }
}
