//! What is typed behind flags: `--set KEY=VALUE`, and the values of `--axis` and `--only`.

use std::collections::BTreeMap;

use super::{
    Sets, axis,
    reader::{Item, Reader, item},
    recipe,
    source::Source,
};
use crate::plan::{AxisValue, Problem, experiment::Spots, problem::Spot, range, settings::Settings, typed};

/// Reads one `KEY=VALUE`; the value is TOML, or text without its quotes.
///
/// # Errors
/// Every problem with it; the place is `flag` with what was typed.
pub fn setting(flag: &str, typed: &str, sets: &mut Sets) -> Result<Settings, Vec<Problem>> {
    let spot = Spot::flag(flag, typed);
    let source = Source { origin: &spot.place, text: typed, flag: true };
    let mut reader = Reader::new(&source);
    let mut settings = BTreeMap::new();
    match typed.split_once('=') {
        Some((key, value)) => {
            let (key, value) = (key.trim(), value.trim());
            settings = recipe::key_or_table(&mut reader, key, 0..0, &item(value), sets);
        }
        None => reader.report(0..0, "there is no `=`", "use KEY=VALUE: train.batch=64".to_owned()),
    }
    let problems = reader.into_problems();
    if problems.is_empty() {
        return Ok(settings);
    }
    Err(several(&source, typed, sets).map_or(problems, |problem| vec![problem]))
}

/// What to say where `KEY=VALUE` has several values that would each be right.
fn several(source: &Source, typed: &str, sets: &Sets) -> Option<Problem> {
    let (key, value) = typed.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    let values = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')).unwrap_or(value);
    let (read, _) = axis_values(source.origin, key, values, &mut sets.clone()).ok()?;
    let axis = format!("{key}={values}");
    let axis = if axis.contains(char::is_whitespace) { format!("'{axis}'") } else { axis };
    let remedy = format!("to vary it, use --axis {axis}");
    (read.len() > 1).then(|| source.spot(0..0).problem(format!("`{key}` is set to one value"), Some(remedy)))
}

/// Reads the values of the axis `key` that were typed behind a flag: TOML, text without its quotes, or ranges, between
/// commas.
///
/// # Errors
/// Every problem with them; their place is `origin`.
pub fn axis_values(
    origin: &str,
    key: &str,
    typed: &str,
    sets: &mut Sets,
) -> Result<(Vec<AxisValue>, Spots), Vec<Problem>> {
    let source = Source { origin, text: typed, flag: true };
    let mut reader = Reader::new(&source);
    if key == axis::SEED {
        reader.report(0..0, "seeds are not an axis", "use --seeds 0,1,2".to_owned());
    }
    let parts: Vec<String> = typed::parts(typed, ',').into_iter().flat_map(|part| spread(&mut reader, part)).collect();
    let items: Vec<Item> = parts.iter().map(|part| item(part)).collect();
    let values = axis::read(&mut reader, key, items.iter().collect(), sets);
    let mut problems = reader.into_problems();
    // A key that there is not is told of every value.
    problems.dedup();
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

/// The values of a range; any other value by itself.
fn spread(reader: &mut Reader, part: &str) -> Vec<String> {
    if !range::is_range(part) {
        return vec![part.to_owned()];
    }
    range::values(part).unwrap_or_else(|wrong| {
        reader.report(0..0, wrong, format!("use {}", range::HELP));
        Vec::new()
    })
}
