//! Where things are, read out of frozen maps of scenes that the program makes: segmentation by a linear classifier of places, detection
//! by another one and boxes by a ridge regression. Every stage's maps are brought to one grid and stand beside each other, so that
//! coarse and fine ones both tell. The encoder learns nothing, and has seen no scene.

use burn::tensor::{Device, Tensor, activation::softmax};
use nalgebra::DMatrix;

use super::{
    factors::{matrix, ridge},
    linear::{self, Classifier},
    overlap::{Confusion, Detection, average_precision, suppressed},
};
use crate::{kernel::Maps, learner::Learner, pixels, values};
use byolab_values::{
    data::{
        Dataset, Label,
        synthetic::scene::{SIDE, SceneObject, Scenes, scenes},
    },
    plan::recipe::ProbesRecipe,
    protocol::Metrics,
};

/// Places of a scene along each axis.
const GRID: usize = SIDE / 4;
/// Scenes that are learnt from and judged, the same for every trial.
const LEARNT: usize = 192;
const JUDGED: usize = 96;
/// Where those that are judged begin.
const HELD_OUT: u64 = 1 << 32;
/// Classes of a place: those of the textures, and none.
const CLASSES: usize = 11;
/// Of an object's box, the share about its middle whose places tell of it.
const CENTRE: f32 = 0.5;
/// Surer answers are boxes.
const SURE: f32 = 0.05;
/// Boxes of a scene at most, as COCO has it.
const MOST: usize = 100;

/// `segmentation.miou` and `detection.ap50` on scenes that were not learnt from; `data` says what pixels are normalised by.
pub fn read_out(learner: &Learner, data: &Dataset, device: &Device) -> Metrics {
    let [learnt, judged] = [(0, LEARNT), (HELD_OUT, JUDGED)].map(|(first, count)| scenes(0, first, count));
    let [bank, query] = [&learnt, &judged].map(|scenes| places(learner, data, scenes, device));
    Metrics::from([
        ("segmentation.miou".to_string(), segmentation(&learnt, &judged, &bank, &query)),
        ("detection.ap50".to_string(), detection(&learnt, &judged, &bank, &query)),
    ])
}

/// What is learnt by: places are many and alike, so few epochs do.
fn probes() -> ProbesRecipe {
    ProbesRecipe { linear_epochs: 10, linear_batch: 1024, linear_lr: 0.1, ..ProbesRecipe::default() }
}

/// Maps of all stages at every place of the grid, `[scenes * GRID * GRID, channels]`.
fn places(learner: &Learner, data: &Dataset, scenes: &Scenes, device: &Device) -> Tensor<2> {
    let all: Vec<usize> = (0..scenes.images.len()).collect();
    let pixels = |some: &[usize]| pixels::plain(data, &scenes.images, some);
    pixels::rows(&all, device, pixels, |x| {
        let stage = |stage: usize| on_grid(learner.maps(x.clone(), stage));
        let stages: Vec<Tensor<2>> = (1..=learner.stages()).map(stage).collect();
        Tensor::cat(stages, 1)
    })
}

/// Maps at every place of the grid, `[n * GRID * GRID, channels]`: averaged where they are finer, repeated where they are coarser.
fn on_grid(maps: Maps) -> Tensor<2> {
    let [n, channels, side, _] = maps.order.to_planes(maps.values.clone()).dims();
    let planes = match side {
        finer if finer >= GRID => maps.averaged(GRID).reshape([n, channels, GRID, GRID]),
        coarser => {
            let times = GRID / coarser;
            let cells = maps.averaged(coarser).reshape([n * channels * coarser, coarser, 1]).repeat_dim(2, times);
            let rows = cells.reshape([n * channels, coarser, 1, GRID]).repeat_dim(2, times);
            rows.reshape([n, channels, GRID, GRID])
        }
    };
    planes.permute([0, 2, 3, 1]).reshape([n * GRID * GRID, channels])
}

fn segmentation(learnt: &Scenes, judged: &Scenes, bank: &Tensor<2>, query: &Tensor<2>) -> f64 {
    let labels: Vec<Label> = learnt.masks.iter().flat_map(|mask| of_places(mask)).collect();
    let told = linear::fit(bank.clone(), &labels, CLASSES, &probes(), 0).predict(query.clone());
    let mut confusion = Confusion::of(CLASSES);
    for (mask, told) in judged.masks.iter().zip(told.chunks(GRID * GRID)) {
        let at = |pixel: usize| told[pixel / SIDE * GRID / SIDE * GRID + pixel % SIDE * GRID / SIDE] as u8;
        confusion.add(mask, &(0..SIDE * SIDE).map(at).collect::<Vec<_>>());
    }
    confusion.mean_iou()
}

