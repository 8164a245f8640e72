//! The augmentation part of a recipe: pairs of view pipelines, made of random operations.

#![expect(missing_docs, reason = "what a key means, its default and its source are declared once, in the catalog")]

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::plan::{
    catalog::{self, OPERATIONS, names::ARITHMETIC},
    left_out::{is_default, is_yes, yes},
};

/// The name of a set that was written in place without one. It is part of a trial's id.
pub const UNNAMED: &str = "inline";

/// A named pair of view pipelines, resolved: the operations are part of the recipe, the name is what people say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    pub name: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub arithmetic: Arithmetic,
    /// Operations of view 1, in order.
    pub first: Vec<Op>,
    /// Operations of view 2; the same as `first` where the file names none.
    pub second: Vec<Op>,
}

impl Augmentation {
    /// The set that a value of an axis holds, where it was written in place without a name.
    pub fn unnamed(value: &toml::Value) -> Option<Self> {
        value.get("first")?;
        value.clone().try_into().ok()
    }

    /// What people call it: its name; what it does where it has none.
    pub fn label(&self) -> String {
        if self.name == UNNAMED { self.deeds() } else { self.name.clone() }
    }

    /// What it does, in a few words: `crop 0.2-1 + flip 0.5`; both views where they differ.
    pub fn deeds(&self) -> String {
        let view = |ops: &[Op]| match ops {
            [] => "nothing".into(),
            ops => ops.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + "),
        };
        let first = view(&self.first);
        let deeds = if self.second == self.first { first } else { format!("{first} / {}", view(&self.second)) };
        if self.arithmetic.is_exact() { deeds } else { format!("{deeds}, {}", self.arithmetic) }
    }

    /// The set as an experiment file has it in place: no name, and no key that has its default.
    pub fn table(&self) -> toml::Value {
        let view = |ops: &[Op]| toml::Value::Array(ops.iter().map(|op| op.table().into()).collect());
        let mut table = toml::Table::from_iter([("first".to_owned(), view(&self.first))]);
        if self.second != self.first {
            table.insert("second".into(), view(&self.second));
        }
        if !self.arithmetic.is_exact() {
            table.insert(ARITHMETIC.key.into(), self.arithmetic.to_string().into());
        }
        table.into()
    }

    /// The set as an experiment file has it, under the name `name`; every key of every operation is written out.
    pub fn written(&self, name: &str) -> String {
        let op = |op: &Op| {
            let (name, keys) = op.keys();
            let keys = keys.iter().map(|(key, value)| format!(", {key} = {value}")).collect::<String>();
            format!("    {{ op = {name:?}{keys} }},\n")
        };
        let view = |name: &str, ops: &[Op]| format!("{name} = [\n{}]\n", ops.iter().map(op).collect::<String>());
        let second = if self.second == self.first { String::new() } else { view("second", &self.second) };
        let arithmetic = format!("{} = \"{}\"\n", ARITHMETIC.key, self.arithmetic);
        let arithmetic = if self.arithmetic.is_exact() { "" } else { &arithmetic };
        format!("[augment.{name}]\n{arithmetic}{}{second}", view("first", &self.first))
    }

    /// Every key of every operation with its value, of view 1 where both views have it: `jitter.hue=0.1`.
    pub fn parameters(&self) -> Vec<String> {
        let mut all: Vec<(String, String)> = Vec::new();
        for op in self.first.iter().chain(&self.second) {
            let (op, keys) = op.keys();
            for (key, value) in keys {
                let key = format!("{op}.{key}");
                if !all.iter().any(|(known, _)| *known == key) {
                    all.push((key, value.to_string()));
                }
            }
        }
        all.into_iter().map(|(key, value)| format!("{key}={value}")).collect()
    }
}

/// What becomes of values from one operation to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arithmetic {
    /// They stay what they are.
    #[default]
    Exact,
    /// Bytes after every operation, by Pillow's and torchvision's rules for pictures.
    Pillow,
}

impl Arithmetic {
    /// Whether it is the default.
    pub fn is_exact(&self) -> bool {
        *self == Self::Exact
    }
}

/// As a file has it.
impl fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact => "exact",
            Self::Pillow => "pillow",
        })
    }
}

/// One random operation. Each is applied with probability `p`; colour strengths are half-ranges. Recipes recorded
/// before a key was there are read with its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// Random resized crop back to the working size: `area` and `aspect` are ranges (aspect log-uniform).
    Crop {
        area: [f64; 2],
        aspect: [f64; 2],
        #[serde(default)]
        sampler: Sampler,
        #[serde(default)]
        interpolation: Interpolation,
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        clamp: bool,
    },
    /// Mirror left to right.
    Flip { p: f64 },
    /// Brightness, contrast, saturation and hue in an order drawn per image.
    Jitter {
        p: f64,
        brightness: f64,
        contrast: f64,
        saturation: f64,
        hue: f64,
        #[serde(default)]
        semantics: Semantics,
    },
    /// Luma 0.2989, 0.587, 0.114 in all three channels.
    Grayscale { p: f64 },
    /// Gaussian of `kernel` by `kernel` pixels, or PIL's where that is 0; sigma uniform in `sigma`.
    Blur { p: f64, sigma: [f64; 2], kernel: usize },
    /// Values at or above `threshold` become 1 - value.
    Solarize { p: f64, threshold: f64 },
    /// Histogram equalisation per channel.
    Equalize { p: f64 },
    /// About the middle, counter-clockwise, uniform in `degrees`.
    Rotation { p: f64, degrees: [f64; 2] },
    /// A square of gray `fill` whose side is the share `size` of the image's.
    Cutout { p: f64, size: f64, fill: f64 },
    /// `ops` changes of torchvision's fourteen at `magnitude` of 0 to 30.
    RandAugment {
        p: f64,
        ops: usize,
        magnitude: usize,
        #[serde(default, skip_serializing_if = "is_default")]
        vary: bool,
    },
    /// By at most the share `most` of the side each way, mirrored at the border.
    Shift { p: f64, most: f64 },
}

