//! One integration binary; modules by subject.

mod cli;
mod data;
#[cfg(feature = "cpu")]
mod engine;
mod judged;
#[cfg(feature = "cpu")]
mod kernel;
mod mock;
#[cfg(feature = "cpu")]
mod reference;
mod report;
mod results;
mod runner;
mod screens;
mod store;
mod support;
mod views;
