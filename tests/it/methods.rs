//! Every method against PyTorch, against finite differences, and by what it learns: see tests/reference/README.md.

use byolab::engine::burn::tensor::{DType, Tensor, TensorData};
use byolab::{
    engine::{
        learner::Learner,
        loss,
        method::{Batch, Network, Teacher},
        nn::{Layout, Running, Weights},
        values,
    },
    plan::{
        Recipe,
        catalog::METHODS,
        recipe::*,
        streams::{Draws, Stream},
    },
};

use crate::{
    engine::recipe,
    methods_more,
    support::{Reference, assert_close},
    trace::{check_end, device, fill, four_given_steps, four_steps, sgd, tensor},
};

/// BYOL in the references' form: heads of 24 hidden units, a constant decay, a copied target.
fn byol() -> ByolRecipe {
    ByolRecipe {
        target_decay: 0.9,
        target_schedule: TargetSchedule::Constant,
        initial_target: InitialTarget::Copied,
        projector_hidden: 24,
        projector_out: 16,
        predictor_hidden: 24,
        ..ByolRecipe::default()
    }
}

/// Every trace by its name in the reference.
fn cases() -> Vec<(&'static str, MethodRecipe)> {
    let (hidden, out) = (24, 16);
    let moco = MocoRecipe { target_decay: 0.9, projector_out: out, ..MocoRecipe::default() };
    vec![
        (
            "simclr_ema",
            MethodRecipe::SimclrEma(SimclrEmaRecipe {
                target_decay: 0.9,
                target_schedule: TargetSchedule::Constant,
                temperature: 0.2,
                projector_hidden: hidden,
                projector_out: out,
            }),
        ),
        (
            "simclr_v2",
            MethodRecipe::SimclrV2(SimclrV2Recipe {
                temperature: 0.5,
                projector_hidden: hidden,
                projector_out: out,
                ..SimclrV2Recipe::default()
            }),
        ),
        (
            "moco_v1",
            MethodRecipe::Moco(MocoRecipe { temperature: 0.07, queue: 32, projector_depth: 1, ..moco.clone() }),
        ),
        ("moco_v2", MethodRecipe::Moco(MocoRecipe { queue: 64, projector_hidden: 32, symmetric: true, ..moco })),
        (
            "simsiam",
            MethodRecipe::Simsiam(SimsiamRecipe {
                projector_hidden: hidden,
                projector_out: out,
                predictor_hidden: 8,
                ..SimsiamRecipe::default()
            }),
        ),
        (
            "barlow_twins",
            MethodRecipe::BarlowTwins(BarlowTwinsRecipe {
                loss_scale: 0.1,
                projector_hidden: hidden,
                projector_out: out,
                ..BarlowTwinsRecipe::default()
            }),
        ),
        (
            "vicreg",
            MethodRecipe::Vicreg(VicregRecipe {
                projector_hidden: hidden,
                projector_out: out,
                ..VicregRecipe::default()
            }),
        ),
        ("supervised", MethodRecipe::Supervised(SupervisedRecipe {})),
        (
            "byol_peer",
            MethodRecipe::Byol(ByolRecipe { target_update: TargetUpdate::Before, loss_scale: 0.25, ..byol() }),
        ),
        ("byol_averaged", MethodRecipe::Byol(ByolRecipe { target_norm: TargetNorm::Averaged, ..byol() })),
        ("byol_own", MethodRecipe::Byol(ByolRecipe { target_norm: TargetNorm::Own, ..byol() })),
        (
            "byol_predictor_lr",
            MethodRecipe::Byol(ByolRecipe { target: false, stop_gradient: true, predictor_lr: 10.0, ..byol() }),
        ),
        ("byol_deep", MethodRecipe::Byol(ByolRecipe { projector_depth: 3, predictor_depth: 1, ..byol() })),
    ]
}

/// The references' recipe of a method: a tiny convnet, two groups for MoCo v2.
fn with(case: &str, method: MethodRecipe) -> Recipe {
    let mut recipe = recipe("convnet", 4);
    recipe.method = method;
    recipe.optimizer = sgd(1e-3);
    recipe.train.norm_groups = if case == "moco_v2" { 2 } else { 1 };
    recipe
}

