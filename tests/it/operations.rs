//! The operations beyond BYOL's own sets: against torchvision, PIL and a transcription of BYOL's colour code, and their
//! samplers in distribution.

use byolab::{
    augment::{
        self, Canvas, DrawnOp, Key, View,
        op::{Blur, Crop, Cutout, Jitter, RandAugment, RandAugmentOp, Rotation},
    },
    plan::recipe::{Augmentation, Interpolation, Op, Sampler, Semantics},
};
use safetensors::SafeTensors;

use crate::views::{ORDER, Reference, draws, five_sigma, images, uniform};

fn with_reference(check: impl Fn(Reference)) {
    with_file("augment_more", check);
}

fn with_file(name: &str, check: impl Fn(Reference)) {
    let bytes = std::fs::read(format!("tests/reference/{name}.safetensors")).unwrap();
    check(Reference(SafeTensors::deserialize(&bytes).unwrap()));
}

/// See tests/reference/make_crops.py.
#[test]
fn cubic_crops_agree_with_tensorflow_as_byols_and_simclrs_code_asks_for_it() {
    with_file("crops", |reference| {
        for (form, interpolation) in
            [("tensorflow2", Interpolation::BicubicKeys), ("tensorflow1", Interpolation::BicubicTf1)]
        {
            let crop = reference.crops(interpolation);
            reference.check(&format!("crop/{form}"), 1e-6, |i| DrawnOp::Crop(Crop { clamp: false, ..crop(i) }));
        }
    });
}

#[test]
fn what_a_crop_overshoots_is_cut_off_at_once_or_at_the_end() {
    let images = images(40, 16);
    let (area, aspect, sampler) = ([0.1, 0.5], [0.75, 1.25], Sampler::Paper);
    for interpolation in [Interpolation::Bicubic, Interpolation::BicubicKeys, Interpolation::BicubicTf1] {
        let view = |clamp: bool| {
            let ops = vec![Op::Crop { area, aspect, sampler, interpolation, clamp }];
            let set = Augmentation { name: "x".into(), first: ops.clone(), second: ops, ..Default::default() };
            let all: Vec<usize> = (0..40).collect();
            let made = augment::batch(&images, &all, &set, View::First, 0, 0, [0.0; 3], [1.0; 3]);
            let raw = augment::drawn(&set.first, 16, Key { seed: 0, epoch: 0, sample: 0, view: View::First, draw: 0 });
            let mut canvas = Canvas::new(16);
            canvas.load(images.image(0));
            raw.for_each(|drawn| drawn.apply(&mut canvas));
            let outside = canvas.pixels.iter().filter(|value| !(0.0..=1.0).contains(*value)).count();
            (made, outside)
        };
        let ((cut, none), (late, some)) = (view(true), view(false));
        assert_eq!((cut == late, none, some > 0), (true, 0, true), "{interpolation:?}");
    }
}

#[test]
fn bilinear_crops_rotation_and_equalize_agree_with_torchvision() {
    with_reference(|reference| {
        let crop = reference.crops(Interpolation::Bilinear);
        reference.check("crop/bilinear", 1e-5, |i| DrawnOp::Crop(crop(i)));
        let degrees = reference.floats("rotation/degrees");
        reference.check("rotation/images", 1e-4, |i| DrawnOp::Rotation(Rotation { degrees: degrees[i] }));
        reference.check("equalize/images", 1e-6, |_| DrawnOp::Equalize);
    });
}

#[test]
fn jitter_agrees_with_byols_code() {
    with_reference(|reference| {
        let semantics = Semantics::Byol;
        let none = Jitter { semantics, brightness: 0.0, contrast: 1.0, saturation: 1.0, hue: 0.0, order: ORDER };
        reference.check_factors("byol_brightness", |brightness| Jitter { brightness, ..none });
        reference.check_factors("byol_contrast", |contrast| Jitter { contrast, ..none });
        reference.check_factors("byol_saturation", |saturation| Jitter { saturation, ..none });
        reference.check_factors("byol_hue", |hue| Jitter { hue, ..none });
    });
}

