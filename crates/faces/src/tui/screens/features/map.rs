//! Images where their features are, each as the letter of its class, and a cursor that walks from one to the next.

use std::sync::Arc;

use ratatui::{layout::Rect, style::Style};

use super::{job::Job, legend::Legend};
use crate::tui::{keys::Action, theme::Tone, widgets::Brush};
use byolab_store::results::embedding::{self, Components, STEPS};
use byolab_values::{data::Label, plan::words, protocol::Features};

/// The features of one evaluation in two dimensions.
pub struct FeatureMap {
    features: Arc<Features>,
    components: Components,
    /// Where t-SNE is asked for.
    job: Option<Job>,
    /// The image under the cursor, as a row of the features.
    cursor: usize,
    neighbours: Vec<(usize, f32)>,
}

/// As many as the largest screen shows.
const NEIGHBOURS: usize = 12;

impl FeatureMap {
    /// The images by their principal components; there is at least one. The cursor is on the image that has the place
    /// `at` among the held-out images, else on the first.
    pub fn new(features: Features, at: Option<usize>) -> Self {
        let cursor = features.places.iter().position(|place| Some(*place) == at).unwrap_or(0);
        let components = embedding::components(&features);
        let mut map = Self { features: Arc::new(features), components, job: None, cursor, neighbours: Vec::new() };
        map.point_at(cursor);
        map
    }

    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Turns between principal components and t-SNE, which is begun anew.
    pub fn show_by(&mut self, by_tsne: bool) {
        self.job = by_tsne.then(|| Job::start(self.features.clone(), &self.components));
    }

    /// Takes over what t-SNE has done; whether it has done anything.
    pub fn poll(&mut self) -> bool {
        self.job.as_mut().is_some_and(Job::poll)
    }

    /// What the two directions of the picture are.
    pub fn way(&self) -> String {
        match self.job.as_ref().map(Job::progress) {
            Some(Some(steps)) => format!("t-SNE {steps}/{STEPS}"),
            Some(None) => "t-SNE".into(),
            None => format!("PCA, {} of the variance", words::percent(self.components.shares.iter().sum(), 0)),
        }
    }

    /// The row under the cursor.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The rows most alike to the one under the cursor, and how much they are.
    pub fn neighbours(&self) -> &[(usize, f32)] {
        &self.neighbours
    }

    pub fn label(&self, row: usize) -> Label {
        self.features.labels[row]
    }

    /// Where a row's image is among the held-out ones.
    pub fn place(&self, row: usize) -> usize {
        self.features.places[row]
    }

    /// Moves the cursor to the nearest image in a direction, or to the first or last of the held-out ones.
    pub fn act(&mut self, action: Action) {
        let last = self.features.labels.len() - 1;
        let to = match action {
            Action::First => Some(0),
            Action::Last => Some(last),
            Action::Left => self.toward([-1.0, 0.0]),
            Action::Right => self.toward([1.0, 0.0]),
            Action::Down => self.toward([0.0, -1.0]),
            Action::Up => self.toward([0.0, 1.0]),
            _ => None,
        };
        if let Some(to) = to {
            self.point_at(to);
        }
    }

    fn point_at(&mut self, row: usize) {
        self.cursor = row;
        self.neighbours = embedding::nearest(&self.features, row, NEIGHBOURS);
    }

    /// The nearest image within 45 degrees of a direction, as the picture shows it; where there is none, the nearest that
    /// lies on that side at all.
    fn toward(&self, direction: [f64; 2]) -> Option<usize> {
        let spots = self.spots();
        let from = spots[self.cursor];
        let candidate = |(row, spot): (usize, &[f64; 2])| {
            let [right, up] = [spot[0] - from[0], spot[1] - from[1]];
            let along = right * direction[0] + up * direction[1];
            let across = (right * direction[1]).abs() + (up * direction[0]).abs();
            (along > 0.0).then_some((across > along, right.hypot(up), row))
        };
        let candidates = spots.iter().enumerate().filter_map(candidate);
        let best = candidates.min_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
        best.map(|(.., row)| row)
    }

    /// Where each image stands in the picture, from 0 to 1 rightwards and upwards.
    fn spots(&self) -> Vec<[f64; 2]> {
        let places = self.job.as_ref().map_or(&self.components.places[..], Job::places);
        let range = [0, 1].map(|axis| {
            let values = || places.iter().map(|place| place[axis]);
            (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
        });
        let spot = |value: f64, (low, high): (f64, f64)| if high > low { (value - low) / (high - low) } else { 0.5 };
        places.iter().map(|place| [spot(place[0], range[0]), spot(place[1], range[1])]).collect()
    }

    /// Paints every image, its neighbours strong, the one under the cursor last.
    pub fn paint(&self, legend: &Legend, area: Rect, brush: &mut Brush) {
        if area.is_empty() {
            return;
        }
        let spots = self.spots();
        let [plain, strong] = [Tone::Plain, Tone::Strong].map(|tone| brush.theme.style(tone));
        let selected = brush.theme.selected();
        let mut sign = |row: usize, more: Style| {
            let [right, up] = spots[row];
            let x = area.x + (right * f64::from(area.width - 1)).round() as u16;
            let y = area.y + ((1.0 - up) * f64::from(area.height - 1)).round() as u16;
            let (letter, tone) = legend.sign(self.label(row));
            brush.buffer[(x, y)].set_char(letter).set_style(brush.theme.style(tone).patch(more));
        };
        (0..spots.len()).for_each(|row| sign(row, plain));
        self.neighbours.iter().for_each(|(row, _)| sign(*row, strong));
        sign(self.cursor, selected);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five images on a cross; PCA puts the longer arm across.
    fn cross() -> FeatureMap {
        let values = vec![0.0, 0.0, 4.0, 0.0, -4.0, 0.0, 0.0, 2.0, 0.0, -2.0];
        FeatureMap::new(
            Features { dims: 2, values, labels: vec![0; 5], places: (10..15).collect(), ..Features::default() },
            None,
        )
    }

    #[test]
    fn the_cursor_walks_to_the_nearest_image_in_a_direction() {
        use Action::{Down, First, Last, Left, Right, Up};
        let cases: [(&[Action], usize); 7] = [
            (&[], 0),
            (&[Right], 1),
            (&[Left, Left], 2),
            (&[Up], 3),
            (&[Up, Down, Down], 4),
            (&[Up, Right], 1),
            (&[Last, First], 0),
        ];
        for (actions, expected) in cases {
            let mut map = cross();
            actions.iter().for_each(|action| map.act(*action));
            assert_eq!(map.cursor(), expected, "{actions:?}");
        }
    }

    #[test]
    fn the_cursor_stays_on_its_image_when_its_features_change() {
        let features = cross().features().clone();
        assert_eq!(FeatureMap::new(features.clone(), Some(13)).cursor(), 3);
        assert_eq!(FeatureMap::new(features, Some(99)).cursor(), 0);
    }
}
