//! However the workbench ends, the terminal is as it was before.

use std::time::Duration;

use byolab::tui;
use rustix::process::Signal;

use super::session::{PATIENCE, Session};
use crate::screens::lab::{Laboratory, Progress};

#[test]
fn a_terminal_that_hangs_up_takes_the_interface_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(folder.path(), "", &[]);
    session.expect("experiments");
    session.hang_up();
    session.end(Duration::from_secs(2));
}

#[test]
fn signals_that_end_it_give_the_terminal_back() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let folder = tempfile::tempdir().unwrap();
        let mut session = Session::open(folder.path(), "", &[]);
        session.expect("experiments");
        session.signal(signal);
        session.end(PATIENCE);
        session.assert_given_back();
    }
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_speaks() {
    let folder = tempfile::tempdir().unwrap();
    let breaking = format!("{}::a_workbench_that_breaks", module_path!().split_once("::").unwrap().1);
    let arguments = ["--exact", &breaking, "--ignored", "--nocapture"];
    let mut session = Session::of(std::env::current_exe().unwrap(), arguments, folder.path(), &[]);
    session.expect("target-decay");
    session.press("w");
    assert!(!session.end(PATIENCE).success());
    session.expect_bytes("the paper is jammed");
    session.assert_given_back();
}

/// What the test above runs in a process of its own.
#[test]
#[ignore = "takes over the terminal and breaks"]
fn a_workbench_that_breaks() {
    let lab = Laboratory { jams: true, ..Laboratory::at(Progress::Halfway) };
    tui::run(Box::new(lab), &tui::WorkbenchOptions::default()).unwrap();
}
