//! Commands that are told to people: each can be pasted into a POSIX shell and acts on the store it was told of.

use std::{env, path::Path};

use super::{ExperimentFolder, Store};
use byolab_values::plan::{Experiment, Overrides, words::quoted};

/// The folder of the runs where nothing names another one.
const DEFAULT_ROOT: &str = "runs";

impl Default for Store {
    fn default() -> Self {
        Self::new(DEFAULT_ROOT)
    }
}

impl Store {
    /// `byolab` with these words, and with this store where it is not the default.
    pub fn hint(&self, words: &[&str]) -> String {
        let mut words: Vec<String> = ["byolab"].iter().chain(words).map(|word| quoted(word)).collect();
        if self.root() != Path::new(DEFAULT_ROOT) || env::var_os("BYOLAB_RUNS").is_some() {
            words.extend(["--runs".into(), quoted(&self.root().display().to_string())]);
        }
        words.join(" ")
    }

    /// `byolab VERB EXPERIMENT` with every override.
    pub fn hint_of(&self, verb: &str, experiment: &Experiment, overrides: &Overrides) -> String {
        let flags = overrides.flags();
        let words: Vec<&str> = [verb, named(experiment)].into_iter().chain(flags.iter().map(String::as_str)).collect();
        self.hint(&words)
    }
}

impl ExperimentFolder {
    /// `byolab VERB` with this experiment.
    pub fn hint(&self, verb: &str) -> String {
        self.store().hint(&[verb, &self.name()])
    }
}

/// How an experiment is named so that it is found again: by its file, where it has one.
fn named(experiment: &Experiment) -> &str {
    let Experiment { name, origin, .. } = experiment;
    if origin.is_empty() || origin.starts_with("built in") { name } else { origin }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_names_the_store_where_it_is_not_the_default_and_is_quoted_for_a_shell() {
        let hint = |root: &str, words: &[&str]| Store::new(root).hint(words);
        for (root, words, expected) in [
            ("runs", &["stop", "demo"][..], "byolab stop demo"),
            ("other", &["stop", "demo"], "byolab stop demo --runs other"),
            ("my runs", &["run", "a b.toml"], "byolab run 'a b.toml' --runs 'my runs'"),
            ("/x/runs", &["watch"], "byolab watch --runs /x/runs"),
        ] {
            assert_eq!(hint(root, words), expected);
        }
        assert_eq!(Store::new("it's").experiment("one").hint("resume"), r"byolab resume one --runs 'it'\''s'");
    }

    #[test]
    fn an_experiment_from_a_file_is_named_by_it_and_overrides_are_told() {
        let experiment = |origin: &str| Experiment { name: "x".into(), origin: origin.into(), ..Experiment::default() };
        let overrides =
            Overrides { only: vec!["method=\"byol\"".into()], seeds: Some(vec![0, 1]), ..Overrides::default() };
        let hint = |origin: &str| Store::new("runs").hint_of("run", &experiment(origin), &overrides);
        assert_eq!(hint("built in: x"), "byolab run x --only 'method=\"byol\"' --seeds 0,1");
        assert_eq!(hint("../a b/x.toml"), "byolab run '../a b/x.toml' --only 'method=\"byol\"' --seeds 0,1");
    }
}
