//! An experiment changed: the file that holds what a choice leaves of another one, and what was edited about it.

use std::collections::BTreeMap;

use toml::{Table, Value as Toml};

use super::{
    Axis, AxisValue, Experiment, Overrides, Plan, Problems, experiment::axis_key, parse::KEYS, recipe::Augmentation,
    settings::Settings,
};

impl Experiment {
    /// The text of an experiment `name` with the keys, values and seeds that `overrides` say. Claims, and parts of the
    /// baseline, that ask for something left out are left out too. Comments of the old text are lost.
    ///
    /// # Errors
    /// What is wrong with the choice.
    pub fn narrowed(&self, name: &str, overrides: &Overrides) -> Result<String, Problems> {
        let mut chosen = self.clone();
        let (set, _) = overrides.apply(&mut chosen);
        Plan::new(self.clone(), overrides)?;
        let mut file: Table = toml::from_str(&self.text).expect("the text of an experiment is TOML");
        let seeds: Vec<Toml> = chosen.seeds.iter().map(|seed| Toml::Integer(*seed as i64)).collect();
        file.insert("seeds".into(), seeds.into());
        set_keys(&mut file, &set);
        put_sets(&mut file, &self.base.sets, &chosen.base.sets);
        for axis in file.get_mut("axis").and_then(Toml::as_array_mut).into_iter().flatten() {
            put_values(axis, &self.axes, &chosen.axes);
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
    let text = in_order(file);
    Plan::new(Experiment::parse(name, name, &text)?, &Overrides::default())?;
    Ok(text)
}

/// The text of a file, its parts in the order in which people write them.
fn in_order(file: &Table) -> String {
    let part = |key: &str| {
        let part = Table::from_iter([(key.to_owned(), file.get(key)?.clone())]);
        Some(toml::to_string(&part).expect("a table has a text"))
    };
    KEYS.iter().filter_map(|key| part(key)).collect()
}

/// Writes what was set into `[recipe]`; a table that is there as its name alone becomes one.
fn set_keys(file: &mut Table, set: &Settings) {
    let recipe = file.entry("recipe").or_insert_with(|| Table::new().into());
    let Some(recipe) = recipe.as_table_mut() else { return };
    for (dotted, setting) in set.iter().filter(|(dotted, _)| *dotted != "train.seed") {
        let Some((section, key)) = dotted.split_once('.') else {
            recipe.insert(dotted.clone(), setting.value.clone());
            continue;
        };
        let table = recipe.entry(section).or_insert_with(|| Table::new().into());
        if let Some(name) = table.as_str() {
            *table = Table::from_iter([("name".to_owned(), name.into())]).into();
        }
        table.as_table_mut().map(|table| table.insert(key.into(), setting.value.clone()));
    }
}

/// Writes the augmentation sets that are new.
fn put_sets(file: &mut Table, known: &BTreeMap<String, Augmentation>, sets: &BTreeMap<String, Augmentation>) {
    for (name, set) in sets.iter().filter(|(name, _)| !known.contains_key(*name)) {
        let mut text = Table::try_from(set).expect("an augmentation is plain values");
        text.remove("name");
        let all = file.entry("augment").or_insert_with(|| Table::new().into());
        all.as_table_mut().map(|all| all.insert(name.clone(), text.into()));
    }
}

/// Leaves the values of one `[[axis]]` that are chosen, as they stand in the text; where the axis was edited, all of
/// its values are written anew.
fn put_values(table: &mut Toml, all: &[Axis], chosen: &[Axis]) {
    let key = table.get("key").and_then(Toml::as_str).map(axis_key).unwrap_or_default().to_owned();
    let of = |axes: &[Axis]| axes.iter().find(|axis| axis.key == key).map(|axis| axis.values.clone());
    let (Some(all), Some(chosen)) = (of(all), of(chosen)) else { return };
    let Some(values) = table.get_mut("values").and_then(Toml::as_array_mut) else { return };
    if chosen.iter().all(|value| all.contains(value)) {
        let mut all = all.iter();
        values.retain(|_| all.next().is_none_or(|value| chosen.contains(value)));
    } else {
        *values = chosen.iter().map(AxisValue::written).collect();
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
    fn what_was_edited_is_in_the_file() {
        let experiment = Experiment::find("demo").unwrap();
        let overrides = Overrides {
            set: vec!["train.epochs=3".into(), "optimizer.lr=0.5".into()],
            axes: vec![
                "train.batch=32,8".into(),
                "method=byol,{ name = 'simclr', temperature = 0.3 }".into(),
                "augment=full,{ name = 'flips', first = [{ op = 'flip', p = 0.9 }] }".into(),
            ],
            only: vec!["train.batch=8".into()],
            ..Overrides::default()
        };
        let text = experiment.narrowed("edited", &overrides).unwrap();
        let edited = Experiment::parse("edited", "edited.toml", &text).unwrap();
        assert_eq!(ids(edited, &Overrides::default()), ids(experiment, &overrides));
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
