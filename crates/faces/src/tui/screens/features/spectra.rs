//! How evenly the features of each method use their directions, over training.

use ratatui::layout::Rect;

use crate::tui::{
    screens::run::ShownTrial,
    widgets::{Brush, figure, take, text::Text},
};
use byolab_store::chart::{
    Figure,
    metric::{self, is_unhealthy},
    spectrum,
};
use byolab_values::plan::cost;

/// A figure for each method of the heat, and what their lines are.
#[derive(Default)]
pub struct Spectra {
    figures: Vec<Figure>,
    about: String,
}

/// The least columns of a figure.
const NARROW: u16 = 28;

impl Spectra {
    /// Of the methods of a heat.
    pub fn of(members: &[ShownTrial]) -> Self {
        let begun = || members.iter().filter_map(|member| Some((member, member.run?)));
        let titled = begun().map(|(member, run)| {
            let rank = run.latest(metric::EFFECTIVE_RANK.name);
            let rank = rank.map(|rank| {
                let width = cost::features(&member.trial.recipe);
                let sign = if is_unhealthy(metric::EFFECTIVE_RANK, rank, width) { "! " } else { "" };
                format!(", effective rank {sign}{}", metric::EFFECTIVE_RANK.show(rank))
            });
            (format!("{}{}", member.name, rank.unwrap_or_default()), member.pen, run)
        });
        let figures = spectrum::spectra(titled);
        let spans: Vec<[u64; 2]> = begun().filter_map(|(_, run)| spectrum::span(run)).collect();
        let about = match (spans.iter().map(|span| span[0]).min(), spans.iter().map(|span| span[1]).max()) {
            (Some(first), Some(last)) => {
                let last = if first < last { format!(" (dim) to {}", metric::count(last)) } else { String::new() };
                format!("shares of the features' singular values, step {}{last}", metric::count(first))
            }
            _ => "no spectrum of this heat is on disk: every evaluation of a trial adds one".into(),
        };
        Self { figures, about }
    }

    /// Paints as many figures as have room beside each other.
    pub fn paint(&self, mut area: Rect, brush: &mut Brush) {
        let shown = self.figures.len().min(usize::from(area.width / NARROW).max(1));
        let more = match self.figures.len() - shown {
            0 => String::new(),
            hidden => format!("; {hidden} more in a wider terminal"),
        };
        Text::dim(format!("{}{more}", self.about)).paint(take(&mut area, 1), brush);
        let width = area.width / shown.max(1) as u16;
        for (figure, column) in self.figures.iter().take(shown).zip(0..) {
            let room = Rect { x: area.x + column * width, width: width.saturating_sub(2), ..area };
            figure::fading(figure, room, brush);
        }
    }
}
