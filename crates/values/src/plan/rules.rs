//! What must hold between the keys of a recipe. Each key alone was checked when it was read.

use std::collections::BTreeSet;

use super::{
    Problem, Recipe,
    catalog::{DATASETS, TrainingImages, facts, find},
    cost,
    demand::View,
    problem::{Broken, Spot},
    recipe::{
        Augmentation, Interpolation, LabelDraw, LrSchedule, MethodRecipe, Op, Sampler, ScheduleStart, Semantics,
        TrainRecipe, WarmupCount,
    },
    settings::{Settings, choice, chosen},
    words::{choices, multiples, nearest_or_all},
};

/// Everything wrong with `recipe`, the places taken from `settings`. Rules about an `unread` table are not judged.
pub fn problems(recipe: &Recipe, settings: &Settings, origin: &str, unread: &BTreeSet<String>) -> Vec<Problem> {
    let judged = |rule: &Broken| !rule.0.iter().any(|key| key.split('.').next().is_some_and(|it| unread.contains(it)));
    let spot = |keys: &[&str]| {
        let written = keys.iter().find_map(|key| settings.get(*key));
        written.map_or_else(|| Spot::named(origin), |setting| setting.spot.clone())
    };
    let rules = [source, data, batches, norm_groups, epochs, schedule, method, probes];
    let broken = AUGMENTATION.iter().chain(&rules).filter_map(|rule| rule(recipe)).filter(judged);
    broken.map(|Broken(keys, text, remedy)| spot(keys).problem(text, remedy)).collect()
}

/// Everything wrong with `recipe` under another augmentation set: what a plan with that set would say. The place is
/// `origin`.
pub fn of_augmentation(recipe: &Recipe, set: &Augmentation, origin: &str) -> Vec<Problem> {
    let recipe = Recipe { augment: set.clone(), ..recipe.clone() };
    let broken = AUGMENTATION.iter().filter_map(|rule| rule(&recipe));
    broken.map(|Broken(_, text, remedy)| Spot::named(origin).problem(text, remedy)).collect()
}

/// The rules that an augmentation set can break.
const AUGMENTATION: [fn(&Recipe) -> Option<Broken>; 6] = [blur, boxes, changes, covered, pillow, uncropped];

/// The rules of keys that one dataset has.
fn source(recipe: &Recipe) -> Option<Broken> {
    let data = &recipe.data;
    let images = facts(&data.name)?.images;
    let broken = |keys, text: &str, remedy: &str| Some(Broken(keys, text.into(), Some(remedy.into())));
    if (images == TrainingImages::Own) == data.path.is_empty() {
        let keys = &["data.path", "data.name"];
        return match data.path.is_empty() {
            true => broken(keys, "a folder of images has no place", "write data.path, seen from the data folder"),
            false => broken(keys, "only `folder` has a path", "write data.name = \"folder\" with it, or leave it out"),
        };
    }
    if images == TrainingImages::Own && data.limit == 0 {
        let text = "how many images a folder holds is not known before it is read";
        return broken(&["data.limit", "data.name"], text, "write data.limit, the images to train on");
    }
    if data.unlabelled && !images.are_partly_unlabelled() {
        return broken(&["data.unlabelled", "data.name"], "only `stl10` has unlabelled images", "leave it out");
    }
    if recipe.probes.factors && !matches!(images, TrainingImages::Made(_)) {
        return broken(&["probes.factors", "data.name"], "only `synthetic` images have known factors", "leave it out");
    }
    let is_partly = data.unlabelled || data.label_share < 1.0 || data.labels_per_class > 0;
    if data.label_draw == LabelDraw::Trial && data.label_share == 1.0 && data.labels_per_class == 0 {
        let keys = &["data.label_draw", "data.labels_per_class", "data.label_share"];
        return broken(
            keys,
            "all labels are seen: there is nothing to draw",
            "set data.labels_per_class, or leave it out",
        );
    }
    if is_partly && matches!(recipe.method, MethodRecipe::Supervised(_)) {
        let keys = &["data.label_share", "data.labels_per_class", "data.unlabelled", "method.name"];
        return broken(
            keys,
            "`supervised` learns from images with labels only",
            "use data.limit to take fewer of them",
        );
    }
    None
}

