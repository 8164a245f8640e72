//! Ways of learning: each is a file that declares what users read of it, its keys with defaults and sources, its heads, what it
//! needs of a batch and what must hold between its keys; and a line in [`methods!`](self) below. The engine has the loss, in a
//! file of the same name.

mod crops;
mod rows;
mod target;

use serde::{Deserialize, Serialize};

pub use byol::Normalization;
pub use dcl::PairWeighting;
pub use dino::JudgedNetwork;
pub use encoder::{Loaded, PoolChoice};
pub use exemplar::Comparison;
pub use rows::{FrozenLayer, KeptRows, UnitRows};
pub use target::{InitialTarget, TargetNetwork, TargetNorm, TargetSchedule, TargetUpdate};
pub use vicreg::VarianceViews;

use super::{
    CatalogEntry, Constant,
    Constant::{Float, Int, Text},
    KeySpec,
    Kind::{Number, OneOf, Whole},
    kind::{FRACTION, NOT_NEGATIVE, POSITIVE},
    spec::{key, option},
};
use crate::{
    plan::{
        demand::{COLOUR_CELL, Demand, Part, PatchGrid, Pool, View, ViewDemand},
        problem::Broken,
        shape::{HeadShape, NamedHead},
    },
    weights::Found,
};

/// What a way of learning finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// Images that pass the networks together.
    pub batch: usize,
    /// Height and width of an image.
    pub side: usize,
    /// Length of the encoder's feature vector.
    pub features: usize,
    /// Height and width of its last maps.
    pub maps: usize,
    /// Classes of the data set.
    pub classes: usize,
    /// Images to train on.
    pub images: usize,
    /// Whether pixels are shifted and divided by the deviation.
    pub normalised: bool,
}

impl Given {
    /// Pixels along a side of what each place of the last maps stands for.
    pub fn cell(&self) -> usize {
        self.side / self.maps
    }

    /// Where the places of the maps do not divide the image.
    fn uneven(&self) -> Option<Broken> {
        (self.cell() < COLOUR_CELL || !self.side.is_multiple_of(self.maps * COLOUR_CELL)).then(|| {
            let text =
                format!("images of {} pixels do not divide into the encoder's {} places a side", self.side, self.maps);
            Broken(&["data.side", "method.name"], text, Some("use a multiple of 32 for data.side".into()))
        })
    }

    /// Where the image's patches are too small.
    fn too_small(&self, grid: PatchGrid) -> Option<Broken> {
        (grid.patch < LEAST_PATCH).then(|| {
            let text = format!("patches of images of {} pixels are smaller than {LEAST_PATCH} pixels", self.side);
            Broken(&["data.side", "method.name"], text, Some("use larger images".into()))
        })
    }
}

/// Pixels along a side of a patch from which anything can be told.
const LEAST_PATCH: usize = 8;

/// What a way of learning says of itself: all that can be known of it without a tensor.
pub trait Declaration {
    /// How its target network begins and follows, where it has one.
    fn target(&self) -> Option<TargetNetwork> {
        None
    }

    /// From the encoder's output on, those that a target network has too before the others.
    fn heads(&self, given: &Given) -> Vec<NamedHead>;

    /// What it needs of a batch.
    fn demand(&self) -> Demand {
        Demand::pair()
    }

    /// Keys that its target remembers, and their dimensions.
    fn queue(&self) -> Option<[usize; 2]> {
        None
    }

    /// Length of the mean that its target's outputs are centred by, where it keeps one.
    fn centre(&self) -> Option<usize> {
        None
    }

    /// What its target's outputs are divided by in an epoch, where that may change.
    fn target_temperature(&self, _epoch: u64) -> Option<f64> {
        None
    }

    /// A layer that does not learn at first, where there is one.
    fn frozen(&self) -> Option<FrozenLayer> {
        None
    }

    /// Rows that the student keeps beside its weights, where it does.
    fn rows(&self) -> Option<KeptRows> {
        None
    }

    /// A layer whose weights are brought to rows of length 1 before every step, where there is one.
    fn unit_rows(&self) -> Option<UnitRows> {
        None
    }

    /// Numbers of an image and view that wait for the backward pass beside what layers make.
    fn beside(&self) -> usize {
        0
    }

