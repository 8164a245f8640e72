//! The engine against PyTorch: see tests/reference/README.md for what each file holds and how close it must be.

use byolab::engine::burn::tensor::{Tensor, TensorData};
use byolab::{
    engine::{
        kernel::{self, many::Destination},
        learner::Learner,
        loss,
        nn::{Layout, Role, Weights},
        optimizer::{Optimizer, StepSize},
        probe::{
            factors, knn, linear, logistic, measures,
            overlap::{Confusion, Detection, average_precision, suppressed},
            spread,
        },
        values,
    },
    plan::{
        Recipe,
        recipe::*,
        schedule,
        streams::{Draws, Stream},
    },
};

use crate::{
    engine::recipe,
    support::{Reference, assert_close},
    trace::{check_end, device, fill, flat, four_steps, sgd, tensor},
};

/// A leaf of the autodiff graph.
pub fn leaf(file: &Reference, name: &str) -> Tensor<2> {
    tensor::<2>(file, name).autodiff().require_grad()
}

#[track_caller]
pub fn check_loss(case: &str, loss: Tensor<1>, file: &Reference, gradients: &[(&str, &Tensor<2>)]) {
    let found = loss.backward();
    assert_close(case, &values(loss.inner()), file.values(&format!("{case}/loss")), 1e-5);
    for (name, tensor) in gradients {
        let gradient = values(tensor.grad(&found).expect("the loss depends on it"));
        assert_close(&format!("{case}/{name}"), &gradient, file.values(&format!("{case}/{name}")), 1e-5);
    }
}

#[test]
fn byols_loss_is_the_official_one() {
    let file = Reference::read("losses");
    let (p0, p1) = (leaf(&file, "byol/p0"), leaf(&file, "byol/p1"));
    let (z0, z1) = (tensor(&file, "byol/z0").autodiff(), tensor(&file, "byol/z1").autodiff());
    let one = loss::squared_distance(p0.clone(), z1, Normalization::L2);
    let loss = one + loss::squared_distance(p1.clone(), z0, Normalization::L2);
    check_loss("byol", loss, &file, &[("grad_p0", &p0), ("grad_p1", &p1)]);
}

/// Losses as the packages compute them, gradients included; lightly's BYOL lacks the constant.
#[test]
fn losses_are_those_of_the_packages() {
    let file = Reference::read("peer_losses");
    let sum = VicregRecipe { variance_views: VarianceViews::Sum, ..VicregRecipe::default() };
    let vicreg = |recipe: VicregRecipe| move |a, b| loss::vicreg(a, b, &recipe);
    let barlow = |scale| move |a, b| loss::scaled(loss::redundancy(a, b, 5e-3), scale);
    let nt_xent = |a, b| loss::nt_xent(a, b, 0.2);
    let moco = |a: Tensor<2>, b| loss::info_nce(a, b, tensor(&file, "queue").autodiff(), 0.2);
    let one = |p: &Tensor<2>, z: &Tensor<2>| loss::squared_distance(p.clone(), z.clone().detach(), Normalization::L2);
    let byol = |scale| move |a: Tensor<2>, b: Tensor<2>| loss::scaled(one(&a, &b) + one(&b, &a), scale);
    type Loss<'a> = Box<dyn Fn(Tensor<2>, Tensor<2>) -> Tensor<1> + 'a>;
    let cases: Vec<(&str, Loss<'_>)> = vec![
        ("vicreg/lightly", Box::new(vicreg(VicregRecipe::default()))),
        ("vicreg/stable", Box::new(vicreg(VicregRecipe::default()))),
        ("vicreg/solo", Box::new(vicreg(sum))),
        ("barlow/lightly", Box::new(barlow(1.0))),
        ("barlow/solo", Box::new(barlow(0.1))),
        ("simclr/lightly", Box::new(nt_xent)),
        ("simclr/solo", Box::new(nt_xent)),
        ("simclr/stable", Box::new(nt_xent)),
        ("moco/solo", Box::new(moco)),
        ("byol/lightly", Box::new(move |a, b| byol(0.25)(a, b) - 1.0)),
        ("byol/solo", Box::new(byol(1.0))),
    ];
    for (case, loss) in cases {
        let (a, b) = (leaf(&file, "a"), leaf(&file, "b"));
        check_loss(case, loss(a.clone(), b.clone()), &file, &[("grad_a", &a), ("grad_b", &b)]);
    }
}

