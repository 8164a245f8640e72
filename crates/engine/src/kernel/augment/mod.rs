//! Both views of a batch in one launch, from images that stay on the device as packed bytes. What happens to each image
//! is drawn on the host and handed over as a [`table`]; the CPU's application in `views` is the same within rounding.

mod cube;
mod table;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use cubecl::prelude::*;

use super::gpu;
use crate::backend::{
    Backend, Dispatch, FloatTensor, IntTensor, Shape, TensorMetadata, backend_extension,
    cube::{CubeBackend, CubeTensor, into_contiguous},
};
use byolab_values::{
    augment::{self, Key, View},
    data::Dataset,
    plan::recipe::{Augmentation, Op},
};

/// Bytes of images that are kept on a device: what desktop drivers of Vulkan bind at once, and few enough to be
/// counted in 32 bits.
const MOST_BYTES: usize = 1 << 30;

/// The operation as burn's dispatch sees it. `table` is `[rows, width]`, `pixels` four bytes to a number; the views are
/// `[rows, 3, side, side]`.
#[backend_extension(Cube, Fusion)]
pub trait ViewOps: Backend {
    /// The views that the rows of the table describe, of images held on the device.
    #[fusion(dtype = table, shape = views_shape(table, *side))]
    fn own_views(table: FloatTensor<Self>, pixels: IntTensor<Self>, side: usize) -> FloatTensor<Self>;
}

fn views_shape(table: &Shape, side: usize) -> Shape {
    Shape::new([table[0], 3, side, side])
}

impl ViewOps for CubeBackend {
    fn own_views(table: CubeTensor, pixels: CubeTensor, side: usize) -> CubeTensor {
        let (table, pixels) = (into_contiguous(table), into_contiguous(pixels));
        let [rows, width] = table.shape().dims::<2>();
        let shape = views_shape(&table.shape(), side);
        assert!(table.dtype == DType::F32 && pixels.dtype == DType::I32, "views are made of f32 from bytes in i32");
        let [out, scratch] = [(); 2].map(|()| gpu::empty(&table, shape.clone(), DType::F32));
        let client = table.client.clone();
        cube::make_views::launch(
            &client,
            CubeCount::Static(rows as u32, 1, 1),
            CubeDim::new_1d(gpu::UNITS),
            table.into_buffer_arg(),
            pixels.into_buffer_arg(),
            out.clone().into_buffer_arg(),
            scratch.into_buffer_arg(),
            width as u32,
            side,
        );
        out
    }
}

/// The training images on a device.
pub struct Resident {
    /// Four bytes to a number.
    pixels: Tensor<1, Int>,
    side: usize,
}

/// What was drawn for the views of a batch: the rows of the first view, then those of the second.
pub struct Table {
    values: Vec<f32>,
    width: usize,
}

impl Resident {
    /// Takes the training images to `device`; none where they do not fit, are not in memory, where the device is the CPU or where it does
    /// not know an operation of the set: there, views are made on the host.
    pub fn new(data: &Dataset, augmentation: &Augmentation, device: &Device) -> Option<Self> {
        let bytes = data.train.pixels.bytes()?;
        let fits = bytes.len() <= MOST_BYTES && data.train.len() <= table::MOST_IMAGES;
        if !fits || !super::is_gpu(device) || width(augmentation).is_none() {
            return None;
        }
        let word = |four: &[u8]| {
            let mut word = [0; 4];
            word[..four.len()].copy_from_slice(four);
            i32::from_le_bytes(word)
        };
        let words: Vec<i32> = bytes.chunks(4).map(word).collect();
        let count = words.len();
        Some(Self { pixels: Tensor::from_data(TensorData::new(words, [count]), device), side: data.train.side })
    }

    /// The views of a table, `[n, 3, side, side]` each.
    pub fn views(&self, table: Table) -> [Tensor<4>; 2] {
        let Table { values, width } = table;
        let rows = values.len() / width;
        let table = Tensor::<2>::from_data(TensorData::new(values, [rows, width]), &self.pixels.device());
        let views = Dispatch::own_views(table.into_dispatch(), self.pixels.clone().into_dispatch(), self.side);
        let views = Tensor::<4>::from_dispatch(views);
        [views.clone().slice(0..rows / 2), views.slice(rows / 2..rows)]
    }
}

impl Table {
    /// Draws what happens to the images `indices` of `data` in an epoch.
    ///
    /// # Panics
    /// Where the device does not know an operation of the set, for which [`Resident::new`] gives nothing.
    pub fn draw(data: &Dataset, indices: &[usize], augmentation: &Augmentation, seed: u64, epoch: u64) -> Self {
        let width = width(augmentation).expect("the device knows every operation of the set");
        let mut values = Vec::with_capacity(2 * indices.len() * width);
        for (view, ops) in [(View::First, &augmentation.first), (View::Second, &augmentation.second)] {
            for &index in indices {
                let drawn =
                    augment::drawn(ops, data.train.side, Key { seed, epoch, sample: index as u64, view, draw: 0 });
                values.extend(table::row(index, data.mean, data.std, drawn, width));
            }
        }
        Self { values, width }
    }
}

/// Numbers of a row that holds all that may be drawn for a view; none where the device does not know an operation, or not
/// the set's arithmetic.
fn width(augmentation: &Augmentation) -> Option<usize> {
    if !augmentation.arithmetic.is_exact() {
        return None;
    }
    let records = |ops: &[Op]| ops.iter().map(table::records).sum::<Option<usize>>();
    Some(table::HEADER + table::RECORD * records(&augmentation.first)?.max(records(&augmentation.second)?))
}
