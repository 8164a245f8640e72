//! Images as bytes, in memory or in a file that is mapped into memory.

use std::{fmt, sync::Arc};

use memmap2::Mmap;

/// The class of an image: its place among the dataset's classes.
pub type Label = u16;

/// The label of an image whose class is not told: methods learn from it, probes do not look at it.
pub const UNLABELLED: Label = Label::MAX;

/// Square RGB images, channels first, with one label each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Images {
    /// Height and width in pixels.
    pub side: usize,
    /// `[n, 3, side, side]`, 0 to 255.
    pub pixels: Pixels,
    /// `[n]`, below the dataset's number of classes, or [`UNLABELLED`].
    pub labels: Vec<Label>,
}

impl Images {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The bytes of image `index`: `[3, side, side]`.
    pub fn image(&self, index: usize) -> &[u8] {
        let size = 3 * self.side * self.side;
        let (bytes, place) = match &self.pixels {
            Pixels::Memory(bytes) => (&bytes[..], index),
            Pixels::File { map, places } => (&map[..], places[index] as usize),
        };
        &bytes[place * size..][..size]
    }

    /// The images `indices`, in that order.
    pub fn select(&self, indices: &[usize]) -> Self {
        let pixels = match &self.pixels {
            Pixels::Memory(_) => {
                Pixels::Memory(indices.iter().map(|&index| self.image(index)).collect::<Vec<_>>().concat())
            }
            Pixels::File { map, places } => {
                Pixels::File { map: map.clone(), places: indices.iter().map(|&index| places[index]).collect() }
            }
        };
        Self { side: self.side, pixels, labels: indices.iter().map(|&index| self.labels[index]).collect() }
    }

    /// The places of the images whose class is told.
    pub fn labelled(&self) -> Vec<usize> {
        (0..self.len()).filter(|&index| self.labels[index] != UNLABELLED).collect()
    }
}

/// The bytes of images.
#[derive(Clone)]
pub enum Pixels {
    /// One image after the other.
    Memory(Vec<u8>),
    /// A file of images, of which the system keeps in memory what is used and there is room for; `places` are those of
    /// the images in the file.
    File {
        /// The file.
        map: Arc<Mmap>,
        /// Of the images, counted in images from the file's first one.
        places: Vec<u32>,
    },
}

impl Pixels {
    /// All bytes, one image after the other, where they are in memory.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Memory(bytes) => Some(bytes),
            Self::File { .. } => None,
        }
    }
}

impl Default for Pixels {
    fn default() -> Self {
        Self::Memory(Vec::new())
    }
}

impl From<Vec<u8>> for Pixels {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Memory(bytes)
    }
}

impl FromIterator<u8> for Pixels {
    fn from_iter<T: IntoIterator<Item = u8>>(bytes: T) -> Self {
        Self::Memory(bytes.into_iter().collect())
    }
}

impl PartialEq for Pixels {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Memory(one), Self::Memory(other)) => one == other,
            (Self::File { map, places }, Self::File { map: other, places: others }) => {
                Arc::ptr_eq(map, other) && places == others
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(bytes) => write!(f, "{} bytes in memory", bytes.len()),
            Self::File { map, places } => write!(f, "{} images in a file of {} bytes", places.len(), map.len()),
        }
    }
}
