//! `ImageOps.py`, `Filter.c` for sharpness; and the gray square, which no library of pictures has.

use super::colour::blend;
use crate::augment::{
    op::{Cutout, equalize},
    picture::{Picture, point},
};

/// Bytes from `threshold` of 0 to 1 on become 255 minus themselves.
pub fn solarize(picture: &mut Picture, threshold: f32) {
    // A threshold that is a whole byte is one, whatever f32 made of its 255th.
    let least = f64::from(threshold) * 255.0 - 1e-3;
    picture.point(&std::array::from_fn(|byte| if byte as f64 >= least { 255 - byte as u8 } else { byte as u8 }));
}

/// Keeps the upper `bits`.
pub fn posterize(picture: &mut Picture, bits: u32) {
    let mask = (0xff00u32 >> bits) as u8;
    picture.point(&std::array::from_fn(|byte| byte as u8 & mask));
}

/// Each channel's histogram becomes flat.
pub fn equalize(picture: &mut Picture) {
    for plane in picture.planes() {
        let table = equalize::table(&counts(plane), plane.len());
        point(plane, &table);
    }
}

/// Stretches each channel to 0 to 255; one that is all alike stays.
pub fn autocontrast(picture: &mut Picture) {
    for plane in picture.planes() {
        let counts = counts(plane);
        let least = counts.iter().position(|count| *count > 0).unwrap_or(0);
        let most = counts.iter().rposition(|count| *count > 0).unwrap_or(0);
        if most > least {
            let scale = 255.0 / (most - least) as f64;
            let offset = -(least as f64) * scale;
            point(plane, &std::array::from_fn(|byte| (byte as f64 * scale + offset) as u8));
        }
    }
}

fn counts(plane: &[u8]) -> [usize; 256] {
    let mut counts = [0; 256];
    plane.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    counts
}

/// A blend with the smoothed inside (nine pixels, the middle one five times); the border stays.
pub fn sharpness(picture: &mut Picture, factor: f32) {
    let Picture { side, bytes, scratch } = picture;
    let side = *side;
    scratch.copy_from_slice(bytes);
    for (from, to) in bytes.chunks_exact(side * side).zip(scratch.chunks_exact_mut(side * side)) {
        for y in 1..side.saturating_sub(1) {
            for x in 1..side - 1 {
                let smooth = smoothed([y + 1, y, y - 1].map(|y| &from[y * side + x - 1..][..3]));
                to[y * side + x] = blend(smooth, from[y * side + x], factor);
            }
        }
    }
    std::mem::swap(bytes, scratch);
}

/// The sum runs from below, as in C: its last bit may decide.
fn smoothed(rows: [&[u8]; 3]) -> u8 {
    const ONE: f32 = 1.0 / 13.0;
    let middle = [ONE, 5.0 / 13.0, ONE];
    let weighed =
        |row: &[u8], by: [f32; 3]| f32::from(row[0]) * by[0] + f32::from(row[1]) * by[1] + f32::from(row[2]) * by[2];
    let [below, here, above] = rows;
    (0.5 + weighed(below, [ONE; 3]) + weighed(here, middle) + weighed(above, [ONE; 3])) as u8
}

/// Paints the square, its gray rounded.
pub fn cut(picture: &mut Picture, cutout: &Cutout) {
    let (side, fill) = (picture.side, (cutout.fill * 255.0).round() as u8);
    for plane in picture.planes() {
        for row in plane.chunks_exact_mut(side).take(cutout.rows.end).skip(cutout.rows.start) {
            row[cutout.columns.clone()].fill(fill);
        }
    }
}
