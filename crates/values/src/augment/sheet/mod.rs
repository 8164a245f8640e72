//! A contact sheet: what the augmentation sets make of a few images, and what was drawn for each view, to be looked at
//! before anything is trained.

mod font;

use rayon::prelude::*;

use super::{Key, View, shown};
use crate::{data::Images, plan::recipe::Augmentation};

/// A cell is as near to this many pixels as whole multiples of an image's side come.
const CELL: usize = 160;
/// Between the two views of a pair, between pairs, between sets.
const GAPS: [usize; 3] = [4, 12, 36];
/// Around everything, and between a caption and the next image.
const MARGIN: usize = 8;
/// Behind the images, of headings, of captions.
const GROUND: u8 = 24;
const HEADING: u8 = 255;
const CAPTION: u8 = 170;

/// A picture of bytes, `[height, width, 3]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ContactSheet {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// `[height, width, 3]`.
    pub rgb: Vec<u8>,
    /// Pixels of the sheet per pixel of an image.
    pub scale: usize,
    /// Left and upper end of every image of the sheet, row by row.
    pub places: Vec<[usize; 2]>,
}

/// Draws a row per image: the image itself, then for each set `copies` pairs of first and second view, as they would
/// be seen in epochs 0, 1, ... of a training with `seed`. Headings name the sets, captions say what was drawn.
pub fn sheet(images: &Images, indices: &[usize], sets: &[Augmentation], copies: usize, seed: u64) -> ContactSheet {
    let scale = (CELL / images.side).max(1);
    let cell = images.side * scale;
    let columns = columns(sets, copies, cell);
    let cells = |index: usize| columns.par_iter().map(move |column| column.cell(images, index, seed, cell));
    let rows: Vec<Vec<Cell>> = indices.par_iter().map(|&index| cells(index).collect()).collect();
    let lines = rows.iter().flatten().map(|cell| cell.caption.len()).max().unwrap_or(0);

    let head = MARGIN + 2 * font::LINE;
    let pitch = cell + GAPS[0] + lines * font::LINE + MARGIN;
    let mut sheet = ContactSheet::blank(
        columns.last().map_or(0, |column| column.left + cell) + MARGIN,
        head + indices.len() * pitch,
        scale,
    );
    for (at, column) in columns.iter().enumerate() {
        let (title, kind) = column.heading(at > 0 && columns[at - 1].set() != column.set());
        sheet.write(&title, [column.left, MARGIN], HEADING);
        sheet.write(kind, [column.left, MARGIN + font::LINE], CAPTION);
    }
    for (at, row) in rows.iter().enumerate() {
        let top = head + at * pitch;
        for (shown, column) in row.iter().zip(&columns) {
            sheet.paste(&shown.pixels, images.side, [column.left, top]);
            for (line, text) in shown.caption.iter().enumerate() {
                sheet.write(text, [column.left, top + cell + GAPS[0] + line * font::LINE], CAPTION);
            }
        }
    }
    sheet
}

/// Where a column begins, and what it shows: the image itself, or a view of a set in an epoch.
struct Column<'a> {
    left: usize,
    shows: Option<(&'a Augmentation, View, u64)>,
}

/// One image of the sheet, `[3, side, side]`, and the lines below it.
struct Cell {
    pixels: Vec<u8>,
    caption: Vec<String>,
}

fn columns(sets: &[Augmentation], copies: usize, cell: usize) -> Vec<Column<'_>> {
    let mut columns = vec![Column { left: MARGIN, shows: None }];
    let mut left = MARGIN + cell;
    for set in sets {
        for epoch in 0..copies as u64 {
            left += if epoch == 0 { GAPS[2] } else { GAPS[1] };
            columns.push(Column { left, shows: Some((set, View::First, epoch)) });
            left += cell + GAPS[0];
            columns.push(Column { left, shows: Some((set, View::Second, epoch)) });
            left += cell;
        }
    }
    columns
}

impl Column<'_> {
    fn set(&self) -> Option<&Augmentation> {
        self.shows.map(|(set, ..)| set)
    }

    /// The set's name where this column is its first one, and which view this is.
    fn heading(&self, first: bool) -> (String, &'static str) {
        match self.shows {
            None => (String::new(), "image"),
            Some((set, view, _)) => {
                let title = if first { set.label() } else { String::new() };
                (title, if view == View::First { "first view" } else { "second view" })
            }
        }
    }

    fn cell(&self, images: &Images, index: usize, seed: u64, width: usize) -> Cell {
        let Some((set, view, epoch)) = self.shows else {
            return Cell { pixels: images.image(index).to_vec(), caption: vec![format!("image {index}")] };
        };
        let (pixels, caption) = shown(images, index, set, Key { seed, epoch, sample: index as u64, view, draw: 0 });
        Cell { pixels, caption: font::wrap(&caption, width / font::ADVANCE) }
    }
}

impl ContactSheet {
    fn blank(width: usize, height: usize, scale: usize) -> Self {
        Self { width, height, rgb: vec![GROUND; width * height * 3], scale, places: Vec::new() }
    }

    /// Puts an image, enlarged, at `place`.
    fn paste(&mut self, pixels: &[u8], side: usize, [left, top]: [usize; 2]) {
        self.places.push([left, top]);
        let (scale, plane) = (self.scale, side * side);
        let lines = self.rgb.chunks_exact_mut(self.width * 3).skip(top).take(side * scale);
        for (y, line) in lines.enumerate() {
            for (x, pixel) in line[left * 3..].chunks_exact_mut(3).take(side * scale).enumerate() {
                let at = y / scale * side + x / scale;
                pixel.copy_from_slice(&[pixels[at], pixels[plane + at], pixels[2 * plane + at]]);
            }
        }
    }

    /// Writes a line of text; what would leave the sheet is cut off.
    fn write(&mut self, text: &str, [left, top]: [usize; 2], gray: u8) {
        let (width, height) = (self.width, self.height);
        font::write(text, |x, y| {
            if left + x < width && top + y < height {
                self.rgb[((top + y) * width + left + x) * 3..][..3].fill(gray);
            }
        });
    }

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
