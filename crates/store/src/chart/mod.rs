//! The functions between numbers and pictures: [`curves`] and [`robustness`] compute a [`Figure`], a picture as a
//! value, which the terminal paints and other faces draw alike. Nothing here knows a size in cells or pixels, nor a
//! colour: a series has a [`Pen`].
//!
//! | file | holds |
//! |---|---|
//! | `figure`, `axis`, `pen` | a picture as a value; its scales; what tells series apart |
//! | `curves`, `average`, `across`, `spectrum` | metrics over training, means over seeds, what they are drawn against, singular values |
//! | `robustness`, `heat_map` | a metric along one axis, over two |
//! | `metric` | metrics on faces, counts and bytes as they are written |

pub mod across;
pub mod average;
pub mod axis;
pub mod curves;
pub mod figure;
pub mod heat_map;
pub mod metric;
pub mod pen;
pub mod robustness;
pub mod spectrum;

pub use axis::{Axis, Scale};
pub use figure::{Figure, Marks, Point, Series};
pub use metric::Metric;
pub use pen::Pen;
