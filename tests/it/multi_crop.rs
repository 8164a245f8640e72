//! Small views beside the two large ones, and what learns from them: see tests/reference/make_multi_crop.py.

use std::{collections::BTreeSet, path::Path};

use byolab::{
    augment::{self, Canvas, DrawnOp, Key, Normalisation, Picture, ViewDemand, op::Crop, pillow},
    data,
    engine::{
        augmenter::Augmenter,
        burn::tensor::DType,
        learner::Learner,
        loader::ImageOrder,
        method::{Batch, BatchPart, ViewBatch},
        state::{self, TrialProgress},
        values,
    },
    plan::{
        Experiment, Overrides, Plan, Recipe,
        demand::{Demand, SmallCrop, Task},
        recipe::*,
        schedule,
    },
};

use crate::{
    engine::recipe,
    methods::check_gradient_of,
    support::{Reference, assert_close},
    trace::{check_end, device, fill, sgd, tensor},
    views::everything,
};

/// Every trace by its name in the reference.
fn cases() -> Vec<(&'static str, MethodRecipe)> {
    let (hidden, small_side) = (24, 6);
    let swav = SwavRecipe {
        prototypes: 6,
        frozen_steps: 1,
        projector_hidden: hidden,
        projector_out: 16,
        ..SwavRecipe::default()
    };
    let dino = DinoRecipe {
        target_decay: 0.9,
        prototypes: 12,
        projector_hidden: hidden,
        projector_out: 16,
        small_crops: 0,
        ..DinoRecipe::default()
    };
    let warm = DinoRecipe { target_temperature: 0.07, target_temperature_epochs: 2, ..dino.clone() };
    vec![
        ("swav", MethodRecipe::Swav(SwavRecipe { small_crops: 2, small_side, ..swav })),
        ("dino", MethodRecipe::Dino(dino)),
        (
            "dino_small",
            MethodRecipe::Dino(DinoRecipe { projector_norm: HeadNorm::Hidden, small_crops: 2, small_side, ..warm }),
        ),
    ]
}

fn of(method: MethodRecipe) -> Recipe {
    Recipe { method, optimizer: sgd(1e-3), ..recipe("convnet", 4) }
}

/// The views of a step: the two large ones, and the small ones that the recipe asks for.
fn batch(large: &Reference, small: &Reference, recipe: &Recipe, step: usize) -> Batch {
    let view = |file: &Reference, name: &str, at: usize| {
        let side = file.shape(name)[5];
        tensor::<6>(file, name).slice([step..step + 1, at..at + 1]).reshape([8, 3, side, side])
    };
    let small = (0..recipe.demand().small().count()).map(|at| view(small, "small", at));
    let views = (0..2).map(|at| view(large, "views", at)).chain(small).map(ViewBatch::of).collect();
    Batch { parts: vec![BatchPart { views, labels: None }] }
}

/// Two steps an epoch: the last layer of DINO learns in the second, where the target's temperature is another.
#[test]
fn four_steps_with_small_views_agree() {
    let [large, file] = ["methods", "multi_crop"].map(Reference::read);
    for (case, method) in cases() {
        let recipe = of(method);
        let mut learner = Learner::new(&recipe, 10, &device());
        fill(&mut learner, &file, &format!("{case}/start"), "");
        let mut losses = Vec::new();
        for step in 0..4 {
            let decay = recipe.method.target().map(|target| target.decay_at(step, 4));
            learner.begin_epoch(step / 2);
            learner.begin_step(decay);
            losses.extend(values(learner.accumulate(batch(&large, &file, &recipe, step as usize)).loss));
            learner.step(schedule::learning_rate(step, 4, 0, 0.01), decay, false);
        }
        assert_close(case, &losses, file.values(&format!("{case}/losses")), 1e-4);
        check_end(&learner, &file, &format!("{case}/"), 1e-4);
        if let Some(centre) = learner.state().teacher.as_ref().and_then(|teacher| teacher.centre.clone()) {
            assert_close(case, &values(centre), file.values(&format!("{case}/end/centre")), 1e-5);
        }
    }
}

#[test]
fn dinos_gradient_is_that_of_finite_differences() {
    let [large, file] = ["methods", "multi_crop"].map(Reference::read);
    for (case, mut method) in cases().into_iter().filter(|(case, _)| case.starts_with("dino")) {
        if let MethodRecipe::Dino(dino) = &mut method
            && dino.projector_norm == HeadNorm::None
        {
            // Three layers of narrow weights give projections so short that their directions turn within a difference.
            dino.projector_depth = 1;
        }
        let recipe = of(method);
        let mut batch = batch(&large, &file, &recipe, 0);
        for view in &mut batch.parts[0].views {
            view.pixels = view.pixels.clone().cast(DType::F64);
        }
        check_gradient_of(case, &recipe, batch);
    }
}