impl Op {
    /// The name and the keys, as a file has them.
    pub fn keys(&self) -> (String, toml::Table) {
        let mut keys = toml::Table::try_from(self).expect("an operation is plain values");
        let name = keys.remove("op").and_then(|name| name.as_str().map(str::to_owned));
        (name.expect("an operation has a name"), keys)
    }

    /// The operation as an experiment file has it, without keys that have their defaults.
    fn table(&self) -> toml::Table {
        let (name, mut keys) = self.keys();
        let specs = catalog::find(OPERATIONS, &name).map_or(&[][..], |entry| entry.keys);
        let default = |key: &str| specs.iter().find(|spec| spec.key == key)?.default;
        keys.retain(|key, value| default(key).is_none_or(|default| default.toml() != *value));
        keys.insert("op".into(), name.into());
        keys
    }

    /// A crop as BYOL draws it, enlarged as PyTorch enlarges tensors.
    pub const fn crop(area: [f64; 2], aspect: [f64; 2]) -> Self {
        Self::Crop { area, aspect, sampler: Sampler::Paper, interpolation: Interpolation::Bicubic, clamp: true }
    }

    /// Jitter as torchvision has it; `strengths` are those of brightness, contrast, saturation and hue.
    pub const fn jitter(p: f64, strengths: [f64; 4]) -> Self {
        let [brightness, contrast, saturation, hue] = strengths;
        Self::Jitter { p, brightness, contrast, saturation, hue, semantics: Semantics::Torchvision }
    }

    /// How often it happens.
    pub fn probability(&self) -> f64 {
        match *self {
            Self::Crop { .. } => 1.0,
            Self::Flip { p }
            | Self::Jitter { p, .. }
            | Self::Grayscale { p }
            | Self::Blur { p, .. }
            | Self::Solarize { p, .. }
            | Self::Equalize { p }
            | Self::Rotation { p, .. }
            | Self::Cutout { p, .. }
            | Self::RandAugment { p, .. }
            | Self::Shift { p, .. } => p,
        }
    }
}

/// How a crop's box is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampler {
    /// One draw, its sides clamped to the image: BYOL's code.
    #[default]
    Paper,
    /// Ten tries to fit into the image, then the middle.
    Torchvision,
    /// `tf.image.sample_distorted_bounding_box` as SimCLR's code calls it: the height is uniform, and not the area; aspect
    /// uniform, and not its logarithm; a tenth of the image at least; the last row and column only where a box spans all. At
    /// 32 pixels a box of SimCLR's covers 43 % of the image on average, one of BYOL's code 53 %.
    Tensorflow,
}

/// How a crop is enlarged. All cubic ones are convolutions with Keys' kernel (1981), which a number A shapes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpolation {
    /// A = -0.75, the border repeated: PyTorch's `interpolate` without antialiasing.
    #[default]
    Bicubic,
    /// A = -0.5, what lies outside the box left out and the rest weighed up to 1: TensorFlow's `image.resize`, Pillow, and
    /// torchvision, whose antialiasing changes nothing where a box grows.
    BicubicKeys,
    /// A = -0.75, the border repeated, from the corners of pixels and not from their middles: TensorFlow 1's
    /// `resize_bicubic`.
    BicubicTf1,
    /// Between the two nearest pixels along each axis.
    Bilinear,
}

/// What the four parts of colour jitter do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Semantics {
    /// Brightness multiplies, contrast is about the mean luma, saturation blends with the luma.
    #[default]
    Torchvision,
    /// Brightness adds, contrast is about each channel's mean, saturation is HSV's.
    Byol,
}

/// `flip 0.5`: the name and the probability; a crop's name and area.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Crop { area: [low, high], .. } => return write!(f, "crop {low}-{high}"),
            Self::Flip { .. } => "flip",
            Self::Jitter { .. } => "jitter",
            Self::Grayscale { .. } => "grayscale",
            Self::Blur { .. } => "blur",
            Self::Solarize { .. } => "solarize",
            Self::Equalize { .. } => "equalize",
            Self::Rotation { .. } => "rotation",
            Self::Cutout { .. } => "cutout",
            Self::RandAugment { .. } => "rand_augment",
            Self::Shift { .. } => "shift",
        };
        write!(f, "{name} {}", self.probability())
    }
}
