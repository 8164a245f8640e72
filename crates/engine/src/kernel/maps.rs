//! Feature maps, in the order in which a device computes them.

use burn::tensor::Tensor;

/// How feature maps are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `[n, channels, height, width]`: a plane after the other.
    Planes,
    /// `[n, height, width, channels]`: a pixel's channels beside each other, so that they fill registers, and neighbouring
    /// units of a GPU read neighbouring numbers.
    Pixels,
}

impl Order {
    /// Maps in this order, as planes `[n, channels, height, width]`; nothing is moved.
    pub fn to_planes(self, x: Tensor<4>) -> Tensor<4> {
        if self == Self::Pixels { x.permute([0, 3, 1, 2]) } else { x }
    }

    /// Planes `[n, channels, height, width]` in this order; nothing is moved.
    pub fn of_planes(self, x: Tensor<4>) -> Tensor<4> {
        if self == Self::Pixels { x.permute([0, 2, 3, 1]) } else { x }
    }
}

/// Images, or what an encoder makes of them.
#[derive(Clone)]
pub struct Maps {
    /// `[n, channels, h, w]`, or as `order` has it.
    pub values: Tensor<4>,
    /// How they are held.
    pub order: Order,
    /// Means and biased variances of their channels, `[2, channels]`, where what computed them knows.
    pub statistics: Option<Tensor<2>>,
}

impl Maps {
    /// Maps whose moments nobody has counted.
    pub fn new(values: Tensor<4>, order: Order) -> Self {
        Self { values, order, statistics: None }
    }

    /// `images`, `[n, 3, height, width]`, for an encoder whose layers all have a multiple of `width` channels: in the
    /// order in which this device is fastest.
    pub fn of(images: Tensor<4>, width: usize) -> Self {
        let order = super::order(&images, width);
        Self::new(order.of_planes(images), order)
    }

    /// What each place has, `[n * h * w, channels]`, in no less than single precision.
    pub fn places(self) -> Tensor<2> {
        let values = super::widened(self.values);
        let pixels = match self.order {
            Order::Planes => values.permute([0, 2, 3, 1]),
            Order::Pixels => values,
        };
        let [images, height, width, channels] = pixels.dims();
        pixels.reshape([images * height * width, channels])
    }

    /// Means over the squares of a grid, `[n, channels * grid * grid]`, in no less than single precision.
    ///
    /// # Panics
    /// Where the maps cannot be parted evenly into `grid` by `grid` squares.
    pub fn averaged(self, grid: usize) -> Tensor<2> {
        let planes = self.order.to_planes(super::widened(self.values));
        let [n, channels, height, width] = planes.dims();
        assert!(height % grid == 0 && width % grid == 0, "maps of {height} by {width} have no even grid of {grid}");
        let rows = planes.reshape([n * channels * grid, height / grid, width]).mean_dim(1);
        rows.reshape([n, channels * grid * grid, width / grid]).mean_dim(2).reshape([n, channels * grid * grid])
    }

    /// The mean over the pixels, `[n, channels]`, in no less than single precision.
    pub fn global_average(self) -> Tensor<2> {
        let [images, a, b, c] = self.values.dims();
        let values = super::widened(self.values);
        match self.order {
            Order::Planes => values.reshape([images, a, b * c]).mean_dim(2).reshape([images, a]),
            Order::Pixels => values.reshape([images, a * b, c]).mean_dim(1).reshape([images, c]),
        }
    }
}