/// The centre is what keeps DINO from collapse: it comes back bit for bit.
#[test]
fn a_checkpoint_holds_the_centre() {
    let [large, file] = ["methods", "multi_crop"].map(Reference::read);
    let (_, method) = cases().remove(1);
    let recipe = of(method);
    let mut learner = Learner::new(&recipe, 10, &device());
    learner.accumulate(batch(&large, &file, &recipe, 0));
    let centre = |learner: &Learner| values(learner.state().teacher.as_ref().unwrap().centre.clone().unwrap());
    assert!(centre(&learner).iter().any(|value| *value != 0.0));
    let mut resumed = Learner::new(&recipe, 10, &device());
    state::restore(&mut resumed, &state::save(&learner, &TrialProgress::default()), &device()).unwrap();
    assert_eq!(centre(&resumed), centre(&learner));
}

/// As `numpy.linspace` of the authors' code has it.
#[test]
fn the_targets_temperature_rises_by_epochs() {
    let dino = DinoRecipe { target_temperature: 0.07, target_temperature_epochs: 4, ..DinoRecipe::default() };
    let found: Vec<f64> = (0..6).map(|epoch| dino.target_temperature(epoch).unwrap()).collect();
    let expected = [0.04, 0.05, 0.06, 0.07, 0.07, 0.07];
    assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12), "{found:?}");
    assert_eq!(DinoRecipe::default().target_temperature(0), Some(0.04));
}

/// Shrunk along both axes, along one, along none.
#[test]
fn boxes_become_small_images_as_torch_and_pillow_make_them() {
    let file = Reference::read("multi_crop");
    let [count, _, out, _] = file.shape("boxes/bicubic")[..] else { panic!("boxes are images") };
    let (images, boxes) = (file.values("boxes/images"), file.values("boxes/boxes.i64"));
    for (name, interpolation) in [("bicubic", Interpolation::BicubicKeys), ("bilinear", Interpolation::Bilinear)] {
        let (mut floats, mut bytes) = (Vec::new(), Vec::new());
        for place in 0..count {
            let [top, left, height, width] = [0, 1, 2, 3].map(|side| boxes[4 * place + side] as usize);
            let crop = Crop { interpolation, clamp: false, ..Crop::at(top, left, height, width, out) };
            let image = &images[place * 3 * 256..][..3 * 256];
            let mut canvas = Canvas::new(16);
            canvas.pixels.copy_from_slice(image);
            DrawnOp::Crop(crop).apply(&mut canvas);
            floats.extend(canvas.pixels);
            let mut picture = Picture::new(16);
            picture.bytes = image.iter().map(|value| (value * 255.0).round_ties_even() as u8).collect();
            pillow::apply(&DrawnOp::Crop(crop), &mut picture);
            bytes.extend(picture.bytes.iter().map(|byte| f32::from(*byte)));
        }
        assert_close(name, &floats, file.values(&format!("boxes/{name}")), 2e-6);
        assert_eq!(bytes, file.values(&format!("boxes/{name}_pillow")), "{name}");
    }
}

const AS_THEY_ARE: Normalisation = Normalisation { mean: [0.0; 3], std: [1.0; 3] };

