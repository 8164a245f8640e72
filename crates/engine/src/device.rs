//! Which device to compute on. Every reason why one cannot be used is a sentence found before anything opens: opening
//! a CUDA device without a driver would panic inside a thread of the runtime.

use std::path::Path;

use anyhow::{Context, Result, bail};
use burn::tensor::{DType, Device};

use byolab_values::process;

/// A device ready to compute on.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What tensors are put on.
    pub device: Device,
    /// As recorded with every result: `cuda:0 (NVIDIA H200)`.
    pub name: String,
    /// Why this one, where the choice was ours.
    pub why: Option<String>,
    /// Bytes that training may fill, where that is known: of the device, or what this process could have on the CPU.
    pub memory: Option<u64>,
}

impl Opened {
    /// Whether `train.precision = "bf16"` can be had.
    pub fn computes_bfloat16(&self) -> bool {
        self.device.supports_dtype(DType::BF16)
    }
}

/// Keeps compiled kernels of a GPU in a folder for the next process; a place that the user's own
/// `cubecl.toml` names stands. Kernels are known by the build of the program too, so another one finds none of these. To
/// be called before a device is opened; later it changes nothing.
#[cfg(feature = "cube")]
pub fn keep_kernels(folder: &Path) {
    use cubecl::config::{CubeClRuntimeConfig, RuntimeConfig, cache::CacheConfig};
    let mut config = CubeClRuntimeConfig::from_current_dir().override_from_env();
    config.compilation.cache = true;
    if let CacheConfig::Target = config.environment.path {
        config.environment.path = CacheConfig::Directory(folder.into());
    }
    CubeClRuntimeConfig::try_set(config);
}

/// The CPU compiles no kernels.
#[cfg(not(feature = "cube"))]
pub fn keep_kernels(_: &Path) {}

/// Opens what the user asked for: `auto`, `cpu`, `cuda`, `cuda:N`, `vulkan` or `vulkan:N`. `auto` takes CUDA, then
/// Vulkan on a real GPU, then the CPU.
///
/// # Errors
/// One sentence that says what is missing and what to do.
pub fn open(request: &str) -> Result<Opened> {
    process::begin_threads()?;
    let (kind, index) = match request.split_once(':') {
        Some((kind, index)) => {
            (kind, index.parse().with_context(|| format!("device `{request}`: `{index}` is not a device number"))?)
        }
        None => (request, 0),
    };
    match kind {
        "auto" => automatic(),
        "cpu" => cpu(),
        "cuda" => cuda(index),
        "vulkan" => vulkan(index),
        "metal" => bail!("device `metal`: this build has no Metal; use cpu, cuda or vulkan"),
        _ => bail!("device `{request}` is none of auto, cpu, cuda, cuda:N, vulkan, vulkan:N"),
    }
}

/// What a build for the CPU alone lacks.
const BUILD_FOR_GPUS: &str = "build with `--features gpu`";

type Attempt = fn() -> Result<Opened>;

fn automatic() -> Result<Opened> {
    let attempts: [(&str, bool, Attempt); 3] = [
        ("CUDA", cfg!(feature = "cuda"), || cuda(0)),
        ("Vulkan", cfg!(feature = "vulkan"), real_vulkan),
        ("CPU", cfg!(feature = "cpu"), cpu),
    ];
    let mut reasons: Vec<String> = unused_card().into_iter().collect();
    for (name, _, attempt) in attempts.into_iter().filter(|(_, built, _)| *built) {
        match attempt() {
            Ok(opened) => return Ok(Opened { why: (!reasons.is_empty()).then(|| reasons.join("; ")), ..opened }),
            Err(reason) => reasons.push(format!("no {name}: {reason}")),
        }
    }
    bail!("no device: {}", reasons.join("; "))
}

/// The card that a build without its back end leaves alone, and what would use it.
fn unused_card() -> Option<String> {
    let nvidia = || driver::cuda_devices().ok()?.into_iter().next();
    let card = match (cfg!(feature = "cuda"), cfg!(feature = "vulkan")) {
        (true, _) => None,
        (false, true) => nvidia(),
        (false, false) => nvidia().or_else(driver::drawn_by),
    };
    card.map(|card| format!("{card} is there, and this build cannot use it: {BUILD_FOR_GPUS}"))
}

#[cfg(feature = "cpu")]
fn cpu() -> Result<Opened> {
    let threads = rayon::current_num_threads();
    let name = format!("cpu ({threads} thread{})", if threads == 1 { "" } else { "s" });
    Ok(Opened { device: Device::flex(), name, why: None, memory: process::could_hold() })
}

#[cfg(not(feature = "cpu"))]
fn cpu() -> Result<Opened> {
    bail!("this build has no CPU backend")
}

