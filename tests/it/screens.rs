//! Pictures of every screen, and the way through them with keys.

mod lab;

use byolab::tui::{
    App,
    app::Wish,
    keys::{self, Key},
    theme::{Depth, Theme},
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use lab::{Asked, Memory, Progress};
use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::{Color, Modifier},
};

const ALL: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 40), (200, 60)];
const SMALL: [(u16, u16); 2] = [(60, 16), (80, 24)];
const USUAL: [(u16, u16); 1] = [(80, 24)];

fn app(progress: Progress, depth: Depth) -> App {
    App::new(Box::new(Memory::at(progress)), Theme::new(depth), TimeZone::UTC)
}

/// Presses one key per word: a character, or the name of a key.
fn press(app: &mut App, keys: &str) {
    for key in keys.split_whitespace() {
        let (code, modifiers) = match key {
            "enter" => (KeyCode::Enter, KeyModifiers::NONE),
            "esc" => (KeyCode::Esc, KeyModifiers::NONE),
            "tab" => (KeyCode::Tab, KeyModifiers::NONE),
            "space" => (KeyCode::Char(' '), KeyModifiers::NONE),
            "ctrl-c" => (KeyCode::Char('c'), KeyModifiers::CONTROL),
            "ctrl-z" => (KeyCode::Char('z'), KeyModifiers::CONTROL),
            _ => (KeyCode::Char(key.chars().next().expect("words are not empty")), KeyModifiers::NONE),
        };
        app.press(KeyEvent::new(code, modifiers));
    }
}

fn buffer(app: &mut App, (width, height): (u16, u16)) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    app.draw(buffer.area, &mut buffer);
    buffer
}

fn lines(buffer: &Buffer) -> Vec<String> {
    let rows = buffer.content().chunks(buffer.area.width.into());
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_string()).collect()
}

fn picture(app: &mut App, size: (u16, u16)) -> String {
    lines(&buffer(app, size)).join("\n")
}

/// A picture after `keys` at each of the sizes.
#[track_caller]
fn check(name: &str, progress: Progress, keys: &str, sizes: &[(u16, u16)]) {
    for size in sizes {
        let mut app = app(progress, Depth::True);
        press(&mut app, keys);
        insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), picture(&mut app, *size));
    }
}

#[test]
fn home_lists_the_experiments() {
    check("home", Progress::Halfway, "", &ALL);
    check("home-problem", Progress::Halfway, "G", &USUAL);
}

#[test]
fn the_grid_shows_every_cell_and_every_switch() {
    check("grid", Progress::Halfway, "enter", &ALL);
    check("grid-untouched", Progress::Untouched, "enter", &USUAL);
    check("grid-many-values", Progress::Halfway, "j enter tab l j j", &SMALL);
    check("grid-three-axes", Progress::Finished, "j j j enter", &USUAL);
}

#[test]
fn the_run_shows_the_methods_side_by_side() {
    check("run", Progress::Halfway, "enter o", &ALL);
    check("run-untouched", Progress::Untouched, "enter o", &SMALL);
    check("run-failed", Progress::Halfway, "enter o [", &USUAL);
    check("run-six-decays", Progress::Halfway, "j j enter o", &SMALL);
}

#[test]
fn robustness_answers_the_question() {
    check("robustness", Progress::Finished, "enter r", &ALL);
    check("robustness-untouched", Progress::Untouched, "enter r", &SMALL);
    check("robustness-absolute", Progress::Halfway, "enter r a m", &USUAL);
    check("robustness-names", Progress::Finished, "j enter r", &ALL);
    check("robustness-decays", Progress::Finished, "j j enter r", &USUAL);
}

#[test]
fn help_and_questions_are_drawn_over_the_screen() {
    check("help", Progress::Halfway, "enter ?", &ALL);
    check("question", Progress::Halfway, "enter S", &USUAL);
}

#[test]
fn no_size_is_too_small_to_draw() {
    for keys in ["", "enter", "enter tab", "enter o", "enter r", "enter r tab", "j enter r", "?", "enter S"] {
        let mut app = app(Progress::Halfway, Depth::True);
        press(&mut app, keys);
        for size in (1..30).flat_map(|width| (1..20).map(move |height| (4 * width, height))) {
            assert_ne!(picture(&mut app, size).trim(), "", "{keys} at {size:?}");
        }
    }
}

