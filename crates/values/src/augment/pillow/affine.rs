//! `Image.rotate`, and `Geometry.c` for affine maps; what comes from outside the picture is black.

use crate::augment::Picture;

/// How a pixel is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// The pixel in which the point lies, in 16 bits behind the point.
    Nearest,
    /// Between the four around it, never rounded up.
    Bilinear,
}

/// Counter-clockwise about the middle.
pub fn rotate(picture: &mut Picture, degrees: f32, sampling: Sampling) {
    let degrees = f64::from(degrees).rem_euclid(360.0);
    if degrees % 90.0 == 0.0 {
        return quarters(picture, degrees as usize / 90 % 4);
    }
    let to_15_digits = |value: f64| (value * 1e15).round() / 1e15;
    let (sin, cos) = (-degrees.to_radians()).sin_cos();
    let [a, b, d] = [cos, sin, -sin].map(to_15_digits);
    let middle = picture.side as f64 / 2.0;
    let map = [a, b, a * -middle + b * -middle + middle, d, a, d * -middle + a * -middle + middle];
    match sampling {
        Sampling::Nearest => nearest(picture, map),
        Sampling::Bilinear => bilinear(picture, map),
    }
}

/// Turns counter-clockwise by whole quarters.
fn quarters(picture: &mut Picture, quarters: usize) {
    let last = picture.side - 1;
    replace(picture, |plane, side, x, y| match quarters {
        0 => plane[y * side + x],
        1 => plane[x * side + last - y],
        2 => plane[(last - y) * side + last - x],
        _ => plane[(last - x) * side + y],
    });
}

/// Pixel `[x, y]` from the one at `[a x + b y + c, d x + e y + f]`.
pub fn nearest(picture: &mut Picture, [a, b, c, d, e, f]: [f64; 6]) {
    let fixed = |value: f64| (value * 65536.0 + 0.5).floor() as i64;
    let (across, down) = ([fixed(a), fixed(d)], [fixed(b), fixed(e)]);
    let begin = [fixed(c + a * 0.5 + b * 0.5), fixed(f + d * 0.5 + e * 0.5)];
    replace(picture, |plane, side, x, y| {
        let place = |axis: usize| (begin[axis] + across[axis] * x as i64 + down[axis] * y as i64) >> 16;
        let [x, y] = [place(0), place(1)];
        let inside = |place: i64| (0..side as i64).contains(&place);
        if inside(x) && inside(y) { plane[y as usize * side + x as usize] } else { 0 }
    });
}

fn bilinear(picture: &mut Picture, [a, b, c, d, e, f]: [f64; 6]) {
    replace(picture, |plane, side, x, y| {
        let (x, y) = (x as f64 + 0.5, y as f64 + 0.5);
        let (x, y) = (a * x + b * y + c, d * x + e * y + f);
        let inside = |place: f64| (0.0..side as f64).contains(&place);
        if !inside(x) || !inside(y) {
            return 0;
        }
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let at = |x: f64, y: f64| {
            let within = |place: f64| place.clamp(0.0, side as f64 - 1.0) as usize;
            f64::from(plane[within(y) * side + within(x)])
        };
        let mix = |from: f64, to: f64, part: f64| from + (to - from) * part;
        let row = |y: f64| mix(at(left, y), at(left + 1.0, y), x - left);
        mix(row(top), row(top + 1.0), y - top) as u8
    });
}

/// Replaces every pixel by what `pixel` makes of its plane.
#[inline(always)]
fn replace(picture: &mut Picture, pixel: impl Fn(&[u8], usize, usize, usize) -> u8) {
    let Picture { side, bytes, scratch } = picture;
    let side = *side;
    for (from, to) in bytes.chunks_exact(side * side).zip(scratch.chunks_exact_mut(side * side)) {
        to.iter_mut().enumerate().for_each(|(place, to)| *to = pixel(from, side, place % side, place / side));
    }
    std::mem::swap(bytes, scratch);
}
