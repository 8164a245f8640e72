//! ResNet v1 (He et al. 2016) with the CIFAR stem of SimCLR appendix B.9: 3x3 stride 1 and no max-pool. Parameter
//! names are torchvision's.

use burn::tensor::Tensor;

use super::Encoder;
use crate::{
    kernel::{After, Maps},
    nn::{BatchNorm, Convolution, Layout, Pass},
};

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
    /// `shape` is a kernel and its output channels for each convolution; the stride falls to the first 3x3.
    fn new(layout: &mut Layout, name: &str, input: usize, shape: &[(usize, usize)], stride: usize) -> Self {
        let strided = shape.iter().position(|(kernel, _)| *kernel == 3).expect("a block has a 3x3 convolution");
        let mut channels = input;
        let mut convolutions = Vec::new();
        for (index, (kernel, output)) in shape.iter().enumerate() {
            let names = [format!("{name}.conv{}", index + 1), format!("{name}.bn{}", index + 1)];
            let stride = if index == strided { stride } else { 1 };
            let names = [names[0].as_str(), names[1].as_str()];
            convolutions.push(ConvNorm::new(layout, names, [channels, *output], *kernel, stride));
            channels = *output;
        }
        let downsample = (stride != 1 || input != channels).then(|| {
            let names = [format!("{name}.downsample.0"), format!("{name}.downsample.1")];
            ConvNorm::new(layout, [&names[0], &names[1]], [input, channels], 1, stride)
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

/// Stem, four stages, global average.
pub struct ResNet {
    stem: ConvNorm,
    stages: Vec<Vec<Block>>,
    width: usize,
    features: usize,
}

impl ResNet {
    /// Two basic blocks a stage.
    pub fn resnet18(layout: &mut Layout, name: &str, width: usize) -> Self {
        Self::new(layout, name, width, [2, 2, 2, 2], |channels| vec![(3, channels), (3, channels)])
    }

    /// 3, 4, 6 and 3 bottleneck blocks; the stride is in the 3x3 convolution, as torchvision's (v1.5).
    pub fn resnet50(layout: &mut Layout, name: &str, width: usize) -> Self {
        Self::new(layout, name, width, [3, 4, 6, 3], |channels| vec![(1, channels), (3, channels), (1, 4 * channels)])
    }

    fn new(
        layout: &mut Layout,
        name: &str,
        width: usize,
        depths: [usize; 4],
        shape: fn(usize) -> Vec<(usize, usize)>,
    ) -> Self {
        let names = [format!("{name}.conv1"), format!("{name}.bn1")];
        let stem = ConvNorm::new(layout, [&names[0], &names[1]], [3, width], 3, 1);
        let mut features = width;
        let mut block = |stage: usize, index: usize| {
            let (shape, stride) = (shape(width << stage), if stage > 0 && index == 0 { 2 } else { 1 });
            let name = format!("{name}.layer{}.{index}", stage + 1);
            let block = Block::new(layout, &name, features, &shape, stride);
            features = shape.last().expect("a block has convolutions").1;
            block
        };
        let mut stage = |(stage, depth)| (0..depth).map(|index| block(stage, index)).collect();
        let stages = depths.into_iter().enumerate().map(&mut stage).collect();
        Self { stem, stages, width, features }
    }
}

impl Encoder for ResNet {
    fn features(&self) -> usize {
        self.features
    }

    fn stages(&self) -> usize {
        self.stages.len()
    }

    fn maps(&self, pass: &mut Pass, x: Tensor<4>, stage: usize) -> Maps {
        let x = self.stem.forward(pass, Maps::of(x, self.width), After::Relu);
        self.stages[..stage].iter().flatten().fold(x, |x, block| block.forward(pass, x))
    }
}
