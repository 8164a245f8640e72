//! Between crates the compiler forbids circles of imports; between the files of one crate nobody does but this.
//!
//! A file imports another where a path of its code (`use` or not, tests left out) leads to something that the other
//! defines; what a module only passes on (`pub use`) is followed to whoever defines it. A module is made of its children,
//! so its imports of them are no edge: what they take from it (a trait, a shared value) is. Rooms are looked at too: a file
//! or folder with all that lies in it is one of its folder's rooms, and they must not go round either.

mod circles;
mod reading;
mod words;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use reading::Crate;

const CRATES: &[&str] = &["crates/values", "crates/store", "crates/engine", "crates/faces", "."];

/// The Rust files below a folder, by their paths in it.
fn sources(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.insert(path.strip_prefix(root).unwrap().to_path_buf(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn no_files_and_no_rooms_import_each_other_in_a_circle() {
    let mut found = Vec::new();
    for name in CRATES {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).join("src");
        let edges = Crate::new(&sources(&root)).imports();
        assert!(edges.len() > 20, "{name}: who imports nothing was not read");
        found.extend(circles::all(&edges).into_iter().map(|circle| format!("{name}: {circle}")));
    }
    assert!(found.is_empty(), "{} circles:\n{}", found.len(), found.join("\n"));
}

#[test]
fn burns_backends_are_named_in_one_file() {
    const NAMES: [&str; 4] = ["burn_cubecl", "burn_flex", "burn::backend", "burn::{\n    backend"];
    let engine = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/engine/src"));
    let naming = engine.iter().filter(|(_, text)| NAMES.iter().any(|name| text.contains(name)));
    assert_eq!(naming.map(|(path, _)| path.as_path()).collect::<Vec<_>>(), [Path::new("backend.rs")]);
}

#[test]
fn circles_are_seen_through_whatever_a_path_goes_by() {
    // Files of a crate, each `path: text`, and what is to be told of them.
    type Files = &'static [(&'static str, &'static str)];
    let cases: &[(&str, Files, &[&str])] = &[
        ("down only", &[("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b::B;"), ("b.rs", "pub struct B;")], &[]),
        (
            "two files",
            &[
                ("lib.rs", "mod a; mod b;"),
                ("a.rs", "use super::b::{self, B as C};"),
                ("b.rs", "fn f(a: crate::a::A) {}"),
            ],
            &["a.rs (A) <- b.rs (B) <- a.rs"],
        ),
        (
            "through a name passed on",
            &[
                ("lib.rs", "mod a; mod b; pub use b::{Inner as B}; pub use a::*;"),
                ("a.rs", "use crate::B; pub struct A;"),
                ("b.rs", "use super::A;"),
            ],
            &["a.rs (A) <- b.rs (Inner) <- a.rs"],
        ),
        (
            "through a module's own name, and what stands in no code",
            &[
                ("lib.rs", "mod a; mod b; mod c;"),
                ("a.rs", "use crate::b; fn f() { b::g() } // crate::c::h\n/* crate::c /* */ crate::c::h */"),
                (
                    "b.rs",
                    "use crate::a as first; fn g() { first::f(); let _ = (\"crate::c::h\", r#\"\"crate::c::h\"#, 'x', b'\"'); }",
                ),
                ("c.rs", "use crate::{a::f, b::g}; fn h<'a>(_: &'a str) {}"),
            ],
            &["a.rs (f) <- b.rs (g) <- a.rs"],
        ),
        (
            "tests may look anywhere",
            &[
                ("lib.rs", "mod a; mod b;"),
                ("a.rs", "use crate::b::B; #[cfg(test)] mod tests { use crate::b::B; }"),
                (
                    "b.rs",
                    "#[cfg(test)] use crate::a::A; #[cfg(test)]\n#[allow(unused)] mod tests { use crate::a::A; fn f() { crate::a::f() } }",
                ),
            ],
            &[],
        ),
        (
            "a module has its children, and they have it",
            &[
                ("lib.rs", "mod a;"),
                ("a/mod.rs", "mod b; pub struct A(b::B);"),
                ("a/b.rs", "use super::A; pub struct B;"),
            ],
            &[],
        ),
        (
            "a module does not have its children's users",
            &[
                ("lib.rs", "mod a; mod c;"),
                ("a.rs", "mod b; use crate::c::C; pub struct A;"),
                ("a/b.rs", "use super::A;"),
                ("c.rs", "use crate::a::b::B;"),
            ],
            &["a.rs (A) <- a/b.rs (B) <- c.rs (C) <- a.rs", "a (B) <- c (C) <- a"],
        ),
        (
            "rooms whose files go down",
            &[
                ("lib.rs", "mod a; mod c;"),
                ("a/mod.rs", "mod low; mod high;"),
                ("a/low.rs", "pub struct Low;"),
                ("a/high.rs", "use crate::c::C;"),
                ("c.rs", "use crate::a::low::Low;"),
            ],
            &["a (Low) <- c (C) <- a"],
        ),
    ];
    for (name, files, expected) in cases {
        let files = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
        assert_eq!(circles::all(&Crate::new(&files).imports()), *expected, "{name}");
    }
}

/// Children of a module from which on its head says what each holds.
const LARGE: usize = 8;

#[test]
fn large_rooms_say_at_their_heads_what_each_file_holds() {
    // Whose files are all of one kind need no more than that.
    let alike = |head: &str| head.to_lowercase().contains("one file each");
    let mut missing = Vec::new();
    for name in CRATES {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).join("src");
        for (path, text) in sources(&root) {
            let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
            let children: Vec<&str> = text.lines().filter_map(child).collect();
            if children.len() >= LARGE && !alike(&head) {
                let unsaid = children.into_iter().filter(|child| !head.contains(&format!("`{child}`")));
                missing.extend(unsaid.map(|child| format!("{name}/src/{}: `{child}`", path.display())));
            }
        }
    }
    assert!(missing.is_empty(), "no map has\n{}", missing.join("\n"));
}

/// The module that a line declares in a file of its own.
fn child(line: &str) -> Option<&str> {
    line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ")?.strip_suffix(';')
}