#[test]
fn small_views_are_of_the_set_but_for_what_their_crop_shows() {
    let images = crate::views::images(6, 16);
    let (set, crop) = (everything(), SmallCrop { side: 0, area: [0.05, 0.14] });
    let demand = Demand::multi_crop(6, crop);
    let views = demand.parts[0].views.clone();
    assert_eq!(views[..2], Demand::pair().parts[0].views[..], "the large ones are those of whoever has no small ones");
    assert_eq!(
        views.iter().map(|view| view.task.shape(224).side).collect::<Vec<_>>(),
        [224, 224, 96, 96, 96, 96, 96, 96]
    );
    let side = Task::Small(crop).shape(images.side).side;
    assert_eq!(side, 7);
    let make = |view: &ViewDemand, indices: &[usize]| {
        augment::views(&images, indices, &set, *view, [3, 1], AS_THEY_ARE).pixels
    };
    let small: Vec<Vec<f32>> = views[2..].iter().map(|view| make(view, &[4, 0, 5])).collect();
    for (view, made) in views[2..].iter().zip(&small) {
        assert_eq!(made.len(), 3 * 3 * side * side);
        assert_eq!(made[3 * side * side..][..3 * side * side], make(view, &[0])[..], "nothing of the batch");
    }
    let different: BTreeSet<Vec<u32>> =
        small.iter().map(|view| view.iter().map(|value| value.to_bits()).collect()).collect();
    assert_eq!(different.len(), 6, "each is a draw of its own");
    let area = |sample: usize, view: &ViewDemand| {
        let key = Key { seed: 3, epoch: 1, sample: sample as u64, view: view.view, draw: view.draw };
        let shown = augment::shown(&images, sample, &set, (key, view.task));
        assert_eq!((shown.side, shown.pixels.len()), (side, 3 * side * side));
        let size: Vec<f64> = shown.drawn[5..].split([' ', 'x']).take(2).map(|length| length.parse().unwrap()).collect();
        size[0] * size[1] / 256.0
    };
    let areas = (0..6).flat_map(|sample| views[2..].iter().map(move |view| area(sample, view)));
    // Sides are whole pixels of 16.
    assert!(areas.into_iter().all(|area| (0.03..0.2).contains(&area)));
}

/// A batch has large and small views, by the host; trials with other small views share none.
#[test]
fn a_recipes_batch_has_large_and_small_views() {
    let (_, method) = cases().remove(2);
    let mut recipe = of(method);
    recipe.augment = everything();
    let data = data::load_for(&recipe, Path::new("")).unwrap();
    let demand = recipe.demand();
    let taken = ImageOrder::new(&recipe, &data, &demand, 4).take(0, 0);
    let batch = Augmenter::new(&recipe, &data, &device()).batch(&taken);
    let sides: Vec<usize> = batch.views().iter().map(|view| view.dims()[3]).collect();
    let side = data.train.side;
    assert_eq!(sides, [side, side, 6, 6]);
    assert!(!demand.is_pair());
    let [whole, small] = [demand.taught(side), demand.views(side) - demand.taught(side)];
    assert!((whole - 2.0).abs() < 1e-12 && (small - 2.0 * 36.0 / (side * side) as f64).abs() < 1e-12);
}

#[test]
fn small_views_that_cannot_be_are_refused_with_a_remedy() {
    let refused = |text: &str| {
        let text = format!("recipe.data.name = 'synthetic'\n{text}");
        let experiment = Experiment::parse("x", "x.toml", &text).unwrap();
        Plan::new(experiment, &Overrides::default())
            .map(|_| String::new())
            .unwrap_or_else(|problems| problems.to_string())
    };
    for (text, expected) in [
        ("recipe.method = { name = 'swav', small_side = 12 }", "set method.small_crops"),
        ("recipe.method = { name = 'swav', small_crops = 2, small_side = 64 }", "small views of 64 pixels"),
        ("recipe.method = { name = 'swav', small_crops = 2, small_side = 2 }", "between 4 and"),
        (
            "recipe.augment = 'a'\naugment.a.first = [{ op = 'flip' }]\nrecipe.method = { name = 'dino' }",
            "no crop for small views",
        ),
        ("recipe.method = { name = 'dino', target_temperature_start = 0.02 }", "set method.target_temperature_epochs"),
    ] {
        let found = refused(text);
        assert!(found.contains(expected), "{text}: {found}");
    }
    assert_eq!(refused("recipe.method = { name = 'dino', small_crops = 6 }"), "");
}

#[test]
fn the_sheet_shows_small_views_as_small() {
    let (images, small) = (crate::views::images(2, 16), SmallCrop { side: 8, area: [0.1, 0.2] });
    let small: Vec<ViewDemand> = Demand::multi_crop(2, small).small().map(|(view, _)| view).collect();
    let sheet = augment::sheet(&images, &[1], (&[everything()], &small), 1, 0);
    assert_eq!(sheet.places.len(), 5);
    let whole = augment::shown(
        &images,
        1,
        &everything(),
        (Key { seed: 0, epoch: 0, sample: 1, view: small[0].view, draw: 1 }, small[0].task),
    );
    let [left, top] = sheet.places[3];
    let pixel =
        |x: usize, y: usize| &sheet.rgb[((top + y * sheet.scale) * sheet.width + left + x * sheet.scale) * 3..][..3];
    assert_eq!(pixel(7, 7), [0, 1, 2].map(|channel| whole.pixels[channel * 64 + 63]));
}
