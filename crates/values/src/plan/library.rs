//! Where experiments are found: a path, the folder `experiments`, the binary.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Experiment, Problems, problem::Spot, words::nearest_or_all};

/// The shipped experiments, the smallest first: file name and text.
const BUILT_IN: &[(&str, &str)] = &[
    ("smoke", include_str!("../../../../experiments/smoke.toml")),
    ("demo", include_str!("../../../../experiments/demo.toml")),
    ("methods", include_str!("../../../../experiments/methods.toml")),
    ("transfer", include_str!("../../../../experiments/transfer.toml")),
    ("semi-quick", include_str!("../../../../experiments/semi-quick.toml")),
    ("fixmatch-quick", include_str!("../../../../experiments/fixmatch-quick.toml")),
    ("cifar10-quick", include_str!("../../../../experiments/cifar10-quick.toml")),
    ("cifar10-target-decay-quick", include_str!("../../../../experiments/cifar10-target-decay-quick.toml")),
    ("cifar10-byol-to-simclr-quick", include_str!("../../../../experiments/cifar10-byol-to-simclr-quick.toml")),
    ("batch-size-quick", include_str!("../../../../experiments/batch-size-quick.toml")),
    ("augmentations-quick", include_str!("../../../../experiments/augmentations-quick.toml")),
    ("target-decay-quick", include_str!("../../../../experiments/target-decay-quick.toml")),
    ("byol-to-simclr-quick", include_str!("../../../../experiments/byol-to-simclr-quick.toml")),
    ("arithmetic-quick", include_str!("../../../../experiments/arithmetic-quick.toml")),
    ("cifar10-semi-quick", include_str!("../../../../experiments/cifar10-semi-quick.toml")),
    ("cifar10-arithmetic-quick", include_str!("../../../../experiments/cifar10-arithmetic-quick.toml")),
    ("lars-quick", include_str!("../../../../experiments/lars-quick.toml")),
    ("cifar10-lars-quick", include_str!("../../../../experiments/cifar10-lars-quick.toml")),
    ("pretext", include_str!("../../../../experiments/pretext.toml")),
    ("cifar10-pretext", include_str!("../../../../experiments/cifar10-pretext.toml")),
    ("batch-size", include_str!("../../../../experiments/batch-size.toml")),
    ("augmentations", include_str!("../../../../experiments/augmentations.toml")),
    ("target-decay", include_str!("../../../../experiments/target-decay.toml")),
    ("byol-to-simclr", include_str!("../../../../experiments/byol-to-simclr.toml")),
    ("robust-because", include_str!("../../../../experiments/robust-because.toml")),
    ("lightly-byol", include_str!("../../../../experiments/lightly-byol.toml")),
    ("lightly-contrastive", include_str!("../../../../experiments/lightly-contrastive.toml")),
    ("lightly-moco", include_str!("../../../../experiments/lightly-moco.toml")),
    ("lightly-simsiam", include_str!("../../../../experiments/lightly-simsiam.toml")),
    ("solo-byol", include_str!("../../../../experiments/solo-byol.toml")),
    ("solo-simclr", include_str!("../../../../experiments/solo-simclr.toml")),
    ("moco-cifar", include_str!("../../../../experiments/moco-cifar.toml")),
    ("simclr-cifar", include_str!("../../../../experiments/simclr-cifar.toml")),
    ("simclr-sqrt", include_str!("../../../../experiments/simclr-sqrt.toml")),
    ("byol-small-batch", include_str!("../../../../experiments/byol-small-batch.toml")),
];

/// Where a user's experiments are looked for by name.
pub const FOLDER: &str = "experiments";

impl Experiment {
    /// The experiment that a user means by `name`: a path, a file in `./experiments`, or one built into the binary.
    ///
    /// # Errors
    /// Every problem of the file, or that there is none, with the nearest name.
    pub fn find(name: &str) -> Result<Self, Problems> {
        let path = Path::new(name);
        if path.extension().is_some_and(|extension| extension == "toml") || path.components().count() > 1 {
            return Self::load(path);
        }
        let local = Path::new(FOLDER).join(name).with_added_extension("toml");
        if local.exists() {
            return Self::load(&local);
        }
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((name, text)) => Self::parse(name, &origin(name), text),
            None => Err(missing(name)),
        }
    }

    /// Whether a name means a file in `./experiments` or a shipped experiment.
    pub fn is_named(name: &str) -> bool {
        Path::new(FOLDER).join(name).with_added_extension("toml").exists()
            || BUILT_IN.iter().any(|(known, _)| *known == name)
    }

    /// The shipped experiments.
    pub fn builtin() -> Vec<Self> {
        let parse = |(name, text): &(&str, &str)| Self::parse(name, &origin(name), text);
        BUILT_IN.iter().map(|shipped| parse(shipped).expect("shipped experiments are sound")).collect()
    }

    /// The experiment files of a folder in the order of their names; none where there is no folder.
    pub fn files_in(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut paths: Vec<_> =
            entries.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect();
        paths.sort();
        paths
    }

    fn load(path: &Path) -> Result<Self, Problems> {
        let origin = path.display().to_string();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        // `...toml` would be the experiment `..`, whose runs would lie beside those of all others.
        if Path::new(&*name).file_name().is_none() {
            let remedy = Some("rename the file".into());
            return Err(Spot::named(origin).problem(format!("`{name}` is no name of an experiment"), remedy).into());
        }
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&name, &origin, &text),
            Err(error) => Err(Spot::named(origin).problem(format!("cannot be read: {error}"), None).into()),
        }
    }
}

fn origin(name: &str) -> String {
    format!("built in: {name}")
}

fn missing(name: &str) -> Problems {
    let files = fs::read_dir(FOLDER).into_iter().flatten().flatten().map(|entry| entry.path());
    let stems = files.filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    let mut names: Vec<String> = BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
    names.extend(stems.filter(|stem| BUILT_IN.iter().all(|(known, _)| known != stem)));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let remedy = nearest_or_all(name, &names);
    Spot::named(name).problem(format!("there is no such experiment, here or in ./{FOLDER}"), Some(remedy)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Overrides, Plan};

    #[test]
    fn every_shipped_experiment_plans_without_problems() {
        for experiment in Experiment::builtin() {
            let name = experiment.name.clone();
            assert!(!experiment.question.is_empty() && experiment.expect.is_some(), "{name} asks nothing");
            if let Err(problems) = Plan::new(experiment, &Overrides::default()) {
                panic!("{name}:\n{problems}");
            }
        }
    }

    #[test]
    fn every_file_in_the_folder_is_shipped() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(FOLDER);
        for path in Experiment::files_in(&folder) {
            let name = path.file_stem().unwrap().to_string_lossy();
            assert!(BUILT_IN.iter().any(|(known, _)| **known == *name), "{name} is not in the list");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_a_near_one() {
        let problems = Experiment::find("batchsize").unwrap_err();
        assert_eq!(problems.0[0].remedy.as_deref(), Some("did you mean `batch-size`?"));
    }
}
