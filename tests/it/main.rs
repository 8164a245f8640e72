//! One integration binary; modules by subject.

mod cli;
mod data;
#[cfg(all(feature = "cpu", feature = "vulkan"))]
mod device_views;
#[cfg(feature = "cpu")]
mod engine;
mod judged;
#[cfg(feature = "cpu")]
mod kernel;
#[cfg(feature = "cpu")]
mod methods;
mod mock;
mod operations;
#[cfg(feature = "cpu")]
mod reference;
mod report;
mod results;
mod runner;
mod screens;
mod store;
#[cfg(feature = "cpu")]
mod support;
#[cfg(feature = "cpu")]
mod trace;
mod views;