#[cfg(feature = "cuda")]
fn cuda(index: usize) -> Result<Opened> {
    let names = driver::cuda_devices()?;
    anyhow::ensure!(index < names.len(), "device `cuda:{index}` does not exist: the driver lists {}", listed(&names));
    let home = cuda_home().context(
        "the CUDA headers are missing (CUDA_PATH is not set, /usr/local/cuda and /opt/cuda do not exist): install the \
         CUDA toolkit or set CUDA_PATH",
    )?;
    anyhow::ensure!(
        home.join("include/cuda_runtime.h").exists() || home.join("include/cuda.h").exists(),
        "the CUDA headers are missing: {} has no include/cuda_runtime.h; install the CUDA toolkit or set CUDA_PATH",
        home.display()
    );
    driver::nvrtc(&home)?;
    let name = format!("cuda:{index} ({})", names[index]);
    Ok(Opened { device: Device::cuda(index), name, why: None, memory: driver::cuda_memory(index) })
}

#[cfg(not(feature = "cuda"))]
fn cuda(_: usize) -> Result<Opened> {
    bail!("this build has no CUDA: {BUILD_FOR_GPUS}")
}

/// Where the runtime will look for the CUDA toolkit.
#[cfg(feature = "cuda")]
fn cuda_home() -> Option<std::path::PathBuf> {
    let variable = std::env::var_os("CUDA_PATH").map(Into::into);
    let usual = ["/usr/local/cuda", "/opt/cuda"].map(Path::new).into_iter().find(|path| path.exists());
    variable.or(usual.map(Path::to_path_buf))
}

#[cfg(feature = "vulkan")]
fn vulkan_devices() -> Result<Vec<(Device, String, bool)>> {
    driver::library(&["libvulkan.so.1", "libvulkan.so"])
        .context("the Vulkan loader (libvulkan.so.1) is not installed")?;
    let describe = |device: Device| {
        let identity = device.identity();
        let name = identity.as_ref().map_or("unnamed", |identity| &identity.name).to_string();
        (device, name, identity.is_some_and(|identity| identity.physical.is_some()))
    };
    // What lists and describes them begins threads, compiles and allocates, and panics where it cannot.
    let devices = || Device::enumerate(burn::tensor::DeviceType::Vulkan).into_vec().into_iter().map(describe).collect();
    process::attempt(devices)
        .map_err(|said| anyhow::anyhow!("the Vulkan driver failed while it listed its devices: {said}"))
}

#[cfg(feature = "vulkan")]
fn vulkan(index: usize) -> Result<Opened> {
    let mut devices = vulkan_devices()?;
    let names: Vec<String> = devices.iter().map(|(_, name, _)| name.clone()).collect();
    anyhow::ensure!(
        index < devices.len(),
        "device `vulkan:{index}` does not exist: the driver lists {}",
        listed(&names)
    );
    let (device, name, real) = devices.swap_remove(index);
    // Seen with Mesa 22.3: a segmentation fault inside its shader compiler.
    anyhow::ensure!(
        !name.contains("llvmpipe"),
        "device `vulkan:{index}` is Mesa's {name}, a software device that crashes on these kernels: use cpu, or \
         SwiftShader by VK_ICD_FILENAMES"
    );
    anyhow::ensure!(
        real || fuses_nothing(),
        "device `vulkan:{index}` is {name}, a software device that computes fused operations wrongly, and it is too late \
         to keep them apart: set BURN_FUSION_MAX_EXPLORATIONS=0"
    );
    Ok(Opened { device, name: format!("vulkan:{index} ({name})"), why: None, memory: None })
}

/// Has burn launch every operation by itself, and says whether it does: settings that were read already stay. Seen with
/// SwiftShader and cubecl 0.11.3: all places of an array in shared memory are one, so a sum fused with what is around it is
/// wrong in the kernel `fused_cube`.
#[cfg(feature = "vulkan")]
fn fuses_nothing() -> bool {
    use burn::BurnConfig;
    use cubecl::config::RuntimeConfig;
    let settings = serde_json::json!({ "fusion": { "beam_search": { "max_explorations": 0 } } });
    BurnConfig::try_set(serde_json::from_value(settings).expect("these are settings of burn's"));
    BurnConfig::get().fusion().beam_search.max_explorations == Some(0)
}

/// The first Vulkan device that is a card and not a program.
#[cfg(feature = "vulkan")]
fn real_vulkan() -> Result<Opened> {
    let devices = vulkan_devices()?;
    let index = devices.iter().position(|(_, _, real)| *real).context("no Vulkan driver lists a real GPU")?;
    vulkan(index)
}

