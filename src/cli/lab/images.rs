//! The images that the workbench shows, read in a thread of their own: a large set takes seconds.

use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

use anyhow::{Result, anyhow, bail};

use byolab_faces::tui::guard;
use byolab_values::{
    data::{self, Dataset},
    plan::recipe::DataRecipe,
    process,
};

/// How long the thread that draws waits, so that images that are quickly read are shown at once.
const SOON: Duration = Duration::from_millis(50);

/// The images that were looked at last.
pub struct Cache {
    folder: PathBuf,
    known: Option<(DataRecipe, CachedDataset)>,
}

enum CachedDataset {
    Underway(Receiver<Result<Dataset>>),
    Here(Box<Dataset>),
}

impl Cache {
    /// Those of the datasets in a folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, known: None }
    }

    /// The images of a recipe; none while they are being read.
    ///
    /// # Errors
    /// They cannot be read; asking again tries again.
    pub fn of(&mut self, recipe: &DataRecipe) -> Result<Option<&Dataset>> {
        let reading = match self.known.take().filter(|(known, _)| known == recipe) {
            Some((_, reading)) => reading,
            None => self.begin(recipe)?,
        };
        let reading = match reading {
            CachedDataset::Here(images) => CachedDataset::Here(images),
            CachedDataset::Underway(answer) => match answer.recv_timeout(SOON) {
                Ok(images) => CachedDataset::Here(Box::new(images?)),
                Err(RecvTimeoutError::Timeout) => CachedDataset::Underway(answer),
                Err(RecvTimeoutError::Disconnected) => bail!("reading the images of {} broke off", recipe.name),
            },
        };
        let (_, reading) = self.known.insert((recipe.clone(), reading));
        Ok(if let CachedDataset::Here(images) = reading { Some(images) } else { None })
    }

    fn begin(&self, recipe: &DataRecipe) -> Result<CachedDataset> {
        let (recipe, folder) = (recipe.clone(), self.folder.clone());
        let (tell, answer) = channel();
        process::begin(move || {
            // Who looks elsewhere meanwhile does not hear the answer.
            let load = || data::load(&recipe, &folder);
            let _ = tell.send(guard::attempt(load).unwrap_or_else(|broken| Err(anyhow!(broken))));
        })?;
        Ok(CachedDataset::Underway(answer))
    }
}
