//! Heats on the CPU: what must be equal bit for bit, what must be told, and what a software GPU must agree with.

use std::{path::Path, time::Duration};

use anyhow::{Result, bail};
use byolab::engine::burn::tensor::{Device, Tensor, TensorData};
use byolab::{
    augment::{self, View},
    data::{self, Dataset, Factor, FactorKind, Images, Purpose},
    engine::{
        self,
        augmenter::Augmenter,
        device, evaluation,
        heat::{self, HeatOptions},
        kernel::{Maps, Order},
        learner::Learner,
        loader::ImageOrder,
        method::Batch,
        pixels,
        probe::{factors, knn, linear::Labelled, solver},
        values,
    },
    plan::{
        Cell, Recipe, Trial,
        catalog::{self, encoders::Architecture},
        cost::Shape,
        recipe::*,
        shape::Layer,
        streams::{Draws, Stream},
    },
    protocol::{AlarmKind, Control, Event, Features, Metrics, OF_TRAINING, Observe, Resume, What},
};

use safetensors::SafeTensors;

use crate::support::{assert_close, vulkan};

/// A tiny recipe on synthetic images.
pub fn recipe(encoder: &str, width: usize) -> Recipe {
    let encoder = toml::Value::from(encoder).try_into().unwrap();
    let ops = vec![
        Op::crop([0.2, 1.0], [0.75, 4.0 / 3.0]),
        Op::Flip { p: 0.5 },
        Op::jitter(0.8, [0.4, 0.4, 0.2, 0.1]),
        Op::Grayscale { p: 0.2 },
    ];
    Recipe {
        data: DataRecipe { name: "synthetic".into(), limit: 64, held_out: 40, ..DataRecipe::default() },
        augment: Augmentation { name: "full".into(), first: ops.clone(), second: ops, ..Default::default() },
        encoder: EncoderRecipe { name: encoder, width },
        method: MethodRecipe::Simclr(simclr(0.2)),
        optimizer: OptimizerRecipe::Sgd(SgdRecipe { lr: 0.2, weight_decay: 5e-4, ..SgdRecipe::default() }),
        train: TrainRecipe {
            batch: 16,
            optimizer_batch: 16,
            epochs: 3,
            warmup_epochs: 0.0,
            log_every: 3,
            checkpoint_every: 1,
            ..TrainRecipe::default()
        },
        probes: ProbesRecipe {
            knn_k: 20,
            linear_epochs: 5,
            linear_batch: 32,
            linear_lr: 0.5,
            ..ProbesRecipe::default()
        },
    }
}

fn byol() -> ByolRecipe {
    ByolRecipe {
        target_decay: 0.9,
        projector_hidden: 32,
        projector_out: 16,
        predictor_hidden: 32,
        ..ByolRecipe::default()
    }
}

fn simclr(temperature: f64) -> SimclrRecipe {
    SimclrRecipe { temperature, projector_hidden: 32, projector_out: 16, ..SimclrRecipe::default() }
}

/// A method of the catalog with every key as it is by default.
fn by_default(method: &catalog::CatalogEntry) -> MethodRecipe {
    let name = [("name".to_string(), method.name.into())].into_iter();
    let recipe = name.chain(method.default_table()).collect::<toml::Table>().try_into().unwrap();
    match recipe {
        // The default is of batches larger than here.
        MethodRecipe::WMse(recipe) => MethodRecipe::WMse(WMseRecipe { whitening_size: 4, projector_out: 2, ..recipe }),
        recipe => recipe,
    }
}

fn trial(recipe: Recipe) -> Trial {
    Trial { id: recipe.id(), cell: Cell::new(), seed: recipe.train.seed, recipe }
}

fn with_method(recipe: &Recipe, method: MethodRecipe) -> Trial {
    trial(Recipe { method, ..recipe.clone() })
}

fn load(recipe: &Recipe) -> Dataset {
    data::load_for(recipe, Path::new("")).unwrap()
}

/// Remembers what a heat tells; ends it with an error after `patience` events, as a kill would.
#[derive(Default)]
pub struct Ears {
    pub events: Vec<(usize, Event)>,
    checkpoints: Vec<Option<Resume>>,
    features: Vec<Features>,
    encoders: Vec<(usize, Vec<u8>)>,
    patience: Option<usize>,
    stop_at: Option<u64>,
}

impl Observe for Ears {
    fn event(&mut self, trial: usize, event: Event) -> Result<Control> {
        if self.patience == Some(self.events.len()) {
            bail!("killed");
        }
        let control = if self.stop_at == Some(event.step) { Control::Stop } else { Control::Continue };
        self.events.push((trial, event));
        Ok(control)
    }

    fn checkpoint(&mut self, trial: usize, step: u64, bytes: Vec<u8>) -> Result<()> {
        self.checkpoints.resize(self.checkpoints.len().max(trial + 1), None);
        self.checkpoints[trial] = Some(Resume { step, bytes });
        Ok(())
    }

    fn encoder(&mut self, trial: usize, bytes: Vec<u8>) -> Result<()> {
        self.encoders.push((trial, bytes));
        Ok(())
    }

    fn features(&mut self, _: usize, features: Features) -> Result<()> {
        let images = features.labels.len();
        assert_eq!((features.values.len(), features.places.len()), (images * features.dims, images));
        self.features.push(features);
        Ok(())
    }
}