#[test]
fn nt_xent_agrees_at_both_temperatures() {
    let file = Reference::read("losses");
    for temperature in [0.1, 0.5] {
        let case = format!("nt_xent_{temperature}");
        let (a, b) = (leaf(&file, &format!("{case}/a")), leaf(&file, &format!("{case}/b")));
        let loss = loss::nt_xent(a.clone(), b.clone(), temperature);
        check_loss(&case, loss, &file, &[("grad_a", &a), ("grad_b", &b)]);
    }
}

/// Five steps from the reference's start, with its gradients; the rate of step s is `lr` / (s + 1).
fn check_optimizer(file: &str, case: &str, recipe: &OptimizerRecipe, lr: f64) {
    let file = Reference::read(file);
    let mut layout = Layout::default();
    for (name, role) in [
        ("conv.weight", Role::Convolution { fan: 1 }),
        ("linear.weight", Role::Linear { fan: 1 }),
        ("linear.bias", Role::Bias { fan: 1 }),
        ("bn.weight", Role::Scale),
    ] {
        layout.parameter(name.to_string(), file.shape(&format!("{case}start/{name}")).to_vec(), role);
    }
    let all = |prefix: &str| -> Vec<Tensor<1>> {
        layout.parameters.iter().map(|parameter| flat(&file, &format!("{case}{prefix}/{}", parameter.name))).collect()
    };
    let mut weights = Weights(all("start"));
    let mut optimizer = Optimizer::new(recipe, &layout, &weights.0, |_| 1.0);
    for step in 0..5 {
        let stride = StepSize { lr: lr / (step + 1) as f64, share: 1.0, place: Destination::Free };
        optimizer.step(&mut weights, all(&format!("step{step}/grad")), stride, None);
        for (parameter, found) in layout.parameters.iter().zip(&weights.0) {
            let name = format!("{case}step{step}/param/{}", parameter.name);
            let expected = file.values(&name);
            let scale = expected.iter().fold(1.0f32, |largest, value| largest.max(value.abs()));
            assert_close(&name, &values(found.clone()), expected, 1e-5 * scale);
        }
    }
}

#[test]
fn five_steps_of_every_optimizer_agree() {
    let lars = LarsRecipe { weight_decay: 1e-2, ..LarsRecipe::default() };
    let simclr = LarsRecipe { lr_in_momentum: true, ..lars.clone() };
    let solo = LarsRecipe { trust: 0.02, clip: true, separate_norms: true, ..lars.clone() };
    let nesterov = SgdRecipe { nesterov: true, weight_decay: 1e-2, ..SgdRecipe::default() };
    let excluded = AdamwRecipe { weight_decay: 1e-2, ..AdamwRecipe::default() };
    let adamw = AdamwRecipe { decay_norms: true, ..excluded.clone() };
    for (file, case, recipe, lr) in [
        ("lars", "", OptimizerRecipe::Lars(lars), 0.8),
        ("optimizers", "lars_simclr/", OptimizerRecipe::Lars(simclr), 0.8),
        ("optimizers", "lars_solo/", OptimizerRecipe::Lars(solo), 0.02),
        ("optimizers", "nesterov/", OptimizerRecipe::Sgd(nesterov), 0.8),
        ("optimizers", "adamw/", OptimizerRecipe::Adamw(adamw), 0.01),
        ("optimizers", "adamw_excluded/", OptimizerRecipe::Adamw(excluded), 0.01),
    ] {
        check_optimizer(file, case, &recipe, lr);
    }
}

