//! Operations on many tensors on the CPU: parts of each tensor side by side, a part's target after it while its weights are in
//! the cache.

use rayon::prelude::*;

use super::{values, widest};
use crate::{
    backend::flex::{Flex, FlexTensor},
    kernel::many::{Destination, ManyOps, TensorList, Update, reached},
};
use byolab_values::plan::recipe::{AdamwRecipe, LarsRecipe, OptimizerRecipe, SgdRecipe};

/// Numbers of a part: of weights, gradients, moments and a teacher they fit into a core's own cache.
const PART: usize = 8192;

impl ManyOps for Flex {
    fn own_blend(
        mine: TensorList<Self>,
        theirs: TensorList<Self>,
        kept: f64,
        shares: Vec<f64>,
        _: Destination,
    ) -> TensorList<Self> {
        let (mut mine, theirs) = (writable(mine), contiguous(theirs));
        let kept = kept as f32;
        let zipped = numbers(&mut mine).into_iter().zip(&theirs).zip(shares);
        let parts = zipped.flat_map(|((mine, theirs), share)| {
            let parts = mine.chunks_mut(PART).zip(values(theirs).chunks(PART));
            parts.map(move |(mine, theirs)| (mine, theirs, share as f32))
        });
        let blend = |(mine, theirs, share): (&mut [f32], &[f32], f32)| match kept == 0.0 {
            true => widest(|| mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine = theirs * share)),
            false => average(mine, theirs, kept, share),
        };
        parts.collect::<Vec<_>>().into_par_iter().for_each(blend);
        TensorList(mine)
    }

    fn own_update(
        weights: TensorList<Self>,
        gradients: TensorList<Self>,
        moments: TensorList<Self>,
        teacher: TensorList<Self>,
        by: Update,
    ) -> (TensorList<Self>, TensorList<Self>, TensorList<Self>) {
        let [mut weights, mut moments, mut teacher] = [weights, moments, teacher].map(writable);
        let gradients = contiguous(gradients);
        match &by.optimizer {
            OptimizerRecipe::Sgd(recipe) => {
                let rules =
                    by.rates.iter().zip(&by.decayed).map(|(rate, decayed)| sgd(recipe, *rate, *decayed, by.share));
                each_number(&mut weights, &gradients, &mut moments, &mut teacher, rules, by.target_decay);
            }
            OptimizerRecipe::Lars(recipe) => {
                let ratios = ratios(recipe, &weights, &gradients, &by);
                let rules = by.rates.iter().zip(ratios).map(|(rate, ratio)| lars(recipe, *rate, ratio, by.share));
                each_number(&mut weights, &gradients, &mut moments, &mut teacher, rules, by.target_decay);
            }
            OptimizerRecipe::Adamw(recipe) => {
                let rules = by.rates.iter().zip(&by.decayed).map(|(rate, decayed)| adamw(recipe, *rate, *decayed, &by));
                each_number(&mut weights, &gradients, &mut moments, &mut teacher, rules, by.target_decay);
            }
        }
        (TensorList(weights), TensorList(moments), TensorList(teacher))
    }
}

/// Applies to every parameter its rule, which makes a new weight of a weight and its gradient and moves its moments, and
/// has the teacher follow.
fn each_number<const M: usize>(
    weights: &mut [FlexTensor],
    gradients: &[FlexTensor],
    moments: &mut [FlexTensor],
    teacher: &mut [FlexTensor],
    rules: impl Iterator<Item = impl Fn(f32, f32, [&mut f32; M]) -> f32 + Copy + Send + Sync>,
    target_decay: f64,
) {
    let (kept, share) = (target_decay as f32, (1.0 - target_decay) as f32);
    let mut moments = numbers(moments).into_iter();
    let mut teacher = numbers(teacher).into_iter();
    let mut parts = Vec::new();
    for ((weights, gradients), rule) in numbers(weights).into_iter().zip(gradients).zip(rules) {
        let mut moments: [_; M] = std::array::from_fn(|_| moments.next().expect("it has moments").chunks_mut(PART));
        let mut teacher = teacher.next().map(|teacher| teacher.chunks_mut(PART));
        for (weights, gradients) in weights.chunks_mut(PART).zip(values(gradients).chunks(PART)) {
            let moments = moments.each_mut().map(|moments| moments.next().expect("as long as the weights"));
            parts.push((weights, gradients, moments, teacher.as_mut().and_then(Iterator::next), rule));
        }
    }
    parts.into_par_iter().for_each(|(weights, gradients, mut moments, teacher, rule)| {
        widest(|| {
            for (at, (weight, gradient)) in weights.iter_mut().zip(gradients).enumerate() {
                *weight = rule(*weight, *gradient, moments.each_mut().map(|moments| &mut moments[at]));
            }
        });
        if let Some(teacher) = teacher {
            average(teacher, weights, kept, share);
        }
    });
}

fn average(mine: &mut [f32], theirs: &[f32], kept: f32, share: f32) {
    widest(|| mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine = *mine * kept + theirs * share));
}

fn sgd(
    recipe: &SgdRecipe,
    rate: f64,
    decayed: bool,
    share: f64,
) -> impl Fn(f32, f32, [&mut f32; 1]) -> f32 + Copy + use<> {
    let (rate, share, momentum, nesterov) = (rate as f32, share as f32, recipe.momentum as f32, recipe.nesterov);
    let decay = if decayed { recipe.weight_decay as f32 } else { 0.0 };
    move |weight, gradient, [moment]| {
        let gradient = gradient * share + weight * decay;
        *moment = *moment * momentum + gradient;
        let step = if nesterov { gradient + *moment * momentum } else { *moment };
        weight - step * rate
    }
}

