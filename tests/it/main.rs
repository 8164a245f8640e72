//! One integration binary; modules by subject.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed, helpers of several tests too")]
#![expect(clippy::self_named_module_files, reason = "pictures are kept beside the file whose screens they are of")]

mod bad_data;
mod cases;
mod cli;
mod committed;
#[cfg(feature = "cpu")]
mod cuda;
mod data;
mod datasets;
#[cfg(all(feature = "cpu", feature = "vulkan"))]
mod device_views;
mod encoders;
#[cfg(feature = "cpu")]
mod engine;
mod faults;
mod fetch;
mod fixture;
mod foreign;
mod formats;
mod ids;
mod imports;
mod judged;
#[cfg(feature = "cpu")]
mod kernel;
#[cfg(feature = "cpu")]
mod many;
mod markup;
#[cfg(feature = "cpu")]
mod measured;
#[cfg(feature = "cpu")]
mod methods;
#[cfg(feature = "cpu")]
mod methods_more;
mod mock;
#[cfg(feature = "cpu")]
mod multi_crop;
mod older;
mod operations;
mod paper;
mod parsers;
mod pillow;
#[cfg(feature = "cpu")]
mod reference;
mod report;
mod results;
mod runner;
mod screens;
#[cfg(feature = "cpu")]
mod semi;
mod shell;
mod skip;
#[cfg(feature = "cpu")]
mod slurm;
mod soak;
mod standing;
mod store;
#[cfg(feature = "cpu")]
mod support;
#[cfg(feature = "cpu")]
mod tasks;
mod terminal;
#[cfg(feature = "cpu")]
mod trace;
mod views;
mod workers;
