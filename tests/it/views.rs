//! Augmented views: against PyTorch and torchvision, in distribution, and independent of how they are batched.

use std::fs;

use byolab::{
    augment::{
        self, Canvas, DrawnOp, Key, View,
        op::{Blur, Crop, Jitter, Solarize, jitter::JitterOp},
    },
    data::Images,
    plan::{
        Experiment, Overrides, Plan,
        demand::Task,
        recipe::{Augmentation, Interpolation, Op, Semantics},
    },
};
use safetensors::SafeTensors;

/// See tests/reference/make_augment.py.
#[test]
fn every_operation_agrees_with_torchvision() {
    let bytes = fs::read("tests/reference/augment.safetensors").unwrap();
    let reference = Reference(SafeTensors::deserialize(&bytes).unwrap());
    let crop = reference.crops(Interpolation::Bicubic);
    reference.check("crop/bicubic", 4e-3, |i| DrawnOp::Crop(crop(i)));
    reference.check("flip/images", 0.0, |_| DrawnOp::Flip);
    reference.check("grayscale/images", 2e-3, |_| DrawnOp::Grayscale);
    reference.check("solarize/images", 2e-3, |_| DrawnOp::Solarize(Solarize { threshold: 0.5 }));
    let semantics = Semantics::Torchvision;
    let none = Jitter { semantics, brightness: 1.0, contrast: 1.0, saturation: 1.0, hue: 0.0, order: ORDER };
    reference.check_factors("brightness", |brightness| Jitter { brightness, ..none });
    reference.check_factors("contrast", |contrast| Jitter { contrast, ..none });
    reference.check_factors("saturation", |saturation| Jitter { saturation, ..none });
    reference.check_factors("hue", |hue| Jitter { hue, ..none });
    for kernel in [3, 9] {
        for sigma in [0.1, 0.8, 2.0] {
            let name = format!("blur_k{kernel}_s{sigma:.1}/images");
            reference.check(&name, 2e-3, |_| DrawnOp::Blur(Blur { kernel, sigma }));
        }
    }
}

pub const ORDER: [JitterOp; 4] = [JitterOp::Brightness, JitterOp::Contrast, JitterOp::Saturation, JitterOp::Hue];

/// A reference file of images and what operations make of them.
pub struct Reference<'a>(pub SafeTensors<'a>);

impl Reference<'_> {
    /// The crop of image i to box i.
    pub fn crops(&self, interpolation: Interpolation) -> impl Fn(usize) -> Crop + use<> {
        let boxes = self.integers("crop/boxes.i64");
        let side = self.0.tensor("images").map_or(16, |images| *images.shape().last().unwrap());
        move |i| {
            let [top, left, height, width] = boxes.as_chunks().0[i];
            Crop { interpolation, ..Crop::at(top, left, height, width, side) }
        }
    }

    pub fn floats(&self, name: &str) -> Vec<f32> {
        let chunks = self.0.tensor(name).unwrap().data().as_chunks().0;
        chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }

    pub fn integers(&self, name: &str) -> Vec<usize> {
        let chunks = self.0.tensor(name).unwrap().data().as_chunks().0;
        chunks.iter().map(|bytes| i64::from_le_bytes(*bytes) as usize).collect()
    }

    pub fn check_factors(&self, name: &str, jitter: impl Fn(f32) -> Jitter) {
        let factors = self.floats(&format!("{name}/factors"));
        self.check(&format!("{name}/images"), 2e-3, |i| DrawnOp::Jitter(jitter(factors[i])));
    }

    /// Applies the operation of image i to each image and compares with tensor `name`.
    pub fn check(&self, name: &str, tolerance: f32, operation: impl Fn(usize) -> DrawnOp) {
        let side = *self.0.tensor("images").unwrap().shape().last().unwrap();
        let size = 3 * side * side;
        let expected = self.floats(name);
        for (i, image) in self.floats("images").chunks_exact(size).enumerate() {
            let mut canvas = Canvas::new(side);
            canvas.pixels.copy_from_slice(image);
            operation(i).apply(&mut canvas);
            let off = canvas.pixels.iter().zip(&expected[i * size..]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off <= tolerance, "{name}, image {i}: off by {off}");
        }
    }
}

/// The operations of BYOL's sets, each with a probability of its own.
pub fn everything() -> Augmentation {
    let first = vec![
        Op::crop([0.08, 1.0], [0.75, 4.0 / 3.0]),
        Op::Flip { p: 0.5 },
        Op::jitter(0.8, [0.4, 0.4, 0.2, 0.1]),
        Op::Grayscale { p: 0.2 },
        Op::Blur { p: 0.6, sigma: [0.1, 2.0], kernel: 3 },
        Op::Solarize { p: 0.3, threshold: 0.5 },
    ];
    Augmentation { name: "everything".into(), second: first.clone(), first, ..Default::default() }
}

