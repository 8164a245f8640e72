//! An experiment changed: the file that holds what a choice leaves of another one, and what was edited about it.

use toml::{Table, Value as Toml};

use super::{
    Axis, AxisValue, Experiment, Look, Overrides, Plan, Problems,
    catalog::keys::AUGMENT,
    experiment::{axis_key, written},
    file,
    settings::Settings,
};

impl Experiment {
    /// The text of an experiment `name` with the keys, axes, values and seeds that `overrides` say. Claims, and parts of the
    /// baseline, that ask for something left out are left out too, and augmentation sets that nothing uses. What was expected
    /// of the old experiment stays where only its seeds change. Comments of the old text are lost. What was run until it is
    /// decided goes on to be judged always, with the seeds that were named.
    ///
    /// # Errors
    /// What is wrong with the choice.
    pub fn narrowed(&self, name: &str, overrides: &Overrides) -> Result<String, Problems> {
        let is_always = overrides.until.is_some();
        let overrides = &Overrides { until: None, ..overrides.clone() };
        let mut chosen = self.clone();
        let (set, _) = overrides.apply(&mut chosen);
        Plan::new(self.clone(), overrides)?;
        let mut file: Table = toml::from_str(&self.text).expect("the text of an experiment is TOML");
        let seeds: Vec<Toml> = chosen.seeds.iter().map(|seed| Toml::Integer(*seed as i64)).collect();
        file.insert("seeds".into(), seeds.into());
        if is_always {
            file.insert("look".into(), Look::Always.name().into());
        }
        if *overrides != (Overrides { seeds: overrides.seeds.clone(), ..Overrides::default() }) {
            file.remove("expect");
        }
        set_keys(&mut file, &set);
        put_axes(&mut file, &self.axes, &chosen.axes);
        put_sets(&mut file, &chosen);
        keep_baseline(&mut file, &chosen);
        keep_names(&mut file, &chosen);
        keep_claims(&mut file, name);
        planned(name, &file)
    }
}

/// The text of the file, where it can be planned.
fn planned(name: &str, file: &Table) -> Result<String, Problems> {
    let text = file::written(file);
    Plan::new(Experiment::parse(name, name, &text)?, &Overrides::default())?;
    Ok(text)
}

/// Leaves the claims that can still be judged.
fn keep_claims(file: &mut Table, name: &str) {
    let Some(Toml::Array(mut claims)) = file.remove("claim") else { return };
    claims.retain(|claim| {
        let mut with = file.clone();
        with.insert("claim".into(), vec![claim.clone()].into());
        planned(name, &with).is_ok()
    });
    if !claims.is_empty() {
        file.insert("claim".into(), claims.into());
    }
}

/// Writes what was set into `[recipe]`; a table that is there as its name alone becomes one.
fn set_keys(file: &mut Table, set: &Settings) {
    let recipe = file.entry("recipe").or_insert_with(|| Table::new().into());
    let Some(recipe) = recipe.as_table_mut() else { return };
    for (dotted, setting) in set.iter().filter(|(dotted, _)| *dotted != "train.seed") {
        let value = written(&setting.value);
        let Some((section, key)) = dotted.split_once('.') else {
            recipe.insert(dotted.clone(), value);
            continue;
        };
        let table = recipe.entry(section).or_insert_with(|| Table::new().into());
        if let Some(name) = table.as_str() {
            *table = Table::from_iter([("name".to_owned(), name.into())]).into();
        }
        table.as_table_mut().map(|table| table.insert(key.into(), value));
    }
}

/// Writes the chosen axes: values that were in the text as they stand there, those of an axis that was edited anew.
fn put_axes(file: &mut Table, all: &[Axis], chosen: &[Axis]) {
    let old = file.remove("axis").and_then(|axes| axes.as_array().cloned()).unwrap_or_default();
    let known = |axis: &Axis| {
        let before = all.iter().find(|before| before.key == axis.key)?;
        let typed = |table: &&Toml| table.get("key").and_then(Toml::as_str).map(axis_key) == Some(&axis.key);
        let values = old.iter().find(typed)?.get("values")?.as_array()?;
        let place = |value| before.values.iter().position(|known| known == value);
        axis.values.iter().map(|value| values.get(place(value)?).cloned()).collect::<Option<Vec<_>>>()
    };
    let table = |axis: &Axis| {
        let values = known(axis).unwrap_or_else(|| axis.values.iter().map(AxisValue::written).collect());
        Toml::from(Table::from_iter([
            ("key".to_owned(), axis.key.clone().into()),
            ("values".to_owned(), values.into()),
        ]))
    };
    if !chosen.is_empty() {
        file.insert("axis".into(), chosen.iter().map(table).collect::<Vec<_>>().into());
    }
}

