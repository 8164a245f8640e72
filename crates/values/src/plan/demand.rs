//! What a method needs of a micro-batch, declared without a tensor: of which images, which views of each, and whether their
//! labels. Loader, augmenter, recording and memory plan read it.

use serde::{Deserialize, Serialize};

/// What passes the networks together.
#[derive(Clone, Debug, PartialEq)]
pub struct Demand {
    /// Each of images of its own.
    pub parts: Vec<Part>,
}

/// Images of one pool with their views.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Where they come from.
    pub pool: Pool,
    /// Every so many images of `train.batch` bring one of this part.
    pub one_in: usize,
    /// Of each image, in the order in which the method takes them.
    pub views: Vec<ViewDemand>,
    /// Whether the method is told the classes of the images.
    pub labels: bool,
}

/// Which images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// All training images, in the order of the epoch.
    Training,
    /// Those whose labels are seen, over and over in orders of their own.
    Labelled,
}

/// A view of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ViewDemand {
    /// By which operations of the augmentation set.
    pub view: View,
    /// Which of the draws of such views: those of a batch that are drawn alike differ in it.
    pub draw: u8,
    /// What is made of the view, and asked about it.
    pub task: Task,
}

/// What is made of an augmented image, and what is to be said of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Task {
    /// The image itself.
    Whole,
    /// The image; its place among the training images.
    Instance,
    /// All four quarter turns; which is which.
    Rotation,
    /// Two patches; how the second lies to the first.
    Context {
        /// What becomes of colours that lenses shift.
        colour: ColourGuard,
    },
    /// Nine patches; in which of so many orders.
    Jigsaw {
        /// How many orders there are.
        permutations: usize,
        /// Share of the puzzles without colours.
        gray: f64,
    },
    /// The image with noise; the image.
    Denoising {
        /// What is done to it.
        noise: Noise,
        /// How much.
        level: f64,
    },
    /// The image with a hole; the image, and which pixels are hidden.
    Inpainting {
        /// Where the hole is.
        region: Region,
    },
    /// The image in gray; the colours of a coarse grid.
    Colorization,
    /// The image; the colours of a coarse grid, and its lightness.
    SplitBrain,
    /// The image at half its side, and its quarters.
    Counting,
    /// The image as its crop comes out where that is a small one.
    Small(SmallCrop),
}

/// What the crop of an augmentation set becomes for a small view (Caron et al. 2020, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmallCrop {
    /// Pixels along its side; 0 stands for three sevenths of the image's, as 96 of 224.
    pub side: usize,
    /// The least and the greatest share of the image that it shows, in the place of the set's.
    pub area: [f64; 2],
}

impl SmallCrop {
    /// Pixels along its side, where the image has `side`.
    pub fn side_of(self, side: usize) -> usize {
        if self.side == 0 { (side * 3 + 3) / 7 } else { self.side }
    }
}

/// What becomes of colours in patches (Doersch et al. 2015, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColourGuard {
    /// Two of three channels become noise.
    Drop,
    /// Green against magenta is taken out.
    Project,
    /// They stay.
    Keep,
}

/// How an image is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Noise {
    /// Normal numbers are added, whose deviation is the level in units of the normalised pixels'.
    Gaussian,
    /// A share of the pixels, the level, takes the mean's colour.
    Masking,
}

/// Where the hole of an image is (Pathak et al. 2016, section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// A square of half the side in the middle.
    Middle,
    /// Four squares of a quarter of the side anywhere.
    Random,
}

/// Patches of a grid.
pub const PATCHES: usize = 9;
/// Pixels along the side of a cell whose colour is asked for.
pub const COLOUR_CELL: usize = 4;
/// Steps of a and of b that are told apart.
pub const COLOUR_BINS: usize = 22;
/// Steps of the lightness that are told apart.
pub const LIGHTNESS_BINS: usize = 20;

/// Where the patches of an image lie: three by three, each somewhere in its cell, never so that two touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatchGrid {
    /// Pixels along the side of a patch.
    pub patch: usize,
    /// Pixels from a cell to the next.
    pub pitch: usize,
    /// Rows, and columns, of its cell at which a patch can begin.
    pub places: usize,
}

impl PatchGrid {
    /// Of an image of `side` pixels for the relative position of two patches: half a patch lies between them, which moves by 7 pixels
    /// where a patch has 96 (Doersch et al. 2015, section 3.1).
    pub fn context(side: usize) -> Self {
        let patch = side / 4;
        let jitter = ((patch * 7 + 48) / 96).max(1);
        Self { patch, pitch: (side - patch).saturating_sub(2 * jitter) / 2, places: 2 * jitter + 1 }
    }

    /// Of an image of `side` pixels for a puzzle: 64 pixels of the 75 of a cell (Noroozi and Favaro 2016, section 3.3), and one place
    /// less than there is room for, so that two do not touch.
    pub fn jigsaw(side: usize) -> Self {
        let pitch = side / 3;
        let patch = pitch * 64 / 75;
        Self { patch, pitch, places: (pitch - patch).max(1) }
    }
}