/// Smooth colour images, no two alike.
pub fn images(n: usize, side: usize) -> Images {
    let value = |at: usize| (127.5 + 127.0 * (at as f64 * 0.37).sin()) as u8;
    Images { side, pixels: (0..n * 3 * side * side).map(value).collect(), labels: vec![0; n] }
}

fn batch(images: &Images, indices: &[usize], view: View, seed: u64, epoch: u64) -> Vec<f32> {
    augment::batch(images, indices, &everything(), view, seed, epoch, [0.5; 3], [0.25; 3])
}

#[test]
fn a_view_does_not_depend_on_its_batch_or_the_number_of_threads() {
    let images = images(40, 16);
    let all: Vec<usize> = (0..40).collect();
    let together = batch(&images, &all, View::First, 3, 2);
    let backwards: Vec<usize> = all.iter().rev().copied().collect();
    let reversed = batch(&images, &backwards, View::First, 3, 2);
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for (&index, view) in all.iter().zip(together.chunks_exact(3 * 16 * 16)) {
        assert_eq!(view, one_thread.install(|| batch(&images, &[index], View::First, 3, 2)));
        assert_eq!(view, &reversed[(39 - index) * view.len()..][..view.len()]);
    }
}

#[test]
fn seed_epoch_image_and_view_each_change_the_view() {
    let images = images(2, 16).select(&[0, 0]);
    let reference = batch(&images, &[0], View::First, 0, 0);
    assert_eq!(reference, batch(&images, &[0], View::First, 0, 0));
    assert_ne!(reference, batch(&images, &[0], View::Second, 0, 0), "view");
    assert_ne!(reference, batch(&images, &[0], View::First, 1, 0), "seed");
    assert_ne!(reference, batch(&images, &[0], View::First, 0, 1), "epoch");
    assert_ne!(reference, batch(&images, &[1], View::First, 0, 0), "image");
}

#[test]
fn plain_images_are_only_normalised() {
    let images = images(3, 8);
    let plain = augment::plain(&images, &[2, 0], [0.1, 0.2, 0.3], [0.5, 0.25, 0.2]);
    for (at, value) in plain.iter().enumerate() {
        let (image, within) = (if at < 192 { 2 } else { 0 }, at % 192);
        let channel = within / 64;
        let byte = f32::from(images.image(image)[within]) / 255.0;
        let expected = (byte - [0.1, 0.2, 0.3][channel]) / [0.5, 0.25, 0.2][channel];
        assert!((value - expected).abs() < 1e-5);
    }
}

/// What was drawn for `n` images.
pub fn draws(ops: &[Op], n: u64) -> Vec<Vec<DrawnOp>> {
    let key = |sample| Key { seed: 0, epoch: 0, sample, view: View::First, draw: 0 };
    (0..n).map(|sample| augment::drawn(ops, 32, key(sample)).collect()).collect()
}

#[test]
fn an_operation_happens_as_often_as_its_probability_says() {
    let n = 20_000;
    let all = draws(&everything().first, n);
    let share = |is: fn(&DrawnOp) -> bool| all.iter().filter(|view| view.iter().any(is)).count() as f64 / n as f64;
    let shares = [
        ("crop", share(|drawn| matches!(drawn, DrawnOp::Crop(_))), 1.0),
        ("flip", share(|drawn| matches!(drawn, DrawnOp::Flip)), 0.5),
        ("jitter", share(|drawn| matches!(drawn, DrawnOp::Jitter(_))), 0.8),
        ("grayscale", share(|drawn| matches!(drawn, DrawnOp::Grayscale)), 0.2),
        ("blur", share(|drawn| matches!(drawn, DrawnOp::Blur(_))), 0.6),
        ("solarize", share(|drawn| matches!(drawn, DrawnOp::Solarize(_))), 0.3),
    ];
    for (name, share, p) in shares {
        assert!((share - p).abs() <= five_sigma(p * (1.0 - p), n), "{name} happens in {share}, not {p}");
    }
}