/// PIL rounds to bytes after each of six passes: half a byte each.
#[test]
fn a_blur_without_a_kernel_agrees_with_pil() {
    with_reference(|reference| {
        for sigma in [0.1, 0.8, 2.0] {
            let name = format!("blur_pil_s{sigma:.1}/images");
            reference.check(&name, 3.0 / 255.0, |_| DrawnOp::Blur(Blur { kernel: 0, sigma }));
        }
    });
}

#[test]
fn every_change_of_rand_augment_agrees_with_torchvision() {
    with_reference(|reference| {
        for magnitude in [9, 30] {
            for which in 0..14 {
                let change = |i: usize| RandAugmentOp::of(which, magnitude, i % 2 == 1, 16);
                let name = format!("rand_augment/{which}_{magnitude}");
                reference.check(&name, 1e-3, |i| DrawnOp::RandAugment(RandAugment(vec![change(i)])));
            }
        }
    });
}

fn crops(area: [f64; 2], aspect: [f64; 2], sampler: Sampler) -> Vec<Crop> {
    let ops = [Op::Crop { area, aspect, sampler, interpolation: Interpolation::Bilinear, clamp: true }];
    crops_of(&ops, 32, 20_000)
}

fn crops_of(ops: &[Op], side: usize, n: u64) -> Vec<Crop> {
    let key = |sample| Key { seed: 0, epoch: 0, sample, view: View::First, draw: 0 };
    let crop = |drawn| if let DrawnOp::Crop(crop) = drawn { crop } else { panic!("not a crop: {drawn}") };
    (0..n).flat_map(|sample| augment::drawn(ops, side, key(sample)).map(crop).collect::<Vec<_>>()).collect()
}

/// What fits at the first try is drawn alike by both samplers; what does not is clamped by one and drawn anew by the
/// other, which therefore never takes the whole side more often than rounding does.
#[test]
fn torchvisions_sampler_rejects_where_the_papers_clamps() {
    let (area, aspect) = ([0.7, 1.0], [0.75, 4.0 / 3.0]);
    let (paper, torchvision) = (crops(area, aspect, Sampler::Paper), crops(area, aspect, Sampler::Torchvision));
    let touches = |crop: &Crop| crop.width == 32 || crop.height == 32;
    let share = |crops: &[Crop]| crops.iter().filter(|crop| touches(crop)).count() as f64 / crops.len() as f64;
    assert!(share(&paper) > 0.45 && share(&torchvision) < 0.3, "{} {}", share(&paper), share(&torchvision));
    for (paper, torchvision) in paper.iter().zip(&torchvision).filter(|(paper, _)| !touches(paper)) {
        assert_eq!(paper, torchvision);
    }
    let off = |crop: &Crop| !(0.66..=1.0).contains(&((crop.width * crop.height) as f64 / 1024.0));
    assert_eq!(torchvision.iter().filter(|crop| off(crop)).count(), 0);
}

#[test]
fn torchvisions_sampler_falls_back_to_the_middle() {
    for (aspect, height, width) in [([2.0, 4.0], 16, 32), ([0.25, 0.5], 32, 16)] {
        for crop in crops([0.9, 1.0], aspect, Sampler::Torchvision) {
            let Crop { top, left, .. } = crop;
            assert_eq!((crop.height, crop.width, top, left), (height, width, (32 - height) / 2, (32 - width) / 2));
        }
    }
}

/// How often each size of a box came, or each place: rows by columns.
fn counts(crops: &[Crop], side: usize, of: impl Fn(&Crop) -> [usize; 2]) -> Vec<usize> {
    let mut counts = vec![0; (side + 1) * (side + 1)];
    crops.iter().map(of).for_each(|[row, column]| counts[row * (side + 1) + column] += 1);
    counts
}

