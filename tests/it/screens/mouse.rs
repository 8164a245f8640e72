//! The mouse points at what the keys reach.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::*;

/// Does something with the mouse where `text` stands, in a picture of 80x24.
fn mouse(app: &mut App, kind: MouseEventKind, text: &str) {
    let lines = lines(&buffer(app, (80, 24)));
    let place = |(y, line): (usize, &String)| Some((line.split_once(text)?.0.chars().count() as u16, y as u16));
    let (column, row) = lines.iter().enumerate().find_map(place).unwrap_or_else(|| panic!("no {text:?}"));
    app.point(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
}

const CLICK: MouseEventKind = MouseEventKind::Down(MouseButton::Left);

#[test]
fn a_click_puts_the_cursor_where_it_points() {
    let mut app = app(Progress::Finished, Depth::None);
    for name in ["target-decay", "mine", "batch-size"] {
        mouse(&mut app, CLICK, name);
        let reversed = reversed(&mut app);
        assert!(reversed.len() == 1 && reversed[0].starts_with(name), "{name}: {reversed:?}");
    }
}

#[test]
fn a_click_on_the_grid_puts_the_cursor_on_a_cell_a_row_a_column_or_a_switch() {
    let mut app = app(Progress::Halfway, Depth::None);
    mouse(&mut app, CLICK, "batch-size");
    mouse(&mut app, CLICK, "enter open");
    for (text, expected) in
        [("89.3", "✗ 89.3 1/3"), ("batch 256", "batch 256"), ("simclr  ", "simclr         ○"), ("[x] 128", "[x] 128")]
    {
        mouse(&mut app, CLICK, text);
        let reversed = reversed(&mut app);
        assert!(reversed[0].starts_with(expected), "{text}: {reversed:?}");
    }
}

#[test]
fn the_wheel_moves_the_cursor_and_a_click_on_the_footer_presses_the_key() {
    let mut app = app(Progress::Halfway, Depth::None);
    mouse(&mut app, MouseEventKind::ScrollDown, "batch-size");
    mouse(&mut app, MouseEventKind::ScrollDown, "batch-size");
    mouse(&mut app, MouseEventKind::ScrollUp, "batch-size");
    mouse(&mut app, CLICK, "enter open");
    assert!(picture(&mut app, (80, 24)).starts_with(" byolab › augmentations "));
    mouse(&mut app, CLICK, "? help");
    assert!(picture(&mut app, (80, 24)).starts_with(" byolab › augmentations › help"));
    mouse(&mut app, CLICK, "esc back");
    mouse(&mut app, CLICK, "q quit");
    assert_eq!(app.wish(), Wish::Leave);
}

#[test]
fn a_click_beside_everything_does_nothing() {
    let mut app = app(Progress::Halfway, Depth::None);
    let before = picture(&mut app, (80, 24));
    mouse(&mut app, CLICK, "byolab");
    assert_eq!(picture(&mut app, (80, 24)), before);
}