fn data(recipe: &Recipe) -> Option<Broken> {
    let (data, available) = (&recipe.data, recipe.data.available_images()?);
    if available == 0 {
        let text = format!("{} held-out images leave nothing to train on", data.held_out);
        return Some(Broken(&["data.held_out"], text, None));
    }
    (data.limit > available).then(|| {
        let text = format!("{} training images are more than the {available} that there are", data.limit);
        let remedy = format!("{} of {} are held out for the probes", data.held_out, data.name);
        Broken(&["data.limit", "data.held_out"], text, Some(remedy))
    })
}

/// A small view comes out of the set's crop.
fn uncropped(recipe: &Recipe) -> Option<Broken> {
    let cropped = |view: View| {
        let ops = if view == View::First { &recipe.augment.first } else { &recipe.augment.second };
        ops.iter().any(|op| matches!(op, Op::Crop { .. }))
    };
    recipe.demand().small().any(|(small, _)| !cropped(small.view)).then(|| {
        let text = "the set has no crop for small views to come out of".into();
        let remedy = "use a set that crops both views, or method.small_crops = 0".into();
        Broken(&["augment", "method.small_crops"], text, Some(remedy))
    })
}

/// Pixels along the side of the smallest view of the whole image.
fn smallest(recipe: &Recipe) -> usize {
    let side = recipe.data.working_side();
    recipe.demand().small().map(|(_, crop)| crop.side_of(side)).fold(side, usize::min)
}

/// A blur mirrors the image at its border, once.
fn blur(recipe: &Recipe) -> Option<Broken> {
    let side = smallest(recipe);
    let widest = |op: &Op| if let Op::Blur { kernel, .. } = op { Some(*kernel) } else { None };
    let kernel = ops(recipe).filter_map(widest).find(|kernel| *kernel >= 2 * side)?;
    let text = format!("a blur of {kernel} pixels is twice as wide as the images, {side}, or wider");
    Some(Broken(&["augment", "data.side"], text, Some("use a smaller kernel, or larger images".into())))
}

/// PIL's blur is as wide as its sigma asks for.
fn boxes(recipe: &Recipe) -> Option<Broken> {
    let side = smallest(recipe);
    let widest = |op: &Op| if let Op::Blur { kernel: 0, sigma, .. } = op { Some(sigma[1]) } else { None };
    let sigma = ops(recipe).filter_map(widest).find(|sigma| *sigma > side as f64)?;
    let text = format!("a blur of sigma {sigma} is wider than the images, {side}");
    Some(Broken(&["augment", "data.side"], text, Some("use a smaller sigma, or larger images".into())))
}

/// Changes of RandAugment beyond which an image holds nothing of what it was, and drawing it takes seconds.
const MOST_CHANGES: usize = 100;

fn changes(recipe: &Recipe) -> Option<Broken> {
    let many = |op: &Op| if let Op::RandAugment { ops, .. } = op { Some(*ops) } else { None };
    let changes = ops(recipe).filter_map(many).find(|changes| *changes > MOST_CHANGES)?;
    let text = format!("{changes} changes of an image by rand_augment are more than {MOST_CHANGES}");
    Some(Broken(&["augment"], text, Some("use fewer `ops`; the paper uses 1 to 3".into())))
}

/// TensorFlow's sampler takes the whole image where no box covers a tenth of it.
fn covered(recipe: &Recipe) -> Option<Broken> {
    let most = |op: &Op| match op {
        Op::Crop { area: [_, most], sampler: Sampler::Tensorflow, .. } => Some(*most),
        _ => None,
    };
    let most = ops(recipe).filter_map(most).find(|most| *most < 0.1)?;
    let text =
        format!("TensorFlow's crops cover a tenth of the image at least, and this one {most} at most: none is cropped");
    Some(Broken(&["augment"], text, Some("use a larger `area`, or sampler = \"paper\"".into())))
}

