//! Views made by a device against those made on the host.

use std::thread;

use byolab::engine::burn::tensor::Device;
use byolab::{
    data::{Dataset, Images},
    engine::{
        augmenter::{Augmenter, Taken},
        loader::DataLoader,
        method::Batch,
        values,
    },
    plan::{
        Recipe,
        recipe::{Arithmetic, Augmentation, Interpolation, Op, Sampler, Semantics},
    },
};

use crate::{
    engine::recipe,
    support::{assert_close, vulkan},
    views::images,
};

/// Every image of the training set once is five micro-batches of two.
const IMAGES: usize = 10;

/// An odd side, so that images begin within a word of the packed bytes; more pixels than a cube has units.
fn data() -> Dataset {
    let held_out = Images { side: 13, pixels: Vec::new().into(), labels: Vec::new() };
    Dataset { mean: [0.0, 0.1, 0.2], std: [1.0, 0.9, 1.1], train: images(IMAGES, 13), held_out, ..Dataset::default() }
}

/// All that the kernel knows, the first view as torchvision has it and the second as BYOL's code.
fn known() -> Recipe {
    let (area, aspect) = ([0.2, 1.0], [0.75, 4.0 / 3.0]);
    let (brightness, contrast, saturation, hue) = (0.4, 0.4, 0.4, 0.2);
    let (sampler, clamp) = (Sampler::Torchvision, true);
    let first = vec![
        Op::crop(area, aspect),
        Op::Flip { p: 0.5 },
        Op::jitter(0.9, [brightness, contrast, saturation, hue]),
        Op::Grayscale { p: 0.3 },
        Op::Blur { p: 0.5, sigma: [0.1, 2.0], kernel: 3 },
        Op::Cutout { p: 0.5, size: 0.4, fill: 0.5 },
    ];
    let second = vec![
        Op::Crop { area, aspect, sampler, interpolation: Interpolation::Bilinear, clamp },
        Op::Jitter { p: 0.9, brightness, contrast, saturation, hue, semantics: Semantics::Byol },
        Op::Blur { p: 0.5, sigma: [0.1, 2.0], kernel: 7 },
        Op::Solarize { p: 0.5, threshold: 0.5 },
        Op::Flip { p: 0.5 },
    ];
    with(Augmentation { name: "known".into(), first, second, ..Default::default() })
}

/// The crops of BYOL's and of SimCLR's code, which overshoots into the jitter or the end.
fn enlarged() -> Recipe {
    let (area, aspect, sampler) = ([0.1, 1.0], [0.75, 4.0 / 3.0], Sampler::Paper);
    let crop = |interpolation, clamp| Op::Crop { area, aspect, sampler, interpolation, clamp };
    let first = vec![crop(Interpolation::BicubicKeys, true)];
    let second = vec![crop(Interpolation::BicubicTf1, false), Op::jitter(0.5, [0.4, 0.4, 0.4, 0.1])];
    with(Augmentation { name: "enlarged".into(), first, second, ..Default::default() })
}

fn with(augment: Augmentation) -> Recipe {
    let mut recipe = Recipe { augment, ..recipe("convnet", 4) };
    (recipe.train.batch, recipe.train.optimizer_batch) = (2, 4);
    recipe
}

fn pixels(batch: Batch) -> Vec<f32> {
    batch.pair().map(values).concat()
}

/// Images of an epoch, for a method of one part.
fn taken(indices: &[usize], epoch: u64) -> Vec<Vec<Taken>> {
    vec![vec![Taken { indices: indices.to_vec(), epoch }]]
}

/// The micro-batches of some optimizer steps, as training gets them.
fn fed(recipe: &Recipe, data: &Dataset, device: &Device, steps: std::ops::Range<u64>) -> Vec<Vec<f32>> {
    let count = 2 * (steps.end - steps.start);
    thread::scope(|scope| {
        let loader = DataLoader::start(scope, Augmenter::new(recipe, data, device), 2, steps);
        (0..count).map(|_| pixels(loader.next())).collect()
    })
}

#[test]
fn a_device_makes_the_views_of_the_host_whatever_the_batch_and_after_a_resume() {
    let Some(opened) = vulkan() else { return };
    let (recipe, data) = (known(), data());
    let (ours, host) =
        (Augmenter::new(&recipe, &data, &opened.device), Augmenter::new(&recipe, &data, &Device::flex()));
    assert!(ours.is_on_device() && !host.is_on_device());
    let all: Vec<usize> = (0..IMAGES).collect();
    for epoch in 0..3 {
        let together = pixels(ours.batch(&taken(&all, epoch)));
        assert_close("views", &together, &pixels(host.batch(&taken(&all, epoch))), 2.0 / 255.0);
        let parts: Vec<Vec<f32>> = all.chunks(4).map(|part| pixels(ours.batch(&taken(part, epoch)))).collect();
        let halves = |of: fn(&[f32]) -> &[f32]| parts.iter().flat_map(|part| of(part).to_vec()).collect::<Vec<_>>();
        let (first, second) = (halves(|part| &part[..part.len() / 2]), halves(|part| &part[part.len() / 2..]));
        assert_eq!(together, [first, second].concat(), "batches of 4 are the batch of 10");
    }
    let whole = fed(&recipe, &data, &opened.device, 0..4);
    assert_eq!(whole[4..], fed(&recipe, &data, &opened.device, 2..4), "after a resume");
    for (ours, host) in whole.iter().zip(fed(&recipe, &data, &Device::flex(), 0..4)) {
        assert_close("fed views", ours, &host, 2.0 / 255.0);
    }

    let enlarged = enlarged();
    let (ours, host) =
        (Augmenter::new(&enlarged, &data, &opened.device), Augmenter::new(&enlarged, &data, &Device::flex()));
    assert!(ours.is_on_device());
    assert_close("crops", &pixels(ours.batch(&taken(&all, 0))), &pixels(host.batch(&taken(&all, 0))), 2.0 / 255.0);

    let turned = vec![Op::Rotation { p: 1.0, degrees: [-20.0, 20.0] }];
    let unknown =
        with(Augmentation { name: "turned".into(), first: turned.clone(), second: turned, ..Default::default() });
    let fallback = Augmenter::new(&unknown, &data, &opened.device);
    assert!(!fallback.is_on_device(), "the kernel does not know rotations");
    let host = Augmenter::new(&unknown, &data, &Device::flex());
    assert_eq!(pixels(fallback.batch(&taken(&all, 0))), pixels(host.batch(&taken(&all, 0))));
    let bytes = with(Augmentation { arithmetic: Arithmetic::Pillow, ..enlarged.augment });
    assert!(!Augmenter::new(&bytes, &data, &opened.device).is_on_device(), "nor Pillow's arithmetic");
}
