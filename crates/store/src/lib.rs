//! What happened (`store`), what follows from it (`results`), and how it is drawn (`chart`): from lines on a disk to
//! figures. Knows neither tensors nor terminals.

pub mod chart;
pub mod results;
pub mod store;
