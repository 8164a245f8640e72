//! Operations on many tensors at once: the step of an optimizer with the target after it, and averages. On a GPU a launch
//! takes as many tensors as the device binds, on CUDA those of a whole network; the composed version has a handful of
//! launches for each of them.

#[cfg(feature = "cube")]
mod cube;
mod list;

use burn::tensor::{DType, Tensor};

pub use list::TensorList;

use crate::backend::{Backend, Dispatch, backend_extension};
use byolab_values::plan::recipe::{AdamwRecipe, OptimizerRecipe};

/// Where new numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Where the old ones are, if nobody else holds them; else apart.
    Free,
    /// Where the old ones are, on a GPU: whoever else holds them sees the new ones. What replays a recorded step reads
    /// its numbers where they were when it was recorded.
    Pinned,
}

/// One step over all parameters.
#[derive(Clone, Debug)]
pub struct Update {
    /// By whose rule.
    pub optimizer: OptimizerRecipe,
    /// Each parameter's learning rate.
    pub rates: Vec<f64>,
    /// Whether each is decayed, and adapted.
    pub decayed: Vec<bool>,
    /// Steps done before this one.
    pub steps: u64,
    /// What gradients are multiplied with first.
    pub share: f64,
    /// The share of the teacher that stays.
    pub target_decay: f64,
    /// Where the new numbers go.
    pub place: Destination,
}

/// Running averages that each parameter has.
pub fn moments(optimizer: &OptimizerRecipe) -> usize {
    if matches!(optimizer, OptimizerRecipe::Adamw(_)) { 2 } else { 1 }
}

/// What the shares of AdamW's moments add up to after one step more: they began at 0.
pub(super) fn reached(recipe: &AdamwRecipe, steps: u64) -> [f64; 2] {
    [recipe.beta1, recipe.beta2].map(|beta| 1.0 - beta.powf((steps + 1) as f64))
}

/// The operations as burn's dispatch sees them.
#[backend_extension(
    Flex: cfg(feature = "cpu"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube")
)]
pub trait ManyOps: Backend {
    /// `kept mine + share theirs`, each with a share of its own.
    #[fusion(meta = |mine, _, _, _, _| mine.clone())]
    fn own_blend(
        #[extension_type] mine: TensorList<Self>,
        #[extension_type] theirs: TensorList<Self>,
        kept: f64,
        shares: Vec<f64>,
        place: Destination,
    ) -> TensorList<Self>;

    /// New weights, moments and teacher. A parameter's moments stand beside each other; the teacher has the first
    /// parameters, or none.
    #[fusion(meta = |weights, _, moments, teacher, _| (weights.clone(), moments.clone(), teacher.clone()))]
    fn own_update(
        #[extension_type] weights: TensorList<Self>,
        #[extension_type] gradients: TensorList<Self>,
        #[extension_type] moments: TensorList<Self>,
        #[extension_type] teacher: TensorList<Self>,
        by: Update,
    ) -> (TensorList<Self>, TensorList<Self>, TensorList<Self>);
}

/// `mine <- kept mine + share theirs`, each with a share of its own. Where `kept` is 0, nothing of the old numbers stays,
/// infinite ones neither. Numbers that are not in single precision are composed.
///
/// # Shapes
/// `theirs` begin with as many as there are of `mine`, of the same numbers of elements.
pub fn blend<const D: usize>(
    mine: &mut [Tensor<D>],
    theirs: &[Tensor<D>],
    kept: f64,
    shares: &[f64],
    place: Destination,
) {
    assert!(mine.len() <= theirs.len() && mine.len() == shares.len(), "each tensor has another one and a share");
    if mine.is_empty() {
        return;
    }
    if mine.iter().any(|mine| mine.dtype() != DType::F32) {
        assert!(place == Destination::Free, "what is recorded is in single precision");
        for ((mine, theirs), share) in mine.iter_mut().zip(theirs).zip(shares) {
            *mine = mine.clone() * kept + theirs.clone() * *share;
        }
        return;
    }
    // A tensor that is held once is computed on where it is, so each is taken out of its place meanwhile.
    let taken = mine.iter_mut().zip(theirs).map(|(mine, theirs)| std::mem::replace(mine, theirs.clone()));
    let old = TensorList(taken.map(Tensor::into_dispatch).collect());
    let other = TensorList(theirs[..mine.len()].iter().map(|theirs| theirs.clone().into_dispatch()).collect());
    let new = Dispatch::own_blend(old, other, kept, shares.to_vec(), place);
    for (mine, new) in mine.iter_mut().zip(new.0) {
        *mine = Tensor::from_dispatch(new);
    }
}

/// The sum of each tensor and the one in its place; all are laid out as numbers side by side, `[numbers]`.
pub fn sums(mut mine: Vec<Tensor<1>>, theirs: Vec<Tensor<1>>) -> Vec<Tensor<1>> {
    let shares = vec![1.0; mine.len()];
    blend(&mut mine, &theirs, 1.0, &shares, Destination::Free);
    mine
}

/// Writes the numbers of `theirs` to where `mine` are, for whoever reads them there.
pub fn overwrite<const D: usize>(mine: &mut [Tensor<D>], theirs: &[Tensor<D>]) {
    let shares = vec![1.0; mine.len()];
    blend(mine, theirs, 0.0, &shares, Destination::Pinned);
}

/// The same numbers and shapes in memory of their own.
pub fn apart<const D: usize>(tensors: &[Tensor<D>]) -> Vec<Tensor<D>> {
    let mut copies = tensors.to_vec();
    blend(&mut copies, tensors, 0.0, &vec![1.0; tensors.len()], Destination::Free);
    copies
}

/// Takes a step of `weights` by their `gradients`, moves their `moments`, and then a `teacher` that has the first of the
/// weights, or none.
pub fn update(
    weights: &mut Vec<Tensor<1>>,
    gradients: Vec<Tensor<1>>,
    moments: &mut Vec<Tensor<1>>,
    teacher: &mut Vec<Tensor<1>>,
    by: Update,
) {
    let parameters = weights.len();
    if parameters == 0 {
        return;
    }
    assert!(
        [gradients.len(), by.rates.len(), by.decayed.len(), moments.len() / self::moments(&by.optimizer)]
            == [parameters; 4],
        "each parameter has a gradient, a rate and its moments"
    );
    let list = |tensors: Vec<Tensor<1>>| TensorList(tensors.into_iter().map(Tensor::into_dispatch).collect());
    let [old, old_moments, old_teacher] = [&mut *weights, moments, teacher].map(std::mem::take).map(list);
    let new = Dispatch::own_update(old, list(gradients), old_moments, old_teacher, by);
    let tensors = |list: TensorList<Dispatch>| list.0.into_iter().map(Tensor::from_dispatch).collect();
    (*weights, *moments, *teacher) = (tensors(new.0), tensors(new.1), tensors(new.2));
}
