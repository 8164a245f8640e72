//! `baseline` and `[[claim]]`: what the grid is asked.

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue};

use super::reader::{Item, Reader, plain};
use crate::plan::{
    Axis, Claim, Measure, Reproduction, Selector, Test, Value,
    catalog::{self, Better, METRICS},
    experiment::axis_key,
    papers::Paper,
    problem::Spot,
    reproduce,
    settings::{self, Settings},
    words::{choices, nearest, nearest_or_all},
};

/// The coordinates that selectors may name.
pub struct Coordinates<'a> {
    /// Axis key to the labels on it; `method` is always there.
    axes: Vec<(&'a str, Vec<Value>)>,
}

impl<'a> Coordinates<'a> {
    pub fn new(axes: &'a [Axis], settings: &Settings) -> Self {
        let labels =
            |axis: &'a Axis| (axis.key.as_str(), axis.values.iter().map(|value| value.label.clone()).collect());
        let mut axes: Vec<(&str, Vec<Value>)> = axes.iter().map(labels).collect();
        if axes.iter().all(|(key, _)| *key != "method") {
            axes.push(("method", vec![Value::Text(settings::method(settings).into())]));
        }
        Self { axes }
    }

    /// Reads `{ KEY = VALUE, .. }`; `what` is what it belongs to.
    pub fn selector(&self, reader: &mut Reader, item: &Item, what: &str) -> Selector {
        let mut selector = Selector::new();
        if let Some(table) = reader.table(item, what) {
            self.select(reader, table, "", &mut selector);
        }
        selector
    }

    /// `{ train.batch = 64 }` is the same as `{ "train.batch" = 64 }`.
    fn select(&self, reader: &mut Reader, table: &DeTable, prefix: &str, selector: &mut Selector) {
        for (key, item) in table {
            let typed = format!("{prefix}{}", key.get_ref());
            match item.get_ref() {
                DeValue::Table(table) => self.select(reader, table, &format!("{typed}."), selector),
                _ => {
                    let Some(key) = self.axis(reader, &typed, key.span()) else { continue };
                    let value = self.value(reader, key, item);
                    selector.extend(value.map(|value| (key.to_owned(), value)));
                }
            }
        }
    }

    fn axis(&self, reader: &mut Reader, typed: &str, span: std::ops::Range<usize>) -> Option<&'a str> {
        let keys: Vec<&str> = self.axes.iter().map(|(key, _)| *key).collect();
        let found = keys.iter().find(|key| **key == axis_key(typed)).copied();
        if found.is_none() {
            reader.unknown(span, "axis", typed, &keys);
        }
        found
    }

    /// The label on the axis `key` that `item` names.
    fn value(&self, reader: &mut Reader, key: &str, item: &Item) -> Option<Value> {
        let value = reader.scalar(item, &format!("a value of `{key}`"))?;
        let labels = self.labels(key);
        let found = labels.iter().find(|label| **label == value).cloned();
        if found.is_none() {
            let names: Vec<String> = labels.iter().map(ToString::to_string).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let text = format!("`{value}` is not on the axis `{key}`");
            reader.report(item.span(), text, nearest_or_all(&value.to_string(), &names));
        }
        found
    }

    fn labels(&self, key: &str) -> &[Value] {
        self.axes.iter().find(|(axis, _)| *axis == key).map_or(&[], |(_, labels)| labels)
    }

    /// The axes on which a claim says nothing about where it holds.
    fn open(&self, fixed: &[&Selector], along: &[&str]) -> Vec<&str> {
        let fixes = |key: &str| fixed.iter().any(|selector| selector.contains_key(key)) || along.contains(&key);
        self.axes.iter().filter(|(key, labels)| labels.len() > 1 && !fixes(key)).map(|(key, _)| *key).collect()
    }
}

/// The keys of a claim, in the order in which people write them.
pub const KEYS: &[&str] = &[
    "text",
    "metric",
    "less",
    "greater",
    "less_slope",
    "along",
    "to",
    "measure",
    "collapses",
    "does_not_collapse",
    "learns",
    "equal",
    "reproduces",
    "within",
    "at",
    "margin",
    "spread",
];

/// The kinds of test, and what goes with each.
const TESTS: &[(&str, &[&str])] = &[
    ("less", &["along", "to", "measure"]),
    ("greater", &[]),
    ("less_slope", &["along"]),
    ("collapses", &[]),
    ("does_not_collapse", &[]),
    ("learns", &[]),
    ("equal", &["within"]),
    ("reproduces", &[]),
];