/// Five steps at the peers' rates, the first 0 as at a warm-up's beginning, of layers that are 0, that have no gradient and
/// that have hardly any: see `make_peers.py`.
#[test]
fn steps_are_those_of_the_packages() {
    let theirs = LarsRecipe { trust: 0.02, separate_norms: true, epsilon: 1e-8, ..LarsRecipe::default() };
    let skipping = LarsRecipe { skip_zero_norms: true, ..theirs.clone() };
    let file = Reference::read("peer_lars");
    for (peer, recipe) in [
        ("lightly", LarsRecipe { always_adapt: false, ..skipping.clone() }),
        ("bolts", LarsRecipe { always_adapt: false, ..skipping.clone() }),
        ("timm", LarsRecipe { always_adapt: false, ..theirs.clone() }),
        ("timm_larc", LarsRecipe { always_adapt: false, clip: true, ..theirs.clone() }),
        ("solo", skipping.clone()),
        ("solo_clip", LarsRecipe { clip: true, ..skipping.clone() }),
        ("stable", skipping.clone()),
        ("stable_clip", LarsRecipe { clip: true, ..skipping.clone() }),
    ] {
        for weight_decay in [0.01, 0.0] {
            check_peer(&file, &format!("{peer}_{weight_decay:?}"), LarsRecipe { weight_decay, ..recipe.clone() });
        }
    }
}

fn check_peer(file: &Reference, case: &str, recipe: LarsRecipe) {
    let names =
        ["conv.weight", "linear.weight", "still.weight", "zero.weight", "faint.weight", "linear.bias", "bn.weight"];
    let mut layout = Layout::default();
    for name in names {
        let shape = file.shape(&format!("start/{name}")).to_vec();
        let role = if shape.len() > 1 { Role::Linear { fan: 1 } } else { Role::Scale };
        layout.parameter(name.to_string(), shape, role);
    }
    let all = |prefix: &str| names.iter().map(|name| flat(file, &format!("{prefix}/{name}"))).collect::<Vec<_>>();
    let mut weights = Weights(all("start"));
    let mut optimizer = Optimizer::new(&OptimizerRecipe::Lars(recipe), &layout, &weights.0, |_| 1.0);
    for (step, rate) in file.values("rates").iter().enumerate() {
        let stride = StepSize { lr: f64::from(*rate), share: 1.0, place: Destination::Free };
        optimizer.step(&mut weights, all(&format!("step{step}/grad")), stride, None);
        for (name, found) in names.iter().zip(&weights.0) {
            let name = format!("{case}/step{step}/param/{name}");
            let expected = file.values(&name);
            let scale = expected.iter().fold(1.0f32, |largest, value| largest.max(value.abs()));
            assert_close(&name, &values(found.clone()), expected, 1e-5 * scale);
        }
    }
}

/// First, last, the warm-up's end and one after the end.
#[test]
fn rates_are_those_of_the_packages() {
    let file: serde_json::Value = serde_json::from_str(include_str!("../reference/peer_schedules.json")).unwrap();
    let number = |key: &str| file[key].as_f64().unwrap();
    let numbers =
        |case: &serde_json::Value, key: &str| -> Vec<f64> { serde_json::from_value(case[key].clone()).unwrap() };
    for kind in ["learning_rate", "target_decay"] {
        for case in file[kind].as_array().unwrap() {
            let mut train =
                serde_json::to_value(TrainRecipe { epochs: 4, warmup_epochs: 0.0, ..TrainRecipe::default() }).unwrap();
            train.as_object_mut().unwrap().extend(case["train"].as_object().unwrap().clone());
            let train: TrainRecipe = serde_json::from_value(train).unwrap();
            let clock = schedule::Clock::new(&train, number("steps_per_epoch") as usize * train.optimizer_batch);
            let byol = ByolRecipe { target_decay: number("base"), ..ByolRecipe::default() };
            let recipe = Recipe { train, method: MethodRecipe::Byol(byol), ..Recipe::default() };
            for (step, expected) in numbers(case, "steps").into_iter().zip(numbers(case, "values")) {
                let found = match kind {
                    "learning_rate" => recipe.train.learning_rate_at(step as u64, &clock, number("peak")),
                    _ => recipe.target_decay_at(step as u64, &clock).unwrap(),
                };
                assert!((found - expected).abs() < 1e-12, "{}: step {step}: {found}, not {expected}", case["of"]);
            }
        }
    }
}