#[cfg(not(feature = "vulkan"))]
fn vulkan(_: usize) -> Result<Opened> {
    bail!("this build has no Vulkan: {BUILD_FOR_GPUS}")
}

#[cfg(not(feature = "vulkan"))]
fn real_vulkan() -> Result<Opened> {
    vulkan(0)
}

#[cfg(feature = "cube")]
fn listed(names: &[String]) -> String {
    match names {
        [] => "no device".to_string(),
        names => names.iter().enumerate().map(|(i, name)| format!("{i} ({name})")).collect::<Vec<_>>().join(", "),
    }
}

/// Questions to the drivers, asked through the dynamic loader so that a missing one is an answer.
mod driver {
    use super::*;
    use libloading::{Library, Symbol};

    /// The first of `names` that loads.
    pub fn library(names: &[&str]) -> Result<Library> {
        let mut last = None;
        for name in names {
            // SAFETY: loading runs the library's initialisers; these are the vendors' own driver libraries, which the
            // runtime would load a moment later.
            match unsafe { Library::new(*name) } {
                Ok(library) => return Ok(library),
                Err(error) => last = Some(error),
            }
        }
        Err(last.expect("at least one name is tried").into())
    }

    /// The names of the CUDA devices, by `cuInit`, `cuDeviceGetCount` and `cuDeviceGetName` of the driver API.
    pub fn cuda_devices() -> Result<Vec<String>> {
        let library = library(&["libcuda.so.1"]).map_err(|_| {
            anyhow::anyhow!("the NVIDIA driver (libcuda.so.1) is not installed; install it or choose another device")
        })?;
        let mut count = 0i32;
        // SAFETY: the signatures are those of cuda.h; the buffers outlive the calls.
        unsafe {
            let init: Symbol<unsafe extern "C" fn(u32) -> i32> = library.get(b"cuInit")?;
            let get_count: Symbol<unsafe extern "C" fn(*mut i32) -> i32> = library.get(b"cuDeviceGetCount")?;
            let code = match init(0) {
                0 => get_count(&mut count),
                code => code,
            };
            anyhow::ensure!(code == 0 && count > 0, "the NVIDIA driver lists no device (error {code})");
            let name: Symbol<unsafe extern "C" fn(*mut i8, i32, i32) -> i32> = library.get(b"cuDeviceGetName")?;
            let named = |index: i32| {
                let mut buffer = [0u8; 128];
                name(buffer.as_mut_ptr().cast(), 127, index);
                let end = buffer.iter().position(|byte| *byte == 0).unwrap_or(0);
                String::from_utf8_lossy(&buffer[..end]).into_owned()
            };
            Ok((0..count).map(named).collect())
        }
    }

    /// The kernel's driver of the first card that computes, by Linux's `/sys/class/drm`: `a card of amdgpu`.
    pub fn drawn_by() -> Option<String> {
        const COMPUTING: [&str; 5] = ["amdgpu", "i915", "xe", "nouveau", "asahi"];
        let cards = std::fs::read_dir("/sys/class/drm").ok()?.flatten();
        let render = cards.filter(|card| card.file_name().to_string_lossy().starts_with("renderD"));
        let mut drivers = render.filter_map(|card| std::fs::read_link(card.path().join("device/driver")).ok());
        let driver = drivers.find_map(|path| COMPUTING.into_iter().find(|known| path.ends_with(known)))?;
        Some(format!("a card of {driver}"))
    }

    /// Bytes of a CUDA device, by `cuDeviceTotalMem` of the driver API; call it after [`cuda_devices`].
    #[cfg(feature = "cuda")]
    pub fn cuda_memory(index: usize) -> Option<u64> {
        let library = library(&["libcuda.so.1"]).ok()?;
        let mut bytes = 0usize;
        // SAFETY: the signature is that of cuda.h, and the driver was initialised; the number outlives the call.
        let code = unsafe {
            let total: Symbol<unsafe extern "C" fn(*mut usize, i32) -> i32> =
                library.get(b"cuDeviceTotalMem_v2").ok()?;
            total(&mut bytes, index as i32)
        };
        (code == 0).then_some(bytes as u64)
    }

    /// Whether the run-time compiler of CUDA C++ is there.
    ///
    /// # Errors
    /// Where it is not: what to install.
    #[cfg(feature = "cuda")]
    pub fn nvrtc(home: &Path) -> Result<()> {
        let beside = home.join("lib64/libnvrtc.so");
        let beside = beside.to_string_lossy();
        library(&["libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12", &beside])
            .map(|_| ())
            .map_err(|_| anyhow::anyhow!("CUDA's run-time compiler (libnvrtc.so) is missing: install the CUDA toolkit"))
    }
}