    /// Whether gradients move the student.
    fn learns(&self) -> bool {
        true
    }

    /// The multiple of the learning rate of parameters whose names begin with `part` (`predictor`).
    fn lr_multiple(&self, _part: &str) -> f64 {
        1.0
    }

    /// Layers of its first head that belong to the features which are judged.
    fn judged_layers(&self) -> usize {
        0
    }

    /// Where pixels themselves are judged, and no encoder: to how many along a side images of `side` are averaged.
    fn pixels(&self, _side: usize) -> Option<usize> {
        None
    }

    /// Whether its first head tells the classes of the data set.
    fn classifies(&self) -> bool {
        false
    }

    /// Whether what is judged and kept is the target network, and not the student.
    fn judged_by_target(&self) -> bool {
        false
    }

    /// Whether lightness and colours have an encoder each, of half the width.
    fn halves(&self) -> bool {
        false
    }

    /// What its keys leave undone or cannot do.
    fn broken(&self, _given: &Given) -> Option<Broken> {
        None
    }
}

/// The registry: a line for each way of learning, in the order in which users read them.
macro_rules! methods {
    ($($variant:ident in $file:ident has $recipe:ident),+ $(,)?) => {
        $(mod $file;)+
        $(pub use $file::$recipe;)+

        /// Ways of learning, and references to judge them by.
        pub const METHODS: &[CatalogEntry] = &[$($file::ENTRY),+];

        /// The method's own keys: the only part of a recipe in which the trials of a heat differ.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "name", rename_all = "kebab-case")]
        pub enum MethodRecipe {
            $(
                #[doc = concat!("[`", stringify!($recipe), "`]")]
                $variant($recipe),
            )+
        }

        impl MethodRecipe {
            /// The name that users type.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $file::ENTRY.name,)+
                }
            }

            /// What it says of itself.
            pub fn declaration(&self) -> &dyn Declaration {
                match self {
                    $(Self::$variant(recipe) => recipe,)+
                }
            }
        }
    };
}

methods! {
    Byol in byol has ByolRecipe,
    Simclr in simclr has SimclrRecipe,
    SimclrEma in simclr_ema has SimclrEmaRecipe,
    SimclrV2 in simclr_v2 has SimclrV2Recipe,
    Moco in moco has MocoRecipe,
    Simsiam in simsiam has SimsiamRecipe,
    BarlowTwins in barlow_twins has BarlowTwinsRecipe,
    Vicreg in vicreg has VicregRecipe,
    MocoV3 in moco_v3 has MocoV3Recipe,
    Dcl in dcl has DclRecipe,
    WMse in w_mse has WMseRecipe,
    Lejepa in lejepa has LejepaRecipe,
    Nnclr in nnclr has NnclrRecipe,
    Swav in swav has SwavRecipe,
    Dino in dino has DinoRecipe,
    Supervised in supervised has SupervisedRecipe,
    RandomInit in random_init has RandomInitRecipe,
    Pixels in pixels has PixelsRecipe,
    Encoder in encoder has EncoderFileRecipe,
    FewLabels in few_labels has FewLabelsRecipe,
    Fixmatch in fixmatch has FixmatchRecipe,
    PseudoLabel in pseudo_label has PseudoLabelRecipe,
    MeanTeacher in mean_teacher has MeanTeacherRecipe,
    Exemplar in exemplar has ExemplarRecipe,
    ContextPrediction in context_prediction has ContextPredictionRecipe,
    Jigsaw in jigsaw has JigsawRecipe,
    Denoising in denoising has DenoisingRecipe,
    Colorization in colorization has ColorizationRecipe,
    ContextEncoder in context_encoder has ContextEncoderRecipe,
    SplitBrain in split_brain has SplitBrainRecipe,
    Counting in counting has CountingRecipe,
    MultiTask in multi_task has MultiTaskRecipe,
    Rotation in rotation has RotationRecipe,
}

impl MethodRecipe {
    /// The encoder that it brings along, in the recipe's place.
    pub fn encoder(&self) -> Option<&Found> {
        if let Self::Encoder(recipe) = self { recipe.encoder() } else { None }
    }

    /// Reads what it brings along.
    pub fn load(&mut self) {
        if let Self::Encoder(recipe) = self {
            recipe.load();
        }
    }

