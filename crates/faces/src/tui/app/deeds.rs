//! What the workbench does beyond showing: starting, stopping, putting first. What cannot be taken back is asked first.

use indexmap::IndexSet;

use super::{
    App, Overlay, first_of,
    typing::{Typing, TypingPurpose},
};
use crate::tui::{
    keys::{Action, KeyContext},
    lab::BackgroundWork,
    model::{Open, worded},
    screens::grid::plural,
};
use byolab_store::{
    results::time_left,
    store::{Remark, State},
};
use byolab_values::{
    plan::{Axis, AxisValue, Overrides, Plan, Trial, cost::gibibytes, words},
    protocol::Command,
};

/// A question before something that cannot be taken back.
pub struct Confirmation {
    pub text: String,
    yes: Deed,
}

#[derive(Clone)]
enum Deed {
    /// Trains the plan that the overrides make; so many trials of it are missing.
    Start(Box<Plan>, Overrides, usize),
    /// Judges so many finished trials of the plan that the overrides make.
    Judge(Box<Plan>, Overrides, usize),
    Stop,
    Send(Vec<Command>, String),
    /// Trains the plan that the overrides make again; trials with these ids have something on disk.
    Again(Box<Plan>, Overrides, Vec<String>),
}

impl App {
    /// Asks to train the trials of some cells, given as indices into the plan, or else what is switched on.
    pub(super) fn ask_to_start(&mut self, cells: Option<&[usize]>) {
        if self.starting.is_some() {
            return self.say("starting already".into());
        }
        let Some(open) = &self.model.open else { return };
        let wanted: Vec<&Trial> = match cells {
            Some(cells) => cells.iter().map(|i| &open.plan.trials[*i]).collect(),
            None => open.chosen.trials.iter().collect(),
        };
        let missing: Vec<&Trial> =
            wanted.iter().copied().filter(|trial| open.state(trial) != State::Finished).collect();
        if missing.is_empty() {
            let what = cells.map_or("all that is switched on".into(), |_| name(&wanted));
            return self.say(format!("{what} is finished"));
        }
        let overrides = cells.map_or_else(|| open.overrides(), |_| overrides(&open.plan, &open.edits, &wanted));
        let plan = match self.lab.plan(&open.name, &overrides) {
            Ok(plan) => Box::new(plan),
            Err(problems) => return self.say(first_of(&problems)),
        };
        let what = format!("{}{}", plural(missing.len(), "trial"), costs(open, &missing, &plan));
        let text = match (open.runner(), cells) {
            (Some(runner), _) => format!("Training already (pid {}). Stop it and train these {what}?", runner.pid),
            (None, Some(_)) => format!("Train {}: {what}?", name(&wanted)),
            (None, None) => format!("Train {what}?"),
        };
        self.ask(Confirmation { text, yes: Deed::Start(plan, overrides, missing.len()) });
    }

    /// Asks to judge what is switched on and finished by the probes of the plan.
    pub(super) fn ask_to_judge(&mut self) {
        let Some(open) = &self.model.open else { return };
        let finished = open.chosen.trials.iter().filter(|trial| open.state(trial) == State::Finished).count();
        if self.starting.is_some() || open.runner().is_some() {
            return self.say("training: judging again waits until it has ended".into());
        }
        if finished == 0 {
            return self.say("nothing that is switched on is finished yet".into());
        }
        let overrides = open.overrides();
        match self.lab.plan(&open.name, &overrides) {
            Err(problems) => self.say(first_of(&problems)),
            Ok(plan) => {
                let text = format!("Judge {} again, by the probes set here?", plural(finished, "trial"));
                self.ask(Confirmation { text, yes: Deed::Judge(Box::new(plan), overrides, finished) });
            }
        }
    }

    pub(super) fn ask_to_stop(&mut self) {
        match self.model.open.as_ref().and_then(Open::runner) {
            None => self.say("nothing is training".into()),
            Some(_) => {
                let text = "Stop training? Starting again goes on from the checkpoints.".into();
                self.ask(Confirmation { text, yes: Deed::Stop });
            }
        }
    }

