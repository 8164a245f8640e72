//! What people see: the workbench in a terminal (`tui`) and reports (`report`). Knows neither engine nor runner.

pub mod report;
pub mod tui;
