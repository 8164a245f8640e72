//! Whether a trial maps all images to nearly one point.

use crate::store::Run;
use byolab_values::{
    collapse::{Representation, Spread},
    plan::{Recipe, cost},
    protocol::{AlarmKind, What},
};

/// Whether projections or features have collapsed, by the newest records of their spread and rank. Of projections whose
/// width no key tells, the alarm does.
pub fn collapsed(recipe: &Recipe, run: &Run) -> bool {
    !reasons(recipe, run).is_empty() || (projection_width(recipe).is_none() && has_alarm(run))
}

/// What has collapsed, in words with the remedy: also of a run that was recorded before there was an alarm for it.
pub fn reasons(recipe: &Recipe, run: &Run) -> Vec<(String, &'static str)> {
    let projections = projection_width(recipe).map(|width| (Representation::Projections, width));
    let parts = projections.into_iter().chain([(Representation::Features, cost::features(recipe))]);
    parts.filter_map(|(part, width)| Some((part, spread(part, width, run)?))).flat_map(told).collect()
}

fn told((part, spread): (Representation, Spread)) -> impl Iterator<Item = (String, &'static str)> {
    part.collapse(&spread).into_iter().map(move |(_, text)| (text, part.remedy()))
}

/// The newest spread on record.
fn spread(part: Representation, width: usize, run: &Run) -> Option<Spread> {
    let [std, rank] = match part {
        Representation::Projections => ["projection_std", "projection_rank"],
        Representation::Features => ["feature_std", "effective_rank"],
    };
    Some(Spread { std: run.latest(std)?, rank: run.latest(rank), width })
}

fn has_alarm(run: &Run) -> bool {
    let collapse = |kind: AlarmKind| kind.is_collapse();
    run.log.iter().any(|record| matches!(record.event.what, What::Alarm { kind, .. } if collapse(kind)))
}

/// Channels of a projection; none for a method without a projector.
fn projection_width(recipe: &Recipe) -> Option<usize> {
    let method = toml::Table::try_from(&recipe.method).expect("a method's recipe is a table");
    Some(method.get("projector_out")?.as_integer()? as usize)
}