#[test]
fn four_steps_of_every_method_agree() {
    let [views, more] = ["methods", "methods_more"].map(Reference::read);
    let all = cases().into_iter().map(|case| (&views, case));
    for (file, (case, method)) in all.chain(methods_more::cases().into_iter().map(|case| (&more, case))) {
        let recipe = with(case, method);
        let mut learner = Learner::new(&recipe, 10, &device());
        fill(&mut learner, file, &format!("{case}/start"), "");
        let give = |step, learner: &mut Learner| methods_more::give_slices(&more, step, learner);
        let losses = four_given_steps(&mut learner, &recipe, &views, 0.01, give);
        assert_close(case, &losses, file.values(&format!("{case}/losses")), 1e-4);
        // 1e-4, where a target moved at another time is off by 1e-3.
        check_end(&learner, file, &format!("{case}/"), 1e-4);
        let kept = learner.state().teacher.as_ref().and_then(|teacher| teacher.queue.clone());
        let rows = learner.state().student.rows.clone().filter(|_| learner.architecture.remembers());
        if let Some(queue) = kept.or(rows) {
            assert_close(case, &values(queue), file.values(&format!("{case}/end/queue")), 1e-4);
        }
    }
}

#[test]
fn running_statistics_of_groups_agree() {
    let file = Reference::read("methods");
    let (case, method) = cases().remove(3);
    let recipe = with(case, method);
    let mut learner = Learner::new(&recipe, 10, &device());
    fill(&mut learner, &file, &format!("{case}/start"), "");
    four_steps(&mut learner, &recipe, &file, 0.01);
    for (index, (norm, _)) in learner.architecture.layout.norms.iter().enumerate() {
        let Running { mean, variance, .. } = &learner.state().student.running;
        for (kind, found) in [("running_mean", &mean[index]), ("running_var", &variance[index])] {
            let name = format!("{case}/end_stats/{norm}.{kind}");
            assert_close(&name, &values(found.clone()), file.values(&name), 1e-4);
        }
    }
}

#[test]
fn every_normalisation_of_byols_loss_agrees() {
    let file = Reference::read("methods");
    for (name, normalization) in [
        ("l2", Normalization::L2),
        ("layer-norm", Normalization::LayerNorm),
        ("batch-norm", Normalization::BatchNorm),
        ("none", Normalization::None),
    ] {
        let p = tensor::<2>(&file, "norms/p").autodiff().require_grad();
        let z = tensor::<2>(&file, "norms/z").autodiff();
        let loss = loss::squared_distance(p.clone(), z, normalization);
        let gradient = values(p.grad(&loss.backward()).expect("the loss depends on it"));
        assert_close(name, &values(loss.inner()), file.values(&format!("norms/{name}/loss")), 1e-4);
        assert_close(name, &gradient, file.values(&format!("norms/{name}/grad_p")), 1e-5);
    }
}

/// Numbers of `learner` in double precision, at which finite differences mean something.
fn doubled(weights: &Weights) -> Weights {
    Weights(weights.0.iter().map(|tensor| tensor.clone().cast(DType::F64)).collect())
}

fn doubled_network(network: &Network) -> Network {
    let double = |all: &[Tensor<1>]| all.iter().map(|tensor| tensor.clone().cast(DType::F64)).collect();
    let running = Running::new(double(&network.running.mean), double(&network.running.variance));
    let rows = network.rows.clone().map(|rows| rows.cast(DType::F64));
    Network { rows, ..Network::new(doubled(&network.weights), running, network.groups) }
}

fn number(loss: Tensor<1>) -> f64 {
    loss.into_data().try_to_vec::<f64>().expect("computed in double precision")[0]
}

/// Slope along the gradient itself, by central differences, against the gradient's squared length.
fn check_gradient(case: &str, recipe: &Recipe) {
    let file = Reference::read("methods");
    let views = [0, 1]
        .map(|view| tensor::<6>(&file, "views").slice([0..1, view..view + 1]).reshape([8, 3, 8, 8]).cast(DType::F64));
    check_gradient_of(case, recipe, Batch::of(views).labelled(&[0, 1, 2, 3, 4, 5, 6, 7]));
}