impl Ears {
    /// What one trial told of its training from `step` on, without the rate, which is never twice the same.
    fn numbers(&self, trial: usize, step: u64) -> Vec<(u64, String, Metrics)> {
        let told = self.events.iter().filter(|(index, event)| *index == trial && event.step > step);
        told.filter_map(|(_, event)| {
            let (kind, metrics) = match &event.what {
                What::Trained { metrics } => ("trained", metrics),
                What::Evaluated { metrics } => ("evaluated", metrics),
                What::Finished { metrics, .. } => ("finished", metrics),
                _ => return None,
            };
            let mut metrics = metrics.clone();
            for timed in ["images_per_second", "data_wait"] {
                metrics.remove(timed);
            }
            Some((event.step, kind.to_string(), metrics))
        })
        .collect()
    }

    /// The alarms of one trial, with their steps.
    fn alarms(&self, trial: usize) -> Vec<(u64, AlarmKind)> {
        let told = self.events.iter().filter(|(index, _)| *index == trial);
        told.filter_map(|(_, event)| match event.what {
            What::Alarm { kind, .. } => Some((event.step, kind)),
            _ => None,
        })
        .collect()
    }

    fn last(&self, trial: usize) -> &What {
        &self.events.iter().rfind(|(index, _)| *index == trial).expect("the trial told something").1.what
    }
}

fn train(trials: &[&Trial], resume: Vec<Option<Resume>>, ears: &mut Ears, device: &Device) -> Result<()> {
    train_keeping(Duration::MAX, trials, resume, ears, device)
}

/// The same with states that are kept so often.
fn train_keeping(
    kept_within: Duration,
    trials: &[&Trial],
    resume: Vec<Option<Resume>>,
    ears: &mut Ears,
    device: &Device,
) -> Result<()> {
    let stamp = HeatOptions {
        device: "test",
        commit: "test",
        checkpointing: None,
        notes: &[],
        abreast: true,
        recorded: true,
        kept_within,
    };
    heat::train(trials, &load(&trials[0].recipe), device, stamp, resume, ears)
}

fn run(trials: &[&Trial]) -> Ears {
    let mut ears = Ears::default();
    train(trials, vec![None; trials.len()], &mut ears, &Device::flex()).unwrap();
    ears
}

#[test]
fn adding_a_method_changes_no_number_of_another() {
    let recipe = recipe("convnet", 4);
    let (simclr, byol) = (trial(recipe.clone()), with_method(&recipe, MethodRecipe::Byol(byol())));
    let (alone, together) = (run(&[&simclr]), run(&[&byol, &simclr]));
    assert_eq!(alone.numbers(0, 0), together.numbers(1, 0));
    assert!(matches!(together.last(0), What::Finished { .. }));
}

#[test]
fn a_killed_heat_run_again_ends_with_the_same_numbers() {
    let recipe = recipe("resnet18", 2);
    let (simclr, byol) = (trial(recipe.clone()), with_method(&recipe, MethodRecipe::Byol(byol())));
    let trials = [&byol, &simclr];
    let whole = run(&trials);
    // Every moment of the first two epochs, between the checkpoints of the two trials too.
    for patience in [8, 13, 14, 15, 18, 21] {
        let mut killed = Ears { patience: Some(patience), ..Ears::default() };
        train(&trials, vec![None, None], &mut killed, &Device::flex()).unwrap_err();
        killed.checkpoints.resize(2, None);
        let mut again = Ears::default();
        train(&trials, killed.checkpoints, &mut again, &Device::flex()).unwrap();
        for index in 0..2 {
            let begin = again.events.iter().find(|(trial, _)| *trial == index).unwrap().1.step;
            assert_eq!(again.numbers(index, begin), whole.numbers(index, begin), "killed after event {patience}");
        }
    }
}

#[test]
fn a_state_is_kept_within_an_epoch_where_the_last_one_is_old_and_changes_no_number() {
    let trial = trial(recipe("convnet", 4));
    let train = |kept_within| {
        let mut ears = Ears::default();
        train_keeping(kept_within, &[&trial], vec![None], &mut ears, &Device::flex()).unwrap();
        ears
    };
    let (rarely, often) = (train(Duration::MAX), train(Duration::ZERO));
    let kept = |ears: &Ears| -> Vec<u64> {
        let kept = ears.events.iter().filter(|(_, event)| matches!(event.what, What::Checkpointed));
        kept.map(|(_, event)| event.step).collect()
    };
    let recorded = often.numbers(0, 0).into_iter().filter(|(_, kind, _)| kind == "trained");
    let (last, recorded) = (trial.recipe.steps(), recorded.map(|(step, ..)| step));
    assert_eq!(kept(&often), recorded.filter(|step| *step < last).collect::<Vec<_>>());
    assert!(kept(&rarely).len() < kept(&often).len(), "{:?}", kept(&often));
    assert_eq!(rarely.numbers(0, 0), often.numbers(0, 0));
}

#[test]
fn a_stop_in_mid_epoch_goes_on_as_if_nothing_had_happened() {
    let adamw = OptimizerRecipe::Adamw(AdamwRecipe::default());
    let moco = MocoRecipe { queue: 64, projector_hidden: 32, projector_out: 16, ..MocoRecipe::default() };
    let averaged = ByolRecipe { target_norm: TargetNorm::Averaged, ..byol() };
    let plain = recipe("convnet", 4);
    // A queue, two moments a weight, and averaged statistics are state too.
    for recipe in [
        plain.clone(),
        Recipe { method: MethodRecipe::Moco(moco), optimizer: adamw, ..plain.clone() },
        Recipe { method: MethodRecipe::Byol(averaged), ..plain },
    ] {
        let trial = trial(recipe);
        let whole = run(&[&trial]);
        let mut stopped = Ears { stop_at: Some(6), ..Ears::default() };
        train(&[&trial], vec![None], &mut stopped, &Device::flex()).unwrap();
        assert_eq!(stopped.last(0), &What::Stopped);
        let mut again = Ears::default();
        train(&[&trial], stopped.checkpoints, &mut again, &Device::flex()).unwrap();
        assert_eq!(again.numbers(0, 6), whole.numbers(0, 6));
    }
}

