//! `byolab bench` as a process, and what training does where memory is short.

use std::sync::Arc;

use byolab::engine::burn::tensor::Device;
use byolab::{
    data,
    engine::{
        device::{self, Opened},
        kernel,
    },
    plan::{
        Trial,
        cost::{self, Normalised, Sharing},
        recipe::{Arithmetic, ByolRecipe, MethodRecipe, Precision, TargetNorm},
    },
    protocol::What,
    runner::{EngineTrainer, Trainer},
};

use crate::{
    cli::byolab,
    engine::{Ears, recipe},
    support::{skip, vulkan},
};

#[test]
fn a_sweep_is_a_line_for_each_value_and_goes_on_where_one_fails() {
    let folder = tempfile::tempdir().unwrap();
    // More images than an optimizer step can be made of do not divide into batches of 48.
    let sweep =
        "bench smoke --device cpu --json --only method=byol --sweep train.batch=16,48 --set train.optimizer_batch=64";
    let output = byolab(folder.path(), sweep);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let [whole, broken] = document["points"].as_array().unwrap().as_slice() else { panic!("two points") };
    let trial = &whole["trial"];
    assert!(trial["images_per_second"].as_f64().unwrap() > 0.0);
    let shares = trial["shares"].as_object().unwrap();
    assert_eq!(shares.keys().collect::<Vec<_>>(), ["backward", "forward", "update", "views"]);
    assert!((shares.values().map(|share| share.as_f64().unwrap()).sum::<f64>() - 1.0).abs() < 1e-6);
    assert!(trial["peak_bytes"].as_u64().unwrap() > 0 && trial["planned_bytes"].as_u64().unwrap() > 0);
    assert!(broken["trial"].is_null() && broken["error"].as_str().unwrap().contains("exit status: 2"), "{broken}");
}

/// What was said of the training, and how many trials have finished.
fn told(ears: &Ears) -> (Vec<&str>, usize) {
    let whats = || ears.events.iter().map(|(_, event)| &event.what);
    let notes = whats().filter_map(|what| if let What::Noted { text } = what { Some(text.as_str()) } else { None });
    (notes.collect(), whats().filter(|what| matches!(what, What::Finished { .. })).count())
}

#[test]
fn short_memory_has_activations_computed_again_and_too_little_is_told_with_a_remedy() {
    let mut recipe = recipe("convnet", 16);
    // A batch that outweighs what an evaluation takes.
    (recipe.data.limit, recipe.train.batch, recipe.train.optimizer_batch) = (256, 256, 256);
    recipe.train.epochs = 1;
    let normalised = kernel::normalised(&Device::flex());
    let [whole, again] =
        [Sharing::InTurn, Sharing::Checkpointed].map(|sharing| cost::memory(&[&recipe], sharing, normalised));
    assert!(again < whole);
    let images = Arc::new(data::load_for(&recipe, std::path::Path::new("")).unwrap());
    let trial = Trial { id: recipe.id(), cell: Default::default(), seed: 0, recipe };
    let train = |memory: u64| {
        let opened = Opened { memory: Some(memory + images.held() as u64), ..device::open("cpu").unwrap() };
        let mut ears = Ears::default();
        let result = EngineTrainer(opened).train(&[&trial], &images, vec![None], &mut ears);
        (result.map_err(|error| error.to_string()), ears)
    };
    let (result, ears) = train(whole);
    assert_eq!((result, told(&ears)), (Ok(()), (Vec::new(), 1)));
    let (result, ears) = train(again);
    let (notes, finished) = told(&ears);
    assert_eq!((result, finished), (Ok(()), 1));
    assert!(notes[0].contains("activations are computed again"), "{notes:?}");
    let (result, ears) = train(again - 1);
    assert!(result.unwrap_err().contains("lower train.batch"));
    assert_eq!(told(&ears).1, 0);
}

