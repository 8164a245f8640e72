//! Coming back: where the user was, and what has happened since.

use super::App;
use crate::tui::{
    keys::KeyContext,
    lab::{LastSeen, UserMemory},
};

impl App {
    /// Goes back to where the user was, and remembers what was seen then. An experiment that is gone is passed over.
    pub fn recall(&mut self) {
        let memory = self.lab.recall();
        self.model.looks = memory.looks.clone();
        self.model.edits = memory.edits.clone();
        self.model.switches = memory.switches.clone();
        let known =
            |name: &String| self.model.entries.iter().any(|entry| entry.name == *name && entry.problems.is_none());
        if let Some(name) = memory.experiment.as_ref().filter(|name| known(name)) {
            self.screens.home.point_at(name, &self.model);
            if memory.place() != KeyContext::Home {
                self.open(name);
                self.go(memory.place());
            }
        }
        self.refresh();
    }

    /// Notes where the user is and what there is to see, for the next time.
    pub fn remember(&mut self) {
        let now = self.lab.now();
        for entry in self.model.entries.iter().filter(|entry| entry.problems.is_none() && entry.is_read) {
            self.model.looks.insert(entry.name.clone(), LastSeen::at_entry(entry, now));
        }
        let opened = self.model.open.as_ref();
        if let Some((open, reading)) = opened.and_then(|open| Some((open, open.reading.as_ref()?))) {
            let name = open.plan.experiment.name.clone();
            self.model.looks.insert(name, LastSeen::at_results(&reading.results, now));
        }
        self.lab.remember(&UserMemory {
            experiment: opened.map(|open| open.name.clone()),
            screen: self.at.screen().unwrap_or_default().into(),
            looks: self.model.looks.clone(),
            edits: self.model.edits.clone(),
            switches: self.model.switches.clone(),
        });
    }

    /// Says, once, what has happened to the open experiment since the workbench was left.
    pub(super) fn tell_what_is_new(&mut self) {
        let Some(open) = &self.model.open else { return };
        let Some(reading) = &open.reading else { return };
        let now = LastSeen::at_results(&reading.results, self.lab.now());
        let unreadable = reading.snapshot.unreadable.values().next().cloned();
        let before = self.model.looks.remove(&open.plan.experiment.name);
        if let Some(said) = unreadable.or_else(|| before.and_then(|before| now.since(&before))) {
            self.say(said);
        }
    }
}
