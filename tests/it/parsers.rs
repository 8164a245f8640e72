//! Whatever bytes a parser meets, it ends with a value or a reason: no panic, and no more memory than its limit. A few
//! hundred mutations of good files each run with the suite; the ignored test runs as many as `BYOLAB_FUZZ` says.

mod keys;
mod stored;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Component,
    time::Duration,
};

use byolab::{
    data::{cifar10::CIFAR10, cifar100::CIFAR100, decode, fetch::tar, idx, mat, stl10, svhn},
    plan::{
        Experiment, Overrides, Plan,
        streams::{Draws, Stream},
    },
    weights::{self, Hints},
};
use flate2::read::GzDecoder;
use image::ImageFormat;

use crate::{
    encoders::fixture,
    formats::{cifar_pickle, encoded, gzip, idx as idx_file, mat as mat_file, picture, tar as packed, zip, zlib},
};

/// Counts what this thread holds, so that a test sees how much a parser asked for.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // A thread that ends has no counters any more.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
    });
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: what holds for this call holds for the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: what holds for this call holds for the system's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: what holds for this call holds for the system's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: what holds for this call holds for the system's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most that `work` held at once, beyond what was held before.
fn most_held(work: impl FnOnce()) -> usize {
    let before = HELD.get();
    MOST.set(before);
    work();
    (MOST.get() - before) as usize
}

/// Whether bytes could be read.
type Parse = Box<dyn Fn(&[u8]) -> bool>;

/// A parser: its name, its target in `fuzz` where it has one, good files, whether it took the bytes.
struct Parser {
    name: &'static str,
    target: &'static str,
    seeds: Vec<Vec<u8>>,
    parse: Parse,
    /// Bytes that it may hold for a small file.
    limit: usize,
}

fn parser(
    [name, target]: [&'static str; 2],
    seeds: Vec<Vec<u8>>,
    limit: usize,
    parse: impl Fn(&[u8]) -> bool + 'static,
) -> Parser {
    Parser { name, target, seeds, parse: Box::new(parse), limit }
}

const MIB: usize = 1 << 20;
/// A parser whose time grows with the square of its input takes longer for what [`mutated`] makes of a file.
const PATIENCE: Duration = Duration::from_secs(5);
/// To which length a piece of a file is repeated.
const LONG: usize = 1 << 16;

fn parsers() -> Vec<Parser> {
    let pixels = [5; 2 * 3072];
    let mat_small = mat_file(&[("X", &[32, 32, 3, 1], &pixels[..3072]), ("y", &[1, 1], &[3])]);
    let idx_small = idx_file(&[2, 4, 4], &[7; 32]);
    let archive = packed(&[("a", b'5', b""), ("a/b.bin", b'0', &[1; 700]), ("a/c", b'0', b"xyz")]);
    let pictures: Vec<Vec<u8>> = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP]
        .map(|format| encoded(&picture(24, 16).into(), format))
        .to_vec();
    let experiment = include_str!("../../experiments/smoke.toml").as_bytes().to_vec();
    let other = include_str!("../../experiments/byol-to-simclr.toml").as_bytes().to_vec();
    let mut all = vec![
        parser(["CIFAR, binary", "cifar"], vec![[&[3][..], &pixels[..3072]].concat()], MIB, |bytes| {
            CIFAR10.records(bytes).is_ok()
        }),
        parser(["CIFAR, python", "cifar"], vec![cifar_pickle("labels", &[1, 2], &pixels)], MIB, |bytes| {
            CIFAR10.pickled(bytes).is_ok()
        }),
        parser(["CIFAR-100, python", "cifar"], vec![cifar_pickle("fine_labels", &[1, 2], &pixels)], MIB, |bytes| {
            CIFAR100.pickled(bytes).is_ok()
        }),
        // A compressed file may unpack to the format's own limit.
        parser(["IDX", "idx"], vec![idx_small.clone(), gzip(&idx_small)], 4 * MIB, |bytes| idx::parse(bytes).is_ok()),
        parser(["STL-10", "stl10"], vec![vec![9; 3 * 96 * 96], vec![1, 2, 10]], MIB, |bytes| {
            stl10::upright(bytes).is_ok() | stl10::labels(bytes).is_ok()
        }),
        parser(["MAT", "mat"], vec![mat_small], 8 * MIB, |bytes| {
            mat::parse(bytes).is_ok() | svhn::images(bytes).is_ok()
        }),
        parser(["archive", "archive"], vec![archive.clone(), gzip(&archive)], 4 * MIB, |bytes| {
            let limits = tar::Limits { bytes: 10_000, files: 10 };
            let read = |archive: &mut dyn Read| {
                tar::read(archive, limits, |path, content| {
                    assert!(path.components().all(|part| matches!(part, Component::Normal(_))), "{}", path.display());
                    let _ = content.map(|content| std::io::copy(content, &mut std::io::sink()));
                    Ok(())
                })
            };
            let zipped = bytes.starts_with(&[0x1f, 0x8b]);
            if zipped { read(&mut GzDecoder::new(bytes)).is_ok() } else { read(&mut &bytes[..]).is_ok() }
        }),
        // What a head claims is what is held, up to the decoder's own limit.
        parser(["images", "image"], pictures, decode::MOST_BYTES as usize, |bytes| decode::decode(bytes, 8).is_ok()),
        parser(["TOML", "toml"], vec![experiment, other], 64 * MIB, |bytes| {
            let text = String::from_utf8_lossy(bytes);
            Experiment::parse("fuzz", "fuzz.toml", &text)
                .and_then(|parsed| Plan::new(parsed, &Overrides::default()))
                .is_ok()
        }),
        stored::typed(),
        weights(),
        pickles(),
    ];
    all.extend(stored::parsers());
    #[cfg(feature = "cpu")]
    all.extend(stored::weights());
    all
}

