//! t-SNE (van der Maaten and Hinton 2008), exact: for as few images as are kept, every pair can be looked at.
//!
//! It begins at the principal components, which keeps what is far apart in its place and needs no random numbers (Kobak
//! and Berens 2019): the same features always give the same picture.

use super::{dot, normalised};
use byolab_values::protocol::Features;

/// Steps of the whole descent, and those with exaggerated attraction.
pub const STEPS: usize = 750;
const EARLY: usize = 250;
const EXAGGERATION: f64 = 12.0;

/// How many neighbours an image looks at, about; fewer where there are few images.
const PERPLEXITY: f64 = 30.0;
const RATE: f64 = 50.0;

/// The spread of the first component at the beginning.
const BEGINNING: f64 = 1e-4;

/// A descent under way.
pub struct Tsne {
    /// How much each pair belongs together, `[n, n]`, all together 1.
    joint: Vec<f64>,
    places: Vec<[f64; 2]>,
    moves: Vec<[f64; 2]>,
    gains: Vec<[f64; 2]>,
    steps: usize,
}

impl Tsne {
    /// Before the first step, at the components `places`.
    pub fn new(features: &Features, places: &[[f64; 2]]) -> Self {
        let n = places.len();
        let spread = (places.iter().map(|place| place[0].powi(2)).sum::<f64>() / n.max(1) as f64).sqrt();
        let scale = if spread > 0.0 { BEGINNING / spread } else { 0.0 };
        Self {
            joint: joint(&normalised(features), features.dims, n),
            places: places.iter().map(|place| place.map(|value| value * scale)).collect(),
            moves: vec![[0.0; 2]; n],
            gains: vec![[1.0; 2]; n],
            steps: 0,
        }
    }

    /// Of each image, as far as it has come.
    pub fn places(&self) -> &[[f64; 2]] {
        &self.places
    }

    /// Steps done, of [`STEPS`].
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// One step downhill, with momentum, and with a gain for each number that grows while it keeps its direction (Jacobs
    /// 1988), as in the authors' code.
    pub fn step(&mut self) {
        let (exaggeration, momentum) = if self.steps < EARLY { (EXAGGERATION, 0.5) } else { (1.0, 0.8) };
        let gradient = self.gradient(exaggeration);
        let moves = self.moves.iter_mut().flatten().zip(self.gains.iter_mut().flatten());
        for ((place, (moved, gain)), slope) in
            self.places.iter_mut().flatten().zip(moves).zip(gradient.iter().flatten())
        {
            let goes_on = slope * *moved < 0.0;
            *gain = if goes_on { *gain + 0.2 } else { (*gain * 0.8).max(0.01) };
            *moved = momentum * *moved - RATE * *gain * slope;
            *place += *moved;
        }
        self.steps += 1;
    }

    /// Of the Kullback-Leibler divergence (equation 5): every pair attracts by how much it belongs together, and repels by
    /// how near it lies.
    fn gradient(&self, exaggeration: f64) -> Vec<[f64; 2]> {
        let n = self.places.len();
        let (mut pull, mut push, mut total) = (vec![[0.0; 2]; n], vec![[0.0; 2]; n], 0.0);
        for (i, at) in self.places.iter().enumerate() {
            let joint = &self.joint[i * n..][..i];
            for (j, (joint, other)) in joint.iter().zip(&self.places).enumerate() {
                let apart = [at[0] - other[0], at[1] - other[1]];
                let near = 1.0 / (1.0 + apart[0] * apart[0] + apart[1] * apart[1]);
                total += 2.0 * near;
                for axis in 0..2 {
                    let (attraction, repulsion) = (joint * near * apart[axis], near * near * apart[axis]);
                    pull[i][axis] += attraction;
                    pull[j][axis] -= attraction;
                    push[i][axis] += repulsion;
                    push[j][axis] -= repulsion;
                }
            }
        }
        let force = |(pull, push): ([f64; 2], [f64; 2])| {
            [0, 1].map(|axis| 4.0 * (exaggeration * pull[axis] - push[axis] / f64::max(total, f64::MIN_POSITIVE)))
        };
        pull.into_iter().zip(push).map(force).collect()
    }
}

