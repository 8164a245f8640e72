//! Pretext tasks: what they make of images, looked up in the pixels; their losses beside PyTorch's; and what must not tell the answer.

use std::{collections::BTreeSet, path::Path};

use byolab::{
    augment::{self, MadeView, Normalisation, ViewDemand, task::permutations},
    data::{self, Dataset, Images},
    engine::{
        augmenter::Augmenter,
        burn::tensor::{DType, Tensor, TensorData},
        learner::Learner,
        loader::ImageOrder,
        method::{Batch, BatchPart, ViewBatch},
        values,
    },
    plan::{
        Recipe,
        catalog::METHODS,
        demand::{ColourGuard, Noise, PATCHES, PatchGrid, Region, Task, View},
        recipe::*,
        schedule,
    },
};

use crate::{
    engine::recipe,
    methods::check_gradient_of,
    support::{Reference, assert_close},
    trace::{check_end, device, fill_as_named, flat, sgd},
    views::five_sigma,
};

/// Pixels as they are.
const AS_THEY_ARE: Normalisation = Normalisation { mean: [0.0; 3], std: [1.0; 3] };

fn dataset() -> Dataset {
    data::load_for(&recipe("convnet", 4), Path::new("")).unwrap()
}

/// Every task.
fn tasks() -> Vec<Task> {
    let (permutations, level) = (30, 0.25);
    let guards = [ColourGuard::Drop, ColourGuard::Project, ColourGuard::Keep];
    let contexts = guards.map(|colour| Task::Context { colour });
    let noises = [Noise::Masking, Noise::Gaussian].map(|noise| Task::Denoising { noise, level });
    let holes = [Region::Middle, Region::Random].map(|region| Task::Inpainting { region });
    let jigsaws = [0.0, 0.3, 1.0].map(|gray| Task::Jigsaw { permutations, gray });
    let others = [Task::Whole, Task::Instance, Task::Rotation, Task::Colorization, Task::SplitBrain, Task::Counting];
    contexts.into_iter().chain(noises).chain(holes).chain(jigsaws).chain(others).collect()
}

/// What a task makes of whole images, without augmentation.
fn made(images: &Images, indices: &[usize], task: Task, epoch: u64) -> MadeView {
    let still = Augmentation { first: Vec::new(), second: Vec::new(), ..Augmentation::default() };
    let demand = ViewDemand { task, ..View::First.into() };
    augment::views(images, indices, &still, demand, [7, epoch], AS_THEY_ARE)
}

/// An image from 0 to 1, `[3, side, side]`.
fn whole(images: &Images, index: usize) -> Vec<f32> {
    images.image(index).iter().map(|byte| f32::from(*byte) / 255.0).collect()
}

fn near(a: f32, b: f32) -> bool {
    (a - b).abs() < 2e-5
}

/// The square at (`top`, `left`) of an image, `[3, patch, patch]`.
fn square(image: &[f32], side: usize, [top, left]: [usize; 2], patch: usize) -> Vec<f32> {
    let rows = |plane: usize| (top..top + patch).map(move |row| plane * side * side + row * side + left);
    (0..3).flat_map(rows).flat_map(|at| image[at..at + patch].to_vec()).collect()
}

/// The cell, and where in it, of what `seen` shows after `change`.
fn found(image: &[f32], side: usize, grid: PatchGrid, seen: &[f32], change: fn(Vec<f32>) -> Vec<f32>) -> [usize; 4] {
    let places = (0..PATCHES).flat_map(|cell| (0..grid.places.pow(2)).map(move |place| (cell, place)));
    let all = places.map(|(cell, place)| [cell / 3, cell % 3, place / grid.places, place % grid.places]);
    let is_here = |&[row, column, down, across]: &[usize; 4]| {
        let corner = [row * grid.pitch + down, column * grid.pitch + across];
        change(square(image, side, corner, grid.patch)).iter().zip(seen).all(|(a, b)| (a - b).abs() < 2e-3)
    };
    let found: Vec<[usize; 4]> = all.filter(is_here).collect();
    assert_eq!(found.len(), 1, "a patch lies at one place of the image");
    found[0]
}

