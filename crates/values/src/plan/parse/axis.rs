//! `[[axis]]`: what varies.

use super::{
    Sets,
    reader::{Item, Reader, label, plain},
    recipe,
};
use crate::plan::{
    Axis, AxisValue, Value,
    catalog::{self, SECTIONS},
    experiment::{Spots, axis_key},
    recipe::Augmentation,
    settings::Settings,
    typed,
};

/// Reads all `[[axis]]`, with the place of every value.
pub fn axes(reader: &mut Reader, item: &Item, sets: &mut Sets) -> (Vec<Axis>, Spots) {
    let (mut axes, mut spots) = (Vec::<Axis>::new(), Spots::new());
    for (item, table) in reader.tables(item, "axis") {
        reader.only(table, &["key", "values"], "an axis");
        let (Some(key_item), Some(values)) = (table.get("key"), table.get("values")) else {
            reader.report(item.span(), "an axis needs `key` and `values`", None);
            continue;
        };
        let Some(key) = key(reader, key_item, &axes) else { continue };
        let (values, places) = self::values(reader, &key, values, sets);
        spots.extend(places);
        axes.push(Axis { key, values });
    }
    (axes, spots)
}

/// The one recipe key that cannot be an axis: seeds repeat cells, they are no coordinate.
pub const SEED: &str = "train.seed";

fn key(reader: &mut Reader, item: &Item, axes: &[Axis]) -> Option<String> {
    let typed = reader.text(item, "`key`")?;
    let key = axis_key(&typed);
    if key == SEED {
        reader.report(item.span(), "seeds are not an axis", "write them at the top: seeds = [0, 1, 2]".to_owned());
        return None;
    }
    if axes.iter().any(|axis| axis.key == key) {
        reader.report(item.span(), format!("the axis `{key}` stands twice"), None);
        return None;
    }
    let tables = SECTIONS.iter().map(|section| section.name.to_owned());
    let keys = catalog::recipe_keys().into_iter().filter(|key| key != SEED);
    let known: Vec<String> = keys.chain(tables).collect();
    if known.iter().any(|known| known == key) {
        return Some(key.into());
    }
    reader.report(item.span(), format!("there is no recipe key `{typed}`"), recipe::meant(&typed, &known));
    None
}

fn values(reader: &mut Reader, key: &str, item: &Item, sets: &mut Sets) -> (Vec<AxisValue>, Spots) {
    let items = reader.array(item, "`values`").map(|items| items.iter().collect::<Vec<_>>()).unwrap_or_default();
    if items.is_empty() {
        reader.report(item.span(), format!("the axis `{key}` has no values"), None);
    }
    read(reader, key, items, sets)
}

/// Values that an axis may have; more are a typing error, and each is compared with all others.
const MOST_VALUES: usize = 1000;

/// Reads values of the axis `key`, with their places.
pub fn read(reader: &mut Reader, key: &str, items: Vec<&Item>, sets: &mut Sets) -> (Vec<AxisValue>, Spots) {
    if items.len() > MOST_VALUES {
        let text = format!("the axis `{key}` has {} values; an axis has {MOST_VALUES} at most", items.len());
        reader.report(items[MOST_VALUES].span(), text, "keep fewer of them".to_owned());
        return Default::default();
    }
    let mut read: Vec<(&Item, toml::Value)> = Vec::new();
    for item in items {
        if item.get_ref().as_table().is_some_and(|table| table.is_empty()) {
            reader.report(item.span(), format!("a value of `{key}` is empty"), None);
            continue;
        }
        let settings = recipe::key_or_table(reader, key, item.span(), item, sets);
        let Some(value) = value(key, settings) else { continue };
        if read.iter().any(|(_, known)| *known == value) {
            let text = format!("{} stands twice on the axis `{key}`", plain(item));
            reader.report(item.span(), text, "leave one of them out".to_owned());
        } else {
            read.push((item, value));
        }
    }
    let labels = labels(&read.iter().map(|(_, value)| value).collect::<Vec<_>>());
    for (place, label) in labels.iter().enumerate().filter(|(place, label)| labels[..*place].contains(label)) {
        let text = format!("two values of `{key}` read as `{label}`");
        reader.report(read[place].0.span(), text, "leave one of them out, or call it by another name".to_owned());
    }
    let spots =
        read.iter().zip(&labels).map(|((item, _), label)| ((key.to_owned(), label.clone()), reader.spot(item.span())));
    let spots = spots.collect();
    (read.into_iter().zip(labels).map(|((_, value), label)| AxisValue { label, value }).collect(), spots)
}