/// What is reversed, line by line.
fn reversed(app: &mut App) -> Vec<String> {
    let buffer = buffer(app, (80, 24));
    let rows = buffer.content().chunks(80);
    let marked = |row: &[Cell]| {
        let cells = row.iter().filter(|cell| cell.modifier.contains(Modifier::REVERSED));
        cells.map(Cell::symbol).collect::<String>().trim().to_string()
    };
    rows.map(marked).filter(|text| !text.is_empty()).collect()
}

#[test]
fn what_is_selected_is_reversed_and_without_colour_where_colours_are_off() {
    let cases = [
        ("j", "augmentations"),
        ("enter", "[x] byol"),
        ("enter j l l", "[x] 128"),
        ("enter tab l", "✗ 89.3 1/3"),
        ("enter S", "Stop training?"),
    ];
    for (keys, expected) in cases {
        let mut app = app(Progress::Halfway, Depth::None);
        press(&mut app, keys);
        let reversed = reversed(&mut app);
        assert!(reversed.last().is_some_and(|text| text.starts_with(expected)), "{keys}: {reversed:?}");
        let colours = |cell: &Cell| cell.fg != Color::Reset || cell.bg != Color::Reset;
        assert!(!buffer(&mut app, (80, 24)).content().iter().any(colours), "{keys}");
    }
}

#[test]
fn the_methods_keep_their_colours_on_every_screen() {
    let [byol, simclr] = [Color::Rgb(0x56, 0xb4, 0xe9), Color::Rgb(0xe6, 0x9f, 0x00)];
    for (keys, name) in [("enter", "byol"), ("enter o", "━ byol"), ("enter r", "● byol")] {
        let mut app = app(Progress::Halfway, Depth::True);
        press(&mut app, keys);
        let buffer = buffer(&mut app, (80, 24));
        let coloured = |colour: Color| {
            let cells = buffer.content().iter().filter(|cell| cell.fg == colour);
            cells.map(Cell::symbol).collect::<String>()
        };
        assert!(coloured(byol).contains(name), "{keys}: {}", coloured(byol));
        assert!(coloured(simclr).contains("simclr"), "{keys}: {}", coloured(simclr));
    }
}

#[test]
fn every_binding_is_in_the_help_of_every_screen() {
    for keys in ["?", "enter ?", "enter o ?", "enter r ?"] {
        let mut app = app(Progress::Halfway, Depth::None);
        press(&mut app, keys);
        let help = picture(&mut app, (80, 200));
        for binding in keys::BINDINGS {
            let labels: Vec<String> = binding.keys.iter().copied().map(Key::label).collect();
            let line = format!("   {:<16}{}", labels.join(" "), binding.help);
            assert!(help.contains(line.trim_end()), "{keys}: no line {line:?} in\n{help}");
        }
    }
}

#[test]
fn the_footer_of_every_screen_tells_how_to_get_help_and_how_to_leave() {
    for keys in ["", "enter", "enter o", "enter r"] {
        for size in [(40, 12), (60, 16), (80, 24)] {
            let mut app = app(Progress::Halfway, Depth::None);
            press(&mut app, keys);
            let picture = lines(&buffer(&mut app, size));
            let footer = picture.last().expect("pictures have lines");
            assert!(footer.contains("? help") && footer.contains("q quit"), "{footer:?}");
        }
    }
}

/// The answers of a laboratory to keys, from home.
fn asked(lab: Memory, keys: &str) -> (Vec<String>, String) {
    let asked = Asked::clone(&lab.asked);
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    press(&mut app, keys);
    let last = lines(&buffer(&mut app, (80, 24))).pop().expect("pictures have lines");
    let asked = asked.borrow().clone();
    (asked, last)
}

#[test]
fn a_run_is_started_with_keys_alone() {
    let (asked, said) = asked(Memory::at(Progress::Untouched), "enter enter");
    assert_eq!(asked, ["start 24 [] None"]);
    assert_eq!(said, " started: 24 trials to train; o watches");
}

