//! The charts of a heat, three beside each other, and as many lines of them as there is room for.

use ratatui::layout::Rect;

use super::{pins::Pinned, shown::ShownTrial};
use crate::tui::widgets::{Brush, figure, take};
use byolab_store::chart::{
    Figure, Metric,
    average::averaged,
    curves::{CurveOptions, seen, untrained},
    metric,
};

/// Charts in the order in which they get room.
const CHARTS: [Metric; 18] = [
    metric::LOSS,
    metric::KNN,
    metric::FEATURE_STD,
    metric::EFFECTIVE_RANK,
    metric::ALIGNMENT,
    metric::UNIFORMITY,
    metric::LIDAR,
    metric::ALPHA,
    metric::NEURAL_COLLAPSE,
    metric::HISTOGRAM,
    metric::CLASSIFIER,
    metric::PRETEXT,
    metric::PSEUDO_KEPT,
    metric::TARGET_COSINE,
    metric::TARGET_ENTROPY,
    metric::GRADIENT_NORM,
    metric::PROJECTION_STD,
    metric::RATE,
];

/// Charts that keep their place while they have nothing to show.
const USUAL: usize = 6;

/// Charts that go over powers of ten, where they are wanted logarithmic.
const LOGARITHMIC: [Metric; 2] = [metric::LOSS, metric::GRADIENT_NORM];

/// Charts beside each other, and the rows that each further line of them needs.
const ACROSS: u16 = 3;
const TALL: u16 = 11;

/// The figure with a rule where untrained encoders are, and the word for it behind its title.
fn ruled(figure: Figure, untrained: &[f64]) -> Figure {
    let title = if untrained.is_empty() { String::new() } else { "  ╌ untrained".into() };
    Figure { title: figure.title + &title, rules: untrained.to_vec(), ..figure }
}

/// What is drawn of a heat.
#[derive(Default)]
pub struct Charts {
    figures: Vec<Figure>,
    /// The place of the crosshair on their x axes.
    aim: Option<f64>,
}

impl Charts {
    /// The charts for which there is something to draw, the usual ones in any case; of each method the mean over its seeds
    /// where that is asked for.
    pub fn of(members: &[ShownTrial], pinned: &[Pinned], look: CurveOptions, is_mean: bool, aim: Option<f64>) -> Self {
        let cells: Vec<_> = members.iter().filter(|_| is_mean).map(ShownTrial::seeds).collect();
        let trials: Vec<_> = members.iter().filter_map(ShownTrial::curve).collect();
        let under: Vec<_> = pinned.iter().filter_map(Pinned::curve).collect();
        let look_at = |metric| CurveOptions { log: look.log && LOGARITHMIC.contains(&metric), ..look };
        let figure = |metric| match is_mean {
            true => averaged(metric, &cells, &under, look_at(metric)),
            false => seen(metric, &trials, &under, look_at(metric)),
        };
        let runs = || members.iter().filter_map(|member| member.run);
        let figure = |metric| ruled(figure(metric), &untrained(metric, runs()));
        let figures = CHARTS.into_iter().map(figure).enumerate();
        let figures = figures.filter(|(i, figure)| *i < USUAL || !figure.is_empty());
        Self { figures: figures.map(|(_, figure)| figure).collect(), aim }
    }

    /// The charts that have something to show.
    pub fn drawn(&self) -> Vec<&Figure> {
        self.figures.iter().filter(|figure| !figure.is_empty()).collect()
    }

    /// Lines of charts that there are.
    pub fn lines(&self) -> usize {
        self.figures.len().div_ceil(ACROSS.into())
    }

    /// Paints as many lines as fit, from the line `first` on, and the first ones again after the last.
    pub fn paint(&self, first: usize, mut area: Rect, brush: &mut Brush) {
        let fit = (area.height / TALL).clamp(1, self.lines().max(1) as u16);
        let (width, height) = (area.width / ACROSS, area.height / fit);
        let all = self.figures.chunks(ACROSS.into());
        for line in all.clone().cycle().skip(first).take(fit.min(all.len() as u16).into()) {
            let row = take(&mut area, height);
            let height = row.height.saturating_sub(fit - 1);
            for (figure, x) in line.iter().zip((row.x..).step_by(width.max(1).into())) {
                let room = Rect { x, width: width.saturating_sub(2), height, ..row };
                figure::aimed(figure, self.aim, room, brush);
            }
        }
    }
}
