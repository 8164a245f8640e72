//! The CUDA texts without a card: on an emulator beside burn's convolution on the CPU (which kernels are launched, with what
//! arguments, and what they compute), and through NVIDIA's compilers. Needs a C++ compiler, and for the latter the Python
//! packages nvidia-cuda-nvrtc-cu12 and nvidia-cuda-nvcc-cu12.

use std::{
    collections::{HashMap, HashSet},
    ffi::{CStr, CString, c_char, c_int, c_void},
    path::{Path, PathBuf},
    process::Command,
};

use byolab::engine::{
    burn::tensor::{Device, Tensor, TensorData, module, ops::ConvOptions},
    kernel::{
        convolution::plan::{self, Entry, Kernel, Launch, Program, Slot, TEXT},
        sizes::{ImageBatch, Sizes},
    },
    values,
};
use byolab::plan::streams::{Draws, Stream};
use libloading::Library;

use crate::{skip::skip, support::assert_close};

/// `emulate` of `emulator.cpp`.
type Emulate = unsafe extern "C" fn(*const c_char, *const u32, u32, *const *mut c_void) -> c_int;

/// Kernels, compiled for this processor.
struct Emulator {
    folder: tempfile::TempDir,
    compiled: HashMap<Kernel, Library>,
}

impl Emulator {
    /// None where there is no compiler, which is said.
    fn new() -> Option<Self> {
        if Command::new("c++").arg("--version").output().is_err() {
            skip("there is no C++ compiler");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("text.cu"), TEXT).unwrap();
        Some(Self { folder, compiled: HashMap::new() })
    }

    /// What `program` makes of its inputs: `numbers` of them.
    fn run(&mut self, program: &Program, inputs: [&[f32]; 2], numbers: usize, wide: bool) -> Vec<f32> {
        let [mut first, mut second] = inputs.map(|input| encode(input, wide));
        let mut output = rubbish(numbers * if wide { 4 } else { 2 });
        let mut scratch: Vec<Vec<u128>> = program.scratch.iter().map(|bytes| rubbish(*bytes)).collect();
        for launch in &program.launches {
            let mut words = launch.words.clone();
            let place = |slot: &Slot| match slot {
                Slot::First => first.as_mut_ptr().cast(),
                Slot::Second => second.as_mut_ptr().cast(),
                Slot::Output => output.as_mut_ptr().cast(),
                Slot::Scratch(index) => scratch[*index].as_mut_ptr().cast(),
            };
            let mut buffers: Vec<*mut c_void> = launch.buffers.iter().map(place).collect();
            buffers.push(words.as_mut_ptr().cast());
            self.launch(launch, &buffers);
        }
        decode(&output, numbers, wide)
    }

    fn launch(&mut self, Launch { kernel, blocks, .. }: &Launch, buffers: &[*mut c_void]) {
        let folder = self.folder.path();
        // SAFETY: it was made a moment ago, and has no initialisers but those of its statics.
        let library =
            self.compiled.entry(*kernel).or_insert_with(|| unsafe { Library::new(compile(folder, *kernel)).unwrap() });
        let name = CString::new(kernel.name()).unwrap();
        // SAFETY: the signature is that of `emulator.cpp`; the buffers are as large as the program says and outlive the call.
        let unknown = unsafe {
            let emulate = library.get::<Emulate>(b"emulate").unwrap();
            emulate(name.as_ptr(), blocks.as_ptr(), kernel.threads(), buffers.as_ptr())
        };
        assert_eq!(unknown, 0, "the text has no kernel {}", kernel.name());
    }
}

fn compile(folder: &Path, kernel: Kernel) -> PathBuf {
    let out = folder.join(format!("{}-{}-{}.so", kernel.name(), kernel.wide, kernel.tile));
    let text = format!("-DTEXT=\"{}\"", folder.join("text.cu").display());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cuda/emulator.cpp");
    let mut compiler = Command::new("c++");
    compiler.args(["-O2", "-std=c++17", "-w", "-shared", "-fPIC"]).arg(text).arg("-o").arg(&out).arg(source);
    compiler.args(kernel.macros().into_iter().map(|(name, value)| format!("-D{name}={value}")));
    let done = compiler.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    out
}

/// Bytes that are no numbers, aligned as a device aligns buffers.
fn rubbish(bytes: usize) -> Vec<u128> {
    vec![u128::MAX; bytes.div_ceil(16).max(1)]
}

fn encode(numbers: &[f32], wide: bool) -> Vec<u128> {
    let half = |number: &f32| ((number.to_bits() >> 16) as u16).to_le_bytes().to_vec();
    let bytes: Vec<u8> = match wide {
        true => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
        false => numbers.iter().flat_map(half).collect(),
    };
    let whole = |chunk: &[u8]| {
        let mut word = [0xff; 16];
        word[..chunk.len()].copy_from_slice(chunk);
        u128::from_le_bytes(word)
    };
    bytes.chunks(16).map(whole).collect()
}

