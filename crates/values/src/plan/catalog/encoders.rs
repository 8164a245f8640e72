//! Encoders: what each is, and the layers that it is made of, from which memory and operations are planned. The engine builds
//! each in a file of its name; a test holds the two to each other.

use serde::{Deserialize, Serialize};

use super::{CatalogEntry, spec::option as entry};
use crate::plan::shape::Layer;

/// What turns an image into features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// Two basic blocks a stage.
    ResNet18,
    /// Bottleneck blocks.
    ResNet50,
    /// Four convolutions.
    ConvNet,
    /// Three stages of four blocks that normalise first.
    WideResNet28,
}

/// What users choose from, in the order of [`Architecture`].
pub const ENCODERS: &[CatalogEntry] = &[
    Architecture::ResNet18.entry(),
    Architecture::ResNet50.entry(),
    Architecture::ConvNet.entry(),
    Architecture::WideResNet28.entry(),
];

impl Architecture {
    /// What users type and read.
    pub const fn entry(self) -> CatalogEntry {
        match self {
            Self::ResNet18 => entry(
                "resnet18",
                "18 layers in the CIFAR form: 3x3 stem of stride 1, no max-pool",
                "He et al. 2016; SimCLR B.9",
            ),
            Self::ResNet50 => {
                entry("resnet50", "50 layers of bottlenecks in the CIFAR form", "He et al. 2016; SimCLR B.9")
            }
            Self::WideResNet28 => entry(
                "wideresnet28",
                "28 layers in three stages, width 32 is WRN-28-2; normalised first, leaky, statistics that move by a thousandth",
                "Zagoruyko and Komodakis 2016; FixMatch's code",
            ),
            Self::ConvNet => entry("convnet", "four layers, width doubling: minutes on a laptop", "byolab"),
        }
    }

    /// The name that users type.
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// After how many places its maps can be taken.
    pub const fn stages(self) -> usize {
        match self {
            Self::ResNet18 | Self::ResNet50 | Self::ConvNet => 4,
            Self::WideResNet28 => 3,
        }
    }

    /// The encoder for images of `side` by `side` pixels, whose first stage has `width` channels: its layers from the image on.
    pub fn layers(self, width: usize, side: usize) -> Vec<Layer> {
        match self {
            Self::ResNet18 => resnet(width, side, [2, 2, 2, 2], |channels| vec![(3, channels), (3, channels)]),
            Self::ResNet50 => {
                resnet(width, side, [3, 4, 6, 3], |channels| vec![(1, channels), (3, channels), (1, 4 * channels)])
            }
            Self::ConvNet => convnet(width, side),
            Self::WideResNet28 => wide_resnet(width, side),
        }
    }
}

/// `shape` is a kernel and its output channels for each convolution of a block.
fn resnet(
    width: usize,
    mut side: usize,
    depths: [usize; 4],
    shape: impl Fn(usize) -> Vec<(usize, usize)>,
) -> Vec<Layer> {
    let mut layers = vec![Layer { inputs: 3, outputs: width, side, kernel: 3, norm: true, inner: false }];
    let mut features = width;
    for (stage, depth) in depths.into_iter().enumerate() {
        for index in 0..depth {
            let strided = stage > 0 && index == 0;
            let (before, from) = (side, features);
            if strided {
                side = side.div_ceil(2);
            }
            let mut on_way_down = strided;
            let block = shape(width << stage);
            let last = block.len() - 1;
            for (place, (kernel, outputs)) in block.into_iter().enumerate() {
                // The stride falls to the first 3x3.
                if kernel == 3 {
                    on_way_down = false;
                }
                let side = if on_way_down { before } else { side };
                layers.push(Layer { inputs: features, outputs, side, kernel, norm: true, inner: place < last });
                features = outputs;
            }
            if strided || from != features {
                layers.push(Layer { inputs: from, outputs: features, side, kernel: 1, norm: true, inner: false });
            }
        }
    }
    layers
}

/// A stem of half the first stage's channels, then four blocks of two convolutions a stage; the input is projected where channels
/// change.
fn wide_resnet(width: usize, mut side: usize) -> Vec<Layer> {
    let layer = |inputs, outputs, side, kernel, inner| Layer { inputs, outputs, side, kernel, norm: true, inner };
    let mut features = width / 2;
    let mut layers = vec![layer(3, features, side, 3, false)];
    for stage in 0..3 {
        let channels = width << stage;
        for index in 0..4 {
            if stage > 0 && index == 0 {
                side = side.div_ceil(2);
            }
            layers.push(layer(features, channels, side, 3, true));
            layers.push(layer(channels, channels, side, 3, false));
            if features != channels {
                layers.push(layer(features, channels, side, 1, false));
            }
            features = channels;
        }
    }
    layers
}

fn convnet(width: usize, side: usize) -> Vec<Layer> {
    let channels = [3, width, 2 * width, 4 * width, 8 * width];
    let layer = |index: usize| {
        let side = (0..index).fold(side, |side, _| side.div_ceil(2));
        Layer { inputs: channels[index], outputs: channels[index + 1], side, kernel: 3, norm: true, inner: index < 3 }
    };
    (0..4).map(layer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_offered_is_read() {
        for entry in ENCODERS {
            let read: Architecture = toml::Value::from(entry.name).try_into().unwrap();
            assert_eq!(read.name(), entry.name);
            assert_eq!(toml::Value::try_from(read).unwrap(), entry.name.into());
        }
    }
}
