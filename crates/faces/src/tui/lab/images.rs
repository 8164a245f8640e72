//! Images as the laboratory brings them.

use byolab_values::plan::recipe::Augmentation;

use crate::tui::picture::Picture;

/// What the laboratory is asked to draw.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewsQuery {
    /// The first image, and how many from there on.
    pub image: usize,
    /// Images from `image` on.
    pub count: usize,
    /// Each epoch draws other random numbers.
    pub epoch: u64,
    /// Each makes two views of each image.
    pub sets: Vec<Augmentation>,
}

/// Images, and both views of each by each of the sets asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Place of the first image among the training images, and how many of those there are.
    pub image: usize,
    /// All training images.
    pub images: usize,
    /// The images, in their order.
    pub rows: Vec<Viewed>,
}

/// An image and its views, a pair for each set.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewed {
    /// Without augmentation.
    pub original: Picture,
    /// By each set asked for, in their order.
    pub views: Vec<[ShownView; 2]>,
    /// The small ones beside them, by each set too; none where no method has them.
    pub small: Vec<Vec<ShownView>>,
}

/// A view, and what was drawn for it.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownView {
    /// As training sees it, before normalisation.
    pub picture: Picture,
    /// What was drawn, in words.
    pub caption: String,
}

/// What the laboratory brings of held-out images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeldOut {
    /// The names of all classes.
    pub classes: Vec<String>,
    /// Of the places asked for, in their order.
    pub pictures: Vec<Picture>,
}