fn adamw(
    recipe: &AdamwRecipe,
    rate: f64,
    decayed: bool,
    by: &Update,
) -> impl Fn(f32, f32, [&mut f32; 2]) -> f32 + Copy + use<> {
    let [first, second] = reached(recipe, by.steps);
    let stays = if decayed { 1.0 - rate * recipe.weight_decay } else { 1.0 } as f32;
    let [rate, unbias, share, epsilon] = [rate / first, 1.0 / second, by.share, recipe.epsilon].map(|it| it as f32);
    let [kept1, new1, kept2, new2] =
        [recipe.beta1, 1.0 - recipe.beta1, recipe.beta2, 1.0 - recipe.beta2].map(|it| it as f32);
    move |weight, gradient, [first, second]| {
        let gradient = gradient * share;
        *first = *first * kept1 + gradient * new1;
        *second = *second * kept2 + gradient * gradient * new2;
        weight * stays - *first / ((*second * unbias).sqrt() + epsilon) * rate
    }
}

fn lars(
    recipe: &LarsRecipe,
    rate: f64,
    ratio: Option<f32>,
    share: f64,
) -> impl Fn(f32, f32, [&mut f32; 1]) -> f32 + Copy + use<> {
    let [rate, share, momentum] = [rate, share, recipe.momentum].map(|it| it as f32);
    let lr_in_momentum = recipe.lr_in_momentum;
    let decay = if ratio.is_some() { recipe.weight_decay as f32 } else { 0.0 };
    let ratio = ratio.unwrap_or(1.0);
    let [in_moment, outside] = if lr_in_momentum { [rate, 1.0] } else { [1.0, rate] };
    move |weight, gradient, [moment]| {
        let gradient = (gradient * share + weight * decay) * ratio;
        *moment = *moment * momentum + gradient * in_moment;
        weight - *moment * outside
    }
}

/// What the gradients of each parameter are multiplied with; none where they are neither decayed nor adapted.
fn ratios(recipe: &LarsRecipe, weights: &[FlexTensor], gradients: &[FlexTensor], by: &Update) -> Vec<Option<f32>> {
    let added = if recipe.separate_norms { 0.0 } else { recipe.weight_decay as f32 };
    let ratio = |(((weights, gradients), decayed), rate): (((&FlexTensor, &FlexTensor), &bool), &f64)| {
        if !(*decayed && recipe.adapts()) {
            return None;
        }
        trust_ratio(recipe, norms(values(weights), values(gradients), by.share as f32, added), *rate as f32)
    };
    weights.par_iter().zip(gradients).zip(&by.decayed).zip(&by.rates).map(ratio).collect()
}

/// The ratio of a parameter of these norms: 1 where either is 0, or none.
fn trust_ratio(recipe: &LarsRecipe, [of_weights, of_gradients]: [f32; 2], rate: f32) -> Option<f32> {
    let zero = of_weights == 0.0 || of_gradients == 0.0;
    if zero && recipe.skip_zero_norms {
        return None;
    }
    let decay = if recipe.separate_norms { of_weights * recipe.weight_decay as f32 } else { 0.0 };
    let below = of_gradients + decay + recipe.epsilon as f32;
    let ratio = if zero { 1.0 } else { of_weights * recipe.trust as f32 / below };
    // A warm-up begins at the rate 0, of which nothing is a share.
    Some(if recipe.clip && rate > 0.0 {
        (ratio / rate).min(1.0)
    } else if recipe.clip {
        1.0
    } else {
        ratio
    })
}

/// Of the weights, and of `share` of the gradients with `decay` of the weights.
fn norms(weights: &[f32], gradients: &[f32], share: f32, decay: f32) -> [f32; 2] {
    /// Sums that grow beside each other: each is short, and none waits for another.
    const SUMS: usize = 16;
    let part = |(weights, gradients): (&[f32], &[f32])| {
        let mut sums = [[0.0f32; SUMS]; 2];
        widest(|| {
            for (weights, gradients) in weights.chunks(SUMS).zip(gradients.chunks(SUMS)) {
                for (at, (weight, gradient)) in weights.iter().zip(gradients).enumerate() {
                    let gradient = gradient * share + weight * decay;
                    sums[0][at] += weight * weight;
                    sums[1][at] += gradient * gradient;
                }
            }
        });
        sums.map(|sums| sums.into_iter().map(f64::from).sum::<f64>())
    };
    let parts: Vec<[f64; 2]> = weights.par_chunks(PART).zip(gradients.par_chunks(PART)).map(part).collect();
    [0, 1].map(|kind| parts.iter().map(|sums| sums[kind]).sum::<f64>().sqrt() as f32)
}

fn contiguous(list: TensorList<Flex>) -> Vec<FlexTensor> {
    list.0.iter().map(FlexTensor::to_contiguous).collect()
}

/// Tensors that hold all that is in their memory.
fn writable(list: TensorList<Flex>) -> Vec<FlexTensor> {
    let whole = |tensor: FlexTensor| {
        let all = tensor.layout().num_elements() * size_of::<f32>() == tensor.bytes().len();
        if all && tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
    };
    list.0.into_iter().map(whole).collect()
}

/// Their numbers, copied where somebody else holds them too.
fn numbers(tensors: &mut [FlexTensor]) -> Vec<&mut [f32]> {
    tensors.iter_mut().map(FlexTensor::storage_mut::<f32>).collect()
}