fn standardised(patch: Vec<f32>) -> Vec<f32> {
    let plane = patch.len() / 3;
    let channel = |values: &[f32]| {
        let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / plane as f64;
        let variance = values.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum::<f64>() / plane as f64;
        values.iter().map(|value| ((f64::from(*value) - mean) / variance.sqrt().max(1.0 / 255.0)) as f32).collect()
    };
    patch.chunks_exact(plane).flat_map(|values| -> Vec<f32> { channel(values) }).collect()
}

#[test]
fn what_a_task_makes_has_its_shape_and_nothing_of_the_batch() {
    let images = dataset().train;
    for task in tasks() {
        let shape = task.shape(images.side);
        let all = made(&images, &[3, 0, 9], task, 1);
        let size = shape.images * 3 * shape.side.pow(2);
        assert_eq!((all.pixels.len(), all.targets.len()), (3 * size, 3 * shape.targets), "{task:?}");
        for (place, index) in [3, 0, 9].into_iter().enumerate() {
            let alone = made(&images, &[index], task, 1);
            assert_eq!(alone.pixels, all.pixels[place * size..][..size], "{task:?}");
            assert_eq!(alone.targets, all.targets[place * shape.targets..][..shape.targets], "{task:?}");
        }
        assert!(all.pixels.iter().all(|value| value.is_finite()), "{task:?}");
    }
}

#[test]
fn turns_are_exact() {
    let images = dataset().train;
    let side = images.side;
    let view = made(&images, &[5], Task::Rotation, 0);
    assert_eq!(view.targets, [0.0, 1.0, 2.0, 3.0]);
    let mut image = whole(&images, 5);
    for turned in view.pixels.chunks_exact(3 * side * side) {
        assert!(turned.iter().zip(&image).all(|(a, b)| near(*a, *b)));
        // Counter-clockwise, what was the last column is the first row.
        let at = |place: usize| (place / (side * side), place / side % side, place % side);
        let before = |place| {
            let (plane, row, column) = at(place);
            image[plane * side * side + column * side + side - 1 - row]
        };
        image = (0..image.len()).map(before).collect();
    }
}

#[test]
fn patches_lie_in_their_cells_anywhere_and_never_touch() {
    let images = dataset().train;
    let (side, grid) = (images.side, PatchGrid::context(images.side));
    let mut places = BTreeSet::new();
    for index in 0..images.len() {
        for epoch in 0..8 {
            let view = made(&images, &[index], Task::Context { colour: ColourGuard::Keep }, epoch);
            let image = whole(&images, index);
            let size = 3 * grid.patch.pow(2);
            let [middle, other] = [0, 1].map(|at| found(&image, side, grid, &view.pixels[at * size..][..size], |x| x));
            assert_eq!(middle[..2], [1, 1]);
            let cell = other[0] * 3 + other[1];
            assert_eq!(
                view.targets[0] as usize,
                cell - usize::from(cell > 4),
                "neighbours row by row, without the middle"
            );
            places.insert(other);
            let corner =
                |[row, column, down, across]: [usize; 4]| [row * grid.pitch + down, column * grid.pitch + across];
            let apart = corner(middle).into_iter().zip(corner(other)).map(|(a, b)| a.abs_diff(b)).max();
            assert!(apart > Some(grid.patch), "a pixel lies between them at least");
        }
    }
    // As many places in a cell at the border as in any other.
    assert_eq!(places.len(), 8 * grid.places.pow(2), "every place of every neighbour comes");
}

#[test]
fn patches_of_any_image_have_room_and_a_gap() {
    for side in 32..=256 {
        for grid in [PatchGrid::context(side), PatchGrid::jigsaw(side)] {
            assert!(grid.pitch >= grid.patch + grid.places, "{side}: a gap");
            assert!(2 * grid.pitch + grid.places - 1 + grid.patch <= side, "{side}: room");
        }
    }
    // 96 pixels, half a patch between them, 7 to either side (Doersch et al. 2015).
    assert_eq!(PatchGrid::context(384), PatchGrid { patch: 96, pitch: 137, places: 15 });
}