#[test]
fn what_learns_nothing_stays_as_it_was() {
    let random =
        trial(Recipe { method: MethodRecipe::RandomInit(RandomInitRecipe::default()), ..recipe("convnet", 4) });
    let ears = run(&[&random]);
    let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
    assert_eq!((metrics["loss"], metrics["knn.top1"]), (0.0, metrics["untrained.knn.top1"]));
    assert_eq!(metrics["linear.top1"], metrics["untrained.linear.top1"]);
}

#[test]
fn fine_tuning_learns_the_labels_from_a_layer_of_the_head() {
    let mut recipe = recipe("convnet", 8);
    recipe.data.limit = 400;
    recipe.train.epochs = 1;
    recipe.method = MethodRecipe::SimclrV2(SimclrV2Recipe {
        projector_hidden: 32,
        projector_out: 16,
        head_layer: 1,
        ..SimclrV2Recipe::default()
    });
    (recipe.probes.finetune_epochs, recipe.probes.finetune_lr) = (20, 0.5);
    let ears = run(&[&trial(recipe)]);
    let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
    assert!(metrics["finetune.top1"] > metrics["knn.top1"] + 0.1, "{metrics:?}");
}

#[test]
fn a_stored_encoder_is_judged_as_it_was_at_the_end_of_training() {
    let plain = recipe("convnet", 4);
    let head = SimclrV2Recipe { projector_hidden: 32, projector_out: 16, head_layer: 1, ..SimclrV2Recipe::default() };
    let mut asking = plain.clone();
    (asking.probes.factors, asking.probes.test, asking.probes.finetune_epochs) = (true, true, 2);
    for recipe in [plain.clone(), asking, Recipe { method: MethodRecipe::SimclrV2(head), ..plain }] {
        let trial = trial(recipe);
        let ears = run(&[&trial]);
        let What::Finished { metrics, probes } = ears.last(0) else { panic!("the trial finished") };
        assert_eq!(probes.as_ref(), Some(&trial.recipe.probes));
        let data = load(&trial.recipe);
        let again = evaluation::again(&trial.recipe, &ears.encoders[0].1, &data, &Device::flex()).unwrap();
        let mut expected = metrics.clone();
        expected.retain(|name, _| !OF_TRAINING.contains(&name.as_str()));
        assert_eq!(again, expected, "{}", trial.recipe.method.name());
    }
}

#[test]
fn an_encoder_says_what_it_is_and_features_of_any_part_where_their_images_stand() {
    let mut recipe = recipe("convnet", 4);
    (recipe.probes.test, recipe.data.limit, recipe.data.held_out) = (true, 48, 24);
    let trial = trial(recipe);
    let (ears, data) = (run(&[&trial]), load(&trial.recipe));
    let encoder = &ears.encoders[0].1;
    let (_, header) = SafeTensors::read_metadata(encoder).unwrap();
    let about = header.metadata().clone().unwrap();
    for (key, expected) in [
        ("architecture", "convnet"),
        ("stem", "3x3 convolution, stride 1, no max-pool"),
        ("width", "4"),
        ("features", "32"),
        ("mean", "[0.418,0.43,0.412]"),
        ("std", "[0.249,0.26,0.245]"),
        ("data", "synthetic"),
        ("side", "32"),
        ("method", "simclr"),
        ("trial", &trial.id),
        ("step", "9"),
        ("byolab", "test"),
    ] {
        assert_eq!(about[key], expected, "{key}");
    }
    let newest = ears.features.last().unwrap();
    assert_eq!(newest.indices, data.origins.held_out[..24]);
    for (part, images) in
        [(Purpose::Train, 48), (Purpose::HeldOut, 24), (Purpose::Test, data.test.as_ref().unwrap().len())]
    {
        let features = evaluation::features_of(&trial.recipe, encoder, &data, part, &Device::flex()).unwrap();
        assert_eq!((features.labels.len(), features.dims, features.step), (images, 32, 9), "{part:?}");
        assert_eq!(features.values.len(), images * 32);
        if part == Purpose::HeldOut {
            assert_eq!((&features.values, &features.indices), (&newest.values, &newest.indices));
        }
    }
}

#[test]
fn other_probes_judge_the_same_encoder_otherwise_and_what_is_no_encoder_is_a_sentence() {
    let trial = trial(recipe("convnet", 4));
    let ears = run(&[&trial]);
    let (data, encoder) = (load(&trial.recipe), &ears.encoders[0].1);
    let mut other = trial.recipe.clone();
    (other.probes.knn_k, other.probes.factors) = (1, true);
    let judged = evaluation::again(&other, encoder, &data, &Device::flex()).unwrap();
    let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
    assert_eq!(judged["feature_std"], metrics["feature_std"]);
    assert!(judged.contains_key("factor.class") && judged.contains_key("untrained.factor.class"));
    let wider = Recipe { encoder: EncoderRecipe { width: 8, ..other.encoder.clone() }, ..other.clone() };
    let refusal = |recipe: &Recipe, bytes: &[u8]| {
        format!("{:#}", evaluation::again(recipe, bytes, &data, &Device::flex()).unwrap_err())
    };
    assert_eq!(refusal(&wider, encoder), "its `conv1.weight` has 108 values, not 216");
    assert!(refusal(&other, b"nothing").starts_with("the encoder is damaged"));
    let deeper = Recipe { encoder: EncoderRecipe { name: Architecture::ResNet18, width: 4 }, ..other };
    assert!(refusal(&deeper, encoder).starts_with("it has no tensor `layer1.0.conv1.weight`"));
}