#[test]
fn schedules_agree() {
    let text = include_str!("../reference/schedules.json");
    let file: serde_json::Value = serde_json::from_str(text).unwrap();
    let number = |case: &serde_json::Value, key: &str| case[key].as_f64().unwrap();
    for case in file["target_decay"].as_array().unwrap() {
        let [base, total, step] = ["base", "total_steps", "step"].map(|key| number(case, key));
        let found = schedule::target_decay(step as u64, total as u64, base);
        assert!((found - number(case, "value")).abs() < 1e-9, "{case}: {found}");
    }
    for case in file["learning_rate"].as_array().unwrap() {
        let [peak, warmup, total, step] = ["peak", "warmup_steps", "total_steps", "step"].map(|key| number(case, key));
        let found = schedule::learning_rate(step as u64, total as u64, warmup as u64, peak);
        assert!((found - number(case, "value")).abs() < 1e-9, "{case}: {found}");
    }
}

/// The recipe of the reference's small networks.
fn reference_recipe(method: &str, optimizer: &str) -> Recipe {
    let mut recipe = recipe("resnet18", 4);
    recipe.method = match method {
        "byol" => MethodRecipe::Byol(ByolRecipe {
            target_decay: 0.5,
            projector_hidden: 64,
            projector_out: 32,
            predictor_hidden: 64,
            ..ByolRecipe::default()
        }),
        _ => MethodRecipe::Simclr(SimclrRecipe {
            temperature: 0.5,
            projector_hidden: 64,
            projector_out: 32,
            ..SimclrRecipe::default()
        }),
    };
    recipe.optimizer = match optimizer {
        "lars" => OptimizerRecipe::Lars(LarsRecipe { weight_decay: 1e-3, ..LarsRecipe::default() }),
        _ => sgd(1e-3),
    };
    recipe
}

#[test]
fn resnet18_agrees_in_both_modes_and_moves_its_statistics() {
    let file = Reference::read("resnet18");
    let mut learner = Learner::new(&reference_recipe("simclr", "sgd"), 10, &device());
    fill(&mut learner, &file, "weights", "encoder.");
    let layout = learner.architecture.layout.clone();
    let encoder = learner.architecture.encoder.clone();
    let evaluated = encoder.forward(&mut learner.state_mut().student.evaluate(), tensor(&file, "input"));
    assert_close("eval_output", &values(evaluated), file.values("eval_output"), 1e-4);
    let trained = encoder.forward(&mut learner.state_mut().student.train(), tensor(&file, "input"));
    assert_close("train_output", &values(trained), file.values("train_output"), 1e-4);
    for (index, (norm, _)) in layout.norms.iter().enumerate() {
        if let Some(name) = norm.strip_prefix("encoder.") {
            let (mean, variance) =
                (&learner.state().student.running.mean[index], &learner.state().student.running.variance[index]);
            let expected = |kind: &str| file.values(&format!("after_train/x/{name}.{kind}"));
            assert_close(&format!("{name} mean"), &values(mean.clone()), expected("running_mean"), 1e-4);
            assert_close(&format!("{name} variance"), &values(variance.clone()), expected("running_var"), 1e-4);
        }
    }
}

/// Four steps from the reference's start, over its views, at its rates.
fn check_trace(method: &str, optimizer: &str, loss_tolerance: f32, weight_tolerance: f32) {
    let file = Reference::read(&format!("trace_{method}_{optimizer}"));
    let recipe = reference_recipe(method, optimizer);
    let mut learner = Learner::new(&recipe, 10, &device());
    fill(&mut learner, &file, "start", "");
    let peak = if optimizer == "lars" { 0.1 } else { 0.02 };
    let losses = four_steps(&mut learner, &recipe, &file, peak);
    assert_close("losses", &losses, file.values("losses"), loss_tolerance);
    check_end(&learner, &file, "", weight_tolerance);
}

#[test]
fn four_steps_of_byol_with_sgd_agree() {
    check_trace("byol", "sgd", 1e-4, 1e-3);
}

#[test]
fn four_steps_of_byol_with_lars_agree() {
    check_trace("byol", "lars", 1e-4, 1e-3);
}

#[test]
fn four_steps_of_simclr_with_sgd_agree() {
    check_trace("simclr", "sgd", 1e-3, 2e-2);
}

#[test]
fn four_steps_of_simclr_with_lars_agree() {
    check_trace("simclr", "lars", 1e-4, 1e-3);
}

