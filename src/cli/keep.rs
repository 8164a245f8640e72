//! What the workbench writes outside the store: pictures, experiments, and where its user was.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use byolab_faces::{report, tui::UserMemory};
use byolab_store::chart::Figure;
use byolab_values::{
    file,
    folders::xdg,
    plan::{Overrides, Plan, library::FOLDER},
};

/// Writes a picture beside others in the folder that the program was started in: `byolab-grid.txt`, `byolab-grid-2.txt`.
pub fn picture(name: &str, picture: &str) -> Result<PathBuf> {
    new_path(name, ".txt", |path| write_new(path, picture))
}

/// Writes figures as SVG and PNG into a folder beside the pictures, each named after what it shows.
pub fn figures(name: &str, figures: &[&Figure]) -> Result<PathBuf> {
    let folder = new_path(name, "-charts", |path| fs::create_dir(path))?;
    let mut distinct = report::Distinct::default();
    for figure in figures {
        let name = distinct.name(&figure.title);
        for (extension, bytes) in [("svg", report::svg(figure).into_bytes()), ("png", report::png(figure)?)] {
            let path = folder.join(format!("{name}.{extension}"));
            fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(folder)
}

/// Makes what was not there, under the first name that is not taken.
fn new_path(name: &str, suffix: &str, make: impl Fn(&Path) -> io::Result<()>) -> Result<PathBuf> {
    let stem = if name.is_empty() { "byolab".into() } else { format!("byolab-{name}") };
    let named = |n: u32| PathBuf::from(if n == 1 { format!("{stem}{suffix}") } else { format!("{stem}-{n}{suffix}") });
    for path in (1..).map(named) {
        match make(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.with_context(|| format!("cannot write {}", path.display())).map(|()| path),
        }
    }
    unreachable!("there is always a number that is not taken")
}

/// Writes what the overrides leave of an experiment as `experiments/NAME.toml`.
pub fn save(plan: &Plan, overrides: &Overrides, name: &str) -> Result<PathBuf> {
    let good = |char: char| char.is_ascii_alphanumeric() || "-_".contains(char);
    if name.is_empty() || !name.chars().all(good) {
        bail!("not saved: a name holds letters, digits, - and _ only");
    }
    let path = Path::new(FOLDER).join(name).with_extension("toml");
    let text = plan.experiment.narrowed(name, overrides)?;
    fs::create_dir_all(FOLDER).with_context(|| format!("cannot write {FOLDER}"))?;
    match write_new(&path, &text) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => bail!("{} is there already", path.display()),
        written => written.with_context(|| format!("cannot write {}", path.display())).map(|()| path),
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    fs::OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

/// What was remembered about the store at `root`; the default where nothing was, or where it cannot be read.
pub fn recall(root: &Path) -> UserMemory {
    let text = place(root).and_then(|path| fs::read(path).ok());
    text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// Remembers for the next time. A workbench that cannot remember is no worse at anything else, so errors are dropped.
pub fn remember(root: &Path, memory: &UserMemory) {
    let Some(path) = place(root) else { return };
    let text = serde_json::to_vec_pretty(memory).expect("a memory has a text");
    let made = fs::create_dir_all(path.parent().expect("the file is in a folder"));
    let _ = made.and_then(|()| file::replace(&path, &text));
}

/// Where a reading of an experiment's runs may be kept: in the XDG cache folder.
pub fn index(root: &Path, experiment: &str) -> Option<PathBuf> {
    Some(own(root, "XDG_CACHE_HOME", ".cache")?.join(experiment))
}

/// The file in which a store's user is remembered, in the XDG state folder.
fn place(root: &Path) -> Option<PathBuf> {
    Some(own(root, "XDG_STATE_HOME", ".local/state")?.with_extension("json"))
}

/// Writes a text that was copied into `copied.txt` in the XDG state folder, or where there is none in this one.
pub fn copied(text: &str) -> Result<PathBuf> {
    let folder = xdg("XDG_STATE_HOME", ".local/state").unwrap_or_default();
    let path = folder.join("copied.txt");
    let write = || fs::create_dir_all(&folder).and_then(|()| fs::write(&path, text));
    write().with_context(|| format!("cannot write {}", path.display())).map(|()| path)
}

/// Where compiled kernels may be kept: in the XDG cache folder.
#[cfg(feature = "engine")]
pub fn kernels() -> Option<PathBuf> {
    Some(xdg("XDG_CACHE_HOME", ".cache")?.join("kernels"))
}

/// What is ours about a store in an XDG folder, named after a hash of the store's path: the store itself may be one that
/// can only be read.
fn own(root: &Path, variable: &str, below_home: &str) -> Option<PathBuf> {
    let folder = xdg(variable, below_home)?;
    let root = fs::canonicalize(root).or_else(|_| std::path::absolute(root)).ok()?;
    let hash = Sha256::digest(root.as_os_str().as_encoded_bytes());
    let name: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Some(folder.join(name))
}
