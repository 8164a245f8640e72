//! What features are like, where that is asked for: how much of what tells images apart is theirs (LiDAR), how steeply their variance
//! falls (alpha-ReQ), how tightly classes lie (neural collapse), and how much of an image's colours can be read out of them.

use burn::tensor::{Device, Tensor};
use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::{
    factors::{self, matrix},
    spread,
};
use crate::{learner::Learner, pixels};
use byolab_values::{
    augment::View,
    data::{Dataset, Factor, FactorKind, Images, Label, UNLABELLED},
    plan::Recipe,
    protocol::Metrics,
};

/// Held-out images whose views are compared by [`lidar`], and views of each: a quarter and a fifth of the paper's.
const SURROGATES: usize = 256;
const VIEWS: u64 = 10;
/// Added to the spread within an image's views, so that it can be inverted (LiDAR, section 3).
const RIDGE: f64 = 1e-4;
/// Ranks that a power law is fitted to, the first counted as 1: the head of a spectrum is no power law, its tail is noise
/// (alpha-ReQ's code).
const FITTED: std::ops::RangeInclusive<usize> = 11..=100;
/// Fewer ranks say nothing of a slope.
const FEWEST: usize = 10;
/// Values of a channel that the histogram tells apart.
const BINS: usize = 8;

/// Of features `bank`, `[n, d]`, of the training images `places`, and `held_out`, `[m, d]`.
pub fn of(
    learner: &Learner,
    recipe: &Recipe,
    data: &Dataset,
    (bank, places): (&Tensor<2>, &[usize]),
    held_out: &Tensor<2>,
    device: &Device,
) -> Metrics {
    let labels = &data.held_out.labels;
    let found = [
        ("lidar", Some(lidar(&surrogates(learner, recipe, data, device), VIEWS as usize))),
        ("alpha_req", alpha(&spread::variances(held_out.clone()))),
        ("neural_collapse", variability(&matrix(held_out), labels, data.classes.len())),
        ("histogram", Some(histogram_read_out(data, bank, places, held_out))),
    ];
    found.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?))).collect()
}

/// Features of views of held-out images, those of an image one after the other, `[images * VIEWS, d]`.
fn surrogates(learner: &Learner, recipe: &Recipe, data: &Dataset, device: &Device) -> DMatrix<f64> {
    let images: Vec<usize> = (0..SURROGATES.min(data.held_out.len())).collect();
    let of_view = |epoch: u64| {
        let pixels = |some: &[usize]| pixels::augmented(recipe, data, &data.held_out, some, View::First, epoch);
        matrix(&pixels::rows(&images, device, pixels, |x| learner.features(x)))
    };
    let views: Vec<DMatrix<f64>> = (0..VIEWS).map(of_view).collect();
    let columns = views[0].ncols();
    DMatrix::from_fn(images.len() * views.len(), columns, |row, column| {
        views[row % views.len()][(row / views.len(), column)]
    })
}

/// LiDAR (Thilak et al. 2024, equation 3): exp of the entropy of the eigenvalues of the spread between images, in coordinates in
/// which the spread within the views of an image is 1. `x` is `[images * views, d]`, the views of an image one after the other.
pub fn lidar(x: &DMatrix<f64>, views: usize) -> f64 {
    let (images, dimensions) = (x.nrows() / views, x.ncols());
    let mean = |first: usize, rows: usize| x.rows(first, rows).row_mean();
    let whole = mean(0, x.nrows());
    let means = DMatrix::from_rows(&(0..images).map(|image| mean(image * views, views)).collect::<Vec<_>>());
    let between = DMatrix::from_fn(images, dimensions, |row, column| means[(row, column)] - whole[column]);
    let within = DMatrix::from_fn(x.nrows(), dimensions, |row, column| x[(row, column)] - means[(row / views, column)]);
    let between = between.tr_mul(&between) / (images - 1).max(1) as f64;
    let within =
        within.tr_mul(&within) / (images * (views - 1)) as f64 + DMatrix::identity(dimensions, dimensions) * RIDGE;
    let whitened = power(within, |value| value.max(RIDGE).sqrt().recip());
    let found = (&whitened * between * &whitened).symmetric_eigenvalues().map(|value| value.max(0.0));
    let total: f64 = found.iter().sum();
    if total > 0.0 && total.is_finite() { spread::rank_of(found.iter().map(|value| value / total)) } else { 0.0 }
}

