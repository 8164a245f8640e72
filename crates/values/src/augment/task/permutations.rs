//! The orders of a puzzle's nine patches: far from each other by Hamming distance, so that one patch does not tell them (Noroozi and
//! Favaro 2016, algorithm 1, with the largest mean distance).

use std::{
    collections::BTreeMap,
    sync::{LazyLock, Mutex},
};

use crate::plan::demand::PATCHES;

/// Which cell's patch comes at each place.
pub type Permutation = [u8; PATCHES];

/// So many orders; always the same, and those of a smaller number first.
///
/// # Panics
/// Where more are asked for than there are.
pub fn permutations(count: usize) -> &'static [Permutation] {
    static MADE: LazyLock<Mutex<BTreeMap<usize, &'static [Permutation]>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().expect("nobody panics with it");
    made.entry(count).or_insert_with(|| Vec::leak(far_apart(count)))
}

fn far_apart(count: usize) -> Vec<Permutation> {
    let all = all();
    assert!(count <= all.len(), "{count} orders of nine patches, of which there are {}", all.len());
    let mut distances = vec![0u32; all.len()];
    let mut chosen = vec![0];
    while chosen.len() < count {
        let newest = all[chosen[chosen.len() - 1]];
        for (distance, order) in distances.iter_mut().zip(&all) {
            *distance += order.iter().zip(&newest).filter(|(a, b)| a != b).count() as u32;
        }
        chosen.iter().for_each(|&taken| distances[taken] = 0);
        let farthest = (0..all.len()).max_by_key(|&at| (distances[at], std::cmp::Reverse(at)));
        chosen.push(farthest.expect("there are orders"));
    }
    chosen.into_iter().map(|at| all[at]).collect()
}

/// Every order, sorted.
fn all() -> Vec<Permutation> {
    let mut all = vec![Vec::new()];
    for _ in 0..PATCHES {
        let longer = |order: Vec<u8>| {
            let left = (0..PATCHES as u8).filter(|cell| !order.contains(cell)).collect::<Vec<_>>();
            left.into_iter().map(move |cell| [&order[..], &[cell]].concat())
        };
        all = all.into_iter().flat_map(longer).collect();
    }
    all.into_iter().map(|order| order.try_into().expect("an order has nine places")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_far_from_each_other_and_those_of_a_shorter_list_come_first() {
        let orders = permutations(30);
        assert_eq!(orders[0], [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(orders[..10], *permutations(10));
        let distance = |a: &Permutation, b: &Permutation| a.iter().zip(b).filter(|(a, b)| a != b).count();
        let pairs: Vec<usize> = (0..30).flat_map(|i| (0..i).map(move |j| distance(&orders[i], &orders[j]))).collect();
        // At random 8 of 9 places differ on average.
        let mean = pairs.iter().sum::<usize>() as f64 / pairs.len() as f64;
        assert!(mean > 8.2 && *pairs.iter().min().unwrap() > 0, "{mean}");
    }
}