/// What the axis `key` sets: one value, or a table of them.
fn value(key: &str, settings: Settings) -> Option<toml::Value> {
    let table = format!("{key}.");
    if settings.keys().any(|dotted| dotted.starts_with(&table)) {
        let own = settings.into_iter().map(|(dotted, setting)| (dotted[table.len()..].to_owned(), setting.value));
        return Some(toml::Value::Table(own.collect()));
    }
    settings.into_values().next().map(|setting| setting.value)
}

/// What people read: a scalar as it is, a list as its text, an unnamed augmentation set as what it does; any other table by
/// its `name` and, where others share the name, the keys in which it differs from them.
pub fn labels(values: &[&toml::Value]) -> Vec<Value> {
    let short: Vec<Value> = values.iter().map(|value| short_label(value, values)).collect();
    let is_shared = |label: &Value| short.iter().filter(|other| *other == label).count() > 1;
    let label = |(value, label): (&&toml::Value, &Value)| match Augmentation::unnamed(value) {
        Some(set) if is_shared(label) => Value::Text(typed::inline(&set.table())),
        _ => label.clone(),
    };
    values.iter().zip(&short).map(label).collect()
}

fn short_label(value: &toml::Value, all: &[&toml::Value]) -> Value {
    let text = || Augmentation::unnamed(value).map_or_else(|| table_label(value, all), |set| set.deeds());
    label(value).unwrap_or_else(|| Value::Text(text()))
}

fn table_label(value: &toml::Value, all: &[&toml::Value]) -> String {
    let name = value.get("name");
    let rivals: Vec<&&toml::Value> = all.iter().filter(|rival| rival.get("name") == name).collect();
    let differs = |key: &str| rivals.iter().any(|rival| rival.get(key) != value.get(key));
    let keys = value.as_table().into_iter().flatten().filter(|(key, _)| *key != "name");
    let told = keys
        .filter(|(key, _)| name.is_none() || differs(key))
        .map(|(key, value)| format!("{key}={}", within_label(value)));
    name.map(within_label).into_iter().chain(told).collect::<Vec<_>>().join(" ")
}

/// A value within a label, in quotes where it would run into what follows.
fn within_label(value: &toml::Value) -> String {
    match value.as_str() {
        Some(text) if text.contains(|char: char| char.is_whitespace() || char == '=') => typed::quoted(text),
        Some(text) => typed::text(text),
        None => label(value).map_or_else(|| typed::inline(value), |label| label.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expected: &[&str]) {
        let values = toml::from_str::<toml::Table>(&format!("values = {typed}")).unwrap()["values"].clone();
        let labels = labels(&values.as_array().unwrap().iter().collect::<Vec<_>>());
        assert_eq!(labels.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{typed}");
    }

    #[test]
    fn a_value_is_called_by_its_name_and_by_what_sets_it_apart() {
        check("[512, 64]", &["512", "64"]);
        check("[{ name = 'byol' }, { name = 'simclr', temperature = 0.5 }]", &["byol", "simclr"]);
        check(
            "[{ name = 'byol', target_decay = 0.9, predictor = true }, { name = 'byol', target_decay = 0.99, predictor = true }]",
            &["byol target_decay=0.9", "byol target_decay=0.99"],
        );
        check("[{ name = 'byol' }, { name = 'byol', predictor = false }]", &["byol", "byol predictor=false"]);
        check("[{ lr = 0.1, momentum = 0.9 }]", &["lr=0.1 momentum=0.9"]);
        check("[[1], [1, 2], []]", &["[1]", "[1, 2]", "[]"]);
        check(
            "[{ path = 'a', seed = 1 }, { path = 'a seed=1' }, { path = 'a, b' }]",
            &["path=a seed=1", "path=\"a seed=1\"", "path=\"a, b\""],
        );
    }
}
