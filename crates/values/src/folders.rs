//! Where programs keep things: the XDG base directory specification.

use std::{env, path::PathBuf};

/// Our part of the XDG folder that a variable names, or else of that place below the home. None where there is neither. A
/// relative path is ignored, as the specification asks.
pub fn xdg(variable: &str, below_home: &str) -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let named = set(variable).filter(|folder| folder.is_absolute());
    let folder = named.or_else(|| Some(set("HOME")?.join(below_home)))?;
    Some(folder.join("byolab"))
}