/// Files of weights, as PyTorch's packages write them.
fn weights() -> Parser {
    let names = ["torchvision_resnet.pth", "timm_vit.safetensors", "lightly.ckpt"];
    let seeds = names.map(|name| std::fs::read(fixture(name)).unwrap()).to_vec();
    parser(["weights", "weights"], seeds, 16 * MIB, is_encoder)
}

/// What a checkpoint's archive says, the archive being whole.
fn pickles() -> Parser {
    let pickle = b"\x80\x02ccollections\nOrderedDict\n)Rq\x00(X\x0c\x00\x00\x00conv1.weightctorch._utils\n_rebuild_tensor_v2\n\
        ((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x10tQK\x00(K\x02K\x02K\x02K\x02t\
        (K\x08K\x04K\x02K\x01t\x89NtRu}X\x09\x00\x00\x00_metadatah\x00sb.";
    parser(["pickles of weights", ""], vec![pickle.to_vec()], 16 * MIB, |bytes| {
        let archive = zip(&[("a/data.pkl", bytes), ("a/data/0", &[7; 64])]);
        let read = weights::read(&archive);
        let taken = read.is_ok();
        drop(read.map(|stored| weights::recognise(stored, &Hints::default())));
        taken
    })
}

fn is_encoder(bytes: &[u8]) -> bool {
    weights::read(bytes).is_ok_and(|stored| weights::recognise(stored, &Hints::default()).is_ok())
}

/// A file that was cut, or whose bytes were flipped, replaced, repeated, taken away or put in; or nothing but noise.
fn mutated(seed: &[u8], draws: &mut Draws) -> Vec<u8> {
    const TELLING: [u8; 12] = [0, 1, 0x7f, 0x80, 0xff, b'(', b'.', b'R', b'[', b'"', 0x85, b'\n'];
    if draws.chance(0.05) {
        return (0..draws.below(600)).map(|_| draws.below(256) as u8).collect();
    }
    let mut bytes = seed.to_vec();
    if draws.chance(0.01) && !bytes.is_empty() {
        let at = draws.below(bytes.len());
        let piece = bytes[at..at + 1 + draws.below((bytes.len() - at).min(64))].to_vec();
        let many = piece.iter().copied().cycle().take(LONG);
        bytes.splice(at..at, many).for_each(drop);
    }
    for _ in 0..1 + draws.below(6) {
        if bytes.is_empty() {
            break;
        }
        // Heads decide more than bodies do.
        let end = if draws.chance(0.6) { bytes.len().min(200) } else { bytes.len() };
        let at = draws.below(end);
        let length = 1 + draws.below((bytes.len() - at).min(32));
        match draws.below(7) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << draws.below(8),
            2 => bytes[at] = TELLING[draws.below(TELLING.len())],
            3 => bytes[at] = draws.below(256) as u8,
            4 => drop(bytes.drain(at..at + length)),
            5 => {
                let copy = bytes[at..at + length].to_vec();
                let to = draws.below(bytes.len());
                drop(bytes.splice(to..to, copy));
            }
            _ => bytes[at..at + length].fill(TELLING[draws.below(TELLING.len())]),
        }
    }
    bytes
}

