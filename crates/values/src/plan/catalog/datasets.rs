//! Data sets: what everybody needs to know of them who does not read them. `data` reads each in a file of its name.

use super::{CatalogEntry, spec::option as entry};

/// A data set.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Its name, what it is, and who published it.
    pub entry: CatalogEntry,
    /// How many there are to train on.
    pub images: TrainingImages,
    /// Height and width of its images in pixels, where `data.side` is 0.
    pub side: usize,
}

/// Which images there are to train on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainingImages {
    /// Those of a published training split: with labels, and without.
    Published {
        /// With a label.
        labelled: usize,
        /// Without one.
        unlabelled: usize,
    },
    /// The program makes as many as are asked for; so many where nobody asks.
    Made(usize),
    /// The user's own, at `data.path`: only the disk knows how many.
    Own,
}

impl TrainingImages {
    const fn labelled(images: usize) -> Self {
        Self::Published { labelled: images, unlabelled: 0 }
    }

    /// Whether there are any without labels.
    pub fn are_partly_unlabelled(self) -> bool {
        matches!(self, Self::Published { unlabelled: 1.., .. })
    }
}

/// CIFAR-10.
pub const CIFAR10: Facts = Facts {
    entry: entry(
        "cifar10",
        "10 classes of photographs, 32x32; 50,000 training and 10,000 test images",
        "Krizhevsky 2009",
    ),
    images: TrainingImages::labelled(50_000),
    side: 32,
};

/// CIFAR-100.
pub const CIFAR100: Facts = Facts {
    entry: entry(
        "cifar100",
        "100 classes of photographs, 32x32; 50,000 training and 10,000 test images",
        "Krizhevsky 2009",
    ),
    images: TrainingImages::labelled(50_000),
    side: 32,
};

/// STL-10.
pub const STL10: Facts = Facts {
    entry: entry(
        "stl10",
        "10 classes of photographs, 96x96; 5,000 training, 8,000 test and 100,000 unlabelled images",
        "Coates et al. 2011",
    ),
    images: TrainingImages::Published { labelled: 5_000, unlabelled: 100_000 },
    side: 96,
};

/// MNIST.
pub const MNIST: Facts = Facts {
    entry: entry(
        "mnist",
        "10 handwritten digits, gray, 28x28; 60,000 training and 10,000 test images",
        "LeCun et al. 1998",
    ),
    images: TrainingImages::labelled(60_000),
    side: 28,
};

/// Fashion-MNIST.
pub const FASHION_MNIST: Facts = Facts {
    entry: entry(
        "fashion-mnist",
        "10 classes of clothing, gray, 28x28; 60,000 training and 10,000 test images",
        "Xiao et al. 2017",
    ),
    images: TrainingImages::labelled(60_000),
    side: 28,
};

/// SVHN's cropped digits.
pub const SVHN: Facts = Facts {
    entry: entry(
        "svhn",
        "10 digits of house numbers, 32x32; 73,257 training and 26,032 test images",
        "Netzer et al. 2011",
    ),
    images: TrainingImages::labelled(73_257),
    side: 32,
};

/// Images of one's own.
pub const FOLDER: Facts = Facts {
    entry: entry(
        "folder",
        "your own: at data.path a folder of JPEG, PNG or WebP files for each class",
        "torchvision's ImageFolder",
    ),
    images: TrainingImages::Own,
    side: 64,
};

/// Textures that the program makes.
pub const SYNTHETIC: Facts = Facts {
    entry: entry(
        "synthetic",
        "10 textures made by the program, 32x32; colours tell images apart and say nothing about the class",
        "byolab; the colour shortcut of BYOL section 5",
    ),
    images: TrainingImages::Made(2000),
    side: 32,
};

/// Every data set there is.
const ALL: [Facts; 8] = [CIFAR10, CIFAR100, STL10, MNIST, FASHION_MNIST, SVHN, FOLDER, SYNTHETIC];

/// Images to learn from.
pub const DATASETS: &[CatalogEntry] = &{
    let mut entries = [ALL[0].entry; ALL.len()];
    let mut place = 0;
    while place < ALL.len() {
        entries[place] = ALL[place].entry;
        place += 1;
    }
    entries
};

/// The data set called `name`.
pub fn facts(name: &str) -> Option<&'static Facts> {
    const KNOWN: &[Facts] = &ALL;
    KNOWN.iter().find(|facts| facts.entry.name == name)
}
