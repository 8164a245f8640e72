//! What the workbench does beyond showing: starting, stopping, putting first. What cannot be taken back is asked first.

use super::{App, first_of};
use crate::{
    plan::{Axis, Overrides, Trial},
    protocol::Command,
    store::State,
    tui::{
        keys::Action,
        model::{Open, worded},
        screens::grid::plural,
    },
};

/// A question before something that cannot be taken back.
pub struct Question {
    pub text: String,
    yes: Deed,
}

#[derive(Clone)]
enum Deed {
    Start,
    Stop,
    Send(Vec<Command>, String),
    /// Trains the trials of the overrides again; those with these ids have something on disk.
    Again(Overrides, Vec<String>),
}

impl App {
    pub(super) fn ask_to_start(&mut self) {
        let Some(open) = &self.model.open else { return };
        let missing = plural(open.missing(), "trial");
        match open.runner() {
            _ if open.missing() == 0 => self.say("all that is switched on is finished".into()),
            None => self.act_upon(Deed::Start),
            Some(runner) => {
                let text = format!("Training already (pid {}). Stop it and train these {missing}?", runner.pid);
                self.question = Some(Question { text, yes: Deed::Start });
            }
        }
    }

    pub(super) fn ask_to_stop(&mut self) {
        match self.model.open.as_ref().and_then(Open::runner) {
            None => self.say("nothing is training".into()),
            Some(_) => {
                let text = "Stop training? Starting again goes on from the checkpoints.".into();
                self.question = Some(Question { text, yes: Deed::Stop });
            }
        }
    }

    /// Does something with the trials of a cell, given as indices into the plan.
    pub(super) fn ask_about_cell(&mut self, action: Action, trials: &[usize]) {
        let Some(open) = &self.model.open else { return };
        let trials: Vec<&Trial> = trials.iter().map(|i| &open.plan.trials[*i]).collect();
        let Some(first) = trials.first() else { return };
        let name = first.cell.iter().map(|(key, value)| worded(key, value)).collect::<Vec<_>>().join(" · ");
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
                let text = format!("Train {name} again and set {} aside?", plural(ended.len(), "trial"));
                let yes = Deed::Again(overrides(&open.plan.experiment.axes, &trials), ended);
                self.question = Some(Question { text, yes });
            }
            _ if open.runner().is_none() => self.say("nothing is training".into()),
            _ if open_ended.is_empty() => self.say(format!("{name} has come to its end")),
            Action::Skip => {
                let commands = open_ended.into_iter().map(|trial| Command::Skip { trial }).collect();
                let yes = Deed::Send(commands, format!("{name} is left out until training is started again"));
                self.question = Some(Question { text: format!("Leave {name} out of what is training?"), yes });
            }
            _ => {
                let commands = open_ended.into_iter().rev().map(|trial| Command::First { trial }).collect();
                self.act_upon(Deed::Send(commands, format!("{name} comes after the heat in training")));
            }
        }
    }

    pub(super) fn answer(&mut self, yes: bool) {
        if let Some(question) = self.question.take().filter(|_| yes) {
            self.act_upon(question.yes);
        }
    }

    /// Saves what is switched on as an experiment of that name.
    pub(super) fn save_as(&mut self, name: &str) {
        let Some(open) = &self.model.open else { return };
        let said = match self.lab.save(&open.plan, &open.choice.overrides(), name) {
            Ok(path) => format!("saved as {}; 1 lists it", path.display()),
            Err(error) => format!("{error:#}"),
        };
        self.say(said);
    }

    fn act_upon(&mut self, deed: Deed) {
        let Some(open) = &self.model.open else { return };
        let (done, said) = match deed {
            Deed::Start => {
                let said = format!("started: {} to train; o watches", plural(open.missing(), "trial"));
                (self.lab.start(&open.chosen, &open.choice.overrides()), said)
            }
            Deed::Stop => {
                let said = "asked to stop; checkpoints are being written".into();
                (self.lab.command(&open.plan, &[Command::Stop]), said)
            }
            Deed::Send(commands, said) => (self.lab.command(&open.plan, &commands), said),
            Deed::Again(overrides, ids) => match self.lab.plan(&open.name, &overrides) {
                Err(problems) => (Ok(()), first_of(&problems)),
                Ok(plan) => {
                    let said = format!("started: {} to train; o watches", plural(plan.trials.len(), "trial"));
                    let done = self.lab.set_aside(&open.plan, &ids).and_then(|()| self.lab.start(&plan, &overrides));
                    (done, said)
                }
            },
        };
        self.say(done.err().map_or(said, |error| format!("{error:#}")));
        self.look();
    }
}

/// What the command line would say for the trials of a cell of an experiment with these axes: the method is told of every
/// cell, but not every experiment has it as an axis.
fn overrides(axes: &[Axis], trials: &[&Trial]) -> Overrides {
    let varied = trials[0].cell.iter().filter(|(key, _)| axes.iter().any(|axis| axis.key == **key));
    Overrides {
        only: varied.map(|(key, value)| format!("{key}={value}")).collect(),
        seeds: Some(trials.iter().map(|trial| trial.seed).collect()),
        ..Overrides::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Experiment, Plan};

    #[test]
    fn a_cell_is_told_by_the_axes_of_its_experiment() {
        let text = "seeds = [0, 1]\n[[axis]]\nkey = \"train.batch\"\nvalues = [64, 128]\n";
        let experiment = || Experiment::parse("x", "x.toml", text).unwrap();
        let plan = Plan::new(experiment(), &Overrides::default()).unwrap();
        let cell: Vec<&Trial> = plan.trials.iter().filter(|trial| trial.cell == plan.trials[0].cell).collect();
        let again = Plan::new(experiment(), &overrides(&plan.experiment.axes, &cell)).unwrap();
        let ids = |trials: &[&Trial]| trials.iter().map(|trial| trial.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&again.trials.iter().collect::<Vec<_>>()), ids(&cell));
    }
}
