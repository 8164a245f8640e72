//! The program in a real terminal, from one end to the other.

mod ends;
mod jobs;
mod session;
mod tmux;
mod together;
#[cfg(feature = "cpu")]
mod training;

use std::{
    fs,
    num::NonZeroU16,
    thread,
    time::{Duration, Instant},
};

use byolab::{
    plan::{Experiment, Overrides, Plan},
    store::Store,
};
use rustix::{
    process::Signal,
    termios::{Action, tcflow},
};
use session::{PATIENCE, Session, size};

use crate::fixture;

#[test]
fn one_looks_around_leaves_and_comes_back_to_where_one_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(folder.path(), "", &[]);
    session.expect("experiments");
    session.press("/demo\r\r");
    session.expect("byolab › demo");
    session.press("r");
    session.expect("byolab › demo › robustness");
    session.press("q");
    assert!(session.end(PATIENCE).success());
    assert!(session.bytes().contains("\x1b[?1049l"), "the terminal is given back");
    let mut again = Session::open(folder.path(), "", &[]);
    again.expect("byolab › demo › robustness");
    again.press("q");
    assert!(again.end(PATIENCE).success());
    assert!(!folder.path().join("runs").exists(), "looking writes nothing into the store");
}

#[test]
fn a_storm_of_sizes_ends_in_a_whole_picture() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(folder.path(), "", &[]);
    session.expect("experiments");
    let sizes = (0..60u16).map(|i| (20 + i * 37 % 160, 4 + i * 23 % 50)).chain([(100, 30)]);
    for (cols, rows) in sizes {
        let [high, wide] = [rows, cols].map(|n| NonZeroU16::new(n).unwrap());
        session.seen.lock().unwrap().screen.screen_mut().set_size(high, wide);
        session.master.as_ref().unwrap().resize(size((cols, rows))).unwrap();
        thread::sleep(Duration::from_millis(5));
    }
    session.expect("q quit");
    session.press("?");
    // A picture comes in pieces: its foot may be on its way when its middle is there.
    session.wait("a whole picture of the last size", || {
        let picture = session.picture();
        let lines: Vec<&str> = picture.lines().collect();
        lines.len() == 30 && lines[0].starts_with(" byolab › help") && lines[29].contains("q quit")
    });
    session.press("qq");
    assert!(session.end(PATIENCE).success());
}

#[test]
fn without_colours_the_cursor_is_still_reversed() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(folder.path(), "", &[("NO_COLOR", "1")]);
    session.expect("experiments");
    session.press("j");
    session.expect("q quit");
    session.press("q");
    session.end(PATIENCE);
    let bytes = session.bytes();
    assert!(bytes.contains("\x1b[7m"), "something is reversed");
    for colour in ["\x1b[38;", "\x1b[48;"] {
        assert!(!bytes.contains(colour), "{colour:?}");
    }
}

#[test]
fn a_terminal_without_unicode_gets_ascii() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&str, &[(&str, &str)]); 3] =
        [("--ascii", &[]), ("", &[("BYOLAB_ASCII", "1")]), ("", &[("LC_ALL", "C")])];
    for (arguments, variables) in cases {
        let mut session = Session::open(folder.path(), arguments, variables);
        session.expect("experiments");
        session.press("q");
        session.end(PATIENCE);
        assert!(session.bytes().is_ascii(), "{arguments} {variables:?}");
    }
}

#[test]
fn a_dumb_terminal_is_told_what_to_use_instead() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(folder.path(), "", &[("TERM", "dumb")]);
    assert_eq!(session.end(PATIENCE).exit_code(), 1);
    session.expect("the workbench needs a terminal");
    assert!(!session.bytes().contains("\x1b["));
}

#[test]
fn a_workbench_that_only_reads_writes_pictures_and_experiments_and_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(folder.path(), "--read-only", &[]);
    session.expect("read-only");
    session.press("/smoke\r\rw");
    session.expect("the picture is in byolab-smoke.txt");
    let written = fs::read_to_string(folder.path().join("byolab-smoke.txt")).unwrap();
    assert!(written.starts_with(" byolab › smoke"), "{written}");
    session.press("\r");
    session.expect("nothing is started or stopped");
    session.press("sjust-smoke\r");
    session.expect("saved as experiments/just-smoke.toml");
    session.press("q");
    assert!(session.end(PATIENCE).success());
    assert!(Store::new(folder.path().join("runs")).experiments().is_err(), "nothing was trained");
}

#[test]
fn an_experiment_edited_on_the_grid_is_saved_as_it_was_edited() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(folder.path(), "", &[]);
    session.expect("experiments");
    session.press("/demo\r\r");
    session.expect("byolab › demo");
    session.press("jle\x7f\x7f1\r");
    session.expect("`train.batch` cannot be 1");
    session.press("\x7f8\r");
    session.expect("edited; enter trains it");
    session.press("smine\r");
    session.expect("saved as experiments/mine.toml");
    session.press("q");
    assert!(session.end(PATIENCE).success());
    let saved = Plan::new(
        Experiment::find(folder.path().join("experiments/mine.toml").to_str().unwrap()).unwrap(),
        &Overrides::default(),
    )
    .unwrap();
    let edited = Overrides { axes: vec!["train.batch=32,8".into()], ..Overrides::default() };
    let ids = |plan: &Plan| plan.trials.iter().map(|trial| trial.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&saved), ids(&Plan::new(Experiment::find("demo").unwrap(), &edited).unwrap()));
}

