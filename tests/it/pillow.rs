//! The arithmetic of Pillow, byte by byte, on 200 pictures: against Pillow and torchvision. See tests/reference/make_pillow.py.

use byolab::{
    augment::{
        self, DrawnOp, Key, Picture, View,
        op::{Blur, Jitter, RandAugment, RandAugmentOp, Rotation, Solarize, jitter::JitterOp},
        pillow,
    },
    plan::{
        Experiment, Overrides, Plan,
        demand::Task,
        recipe::{Arithmetic, Augmentation, Interpolation, Op, Semantics},
    },
};

use safetensors::SafeTensors;

use crate::views::{ORDER, Reference, images};

const SIDE: usize = 16;
const PICTURES: usize = 200;
const PLANE: usize = SIDE * SIDE;

/// Steele, Lea and Flood 2014.
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, end: u64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 32) % end) as i64
    }
}

/// In turn noise, gray noise, dark noise, saturated colours and slopes, `[3, side, side]`.
fn picture(which: usize) -> Vec<u8> {
    let mut draws = SplitMix(which as u64);
    let mut bytes = Vec::new();
    for _ in 0..3 {
        let (base, right, down) = (draws.below(256), draws.below(33) - 16, draws.below(33) - 16);
        for place in 0..PLANE as i64 {
            let (x, y, noise) = (place % SIDE as i64, place / SIDE as i64, draws.below(256));
            let slope = (base + right * x + down * y).clamp(0, 255);
            bytes.push([noise, noise, noise / 16, 255 * (noise / 128), slope][which % 5] as u8);
        }
    }
    if which % 5 == 1 { bytes[..PLANE].repeat(3) } else { bytes }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Runs a check on the results and parameters of tests/reference/make_pillow.py.
fn with_pillow(check: impl Fn(Pillow)) {
    let bytes = std::fs::read("tests/reference/pillow.safetensors").unwrap();
    check(Pillow(Reference(SafeTensors::deserialize(&bytes).unwrap())));
}

struct Pillow<'a>(Reference<'a>);

impl Pillow<'_> {
    /// The pictures of which `operations` make something else than `case` says.
    fn other(&self, case: &str, operations: impl Fn(usize) -> Vec<DrawnOp>) -> Vec<usize> {
        let expected = self.0.integers(&format!("{case}.i64"));
        let made = |which: usize| {
            let mut canvas = Picture::new(SIDE);
            canvas.load(&picture(which));
            operations(which).iter().for_each(|drawn| pillow::apply(drawn, &mut canvas));
            crc(&canvas.bytes) as usize
        };
        assert_eq!(expected.len(), PICTURES);
        (0..PICTURES).filter(|which| made(*which) != expected[*which]).collect()
    }

    fn check(&self, case: &str, operation: impl Fn(usize) -> DrawnOp) {
        let other = self.other(case, |which| vec![operation(which)]);
        assert!(other.is_empty(), "{case}: {} pictures are others, as {:?}", other.len(), other.first());
    }

    /// The jitter of each picture, its parts in `order`.
    fn jitter(&self, order: impl Fn(usize) -> [JitterOp; 4]) -> impl Fn(usize) -> Jitter {
        let [brightness, contrast, saturation, hue] =
            ["brightness", "contrast", "saturation", "hue"].map(|part| self.0.floats(&format!("jitter/{part}")));
        move |which| Jitter {
            semantics: Semantics::Torchvision,
            brightness: brightness[which],
            contrast: contrast[which],
            saturation: saturation[which],
            hue: hue[which],
            order: order(which),
        }
    }

    fn crops(&self, interpolation: Interpolation) -> impl Fn(usize) -> DrawnOp + use<> {
        let crop = self.0.crops(interpolation);
        move |which| DrawnOp::Crop(crop(which))
    }
}

#[test]
fn the_pictures_are_those_that_pillow_was_given() {
    with_pillow(|pillow| assert!(pillow.other("pictures", |_| Vec::new()).is_empty()));
}

