//! The operations on the device, one source for CUDA and Vulkan: a cube of units per view, which goes through the
//! records of its row of the table. A unit owns every [`UNITS`]th pixel; what looks only at its own pixel needs no
//! waiting, what looks at others waits until all have written.
//!
//! Each operation is the one of `augment::op`, which says where it comes from.

use cubecl::prelude::*;

use super::super::gpu::UNITS;
use super::table::{
    BICUBIC_KEYS, BICUBIC_TF1, BILINEAR, BLUR, CONTRAST, CONTRAST_BY_CHANNEL, CROP, CUTOUT, FLIP, GRAY, HEADER,
    OVERSHOOTS, RECORD, SATURATE, SATURATE_HSV, SCALE, SHIFT, SOLARIZE, TURN,
};

/// Makes a view per cube, from bytes packed in `pixels`, into `out` (`[rows, 3, side, side]`); `scratch` is as large. A row
/// of the table has `width` numbers.
#[cube(launch)]
pub fn make_views(
    table: &[f32],
    pixels: &[i32],
    out: &mut [f32],
    scratch: &mut [f32],
    width: u32,
    #[comptime] side: usize,
) {
    let view = CUBE_POS_X as usize;
    let unit = UNIT_POS_X as usize;
    let plane = comptime!(side * side);
    let row = view * width as usize;
    let base = view * 3 * plane;
    let image = usize::cast_from(table[row]) * 3 * plane;

    let mut at = unit;
    while at < 3 * plane {
        let byte = image + at;
        let word = pixels[byte / 4];
        let shift = 8 * i32::cast_from(byte % 4);
        out[base + at] = f32::cast_from((word >> shift) & 255) / 255.0;
        at += UNITS as usize;
    }
    sync_storage();

    let records = usize::cast_from(table[row + 1]);
    for record in 0..records {
        let r = row + HEADER + record * RECORD;
        let kind = u32::cast_from(table[r]);
        if kind == CROP {
            crop(table, r, out, scratch, base, unit, side);
        } else if kind == FLIP {
            flip(out, scratch, base, unit, side);
        } else if kind == BLUR {
            blur(table, r, out, scratch, base, unit, side);
        } else if kind == CONTRAST || kind == CONTRAST_BY_CHANNEL {
            contrast(kind == CONTRAST, table[r + 1], out, scratch, base, unit, side);
        } else {
            let mut at = unit;
            while at < plane {
                point(kind, table, r, out, base, at, side);
                at += UNITS as usize;
            }
        }
    }

    let mut at = unit;
    while at < plane {
        #[unroll]
        for channel in 0..3 {
            let place = base + channel * plane + at;
            out[place] = unit_range(out[place]) * table[row + 2 + channel] + table[row + 5 + channel];
        }
        at += UNITS as usize;
    }
}

#[cube]
fn unit_range(value: f32) -> f32 {
    let not_negative = f32::max(value, 0.0);
    f32::min(not_negative, 1.0)
}

/// What a crop leaves of a value.
#[cube]
fn kept(value: f32, clamp: bool) -> f32 {
    select(clamp, unit_range(value), value)
}

#[cube]
fn luma(red: f32, green: f32, blue: f32) -> f32 {
    0.2989 * red + 0.587 * green + 0.114 * blue
}

#[cube]
fn blend(value: f32, other: f32, factor: f32) -> f32 {
    unit_range(factor * value + (1.0 - factor) * other)
}

/// What an operation makes of the pixel `at`, from nothing but that pixel.
#[cube]
fn point(kind: u32, table: &[f32], r: usize, out: &mut [f32], base: usize, at: usize, #[comptime] side: usize) {
    let plane = comptime!(side * side);
    let amount = table[r + 1];
    let red = out[base + at];
    let green = out[base + plane + at];
    let blue = out[base + 2 * plane + at];
    let most = f32::max(f32::max(red, green), blue);
    let chroma = most - f32::min(f32::min(red, green), blue);
    let some = select(chroma > 0.0, chroma, 1.0);
    let gray = luma(red, green, blue);
    let mut new_red = red;
    let mut new_green = green;
    let mut new_blue = blue;
    if kind == SCALE {
        new_red = unit_range(red * amount);
        new_green = unit_range(green * amount);
        new_blue = unit_range(blue * amount);
    } else if kind == SHIFT {
        new_red = unit_range(red + amount);
        new_green = unit_range(green + amount);
        new_blue = unit_range(blue + amount);
    } else if kind == SATURATE {
        new_red = blend(red, gray, amount);
        new_green = blend(green, gray, amount);
        new_blue = blend(blue, gray, amount);
    } else if kind == SATURATE_HSV {
        let stretch = f32::min(amount, most / some);
        new_red = unit_range(most - (most - red) * stretch);
        new_green = unit_range(most - (most - green) * stretch);
        new_blue = unit_range(most - (most - blue) * stretch);
    } else if kind == TURN {
        let first = select(most == red, green, select(most == green, blue, red));
        let second = select(most == red, blue, select(most == green, red, green));
        let middle = select(most == red, 1.0f32, select(most == green, 3.0f32, 5.0f32));
        let sixths = wrap(wrap((first - second) / some + middle) + wrap(6.0 * amount + 6.0));
        new_red = turned(sixths + 4.0, most, chroma);
        new_green = turned(sixths + 2.0, most, chroma);
        new_blue = turned(sixths, most, chroma);
    } else if kind == GRAY {
        new_red = gray;
        new_green = gray;
        new_blue = gray;
    } else if kind == SOLARIZE {
        new_red = select(red >= amount, 1.0 - red, red);
        new_green = select(green >= amount, 1.0 - green, green);
        new_blue = select(blue >= amount, 1.0 - blue, blue);
    } else if kind == CUTOUT {
        let y = f32::cast_from(at / side);
        let x = f32::cast_from(at % side);
        let cut = y >= table[r + 2] && y < table[r + 3] && x >= table[r + 4] && x < table[r + 5];
        new_red = select(cut, amount, red);
        new_green = select(cut, amount, green);
        new_blue = select(cut, amount, blue);
    }
    out[base + at] = new_red;
    out[base + plane + at] = new_green;
    out[base + 2 * plane + at] = new_blue;
}

