//! The two views of a micro-batch: drawn on the host, made on the device where that holds the images and knows every
//! operation, else on the host as well.

use burn::tensor::{Device, Tensor, TensorData};

#[cfg(feature = "cube")]
use super::kernel::augment::{Resident, Table};
use super::{method::Batch, pixels};
use byolab_values::{augment::View, data::Dataset, plan::Recipe};

/// The two views of one micro-batch, as the host leaves them.
pub enum HostViews {
    /// Normalised pixels, `[n, 3, side, side]` each.
    Made([TensorData; 2]),
    /// What the device is to do.
    #[cfg(feature = "cube")]
    Planned(Table),
}

/// Makes the views of a recipe's images, where that is fastest.
pub struct Augmenter<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) data: &'a Dataset,
    device: Device,
    #[cfg(feature = "cube")]
    resident: Option<Resident>,
}

impl<'a> Augmenter<'a> {
    /// Takes the images to the device where it can make views of them.
    pub fn new(recipe: &'a Recipe, data: &'a Dataset, device: &Device) -> Self {
        Self {
            recipe,
            data,
            device: device.clone(),
            #[cfg(feature = "cube")]
            resident: Resident::new(data, &recipe.augment, device),
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

    /// The views of the images `indices` in an epoch.
    pub fn batch(&self, indices: &[usize], epoch: u64) -> Batch {
        self.finish(indices, self.draw(indices, epoch))
    }

    /// The host's part: may run in a thread of its own, ahead of the device.
    pub fn draw(&self, indices: &[usize], epoch: u64) -> HostViews {
        let (recipe, data) = (self.recipe, self.data);
        #[cfg(feature = "cube")]
        if self.resident.is_some() {
            return HostViews::Planned(Table::draw(data, indices, &recipe.augment, recipe.train.seed, epoch));
        }
        HostViews::Made(
            [View::First, View::Second].map(|view| pixels::augmented(recipe, data, &data.train, indices, view, epoch)),
        )
    }

    /// The device's part, of what [`Augmenter::draw`] gave for the same `indices`.
    pub fn finish(&self, indices: &[usize], drawn: HostViews) -> Batch {
        let views = match drawn {
            HostViews::Made(views) => views.map(|view| Tensor::from_data(view, &self.device)),
            #[cfg(feature = "cube")]
            HostViews::Planned(table) => {
                self.resident.as_ref().expect("what was planned has images to act on").views(table)
            }
        };
        Batch { views, labels: indices.iter().map(|index| self.data.train.labels[*index]).collect() }
    }
}