/// The chi-squared statistic of two samples, in standard deviations above what one distribution gives.
fn apart(ours: &[usize], theirs: &[usize]) -> f64 {
    let [a, b] = [ours, theirs].map(|counts| counts.iter().sum::<usize>() as f64);
    let seen = ours.iter().zip(theirs).map(|(x, y)| (*x as f64, *y as f64)).filter(|(x, y)| x + y >= 10.0);
    let terms: Vec<f64> = seen.map(|(x, y)| (x * (b / a).sqrt() - y * (a / b).sqrt()).powi(2) / (x + y)).collect();
    let freedom = (terms.len() as f64 - 1.0).max(1.0);
    (terms.iter().sum::<f64>() - freedom) / (2.0 * freedom).sqrt()
}

/// See tests/reference/make_boxes.py.
#[test]
fn boxes_are_drawn_as_tensorflow_draws_them() {
    with_file("boxes", |reference| {
        for case in ["simclr", "narrow", "whole"] {
            let of = reference.floats(&format!("{case}/of"));
            let [side, area, aspect] = [[of[0]; 2], [of[1], of[2]], [of[3], of[4]]].map(|it| it.map(f64::from));
            let side = side[0] as usize;
            let drawn = |sampler| {
                let ops = [Op::Crop { area, aspect, sampler, interpolation: Interpolation::Bilinear, clamp: true }];
                crops_of(&ops, side, 50_000)
            };
            let far = |crops: &[Crop]| {
                let size = counts(crops, side, |crop| [crop.height, crop.width]);
                let place = counts(crops, side, |crop| [crop.top, crop.left]);
                [("size", size), ("place", place)]
                    .map(|(what, ours)| apart(&ours, &reference.integers(&format!("{case}/{what}.i64"))))
            };
            let (same, other) = (far(&drawn(Sampler::Tensorflow)), far(&drawn(Sampler::Paper)));
            assert!(same.iter().all(|far| *far < 5.0), "{case}: {same:?}");
            assert!(other.iter().all(|far| *far > 50.0), "{case}: {other:?}");
        }
    });
}

#[test]
fn tensorflows_boxes_are_smaller_and_keep_off_the_lower_and_right_edge() {
    let (area, aspect) = ([0.08, 1.0], [0.75, 4.0 / 3.0]);
    let share = |crops: &[Crop]| crops.iter().map(|crop| (crop.height * crop.width) as f64 / 1024.0).sum::<f64>() / 2e4;
    let [paper, torchvision, tensorflow] =
        [Sampler::Paper, Sampler::Torchvision, Sampler::Tensorflow].map(|sampler| crops(area, aspect, sampler));
    let shares = [&paper, &torchvision, &tensorflow].map(|crops| share(crops));
    for (share, expected) in shares.into_iter().zip([0.53, 0.49, 0.43]) {
        assert!((share - expected).abs() < 0.01, "{shares:?}");
    }
    let below = |crop: &&Crop| crop.height < 32 && crop.top + crop.height == 32;
    assert!(tensorflow.iter().filter(below).count() == 0 && paper.iter().filter(below).count() > 1000);
}

#[test]
fn byols_brightness_is_uniform_about_nothing() {
    let (brightness, contrast, saturation, hue) = (0.4, 0.3, 0.2, 0.1);
    let ops = [Op::Jitter { p: 1.0, brightness, contrast, saturation, hue, semantics: Semantics::Byol }];
    let of = |part: fn(&Jitter) -> f32| {
        let part =
            |drawn: &DrawnOp| if let DrawnOp::Jitter(it) = drawn { f64::from(part(it)) } else { panic!("{drawn}") };
        draws(&ops, 20_000).iter().flatten().map(part).collect()
    };
    uniform("brightness", of(|jitter| jitter.brightness), [-0.4, 0.4]);
    uniform("contrast", of(|jitter| jitter.contrast), [0.7, 1.3]);
    uniform("saturation", of(|jitter| jitter.saturation), [0.8, 1.2]);
    uniform("hue", of(|jitter| jitter.hue), [-0.1, 0.1]);
}

