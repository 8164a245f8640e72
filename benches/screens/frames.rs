//! How long a key takes until the picture that it leads to is drawn, in this process and without a terminal.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use byolab::{
    cli::lab::StoreLab,
    store::Store,
    tui::{
        App,
        theme::{Depth, Theme},
    },
};
use crossterm::event::{KeyCode, KeyEvent};
use jiff::tz::TimeZone;
use ratatui::{buffer::Buffer, layout::Rect};

/// The way to each screen from the one before, and two keys that change its picture.
const SCREENS: &[(&str, &str, [char; 2])] = &[
    ("home", "", ['j', 'k']),
    ("grid", ":open many\r", ['\t', '\t']),
    ("run", "o", ['{', '}']),
    ("robustness", "\x1br", ['a', 's']),
    ("views", "\x1bv", ['l', 'h']),
];

const KEYS: usize = 60;

/// Name, median and maximum in milliseconds.
pub fn of_every_screen(folder: &Path) -> Vec<(&'static str, f64, f64)> {
    let lab = StoreLab::new(Store::new("runs"), folder.join("data"), Vec::new()).expect("a thread to read in");
    let mut app = App::new(Box::new(lab), Theme::new(Depth::True), TimeZone::UTC);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    let time = |(name, way, keys): &(&'static str, &str, [char; 2])| {
        way.chars().for_each(|key| press(&mut app, key));
        until_read(&mut app);
        app.draw(buffer.area, &mut buffer);
        let mut times: Vec<f64> = (0..KEYS)
            .map(|i| {
                let begin = Instant::now();
                press(&mut app, keys[i % 2]);
                buffer.reset();
                app.draw(buffer.area, &mut buffer);
                1e3 * begin.elapsed().as_secs_f64()
            })
            .collect();
        times.sort_by(f64::total_cmp);
        (*name, times[KEYS / 2], times[KEYS - 1])
    };
    SCREENS.iter().map(time).collect()
}

fn until_read(app: &mut App) {
    app.read();
    while app.is_waiting() {
        thread::sleep(Duration::from_millis(5));
        app.read();
    }
}

fn press(app: &mut App, key: char) {
    let code = match key {
        '\r' => KeyCode::Enter,
        '\t' => KeyCode::Tab,
        '\x1b' => KeyCode::Esc,
        char => KeyCode::Char(char),
    };
    app.press(KeyEvent::from(code));
}