#[test]
fn a_loss_that_is_not_finite_fails_its_trial_and_no_other() {
    let recipe = recipe("convnet", 4);
    let broken = simclr(f64::NAN);
    let (good, broken) = (trial(recipe.clone()), with_method(&recipe, MethodRecipe::Simclr(broken)));
    let ears = run(&[&broken, &good]);
    assert!(matches!(ears.last(0), What::Failed { reason } if reason.contains("not finite")));
    assert!(matches!(ears.last(1), What::Finished { .. }));
}

#[test]
fn collapse_is_told_once() {
    for collapsing in [
        ByolRecipe { target: false, predictor: false, ..byol() },
        ByolRecipe { target_decay: 0.0, predictor: false, ..byol() },
    ] {
        let recipe = Recipe { method: MethodRecipe::Byol(collapsing), ..steep(2.0, 12) };
        let alarms = run(&[&trial(recipe)]).alarms(0);
        assert_eq!(alarms.iter().filter(|(_, kind)| *kind == AlarmKind::ProjectionSpread).count(), 1, "{alarms:?}");
        assert!(alarms.iter().all(|(_, kind)| *kind <= AlarmKind::ProjectionRank), "features are whole: {alarms:?}");
    }
}

#[test]
fn features_that_are_one_point_are_told_by_spread_and_by_rank_once() {
    let kinds: Vec<AlarmKind> = run(&[&blown_up()]).alarms(0).into_iter().map(|(_, kind)| kind).collect();
    for kind in [AlarmKind::FeatureSpread, AlarmKind::FeatureRank] {
        assert_eq!(kinds.iter().filter(|told| **told == kind).count(), 1, "{kind:?} of {kinds:?}");
    }
}

#[test]
fn a_resumed_run_raises_the_alarms_of_an_undisturbed_one() {
    let trial = blown_up();
    let whole = run(&[&trial]).alarms(0);
    for step in [2, 5, 9] {
        let mut stopped = Ears { stop_at: Some(step), ..Ears::default() };
        train(&[&trial], vec![None], &mut stopped, &Device::flex()).unwrap();
        let mut again = Ears::default();
        train(&[&trial], std::mem::take(&mut stopped.checkpoints), &mut again, &Device::flex()).unwrap();
        assert_eq!([stopped.alarms(0), again.alarms(0)].concat(), whole, "stopped at {step}");
    }
}

#[test]
fn an_untrained_encoder_however_narrow_its_features_raises_no_alarm() {
    let mut recipe = recipe("resnet50", 4);
    (recipe.train.epochs, recipe.method) = (1, MethodRecipe::RandomInit(RandomInitRecipe::default()));
    assert_eq!(run(&[&trial(recipe)]).alarms(0), []);
}

fn blown_up() -> Trial {
    trial(steep(1e4, 3))
}

/// A recipe with this learning rate, for so many epochs.
fn steep(lr: f64, epochs: usize) -> Recipe {
    let mut recipe = recipe("convnet", 4);
    recipe.train.epochs = epochs;
    recipe.optimizer = OptimizerRecipe::Sgd(SgdRecipe { lr, weight_decay: 5e-4, ..SgdRecipe::default() });
    recipe
}

#[test]
fn a_finished_trial_tells_every_metric() {
    let ears = run(&[&trial(recipe("convnet", 4))]);
    let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
    for name in [
        "knn.top1",
        "linear.top1",
        "untrained.knn.top1",
        "untrained.linear.top1",
        "loss",
        "feature_std",
        "effective_rank",
        "alignment",
        "uniformity",
        "images_per_second",
        "data_wait",
    ] {
        assert!(metrics[name].is_finite(), "{name}");
    }
    assert!((0.0..=1.0).contains(&metrics["data_wait"]), "{}", metrics["data_wait"]);
}

#[test]
fn every_evaluation_tells_features_and_their_spectrum() {
    let ears = run(&[&trial(recipe("convnet", 4))]);
    let mut evaluated = Vec::new();
    for (_, event) in &ears.events {
        match &event.what {
            What::Evaluated { .. } => evaluated.push(event.step),
            What::Spectrum { values } => {
                assert!(values.is_sorted_by(|a, b| a >= b) && values.iter().all(|share| *share >= 0.0), "{values:?}");
                assert!((values.iter().sum::<f32>() - 1.0).abs() < 1e-3, "32 features have all their spectrum told");
            }
            _ => {}
        }
    }
    assert_eq!(ears.features.iter().map(|features| features.step).collect::<Vec<_>>(), evaluated);
    assert_eq!(evaluated.len(), 4, "untrained and after each epoch");
    assert!(ears.features.iter().all(|features| features.dims == 32 && features.labels.len() == 40));
}

#[test]
fn the_cosine_to_the_target_is_told_where_there_is_a_target() {
    let recipe = recipe("convnet", 4);
    let (byol, simclr) = (MethodRecipe::Byol(byol()), recipe.method.clone());
    let ears = run(&[&with_method(&recipe, byol), &with_method(&recipe, simclr)]);
    for (trial, event) in &ears.events {
        if let What::Trained { metrics } = &event.what {
            let cosine = metrics.get("target_cosine");
            assert_eq!(cosine.is_some(), *trial == 0);
            assert!(cosine.is_none_or(|cosine| (-1.0..=1.0).contains(cosine)), "{cosine:?}");
        }
    }
}

