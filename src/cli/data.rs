//! `data`: where the datasets are, and whether they are whole.

use std::path::Path;

use anyhow::{Result, bail};
use serde::Serialize;

use super::{Exit, args::Data, print, print_json};
use crate::{data, plan::recipe::DataRecipe};

/// A dataset and whether it can be read from the data folder.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    about: &'static str,
    /// None where it is whole.
    problem: Option<String>,
}

/// Lists, or verifies one; fetching comes with a later version.
///
/// # Errors
/// A dataset that does not exist or is not whole.
pub fn data(folder: &Path, asked: &Data) -> Result<Exit> {
    match asked {
        Data::List(answer) => {
            let all: Vec<Listed> = data::DATASETS.iter().map(|entry| listed(entry, folder)).collect();
            if answer.json {
                return print_json(&all);
            }
            let line = |listed: &Listed| {
                format!(
                    "{:<12} {}\n             {}\n",
                    listed.name,
                    listed.about,
                    listed.problem.as_deref().unwrap_or("ready")
                )
            };
            print(&all.iter().map(line).collect::<String>())
        }
        Data::Verify(dataset) => {
            read(&dataset.name, folder)?;
            print(&format!("{} is whole\n", dataset.name))
        }
        Data::Fetch(dataset) => match read(&dataset.name, folder) {
            Ok(()) => print(&format!("{} is already there and whole\n", dataset.name)),
            Err(missing) => bail!("byolab does not download yet: {missing:#}"),
        },
    }
}

/// What `doctor` and `list` say of one dataset.
pub fn problem(name: &str, folder: &Path) -> Option<String> {
    read(name, folder).err().map(|error| format!("{error:#}"))
}

fn listed(entry: &data::Entry, folder: &Path) -> Listed {
    Listed { name: entry.name, about: entry.about, problem: problem(entry.name, folder) }
}

fn read(name: &str, folder: &Path) -> Result<()> {
    let recipe = DataRecipe { name: name.to_string(), limit: 10, held_out: 10, seed: 0 };
    data::load(&recipe, folder).map(drop)
}