    /// How the method's target follows, where it has one.
    pub fn target(&self) -> Option<TargetNetwork> {
        self.declaration().target()
    }
}

/// Which linear layers of a head are followed by batch normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadNorm {
    /// No layer.
    None,
    /// All but the last.
    Hidden,
    /// All; the last without a shift.
    All,
}

const TARGET_SCHEDULES: &[CatalogEntry] =
    &[option("cosine", "rises to 1 over training", "BYOL section 3.3"), option("constant", "stays", "MoCo")];

const TARGET_UPDATES: &[CatalogEntry] = &[
    option("after", "after the optimizer", "BYOL algorithm 1"),
    option("before", "before the views pass", "lightly, MoCo's code"),
];

const HEAD_NORMS: &[CatalogEntry] = &[
    option("none", "no layer", "SimCLR section 2.1"),
    option("hidden", "all but the last", "BYOL section 3.3"),
    option("all", "all, the last without a shift", "SimCLR's code"),
];

const fn target_decay(default: f64, doc: &'static str, source: &'static str) -> KeySpec {
    key("target_decay", Number(FRACTION), Float(default), doc, source)
}

const fn target_schedule(default: &'static str, source: &'static str) -> KeySpec {
    key("target_schedule", OneOf(TARGET_SCHEDULES), Text(default), "how the decay goes on from its base", source)
}

const fn loss_scale(doc: &'static str) -> KeySpec {
    key("loss_scale", Number(POSITIVE), Constant::Float(1.0), doc, "")
}

const fn depth(name: &'static str, default: i64, of: &'static str, source: &'static str) -> KeySpec {
    KeySpec { key: name, kind: Whole(1), default: Some(Int(default)), doc: of, source }
}

/// Unlabelled images for each labelled one.
const fn mu() -> KeySpec {
    key(
        "mu",
        Whole(1),
        Int(7),
        "unlabelled images, which train.batch counts, for each labelled one",
        "FixMatch section 4",
    )
}

const fn threshold(source: &'static str) -> KeySpec {
    key("threshold", Number(FRACTION), Float(0.95), "probability from which an answer is taken for a label", source)
}

const fn unlabelled_weight(default: f64, doc: &'static str, source: &'static str) -> KeySpec {
    key("unlabelled_weight", Number(NOT_NEGATIVE), Float(default), doc, source)
}

/// The classes of the data set, by a linear layer.
fn class_head(&Given { features, classes, .. }: &Given) -> NamedHead {
    NamedHead::followed("classifier", classifier(features, classes, classes, 1))
}

/// One labelled image by view 1 for `mu` unlabelled ones by `views`, each of these a draw of its own.
fn semi_supervised(mu: usize, views: &[View]) -> Demand {
    let drawn = |(view, draw): (&View, u8)| ViewDemand { draw, ..ViewDemand::from(*view) };
    let unlabelled = Part { views: views.iter().zip(0..).map(drawn).collect(), ..Part::pair() };
    // The labelled images are among the unlabelled ones too, as in the authors' code: their views are other draws.
    let labelled =
        Part { pool: Pool::Labelled, one_in: mu, views: vec![drawn((&View::First, LABELLED_DRAW))], labels: true };
    Demand { parts: [labelled].into_iter().chain(Some(unlabelled).filter(|part| !part.views.is_empty())).collect() }
}

/// Beyond those of unlabelled views.
const LABELLED_DRAW: u8 = 100;

/// Hidden units of a pretext task's head.
const fn head_hidden(default: i64) -> KeySpec {
    key("head_hidden", Whole(1), Int(default), "hidden units of the head", "")
}

/// A head that tells classes apart: linear layers with biases, hidden ones normalised.
fn classifier(input: usize, hidden: usize, classes: usize, depth: usize) -> HeadShape {
    HeadShape { output_bias: true, ..HeadShape::unbiased(input, hidden, classes, depth) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_catalog_has_its_recipe() {
        for method in METHODS {
            let table = toml::Table::from_iter([("name".to_string(), method.name.into())]);
            let table: toml::Table = table.into_iter().chain(method.default_table()).collect();
            let recipe: MethodRecipe = table.try_into().expect(method.name);
            assert_eq!(recipe.name(), method.name);
        }
    }
}
