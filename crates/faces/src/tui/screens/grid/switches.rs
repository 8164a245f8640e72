//! The lines below the cells: the switches of each axis and of the seeds, and the keys of the base recipe.

use ratatui::layout::Rect;

use crate::tui::{
    choice::Switches,
    edit,
    model::Open,
    theme::Tone,
    widgets::{Brush, ClickSpot, ClickTarget, text::Text},
};
use byolab_store::chart::axis::spoken;
use byolab_values::plan::Value;

/// How many lines there are.
pub fn lines(open: &Open) -> usize {
    open.choice.lines.len() + 1
}

/// How many places a line has for the cursor: values, seeds, or one for a new key and the keys.
pub fn places(open: &Open, line: usize) -> usize {
    open.choice.lines.get(line).map_or_else(|| edit::keys(open).len() + 1, |line| line.values.len())
}

/// Paints a line; where it is too long, the part around the cursor.
pub fn paint(open: &Open, line: usize, cursor: Option<usize>, area: Rect, brush: &mut Brush) {
    let names = || open.choice.lines.iter().map(name).chain(["recipe".into()]);
    let widest = names().map(|name| Text::plain(name).width()).max().unwrap_or(0);
    Text::dim(names().nth(line).unwrap_or_default()).paint(area, brush);
    let indent = (widest + 2).min(area.width);
    let area = Rect { x: area.x + indent, width: area.width - indent, ..area };
    let texts: Vec<Text> = match open.choice.lines.get(line) {
        Some(line) => line.values.iter().zip(&line.on).map(|(value, on)| switch(value, *on)).collect(),
        None => keys(open),
    };
    let mut x = area.x;
    let first = first_shown(&texts, cursor.unwrap_or(0), area.width);
    for (i, text) in texts.iter().enumerate().skip(first) {
        let room = Rect { x, width: area.right().saturating_sub(x), ..area };
        let used = text.paint(room, brush);
        brush.spots.push(ClickSpot { area: Rect { width: used, ..room }, target: ClickTarget::Switch(line, i) });
        if cursor == Some(i) {
            brush.buffer.set_style(Rect { width: used, ..room }, brush.theme.selected());
        }
        x = (x + used + GAP).min(area.right());
    }
}

const GAP: u16 = 2;

fn name(switches: &Switches) -> String {
    switches.axis.as_deref().map_or("seeds".into(), spoken)
}

fn switch(value: &Value, on: bool) -> Text {
    let (mark, tone) = if on { ("x", Tone::Plain) } else { (" ", Tone::Dim) };
    Text::new("[", Tone::Dim).and(mark, Tone::Strong).and("] ", Tone::Dim).and(value.to_string(), tone)
}

/// A place for a new key, then the keys of the base recipe, those that were edited plain.
fn keys(open: &Open) -> Vec<Text> {
    let text = |(key, value): (String, String)| {
        let tone = if edit::is_set(open, &key) { Tone::Strong } else { Tone::Dim };
        let words = spoken(key.strip_suffix(".name").unwrap_or(&key));
        Text::dim(format!("{words} ")).and(value, tone)
    };
    [Text::dim("+ key")].into_iter().chain(edit::keys(open).into_iter().map(text)).collect()
}

/// The first text to show so that the one under the cursor is in sight.
fn first_shown(texts: &[Text], cursor: usize, width: u16) -> usize {
    let fits = |first: usize| texts[first..=cursor].iter().map(|text| text.width() + GAP).sum::<u16>() <= width + GAP;
    (0..cursor).find(|first| fits(*first)).unwrap_or(cursor)
}
