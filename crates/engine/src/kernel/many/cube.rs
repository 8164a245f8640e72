//! On GPUs, one source for CUDA and Vulkan: a cube takes a part of one tensor, and a launch as many tensors as the device
//! binds.

use std::ops::Range;

use burn::tensor::DType;
use cubecl::prelude::*;

use super::{
    super::gpu::{UNITS, empty, lanes, total},
    Destination, ManyOps, TensorList, Update, moments as moments_each, reached,
};
use crate::backend::{
    Shape,
    cube::{CubeBackend, CubeTensor, into_contiguous},
};
use byolab_values::plan::recipe::{AdamwRecipe, LarsRecipe, OptimizerRecipe, SgdRecipe};

/// Numbers of a tensor that a cube takes.
const PART: usize = 8192;
/// Bindings that are left for what is not of a tensor's own: sums, and what a launch is told of sizes and numbers.
const OTHERS: usize = 2;
/// Bindings that a kernel takes at most: addresses of eight bytes, of which CUDA passed 4 KiB before version 12.1.
const MOST: usize = 480;

impl ManyOps for CubeBackend {
    fn own_blend(
        mine: TensorList<Self>,
        theirs: TensorList<Self>,
        kept: f64,
        shares: Vec<f64>,
        place: Destination,
    ) -> TensorList<Self> {
        let mine: Vec<CubeTensor> = mine.0.into_iter().map(|tensor| writable(tensor, place)).collect();
        let theirs: Vec<CubeTensor> = theirs.0.into_iter().map(into_contiguous).collect();
        for some in launches(&mine, 2) {
            let starts = starts(&mine[some.clone()]);
            blend::launch(
                &mine[0].client,
                cubes(&starts),
                CubeDim::new_1d(UNITS),
                buffers(&mine[some.clone()]),
                buffers(&theirs[some.clone()]),
                kept as f32,
                scalars(shares[some].iter().copied()),
                kept == 0.0,
                starts,
            );
        }
        TensorList(mine)
    }

    fn own_update(
        weights: TensorList<Self>,
        gradients: TensorList<Self>,
        moments: TensorList<Self>,
        teacher: TensorList<Self>,
        by: Update,
    ) -> (TensorList<Self>, TensorList<Self>, TensorList<Self>) {
        let written = |list: TensorList<Self>| -> Vec<CubeTensor> {
            list.0.into_iter().map(|tensor| writable(tensor, by.place)).collect()
        };
        let [weights, moments, teacher] = [weights, moments, teacher].map(written);
        let gradients: Vec<CubeTensor> = gradients.0.into_iter().map(into_contiguous).collect();
        let each = moments_each(&by.optimizer);
        for some in launches(&weights, 2 + each + usize::from(!teacher.is_empty())) {
            let followed = some.start.min(teacher.len())..some.end.min(teacher.len());
            let part = LaunchPart {
                weights: &weights[some.clone()],
                gradients: &gradients[some.clone()],
                moments: &moments[some.start * each..some.end * each],
                teacher: &teacher[followed],
                rates: &by.rates[some.clone()],
                decayed: &by.decayed[some],
            };
            match &by.optimizer {
                OptimizerRecipe::Sgd(recipe) => part.sgd(recipe, &by),
                OptimizerRecipe::Lars(recipe) => part.lars(recipe, &by),
                OptimizerRecipe::Adamw(recipe) => part.adamw(recipe, &by),
            }
        }
        (TensorList(weights), TensorList(moments), TensorList(teacher))
    }
}

/// The tensors of a launch.
struct LaunchPart<'a> {
    weights: &'a [CubeTensor],
    gradients: &'a [CubeTensor],
    moments: &'a [CubeTensor],
    teacher: &'a [CubeTensor],
    rates: &'a [f64],
    decayed: &'a [bool],
}