/// Reads all `[[claim]]`, with the places of their metrics.
pub fn claims(reader: &mut Reader, item: &Item, grid: &Coordinates, baseline: &Selector) -> Vec<(Claim, Spot)> {
    let tables = reader.tables(item, "claim").into_iter();
    tables.filter_map(|(item, table)| claim(reader, item, table, grid, baseline)).collect()
}

fn claim(
    reader: &mut Reader,
    item: &Item,
    table: &DeTable,
    grid: &Coordinates,
    baseline: &Selector,
) -> Option<(Claim, Spot)> {
    reader.only(table, KEYS, "a claim");
    let at = table.get("at").map(|at| grid.selector(reader, at, "`at`")).unwrap_or_default();
    let test = test(reader, item, table, grid, baseline);
    if let Some(test) = &test {
        fixed(reader, item, grid, &[&at, baseline], test);
    }
    let text = required(reader, item, table, "text").and_then(|text| reader.text(text, "`text`"));
    let asked = required(reader, item, table, "metric");
    // What the plan has to say of a reproduction stands at its table.
    let spot = table.get("reproduces").or(asked).map(|item| reader.spot(item.span()));
    let metric = asked.and_then(|metric| self::metric(reader, metric, test.as_ref()));
    let margin = self::margin(reader, item, table);
    let spread = table.get("spread").and_then(|spread| above(reader, spread, "spread"));
    Some((Claim { text: text?, metric: metric?, test: test?, at, margin: margin?, spread }, spot?))
}

/// Reads the one test of a claim; what belongs to another kind of test is reported.
fn test(reader: &mut Reader, item: &Item, table: &DeTable, grid: &Coordinates, baseline: &Selector) -> Option<Test> {
    let found: Vec<_> = TESTS.iter().filter_map(|test| Some((test, table.get(test.0)?))).collect();
    let [((name, companions), value)] = found[..] else {
        let remedy = "use `less`, `along` and `to`; `less_slope` and `along`; `greater`; `equal` and `within`; \
                      `reproduces`; `collapses`; `does_not_collapse`; or `learns`";
        reader.report(item.span(), "a claim compares two things in one way", remedy.to_owned());
        return None;
    };
    let foreign = TESTS.iter().flat_map(|test| test.1).filter(|key| !companions.contains(key));
    for key in foreign.collect::<BTreeSet<_>>() {
        if let Some((key, _)) = table.get_key_value(*key) {
            let text = format!("`{}` says nothing to a claim with `{name}`", key.get_ref());
            reader.report(key.span(), text, "leave it out".to_owned());
        }
    }
    match *name {
        "less" => smaller_drop(reader, item, table, value, grid, baseline),
        "greater" => Some(Test::Greater { cells: cells(reader, "greater", value, grid)? }),
        "equal" => Some(Test::Equal { cells: cells(reader, "equal", value, grid)? }),
        "reproduces" => reproduces(reader, table, value, grid),
        "less_slope" => smaller_slope(reader, item, table, value, grid),
        "collapses" => Some(Test::Collapses { cell: grid.selector(reader, value, "`collapses`") }),
        "does_not_collapse" => {
            Some(Test::DoesNotCollapse { cell: grid.selector(reader, value, "`does_not_collapse`") })
        }
        _ => Some(Test::Learns { cell: grid.selector(reader, value, "`learns`") }),
    }
}

fn required<'t, 'i>(reader: &mut Reader, item: &Item, table: &'t DeTable<'i>, key: &str) -> Option<&'t Item<'i>> {
    let found = table.get(key);
    if found.is_none() {
        reader.report(item.span(), format!("a claim needs `{key}`"), None);
    }
    found
}

fn metric(reader: &mut Reader, item: &Item, test: Option<&Test>) -> Option<String> {
    let name = reader.text(item, "`metric`")?;
    if catalog::metric(&name).is_none() {
        let names: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
        let remedy = match nearest(&name, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`byolab metrics` lists them".into(),
        };
        reader.report(item.span(), format!("there is no metric `{name}`"), remedy);
        return None;
    }
    let scores: Vec<&str> =
        METRICS.iter().filter(|m| m.probe && m.better == Better::Higher).map(|metric| metric.name).collect();
    let of_untrained =
        matches!(test, Some(Test::Collapses { .. } | Test::DoesNotCollapse { .. } | Test::Learns { .. }));
    if of_untrained && !scores.contains(&name.as_str()) {
        let text = format!("`{name}` is not an accuracy that the untrained encoder has too");
        reader.report(item.span(), text, format!("use {}", metrics(&scores)));
    }
    Some(name)
}

