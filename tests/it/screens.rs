//! Pictures of every screen, and the way through them with keys.

mod editing;
pub mod lab;
mod mouse;
mod styles;

use byolab::tui::{
    App,
    app::Wish,
    clipboard::Copied,
    keys::{self, Key},
    theme::{Depth, Theme},
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use lab::{Asked, Laboratory, Progress};
use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::{Color, Modifier},
};

const ALL: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 40), (200, 60)];
const SMALL: [(u16, u16); 2] = [(60, 16), (80, 24)];
const USUAL: [(u16, u16); 1] = [(80, 24)];

fn app(progress: Progress, depth: Depth) -> App {
    App::new(Box::new(Laboratory::at(progress)), Theme::new(depth), TimeZone::UTC)
}

/// Presses one key per word: a character, or the name of a key.
fn press(app: &mut App, keys: &str) {
    for key in keys.split_whitespace() {
        let (code, modifiers) = match key {
            "enter" => (KeyCode::Enter, KeyModifiers::NONE),
            "esc" => (KeyCode::Esc, KeyModifiers::NONE),
            "pgdn" => (KeyCode::PageDown, KeyModifiers::NONE),
            "pgup" => (KeyCode::PageUp, KeyModifiers::NONE),
            "home" => (KeyCode::Home, KeyModifiers::NONE),
            "end" => (KeyCode::End, KeyModifiers::NONE),
            "ctrl-d" => (KeyCode::Char('d'), KeyModifiers::CONTROL),
            "ctrl-u" => (KeyCode::Char('u'), KeyModifiers::CONTROL),
            "left" => (KeyCode::Left, KeyModifiers::NONE),
            "tab" => (KeyCode::Tab, KeyModifiers::NONE),
            "back" => (KeyCode::Backspace, KeyModifiers::NONE),
            "space" => (KeyCode::Char(' '), KeyModifiers::NONE),
            "ctrl-p" => (KeyCode::Char('p'), KeyModifiers::CONTROL),
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
    check_at(Depth::True, name, progress, keys, sizes);
}

fn check_at(depth: Depth, name: &str, progress: Progress, keys: &str, sizes: &[(u16, u16)]) {
    for size in sizes {
        let mut app = app(progress, depth);
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
fn an_experiment_that_cannot_be_shown_says_so_in_the_list() {
    for size in SMALL {
        let lab = Laboratory { breaks: true, ..Laboratory::at(Progress::Halfway) };
        let mut app = App::new(Box::new(lab), Theme::new(Depth::True), TimeZone::UTC);
        press(&mut app, "j enter");
        let shown = picture(&mut app, size);
        assert!(shown.contains("augmentations cannot be shown: two rows are one"), "{shown}");
        press(&mut app, "k j");
        insta::assert_snapshot!(format!("home-broken-{}x{}", size.0, size.1), picture(&mut app, size));
    }
}

#[test]
fn the_grid_shows_every_cell_and_every_switch() {
    check("grid", Progress::Halfway, "enter", &ALL);
    check("grid-untouched", Progress::Untouched, "enter", &USUAL);
    check("grid-many-values", Progress::Halfway, "j enter tab l j j", &SMALL);
    check("grid-remarks", Progress::Halfway, "enter tab", &SMALL);
    check("grid-remark-typed", Progress::Halfway, "enter tab # # k e e p", &SMALL);
    check("grid-turned", Progress::Halfway, "enter x", &USUAL);
    check("grid-three-axes", Progress::Finished, "j j j enter", &USUAL);
}

#[test]
fn a_remark_is_kept_with_what_the_cursor_is_on() {
    for (keys, asked, said) in [
        ("# # k e e p enter", r#"remark batch-size 0 +["keep"] -[] None"#, "kept with batch-size"),
        ("enter tab # o k space y e s enter", r#"remark batch-size 2 +[] -[] Some("ok yes")"#, "kept with 2 trials"),
        ("enter # - # k enter", r#"remark batch-size 0 +[] -["k"] None"#, "kept with batch-size"),
        ("enter tab k h # x enter", r#"remark batch-size 14 +[] -[] Some("x")"#, "kept with 14 trials"),
        ("enter o # x enter", r#"remark batch-size 2 +[] -[] Some("x")"#, "kept with 2 trials"),
        ("enter # space enter", "", ""),
        ("enter tab G # x esc", "", ""),
    ] {
        let lab = Laboratory::at(Progress::Halfway);
        let told = lab.asked.clone();
        let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
        press(&mut app, keys);
        assert_eq!(told.borrow().join("\n"), asked, "{keys}");
        assert!(picture(&mut app, (80, 24)).contains(said), "{keys}");
    }
    let lab = Laboratory { fails: true, ..Laboratory::at(Progress::Untouched) };
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    for (keys, said) in [
        ("# x enter", "nothing of batch-size is on disk yet"),
        ("enter tab # ", "byol · batch 512 was not trained yet: there is nothing to remark on"),
    ] {
        press(&mut app, keys);
        let shown = picture(&mut app, (80, 24));
        assert!(shown.contains(said), "{said}:\n{shown}");
    }
}

#[test]
fn a_notice_that_is_long_takes_more_rows() {
    for (size, rows) in [((60, 16), 2), ((80, 24), 1)] {
        let mut app = app(Progress::Halfway, Depth::None);
        press(&mut app, "enter s q u i t e - a - l o n g - n a m e - o f - i t enter");
        let shown = lines(&buffer(&mut app, size));
        let told = shown[shown.len() - rows..].iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        assert_eq!(told, "saved as experiments/quite-a-long-name-of-it.toml, and opened", "{}", shown.join("\n"));
    }
}

#[test]
fn the_run_shows_the_methods_side_by_side() {
    check("run", Progress::Halfway, "enter o", &ALL);
    check("run-untouched", Progress::Untouched, "enter o", &SMALL);
    check("run-failed", Progress::Halfway, "enter o [", &USUAL);
    check("run-crosshair", Progress::Halfway, "enter o {", &USUAL);
    check("run-recipes", Progress::Halfway, "enter o d", &USUAL);
    check("run-recipes-pinned", Progress::Halfway, "enter o [ [ p . d", &USUAL);
    check("run-search", Progress::Halfway, "enter o / e v a l u", &USUAL);
    check("run-found", Progress::Finished, "enter o / c h e c k enter N", &USUAL);
    check("run-log", Progress::Halfway, "enter o [ e", &SMALL);
    check("run-charts", Progress::Halfway, "enter o tab tab", &SMALL);
    check("run-log-axes", Progress::Halfway, "enter o L X tab tab", &USUAL);
    check("run-pinned", Progress::Halfway, "enter o [ [ p .", &ALL);
    check("run-mean", Progress::Finished, "enter o b", &ALL);
    check("run-mean-halfway", Progress::Halfway, "enter o b {", &USUAL);
    check("run-six-decays", Progress::Halfway, "j j enter o", &SMALL);
}

#[test]
fn robustness_answers_the_question() {
    check("robustness", Progress::Finished, "enter r", &ALL);
    check("robustness-untouched", Progress::Untouched, "enter r", &SMALL);
    check("robustness-absolute", Progress::Halfway, "enter r a m", &USUAL);
    check("robustness-names", Progress::Finished, "j enter r", &ALL);
    check("robustness-seeds", Progress::Finished, "enter r s", &USUAL);
    check("robustness-findings", Progress::Finished, "enter r d", &ALL);
    check("robustness-findings-end", Progress::Finished, "enter r d G", &SMALL);
    check("robustness-map", Progress::Finished, "j j j enter r x", &ALL);
    check("robustness-map-absolute", Progress::Halfway, "j j j enter r x a", &USUAL);
    check("robustness-decays", Progress::Finished, "j j enter r", &USUAL);
}

/// Each method's mark is there for each value, where two lie on each other too, and once more in the heading.
#[test]
fn marks_of_methods_never_hide_each_other() {
    for (keys, values) in [("enter r", 4), ("j enter r", 8), ("j enter r m", 8)] {
        for size in ALL {
            let mut app = app(Progress::Finished, Depth::True);
            press(&mut app, keys);
            let picture = picture(&mut app, size);
            for mark in ['●', '◇'] {
                assert_eq!(picture.matches(mark).count(), values + 1, "{mark} of {keys} at {size:?} in\n{picture}");
            }
        }
    }
}

#[test]
fn progress_never_looks_like_an_accuracy() {
    for keys in ["enter", "j enter", "j j enter", "j j j enter"] {
        let mut app = app(Progress::Halfway, Depth::True);
        press(&mut app, keys);
        let picture = picture(&mut app, (200, 60));
        let cells: Vec<&str> = picture.lines().filter(|line| line.contains('◐')).collect();
        assert!(!cells.is_empty(), "{keys}: nothing is training in\n{picture}");
        assert!(!cells.iter().any(|line| line.contains('%')), "{keys}:\n{picture}");
    }
}

#[test]
fn views_stand_side_by_side() {
    check_at(Depth::None, "views", Progress::Untouched, "j enter v l tab", &ALL);
}

#[test]
fn a_sheet_holds_many_images_by_all_sets() {
    check_at(Depth::None, "sheet", Progress::Untouched, "j enter v enter", &ALL);
}

#[test]
fn views_step_through_images_epochs_and_sets() {
    let cases = [
        ("j enter v", ["image 1 of 3", "epoch 1", "byol", "remove-grayscale"]),
        ("j enter v l l l l h", ["image 2 of 3", "epoch 1", "byol", "remove-grayscale"]),
        ("j enter v k j j", ["image 1 of 3", "epoch 3", "byol", "remove-grayscale"]),
        ("j enter v tab", ["image 1 of 3", "epoch 1", "byol", "remove-color"]),
        ("j enter v tab tab tab tab tab tab tab", ["image 1 of 3", "epoch 1", "byol", "remove-grayscale"]),
        ("enter v tab", ["image 1 of 3", "epoch 1", "byol", "first view"]),
    ];
    for (keys, expected) in cases {
        let mut app = app(Progress::Untouched, Depth::True);
        press(&mut app, keys);
        let picture = picture(&mut app, (120, 40));
        for part in expected {
            assert!(picture.contains(part), "{keys}: no {part:?} in\n{picture}");
        }
        let coloured = buffer(&mut app, (120, 40)).content().iter().filter(|cell| cell.symbol() == "▀").count();
        assert!(coloured > 500, "{keys}: {coloured} characters of pictures");
    }
    let lab = Laboratory { fails: true, ..Laboratory::at(Progress::Untouched) };
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    press(&mut app, "enter v");
    assert!(picture(&mut app, (80, 24)).contains("no images in data; `byolab data fetch cifar10` brings them"));
}

#[test]
fn features_lie_by_class_with_an_image_and_those_alike() {
    check_at(Depth::None, "features", Progress::Halfway, "enter o F l l", &ALL);
    check_at(Depth::None, "features-early", Progress::Halfway, "enter 6 [ [ [", &USUAL);
    check("features-spectra", Progress::Finished, "enter 6 s", &ALL);
    check("features-untouched", Progress::Untouched, "enter 6", &ALL);
}

#[test]
fn features_are_of_the_heat_and_the_method_asked_for() {
    let cases = [
        ("enter 6", ["byol  method 1 of 2", "heat 7 of 12", "200 held-out images", "PCA"]),
        ("enter 6 tab", ["simclr  method 2 of 2", "heat 7 of 12", "step 15 989", "PCA"]),
        ("enter 6 tab tab ] [ [", ["byol  method 1 of 2", "heat 6 of 12", "step 2 340", "PCA"]),
        ("enter o [ [ F", ["byol  method 1 of 2", "heat 5 of 12", "step 39 000", "PCA"]),
        ("enter 6 [ .", ["byol  method 1 of 2", "heat 7 of 12", "step 15 989", "PCA"]),
        ("enter 6 ]", ["heat 8 of 12", "nothing of this trial is on disk yet", "enter on the grid", "method 1 of 2"]),
        ("enter 6 s", ["byol, effective rank", "simclr, effective rank", "step 0 (dim) to", "singular value"]),
        ("enter 6 s esc", ["image 1", "of 12 nearest,", "10 of its class", "airplane"]),
        ("enter 6 G", ["image 200", "of 12 nearest,", "of its class", "truck"]),
    ];
    for (keys, expected) in cases {
        let mut app = app(Progress::Halfway, Depth::True);
        press(&mut app, keys);
        let picture = picture(&mut app, (120, 40));
        for part in expected {
            assert!(picture.contains(part), "{keys}: no {part:?} in\n{picture}");
        }
    }
    let lab = Laboratory { fails: true, ..Laboratory::at(Progress::Halfway) };
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    press(&mut app, "enter 6");
    insta::assert_snapshot!("features-blind-80x24", picture(&mut app, (80, 24)));
}

#[test]
fn images_are_shown_once_they_are_read() {
    for (keys, shown) in [("enter v", "image 1 of 3"), ("enter 6", "airplane")] {
        let lab = Laboratory::at(Progress::Halfway);
        let late = std::rc::Rc::clone(&lab.late);
        late.set(true);
        let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
        press(&mut app, keys);
        assert!(picture(&mut app, (80, 24)).contains("reading the images"), "{keys}");
        app.read();
        assert!(!app.has_changed(), "{keys}: they are not there yet");
        late.set(false);
        app.read();
        assert!(app.has_changed() && picture(&mut app, (80, 24)).contains(shown), "{keys}");
    }
}

#[test]
fn t_sne_is_computed_beside_the_screen_and_comes_to_an_end() {
    let mut app = app(Progress::Finished, Depth::None);
    press(&mut app, "enter 6 t");
    assert!(picture(&mut app, (120, 40)).contains("t-SNE 0/750"));
    let is_done = |app: &mut App| {
        app.read();
        picture(app, (120, 40)).contains("t-SNE  step")
    };
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !is_done(&mut app) {
        assert!(std::time::Instant::now() < patience, "{}", picture(&mut app, (120, 40)));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    insta::assert_snapshot!("features-tsne-120x40", picture(&mut app, (120, 40)));
    app.read();
    assert!(!app.has_changed(), "nothing moves any more");
}

#[test]
fn the_palette_knows_what_the_field_and_vi_call_things() {
    for (typed, expected) in [
        ("e m a", "KEY=VALUE: method.target_decay=0.8"),
        ("m o m e n t u m", "KEY=VALUE: method.target_decay=0.8"),
        ("t a u", "KEY=VALUE: method.target_decay=0.8"),
        ("l r", "KEY=VALUE: optimizer.lr="),
        ("s t o p space g r a d i e n t", "KEY=VALUE: method.stop_gradient=false"),
        ("s t o p _ g r a d i e n t", "KEY=VALUE: method.stop_gradient=false"),
        ("b a t c h space s i z e", "batch: 32"),
        ("s e e d s", "seed: 0"),
        ("l i n e a r space p r o b e", "k-NN % ± sd"),
        ("e f f e c t i v e space r a n k", "how many directions the features use"),
        ("c o l l a p s e", "near 0 is a collapse"),
        ("h e l p", "byolab › demo › help"),
        ("w", "the picture is in byolab-demo.txt"),
    ] {
        let mut app = app(Progress::Untouched, Depth::None);
        app.open("demo");
        press(&mut app, &format!(": {typed} enter"));
        let shown = picture(&mut app, (80, 24));
        assert!(shown.contains(expected), "{typed}: {shown}");
    }
    for typed in ["q", "q !", "w q", "q u i t", "Q"] {
        for keys in ["", "enter", "enter o", "enter v"] {
            let mut app = app(Progress::Untouched, Depth::None);
            press(&mut app, &format!("{keys} : {typed} enter"));
            assert_eq!(app.wish(), Wish::Leave, "{keys} :{typed}");
        }
    }
}

#[test]
fn what_scrolls_goes_by_screens_and_halves() {
    let at = |place: &str, keys: &str| {
        let mut app = app(Progress::Halfway, Depth::None);
        press(&mut app, place);
        // How far a screen goes is known once it is drawn.
        buffer(&mut app, (80, 24));
        press(&mut app, keys);
        buffer(&mut app, (80, 24))
    };
    for (there, back) in [("pgdn", "pgup"), ("ctrl-d", "ctrl-u"), ("G", "g g"), ("end", "home")] {
        for place in ["enter ?", "", "enter", "enter o e", "enter r"] {
            let begin = at(place, "home");
            assert_ne!(begin, at(place, &format!("home {there}")), "{place} {there}");
            assert_eq!(begin, at(place, &format!("home {there} {back}")), "{place} {there}");
        }
    }
    assert_ne!(at(":", ""), at(":", "pgdn"));
    assert_eq!(at(":", ""), at(":", "pgdn pgup"));
}

#[test]
fn a_start_that_takes_its_time_is_told() {
    let lab = Laboratory::at(Progress::Untouched);
    let late = std::rc::Rc::clone(&lab.late);
    late.set(true);
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    press(&mut app, "enter enter y");
    let title = lines(&buffer(&mut app, (80, 24))).remove(0);
    assert!(title.contains("starting…") && app.is_waiting(), "{title}");
    press(&mut app, "enter");
    assert!(picture(&mut app, (80, 24)).ends_with("starting already"));
    late.set(false);
    app.read();
    let shown = picture(&mut app, (80, 24));
    assert!(shown.ends_with("started: 24 trials to train; o watches") && !shown.contains("starting…"), "{shown}");
}

#[test]
fn where_a_copied_text_went_is_said() {
    let lab = Laboratory::at(Progress::Finished);
    let asked = Asked::clone(&lab.asked);
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    app.tell_copied("88.1\n86.4", Copied::Sent);
    assert!(picture(&mut app, (80, 24)).ends_with("sent to the clipboard, and in state/copied.txt: 88.1"));
    assert_eq!(*asked.borrow(), ["copied 88.1\n86.4"]);
    app.tell_copied("88.1", Copied::Tmux);
    assert!(picture(&mut app, (80, 24)).ends_with("in tmux's buffer (prefix ] pastes it): 88.1"));
    assert_eq!(asked.borrow().len(), 1);
}

#[test]
fn help_and_questions_are_drawn_over_the_screen() {
    check("help", Progress::Halfway, "enter ?", &ALL);
    check("help-words", Progress::Halfway, "enter : r a n k m e enter", &ALL);
    check("palette-field", Progress::Halfway, "enter : l i n e a r", &SMALL);
    check("palette", Progress::Halfway, "enter : t r a i n", &SMALL);
    check("question", Progress::Halfway, "enter S", &USUAL);
}

#[test]
fn every_screen_can_be_drawn_with_ascii_alone() {
    for (name, keys) in [
        ("home", ""),
        ("grid", "enter"),
        ("run", "enter o {"),
        ("pinned", "enter o [ p ."),
        ("mean", "enter o b {"),
        ("events", "enter o e N"),
        ("replay", "enter o R"),
        ("robustness", "enter r"),
        ("names", "j enter r"),
        ("map", "j j j enter r x"),
        ("help", "enter ?"),
        ("palette", ":"),
        ("views", "enter v"),
        ("sheet", "j enter v enter"),
        ("features", "enter 6"),
        ("spectra", "enter 6 s"),
        ("search", "/ b"),
    ] {
        let lab = Laboratory::at(Progress::Halfway);
        let mut app = App::new(Box::new(lab), Theme::new(Depth::None).ascii(), TimeZone::UTC);
        press(&mut app, keys);
        for size in ALL {
            let picture = picture(&mut app, size);
            assert!(picture.is_ascii() && !picture.contains("??"), "{name}:\n{picture}");
            if ["home", "grid", "run", "robustness", "views", "features", "spectra", "help"].contains(&name) {
                insta::assert_snapshot!(format!("ascii-{name}-{}x{}", size.0, size.1), picture);
            }
        }
    }
}

#[test]
fn no_size_is_too_small_to_draw() {
    for keys in [
        "",
        ":",
        "/ x",
        "enter o {",
        "enter o d",
        "enter o / e",
        "enter o [ p . tab X",
        "enter o e",
        "enter o R",
        "enter o b {",
        "enter s x",
        "enter",
        "enter tab",
        "enter o",
        "enter r",
        "enter r tab",
        "j j j enter r x",
        "enter e",
        "j enter r",
        "enter 6",
        "enter 6 s",
        "?",
        "enter S",
    ] {
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
        ("enter tab h", "byol           ○ 89.6"),
        ("enter tab k l", "○ 89.1 ±0.2 2/3"),
        ("enter k k k h", "simclr "),
        ("enter 6", "a"),
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
    for keys in ["?", "enter ?", "enter o ?", "enter r ?", "enter v ?", "enter 6 ?"] {
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
    for keys in ["", "enter", "enter o", "enter r", "enter v", "enter 6"] {
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
fn asked(lab: Laboratory, keys: &str) -> (Vec<String>, String) {
    let asked = Asked::clone(&lab.asked);
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    press(&mut app, keys);
    let last = lines(&buffer(&mut app, (80, 24))).pop().expect("pictures have lines");
    let asked = asked.borrow().clone();
    (asked, last)
}

#[test]
fn a_run_is_started_with_keys_alone() {
    let (nothing, question) = asked(Laboratory::at(Progress::Untouched), "enter enter");
    assert!(nothing.is_empty());
    assert_eq!(question.trim_end_matches("y yes  n no").trim(), "Train 24 trials (5.8 GiB of memory)?");
    let (asked, said) = asked(Laboratory::at(Progress::Untouched), "enter enter y");
    assert_eq!(asked, ["start 24 [] None"]);
    assert_eq!(said, " started: 24 trials to train; o watches");
}

#[test]
fn only_what_is_switched_on_is_started() {
    let keys = "enter j space l space j space enter y";
    let (asked, _) = asked(Laboratory::at(Progress::Untouched), keys);
    assert_eq!(asked, [r#"start 8 ["train.batch=128,64"] Some([0, 2])"#]);
}

#[test]
fn what_is_finished_is_not_started_again() {
    let (asked, said) = asked(Laboratory::at(Progress::Finished), "enter enter");
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
        assert_eq!(asked(Laboratory::at(Progress::Halfway), keys).0, expected, "{keys}");
    }
}

#[test]
fn what_goes_wrong_at_the_start_is_said() {
    let lab = Laboratory { fails: true, ..Laboratory::at(Progress::Untouched) };
    assert_eq!(asked(lab, "enter enter y").1, " cannot start the runner: no room on the disk");
}

#[test]
fn an_experiment_with_problems_is_not_opened() {
    let (_, said) = asked(Laboratory::at(Progress::Untouched), "G enter");
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
        let lab = Laboratory::at(Progress::Halfway);
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
        ("enter r d esc", "batch-size › robustness"),
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
    press(&mut app, "enter enter y z");
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

/// The table row of a trial on the run screen after `keys`.
fn row_of(keys: &str, name: &str) -> String {
    let mut app = app(Progress::Halfway, Depth::None);
    press(&mut app, keys);
    let lines = lines(&buffer(&mut app, (120, 40)));
    lines.into_iter().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{keys}: no row {name}"))
}

#[test]
fn the_table_shows_what_stands_under_the_crosshair() {
    let newest = row_of("enter o", " ━ byol");
    assert!(newest.contains(" 78.0 "), "{newest}");
    // The laboratory says that features were judged at step 7 994; the curve has a point at 7 800.
    let before = row_of("enter o {", " ━ byol");
    assert!(before.contains(" 64.6 "), "{before}");
    let first = row_of("enter o g", " ━ byol");
    assert!(first.contains(" 28.0 "), "{first}");
    for keys in ["enter o { c", "enter o { esc", "enter o { }  c", "enter o h l c"] {
        assert_eq!(row_of(keys, " ━ byol"), newest, "{keys}");
    }
}

#[test]
fn the_x_axis_counts_what_is_asked_for() {
    let mut app = app(Progress::Halfway, Depth::None);
    press(&mut app, "enter o");
    // The last step planned, 39 000, in other words; training has come to step 15 989 after 266 seconds.
    for (unit, tick) in
        [(None, "30k"), (Some("epoch"), "80"), (Some("images"), "15M"), (Some("min"), "4"), (None, "30k")]
    {
        let lines = lines(&buffer(&mut app, (200, 60)));
        let said = lines[1].split_once("x in ").map(|(_, unit)| unit);
        assert_eq!(said, unit);
        let under_the_charts = lines.iter().find(|line| line.starts_with("   0 ")).expect("charts have labels");
        assert!(under_the_charts.split_whitespace().any(|label| label == tick), "{unit:?}: {under_the_charts}");
        press(&mut app, "x");
    }
}

/// A workbench that plays the finished heat 5, whose 39 000 steps took 650 seconds, after `keys` and some seconds.
fn replayed(keys: &str, seconds: i64) -> App {
    let lab = Laboratory::at(Progress::Halfway);
    let clock = std::rc::Rc::clone(&lab.clock);
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    press(&mut app, "enter o [ [ R");
    press(&mut app, keys);
    for second in 0..=seconds {
        clock.set(second);
        if app.moves() {
            app.advance();
        }
    }
    app
}

#[test]
fn a_stored_heat_is_played_again() {
    for size in ALL {
        insta::assert_snapshot!(format!("run-replay-{}x{}", size.0, size.1), picture(&mut replayed("", 5), size));
    }
    let cases = [
        ("", 0, "replay 60x at step 0"),
        ("", 5, "replay 60x at step 18 000"),
        ("<", 5, "replay 10x at step 3 000"),
        ("> <", 5, "replay 60x at step 18 000"),
        (">", 5, "replay 600x paused at step 39 000"),
        ("space", 5, "replay 60x paused at step 0"),
        ("space l l", 5, "replay 60x paused at step 780"),
        ("space ) )", 5, "replay 60x paused at step 200"),
        ("space }", 5, "replay 60x paused at step 19 500"),
        ("space G", 5, "replay 60x paused at step 39 000"),
        ("f", 5, "frozen  replay 60x at step 0"),
        ("R", 5, "66 min left  cuda:0 (NVIDIA H200)"),
        ("esc", 5, "66 min left  cuda:0 (NVIDIA H200)"),
        ("]", 5, "66 min left  cuda:0 (NVIDIA H200)"),
        ("2 3", 5, "66 min left  cuda:0 (NVIDIA H200)"),
    ];
    for (keys, seconds, status) in cases {
        let title = lines(&buffer(&mut replayed(keys, seconds), (120, 40))).remove(0);
        assert!(title.ends_with(&format!("  {status}")), "{keys}: {title}");
    }
}

#[test]
fn what_is_played_knows_nothing_of_what_came_after() {
    let played = |keys| picture(&mut replayed(keys, 5), (120, 40));
    let halfway = played("");
    assert!(halfway.contains("training  step 18 000/39 000") && !halfway.contains("finished"), "{halfway}");
    let end = played("space G");
    assert!(end.contains("finished  step 39 000/39 000"), "{end}");
}

#[test]
fn lines_of_the_log_lead_the_crosshair() {
    // Something happened at the steps 0, 7 994 (twice) and nothing since.
    let cases = [
        ("enter o n", "at step 0 "),
        ("enter o N", "at step 7 994 "),
        ("enter o N N", "at step 0 "),
        ("enter o N n", "at step 0 "),
        ("enter o / e v a l enter N N", "at step 7 994 "),
        ("enter o e j", "at step 0 "),
    ];
    for (keys, expected) in cases {
        let mut app = app(Progress::Halfway, Depth::None);
        press(&mut app, keys);
        assert!(picture(&mut app, (80, 24)).contains(expected), "{keys}");
        assert!(!reversed(&mut app).is_empty(), "{keys}: no line stands out");
    }
}

#[test]
fn pinned_runs_stay_under_every_heat_but_their_own() {
    let cases: [(&str, &[&str]); 5] = [
        ("enter o p", &[]),
        ("enter o p [ [", &["a byol batch 128", "b simclr batch 128"]),
        ("enter o p [ [ P", &[]),
        ("enter o p p [ [", &[]),
        (
            "enter o p esc esc j j j enter o",
            &["a byol batch 128 seed 1 of batch-size", "b simclr batch 128 seed 1 of batch-size"],
        ),
    ];
    for (keys, expected) in cases {
        let mut app = app(Progress::Halfway, Depth::None);
        press(&mut app, keys);
        let lines = lines(&buffer(&mut app, (200, 60)));
        let pinned = lines.iter().filter(|line| line.starts_with(" a ") || line.starts_with(" b "));
        let names: Vec<&str> = pinned.map(|line| line.trim().split("  ").next().unwrap_or_default()).collect();
        assert_eq!(names, expected, "{keys}");
    }
}

#[test]
fn smoothing_is_said_and_can_be_taken_back() {
    let mut app = app(Progress::Halfway, Depth::None);
    press(&mut app, "enter o");
    let rough = picture(&mut app, (120, 40));
    press(&mut app, "+ + +");
    let smooth = picture(&mut app, (120, 40));
    assert!(smooth.contains("smoothed 0.9"), "{smooth}");
    press(&mut app, "- - - -");
    assert_eq!(picture(&mut app, (120, 40)), rough);
}

#[test]
fn a_filter_shows_what_holds_the_text_until_it_is_dropped() {
    let names = ["batch-size", "augmentations", "target-decay", "cifar10-quick", "mine"];
    let cases: [(&str, &[&str]); 5] = [
        ("/ t a r g", &["target-decay"]),
        ("/ t a r g enter", &["target-decay"]),
        ("/ n o t h i n g", &[]),
        ("/ t a r g esc", &names),
        ("/ t a r g enter esc", &names),
    ];
    for (keys, expected) in cases {
        let mut app = app(Progress::Halfway, Depth::None);
        press(&mut app, keys);
        let picture = picture(&mut app, (120, 40));
        let shown: Vec<&str> = names
            .into_iter()
            .filter(|name| picture.lines().any(|line| line.starts_with(&format!(" {name} "))))
            .collect();
        assert_eq!(shown, expected, "{keys}");
    }
    let mut app = app(Progress::Halfway, Depth::None);
    press(&mut app, "/ d e c a y enter enter");
    assert!(picture(&mut app, (80, 24)).starts_with(" byolab › target-decay "));
}

#[test]
fn whatever_is_bound_can_be_done_by_name() {
    let cases = [
        ("enter : f i n i s h e d space t r i enter", " byolab › batch-size › robustness"),
        ("enter ctrl-p f i n i s x back h e d space t r i enter", " byolab › batch-size › robustness"),
        ("enter : o p e n space t a r g e t - enter", " byolab › target-decay "),
        ("enter : esc", " byolab › batch-size "),
        ("enter : n o s u c h enter", " byolab › batch-size "),
    ];
    for (keys, title) in cases {
        let mut app = app(Progress::Halfway, Depth::None);
        press(&mut app, keys);
        let picture = picture(&mut app, (80, 24));
        assert!(picture.starts_with(title), "{keys}:\n{picture}");
    }
}

#[test]
fn numbers_are_copied_with_their_interval() {
    for keys in ["enter tab y", "enter tab h y", "enter r y", "j j j enter r x y", "enter o y"] {
        let mut app = app(Progress::Finished, Depth::None);
        press(&mut app, keys);
        let Wish::Copy(text) = app.wish() else { panic!("{keys}: nothing was copied") };
        insta::assert_snapshot!(format!("copied-{}", keys.replace(' ', "-")), text);
    }
    let mut app = app(Progress::Untouched, Depth::None);
    press(&mut app, "enter tab y");
    assert_eq!(app.wish(), Wish::GoOn);
}

#[test]
fn the_picture_is_written_as_it_was_on_screen() {
    let lab = Laboratory::at(Progress::Halfway);
    let asked = Asked::clone(&lab.asked);
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    press(&mut app, "enter o");
    let shown = picture(&mut app, (80, 24));
    press(&mut app, "w");
    assert_eq!(*asked.borrow(), [format!("picture batch-size-run\n{shown}\n")]);
    assert!(picture(&mut app, (80, 24)).ends_with("the picture is in byolab-batch-size-run.txt"));
}

#[test]
fn the_charts_on_screen_are_written_as_files() {
    let cases = [
        ("enter o W", Progress::Halfway, "figures batch-size-run [\"loss\""),
        ("enter r W", Progress::Finished, "figures batch-size-robustness [\""),
        ("enter o W", Progress::Untouched, ""),
    ];
    for (keys, progress, expected) in cases {
        let (asked, said) = asked(Laboratory::at(progress), keys);
        match asked.first() {
            Some(asked) => {
                assert!(asked.starts_with(expected) && said.contains("as SVG and PNG in byolab-"), "{asked}")
            }
            None => assert!(expected.is_empty() && said.contains("no charts"), "{said}"),
        }
    }
}

#[test]
fn a_frozen_picture_stays_until_it_is_let_go() {
    let lab = Laboratory::at(Progress::Halfway);
    let news = std::rc::Rc::clone(&lab.news);
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    press(&mut app, "enter f");
    assert!(picture(&mut app, (80, 24)).lines().next().is_some_and(|title| title.contains("frozen")));
    news.set(true);
    app.read();
    assert!(!app.has_changed(), "something is new, and the picture is frozen");
    press(&mut app, "f");
    assert!(!picture(&mut app, (80, 24)).contains("frozen"));
    app.read();
    assert!(app.has_changed());
}

#[test]
fn a_workbench_that_only_reads_changes_nothing() {
    for keys in [
        "enter enter",
        "enter S",
        "enter S y",
        "enter tab R",
        "enter tab n",
        "enter tab X",
        "#",
        "enter tab #",
        "enter : s t o p space t r enter",
    ] {
        for progress in [Progress::Halfway, Progress::Finished] {
            let lab = Laboratory::at(progress);
            let asked = Asked::clone(&lab.asked);
            let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC).read_only();
            press(&mut app, keys);
            assert!(asked.borrow().is_empty(), "{keys}");
            let picture = picture(&mut app, (80, 24));
            assert!(picture.lines().next().is_some_and(|title| title.contains("read-only")), "{keys}");
        }
    }
}

#[test]
fn cells_are_put_first_left_out_and_trained_again() {
    let cases: [(Progress, &str, &[&str]); 14] = [
        // The cursor's cell has a finished, a failed and a waiting seed; what has come to its end is not put first.
        (Progress::Halfway, "enter tab l n", &["first byol-256-2"]),
        (Progress::Halfway, "enter tab l X", &[]),
        (Progress::Halfway, "enter tab l X y", &["skip byol-256-2"]),
        (Progress::Halfway, "enter tab R y", &[]),
        (Progress::Finished, "enter tab R", &[]),
        (Progress::Finished, "enter tab R n", &[]),
        (
            Progress::Finished,
            "enter tab R y",
            &[
                "set aside byol-512-0 byol-512-1 byol-512-2",
                r#"start 3 ["method=byol", "train.batch=512"] Some([0, 1, 2])"#,
            ],
        ),
        (Progress::Finished, "enter tab n", &[]),
        (Progress::Untouched, "enter n", &[]),
        // A row by its name, a column by its heading, everything by their corner.
        (
            Progress::Untouched,
            "enter tab h enter y",
            &[r#"start 12 ["method=byol", "train.batch=512,256,128,64"] Some([0, 1, 2])"#],
        ),
        (
            Progress::Untouched,
            "enter tab k enter y",
            &[r#"start 6 ["method=byol,simclr", "train.batch=512"] Some([0, 1, 2])"#],
        ),
        (
            Progress::Untouched,
            "enter tab k h enter y",
            &[r#"start 24 ["method=byol,simclr", "train.batch=512,256,128,64"] Some([0, 1, 2])"#],
        ),
        (Progress::Halfway, "enter tab k l X y", &["skip byol-256-2", "skip simclr-256-2"]),
        (Progress::Finished, "enter tab l enter", &[]),
    ];
    for (progress, keys, expected) in cases {
        assert_eq!(asked(Laboratory::at(progress), keys).0, expected, "{keys}");
    }
}

#[test]
fn what_is_switched_on_is_saved_under_a_name() {
    let (asked, said) = asked(Laboratory::at(Progress::Untouched), "enter space s m i n e enter");
    assert_eq!(asked, [r#"save mine ["method=simclr"] None"#]);
    assert_eq!(said, " saved as experiments/mine.toml, and opened");
}

#[test]
fn one_comes_back_to_where_one_was_and_hears_what_happened() {
    let lab = Laboratory::at(Progress::Halfway);
    let memory = std::rc::Rc::clone(&lab.memory);
    let mut app = App::new(Box::new(lab), Theme::new(Depth::None), TimeZone::UTC);
    app.recall();
    assert!(picture(&mut app, (80, 24)).starts_with(" byolab   "), "nothing is remembered yet");
    press(&mut app, "enter r");
    app.remember();
    let again = Laboratory { memory: std::rc::Rc::clone(&memory), ..Laboratory::at(Progress::Finished) };
    let mut app = App::new(Box::new(again), Theme::new(Depth::None), TimeZone::UTC);
    app.recall();
    let back = picture(&mut app, (80, 24));
    assert!(back.starts_with(" byolab › batch-size › robustness"), "{back}");
    assert!(back.ends_with("while you were away (0 s): 13 trials finished"), "{back}");
    press(&mut app, "1 j");
    let home = picture(&mut app, (80, 24));
    assert!(home.contains("augmentations new"), "{home}");
    assert!(home.contains("while you were away (0 s): 25 trials finished"), "{home}");
}