#[test]
fn k_nn_predicts_the_same_classes() {
    let file = Reference::read("knn");
    let integers = |name: &str| -> Vec<u16> { file.values(name).iter().map(|value| *value as u16).collect() };
    let labels = integers("bank_labels.i64");
    for (k, temperature) in [(1, "0.1"), (20, "0.1"), (200, "0.07")] {
        let (bank, query) = (tensor(&file, "bank"), tensor(&file, "query"));
        let recipe =
            ProbesRecipe { knn_k: k, knn_temperature: temperature.parse().unwrap(), ..ProbesRecipe::default() };
        let predicted = knn::predict(bank, &labels, query, 5, &recipe);
        let case = format!("k{k}_t{temperature}");
        assert_eq!(predicted, integers(&format!("{case}/predicted.i64")), "{case}");
        let accuracy = knn::accuracy(&predicted, &integers("query_labels.i64")) as f32;
        assert_close(&case, &[accuracy], file.values(&format!("{case}/top1")), 1e-6);
    }
}

/// As scikit-learn's multinomial logistic regression in double precision, fitted until its gradient is 0. Where the penalty is weak,
/// the minimum is so flat that scikit-learn's own weights of single precision are 2.5e-2 from it.
#[test]
fn a_linear_classifier_at_its_minimum_has_the_same_weights() {
    let file = Reference::read("linear");
    let labels: Vec<u16> = file.values("labels.i64").iter().map(|label| *label as u16).collect();
    for (penalty, tolerance) in [(1e-1, 2e-3), (1e-2, 2e-3), (1e-4, 3e-2)] {
        let weights = logistic::fit_under(linear::with_one(tensor(&file, "standard")), &labels, 4, penalty);
        let weights: Vec<f32> = weights.into_iter().map(|weight| weight as f32).collect();
        // The loss is the same where all classes' biases move together: only their differences are told.
        let centred = |weights: &[f32]| {
            let mean = weights.chunks(13).map(|row| row[12]).sum::<f32>() / 4.0;
            let moved = |(place, weight): (usize, &f32)| if place % 13 == 12 { weight - mean } else { *weight };
            weights.iter().enumerate().map(moved).collect::<Vec<f32>>()
        };
        let expected = centred(file.values(&format!("{penalty}/weights")));
        assert_close(&format!("penalty {penalty}"), &centred(&weights), &expected, tolerance);
    }
}

/// Of 400 images, chosen without those that judge.
#[test]
fn a_chosen_penalty_is_within_two_images_of_the_best_one() {
    let file = Reference::read("linear");
    let integers = |name: &str| -> Vec<u16> { file.values(name).iter().map(|value| *value as u16).collect() };
    let recipe = ProbesRecipe { linear_solver: LinearSolver::Lbfgs, ..ProbesRecipe::default() };
    let (bank, query) = (tensor(&file, "bank"), tensor(&file, "query"));
    let predicted = linear::fit(bank, &integers("labels.i64"), 4, &recipe, 0).predict(query);
    let accuracy = knn::accuracy(&predicted, &integers("truth.i64")) as f32;
    let best = ["0.1", "0.01", "0.0001"].map(|penalty| file.values(&format!("{penalty}/top1"))[0]);
    let best = best.into_iter().fold(0.0, f32::max);
    assert!(accuracy >= best - 0.0051, "{accuracy} where {best} is the best");
}

/// As their authors' or the peers' packages have them.
#[test]
fn what_features_are_like_is_measured_as_the_packages_measure_it() {
    let file = Reference::read("measures");
    let labels: Vec<u16> = file.values("classes/labels.i64").iter().map(|label| *label as u16).collect();
    let matrix = |name: &str| factors::matrix(&tensor(&file, name));
    let steep = measures::alpha(&spread::variances(tensor(&file, "steep")));
    let classes = measures::variability(&matrix("classes"), &labels, 4);
    for (name, found) in [
        ("views/lidar", Some(measures::lidar(&matrix("views"), 6))),
        ("steep/alpha", steep),
        ("classes/neural_collapse", classes),
    ] {
        let found = found.unwrap_or_else(|| panic!("{name} is a number")) as f32;
        assert_close(name, &[found], file.values(name), 1e-4);
    }
    assert_eq!(measures::alpha(&[1.0; 15]), None, "five ranks say nothing of a slope");
    assert_eq!(measures::variability(&matrix("classes"), &vec![0; labels.len()], 4), None, "one class is not two");
}

