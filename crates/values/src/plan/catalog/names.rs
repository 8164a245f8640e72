//! What users choose by name and has no file of its own: operations on images, and probes.

use super::{
    CatalogEntry,
    Constant::{Bool, Float, Int, Pair, Text},
    KeySpec, Kind,
    Kind::{Number, OddOrNone, OneOf, Range, Whole, Within},
    kind::{DEGREES, FRACTION, NOT_NEGATIVE, POSITIVE, SHARE},
    spec::{key, option as entry},
};

/// Measurements of frozen features.
pub const PROBES: &[CatalogEntry] = &[
    entry("knn", "weighted cosine k-nearest neighbours, at every evaluation", "Wu et al. 2018; MoCo's CIFAR notebook"),
    entry("linear", "a linear classifier on cached features, at the end", "Zhang et al. 2016; BYOL C.1"),
    entry(
        "finetune",
        "the whole network trained on labels from where it stands, at the end where asked for",
        "SimCLR B.5",
    ),
    entry("factors", "a linear read-out of what synthetic images were made with, at the end", "byolab"),
    entry("feature_std", "spread per channel of normalised features: near 0 is collapse", "SimSiam section 4.1"),
    entry("effective_rank", "exponential of the entropy of the singular values", "RankMe, arXiv 2210.02885"),
    entry("alignment", "mean squared distance between the views of an image", "Wang and Isola 2020"),
    entry("uniformity", "how evenly features cover the sphere", "Wang and Isola 2020"),
];

/// Random operations on an image; an augmentation set lists them in order.
pub const OPERATIONS: &[CatalogEntry] = &[
    CatalogEntry {
        name: "crop",
        doc: "random resized crop back to the working size",
        source: "Szegedy et al. 2015",
        keys: &[
            key("area", Range(SHARE), Pair([0.08, 1.0]), "share of the image, uniform", "BYOL Table 6"),
            key("aspect", Range(POSITIVE), Pair([0.75, 4.0 / 3.0]), "width over height, log-uniform", "BYOL Table 6"),
            key("sampler", OneOf(SAMPLERS), Text("paper"), "how the box is found", "BYOL's code"),
            key("interpolation", OneOf(INTERPOLATIONS), Text("bicubic"), "how the box is enlarged", "PyTorch"),
            key(
                "clamp",
                Kind::Bool,
                Bool(true),
                "whether overshoot is cut off at once; false: by later operations, or at the end",
                "BYOL's code; false: SimCLR's",
            ),
        ],
    },
    CatalogEntry { name: "flip", doc: "mirror left to right", source: "BYOL Table 6", keys: &[chance(0.5)] },
    CatalogEntry {
        name: "jitter",
        doc: "brightness, contrast, saturation and hue in random order",
        source: "SimCLR appendix A",
        keys: &[
            chance(0.8),
            strength("brightness", "factor 1 ± this; difference ± this where the semantics are byol's"),
            strength("contrast", "factor 1 ± this"),
            strength("saturation", "factor 1 ± this"),
            KeySpec {
                kind: Number((std::ops::Bound::Included(0.0), std::ops::Bound::Included(0.5))),
                ..strength("hue", "turn of the colour circle, ± this")
            },
            key("semantics", OneOf(SEMANTICS), Text("torchvision"), "what the four parts do", "torchvision"),
        ],
    },
    CatalogEntry { name: "grayscale", doc: "luma in all three channels", source: "BYOL Table 6", keys: &[chance(0.2)] },
    CatalogEntry {
        name: "blur",
        doc: "Gaussian blur",
        source: "SimCLR appendix A",
        keys: &[
            chance(1.0),
            key("sigma", Range(POSITIVE), Pair([0.1, 2.0]), "standard deviation in pixels, uniform", "BYOL Table 6"),
            key(
                "kernel",
                OddOrNone,
                Int(3),
                "pixels; a tenth of the image's side. 0: as wide as sigma asks for, PIL's",
                "BYOL's code at 32 pixels",
            ),
        ],
    },
    CatalogEntry {
        name: "solarize",
        doc: "values at or above the threshold become 1 - value",
        source: "BYOL Table 6",
        keys: &[chance(0.2), key("threshold", Number(FRACTION), Float(0.5), "of values in 0 to 1", "BYOL's code")],
    },
    CatalogEntry {
        name: "equalize",
        doc: "histogram equalisation of each channel",
        source: "AutoAugment, Cubuk et al. 2019; torchvision",
        keys: &[always("torchvision: 0.5")],
    },
    CatalogEntry {
        name: "rotation",
        doc: "rotation about the middle, bilinear, black where nothing is",
        source: "torchvision's RandomRotation",
        keys: &[always(""), key("degrees", Range(DEGREES), Pair([-15.0, 15.0]), "counter-clockwise, uniform", "")],
    },
    CatalogEntry {
        name: "cutout",
        doc: "a gray square anywhere",
        source: "DeVries and Taylor 2017, arXiv 1708.04552",
        keys: &[
            always("DeVries and Taylor 2017"),
            key(
                "size",
                Number(SHARE),
                Float(0.5),
                "side of the square, a share of the image's",
                "16 of 32 pixels there",
            ),
            key("fill", Number(FRACTION), Float(0.5), "gray of the square, 0 to 1", "FixMatch's code: 127"),
        ],
    },
    CatalogEntry {
        name: "rand_augment",
        doc: "some of fourteen changes of shape and colour, in torchvision's space",
        source: "Cubuk et al. 2020, arXiv 1909.13719; torchvision's RandAugment",
        keys: &[
            always("torchvision"),
            key("ops", Whole(1), Int(2), "changes per image", "torchvision"),
            key("magnitude", Within(0, 30), Int(9), "of every change", "torchvision: 9 of 0 to 30"),
            key(
                "vary",
                Kind::Bool,
                Bool(false),
                "each change happens half of the time, at a tenth to all of the magnitude",
                "FixMatch's code, of 30",
            ),
        ],
    },
    CatalogEntry {
        name: "shift",
        doc: "moved by whole pixels, mirrored at the border",
        source: "FixMatch section 2.3",
        keys: &[
            always("FixMatch's code"),
            key("most", Number(FRACTION), Float(0.125), "each way, a share of the side", "FixMatch section 2.3"),
        ],
    },
];