#[test]
fn the_test_split_and_the_factors_are_judged_once_at_the_end_where_asked() {
    let mut asked = recipe("convnet", 2);
    asked.probes.test = true;
    asked.probes.factors = true;
    let ears = run(&[&trial(asked)]);
    let told: Vec<&Event> = ears.events.iter().map(|(_, event)| event).collect();
    let tests =
        |event: &&&Event| matches!(&event.what, What::Evaluated { metrics } if metrics.contains_key("test.knn.top1"));
    assert_eq!(told.iter().filter(tests).count(), 1);
    let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
    for name in ["test.knn.top1", "test.linear.top1", "factor.class", "untrained.factor.class", "factor.shape"] {
        assert!((0.0..=1.0).contains(&metrics[name]), "{name}: {}", metrics[name]);
    }
    for name in ["colour", "position", "scale", "background", "lighting", "noise"] {
        let (value, metric) = (metrics[&format!("factor.{name}")], catalog::metric(&format!("factor.{name}")));
        assert!(value <= 1.0 && metric.is_some(), "{name}: {value}");
    }
    let ears = run(&[&trial(recipe("convnet", 1))]);
    let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
    assert!(metrics.keys().all(|name| !name.contains("test.") && !name.contains("factor.")), "{metrics:?}");
}

/// Where the maps of the last stage are averaged whole, they are the features.
#[test]
fn every_stage_is_judged_trained_and_untrained_where_asked() {
    for solver in [LinearSolver::Sgd, LinearSolver::Lbfgs] {
        let mut asked = recipe("convnet", 4);
        (asked.probes.stage_features, asked.probes.linear_solver) = (32, solver);
        let ears = run(&[&trial(asked)]);
        let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
        for stage in 1..=4 {
            let [trained, untrained] = ["", "untrained."].map(|prefix| metrics[&format!("{prefix}stage{stage}.top1")]);
            assert!((0.0..=1.0).contains(&trained) && (0.0..=1.0).contains(&untrained));
        }
        for prefix in ["", "untrained."] {
            let [stage, linear] = ["stage4", "linear"].map(|probe| metrics[&format!("{prefix}{probe}.top1")]);
            assert_eq!(stage, linear, "{prefix}{solver:?}");
        }
    }
    let ears = run(&[&trial(recipe("convnet", 1))]);
    let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
    assert!(metrics.keys().all(|name| !name.contains("stage")), "{metrics:?}");
}

#[test]
fn the_papers_linear_protocol_learns_from_crops_and_changes_no_other_number() {
    let usual = recipe("convnet", 4);
    let mut papers = usual.clone();
    papers.probes.linear_solver = LinearSolver::Byol;
    let [usual, papers] = [usual, papers].map(|recipe| {
        let ears = run(&[&trial(recipe)]);
        let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
        metrics.clone()
    });
    for (name, value) in &usual {
        assert!(
            name.ends_with("linear.top1") || OF_TRAINING.contains(&name.as_str()) || papers[name] == *value,
            "{name}"
        );
    }
    assert!((0.0..=1.0).contains(&papers["linear.top1"]));
}

/// Whether an image is brighter than most is read out of its mean, which crops hardly change.
#[test]
fn the_papers_linear_protocol_learns_what_crops_show() {
    let mut recipe = recipe("convnet", 1);
    recipe.data.limit = 400;
    recipe.probes = ProbesRecipe { linear_solver: LinearSolver::Byol, linear_epochs: 30, ..recipe.probes };
    let (mut data, device) = (load(&recipe), device::open("cpu").unwrap().device);
    let bright = |images: &Images| -> Vec<f32> {
        let mean = |image: usize| images.image(image).iter().map(|value| f32::from(*value)).sum::<f32>() / 3072.0;
        (0..images.len()).map(mean).collect()
    };
    let mut sorted = bright(&data.train);
    sorted.sort_by(f32::total_cmp);
    let middle = sorted[sorted.len() / 2];
    let label = |images: &Images| bright(images).into_iter().map(|mean| u16::from(mean > middle)).collect::<Vec<_>>();
    (data.train.labels, data.held_out.labels) = (label(&data.train), label(&data.held_out));
    let places: Vec<usize> = (0..data.train.len()).collect();
    let seen = Labelled { data: &data, places: &places, labels: &data.train.labels, device: &device };
    let embed = |x: Tensor<4>| {
        let rows = x.dims()[0];
        x.reshape([rows, 3072]).mean_dim(1)
    };
    let features = |images: &Images| {
        let all: Vec<usize> = (0..images.len()).collect();
        pixels::rows(&all, &device, |some| pixels::plain(&data, images, some), embed)
    };
    let told = solver::learn(&recipe, &seen, features(&data.train), embed).predict(features(&data.held_out));
    let share = knn::accuracy(&told, &data.held_out.labels);
    assert!(share > 0.85, "{share}");
}

#[test]
fn what_features_are_like_is_told_at_each_evaluation_where_asked() {
    let mut asked = recipe("convnet", 4);
    asked.probes.measures = true;
    let ears = run(&[&trial(asked)]);
    let names = ["lidar", "alpha_req", "neural_collapse", "histogram"];
    let evaluated = ears.events.iter().filter_map(|(_, event)| match &event.what {
        What::Evaluated { metrics } => Some(metrics),
        _ => None,
    });
    let mut times = 0;
    for metrics in evaluated {
        let prefix = if times == 0 { "untrained." } else { "" };
        assert!(names.iter().all(|name| metrics[&format!("{prefix}{name}")].is_finite()), "{metrics:?}");
        assert!((1.0..=32.0).contains(&metrics[&format!("{prefix}lidar")]), "{metrics:?}");
        assert!(metrics[&format!("{prefix}histogram")] <= 1.0, "{metrics:?}");
        times += 1;
    }
    assert_eq!(times, 4, "untrained and after each epoch");
    let ears = run(&[&trial(recipe("convnet", 1))]);
    let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
    assert!(names.iter().all(|name| !metrics.contains_key(*name)));
}

