//! The switches of one axis or of the seeds, in one line.

use ratatui::layout::Rect;

use crate::{
    chart::axis::spoken,
    plan::Value,
    tui::{
        choice::{Choice, Switches},
        theme::Tone,
        widgets::{Brush, text::Text},
    },
};

/// Paints a line of the choice; where it is too long, the part around the cursor.
pub fn paint(choice: &Choice, line: usize, cursor: Option<usize>, area: Rect, brush: &mut Brush) {
    let switches = &choice.lines[line];
    Text::dim(name(switches)).paint(area, brush);
    let widest = choice.lines.iter().map(|line| Text::plain(name(line)).width()).max().unwrap_or(0);
    let indent = (widest + 2).min(area.width);
    let area = Rect { x: area.x + indent, width: area.width - indent, ..area };
    let texts: Vec<Text> = switches.values.iter().zip(&switches.on).map(|(value, on)| switch(value, *on)).collect();
    let mut x = area.x;
    let first = first_shown(&texts, cursor.unwrap_or(0), area.width);
    for (i, text) in texts.iter().enumerate().skip(first) {
        let room = Rect { x, width: area.right().saturating_sub(x), ..area };
        let used = text.paint(room, brush);
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

/// The first switch to show so that the one under the cursor is in sight.
fn first_shown(switches: &[Text], cursor: usize, width: u16) -> usize {
    let fits =
        |first: usize| switches[first..=cursor].iter().map(|text| text.width() + GAP).sum::<u16>() <= width + GAP;
    (0..cursor).find(|first| fits(*first)).unwrap_or(cursor)
}
