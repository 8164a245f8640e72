//! Decimal numbers as text, on every face.

/// How less than nothing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Minus {
    /// As print has it.
    Print,
    /// As it is typed, so that what is copied is still a number.
    Typed,
}

impl Minus {
    fn sign(self) -> &'static str {
        match self {
            Self::Print => "−",
            Self::Typed => "-",
        }
    }
}

/// Rounded, without a sign where only zeros are left: `-0.4`, `0.0`.
pub fn fixed(value: f64, decimals: usize, minus: Minus) -> String {
    let text = format!("{:.decimals$}", value.abs());
    if value < 0.0 && is_something(&text) { format!("{}{text}", minus.sign()) } else { text }
}

/// The same of a change, which has a sign in any case but where only zeros are left: `+2.1`.
pub fn signed(value: f64, decimals: usize, minus: Minus) -> String {
    let text = fixed(value, decimals, minus);
    if value > 0.0 && is_something(&text) { format!("+{text}") } else { text }
}

/// Puts a space between groups of three digits: `16 040`; numbers with decimals stay as they are.
pub fn grouped(number: String) -> String {
    if number.contains('.') {
        return number;
    }
    let digits = number.trim_start_matches('-');
    let head = digits.len() % 3;
    let groups = digits.as_bytes()[head..].chunks(3).map(String::from_utf8_lossy);
    let parts: Vec<_> = (head > 0).then(|| digits[..head].into()).into_iter().chain(groups).collect();
    format!("{}{}", &number[..number.len() - digits.len()], parts.join(" "))
}

fn is_something(text: &str) -> bool {
    text.contains(|digit: char| ('1'..='9').contains(&digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_a_sign_unless_it_rounds_to_nothing() {
        for (value, plain, change) in [
            (2.14, "2.1", "+2.1"),
            (-0.4, "-0.4", "-0.4"),
            (0.04, "0.0", "0.0"),
            (-0.04, "0.0", "0.0"),
            (0.0, "0.0", "0.0"),
        ] {
            assert_eq!((fixed(value, 1, Minus::Typed), signed(value, 1, Minus::Typed)), (plain.into(), change.into()));
        }
        assert_eq!(signed(-1.0, 0, Minus::Print), "−1");
    }
}