    /// Does something with the trials of a cell, a row or a column, given as indices into the plan.
    pub(super) fn ask_about_cells(&mut self, action: Action, trials: &[usize]) {
        if action == Action::Start {
            return self.ask_to_start(Some(trials));
        }
        let Some(open) = &self.model.open else { return };
        let trials: Vec<&Trial> = trials.iter().map(|i| &open.plan.trials[*i]).collect();
        let name = name(&trials);
        let ids = |states: &[State]| -> Vec<String> {
            let here = trials.iter().filter(|trial| states.contains(&open.state(trial)));
            here.map(|trial| trial.id.clone()).collect()
        };
        let open_ended = ids(&[State::Waiting, State::Running, State::Stopped, State::Interrupted]);
        let ended = ids(&[State::Finished, State::Failed, State::Stopped, State::Interrupted]);
        match action {
            Action::Rerun if open.runner().is_some() => {
                self.say("training: stop it before a cell is trained again".into())
            }
            Action::Rerun if ended.is_empty() => self.say(format!("{name} was not trained yet; enter starts it")),
            Action::Rerun => {
                let overrides = overrides(&open.plan, &open.edits, &trials);
                let plan = match self.lab.plan(&open.name, &overrides) {
                    Ok(plan) => Box::new(plan),
                    Err(problems) => return self.say(first_of(&problems)),
                };
                let (costs, aside) = (costs(open, &trials, &plan), plural(ended.len(), "trial"));
                let text = format!("Train {name} again, set {aside} aside{costs}?");
                self.ask(Confirmation { text, yes: Deed::Again(plan, overrides, ended) });
            }
            _ if open.runner().is_none() => self.say("nothing is training".into()),
            _ if open_ended.is_empty() => self.say(format!("{name} has come to its end")),
            Action::Skip => {
                let commands = open_ended.into_iter().map(|trial| Command::Skip { trial }).collect();
                let yes = Deed::Send(commands, format!("{name} is left out until training is started again"));
                self.ask(Confirmation { text: format!("Leave {name} out of what is training?"), yes });
            }
            _ => {
                let commands = open_ended.into_iter().rev().map(|trial| Command::First { trial }).collect();
                self.act_upon(Deed::Send(commands, format!("{name} comes after the heat in training")));
            }
        }
    }

    /// Opens a line for a note or tags on trials, given as indices into the plan; on the experiment where there are none.
    pub(super) fn ask_for_remark(&mut self, trials: &[usize]) {
        let open = self.model.open.as_ref().filter(|_| self.at != KeyContext::Home);
        let trials: Vec<&Trial> =
            open.map_or(Vec::new(), |open| trials.iter().map(|i| &open.plan.trials[*i]).collect());
        let begun = |trial: &&&Trial| open.is_some_and(|open| open.run(trial).is_some());
        let ids: Vec<String> = trials.iter().filter(begun).map(|trial| trial.id.clone()).collect();
        if ids.is_empty() && !trials.is_empty() {
            return self.say(format!("{} was not trained yet: there is nothing to remark on", name(&trials)));
        }
        let listed = || self.screens.home.entry(&self.model).map(|entry| entry.name.clone());
        let Some(experiment) = open.map_or_else(listed, |open| Some(open.plan.experiment.name.clone())) else { return };
        let about = if trials.is_empty() { experiment.clone() } else { name(&trials) };
        let typing = Typing::new(format!("on {about}: "), String::new(), TypingPurpose::Remark(experiment, ids));
        let hint = "words are a note, #word is a tag, -#word takes a tag away".into();
        self.type_in(Typing { hint, ..typing });
    }

    /// Keeps what was typed about trials, or about the experiment.
    pub(super) fn remark(&mut self, experiment: &str, ids: &[String], text: &str) {
        let remark = Remark::typed(text);
        if remark.is_empty() {
            return;
        }
        let about = if ids.is_empty() { experiment.into() } else { plural(ids.len(), "trial") };
        let said = self.lab.remark(experiment, ids, &remark);
        self.say(said.err().map_or(format!("kept with {about}"), |error| format!("{error:#}")));
        self.look();
    }

    fn ask(&mut self, question: Confirmation) {
        self.overlay = Some(Overlay::Question(question));
    }

    pub(super) fn answer(&mut self, yes: bool) {
        if let Some(Overlay::Question(question)) = self.overlay.take()
            && yes
        {
            self.act_upon(question.yes);
        }
    }

    /// Saves what is switched on as an experiment of that name.
    pub(super) fn save_as(&mut self, name: &str) {
        let Some(open) = &self.model.open else { return };
        // The plan of the file: what was edited is told by the overrides.
        let said = match self.lab.plan(&open.name, &Overrides::default()) {
            Err(problems) => first_of(&problems),
            Ok(plan) => match self.lab.save(&plan, &open.overrides(), name) {
                Err(error) => format!("{error:#}"),
                Ok(path) => {
                    let claims = plan.experiment.claims.len();
                    return self.open_saved(name, &path.display().to_string(), claims);
                }
            },
        };
        self.say(said);
    }

    /// Shows the saved experiment in the place of the edits that it holds now.
    fn open_saved(&mut self, name: &str, path: &str, claims: usize) {
        if let Some(open) = self.model.open.take() {
            self.model.edits.remove(&open.name);
            self.model.switches.remove(&open.name);
        }
        self.open(name);
        let kept = self.model.open.as_ref().map_or(claims, |open| open.plan.experiment.claims.len());
        self.say(format!("saved as {path}{}, and opened", left_out(claims.saturating_sub(kept))));
    }

