//! The operations as Pillow has them: on bytes, rounded after each, by torchvision's and Pillow's rules. On such views
//! lightly, solo-learn, MoCo and SimSiam trained. Each file names the one of Pillow's with which it agrees byte for byte.

mod affine;
mod blur;
mod colour;
mod resample;
mod tone;

use super::{
    Picture,
    draw::Drawn,
    op::{Change, Jitter, jitter::Part},
};
use crate::plan::recipe::Semantics;

/// Changes the picture as drawn.
///
/// # Panics
/// Where Pillow has no such operation, which the rules of a plan refuse: BYOL's jitter.
pub fn apply(drawn: &Drawn, picture: &mut Picture) {
    match drawn {
        Drawn::Crop(crop) => resample::crop(picture, crop),
        Drawn::Flip => picture.bytes.chunks_exact_mut(picture.side).for_each(<[u8]>::reverse),
        Drawn::Jitter(jitter) => self::jitter(picture, jitter),
        Drawn::Grayscale => colour::gray(picture),
        Drawn::Blur(blur) => blur::gaussian(picture, blur),
        Drawn::Solarize(solarize) => tone::solarize(picture, solarize.threshold),
        Drawn::Equalize => tone::equalize(picture),
        Drawn::Rotation(rotation) => affine::rotate(picture, rotation.degrees, affine::Sampling::Bilinear),
        Drawn::Cutout(cutout) => tone::cut(picture, cutout),
        Drawn::RandAugment(changes) => changes.0.iter().for_each(|change| self::change(picture, *change)),
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
            Part::Brightness => colour::brightness(picture, jitter.brightness),
            Part::Contrast => colour::contrast(picture, jitter.contrast),
            Part::Saturation => colour::saturation(picture, jitter.saturation),
            Part::Hue if jitter.hue == 0.0 => {}
            Part::Hue => colour::hue(picture, jitter.hue),
        }
    }
}

fn change(picture: &mut Picture, change: Change) {
    match change {
        Change::Identity => {}
        Change::ShearX(slope) => affine::nearest(picture, [1.0, slope.into(), 0.0, 0.0, 1.0, 0.0]),
        Change::ShearY(slope) => affine::nearest(picture, [1.0, 0.0, 0.0, slope.into(), 1.0, 0.0]),
        Change::TranslateX(pixels) => affine::nearest(picture, [1.0, 0.0, -f64::from(pixels), 0.0, 1.0, 0.0]),
        Change::TranslateY(pixels) => affine::nearest(picture, [1.0, 0.0, 0.0, 0.0, 1.0, -f64::from(pixels)]),
        Change::Rotate(degrees) => affine::rotate(picture, degrees, affine::Sampling::Nearest),
        Change::Brightness(factor) => colour::brightness(picture, factor),
        Change::Color(factor) => colour::saturation(picture, factor),
        Change::Contrast(factor) => colour::contrast(picture, factor),
        Change::Sharpness(factor) => tone::sharpness(picture, factor),
        Change::Posterize(bits) => tone::posterize(picture, bits),
        Change::Solarize(threshold) => tone::solarize(picture, threshold),
        Change::AutoContrast => tone::autocontrast(picture),
        Change::Equalize => tone::equalize(picture),
    }
}
