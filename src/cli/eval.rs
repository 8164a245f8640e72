//! `eval`: what an encoder is worth, a stored run's or one that others have trained.

use anyhow::Result;

use super::{Exit, args, args::Common};

/// What is said where nothing can be judged.
///
/// # Errors
/// Always: this build has no engine.
#[cfg(not(feature = "engine"))]
pub fn run(_: &Common, _: &args::Eval) -> Result<Exit> {
    anyhow::bail!(super::NO_ENGINE)
}

/// Judges the encoder on images, and prints what was found.
///
/// # Errors
/// Everything that is wrong with encoder, images and flags, at once; a device that is not there.
#[cfg(feature = "engine")]
pub fn run(common: &Common, asked: &args::Eval) -> Result<Exit> {
    judging::run(common, asked)
}

#[cfg(feature = "engine")]
mod judging {
    use anyhow::Result;
    use serde::Serialize;

    use crate::cli::{
        Exit,
        args::{self, Common, ProbeArg},
        encoder::{self, Encoder, Source},
        list::WIDTH,
        print, print_json, tell,
    };
    use byolab_engine::evaluation;
    use byolab_values::{
        data::Dataset,
        plan::{Recipe, words},
        protocol::Metrics,
        weights::Numbers,
    };

    /// Epochs of fine-tuning where none are said.
    const FINETUNE_EPOCHS: usize = 20;
    /// Numbers of an image that a stage is judged by at most (Zhang et al. 2016).
    const STAGE_FEATURES: usize = 9000;

    /// See [`super::run`].
    pub fn run(common: &Common, asked: &args::Eval) -> Result<Exit> {
        let has = |probe| asked.probe.contains(&probe);
        let tuned = has(ProbeArg::Finetune) || has(ProbeArg::Semi);
        let set = [
            tuned.then(|| format!("probes.finetune_epochs={FINETUNE_EPOCHS}")),
            has(ProbeArg::Semi).then(|| "probes.semi_supervised=true".to_owned()),
            has(ProbeArg::Stages).then(|| format!("probes.stage_features={STAGE_FEATURES}")),
            has(ProbeArg::Measures).then(|| "probes.measures=true".to_owned()),
            has(ProbeArg::Factors).then(|| "probes.factors=true".to_owned()),
            has(ProbeArg::Test).then(|| "probes.test=true".to_owned()),
        ];
        let (encoder, recipe) = encoder::with_images(common, &asked.named, &asked.images, set.into_iter().flatten())?;
        let opened = common.open_device()?;
        let images = encoder::load(common, &encoder, &asked.images, &recipe)?;
        let judged = Judged::of(&encoder, &recipe, &images);
        if !asked.answer.json && !common.quiet {
            judged.sentences().iter().for_each(|line| tell(line.trim_end()));
        }
        let mut learner = encoder::learner(&encoder, &recipe, images.classes.len(), &opened.device)?;
        let all = evaluation::evaluate(&mut learner, &recipe, &images, &opened.device, true).metrics;
        let asked_for = |name: &str| probe_of(name).is_some_and(has);
        let metrics: Metrics = all.into_iter().filter(|(name, _)| asked_for(name)).collect();
        if asked.answer.json {
            return print_json(&Judged { metrics, ..judged });
        }
        print(&metrics.iter().map(|(name, value)| format!("{name:<24} {value:>12.4}\n")).collect::<String>())
    }

    /// The probe that measures a metric; none where it is a method's own.
    fn probe_of(name: &str) -> Option<ProbeArg> {
        let (first, _) = name.split_once('.').unwrap_or((name, ""));
        Some(match first.trim_end_matches(|last: char| last.is_ascii_digit()) {
            "knn" => ProbeArg::Knn,
            "linear" => ProbeArg::Linear,
            "stage" => ProbeArg::Stages,
            "finetune" => ProbeArg::Finetune,
            "semi" => ProbeArg::Semi,
            "factor" => ProbeArg::Factors,
            "test" => ProbeArg::Test,
            "classifier" => return None,
            "feature_std" | "effective_rank" | "uniformity" | "alignment" => ProbeArg::Spread,
            _ => ProbeArg::Measures,
        })
    }

    /// What was judged on what, and what was found.
    #[derive(Serialize)]
    struct Judged<'a> {
        schema_version: u32,
        encoder: &'a str,
        architecture: String,
        /// Of a file, as what follows.
        #[serde(skip_serializing_if = "Option::is_none")]
        features: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        names: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        prefix: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        numbers: Vec<&'a str>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        left_out: &'a [String],
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        beside: &'a [String],
        data: &'a str,
        side: usize,
        mean: [f32; 3],
        std: [f32; 3],
        train: usize,
        held_out: usize,
        metrics: Metrics,
    }

    impl<'a> Judged<'a> {
        fn of(encoder: &'a Encoder, recipe: &'a Recipe, images: &Dataset) -> Self {
            let found = if let Source::File(known) = &encoder.source { Some(&known.found) } else { None };
            let of_run = || format!("{}, width {}", recipe.encoder.name.name(), recipe.encoder.width);
            let numbers = found.map(|found| found.numbers.iter().copied().map(Numbers::name).collect());
            Self {
                schema_version: 1,
                encoder: &encoder.name,
                architecture: found.map_or_else(of_run, |found| found.shape.to_string()),
                features: found.map(|found| found.shape.features()),
                names: found.map(|found| found.names),
                prefix: found.map(|found| found.prefix.as_str()),
                numbers: numbers.unwrap_or_default(),
                left_out: found.map_or(&[], |found| &found.left_out),
                beside: found.map_or(&[], |found| &found.beside),
                data: &recipe.data.name,
                side: images.train.side,
                mean: images.mean,
                std: images.std,
                train: images.train.labelled().len(),
                held_out: images.held_out.len(),
                metrics: Metrics::new(),
            }
        }

        /// What people are told before it is judged.
        fn sentences(&self) -> Vec<String> {
            let mut told = vec![("encoder", format!("{}: {}", self.encoder, self.architecture))];
            if let (Some(names), Some(prefix)) = (self.names, self.prefix) {
                let behind = if prefix.is_empty() { String::new() } else { format!(", behind {prefix:?}") };
                told.push(("names", format!("{names}{behind}, in {}", self.numbers.join(" and "))));
            }
            let several = [("left out", self.left_out), ("beside", self.beside)].into_iter();
            told.extend(several.filter(|(_, names)| !names.is_empty()).map(|(word, names)| (word, names.join(", "))));
            let [mean, std] = [self.mean, self.std].map(|each| each.map(|number| format!("{number:.3}")).join(" "));
            let Self { data, side, train, held_out, .. } = self;
            let images =
                format!("{data} at {side} pixels: {train} to learn from, {held_out} held out; --side changes that");
            told.push(("images", images));
            told.push(("pixels", format!("mean {mean}, deviation {std}; --normalize changes that")));
            told.iter().map(|(word, text)| words::wrap_to(WIDTH, &format!("{word:<9}"), text)).collect()
        }
    }
}
