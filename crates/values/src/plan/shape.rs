//! Layers as numbers: what there is to count of a network before anybody has built it.

/// A layer as it costs: a convolution, or a linear layer (side and kernel 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Channels, or features, that it reads.
    pub inputs: usize,
    /// Channels, or features, that it makes.
    pub outputs: usize,
    /// Of the output.
    pub side: usize,
    /// Pixels along a side of its kernel.
    pub kernel: usize,
    /// Whether batch normalisation follows.
    pub norm: bool,
    /// Whether only a convolution reads what it makes.
    pub inner: bool,
}

impl Layer {
    /// A linear layer.
    pub fn linear(inputs: usize, outputs: usize, norm: bool) -> Self {
        Self { inputs, outputs, side: 1, kernel: 1, norm, inner: false }
    }

    /// Parameters but for those of the normalisation.
    pub fn weights(&self) -> usize {
        self.inputs * self.outputs * self.kernel * self.kernel
    }

    /// With those of the normalisation.
    pub fn parameters(&self) -> usize {
        self.weights() + self.outputs * if self.norm { 2 } else { 0 }
    }

    /// Multiplications for one image.
    pub fn products(&self) -> usize {
        self.weights() * self.side * self.side
    }

    /// Numbers of an image's output.
    pub fn output(&self) -> usize {
        self.outputs * self.side * self.side
    }
}

/// Which parameters a normalisation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Affine {
    /// Two numbers a channel.
    ScaleAndShift,
    /// The last layer of SimCLR's heads.
    Scale,
    /// The last layer of SimSiam's projector.
    None,
}

/// What follows a hidden layer of a head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// What is below 0 is 0.
    #[default]
    Relu,
    /// Hendrycks and Gimpel 2016, by the error function.
    Gelu,
}

/// What the layers of a head are before training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstWeights {
    /// Uniform, as PyTorch's linear layers.
    #[default]
    Uniform,
    /// Normal with deviation 0.02, biases 0, as vision transformers'.
    Narrow,
}

/// What the layers of a head look like; the papers differ in little else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadShape {
    /// Features from the input to the output.
    pub features: Vec<usize>,
    /// Whether the hidden layers have biases, and whether they are normalised.
    pub hidden_bias: bool,
    /// Whether hidden layers are normalised.
    pub hidden_norm: bool,
    /// Whether the last layer adds a bias.
    pub output_bias: bool,
    /// Whether the output is normalised, and by which parameters.
    pub output_norm: Option<Affine>,
    /// What follows hidden layers.
    pub activation: Activation,
    /// What all are before training.
    pub first: FirstWeights,
    /// Whether the last layer gives cosines between what it reads and its rows, whatever their lengths: weight normalisation with
    /// its length held at 1 (Salimans and Kingma 2016), behind a layer that brings rows to length 1.
    pub cosines: bool,
}

impl HeadShape {
    /// BYOL's projector and predictor (section 3.3; the missing bias of the output is the authors' code): `depth` linear
    /// layers with batch normalisation and ReLU between them.
    pub fn byol(input: usize, hidden: usize, output: usize, depth: usize) -> Self {
        let mut features = vec![hidden; depth + 1];
        (features[0], features[depth]) = (input, output);
        Self {
            features,
            hidden_bias: true,
            hidden_norm: true,
            output_bias: false,
            output_norm: None,
            activation: Activation::Relu,
            first: FirstWeights::Uniform,
            cosines: false,
        }
    }

    /// The same without biases in front of a normalisation, which would undo them: SimSiam's, Barlow Twins'.
    pub fn unbiased(input: usize, hidden: usize, output: usize, depth: usize) -> Self {
        Self { hidden_bias: false, ..Self::byol(input, hidden, output, depth) }
    }

    /// Its linear layers.
    pub fn layers(&self) -> impl Iterator<Item = Layer> + '_ {
        let last = self.features.len() - 2;
        self.features.windows(2).enumerate().map(move |(index, pair)| {
            let norm = if index == last { self.output_norm.is_some() } else { self.hidden_norm };
            Layer::linear(pair[0], pair[1], norm)
        })
    }
}

/// A head of a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedHead {
    /// What its parameters' names begin with.
    pub name: &'static str,
    /// Its layers.
    pub shape: HeadShape,
    /// Whether a target network has it too.
    pub followed: bool,
}

impl NamedHead {
    /// One that a target network has too, where there is one.
    pub fn followed(name: &'static str, shape: HeadShape) -> Self {
        Self { name, shape, followed: true }
    }

    /// One of the student's alone.
    pub fn own(name: &'static str, shape: HeadShape) -> Self {
        Self { name, shape, followed: false }
    }
}
