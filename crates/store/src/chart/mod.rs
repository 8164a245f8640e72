//! The functions between numbers and pictures: [`curves`] and [`robustness`] compute a [`Figure`], a picture as a
//! value, which the terminal paints and other faces draw alike. Nothing here knows a size in cells or pixels, nor a
//! colour: a series has a [`Pen`].

pub mod across;
pub mod average;
pub mod axis;
pub mod curves;
pub mod figure;
pub mod heat_map;
pub mod metric;
pub mod number;
pub mod pen;
pub mod robustness;
pub mod spectrum;

pub use axis::{Axis, Scale};
pub use figure::{Figure, Marks, Point, Series};
pub use metric::Metric;
pub use pen::Pen;
