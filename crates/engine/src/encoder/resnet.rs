//! ResNet v1 (He et al. 2016) with the CIFAR stem of SimCLR appendix B.9, 3x3 stride 1 and no max-pool; or with ImageNet's, 7x7
//! stride 2 and a max-pool, as others train it. Parameter names are torchvision's.

use burn::tensor::{
    Tensor, module,
    ops::{ConvOptions, MaxPoolOptions},
};

use super::Encoder;
use crate::{
    kernel::{After, Maps, Order},
    nn::{BatchNorm, Convolution, Layout, Pass},
};
use byolab_values::weights::shape::{BlockPlace, ResNetShape};

/// A convolution with its normalisation.
struct ConvNorm {
    conv: Convolution,
    norm: BatchNorm,
}

impl ConvNorm {
    fn new(layout: &mut Layout, names: [&str; 2], channels: [usize; 2], kernel: usize, stride: usize) -> Self {
        Self {
            conv: Convolution::new(layout, names[0], channels, kernel, stride),
            norm: BatchNorm::new(layout, names[1], channels[1]),
        }
    }

    fn forward(&self, pass: &mut Pass, x: Maps, after: After<4>) -> Maps {
        let x = self.conv.forward(pass, x);
        self.norm.forward_maps(pass, x, after)
    }
}

/// Convolutions of which the last is added to the input, or to its projection where the shape changes.
struct Block {
    convolutions: Vec<ConvNorm>,
    downsample: Option<ConvNorm>,
}

impl Block {
    /// The stride falls to the first 3x3.
    fn new(layout: &mut Layout, name: &str, block: &BlockPlace) -> Self {
        let (shape, stride) = (block.convolutions, block.stride());
        let strided = shape.iter().position(|(kernel, _)| *kernel == 3).expect("a block has a 3x3 convolution");
        let mut channels = block.input;
        let mut convolutions = Vec::new();
        for (index, (kernel, output)) in shape.iter().enumerate() {
            let names = [format!("{name}.conv{}", index + 1), format!("{name}.bn{}", index + 1)];
            let stride = if index == strided { stride } else { 1 };
            let names = [names[0].as_str(), names[1].as_str()];
            convolutions.push(ConvNorm::new(layout, names, [channels, *output], *kernel, stride));
            channels = *output;
        }
        let downsample = block.projects().then(|| {
            let names = [format!("{name}.downsample.0"), format!("{name}.downsample.1")];
            ConvNorm::new(layout, [&names[0], &names[1]], [block.input, channels], 1, stride)
        });
        Self { convolutions, downsample }
    }

    fn forward(&self, pass: &mut Pass, x: Maps) -> Maps {
        let residual = match &self.downsample {
            Some(downsample) => downsample.forward(pass, x.clone(), After::Nothing),
            None => x.clone(),
        };
        let (first, rest) = self.convolutions.split_first().expect("a block has convolutions");
        let begun = (first.conv.forward(pass, x), &first.norm);
        let (x, norm) =
            rest.iter().fold(begun, |(x, norm), next| (norm.relu_convolve(pass, x, &next.conv), &next.norm));
        norm.forward_maps(pass, x, After::AddRelu(residual.values))
    }
}

/// Stem, stages, global average.
pub struct ResNet {
    stem: ConvNorm,
    /// Whether the stem is ImageNet's.
    wide_stem: bool,
    /// Pixels of zeros around images.
    border: usize,
    stages: Vec<Vec<Block>>,
    /// What divides the channels of all layers.
    channels: usize,
    features: usize,
}

impl ResNet {
    /// The encoder of this shape, its parameters declared under `name`.
    pub fn new(layout: &mut Layout, name: &str, shape: &ResNetShape) -> Self {
        let names = [format!("{name}.conv1"), format!("{name}.bn1")];
        let (width, wide_stem) = (shape.width, shape.stem_kernel == 7);
        let stride = if wide_stem { 2 } else { 1 };
        let stem = ConvNorm::new(layout, [&names[0], &names[1]], [3, width], shape.stem_kernel, stride);
        let mut stages: Vec<Vec<Block>> = shape.stages.iter().map(|_| Vec::new()).collect();
        let (mut channels, mut features) = (width, width);
        for block in shape.blocks() {
            let name = format!("{name}.layer{}.{}", block.stage + 1, block.index);
            stages[block.stage].push(Block::new(layout, &name, &block));
            channels = block.convolutions.iter().fold(channels, |common, (_, outputs)| divisor(common, *outputs));
            features = block.output();
        }
        Self { stem, wide_stem, border: shape.border, stages, channels, features }
    }

    fn begin(&self, pass: &mut Pass, x: Tensor<4>) -> Maps {
        let x = if self.border > 0 { x.pad((self.border, self.border, self.border, self.border), 0.0) } else { x };
        if !self.wide_stem {
            return self.stem.forward(pass, Maps::of(x, self.channels), After::Relu);
        }
        // Ours convolve 1x1 and 3x3: this one is burn's, of planes.
        let options = ConvOptions::new([2, 2], [3, 3], [1, 1], 1);
        let x = module::conv2d(x.clone(), self.stem.conv.weight(pass, &Maps::new(x, Order::Planes)), None, options);
        let x = self.stem.norm.forward_maps(pass, Maps::new(x, Order::Planes), After::Relu).values;
        let options = MaxPoolOptions { stride: [2, 2], padding: [(1, 1); 2], ..MaxPoolOptions::new([3, 3]) };
        let pooled = module::max_pool2d(x, options);
        Maps::of(pooled, self.channels)
    }
}

/// The greatest number that divides both.
fn divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { divisor(b, a % b) }
}

impl Encoder for ResNet {
    fn features(&self) -> usize {
        self.features
    }

    fn stages(&self) -> usize {
        self.stages.len()
    }

    fn maps(&self, pass: &mut Pass, x: Tensor<4>, stage: usize) -> Maps {
        let x = self.begin(pass, x);
        self.stages[..stage].iter().flatten().fold(x, |x, block| block.forward(pass, x))
    }
}
