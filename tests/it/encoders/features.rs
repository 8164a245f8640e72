//! What the engine makes of images by encoders of others, and how they are judged.

use std::fs;

use byolab::{
    engine::{evaluation, values},
    plan::{Recipe, recipe::MethodRecipe},
    weights::{self, Hints},
};

use super::fixture;
use crate::{
    cli::{byolab, text},
    support::{Reference, assert_close},
    trace::{device, tensor},
};

#[test]
fn features_are_those_of_the_packages() {
    let file = Reference::read("encoders");
    let two = Hints { heads: Some(2), ..Hints::default() };
    for (name, images, hints) in [
        ("torchvision_resnet.pth", "images", Hints::default()),
        ("channels_last.pt", "images", Hints::default()),
        ("timm_resnet.pth", "images", Hints::default()),
        ("lightly.ckpt", "images", Hints::default()),
        ("lightly_children.pt", "images", Hints::default()),
        ("solo_learn.ckpt", "images", Hints::default()),
        ("moco.pth.tar", "images", Hints::default()),
        ("timm_vit.safetensors", "small", two.clone()),
        ("timm_vit_mean.safetensors", "small", two.clone()),
        ("torchvision_vit.pth", "small", two),
    ] {
        let known = weights::known(&fixture(name), &hints).unwrap();
        let learner = evaluation::found(&recipe(), known, 10, &device());
        let features = values(learner.features(tensor::<4>(&file, images)));
        let expected = file.values(name.split('.').next().unwrap());
        let largest = expected.iter().fold(1.0f32, |largest, value| largest.max(value.abs()));
        assert_close(name, &features, expected, 1e-4 * largest);
    }
}

/// A recipe without heads.
pub fn recipe() -> Recipe {
    Recipe { method: MethodRecipe::RandomInit(Default::default()), ..Recipe::default() }
}

#[test]
fn a_file_is_judged_by_the_probes_that_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = fixture("lightly.ckpt").display().to_string();
    let images = "--on synthetic --set data.limit=200;data.held_out=100;probes.linear_epochs=2 --device cpu";
    let output = byolab(folder.path(), &format!("eval {path} {images} --json --probe knn,linear,stages,factors"));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["train"], &told["held_out"]), (&200.into(), &100.into()));
    assert_eq!((&told["prefix"], &told["features"]), (&"state_dict.backbone.".into(), &16.into()));
    assert_eq!(told["mean"][0], 0.485f32, "ImageNet's, where a file says nothing");
    let names: Vec<&String> = told["metrics"].as_object().unwrap().keys().collect();
    assert!(
        names.iter().all(|name| name.starts_with("factor.") || name.ends_with(".top1")) && names.len() > 3,
        "{names:?}"
    );
    let plain = byolab(folder.path(), &format!("eval {path} {images} --probe knn --normalize own"));
    let knn = told["metrics"]["knn.top1"].as_f64().unwrap();
    assert!(text(&plain.stdout).starts_with("knn.top1 ") && text(&plain.stdout).lines().count() == 1);
    assert!(text(&plain.stderr).contains("behind \"state_dict.backbone.\"") && knn > 0.0, "{}", text(&plain.stderr));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
}

/// Judged by the very images that it was trained beside, it is worth what its run says.
#[test]
fn a_stored_encoder_is_judged_as_its_run_was() {
    let folder = tempfile::tempdir().unwrap();
    let experiment = "seeds = [0]\n[recipe.data]\nname = 'synthetic'\nlimit = 256\nheld_out = 40\n\
        [recipe.encoder]\nname = 'resnet18'\nwidth = 4\n[recipe.method]\nname = 'simclr'\n\
        [recipe.train]\nbatch = 32\nepochs = 1\n[recipe.probes]\nlinear_epochs = 2\nknn_k = 20\n";
    fs::write(folder.path().join("one.toml"), experiment).unwrap();
    let run = byolab(folder.path(), "run one.toml --device cpu");
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let listed: serde_json::Value = serde_json::from_slice(&byolab(folder.path(), "list one --json").stdout).unwrap();
    let trial = listed["experiments"][0]["runs"][0]["trial"].as_str().unwrap();
    let shown: serde_json::Value =
        serde_json::from_slice(&byolab(folder.path(), &format!("show {trial} --json")).stdout).unwrap();
    for encoder in [trial.to_owned(), format!("runs/one/{trial}/encoder.safetensors")] {
        let same = "--on synthetic --set data.limit=256;data.held_out=40;probes.linear_epochs=2;probes.knn_k=20";
        let output = byolab(folder.path(), &format!("eval {encoder} {same} --device cpu --json"));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        for name in ["knn.top1", "linear.top1", "effective_rank"] {
            let [found, expected] = [&told, &shown].map(|document| document["metrics"][name].as_f64().unwrap());
            assert!((found - expected).abs() <= 1e-6 * expected.abs(), "{encoder}, {name}: {found}, {expected}");
        }
    }
}

