//! What an encoder is made of, in numbers: what the shapes of its weights tell, and what they must then be. Names are
//! torchvision's for ResNets, kekmodel's FixMatch's for Wide ResNets, timm's for vision transformers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An encoder by its sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncoderShape {
    /// He et al. 2016.
    ResNet(ResNetShape),
    /// Three stages of four blocks that normalise first; channels of the first.
    WideResNet(usize),
    /// Four convolutions; channels of the first.
    ConvNet(usize),
    /// Dosovitskiy et al. 2021.
    Vit(VitShape),
}

/// A ResNet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResNetShape {
    /// 3: CIFAR's stem, stride 1 and no max-pool. 7: ImageNet's, stride 2 with a max-pool of stride 2.
    pub stem_kernel: usize,
    /// Pixels of zeros around images before the stem, which pads by half its kernel: 1 is solo-learn's `padding=2`.
    pub border: usize,
    /// Channels that the stem makes.
    pub width: usize,
    /// Of each block of each stage: a kernel and its output channels for each convolution.
    pub stages: Vec<Vec<Vec<(usize, usize)>>>,
}

/// A block of a ResNet among the others.
pub struct BlockPlace<'a> {
    /// Stages before its own.
    pub stage: usize,
    /// Blocks of its stage before it.
    pub index: usize,
    /// Channels that it reads.
    pub input: usize,
    /// A kernel and its output channels for each convolution.
    pub convolutions: &'a [(usize, usize)],
}

impl BlockPlace<'_> {
    /// Of its first 3x3 convolution, as torchvision's (v1.5).
    pub fn stride(&self) -> usize {
        if self.stage > 0 && self.index == 0 { 2 } else { 1 }
    }

    /// Channels that it makes.
    pub fn output(&self) -> usize {
        self.convolutions.last().map_or(self.input, |(_, outputs)| *outputs)
    }

    /// Whether its input is projected before it is added.
    pub fn projects(&self) -> bool {
        self.stride() != 1 || self.input != self.output()
    }
}

impl ResNetShape {
    /// The CIFAR form (SimCLR appendix B.9): so many blocks a stage, each with these convolutions of so many channels.
    pub fn cifar(width: usize, depths: [usize; 4], block: impl Fn(usize) -> Vec<(usize, usize)>) -> Self {
        let stage = |(stage, depth)| vec![block(width << stage); depth];
        Self { stem_kernel: 3, border: 0, width, stages: depths.into_iter().enumerate().map(stage).collect() }
    }

    /// Its blocks in their order.
    pub fn blocks(&self) -> impl Iterator<Item = BlockPlace<'_>> {
        let mut input = self.width;
        let places = self.stages.iter().enumerate().flat_map(|(stage, blocks)| {
            blocks.iter().enumerate().map(move |(index, convolutions)| (stage, index, convolutions))
        });
        places.map(move |(stage, index, convolutions)| {
            let place = BlockPlace { stage, index, input, convolutions };
            input = place.output();
            place
        })
    }

    fn features(&self) -> usize {
        self.blocks().last().map_or(self.width, |block| block.output())
    }

    /// With the linear layer that it once had, as papers count.
    fn layers(&self) -> usize {
        2 + self.blocks().map(|block| block.convolutions.len()).sum::<usize>()
    }

    fn tensors(&self, told: &mut Vec<Tensor>) {
        convolved(told, ["conv1", "bn1"], [self.width, 3], self.stem_kernel);
        for block in self.blocks() {
            let name = format!("layer{}.{}", block.stage + 1, block.index);
            let mut input = block.input;
            for (place, (kernel, outputs)) in (1..).zip(block.convolutions) {
                let names = [format!("{name}.conv{place}"), format!("{name}.bn{place}")];
                convolved(told, [&names[0], &names[1]], [*outputs, input], *kernel);
                input = *outputs;
            }
            if block.projects() {
                let names = [format!("{name}.downsample.0"), format!("{name}.downsample.1")];
                convolved(told, [&names[0], &names[1]], [block.output(), block.input], 1);
            }
        }
    }
}

/// What of a vision transformer's tokens are its features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pool {
    /// The class token.
    #[default]
    Token,
    /// The mean over the patches.
    Mean,
}

/// A vision transformer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VitShape {
    /// Height and width of images in pixels.
    pub side: usize,
    /// Pixels along a side of a patch.
    pub patch: usize,
    /// Numbers of a token.
    pub width: usize,
    /// Blocks.
    pub depth: usize,
    /// Attention heads.
    pub heads: usize,
    /// Hidden units of a block's perceptron.
    pub hidden: usize,
    /// Whether there is a class token.
    pub class_token: bool,
    /// Whether the class token has a position too.
    pub class_position: bool,
    /// Whether queries, keys and values have biases.
    pub qkv_bias: bool,
    /// What its features are.
    pub pool: Pool,
    /// Whether the last normalisation is of what was pooled (timm's `fc_norm`), and not of the tokens.
    pub pooled_norm: bool,
}

impl VitShape {
    /// Patches of an image.
    pub fn patches(&self) -> usize {
        (self.side / self.patch).pow(2)
    }

    /// Rows of the table of positions.
    pub fn positions(&self) -> usize {
        self.patches() + usize::from(self.class_position)
    }

