//! `ImageEnhance.py`, `Blend.c`, and the conversions to gray and to HSV and back of `Convert.c`; hue as torchvision's
//! `_functional_pil.py` turns it.

use crate::augment::Picture;

/// ITU-R BT.601 in 65,536ths: `convert("L")`.
#[inline(always)]
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let weighed = u32::from(red) * 19595 + u32::from(green) * 38470 + u32::from(blue) * 7471;
    ((weighed + 0x8000) >> 16) as u8
}

/// `factor` of the value and the rest of `other`, cut off and never rounded up.
#[inline(always)]
pub fn blend(other: u8, value: u8, factor: f32) -> u8 {
    let (other, value) = (f32::from(other), f32::from(value));
    (other + factor * (value - other)).clamp(0.0, 255.0) as i32 as u8
}

fn blend_all(picture: &mut Picture, other: u8, factor: f32) {
    picture.point(&std::array::from_fn(|byte| blend(other, byte as u8, factor)));
}

/// `factor` times every value.
pub fn brightness(picture: &mut Picture, factor: f32) {
    blend_all(picture, 0, factor);
}

/// About the mean of the gray picture, a byte.
pub fn contrast(picture: &mut Picture, factor: f32) {
    let pixels = picture.side * picture.side;
    let (red, rest) = picture.bytes.split_at(pixels);
    let (green, blue) = rest.split_at(pixels);
    let grays = red.iter().zip(green).zip(blue).map(|((red, green), blue)| luma([*red, *green, *blue]));
    let sum: u64 = grays.map(u64::from).sum();
    blend_all(picture, (sum as f64 / pixels as f64 + 0.5) as u8, factor);
}

/// A blend with the gray picture.
pub fn saturation(picture: &mut Picture, factor: f32) {
    picture.each_pixel(|pixel| {
        let gray = luma(pixel);
        pixel.map(|value| blend(gray, value, factor))
    });
}

/// The gray picture in all three channels.
pub fn gray(picture: &mut Picture) {
    picture.each_pixel(|pixel| [luma(pixel); 3]);
}

/// Turns the hue by `turn` full turns, cut to 255ths: a byte that wraps at 256 holds it.
pub fn hue(picture: &mut Picture, turn: f32) {
    let steps = (f64::from(turn) * 255.0) as i32 as u8;
    let sixths: [Sixth; 256] = std::array::from_fn(|hue| Sixth::of(hue as u8));
    picture.each_pixel(|pixel| {
        let [hue, saturation, value] = to_hsv(pixel);
        to_rgb(sixths[usize::from(hue.wrapping_add(steps))], saturation, value)
    });
}

/// A hue as the sixth of the circle in which it lies, and how far in.
#[derive(Clone, Copy)]
struct Sixth {
    which: u8,
    part: f32,
}

impl Sixth {
    fn of(hue: u8) -> Self {
        let sixths = f64::from(hue) * 6.0 / 255.0;
        let whole = sixths as u8;
        Self { which: whole % 6, part: (sixths - f64::from(whole)) as f32 }
    }
}

/// Halves away from 0, of 0 and more: a call of the C library less than `round`.
#[inline(always)]
fn rounded(value: f64) -> u8 {
    let whole = value as i32;
    (whole + i32::from(value - f64::from(whole) >= 0.5)) as u8
}

/// What C computes in `double` and what in `float` is kept: results are cut, so that the last bit matters.
#[inline(always)]
fn to_hsv([red, green, blue]: [u8; 3]) -> [u8; 3] {
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    if most == least {
        return [0, 0, most];
    }
    let chroma = f32::from(most - least);
    let below = |value: u8| f32::from(most - value) / chroma;
    let (r, g, b) = (below(red), below(green), below(blue));
    let sixths = if red == most {
        b - g
    } else if green == most {
        (2.0 + f64::from(r) - f64::from(b)) as f32
    } else {
        (4.0 + f64::from(g) - f64::from(r)) as f32
    };
    let turns = f64::from(sixths) / 6.0 + 1.0;
    let hue = (if turns >= 1.0 { turns - 1.0 } else { turns }) as f32;
    let byte = |value: f32| (f64::from(value) * 255.0) as i32 as u8;
    [byte(hue), byte(chroma / f32::from(most)), most]
}

#[inline(always)]
fn to_rgb(hue: Sixth, saturation: u8, value: u8) -> [u8; 3] {
    if saturation == 0 {
        return [value; 3];
    }
    let share = (f64::from(saturation) / 255.0) as f32;
    let less = |share: f64| rounded(f64::from(value) * (1.0 - share));
    let low = less(share.into());
    let falling = less((share * hue.part).into());
    let rising = less(f64::from(share) * (1.0 - f64::from(hue.part)));
    match hue.which {
        0 => [value, rising, low],
        1 => [falling, value, low],
        2 => [low, value, rising],
        3 => [low, falling, value],
        4 => [rising, low, value],
        _ => [value, low, falling],
    }
}