/// What a set of augmentations says beside its operations.
pub const ARITHMETIC: KeySpec = key(
    "arithmetic",
    OneOf(ARITHMETICS),
    Text("exact"),
    "what becomes of values from one operation to the next",
    "BYOL's and SimCLR's code: exact; lightly, solo-learn, MoCo, SimSiam: pillow",
);

const ARITHMETICS: &[CatalogEntry] = &[
    entry("exact", "they stay what they are, in 0 to 1", "TensorFlow, torchvision on tensors"),
    entry("pillow", "bytes after every operation, by Pillow's rules", "Pillow 13, torchvision on pictures"),
];

const SAMPLERS: &[CatalogEntry] = &[
    entry("paper", "one draw, its sides clamped to the image", "BYOL's code"),
    entry("torchvision", "ten tries to fit into the image, then the middle", "torchvision's RandomResizedCrop"),
    entry(
        "tensorflow",
        "height and aspect uniform, at least a tenth of the image, never at the lower and right edge",
        "sample_distorted_bounding_box, SimCLR's code",
    ),
];

const INTERPOLATIONS: &[CatalogEntry] = &[
    entry(
        "bicubic",
        "cubic convolution with A = -0.75, the border repeated",
        "PyTorch on tensors, without antialiasing",
    ),
    entry(
        "bicubic-keys",
        "cubic convolution with A = -0.5, what lies outside the box left out",
        "Keys 1981; TensorFlow 2, Pillow, torchvision",
    ),
    entry(
        "bicubic-tf1",
        "as bicubic, from the corners of pixels and not from their middles",
        "TensorFlow 1's resize_bicubic",
    ),
    entry("bilinear", "between the two nearest pixels", "torchvision's default"),
];

const SEMANTICS: &[CatalogEntry] = &[
    entry("torchvision", "brightness multiplies, contrast and saturation blend with the luma", "torchvision"),
    entry("byol", "brightness adds, contrast about each channel's mean, saturation in HSV", "BYOL's code"),
];

/// The probability of an operation that a set has because it is to happen.
const fn always(source: &'static str) -> KeySpec {
    key("p", Number(FRACTION), Float(1.0), "probability", source)
}

const fn chance(default: f64) -> KeySpec {
    key("p", Number(FRACTION), Float(default), "probability", "BYOL Table 6")
}

/// A strength of colour jitter: there is no sensible default.
const fn strength(name: &'static str, doc: &'static str) -> KeySpec {
    KeySpec { default: None, ..key(name, Number(NOT_NEGATIVE), Float(0.0), doc, "") }
}