/// The mean of what either image of a pair holds of the other (section 3.1).
fn joint(rows: &[f32], dims: usize, n: usize) -> Vec<f64> {
    let perplexity = PERPLEXITY.min((n as f64 - 1.0) / 3.0).max(1.0);
    let rows: Vec<&[f32]> = rows.chunks_exact(dims).collect();
    // |x - y|^2 = 2 - 2 cos on the sphere.
    let distances = |own: &[f32]| rows.iter().map(|row| f64::from(2.0 - 2.0 * dot(own, row))).collect::<Vec<_>>();
    let shares: Vec<f64> = (0..n).flat_map(|i| shares(i, &distances(rows[i]), perplexity)).collect();
    let mean = |pair: usize| (shares[pair] + shares[pair % n * n + pair / n]) / (2 * n) as f64;
    (0..n * n).map(mean).collect()
}

/// The shares of the others in the neighbourhood of image `own`: a Gaussian as narrow as makes their perplexity the one
/// asked for, found by bisection (section 2).
fn shares(own: usize, distances: &[f64], perplexity: f64) -> Vec<f64> {
    let others = || distances.iter().enumerate().filter(|(other, _)| *other != own).map(|(_, distance)| *distance);
    let nearest = others().fold(f64::INFINITY, f64::min);
    let (mut low, mut high, mut precision) = (0.0, f64::INFINITY, 1.0);
    for _ in 0..60 {
        let weights = || others().map(|distance| (distance - nearest, (-precision * (distance - nearest)).exp()));
        let sum: f64 = weights().map(|(_, weight)| weight).sum();
        let mean: f64 = weights().map(|(distance, weight)| distance * weight).sum::<f64>() / sum;
        let entropy = sum.ln() + precision * mean;
        if (entropy - perplexity.ln()).abs() < 1e-5 {
            break;
        }
        if entropy > perplexity.ln() {
            low = precision
        } else {
            high = precision
        }
        precision = if high.is_finite() { (low + high) / 2.0 } else { 2.0 * precision };
    }
    let weight = |(other, distance): (usize, &f64)| match other == own {
        true => 0.0,
        false => (-precision * (distance - nearest)).exp(),
    };
    let weights: Vec<f64> = distances.iter().enumerate().map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| if sum > 0.0 { weight / sum } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{components, tests::two_classes},
        *,
    };

    fn descended(features: &Features) -> Tsne {
        let mut tsne = Tsne::new(features, &components(features).places);
        (0..STEPS).for_each(|_| tsne.step());
        tsne
    }

    #[test]
    fn a_neighbourhood_has_the_perplexity_asked_for() {
        let distances: Vec<f64> = (0..40).map(|i| f64::from(i).sqrt()).collect();
        for perplexity in [2.0, 10.0, 30.0] {
            let shares = shares(7, &distances, perplexity);
            let entropy: f64 = shares.iter().filter(|share| **share > 0.0).map(|share| -share * share.ln()).sum();
            assert!((entropy.exp() - perplexity).abs() < 1e-3, "{} for {perplexity}", entropy.exp());
            assert_eq!(shares[7], 0.0);
        }
    }

    #[test]
    fn classes_that_differ_lie_apart() {
        let features = two_classes(60);
        let tsne = descended(&features);
        let distance = |i: usize, j: usize| {
            let [a, b] = [tsne.places()[i], tsne.places()[j]];
            (a[0] - b[0]).hypot(a[1] - b[1])
        };
        let pairs = || (0..60).flat_map(|i| (0..i).map(move |j| (i, j)));
        let widest = pairs().filter(|(i, j)| i % 2 == j % 2).map(|(i, j)| distance(i, j)).fold(0.0, f64::max);
        let nearest = pairs().filter(|(i, j)| i % 2 != j % 2).map(|(i, j)| distance(i, j)).fold(f64::MAX, f64::min);
        assert!(nearest > 0.5 * widest, "{nearest} between classes, {widest} within");
    }

    #[test]
    fn the_same_features_give_the_same_picture() {
        let features = two_classes(20);
        assert_eq!(descended(&features).places(), descended(&features).places());
    }

    #[test]
    fn few_images_or_equal_ones_stay_where_they_can_be_drawn() {
        for images in 0..4 {
            let mut features = two_classes(images);
            assert!(descended(&features).places().iter().flatten().all(|value| value.is_finite()), "{images} images");
            features.values.fill(1.0);
            assert!(descended(&features).places().iter().flatten().all(|value| *value == 0.0), "{images} equal images");
        }
    }
}
