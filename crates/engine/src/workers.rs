//! The threads that share the CPU's operations. GPUs have work in an order for each thread that gives it, so there nothing
//! changes threads.

use burn::tensor::Device;
use rayon::prelude::*;

use byolab_values::plan::cost::Sharing;

/// Runs `work` as one of them where `device` is the CPU: an operation then begins at once where it is called, instead of
/// waking a thread and being woken by it, and other work can go on [`beside`] it. `work` must not wait for what these
/// threads have yet to do.
pub fn among<R: Send>(device: &Device, work: impl FnOnce() -> R + Send) -> R {
    if is_cpu(device) { rayon::scope(|_| work()) } else { work() }
}

/// How the trials of a heat share a device at best.
pub fn sharing(device: &Device) -> Sharing {
    if is_cpu(device) { Sharing::Abreast(threads(device)) } else { Sharing::Recorded }
}

/// How many they are.
fn threads(device: &Device) -> usize {
    if is_cpu(device) { rayon::current_num_threads() } else { 1 }
}

/// Works on all of `those`, where `device` is the CPU as many at the same time as there are threads and no more: a thread
/// that waits within one would begin another. They must not depend on each other.
pub fn abreast<T: Send>(device: &Device, mut those: Vec<&mut T>, work: &(dyn Fn(&mut T) + Sync)) {
    for some in those.chunks_mut(threads(device)) {
        if some.len() > 1 {
            some.par_iter_mut().for_each(|it| work(it))
        } else {
            some.iter_mut().for_each(|it| work(it))
        }
    }
}

/// What `work` makes of each of `those`, at the same time where `device` is the CPU.
pub fn map<T: Send, R: Send>(device: &Device, those: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    if is_cpu(device) { those.into_par_iter().map(work).collect() } else { those.into_iter().map(work).collect() }
}

/// Both, at the same time where this runs [`among`] those threads. They must not depend on each other; the numbers are the
/// same either way.
pub fn beside<A: Send, B: Send>(
    device: &Device,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    if is_cpu(device) { beside_on_the_cpu(one, other) } else { (one(), other()) }
}

/// [`beside`] where the device is known to be the CPU.
pub fn beside_on_the_cpu<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    if rayon::current_thread_index().is_some() { rayon::join(one, other) } else { (one(), other()) }
}

/// Whether there are such threads.
#[cfg(feature = "cpu")]
pub fn is_cpu(device: &Device) -> bool {
    device.clone().inner() == Device::flex()
}

/// A build without the CPU has none.
#[cfg(not(feature = "cpu"))]
pub fn is_cpu(_: &Device) -> bool {
    false
}
