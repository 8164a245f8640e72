//! The two lines over the charts: which heat it is and how it is looked at; how far it is, or where the crosshair is.

use super::shown::{ShownTrial, ruler};
use crate::tui::{
    model::{self, Open},
    screens::tone,
    theme::Tone,
    widgets::text::Text,
};
use byolab_store::{
    chart::{
        across::Across,
        average::{Seeds, legend},
        curves::CurveOptions,
        metric::{self, count},
    },
    results::time_left,
    store::State,
};
use byolab_values::plan::{Trial, words};

/// What the trials share, over which seeds the mean is taken where it is, which heat of how many this is, what is unusual about the curves, and how a replay is led.
pub fn heading(open: &Open, heat: usize, look: CurveOptions, is_replay: bool, mean: Option<&[Seeds]>) -> Text {
    let place = format!("heat {} of {}", heat + 1, open.plan.heats.len());
    let unusual = [
        (look.across != Across::Step).then(|| format!("x in {}", look.across.label())),
        look.log_across.then(|| "log x".into()),
        is_replay.then(|| "space pause  < slower  > faster  R end".into()),
        (look.smoothing > 0.0).then(|| format!("smoothed {}", look.smoothing)),
    ];
    let trials = open.heat(heat);
    let text = match mean {
        Some(cells) => Text::new(model::alike(&trials).join(" · "), Tone::Strong).then(legend(cells), Tone::Plain),
        None => Text::new(model::shared(&trials), Tone::Strong),
    };
    let text = text.then(place, Tone::Dim);
    unusual.into_iter().flatten().fold(text, |text, words| text.then(words, Tone::Dim))
}

/// How far the heat is, by the trial that is training or got furthest: steps, epochs, learning rate, time left.
pub fn pace(open: &Open, members: &[ShownTrial]) -> Text {
    let begun = members.iter().filter_map(|member| Some((member, member.run?)));
    let Some((member, run)) = begun.max_by_key(|(_, run)| (run.state == State::Running, run.step)) else {
        return Text::dim("waiting: nothing of this heat is on disk yet");
    };
    let steps = format!("step {}/{}", count(run.step), count(run.steps));
    let epoch = run.step.checked_div(run.steps_per_epoch).unwrap_or(0);
    let mut text = Text::new(run.state.word(), tone(run.state))
        .then(steps, Tone::Plain)
        .then(format!("epoch {epoch}/{}", member.trial.recipe.train.epochs), Tone::Plain);
    if let Some(rate) = run.latest(metric::LEARNING_RATE.name) {
        text = text.then("lr ", Tone::Dim).and(metric::LEARNING_RATE.show(rate), Tone::Plain);
    }
    match time_left(open, members).filter(|_| run.state == State::Running) {
        Some(seconds) => text.then(format!("{} left", words::duration(seconds)), Tone::Strong),
        None => text,
    }
}

/// Seconds until the heat is finished, where what is shown is what the disk holds.
fn time_left(open: &Open, members: &[ShownTrial]) -> Option<f64> {
    let trials: Vec<&Trial> = members.iter().map(|member| member.trial).collect();
    time_left::of(&open.plan, &trials, |trial| members.iter().find(|member| member.trial.id == trial.id)?.run)
}

/// At which step the numbers of the mean are taken.
pub fn numbers_at(step: u64) -> Text {
    Text::dim(format!("numbers at step {}", count(step)))
}

/// Where the crosshair stands, in every unit that an axis may have.
pub fn aimed(step: u64, members: &[ShownTrial]) -> Text {
    let unit = |across| {
        let ruler = ruler(members, CurveOptions { across, ..CurveOptions::default() });
        ruler.map_or(0.0, |ruler| ruler.place(step as f64))
    };
    Text::new(format!("at step {}", count(step)), Tone::Strong)
        .then(format!("epoch {:.1}", unit(Across::Epoch)), Tone::Plain)
        .then(format!("{} images", count(unit(Across::Images) as u64)), Tone::Plain)
        .then(format!("after {}", words::duration(60.0 * unit(Across::Time))), Tone::Plain)
}
