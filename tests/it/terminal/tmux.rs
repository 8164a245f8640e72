//! The workbench inside tmux, which stands between it and the terminal.

use std::{
    io,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use super::session::{BYOLAB, PATIENCE};
use crate::skip::skip;

/// A tmux server of its own, ended when dropped.
struct Tmux<'a> {
    folder: &'a Path,
}

impl<'a> Tmux<'a> {
    /// Starts the workbench in a window of 80x24.
    fn open(folder: &'a Path) -> io::Result<Self> {
        let tmux = Self { folder };
        let state = format!("XDG_STATE_HOME={}", folder.display());
        tmux.ask(&["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "-e", &state, BYOLAB])?;
        Ok(tmux)
    }

    fn ask(&self, arguments: &[&str]) -> io::Result<String> {
        let mut command = Command::new("tmux");
        command.args(["-u", "-S"]).arg(self.folder.join("tmux")).args(arguments);
        command.current_dir(self.folder).env_remove("TMUX").env_remove("CI");
        Ok(String::from_utf8_lossy(&command.output()?.stdout).into_owned())
    }

    fn picture(&self) -> String {
        self.ask(&["capture-pane", "-p"]).unwrap()
    }

    #[track_caller]
    fn expect(&self, text: &str) {
        let began = Instant::now();
        while !self.picture().contains(text) {
            assert!(began.elapsed() < PATIENCE, "no {text:?}; in tmux:\n{}", self.picture());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        let _ = self.ask(&["kill-server"]);
    }
}

#[test]
fn tmux_shows_the_workbench_at_every_size_and_its_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let Ok(tmux) = Tmux::open(folder.path()) else { return skip("no tmux") };
    tmux.expect("experiments");
    tmux.ask(&["send-keys", "/demo", "Enter", "Enter"]).unwrap();
    tmux.expect("byolab › demo");
    tmux.ask(&["resize-window", "-x", "120", "-y", "40"]).unwrap();
    let is_large = || tmux.picture().lines().nth(39).is_some_and(|footer| footer.contains("q quit"));
    let began = Instant::now();
    while !is_large() {
        assert!(began.elapsed() < PATIENCE, "{}", tmux.picture());
        thread::sleep(Duration::from_millis(20));
    }
    tmux.ask(&["send-keys", "v"]).unwrap();
    tmux.expect("▀");
    tmux.ask(&["send-keys", "q"]).unwrap();
    while !tmux.ask(&["list-sessions"]).unwrap().is_empty() {
        assert!(began.elapsed() < PATIENCE, "the workbench is still there");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_is_copied_inside_tmux_is_in_its_buffer() {
    let folder = tempfile::tempdir().unwrap();
    let Ok(tmux) = Tmux::open(folder.path()) else { return skip("no tmux") };
    tmux.expect("experiments");
    tmux.ask(&["send-keys", "/demo", "Enter", "Enter"]).unwrap();
    tmux.expect("byolab › demo");
    tmux.ask(&["send-keys", "v"]).unwrap();
    tmux.expect("image 1 of");
    tmux.ask(&["send-keys", "y"]).unwrap();
    tmux.expect("in tmux's buffer (prefix ] pastes it): [augment.my-no-color]");
    let buffer = tmux.ask(&["show-buffer"]).unwrap();
    assert!(buffer.starts_with("[augment.my-no-color]\nfirst = [\n"), "{buffer}");
}
