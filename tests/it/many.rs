//! What moves many tensors at once, against a tensor at a time, and steps that are replayed against steps launch by launch.

use std::path::Path;

use byolab::engine::burn::tensor::{Device, Tensor, TensorData};
use byolab::{
    data,
    engine::{
        augmenter::Augmenter,
        device::Opened,
        kernel::many::{self, Destination, Update},
        learner::Learner,
        loader::ImageOrder,
        method::Batch,
        state::{self, TrialProgress},
        values,
    },
    plan::{
        Recipe,
        recipe::*,
        streams::{Draws, Stream},
    },
};

use crate::{
    engine::recipe,
    support::{assert_close, vulkan},
};

/// Of parts and less, of several parts, and together more than some devices bind.
const SIZES: [usize; 9] = [1, 3, 16, 128, 1000, 8192, 8193, 20_000, 64];
const PARAMETERS: usize = 80;
/// A teacher has the first of them.
const FOLLOWED: usize = 50;

/// The CPU, and a Vulkan device where there is one.
fn devices() -> Vec<(String, Device)> {
    let mut devices = vec![("cpu".to_string(), Device::flex())];
    devices.extend(vulkan().map(|opened| (opened.name, opened.device)));
    devices
}

fn noise(device: &Device, key: u64, index: usize) -> Tensor<1> {
    let mut draws = Draws::new(key, Stream::Probe, 0, index as u64, 0);
    let values: Vec<f32> = (0..SIZES[index % SIZES.len()]).map(|_| draws.normal()).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

fn all(device: &Device, key: u64, count: usize) -> Vec<Tensor<1>> {
    (0..count).map(|index| noise(device, key, index)).collect()
}

fn norm(x: Tensor<1>) -> Tensor<1> {
    (x.clone() * x).sum_dim(0).sqrt()
}

/// A step of one parameter by burn's operations: its new weight.
fn composed(
    recipe: &OptimizerRecipe,
    p: Tensor<1>,
    g: Tensor<1>,
    moments: &mut [Tensor<1>],
    by: (f64, bool, u64),
) -> Tensor<1> {
    let (lr, decayed, steps) = by;
    match recipe {
        OptimizerRecipe::Sgd(r) => {
            let g = if decayed { g + p.clone() * r.weight_decay } else { g };
            moments[0] = moments[0].clone() * r.momentum + g.clone();
            let update = if r.nesterov { g + moments[0].clone() * r.momentum } else { moments[0].clone() };
            p - update * lr
        }
        OptimizerRecipe::Adamw(r) => {
            moments[0] = moments[0].clone() * r.beta1 + g.clone() * (1.0 - r.beta1);
            moments[1] = moments[1].clone() * r.beta2 + g.clone() * g * (1.0 - r.beta2);
            let unbiased = |beta: f64| 1.0 / (1.0 - beta.powf((steps + 1) as f64));
            let root = (moments[1].clone() * unbiased(r.beta2)).sqrt() + r.epsilon;
            let decay = if decayed { r.weight_decay } else { 0.0 };
            p * (1.0 - lr * decay) - moments[0].clone() / root * (lr * unbiased(r.beta1))
        }
        OptimizerRecipe::Lars(r) => {
            let g = if decayed && (r.always_adapt || r.weight_decay > 0.0) {
                let (raw, whole) = (g.clone(), g.clone() + p.clone() * r.weight_decay);
                let (of_gradients, decay) = match r.separate_norms {
                    true => (norm(g), r.weight_decay),
                    false => (norm(whole.clone()), 0.0),
                };
                let below = of_gradients.clone() + norm(p.clone()) * decay;
                let undefined = (norm(p.clone()) * of_gradients.clone()).equal_elem(0.0);
                let ratio = (norm(p.clone()) * r.trust / (below + r.epsilon)).mask_fill(undefined.clone(), 1.0);
                let ratio = if r.clip { ratio.clamp_max(lr) * (1.0 / lr) } else { ratio };
                let moved = whole * ratio;
                if r.skip_zero_norms { moved.mask_where(undefined, raw) } else { moved }
            } else {
                g
            };
            if r.lr_in_momentum {
                moments[0] = moments[0].clone() * r.momentum + g * lr;
                return p - moments[0].clone();
            }
            moments[0] = moments[0].clone() * r.momentum + g;
            p - moments[0].clone() * lr
        }
    }
}

#[test]
fn every_optimizer_moves_a_network_as_it_moves_each_parameter() {
    let lars = LarsRecipe { weight_decay: 1e-2, ..LarsRecipe::default() };
    let sgd = SgdRecipe { weight_decay: 1e-2, ..SgdRecipe::default() };
    let recipes = [
        OptimizerRecipe::Sgd(sgd.clone()),
        OptimizerRecipe::Sgd(SgdRecipe { nesterov: true, ..sgd }),
        OptimizerRecipe::Lars(lars.clone()),
        OptimizerRecipe::Lars(LarsRecipe { lr_in_momentum: true, ..lars.clone() }),
        OptimizerRecipe::Lars(LarsRecipe { trust: 0.02, clip: true, separate_norms: true, ..lars.clone() }),
        OptimizerRecipe::Lars(LarsRecipe { always_adapt: false, weight_decay: 0.0, ..lars.clone() }),
        OptimizerRecipe::Lars(LarsRecipe {
            trust: 0.02,
            clip: true,
            separate_norms: true,
            skip_zero_norms: true,
            epsilon: 0.1,
            ..lars
        }),
        OptimizerRecipe::Adamw(AdamwRecipe { weight_decay: 1e-2, ..AdamwRecipe::default() }),
    ];
    for (name, device) in devices() {
        // Without a teacher, a launch takes more tensors on devices that bind few.
        let cases = recipes.iter().flat_map(|recipe| [(recipe, FOLLOWED), (recipe, 0)]);
        for (recipe, followed) in cases {
            let each = many::moments(recipe);
            let mut weights = all(&device, 1, PARAMETERS);
            // A parameter of zeros, whose norm is none.
            weights[5] = weights[5].zeros_like();
            let mut moments: Vec<_> = weights.iter().flat_map(|it| vec![it.zeros_like(); each]).collect();
            let mut teacher = all(&device, 3, followed);
            let (mut p, mut m, mut t) = (weights.clone(), moments.clone(), teacher.clone());
            for steps in 0..2 {
                let mut gradients = all(&device, 10 + steps, PARAMETERS);
                // None of a layer that has weights.
                gradients[9] = gradients[9].zeros_like();
                let by = Update {
                    optimizer: recipe.clone(),
                    rates: (0..PARAMETERS).map(|index| 0.1 * (1 + index % 3) as f64).collect(),
                    decayed: (0..PARAMETERS).map(|index| index % 4 != 3).collect(),
                    steps,
                    share: 0.5,
                    target_decay: 0.75,
                    place: Destination::Free,
                };
                for (i, gradient) in gradients.iter().enumerate() {
                    let (own, numbers) = (&mut m[i * each..(i + 1) * each], (by.rates[i], by.decayed[i], steps));
                    p[i] = composed(recipe, p[i].clone(), gradient.clone() * by.share, own, numbers);
                    if i < followed {
                        t[i] = t[i].clone() * by.target_decay + p[i].clone() * (1.0 - by.target_decay);
                    }
                }
                many::update(&mut weights, gradients, &mut moments, &mut teacher, by);
            }
            for (kind, own, composed) in [("weight", &weights, &p), ("moment", &moments, &m), ("teacher", &teacher, &t)]
            {
                for (index, (own, composed)) in own.iter().zip(composed).enumerate() {
                    let composed = values(composed.clone());
                    let scale = composed.iter().fold(1.0f32, |largest, value| largest.max(value.abs()));
                    let what = format!("{name} {recipe:?} {kind} {index}");
                    assert_close(&what, &values(own.clone()), &composed, 1e-5 * scale);
                }
            }
        }
    }
}

/// Whoever holds the old numbers keeps them, unless they are to be written over.
#[test]
fn averages_are_those_of_each_tensor_and_written_where_they_are_to_be() {
    for (name, device) in devices() {
        for kept in [0.75, 0.0] {
            for place in [Destination::Free, Destination::Pinned] {
                let (old, theirs) = (all(&device, 1, FOLLOWED), all(&device, 2, PARAMETERS));
                let shares: Vec<f64> = (0..FOLLOWED).map(|index| index as f64 / 10.0).collect();
                let before: Vec<Vec<f32>> = old.iter().cloned().map(values).collect();
                let mut mine = old.clone();
                many::blend(&mut mine, &theirs, kept, &shares, place);
                for index in 0..FOLLOWED {
                    let expected = old_times(&before[index], kept, &values(theirs[index].clone()), shares[index]);
                    assert_close(&format!("{name} {kept} {index}"), &values(mine[index].clone()), &expected, 2e-6);
                    let held = values(old[index].clone());
                    let written = place == Destination::Pinned && name != "cpu";
                    let same = held == before[index];
                    assert!(same != written || held == values(mine[index].clone()), "{name} {place:?} {index}");
                    assert!(same || written, "{name} {place:?} {index}: somebody else's numbers were written over");
                }
            }
        }
    }
}

fn old_times(old: &[f32], kept: f64, theirs: &[f32], share: f64) -> Vec<f32> {
    old.iter().zip(theirs).map(|(old, theirs)| old * kept as f32 + theirs * share as f32).collect()
}

/// Three steps, of one or two micro-batches, perhaps with its own state put into the learner before the last; what every loss
/// was, and what student and teacher are afterwards.
fn trained(recipe: &Recipe, device: &Device, recorded: bool, restored: bool) -> (Vec<f32>, bool) {
    let mut learner = Learner::new(recipe, 10, device);
    if recorded {
        learner.record();
    }
    let (mut losses, micro_batches) = (Vec::new(), recipe.train.optimizer_batch / recipe.train.batch);
    for step in 0..3u64 {
        let decay = recipe.method.target().map(|target| target.decay_at(step, 4));
        learner.begin_step(decay);
        for micro_batch in 0..micro_batches as u64 {
            let views = [0, 1].map(|view| {
                let mut draws = Draws::new(7, Stream::Probe, step, micro_batch, view);
                let pixels: Vec<f32> = (0..4 * 3 * 8 * 8).map(|_| draws.normal()).collect();
                Tensor::<4>::from_data(TensorData::new(pixels, [4, 3, 8, 8]), device)
            });
            losses.push(learner.accumulate(Batch::of(views).labelled(&[0, 1, 2, 3])).loss);
        }
        learner.step(0.1 / (step + 1) as f64, decay, false);
        if restored && step == 1 {
            let progress = TrialProgress { step: 2, ..TrialProgress::default() };
            let bytes = state::save(&learner, &progress);
            assert_eq!(state::restore(&mut learner, &bytes, device).unwrap(), progress);
        }
    }
    let mut numbers: Vec<f32> = losses.into_iter().flat_map(values).collect();
    let teacher = learner.state().teacher.iter().flat_map(|teacher| {
        let (weights, running) = (&teacher.network.weights.0, &teacher.network.running);
        let queue = teacher.queue.iter().map(|queue| queue.clone().flatten(0, 1));
        weights.iter().chain(&running.mean).chain(&running.variance).cloned().chain(queue)
    });
    let (weights, running) = (&learner.state().student.weights.0, &learner.state().student.running);
    let student =
        weights.iter().chain(&running.mean).chain(&running.variance).chain(&learner.state().optimizer.moments).cloned();
    numbers.extend(student.chain(teacher).flat_map(values));
    (numbers, learner.replays())
}

/// Recorded once, replayed with other views, weights and rates; recorded anew where others have changed the learner.
#[test]
fn a_replayed_step_is_the_step_launch_by_launch() {
    let Some(Opened { device, .. }) = vulkan() else { return };
    let base = recipe("convnet", 2);
    let byol = |target_norm| {
        MethodRecipe::Byol(ByolRecipe {
            projector_hidden: 8,
            projector_out: 4,
            predictor_hidden: 8,
            target_norm,
            ..ByolRecipe::default()
        })
    };
    let moco = MethodRecipe::Moco(MocoRecipe { projector_out: 4, queue: 16, ..MocoRecipe::default() });
    let simclr =
        MethodRecipe::Simclr(SimclrRecipe { projector_hidden: 8, projector_out: 4, ..SimclrRecipe::default() });
    let lars = OptimizerRecipe::Lars(LarsRecipe::default());
    for (case, method, optimizer, micro_batches, replays) in [
        ("byol", byol(TargetNorm::Batch), lars.clone(), 1, true),
        ("byol, two micro-batches", byol(TargetNorm::Batch), base.optimizer.clone(), 2, true),
        ("byol, averaged statistics", byol(TargetNorm::Averaged), base.optimizer.clone(), 1, true),
        ("byol, statistics of its own", byol(TargetNorm::Own), base.optimizer.clone(), 1, false),
        ("simclr", simclr, lars.clone(), 2, true),
        ("moco", moco, base.optimizer.clone(), 1, true),
        ("supervised", MethodRecipe::Supervised(SupervisedRecipe {}), base.optimizer.clone(), 1, true),
    ] {
        let mut recipe = Recipe { method, optimizer, ..base.clone() };
        (recipe.train.batch, recipe.train.optimizer_batch) = (4, 4 * micro_batches);
        let (eager, _) = trained(&recipe, &device, false, false);
        for restored in [false, true] {
            let (replayed, did) = trained(&recipe, &device, true, restored);
            assert_eq!(did, replays, "{case}: whether steps are replayed");
            let distance = crate::support::distance(&replayed, &eager);
            assert!(replayed == eager, "{case}, restored {restored}: off by {distance}");
        }
    }
}

/// Losses of three steps over the images that the method asks for, and what the student is afterwards.
fn asked(recipe: &Recipe, device: &Device, recorded: bool) -> (Vec<f32>, bool) {
    let data = data::load_for(recipe, Path::new("")).unwrap();
    let (augmenter, demand) = (Augmenter::new(recipe, &data, device), recipe.demand());
    let mut order = ImageOrder::new(recipe, &data, &demand, 4);
    let mut learner = Learner::new(recipe, data.classes.len(), device);
    if recorded {
        learner.record();
    }
    let mut numbers = Vec::new();
    for step in 0..3 {
        let outcome = learner.accumulate(augmenter.batch(&order.take(step, 0)));
        numbers.extend(values(outcome.loss));
        learner.step(0.01, recipe.method.target().map(|target| target.decay), false);
    }
    let student = learner.state().student.weights.0.clone();
    numbers.extend(student.into_iter().flat_map(values));
    (numbers, learner.replays())
}

/// What is asked about views, and what is taken for a label, is found out on the device.
#[test]
fn pretext_tasks_and_few_labels_are_replayed_as_they_are_launched_and_as_the_cpu_computes_them() {
    let Some(Opened { device, .. }) = vulkan() else { return };
    for method in [
        MethodRecipe::Rotation(RotationRecipe::default()),
        MethodRecipe::Jigsaw(JigsawRecipe { head_hidden: 8, permutations: 4, ..JigsawRecipe::default() }),
        MethodRecipe::Colorization(ColorizationRecipe { head_hidden: 8, ..ColorizationRecipe::default() }),
        MethodRecipe::Fixmatch(FixmatchRecipe { mu: 2, threshold: 0.12, ..FixmatchRecipe::default() }),
    ] {
        let mut recipe = Recipe { method, ..recipe("convnet", 8) };
        (recipe.train.batch, recipe.train.optimizer_batch) = (8, 8);
        let name = recipe.method.name();
        let (eager, _) = asked(&recipe, &device, false);
        let (replayed, did) = asked(&recipe, &device, true);
        assert!(did, "{name} is recorded");
        assert!(replayed == eager, "{name}: off by {}", crate::support::distance(&replayed, &eager));
        let (cpu, _) = asked(&recipe, &Device::flex(), false);
        assert_close(name, &eager[..1], &cpu[..1], 1e-3);
    }
}