/// A file stands beside methods that are trained, on the same images; its hash is in the trial's name.
#[test]
fn an_encoder_in_a_file_stands_in_an_experiment() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::copy(fixture("lightly.ckpt"), at("mine.ckpt")).unwrap();
    let experiment = |path: &str| {
        format!(
            "seeds = [0]\n[recipe.data]\nname = 'synthetic'\nlimit = 256\nheld_out = 40\n\
             [recipe.encoder]\nname = 'convnet'\nwidth = 4\n[recipe.train]\nbatch = 64\nepochs = 1\n\
             [recipe.probes]\nlinear_epochs = 2\nknn_k = 20\n\
             [[axis]]\nkey = 'method'\nvalues = ['simclr', {{ name = 'encoder', path = '{path}' }}]\n"
        )
    };
    fs::write(at("both.toml"), experiment("mine.ckpt")).unwrap();
    let run = byolab(folder.path(), "run both.toml --device cpu");
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let trials = || {
        let listed: serde_json::Value =
            serde_json::from_slice(&byolab(folder.path(), "plan both.toml --json").stdout).unwrap();
        let ids = listed["trials"].as_array().unwrap().iter().map(|trial| trial["trial"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let before = trials();
    let eval =
        "--set data.limit=256;data.held_out=40;probes.linear_epochs=2;probes.knn_k=20 --on synthetic --normalize own";
    let alone = byolab(folder.path(), &format!("eval mine.ckpt {eval} --device cpu --json"));
    let alone: serde_json::Value = serde_json::from_slice(&alone.stdout).unwrap();
    let shown: serde_json::Value =
        serde_json::from_slice(&byolab(folder.path(), &format!("show {} --json", before[1])).stdout).unwrap();
    for name in ["knn.top1", "linear.top1", "effective_rank"] {
        assert_eq!(shown["metrics"][name], alone["metrics"][name], "{name}");
    }
    fs::copy(fixture("lightly_children.pt"), at("mine.ckpt")).unwrap();
    let after = trials();
    assert!(before[0] == after[0] && before[1] != after[1], "{before:?} {after:?}");
    for (path, said) in
        [("gone.pt", "gone.pt: No such file"), ("/dev/zero", "it is no file"), ("", "write method.path")]
    {
        fs::write(at("wrong.toml"), experiment(path)).unwrap();
        let output = byolab(folder.path(), "plan wrong.toml");
        assert!(output.status.code() == Some(2) && text(&output.stderr).contains(said), "{}", text(&output.stderr));
    }
    let vit = fixture("timm_vit.safetensors").display().to_string();
    fs::write(at("wrong.toml"), experiment(&vit)).unwrap();
    let told = byolab(folder.path(), "plan wrong.toml");
    assert!(text(&told.stderr).contains("write data.side = 16"), "{}", text(&told.stderr));
}

#[test]
fn all_that_is_wrong_with_an_evaluation_is_told_at_once_and_nothing_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let vit = fixture("timm_vit.safetensors").display().to_string();
    let module = fixture("module.pt").display().to_string();
    for (arguments, said) in [
        (format!("eval {module} --on synthetik"), &["module.pt: it asks for torch.nn", "synthetik", "2 problems"][..]),
        (
            "eval nothing.pth --on synthetic".into(),
            &["nothing.pth: there is no file of this name, and no trial in runs"],
        ),
        (
            format!("eval {vit} --on synthetic --side 64"),
            &["it takes images of 16 pixels a side, not of 64", "--side 16"],
        ),
        (format!("eval {vit} --on cifar10 --normalize imagnet"), &["imagenet"]),
        (format!("eval {vit} --on synthetic --heads 3"), &["does not divide into 3 heads"]),
        (format!("eval {vit} --probe lineal"), &["linear"]),
        (format!("eval {vit} --on cifar10 --set data.held=5 --data none"), &["data.held_out"]),
    ] {
        let output = byolab(folder.path(), &arguments);
        let told = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{arguments}: {told}");
        assert!(said.iter().all(|said| told.contains(said)), "{arguments}: {told}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
