//! Few labels and many images without: against semilearn's losses, and what must hold whatever the numbers.

use std::path::Path;

use byolab::{
    data::{self, UNLABELLED},
    engine::{
        burn::tensor::Tensor,
        learner::Learner,
        loader::ImageOrder,
        method::{Batch, BatchPart, Network, ViewBatch},
        nn::{Running, Weights},
        values,
    },
    plan::{
        Recipe,
        demand::Pool,
        recipe::{FixmatchRecipe, LabelDraw, LrSchedule, MeanTeacherRecipe, MethodRecipe, PseudoLabelRecipe},
        schedule::Clock,
    },
};

use crate::{
    engine::recipe,
    support::{Reference, assert_close},
    trace::{check_end, device, fill, sgd, tensor},
};

fn cases() -> [(&'static str, MethodRecipe); 3] {
    let (mu, threshold, target_decay) = (2, 0.4, 0.9);
    [
        (
            "fixmatch",
            MethodRecipe::Fixmatch(FixmatchRecipe { mu, threshold, target_decay, ..FixmatchRecipe::default() }),
        ),
        (
            "pseudo_label",
            MethodRecipe::PseudoLabel(PseudoLabelRecipe {
                mu,
                threshold,
                target_decay,
                ..PseudoLabelRecipe::default()
            }),
        ),
        (
            "mean_teacher",
            MethodRecipe::MeanTeacher(MeanTeacherRecipe { mu, target_decay, ..MeanTeacherRecipe::default() }),
        ),
    ]
}

/// One step's tensor of an entry `[steps, ...]`.
fn of_step<const D: usize, const E: usize>(file: &Reference, name: &str, step: usize) -> Tensor<E> {
    let all: Tensor<D> = tensor(file, name);
    let dims: [usize; D] = all.dims();
    all.slice(step..step + 1).reshape::<E, _>(<[usize; E]>::try_from(&dims[1..]).unwrap())
}

#[test]
fn four_steps_with_few_labels_agree_with_semilearns_losses() {
    let file = Reference::read("semi");
    for (case, method) in cases() {
        let mut recipe = Recipe { method, optimizer: sgd(1e-3), ..recipe("convnet", 4) };
        (recipe.train.schedule, recipe.train.warmup_epochs, recipe.train.epochs) =
            (LrSchedule::SevenSixteenths, 0.0, 1);
        let clock = Clock { steps: 4, steps_per_epoch: 4, warmup: 0 };
        let mut learner = Learner::new(&recipe, 10, &device());
        fill(&mut learner, &file, &format!("{case}/start"), "");
        let (mut losses, mut kept) = (Vec::new(), Vec::new());
        for step in 0..4 {
            let views: Tensor<5> = of_step::<6, 5>(&file, "views", step);
            let [_, images, ..] = views.dims();
            let view = |at: usize| ViewBatch::of(views.clone().slice(at..at + 1).reshape([images, 3, 16, 16]));
            let labels: Vec<u16> =
                file.get("labels.i64").unwrap()[4 * step..][..4].iter().map(|label| *label as u16).collect();
            let labelled = ViewBatch::of(of_step::<5, 4>(&file, "labelled", step));
            let labelled = Batch { parts: vec![BatchPart { views: vec![labelled], labels: None }] }.labelled(&labels);
            let asked = recipe.demand().parts[1].views.len();
            let others = BatchPart { views: (0..asked).map(view).collect(), labels: None };
            let parts = labelled.parts.into_iter().chain([others]).collect();
            let outcome = learner.accumulate(Batch { parts });
            losses.extend(values(outcome.loss));
            kept.extend(outcome.metrics.into_iter().flat_map(|(_, share)| values(share)));
            let lr = recipe.train.learning_rate_at(step as u64, &clock, 0.05) / recipe.train.peak_lr(1.0);
            learner.step(lr, Some(0.9), false);
        }
        assert_close(case, &losses, file.values(&format!("{case}/losses")), 1e-4);
        if !kept.is_empty() {
            assert_close(case, &kept, file.values(&format!("{case}/kept")), 1e-6);
        }
        check_end(&learner, &file, &format!("{case}/"), 1e-4);
    }
}

/// Eight classes of synthetic images, three labels each.
fn few_labels(seed: u64, draw: LabelDraw) -> Recipe {
    let mut recipe = recipe("convnet", 4);
    recipe.method = MethodRecipe::Fixmatch(FixmatchRecipe { mu: 2, ..FixmatchRecipe::default() });
    (recipe.data.labels_per_class, recipe.data.label_draw, recipe.train.seed) = (1, draw, seed);
    recipe
}

#[test]
fn labels_are_drawn_by_the_trial_where_it_says_so() {
    let seen = |seed, draw| {
        let data = data::load_for(&few_labels(seed, draw), Path::new("")).unwrap();
        data.train.labelled()
    };
    assert_eq!(seen(0, LabelDraw::Data), seen(1, LabelDraw::Data));
    assert_ne!(seen(0, LabelDraw::Trial), seen(1, LabelDraw::Trial));
    assert_eq!(seen(1, LabelDraw::Trial), seen(1, LabelDraw::Trial));
}

/// kekmodel/FixMatch-pytorch #41: another split after a resume is labels that leak.
#[test]
fn labelled_images_come_round_in_an_order_that_no_resume_changes() {
    let recipe = few_labels(0, LabelDraw::Trial);
    let data = data::load_for(&recipe, Path::new("")).unwrap();
    let labelled = data.train.labelled();
    let demand = recipe.demand();
    assert_eq!(demand.parts[0].pool, Pool::Labelled);
    let take = |steps: std::ops::Range<u64>| {
        let mut order = ImageOrder::new(&recipe, &data, &demand, 4);
        steps.flat_map(|step| order.take(step, 0).remove(0)).flat_map(|taken| taken.indices).collect::<Vec<_>>()
    };
    let all = take(0..20);
    assert!(all.iter().all(|image| data.train.labels[*image] != UNLABELLED));
    for round in all.chunks_exact(labelled.len()) {
        let mut round = round.to_vec();
        round.sort_unstable();
        assert_eq!(round, labelled, "every labelled image stands once in a round");
    }
    assert_eq!(all[all.len() / 2..], take(10..20)[..]);
}

#[test]
fn a_wide_resnet_agrees_with_the_authors() {
    let file = Reference::read("semi");
    let recipe = recipe("wideresnet28", 4);
    let mut learner = Learner::new(&recipe, 10, &device());
    fill(&mut learner, &file, "wide/start", "encoder.");
    let x: Tensor<4> = tensor(&file, "wide/x");
    assert_close("evaluated", &values(learner.features(x.clone())), file.values("wide/evaluated"), 1e-4);

    let tracked = learner.state().student.weights.tracked();
    let mut student = Network { weights: Weights(tracked.0.clone()), ..learner.state().student.clone() };
    let slope: Tensor<2> = tensor(&file, "wide/slope");
    let features = learner.architecture.features(&mut student.train(), x.autodiff());
    assert_close("trained", &values(features.clone().inner()), file.values("wide/trained"), 1e-4);
    let gradients = tracked.gradients(&(features * slope.autodiff()).sum());
    let layout = &learner.architecture.layout;
    for name in ["conv1.weight", "block2.layer.0.convShortcut.weight"] {
        let at = layout.parameters.iter().position(|parameter| parameter.name == format!("encoder.{name}")).unwrap();
        let expected = file.values(&format!("wide/gradient/{name}"));
        let largest = expected.iter().fold(1.0f32, |largest, value| largest.max(value.abs()));
        assert_close(name, &values(gradients[at].clone()), expected, 1e-4 * largest);
    }
    for (index, (norm, _)) in layout.norms.iter().enumerate().filter(|(_, (norm, _))| norm.starts_with("encoder.")) {
        let norm = norm.strip_prefix("encoder.").unwrap();
        let Running { mean, variance, .. } = &student.running;
        for (kind, found) in [("running_mean", &mean[index]), ("running_var", &variance[index])] {
            assert_close(norm, &values(found.clone()), file.values(&format!("wide/after/{norm}.{kind}")), 1e-5);
        }
    }
}