#[test]
fn features_are_judged_on_another_set_and_on_scenes_where_asked() {
    let mut asked = recipe("convnet", 4);
    (asked.probes.dense, asked.probes.transfer) = (true, "synthetic".into());
    let data = load(&asked);
    assert_ne!(data.transfer.as_ref().unwrap().train, data.train, "other images of the same kind");
    assert_eq!((data.transfer.as_ref().unwrap().mean, data.transfer.as_ref().unwrap().std), (data.mean, data.std));
    let ears = run(&[&trial(asked)]);
    let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
    for name in ["transfer.knn.top1", "transfer.linear.top1", "segmentation.miou", "detection.ap50"] {
        for name in [name.to_string(), format!("untrained.{name}")] {
            assert!((0.0..=1.0).contains(&metrics[&name]), "{name}: {}", metrics[&name]);
        }
    }
    // A mask of background alone has a mean IoU of a fourteenth.
    assert!(metrics["segmentation.miou"] > 0.09, "{metrics:?}");
}

#[test]
fn pixels_that_are_judged_alone_have_no_stages_and_no_maps_of_scenes() {
    let mut asked = with_method(&recipe("convnet", 1), MethodRecipe::Pixels(PixelsRecipe::default())).recipe;
    (asked.probes.dense, asked.probes.stage_features) = (true, 32);
    let ears = run(&[&trial(asked)]);
    let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
    assert!(metrics.keys().all(|name| !name.contains("stage") && !name.contains("segmentation")), "{metrics:?}");
}

/// The network as it was drawn is fine-tuned too: the supervised one on the same labels.
#[test]
fn fine_tuning_chooses_rate_and_epochs_among_those_of_its_sweep() {
    for (labels, share) in [(0, 0.25), (2, 1.0), (0, 1.0)] {
        let mut asked = recipe("convnet", 2);
        asked.probes = ProbesRecipe {
            finetune_epochs: 4,
            finetune_share: share,
            finetune_labels: labels,
            finetune_sweep: true,
            ..asked.probes
        };
        let rate = asked.probes.finetune_lr;
        let ears = run(&[&trial(asked)]);
        let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
        are_chosen(metrics, &["finetune"], rate);
    }
}

/// Rates and epochs among a sweep's around `rate` and 4, trained and untrained.
fn are_chosen(metrics: &Metrics, names: &[&str], rate: f64) {
    for name in names.iter().flat_map(|name| ["", "untrained."].map(|prefix| format!("{prefix}{name}"))) {
        let [top1, lr, epochs] = ["top1", "lr", "epochs"].map(|what| metrics[&format!("{name}.{what}")]);
        assert!((0.0..=1.0).contains(&top1));
        assert!([rate / 4.0, rate, rate * 4.0].contains(&lr) && [2.0, 4.0].contains(&epochs), "{name}: {lr} {epochs}");
    }
}

#[test]
fn fine_tuning_on_1_and_10_per_cent_stands_in_place_of_its_own_share() {
    let mut asked = recipe("convnet", 2);
    asked.probes = ProbesRecipe { finetune_epochs: 4, semi_supervised: true, ..asked.probes };
    let rate = asked.probes.finetune_lr;
    let ears = run(&[&trial(asked)]);
    let What::Finished { metrics, .. } = ears.last(0) else { panic!("the trial finished") };
    are_chosen(metrics, &["semi1", "semi10"], rate);
    assert!(!metrics.contains_key("finetune.top1"));
}

#[test]
fn maps_are_averaged_over_the_squares_of_a_grid_however_they_are_held() {
    let device = device::open("cpu").unwrap().device;
    let numbers: Vec<f32> = (0..2 * 3 * 4 * 4).map(|number| number as f32).collect();
    let planes = Tensor::<4>::from_data(TensorData::new(numbers.clone(), [2, 3, 4, 4]), &device);
    let square = |plane: usize, row: usize, column: usize| {
        let place = |y: usize, x: usize| numbers[plane * 16 + (2 * row + y) * 4 + 2 * column + x];
        (place(0, 0) + place(0, 1) + place(1, 0) + place(1, 1)) / 4.0
    };
    let places = (0..6).flat_map(|plane| (0..4).map(move |place| (plane, place / 2, place % 2)));
    let expected: Vec<f32> = places.map(|(plane, row, column)| square(plane, row, column)).collect();
    for order in [Order::Planes, Order::Pixels] {
        let maps = Maps::new(order.of_planes(planes.clone()), order);
        let averaged = maps.averaged(2);
        assert_eq!(averaged.dims(), [2, 12]);
        assert_close(&format!("{order:?}"), &values(averaged), &expected, 1e-6);
    }
}

/// A linear map of the factors is read out in full, noise not at all.
#[test]
fn factors_are_read_out_where_features_hold_them() {
    let mut draws = Draws::new(0, Stream::Probe, 0, 0, 0);
    let mut table = |n: usize| (0..n).map(|_| vec![draws.normal(), draws.normal()]).collect::<Vec<_>>();
    let (train, held_out, unrelated) = (table(400), table(200), table(600));
    let features = |rows: &[Vec<f32>]| {
        let values: Vec<f32> = rows.iter().flat_map(|row| [row[0] + row[1], 3.0 * row[0], 1.0]).collect();
        Tensor::<2>::from_data(TensorData::new(values, [rows.len(), 3]), &device::open("cpu").unwrap().device)
    };
    let factor = |name, kind, train: Vec<Vec<f32>>, held_out: Vec<Vec<f32>>| Factor { name, kind, train, held_out };
    let kinds = |rows: &[Vec<f32>]| {
        rows.iter().map(|row| [f32::from(row[1] > 0.0), f32::from(row[1] <= 0.0)].to_vec()).collect()
    };
    let factors = [
        factor("kept", FactorKind::Number, train.clone(), held_out.clone()),
        factor("lost", FactorKind::Number, unrelated[..400].to_vec(), unrelated[400..].to_vec()),
        factor("kind", FactorKind::Class, kinds(&train), kinds(&held_out)),
    ];
    // Every second training image has a label: the others are not learnt from.
    let places: Vec<usize> = (0..400).step_by(2).collect();
    let seen: Vec<Vec<f32>> = places.iter().map(|&place| train[place].clone()).collect();
    let read = factors::read_out(&features(&seen), &places, &features(&held_out), &factors);
    assert!(read["factor.kept"] > 0.99 && read["factor.lost"] < 0.1 && read["factor.kind"] > 0.9, "{read:?}");
}