/// What Pillow has no form of.
fn pillow(recipe: &Recipe) -> Option<Broken> {
    if recipe.augment.arithmetic.is_exact() {
        return None;
    }
    let (text, remedy) = ops(recipe).find_map(|op| match op {
        Op::Crop { interpolation: Interpolation::Bicubic | Interpolation::BicubicTf1, .. } => Some((
            "Pillow has no such `interpolation` of a crop",
            "use \"bicubic-keys\", which is its bicubic, or \"bilinear\"",
        )),
        Op::Crop { clamp: false, .. } => Some(("bytes hold no overshoot of a crop", "use clamp = true")),
        Op::Jitter { semantics: Semantics::Byol, .. } => {
            Some(("Pillow has no jitter with the semantics of BYOL's code", "use semantics = \"torchvision\""))
        }
        _ => None,
    })?;
    Some(Broken(&["augment"], format!("{text}, and the set says arithmetic = \"pillow\""), Some(remedy.into())))
}

/// The operations of both views.
fn ops(recipe: &Recipe) -> impl Iterator<Item = &Op> {
    recipe.augment.first.iter().chain(&recipe.augment.second)
}

/// The number of training images, where a plan can know it.
fn known_images(recipe: &Recipe) -> Option<usize> {
    Some(recipe.images()).filter(|images| *images > 0)
}

fn batches(recipe: &Recipe) -> Option<Broken> {
    let (batch, optimizer, images) = (recipe.train.batch, recipe.train.optimizer_batch, known_images(recipe)?);
    if batch > images {
        let text = format!("a batch of {batch} is larger than the {images} training images");
        return Some(Broken(&["train.batch", "data.limit"], text, None));
    }
    if optimizer % batch != 0 {
        let text = format!("an optimizer batch of {optimizer} is not a multiple of the batch, {batch}");
        let remedy = format!("use {}", multiples(optimizer, batch));
        return Some(Broken(&["train.optimizer_batch", "train.batch"], text, Some(remedy)));
    }
    if let Some(part) = recipe.demand().parts.iter().find(|part| !batch.is_multiple_of(part.one_in)) {
        let text = format!("a batch of {batch} does not bring a labelled image for every {} others", part.one_in);
        let remedy = format!("use {}", multiples(batch, part.one_in));
        return Some(Broken(&["train.batch", "method.name"], text, Some(remedy)));
    }
    (optimizer > images).then(|| {
        let text = format!("an optimizer batch of {optimizer} is larger than the {images} training images");
        Broken(&["train.optimizer_batch", "data.limit"], text, None)
    })
}

fn epochs(recipe: &Recipe) -> Option<Broken> {
    let (warmup, epochs) = (recipe.train.warmup_epochs, recipe.train.epochs);
    (warmup > epochs as f64).then(|| {
        let text = format!("a warm-up of {warmup} epochs is longer than the training, {epochs}");
        Broken(&["train.warmup_epochs", "train.epochs"], text, Some("set train.warmup_epochs lower".into()))
    })
}

fn probes(recipe: &Recipe) -> Option<Broken> {
    let probes = &recipe.probes;
    if probes.finetune_epochs == 0 && (probes.semi_supervised || probes.finetune_sweep) {
        let places: &[&str] = match probes.semi_supervised {
            true => &["probes.semi_supervised", "probes.finetune_epochs"],
            false => &["probes.finetune_sweep", "probes.finetune_epochs"],
        };
        let remedy = "set probes.finetune_epochs, 30 for example";
        return Some(Broken(places, "fine-tuning has no epochs".into(), Some(remedy.into())));
    }
    if let Some(broken) = transfer(recipe) {
        return Some(broken);
    }
    let (k, images) = (probes.knn_k, known_images(recipe)?);
    (k > images).then(|| {
        let text = format!("{k} nearest neighbours are more than the {images} training images");
        Broken(&["probes.knn_k", "data.limit"], text, Some("set probes.knn_k lower".into()))
    })
}

