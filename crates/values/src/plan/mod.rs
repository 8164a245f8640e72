//! What to train: from an experiment file to recipes, trials and heats. Plain values: no burn, no terminal, and no
//! file is written. Everything wrong with an experiment is reported at once, as [`Problems`].
//!
//! A file is read (`parse`) into an [`Experiment`]; what was written about a recipe stays key by key ([`settings`])
//! until the grid ([`grid`]) lays defaults, `[recipe]`, axis values and `--set` over each other, judges every cell
//! (`judge`, `rules`) and orders the trials into heats. What flags say is laid over it first ([`Overrides`], `fold`). Keys, names and defaults stand in [`catalog`] and nowhere else.
//!
//! | file | holds |
//! |---|---|
//! | `experiment`, `measure`, `parse` | an experiment as a value; how a claim measures a drop; how its file is read, with every problem and its place |
//! | `catalog`, `settings` | every key, name and default; what was written, key by key, and the recipe of it |
//! | `recipe`, `sets`, `demand` | every knob of one training run; augmentation sets with names; what a method needs of a batch |
//! | `grid`, `draft`, `trial`, `fold` | cells, trials and heats; cells before they are judged; keys that only some methods have |
//! | `rules`, `judge`, `problem` | what must hold between keys; what is wrong with a grid, told once |
//! | `overrides`, `narrow`, `typed`, `range`, `value` | what flags and edits change; values as people type them |
//! | `schedule`, `streams` | rates and decays by step; keyed random numbers |
//! | `shape`, `cost` | networks as numbers, and what training them takes |
//! | `library`, `papers`, `reproduce` | experiments and published tables built into the binary; the protocol on both sides |
//! | `describe`, `file`, `words` | a plan told, an experiment written, words for messages |
//! | `left_out` | keys that a recipe's text leaves out at their defaults |

pub mod catalog;
pub mod cost;
pub mod demand;
pub mod describe;
mod draft;
pub mod experiment;
mod file;
mod fold;
pub mod grid;
mod judge;
mod left_out;
pub mod library;
mod measure;
mod narrow;
mod overrides;
pub mod papers;
mod parse;
pub mod problem;
pub mod range;
pub mod recipe;
pub mod reproduce;
mod rules;
pub mod schedule;
pub mod sets;
pub mod settings;
pub mod shape;
pub mod streams;
pub mod trial;
pub mod typed;
pub mod value;
pub mod words;

pub use experiment::{Axis, AxisValue, Claim, Experiment, Look, Reproduction, Selector, Test};
pub use grid::Plan;
pub use measure::Measure;
pub use overrides::{Overrides, UntilDecided};
pub use problem::{Problem, Problems};
pub use recipe::Recipe;
pub use trial::{Cell, Heat, Trial};
pub use value::Value;