#[test]
fn every_operation_happens_as_often_as_its_probability_says() {
    let n = 20_000;
    let ops = [
        Op::Equalize { p: 0.3 },
        Op::Rotation { p: 0.4, degrees: [-10.0, 10.0] },
        Op::Cutout { p: 0.6, size: 0.5, fill: 0.5 },
        Op::RandAugment { p: 0.7, ops: 1, magnitude: 9, vary: false },
    ];
    let all = draws(&ops, n);
    let share = |is: fn(&DrawnOp) -> bool| all.iter().filter(|view| view.iter().any(is)).count() as f64 / n as f64;
    for (share, p) in [
        (share(|drawn| matches!(drawn, DrawnOp::Equalize)), 0.3),
        (share(|drawn| matches!(drawn, DrawnOp::Rotation(_))), 0.4),
        (share(|drawn| matches!(drawn, DrawnOp::Cutout(_))), 0.6),
        (share(|drawn| matches!(drawn, DrawnOp::RandAugment(_))), 0.7),
    ] {
        assert!((share - p).abs() <= five_sigma(p * (1.0 - p), n), "{share}, not {p}");
    }
}

#[test]
fn rotations_are_uniform_in_their_range() {
    let degree =
        |drawn: DrawnOp| if let DrawnOp::Rotation(it) = drawn { f64::from(it.degrees) } else { panic!("{drawn}") };
    let all = draws(&[Op::Rotation { p: 1.0, degrees: [-10.0, 30.0] }], 20_000);
    uniform("degrees", all.into_iter().flatten().map(degree).collect(), [-10.0, 30.0]);
}

/// The centre is anywhere: a side of 10 in 32 pixels is whole for 23 centres of 32, and shorter the nearer it is to
/// the border.
#[test]
fn cutouts_are_centred_anywhere() {
    let n = 20_000;
    let mut lengths = [0u64; 11];
    let mut covered = [0u64; 32];
    for drawn in draws(&[Op::Cutout { p: 1.0, size: 0.3125, fill: 0.5 }], n).into_iter().flatten() {
        let DrawnOp::Cutout(Cutout { rows, columns, .. }) = drawn else { panic!("not a cutout: {drawn}") };
        lengths[rows.len()] += 1;
        columns.for_each(|column| covered[column] += 1);
    }
    let expect = |name: &str, count: u64, p: f64| {
        let share = count as f64 / n as f64;
        assert!((share - p).abs() <= five_sigma(p * (1.0 - p), n), "{name}: {share}, not {p}");
    };
    expect("whole", lengths[10], 23.0 / 32.0);
    assert_eq!(lengths[..5], [0; 5], "at least half is inside");
    for (length, count) in lengths.iter().enumerate().take(10).skip(6) {
        expect(&format!("{length} rows"), *count, 2.0 / 32.0);
    }
    expect("5 rows", lengths[5], 1.0 / 32.0);
    expect("the middle column", covered[16], 10.0 / 32.0);
    expect("the first column", covered[0], 6.0 / 32.0);
}