impl LaunchPart<'_> {
    fn sgd(&self, recipe: &SgdRecipe, by: &Update) {
        let starts = starts(self.weights);
        let decays = self.decayed.iter().map(|decayed| if *decayed { recipe.weight_decay } else { 0.0 });
        sgd::launch(
            &self.weights[0].client,
            cubes(&starts),
            CubeDim::new_1d(UNITS),
            buffers(self.weights),
            buffers(self.gradients),
            buffers(self.moments),
            buffers(self.teacher),
            scalars(self.rates.iter().copied()),
            scalars(decays),
            by.share as f32,
            recipe.momentum as f32,
            by.target_decay as f32,
            (1.0 - by.target_decay) as f32,
            recipe.nesterov,
            starts,
        );
    }

    fn lars(&self, recipe: &LarsRecipe, by: &Update) {
        let starts = starts(self.weights);
        let (client, lanes) = (&self.weights[0].client, lanes(&self.weights[0]));
        let sums = (starts[self.weights.len()] * (UNITS / lanes)) as usize;
        let squares = empty(&self.weights[0], Shape::new([2 * sums]), DType::F32);
        // Of the gradient alone, or of what it is with the decay.
        let added = if recipe.separate_norms { 0.0 } else { recipe.weight_decay };
        squares_of_parts::launch(
            client,
            cubes(&starts),
            CubeDim::new_1d(UNITS),
            buffers(self.weights),
            buffers(self.gradients),
            squares.clone().into_buffer_arg(),
            by.share as f32,
            added as f32,
            lanes,
            starts.clone(),
        );
        lars::launch(
            client,
            cubes(&starts),
            CubeDim::new_1d(UNITS),
            buffers(self.weights),
            buffers(self.gradients),
            buffers(self.moments),
            buffers(self.teacher),
            squares.into_buffer_arg(),
            scalars(self.rates.iter().copied()),
            by.share as f32,
            recipe.momentum as f32,
            recipe.weight_decay as f32,
            recipe.trust as f32,
            recipe.epsilon as f32,
            by.target_decay as f32,
            (1.0 - by.target_decay) as f32,
            LarsForm {
                lr_in_momentum: recipe.lr_in_momentum,
                clip: recipe.clip,
                separate_norms: recipe.separate_norms,
                skip_zero_norms: recipe.skip_zero_norms,
                lanes,
            },
            self.decayed.iter().map(|decayed| *decayed && recipe.adapts()).collect(),
            starts,
        );
    }

    fn adamw(&self, recipe: &AdamwRecipe, by: &Update) {
        let starts = starts(self.weights);
        let [first, second] = reached(recipe, by.steps);
        let decays = self.decayed.iter().zip(self.rates);
        let kept = decays.map(|(decayed, rate)| if *decayed { 1.0 - rate * recipe.weight_decay } else { 1.0 });
        adamw::launch(
            &self.weights[0].client,
            cubes(&starts),
            CubeDim::new_1d(UNITS),
            buffers(self.weights),
            buffers(self.gradients),
            buffers(self.moments),
            buffers(self.teacher),
            scalars(self.rates.iter().map(|rate| rate / first)),
            scalars(kept),
            by.share as f32,
            recipe.beta1 as f32,
            (1.0 - recipe.beta1) as f32,
            recipe.beta2 as f32,
            (1.0 - recipe.beta2) as f32,
            (1.0 / second) as f32,
            recipe.epsilon as f32,
            by.target_decay as f32,
            (1.0 - by.target_decay) as f32,
            starts,
        );
    }
}

/// The tensor itself where it may be written to, else a copy.
fn writable(tensor: CubeTensor, place: Destination) -> CubeTensor {
    assert!(tensor.dtype == DType::F32, "what a step moves is in single precision");
    let pinned = place == Destination::Pinned;
    assert!(!pinned || tensor.is_contiguous(), "numbers that stay where they are lie beside each other");
    if pinned || (tensor.is_contiguous() && tensor.can_mut()) { tensor } else { into_contiguous(tensor).copy() }
}

/// Which tensors go together, of each of which a launch binds so many.
fn launches(tensors: &[CubeTensor], bound: usize) -> Vec<Range<usize>> {
    let Some(first) = tensors.first() else { return Vec::new() };
    let most = (first.client.properties().hardware.max_bindings as usize).min(MOST);
    let together = (most.saturating_sub(OTHERS) / bound).max(1);
    (0..tensors.len()).step_by(together).map(|start| start..(start + together).min(tensors.len())).collect()
}

/// The first cube of each tensor, and how many there are.
fn starts(tensors: &[CubeTensor]) -> Vec<u32> {
    let mut starts = vec![0];
    for tensor in tensors {
        let cubes = tensor.meta.num_elements().div_ceil(PART).max(1) as u32;
        starts.push(starts[starts.len() - 1] + cubes);
    }
    starts
}

fn cubes(starts: &[u32]) -> CubeCount {
    CubeCount::Static(starts[starts.len() - 1], 1, 1)
}

type Buffers = Sequence<Box<[f32]>>;

fn buffers(tensors: &[CubeTensor]) -> SequenceArg<Box<[f32]>> {
    tensors.iter().map(|tensor| tensor.clone().into_buffer_arg()).collect()
}

fn scalars(values: impl Iterator<Item = f64>) -> SequenceArg<f32> {
    values.map(|value| value as f32).collect()
}

