//! burn's interface for whoever adds operations to its backends, all of it that this crate uses. Most of it is hidden from burn's
//! documentation, and any release may change it: nothing else here names burn's backends, so a new release is met in this file.

pub use burn::backend::{
    Autodiff, AutodiffBackend, Backend, BackendGraph, BackendTensor, Dispatch, DispatchAutodiffContext, DispatchTensor,
    DispatchTensorKind, ExtensionType, TensorMetadata, backend_extension, tensor::FloatTensor,
};
#[cfg(feature = "cube")]
pub use burn::backend::{Shape, cubecl::dtype_to_elem_type, tensor::IntTensor};

/// Backward passes.
pub mod autodiff {
    pub use burn::backend::autodiff::{
        NodeId,
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind},
    };
}

/// The CPU's backend.
#[cfg(feature = "cpu")]
pub mod flex {
    pub use burn::backend::Flex;
    pub use burn_flex::FlexTensor;
}

/// The GPUs' backend.
#[cfg(feature = "cube")]
pub mod cube {
    use burn::{backend::DispatchDevice, tensor::Device};
    pub use burn_cubecl::{
        CubeBackend,
        kernel::{conv as convolution, into_contiguous},
        ops::permute,
        tensor::CubeTensor,
    };

    /// A GPU as its runtime knows it; none of the CPU.
    pub fn device(device: &Device) -> Option<cubecl::Device> {
        match device.clone().inner().as_dispatch() {
            DispatchDevice::Cube(device) => Some(device.clone()),
            _ => None,
        }
    }
}

/// Operations that wait to be fused with others.
#[cfg(feature = "cube")]
pub mod fusion {
    pub use burn::backend::fusion::{
        ExecutionError, Fusion, FusionBackend, FusionRuntime, FusionTensor,
        custom::{
            ExtensionMetadata, Float, FusionValueAdapter, HandleContainer, OutputTensor, TensorId, TensorIr, TensorSpec,
        },
    };
}