/// What a task makes of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskShape {
    /// Images that a network sees.
    pub images: usize,
    /// Height and width of each.
    pub side: usize,
    /// Numbers that are to be said of them all.
    pub targets: usize,
}

impl Task {
    /// What it makes of an image of `side` by `side` pixels.
    pub fn shape(self, side: usize) -> TaskShape {
        let (plane, cells) = (side * side, (side / COLOUR_CELL).pow(2));
        let whole = |targets| TaskShape { images: 1, side, targets };
        match self {
            Self::Whole => whole(0),
            Self::Instance => whole(1),
            Self::Rotation => TaskShape { images: 4, ..whole(4) },
            Self::Context { .. } => TaskShape { images: 2, side: PatchGrid::context(side).patch, targets: 1 },
            Self::Jigsaw { .. } => TaskShape { images: PATCHES, side: PatchGrid::jigsaw(side).patch, targets: 1 },
            Self::Denoising { .. } => whole(3 * plane),
            Self::Inpainting { .. } => whole(4 * plane),
            Self::Colorization => whole(cells),
            Self::SplitBrain => whole(2 * cells),
            Self::Counting => TaskShape { images: 5, side: side / 2, targets: 0 },
            Self::Small(crop) => TaskShape { images: 1, side: crop.side_of(side), targets: 0 },
        }
    }
}

/// Whose operations make a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The set's first operations.
    First,
    /// Its second ones.
    Second,
}

impl From<View> for ViewDemand {
    /// The first draw of it.
    fn from(view: View) -> Self {
        Self { view, draw: 0, task: Task::Whole }
    }
}

impl Demand {
    /// Two views of the training images.
    pub fn pair() -> Self {
        Self { parts: vec![Part::pair()] }
    }
}

impl Demand {
    /// The same without labels: what must be equal for trials to share their batches.
    pub fn without_labels(self) -> Self {
        Self { parts: self.parts.into_iter().map(|part| Part { labels: false, ..part }).collect() }
    }

    /// The same with the labels that another one asks for.
    pub fn with_labels_of(mut self, other: &Self) -> Self {
        for (part, other) in self.parts.iter_mut().zip(&other.parts) {
            part.labels |= other.labels;
        }
        self
    }

    /// Whether it is two views of the training images and nothing else but their labels.
    pub fn is_pair(&self) -> bool {
        self.clone().without_labels() == Self::pair()
    }

    /// Two views of the training images, and so many small ones, by both ways of the augmentation set in turn.
    pub fn multi_crop(count: usize, crop: SmallCrop) -> Self {
        let pair = Part::pair();
        let small = (0..count).map(|place| ViewDemand {
            view: [View::First, View::Second][place % 2],
            draw: 1 + (place / 2) as u8,
            task: Task::Small(crop),
        });
        Self { parts: vec![Part { views: pair.views.iter().copied().chain(small).collect(), ..pair }] }
    }

    /// The small views of an image.
    pub fn small(&self) -> impl Iterator<Item = (ViewDemand, SmallCrop)> + '_ {
        let small = |view: &ViewDemand| if let Task::Small(crop) = view.task { Some((*view, crop)) } else { None };
        self.parts.iter().flat_map(|part| &part.views).filter_map(small)
    }

    /// Views of one task of the training images.
    pub fn task(task: Task) -> Self {
        Self { parts: vec![Part { views: vec![ViewDemand { task, ..View::First.into() }], ..Part::pair() }] }
    }

    /// Whole views that cost as much as what passes for each image of `train.batch`, of `side` by `side` pixels.
    pub fn views(&self, side: usize) -> f64 {
        self.cost(side, |_| true)
    }

    /// The same of those that a target network sees: all but the small ones.
    pub fn taught(&self, side: usize) -> f64 {
        self.cost(side, |view| !matches!(view.task, Task::Small(_)))
    }

    fn cost(&self, side: usize, counts: impl Fn(&ViewDemand) -> bool) -> f64 {
        let cost = |view: &ViewDemand| {
            let shape = view.task.shape(side);
            (shape.images * shape.side.pow(2)) as f64 / side.pow(2) as f64
        };
        let of = |part: &Part| part.views.iter().filter(|view| counts(view)).map(cost).sum::<f64>();
        self.parts.iter().map(|part| of(part) / part.one_in as f64).sum()
    }

    /// Numbers that are to be said of them.
    pub fn targets(&self, side: usize) -> usize {
        let targets = |part: &Part| part.views.iter().map(|view| view.task.shape(side).targets).sum::<usize>();
        self.parts.iter().map(targets).sum()
    }
}

impl Part {
    /// Both views of the training images, without labels.
    pub fn pair() -> Self {
        let views = [View::First, View::Second].map(ViewDemand::from);
        Self { pool: Pool::Training, one_in: 1, views: views.into(), labels: false }
    }
}
