//! `data`: where the datasets are, whether they are whole, and fetching them.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use super::{
    Exit,
    args::{Data, Verify},
    fetch, print, print_json,
};
use byolab_values::{
    data::{self, Split},
    plan::{Problems, problem::Spot, recipe::DataRecipe, words::count},
};

/// What is in the data folder.
#[derive(Serialize)]
struct DataDocument {
    schema_version: u32,
    folder: PathBuf,
    datasets: Vec<ListedDataset>,
}

/// A dataset and whether its files are in the data folder.
#[derive(Serialize)]
struct ListedDataset {
    name: &'static str,
    about: &'static str,
    /// None where they are, as far as can be seen without reading them.
    problem: Option<String>,
}

/// Lists, verifies or fetches.
///
/// # Errors
/// A dataset that does not exist, is not whole or cannot be fetched.
pub fn data(folder: &Path, quiet: bool, asked: &Data) -> Result<Exit> {
    match asked {
        Data::List(answer) => {
            let datasets = data::DATASETS.iter().map(|entry| listed(entry, folder)).collect();
            let document = DataDocument { schema_version: 1, folder: folder.to_owned(), datasets };
            if answer.json { print_json(&document) } else { print(&document.text()) }
        }
        Data::Verify(asked) => print(&verify(folder, asked)?),
        Data::Fetch(asked) => fetch::fetch(folder, quiet, asked),
    }
}

impl DataDocument {
    fn text(&self) -> String {
        let line = |listed: &ListedDataset| {
            let state = listed.problem.as_deref().unwrap_or(READY).replace('\n', "\n               ");
            format!("{:<14} {}\n               {state}\n", listed.name, listed.about)
        };
        let head = format!("in {}; `byolab data verify NAME` reads all of a set\n\n", self.folder.display());
        head + &self.datasets.iter().map(line).collect::<String>()
    }
}

/// What is said of a dataset that has all its files.
pub const READY: &str = "ready";

/// What `doctor` and `list` say of one dataset, whose files they do not read; nothing where they are there.
pub fn problem(name: &str, folder: &Path) -> Option<String> {
    if name == "folder" {
        return Some("yours: `byolab data verify folder --path PATH` looks at it".into());
    }
    let mut parts = [Split::Train, Split::Test].into_iter();
    parts.find_map(|part| data::look(&recipe(name, ""), folder, part).err()).map(|error| format!("{error:#}"))
}

fn listed(entry: &data::DatasetEntry, folder: &Path) -> ListedDataset {
    ListedDataset { name: entry.name(), about: entry.about(), problem: problem(entry.name(), folder) }
}

/// Reads all of a dataset, both splits, and says what it holds.
fn verify(folder: &Path, Verify { name, path }: &Verify) -> Result<String> {
    data::entry(name)?;
    if (name == "folder") == path.is_none() {
        let text = format!("--path says where the dataset `folder` is, seen from {}", folder.display());
        return Err(Problems::from(Spot::named(name).problem(text, None)).into());
    }
    let asked = recipe(name, path.as_deref().unwrap_or_default());
    let data = data::load(&asked, folder)?;
    let (images, classes) = (data.train.len() + data.held_out.len(), data.classes.len());
    let mut text = format!("{name} is whole: {} of {classes} classes\n", count(images, "training image"));
    text.extend(data.notes.iter().map(|note| format!("{note}\n")));
    // Whoever has a folder of images may have no test split.
    match data::look(&asked, folder, Split::Test) {
        Err(reason) if name == "folder" => text += &format!("no test split: {reason:#}\n"),
        _ => {
            let test = data::test(&asked, folder)?;
            text += &format!("test split: {}\n", count(test.images.len(), "image"));
            text.extend(test.notes.iter().map(|note| format!("{note}\n")));
        }
    }
    Ok(text)
}

fn recipe(name: &str, path: &str) -> DataRecipe {
    DataRecipe { name: name.into(), path: path.into(), limit: 0, held_out: 1, ..DataRecipe::default() }
}