/// The same on a batch of pixels in double precision.
pub fn check_gradient_of(case: &str, recipe: &Recipe, batch: Batch) {
    let learner = Learner::new(recipe, 10, &device());
    let method = &learner.architecture.method;
    let batch = batch.followed();
    let student = doubled_network(&learner.state().student);
    let teacher = learner.state().teacher.as_ref().map(|teacher| Teacher {
        network: doubled_network(&teacher.network),
        queue: teacher.queue.clone().map(|queue| queue.cast(DType::F64)),
        centre: teacher.centre.clone().map(|centre| centre.cast(DType::F64)),
        temperature: teacher.temperature.clone().map(|temperature| temperature.cast(DType::F64)),
        ..teacher.clone()
    });
    // Where a method stops the gradient at its own projections, they are held still by a copy of it.
    let stops = matches!(&recipe.method, MethodRecipe::Simsiam(_))
        || matches!(&recipe.method, MethodRecipe::Byol(byol) if !byol.target && byol.stop_gradient);
    let still =
        Teacher { network: student.clone(), norm: TargetNorm::Batch, queue: None, centre: None, temperature: None };
    let held = if stops { Some(still) } else { teacher.clone() };
    let loss_at = |weights: Weights| {
        let mut student = Network { weights, ..student.clone() };
        method.loss(&mut student, held.clone().as_mut(), batch.clone()).loss
    };
    let tracked = student.weights.tracked();
    let mut own = Network { weights: Weights(tracked.0.clone()), ..student.clone() };
    let loss = method.loss(&mut own, teacher.clone().as_mut(), batch.clone()).loss;
    let gradients = learner.architecture.gradients(&loss, &tracked);
    let squared: f64 = gradients.iter().map(|gradient| number((gradient.clone() * gradient.clone()).sum_dim(0))).sum();
    let step = 1e-6 / squared.sqrt();
    let moved = |step: f64| {
        let moved =
            student.weights.0.iter().zip(&gradients).map(|(weight, gradient)| weight.clone() + gradient.clone() * step);
        number(loss_at(Weights(moved.map(Tensor::autodiff).collect())).inner())
    };
    let slope = (moved(step) - moved(-step)) / (2.0 * step);
    let relative = (slope - squared).abs() / squared;
    assert!(relative < 1e-6, "{case}: the slope is {slope}, the gradient says {squared}");
}

#[test]
fn gradients_of_every_method_are_those_of_finite_differences() {
    let simclr = MethodRecipe::Simclr(SimclrRecipe {
        temperature: 0.2,
        projector_hidden: 24,
        projector_out: 16,
        ..SimclrRecipe::default()
    });
    let negatives = MethodRecipe::Byol(ByolRecipe { target: false, negative_weight: 0.5, ..byol() });
    let plain = MethodRecipe::Byol(byol());
    let others = [("simclr", simclr), ("byol", plain), ("byol with negatives", negatives)];
    let more = methods_more::cases().into_iter().filter(|(case, _)| methods_more::is_differentiable(case));
    for (case, method) in cases().into_iter().chain(more).chain(others) {
        check_gradient(case, &with(case, method));
    }
}

