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