#[test]
fn a_puzzle_is_the_permutation_that_it_asks_for_and_each_patch_is_normalised_by_itself() {
    let images = dataset().train;
    let (side, grid) = (images.side, PatchGrid::jigsaw(images.side));
    let size = 3 * grid.patch.pow(2);
    let mut orders = BTreeSet::new();
    for index in 0..20 {
        let view = made(&images, &[index], Task::Jigsaw { permutations: 30, gray: 0.0 }, 2);
        let order = view.targets[0] as usize;
        orders.insert(order);
        for (place, seen) in view.pixels.chunks_exact(size).enumerate() {
            let [row, column, ..] = found(&whole(&images, index), side, grid, seen, standardised);
            assert_eq!(permutations(30)[order][place], (row * 3 + column) as u8);
        }
    }
    assert!(orders.len() > 8, "{orders:?}");
}

#[test]
fn colours_are_dropped_projected_and_grayed() {
    let images = dataset().train;
    let plane = PatchGrid::context(images.side).patch.pow(2);
    let spread = |values: &[f32]| {
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        (values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / values.len() as f32).sqrt()
    };
    let mut kept = BTreeSet::new();
    for index in 0..30 {
        let of = |colour| made(&images, &[index], Task::Context { colour }, 0).pixels;
        let [there, dropped, projected] = [ColourGuard::Keep, ColourGuard::Drop, ColourGuard::Project].map(of);
        let patch = |all: &[f32]| all[..3 * plane].to_vec();
        let (there, dropped, projected) = (patch(&there), patch(&dropped), patch(&projected));
        let same = |channel: &usize| dropped[channel * plane..][..plane] == there[channel * plane..][..plane];
        let whole: Vec<usize> = (0..3).filter(same).collect();
        assert_eq!(whole.len(), 1, "one channel stays");
        kept.insert(whole[0]);
        let stays = spread(&dropped[whole[0] * plane..][..plane]);
        for other in (0..3).filter(|channel| *channel != whole[0]) {
            let ratio = spread(&dropped[other * plane..][..plane]) / stays;
            assert!((0.005..0.015).contains(&ratio), "{ratio}");
        }
        for place in 0..plane {
            let [red, green, blue] = [0, 1, 2].map(|channel| projected[channel * plane + place]);
            assert!(near(2.0 * green, red + blue));
        }
    }
    assert_eq!(kept.len(), 3);
    let is_gray = |pixels: &[f32], plane: usize| (0..plane).all(|at| near(pixels[at], pixels[plane + at]));
    let puzzle = PatchGrid::jigsaw(images.side).patch.pow(2);
    assert!(is_gray(&made(&images, &[0], Task::Jigsaw { permutations: 30, gray: 1.0 }, 0).pixels, puzzle));
    assert!(!is_gray(&made(&images, &[0], Task::Jigsaw { permutations: 30, gray: 0.0 }, 0).pixels, puzzle));
    assert!(is_gray(&made(&images, &[0], Task::Colorization, 0).pixels, images.side.pow(2)));
}

#[test]
fn noise_and_holes_leave_the_rest_alone() {
    let images = dataset().train;
    let (side, plane) = (images.side, images.side.pow(2));
    let (mut masked, mut squares, n) = (0, 0.0, 30);
    for index in 0..n {
        let of = |noise| made(&images, &[index], Task::Denoising { noise, level: 0.25 }, 0);
        let view = of(Noise::Masking);
        assert!(view.targets.iter().zip(whole(&images, index)).all(|(a, b)| near(*a, b)));
        for place in 0..plane {
            let at = [0, 1, 2].map(|channel| channel * plane + place);
            let is_hidden = at.iter().all(|at| view.pixels[*at] == 0.0);
            assert!(is_hidden || at.iter().all(|at| view.pixels[*at] == view.targets[*at]));
            masked += usize::from(is_hidden);
        }
        let view = of(Noise::Gaussian);
        squares += view.pixels.iter().zip(&view.targets).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
        let widest = [(Region::Middle, plane / 4..=plane / 4), (Region::Random, plane / 16..=plane / 4)];
        for (region, area) in widest {
            let view = made(&images, &[index], Task::Inpainting { region }, 0);
            let (image, hidden) = view.targets.split_at(3 * plane);
            assert!(area.contains(&hidden.iter().filter(|hidden| **hidden == 1.0).count()));
            for (at, value) in view.pixels.iter().enumerate() {
                assert_eq!(*value, if hidden[at % plane] == 1.0 { 0.0 } else { image[at] });
            }
            let middle =
                |place: usize| [place / side, place % side].iter().all(|at| (side / 4..side * 3 / 4).contains(at));
            assert!(region == Region::Random || (0..plane).all(|place| (hidden[place] == 1.0) == middle(place)));
        }
    }
    let count = (n * plane) as f64;
    assert!((masked as f64 / count - 0.25).abs() < five_sigma(0.25 * 0.75, count as u64));
    assert!((squares / (3.0 * count) - 0.0625).abs() < 0.002);
}