/// The first number of a unit, and one past the last of its cube, in a tensor of `len` whose first cube is `start`.
#[cube]
fn reach(len: usize, #[comptime] start: u32) -> (usize, usize) {
    let first = (CUBE_POS_X - start) as usize * PART;
    (first + UNIT_POS_X as usize, usize::min(first + PART, len))
}

#[cube(launch)]
fn blend(
    mine: &mut Buffers,
    theirs: &Buffers,
    kept: f32,
    shares: &Sequence<f32>,
    #[comptime] anew: bool,
    #[comptime] starts: Vec<u32>,
) {
    #[unroll]
    for i in 0..mine.len() {
        let (start, end) = comptime!((starts[i], starts[i + 1]));
        if CUBE_POS_X >= start && CUBE_POS_X < end {
            let share = *shares.index(i);
            let own = mine.index_mut(i);
            let (mut at, last) = reach(own.len(), start);
            while at < last {
                let added = theirs.index(i)[at] * share;
                if comptime!(anew) {
                    own[at] = added;
                } else {
                    own[at] = own[at] * kept + added;
                }
                at += UNITS as usize;
            }
        }
    }
}

/// Moves the teacher's number, where it has this tensor.
#[cube]
fn ema(teacher: &mut Buffers, #[comptime] i: usize, at: usize, weight: f32, kept: f32, share: f32) {
    if comptime!(i < teacher.len()) {
        let own = teacher.index_mut(i);
        own[at] = own[at] * kept + weight * share;
    }
}

#[cube(launch)]
fn sgd(
    weights: &mut Buffers,
    gradients: &Buffers,
    moments: &mut Buffers,
    teacher: &mut Buffers,
    rates: &Sequence<f32>,
    decays: &Sequence<f32>,
    share: f32,
    momentum: f32,
    target_kept: f32,
    target_share: f32,
    #[comptime] nesterov: bool,
    #[comptime] starts: Vec<u32>,
) {
    #[unroll]
    for i in 0..weights.len() {
        let (start, end) = comptime!((starts[i], starts[i + 1]));
        if CUBE_POS_X >= start && CUBE_POS_X < end {
            let (rate, decay) = (*rates.index(i), *decays.index(i));
            let (mut at, last) = reach(weights.index(i).len(), start);
            while at < last {
                let weight = weights.index(i)[at];
                let gradient = gradients.index(i)[at] * share + weight * decay;
                let moment = moments.index(i)[at] * momentum + gradient;
                let mut step = moment;
                if comptime!(nesterov) {
                    step = gradient + moment * momentum;
                }
                let weight = weight - step * rate;
                weights.index_mut(i)[at] = weight;
                moments.index_mut(i)[at] = moment;
                ema(teacher, i, at, weight, target_kept, target_share);
                at += UNITS as usize;
            }
        }
    }
}

/// Sums of squares of weights and of gradients, two for each plane.
#[cube(launch)]
fn squares_of_parts(
    weights: &Buffers,
    gradients: &Buffers,
    squares: &mut [f32],
    share: f32,
    decay: f32,
    #[comptime] lanes: u32,
    #[comptime] starts: Vec<u32>,
) {
    let mut of_weights = 0.0f32;
    let mut of_gradients = 0.0f32;
    #[unroll]
    for i in 0..weights.len() {
        let (start, end) = comptime!((starts[i], starts[i + 1]));
        if CUBE_POS_X >= start && CUBE_POS_X < end {
            let (mut at, last) = reach(weights.index(i).len(), start);
            while at < last {
                let weight = weights.index(i)[at];
                let gradient = gradients.index(i)[at] * share + weight * decay;
                of_weights += weight * weight;
                of_gradients += gradient * gradient;
                at += UNITS as usize;
            }
        }
    }
    let of_weights = total(of_weights, lanes);
    let of_gradients = total(of_gradients, lanes);
    let lane = UNIT_POS_X % lanes;
    if lane == 0 {
        let place = (CUBE_POS_X * comptime!(UNITS / lanes) + UNIT_POS_X / lanes) as usize;
        squares[2 * place] = of_weights;
        squares[2 * place + 1] = of_gradients;
    }
}

/// The sum of `squares` of one kind from those of a tensor's first cube to its last.
#[cube]
fn sum_of(squares: &[f32], kind: usize, #[comptime] start: u32, #[comptime] end: u32, #[comptime] lanes: u32) -> f32 {
    let planes = comptime!(UNITS / lanes);
    let last = comptime!((end * planes) as usize);
    let mut at = (comptime!(start * planes) + UNIT_POS_X % lanes) as usize;
    let mut sum = 0.0f32;
    while at < last {
        sum += squares[2 * at + kind];
        at += lanes as usize;
    }
    total(sum, lanes)
}

