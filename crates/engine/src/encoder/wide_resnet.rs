//! Wide ResNet (Zagoruyko and Komodakis 2016) as FixMatch's code has it: blocks that normalise first, leaky slopes, statistics that
//! move slowly. Parameter names are those of kekmodel's FixMatch in PyTorch.

use burn::tensor::{Tensor, activation::leaky_relu};

use super::Encoder;
use crate::{
    kernel::{After, Maps},
    nn::{BatchNorm, Convolution, Layout, NormConstants, Pass},
};

/// The slope below 0.
const SLOPE: f64 = 0.1;
/// Blocks of a stage: 28 layers are a stem, three stages of four blocks of two, and three projections.
const BLOCKS: usize = 4;

/// Two convolutions, each after its normalisation, added to the input or its projection.
struct Block {
    norms: [BatchNorm; 2],
    convolutions: [Convolution; 2],
    shortcut: Option<Convolution>,
    /// Whether the input is normalised before it is projected, as in the first block.
    activates_first: bool,
}

impl Block {
    fn new(layout: &mut Layout, name: &str, [input, output]: [usize; 2], stride: usize, activates_first: bool) -> Self {
        let first = norm(layout, &format!("{name}.bn1"), input);
        let wide = Convolution::new(layout, &format!("{name}.conv1"), [input, output], 3, stride);
        let second = norm(layout, &format!("{name}.bn2"), output);
        let deep = Convolution::new(layout, &format!("{name}.conv2"), [output, output], 3, 1);
        let shortcut = (input != output)
            .then(|| Convolution::new(layout, &format!("{name}.convShortcut"), [input, output], 1, stride));
        Self { norms: [first, second], convolutions: [wide, deep], shortcut, activates_first }
    }

    fn forward(&self, pass: &mut Pass, x: Maps) -> Maps {
        let activated = activate(&self.norms[0], pass, x.clone());
        let kept = if self.activates_first { activated.clone() } else { x };
        let inner = self.convolutions[0].forward(pass, activated);
        let inner = activate(&self.norms[1], pass, inner);
        let inner = self.convolutions[1].forward(pass, inner);
        let kept = match &self.shortcut {
            Some(shortcut) => shortcut.forward(pass, kept),
            None => kept,
        };
        Maps::new(kept.values + inner.values, inner.order)
    }
}

/// Stem, three stages, normalisation.
pub struct WideResNet {
    stem: Convolution,
    stages: Vec<Vec<Block>>,
    norm: BatchNorm,
    width: usize,
}

impl WideResNet {
    /// `width` is the first stage's: 32 is WRN-28-2.
    pub fn new(layout: &mut Layout, name: &str, width: usize) -> Self {
        let stem = Convolution::new(layout, &format!("{name}.conv1"), [3, width / 2], 3, 1);
        let mut features = width / 2;
        let mut block = |stage: usize, index: usize| {
            let (output, stride) = (width << stage, if stage > 0 && index == 0 { 2 } else { 1 });
            let name = format!("{name}.block{}.layer.{index}", stage + 1);
            let block = Block::new(layout, &name, [features, output], stride, stage == 0 && index == 0);
            features = output;
            block
        };
        let stages = (0..3).map(|stage| (0..BLOCKS).map(|index| block(stage, index)).collect()).collect();
        Self { stem, stages, norm: norm(layout, &format!("{name}.bn1"), 4 * width), width }
    }
}

impl Encoder for WideResNet {
    fn features(&self) -> usize {
        4 * self.width
    }

    fn stages(&self) -> usize {
        self.stages.len()
    }

    fn maps(&self, pass: &mut Pass, x: Tensor<4>, stage: usize) -> Maps {
        let x = self.stem.forward(pass, Maps::of(x, self.width / 2));
        let x = self.stages[..stage].iter().flatten().fold(x, |x, block| block.forward(pass, x));
        if stage == self.stages.len() { activate(&self.norm, pass, x) } else { x }
    }
}

fn norm(layout: &mut Layout, name: &str, channels: usize) -> BatchNorm {
    BatchNorm::new(layout, name, channels).counting(NormConstants::SLOW)
}

fn activate(norm: &BatchNorm, pass: &mut Pass, x: Maps) -> Maps {
    let x = norm.forward_maps(pass, x, After::Nothing);
    Maps::new(leaky_relu(x.values, SLOPE), x.order)
}
