//! The page in GitHub's Markdown. Figures are left to the formats that have pictures.

use super::{
    Format, Render, Report,
    inline::{Style, Words},
    page::{Block, CaptionedTable, page},
};

pub const FORMAT: Format = Format {
    name: "markdown",
    extension: "md",
    line: "for people: verdicts, tables, doubts, recipe, and the command that makes it again",
    render: Render::Text(render),
};

fn render(report: &Report) -> String {
    blocks(&page(report))
}

fn blocks(blocks: &[Block]) -> String {
    blocks.iter().filter_map(block).collect::<Vec<_>>().join("\n")
}

/// None of a picture.
fn block(block: &Block) -> Option<String> {
    Some(match block {
        Block::Title(words) => format!("# {}\n", heading(words)),
        Block::Heading(words) => format!("## {}\n", heading(words)),
        Block::Text(words) => format!("{}\n", begun(words)),
        Block::Quotes(quotes) => {
            let quote = |(title, lines): &(&str, Vec<Words>)| {
                let lines: Vec<String> = lines.iter().map(begun).collect();
                format!("> **{title}:** {}\n", lines.join("\n> "))
            };
            quotes.iter().map(quote).collect::<Vec<_>>().join(">\n")
        }
        Block::Items(items) => items.iter().map(|item| format!("- {}\n", begun(item))).collect(),
        Block::Table(table) => self::table(table),
        Block::Code(lines) => {
            let fence = "`".repeat(longest_run(&lines.join("\n")).max(2) + 1);
            format!("{fence}sh\n{}\n{fence}\n", lines.join("\n"))
        }
        Block::Figures(_) => return None,
        Block::Folded(title, inner) => {
            format!("<details>\n<summary>{}</summary>\n\n{}\n</details>\n", inline(title), blocks(inner))
        }
    })
}

fn table(table: &CaptionedTable) -> String {
    let lead = table.lead.iter().map(|lead| format!("{}\n", begun(lead)));
    let note = Some(&table.note).filter(|note| !note.is_empty()).map(|note| format!("{}\n", begun(note)));
    lead.chain([table.columns.markdown(inline)]).chain(note).collect::<Vec<_>>().join("\n")
}

/// A heading, which signs at its end would close.
fn heading(words: &Words) -> String {
    let text = inline(words);
    match text.strip_suffix('#') {
        Some(start) => format!("{start}\\#"),
        None => text,
    }
}

/// Words at the beginning of a block, where signs would make a list, a heading or a quotation of them.
fn begun(words: &Words) -> String {
    let text = inline(words);
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let at = match text[digits..].chars().next() {
        Some('.' | ')') if digits > 0 => digits,
        Some('#' | '+' | '-' | '=' | '>' | ':') if digits == 0 => 0,
        Some('[') if text[1..].starts_with([' ', 'x', 'X', '^']) => 0,
        _ => return text,
    };
    format!("{}\\{}", &text[..at], &text[at..])
}

fn inline(words: &Words) -> String {
    words.set(|style, text| match style {
        Style::Plain => escaped(text),
        Style::Strong => format!("**{}**", escaped(text)),
        Style::Emphasis => format!("*{}*", escaped(text)),
        // Nothing is escaped between backticks.
        Style::Code if text.contains(['`', '|']) => escaped(text),
        Style::Code => format!("`{text}`"),
    })
}

/// Text in which Markdown sees nothing but text. Signs that mean something only between others stay bare where they stand
/// alone, so that the page can also be read as it is.
pub fn escaped(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let letter = |(i, letter): (usize, &char)| {
        let before = i.checked_sub(1).map(|before| letters[before]);
        let after = letters.get(i + 1).copied();
        let is_within = |near: Option<char>| near.is_some_and(char::is_alphanumeric);
        let means = match letter {
            '\\' | '*' | '`' | '|' | '~' | '$' => true,
            '_' => !(is_within(before) && is_within(after)),
            '<' => after.is_some_and(|after| after.is_alphabetic() || "/!?".contains(after)),
            '&' => after.is_some_and(|after| after.is_alphabetic() || after == '#'),
            ']' => after.is_some_and(|after| "([:".contains(after)),
            '[' => after == Some('^'),
            _ => false,
        };
        if means { format!("\\{letter}") } else { letter.to_string() }
    };
    letters.iter().enumerate().map(letter).collect()
}

/// How many backticks stand beside each other at most.
fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::inline::{code, strong};

    #[test]
    fn markdown_sees_nothing_but_text() {
        let check = |text: &str, expected: &str| assert_eq!(escaped(text), expected, "{text}");
        check("k* and 2*3*4", r"k\* and 2\*3\*4");
        check("target_decay _x_ a__b", r"target_decay \_x\_ a\_\_b");
        check("<b>1 < 2</b> & &amp; R&D", r"\<b>1 < 2\</b> & \&amp; R\&D");
        check("+2.1 [+0.9, +3.3]", "+2.1 [+0.9, +3.3]");
        check("[a](b) [a][b] [^1] [c]: d", r"[a\](b) [a\][b] \[^1] [c\]: d");
        check(r"$5 ~ `x` a | b \", r"\$5 \~ \`x\` a \| b \\");
    }

    #[test]
    fn words_at_the_beginning_of_a_block_are_words() {
        let check = |text: &str, expected: &str| assert_eq!(begun(&text.into()), expected, "{text}");
        check("1. one", r"1\. one");
        check("12) one", r"12\) one");
        check("- one", r"\- one");
        check("# one", r"\# one");
        check("[x] one", r"\[x] one");
        check("1.5 times", r"1\.5 times");
        check("one - # 1.", "one - # 1.");
        assert_eq!(heading(&"one ##".into()), r"one #\#");
    }

    #[test]
    fn styles_keep_to_their_words() {
        assert_eq!(inline(&(strong("k*") + ": " + "it's")), r"**k\***: it's");
        assert_eq!(inline(&(code("a_b") + " " + code("a`b"))), r"`a_b` a\`b");
    }
}