/// The form of LARS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct LarsForm {
    lr_in_momentum: bool,
    clip: bool,
    separate_norms: bool,
    skip_zero_norms: bool,
    lanes: u32,
}

#[cube(launch)]
fn lars(
    weights: &mut Buffers,
    gradients: &Buffers,
    moments: &mut Buffers,
    teacher: &mut Buffers,
    squares: &[f32],
    rates: &Sequence<f32>,
    share: f32,
    momentum: f32,
    weight_decay: f32,
    trust: f32,
    epsilon: f32,
    target_kept: f32,
    target_share: f32,
    #[comptime] form: LarsForm,
    #[comptime] adapted: Vec<bool>,
    #[comptime] starts: Vec<u32>,
) {
    #[unroll]
    for i in 0..weights.len() {
        let (start, end) = comptime!((starts[i], starts[i + 1]));
        if CUBE_POS_X >= start && CUBE_POS_X < end {
            let rate = *rates.index(i);
            let mut inside = 1.0f32;
            let mut outside = rate;
            if comptime!(form.lr_in_momentum) {
                inside = rate;
                outside = 1.0f32;
            }
            let adapted = comptime!(adapted[i]);
            let mut ratio = 1.0f32;
            let mut decay = 0.0f32;
            if comptime!(adapted) {
                decay = weight_decay;
                let of_weights = f32::sqrt(sum_of(squares, 0, start, end, form.lanes));
                let of_gradients = f32::sqrt(sum_of(squares, 1, start, end, form.lanes));
                let mut below = of_gradients + epsilon;
                if comptime!(form.separate_norms) {
                    below += of_weights * weight_decay;
                }
                let zero = f32::min(of_weights, of_gradients) == 0.0;
                ratio = select(zero, 1.0, of_weights * trust / below);
                if comptime!(form.clip) {
                    // A warm-up begins at the rate 0, of which nothing is a share.
                    let divisor = select(rate > 0.0, rate, 1.0);
                    ratio = select(rate > 0.0, f32::min(ratio / divisor, 1.0), 1.0);
                }
                if comptime!(form.skip_zero_norms) {
                    decay = select(zero, 0.0, weight_decay);
                    ratio = select(zero, 1.0, ratio);
                }
            }
            let (mut at, last) = reach(weights.index(i).len(), start);
            while at < last {
                let weight = weights.index(i)[at];
                let gradient = (gradients.index(i)[at] * share + weight * decay) * ratio;
                let moment = moments.index(i)[at] * momentum + gradient * inside;
                let weight = weight - moment * outside;
                weights.index_mut(i)[at] = weight;
                moments.index_mut(i)[at] = moment;
                ema(teacher, i, at, weight, target_kept, target_share);
                at += UNITS as usize;
            }
        }
    }
}

#[cube(launch)]
fn adamw(
    weights: &mut Buffers,
    gradients: &Buffers,
    moments: &mut Buffers,
    teacher: &mut Buffers,
    rates: &Sequence<f32>,
    kept: &Sequence<f32>,
    share: f32,
    beta1: f32,
    beta1_rest: f32,
    beta2: f32,
    beta2_rest: f32,
    unbias: f32,
    epsilon: f32,
    target_kept: f32,
    target_share: f32,
    #[comptime] starts: Vec<u32>,
) {
    #[unroll]
    for i in 0..weights.len() {
        let (start, end) = comptime!((starts[i], starts[i + 1]));
        if CUBE_POS_X >= start && CUBE_POS_X < end {
            let (rate, stays) = (*rates.index(i), *kept.index(i));
            let (mut at, last) = reach(weights.index(i).len(), start);
            while at < last {
                let gradient = gradients.index(i)[at] * share;
                let first = moments.index(comptime!(2 * i))[at] * beta1 + gradient * beta1_rest;
                let second = moments.index(comptime!(2 * i + 1))[at] * beta2 + gradient * gradient * beta2_rest;
                let root = f32::sqrt(second * unbias) + epsilon;
                let weight = weights.index(i)[at] * stays - first / root * rate;
                weights.index_mut(i)[at] = weight;
                moments.index_mut(comptime!(2 * i))[at] = first;
                moments.index_mut(comptime!(2 * i + 1))[at] = second;
                ema(teacher, i, at, weight, target_kept, target_share);
                at += UNITS as usize;
            }
        }
    }
}
