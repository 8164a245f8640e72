//! An axis of a key that only some values of another axis know: `method.target_decay` beside `method`, where SimCLR has no
//! target. It becomes part of that other axis, so that BYOL stands at each decay and SimCLR once.

use super::{
    Axis, AxisValue, Experiment, Value,
    catalog::Section,
    draft::axis_settings,
    parse,
    problem::Spot,
    settings::{self, Settings},
};

/// Folds the axis `key`, or those of the keys in the table `key`, into the axis of its table, where that has values which do
/// not know it. Where all know it, or none, nothing changes.
pub fn partial(experiment: &mut Experiment, key: &str) {
    let is_within = |other: &str| other.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'));
    let keys: Vec<String> = experiment.axes.iter().map(|axis| axis.key.clone()).collect();
    for dotted in keys.iter().filter(|other| *other == key || is_within(other)) {
        fold(experiment, dotted);
    }
}

fn fold(experiment: &mut Experiment, dotted: &str) -> Option<()> {
    let (section, own) = settings::choice(dotted).filter(|(_, own)| *own != "name")?;
    let place = |key: &str| experiment.axes.iter().position(|axis| axis.key == key);
    let (whole, part) = (place(section.name)?, place(dotted)?);
    let knows: Vec<bool> =
        experiment.axes[whole].values.iter().map(|value| knows(experiment, section, dotted, value)).collect();
    if !knows.contains(&true) || !knows.contains(&false) {
        return None;
    }
    let values = spread(experiment, [whole, part], own, &knows);
    let labels = parse::axis_labels(&values.iter().map(|(value, _)| value).collect::<Vec<_>>());
    let spots =
        values.iter().zip(&labels).map(|((_, spot), label)| ((section.name.to_owned(), label.clone()), spot.clone()));
    let spots: Vec<((String, Value), Spot)> = spots.collect();
    experiment.base.spots.extend(spots);
    let values = values.into_iter().zip(labels).map(|((value, _), label)| AxisValue { label, value });
    experiment.axes[whole].values = values.collect();
    experiment.axes.remove(part);
    Some(())
}

fn knows(experiment: &Experiment, section: &Section, dotted: &str, value: &AxisValue) -> bool {
    let mut all: Settings = experiment.base.settings.clone();
    all.extend(axis_settings(experiment, section.name, value));
    settings::applies(dotted, &all)
}

/// The values of the `whole` axis, those that know the key once for each value of the `part`, with their places.
fn spread(experiment: &Experiment, [whole, part]: [usize; 2], own: &str, knows: &[bool]) -> Vec<(toml::Value, Spot)> {
    let [whole, part]: [&Axis; 2] = [whole, part].map(|axis| &experiment.axes[axis]);
    let mut all: Vec<(toml::Value, Spot)> = Vec::new();
    for (value, knows) in whole.values.iter().zip(knows) {
        let with = |own_value: &AxisValue| {
            let mut table = value.value.as_table().cloned().unwrap_or_default();
            table.insert(own.to_owned(), own_value.value.clone());
            (table.into(), experiment.spot(&part.key, &own_value.label))
        };
        let alone = (value.value.clone(), experiment.spot(&whole.key, &value.label));
        let values = if *knows { part.values.iter().map(with).collect() } else { vec![alone] };
        for value in values {
            if !all.iter().any(|(known, _)| *known == value.0) {
                all.push(value);
            }
        }
    }
    all
}
