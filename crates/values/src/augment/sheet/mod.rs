//! A contact sheet: what the augmentation sets make of a few images, and what was drawn for each view, to be looked at
//! before anything is trained.

mod font;

use rayon::prelude::*;

use super::{Key, ShownImage, View, ViewDemand, shown};
use crate::{
    data::Images,
    plan::{demand::Task, recipe::Augmentation},
};

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
/// be seen in epochs 0, 1, ... of a training with `seed`, each with the `small` views beside it. Headings name the sets, captions say
/// what was drawn.
pub fn sheet(
    images: &Images,
    indices: &[usize],
    (sets, small): (&[Augmentation], &[ViewDemand]),
    copies: usize,
    seed: u64,
) -> ContactSheet {
    let scale = (CELL / images.side).max(1);
    let cell = images.side * scale;
    let columns = columns(sets, small, copies, [images.side, scale]);
    let cells = |index: usize| columns.par_iter().map(move |column| column.cell(images, index, seed));
    let rows: Vec<Vec<Cell>> = indices.par_iter().map(|&index| cells(index).collect()).collect();
    let lines = rows.iter().flatten().map(|cell| cell.caption.len()).max().unwrap_or(0);

    let head = MARGIN + 2 * font::LINE;
    let pitch = cell + GAPS[0] + lines * font::LINE + MARGIN;
    let mut sheet = ContactSheet::blank(
        columns.last().map_or(0, |column| column.left + column.width) + MARGIN,
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
            sheet.paste(&shown.pixels, shown.side, [column.left, top]);
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
    width: usize,
    shows: Option<(&'a Augmentation, ViewDemand, u64)>,
}

/// One image of the sheet, `[3, side, side]`, and the lines below it.
struct Cell {
    side: usize,
    pixels: Vec<u8>,
    caption: Vec<String>,
}

fn columns<'a>(
    sets: &'a [Augmentation],
    small: &[ViewDemand],
    copies: usize,
    [side, scale]: [usize; 2],
) -> Vec<Column<'a>> {
    let cell = side * scale;
    let mut columns = vec![Column { left: MARGIN, width: cell, shows: None }];
    let mut left = MARGIN + cell;
    let views: Vec<ViewDemand> =
        [View::First, View::Second].map(ViewDemand::from).into_iter().chain(small.to_vec()).collect();
    for set in sets {
        for epoch in 0..copies as u64 {
            for (place, view) in views.iter().enumerate() {
                left += if place > 0 { GAPS[0] } else { GAPS[if epoch == 0 { 2 } else { 1 }] };
                // A caption needs room below a small view too.
                let width = (view.task.shape(side).side * scale).max(cell / 2);
                columns.push(Column { left, width, shows: Some((set, *view, epoch)) });
                left += width;
            }
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
                let kind = match (view.task, view.view) {
                    (Task::Small(_), _) => "small view",
                    (_, View::First) => "first view",
                    (_, View::Second) => "second view",
                };
                (title, kind)
            }
        }
    }

    fn cell(&self, images: &Images, index: usize, seed: u64) -> Cell {
        let Some((set, ViewDemand { view, draw, task }, epoch)) = self.shows else {
            let (side, pixels) = (images.side, images.image(index).to_vec());
            return Cell { side, pixels, caption: vec![format!("image {index}")] };
        };
        let key = Key { seed, epoch, sample: index as u64, view, draw };
        let ShownImage { side, pixels, drawn } = shown(images, index, set, (key, task));
        Cell { side, pixels, caption: font::wrap(&drawn, self.width / font::ADVANCE) }
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