/// Into 0 to 6, from at most one turn above.
#[cube]
fn wrap(sixths: f32) -> f32 {
    select(sixths >= 6.0, sixths - 6.0, sixths)
}

/// One channel of a hue in sixths of a turn.
#[cube]
fn turned(sixths: f32, most: f32, chroma: f32) -> f32 {
    let k = wrap(sixths);
    most - chroma * unit_range(f32::min(k, 4.0 - k))
}

/// Contrast about the mean luma, or about each channel's mean. Each unit leaves the sums of its own pixels in `scratch`,
/// and adds up those of all.
#[cube]
fn contrast(
    by_luma: bool,
    factor: f32,
    out: &mut [f32],
    scratch: &mut [f32],
    base: usize,
    unit: usize,
    #[comptime] side: usize,
) {
    let plane = comptime!(side * side);
    let summed = comptime!(usize::min(UNITS as usize, side * side));
    sync_storage();
    let mut own_red = 0.0f32;
    let mut own_green = 0.0f32;
    let mut own_blue = 0.0f32;
    let mut at = unit;
    while at < plane {
        own_red += out[base + at];
        own_green += out[base + plane + at];
        own_blue += out[base + 2 * plane + at];
        at += UNITS as usize;
    }
    if unit < plane {
        scratch[base + unit] = own_red;
        scratch[base + plane + unit] = own_green;
        scratch[base + 2 * plane + unit] = own_blue;
    }
    sync_storage();
    let mut red = 0.0f32;
    let mut green = 0.0f32;
    let mut blue = 0.0f32;
    for other in 0..summed {
        red += scratch[base + other];
        green += scratch[base + plane + other];
        blue += scratch[base + 2 * plane + other];
    }
    let pixels = f32::cast_from(plane);
    let gray = luma(red, green, blue) / pixels;
    let red = select(by_luma, gray, red / pixels);
    let green = select(by_luma, gray, green / pixels);
    let blue = select(by_luma, gray, blue / pixels);
    let mut at = unit;
    while at < plane {
        out[base + at] = blend(out[base + at], red, factor);
        out[base + plane + at] = blend(out[base + plane + at], green, factor);
        out[base + 2 * plane + at] = blend(out[base + 2 * plane + at], blue, factor);
        at += UNITS as usize;
    }
}

/// Copies the unit's own pixels back from `scratch`, once all have read what they needed.
#[cube]
fn take_back(out: &mut [f32], scratch: &mut [f32], base: usize, unit: usize, #[comptime] side: usize) {
    sync_storage();
    let mut at = unit;
    while at < comptime!(side * side) {
        #[unroll]
        for channel in 0..3 {
            let place = base + channel * comptime!(side * side) + at;
            out[place] = scratch[place];
        }
        at += UNITS as usize;
    }
}

#[cube]
fn flip(out: &mut [f32], scratch: &mut [f32], base: usize, unit: usize, #[comptime] side: usize) {
    sync_storage();
    let mut at = unit;
    while at < comptime!(side * side) {
        let mirrored = at + side - 1 - 2 * (at % side);
        #[unroll]
        for channel in 0..3 {
            let first = base + channel * comptime!(side * side);
            scratch[first + at] = out[first + mirrored];
        }
        at += UNITS as usize;
    }
    take_back(out, scratch, base, unit, side);
}