/// Some of the metrics of these names, the usual first.
fn metrics(names: &[&str]) -> String {
    match names {
        [first, second, _, _, ..] => format!("`{first}`, `{second}` or another accuracy of `byolab metrics`"),
        few => choices(few),
    }
}

/// The margin of a claim: one-sided, or how far apart things that are to be equal may be.
fn margin(reader: &mut Reader, item: &Item, table: &DeTable) -> Option<f64> {
    let of_reproduction = table.get("reproduces").map(|item| (item, item.get_ref().as_table()));
    let (place, within) = match of_reproduction {
        Some((place, table)) => (place, table.map(|table| table.get("within"))?),
        None if table.contains_key("equal") => (item, table.get("within")),
        None => return table.get("margin").map_or(Some(0.0), |margin| at_least(reader, margin)),
    };
    if let Some((key, _)) = table.get_key_value("margin") {
        let text = "`margin` says nothing where two things are to be equal";
        reader.report(key.span(), text, "leave it out: `within` says how far apart they may be".to_owned());
    }
    if within.is_none() {
        let what = if of_reproduction.is_some() { "a reproduction" } else { "a claim with `equal`" };
        reader.report(
            place.span(),
            format!("{what} needs `within`"),
            "two points of accuracy are within = 0.02".to_owned(),
        );
    }
    above(reader, within?, "within")
}

fn at_least(reader: &mut Reader, item: &Item) -> Option<f64> {
    let value = plain(item);
    let margin = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    let margin = margin.filter(|margin| *margin >= 0.0);
    if margin.is_none() {
        let remedy = "use a number, at least 0, in units of the metric: 0.02 is two points of accuracy";
        reader.report(item.span(), format!("`margin` cannot be {value}"), remedy.to_owned());
    }
    margin
}

/// A number of the key `name` that is above 0.
fn above(reader: &mut Reader, item: &Item, name: &str) -> Option<f64> {
    let value = plain(item);
    let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    let number = number.filter(|number| *number > 0.0 && number.is_finite());
    if number.is_none() {
        let remedy = "use a number above 0, in units of the metric: 0.02 is two points of accuracy";
        reader.report(item.span(), format!("`{name}` cannot be {value}"), remedy.to_owned());
    }
    number
}

fn smaller_drop(
    reader: &mut Reader,
    item: &Item,
    table: &DeTable,
    less: &Item,
    grid: &Coordinates,
    baseline: &Selector,
) -> Option<Test> {
    let methods = methods(reader, "less", less, grid);
    let measure = table.get("measure").map_or(Some(Measure::Absolute), |item| measure(reader, item, table));
    let to = required(reader, item, table, "to");
    let (along, span) = axis_along(reader, item, table, grid)?;
    let to = to.and_then(|to| Some((grid.value(reader, along, to)?, to.span())));
    match (baseline.get(along), &to) {
        (None, _) => {
            let remedy = format!("say where the drop starts, at the top: baseline = {{ \"{along}\" = ... }}");
            reader.report(span, format!("the axis `{along}` has no baseline"), remedy);
        }
        (Some(from), Some((to, span))) if from == to => {
            reader.report(span.clone(), format!("`to` is the baseline of `{along}`: the drop is 0"), None);
        }
        _ => {}
    }
    Some(Test::SmallerDrop { methods: methods?, along: along.into(), to: to?.0, measure: measure? })
}

/// How the drops of the table's metric are measured.
fn measure(reader: &mut Reader, item: &Item, table: &DeTable) -> Option<Measure> {
    let name = reader.text(item, "`measure`")?;
    let Some(measure) = Measure::named(&name) else {
        reader.unknown(item.span(), "measure of a drop", &name, &Measure::NAMES);
        return None;
    };
    let metric = table.get("metric").and_then(|metric| plain(metric).as_str().and_then(catalog::metric));
    if let Some(metric) = metric.filter(|metric| !measure.suits(metric)) {
        let text = format!("a drop of `{}` has no measure `{name}`, {}", metric.name, measure.line());
        reader.report(item.span(), text, format!("with it, metric is {}", metrics(&measure.metrics())));
    }
    Some(measure)
}

