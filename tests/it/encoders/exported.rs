//! Encoders written for others: PyTorch's packages and onnxruntime load them strictly and make the same features.

use std::{fs, path::Path, process::Command};

use byolab::{
    engine::{
        burn::tensor::{Tensor, TensorData},
        evaluation,
        learner::Learner,
        state, values,
    },
    plan::catalog::encoders::Architecture,
    weights::{self, Hints, export::npy},
};

use super::{features::recipe, fixture};
use crate::{
    cli::{byolab, text},
    foreign::python,
    trace::device,
};

const SIDE: usize = 16;

/// Values from 0 to 255 without any order.
fn images() -> Vec<f32> {
    (0..2 * 3 * SIDE * SIDE).map(|at| (at * 7919 % 256) as f32).collect()
}

/// What the engine makes of the images by `learner`.
fn features(learner: &Learner, (mean, std): ([f32; 3], [f32; 3])) -> ([usize; 2], Vec<f32>) {
    let channel = |at: usize| at / (SIDE * SIDE) % 3;
    let pixels =
        images().into_iter().enumerate().map(|(at, value)| (value / 255.0 - mean[channel(at)]) / std[channel(at)]);
    let pixels = TensorData::new(pixels.collect::<Vec<_>>(), [2, 3, SIDE, SIDE]);
    let found = learner.features(Tensor::from_data(pixels, &device()));
    (found.dims(), values(found))
}

/// An encoder of ours, as a run keeps it.
fn ours(folder: &Path, name: Architecture, width: usize) -> String {
    let mut recipe = recipe();
    (recipe.encoder.name, recipe.encoder.width) = (name, width);
    let learner = Learner::new(&recipe, 10, &device());
    let path = folder.join(format!("{}.safetensors", name.name()));
    fs::write(&path, state::encoder(&learner, Default::default())).unwrap();
    path.display().to_string()
}

/// Exports it, and puts the images and our features beside it.
fn exported(folder: &Path, file: &str, format: &str, heads: Option<usize>) -> String {
    let hints = Hints { heads, ..Hints::default() };
    let known = weights::known(Path::new(file), &hints).unwrap();
    let learner = evaluation::found(&recipe(), known, 10, &device());
    let (shape, expected) = features(&learner, byolab::data::IMAGENET);
    let name = format!("{}-{format}", Path::new(file).file_stem().unwrap().display()).replace('.', "_");
    let flag = heads.map_or(String::new(), |heads| format!(" --heads {heads}"));
    let output = byolab(folder, &format!("export {file} --format {format} -o {name}{flag}"));
    assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output.stderr));
    let to = folder.join(&name);
    fs::write(to.join("images.npy"), npy::floats(&[2, 3, SIDE, SIDE], &images())).unwrap();
    fs::write(to.join("expected.npy"), npy::floats(&shape, &expected)).unwrap();
    to.display().to_string()
}

#[test]
fn others_load_what_is_exported_and_make_the_same_features() {
    // Gigabytes that no machine need have: no failure where nothing may be skipped.
    let Some(python) = python("torch, torchvision, timm, onnxruntime, safetensors") else {
        return eprintln!("skipped: no python with torch, torchvision, timm and onnxruntime");
    };
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    let file = |name: &str| fixture(name).display().to_string();
    let mut all = Vec::new();
    for (name, formats, heads) in [
        ("torchvision_resnet.pth", &["torchvision", "safetensors", "onnx"][..], None),
        ("solo_learn.ckpt", &["torchvision", "safetensors", "onnx"], None),
        ("moco.pth.tar", &["torchvision", "safetensors", "onnx"], None),
        ("timm_resnet.pth", &["safetensors", "onnx"], None),
        ("timm_vit.safetensors", &["timm"], Some(2)),
        ("timm_vit_mean.safetensors", &["timm"], Some(2)),
        ("torchvision_vit.pth", &["safetensors"], Some(2)),
    ] {
        all.extend(formats.iter().map(|format| exported(folder, &file(name), format, heads)));
    }
    for (name, width, formats) in [
        (Architecture::ConvNet, 8, &["safetensors", "onnx"][..]),
        (Architecture::WideResNet28, 8, &["safetensors", "onnx"]),
        (Architecture::ResNet18, 64, &["torchvision", "timm"]),
        (Architecture::ResNet50, 8, &["torchvision", "onnx"]),
    ] {
        let file = ours(folder, name, width);
        all.extend(formats.iter().map(|format| exported(folder, &file, format, None)));
    }
    let script = format!("{}/tests/foreign/load_encoders.py", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python).arg(script).args(all).output().unwrap();
    let told = format!("{}{}", text(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.contains("\nread\n"), "{told}");
}

#[test]
fn what_a_package_does_not_have_is_told_with_another_format() {
    let folder = tempfile::tempdir().unwrap();
    for (name, format, said) in [
        ("timm_resnet.pth", "torchvision", "use --format safetensors"),
        ("lightly.ckpt", "timm", "use --format torchvision"),
        ("timm_vit.safetensors", "torchvision", "use --format timm"),
        ("timm_vit.safetensors", "onnx", "torch.onnx.export"),
        ("module.pt", "onnx", "torch.nn.modules.linear.Linear"),
    ] {
        let output = byolab(folder.path(), &format!("export {} --format {format}", fixture(name).display()));
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn features_are_written_as_arrays_with_labels_and_places() {
    let folder = tempfile::tempdir().unwrap();
    let file = fixture("lightly.ckpt").display().to_string();
    let images = "--on synthetic --set data.limit=20;data.held_out=30 --device cpu -o out";
    let output = byolab(folder.path(), &format!("export {file} --format numpy {images}"));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let array = |name: &str| fs::read(folder.path().join("out").join(name)).unwrap();
    assert_eq!(array("features.npy").len(), 128 + 4 * 30 * 16);
    assert_eq!((array("labels.npy").len(), array("places.npy").len()), (128 + 8 * 30, 128 + 8 * 30));
}
