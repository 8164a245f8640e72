//! Which encoder is meant, a stored run's or a file's, and the images that it is to see.

use std::{borrow::Cow, collections::BTreeMap, fs, path::Path, sync::Arc};

use anyhow::{Context, Result, ensure};
use safetensors::SafeTensors;

use super::{
    args::{Common, ImageArgs, NamedEncoder},
    found,
};
use byolab_store::store::{State, Store};
use byolab_values::{
    data,
    plan::{
        Experiment, Overrides, Plan, Problems, Recipe,
        problem::{Problem, Spot},
        sets,
    },
    weights::{self, EncoderShape, Found, Hints, Known, export::Pixels},
};

/// The side that ImageNet's encoders are trained with.
const IMAGENET_SIDE: usize = 224;

/// An encoder that is there.
pub struct Encoder {
    /// What people call it.
    pub name: String,
    /// What its file says of itself.
    pub metadata: BTreeMap<String, String>,
    /// Where it is from.
    pub source: Source,
}

/// Where an encoder is from.
pub enum Source {
    /// A trial, by its recipe, and the bytes of its encoder.
    Run {
        /// What it was trained by.
        recipe: Box<Recipe>,
        /// Of `encoder.safetensors`.
        bytes: Vec<u8>,
    },
    /// A file.
    File(Arc<Known>),
}

impl Encoder {
    /// Reads the file, or the trial, of that name.
    ///
    /// # Errors
    /// [`Problems`] where there is none, or none that is known; a store that cannot be read.
    pub fn find(common: &Common, asked: &NamedEncoder) -> Result<Self> {
        let path = Path::new(&asked.encoder);
        if path.is_file() {
            return Ok(Self::file(path, asked)?);
        }
        let store = Store::new(&common.runs);
        let wrong = |text: String| Problems::from(Spot::named(&asked.encoder).problem(text, None));
        let nothing = || format!("there is no file of this name, and no trial in {}", store.root().display());
        ensure!(store.root().is_dir(), wrong(nothing()));
        let held = found::trial(&store, &asked.encoder)?.ok_or_else(|| wrong(nothing()))?;
        let path = held.folder.trial(&held.id).join("encoder.safetensors");
        let there = held.run.state == State::Finished && path.is_file();
        ensure!(there, wrong(format!("it is not finished: there is no {} yet", path.display())));
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let (_, header) =
            SafeTensors::read_metadata(&bytes).map_err(|_| wrong(format!("{} is damaged", path.display())))?;
        let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
        let (name, recipe) = (format!("{} {}", held.folder.name(), held.id), Box::new(held.folder.recipe(&held.id)?));
        Ok(Self { name, metadata, source: Source::Run { recipe, bytes } })
    }

    fn file(path: &Path, asked: &NamedEncoder) -> Result<Self, Problems> {
        let name = path.display().to_string();
        let known = weights::known(path, &asked.hints()).map_err(|wrong| problems(&name, wrong))?;
        Ok(Self { name, metadata: known.metadata.clone(), source: Source::File(known) })
    }

    /// The encoder by its tensors.
    ///
    /// # Errors
    /// What a trial's has that a file could not say.
    pub fn found(&self) -> Result<Cow<'_, Found>, Problems> {
        match &self.source {
            Source::File(known) => Ok(Cow::Borrowed(&known.found)),
            Source::Run { bytes, .. } => {
                let stored = weights::read(bytes).map_err(|error| problems(&self.name, vec![format!("{error:#}")]))?;
                let found = weights::recognise(stored, &Hints::default());
                Ok(Cow::Owned(found.map_err(|wrong| problems(&self.name, wrong))?))
            }
        }
    }

    /// The side of the images that it was trained with, as far as that is known.
    pub fn side(&self) -> Option<usize> {
        let told = || self.metadata.get("side")?.parse().ok();
        match &self.source {
            Source::Run { .. } => told(),
            Source::File(known) => known.found.shape.side().or_else(told).or_else(|| {
                let wide = matches!(&known.found.shape, EncoderShape::ResNet(shape) if shape.stem_kernel == 7);
                wide.then_some(IMAGENET_SIDE)
            }),
        }
    }

    /// Mean and deviation of the pixels that it was trained with, ImageNet's where its file does not tell.
    pub fn normalisation(&self) -> ([f32; 3], [f32; 3]) {
        let list = |key: &str| serde_json::from_str(self.metadata.get(key)?).ok();
        let told = || Some((list("mean")?, list("std")?));
        told().unwrap_or(data::IMAGENET)
    }

    /// How pixels were made ready for it.
    pub fn pixels(&self) -> Pixels {
        let (mean, std) = self.normalisation();
        Pixels { side: self.side(), mean, std }
    }

    /// Images of a size that it cannot take.
    fn misfit(&self, recipe: &Recipe) -> Option<Problem> {
        let Source::File(known) = &self.source else { return None };
        let (side, images) = (known.found.shape.side()?, recipe.data.working_side());
        (side != images).then(|| {
            let text = format!("it takes images of {side} pixels a side, not of {images}");
            Spot::named(&self.name).problem(text, Some(format!("leave out --side, or use --side {side}")))
        })
    }
}