fn smaller_slope(reader: &mut Reader, item: &Item, table: &DeTable, less: &Item, grid: &Coordinates) -> Option<Test> {
    let methods = methods(reader, "less_slope", less, grid);
    let (along, span) = axis_along(reader, item, table, grid)?;
    let labels = grid.labels(along);
    if labels.len() < 2 || labels.iter().any(|label| label.number().is_none_or(|number| number <= 0.0)) {
        let text = format!("the axis `{along}` has no slope per doubling");
        let remedy = "use an axis of at least two numbers, all above 0; else `less`, `along` and `to`".to_owned();
        reader.report(span, text, remedy);
    }
    Some(Test::SmallerSlope { methods: methods?, along: along.into() })
}

/// The two methods that `key` compares.
fn methods(reader: &mut Reader, key: &str, item: &Item, grid: &Coordinates) -> Option<[Value; 2]> {
    let items = reader.array(item, &format!("`{key}`"))?;
    let methods: Vec<Value> = items.iter().filter_map(|item| grid.value(reader, "method", item)).collect();
    if items.len() != 2 {
        let remedy = format!("use {key} = [\"byol\", \"simclr\"]");
        reader.report(item.span(), format!("`{key}` compares two methods"), remedy);
    }
    methods.try_into().ok()
}

/// The axis that `along` names, and where.
fn axis_along<'a>(
    reader: &mut Reader,
    item: &Item,
    table: &DeTable,
    grid: &Coordinates<'a>,
) -> Option<(&'a str, std::ops::Range<usize>)> {
    let along = required(reader, item, table, "along")?;
    let typed = reader.text(along, "`along`")?;
    Some((grid.axis(reader, &typed, along.span())?, along.span()))
}

/// The keys of a reproduction, in the order in which people write them.
const REPRODUCTION: &[&str] = &["table", "row", "within", "of", "despite"];

/// Reads `reproduces = { table = .., row = {..}, within = .. }` of a claim.
fn reproduces(reader: &mut Reader, claim: &DeTable, item: &Item, grid: &Coordinates) -> Option<Test> {
    let table = reader.table(item, "`reproduces`")?;
    reader.only(table, REPRODUCTION, "a reproduction");
    for key in ["table", "row"].into_iter().filter(|key| !table.contains_key(*key)) {
        reader.report(item.span(), format!("a reproduction needs `{key}`"), None);
    }
    let paper = super::paper(reader, table.get("table")?, "`table`")?;
    let metric = claim.get("metric").and_then(|metric| plain(metric).as_str().map(str::to_owned));
    told_metric(reader, item, metric.as_deref(), paper);
    let best = best(reader, table, metric.as_deref());
    let despite = table.get("despite").map(|item| despite(reader, item)).unwrap_or_default();
    let row = row(reader, table.get("row")?, paper)?;
    let mut cell = Selector::new();
    for (key, value, place) in &row {
        let is_axis = grid.axes.iter().any(|(axis, _)| axis == key);
        if is_axis && !says(claim, key) {
            cell.insert(key.clone(), grid.value(reader, key, place).filter(|label| label == value)?);
        }
    }
    let row = row.into_iter().map(|(key, value, _)| (key, value)).collect();
    let table = paper.name.into();
    Some(Test::Reproduces(Reproduction { table, row, cell, best: best?, despite }))
}

/// Whether `at` of a claim fixes an axis.
fn says(claim: &DeTable, axis: &str) -> bool {
    let mut found = false;
    if let Some(at) = claim.get("at").and_then(|at| at.get_ref().as_table()) {
        flatten(at, "", &mut |key, _| found |= axis_key(&key) == axis);
    }
    found
}

/// Reports a metric that is not the table's, on whichever images.
fn told_metric(reader: &mut Reader, item: &Item, metric: Option<&str>, paper: &Paper) {
    let is_told = |metric: &str| metric.strip_prefix("test.").unwrap_or(metric) == paper.metric;
    if let Some(metric) = metric.filter(|metric| !is_told(metric)) {
        let text = format!("the table `{}` tells `{}`, not `{metric}`", paper.name, paper.metric);
        reader.report(item.span(), text, format!("use metric = \"{0}\" or \"test.{0}\"", paper.metric));
    }
}