/// The two views of the first images of `recipe`'s data.
fn some_views(recipe: &Recipe, count: usize, device: &Device) -> [Tensor<4>; 2] {
    let data = load(recipe);
    let indices: Vec<usize> = (0..count).collect();
    [View::First, View::Second].map(|view| {
        let pixels = augment::batch(&data.train, &indices, &recipe.augment, view, 0, 0, data.mean, data.std);
        Tensor::from_data(TensorData::new(pixels, [count, 3, 32, 32]), device)
    })
}

#[test]
fn gradients_are_averaged_over_micro_batches_and_the_target_moves_once() {
    let device = Device::flex();
    let mut recipe = recipe("convnet", 4);
    recipe.method = MethodRecipe::Byol(byol());
    recipe.optimizer = OptimizerRecipe::Sgd(SgdRecipe { momentum: 0.0, weight_decay: 0.0, ..SgdRecipe::default() });
    let views = some_views(&recipe, 8, &device);
    let (mut once, mut twice) = (Learner::new(&recipe, 10, &device), Learner::new(&recipe, 10, &device));
    let before = once.state().teacher.as_ref().unwrap().network.weights.clone();
    once.accumulate(Batch::of(views.clone()));
    once.step(0.1, Some(0.75), false);
    twice.accumulate(Batch::of(views.clone()));
    twice.accumulate(Batch::of(views));
    twice.step(0.1, Some(0.75), false);
    for (a, b) in once.state().student.weights.0.iter().zip(&twice.state().student.weights.0) {
        assert_close("student", &values(a.clone()), &values(b.clone()), 1e-6);
    }
    let after = &twice.state().teacher.as_ref().unwrap().network.weights;
    for ((old, new), student) in before.0.iter().zip(&after.0).zip(&twice.state().student.weights.0) {
        let expected = old.clone() * 0.75 + student.clone() * 0.25;
        assert_close("target", &values(new.clone()), &values(expected), 1e-6);
    }
}

#[test]
fn no_gradient_reaches_the_target_and_the_fixed_decays_stay() {
    let device = Device::flex();
    let mut recipe = recipe("convnet", 4);
    for (target_decay, step) in [(0.0, 3), (1.0, 3)] {
        recipe.method = MethodRecipe::Byol(ByolRecipe { target_decay, ..byol() });
        assert_eq!(recipe.method.target().unwrap().decay_at(step, 10), target_decay);
    }
    recipe.method = MethodRecipe::Byol(ByolRecipe { target_decay: 1.0, ..byol() });
    let mut learner = Learner::new(&recipe, 10, &device);
    let before = learner.state().teacher.as_ref().unwrap().network.weights.clone();
    learner.accumulate(Batch::of(some_views(&recipe, 8, &device)));
    learner.step(0.5, Some(1.0), false);
    for (old, new) in before.0.iter().zip(&learner.state().teacher.as_ref().unwrap().network.weights.0) {
        assert_eq!(values(old.clone()), values(new.clone()));
    }
}

#[test]
fn byol_at_beta_one_without_predictor_and_target_is_simclr_scaled() {
    let device = Device::flex();
    let mut recipe = recipe("convnet", 4);
    let alpha = 0.2;
    let views = some_views(&recipe, 8, &device);
    recipe.method = MethodRecipe::Byol(ByolRecipe {
        predictor: false,
        target: false,
        negative_weight: 1.0,
        temperature: alpha,
        ..byol()
    });
    let towards = values(Learner::new(&recipe, 10, &device).accumulate(Batch::of(views.clone())).loss)[0];
    recipe.method = MethodRecipe::Simclr(simclr(alpha));
    let simclr = values(Learner::new(&recipe, 10, &device).accumulate(Batch::of(views)).loss)[0];
    // Both directions: 2 (2 + 2 alpha NT-Xent), appendix F.4.
    assert_close("loss", &[towards], &[4.0 + 4.0 * alpha as f32 * simclr], 1e-5);
}

