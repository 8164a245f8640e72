//! A workbench in a terminal of its own.

use std::{
    ffi::OsStr,
    fs::File,
    io::{Read, Write},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything here takes, also where other tests take the cores.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A workbench in a terminal of its own.
pub struct Session {
    pub master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    pub seen: Arc<Mutex<Seen>>,
    /// How the terminal treats keys while no program has changed that.
    untouched: String,
    /// Holds the terminal open for as long as it reads.
    reader: Option<JoinHandle<()>>,
    deaf: Arc<AtomicBool>,
}

/// What the program has written.
pub struct Seen {
    pub bytes: Vec<u8>,
    /// Time that the terminal rests after every few bytes.
    pub rest: Duration,
    pub screen: vt100::Parser,
}

/// The program that is tested.
pub const BYOLAB: &str = env!("CARGO_BIN_EXE_byolab");

fn mode(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

pub fn size((cols, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

impl Session {
    /// The workbench in `folder`, its state remembered there too.
    pub fn open(folder: &Path, arguments: &str, variables: &[(&str, &str)]) -> Self {
        Self::of(BYOLAB, arguments.split_whitespace(), folder, variables)
    }

    /// Any program in the place of the workbench.
    pub fn of<S: AsRef<OsStr>>(
        program: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = S>,
        folder: &Path,
        variables: &[(&str, &str)],
    ) -> Self {
        let pair = native_pty_system().openpty(size((80, 24))).unwrap();
        let untouched = mode(pair.master.as_ref());
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(folder);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BYOLAB_") || name.starts_with("LC_")) {
            command.env_remove(name);
        }
        for name in ["CI", "NO_COLOR", "TMUX"] {
            command.env_remove(name);
        }
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("COLORTERM", "truecolor")] {
            command.env(name, value);
        }
        command.env("XDG_STATE_HOME", folder.join("state"));
        variables.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).unwrap();
        let seen =
            Arc::new(Mutex::new(Seen { bytes: Vec::new(), rest: Duration::ZERO, screen: vt100::Parser::default() }));
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
                let rest = seen.rest;
                drop(seen);
                thread::sleep(rest);
            }
        };
        let (reader, keys) = (Some(thread::spawn(listen)), pair.master.take_writer().unwrap());
        Self { master: Some(pair.master), keys: Some(keys), child, seen, untouched, reader, deaf }
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    pub fn picture(&self) -> String {
        self.seen.lock().unwrap().screen.screen().contents()
    }

    pub fn bytes(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap().bytes).into_owned()
    }

    /// Waits until the picture holds `text`.
    #[track_caller]
    pub fn expect(&self, text: &str) {
        self.wait(text, || self.picture().contains(text));
    }

    /// Waits until `text` was written.
    #[track_caller]
    pub fn expect_bytes(&self, text: &str) {
        self.wait(text, || self.bytes().contains(text));
    }

    #[track_caller]
    pub fn wait(&self, text: &str, is_there: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_there() {
            assert!(began.elapsed() < PATIENCE, "no {text:?}; on screen:\n{}", self.picture());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The terminal as the program sees it.
    pub fn terminal(&self) -> File {
        File::options().read(true).write(true).open(self.master.as_ref().unwrap().tty_name().unwrap()).unwrap()
    }

    /// Forgets what was on screen.
    pub fn wipe(&self) {
        self.seen.lock().unwrap().screen = vt100::Parser::default();
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.pid() as i32).unwrap(), signal).unwrap();
    }

    /// How many bytes the program has written.
    pub fn written(&self) -> usize {
        self.seen.lock().unwrap().bytes.len()
    }

    /// Fails unless the terminal is as it was before the program: main screen, visible cursor, keys by the line.
    #[track_caller]
    pub fn assert_given_back(&self) {
        self.wait("main screen", || !self.seen.lock().unwrap().screen.screen().alternate_screen());
        assert!(!self.seen.lock().unwrap().screen.screen().hide_cursor(), "the cursor is hidden");
        assert_eq!(mode(self.master.as_ref().unwrap().as_ref()), self.untouched);
    }

    /// Takes the terminal away: no end of it stays open here.
    pub fn hang_up(&mut self) {
        self.deaf.store(true, Ordering::Relaxed);
        // What the program answers wakes the reader, which then leaves.
        self.press("j");
        self.reader.take().unwrap().join().unwrap();
        (self.keys, self.master) = (None, None);
    }

    /// Waits for the end.
    #[track_caller]
    pub fn end(&mut self, within: Duration) -> ExitStatus {
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
