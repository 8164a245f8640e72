//! What the files of a crate import from each other, read from their text: as much of Rust as paths need.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::words::words;

/// A module's names from the crate's root on, which itself has none.
pub type Module = Vec<String>;

/// A file as the graph knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct File {
    pub module: Module,
    pub path: String,
}

/// `from` uses `name`, which `to` defines.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    pub from: File,
    pub to: File,
    pub name: String,
}

/// The files of a crate.
pub struct Crate {
    files: BTreeMap<Module, Text>,
}

impl Crate {
    /// Of files by their paths below the root's folder. A binary's root is a crate of its own and left out.
    pub fn new(files: &BTreeMap<PathBuf, String>) -> Self {
        let library = files.iter().filter(|(path, _)| path.as_path() != Path::new("main.rs"));
        Self { files: library.map(|(path, text)| (module(path), Text::read(path, text))).collect() }
    }

    /// All imports, each once.
    pub fn imports(&self) -> Vec<Import> {
        let mut found = BTreeSet::new();
        for (module, text) in &self.files {
            for path in &text.paths {
                let Some((to, name)) = self.definition(module, path, 0) else { continue };
                if to != *module {
                    let file = |module: &Module| File { module: module.clone(), path: self.files[module].path.clone() };
                    found.insert(Import { from: file(module), to: file(&to), name });
                }
            }
        }
        found.into_iter().collect()
    }

    /// The module and the name there of what `path`, written in the module `here`, leads to; nothing where that is a whole
    /// module or lies outside the crate.
    fn definition(&self, here: &[String], path: &[String], depth: usize) -> Option<(Module, String)> {
        assert!(depth < 64, "{path:?} in {here:?} never ends");
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.within(&[], rest, depth),
            "self" => self.within(here, rest, depth),
            "super" => self.definition_above(here, path, depth),
            _ if self.files.contains_key(&child(here, first)) => self.within(here, path, depth),
            _ => {
                // A name that stands for itself is another crate's.
                let stands = self.files[here].bound(first).filter(|stands| stands[0] != *first)?;
                self.definition(here, &[stands, rest].concat(), depth + 1)
            }
        }
    }

    fn definition_above(&self, here: &[String], path: &[String], depth: usize) -> Option<(Module, String)> {
        let ups = path.iter().take_while(|name| *name == "super").count();
        self.within(&here[..here.len().checked_sub(ups)?], &path[ups..], depth)
    }

    /// The same of a path that goes on inside the module `here`.
    fn within(&self, here: &[String], path: &[String], depth: usize) -> Option<(Module, String)> {
        let (first, rest) = path.split_first()?;
        let child = child(here, first);
        let text = &self.files[here];
        if self.files.contains_key(&child) {
            self.within(&child, rest, depth)
        } else if let Some(stands) = text.bound(first) {
            self.definition(here, &[stands, rest].concat(), depth + 1)
        } else if text.defined.contains(first) {
            // What a module names itself hides what its globs bring, which may take it from here.
            Some((here.to_vec(), first.clone()))
        } else {
            let through = |glob: &Vec<String>| self.definition(here, &[&glob[..], path].concat(), depth + 1);
            let mut globbed = text.globs.iter().filter_map(through);
            // What nobody defines comes of a macro here.
            let own = || Some((here.to_vec(), first.clone()));
            globbed.find(|(module, name)| self.files[module].defined.contains(name)).or_else(own)
        }
    }
}

/// What one file says, comments and tests left out.
#[derive(Default)]
struct Text {
    path: String,
    /// Names that `use` brings, each with the path that it stands for.
    bound: Vec<(String, Vec<String>)>,
    /// `a::b` of each `use a::b::*`.
    globs: Vec<Vec<String>>,
    /// Whatever is named by `fn`, `struct` and the like.
    defined: BTreeSet<String>,
    /// All paths of the code, those of `use` included.
    paths: BTreeSet<Vec<String>>,
}

/// Words after which something gets its name.
const DEFINING: &[&str] = &["fn", "struct", "enum", "union", "trait", "type", "const", "static", "mod", "macro_rules"];