#[test]
fn what_a_gpu_does_otherwise_than_a_recipe_lets_expect_is_told_once() {
    let Some(opened) = vulkan() else { return };
    let mut recipe = recipe("convnet", 2);
    (recipe.train.epochs, recipe.augment.arithmetic) = (1, Arithmetic::Pillow);
    // A teacher that moves its statistics within a pass is all that is not recorded.
    let (target_norm, hidden) = (TargetNorm::Own, 8);
    let heads = ByolRecipe {
        projector_hidden: hidden,
        projector_out: hidden,
        predictor_hidden: hidden,
        ..ByolRecipe::default()
    };
    recipe.method = MethodRecipe::Byol(ByolRecipe { target_norm, ..heads });
    let images = Arc::new(data::load_for(&recipe, std::path::Path::new("")).unwrap());
    let trial = Trial { id: recipe.id(), cell: Default::default(), seed: 0, recipe };
    let mut ears = Ears::default();
    EngineTrainer(opened).train(&[&trial], &images, vec![None], &mut ears).unwrap();
    let beginnings = [
        "the device does not say how much",
        "convolutions are slow:",
        "steps are launched one by one:",
        "views are made on the host:",
    ];
    let (notes, finished) = told(&ears);
    let begins = |(note, beginning): (&&str, &str)| note.starts_with(beginning);
    assert_eq!((notes.len(), finished), (beginnings.len(), 1), "{notes:?}");
    assert!(notes.iter().zip(beginnings).all(begins), "{notes:?}");
}

#[test]
fn trials_train_at_the_same_time_where_memory_allows() {
    let mut recipe = recipe("convnet", 16);
    (recipe.data.limit, recipe.train.batch, recipe.train.optimizer_batch) = (256, 256, 256);
    let heat = [&recipe; 3];
    let ways = [Sharing::Abreast(3), Sharing::Abreast(2), Sharing::InTurn, Sharing::Checkpointed];
    let [three, two, one, again] = ways.map(|sharing| cost::memory(&heat, sharing, Normalised::Written));
    assert!(three > two && two > one && one > again);
    let recorded = cost::memory(&heat, Sharing::Recorded, Normalised::Written);
    assert!(recorded > three, "each has memory of its own, and an evaluation beside them");
    for (memory, fastest, expected) in [
        (Some(three), Sharing::Abreast(16), ways[0]),
        (Some(three), Sharing::Abreast(2), ways[1]),
        (Some(two - 1), Sharing::Abreast(2), ways[2]),
        (Some(three), Sharing::Abreast(1), ways[2]),
        (Some(one - 1), Sharing::Abreast(2), ways[3]),
        (Some(recorded), Sharing::Recorded, Sharing::Recorded),
        (Some(recorded - 1), Sharing::Recorded, ways[2]),
        (Some(one - 1), Sharing::Recorded, ways[3]),
        // Two gibibytes are taken to be there where nothing is known.
        (None, Sharing::Abreast(16), ways[0]),
    ] {
        assert_eq!(
            cost::fit(&heat, memory, fastest, Normalised::Written).unwrap().0,
            expected,
            "{memory:?} {fastest:?}"
        );
    }
    let mut large = recipe.clone();
    (large.data.limit, large.train.batch, large.train.optimizer_batch) = (4096, 4096, 4096);
    for fastest in [Sharing::Abreast(2), Sharing::Recorded] {
        assert_eq!(cost::fit(&[&large; 3], None, fastest, Normalised::Written).unwrap().0, ways[2], "{fastest:?}");
    }
}

/// Where it is read by the convolution that follows, a normalised map waits for no backward pass.
#[test]
fn memory_is_planned_for_what_a_device_writes() {
    for (encoder, width, less) in [("resnet18", 16, true), ("convnet", 8, true), ("resnet18", 12, false)] {
        let mut recipe = recipe(encoder, width);
        (recipe.data.limit, recipe.train.batch, recipe.train.optimizer_batch) = (1024, 1024, 1024);
        let [written, read] =
            [Normalised::Written, Normalised::Read].map(|how| cost::memory(&[&recipe], Sharing::InTurn, how));
        assert_eq!(read < written, less, "{encoder} {width}: {read} of {written}");
    }
}

#[test]
fn a_device_without_bf16_is_told_before_anything_is_trained() {
    let Some(opened) = vulkan() else { return };
    if opened.device.supports_dtype(byolab::engine::burn::tensor::DType::BF16) {
        return skip("a Vulkan device without bfloat16");
    }
    let mut recipe = recipe("convnet", 4);
    recipe.train.precision = Precision::Bf16;
    let images = Arc::new(data::load_for(&recipe, std::path::Path::new("")).unwrap());
    let trial = Trial { id: recipe.id(), cell: Default::default(), seed: 0, recipe };
    let mut ears = Ears::default();
    let complaint = EngineTrainer(opened).train(&[&trial], &images, vec![None], &mut ears).unwrap_err().to_string();
    assert!(complaint.ends_with("does not compute in bfloat16: set train.precision = \"f32\""), "{complaint}");
    assert!(ears.events.is_empty());
}
