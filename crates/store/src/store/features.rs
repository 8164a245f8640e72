//! What the encoder makes of images, as safetensors: `features`, `labels`, `indices` (places in the data set's own split,
//! which the metadata name) and `places` (among the images that were looked at); the step in the metadata.

use std::{collections::BTreeMap, io};

use anyhow::{Context, Result, bail, ensure};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::{ExperimentFolder, checkpoint::step_of, file};
use byolab_values::{data::Purpose, protocol::Features, tensors};

pub const FILE: &str = "features.safetensors";

/// The file of all images of a part: `features-test.safetensors`.
pub fn file_of(purpose: Purpose) -> String {
    format!("features-{}.safetensors", purpose.name())
}

impl ExperimentFolder {
    /// The features of a trial's newest evaluation; none where it has not been evaluated, or by a version that did not
    /// keep them.
    ///
    /// # Errors
    /// Where the file is there and cannot be read, or is damaged.
    pub fn features(&self, id: &str) -> Result<Option<Features>> {
        let path = self.holder(id).trial(id).join(FILE);
        match file::read(&path) {
            Ok(bytes) => of_bytes(&bytes)
                .map(Some)
                .with_context(|| format!("{} is damaged; the next evaluation replaces it", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

pub fn to_bytes(features: &Features, purpose: Purpose) -> Vec<u8> {
    let images = features.labels.len();
    let values: Vec<u8> = features.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let labels: Vec<u8> = features.labels.iter().flat_map(|label| label.to_le_bytes()).collect();
    let [places, indices] = [&features.places, &features.indices]
        .map(|places| places.iter().flat_map(|place| (*place as u64).to_le_bytes()).collect::<Vec<u8>>());
    let view = |dtype, shape, bytes| TensorView::new(dtype, shape, bytes).expect("features have a row for each image");
    let known = features.indices.len() == images;
    let mut views = vec![
        ("features", view(Dtype::F32, vec![images, features.dims], &values)),
        ("labels", view(Dtype::U16, vec![images], &labels)),
        ("places", view(Dtype::U64, vec![images], &places)),
    ];
    let mut metadata = BTreeMap::from([("step".to_string(), features.step.to_string())]);
    if known {
        views.push(("indices", view(Dtype::U64, vec![images], &indices)));
        metadata.insert("split".to_string(), purpose.split().to_string());
    }
    tensors::serialize(views, &metadata).expect("features can be written")
}

fn of_bytes(bytes: &[u8]) -> Result<Features> {
    let file = SafeTensors::deserialize(bytes)?;
    let tensor = |name, dtype| {
        let tensor = file.tensor(name)?;
        ensure!(tensor.dtype() == dtype, "its `{name}` are not {dtype:?}");
        Ok(tensor)
    };
    let values = tensor("features", Dtype::F32)?;
    let &[images, dims] = values.shape() else { bail!("its `features` are not rows") };
    let labels = numbers(tensor("labels", Dtype::U16)?.data(), u16::from_le_bytes);
    let whole = |bytes| u64::from_le_bytes(bytes) as usize;
    let places = numbers(tensor("places", Dtype::U64)?.data(), whole);
    // Earlier versions did not keep them.
    let indices = tensor("indices", Dtype::U64).map_or(Vec::new(), |indices| numbers(indices.data(), whole));
    ensure!(dims > 0 && labels.len() == images && places.len() == images, "its images lack features, labels or places");
    let values = numbers(values.data(), f32::from_le_bytes);
    Ok(Features { step: step_of(bytes)?, dims, values, labels, places, indices })
}

fn numbers<const N: usize, T>(bytes: &[u8], of: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (chunks, _) = bytes.as_chunks::<N>();
    chunks.iter().map(|chunk| of(*chunk)).collect()
}
