//! Weighted cosine k-NN (Wu et al. 2018, section 3.4): the k nearest of the bank vote with weight exp(cos / t). By
//! recipe also solo-learn's form, by Euclidean distance with weight 1 / distance, and votes of equal weight.

use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::{
    kernel::{mean_of_rows, rows_times_rows},
    loss::normalize,
    values,
};
use byolab_values::{
    data::Label,
    plan::recipe::{Distance, ProbesRecipe},
};

/// Queries compared with the bank at once: bounds the memory of the similarities.
const CHUNK: usize = 256;

/// The class predicted for each row of `query`, `[m, d]`, from `bank`, `[n, d]`, and its labels. Of equal votes the
/// lowest class wins.
pub fn predict(
    bank: Tensor<2>,
    labels: &[Label],
    query: Tensor<2>,
    classes: usize,
    recipe: &ProbesRecipe,
) -> Vec<Label> {
    let [bank, query] = match recipe.knn_distance {
        Distance::Cosine => [bank, query].map(normalize),
        // Distances are the same about any point, and squares lose least to rounding about the mean.
        Distance::Euclidean => {
            let mean = mean_of_rows(bank.clone());
            [bank, query].map(|x| x - mean.clone())
        }
    };
    let rows = query.dims()[0];
    let mut predicted = Vec::with_capacity(rows);
    for start in (0..rows).step_by(CHUNK) {
        let some = query.clone().slice(start..(start + CHUNK).min(rows));
        let similarity = values(match recipe.knn_distance {
            Distance::Cosine => rows_times_rows(some, bank.clone()),
            Distance::Euclidean => nearness(some, bank.clone()),
        });
        predicted.par_extend(similarity.par_chunks(labels.len()).map(|row| vote(row, labels, classes, recipe)));
    }
    predicted
}

/// 1 / distance, `[m, n]`; the 1e-5 is solo-learn's.
fn nearness(query: Tensor<2>, bank: Tensor<2>) -> Tensor<2> {
    let square = |x: &Tensor<2>| (x.clone() * x.clone()).sum_dim(1);
    let squares = square(&query) + square(&bank).transpose() - rows_times_rows(query, bank) * 2.0;
    (squares.clamp_min(0.0).sqrt() + 1e-5).recip()
}

/// Share of `predicted` that equals `truth`.
pub fn accuracy(predicted: &[Label], truth: &[Label]) -> f64 {
    assert_eq!(predicted.len(), truth.len(), "one prediction for each label");
    predicted.iter().zip(truth).filter(|(a, b)| a == b).count() as f64 / truth.len() as f64
}

fn vote(similarity: &[f32], labels: &[Label], classes: usize, recipe: &ProbesRecipe) -> Label {
    let k = recipe.knn_k.min(labels.len());
    let mut order: Vec<u32> = (0..similarity.len() as u32).collect();
    // Equal similarities are ordered by place, so that the choice is the same everywhere.
    let nearer = |a: &u32, b: &u32| similarity[*b as usize].total_cmp(&similarity[*a as usize]).then(a.cmp(b));
    if k < order.len() {
        order.select_nth_unstable_by(k - 1, nearer);
        order.truncate(k);
    }
    order.sort_unstable_by(nearer);
    let nearest = similarity[order[0] as usize];
    let mut votes = vec![0.0f64; classes];
    for index in order {
        votes[labels[index as usize] as usize] += weight(similarity[index as usize], nearest, recipe);
    }
    let best = (0..classes).rev().max_by(|a, b| votes[*a].total_cmp(&votes[*b])).expect("there are classes");
    best as Label
}

/// The weight of a vote; by cosine as a share of the nearest's, since exp(cos / t) itself is no finite float below a
/// temperature of 0.0113.
fn weight(similarity: f32, nearest: f32, recipe: &ProbesRecipe) -> f64 {
    let [similarity, nearest] = [similarity, nearest].map(f64::from);
    match recipe.knn_distance {
        _ if !recipe.knn_weighted => 1.0,
        Distance::Cosine => ((similarity - nearest) / recipe.knn_temperature).exp(),
        Distance::Euclidean => similarity,
    }
}