/// scikit-image 0.25.2 tells red as (53.2, 80.1, 67.2), (51, 102, 153) as (42.0, -0.2, -32.8), gray of 128 as (53.6, 0, 0), black as 0.
#[test]
fn cells_tell_the_classes_of_their_colours_and_of_their_lightness() {
    let cells = [[255, 0, 0], [51, 102, 153], [128, 128, 128], [0, 0, 0]];
    let pixel = |channel: usize, place: usize| cells[place / 8 / 4 * 2 + place % 8 / 4][channel];
    let pixels: Vec<u8> = (0..3).flat_map(|channel| (0..64).map(move |place| pixel(channel, place))).collect();
    let images = Images { side: 8, pixels: pixels.into(), labels: vec![0] };
    let colours = [19 * 22 + 17, 10 * 22 + 7, 11 * 22 + 11, 11 * 22 + 11].map(|class| class as f32);
    let near_gray = |class: f32| [10 * 22 + 10, 10 * 22 + 11, 11 * 22 + 10, 11 * 22 + 11].contains(&(class as usize));
    let told = made(&images, &[0], Task::SplitBrain, 0).targets;
    assert_eq!(told[..2], colours[..2]);
    assert!(told[2..4].iter().all(|class| near_gray(*class)), "gray lies where four classes meet");
    assert_eq!(told[4..], [10.0, 8.0, 10.0, 0.0]);
    assert_eq!(made(&images, &[0], Task::Colorization, 0).targets, told[..4]);
}

#[test]
fn quarters_are_those_of_the_image_and_the_whole_is_its_means() {
    let images = dataset().train;
    let (side, half) = (images.side, images.side / 2);
    let view = made(&images, &[4], Task::Counting, 0);
    let image = whole(&images, 4);
    let seen: Vec<&[f32]> = view.pixels.chunks_exact(3 * half * half).collect();
    for (tile, corner) in [[0, 0], [0, half], [half, 0], [half, half]].into_iter().enumerate() {
        assert!(square(&image, side, corner, half).iter().zip(seen[tile + 1]).all(|(a, b)| near(*a, *b)));
    }
    for (place, value) in seen[0].iter().enumerate() {
        let corner = [place / half % half * 2, place % half * 2];
        let block = &square(&image, side, corner, 2)[place / (half * half) * 4..][..4];
        assert!(near(block.iter().sum::<f32>() / 4.0, *value));
    }
}

/// The statistics of a batch are of all its patches, in whatever order they come: they tell of no order.
#[test]
fn what_the_encoder_makes_of_a_patch_does_not_depend_on_its_place_in_the_puzzle() {
    let data = dataset();
    let images: Vec<usize> = (0..8).collect();
    let view = made(&data.train, &images, Task::Jigsaw { permutations: 30, gray: 0.3 }, 0);
    let side = PatchGrid::jigsaw(data.train.side).patch;
    let learner = Learner::new(&recipe("convnet", 4), 10, &device());
    let features = |order: &[usize]| {
        let size = 3 * side * side;
        let pixels: Vec<f32> = order.iter().flat_map(|at| view.pixels[at * size..][..size].to_vec()).collect();
        let x = Tensor::<4>::from_data(TensorData::new(pixels, [order.len(), 3, side, side]), &device());
        let mut student = learner.state().student.clone();
        values(learner.architecture.encoder.forward(&mut student.train(), x))
    };
    let ordered: Vec<usize> = (0..8 * PATCHES).collect();
    let puzzled: Vec<usize> = ordered.iter().map(|at| at / PATCHES * PATCHES + (at * 4 + 3) % PATCHES).collect();
    let (plain, moved) = (features(&ordered), features(&puzzled));
    let width = plain.len() / ordered.len();
    let expected: Vec<f32> = puzzled.iter().flat_map(|at| plain[at * width..][..width].to_vec()).collect();
    assert_close("features", &moved, &expected, 1e-4);
}

