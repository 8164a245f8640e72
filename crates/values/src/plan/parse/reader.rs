//! Reading typed values: the value or a problem with its place, all problems gathered on the way.

use std::{collections::BTreeSet, ops::Range};

use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

use super::source::Source;
use crate::plan::{
    Problem, Value,
    problem::Spot,
    typed,
    words::{choices, nearest, nearest_or_all},
};

/// A value with its place.
pub type Item<'a> = Spanned<DeValue<'a>>;

/// Reads a [`Source`], gathering everything that is wrong with it.
pub struct Reader<'a> {
    pub source: &'a Source<'a>,
    problems: Vec<(usize, Problem)>,
    /// Recipe sections in which something could not be read.
    pub broken: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub fn new(source: &'a Source<'a>) -> Self {
        Self { source, problems: Vec::new(), broken: BTreeSet::new() }
    }

    pub fn spot(&self, span: Range<usize>) -> Spot {
        self.source.spot(span)
    }

    pub fn report(&mut self, span: Range<usize>, text: impl Into<String>, remedy: impl Into<Option<String>>) {
        let problem = self.spot(span.clone()).problem(text, remedy.into());
        self.problems.push((span.start, problem));
    }

    /// The problems in the order of the text.
    pub fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|(start, _)| *start);
        self.problems.into_iter().map(|(_, problem)| problem).collect()
    }

    /// Reports the keys of `table` that are not `allowed`; `what` is what the table is (`a claim`).
    pub fn only(&mut self, table: &DeTable, allowed: &[&str], what: &str) {
        for (key, _) in table.iter().filter(|(key, _)| !allowed.contains(&key.get_ref().as_ref())) {
            let text = format!("{what} has no key `{}`", key.get_ref());
            self.report(key.span(), text, nearest_or_all(key.get_ref(), allowed));
        }
    }

    pub fn table<'t, 'i>(&mut self, item: &'t Item<'i>, what: &str) -> Option<&'t DeTable<'i>> {
        self.expect(item, item.get_ref().as_table(), what, "a table: { key = value }")
    }

    pub fn array<'t, 'i>(&mut self, item: &'t Item<'i>, what: &str) -> Option<&'t DeArray<'i>> {
        self.expect(item, item.get_ref().as_array(), what, "a list: [...]")
    }

    /// The tables written as `[[name]]`.
    pub fn tables<'t, 'i>(&mut self, item: &'t Item<'i>, name: &str) -> Vec<(&'t Item<'i>, &'t DeTable<'i>)> {
        let items = item.get_ref().as_array();
        let items = self.expect(item, items, &format!("`{name}`"), &format!("[[{name}]], once for each"));
        items.into_iter().flatten().filter_map(|item| Some((item, self.table(item, &format!("`{name}`"))?))).collect()
    }

    pub fn text(&mut self, item: &Item, what: &str) -> Option<String> {
        self.expect(item, item.get_ref().as_str().map(str::to_owned), what, "text in quotes")
    }

    /// A value as its label stands on an axis.
    pub fn scalar(&mut self, item: &Item, what: &str) -> Option<Value> {
        self.expect(item, label(&plain(item)), what, "a number, text in quotes, true, false or a list")
    }

    fn expect<T>(&mut self, item: &Item, found: Option<T>, what: &str, expected: &str) -> Option<T> {
        if found.is_none() {
            self.report(item.span(), format!("{what} cannot be {}", plain(item)), format!("use {expected}"));
        }
        found
    }

    /// Reports that there is no `what` called `name`; the remedy is the nearest of `names`, or all of them.
    pub fn unknown(&mut self, span: Range<usize>, what: &str, name: &str, names: &[&str]) {
        let remedy = match nearest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => "there is none".into(),
            None => format!("there is {}", choices(names)),
        };
        self.report(span, format!("there is no {what} `{name}`"), remedy);
    }
}

/// What was typed behind a flag: TOML, or text without its quotes.
pub fn item(typed: &str) -> Item<'_> {
    DeValue::parse(typed).unwrap_or_else(|_| Item::new(0..0, DeValue::String(typed.into())))
}

/// What people read of `value`: a scalar as it is, a list as its text. A table says more than that.
pub fn label(value: &toml::Value) -> Option<Value> {
    Some(match value {
        toml::Value::Boolean(value) => Value::Bool(*value),
        toml::Value::Integer(value) => Value::Int(*value),
        toml::Value::Float(value) => Value::Float(*value),
        toml::Value::String(value) => Value::Text(value.clone()),
        toml::Value::Array(_) => Value::Text(typed::inline(value)),
        _ => return None,
    })
}

/// `item` without places. A number too large for its type becomes text, which no key takes for a number.
pub fn plain(item: &Item) -> toml::Value {
    match item.get_ref() {
        DeValue::String(value) => value.as_ref().into(),
        DeValue::Boolean(value) => (*value).into(),
        DeValue::Integer(value) => match i64::from_str_radix(value.as_str(), value.radix()) {
            Ok(whole) => whole.into(),
            Err(_) => value.as_str().into(),
        },
        DeValue::Float(value) => value.as_str().parse::<f64>().map_or_else(|_| value.as_str().into(), Into::into),
        DeValue::Datetime(value) => (*value).into(),
        DeValue::Array(values) => toml::Value::Array(values.iter().map(plain).collect()),
        DeValue::Table(table) => {
            toml::Value::Table(table.iter().map(|(key, value)| (key.get_ref().to_string(), plain(value))).collect())
        }
    }
}
