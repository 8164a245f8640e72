//! The operations as Pillow has them: on bytes, rounded after each, by torchvision's and Pillow's rules. On such views
//! lightly, solo-learn, MoCo and SimSiam trained. Each file names the one of Pillow's with which it agrees byte for byte.

mod affine;
mod blur;
mod colour;
mod resample;
mod tone;

use super::{
    Picture,
    draw::DrawnOp,
    op::{Jitter, RandAugmentOp, jitter::JitterOp},
};
use crate::plan::recipe::Semantics;

/// Changes the picture as drawn.
///
/// # Panics
/// Where Pillow has no such operation, which the rules of a plan refuse: BYOL's jitter.
pub fn apply(drawn: &DrawnOp, picture: &mut Picture) {
    match drawn {
        DrawnOp::Crop(crop) => resample::crop(picture, crop),
        DrawnOp::Flip => picture.bytes.chunks_exact_mut(picture.side).for_each(<[u8]>::reverse),
        DrawnOp::Jitter(jitter) => self::jitter(picture, jitter),
        DrawnOp::Grayscale => colour::gray(picture),
        DrawnOp::Blur(blur) => blur::gaussian(picture, blur),
        DrawnOp::Solarize(solarize) => tone::solarize(picture, solarize.threshold),
        DrawnOp::Equalize => tone::equalize(picture),
        DrawnOp::Rotation(rotation) => affine::rotate(picture, rotation.degrees, affine::Sampling::Bilinear),
        DrawnOp::Cutout(cutout) => tone::cut(picture, cutout),
        DrawnOp::Shift(shift) => {
            let (from, plane) = (picture.bytes.clone(), picture.side * picture.side);
            shift.each(picture.side, |to, at| {
                (0..3).for_each(|channel| picture.bytes[channel * plane + to] = from[channel * plane + at]);
            });
        }
        DrawnOp::RandAugment(changes) => changes.0.iter().for_each(|change| self::change(picture, *change)),
    }
}

/// The parts in their order; those that change nothing are left out, as torchvision leaves out those of strength 0.
fn jitter(picture: &mut Picture, jitter: &Jitter) {
    assert!(
        jitter.semantics == Semantics::Torchvision,
        "Pillow has no jitter of BYOL's, and the rules of a plan say so"
    );
    for part in jitter.order {
        match part {
            JitterOp::Brightness => colour::brightness(picture, jitter.brightness),
            JitterOp::Contrast => colour::contrast(picture, jitter.contrast),
            JitterOp::Saturation => colour::saturation(picture, jitter.saturation),
            JitterOp::Hue if jitter.hue == 0.0 => {}
            JitterOp::Hue => colour::hue(picture, jitter.hue),
        }
    }
}

fn change(picture: &mut Picture, change: RandAugmentOp) {
    match change {
        RandAugmentOp::Identity => {}
        RandAugmentOp::ShearX(slope) => affine::nearest(picture, [1.0, slope.into(), 0.0, 0.0, 1.0, 0.0]),
        RandAugmentOp::ShearY(slope) => affine::nearest(picture, [1.0, 0.0, 0.0, slope.into(), 1.0, 0.0]),
        RandAugmentOp::TranslateX(pixels) => affine::nearest(picture, [1.0, 0.0, -f64::from(pixels), 0.0, 1.0, 0.0]),
        RandAugmentOp::TranslateY(pixels) => affine::nearest(picture, [1.0, 0.0, 0.0, 0.0, 1.0, -f64::from(pixels)]),
        RandAugmentOp::Rotate(degrees) => affine::rotate(picture, degrees, affine::Sampling::Nearest),
        RandAugmentOp::Brightness(factor) => colour::brightness(picture, factor),
        RandAugmentOp::Color(factor) => colour::saturation(picture, factor),
        RandAugmentOp::Contrast(factor) => colour::contrast(picture, factor),
        RandAugmentOp::Sharpness(factor) => tone::sharpness(picture, factor),
        RandAugmentOp::Posterize(bits) => tone::posterize(picture, bits),
        RandAugmentOp::Solarize(threshold) => tone::solarize(picture, threshold),
        RandAugmentOp::AutoContrast => tone::autocontrast(picture),
        RandAugmentOp::Equalize => tone::equalize(picture),
    }
}