/// Three steps of a heat on `device`, one trial with SGD, one with LARS: what they report.
fn three_steps(device: &Device) -> Vec<f32> {
    let mut recipe = recipe("convnet", 2);
    (recipe.data.limit, recipe.data.held_out) = (24, 20);
    (recipe.train.batch, recipe.train.optimizer_batch) = (8, 8);
    (recipe.train.epochs, recipe.train.log_every) = (1, 1);
    let lars = Recipe { optimizer: OptimizerRecipe::Lars(LarsRecipe::default()), ..recipe.clone() };
    let (simclr, byol) = (trial(recipe), with_method(&lars, MethodRecipe::Byol(byol())));
    let mut ears = Ears::default();
    train(&[&simclr, &byol], vec![None, None], &mut ears, device).unwrap();
    let numbers = (0..2).flat_map(|trial| ears.numbers(trial, 0));
    numbers
        .flat_map(|(_, kind, metrics)| {
            let wanted: &[&str] = match kind.as_str() {
                "trained" => &["loss", "gradient_norm", "projection_std"],
                "evaluated" => &["feature_std", "alignment", "uniformity"],
                _ => &[],
            };
            wanted.iter().map(|name| metrics[*name] as f32).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn a_software_vulkan_device_agrees_with_the_cpu() {
    let Some(opened) = vulkan() else { return };
    let (vulkan, cpu) = (three_steps(&opened.device), three_steps(&Device::flex()));
    assert_close(&opened.name, &vulkan, &cpu, 2e-4);
}

#[test]
fn a_device_that_is_not_there_is_a_sentence() {
    for (request, expected) in [
        ("cpu:x", "not a device number"),
        ("tpu", "none of auto, cpu, cuda"),
        ("metal", "no Metal"),
        ("cuda:99", ""),
        ("vulkan:99", ""),
    ] {
        let complaint = format!("{:#}", device::open(request).unwrap_err());
        assert!(complaint.contains(expected) && !complaint.contains('\n'), "{request}: {complaint}");
    }
}

/// What the plan says before anything is trained is about the networks that are trained.
#[test]
fn costs_are_those_of_the_engines_networks() {
    for (encoder, width) in [("resnet18", 16), ("resnet50", 4), ("convnet", 8), ("wideresnet28", 16)] {
        for method in catalog::METHODS {
            let recipe = Recipe { method: by_default(method), ..recipe(encoder, width) };
            let layout = engine::method::build(&recipe, 10).layout;
            let sizes = |name: &str| -> usize {
                let of = layout.parameters.iter().filter(|parameter| parameter.name.starts_with(name));
                // Biases and what a normalisation may lack are small and not counted.
                of.filter(|parameter| parameter.role.is_weight()).map(|p| p.shape.iter().product::<usize>()).sum()
            };
            let shape = Shape::of(&recipe);
            let weights = |layers: &[Layer]| layers.iter().map(Layer::weights).sum::<usize>();
            let case = format!("{encoder} {width}, {}", method.name);
            assert_eq!(weights(&shape.encoder), sizes("encoder"), "{case}");
            let heads = weights(&shape.followed) + weights(&shape.own);
            assert_eq!(heads, sizes("") - sizes("encoder"), "{case}");
            let (counted, declared) = (shape.parameters() as f64, layout.parameters.iter());
            let declared: usize = declared.map(|parameter| parameter.shape.iter().product::<usize>()).sum();
            assert!((counted / declared as f64 - 1.0).abs() < 0.02, "{case}: {counted} of {declared}");
        }
    }
}

/// The same step as with all activations kept, whatever the method does with the encoder.
#[test]
fn computing_activations_again_changes_no_bit() {
    for method in catalog::METHODS {
        let mut recipe = Recipe { method: by_default(method), ..recipe("convnet", 16) };
        (recipe.train.batch, recipe.train.optimizer_batch) = (16, 16);
        let data = load(&recipe);
        let trained = |checkpointing: bool| {
            let device = Device::flex();
            let mut learner = Learner::new(&recipe, 10, &device);
            if checkpointing {
                learner.checkpoint_activations();
            }
            for step in 0..2 {
                let taken = ImageOrder::new(&recipe, &data, &recipe.demand(), 10).take(step, 0);
                learner.accumulate(Augmenter::new(&recipe, &data, &device).batch(&taken));
                learner.step(0.1, Some(0.9), false);
            }
            let network = learner.state().student.clone();
            let all = network.weights.0.into_iter().chain(network.running.mean).chain(network.running.variance);
            all.map(values).collect::<Vec<_>>()
        };
        assert!(trained(true) == trained(false), "{}", method.name);
    }
}

/// bfloat16 has 8 bits of significand: a step's loss and gradient move by that, and nothing outside the encoder becomes
/// coarse.
#[test]
fn a_step_in_bf16_is_one_in_f32_to_the_digits_it_has() {
    let device = Device::flex();
    for encoder in ["convnet", "resnet18"] {
        let single = recipe(encoder, 8);
        let mut half = single.clone();
        half.train.precision = Precision::Bf16;
        let stepped = |recipe: &Recipe| {
            let mut learner = Learner::new(recipe, 10, &device);
            let loss = learner.accumulate(Batch::of(some_views(recipe, 16, &device))).loss;
            let norm = learner.step(0.1, None, true).expect("it is watched");
            let dtypes = learner
                .state()
                .student
                .weights
                .0
                .iter()
                .chain(&learner.state().student.running.mean)
                .map(Tensor::dtype);
            assert!(
                dtypes.chain([loss.dtype()]).all(|dtype| dtype == byolab::engine::burn::tensor::DType::F32),
                "{encoder}"
            );
            [values(loss)[0], values(norm)[0]]
        };
        let (single, half) = (stepped(&single), stepped(&half));
        assert!(single != half, "{encoder}: {half:?} was not computed in bf16");
        for (single, half) in single.iter().zip(half) {
            assert!((half / single - 1.0).abs() < 0.03, "{encoder}: {half} instead of {single}");
        }
    }
}

/// Training in bf16 learns, and is judged, as training in f32 does.
#[test]
fn a_heat_in_bf16_trains_to_its_end() {
    let mut recipe = recipe("convnet", 8);
    recipe.train.precision = Precision::Bf16;
    let mut ears = Ears::default();
    train(&[&trial(recipe)], vec![None], &mut ears, &Device::flex()).unwrap();
    let losses: Vec<f64> =
        ears.numbers(0, 0).iter().filter_map(|(_, _, metrics)| metrics.get("loss").copied()).collect();
    assert!(losses.last().unwrap() < &losses[0], "{losses:?}");
}
