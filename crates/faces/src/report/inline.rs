//! The little markup that text of a page may hold.

/// How a part of a text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Strong,
    Emphasis,
    Code,
}

const MARKERS: [(&str, Style); 3] = [("**", Style::Strong), ("*", Style::Emphasis), ("`", Style::Code)];

/// The parts of `text` with their styles, markers taken off; a marker without its second is text.
pub fn parts(text: &str) -> Vec<(Style, &str)> {
    let mut parts = Vec::new();
    let (mut rest, mut plain) = (text, 0);
    while let Some(found) = rest[plain..].find(['*', '`']).map(|at| at + plain) {
        let (marker, style) =
            MARKERS.into_iter().find(|(marker, _)| rest[found..].starts_with(marker)).expect("one of them");
        let inner = &rest[found + marker.len()..];
        match inner.find(marker).filter(|end| *end > 0) {
            Some(end) => {
                parts.push((Style::Plain, &rest[..found]));
                parts.push((style, &inner[..end]));
                (rest, plain) = (&inner[end + marker.len()..], 0);
            }
            None => plain = found + marker.len(),
        }
    }
    parts.push((Style::Plain, rest));
    parts.retain(|(_, text)| !text.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_come_off_in_pairs() {
        let check = |text: &str, expected: &[(Style, &str)]| assert_eq!(parts(text), expected, "{text}");
        check("**a**: b `c`", &[(Style::Strong, "a"), (Style::Plain, ": b "), (Style::Code, "c")]);
        check("x *y*", &[(Style::Plain, "x "), (Style::Emphasis, "y")]);
        check("2 * 3", &[(Style::Plain, "2 * 3")]);
        check("", &[]);
    }
}
