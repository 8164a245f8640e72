//! Convolution, batch normalisation, linear layer and the two-layer head of BYOL and SimCLR.

use burn::tensor::Tensor;

use super::{Layout, Mode, Pass, Role};
use crate::engine::kernel;

/// PyTorch's momentum (Haiku's decay 0.9) and epsilon.
const MOMENTUM: f64 = 0.1;
const EPSILON: f64 = 1e-5;

/// A square convolution without bias, padded by half its kernel.
#[derive(Clone, Debug)]
pub struct Convolution {
    weight: usize,
    shape: [usize; 4],
    stride: usize,
}

impl Convolution {
    pub fn new(layout: &mut Layout, name: &str, channels: [usize; 2], kernel: usize, stride: usize) -> Self {
        let [input, output] = channels;
        let shape = [output, input, kernel, kernel];
        let role = Role::Convolution { fan: output * kernel * kernel };
        Self { weight: layout.parameter(format!("{name}.weight"), shape.to_vec(), role), shape, stride }
    }

    /// # Shapes
    /// `[n, input, h, w]` to `[n, output, h / stride, w / stride]`
    pub fn forward(&self, pass: &Pass, x: Tensor<4>) -> Tensor<4> {
        kernel::convolve(x, pass.weights.0[self.weight].clone().reshape(self.shape), self.stride)
    }
}

/// What follows a normalisation; named so that it can be fused with it.
#[expect(
    clippy::large_enum_variant,
    reason = "made for one call and moved into it; a box would be an allocation a layer"
)]
pub enum After<const D: usize> {
    Nothing,
    Relu,
    /// A residual is added before the ReLU.
    AddRelu(Tensor<D>),
}

/// Batch normalisation over all dimensions but the channels (Ioffe and Szegedy 2015).
#[derive(Clone, Debug)]
pub struct BatchNorm {
    scale: usize,
    shift: usize,
    statistics: usize,
}

impl BatchNorm {
    pub fn new(layout: &mut Layout, name: &str, channels: usize) -> Self {
        Self {
            scale: layout.parameter(format!("{name}.weight"), vec![channels], Role::Scale),
            shift: layout.parameter(format!("{name}.bias"), vec![channels], Role::Shift),
            statistics: layout.norm(name.to_string(), channels),
        }
    }

    /// # Shapes
    /// `[n, channels, ..]` to the same.
    pub fn forward<const D: usize>(&self, pass: &mut Pass, x: Tensor<D>, after: After<D>) -> Tensor<D> {
        let scale = pass.weights.0[self.scale].clone();
        let shift = pass.weights.0[self.shift].clone();
        let (mean, variance) = (&mut pass.running.mean[self.statistics], &mut pass.running.variance[self.statistics]);
        if pass.mode == Mode::Evaluate {
            let y = burn::tensor::module::batch_norm(x, scale, shift, mean.clone(), variance.clone(), EPSILON);
            return kernel::after(y, after);
        }
        let dims = x.dims();
        let samples = (dims.iter().product::<usize>() / dims[1]) as f64;
        let normed = kernel::batch_norm(x, scale, shift, EPSILON, after);
        *mean = mean.clone() * (1.0 - MOMENTUM) + normed.mean.inner() * MOMENTUM;
        // PyTorch's running variance is the unbiased one.
        let unbias = samples / (samples - 1.0).max(1.0);
        *variance = variance.clone() * (1.0 - MOMENTUM) + normed.variance.inner() * (MOMENTUM * unbias);
        normed.output
    }
}

/// `x W^T + b`.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: usize,
    bias: Option<usize>,
    shape: [usize; 2],
}

impl Linear {
    pub fn new(layout: &mut Layout, name: &str, features: [usize; 2], bias: bool) -> Self {
        let [input, output] = features;
        let shape = [output, input];
        let weight = layout.parameter(format!("{name}.weight"), shape.to_vec(), Role::Linear { fan: input });
        let bias = bias.then(|| layout.parameter(format!("{name}.bias"), vec![output], Role::Bias { fan: input }));
        Self { weight, bias, shape }
    }

    /// # Shapes
    /// `[n, input]` to `[n, output]`
    pub fn forward(&self, pass: &Pass, x: Tensor<2>) -> Tensor<2> {
        let y = kernel::rows_times_rows(x, pass.weights.0[self.weight].clone().reshape(self.shape));
        match self.bias {
            Some(bias) => y + pass.weights.0[bias].clone().unsqueeze(),
            None => y,
        }
    }
}

/// Linear, batch normalisation, ReLU, linear without bias: the projector and the predictor of BYOL (section 3.3; the
/// missing bias is the authors' code) and the projector of SimCLR.
#[derive(Clone, Debug)]
pub struct Mlp {
    hidden: Linear,
    norm: BatchNorm,
    output: Linear,
}

impl Mlp {
    /// `features` are input, hidden and output; names are those of a PyTorch `Sequential`.
    pub fn new(layout: &mut Layout, name: &str, features: [usize; 3]) -> Self {
        let [input, hidden, output] = features;
        Self {
            hidden: Linear::new(layout, &format!("{name}.0"), [input, hidden], true),
            norm: BatchNorm::new(layout, &format!("{name}.1"), hidden),
            output: Linear::new(layout, &format!("{name}.3"), [hidden, output], false),
        }
    }

    /// # Shapes
    /// `[n, input]` to `[n, output]`
    pub fn forward(&self, pass: &mut Pass, x: Tensor<2>) -> Tensor<2> {
        let x = self.hidden.forward(pass, x);
        let x = self.norm.forward(pass, x, After::Relu);
        self.output.forward(pass, x)
    }
}