fn batch_of(recipe: &Recipe, data: &Dataset, step: u64) -> Batch {
    let demand = recipe.demand();
    let taken = ImageOrder::new(recipe, data, &demand, 4).take(step, 0);
    Augmenter::new(recipe, data, &device()).batch(&taken)
}

#[test]
fn several_tasks_at_once_are_the_weighted_sum_of_each() {
    let data = dataset();
    let of = |method| Recipe { method, ..recipe("convnet", 4) };
    let loss = |recipe: &Recipe| {
        let learner = Learner::new(recipe, data.classes.len(), &device());
        let mut learner = learner;
        values(learner.accumulate(batch_of(recipe, &data, 0)).loss)[0]
    };
    let (rotation, jigsaw) = (RotationRecipe::default(), JigsawRecipe::default());
    let several = MultiTaskRecipe { context: 0.0, colorization: 0.0, exemplar: 0.0, rotation: 0.5, jigsaw: 2.0 };
    let [a, b] = [MethodRecipe::Rotation(rotation), MethodRecipe::Jigsaw(jigsaw)].map(|method| loss(&of(method)));
    let sum = loss(&of(MethodRecipe::MultiTask(several)));
    assert!((sum - (0.5 * a + 2.0 * b)).abs() < 1e-5, "{sum} is not 0.5 * {a} + 2 * {b}");
}

/// A method's recipe, small where its keys allow.
fn small(name: &str) -> MethodRecipe {
    let entry = METHODS.iter().find(|entry| entry.name == name).unwrap();
    let mut table = entry.default_table();
    table.insert("name".into(), name.into());
    let sizes = [
        ("projector_hidden", 32),
        ("projector_out", 16),
        ("predictor_hidden", 32),
        ("head_hidden", 16),
        ("queue", 32),
        ("whitening_size", 16),
        ("prototypes", 32),
        ("small_crops", 1),
    ];
    for (key, size) in sizes {
        if table.contains_key(key) {
            table.insert(key.into(), size.into());
        }
    }
    if name == "w-mse" {
        table.insert("projector_out".into(), 4.into());
    }
    table.try_into().unwrap()
}

#[test]
fn labels_change_nothing_of_a_method_that_does_not_ask_for_them() {
    let data = dataset();
    let mut permuted = dataset();
    permuted.train.labels.reverse();
    assert_ne!(data.train.labels, permuted.train.labels);
    let mut blind = Vec::new();
    for entry in METHODS {
        let recipe = Recipe { method: small(entry.name), ..recipe("convnet", 2) };
        let asks = recipe.demand().parts.iter().any(|part| part.labels);
        assert_eq!(asks, recipe.method.declaration().classifies(), "{}: labels are for a classifier", entry.name);
        if asks {
            continue;
        }
        let learnt = |data: &Dataset| {
            let mut learner = Learner::new(&recipe, data.classes.len(), &device());
            let decay = learner.architecture.target.map(|target| target.decay_at(0, 4));
            let mut told = Vec::new();
            for step in 0..2 {
                learner.begin_step(decay);
                told.extend(values(learner.accumulate(batch_of(&recipe, data, step)).loss));
                learner.step(0.01, decay, false);
            }
            let weights = &learner.state().student.weights.0;
            told.into_iter().chain(weights.iter().flat_map(|weight| values(weight.clone()))).collect::<Vec<f32>>()
        };
        assert_eq!(learnt(&data), learnt(&permuted), "{}", entry.name);
        blind.push(entry.name);
    }
    for name in ["byol", "simclr", "rotation", "jigsaw", "multi-task", "split-brain"] {
        assert!(blind.contains(&name), "{name} asks for labels");
    }
}