fn problems(name: &str, sentences: Vec<String>) -> Problems {
    Problems(sentences.into_iter().map(|text| Spot::named(name).problem(text, None)).collect())
}

/// The encoder, and the recipe whose images it is to see; `set` are keys of that recipe beside those of flags.
///
/// # Errors
/// Everything that is wrong with encoder, images and flags, at once.
pub fn with_images(
    common: &Common,
    named: &NamedEncoder,
    images: &ImageArgs,
    set: impl IntoIterator<Item = String>,
) -> Result<(Encoder, Recipe)> {
    let mut problems = Vec::new();
    let encoder = match Encoder::find(common, named) {
        Ok(encoder) => Some(encoder),
        Err(error) => {
            problems.extend(error.downcast::<Problems>()?.0);
            None
        }
    };
    let recipe = recipe(encoder.as_ref(), images, set);
    let recipe = recipe.and_then(|recipe| data::check([&recipe], &common.data_folder()).map(|()| recipe));
    match (encoder, recipe) {
        (Some(encoder), Ok(recipe)) => {
            problems.extend(encoder.misfit(&recipe));
            Ok(Problems::unless(problems, (encoder, recipe))?)
        }
        (_, recipe) => {
            problems.extend(recipe.err().into_iter().flat_map(|wrong| wrong.0));
            Err(Problems(problems).into())
        }
    }
}

/// What is looked at, by the trial's recipe or the usual one.
fn recipe(
    encoder: Option<&Encoder>,
    images: &ImageArgs,
    set: impl IntoIterator<Item = String>,
) -> Result<Recipe, Problems> {
    let text = match encoder {
        Some(Encoder { source: Source::Run { recipe, .. }, .. }) => {
            let mut tables = toml::Table::try_from(recipe.as_ref()).expect("a recipe is a table");
            // A file names a built-in set and does not write it out.
            if sets::augmentation(&recipe.augment.name).is_some() {
                tables.insert("augment".to_owned(), recipe.augment.name.clone().into());
            }
            let whole = toml::Table::from_iter([("recipe".to_owned(), tables.into())]);
            toml::to_string(&whole).expect("a table has a text")
        }
        // A file is not trained: what training asks of images does not hold for it.
        _ => "[recipe.method]\nname = \"random-init\"\n[recipe.train]\nbatch = 2\nepochs = 1\n".to_owned(),
    };
    let side = images.side.map(|side| side as usize).or(encoder.and_then(Encoder::side));
    let flags = [
        images.on.as_ref().map(|on| format!("data.name={on}")),
        side.map(|side| format!("data.side={side}")),
        images.normalize.as_ref().map(|name| format!("data.normalize={name}")),
    ];
    let set: Vec<String> = flags.into_iter().flatten().chain(set).chain(images.set.iter().cloned()).collect();
    let overrides = Overrides::typed(&set, &[], &[], None);
    let mut plan = Plan::new(Experiment::parse("encoder", "encoder", &text)?, &overrides)?;
    Ok(plan.trials.swap_remove(0).recipe)
}

/// The images of `recipe` as the encoder is to see them.
///
/// # Errors
/// Images that cannot be read.
#[cfg(feature = "engine")]
pub fn load(common: &Common, encoder: &Encoder, images: &ImageArgs, recipe: &Recipe) -> Result<data::Dataset> {
    let mut loaded = data::load_for(recipe, &common.data_folder())?;
    if images.normalize.is_none() {
        (loaded.mean, loaded.std) = encoder.normalisation();
    }
    Ok(loaded)
}

/// What computes its features, for images of so many classes.
///
/// # Errors
/// A trial whose encoder is not of its recipe.
#[cfg(feature = "engine")]
pub fn learner(
    encoder: &Encoder,
    recipe: &Recipe,
    classes: usize,
    device: &byolab_engine::burn::tensor::Device,
) -> Result<byolab_engine::learner::Learner> {
    use byolab_engine::evaluation;
    match &encoder.source {
        Source::File(known) => Ok(evaluation::found(recipe, known.clone(), classes, device)),
        Source::Run { bytes, .. } => evaluation::stored(recipe, bytes, classes, device)
            .with_context(|| format!("{} has no encoder of its recipe", encoder.name)),
    }
}
