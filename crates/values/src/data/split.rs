//! Which images are held out and which are trained on: stratified by class, keyed by nothing but the labels, so that
//! every trial of every training seed is judged on the same images.

use anyhow::{Result, ensure};

use super::{Label, UNLABELLED};
use crate::plan::{
    recipe::{DataRecipe, LabelDraw},
    streams::{Draws, Stream},
};

/// Indices of the images, ascending; no image is in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitIndices {
    /// Places of the images to train on.
    pub train: Vec<usize>,
    /// Places of the images that are held out.
    pub held_out: Vec<usize>,
}

/// Takes `held_out` images, all of them with labels, then `limit` of the rest (0: all of it), each with the classes in
/// the proportions of what it is taken from; images without labels count as a class. The held-out images do not depend
/// on `limit`.
///
/// # Errors
/// A sentence where there are not that many images.
pub fn stratified(labels: &[Label], held_out: usize, limit: usize) -> Result<SplitIndices> {
    let (n, labelled) = (labels.len(), labels.iter().filter(|label| **label != UNLABELLED).count());
    ensure!(
        held_out < labelled,
        "data.held_out = {held_out} leaves nothing to train on: the training split has {labelled} images with labels"
    );
    let rest = n - held_out;
    ensure!(
        limit <= rest,
        "data.limit = {limit} is more than the {rest} images that remain of {n} after data.held_out = {held_out}"
    );
    let (mut strata, unlabelled) = strata(labels);
    let held_out = take(&mut strata, held_out);
    strata.push(unlabelled);
    let train = take(&mut strata, if limit == 0 { rest } else { limit });
    Ok(SplitIndices { train, held_out })
}

/// The labels that are seen, the others taken away: of each class `data.label_share`, at least one, or
/// `data.labels_per_class` where that is not 0; drawn by `data.seed`, or by the trial's.
///
/// # Errors
/// A class that has fewer images than labels are asked for.
pub fn seen(labels: &[Label], recipe: &DataRecipe) -> Result<Vec<Label>> {
    let (share, per_class) = (recipe.label_share, recipe.labels_per_class);
    // Trials that draw their own have a place of their own in the key: data.seed is one of several numbers.
    let (seed, draw) = match recipe.label_draw {
        LabelDraw::Data => (recipe.seed, 0),
        LabelDraw::Trial => (recipe.trial, 1),
    };
    let mut seen = labels.to_vec();
    for (class, stratum) in strata(labels).0.into_iter().enumerate().filter(|(_, stratum)| !stratum.is_empty()) {
        ensure!(
            per_class <= stratum.len(),
            "data.labels_per_class = {per_class} is more than the {} training images of class {class}",
            stratum.len()
        );
        let kept = match per_class {
            0 => (stratum.len() as f64 * share).round().max(1.0) as usize,
            n => n,
        };
        let order = Draws::new(seed, Stream::Split, 1, class as u64, draw).permutation(stratum.len());
        for &place in &order[kept..] {
            seen[stratum[place]] = UNLABELLED;
        }
    }
    Ok(seen)
}

/// The indices of each class in random order, and of the images without labels. Those do not change the others' order.
fn strata(labels: &[Label]) -> (Vec<Vec<usize>>, Vec<usize>) {
    let (known, unlabelled): (Vec<usize>, Vec<usize>) =
        (0..labels.len()).partition(|&index| labels[index] != UNLABELLED);
    let classes = known.iter().map(|&index| usize::from(labels[index]) + 1).max().unwrap_or(0);
    let mut strata = vec![Vec::new(); classes];
    for index in shuffled(&known, 0) {
        strata[usize::from(labels[index])].push(index);
    }
    (strata, shuffled(&unlabelled, 1))
}

fn shuffled(indices: &[usize], sample: u64) -> Vec<usize> {
    let order = Draws::new(0, Stream::Split, 0, sample, 0).permutation(indices.len());
    order.into_iter().map(|place| indices[place]).collect()
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

    fn labels() -> Vec<Label> {
        (0..200u32).map(|i| if i % 4 == 0 { 1 } else { (i % 3) as Label }).collect()
    }

    fn count(labels: &[Label], indices: &[usize], class: Label) -> usize {
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
        assert_eq!(split, SplitIndices { train: vec![0, 1, 3, 4], held_out: vec![2, 7] });
    }

    #[test]
    fn the_places_of_a_split_are_those_in_the_data_set() {
        let pixels: Vec<u8> = (0..8).flat_map(|image| [image; 3]).collect();
        let images = super::super::Images { side: 1, pixels: pixels.into(), labels: vec![0, 1, 0, 1, 0, 1, 0, 1] };
        let raw = super::super::Raw {
            classes: vec!["a".into(), "b".into()],
            mean: [0.0; 3],
            std: [1.0; 3],
            images,
            notes: Vec::new(),
        };
        let data = raw.split(&DataRecipe { held_out: 2, limit: 4, ..DataRecipe::default() }).unwrap();
        assert_eq!((&data.origins.train[..], &data.origins.held_out[..]), (&[0, 1, 3, 4][..], &[2, 7][..]));
        for (images, places) in [(&data.train, &data.origins.train), (&data.held_out, &data.origins.held_out)] {
            assert!(places.iter().enumerate().all(|(at, place)| images.image(at)[0] == *place as u8));
        }
    }

    #[test]
    fn asking_for_more_than_there_is_says_how_many_there_are() {
        let message = |held_out, limit| stratified(&[0; 10], held_out, limit).unwrap_err().to_string();
        assert!(message(10, 0).contains("training split has 10 images with labels"));
        assert!(message(4, 7).contains("more than the 6 images that remain of 10"));
    }

    #[test]
    fn images_without_labels_are_trained_on_and_never_held_out() {
        let labels = [vec![0; 20], vec![1; 20], vec![UNLABELLED; 60]].concat();
        let split = stratified(&labels, 10, 30).unwrap();
        assert!(split.held_out.iter().all(|&index| index < 40));
        assert_eq!(split.train.iter().filter(|&&index| index >= 40).count(), 20, "60 of the 90 that are left");
        assert!(stratified(&labels, 40, 0).unwrap_err().to_string().contains("40 images with labels"));
    }

    #[test]
    fn labels_are_seen_by_share_or_by_number_in_every_class_and_drawn_by_the_seed() {
        let labels = labels();
        let seen = |label_share, labels_per_class, seed| {
            seen(&labels, &DataRecipe { label_share, labels_per_class, seed, ..DataRecipe::default() }).unwrap()
        };
        let counts = |seen: &[Label]| [0, 1, 2].map(|class| seen.iter().filter(|label| **label == class).count());
        assert_eq!(seen(1.0, 0, 0), labels);
        let all = counts(&labels);
        assert_eq!(counts(&seen(0.1, 0, 0)), all.map(|n| (n as f64 / 10.0).round() as usize));
        assert_eq!(counts(&seen(0.001, 0, 0)), [1, 1, 1]);
        assert_eq!(counts(&seen(1.0, 4, 0)), [4, 4, 4]);
        assert_eq!(seen(0.1, 0, 3), seen(0.1, 0, 3));
        assert_ne!(seen(0.1, 0, 3), seen(0.1, 0, 4));
        assert!(seen(0.1, 0, 0).iter().zip(&labels).all(|(seen, label)| *seen == UNLABELLED || seen == label));
        let recipe = DataRecipe { labels_per_class: 500, ..DataRecipe::default() };
        assert!(super::seen(&labels, &recipe).unwrap_err().to_string().contains("labels_per_class = 500"));
    }
}
