//! The views of a micro-batch: drawn on the host, made on the device where that holds the images and knows every
//! operation, else on the host as well.

use burn::tensor::{Device, Tensor, TensorData};

#[cfg(feature = "cube")]
use super::kernel::augment::{Resident, Table};
use super::{
    method::{self, Batch, BatchPart, ViewBatch},
    pixels,
};
use byolab_values::{
    data::Dataset,
    plan::{
        Recipe,
        demand::{Demand, Part, ViewDemand},
    },
};

/// Images that one part of a micro-batch takes of an epoch's; those that are taken over and over may come from several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Places in the training images.
    pub indices: Vec<usize>,
    /// Which passage over them: draws differ from one to the next.
    pub epoch: u64,
}

/// The views of one part of a micro-batch, as the host leaves them.
pub enum HostViews {
    /// Normalised pixels, `[n, 3, side, side]`, of each view, and what is to be said of it, `[images, targets]`.
    Made(Vec<[TensorData; 2]>),
    /// What the device is to do.
    #[cfg(feature = "cube")]
    Planned(Table),
}

/// Makes the views of a recipe's images, where that is fastest.
pub struct Augmenter<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) data: &'a Dataset,
    pub(super) demand: Demand,
    device: Device,
    #[cfg(feature = "cube")]
    resident: Option<Resident>,
}

impl<'a> Augmenter<'a> {
    /// For what the recipe's own method needs.
    pub fn new(recipe: &'a Recipe, data: &'a Dataset, device: &Device) -> Self {
        Self::of(recipe.demand(), recipe, data, device)
    }

    /// Takes the images to the device where it can make the views of a demand.
    pub fn of(demand: Demand, recipe: &'a Recipe, data: &'a Dataset, device: &Device) -> Self {
        Self {
            recipe,
            data,
            device: device.clone(),
            #[cfg(feature = "cube")]
            resident: demand.is_pair().then(|| Resident::new(data, &recipe.augment, device)).flatten(),
            demand,
        }
    }

    /// Whether the device holds the images and makes the views.
    pub fn is_on_device(&self) -> bool {
        #[cfg(feature = "cube")]
        let holds = self.resident.is_some();
        #[cfg(not(feature = "cube"))]
        let holds = false;
        holds
    }

    /// The views of a micro-batch: for each part of the demand, what it takes.
    pub fn batch(&self, taken: &[Vec<Taken>]) -> Batch {
        self.finish(taken, self.draw(taken))
    }

    /// The host's part: may run in a thread of its own, ahead of the device.
    pub fn draw(&self, taken: &[Vec<Taken>]) -> Vec<HostViews> {
        self.demand.parts.iter().zip(taken).map(|(part, taken)| self.draw_part(part, taken)).collect()
    }

    fn draw_part(&self, part: &Part, taken: &[Taken]) -> HostViews {
        let (recipe, data) = (self.recipe, self.data);
        #[cfg(feature = "cube")]
        if self.resident.is_some() {
            let [Taken { indices, epoch }] = taken else { panic!("training images are taken of one epoch at a time") };
            return HostViews::Planned(Table::draw(data, indices, &recipe.augment, recipe.train.seed, *epoch));
        }
        let view = |view: &ViewDemand| {
            let told = |taken: &Taken| pixels::told(recipe, data, &data.train, &taken.indices, *view, taken.epoch);
            let (pixels, targets) = taken.iter().map(told).map(|[pixels, targets]| (pixels, targets)).unzip();
            [pixels::joined(pixels), pixels::joined(targets)]
        };
        HostViews::Made(part.views.iter().map(view).collect())
    }

    /// The device's part, of what [`Augmenter::draw`] gave for the same images.
    pub fn finish(&self, taken: &[Vec<Taken>], drawn: Vec<HostViews>) -> Batch {
        let parts = self.demand.parts.iter().zip(taken).zip(drawn);
        Batch { parts: parts.map(|((part, taken), drawn)| self.finish_part(part, taken, drawn)).collect() }
    }

    fn finish_part(&self, part: &Part, taken: &[Taken], drawn: HostViews) -> BatchPart {
        let views = match drawn {
            HostViews::Made(views) => views.into_iter().map(|view| self.to_device(view)).collect(),
            #[cfg(feature = "cube")]
            HostViews::Planned(table) => {
                let views = self.resident.as_ref().expect("what was planned has images to act on").views(table);
                views.map(ViewBatch::of).into()
            }
        };
        let labels = taken.iter().flat_map(|taken| &taken.indices).map(|index| self.data.train.labels[*index]);
        let labels = part.labels.then(|| method::classes(&labels.collect::<Vec<_>>(), &self.device));
        BatchPart { views, labels }
    }
    fn to_device(&self, [pixels, targets]: [TensorData; 2]) -> ViewBatch {
        let targets = (targets.num_elements() > 0).then(|| Tensor::from_data(targets, &self.device));
        ViewBatch { pixels: Tensor::from_data(pixels, &self.device), targets }
    }
}
