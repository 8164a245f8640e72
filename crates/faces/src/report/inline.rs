//! Text in the styles that a page has. Whatever a part is made from is text and nothing else: every format escapes it in one
//! function of its own, so that no name or question becomes markup.

use std::ops::Add;

use byolab_values::text;

/// How a part of a text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Strong,
    Emphasis,
    Code,
}

/// Text on one line, in parts of one style each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<(Style, String)>);

/// Text that stands out.
pub fn strong(text: impl AsRef<str>) -> Words {
    Words::one(Style::Strong, text.as_ref())
}

/// Text that is set apart.
pub fn emphasis(text: impl AsRef<str>) -> Words {
    Words::one(Style::Emphasis, text.as_ref())
}

/// Text as it is typed.
pub fn code(text: impl AsRef<str>) -> Words {
    Words::one(Style::Code, text.as_ref())
}

impl Words {
    fn one(style: Style, words: &str) -> Self {
        // Blanks at the ends keep a part off its neighbours.
        let within = words.trim_matches(' ');
        let (before, after) = words.split_once(within).unwrap_or_default();
        let shown = format!("{before}{}{after}", text::line(within));
        Self(if shown.is_empty() { Vec::new() } else { vec![(style, shown)] })
    }

    /// A sentence of ours, in which backticks hold what is typed.
    pub fn with_code(sentence: &str) -> Self {
        if sentence.matches('`').count() % 2 == 1 {
            return sentence.into();
        }
        let part = |(i, part)| if i % 2 == 1 { code(part) } else { Self::from(part) };
        sentence.split('`').enumerate().map(part).fold(Self::default(), Add::add)
    }

    pub fn parts(&self) -> impl Iterator<Item = (Style, &str)> {
        self.0.iter().map(|(style, text)| (*style, text.as_str()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text without its styles.
    pub fn plain(&self) -> String {
        self.parts().map(|(_, text)| text).collect()
    }

    /// The parts as a format sets them, beside each other.
    pub fn set(&self, part: impl Fn(Style, &str) -> String) -> String {
        self.parts().map(|(style, text)| part(style, text)).collect()
    }
}

impl<T: AsRef<str> + ?Sized> From<&T> for Words {
    fn from(text: &T) -> Self {
        Self::one(Style::Plain, text.as_ref())
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self::one(Style::Plain, &text)
    }
}

impl<T: Into<Words>> Add<T> for Words {
    type Output = Self;

    fn add(mut self, more: T) -> Self {
        self.0.extend(more.into().0);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_markup_are_text_like_any_other() {
        let words = strong("k*") + ": " + "2*3*4 `x`\nand more" + emphasis(".");
        let parts: Vec<_> = words.parts().collect();
        let expected =
            [(Style::Strong, "k*"), (Style::Plain, ": "), (Style::Plain, "2*3*4 `x` and more"), (Style::Emphasis, ".")];
        assert_eq!(parts, expected);
        assert_eq!(words.plain(), "k*: 2*3*4 `x` and more.");
        let told = Words::with_code("run `byolab` again");
        assert_eq!(told.parts().nth(1), Some((Style::Code, "byolab")));
        assert_eq!(Words::with_code("a ` b").plain(), "a ` b");
        assert!(Words::from("").is_empty() && Words::from("\n").is_empty());
        assert_eq!(["  k-NN ", " ", "\ta "].map(|text| Words::from(text).plain()), ["  k-NN ", " ", "a "]);
    }
}