/// What features are judged on beside the set that they were learnt on.
fn transfer(recipe: &Recipe) -> Option<Broken> {
    let name = &recipe.probes.transfer;
    if name.is_empty() {
        return None;
    }
    let known = DATASETS.iter().map(|entry| entry.name).filter(|name| *name != "folder").collect::<Vec<_>>();
    (!known.contains(&name.as_str())).then(|| {
        let text = format!("there is no data set `{name}` to judge features on");
        Broken(&["probes.transfer"], text, Some(nearest_or_all(name, &known)))
    })
}

/// The rules of the learning rate's schedule.
fn schedule(recipe: &Recipe) -> Option<Broken> {
    let TrainRecipe { schedule, milestones, epochs, .. } = &recipe.train;
    if (*schedule == LrSchedule::Steps) == milestones.is_empty() {
        let text = match milestones.is_empty() {
            true => "the steps schedule has no milestones",
            false => "milestones are the steps schedule's, and the schedule is another",
        };
        let remedy = "write train.schedule = \"steps\" and train.milestones = [...], or neither".into();
        return Some(Broken(&["train.milestones", "train.schedule"], text.into(), Some(remedy)));
    }
    if let Some(idle) = idle_schedule(&recipe.train) {
        return Some(idle);
    }
    let late = milestones.iter().find(|milestone| *milestone >= epochs)?;
    let text = format!("the milestone {late} is not before the end of training, {epochs} epochs");
    Some(Broken(&["train.milestones", "train.epochs"], text, None))
}

/// Keys of a warm-up or a cosine that there is none of.
fn idle_schedule(train: &TrainRecipe) -> Option<Broken> {
    let cosine = matches!(train.schedule, LrSchedule::Cosine | LrSchedule::CosineByEpoch);
    if !cosine && train.lr_end != 0.0 {
        let text = "only cosine schedules go to `lr_end`".into();
        let remedy = "leave it out, or write train.schedule = \"cosine\"".into();
        return Some(Broken(&["train.lr_end", "train.schedule"], text, Some(remedy)));
    }
    if !cosine && train.schedule_start != ScheduleStart::default() {
        let text = "only cosine schedules have a `schedule_start`".into();
        let remedy = "leave it out, or write train.schedule = \"cosine\"".into();
        return Some(Broken(&["train.schedule_start", "train.schedule"], text, Some(remedy)));
    }
    if train.schedule_start != ScheduleStart::default() && train.warmup_epochs == 0.0 {
        let keys = &["train.schedule_start", "train.warmup_epochs"];
        let remedy = "leave train.schedule_start out, or set train.warmup_epochs".into();
        return Some(Broken(keys, "there is no warm-up for the cosine to start with".into(), Some(remedy)));
    }
    let counts = train.warmup_start != 0.0 || train.warmup_count != WarmupCount::default();
    (counts && train.warmup_epochs == 0.0).then(|| {
        let keys = &["train.warmup_start", "train.warmup_count", "train.warmup_epochs"];
        let remedy = "leave train.warmup_start and train.warmup_count out, or set train.warmup_epochs".into();
        Broken(keys, "there is no warm-up to start and count".into(), Some(remedy))
    })
}

/// The rules of batch normalisation's groups.
fn norm_groups(recipe: &Recipe) -> Option<Broken> {
    let (groups, batch) = (recipe.train.norm_groups, recipe.train.batch);
    if batch % groups != 0 {
        let text = format!("a batch of {batch} cannot be split into {groups} groups for normalisation");
        return Some(Broken(&["train.norm_groups", "train.batch"], text, Some("use a divisor of train.batch".into())));
    }
    (groups > 1 && batch / groups < 2).then(|| {
        let text = format!("{groups} groups of a batch of {batch} have one image each: nothing to normalise by");
        Broken(&["train.norm_groups", "train.batch"], text, Some("leave two images or more to a group".into()))
    })
}

