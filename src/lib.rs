//! byolab: how robust is BYOL, compared with a contrastive method, to the batch size, the augmentations and the
//! target decay? See ARCHITECTURE.md for the map. The floors are crates, so imports go down only:
//!
//! `byolab` (`cli`, `runner`) → `byolab-faces` (`tui`, `report`) → `byolab-store` (`chart`, `results`, `store`) |
//! `byolab-engine` → `byolab-values` (`plan`, `data`, `augment`, `protocol`). Only the engine knows burn; nothing below
//! `cli` prints.

pub mod cli;
pub mod runner;

#[cfg(feature = "engine")]
pub use byolab_engine as engine;
pub use byolab_faces::{report, tui};
pub use byolab_store::{chart, results, store};
pub use byolab_values::{augment, data, pickle, plan, process, protocol, text, weights};
