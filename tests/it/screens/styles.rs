//! What the pictures of symbols do not show: colours, weight and reversal, in every theme. A letter stands for a style, a
//! dot for plain text; two themes share a map where they tell the same things apart.

use super::*;

const SCREENS: [(&str, &str); 13] = [
    ("home", "j"),
    ("grid", "enter"),
    ("grid-cell", "enter tab l"),
    ("grid-row", "enter tab h"),
    ("run", "enter o {"),
    ("robustness", "enter r"),
    ("robustness-map", "j j j enter r x"),
    ("views", "j enter v"),
    ("features", "enter 6"),
    ("palette", "enter :"),
    ("help", "enter ?"),
    ("typing", "enter e"),
    ("question", "enter S"),
];

fn themes() -> [(&'static str, Theme); 6] {
    let dark = |depth| Theme::new(depth);
    [
        ("dark, truecolor", dark(Depth::True)),
        ("dark, 256 colours", dark(Depth::Indexed)),
        ("dark, 16 colours", dark(Depth::Sixteen)),
        ("light, truecolor", dark(Depth::True).light()),
        ("no colours", dark(Depth::None)),
        ("no colours, ASCII", dark(Depth::None).ascii()),
    ]
}

#[test]
fn every_theme_keeps_apart_what_differs() {
    for (name, keys) in SCREENS {
        let mut maps: Vec<(String, Vec<&str>)> = Vec::new();
        let mut legends = String::new();
        for (theme_name, theme) in themes() {
            let mut app = App::new(Box::new(Laboratory::at(Progress::Halfway)), theme, TimeZone::UTC);
            press(&mut app, keys);
            let (map, legend) = read(&buffer(&mut app, (80, 24)));
            legends += &format!("{theme_name}: {}\n", legend.join(", "));
            match maps.iter_mut().find(|(known, _)| *known == map) {
                Some((_, themes)) => themes.push(theme_name),
                None => maps.push((map, vec![theme_name])),
            }
        }
        let maps: String = maps.iter().map(|(map, themes)| format!("\n{}:\n{map}\n", themes.join("; "))).collect();
        insta::assert_snapshot!(format!("styles-{name}"), legends + &maps);
    }
}

#[test]
fn every_size_keeps_apart_what_differs() {
    for (name, keys) in SCREENS {
        for size in ALL.into_iter().filter(|size| *size != (80, 24)) {
            let mut app = app(Progress::Halfway, Depth::True);
            press(&mut app, keys);
            let (map, legend) = read(&buffer(&mut app, size));
            let shown = format!("{}\n\n{map}", legend.join(", "));
            insta::assert_snapshot!(format!("styles-{name}-{}x{}", size.0, size.1), shown);
        }
    }
}

/// The letter of every cell, `#` for two pixels of an image, and what the letters stand for, in the order in which they come.
fn read(buffer: &Buffer) -> (String, Vec<String>) {
    let mut styles: Vec<String> = Vec::new();
    let mut letter = |cell: &Cell| {
        if cell.symbol() == "▀" && cell.bg != Color::Reset {
            return '#';
        }
        let style = words(cell);
        // Of a space nothing is seen but its ground.
        let is_seen = cell.symbol() != " " || cell.bg != Color::Reset || cell.modifier.contains(Modifier::REVERSED);
        if style.is_empty() || !is_seen {
            return '.';
        }
        let place = styles.iter().position(|known| *known == style).unwrap_or_else(|| {
            styles.push(style);
            styles.len() - 1
        });
        char::from(b'a' + place as u8)
    };
    let rows = buffer.content().chunks(buffer.area.width.into());
    let map: Vec<String> = rows.map(|row| row.iter().map(&mut letter).collect::<String>()).collect();
    let legend = ('a'..).zip(styles).map(|(letter, style)| format!("{letter} {style}")).collect();
    (map.iter().map(|row| row.trim_end_matches('.')).collect::<Vec<_>>().join("\n"), legend)
}

fn words(cell: &Cell) -> String {
    let colour = |prefix: &str, colour: Color| match colour {
        Color::Reset => None,
        Color::Rgb(r, g, b) => Some(format!("{prefix}#{r:02x}{g:02x}{b:02x}")),
        Color::Indexed(index) => Some(format!("{prefix}{index}")),
        named => Some(format!("{prefix}{named:?}").to_lowercase()),
    };
    let modifiers = cell.modifier.iter_names().map(|(name, _)| name.to_lowercase());
    modifiers.chain(colour("", cell.fg)).chain(colour("on ", cell.bg)).collect::<Vec<_>>().join(" ")
}