/// Every trace by its name in the reference: its recipe, and whether it sees `small` or `whole` images, how many views of how many.
fn cases() -> Vec<(&'static str, MethodRecipe, &'static str, [usize; 2])> {
    let (head_hidden, small, whole) = (12, "small", "whole");
    let exemplar = ExemplarRecipe::default();
    let triplets = ExemplarRecipe { by: Comparison::Triplets, head_out: 6, ..exemplar.clone() };
    let context = ContextPredictionRecipe { head_hidden, ..ContextPredictionRecipe::default() };
    let jigsaw = JigsawRecipe { permutations: 5, head_hidden, ..JigsawRecipe::default() };
    let denoising = DenoisingRecipe { head_hidden, ..DenoisingRecipe::default() };
    let filled = ContextEncoderRecipe { head_hidden, ..ContextEncoderRecipe::default() };
    let colours = ColorizationRecipe { head_hidden: 4, ..ColorizationRecipe::default() };
    let split = SplitBrainRecipe { head_hidden: 4, ..SplitBrainRecipe::default() };
    let counting = CountingRecipe { counted: 6, head_hidden, ..CountingRecipe::default() };
    vec![
        ("exemplar", MethodRecipe::Exemplar(exemplar), whole, [1, 4]),
        ("triplets", MethodRecipe::Exemplar(triplets), whole, [2, 4]),
        ("rotation", MethodRecipe::Rotation(RotationRecipe::default()), small, [1, 16]),
        ("context", MethodRecipe::ContextPrediction(context), small, [1, 8]),
        ("jigsaw", MethodRecipe::Jigsaw(jigsaw), small, [1, 36]),
        ("denoising", MethodRecipe::Denoising(denoising), whole, [1, 4]),
        ("context_encoder", MethodRecipe::ContextEncoder(filled), whole, [1, 4]),
        ("colorization", MethodRecipe::Colorization(colours), whole, [1, 4]),
        ("split_brain", MethodRecipe::SplitBrain(split), whole, [1, 4]),
        ("counting", MethodRecipe::Counting(counting), small, [1, 20]),
    ]
}

/// The reference's recipe of a task: a tiny convnet, images of 16 by 16.
fn with(method: MethodRecipe) -> Recipe {
    let mut recipe = Recipe { method, optimizer: sgd(1e-3), ..recipe("convnet", 4) };
    recipe.data.side = 16;
    recipe
}

/// The batch of a step, its pixels in `dtype`; targets that are pixels too.
fn batch(file: &Reference, case: &str, pixels: &str, [views, images]: [usize; 2], step: usize, dtype: DType) -> Batch {
    let name = format!("views/{pixels}");
    let shape = file.shape(&name).to_vec();
    let image: usize = shape[3..].iter().product();
    let view = |view: usize| {
        let begin = (step * shape[1] + view) * shape[2] * image;
        let pixels = file.values(&name)[begin..begin + images * image].to_vec();
        let pixels = TensorData::new(pixels, [&[images], &shape[3..]].concat());
        ViewBatch::of(Tensor::<4>::from_data(pixels, &device()).cast(dtype))
    };
    let mut views: Vec<ViewBatch> = (0..views).map(view).collect();
    let name = format!("{case}/targets");
    if file.get(&name).is_some() {
        let [_, rows, each] = <[usize; 3]>::try_from(file.shape(&name).to_vec()).unwrap();
        let told: Tensor<2> =
            flat(file, &name).slice(step * rows * each..(step + 1) * rows * each).reshape([rows, each]);
        views[0].targets = Some(if each >= 768 { told.cast(dtype) } else { told });
    }
    Batch { parts: vec![BatchPart { views, labels: None }] }
}

#[test]
fn four_steps_of_every_task_agree() {
    let file = Reference::read("pretext");
    for (case, method, pixels, count) in cases() {
        let recipe = with(method);
        let mut learner = Learner::new(&recipe, 10, &device());
        fill_as_named(&mut learner, &file, &format!("{case}/start"));
        let (mut losses, mut right) = (Vec::new(), Vec::new());
        for step in 0..4 {
            let outcome = learner.accumulate(batch(&file, case, pixels, count, step, DType::F32));
            losses.extend(values(outcome.loss));
            right.extend(outcome.metrics.into_iter().flat_map(|(_, share)| values(share)));
            learner.step(schedule::learning_rate(step as u64, 4, 0, 0.05), None, false);
        }
        assert_close(case, &losses, file.values(&format!("{case}/losses")), 1e-4);
        assert_close(case, &right, file.get(&format!("{case}/top1")).unwrap_or(&[]), 1e-6);
        check_end(&learner, &file, &format!("{case}/"), 1e-4);
    }
}

#[test]
fn gradients_of_every_task_are_those_of_finite_differences() {
    let file = Reference::read("pretext");
    for (case, method, pixels, count) in cases() {
        check_gradient_of(case, &with(method), batch(&file, case, pixels, count, 0, DType::F64));
    }
}
