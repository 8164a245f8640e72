//! Weighted cosine k-NN (Wu et al. 2018, section 3.4): the k nearest of the bank vote with weight exp(cos / t).

use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::engine::{kernel::rows_times_rows, loss::normalize, values};

/// Queries compared with the bank at once: bounds the memory of the similarities.
const CHUNK: usize = 256;

/// The class predicted for each row of `query`, `[m, d]`, from `bank`, `[n, d]`, and its labels. Of equal votes the
/// lowest class wins.
pub fn predict(
    bank: Tensor<2>,
    labels: &[u8],
    query: Tensor<2>,
    classes: usize,
    k: usize,
    temperature: f64,
) -> Vec<u8> {
    let bank = normalize(bank);
    let query = normalize(query);
    let k = k.min(labels.len());
    let rows = query.dims()[0];
    let mut predicted = Vec::with_capacity(rows);
    for start in (0..rows).step_by(CHUNK) {
        let some = query.clone().slice(start..(start + CHUNK).min(rows));
        let similarity = rows_times_rows(some, bank.clone());
        let similarity = values(similarity);
        predicted.par_extend(
            similarity.par_chunks(labels.len()).map(|row| vote(row, labels, classes, k, temperature as f32)),
        );
    }
    predicted
}

/// Share of `predicted` that equals `truth`.
pub fn accuracy(predicted: &[u8], truth: &[u8]) -> f64 {
    assert_eq!(predicted.len(), truth.len(), "one prediction for each label");
    predicted.iter().zip(truth).filter(|(a, b)| a == b).count() as f64 / truth.len() as f64
}

fn vote(similarity: &[f32], labels: &[u8], classes: usize, k: usize, temperature: f32) -> u8 {
    let mut order: Vec<u32> = (0..similarity.len() as u32).collect();
    // Equal similarities are ordered by place, so that the choice is the same everywhere.
    let nearer = |a: &u32, b: &u32| similarity[*b as usize].total_cmp(&similarity[*a as usize]).then(a.cmp(b));
    if k < order.len() {
        order.select_nth_unstable_by(k - 1, nearer);
        order.truncate(k);
    }
    order.sort_unstable_by(nearer);
    let mut votes = vec![0.0f32; classes];
    for index in order {
        votes[labels[index as usize] as usize] += (similarity[index as usize] / temperature).exp();
    }
    let best = (0..classes).rev().max_by(|a, b| votes[*a].total_cmp(&votes[*b])).expect("there are classes");
    best as u8
}
