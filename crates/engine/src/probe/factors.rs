//! What features kept of how images were made: each factor read out of frozen features by a ridge regression in closed
//! form. Numbers are judged by R², the share of their variance that is explained, kinds by the share that is told.

use burn::tensor::Tensor;
use nalgebra::{Cholesky, DMatrix, Dyn};

use crate::{probe::linear, values};
use byolab_values::{
    data::{Factor, FactorKind},
    protocol::Metrics,
};

/// Of the ridge, for each image: small beside standardised features, large enough for columns that say the same.
const RIDGE: f64 = 1e-3;

/// `factor.NAME` of each factor, learnt on `bank`, `[n, d]`, the features of the training images `places`, and judged on
/// those of the held-out images, `[m, d]`.
pub fn read_out(bank: &Tensor<2>, places: &[usize], held_out: &Tensor<2>, factors: &[Factor]) -> Metrics {
    let (mean, deviation) = linear::standard(bank);
    let [x, query] = [bank, held_out]
        .map(|features| matrix(&linear::with_one((features.clone() - mean.clone()) / deviation.clone())));
    let solver = Ridge::of(&x);
    let judge = |factor: &Factor| {
        let rows: Vec<&[f32]> = places.iter().map(|&place| &factor.train[place][..]).collect();
        let truth: Vec<&[f32]> = factor.held_out.iter().map(|row| &row[..]).collect();
        let predicted = &query * solver.solve(&x, &table(&rows));
        let value = match factor.kind {
            FactorKind::Number => explained(&predicted, &table(&truth)),
            FactorKind::Class => told(&predicted, &table(&truth)),
        };
        (format!("factor.{}", factor.name), value)
    };
    factors.iter().map(judge).collect()
}

/// A ridge regression on rows, of whatever is asked of them.
struct Ridge(Cholesky<f64, Dyn>);

impl Ridge {
    /// On rows `x`, `[n, d]`.
    fn of(x: &DMatrix<f64>) -> Self {
        let mut gram = x.tr_mul(x);
        for place in 0..gram.nrows() {
            gram[(place, place)] += RIDGE * x.nrows() as f64;
        }
        Self(Cholesky::new(gram).expect("a ridge makes the matrix positive definite"))
    }

    /// The map of the same rows to `y`, `[n, k]`: `[d, k]`.
    fn solve(&self, x: &DMatrix<f64>, y: &DMatrix<f64>) -> DMatrix<f64> {
        self.0.solve(&x.tr_mul(y))
    }
}

/// The linear map of rows `x`, `[n, d]`, that is nearest to `y`, `[n, k]`, with a small penalty: `[d, k]`.
pub fn ridge(x: &DMatrix<f64>, y: &DMatrix<f64>) -> DMatrix<f64> {
    Ridge::of(x).solve(x, y)
}

/// Features in double precision.
pub fn matrix(features: &Tensor<2>) -> DMatrix<f64> {
    let [rows, columns] = features.dims();
    DMatrix::from_row_iterator(rows, columns, values(features.clone()).into_iter().map(f64::from))
}

fn table(rows: &[&[f32]]) -> DMatrix<f64> {
    let columns = rows.first().map_or(0, |row| row.len());
    DMatrix::from_row_iterator(
        rows.len(),
        columns,
        rows.iter().flat_map(|row| row.iter().map(|value| f64::from(*value))),
    )
}

/// R²: 1 where all is told, 0 where the mean is told, below where it is worse than that. Numbers that belong together are
/// judged together.
fn explained(predicted: &DMatrix<f64>, truth: &DMatrix<f64>) -> f64 {
    let spread: f64 = truth.column_iter().map(|column| column.add_scalar(-column.mean()).norm_squared()).sum();
    1.0 - (truth - predicted).norm_squared() / spread
}

/// The share of rows whose largest number is at the same place.
fn told(predicted: &DMatrix<f64>, truth: &DMatrix<f64>) -> f64 {
    let right = predicted.row_iter().zip(truth.row_iter()).filter(|(a, b)| largest(a.iter()) == largest(b.iter()));
    right.count() as f64 / truth.nrows() as f64
}

fn largest<'a>(row: impl Iterator<Item = &'a f64>) -> Option<usize> {
    row.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(place, _)| place)
}