/// The rules of a method's own keys.
fn method(recipe: &Recipe) -> Option<Broken> {
    recipe.method.declaration().broken(&cost::given(recipe, 0))
}

/// Why a finished trial of `recipe` does not have the number `metric`, and what to do.
pub fn unmeasured(metric: &str, recipe: &Recipe) -> Option<(String, String)> {
    let (trained, is_untrained) = metric.strip_prefix("untrained.").map_or((metric, false), |trained| (trained, true));
    let probe = trained.split_once('.').map_or("", |(probe, _)| probe);
    let probes = &recipe.probes;
    let (is_measured, setting) = match probe {
        "test" => (probes.test, "probes.test=true"),
        "segmentation" | "detection" => (probes.dense, "probes.dense=true"),
        "transfer" => (!probes.transfer.is_empty(), "probes.transfer=\"synthetic\""),
        "semi1" | "semi10" => (probes.semi_supervised, "probes.semi_supervised=true"),
        "finetune" if trained != "finetune.top1" => {
            (probes.finetune_epochs > 0 && probes.finetune_sweep, "probes.finetune_sweep=true")
        }
        "finetune" => (probes.finetune_epochs > 0, "probes.finetune_epochs=30"),
        _ if MEASURES.contains(&trained) => (probes.measures, "probes.measures=true"),
        "factor" => (probes.factors, "probes.factors=true"),
        "stage1" | "stage2" | "stage3" => (probes.stage_features > 0, "probes.stage_features=1024"),
        "stage4" if recipe.encoder.name.stages() < 4 => {
            let text = format!("{} has {} stages", recipe.encoder.name.name(), recipe.encoder.name.stages());
            return Some((text, "use `stage3.top1`, or another encoder".into()));
        }
        "stage4" => (probes.stage_features > 0, "probes.stage_features=1024"),
        "classifier" => {
            let text = format!("{} has no classifier of its own", recipe.method.name());
            let remedy = "use `linear.top1`, or a method that learns labels".to_owned();
            return (!recipe.method.declaration().classifies()).then_some((text, remedy));
        }
        "knn" | "linear" => return None,
        _ if is_untrained => {
            let remedy = "use `untrained.knn.top1` or `untrained.linear.top1`";
            return Some((format!("nobody measures `{trained}` on the untrained encoder"), remedy.into()));
        }
        _ if CURVES.contains(&trained) || CURVES.contains(&probe) => {
            let text = format!("`{trained}` is a curve of the training: a finished trial has no such number");
            return Some((text, "use a number of the finished trial, such as `linear.top1`".into()));
        }
        _ => return None,
    };
    let (key, value) = setting.split_once('=')?;
    let text = format!("nobody measures `{metric}` under this recipe");
    (!is_measured).then(|| (text, format!("write {key} = {value} in [recipe], or --set {setting}")))
}

/// What `probes.measures` asks for.
const MEASURES: &[&str] = &["lidar", "alpha_req", "neural_collapse", "histogram"];

/// What is recorded while a trial trains and not of its end: metrics, or what they begin with.
const CURVES: &[&str] = &[
    "learning_rate",
    "target_decay",
    "target_cosine",
    "target_entropy",
    "gradient_norm",
    "process",
    "card",
    "pretext",
    "pseudo",
];

/// What to say, and to do, where what `settings` choose does not know the key `dotted`.
pub fn inapplicable(dotted: &str, settings: &Settings) -> Option<(String, String)> {
    let (section, own) = choice(dotted)?;
    let name = chosen(section, settings);
    let having: Vec<&str> =
        section.chosen.iter().filter(|entry| entry.key(own).is_some()).map(|entry| entry.name).collect();
    let known: Vec<&str> = find(section.chosen, name)?.keys.iter().map(|spec| spec.key).collect();
    let verb = if having.len() == 1 { "has" } else { "have" };
    let known = if known.is_empty() { "no keys".to_owned() } else { choices(&known) };
    let having = having.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Some((format!("`{own}` is not a key of {name}"), format!("{having} {verb} it; {name} has {known}")))
}
