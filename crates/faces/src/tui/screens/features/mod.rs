//! Features: where the encoder puts held-out images, which of them it holds to be alike, and how many directions it
//! uses.

mod job;
mod legend;
mod map;
pub mod near;
mod spectra;

use ratatui::layout::Rect;

use legend::Legend;
use map::FeatureMap;
use spectra::Spectra;

use super::{Effect, READING, Screen, run};
use crate::tui::{
    keys::Action,
    lab::HeldOut,
    model::{self, Model, Open},
    picture::Picture,
    theme::{Tone, mark},
    widgets::{
        Brush, indented, take, take_bottom,
        text::{Text, paint_lines, wrap},
    },
};
use byolab_store::{
    chart::metric::{KNN, count},
    store::State,
};
use byolab_values::{data::UNLABELLED, plan::Trial, protocol};

/// What is looked at, and how it looks.
#[derive(Default)]
pub struct Features {
    /// The heat chosen; none follows the one in training.
    heat: Option<usize>,
    /// Place of the trial in its heat.
    method: usize,
    by_tsne: bool,
    /// The spectra take the whole screen.
    spectra_alone: bool,
    /// None where there are no features, and then what is wrong with them, where anything is.
    map: Option<FeatureMap>,
    problem: Option<String>,
    legend: Legend,
    /// Of the image under the cursor and its neighbours; where there are none, why.
    pictures: Vec<Picture>,
    blind: String,
    heading: Text,
    about: Text,
    missing: String,
    spectra: Spectra,
}

/// Rows from which the spectra stand below the map.
const TALL: u16 = 30;

/// Columns of the pictures, at least and at most, and what lies between them and the map.
const PICTURES: (u16, u16) = (24, 72);
const GAP: u16 = 2;

impl Features {
    /// Looks at the heat that another screen showed.
    pub fn watch(&mut self, heat: Option<usize>) {
        self.heat = heat;
    }

    /// The trial whose features are looked at.
    pub fn trial<'a>(&self, open: &'a Open) -> &'a Trial {
        let trials = open.heat(open.shown_heat(self.heat));
        trials[self.method.min(trials.len() - 1)]
    }

    /// Takes what the store holds of the trial.
    pub fn take(&mut self, answer: Result<Option<protocol::Features>, String>) {
        let (features, problem) = match answer.and_then(|features| features.map(sound).transpose()) {
            Ok(features) => (features, None),
            Err(problem) => (None, Some(problem)),
        };
        self.problem = problem;
        match (features, &self.map) {
            (None, _) => self.map = None,
            (Some(features), Some(map)) if *map.features() == features => {}
            (Some(features), map) => {
                let at = map.as_ref().map(|map| map.place(map.cursor()));
                let map = self.map.insert(FeatureMap::new(features, at));
                map.show_by(self.by_tsne);
            }
        }
    }

    /// Places among the held-out images of those that are shown as pictures; none without features.
    pub fn places(&self) -> Option<Vec<usize>> {
        self.map.as_ref().map(near::places)
    }

    /// Takes the classes, and the pictures of the places asked for; nothing while they are being read.
    pub fn show(&mut self, answer: Result<Option<HeldOut>, String>) {
        (self.legend, self.pictures, self.blind) = match answer {
            Ok(Some(HeldOut { classes, pictures })) => (Legend::new(classes), pictures, String::new()),
            Ok(None) => (Legend::unnamed(self.classes()), Vec::new(), READING.into()),
            Err(reason) => (Legend::unnamed(self.classes()), Vec::new(), reason),
        };
    }

    /// As many as the labels tell.
    fn classes(&self) -> usize {
        let labels = self.map.iter().flat_map(|map| &map.features().labels);
        labels.filter(|label| **label != UNLABELLED).max().map_or(0, |last| usize::from(*last) + 1)
    }

    fn step(&mut self, by: isize, open: &Open) {
        self.watch(Some(open.heat_beside(self.heat, by)));
    }

    /// The next method of the heat, around its end.
    fn turn(&mut self, by: usize, open: &Open) {
        let methods = open.heat(open.shown_heat(self.heat)).len();
        self.method = (self.method.min(methods - 1) + by) % methods;
    }

    fn heading(&self, open: &Open) -> Text {
        let heat = open.shown_heat(self.heat);
        let members = run::trials(open, heat);
        let method = self.method.min(members.len() - 1);
        let member = &members[method];
        Text::new(mark(member.pen), Tone::Series(member.pen))
            .and(format!(" {}", member.name), Tone::Strong)
            .then(format!("method {} of {}", method + 1, members.len()), Tone::Dim)
            .then(model::shared(&open.heat(heat)), Tone::Strong)
            .then(format!("heat {} of {}", heat + 1, open.plan.heats.len()), Tone::Dim)
    }

    /// When the features were taken, of how many images, and what the map shows.
    fn about(&self, open: &Open) -> Text {
        let Some(map) = &self.map else { return Text::default() };
        let features = map.features();
        let knn = open.run(self.trial(open)).and_then(|run| run.latest(KNN.name));
        let knn = knn.map(|knn| format!("k-NN {} %", KNN.show(knn))).unwrap_or_default();
        Text::new(map.way(), Tone::Strong)
            .then(format!("step {}", count(features.step)), Tone::Plain)
            .then(format!("{} held-out images", features.labels.len()), Tone::Plain)
            .then(knn, Tone::Dim)
    }
}

