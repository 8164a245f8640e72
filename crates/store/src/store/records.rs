//! Every event of a trial, for those who want more than a [`super::Run`] keeps of them.

use std::{io, mem::discriminant};

use anyhow::{Context, Result};

use super::{ExperimentFolder, file, recorder::EVENTS};
use byolab_values::protocol::{Record, What};

impl ExperimentFolder {
    /// The events of a trial in their order, those that a resumption made void left out; none where it was not begun. A
    /// line that cannot be read is left out, as everywhere.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn records(&self, id: &str) -> Result<Vec<Record>> {
        let path = self.holder(id).trial(id).join(EVENTS);
        let bytes = match file::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            bytes => bytes.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let mut records: Vec<Record> = Vec::new();
        let mut begun_at = 0;
        for record in bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Record>(line).ok())
        {
            let step = record.event.step;
            if matches!(record.event.what, What::Started { .. }) {
                records.retain(|earlier| earlier.event.step <= step);
                begun_at = step;
            } else if step == begun_at && is_measured(&record.event.what) {
                // Measured anew where training began anew.
                let kind = discriminant(&record.event.what);
                records.retain(|earlier| earlier.event.step < step || discriminant(&earlier.event.what) != kind);
            }
            records.push(record);
        }
        Ok(records)
    }
}

fn is_measured(what: &What) -> bool {
    matches!(what, What::Evaluated { .. } | What::Spectrum { .. })
}
