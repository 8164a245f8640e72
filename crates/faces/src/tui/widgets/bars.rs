//! The first line, which says where one is, and the last, which holds the keys that matter there.

use ratatui::layout::Rect;

use super::{
    Brush, ClickSpot, ClickTarget,
    text::{Text, wrap},
};
use crate::tui::{
    keys::{self, Action, Binding, KeyContext},
    theme::Tone,
};
use byolab_values::plan::Problem;

/// Where one is at the left, what is going on at the right; the right gives way.
pub fn title(crumbs: &[String], status: &Text, area: Rect, brush: &mut Brush) {
    let mut text = Text::new(" byolab", Tone::Strong);
    for crumb in crumbs {
        text = text.and(" › ", Tone::Dim).and(crumb, Tone::Plain);
    }
    let used = text.paint(area, brush) + 2;
    let rest = Rect { x: area.x + used.min(area.width), width: area.width.saturating_sub(used + 1), ..area };
    status.paint_right(rest, brush);
}

/// The bindings of a place that have a word for the footer. Help and leaving stay.
pub fn footer(place: KeyContext, area: Rect, brush: &mut Brush) {
    let mut shown: Vec<&Binding> = keys::at(place).filter(|binding| !binding.short.is_empty()).collect();
    while width(&shown) > area.width {
        let Some(i) = shown.iter().rposition(|binding| !stays(binding)) else { break };
        shown.remove(i);
    }
    let mut x = area.x;
    for binding in &shown {
        let width = width(&[*binding]);
        let spot = Rect { x, width, ..area }.intersection(area);
        brush.spots.push(ClickSpot { area: spot, target: ClickTarget::Key(binding.keys[0]) });
        x += width;
    }
    line(&shown).paint(area, brush);
}

/// A question in place of the footer, with its answers.
pub fn question(text: &str, area: Rect, brush: &mut Brush) {
    let answers: Vec<&Binding> = keys::at(KeyContext::Question).collect();
    let used = line(&answers).paint_right(area, brush);
    let rest = Rect { width: area.width.saturating_sub(used + 1), ..area };
    Text::new(format!(" {text}"), Tone::Strong).paint(rest, brush);
    brush.buffer.set_style(area, brush.theme.selected());
}

/// A line that is being typed in place of the footer, with the text before its cursor and behind it. Where it is too
/// long, its beginning gives way.
pub fn typing(prompt: &str, (before, behind): (&str, &str), area: Rect, brush: &mut Brush) {
    let keys: Vec<&Binding> = keys::at(KeyContext::Typing).filter(|binding| !binding.short.is_empty()).collect();
    let used = line(&keys).paint_right(area, brush);
    let rest = Rect { width: area.width.saturating_sub(used + 1), ..area };
    let around = Text::plain(prompt).width() + Text::plain(behind).width() + 2;
    let room = usize::from(rest.width.saturating_sub(around)).max(usize::from(rest.width / 2));
    let before: String = before.chars().skip(before.chars().count().saturating_sub(room)).collect();
    Text::new(format!(" {prompt}"), Tone::Dim)
        .and(before, Tone::Strong)
        .and("▏", Tone::Plain)
        .and(behind, Tone::Strong)
        .paint(rest, brush);
}

/// The lines above one that is typed: why it was not taken, with the remedy, or else what can be typed.
pub fn above_typing(hint: &str, problem: Option<&Problem>, width: u16) -> Vec<Text> {
    let parts: Vec<(&str, Tone)> = match problem {
        None => vec![(hint, Tone::Dim)],
        Some(problem) => {
            vec![(&problem.text, Tone::Bad), (problem.remedy.as_deref().unwrap_or_default(), Tone::Strong)]
        }
    };
    let lines = |(text, tone): (&str, Tone)| {
        let lines = if text.is_empty() { Vec::new() } else { wrap(text, width.saturating_sub(2)) };
        lines.into_iter().map(move |line| Text::new(line, tone)).collect::<Vec<_>>()
    };
    parts.into_iter().flat_map(lines).collect()
}

fn stays(binding: &Binding) -> bool {
    matches!(binding.action, Action::Help | Action::Leave)
}

fn width(bindings: &[&Binding]) -> u16 {
    line(bindings).width()
}

fn line(bindings: &[&Binding]) -> Text {
    bindings.iter().fold(Text::default(), |line, binding| {
        line.and(" ", Tone::Plain)
            .and(binding.keys[0].label(), Tone::Strong)
            .and(format!(" {} ", binding.short), Tone::Dim)
    })
}