/// Whether our number is the best of all evaluations.
fn best(reader: &mut Reader, table: &DeTable, metric: Option<&str>) -> Option<bool> {
    let Some(item) = table.get("of") else { return Some(false) };
    let name = reader.text(item, "`of`")?;
    match name.as_str() {
        "final" => return Some(false),
        "best" if metric == Some("knn.top1") => return Some(true),
        "best" => {
            let text = format!("`{}` is measured once, at the end: it has no best", metric.unwrap_or_default());
            reader.report(item.span(), text, "use of = \"final\", or metric = \"knn.top1\"".to_owned());
        }
        _ => {
            let remedy = nearest_or_all(&name, &["final", "best"]);
            reader.report(item.span(), format!("`of` cannot be \"{name}\""), remedy);
        }
    }
    None
}

fn despite(reader: &mut Reader, item: &Item) -> Vec<String> {
    let items = reader.array(item, "`despite`").into_iter().flatten();
    items.filter_map(|item| reader.text(item, "what is known to differ")).collect()
}

/// The row of a table that there is: keys, values and places.
fn row<'t, 'i>(reader: &mut Reader, item: &'t Item<'i>, paper: &Paper) -> Option<Vec<(String, Value, &'t Item<'i>)>> {
    let table = reader.table(item, "`row`")?;
    let mut row = Vec::new();
    flatten(table, "", &mut |key, item| row.push((key, item)));
    let row: Option<Vec<_>> = row
        .into_iter()
        .map(|(key, item)| Some((key.clone(), reader.scalar(item, &format!("`{key}`"))?, item)))
        .collect();
    let row = row?;
    let selector = row.iter().map(|(key, value, _)| (key.clone(), value.clone())).collect();
    if reproduce::number(paper, &selector).is_none() {
        let all = reproduce::rows(paper);
        let shown = all[..all.len().min(3)].join(", or ");
        let more = if all.len() > 3 { format!(", or one of {} more", all.len() - 3) } else { String::new() };
        reader.report(item.span(), "the table has no such row", format!("use {shown}{more}"));
        return None;
    }
    Some(row)
}

/// Dotted keys of a table: `{ train.batch = 64 }` is the same as `{ "train.batch" = 64 }`.
fn flatten<'t, 'i>(table: &'t DeTable<'i>, prefix: &str, found: &mut impl FnMut(String, &'t Item<'i>)) {
    for (key, item) in table {
        let key = format!("{prefix}{}", key.get_ref());
        match item.get_ref().as_table() {
            Some(table) => flatten(table, &format!("{key}."), &mut *found),
            None => found(key, item),
        }
    }
}

/// Two cells.
fn cells(reader: &mut Reader, key: &str, item: &Item, grid: &Coordinates) -> Option<[Selector; 2]> {
    let cells: Vec<Selector> =
        reader.array(item, &format!("`{key}`"))?.iter().map(|item| grid.selector(reader, item, "a cell")).collect();
    let Ok(cells) = <[Selector; 2]>::try_from(cells) else {
        let second = if key == "greater" { ": the first is above the second" } else { "" };
        let remedy = format!("use {key} = [{{ KEY = VALUE }}, {{ KEY = VALUE }}]{second}");
        reader.report(item.span(), format!("`{key}` compares two cells"), remedy);
        return None;
    };
    Some(cells)
}

/// Reports the axes that neither the claim nor the baseline fixes.
fn fixed(reader: &mut Reader, item: &Item, grid: &Coordinates, selectors: &[&Selector], test: &Test) {
    let open = match test {
        Test::SmallerDrop { along, .. } | Test::SmallerSlope { along, .. } => grid.open(selectors, &[along, "method"]),
        Test::Collapses { cell } | Test::DoesNotCollapse { cell } | Test::Learns { cell } => {
            grid.open(&[&[cell], selectors].concat(), &[])
        }
        Test::Reproduces(Reproduction { cell, .. }) => grid.open(&[&[cell], selectors].concat(), &[]),
        Test::Greater { cells } | Test::Equal { cells } => {
            let mut open = Vec::new();
            for cell in cells {
                open.extend(grid.open(&[&[cell], selectors].concat(), &[]));
            }
            open.sort_unstable();
            open.dedup();
            open
        }
    };
    if !open.is_empty() {
        let text = format!("this claim does not say where on {} it holds", choices(&open));
        reader.report(item.span(), text, "fix it with at = { KEY = VALUE }, or give it a baseline".to_owned());
    }
}