#[test]
fn crops_flips_and_grays_are_pillows() {
    with_pillow(|pillow| {
        pillow.check("crop_bicubic", pillow.crops(Interpolation::BicubicKeys));
        pillow.check("crop_bilinear", pillow.crops(Interpolation::Bilinear));
        pillow.check("flip", |_| DrawnOp::Flip);
        pillow.check("grayscale", |_| DrawnOp::Grayscale);
    });
}

#[test]
fn each_part_of_the_jitter_is_pillows() {
    with_pillow(|pillow| {
        let none = Jitter {
            semantics: Semantics::Torchvision,
            brightness: 1.0,
            contrast: 1.0,
            saturation: 1.0,
            hue: 0.0,
            order: ORDER,
        };
        let all = pillow.jitter(|_| ORDER);
        pillow.check("brightness", |i| DrawnOp::Jitter(Jitter { brightness: all(i).brightness, ..none }));
        pillow.check("contrast", |i| DrawnOp::Jitter(Jitter { contrast: all(i).contrast, ..none }));
        pillow.check("saturation", |i| DrawnOp::Jitter(Jitter { saturation: all(i).saturation, ..none }));
        pillow.check("hue", |i| DrawnOp::Jitter(Jitter { hue: all(i).hue, ..none }));
    });
}

#[test]
fn a_blur_by_boxes_is_pillows_and_by_a_kernel_torchvisions() {
    with_pillow(|pillow| {
        let sigmas = pillow.0.floats("blur/sigma");
        pillow.check("blur", |i| DrawnOp::Blur(Blur { kernel: 0, sigma: sigmas[i] }));
        pillow.check("blur_least", |_| DrawnOp::Blur(Blur { kernel: 0, sigma: 0.1 }));
        pillow.check("blur_3", |i| DrawnOp::Blur(Blur { kernel: 3, sigma: sigmas[i] }));
        // PyTorch adds 81 floats in an order of its own: one of 51,200 values lies so near a half that it decides.
        let other = pillow.other("blur_9", |i| vec![DrawnOp::Blur(Blur { kernel: 9, sigma: sigmas[i] })]);
        assert_eq!(other, [138]);
    });
}

#[test]
fn solarize_equalize_and_rotation_are_pillows() {
    with_pillow(|pillow| {
        let degrees = pillow.0.floats("rotation/degrees");
        pillow.check("solarize", |_| DrawnOp::Solarize(Solarize { threshold: 0.5 }));
        pillow.check("equalize", |_| DrawnOp::Equalize);
        pillow.check("rotation", |i| DrawnOp::Rotation(Rotation { degrees: degrees[i] }));
    });
}

#[test]
fn every_change_of_rand_augment_is_pillows_at_every_magnitude() {
    with_pillow(|pillow| {
        for which in 0..14 {
            let change = |i: usize| RandAugmentOp::of(which, i % 31, i % 2 == 1, SIDE);
            pillow.check(&format!("rand_augment_{which}"), |i| DrawnOp::RandAugment(RandAugment(vec![change(i)])));
        }
    });
}

#[test]
fn chains_of_operations_are_pillows() {
    with_pillow(|pillow| {
        let orders = pillow.0.integers("chain/order.i64");
        let jitter = pillow.jitter(|i| std::array::from_fn(|place| ORDER[orders[4 * i + place]]));
        let (crop, sigmas) = (pillow.crops(Interpolation::BicubicKeys), pillow.0.floats("blur/sigma"));
        let other = pillow.other("chain", |i| {
            vec![
                crop(i),
                DrawnOp::Jitter(jitter(i)),
                if i % 2 == 1 { DrawnOp::Flip } else { DrawnOp::Grayscale },
                DrawnOp::Blur(Blur { kernel: 0, sigma: sigmas[i] }),
                DrawnOp::Solarize(Solarize { threshold: 0.5 }),
            ]
        });
        assert!(other.is_empty(), "{other:?}");
    });
}