/// alpha-ReQ (Agrawal et al. 2022, section 3; its code): how steeply the variances fall, the largest first, as a power of their rank,
/// by least squares of the logarithms weighted by 1 / rank; none where there are too few.
pub fn alpha(variances: &[f64]) -> Option<f64> {
    let ranks = *FITTED.start()..=variances.len().min(*FITTED.end());
    let seen: Vec<(f64, f64, f64)> = ranks
        .map(|rank| (rank as f64, variances[rank - 1]))
        .take_while(|(_, variance)| *variance > 0.0)
        .map(|(rank, variance)| (rank.recip(), rank.ln(), variance.ln()))
        .collect();
    if seen.len() < FEWEST {
        return None;
    }
    let total: f64 = seen.iter().map(|(weight, ..)| weight).sum();
    let mean = |of: fn(&(f64, f64, f64)) -> f64| seen.iter().map(|point| point.0 * of(point)).sum::<f64>() / total;
    let [x, y] = [mean(|point| point.1), mean(|point| point.2)];
    let rise: f64 = seen.iter().map(|(weight, rank, variance)| weight * (rank - x) * (variance - y)).sum();
    let run: f64 = seen.iter().map(|(weight, rank, _)| weight * (rank - x) * (rank - x)).sum();
    Some(-rise / run)
}

/// Variability collapse, NC1 (Papyan et al. 2020): the trace of the spread within classes times the pseudo-inverse of that between
/// them, by the number of classes: 0 where the images of a class are one point. None where there are no two classes.
pub fn variability(x: &DMatrix<f64>, labels: &[Label], classes: usize) -> Option<f64> {
    let of_class = |class: usize| {
        let rows: Vec<usize> = (0..labels.len()).filter(|&row| usize::from(labels[row]) == class).collect();
        (!rows.is_empty()).then(|| x.select_rows(&rows))
    };
    let groups: Vec<DMatrix<f64>> = (0..classes).filter_map(of_class).collect();
    if groups.len() < 2 {
        return None;
    }
    let known = labels.iter().filter(|label| **label != UNLABELLED).count() as f64;
    let means: Vec<DVector<f64>> = groups.iter().map(|rows| rows.row_mean().transpose()).collect();
    let sum = groups.iter().zip(&means).map(|(rows, mean)| mean * rows.nrows() as f64).sum::<DVector<f64>>();
    let whole = sum / known;
    let square = |mut rows: DMatrix<f64>, mean: &DVector<f64>| {
        rows.row_iter_mut().for_each(|mut row| row -= mean.transpose());
        rows.tr_mul(&rows)
    };
    let within = groups.into_iter().zip(&means).map(|(rows, mean)| square(rows, mean)).sum::<DMatrix<f64>>() / known;
    let between = square(DMatrix::from_columns(&means).transpose(), &whole) / means.len() as f64;
    let largest = between.clone().symmetric_eigenvalues().max();
    let inverse = power(between, |value| if value > 1e-9 * largest { value.recip() } else { 0.0 });
    Some((within * inverse).trace() / means.len() as f64)
}

/// A symmetric matrix with `function` of each of its eigenvalues.
fn power(matrix: DMatrix<f64>, function: impl Fn(f64) -> f64) -> DMatrix<f64> {
    let SymmetricEigen { eigenvectors, eigenvalues } = SymmetricEigen::new(matrix);
    &eigenvectors * DMatrix::from_diagonal(&eigenvalues.map(function)) * eigenvectors.transpose()
}

/// The share of the variance of images' colour histograms that a linear map reads out of their features: the shortcut that
/// contrastive methods take where colours are left alone (SimCLR, section 3.1 and figure 6).
fn histogram_read_out(data: &Dataset, bank: &Tensor<2>, places: &[usize], held_out: &Tensor<2>) -> f64 {
    let of = |images: &Images| (0..images.len()).map(|image| histogram(images.image(image))).collect();
    let (train, held_out_rows) = (of(&data.train), of(&data.held_out));
    let factor = Factor { name: "histogram", kind: FactorKind::Number, train, held_out: held_out_rows };
    factors::read_out(bank, places, held_out, &[factor]).into_values().next().expect("one factor is one number")
}

/// The share of pixels with a value of each channel in each of eight parts of the range, `[3 * 8]`, of `[3, side, side]`.
pub fn histogram(image: &[u8]) -> Vec<f32> {
    let pixels = image.len() / 3;
    let mut shares = vec![0.0; 3 * BINS];
    for (place, value) in image.iter().enumerate() {
        shares[place / pixels * BINS + usize::from(*value) * BINS / 256] += 1.0 / pixels as f32;
    }
    shares
}
