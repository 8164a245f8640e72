//! The built-in augmentation sets: every row of BYOL's Table 17 at 32 pixels, and SimCLR's and MoCo's sets for CIFAR-10.

use serde::Serialize;

use super::recipe::{Arithmetic, Augmentation, Interpolation, Op, Sampler};

/// A named pair of view pipelines.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct BuiltIn {
    /// What users type.
    pub name: &'static str,
    /// What it does, in one line.
    pub doc: &'static str,
    /// Who published it.
    pub source: &'static str,
    /// What becomes of values from one operation to the next.
    pub arithmetic: Arithmetic,
    /// Operations of view 1, in order.
    pub first: &'static [Op],
    /// Operations of view 2.
    pub second: &'static [Op],
}

/// The built-in set called `name`.
pub fn augmentation(name: &str) -> Option<Augmentation> {
    let set = AUGMENTATIONS.iter().find(|set| set.name == name)?;
    let (first, second) = (set.first.into(), set.second.into());
    Some(Augmentation { name: set.name.into(), arithmetic: set.arithmetic, first, second })
}

/// Every built-in set. An operation with probability 0 in a view is left out there.
pub const AUGMENTATIONS: &[BuiltIn] = &[
    table17(
        "byol",
        "the full set; blur and solarize differ between the views",
        &[CROP, FLIP, JITTER, GRAY, BLUR_1],
        &[CROP, FLIP, JITTER, GRAY, BLUR_2, SOLARIZE],
    ),
    table17("remove-flip", "byol without flip", &[CROP, JITTER, GRAY, BLUR_1], &[CROP, JITTER, GRAY, BLUR_2, SOLARIZE]),
    table17("remove-blur", "byol without blur", &[CROP, FLIP, JITTER, GRAY], &[CROP, FLIP, JITTER, GRAY, SOLARIZE]),
    table17(
        "remove-jitter",
        "byol without colour jitter",
        &[CROP, FLIP, GRAY, BLUR_1],
        &[CROP, FLIP, GRAY, BLUR_2, SOLARIZE],
    ),
    table17(
        "remove-grayscale",
        "byol without grayscale",
        &[CROP, FLIP, JITTER, BLUR_1],
        &[CROP, FLIP, JITTER, BLUR_2, SOLARIZE],
    ),
    table17(
        "remove-color",
        "byol without colour jitter and grayscale",
        &[CROP, FLIP, BLUR_1],
        &[CROP, FLIP, BLUR_2, SOLARIZE],
    ),
    table17("crop-blur-only", "crop and blur", &[CROP, BLUR_1], &[CROP, BLUR_2]),
    table17("crop-flip-only", "crop and flip", &[CROP, FLIP], &[CROP, FLIP]),
    table17("crop-color-only", "crop, colour jitter and grayscale", &[CROP, JITTER, GRAY], &[CROP, JITTER, GRAY]),
    table17("crop-only", "crop", &[CROP], &[CROP]),
    table17(
        "remove-second-blur",
        "byol without blur in view 2",
        &[CROP, FLIP, JITTER, GRAY, BLUR_1],
        &[CROP, FLIP, JITTER, GRAY, SOLARIZE],
    ),
    table17(
        "remove-second-solarize",
        "byol without solarize in view 2",
        &[CROP, FLIP, JITTER, GRAY, BLUR_1],
        &[CROP, FLIP, JITTER, GRAY, BLUR_2],
    ),
    table17(
        "remove-second-blur-solarize",
        "byol without blur and solarize in view 2",
        &[CROP, FLIP, JITTER, GRAY, BLUR_1],
        &[CROP, FLIP, JITTER, GRAY],
    ),
    table17("symmetric", "byol with blur 0.5 and solarize 0.2 in both views", SYMMETRIC, SYMMETRIC),
    BuiltIn {
        name: "simclr-cifar",
        doc: "TensorFlow 1's crop, flip, colour of strength 0.5, no blur; both views alike",
        source: "SimCLR B.9",
        arithmetic: Arithmetic::Exact,
        first: SIMCLR_CIFAR,
        second: SIMCLR_CIFAR,
    },
    BuiltIn {
        name: "moco-cifar",
        doc: "torchvision's crop, bilinear; flip, colour of strength 0.5, no blur; both views alike",
        source: "MoCo's CIFAR notebook, lightly",
        arithmetic: Arithmetic::Pillow,
        first: MOCO_CIFAR,
        second: MOCO_CIFAR,
    },
];

const SYMMETRIC: &[Op] = &[CROP, FLIP, JITTER, GRAY, blur(0.5), SOLARIZE];
const SIMCLR_CIFAR: &[Op] = &[SIMCLR_CROP, FLIP, jitter(0.4), GRAY];

const MOCO_CIFAR: &[Op] = &[TORCHVISION_CROP, FLIP, jitter(0.4), GRAY];

/// BYOL's code enlarges by TensorFlow 2's `image.resize`, then clips.
const CROP: Op = crop(Sampler::Paper, Interpolation::BicubicKeys, true);
/// SimCLR's finds and enlarges boxes by TensorFlow 1, and clips what later operations make of it.
const SIMCLR_CROP: Op = crop(Sampler::Tensorflow, Interpolation::BicubicTf1, false);
const TORCHVISION_CROP: Op = crop(Sampler::Torchvision, Interpolation::Bilinear, true);
const FLIP: Op = Op::Flip { p: 0.5 };
const JITTER: Op = jitter(0.2);
const GRAY: Op = Op::Grayscale { p: 0.2 };
const BLUR_1: Op = blur(1.0);
const BLUR_2: Op = blur(0.1);
const SOLARIZE: Op = Op::Solarize { p: 0.2, threshold: 0.5 };

const fn crop(sampler: Sampler, interpolation: Interpolation, clamp: bool) -> Op {
    Op::Crop { area: [0.08, 1.0], aspect: [0.75, 4.0 / 3.0], sampler, interpolation, clamp }
}

const fn jitter(saturation: f64) -> Op {
    Op::jitter(0.8, [0.4, 0.4, saturation, 0.1])
}

/// BYOL's code takes a kernel of a tenth of the image, odd: 3 at 32 pixels.
const fn blur(p: f64) -> Op {
    Op::Blur { p, sigma: [0.1, 2.0], kernel: 3 }
}

const fn table17(name: &'static str, doc: &'static str, first: &'static [Op], second: &'static [Op]) -> BuiltIn {
    BuiltIn { name, doc, source: "BYOL Table 17", arithmetic: Arithmetic::Exact, first, second }
}
