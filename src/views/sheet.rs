//! A contact sheet: what the augmentation sets make of a few images, to be looked at before anything is trained.

use rayon::prelude::*;

use super::{Canvas, Key, View, draw_view};
use crate::{data::Images, plan::recipe::Augmentation};

/// Pixels of the sheet per pixel of an image.
const SCALE: usize = 3;
/// Between the two views of a pair (and between rows), between pairs, between sets.
const GAPS: [usize; 3] = [2, 6, 18];
/// Behind the images.
const GROUND: u8 = 24;

/// A picture of bytes, `[height, width, 3]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<u8>,
}

/// Draws a row per image: the image itself, then for each set `copies` pairs of first and second view, as they would
/// be seen in epochs 0, 1, ... of a training with `seed`.
pub fn sheet(images: &Images, indices: &[usize], sets: &[Augmentation], copies: usize, seed: u64) -> Sheet {
    let cell = images.side * SCALE;
    let columns = columns(sets, copies, cell);
    let width = columns.last().map_or(0, |(left, _)| left + cell) + 2 * GAPS[0];
    let band = (cell + GAPS[0]) * width * 3;
    let mut rgb = vec![GROUND; indices.len() * band + GAPS[0] * width * 3];
    rgb[GAPS[0] * width * 3..].par_chunks_exact_mut(band).zip(indices).for_each(|(band, &index)| {
        let mut canvas = Canvas::new(images.side);
        for &(left, ref view) in &columns {
            match *view {
                None => canvas.load(images.image(index)),
                Some((set, view, epoch)) => {
                    draw_view(&mut canvas, images, index, set, Key { seed, epoch, sample: index as u64, view });
                }
            }
            paste(&canvas, band, width, left + GAPS[0]);
        }
    });
    Sheet { width, height: GAPS[0] + indices.len() * (cell + GAPS[0]), rgb }
}

/// Where each column begins, and what it shows: the image itself, or a view of a set in an epoch.
type Column<'a> = (usize, Option<(&'a Augmentation, View, u64)>);

fn columns(sets: &[Augmentation], copies: usize, cell: usize) -> Vec<Column<'_>> {
    let mut columns = vec![(0, None)];
    let mut left = cell;
    for set in sets {
        for epoch in 0..copies as u64 {
            left += if epoch == 0 { GAPS[2] } else { GAPS[1] };
            columns.push((left, Some((set, View::First, epoch))));
            left += cell + GAPS[0];
            columns.push((left, Some((set, View::Second, epoch))));
            left += cell;
        }
    }
    columns
}

/// Puts the canvas, enlarged, into a band of `width` pixels at `left`.
fn paste(canvas: &Canvas, band: &mut [u8], width: usize, left: usize) {
    let side = canvas.side;
    let plane = side * side;
    let bytes: Vec<u8> = canvas.bytes().collect();
    for (y, line) in band.chunks_exact_mut(width * 3).take(side * SCALE).enumerate() {
        for (x, pixel) in line[left * 3..].chunks_exact_mut(3).take(side * SCALE).enumerate() {
            let at = y / SCALE * side + x / SCALE;
            pixel.copy_from_slice(&[bytes[at], bytes[plane + at], bytes[2 * plane + at]]);
        }
    }
}

impl Sheet {
    /// The sheet as a PNG file.
    pub fn png(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().expect("a sheet has at least one pixel, and memory takes every byte");
        writer.write_image_data(&self.rgb).expect("the sheet holds width x height x 3 bytes");
        writer.finish().expect("memory takes every byte");
        file
    }
}
