//! Several workbenches on one store.

use std::fs;

use super::session::{PATIENCE, Session};
use crate::fixture;

#[test]
fn several_workbenches_on_one_store_see_the_same_and_leave_alone() {
    let folder = tempfile::tempdir().unwrap();
    let plan = fixture::shown(folder.path());
    let mut sessions =
        ["--read-only", "", "--theme light"].map(|arguments| Session::open(folder.path(), arguments, &[]));
    sessions.iter().for_each(|session| session.expect("12/12"));
    fs::remove_dir_all(folder.path().join("runs/known").join(&plan.trials[0].id)).unwrap();
    sessions.iter().for_each(|session| session.expect("11/12"));
    let [first, others @ ..] = &mut sessions;
    first.press("q");
    assert!(first.end(PATIENCE).success());
    fs::remove_dir_all(folder.path().join("runs/known").join(&plan.trials[1].id)).unwrap();
    for session in others {
        session.expect("10/12");
        session.press("q");
        assert!(session.end(PATIENCE).success());
    }
}
