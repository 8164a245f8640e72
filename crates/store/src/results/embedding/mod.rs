//! Frozen features in two dimensions, and which images they hold to be alike.

mod neighbours;
mod pca;
mod tsne;

pub use neighbours::nearest;
pub use pca::{Components, components};
pub use tsne::{STEPS, Tsne};

use byolab_values::protocol::Features;

/// The rows of the features at length one, as the probes compare them; a row of zeros stays.
fn normalised(features: &Features) -> Vec<f32> {
    let unit = |row: &[f32]| {
        let length = dot(row, row).sqrt();
        let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
        row.iter().map(|value| value * scale).collect::<Vec<_>>()
    };
    features.rows().flat_map(unit).collect()
}

/// The inner product, in sums that do not wait for each other.
fn dot(one: &[f32], other: &[f32]) -> f32 {
    let ((one, one_rest), (other, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let mut lanes = [0.0; 8];
    for (one, other) in one.iter().zip(other) {
        for lane in 0..8 {
            lanes[lane] += one[lane] * other[lane];
        }
    }
    let rest: f32 = one_rest.iter().zip(other_rest).map(|(one, other)| one * other).sum();
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Images of two classes in turn, one about the first axis, one about the second.
    pub fn two_classes(images: usize) -> Features {
        let noise = |i: usize| ((i as f32 * 12.9898).sin() * 43_758.547).fract() * 0.3;
        let value = |i: usize, dim: usize| if dim == i % 2 { 1.0 } else { noise(10 * i + dim) };
        Features {
            dims: 10,
            values: (0..images).flat_map(|i| (0..10).map(move |dim| value(i, dim))).collect(),
            labels: (0..images).map(|i| (i % 2) as u16).collect(),
            places: (0..images).collect(),
            ..Features::default()
        }
    }

    #[test]
    fn a_product_counts_every_value_once() {
        let ones = [1.0; 19];
        let numbers: Vec<f32> = (0..19).map(|i| i as f32).collect();
        assert_eq!(dot(&ones, &numbers), 171.0);
        assert_eq!(dot(&[], &[]), 0.0);
    }
}