    /// What its last normalisation is called.
    pub fn norm(&self) -> &'static str {
        if self.pooled_norm { "fc_norm" } else { "norm" }
    }

    fn tensors(&self, told: &mut Vec<Tensor>) {
        let (width, hidden) = (self.width, self.hidden);
        if self.class_token {
            told.push(("cls_token".into(), vec![1, 1, width]));
        }
        told.push(("pos_embed".into(), vec![1, self.positions(), width]));
        told.push(("patch_embed.proj.weight".into(), vec![width, 3, self.patch, self.patch]));
        told.push(("patch_embed.proj.bias".into(), vec![width]));
        for block in 0..self.depth {
            let mut pair = |name: &str, shape: &[usize], bias: bool| {
                told.push((format!("blocks.{block}.{name}.weight"), shape.to_vec()));
                told.extend(bias.then(|| (format!("blocks.{block}.{name}.bias"), vec![shape[0]])));
            };
            pair("norm1", &[width], true);
            pair("attn.qkv", &[3 * width, width], self.qkv_bias);
            pair("attn.proj", &[width, width], true);
            pair("norm2", &[width], true);
            pair("mlp.fc1", &[hidden, width], true);
            pair("mlp.fc2", &[width, hidden], true);
        }
        told.extend(["weight", "bias"].map(|kind| (format!("{}.{kind}", self.norm()), vec![width])));
    }
}

/// A name and a shape.
pub type Tensor = (String, Vec<usize>);

impl EncoderShape {
    /// Length of a feature vector.
    pub fn features(&self) -> usize {
        match self {
            Self::ResNet(shape) => shape.features(),
            Self::WideResNet(width) => 4 * width,
            Self::ConvNet(width) => 8 * width,
            Self::Vit(shape) => shape.width,
        }
    }

    /// Height and width of images, where it takes no others.
    pub fn side(&self) -> Option<usize> {
        if let Self::Vit(shape) = self { Some(shape.side) } else { None }
    }

    /// Every tensor that it has, statistics included.
    pub fn tensors(&self) -> Vec<Tensor> {
        let mut told = Vec::new();
        match self {
            Self::ResNet(shape) => shape.tensors(&mut told),
            Self::WideResNet(width) => wide_resnet(*width, &mut told),
            Self::ConvNet(width) => {
                let channels = [3, *width, 2 * width, 4 * width, 8 * width];
                for (place, pair) in (1..).zip(channels.windows(2)) {
                    let names = [format!("conv{place}"), format!("bn{place}")];
                    convolved(&mut told, [&names[0], &names[1]], [pair[1], pair[0]], 3);
                }
            }
            Self::Vit(shape) => shape.tensors(&mut told),
        }
        told
    }
}

impl fmt::Display for EncoderShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResNet(shape) => {
                let stem = match (shape.stem_kernel, shape.border) {
                    (3, 0) => "CIFAR's stem",
                    (3, _) => "solo-learn's stem for CIFAR, which pads by 2",
                    _ => "ImageNet's stem",
                };
                write!(f, "ResNet-{} with {stem}, width {}", shape.layers(), shape.width)
            }
            Self::WideResNet(width) => write!(f, "WRN-28, width {width}"),
            Self::ConvNet(width) => write!(f, "convnet, width {width}"),
            Self::Vit(VitShape { side, patch, width, depth, heads, .. }) => {
                write!(
                    f,
                    "vision transformer of {depth} blocks, width {width}, {heads} heads, patches of {patch} in {side} pixels"
                )
            }
        }
    }
}

/// Blocks of a Wide ResNet's stage: 28 layers are a stem, three stages of four blocks of two, and three projections.
const WIDE_BLOCKS: usize = 4;

fn wide_resnet(width: usize, told: &mut Vec<Tensor>) {
    let mut input = width / 2;
    told.push(("conv1.weight".into(), vec![input, 3, 3, 3]));
    for (stage, index) in (0..3).flat_map(|stage| (0..WIDE_BLOCKS).map(move |index| (stage, index))) {
        let (name, output) = (format!("block{}.layer.{index}", stage + 1), width << stage);
        for (place, channels) in [(1, [output, input]), (2, [output, output])] {
            normed(told, &format!("{name}.bn{place}"), channels[1]);
            told.push((format!("{name}.conv{place}.weight"), vec![channels[0], channels[1], 3, 3]));
        }
        if input != output {
            told.push((format!("{name}.convShortcut.weight"), vec![output, input, 1, 1]));
        }
        input = output;
    }
    normed(told, "bn1", input);
}

/// A convolution from the second number of channels to the first, and its normalisation.
fn convolved(told: &mut Vec<Tensor>, [conv, norm]: [&str; 2], [outputs, inputs]: [usize; 2], kernel: usize) {
    told.push((format!("{conv}.weight"), vec![outputs, inputs, kernel, kernel]));
    normed(told, norm, outputs);
}

/// Batch normalisation.
fn normed(told: &mut Vec<Tensor>, name: &str, channels: usize) {
    told.extend(
        ["weight", "bias", "running_mean", "running_var"].map(|kind| (format!("{name}.{kind}"), vec![channels])),
    );
}