    fn act_upon(&mut self, deed: Deed) {
        let Some(open) = &self.model.open else { return };
        let (done, said) = match deed {
            Deed::Start(plan, overrides, missing) => {
                return self.start(BackgroundWork::Train, &plan, &overrides, started(missing));
            }
            Deed::Judge(plan, overrides, finished) => {
                let said = format!("judging {} again", plural(finished, "trial"));
                return self.start(BackgroundWork::Judge, &plan, &overrides, said);
            }
            Deed::Stop => {
                let said = "asked to stop; checkpoints are being written".into();
                (self.lab.command(&open.plan, &[Command::Stop]), said)
            }
            Deed::Send(commands, said) => (self.lab.command(&open.plan, &commands), said),
            Deed::Again(plan, overrides, ids) => match self.lab.set_aside(&open.plan, &ids) {
                Ok(()) => return self.start(BackgroundWork::Train, &plan, &overrides, started(plan.trials.len())),
                aside => (aside, String::new()),
            },
        };
        self.say(done.err().map_or(said, |error| format!("{error:#}")));
        self.look();
    }
}

impl App {
    /// Starts a process; `said` is told once it has begun.
    fn start(&mut self, work: BackgroundWork, plan: &Plan, overrides: &Overrides, said: String) {
        self.lab.start(work, plan, overrides);
        self.starting = Some(said);
        self.hear_start();
    }

    /// Takes how the start that is under way went.
    pub(super) fn hear_start(&mut self) {
        if self.starting.is_none() {
            return;
        }
        if let Some(answer) = self.lab.started() {
            let said = self.starting.take().unwrap_or_default();
            self.say(answer.err().map_or(said, |error| format!("{error:#}")));
            self.look();
            self.refresh();
        }
    }
}

/// That claims are not in the saved file: they ask for values that it has not.
fn left_out(claims: usize) -> String {
    if claims == 0 { String::new() } else { format!(" without {} about what was left out", plural(claims, "claim")) }
}

fn started(trials: usize) -> String {
    format!("started: {} to train; o watches", plural(trials, "trial"))
}

/// What training trials costs: ` (about 46 min, 2.1 GiB of memory)`; no time before a first heat has told the pace.
fn costs(open: &Open, trials: &[&Trial], plan: &Plan) -> String {
    let runs = open.reading.as_ref().map(|reading| &reading.snapshot.runs);
    let seconds = runs
        .and_then(|runs| time_left::of(&open.plan, trials, |trial| runs.get(&trial.id)))
        .filter(|seconds| *seconds > 0.0);
    let time = seconds.map(|seconds| format!("about {}, ", words::duration(seconds))).unwrap_or_default();
    format!(" ({time}{} of memory)", gibibytes(plan.memory()))
}

/// What the cells of the trials share, in words: `byol · batch 256`, `batch 256`.
fn name(trials: &[&Trial]) -> String {
    let shared = trials[0].cell.iter().filter(|(key, value)| trials.iter().all(|trial| trial.cell[*key] == **value));
    let words: Vec<String> = shared.map(|(key, value)| worded(key, value)).collect();
    if words.is_empty() { "every cell".into() } else { words.join(" · ") }
}

/// What the command line would say for the trials of cells that make a row, a column, or one cell: these are wanted, whatever
/// is decided.
fn overrides(plan: &Plan, edits: &Overrides, trials: &[&Trial]) -> Overrides {
    let only = |axis: &Axis| {
        let is_asked = |value: &&AxisValue| trials.iter().any(|trial| trial.cell[&axis.key] == value.label);
        axis.only(axis.values.iter().filter(is_asked))
    };
    let seeds: IndexSet<u64> = trials.iter().map(|trial| trial.seed).collect();
    let only = plan.experiment.axes.iter().map(only).collect();
    Overrides { only, seeds: Some(Vec::from_iter(seeds)), until: None, ..edits.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use byolab_values::plan::Experiment;

    #[test]
    fn a_cell_is_told_by_the_axes_of_its_experiment() {
        let text = "seeds = [0, 1]\n[[axis]]\nkey = \"train.batch\"\nvalues = [64, 128]\n";
        let experiment = || Experiment::parse("x", "x.toml", text).unwrap();
        let plan = Plan::new(experiment(), &Overrides::default()).unwrap();
        let cell: Vec<&Trial> = plan.trials.iter().filter(|trial| trial.cell == plan.trials[0].cell).collect();
        let again = Plan::new(experiment(), &overrides(&plan, &Overrides::default(), &cell)).unwrap();
        let ids = |trials: &[&Trial]| trials.iter().map(|trial| trial.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&again.trials.iter().collect::<Vec<_>>()), ids(&cell));
    }
}