#[test]
fn drawn_parameters_are_uniform_in_their_ranges() {
    let all: Vec<DrawnOp> = draws(&everything().first, 20_000).into_iter().flatten().collect();
    let jitters = |of: fn(&Jitter) -> f32| {
        all.iter().filter_map(move |drawn| match drawn {
            DrawnOp::Jitter(jitter) => Some(f64::from(of(jitter))),
            _ => None,
        })
    };
    uniform("brightness", jitters(|jitter| jitter.brightness).collect(), [0.6, 1.4]);
    uniform("contrast", jitters(|jitter| jitter.contrast).collect(), [0.6, 1.4]);
    uniform("saturation", jitters(|jitter| jitter.saturation).collect(), [0.8, 1.2]);
    uniform("hue", jitters(|jitter| jitter.hue).collect(), [-0.1, 0.1]);
    let sigma = |drawn: &DrawnOp| match drawn {
        DrawnOp::Blur(blur) => Some(f64::from(blur.sigma)),
        _ => None,
    };
    uniform("sigma", all.iter().filter_map(sigma).collect(), [0.1, 2.0]);
}

#[test]
fn crops_are_uniform_in_area_log_uniform_in_aspect_and_anywhere() {
    // Narrow enough that no side is clamped, at a size where whole pixels hardly matter.
    let side = 4096;
    let ops = [Op::crop([0.1, 0.6], [0.75, 4.0 / 3.0])];
    let key = |sample| Key { seed: 0, epoch: 0, sample, view: View::Second, draw: 0 };
    let crops: Vec<Crop> = (0..20_000)
        .flat_map(|sample| augment::drawn(&ops, side, key(sample)))
        .map(|drawn| if let DrawnOp::Crop(crop) = drawn { crop } else { panic!("not a crop: {drawn}") })
        .collect();
    let each = |of: fn(&Crop) -> f64| crops.iter().map(of).collect::<Vec<_>>();
    uniform("area", each(|crop| (crop.width * crop.height) as f64 / (4096.0 * 4096.0)), [0.0999, 0.6001]);
    let log_aspect = 0.2877;
    uniform(
        "aspect",
        each(|crop| (crop.width as f64 / crop.height as f64).ln()),
        [-log_aspect - 1e-3, log_aspect + 1e-3],
    );
    uniform("left", each(|crop| crop.left as f64 / (4096 - crop.width) as f64), [0.0, 1.0]);
    uniform("top", each(|crop| crop.top as f64 / (4096 - crop.height) as f64), [0.0, 1.0]);
}

#[test]
fn crops_stay_inside_the_image() {
    for drawn in draws(&[Op::crop([0.001, 1.0], [0.1, 10.0])], 5_000).into_iter().flatten() {
        let DrawnOp::Crop(Crop { top, left, height, width, .. }) = drawn else { panic!("not a crop: {drawn}") };
        assert!(height > 0 && width > 0 && top + height <= 32 && left + width <= 32, "{drawn}");
    }
}

#[test]
fn every_order_of_the_jitter_is_equally_likely() {
    let n = 24_000;
    let ops = [Op::jitter(1.0, [0.4, 0.4, 0.4, 0.1])];
    let mut counts = std::collections::HashMap::new();
    for drawn in draws(&ops, n).into_iter().flatten() {
        let DrawnOp::Jitter(jitter) = drawn else { panic!("not a jitter: {drawn}") };
        *counts.entry(jitter.order.map(|part| part as u8)).or_insert(0) += 1;
    }
    let (expected, p) = (n as f64 / 24.0, 1.0 / 24.0);
    assert_eq!(counts.len(), 24);
    for (order, count) in counts {
        let off = (f64::from(count) - expected).abs() / n as f64;
        assert!(off <= five_sigma(p * (1.0 - p), n), "{order:?} came {count} times, not {expected}");
    }
}

#[test]
fn a_set_without_an_operation_draws_the_others_alike() {
    let full = everything().first;
    let without: Vec<Op> = full.iter().filter(|op| !matches!(op, Op::Jitter { .. })).cloned().collect();
    for (mut full, without) in draws(&full, 100).into_iter().zip(draws(&without, 100)) {
        full.retain(|drawn| !matches!(drawn, DrawnOp::Jitter(_)));
        assert_eq!(full, without);
    }
}

#[test]
fn the_views_of_recorded_trials_never_change() {
    let key = Key { seed: 1, epoch: 2, sample: 3, view: View::Second, draw: 0 };
    assert_eq!(
        augment::describe(augment::drawn(&everything().first, 32, key)),
        "crop 18x18 at 7,11; jitter s0.91 h-0.09 b1.01 c0.94"
    );
}

#[test]
fn the_same_operation_twice_draws_twice() {
    let crop = Op::crop([0.1, 1.0], [0.75, 1.3]);
    assert!(draws(&[crop.clone(), crop], 20).iter().any(|drawn| drawn[0] != drawn[1]));
}