#[test]
fn a_quarter_turn_moves_pixels_and_changes_none() {
    let bytes = picture(0);
    for (degrees, from) in [
        (0.0, (|x, y| (x, y)) as fn(usize, usize) -> (usize, usize)),
        (90.0, |x, y| (SIDE - 1 - y, x)),
        (-180.0, |x, y| (SIDE - 1 - x, SIDE - 1 - y)),
        (-90.0, |x, y| (y, SIDE - 1 - x)),
    ] {
        let mut turned = Picture::new(SIDE);
        turned.load(&bytes);
        pillow::apply(&DrawnOp::Rotation(Rotation { degrees }), &mut turned);
        for place in 0..PLANE {
            let (x, y) = from(place % SIDE, place / SIDE);
            assert_eq!(turned.bytes[place], bytes[y * SIDE + x], "{degrees} degrees");
        }
    }
}

/// lightly's, say, at any thread and in any batch: a canvas keeps its picture for the next image.
#[test]
fn a_set_of_pillows_arithmetic_makes_bytes_whatever_the_batch() {
    let crop = Op::Crop {
        area: [0.08, 1.0],
        aspect: [0.75, 4.0 / 3.0],
        sampler: Default::default(),
        interpolation: Interpolation::BicubicKeys,
        clamp: true,
    };
    let ops = vec![crop, Op::jitter(0.8, [0.4, 0.4, 0.4, 0.1]), Op::Blur { p: 0.5, sigma: [0.1, 2.0], kernel: 0 }];
    let set = |arithmetic| Augmentation { name: "x".into(), arithmetic, first: ops.clone(), second: ops.clone() };
    let (images, all) = (images(40, SIDE), (0..40).collect::<Vec<usize>>());
    let batch = |set: &Augmentation, indices: &[usize]| {
        augment::batch(&images, indices, set, View::First, 0, 0, [0.0; 3], [1.0; 3])
    };
    let (exact, bytes) = (set(Arithmetic::Exact), set(Arithmetic::Pillow));
    let whole = batch(&bytes, &all);
    assert!(whole.iter().all(|value| (value * 255.0 - (value * 255.0).round()).abs() < 1e-4));
    for (index, view) in whole.chunks_exact(3 * PLANE).enumerate() {
        assert_eq!(view, batch(&bytes, &[index]));
        let key = Key { seed: 0, epoch: 0, sample: index as u64, view: View::First, draw: 0 };
        let shown = augment::shown(&images, index, &bytes, (key, Task::Whole));
        assert!(shown.pixels.iter().zip(view).all(|(byte, value)| f32::from(*byte) / 255.0 == *value));
    }
    let off = batch(&exact, &all).iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!((2.0 / 255.0..40.0 / 255.0).contains(&off), "the arithmetics differ by {off}");
}

#[test]
fn what_pillow_has_no_form_of_is_refused_with_a_remedy() {
    let refused = |arithmetic: &str, op: &str| {
        let text = format!(
            "recipe.data.name = 'synthetic'\nrecipe.augment = 'a'\naugment.a.arithmetic = '{arithmetic}'\n\
             augment.a.first = [{op}]"
        );
        let plan = Experiment::parse("x", "x.toml", &text).and_then(|it| Plan::new(it, &Overrides::default()));
        plan.err().map(|problems| problems.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    };
    for (op, text) in [
        ("{ op = 'crop' }", "Pillow has no such `interpolation` of a crop"),
        ("{ op = 'crop', interpolation = 'bicubic-keys', clamp = false }", "bytes hold no overshoot of a crop"),
        (
            "{ op = 'jitter', semantics = 'byol', brightness = 0, contrast = 0, saturation = 0, hue = 0 }",
            "Pillow has no jitter with the semantics of BYOL's code",
        ),
    ] {
        assert!(refused("pillow", op).unwrap().contains(text), "{op}");
        assert_eq!(refused("exact", op), None, "{op}");
    }
    assert_eq!(refused("pillow", "{ op = 'crop', interpolation = 'bilinear' }"), None);
    assert!(refused("pilow", "{ op = 'flip' }").unwrap().contains("did you mean `pillow`?"));
}