#[test]
fn only_what_is_switched_on_is_started() {
    let keys = "enter j space l space j space enter";
    let (asked, _) = asked(Memory::at(Progress::Untouched), keys);
    assert_eq!(asked, [r#"start 8 ["train.batch=128,64"] Some([0, 2])"#]);
}

#[test]
fn what_is_finished_is_not_started_again() {
    let (asked, said) = asked(Memory::at(Progress::Finished), "enter enter");
    assert!(asked.is_empty());
    assert_eq!(said, " all that is switched on is finished");
}

#[test]
fn starting_beside_a_live_runner_and_stopping_it_are_asked_first() {
    let cases: [(&str, &[&str]); 5] = [
        ("enter enter", &[]),
        ("enter enter n", &[]),
        ("enter enter enter", &[]),
        ("enter enter y", &["start 24 [] None"]),
        ("enter S y", &["stop"]),
    ];
    for (keys, expected) in cases {
        assert_eq!(asked(Memory::at(Progress::Halfway), keys).0, expected, "{keys}");
    }
}

#[test]
fn what_goes_wrong_at_the_start_is_said() {
    let lab = Memory { fails: true, ..Memory::at(Progress::Untouched) };
    assert_eq!(asked(lab, "enter enter").1, " cannot start the runner: no room on the disk");
}

#[test]
fn an_experiment_with_problems_is_not_opened() {
    let (_, said) = asked(Memory::at(Progress::Untouched), "G enter");
    assert_eq!(said, " mine cannot be opened before its problems are mended");
}

#[test]
fn an_experiment_named_at_the_start_is_opened() {
    let mut app = app(Progress::Halfway, Depth::None);
    app.open("cifar10-quick");
    assert!(picture(&mut app, (80, 24)).starts_with(" byolab › cifar10-quick "));
    app.open("nothing");
    assert!(picture(&mut app, (80, 24)).ends_with("train.epoch is not a key"));
}

#[test]
fn leaving_is_one_key_away_and_asks_nothing_of_the_laboratory() {
    let cases = [
        ("q", Wish::Leave),
        ("enter o q", Wish::Leave),
        ("enter r ctrl-c", Wish::Leave),
        ("esc", Wish::GoOn),
        ("enter ? q", Wish::GoOn),
        ("enter ? ctrl-c ctrl-c", Wish::Leave),
        ("enter S q", Wish::GoOn),
        ("enter ctrl-z", Wish::Suspend),
    ];
    for (keys, expected) in cases {
        let lab = Memory::at(Progress::Halfway);
        let asked = Asked::clone(&lab.asked);
        let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
        press(&mut app, keys);
        assert_eq!(app.wish(), expected, "{keys}");
        assert!(asked.borrow().is_empty(), "{keys}");
    }
}

#[test]
fn screens_lead_to_each_other_and_back() {
    let cases = [
        ("enter", "batch-size "),
        ("enter o", "batch-size › run"),
        ("enter 4", "batch-size › robustness"),
        ("enter r 3 esc", "batch-size "),
        ("enter r ? esc", "batch-size › robustness"),
        ("enter o esc esc", ""),
        ("enter 4 1", ""),
    ];
    for (keys, crumbs) in cases {
        let mut app = app(Progress::Halfway, Depth::None);
        press(&mut app, keys);
        let title = lines(&buffer(&mut app, (80, 24))).remove(0);
        let expected = if crumbs.is_empty() { " byolab   ".into() } else { format!(" byolab › {crumbs}") };
        assert!(title.starts_with(&expected), "{keys}: {title:?}");
    }
}

#[test]
fn what_a_start_leads_to_is_on_screen_and_still_there_when_one_comes_back() {
    let mut app = app(Progress::Untouched, Depth::None);
    press(&mut app, "enter enter x");
    let started = picture(&mut app, (80, 24));
    assert!(started.contains("2 training"), "{started}");
    press(&mut app, "esc enter");
    assert_eq!(picture(&mut app, (80, 24)), started);
}

#[test]
fn a_picture_is_drawn_again_only_when_something_has_changed() {
    let mut app = app(Progress::Finished, Depth::None);
    buffer(&mut app, (80, 24));
    assert!(!app.has_changed());
    app.read();
    assert!(!app.has_changed(), "nothing new in the list");
    press(&mut app, "x");
    assert!(!app.has_changed(), "a key that means nothing");
    press(&mut app, "enter");
    assert!(app.has_changed());
    buffer(&mut app, (80, 24));
    app.read();
    assert!(!app.has_changed(), "nothing new about the experiment");
}
