//! Principal components: the two directions in which features spread most.

use super::dot;
use byolab_values::protocol::Features;

/// Where each image lies along the first two components.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Components {
    /// Of each image on the first two components.
    pub places: Vec<[f64; 2]>,
    /// The share of the variance along each.
    pub shares: [f64; 2],
}

/// Turns beyond which two components are so nearly alike that either order is as good.
const TURNS: usize = 200;

/// By power iteration with the covariance, which is never formed; the first component is taken out of the features
/// before the second is looked for (Hotelling 1933, section 4).
pub fn components(features: &Features) -> Components {
    let mut rows = centred(features);
    let variance = f64::from(dot(&rows, &rows));
    let mut found = Components { places: vec![[0.0; 2]; features.labels.len()], shares: [0.0; 2] };
    for component in 0..2 {
        let direction = leading(&rows, features.dims);
        let mut along = 0.0;
        for (row, place) in rows.chunks_exact_mut(features.dims).zip(&mut found.places) {
            let part = dot(row, &direction);
            row.iter_mut().zip(&direction).for_each(|(value, direction)| *value -= part * direction);
            place[component] = f64::from(part);
            along += place[component].powi(2);
        }
        found.shares[component] = if variance > 0.0 { along / variance } else { 0.0 };
    }
    found
}

/// The features without their mean.
fn centred(features: &Features) -> Vec<f32> {
    let mut mean = vec![0.0; features.dims];
    for row in features.rows() {
        mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let images = features.labels.len().max(1) as f64;
    let centred = |row: &[f32]| row.iter().zip(&mean).map(|(value, sum)| value - (sum / images) as f32).collect();
    features.rows().flat_map::<Vec<f32>, _>(centred).collect()
}

/// The direction of the largest variance, its largest part positive; zero where nothing varies.
fn leading(rows: &[f32], dims: usize) -> Vec<f32> {
    // Any beginning will do that no real direction is at right angles to.
    let golden = |i: usize| (i as f32 * 0.618_034).fract() - 0.45;
    let mut direction = unit((0..dims).map(golden).collect());
    for _ in 0..TURNS {
        let mut next = vec![0.0; dims];
        for row in rows.chunks_exact(dims) {
            let part = dot(row, &direction);
            next.iter_mut().zip(row).for_each(|(sum, value)| *sum += part * value);
        }
        let next = unit(next);
        let turned = 1.0 - dot(&next, &direction);
        direction = next;
        if turned < 1e-7 {
            break;
        }
    }
    let largest = direction.iter().copied().max_by(|one, other| one.abs().total_cmp(&other.abs())).unwrap_or(0.0);
    direction.iter().map(|part| part * largest.signum()).collect()
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = dot(&vector, &vector).sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|part| *part /= length);
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(rows: &[[f32; 3]]) -> Features {
        let labels = vec![0; rows.len()];
        Features { dims: 3, values: rows.concat(), places: (0..rows.len()).collect(), labels, ..Features::default() }
    }

    #[test]
    fn a_known_ellipsoid_is_measured_along_its_axes() {
        // Four units along (0.6, 0.8, 0), two along (0.8, -0.6, 0), one along the third axis, about (5, 6, 7).
        let at = |a: f32, b: f32, c: f32| [5.0 + 0.6 * a + 0.8 * b, 6.0 + 0.8 * a - 0.6 * b, 7.0 + c];
        let ends = [(4.0, 0.0, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 1.0)];
        let rows = ends.map(|(a, b, c)| [at(a, b, c), at(-a, -b, -c)]).concat();
        let found = components(&features(&rows));
        let expected = [[4.0, 0.0], [-4.0, 0.0], [0.0, 2.0], [0.0, -2.0], [0.0, 0.0], [0.0, 0.0]];
        for (place, expected) in found.places.iter().zip(expected) {
            for (value, expected) in place.iter().zip(expected) {
                assert!((value - expected).abs() < 1e-2, "{place:?} is not {expected}");
            }
        }
        assert!((found.shares[0] - 16.0 / 21.0).abs() < 1e-4, "{:?}", found.shares);
        assert!((found.shares[1] - 4.0 / 21.0).abs() < 1e-4, "{:?}", found.shares);
    }

    #[test]
    fn features_that_do_not_vary_lie_on_one_point() {
        for rows in [vec![], vec![[1.0, 2.0, 3.0]], vec![[1.0, 2.0, 3.0]; 5]] {
            let found = components(&features(&rows));
            assert!(found.places.iter().all(|place| *place == [0.0; 2]), "{found:?}");
            assert_eq!(found.shares, [0.0; 2]);
        }
    }
}