/// What most pixels of each place are, the lowest of equals.
fn of_places(mask: &[u8]) -> Vec<Label> {
    let cell = SIDE / GRID;
    let most = |place: usize| {
        let mut counts = [0; CLASSES];
        for pixel in 0..cell * cell {
            let (row, column) = (place / GRID * cell + pixel / cell, place % GRID * cell + pixel % cell);
            counts[usize::from(mask[row * SIDE + column])] += 1;
        }
        (0..CLASSES).rev().max_by_key(|class| counts[*class]).expect("there are classes") as Label
    };
    (0..GRID * GRID).map(most).collect()
}

fn detection(learnt: &Scenes, judged: &Scenes, bank: &Tensor<2>, query: &Tensor<2>) -> f64 {
    let seen: Vec<Option<&SceneObject>> = learnt.objects.iter().flat_map(|objects| of_centres(objects)).collect();
    let labels: Vec<Label> = seen.iter().map(|object| object.map_or(0, |object| object.class + 1)).collect();
    let classifier = linear::fit(bank.clone(), &labels, CLASSES, &probes(), 0);
    let shares = values(softmax(classifier.logits(query.clone()), 1));
    let boxes = boxes(&classifier, bank, query, &seen);
    let of_scene = |scene: usize| {
        let place = |place: usize| {
            let row = scene * GRID * GRID + place;
            let sides = std::array::from_fn(|side| boxes[(row, side)] as f32);
            let told = shares[row * CLASSES..][..CLASSES].iter().enumerate().skip(1);
            told.filter(|(_, share)| **share > SURE).map(move |(class, share)| Detection {
                bounds: around(place, sides),
                class: class - 1,
                score: *share,
            })
        };
        suppressed((0..GRID * GRID).flat_map(place).collect(), MOST)
    };
    let found: Vec<Vec<Detection>> = (0..judged.objects.len()).map(of_scene).collect();
    let truth = |objects: &Vec<SceneObject>| {
        objects.iter().map(|object| (usize::from(object.class), object.bounds)).collect::<Vec<_>>()
    };
    average_precision(&judged.objects.iter().map(truth).collect::<Vec<_>>(), &found, CLASSES - 1)
}

/// How far a box reaches from each place of `query`, learnt at the places of objects, `[places, 4]`, in sides of a scene.
fn boxes(classifier: &Classifier, bank: &Tensor<2>, query: &Tensor<2>, seen: &[Option<&SceneObject>]) -> DMatrix<f64> {
    let rows: Vec<usize> = (0..seen.len()).filter(|row| seen[*row].is_some()).collect();
    let reaches: Vec<f64> = rows
        .iter()
        .flat_map(|row| reach(row % (GRID * GRID), &seen[*row].expect("it is an object's").bounds))
        .map(f64::from)
        .collect();
    let selected = bank.clone().select(0, linear::places(&rows, &bank.device()));
    let [x, query] = [selected, query.clone()].map(|x| matrix(&linear::with_one(classifier.standardised(x))));
    let solution = ridge(&x, &DMatrix::from_row_iterator(rows.len(), 4, reaches));
    query * solution
}

/// The object in whose middle each place lies.
fn of_centres(objects: &[SceneObject]) -> Vec<Option<&SceneObject>> {
    let within = |place: usize| {
        let [x, y] = middle(place);
        objects.iter().find(|object| {
            let [left, top, right, bottom] = object.bounds;
            let (across, down) = ((right - left) * CENTRE / 2.0, (bottom - top) * CENTRE / 2.0);
            (x - (left + right) / 2.0).abs() <= across && (y - (top + bottom) / 2.0).abs() <= down
        })
    };
    (0..GRID * GRID).map(within).collect()
}

/// The middle of a place, in pixels.
fn middle(place: usize) -> [f32; 2] {
    [place % GRID, place / GRID].map(|at| (at as f32 + 0.5) * (SIDE / GRID) as f32)
}

/// How far bounds reach from a place to the left, up, right and down, in sides of a scene.
fn reach(place: usize, bounds: &[f32; 4]) -> [f32; 4] {
    let [x, y] = middle(place);
    [x - bounds[0], y - bounds[1], bounds[2] - x, bounds[3] - y].map(|reach| reach / SIDE as f32)
}

/// The bounds that reach so far from a place, within the scene.
fn around(place: usize, reach: [f32; 4]) -> [f32; 4] {
    let ([x, y], [left, up, right, down]) = (middle(place), reach.map(|reach| reach * SIDE as f32));
    [x - left, y - up, x + right, y + down].map(|place| place.clamp(0.0, SIDE as f32))
}
