//! Several claims of one experiment: each is one more chance to be wrong.

/// P values corrected for their number, so that at level 0.05 the chance of even one false decision stays below 5 %,
/// whatever their dependence (Holm 1979, *A simple sequentially rejective multiple test procedure*). In the order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let (mut corrected, mut least) = (vec![0.0; p.len()], 0.0f64);
    for (rank, place) in order.into_iter().enumerate() {
        least = least.max((p.len() - rank) as f64 * p[place]).min(1.0);
        corrected[place] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::{super::reference, *};

    #[test]
    fn corrections_agree_with_statsmodels() {
        for case in reference::cases("holm") {
            let expected = case.list("corrected");
            let found = holm(&case.list("p"));
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?} is not {expected:?}");
        }
    }
}