impl Text {
    fn read(path: &Path, text: &str) -> Self {
        let mut read = Self { path: path.to_str().expect("names are ASCII").to_owned(), ..Self::default() };
        let words = words(text);
        // Depths at which modules within the file began.
        let mut inline = Vec::new();
        let (mut place, mut depth) = (0, 0);
        while place < words.len() {
            match words[place].as_str() {
                "#" if is_test(&words[place..]) => {
                    place += item(&words[place..]);
                    continue;
                }
                "use" if words[place + 1] != "<" => {
                    let end = place + words[place..].iter().position(|word| word == ";").expect("a use ends");
                    read.import(&words[place + 1..end], &[], inline.len());
                    place = end;
                }
                "mod" if words.get(place + 2).is_some_and(|word| word == "{") => inline.push(depth),
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    inline.pop_if(|began| *began == depth);
                }
                word if DEFINING.contains(&word) => {
                    let skipped = words[place + 1..]
                        .iter()
                        .take_while(|word| ["mut", "!", "unsafe", "fn"].contains(&word.as_str()));
                    let name = place + 1 + skipped.count();
                    read.defined.extend(words.get(name).cloned());
                    place = name;
                }
                word if is_name(word) => {
                    let path = path_at(&words[place..]);
                    place += 2 * path.len() - 1;
                    if path.len() > 1 {
                        read.paths.insert(outward(path, inline.len()));
                    }
                    continue;
                }
                _ => {}
            }
            place += 1;
        }
        read
    }

    /// Takes the words of a `use` behind `before`.
    fn import(&mut self, words: &[String], before: &[String], inline: usize) {
        let path = path_at(words);
        let rest = &words[(2 * path.len()).min(words.len())..];
        let mut full = [before, &path].concat();
        // A macro's `$name`: whoever it stands for is its own module's child.
        if full.is_empty() {
            return;
        }
        match rest.first().map(String::as_str) {
            Some("{") => split(&rest[1..rest.len() - 1]).into_iter().for_each(|tree| self.import(tree, &full, inline)),
            Some("*") if inline == 0 => self.globs.push(full),
            Some("*") => {}
            _ => {
                let named = words.iter().position(|word| word == "as").map(|place| words[place + 1].clone());
                if full.last().is_some_and(|name| name == "self") && full.len() > 1 {
                    full.pop();
                }
                let name = named.unwrap_or_else(|| full[full.len() - 1].clone());
                self.paths.insert(outward(full.clone(), inline));
                if inline == 0 {
                    self.bound.push((name, full));
                }
            }
        }
    }

    fn bound(&self, name: &str) -> Option<&[String]> {
        self.bound.iter().find(|(bound, _)| bound == name).map(|(_, stands)| stands.as_slice())
    }
}

/// A path as the file's own module would write it that stands `inline` modules deeper in the file.
fn outward(path: Vec<String>, inline: usize) -> Vec<String> {
    let ups = path.iter().take_while(|name| *name == "super").count();
    match ups.min(inline) {
        0 => path,
        inner if inner == ups => [&["self".to_owned()], &path[ups..]].concat(),
        inner => path[inner..].to_vec(),
    }
}

/// `a :: b :: c` at the beginning of `words`.
fn path_at(words: &[String]) -> Vec<String> {
    let mut path = Vec::new();
    for pair in words.chunks(2) {
        if !is_name(&pair[0]) {
            break;
        }
        path.push(pair[0].clone());
        if pair.get(1).is_none_or(|word| word != "::") {
            break;
        }
    }
    path
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The parts between commas that are in no braces.
fn split(words: &[String]) -> Vec<&[String]> {
    let mut depth = 0;
    let parts = words.split(|word| {
        depth += i32::from(word == "{") - i32::from(word == "}");
        depth == 0 && word == ","
    });
    parts.filter(|part| !part.is_empty()).collect()
}

/// Whether `#[cfg(test)]` stands here.
fn is_test(words: &[String]) -> bool {
    words.len() > 5 && words[1..6].iter().map(String::as_str).eq(["[", "cfg", "(", "test", ")"])
}

/// How many words an item takes, its attributes included.
fn item(words: &[String]) -> usize {
    let mut depth = 0;
    for (place, word) in words.iter().enumerate() {
        match word.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 && ["}", ";"].contains(&word.as_str()) {
            return place + 1;
        }
    }
    words.len()
}

fn child(module: &[String], name: &str) -> Module {
    [module, &[name.to_owned()]].concat()
}

/// `a/b.rs` and `a/b/mod.rs` are a::b.
fn module(path: &Path) -> Module {
    let mut names: Module =
        path.with_extension("").iter().map(|name| name.to_str().expect("names are ASCII").to_owned()).collect();
    names.pop_if(|name| ["mod", "lib"].contains(&name.as_str()));
    names
}
