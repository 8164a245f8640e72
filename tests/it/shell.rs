//! What the program says of itself, and writes for shells and `man`.

use std::{fs, process::Output};

use crate::cli::byolab;

fn text(output: &Output) -> &str {
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
    std::str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn a_version_is_one_line_and_the_long_one_says_commit_features_and_processor() {
    let folder = tempfile::tempdir().unwrap();
    let [short, long] = ["-V", "--version"].map(|flag| byolab(folder.path(), flag));
    let (short, long): (Vec<&str>, Vec<&str>) = (text(&short).lines().collect(), text(&long).lines().collect());
    assert_eq!(short, [format!("byolab {}", env!("CARGO_PKG_VERSION"))]);
    assert_eq!((long[0], long.len()), (short[0], 4), "{long:?}");
    for (line, begin) in long[1..].iter().zip(["commit    ", "features  ", "cpu       "]) {
        assert!(line.starts_with(begin) && line.len() > begin.len(), "{line}");
    }
    let built_in = long[2].split("; without").next().unwrap();
    assert_eq!(built_in.contains("sqlite"), cfg!(feature = "sqlite"), "{built_in}");
}

#[test]
fn every_command_has_a_manual_page_and_none_tells_of_this_processor() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(text(&byolab(folder.path(), "man -o man1")), "");
    let page = |name: &str| fs::read_to_string(folder.path().join("man1").join(name)).unwrap();
    let names: Vec<String> = fs::read_dir(folder.path().join("man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for name in ["byolab.1", "byolab-run.1", "byolab-data.1", "byolab-data-fetch.1", "byolab-man.1"] {
        assert!(names.iter().any(|there| there == name), "{name} is not in {names:?}");
    }
    assert!(names.iter().all(|name| name.ends_with(".1") && !page(name).contains("\ncommit ")), "{names:?}");
    assert_eq!(page("byolab.1"), text(&byolab(folder.path(), "man")));
    assert_eq!(page("byolab-run.1"), text(&byolab(folder.path(), "man run")));

    byolab(folder.path(), "man data -o some");
    let some = fs::read_dir(folder.path().join("some")).unwrap().count();
    assert_eq!(some, 4, "data, and its list, fetch and verify");
}
