//! Convolution, batch normalisation and linear layer.

use burn::tensor::{Tensor, module};

use super::{Layout, Mode, Move, Pass, Role};
use crate::kernel::{self, After, Maps, Order};
use byolab_values::plan::shape::{Affine, FirstWeights};

/// How a normalisation counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormConstants {
    /// The share of a batch in the running statistics.
    pub momentum: f64,
    /// Is added to the variance.
    pub epsilon: f64,
}

impl NormConstants {
    /// PyTorch's momentum (Haiku's decay 0.9) and epsilon.
    const USUAL: Self = Self { momentum: 0.1, epsilon: 1e-5 };
    /// FixMatch's code: a decay of 0.999, TensorFlow's epsilon.
    pub const SLOW: Self = Self { momentum: 0.001, epsilon: 1e-3 };
}

/// A square convolution without bias, padded by half its kernel.
#[derive(Clone, Debug)]
pub struct Convolution {
    weight: usize,
    shape: [usize; 4],
    stride: usize,
}

impl Convolution {
    /// Declares its weight `[output, input, kernel, kernel]` under `name`; `channels` are those of input and output.
    pub fn new(layout: &mut Layout, name: &str, channels: [usize; 2], kernel: usize, stride: usize) -> Self {
        let [input, output] = channels;
        let shape = [output, input, kernel, kernel];
        let role = Role::Convolution { fan: output * kernel * kernel };
        Self { weight: layout.parameter(format!("{name}.weight"), shape.to_vec(), role), shape, stride }
    }

    /// # Shapes
    /// `[n, input, h, w]` to `[n, output, h / stride, w / stride]`, in the order that they are held in
    pub fn forward(&self, pass: &Pass, x: Maps) -> Maps {
        let weight = self.weight(pass, &x);
        kernel::convolve(x, weight, self.stride)
    }

    /// `[output, input, k, k]`, in the precision of what it is applied to.
    pub fn weight(&self, pass: &Pass, x: &Maps) -> Tensor<4> {
        // Cast as it lies, in a row: a device may pad the rows of what it makes, and a weight's are short.
        pass.weights.0[self.weight].clone().cast(x.values.dtype()).reshape(self.shape)
    }
}

/// Batch normalisation over all dimensions but the channels (Ioffe and Szegedy 2015).
#[derive(Clone, Debug)]
pub struct BatchNorm {
    scale: Option<usize>,
    shift: Option<usize>,
    statistics: usize,
    constants: NormConstants,
}

impl BatchNorm {
    /// Declares scale and shift `[channels]` under `name`.
    pub fn new(layout: &mut Layout, name: &str, channels: usize) -> Self {
        Self::with(layout, name, channels, Affine::ScaleAndShift)
    }

    /// The same with the parameters that `affine` says.
    pub fn with(layout: &mut Layout, name: &str, channels: usize, affine: Affine) -> Self {
        let mut parameter = |kind: &str, role| layout.parameter(format!("{name}.{kind}"), vec![channels], role);
        Self {
            scale: (affine != Affine::None).then(|| parameter("weight", Role::Scale)),
            shift: (affine == Affine::ScaleAndShift).then(|| parameter("bias", Role::Shift)),
            statistics: layout.norm(name.to_string(), channels),
            constants: NormConstants::USUAL,
        }
    }

    /// The same with other constants.
    pub fn counting(self, constants: NormConstants) -> Self {
        Self { constants, ..self }
    }

    /// What an encoder makes of images, normalised.
    pub fn forward_maps(&self, pass: &mut Pass, x: Maps, after: After<4>) -> Maps {
        Maps::new(self.ordered(pass, x.values, (x.order, x.statistics), after), x.order)
    }

    /// The same, through a ReLU and then through `next`, for which a device may have one operation.
    pub fn relu_convolve(&self, pass: &mut Pass, x: Maps, next: &Convolution) -> Maps {
        if pass.mode != Mode::Train || pass.groups > 1 {
            let x = self.forward_maps(pass, x, After::Relu);
            return next.forward(pass, x);
        }
        let [images, a, b, c] = x.values.dims();
        let (affine, weight) = (self.affine(pass, &x.values), next.weight(pass, &x));
        let samples = images * a * b * c / affine[0].dims()[0];
        let (y, [mean, variance]) = kernel::norm_relu_convolve(x, affine, self.constants.epsilon, weight, next.stride);
        self.move_running(pass, mean.inner(), variance.inner(), samples as f64);
        y
    }

    /// # Shapes
    /// `[n, channels]` to the same.
    pub fn forward(&self, pass: &mut Pass, x: Tensor<2>, after: After<2>) -> Tensor<2> {
        self.ordered(pass, x, (Order::Planes, None), after)
    }

    /// `known` are [`Maps::statistics`].
    fn ordered<const D: usize>(
        &self,
        pass: &mut Pass,
        x: Tensor<D>,
        (order, known): (Order, Option<Tensor<2>>),
        after: After<D>,
    ) -> Tensor<D> {
        let affine = self.affine(pass, &x);
        match pass.mode {
            Mode::Train => self.by_batch(pass, x, (order, known), affine, after),
            Mode::Follow => {
                self.by_batch(pass, x.clone(), (order, known), affine.clone(), After::Nothing);
                self.by_running(pass, x, order, affine, after)
            }
            Mode::Evaluate => self.by_running(pass, x, order, affine, after),
        }
    }

