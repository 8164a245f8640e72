//! Work on a device that is recorded once and then done again as one piece, where the device can: as a CUDA graph on NVIDIA's,
//! as a list of launches on Vulkan. What the host does for hundreds of launches is then done once.

use burn::tensor::Device;

use crate::backend::{Backend, BackendGraph, Dispatch};

/// Passes before the recording: kernels are compiled in the first, those of the steady state run in the second, and memory is
/// where it stays from the third on.
const WARM_UP: usize = 3;

/// How often recording is tried. Which of several kernels burn takes (adding in place or not, fusing more or less) depends now
/// and then on how far its threads have come, and one that comes first in a recording cannot be loaded there: it is there the
/// next time.
const ATTEMPTS: usize = 5;

/// Recorded work and what it makes.
pub struct Recording<T> {
    device: Device,
    graph: BackendGraph<Dispatch>,
    output: T,
}

impl<T> Recording<T> {
    /// Does `work` a few times and then records it. It must write to nothing that was there before, and do the same every
    /// time: what the host decides is decided for good. None where the device does not record, or not this work.
    pub fn of(device: &Device, mut work: impl FnMut() -> T) -> Option<Self> {
        (0..ATTEMPTS).find_map(|_| Self::attempt(device, &mut work))
    }

    fn attempt(device: &Device, work: &mut impl FnMut() -> T) -> Option<Self> {
        let dispatch = device.as_dispatch();
        Dispatch::graph_prepare(dispatch).ok()?;
        for _ in 0..WARM_UP {
            // Held until it is done: what nobody holds need not be computed.
            let output = work();
            device.sync().expect("the device answers");
            drop(output);
        }
        let output = Dispatch::graph_start_capture(dispatch).map(|()| work());
        // Also where it did not begin: only this ends the preparation.
        let graph = Dispatch::graph_stop_capture(dispatch);
        Some(Self { device: device.clone(), graph: graph.ok()?, output: output.ok()? })
    }

    /// Does the work again, and returns what it makes, where it was made the last time.
    ///
    /// # Safety
    /// All that the work reads is held by somebody and is where it was; whoever wrote to it did so from this thread.
    pub unsafe fn replay(&self) -> &T {
        // SAFETY: as above. What the work wrote to is held here, the memory of what it dropped by the graph.
        unsafe { Dispatch::graph_replay(self.device.as_dispatch(), &self.graph) }.expect("the device answers");
        &self.output
    }
}
