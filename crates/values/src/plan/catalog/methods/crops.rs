//! Small views beside the two large ones (multi-crop; Caron et al. 2020, section 3.2): the keys that say how many, and what holds
//! between them.

use crate::plan::{
    catalog::{
        Constant::{Int, Pair},
        KeySpec,
        Kind::{Range, Within},
        kind::SHARE,
        spec::key,
    },
    demand::{Demand, SmallCrop},
    problem::Broken,
};

/// More than any paper has, and less than there are draws of a view.
const MOST: i64 = 100;
/// Pixels of a side that is wider than any image.
const WIDEST: i64 = 4096;
/// Pixels along a side of a view from which anything can be told.
const LEAST: usize = 4;

pub(super) const fn small_crops(default: i64, source: &'static str) -> KeySpec {
    key(
        "small_crops",
        Within(0, MOST),
        Int(default),
        "small views beside the two large ones, by both ways of the set in turn",
        source,
    )
}

pub(super) const fn small_side(source: &'static str) -> KeySpec {
    key(
        "small_side",
        Within(0, WIDEST),
        Int(0),
        "pixels along a side of a small view; 0: three sevenths of the images'",
        source,
    )
}

pub(super) const fn small_area(default: [f64; 2], source: &'static str) -> KeySpec {
    key(
        "small_area",
        Range(SHARE),
        Pair(default),
        "share of the image that a small view shows; the set's is of large ones",
        source,
    )
}

/// How many, and how small.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SmallCrops {
    pub count: usize,
    pub crop: SmallCrop,
}

impl SmallCrops {
    pub fn demand(self) -> Demand {
        Demand::multi_crop(self.count, self.crop)
    }

    /// What its keys leave undone, where they would `usually` be others; images have `side` pixels.
    pub fn broken(self, usually: Self, side: usize) -> Option<Broken> {
        if self.count == 0 && self.crop != usually.crop {
            let keys = &["method.small_side", "method.small_area", "method.small_crops"];
            let text = "a size of small views without any does nothing".into();
            return Some(Broken(keys, text, Some("leave it out, or set method.small_crops".into())));
        }
        let small = self.crop.side_of(side);
        (self.count > 0 && !(LEAST..=side).contains(&small)).then(|| {
            let text = format!("small views of {small} pixels are not between {LEAST} and the {side} of the images");
            let remedy = "set method.small_side in between, or use larger images".into();
            Broken(&["method.small_side", "method.small_crops", "data.side"], text, Some(remedy))
        })
    }
}