impl Screen for Features {
    fn crumbs(&self, model: &Model) -> Vec<String> {
        super::crumbs(model, "features")
    }

    fn refresh(&mut self, model: &Model) {
        let Some(open) = &model.open else { return };
        self.heading = self.heading(open);
        self.about = self.about(open);
        self.missing = self.problem.clone().unwrap_or_else(|| missing(open.state(self.trial(open))).into());
        self.spectra = Spectra::of(&run::trials(open, open.shown_heat(self.heat)));
    }

    fn poll(&mut self) -> bool {
        self.map.as_mut().is_some_and(FeatureMap::poll)
    }

    fn act(&mut self, action: Action, model: &mut Model) -> Effect {
        let Some(open) = &model.open else { return Effect::None };
        match action {
            Action::NextPart => self.turn(1, open),
            Action::PreviousPart => self.turn(open.heat(open.shown_heat(self.heat)).len() - 1, open),
            Action::PreviousHeat => self.step(-1, open),
            Action::NextHeat => self.step(1, open),
            Action::Current => self.watch(None),
            Action::Spectra => self.spectra_alone = !self.spectra_alone,
            Action::Embedding => {
                self.by_tsne = !self.by_tsne;
                self.map.iter_mut().for_each(|map| map.show_by(self.by_tsne));
            }
            _ => self.map.iter_mut().for_each(|map| map.act(action)),
        }
        Effect::Features
    }

    fn back(&mut self) -> bool {
        std::mem::take(&mut self.spectra_alone)
    }

    fn draw(&self, _: &Model, mut area: Rect, brush: &mut Brush) {
        self.heading.paint(indented(take(&mut area, 1)), brush);
        let airy = u16::from(area.height >= 16);
        if self.spectra_alone {
            take(&mut area, airy);
            return self.spectra.paint(indented(area), brush);
        }
        self.about.paint(indented(take(&mut area, 1)), brush);
        take(&mut area, airy);
        if area.height >= TALL {
            let third = area.height / 3;
            let spectra = take_bottom(&mut area, third);
            take_bottom(&mut area, 1);
            self.spectra.paint(indented(spectra), brush);
        }
        match &self.map {
            Some(map) => self.draw_map(map, indented(area), brush),
            None => {
                let area = indented(area);
                let lines: Vec<Text> = wrap(&self.missing, area.width).into_iter().map(Text::plain).collect();
                paint_lines(&lines, area, brush);
            }
        }
    }
}

impl Features {
    /// The map over its legend at the left, the pictures at the right.
    fn draw_map(&self, map: &FeatureMap, area: Rect, brush: &mut Brush) {
        let width = (2 * area.width / 5).clamp(PICTURES.0, PICTURES.1).min(area.width / 2);
        let right = Rect { x: area.right() - width, width, ..area };
        let mut left = Rect { width: (area.width - width).saturating_sub(GAP), ..area };
        let cursor = map.label(map.cursor());
        let legend = self.legend.lines(cursor, left.width).len() as u16;
        let legend = legend.min(left.height / 4);
        self.legend.paint(cursor, take_bottom(&mut left, legend), brush);
        map.paint(&self.legend, left, brush);
        match &self.pictures[..] {
            [] => near::paint_words(map, &self.legend, &self.blind, right, brush),
            pictures => near::paint(map, &self.legend, pictures, right, brush),
        }
    }
}

/// Features that can be drawn.
fn sound(features: protocol::Features) -> Result<protocol::Features, String> {
    if features.labels.is_empty() {
        Err("no held-out image has a class: data.held_out says how many are held out".into())
    } else if features.values.iter().any(|value| !value.is_finite()) {
        Err(format!("the features of step {} are not finite: the training has diverged", count(features.step)))
    } else {
        Ok(features)
    }
}

/// Why there are no features, and how to get them.
fn missing(state: State) -> &'static str {
    match state {
        State::Waiting => "nothing of this trial is on disk yet: enter on the grid trains what is switched on",
        State::Running => "no features yet: the evaluation to come brings them",
        _ => {
            "no features on disk: this trial was trained by a version that did not keep them; R on the grid trains its cell again"
        }
    }
}
