//! An experiment made smaller: the file that holds only what a choice leaves of another one.

use toml::{Table, Value as Toml};

use super::{Axis, Experiment, Overrides, Plan, Problems, experiment::axis_key};

impl Experiment {
    /// The text of an experiment `name` with the values and seeds that `overrides` leave. Claims, and parts of the
    /// baseline, that ask for something left out are left out too. Comments of the old text are lost.
    ///
    /// # Errors
    /// What is wrong with the choice.
    pub fn narrowed(&self, name: &str, overrides: &Overrides) -> Result<String, Problems> {
        let chosen = Plan::new(self.clone(), overrides)?.experiment;
        let mut file: Table = toml::from_str(&self.text).expect("the text of an experiment is TOML");
        let seeds: Vec<Toml> = chosen.seeds.iter().map(|seed| Toml::Integer(*seed as i64)).collect();
        file.insert("seeds".into(), seeds.into());
        for axis in file.get_mut("axis").and_then(Toml::as_array_mut).into_iter().flatten() {
            keep_values(axis, &self.axes, &chosen.axes);
        }
        keep_baseline(&mut file, &chosen);
        let claims = file.remove("claim");
        let kept: Vec<Toml> = claims.as_ref().and_then(Toml::as_array).into_iter().flatten().cloned().collect();
        let holds = |claim: &Toml| {
            let mut with = file.clone();
            with.insert("claim".into(), vec![claim.clone()].into());
            planned(name, &with).is_ok()
        };
        let kept: Vec<Toml> = kept.into_iter().filter(holds).collect();
        if !kept.is_empty() {
            file.insert("claim".into(), kept.into());
        }
        planned(name, &file)
    }
}

/// The text of the file, where it can be planned.
fn planned(name: &str, file: &Table) -> Result<String, Problems> {
    let text = toml::to_string(file).expect("a table has a text");
    Plan::new(Experiment::parse(name, name, &text)?, &Overrides::default())?;
    Ok(text)
}

/// Leaves the values of one `[[axis]]` that are chosen; they stand in the text in the order of the axis.
fn keep_values(table: &mut Toml, all: &[Axis], chosen: &[Axis]) {
    let key = table.get("key").and_then(Toml::as_str).map(axis_key).unwrap_or_default().to_owned();
    let of = |axes: &[Axis]| axes.iter().find(|axis| axis.key == key).map(|axis| axis.values.clone());
    let (Some(all), Some(chosen)) = (of(all), of(chosen)) else { return };
    if let Some(values) = table.get_mut("values").and_then(Toml::as_array_mut) {
        let mut labels = all.iter().map(|value| &value.label);
        values.retain(|_| labels.next().is_none_or(|label| chosen.iter().any(|value| value.label == *label)));
    }
}

fn keep_baseline(file: &mut Table, chosen: &Experiment) {
    let Some(baseline) = file.get_mut("baseline").and_then(Toml::as_table_mut) else { return };
    baseline.retain(|key, _| {
        let axis = chosen.axes.iter().find(|axis| axis.key == axis_key(key));
        let value = chosen.baseline.get(axis_key(key));
        axis.zip(value).is_none_or(|(axis, value)| axis.values.iter().any(|known| known.label == *value))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Value;

    fn ids(experiment: Experiment, overrides: &Overrides) -> Vec<String> {
        Plan::new(experiment, overrides).unwrap().trials.into_iter().map(|trial| trial.id).collect()
    }

    #[test]
    fn a_shipped_experiment_that_is_saved_whole_plans_the_same_trials() {
        let all = Overrides::default();
        for experiment in Experiment::builtin() {
            let text = experiment.narrowed("copy", &all).unwrap();
            let copy = Experiment::parse("copy", "copy.toml", &text).unwrap();
            assert_eq!(copy.claims, experiment.claims, "{}", experiment.name);
            assert_eq!(ids(copy, &all), ids(experiment, &all));
        }
    }

    #[test]
    fn a_choice_keeps_its_trials_and_the_claims_that_can_still_be_judged() {
        let experiment = Experiment::find("batch-size").unwrap();
        let overrides =
            Overrides { only: vec!["train.batch=512,128".into()], seeds: Some(vec![1]), ..Overrides::default() };
        let text = experiment.narrowed("small", &overrides).unwrap();
        let small = Experiment::parse("small", "small.toml", &text).unwrap();
        let asks = |claim: &crate::plan::Claim, batch| {
            format!("{:?}", claim.test).contains(&format!("{:?}", Value::Int(batch)))
        };
        assert!(experiment.claims.iter().any(|claim| asks(claim, 64)), "something is left out");
        assert!(small.claims.iter().all(|claim| !asks(claim, 64)));
        assert_eq!(ids(small, &Overrides::default()), ids(experiment, &overrides));
    }
}
