//! What is wrong with an experiment: every problem at once, each with its place and remedy.

use std::fmt;

use super::words::{count, cut};

/// One thing wrong: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `file:line:column`, `--set KEY=VALUE` or the like.
    pub place: String,
    /// The offending line of the file and, below it, marks under the offending part.
    pub excerpt: Option<String>,
    /// What is wrong, in a sentence.
    pub text: String,
    /// What to do.
    pub remedy: Option<String>,
}

/// What does not hold between keys of a recipe: those that it is about, the one to change first before the others; what is wrong;
/// what to do.
pub struct Broken(pub &'static [&'static str], pub String, pub Option<String>);

/// Columns of a flag as a place: every value of a long list has its own.
const SHOWN_OF_A_FLAG: usize = 200;

/// All problems found; never empty where it is an error. The command line answers it with exit code 2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

/// A place that something can be wrong with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// File, line and column; or a flag.
    pub place: String,
    /// The line itself, with signs below what is meant.
    pub excerpt: Option<String>,
}

impl Spot {
    /// A flag with what was typed behind it, as far as people read.
    pub fn flag(flag: &str, typed: &str) -> Self {
        Self::named(cut(&format!("{flag} {typed}"), SHOWN_OF_A_FLAG))
    }

    /// A place outside any file: a flag, a name.
    pub fn named(place: impl Into<String>) -> Self {
        Self { place: place.into(), excerpt: None }
    }

    /// Something wrong at this place.
    pub fn problem(&self, text: impl Into<String>, remedy: Option<String>) -> Problem {
        Problem { place: self.place.clone(), excerpt: self.excerpt.clone(), text: text.into(), remedy }
    }
}

impl Problems {
    /// `value`, unless something is wrong.
    ///
    /// # Errors
    /// `problems`, where there are any.
    pub fn unless<T>(problems: Vec<Problem>, value: T) -> Result<T, Self> {
        if problems.is_empty() { Ok(value) } else { Err(Self(problems)) }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.place, self.text)?;
        for line in self.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
            writeln!(f, "    {line}")?;
        }
        for line in self.remedy.iter().flat_map(|remedy| remedy.lines()) {
            writeln!(f, "    {line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        write!(f, "{}; nothing was written", count(self.0.len(), "problem"))
    }
}

impl std::error::Error for Problems {}