/// Wide enough for every operation of our own on the CPU, which compute in single precision only.
#[test]
fn a_wide_encoders_gradient_is_that_of_composed_operations_in_double_precision() {
    let mut recipe = recipe("resnet18", 16);
    recipe.method = MethodRecipe::Supervised(SupervisedRecipe {});
    let learner = Learner::new(&recipe, 10, &device());
    const IMAGES: usize = 24;
    let draw = |view: u64| {
        let mut draws = Draws::new(7, Stream::Views, view, 0, 0);
        let pixels: Vec<f32> = (0..IMAGES * 3 * 32 * 32).map(|_| draws.normal()).collect();
        Tensor::<4>::from_data(TensorData::new(pixels, [IMAGES, 3, 32, 32]), &device())
    };
    let gradient = |network: &Network, views: [Tensor<4>; 2]| {
        let tracked = network.weights.tracked();
        let mut student = Network { weights: Weights(tracked.0.clone()), ..network.clone() };
        let labels: Vec<u16> = (0..IMAGES).map(|i| (i % 10) as u16).collect();
        let batch = Batch::of(views.map(Tensor::autodiff)).labelled(&labels);
        let loss = learner.architecture.method.loss(&mut student, None, batch).loss;
        learner.architecture.gradients(&loss, &tracked)
    };
    let own = gradient(&learner.state().student, [draw(0), draw(1)]);
    let double = gradient(&doubled_network(&learner.state().student), [0, 1].map(|view| draw(view).cast(DType::F64)));
    for ((parameter, own), double) in learner.architecture.layout.parameters.iter().zip(&own).zip(&double) {
        let off = own.clone().cast(DType::F64) - double.clone();
        let length = |x: Tensor<1>| number((x.clone() * x).sum_dim(0)).sqrt();
        let relative = length(off) / length(double.clone());
        // Single precision itself opens some ReLUs that double precision has closed.
        assert!(relative < 2e-3, "{}: off by {relative:e} of its length", parameter.name);
    }
}

#[test]
fn byol_with_negatives_alone_has_simclrs_loss_exactly() {
    let file = Reference::read("losses");
    for temperature in [0.1, 0.5] {
        let (a, b) = (tensor::<2>(&file, "nt_xent_0.1/a"), tensor::<2>(&file, "nt_xent_0.1/b"));
        // Appendix F.4: attraction and negatives of both directions, less the constant, over the scale.
        let direction = |p: Tensor<2>, other: Tensor<2>| {
            let attraction = loss::squared_distance(p.clone(), other.clone(), Normalization::L2);
            attraction - 2.0 + loss::negatives(p.clone(), other, p, temperature) * (2.0 * temperature)
        };
        let both = direction(a.clone(), b.clone()) + direction(b.clone(), a.clone());
        let simclr = loss::nt_xent(a, b, temperature);
        assert_close("loss", &values(both * (1.0 / (4.0 * temperature))), &values(simclr), 1e-6);
    }
}

#[test]
fn every_method_documents_itself_and_is_built() {
    for entry in METHODS {
        // A labelled image comes with every so many others: a batch holds whole ones. Split-brain takes pixels as they are.
        let batch = if entry.key("mu").is_some() { 448 } else { 256 };
        let file = crate::encoders::fixture("lightly.ckpt").display().to_string();
        let path = if entry.key("path").is_some() { format!("path = {file:?}\n") } else { String::new() };
        let text = format!(
            "[recipe.method]\nname = \"{}\"\n{path}[recipe.train]\nbatch = {batch}\n[recipe.data]\nnormalize = \"none\"",
            entry.name
        );
        let experiment = byolab::plan::Experiment::parse("x", "x.toml", &text).unwrap();
        let plan = byolab::plan::Plan::new(experiment, &Default::default()).unwrap();
        let mut recipe = recipe("convnet", 2);
        recipe.method = plan.trials[0].recipe.method.clone();
        assert_eq!(recipe.method.name(), entry.name);
        let architecture = byolab::engine::method::build(&recipe, 10);
        assert_eq!(architecture.initial(0, &device()).1.is_some(), architecture.target.is_some(), "{}", entry.name);
        let published = |spec: &byolab::plan::catalog::KeySpec| !spec.doc.is_empty() && spec.default.is_some();
        assert!(entry.keys.iter().all(published), "{}", entry.name);
    }
}

#[test]
fn heads_are_named_as_those_of_pytorch() {
    let mut layout = Layout::default();
    let shape = byolab::plan::shape::HeadShape::byol(8, 6, 4, 3);
    byolab::engine::nn::Head::new(&mut layout, "projector", &shape);
    let names: Vec<&str> = layout.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let expected = ["0.weight", "0.bias", "1.weight", "1.bias", "3.weight", "3.bias", "4.weight", "4.bias", "6.weight"];
    assert_eq!(names, expected.map(|name| format!("projector.{name}")));
}
