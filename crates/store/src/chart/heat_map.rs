//! A metric over two axes at once, for each method: the numbers of a heat map.

use super::{
    Metric, Pen, pen,
    robustness::{At, by_seed, methods, over_seeds},
};
use crate::results::{BySeed, Estimate, Results, paired};
use byolab_values::plan::{Axis, Experiment, Value};

/// What is asked of the results.
#[derive(Clone, Copy)]
pub struct HeatMapQuery<'a> {
    /// Whose results.
    pub experiment: &'a Experiment,
    /// The axis down the side and the one across.
    pub axes: [&'a Axis; 2],
    /// The number in the cells.
    pub metric: Metric,
    /// The metric itself instead of its change from the baseline.
    pub absolute: bool,
}

/// The answer: an estimate per method and pair of values, other axes at the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// Of both axes, rows first.
    pub values: [Vec<Value>; 2],
    /// Places of the baseline among the values.
    pub baseline: [usize; 2],
    /// A map each.
    pub methods: Vec<MethodLayer>,
    /// The first method minus the second; empty where there are not two methods.
    pub differences: Vec<Vec<Option<Estimate>>>,
}

/// The numbers of one method.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodLayer {
    /// As the results name it.
    pub method: String,
    /// How it is drawn elsewhere.
    pub pen: Pen,
    /// The metric at the baseline.
    pub level: Option<Estimate>,
    /// A row for each value of the axis down the side.
    pub estimates: Vec<Vec<Option<Estimate>>>,
}

/// Answers `question` from the finished trials. A change and a difference of methods are paired by seed.
pub fn heat_map(question: HeatMapQuery, results: &Results) -> HeatMap {
    let HeatMapQuery { experiment, axes, metric, absolute } = question;
    let values = axes.map(|axis| axis.values.iter().map(|value| value.label.clone()).collect::<Vec<_>>());
    let baseline = axes.map(|axis| super::robustness::baseline(experiment, axis));
    let names = methods(results);
    let pens = pen::pens(names.iter().map(String::as_str));
    let measured = |method: &String| -> Vec<Vec<BySeed>> {
        let cell = |down: &Value, across: &Value| {
            let at: [At; 2] = [(&axes[0].key, down), (&axes[1].key, across)];
            by_seed(experiment, metric, results, method, &at)
        };
        values[0].iter().map(|down| values[1].iter().map(|across| cell(down, across)).collect()).collect()
    };
    let measured: Vec<Vec<Vec<BySeed>>> = names.iter().map(measured).collect();
    let asked = |sheet: &Vec<Vec<BySeed>>| match absolute {
        true => sheet.clone(),
        false => over(sheet, |values| paired(values, &sheet[baseline[0]][baseline[1]])),
    };
    let asked: Vec<Vec<Vec<BySeed>>> = measured.iter().map(asked).collect();
    let layer = |(i, method): (usize, &String)| MethodLayer {
        method: method.clone(),
        pen: pens[i],
        level: over_seeds(&measured[i][baseline[0]][baseline[1]]),
        estimates: over(&asked[i], over_seeds),
    };
    let methods = names.iter().enumerate().map(layer).collect();
    HeatMap { methods, differences: differences(&asked), values, baseline }
}

fn differences(asked: &[Vec<Vec<BySeed>>]) -> Vec<Vec<Option<Estimate>>> {
    let [first, second] = asked else { return Vec::new() };
    let row = |(first, second): (&Vec<BySeed>, &Vec<BySeed>)| {
        first.iter().zip(second).map(|(a, b)| over_seeds(&paired(a, b))).collect()
    };
    first.iter().zip(second).map(row).collect()
}

/// A sheet of what `f` makes of each value.
fn over<A, B>(sheet: &[Vec<A>], f: impl Fn(&A) -> B) -> Vec<Vec<B>> {
    sheet.iter().map(|row| row.iter().map(&f).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chart::{metric::LINEAR, robustness::tests::results},
        results::Row,
        store::State,
    };
    use byolab_values::plan::{Overrides, Plan, Trial};

    /// Two methods, two seeds: byol falls by 1 point per step down the batches and 2 along the sets, simclr by twice that.
    fn lossy(plan: &Plan) -> Results {
        let row = |trial: &Trial| {
            let place = |key: &str| {
                let axis = plan.experiment.axes.iter().find(|axis| axis.key == key).unwrap();
                axis.values.iter().position(|value| value.label == trial.cell[key]).unwrap() as f64
            };
            let weight = if trial.cell["method"].to_string() == "byol" { 1.0 } else { 2.0 };
            let lost = weight * (place("train.batch") + 2.0 * place("augment"));
            Row {
                trial: trial.id.clone(),
                state: State::Finished,
                seed: trial.seed,
                axes: trial.cell.clone(),
                metrics: [(LINEAR.name.to_owned(), 0.9 - 0.01 * lost + 0.1 * trial.seed as f64)].into(),
                curve: Vec::new(),
                collapsed: false,
                device: None,
                commit: None,
            }
        };
        results(plan.trials.iter().map(row).collect())
    }

    #[test]
    fn changes_are_counted_from_the_corner_of_the_baseline() {
        let text = r#"
            seeds = [0, 1]
            baseline = { "train.batch" = 64 }
            [[axis]]
            key = "method"
            values = ["byol", "simclr"]
            [[axis]]
            key = "train.batch"
            values = [64, 32, 16]
            [[axis]]
            key = "augment"
            values = ["byol", "crop-only"]
        "#;
        let plan = Plan::new(Experiment::parse("x", "x.toml", text).unwrap(), &Overrides::default()).unwrap();
        let axes = [&plan.experiment.axes[1], &plan.experiment.axes[2]];
        let question = HeatMapQuery { experiment: &plan.experiment, axes, metric: LINEAR, absolute: false };
        let map = heat_map(question, &lossy(&plan));
        let points = |sheet: &Vec<Vec<Option<Estimate>>>| over(sheet, |e| (100.0 * e.as_ref().unwrap().mean).round());
        assert_eq!(points(&map.methods[0].estimates), [[0.0, -2.0], [-1.0, -3.0], [-2.0, -4.0]]);
        assert_eq!(points(&map.methods[1].estimates), [[0.0, -4.0], [-2.0, -6.0], [-4.0, -8.0]]);
        assert_eq!(points(&map.differences), [[0.0, 2.0], [1.0, 3.0], [2.0, 4.0]]);
        let levels = heat_map(HeatMapQuery { absolute: true, ..question }, &lossy(&plan));
        assert_eq!(points(&levels.methods[0].estimates)[2], [93.0, 91.0]);
        assert_eq!(levels.methods[0].level.unwrap().n, 2);
    }
}