fn decode(words: &[u128], numbers: usize, wide: bool) -> Vec<f32> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let all: Vec<f32> = match wide {
        true => bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect(),
        false => {
            bytes.chunks(2).map(|two| f32::from_bits(u32::from(u16::from_le_bytes([two[0], two[1]])) << 16)).collect()
        }
    };
    all[..numbers].to_vec()
}

/// Numbers that bfloat16 holds exactly.
fn noise(key: u64, count: usize) -> Vec<f32> {
    let mut draws = Draws::new(key, Stream::Probe, 0, 0, 0);
    (0..count).map(|_| f32::from_bits(draws.normal().to_bits() & 0xffff_0000)).collect()
}

fn on_the_cpu<const D: usize>(numbers: &[f32], shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), shape), &Device::flex()).autodiff().require_grad()
}

fn pixels(images: ImageBatch) -> [usize; 4] {
    [images.count, images.height, images.width, images.channels]
}

/// A convolution of these images by the texts and by burn: output and both gradients.
fn agree(emulator: &mut Emulator, sizes: Sizes, wide: bool) {
    let Sizes { images, outputs, kernel, stride } = sizes;
    let (out, weights) = (sizes.out(), [outputs, images.channels, kernel, kernel]);
    let [x, w, dy] = [images.len(), weights.iter().product(), out.len()].map(|count| noise(count as u64, count));
    let (leaf, weight) = (on_the_cpu(&x, pixels(images)), on_the_cpu(&w, weights));
    let padding = kernel / 2;
    let options = ConvOptions::new([stride, stride], [padding, padding], [1, 1], 1);
    let y = module::conv2d(leaf.clone().permute([0, 3, 1, 2]), weight.clone(), None, options).permute([0, 2, 3, 1]);
    let gradients = (y.clone() * on_the_cpu(&dy, pixels(out)).detach()).sum().backward();
    let composed =
        [values(y.inner()), values(leaf.grad(&gradients).unwrap()), values(weight.grad(&gradients).unwrap())];
    let programs = [
        (plan::forward(sizes, wide), [&x, &w], "output"),
        (plan::input_gradient(sizes, wide), [&dy, &w], "gradient of the input"),
        (plan::weight_gradient(sizes, wide), [&x, &dy], "gradient of the weight"),
    ];
    for ((program, [first, second], what), composed) in programs.into_iter().zip(composed) {
        let own = emulator.run(&program, [first, second], composed.len(), wide);
        let scale = composed.iter().fold(1.0f32, |largest, value| largest.max(value.abs()));
        let tolerance = if wide { 2e-6 } else { 4e-3 };
        assert_close(
            &format!("{} of {weights:?} over {:?}, {wide}", what, pixels(images)),
            &own,
            &composed,
            tolerance * scale,
        );
    }
}

/// Images (how many, height, width, channels), outputs, kernel, stride: stems, widths of eight, odd sides, odd batches, a
/// product of matrices, one pixel, what fills the largest tiles.
const CASES: [([usize; 4], usize, usize, usize); 14] = [
    ([3, 7, 5, 3], 16, 3, 1),
    ([2, 9, 9, 3], 64, 3, 2),
    ([5, 8, 8, 16], 16, 3, 1),
    ([2, 7, 9, 16], 32, 3, 2),
    ([2, 7, 9, 16], 32, 1, 2),
    ([1, 1, 1, 8], 8, 3, 1),
    ([3, 8, 8, 64], 64, 3, 1),
    ([1, 8, 8, 64], 128, 3, 2),
    ([9, 4, 4, 128], 128, 3, 1),
    ([2, 5, 5, 24], 40, 3, 2),
    ([2, 6, 6, 72], 72, 3, 1),
    ([37, 1, 1, 50], 10, 1, 1),
    ([300, 1, 1, 128], 256, 1, 1),
    ([16, 32, 32, 16], 128, 1, 1),
];

fn every_case(wide: bool) {
    let Some(mut emulator) = Emulator::new() else { return };
    for ([count, height, width, channels], outputs, kernel, stride) in CASES {
        let sizes = Sizes { images: ImageBatch { count, height, width, channels }, outputs, kernel, stride };
        agree(&mut emulator, sizes, wide);
    }
    let tiles = |entry| emulator.compiled.keys().filter(move |kernel| kernel.entry == entry).count();
    let every = [Entry::Convolve, Entry::Weigh, Entry::Gather, Entry::Arrange, Entry::Widen];
    assert_eq!(every.map(tiles), [2, 2, 1, 1, 1], "every kernel is run");
    let texts: HashSet<String> = emulator.compiled.keys().map(Kernel::text).collect();
    assert_eq!(texts.len(), emulator.compiled.len(), "what is compiled tells the kernels apart");
}

#[test]
fn convolutions_for_cuda_agree_in_single_precision() {
    every_case(true);
}

#[test]
fn convolutions_for_cuda_agree_in_bfloat16() {
    every_case(false);
}

/// NVIDIA's compilers, as Python's packages bring them.
struct Nvidia {
    runtime: Library,
    assembler: PathBuf,
}

