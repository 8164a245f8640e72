//! The program in a real terminal, from one end to the other.

use std::{
    io::{Read, Write},
    num::NonZeroU16,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use byolab::store::Store;
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// Longer than anything here takes, also where other tests take the cores.
const PATIENCE: Duration = Duration::from_secs(20);

/// A workbench in a terminal of its own.
struct Session {
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<Mutex<Seen>>,
    /// Holds the terminal open for as long as it reads.
    reader: Option<JoinHandle<()>>,
    deaf: Arc<AtomicBool>,
}

/// What the program has written.
struct Seen {
    bytes: Vec<u8>,
    screen: vt100::Parser,
}

fn size((cols, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

impl Session {
    fn open(folder: &Path, arguments: &str, variables: &[(&str, &str)]) -> Self {
        let pair = native_pty_system().openpty(size((80, 24))).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_byolab"));
        command.args(arguments.split_whitespace());
        command.cwd(folder);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BYOLAB_") || name.starts_with("LC_")) {
            command.env_remove(name);
        }
        for name in ["CI", "NO_COLOR"] {
            command.env_remove(name);
        }
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("COLORTERM", "truecolor")] {
            command.env(name, value);
        }
        command.env("XDG_STATE_HOME", folder.join("state"));
        variables.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).unwrap();
        let seen = Arc::new(Mutex::new(Seen { bytes: Vec::new(), screen: vt100::Parser::default() }));
        let (mut reader, heard) = (pair.master.try_clone_reader().unwrap(), Arc::clone(&seen));
        let deaf = Arc::new(AtomicBool::new(false));
        let is_deaf = Arc::clone(&deaf);
        let listen = move || {
            let mut bytes = [0; 4096];
            while !is_deaf.load(Ordering::Relaxed) {
                let Ok(read @ 1..) = reader.read(&mut bytes) else { break };
                let mut seen = heard.lock().unwrap();
                seen.bytes.extend(&bytes[..read]);
                seen.screen.process(&bytes[..read]);
            }
        };
        let (reader, keys) = (Some(thread::spawn(listen)), pair.master.take_writer().unwrap());
        Self { master: Some(pair.master), keys: Some(keys), child, seen, reader, deaf }
    }

    fn press(&mut self, keys: &str) {
        self.keys.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    fn picture(&self) -> String {
        self.seen.lock().unwrap().screen.screen().contents()
    }

    fn bytes(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap().bytes).into_owned()
    }

    /// Waits until the picture holds `text`.
    #[track_caller]
    fn expect(&self, text: &str) {
        self.wait(text, || self.picture().contains(text));
    }

    /// Waits until `text` was written.
    #[track_caller]
    fn expect_bytes(&self, text: &str) {
        self.wait(text, || self.bytes().contains(text));
    }

    #[track_caller]
    fn wait(&self, text: &str, is_there: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_there() {
            assert!(began.elapsed() < PATIENCE, "no {text:?}; on screen:\n{}", self.picture());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Takes the terminal away: no end of it stays open here.
    fn hang_up(&mut self) {
        self.deaf.store(true, Ordering::Relaxed);
        // What the program answers wakes the reader, which then leaves.
        self.press("j");
        self.reader.take().unwrap().join().unwrap();
        (self.keys, self.master) = (None, None);
    }

    /// Waits for the end.
    #[track_caller]
    fn end(&mut self, within: Duration) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < within, "still there; on screen:\n{}", self.picture());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

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
fn a_terminal_that_hangs_up_takes_the_interface_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(folder.path(), "", &[]);
    session.expect("experiments");
    session.hang_up();
    session.end(Duration::from_secs(2));
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
    session.expect("everywhere");
    let picture = session.picture();
    let lines: Vec<&str> = picture.lines().collect();
    assert!(lines[0].starts_with(" byolab › help"), "{picture}");
    assert!(lines[29].contains("q quit"), "{picture}");
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
    let written = std::fs::read_to_string(folder.path().join("byolab-smoke.txt")).unwrap();
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
        session.press(answer);
        session.expect_bytes(begins);
        session.press("\r");
        session.expect("images from 1 of 1600");
        session.press("q");
        assert!(session.end(PATIENCE).success());
    }
}