/// Writes the augmentation sets that are new, and leaves those that a cell uses.
fn put_sets(file: &mut Table, chosen: &Experiment) {
    let mut sets = file.remove("augment").and_then(|sets| sets.as_table().cloned()).unwrap_or_default();
    for (name, set) in &chosen.base.sets {
        sets.entry(name).or_insert_with(|| set.table());
    }
    let base = file.get("recipe").and_then(|recipe| recipe.get("augment"));
    let axes = file.get("axis").and_then(Toml::as_array).into_iter().flatten();
    let axis = axes.filter(|axis| axis.get("key").and_then(Toml::as_str) == Some(AUGMENT.key));
    let values = axis.filter_map(|axis| axis.get("values")?.as_array()).flatten();
    let used: Vec<&str> = base.into_iter().chain(values).filter_map(Toml::as_str).collect();
    sets.retain(|name, _| used.contains(&name));
    if !sets.is_empty() {
        file.insert("augment".into(), sets.into());
    }
}

fn keep_baseline(file: &mut Table, chosen: &Experiment) {
    let Some(baseline) = file.get_mut("baseline").and_then(Toml::as_table_mut) else { return };
    baseline.retain(|key, _| {
        let axis = chosen.axes.iter().find(|axis| axis.key == axis_key(key));
        let value = chosen.baseline.get(axis_key(key));
        axis.zip(value).is_some_and(|(axis, value)| axis.values.iter().any(|known| known.label == *value))
    });
    if baseline.is_empty() {
        file.remove("baseline");
    }
}

/// Leaves the names of what still stands on an axis.
fn keep_names(file: &mut Table, chosen: &Experiment) {
    let Some(names) = file.get_mut("names").and_then(Toml::as_table_mut) else { return };
    let values = |axis: &Axis, word: &str| axis.values.iter().any(|value| value.label.to_string() == word);
    names.retain(|word, _| chosen.axes.iter().any(|axis| axis.key == axis_key(word) || values(axis, word)));
    if names.is_empty() {
        file.remove("names");
    }
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
    fn a_file_is_written_as_a_person_would_write_it() {
        let experiment = Experiment::find("augmentations-quick").unwrap();
        let overrides = Overrides {
            axes: vec!["method.target_decay=0.9..1 by 3".into(), "train.batch=16..64 by x2".into()],
            only: vec!["augment=full,no-color".into()],
            ..Overrides::default()
        };
        let text = experiment.narrowed("mine", &overrides).unwrap();
        assert_eq!(
            &text[text.find("[[axis]]").unwrap()..],
            r#"[[axis]]
key    = "method"
values = [
    { name = "byol", target_decay = 0.9, predictor_hidden = 256, predictor_lr = 3.0 },
    { name = "byol", target_decay = 0.95, predictor_hidden = 256, predictor_lr = 3.0 },
    { name = "byol", target_decay = 1.0, predictor_hidden = 256, predictor_lr = 3.0 },
    { name = "simclr", temperature = 0.2 },
]

[[axis]]
key    = "augment"
values = ["full", "no-color"]

[[axis]]
key    = "train.batch"
values = [16, 32, 64]

[augment.full]
first = [
    { op = "crop", area = [0.2, 1.0] },
    { op = "flip" },
    { op = "jitter", brightness = 0.4, contrast = 0.4, saturation = 0.4, hue = 0.5 },
    { op = "grayscale" },
]

[augment.no-color]
first = [{ op = "crop", area = [0.2, 1.0] }, { op = "flip" }]
"#
        );
        assert!(!text.contains("expect"), "{text}");
        let mine = Experiment::parse("mine", "mine.toml", &text).unwrap();
        assert_eq!(ids(mine, &Overrides::default()), ids(experiment, &overrides));
    }

    #[test]
    fn unnamed_sets_and_what_is_expected_of_other_seeds_are_saved() {
        let text =
            "expect = 'much'\n[[axis]]\nkey = 'augment'\nvalues = [{ first = [{ op = 'flip' }] }, { first = [] }]";
        let experiment = Experiment::parse("x", "x.toml", text).unwrap();
        for overrides in [
            Overrides { seeds: Some(vec![3]), ..Overrides::default() },
            Overrides {
                axes: vec!["augment=byol,{ first = [{ op = 'flip', p = 0.3 }] }".into()],
                ..Overrides::default()
            },
            Overrides { set: vec!["train.epochs=7".into()], ..Overrides::default() },
            Overrides {
                only: vec!["augment=flip 0.5".into()],
                set: vec!["train.epochs=7".into()],
                ..Overrides::default()
            },
        ] {
            let text = experiment.narrowed("mine", &overrides).unwrap();
            assert_eq!(text.contains("expect"), overrides.seeds.is_some(), "{text}");
            let mine = Experiment::parse("mine", "mine.toml", &text).unwrap();
            assert_eq!(ids(mine, &Overrides::default()), ids(experiment.clone(), &overrides));
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
