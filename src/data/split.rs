//! Which images are held out and which are trained on: stratified by class, keyed by nothing but the labels, so that
//! every trial of every training seed is judged on the same images.

use anyhow::{Result, ensure};

use crate::plan::streams::{Draws, Stream};

/// Indices of the images, ascending; no image is in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub train: Vec<usize>,
    pub held_out: Vec<usize>,
}

/// Takes `held_out` images, then `limit` of the rest (0: all of it), each with the classes in the proportions of what
/// it is taken from. The held-out images do not depend on `limit`.
///
/// # Errors
/// A sentence where there are not that many images.
pub fn stratified(labels: &[u8], held_out: usize, limit: usize) -> Result<Split> {
    let n = labels.len();
    ensure!(held_out < n, "data.held_out = {held_out} leaves nothing to train on: the training split has {n} images");
    let rest = n - held_out;
    ensure!(
        limit <= rest,
        "data.limit = {limit} is more than the {rest} images that remain of {n} after data.held_out = {held_out}"
    );
    let mut strata = strata(labels);
    let held_out = take(&mut strata, held_out);
    let train = take(&mut strata, if limit == 0 { rest } else { limit });
    Ok(Split { train, held_out })
}

/// The indices of each class in random order.
fn strata(labels: &[u8]) -> Vec<Vec<usize>> {
    let mut strata = vec![Vec::new(); labels.iter().max().map_or(0, |&last| usize::from(last) + 1)];
    for index in Draws::new(0, Stream::Split, 0, 0, 0).permutation(labels.len()) {
        strata[usize::from(labels[index])].push(index);
    }
    strata
}

/// Removes `n` indices from the strata, in proportion to their sizes, and sorts them.
fn take(strata: &mut [Vec<usize>], n: usize) -> Vec<usize> {
    let shares = shares(n, &strata.iter().map(Vec::len).collect::<Vec<_>>());
    let mut taken: Vec<usize> =
        strata.iter_mut().zip(shares).flat_map(|(stratum, share)| stratum.drain(..share).collect::<Vec<_>>()).collect();
    taken.sort_unstable();
    taken
}

/// `n` divided in proportion to `sizes` (Hamilton's method: what is left goes to the largest remainders).
fn shares(n: usize, sizes: &[usize]) -> Vec<usize> {
    let total = sizes.iter().sum::<usize>().max(1);
    let mut shares: Vec<usize> = sizes.iter().map(|size| n * size / total).collect();
    let mut by_remainder: Vec<usize> = (0..sizes.len()).collect();
    by_remainder.sort_by_key(|&class| std::cmp::Reverse(n * sizes[class] % total));
    let left = n - shares.iter().sum::<usize>();
    for &class in &by_remainder[..left] {
        shares[class] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<u8> {
        (0..200u32).map(|i| if i % 4 == 0 { 1 } else { (i % 3) as u8 }).collect()
    }

    fn count(labels: &[u8], indices: &[usize], class: u8) -> usize {
        indices.iter().filter(|&&index| labels[index] == class).count()
    }

    #[test]
    fn train_and_held_out_share_no_image_and_take_what_is_asked() {
        let labels = labels();
        for (held_out, limit, train) in [(50, 0, 150), (50, 30, 30), (1, 199, 199), (0, 0, 200), (199, 1, 1)] {
            let split = stratified(&labels, held_out, limit).unwrap();
            assert_eq!((split.held_out.len(), split.train.len()), (held_out, train));
            let mut all = [split.train, split.held_out].concat();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), held_out + train, "an image came twice with {held_out}, {limit}");
        }
    }

    #[test]
    fn classes_keep_their_proportions_within_one_image() {
        let labels = labels();
        let all: Vec<usize> = (0..labels.len()).collect();
        let split = stratified(&labels, 60, 40).unwrap();
        for class in 0..3 {
            let share = count(&labels, &all, class) as f64 / labels.len() as f64;
            for part in [&split.held_out, &split.train] {
                let expected = share * part.len() as f64;
                assert!((count(&labels, part, class) as f64 - expected).abs() <= 1.5, "class {class}: not {expected}");
            }
        }
    }

    #[test]
    fn the_held_out_images_do_not_depend_on_the_limit() {
        let labels = labels();
        let few = stratified(&labels, 50, 10).unwrap();
        let all = stratified(&labels, 50, 0).unwrap();
        assert_eq!(few.held_out, all.held_out);
        assert!(few.train.iter().all(|index| all.train.contains(index)));
    }

    #[test]
    fn the_split_of_recorded_trials_never_changes() {
        let split = stratified(&[0, 1, 0, 1, 0, 1, 0, 1], 2, 4).unwrap();
        assert_eq!(split, Split { train: vec![0, 1, 3, 4], held_out: vec![2, 7] });
    }

    #[test]
    fn asking_for_more_than_there_is_says_how_many_there_are() {
        let message = |held_out, limit| stratified(&[0; 10], held_out, limit).unwrap_err().to_string();
        assert!(message(10, 0).contains("training split has 10 images"));
        assert!(message(4, 7).contains("more than the 6 images that remain of 10"));
    }
}