#[test]
fn masks_and_boxes_are_judged_as_torchmetrics_judges_them() {
    let file = Reference::read("overlap");
    let masks = |name: &str| file.values(name).iter().map(|class| *class as u8).collect::<Vec<_>>();
    let mut confusion = Confusion::of(6);
    confusion.add(&masks("masks/truth"), &masks("masks/told"));
    assert_close("mean IoU", &[confusion.mean_iou() as f32], file.values("masks/mean_iou"), 1e-6);
    let (mut truth, mut found) = (vec![Vec::new(); 12], vec![Vec::new(); 12]);
    for row in file.values("boxes/truth").chunks(6) {
        truth[row[0] as usize].push((row[1] as usize, [row[2], row[3], row[4], row[5]]));
    }
    for row in file.values("boxes/found").chunks(7) {
        let bounds = [row[3], row[4], row[5], row[6]];
        found[row[0] as usize].push(Detection { bounds, class: row[1] as usize, score: row[2] });
    }
    let ap50 = average_precision(&truth, &found, 4) as f32;
    assert_close("AP50", &[ap50], file.values("boxes/ap50"), 1e-6);
}

#[test]
fn of_boxes_that_overlap_by_half_the_surest_stays() {
    let at = |left: f32, class: usize, score: f32| Detection { bounds: [left, 0.0, left + 10.0, 10.0], class, score };
    let kept = suppressed(vec![at(0.0, 0, 0.5), at(1.0, 0, 0.9), at(2.0, 1, 0.3), at(20.0, 0, 0.4)], 3);
    assert_eq!(kept, [at(1.0, 0, 0.9), at(20.0, 0, 0.4), at(2.0, 1, 0.3)]);
    assert_eq!(suppressed(kept, 1), [at(1.0, 0, 0.9)]);
}

#[test]
fn a_histogram_tells_the_shares_of_a_channels_values() {
    let image: Vec<u8> = [[0, 31, 32, 255], [255; 4], [128, 129, 0, 0]].concat();
    let shares = measures::histogram(&image);
    let mut expected = vec![0.0; 24];
    for (bin, share) in [(0, 0.5), (1, 0.25), (7, 0.25), (15, 1.0), (16, 0.5), (20, 0.5)] {
        expected[bin] = share;
    }
    assert_eq!(shares, expected);
}

/// Where exp(cos / t) overflows single precision, as lightly has it in double: in single its classes are others.
#[test]
fn k_nn_predicts_the_same_classes_at_any_temperature() {
    let file = Reference::read("peer_measures");
    let labels: Vec<u16> = file.values("knn/labels").iter().map(|label| *label as u16).collect();
    for knn_temperature in [0.01, 0.002] {
        let (bank, query) = (tensor(&file, "knn/bank"), tensor(&file, "knn/query"));
        let recipe = ProbesRecipe { knn_k: 20, knn_temperature, ..ProbesRecipe::default() };
        let predicted: Vec<f32> = knn::predict(bank, &labels, query, 5, &recipe).into_iter().map(f32::from).collect();
        assert_eq!(predicted, file.values(&format!("knn/{knn_temperature}")), "{knn_temperature}");
    }
}

/// The paper's, of double precision; stable-pretraining's is another number.
#[test]
fn the_effective_rank_is_rank_me() {
    let file = Reference::read("peer_measures");
    for name in ["tall", "wide", "rank_two"] {
        let found = spread::effective_rank(tensor(&file, &format!("rank/{name}/x"))) as f32;
        let [paper, stable] = ["paper", "stable"].map(|whose| file.values(&format!("rank/{name}/{whose}"))[0]);
        assert_close(name, &[found / paper], &[1.0], 1e-5);
        assert!((found / stable - 1.0).abs() > 1e-4, "{name}: {found} is stable-pretraining's");
    }
}