#[test]
fn pictures_are_drawn_in_the_way_that_the_terminal_answers() {
    let kitty = "\x1bP>|kitty(0.36.4)\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;52;c";
    for (answer, begins) in [(kitty, "a=T,U=1"), ("\x1b[6;20;10t\x1b[?62;4c", "\x1bP"), ("\x1b[?62c", "▀")] {
        let folder = tempfile::tempdir().unwrap();
        let mut session = Session::open(folder.path(), "", &[]);
        session.expect("experiments");
        session.press("/demo\r\r");
        session.expect("byolab › demo");
        session.press("v");
        session.expect_bytes("\x1b[16t\x1b[c");
        session.press(&format!("{answer}\r"));
        session.expect_bytes(begins);
        session.expect("images from 1 of 1280");
        session.press("q");
        assert!(session.end(PATIENCE).success());
    }
}

#[test]
fn what_is_copied_is_sent_to_the_terminal_and_kept_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(folder.path(), "", &[]);
    session.expect("experiments");
    session.press("/demo\r\r");
    session.expect("byolab › demo");
    session.press("v");
    session.expect("image 1 of 1280");
    session.press("y");
    session.expect("sent to the clipboard, and in ");
    session.expect_bytes("\x1b]52;c;");
    let kept = fs::read_to_string(folder.path().join("state/byolab/copied.txt")).unwrap();
    assert!(kept.starts_with("[augment.my-no-color]\nfirst = [\n"), "{kept}");
    session.press("q");
    assert!(session.end(PATIENCE).success());
}

#[test]
fn while_nothing_changes_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::open(folder.path(), "", &[]);
    session.expect("q quit");
    // Longer than the workbench waits until it reads the store again.
    thread::sleep(Duration::from_millis(700));
    let written = session.written();
    thread::sleep(Duration::from_millis(1300));
    assert_eq!(session.written(), written);
}

#[test]
fn the_charts_are_written_as_svg_and_png() {
    let folder = tempfile::tempdir().unwrap();
    fixture::shown(folder.path());
    let mut session = Session::open(folder.path(), "", &[]);
    session.expect("12/12");
    session.press("\rrm");
    session.expect("byolab › known › robustness");
    session.press("W");
    session.expect("1 chart as SVG and PNG in byolab-known-robustness-charts");
    let written = fs::read_dir(folder.path().join("byolab-known-robustness-charts")).unwrap();
    let mut begins: Vec<Vec<u8>> =
        written.map(|entry| fs::read(entry.unwrap().path()).unwrap()[..4].to_vec()).collect();
    begins.sort();
    assert_eq!(begins, [b"<svg".to_vec(), b"\x89PNG".to_vec()]);
    session.press("q");
    assert!(session.end(PATIENCE).success());
}

#[test]
fn the_mouse_is_taken_only_where_it_is_asked_for_and_given_back() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, is_taken) in [("", false), ("--mouse", true)] {
        let mut session = Session::open(folder.path(), arguments, &[]);
        session.expect("q quit");
        // SGR coordinates, the wheel down, over the list.
        session.press("\x1b[<65;10;5M");
        session.press("q");
        session.end(PATIENCE);
        for bytes in ["\x1b[?1006h", "\x1b[?1006l"] {
            assert_eq!(session.bytes().contains(bytes), is_taken, "{arguments}");
        }
    }
}

#[test]
fn a_slow_line_gets_fewer_pictures_and_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(folder.path(), "", &[]);
    session.expect("q quit");
    // 40 kB a second, and whole pictures, so that more comes than goes.
    session.seen.lock().unwrap().rest = Duration::from_millis(100);
    let began = Instant::now();
    for width in [200, 199].into_iter().cycle().take_while(|_| !session.bytes().contains("slow link, ")) {
        assert!(began.elapsed() < PATIENCE, "nothing was said of the line");
        session.master.as_ref().unwrap().resize(size((width, 60))).unwrap();
        thread::sleep(Duration::from_millis(100));
    }
    session.seen.lock().unwrap().rest = Duration::ZERO;
    session.press("q");
    assert!(session.end(PATIENCE).success());
}

#[test]
fn a_key_that_comes_with_a_new_size_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(folder.path(), "", &[]);
    session.expect("q quit");
    session.press("/");
    let terminal = session.terminal();
    let resize = |session: &Session, cols| session.master.as_ref().unwrap().resize(size((cols, 24))).unwrap();
    for letters in 1..=26 {
        // Held up while it writes, the workbench meets both together when it goes on.
        tcflow(&terminal, Action::OOff).unwrap();
        resize(&session, 70 + letters % 2);
        thread::sleep(Duration::from_millis(100));
        resize(&session, 80 - letters % 2);
        thread::sleep(Duration::from_millis(2));
        let typed: String = ('a'..='z').take(letters.into()).collect();
        session.press(&typed[typed.len() - 1..]);
        tcflow(&terminal, Action::OOn).unwrap();
        session.expect(&typed);
    }
    session.press("\r");
    session.press("q");
    assert!(session.end(PATIENCE).success());
}

#[test]
fn half_a_sequence_holds_nothing_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(folder.path(), "", &[]);
    session.expect("q quit");
    session.press("?");
    session.expect("everywhere");
    session.press("\x1b[1;");
    thread::sleep(Duration::from_millis(100));
    session.press("\x1b");
    session.wait("no help", || !session.picture().contains("everywhere"));
    session.press("\x1b[1;");
    thread::sleep(Duration::from_millis(100));
    session.signal(Signal::TERM);
    session.end(Duration::from_secs(2));
    session.assert_given_back();
}
