//! The images that the encoder holds to be most alike, by cosine similarity, as the k-NN probe compares them.

use super::{dot, normalised};
use byolab_values::protocol::Features;

/// Up to `count` rows most alike to row `image`, itself left out, and how much they are: 1 is in the same direction. The
/// most alike first, of equals the first.
pub fn nearest(features: &Features, image: usize, count: usize) -> Vec<(usize, f32)> {
    let rows = normalised(features);
    let rows = || rows.chunks_exact(features.dims);
    let Some(own) = rows().nth(image) else { return Vec::new() };
    let others = rows().enumerate().filter(|(other, _)| *other != image);
    let mut alike: Vec<(usize, f32)> = others.map(|(other, row)| (other, dot(own, row))).collect();
    alike.sort_by(|one, other| other.1.total_cmp(&one.1));
    alike.truncate(count);
    alike
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direction_decides_and_length_does_not() {
        let values = vec![1.0, 0.0, 0.0, 3.0, 50.0, 5.0, -2.0, 0.0, 0.0, 0.0];
        let features =
            Features { dims: 2, values, labels: vec![0; 5], places: (0..5).collect(), ..Features::default() };
        let found = nearest(&features, 0, 3);
        assert_eq!(found.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [2, 1, 4]);
        assert!((found[0].1 - 0.995_037).abs() < 1e-6 && found[1].1 == 0.0);
        assert_eq!(nearest(&features, 3, 9).last(), Some(&(0, -1.0)));
        assert_eq!(nearest(&features, 5, 1), []);
    }
}
