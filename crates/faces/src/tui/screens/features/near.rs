//! The image under the cursor and those that the encoder holds to be most alike, as pictures.

use ratatui::layout::Rect;

use super::{legend::Legend, map::FeatureMap};
use crate::tui::{
    picture::Picture,
    theme::Tone,
    widgets::{
        Brush, pixels, take,
        text::{Text, paint_lines, wrap},
    },
};

/// Neighbours beside each other, and what lies between pictures.
const COLUMNS: u16 = 3;
const GAP: u16 = 2;

/// Places of the image under the cursor and of its neighbours.
pub fn places(map: &FeatureMap) -> Vec<usize> {
    let rows = [map.cursor()].into_iter().chain(map.neighbours().iter().map(|(row, _)| *row));
    rows.map(|row| map.place(row)).collect()
}

/// The image with words at its right, then as many neighbours as there is room for.
pub fn paint(map: &FeatureMap, legend: &Legend, pictures: &[Picture], mut area: Rect, brush: &mut Brush) {
    let Some((own, others)) = pictures.split_first() else { return };
    let own_height = (area.height / 3).min(area.width / 4).max(3);
    let own_area = take(&mut area, own_height);
    let (width, height) = pixels::fitting(own_area);
    pixels::paint(own, Rect { width, height, ..own_area }, brush);
    let beside = width + GAP;
    let words_area = Rect { x: own_area.x + beside, width: own_area.width.saturating_sub(beside), ..own_area };
    paint_lines(&words(map, legend), words_area, brush);
    take(&mut area, 1);
    let width = ((area.width + GAP) / COLUMNS).saturating_sub(GAP);
    let rows = (width / 2).min((area.height / 2).saturating_sub(1));
    if rows == 0 {
        return;
    }
    let fitting = usize::from(COLUMNS * (area.height / (rows + 1)));
    for (i, (caption, picture)) in captions(map, legend, width).iter().zip(others).take(fitting).enumerate() {
        let (column, line) = (i as u16 % COLUMNS, i as u16 / COLUMNS);
        let cell = Rect { x: area.x + column * (width + GAP), y: area.y + line * (rows + 1), width, height: rows + 1 };
        pixels::paint(picture, Rect { width: 2 * rows, height: rows, ..cell }, brush);
        caption.paint(Rect { y: cell.y + rows, height: 1, ..cell }, brush);
    }
}

/// The same in words alone, then why there are no pictures.
pub fn paint_words(map: &FeatureMap, legend: &Legend, reason: &str, mut area: Rect, brush: &mut Brush) {
    let reason = wrap(reason, area.width);
    let room = area.height.saturating_sub(reason.len() as u16 + 2);
    let captions = captions(map, legend, area.width);
    let all: Vec<Text> = words(map, legend).into_iter().chain([Text::default()]).chain(captions).collect();
    let all = &all[..all.len().min(room.into())];
    paint_lines(all, take(&mut area, all.len() as u16 + 1), brush);
    paint_lines(&reason.into_iter().map(Text::dim).collect::<Vec<_>>(), area, brush);
}

/// What the image is, where it is among the held-out ones, and how many neighbours are of its class.
fn words(map: &FeatureMap, legend: &Legend) -> Vec<Text> {
    let label = map.label(map.cursor());
    let (letter, colour) = legend.sign(label);
    let same = map.neighbours().iter().filter(|(row, _)| map.label(*row) == label).count();
    vec![
        Text::new(letter, colour).and(format!(" {}", legend.name(label)), Tone::Strong),
        Text::dim(format!("image {}", map.place(map.cursor()) + 1)),
        Text::dim(format!("of {} nearest,", map.neighbours().len())),
        Text::dim(format!("{same} of its class")),
    ]
}

/// A caption for each neighbour, all alike: with its name and how alike it is, else with one of them, else with neither,
/// so that all fit.
fn captions(map: &FeatureMap, legend: &Legend, width: u16) -> Vec<Text> {
    let all = |named, measured| {
        let caption = |neighbour: &(usize, f32)| caption(*neighbour, named, measured, map, legend);
        map.neighbours().iter().map(caption).collect::<Vec<_>>()
    };
    let fit = |captions: &Vec<Text>| captions.iter().all(|caption| caption.width() <= width);
    let kinds = [(true, true), (true, false), (false, true)].into_iter();
    kinds.map(|(named, measured)| all(named, measured)).find(fit).unwrap_or_else(|| all(false, false))
}

/// Whether a neighbour is of the class of the image under the cursor; its class by name or by letter; how alike it is.
fn caption((row, alike): (usize, f32), named: bool, measured: bool, map: &FeatureMap, legend: &Legend) -> Text {
    let label = map.label(row);
    let (sign, tone) = if label == map.label(map.cursor()) { ("✓ ", Tone::Good) } else { ("✗ ", Tone::Bad) };
    let (letter, colour) = legend.sign(label);
    let caption = Text::new(sign, tone);
    let caption = if named { caption.and(legend.name(label), Tone::Plain) } else { caption.and(letter, colour) };
    if measured { caption.and(format!(" {alike:.2}"), Tone::Dim) } else { caption }
}