#[test]
fn a_view_is_described_in_one_line() {
    let semantics = Semantics::Torchvision;
    let jitter = Jitter { semantics, brightness: 1.2, contrast: 0.9, saturation: 1.0, hue: -0.05, order: ORDER };
    let drawn = [
        DrawnOp::Crop(Crop::at(3, 5, 17, 20, 32)),
        DrawnOp::Flip,
        DrawnOp::Jitter(jitter),
        DrawnOp::Grayscale,
        DrawnOp::Blur(Blur { kernel: 3, sigma: 1.318 }),
        DrawnOp::Solarize(Solarize { threshold: 0.5 }),
    ];
    let line = "crop 20x17 at 5,3; flip; jitter b1.20 c0.90 s1.00 h-0.05; gray; blur 1.32; solarize 0.50";
    assert_eq!(augment::describe(drawn), line);
}

#[test]
fn a_sheet_shows_each_image_and_pairs_of_views_per_set() {
    let images = images(4, 8);
    let still = Augmentation { name: "still".into(), second: vec![Op::Flip { p: 1.0 }], ..Augmentation::default() };
    let sheet = augment::sheet(&images, &[2, 0], (&[still, everything()], &[]), 2, 0);
    assert_eq!(sheet.rgb.len(), sheet.width * sheet.height * 3);
    assert_eq!(sheet.places.len(), 2 * (1 + 2 * 4), "an image and two pairs of views of each set, twice");
    let shown = |place: usize, x: usize, y: usize| {
        let [left, top] = sheet.places[place];
        let (across, down) = (left + sheet.scale * x + 1, top + sheet.scale * y + 1);
        &sheet.rgb[(down * sheet.width + across) * 3..][..3]
    };
    let source = |index: usize, x, y| [0, 1, 2].map(|channel| images.image(index)[channel * 64 + y * 8 + x]);
    for (x, y) in [(0, 0), (7, 0), (3, 5), (7, 7)] {
        assert_eq!(shown(0, x, y), source(2, x, y), "the image itself");
        assert_eq!(shown(1, x, y), source(2, x, y), "its first view");
        assert_eq!(shown(2, x, y), source(2, 7 - x, y), "its second view");
        assert_eq!(shown(9, x, y), source(0, x, y), "the next image");
    }
    let mut reader = png::Decoder::new(std::io::Cursor::new(sheet.png())).read_info().unwrap();
    let mut decoded = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut decoded).unwrap();
    assert_eq!(decoded, sheet.rgb);
}

/// A caption's ink lies below its image: a view of which nothing was drawn has none, one that was flipped has some.
#[test]
fn captions_say_what_was_drawn() {
    let images = images(1, 8);
    let still = Augmentation { name: "still".into(), second: vec![Op::Flip { p: 1.0 }], ..Augmentation::default() };
    let sheet = augment::sheet(&images, &[0], (&[still], &[]), 1, 0);
    let ground = sheet.rgb[0];
    let ink = |place: usize| {
        let [left, top] = sheet.places[place];
        let cell = 8 * sheet.scale;
        let line = |y: usize| &sheet.rgb[(y * sheet.width + left) * 3..][..cell * 3];
        (top + cell..sheet.height).flat_map(line).filter(|value| **value != ground).count() / 3
    };
    assert_eq!(ink(1), 0);
    // The letters of "flip" have 10, 10, 9 and 14 dots.
    assert_eq!(ink(2), 43);
}

/// Fails where the values leave `range`, or their mean or variance is five standard errors off a uniform's.
pub fn uniform(name: &str, values: Vec<f64>, [low, high]: [f64; 2]) {
    let n = values.len() as f64;
    assert!(values.iter().all(|value| (low - 1e-6..=high + 1e-6).contains(value)), "{name} leaves {low} to {high}");
    let variance = (high - low).powi(2) / 12.0;
    let mean = values.iter().sum::<f64>() / n;
    let spread = values.iter().map(|value| (value - (low + high) / 2.0).powi(2)).sum::<f64>() / n;
    assert!((mean - (low + high) / 2.0).abs() < five_sigma(variance, n as u64), "{name} has the mean {mean}");
    // The squared deviation of a uniform has the variance width^4 / 180.
    let tolerance = five_sigma((high - low).powi(4) / 180.0, n as u64) + 2e-3 * variance;
    assert!((spread - variance).abs() < tolerance, "{name} has the variance {spread}, not {variance}");
}

/// Five standard errors of a mean over `n` values of this variance.
pub fn five_sigma(variance: f64, n: u64) -> f64 {
    5.0 * (variance / n as f64).sqrt()
}

