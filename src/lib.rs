//! byolab: how robust is BYOL, compared with a contrastive method, to the batch size, the augmentations and the
//! target decay? See ARCHITECTURE.md for the map; imports go down only:
//!
//! `cli` → `tui`, `report` → `runner` → `chart` → `results` → `store` | `engine` → `plan`, `data`, `views`,
//! `protocol`. Only `engine` knows burn; nothing below `cli` prints.

pub mod chart;
pub mod cli;
pub mod data;
#[cfg(feature = "engine")]
pub mod engine;
pub mod plan;
pub mod process;
pub mod protocol;
pub mod report;
pub mod results;
pub mod runner;
pub mod store;
pub mod tui;
pub mod views;