/// The weight of a pixel at `place` of a line of `length`, so far from the point that is sampled.
#[cube]
fn tap_weight(how: u32, place: f32, length: f32, distance: f32) -> f32 {
    let x = f32::abs(distance);
    let a = select(how == BICUBIC_KEYS, -0.5f32, -0.75f32);
    let near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
    let far = a * (((x - 5.0) * x + 8.0) * x - 4.0);
    let cubic = select(x <= 1.0, near, far);
    let outside = how == BICUBIC_KEYS && (place < 0.0 || place >= length);
    select(how == BILINEAR, f32::max(1.0 - x, 0.0), select(outside, 0.0f32, cubic))
}

#[cube]
fn crop(
    table: &[f32],
    r: usize,
    out: &mut [f32],
    scratch: &mut [f32],
    base: usize,
    unit: usize,
    #[comptime] side: usize,
) {
    let top = usize::cast_from(table[r + 1]);
    let left = usize::cast_from(table[r + 2]);
    let height = table[r + 3];
    let width = table[r + 4];
    let how = u32::cast_from(table[r + 5]) % OVERSHOOTS;
    let clamp = u32::cast_from(table[r + 5]) < OVERSHOOTS;
    let middle = select(how == BICUBIC_TF1, 0.0f32, 0.5f32);
    let size = f32::cast_from(side);
    sync_storage();
    let mut at = unit;
    while at < comptime!(side * side) {
        let source_y = (f32::cast_from(at / side) + middle) * height / size - middle;
        let source_x = (f32::cast_from(at % side) + middle) * width / size - middle;
        let first_y = f32::floor(source_y) - 1.0;
        let first_x = f32::floor(source_x) - 1.0;
        let mut red = 0.0f32;
        let mut green = 0.0f32;
        let mut blue = 0.0f32;
        let mut weights = 0.0f32;
        for i in 0..4 {
            let y = first_y + f32::cast_from(i);
            let weight_y = tap_weight(how, y, height, y - source_y);
            let row = (top + usize::cast_from(f32::min(f32::max(y, 0.0), height - 1.0))) * side + left;
            for j in 0..4 {
                let x = first_x + f32::cast_from(j);
                let weight = weight_y * tap_weight(how, x, width, x - source_x);
                weights += weight;
                let place = base + row + usize::cast_from(f32::min(f32::max(x, 0.0), width - 1.0));
                red += weight * out[place];
                green += weight * out[place + comptime!(side * side)];
                blue += weight * out[place + comptime!(2 * side * side)];
            }
        }
        // What was left out is shared among the rest; all four weights sum to 1.
        let share = select(how == BICUBIC_KEYS, 1.0 / weights, 1.0f32);
        scratch[base + at] = kept(red * share, clamp);
        scratch[base + comptime!(side * side) + at] = kept(green * share, clamp);
        scratch[base + comptime!(2 * side * side) + at] = kept(blue * share, clamp);
        at += UNITS as usize;
    }
    take_back(out, scratch, base, unit, side);
}

/// Where a place on a line comes from, mirrored without repeating the border.
#[cube]
fn mirrored(place: i32, #[comptime] side: usize) -> usize {
    let inside = select(place < 0, -place, place);
    let last = comptime!(side as i32 - 1);
    usize::cast_from(select(inside > last, 2 * last - inside, inside))
}

/// Down the columns into `scratch`, then along the rows back.
#[cube]
fn blur(
    table: &[f32],
    r: usize,
    out: &mut [f32],
    scratch: &mut [f32],
    base: usize,
    unit: usize,
    #[comptime] side: usize,
) {
    let half = i32::cast_from(table[r + 1]);
    let sigma = table[r + 2];
    sync_storage();
    let mut at = unit;
    while at < comptime!(side * side) {
        let y = i32::cast_from(at / side);
        let x = at % side;
        #[unroll]
        for channel in 0..3 {
            let first = base + channel * comptime!(side * side);
            let mut sum = 0.0f32;
            let mut total = 0.0f32;
            for tap in 0..2 * half + 1 {
                let offset = tap - half;
                let distance = f32::cast_from(offset) / sigma;
                let weight = f32::exp(0.0 - 0.5 * distance * distance);
                sum += weight * out[first + mirrored(y + offset, side) * side + x];
                total += weight;
            }
            scratch[first + at] = sum / total;
        }
        at += UNITS as usize;
    }
    sync_storage();
    let mut at = unit;
    while at < comptime!(side * side) {
        let y = at / side;
        let x = i32::cast_from(at % side);
        #[unroll]
        for channel in 0..3 {
            let first = base + channel * comptime!(side * side);
            let mut sum = 0.0f32;
            let mut total = 0.0f32;
            for tap in 0..2 * half + 1 {
                let offset = tap - half;
                let distance = f32::cast_from(offset) / sigma;
                let weight = f32::exp(0.0 - 0.5 * distance * distance);
                sum += weight * scratch[first + y * side + mirrored(x + offset, side)];
                total += weight;
            }
            out[first + at] = sum / total;
        }
        at += UNITS as usize;
    }
}
