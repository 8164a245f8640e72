//! One integration binary; modules by subject.

mod cli;
mod data;
#[cfg(feature = "cpu")]
mod engine;
mod judged;
#[cfg(feature = "cpu")]
mod kernel;
#[cfg(feature = "cpu")]
mod methods;
mod mock;
#[cfg(feature = "cpu")]
mod reference;
mod report;
mod results;
mod runner;
mod screens;
mod store;
#[cfg(feature = "cpu")]
mod support;
mod terminal;
#[cfg(feature = "cpu")]
mod trace;
mod views;