impl Nvidia {
    /// None where they are not installed, which is said.
    fn new() -> Option<Self> {
        let Some((nvrtc, nvcc)) = package("cuda_nvrtc").zip(package("cuda_nvcc")) else {
            skip("there are no Python packages nvidia-cuda-nvrtc-cu12 and nvidia-cuda-nvcc-cu12");
            return None;
        };
        // SAFETY: NVIDIA's own library, which the product loads too.
        let runtime = unsafe { Library::new(nvrtc.join("lib/libnvrtc.so.12")) }.unwrap();
        Some(Self { runtime, assembler: nvcc.join("bin/ptxas") })
    }

    /// `text` for an architecture, as PTX.
    fn translate(&self, text: &str, architecture: &str) -> String {
        type Program = *mut c_void;
        type Asked<T> = unsafe extern "C" fn(Program, *mut T) -> c_int;
        let (text, option) =
            (CString::new(text).unwrap(), CString::new(format!("--gpu-architecture={architecture}")).unwrap());
        let mut program: Program = std::ptr::null_mut();
        // SAFETY: the signatures are those of nvrtc.h; buffers are as large as it says.
        unsafe {
            let nvrtc = &self.runtime;
            let create = nvrtc
                .get::<unsafe extern "C" fn(
                    *mut Program,
                    *const c_char,
                    *const c_char,
                    c_int,
                    *const c_void,
                    *const c_void,
                ) -> c_int>(b"nvrtcCreateProgram")
                .unwrap();
            create(&mut program, text.as_ptr(), c"text.cu".as_ptr(), 0, std::ptr::null(), std::ptr::null());
            let options = [option.as_ptr()];
            let compile = nvrtc
                .get::<unsafe extern "C" fn(Program, c_int, *const *const c_char) -> c_int>(b"nvrtcCompileProgram")
                .unwrap();
            let refused = compile(program, 1, options.as_ptr()) != 0;
            let (size, words) = if refused {
                ("nvrtcGetProgramLogSize", "nvrtcGetProgramLog")
            } else {
                ("nvrtcGetPTXSize", "nvrtcGetPTX")
            };
            let mut bytes = 0usize;
            nvrtc.get::<Asked<usize>>(size.as_bytes()).unwrap()(program, &mut bytes);
            let mut said = vec![0u8; bytes];
            nvrtc.get::<Asked<c_char>>(words.as_bytes()).unwrap()(program, said.as_mut_ptr().cast());
            nvrtc.get::<unsafe extern "C" fn(*mut Program) -> c_int>(b"nvrtcDestroyProgram").unwrap()(&mut program);
            let said = CStr::from_bytes_until_nul(&said).unwrap().to_string_lossy().into_owned();
            assert!(!refused, "{said}");
            said
        }
    }

    /// What the assembler says of PTX.
    fn assemble(&self, ptx: &str, architecture: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["text.ptx", "text.cubin"].map(|name| folder.path().join(name));
        std::fs::write(&from, ptx).unwrap();
        let done = Command::new(&self.assembler)
            .arg("-v")
            .arg(format!("-arch={architecture}"))
            .arg(from)
            .arg("-o")
            .arg(to)
            .output();
        let done = done.unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned() + &String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{said}");
        said
    }
}

/// Where a package of NVIDIA's lies.
fn package(name: &str) -> Option<PathBuf> {
    let python = std::env::var_os("BYOLAB_PYTHON").unwrap_or_else(|| "python3".into());
    let code = format!("import nvidia.{name} as it; print(list(it.__path__)[0])");
    let done = Command::new(python).args(["-c", &code]).output().ok()?;
    done.status.success().then(|| String::from_utf8_lossy(&done.stdout).trim().into())
}

/// The number before `what`.
fn count(said: &str, what: &str) -> Option<usize> {
    said.split(what).next()?.split_whitespace().last()?.parse().ok()
}

#[test]
fn every_kernel_for_cuda_fits_the_registers_of_every_architecture() {
    let Some(nvidia) = Nvidia::new() else { return };
    let tiled = [Entry::Convolve, Entry::Weigh].into_iter().flat_map(|entry| [64, 128].map(|tile| (entry, tile)));
    let kernels: Vec<_> = tiled.chain([Entry::Gather, Entry::Arrange, Entry::Widen].map(|entry| (entry, 0))).collect();
    for architecture in ["sm_80", "sm_90a", "sm_120"] {
        for (wide, (entry, tile)) in
            [false, true].into_iter().flat_map(|wide| kernels.iter().map(move |kernel| (wide, *kernel)))
        {
            let kernel = Kernel { entry, wide, tile };
            let said = nvidia.assemble(&nvidia.translate(&kernel.text(), architecture), architecture);
            let (registers, spilt) = (
                said.split("Used ").nth(1).and_then(|used| count(used, " registers")),
                count(&said, " bytes spill stores"),
            );
            println!("{architecture} {kernel:?}: {} registers, {} bytes spilt", registers.unwrap(), spilt.unwrap());
            assert_eq!(spilt, Some(0), "{said}");
        }
    }
}
