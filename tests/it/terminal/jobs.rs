//! The workbench as a job of a shell: stopped, and going on.

use rustix::process::Signal;

use super::session::{BYOLAB, PATIENCE, Session};

#[test]
fn ctrl_z_gives_the_terminal_back_and_the_shell_goes_on_with_a_whole_picture() {
    let folder = tempfile::tempdir().unwrap();
    let shell = r#"set -m; "$0"; echo "shell: $?"; read -r line; fg"#;
    let mut session = Session::of("sh", ["-c", shell, BYOLAB], folder.path(), &[]);
    session.expect("q quit");
    session.press("\x1a");
    // 128 and the number of SIGTSTP.
    session.expect("shell: 148");
    session.assert_given_back();
    session.wipe();
    session.press("\r");
    session.expect("experiments");
    session.expect("q quit");
    session.press("q");
    assert!(session.end(PATIENCE).success());
    session.assert_given_back();
}

#[test]
fn stopped_from_outside_it_draws_its_picture_again_when_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(folder.path(), "", &[]);
    session.expect("q quit");
    session.signal(Signal::STOP);
    session.wipe();
    session.signal(Signal::CONT);
    session.expect("experiments");
    session.expect("q quit");
    session.press("q");
    assert!(session.end(PATIENCE).success());
}
