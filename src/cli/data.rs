//! `data`: where the datasets are, whether they are whole, and fetching them.

use std::path::Path;

use anyhow::{Result, bail};
use serde::Serialize;

use super::{
    Exit,
    args::{Data, Verify},
    fetch, print, print_json,
};
use byolab_values::{
    data::{self, Dataset},
    plan::{recipe::DataRecipe, words::count},
};

/// A dataset and whether it can be read from the data folder.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    about: &'static str,
    /// None where it is whole.
    problem: Option<String>,
}

/// Lists, verifies or fetches.
///
/// # Errors
/// A dataset that does not exist, is not whole or cannot be fetched.
pub fn data(folder: &Path, quiet: bool, asked: &Data) -> Result<Exit> {
    match asked {
        Data::List(answer) => {
            let all: Vec<Listed> = data::DATASETS.iter().map(|entry| listed(entry, folder)).collect();
            if answer.json {
                return print_json(&all);
            }
            let line = |listed: &Listed| {
                let state = listed.problem.as_deref().unwrap_or("ready").replace('\n', "\n               ");
                format!("{:<14} {}\n               {state}\n", listed.name, listed.about)
            };
            print(&all.iter().map(line).collect::<String>())
        }
        Data::Verify(asked) => print(&verify(folder, asked)?),
        Data::Fetch(asked) => fetch::fetch(folder, quiet, asked),
    }
}

/// What `doctor` and `list` say of one dataset.
pub fn problem(name: &str, folder: &Path) -> Option<String> {
    if name == "folder" {
        return Some("yours: `byolab data verify folder --path PATH` looks at it".into());
    }
    read(name, "", folder).err().map(|error| format!("{error:#}"))
}

fn listed(entry: &data::Entry, folder: &Path) -> Listed {
    Listed { name: entry.name, about: entry.about, problem: problem(entry.name, folder) }
}

/// Reads all of a dataset, both splits, and says what it holds.
fn verify(folder: &Path, Verify { name, path }: &Verify) -> Result<String> {
    if (name == "folder") == path.is_none() {
        bail!("--path says where the dataset `folder` is, seen from {}", folder.display());
    }
    let path = path.as_deref().unwrap_or_default();
    let data = read(name, path, folder)?;
    let (images, classes) = (data.train.len() + data.held_out.len(), data.classes.len());
    let mut text = format!("{name} is whole: {} of {classes} classes\n", count(images, "training image"));
    text.extend(data.notes.iter().map(|note| format!("{note}\n")));
    match data::test(&recipe(name, path), folder) {
        Ok(test) => text += &format!("test split: {}\n", count(test.len(), "image")),
        // Whoever has a folder of images may have no test split.
        Err(reason) if name == "folder" => text += &format!("no test split: {:#}\n", reason.root_cause()),
        Err(reason) => return Err(reason),
    }
    Ok(text)
}

fn read(name: &str, path: &str, folder: &Path) -> Result<Dataset> {
    data::load(&recipe(name, path), folder)
}

fn recipe(name: &str, path: &str) -> DataRecipe {
    DataRecipe { name: name.into(), path: path.into(), limit: 0, held_out: 1, ..DataRecipe::default() }
}
