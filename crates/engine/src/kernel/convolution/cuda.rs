//! Launches the kernels of a [`plan`](super::plan) on CUDA. cubecl compiles their text by NVRTC, keeps it, and records the launches
//! in its graphs like any other.

use std::hash::{DefaultHasher, Hash, Hasher};

use burn::tensor::DType;
use cubecl::{
    CubeKernel, PrecompiledSource,
    ir::{UIntKind, metadata::Info},
    prelude::*,
    server::{KernelArguments, MetadataBindingInfo},
};

use super::{
    super::gpu::empty,
    convolved,
    plan::{self, Kernel, Program, Slot, TEXT},
    read, weighed,
};
use crate::{
    backend::{
        TensorMetadata,
        cube::{CubeTensor, into_contiguous},
    },
    kernel::sizes::{ImageBatch, Sizes},
};

/// Whether these kernels run on a device: one of CUDA that fetches into shared memory beside the arithmetic, as every card does from
/// compute capability 8.0 on.
pub fn runs_on(device: &cubecl::Device, client: &Client) -> bool {
    matches!(device, cubecl::Device::Cuda(_)) && client.properties().features.copy_async
}

/// Whether the tensor lies where they run, in a precision that they know.
pub fn runs(x: &CubeTensor) -> bool {
    runs_on(&x.device, &x.client) && matches!(x.dtype, DType::F32 | DType::BF16)
}

/// See [`super::PixelConvOps::own_pixel_conv`].
pub fn forward(x: CubeTensor, weight: CubeTensor, stride: usize) -> CubeTensor {
    let (shape, weight_shape) = (x.shape(), weight.shape());
    let sizes = Sizes { images: images(&x), outputs: weight_shape[0], kernel: weight_shape[2], stride };
    let y = empty(&x, convolved(&shape, &weight_shape, stride), x.dtype);
    run(&plan::forward(sizes, x.dtype == DType::F32), [x, weight], y)
}

/// See [`super::PixelConvOps::own_pixel_conv_dx`].
pub fn input_gradient(dy: CubeTensor, weight: CubeTensor, stride: usize, sides: [usize; 2]) -> CubeTensor {
    let weight_shape = weight.shape();
    let images = ImageBatch { height: sides[0], width: sides[1], channels: weight_shape[1], ..images(&dy) };
    let sizes = Sizes { images, outputs: weight_shape[0], kernel: weight_shape[2], stride };
    let dx = empty(&dy, read(&dy.shape(), &weight_shape, sides), dy.dtype);
    run(&plan::input_gradient(sizes, dy.dtype == DType::F32), [dy, weight], dx)
}

/// See [`super::PixelConvOps::own_pixel_conv_dw`].
pub fn weight_gradient(x: CubeTensor, dy: CubeTensor, stride: usize, kernel: usize) -> CubeTensor {
    let sizes = Sizes { images: images(&x), outputs: dy.shape()[3], kernel, stride };
    let dw = empty(&x, weighed(&x.shape(), &dy.shape(), kernel), x.dtype);
    run(&plan::weight_gradient(sizes, x.dtype == DType::F32), [x, dy], dw)
}

fn images(x: &CubeTensor) -> ImageBatch {
    let [count, height, width, channels] = x.shape().dims::<4>();
    ImageBatch { count, height, width, channels }
}

/// Writes `output` by the launches of `program`.
fn run(program: &Program, inputs: [CubeTensor; 2], output: CubeTensor) -> CubeTensor {
    let [first, second] = inputs.map(into_contiguous);
    assert_eq!(first.dtype, second.dtype, "a product is of one precision");
    let client = output.client.clone();
    let scratch: Vec<_> = program.scratch.iter().map(|bytes| client.empty(*bytes)).collect();
    for launch in &program.launches {
        let buffer = |slot: &Slot| match slot {
            Slot::First => first.handle.clone(),
            Slot::Second => second.handle.clone(),
            Slot::Output => output.handle.clone(),
            Slot::Scratch(index) => scratch[*index].clone(),
        };
        let (written, read) = launch.buffers.split_last().expect("a kernel writes its last buffer");
        let arguments = read.iter().fold(KernelArguments::new(), |arguments, slot| {
            arguments.with_buffer_io(buffer(slot).binding(), BufferIOAttr::ReadOnly)
        });
        // A launch that fails makes what it would have written unreadable, and that alone.
        let arguments = arguments
            .with_buffer_io(buffer(written).binding(), BufferIOAttr::ReadWrite)
            .with_info(MetadataBindingInfo::custom(launch.words.clone()));
        let [x, y, z] = launch.blocks;
        client.launch(Box::new(Text(launch.kernel)), CubeCount::Static(x, y, z), arguments);
    }
    output
}

/// A kernel of the text as cubecl takes it.
struct Text(Kernel);

impl Text {
    fn threads(&self) -> CubeDim {
        CubeDim::new_1d(self.0.threads())
    }
}

impl KernelMetadata for Text {
    /// Covers the text: what is kept on disk is found by this alone.
    fn id(&self) -> KernelId {
        let mut hasher = DefaultHasher::new();
        TEXT.hash(&mut hasher);
        KernelId::new::<Self>().info((self.0, hasher.finish())).cube_dim(self.threads().into())
    }

    fn address_type(&self) -> ElemType {
        UIntKind::U32.into()
    }
}

impl CubeKernel for Text {
    /// Nothing: the text is the kernel.
    fn define(&self) -> KernelDefinition {
        let settings = KernelSettings::new(self.threads().into(), ExecutionMode::Checked, AddressType::U32);
        KernelDefinition { body: Scope::root(settings.clone()), settings, info: Info::default() }
    }

    fn source(&self) -> Option<PrecompiledSource> {
        Some(PrecompiledSource { source: self.0.text(), entrypoint_name: self.0.name().to_string(), lang: "cuda" })
    }
}
