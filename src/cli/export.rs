//! `export`: an encoder as the files that PyTorch's packages and onnxruntime load, or its features as numpy's arrays.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{
    Exit,
    args::{self, Common, ExportFormat},
    encoder::Encoder,
    tell,
};
use byolab_values::{
    file,
    plan::{Problems, problem::Spot},
    weights::export::{self, Files, Package},
};

/// Writes the files into their folder.
///
/// # Errors
/// Everything that is wrong with encoder, images and flags, at once; a disk that cannot be written.
pub fn run(common: &Common, asked: &args::Export) -> Result<Exit> {
    let package = match asked.format {
        ExportFormat::Torchvision => Package::Torchvision,
        ExportFormat::Timm => Package::Timm,
        ExportFormat::Safetensors => Package::Plain,
        ExportFormat::Onnx => Package::Onnx,
        ExportFormat::Numpy => return write(asked, &arrays(common, asked)?),
    };
    let encoder = Encoder::find(common, &asked.named)?;
    let (name, pixels, about) = (encoder.name.clone(), encoder.pixels(), encoder.metadata.clone());
    let found = encoder.found()?;
    let files = export::files(&found, &pixels, &about, package);
    write(asked, &files.map_err(|text| Problems::from(Spot::named(name).problem(text, None)))?)
}

/// Into the folder that is asked for, else one of the encoder's name.
fn write(asked: &args::Export, files: &Files) -> Result<Exit> {
    let named = || {
        let stem = Path::new(&asked.named.encoder).file_stem().unwrap_or_default();
        PathBuf::from("exports").join(stem)
    };
    let folder = asked.output.clone().unwrap_or_else(named);
    for (name, bytes) in files {
        let path = folder.join(name);
        let written = fs::create_dir_all(&folder).and_then(|()| file::replace(&path, bytes));
        written.with_context(|| format!("cannot write {}", path.display()))?;
        tell(&path.display().to_string());
    }
    Ok(Exit::Good)
}

#[cfg(not(feature = "engine"))]
fn arrays(_: &Common, _: &args::Export) -> Result<Files> {
    anyhow::bail!(super::NO_ENGINE)
}

/// Features, labels and places in the data set of all images of a part.
#[cfg(feature = "engine")]
fn arrays(common: &Common, asked: &args::Export) -> Result<Files> {
    use super::{args::SplitArg, encoder};
    use byolab_engine::{evaluation, values, workers};
    use byolab_values::{data::UNLABELLED, weights::export::npy};

    // Nothing is judged: there need not be so many images.
    let probes = ["probes.knn_k=1", "probes.test=true"].map(String::from).into_iter();
    let probes = probes.take(if asked.part == SplitArg::Test { 2 } else { 1 });
    let (encoder, recipe) = encoder::with_images(common, &asked.named, &asked.images, probes)?;
    let opened = common.open_device()?;
    let data = encoder::load(common, &encoder, &asked.images, &recipe)?;
    let mut learner = encoder::learner(&encoder, &recipe, data.classes.len(), &opened.device)?;
    let (images, places) = data.images_for(asked.part.into()).context("the test split was not loaded")?;
    let all: Vec<usize> = (0..images.len()).collect();
    let device = &opened.device;
    let features = workers::among(device, || evaluation::plain(&mut learner, &data, images, &all, device));
    let shape = features.dims();
    let label = |label: &_| if *label == UNLABELLED { -1 } else { i64::from(*label) };
    let labels: Vec<i64> = images.labels.iter().map(label).collect();
    let places: Vec<i64> = places.into_iter().map(|place| place as i64).collect();
    Ok(vec![
        ("features.npy", npy::floats(&shape, &values(features))),
        ("labels.npy", npy::integers(&labels)),
        ("places.npy", npy::integers(&places)),
        ("load.py", include_bytes!("export.py").to_vec()),
    ])
}
