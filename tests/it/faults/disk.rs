//! What a disk holds after the power went: replays what a program wrote, and drops what it had not synced.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// A line of the trace.
pub struct Request {
    letter: char,
    path: PathBuf,
    more: String,
    bytes: Vec<u8>,
}

/// The requests of a trace, in their order.
pub fn trace(path: &Path) -> Vec<Request> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| {
            let parts: Vec<&str> = line.split('\t').collect();
            let [letter, path, more, digits] = parts[..] else { panic!("no line of a trace: {line}") };
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
            Request {
                letter: letter.chars().next().unwrap(),
                path: path.into(),
                more: more.into(),
                bytes: digits.as_bytes().chunks(2).map(byte).collect(),
            }
        })
        .collect()
}

impl Request {
    /// What was told on standard error, if that is what it is.
    pub fn told(&self) -> Option<&str> {
        (self.letter == 's').then(|| std::str::from_utf8(&self.bytes).unwrap())
    }

    /// Whether the disk changes by it.
    pub fn changes(&self) -> bool {
        !matches!(self.letter, 's' | 'o' | 'd' | 'x')
    }
}

/// What of the requests that were not synced has reached the disk.
#[derive(Clone, Copy, Debug)]
pub enum Loss {
    /// Nothing: neither names nor bytes.
    All,
    /// Names are there, the bytes behind them are not.
    Bytes,
    /// Names are there, and as many zeros as there should be bytes.
    Zeros,
    /// Bytes are there, new names are not.
    Names,
}

#[derive(Clone, Copy, PartialEq)]
enum Node {
    Folder,
    /// The place of its bytes.
    File(usize),
}

type Names = BTreeMap<PathBuf, Node>;

/// A folder as programs see it, and as the disk holds it. As strict as POSIX: a sync of a file says nothing of its name, one
/// of a folder nothing of its own name.
#[derive(Default)]
pub struct Disk {
    seen: Names,
    held: Names,
    /// Of each file, as seen and as held.
    bytes: Vec<[Vec<u8>; 2]>,
}

impl Disk {
    /// Does what was done.
    pub fn replay(&mut self, request: &Request) {
        let Request { letter, path, more, bytes } = request;
        match letter {
            'c' => match self.seen.get(path) {
                Some(Node::File(file)) if more == "cut" => self.bytes[*file][0].clear(),
                Some(_) => {}
                None => {
                    self.seen.insert(path.clone(), Node::File(self.bytes.len()));
                    self.bytes.push(Default::default());
                }
            },
            'w' => self.file(path)[0].extend(bytes),
            't' => self.file(path)[0].resize(more.parse().unwrap(), 0),
            'f' => self.sync(path),
            'm' => drop(self.seen.insert(path.clone(), Node::Folder)),
            'u' => drop(self.seen.remove(path)),
            'r' => {
                let node = self.seen.remove(path).expect("what is renamed is there");
                assert!(matches!(node, Node::File(_)), "a run renames files alone: {}", path.display());
                self.seen.insert(more.into(), node);
            }
            _ => {}
        }
    }

    fn file(&mut self, path: &Path) -> &mut [Vec<u8>; 2] {
        match self.seen.get(path) {
            Some(Node::File(file)) => &mut self.bytes[*file],
            _ => panic!("{} was not opened", path.display()),
        }
    }

    fn sync(&mut self, path: &Path) {
        if let Some(Node::File(_)) = self.seen.get(path) {
            let [seen, held] = self.file(path);
            held.clone_from(seen);
        } else {
            let within = |name: &PathBuf| name.parent() == Some(path);
            self.held.retain(|name, _| !within(name));
            self.held
                .extend(self.seen.iter().filter(|(name, _)| within(name)).map(|(name, node)| (name.clone(), *node)));
        }
    }

    /// Lays out in `to` what is left of `root`, which was there before.
    pub fn lay(&self, root: &Path, to: &Path, loss: Loss) {
        let names = if matches!(loss, Loss::All | Loss::Names) { &self.held } else { &self.seen };
        // Sorted: a folder before what is in it, and nothing within a folder that is not there.
        for (path, node) in names {
            let place = to.join(path.strip_prefix(root).unwrap());
            match node {
                _ if !place.parent().unwrap().exists() => {}
                Node::Folder => fs::create_dir_all(&place).unwrap(),
                Node::File(file) => fs::write(&place, self.left(*file, loss)).unwrap(),
            }
        }
    }

    fn left(&self, file: usize, loss: Loss) -> Vec<u8> {
        let [seen, held] = &self.bytes[file];
        match loss {
            Loss::All | Loss::Bytes => held.clone(),
            Loss::Names => seen.clone(),
            Loss::Zeros => {
                let mut left = held.clone();
                left.resize(seen.len().max(held.len()), 0);
                left
            }
        }
    }
}
