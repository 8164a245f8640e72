//! What was drawn, as numbers in a table: a row per view, which names the image, the normalisation and, in order, the
//! operations that happen to it.

use byolab_values::{
    augment::{
        DrawnOp,
        op::{Crop, Jitter, jitter::JitterOp},
    },
    plan::recipe::{Interpolation, Op, Semantics},
};

/// Numbers at the head of a row: the image, how many records follow, three factors and three offsets that normalise.
pub const HEADER: usize = 8;
/// Numbers of a record: what is done, and its parameters.
pub const RECORD: usize = 6;

/// What is done; the kernel knows them by these numbers.
pub const CROP: u32 = 0;
pub const FLIP: u32 = 1;
pub const SCALE: u32 = 2;
pub const SHIFT: u32 = 3;
pub const CONTRAST: u32 = 4;
pub const CONTRAST_BY_CHANNEL: u32 = 5;
pub const SATURATE: u32 = 6;
pub const SATURATE_HSV: u32 = 7;
pub const TURN: u32 = 8;
pub const GRAY: u32 = 9;
pub const BLUR: u32 = 10;
pub const SOLARIZE: u32 = 11;
pub const CUTOUT: u32 = 12;

/// How a crop is enlarged.
pub const BILINEAR: u32 = 0;
pub const BICUBIC: u32 = 1;
pub const BICUBIC_KEYS: u32 = 2;
pub const BICUBIC_TF1: u32 = 3;
/// Is added where a crop's overshoot is left to later operations.
pub const OVERSHOOTS: u32 = 4;

/// Images that a number of the table can tell apart.
pub const MOST_IMAGES: usize = 1 << f32::MANTISSA_DIGITS;

/// Records that `op` may need; none where the device does not know it.
pub fn records(op: &Op) -> Option<usize> {
    match op {
        Op::Crop { .. } | Op::Flip { .. } | Op::Grayscale { .. } | Op::Solarize { .. } | Op::Cutout { .. } => Some(1),
        Op::Blur { kernel, .. } => (*kernel > 0).then_some(1),
        Op::Jitter { .. } => Some(4),
        Op::Equalize { .. } | Op::Rotation { .. } | Op::RandAugment { .. } | Op::Shift { .. } => None,
    }
}

/// One row of `width` numbers: image `index`, normalised by `mean` and `std`.
///
/// # Panics
/// Where an operation is none of those that [`records`] counts, or the row is too short for them.
pub fn row(
    index: usize,
    mean: [f32; 3],
    std: [f32; 3],
    drawn: impl Iterator<Item = DrawnOp>,
    width: usize,
) -> Vec<f32> {
    let mut row = vec![index as f32, 0.0];
    row.extend(std.map(|std| 1.0 / std));
    row.extend([0, 1, 2].map(|channel| -mean[channel] / std[channel]));
    for operation in drawn {
        write(&mut row, &operation);
    }
    row[1] = ((row.len() - HEADER) / RECORD) as f32;
    assert!(row.len() <= width, "a row of {} numbers in a table of {width}", row.len());
    row.resize(width, 0.0);
    row
}

fn write(row: &mut Vec<f32>, drawn: &DrawnOp) {
    let mut record = |kind: u32, parameters: &[f32]| {
        row.push(kind as f32);
        row.extend((0..RECORD - 1).map(|at| parameters.get(at).copied().unwrap_or(0.0)));
    };
    match drawn {
        DrawnOp::Crop(crop) => {
            let [top, left, height, width] = [crop.top, crop.left, crop.height, crop.width].map(|it| it as f32);
            record(CROP, &[top, left, height, width, interpolation(crop) as f32]);
        }
        DrawnOp::Flip => record(FLIP, &[]),
        DrawnOp::Jitter(jitter) => jitter.order.iter().for_each(|part| {
            let (kind, amount) = adjustment(jitter, *part);
            record(kind, &[amount]);
        }),
        DrawnOp::Grayscale => record(GRAY, &[]),
        DrawnOp::Blur(blur) => record(BLUR, &[(blur.kernel / 2) as f32, blur.sigma]),
        DrawnOp::Solarize(solarize) => record(SOLARIZE, &[solarize.threshold]),
        DrawnOp::Cutout(cutout) => {
            let [top, bottom] = [cutout.rows.start, cutout.rows.end].map(|it| it as f32);
            let [left, right] = [cutout.columns.start, cutout.columns.end].map(|it| it as f32);
            record(CUTOUT, &[cutout.fill, top, bottom, left, right]);
        }
        DrawnOp::Equalize | DrawnOp::Rotation(_) | DrawnOp::RandAugment(_) | DrawnOp::Shift(_) => {
            panic!("the device does not know `{drawn}`, and `records` says so")
        }
    }
}

fn interpolation(crop: &Crop) -> u32 {
    let how = match crop.interpolation {
        Interpolation::Bilinear => BILINEAR,
        Interpolation::Bicubic => BICUBIC,
        Interpolation::BicubicKeys => BICUBIC_KEYS,
        Interpolation::BicubicTf1 => BICUBIC_TF1,
    };
    if crop.clamp { how } else { how + OVERSHOOTS }
}

fn adjustment(jitter: &Jitter, part: JitterOp) -> (u32, f32) {
    match (part, jitter.semantics) {
        (JitterOp::Brightness, Semantics::Torchvision) => (SCALE, jitter.brightness),
        (JitterOp::Brightness, Semantics::Byol) => (SHIFT, jitter.brightness),
        (JitterOp::Contrast, Semantics::Torchvision) => (CONTRAST, jitter.contrast),
        (JitterOp::Contrast, Semantics::Byol) => (CONTRAST_BY_CHANNEL, jitter.contrast),
        (JitterOp::Saturation, Semantics::Torchvision) => (SATURATE, jitter.saturation),
        (JitterOp::Saturation, Semantics::Byol) => (SATURATE_HSV, jitter.saturation),
        (JitterOp::Hue, _) => (TURN, jitter.hue),
    }
}