/// `1 / 512` and so on are the added 1e-7 only: exp(-511 1e-7 ln 1e-7) where nothing is lost to rounding.
#[test]
fn noise_of_rounding_is_no_rank() {
    let [a, b] = [1, 2].map(|key| {
        let mut draws = Draws::new(key, Stream::Probe, 0, 0, 0);
        (0..512).map(|_| draws.normal()).collect::<Vec<f32>>()
    });
    let product: Vec<f32> = a.iter().flat_map(|a| b.iter().map(move |b| a * b)).collect();
    let x = Tensor::from_data(TensorData::new(product, [512, 512]), &device());
    let expected = (-511e-7 * 1e-7f64.ln()).exp();
    assert!((spread::effective_rank(x.clone()) - expected).abs() < 1e-4, "{}", spread::effective_rank(x));
}

/// burn's CPU backend adds rows one after another: of 50,000 rows the mean was off by 5e-4 of itself.
#[test]
fn means_over_many_rows_do_not_drift() {
    for n in [1, 31, 1024, 1025, 50_000, 1 << 20] {
        let mut draws = Draws::new(5, Stream::Probe, n as u64, 0, 0);
        let numbers: Vec<f32> = (0..2 * n).map(|_| 1.0 + 0.3 * draws.normal()).collect();
        let x = Tensor::<2>::from_data(TensorData::new(numbers.clone(), [n, 2]), &device());
        let column = |at: usize, of: &dyn Fn(f64) -> f64| {
            numbers.iter().skip(at).step_by(2).map(|value| of(f64::from(*value))).sum::<f64>() / n as f64
        };
        let mean = [0, 1].map(|at| column(at, &|value| value));
        let deviation = [0, 1].map(|at| column(at, &|value| (value - mean[at]).powi(2)).sqrt());
        let near = |what: &str, found: Tensor<2>, expected: [f64; 2]| {
            let ratio: Vec<f32> = values(found).iter().zip(expected).map(|(a, b)| (f64::from(*a) / b) as f32).collect();
            assert_close(&format!("{what} of {n}"), &ratio, &[1.0, 1.0], 1e-6);
        };
        near("mean", kernel::mean_of_rows(x.clone()), mean);
        near("sum", kernel::sum_of_rows(x.clone()), mean.map(|mean| mean * n as f64));
        if n > 1 {
            let (found, spread) = linear::standard(&x);
            near("mean of the probe", found, mean);
            near("deviation of the probe", spread, deviation);
        }
        let squared = loss::mean_squared(x.clone(), x.zeros_like());
        let expected = [0, 1].map(|at| column(at, &|value| value * value)).iter().sum::<f64>() / 2.0;
        assert_close(&format!("loss of {n}"), &[values(squared)[0] / expected as f32], &[1.0], 1e-6);
    }
}

/// Distances do not change with the place of the features, nor by rounding: torch's `cdist` loses them.
#[test]
fn neighbours_are_found_far_from_the_origin() {
    let file = Reference::read("peer_measures");
    let labels: Vec<u16> = file.values("knn/labels").iter().map(|label| *label as u16).collect();
    let recipe = ProbesRecipe { knn_k: 5, knn_distance: Distance::Euclidean, ..ProbesRecipe::default() };
    // Numbers that are exact as far away.
    let placed = |name: &str, at: f64| (tensor::<2>(&file, name) * 1024.0).round() / 1024.0 + at;
    let predicted = |at: f64| knn::predict(placed("knn/bank", at), &labels, placed("knn/query", at), 5, &recipe);
    assert_eq!(predicted(100.0), predicted(0.0));
}

#[test]
fn neighbours_vote_by_angle_by_distance_or_alike() {
    let rows = |rows: &[[f32; 2]]| Tensor::<2>::from_data(TensorData::new(rows.concat(), [rows.len(), 2]), &device());
    let usual = ProbesRecipe { knn_k: 3, ..ProbesRecipe::default() };
    let euclidean = ProbesRecipe { knn_distance: Distance::Euclidean, ..usual.clone() };
    let alike = ProbesRecipe { knn_weighted: false, ..euclidean.clone() };
    // Its direction is that of class 1, the nearest point is of class 0, and two of three are of class 1.
    for (recipe, expected) in [(usual, 1), (euclidean, 0), (alike, 1)] {
        let bank = rows(&[[0.1, 0.1], [1.0, 0.0], [1.0, -0.3]]);
        let predicted = knn::predict(bank, &[0, 1, 1], rows(&[[0.2, 0.0]]), 2, &recipe);
        assert_eq!(predicted, [expected], "{recipe:?}");
    }
}
