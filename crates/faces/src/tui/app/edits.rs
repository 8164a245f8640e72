//! What is edited about the open experiment, and tried in the views: taken over, remembered, taken back.

use super::{
    App, Overlay, first_of,
    typing::{Typing, TypingPurpose},
};
use crate::tui::{
    choice::Choice,
    edit::{self, Edited},
    keys::KeyContext,
    model::Open,
};
use byolab_values::plan::{Overrides, Plan, Problems, recipe::Augmentation};

const EDITED: &str = "edited; enter trains it, s saves it as an experiment, E takes it back";
const AS_IN_FILE: &str = "as its file has it; what was trained stays on disk";

impl App {
    /// Opens a line with the value that is there.
    pub(super) fn edit(&mut self, edited: Edited) {
        let Some(open) = &self.model.open else { return };
        let typing = Typing::new(edited.prompt(open), edited.text(open), TypingPurpose::Edit(edited));
        self.type_in(Typing { hint: edited.hint().into(), ..typing });
    }

    /// Opens a line to set a key of the recipe in, or the values of the axis that it is.
    pub(super) fn edit_key(&mut self, key: &str) {
        let Some(open) = &self.model.open else { return };
        let axis = open.plan.experiment.axes.iter().position(|axis| axis.key == key);
        let now = edit::now(open, key);
        let place = edit::keys(open).iter().position(|(known, _)| known == key);
        self.go(KeyContext::Grid);
        self.edit(axis.map_or(Edited::Key(place), |axis| Edited::Value(axis, 0)));
        if let (None, None, Some(Overlay::Typing(typing))) = (axis, place, &mut self.overlay) {
            typing.text = format!("{key}={now}");
            typing.cursor = typing.text.chars().count();
        }
    }

    /// Opens a line to edit the seeds in.
    pub(super) fn edit_seeds(&mut self) {
        self.go(KeyContext::Grid);
        self.edit(Edited::Seed(0));
    }

    /// Takes an edit over, or says what is wrong with it above the line, which stays.
    pub(super) fn accept_edit(&mut self, edited: Edited, typing: Typing) {
        let Some(open) = &self.model.open else { return };
        let planned = edited.accept(typing.text.trim(), open).and_then(|edits| {
            let plan = self.lab.plan(&open.name, &edits)?;
            let is_as_before =
                self.lab.plan(&open.name, &Overrides::default()).is_ok_and(|file| plan.has_trials_of(&file));
            Ok((if is_as_before { Overrides::default() } else { edits }, plan))
        });
        match planned {
            Ok((edits, plan)) => {
                let is_edited = edits != Overrides::default();
                self.take_edits(edits, plan);
                self.say(if is_edited { EDITED } else { AS_IN_FILE }.into());
            }
            Err(problems) => self.type_in(Typing { problem: problems.0.into_iter().next(), ..typing }),
        }
    }

    /// The experiment as its file has it.
    pub(super) fn unedit(&mut self) {
        let Some(open) = &self.model.open else { return };
        match self.lab.plan(&open.name, &Overrides::default()) {
            Ok(plan) => {
                self.take_edits(Overrides::default(), plan);
                self.switch_all_on();
                self.say(AS_IN_FILE.into());
            }
            Err(problems) => self.say(first_of(&problems)),
        }
    }

    fn switch_all_on(&mut self) {
        let Some(open) = &mut self.model.open else { return };
        open.choice = Choice::all(&open.plan.experiment);
        self.plan();
    }

    fn take_edits(&mut self, edits: Overrides, plan: Plan) {
        let Some(open) = &mut self.model.open else { return };
        let name = open.name.clone();
        open.edit(edits.clone(), plan);
        self.keep_edits(&name, &edits);
        self.plan();
        self.look();
    }

    /// Shows views with another parameter, or says what is wrong with it above the line, which stays.
    pub(super) fn accept_change(&mut self, typing: Typing) {
        let Some(open) = &self.model.open else { return };
        match self.screens.views.change(typing.text.trim(), &open.plan) {
            Ok(()) => {
                self.bring();
                self.say("u makes it a value of the experiment, y copies it, e changes more".into());
            }
            Err(problems) => self.type_in(Typing { problem: problems.0.into_iter().next(), ..typing }),
        }
    }

    /// Makes a set that was tried a value of the axis `augment`.
    pub(super) fn use_set(&mut self, set: &Augmentation) {
        let Some(open) = &self.model.open else { return };
        let edits = edit::with_set(open, set);
        match self.lab.plan(&open.name, &edits) {
            Ok(plan) => {
                self.take_edits(edits, plan);
                self.go(KeyContext::Grid);
                self.say(format!("{} is a value of augment now; {EDITED}", set.name));
            }
            Err(problems) => self.say(first_of(&problems)),
        }
    }

    /// An experiment with what was edited about it, or as it is in training; without, where that no longer fits its file.
    pub(super) fn open_as_left(&mut self, name: &str) -> Result<Open, Problems> {
        let left = self.model.edits.remove(name).unwrap_or_default();
        let overrides = self.lab.opened(name, left);
        let edits = Overrides { only: Vec::new(), ..overrides.clone() };
        let (Ok(plan), Ok(chosen)) = (self.lab.plan(name, &edits), self.lab.plan(name, &overrides)) else {
            return Ok(Open::new(name, Overrides::default(), self.lab.plan(name, &Overrides::default())?));
        };
        self.keep_edits(name, &edits);
        Ok(Open::new(name, edits, plan).choosing(chosen))
    }

    fn keep_edits(&mut self, name: &str, edits: &Overrides) {
        self.model.edits.remove(name);
        if *edits != Overrides::default() {
            self.model.edits.insert(name.into(), edits.clone());
        }
    }
}