    /// gamma and beta, `[channels]` each; 1 and 0 where they are no parameters.
    fn affine<const D: usize>(&self, pass: &Pass, x: &Tensor<D>) -> [Tensor<1>; 2] {
        let parameter = |place: Option<usize>| place.map(|place| pass.weights.0[place].clone());
        let channels = pass.running.mean[self.statistics].dims();
        let ones = || Tensor::ones(channels, (&x.device(), kernel::wide(x.dtype())));
        [parameter(self.scale).unwrap_or_else(ones), parameter(self.shift).unwrap_or_else(|| ones() * 0.0)]
    }

    fn by_running<const D: usize>(
        &self,
        pass: &Pass,
        x: Tensor<D>,
        order: Order,
        [scale, shift]: [Tensor<1>; 2],
        after: After<D>,
    ) -> Tensor<D> {
        let dims = x.dims();
        let (mean, variance) = (&pass.running.mean[self.statistics], &pass.running.variance[self.statistics]);
        let (mean, variance) = (mean.clone(), variance.clone());
        let (precision, x) = (x.dtype(), kernel::widened(x));
        let y = match order {
            Order::Planes => module::batch_norm(x, scale, shift, mean, variance, self.constants.epsilon),
            Order::Pixels => {
                let rows = dims[..D - 1].iter().product();
                module::batch_norm(x.reshape([rows, dims[D - 1]]), scale, shift, mean, variance, self.constants.epsilon)
                    .reshape(dims)
            }
        };
        kernel::after(y.cast(precision), after)
    }

    /// Each group of the batch by its own statistics; the running ones move towards the groups' mean.
    fn by_batch<const D: usize>(
        &self,
        pass: &mut Pass,
        x: Tensor<D>,
        (order, known): (Order, Option<Tensor<2>>),
        affine: [Tensor<1>; 2],
        after: After<D>,
    ) -> Tensor<D> {
        let groups = pass.groups;
        let known = known.filter(|_| groups == 1);
        assert!(x.dims()[0].is_multiple_of(groups), "the plan keeps the batch a multiple of its groups");
        let normalise =
            |(x, after)| kernel::batch_norm(x, order, known.clone(), affine.clone(), self.constants.epsilon, after);
        let dims = x.dims();
        let samples = (dims.iter().product::<usize>() / affine[0].dims()[0] / groups) as f64;
        let normed: Vec<_> = split(x, after, groups).into_iter().map(normalise).collect();
        let mean_of = |each: fn(&kernel::Normed<D>) -> &Tensor<1>| {
            let all = normed.iter().map(|normed| each(normed).clone().inner()).reduce(|a, b| a + b);
            let sum = all.expect("a batch has a group");
            if groups == 1 { sum } else { sum * (1.0 / groups as f64) }
        };
        let (mean, variance) = (mean_of(|normed| &normed.mean), mean_of(|normed| &normed.variance));
        self.move_running(pass, mean, variance, samples);
        let mut outputs: Vec<_> = normed.into_iter().map(|normed| normed.output).collect();
        if groups == 1 { outputs.remove(0) } else { Tensor::cat(outputs, 0) }
    }

    /// Of a batch with so many numbers in each channel: mean and biased variance, `[channels]` each.
    fn move_running(&self, pass: &mut Pass, batch_mean: Tensor<1>, batch_variance: Tensor<1>, samples: f64) {
        // PyTorch's running variance is the unbiased one.
        let unbias = samples / (samples - 1.0).max(1.0);
        let momentum = self.constants.momentum;
        let (shares, batch) = ([momentum, momentum * unbias], [batch_mean, batch_variance]);
        pass.running.advance(Move { layer: self.statistics, kept: 1.0 - momentum, shares, batch });
    }
}

/// Consecutive groups of a batch, and of what is added after it is normalised.
fn split<const D: usize>(x: Tensor<D>, after: After<D>, groups: usize) -> Vec<(Tensor<D>, After<D>)> {
    if groups == 1 {
        return vec![(x, after)];
    }
    let residuals = match after {
        After::AddRelu(residual) => residual.chunk(groups, 0).into_iter().map(After::AddRelu).collect(),
        After::Relu => (0..groups).map(|_| After::Relu).collect(),
        After::Nothing => (0..groups).map(|_| After::Nothing).collect::<Vec<_>>(),
    };
    x.chunk(groups, 0).into_iter().zip(residuals).collect()
}

/// `x W^T + b`.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: usize,
    bias: Option<usize>,
    shape: [usize; 2],
}

impl Linear {
    /// Declares its weight `[output, input]` under `name`, and its bias `[output]` where it has one.
    pub fn new(layout: &mut Layout, name: &str, features: [usize; 2], bias: bool) -> Self {
        Self::begun(layout, name, features, bias, FirstWeights::Uniform)
    }

    /// The same with other first values.
    pub fn begun(layout: &mut Layout, name: &str, features: [usize; 2], bias: bool, first: FirstWeights) -> Self {
        let [input, output] = features;
        let shape = [output, input];
        let roles = match first {
            FirstWeights::Uniform => [Role::Linear { fan: input }, Role::Bias { fan: input }],
            FirstWeights::Narrow => [Role::Narrow { deviation: 0.02 }, Role::Shift],
        };
        let weight = layout.parameter(format!("{name}.weight"), shape.to_vec(), roles[0]);
        let bias = bias.then(|| layout.parameter(format!("{name}.bias"), vec![output], roles[1]));
        Self { weight, bias, shape }
    }

    /// The cosines between rows and those of the weight, `[n, input]` to `[n, output]`.
    pub fn cosines(&self, pass: &Pass, x: Tensor<2>) -> Tensor<2> {
        let rows = pass.weights.0[self.weight].clone().reshape(self.shape);
        kernel::rows_times_rows(kernel::normalize(x), kernel::normalize(rows))
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