/// Time that a processor has worked for this thread: how long it waits for one says nothing of a parser.
fn worked() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure is there to be written.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Runs every parser on `n` mutations of its seeds; those alone whose names begin as `BYOLAB_FUZZ_ONLY` says.
fn fuzz(n: usize, seed: u64) {
    let only = std::env::var("BYOLAB_FUZZ_ONLY").unwrap_or_default();
    for (which, parser) in parsers().iter().enumerate().filter(|(_, parser)| parser.name.starts_with(&only)) {
        for good in &parser.seeds {
            assert!((parser.parse)(good), "{} does not take a good file", parser.name);
        }
        let (mut taken, mut longest) = (0, Duration::ZERO);
        for run in 0..n {
            let mut draws = Draws::new(seed, Stream::Order, which as u64, run as u64, 0);
            let bytes = mutated(&parser.seeds[run % parser.seeds.len()], &mut draws);
            let (mut outcome, begun) = (Ok(false), worked());
            let held = most_held(|| outcome = catch_unwind(AssertUnwindSafe(|| (parser.parse)(&bytes))));
            let about = || format!("{}, seed {seed}, run {run}: {}", parser.name, bytes.escape_ascii());
            taken += usize::from(outcome.unwrap_or_else(|_| panic!("a panic in {}", about())));
            assert!(held <= parser.limit, "{held} bytes held by {}", about());
            longest = longest.max(worked() - begun);
            assert!(longest < PATIENCE, "{} s taken by {}", longest.as_secs(), about());
        }
        eprintln!("{}: {n} executions, {taken} taken, {} ms at most", parser.name, longest.as_millis());
    }
}

#[test]
fn no_bytes_make_a_parser_panic_or_hold_more_than_its_limit() {
    fuzz(150, 0);
    keys::fuzz(3, 0);
}

/// `BYOLAB_FUZZ=100000 cargo test --release --test it -- --ignored parsers::many --nocapture`
#[test]
#[ignore = "long: for whoever changes a parser"]
fn many_bytes_make_no_parser_panic_or_hold_more_than_its_limit() {
    let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse().expect("a number"));
    let (n, seed) = (number("BYOLAB_FUZZ", 20_000) as usize, number("BYOLAB_FUZZ_SEED", 1));
    fuzz(n, seed);
    keys::fuzz(n / 100, seed);
}

/// `cargo test --release --test it -- --ignored parsers::good`, before the targets of `fuzz` are run.
#[test]
#[ignore = "writes fuzz/corpus: for whoever fuzzes by coverage"]
fn good_files_are_what_the_fuzzer_begins_with() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for parser in parsers().into_iter().filter(|parser| !parser.target.is_empty()) {
        let folder = corpus.join(parser.target);
        std::fs::create_dir_all(&folder).unwrap();
        for (at, seed) in parser.seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("{} {at}", parser.name)), seed).unwrap();
        }
    }
}

#[test]
fn a_bomb_is_unpacked_no_further_than_its_limit() {
    let claims = [&[0, 0, 8, 1, 0, 0, 0, 16][..], &vec![0; 32 * MIB]].concat();
    let held = most_held(|| assert!(idx::parse(&gzip(&claims)[..]).is_err()));
    // The bytes that the test itself compresses are not the parser's.
    let packing = most_held(|| drop(gzip(&claims)));
    assert!(held < packing + MIB, "{held} bytes held for 16 values");
    let bomb = [&mat_file(&[])[..], &15u32.to_le_bytes(), &4u32.to_le_bytes(), &zlib(&[0; 100])[..4]].concat();
    assert!(mat::parse(&bomb).is_err());
}