#[test]
fn rand_augment_draws_every_change_and_both_signs_equally_often() {
    let n = 14_000;
    let all = draws(&[Op::RandAugment { p: 1.0, ops: 2, magnitude: 9, vary: false }], n);
    let changes = all.into_iter().flatten().flat_map(|drawn| match drawn {
        DrawnOp::RandAugment(RandAugment(changes)) => {
            assert_eq!(changes.len(), 2);
            changes
        }
        other => panic!("not RandAugment: {other}"),
    });
    let mut counts = std::collections::BTreeMap::new();
    changes.for_each(|change| *counts.entry(change.to_string()).or_insert(0u64) += 1);
    let signed =
        ["shear-x +0.09", "shear-x -0.09", "move-y +4", "move-y -4", "rotate +9", "rotate -9", "b1.27", "b0.73"];
    for (name, count) in &counts {
        let unsigned =
            ["identity", "posterize 7", "solarize 0.70", "autocontrast", "equalize"].contains(&name.as_str());
        let p = if unsigned { 1.0 / 14.0 } else { 1.0 / 28.0 };
        let share = *count as f64 / (2 * n) as f64;
        assert!((share - p).abs() <= five_sigma(p * (1.0 - p), 2 * n), "{name} comes in {share}, not {p}");
    }
    assert_eq!(counts.len(), 5 + 2 * 9);
    assert!(signed.iter().all(|name| counts.contains_key(*name)), "{counts:?}");
}

/// FixMatch's code: two changes, each with probability a half, at magnitudes of 1 to 10.
#[test]
fn changes_that_vary_happen_half_of_the_time_at_ten_magnitudes() {
    let n = 20_000;
    let all = draws(&[Op::RandAugment { p: 1.0, ops: 1, magnitude: 30, vary: true }], n);
    let mut solarized = std::collections::BTreeMap::new();
    let mut idle = 0;
    for drawn in all.into_iter().flatten() {
        match drawn {
            DrawnOp::RandAugment(RandAugment(changes)) => match changes[..] {
                [RandAugmentOp::Identity] => idle += 1,
                [RandAugmentOp::Solarize(threshold)] => {
                    *solarized.entry((threshold * 10.0).round() as u64).or_insert(0) += 1
                }
                _ => {}
            },
            other => panic!("not RandAugment: {other}"),
        }
    }
    // One of the fourteen does nothing in any case.
    let (share, p) = (f64::from(idle) / n as f64, 0.5 + 0.5 / 14.0);
    assert!((share - p).abs() <= five_sigma(p * (1.0 - p), n), "{share} do nothing");
    for (threshold, count) in &solarized {
        let (share, p) = (f64::from(*count) / n as f64, 0.5 / 14.0 / 10.0);
        assert!((share - p).abs() <= five_sigma(p * (1.0 - p), n), "{threshold}: {share}, not {p}");
    }
    assert_eq!(solarized.len(), 10, "{solarized:?}");
}

#[test]
fn shifts_are_as_likely_by_every_number_of_pixels() {
    let n = 20_000;
    let mut counts = [[0u64; 9]; 2];
    for drawn in draws(&[Op::Shift { p: 1.0, most: 0.125 }], n).into_iter().flatten() {
        let DrawnOp::Shift(shift) = drawn else { panic!("not a shift: {drawn}") };
        counts[0][(shift.down + 4) as usize] += 1;
        counts[1][(shift.right + 4) as usize] += 1;
    }
    for count in counts.into_iter().flatten() {
        let (share, p) = (count as f64 / n as f64, 1.0 / 9.0);
        assert!((share - p).abs() <= five_sigma(p * (1.0 - p), n), "{share}, not {p}");
    }
}

#[test]
fn a_recipe_from_before_a_key_was_there_is_read_with_its_default() {
    #[derive(serde::Deserialize)]
    struct View {
        first: Vec<Op>,
    }
    let old = "[[first]]\nop = 'crop'\narea = [0.1, 1.0]\naspect = [0.75, 1.25]\n\
               [[first]]\nop = 'jitter'\np = 0.8\nbrightness = 0.4\ncontrast = 0.4\nsaturation = 0.2\nhue = 0.1\n";
    let [Op::Crop { sampler, interpolation, clamp, .. }, Op::Jitter { semantics, .. }] =
        &toml::from_str::<View>(old).unwrap().first[..]
    else {
        panic!("two operations")
    };
    assert_eq!((*sampler, *interpolation, *clamp), (Sampler::Paper, Interpolation::Bicubic, true));
    assert_eq!(*semantics, Semantics::Torchvision);
}