/// What somebody may type for a parameter.
const ODD: [&str; 34] = [
    "",
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "3",
    "65",
    "63",
    "1.5",
    "1e-300",
    "1e300",
    "1e308",
    "1e-46",
    "99999999999",
    "-7",
    "9223372036854775807",
    "9223372036854775808",
    "0.1",
    "nan",
    "-inf",
    "true",
    "[]",
    "[1]",
    "[0.1, 2]",
    "[2, 0.1]",
    "[1e-300, 1e300]",
    "[0.5, 1e9]",
    "[1, 1e300]",
    "[-180, 180]",
    "{ a = 1 }",
    "\"paper\"",
    "byol",
    "]",
];

/// Every operation, in both views.
const EVERY_OPERATION: &str = r#"
    [recipe]
    data = { name = "synthetic", limit = 64, held_out = 32 }
    train.batch = 16
    probes.knn_k = 5
    augment = "every"
    [augment.every]
    first = [
        { op = "crop", sampler = "torchvision" }, { op = "flip" },
        { op = "jitter", p = 1, brightness = 0.4, contrast = 0.4, saturation = 0.2, hue = 0.1 }, { op = "grayscale" },
        { op = "blur" }, { op = "solarize" }, { op = "equalize", p = 1 }, { op = "rotation", degrees = [-9, 9] },
        { op = "cutout" }, { op = "rand_augment" },
    ]
"#;

#[test]
fn whatever_is_typed_for_a_parameter_is_refused_as_a_plan_refuses_it_or_can_be_drawn() {
    let side = 32;
    let images = Images { side, pixels: vec![77; 3 * side * side].into(), labels: vec![0] };
    let planned = |text: &str| Plan::new(Experiment::parse("x", "x.toml", text)?, &Overrides::default());
    let plan = planned(EVERY_OPERATION).unwrap();
    let (mut drawn, mut refused) = (0, 0);
    for parameter in plan.augmentations()[0].parameters() {
        let key = parameter.split_once('=').unwrap().0;
        // One changed before may meet it.
        let before = ["blur.kernel=0", "flip.p=1"].map(|typed| plan.augmentations()[0].changed(typed).unwrap());
        for (value, before) in ODD.iter().flat_map(|value| before.iter().map(move |before| (value, before))) {
            let typed = format!("{key}={value}");
            let judged = before.changed(&typed).and_then(|set| plan.admits(&set, &typed).map(|()| set));
            match judged {
                Ok(set) => {
                    drawn += 1;
                    for view in [View::First, View::Second] {
                        let key = Key { seed: 0, epoch: 0, sample: 0, view, draw: 0 };
                        augment::shown(&images, 0, &set, (key, Task::Whole));
                    }
                }
                Err(told) => {
                    refused += 1;
                    assert!(!told.0.is_empty() && told.0.iter().all(|problem| problem.place == typed), "{typed}");
                }
            }
        }
    }
    assert!(drawn > 100 && refused > 300, "{drawn} drawn, {refused} refused");
}

#[test]
fn a_set_is_refused_in_the_words_of_a_plan() {
    let plan = |op: &str| {
        let text = format!("recipe.data.name = 'synthetic'\nrecipe.augment = 'a'\naugment.a.first = [{op}]");
        Plan::new(Experiment::parse("x", "x.toml", &text)?, &Overrides::default())
    };
    for (op, typed, text) in [
        (
            "{ op = 'blur', kernel = 65 }",
            "blur.kernel=65",
            "a blur of 65 pixels is twice as wide as the images, 32, or wider",
        ),
        (
            "{ op = 'blur', kernel = 0, sigma = [1, 40] }",
            "blur.sigma=[1, 40]",
            "a blur of sigma 40 is wider than the images, 32",
        ),
        (
            "{ op = 'rand_augment', ops = 101 }",
            "rand_augment.ops=101",
            "101 changes of an image by rand_augment are more than 100",
        ),
        (
            "{ op = 'crop', sampler = 'tensorflow', area = [0.02, 0.05] }",
            "crop.area=[0.02, 0.05]",
            "TensorFlow's crops cover a tenth of the image at least, and this one 0.05 at most: none is cropped",
        ),
    ] {
        let sound =
            plan("{ op = 'blur', kernel = 0 }, { op = 'rand_augment' }, { op = 'crop', sampler = 'tensorflow' }")
                .unwrap();
        let set = sound.augmentations()[0].changed(typed).unwrap();
        let said = sound.admits(&set, typed).unwrap_err().0.remove(0);
        let planned = plan(op).unwrap_err().0.remove(0);
        assert_eq!((said.text.as_str(), planned.text.as_str()), (text, text));
        assert_eq!(said.remedy, planned.remedy);
    }
}
