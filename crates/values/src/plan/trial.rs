//! A cell of the grid, a trial (a cell with a seed), and a heat (trials that see the same views at the same step).

use indexmap::IndexMap;

use super::{Recipe, Value};

/// A point of the grid without the seed: `method` (its label) first, then the experiment's other axes in file order.
pub type Cell = IndexMap<String, Value>;

/// A cell with a seed: one training run.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// See [`Recipe::id`].
    pub id: String,
    /// Where it is on the grid.
    pub cell: Cell,
    /// Of weights, order and views.
    pub seed: u64,
    /// Every knob.
    pub recipe: Recipe,
}

/// Trials whose recipes differ only in the method's own keys: same images, same order, same views, one lock-step.
/// Indices into [`super::Plan::trials`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heat {
    /// Places among the plan's trials, ascending.
    pub trials: Vec<usize>,
}
