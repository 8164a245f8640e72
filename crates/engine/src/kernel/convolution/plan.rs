//! Which kernels of `convolution.cu` make up a convolution and its gradients, with what arguments: everything that can be
//! said without a device, so that an emulator can run it too.
//!
//! Each is a product of two matrices whose first factor is never written: rows are pixels, columns are taps and channels.
//!
//! | product | rows | summed over | columns |
//! |---|---|---|---|
//! | forward | pixels of the output | taps, input channels | output channels |
//! | gradient of the input | pixels of the input, a phase of the stride at a time | taps that reach it, output channels | input channels |
//! | gradient of the weight | output channels | pixels of the output | taps, input channels |

use crate::kernel::sizes::{ImageBatch, Sizes};

/// The text that the kernels are compiled from.
pub const TEXT: &str = include_str!("convolution.cu");

/// Pixels that a block of `convolve` makes.
const PIXELS: usize = 128;
/// Columns that a block of `weigh` makes.
const COLUMNS: usize = 128;
/// Blocks that keep a large card busy; the same on every card, so that the same numbers come out.
const BLOCKS: usize = 256;
/// Tiles that a share of a sum is worth.
const SHARE: usize = 8;
/// Taps that a kernel of this text knows.
const MOST_TAPS: usize = 9;
/// Threads of a block that moves numbers, and numbers that each moves.
const MOVING: u32 = 256;
const MOVED: usize = 4;

/// What a kernel does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// Pixels by weights.
    Convolve,
    /// Pixels by pixels.
    Weigh,
    /// Sums the shares of [`Entry::Weigh`].
    Gather,
    /// Lays a weight out for [`Entry::Convolve`].
    Arrange,
    /// Adds channels of zeros.
    Widen,
}

/// A kernel, as it is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kernel {
    /// Which of the text.
    pub entry: Entry,
    /// Numbers in single precision; else bfloat16.
    pub wide: bool,
    /// Rows of the second factor in a block's tile; 0 where there are no tiles.
    pub tile: usize,
}

impl Kernel {
    /// Its name in the text.
    pub fn name(&self) -> &'static str {
        match self.entry {
            Entry::Convolve => "convolve",
            Entry::Weigh => "weigh",
            Entry::Gather => "gather",
            Entry::Arrange => "arrange",
            Entry::Widen => "widen",
        }
    }

    /// The macros that make the text this kernel's and no other's: cubecl 0.11.3 finds a compiled text again by what stands in
    /// it, and then runs the kernel that it was compiled for first.
    pub fn macros(&self) -> Vec<(&'static str, usize)> {
        let part = match self.entry {
            Entry::Convolve => "CONVOLVE",
            Entry::Weigh => "WEIGH",
            Entry::Gather => "GATHER",
            Entry::Arrange => "ARRANGE",
            Entry::Widen => "WIDEN",
        };
        let (wide, tile) = (self.wide.then_some(("WIDE", 1)), (self.tile > 0).then_some(("TILE", self.tile)));
        [Some((part, 1)), wide, tile].into_iter().flatten().collect()
    }

    /// What is compiled.
    pub fn text(&self) -> String {
        let macros: String =
            self.macros().into_iter().map(|(name, value)| format!("#define {name} {value}\n")).collect();
        macros + TEXT
    }

    /// Threads of a block.
    pub fn threads(&self) -> u32 {
        if self.tile > 0 { 2 * self.tile as u32 } else { MOVING }
    }
}

/// A buffer that a kernel is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The first input.
    First,
    /// The second input.
    Second,
    /// What is made.
    Output,
    /// One that is forgotten afterwards: see [`Program::scratch`].
    Scratch(usize),
}

/// A kernel with its arguments.
#[derive(Clone, Debug)]
pub struct Launch {
    /// Which.
    pub kernel: Kernel,
    /// How many blocks along each side of the grid.
    pub blocks: [u32; 3],
    /// Its buffers, in their order; the last is written, the others are read.
    pub buffers: Vec<Slot>,
    /// The numbers behind its last argument.
    pub words: Vec<u64>,
}

/// Launches one after the other.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Bytes of each buffer that it needs for itself.
    pub scratch: Vec<usize>,
    /// What is launched.
    pub launches: Vec<Launch>,
}

impl Program {
    fn scratch(&mut self, bytes: usize) -> Slot {
        self.scratch.push(bytes);
        Slot::Scratch(self.scratch.len() - 1)
    }

    fn launch(&mut self, kernel: Kernel, blocks: [usize; 3], buffers: &[Slot], words: Vec<u64>) {
        let blocks = blocks.map(|blocks| u32::try_from(blocks).expect("no grid has so many blocks"));
        self.launches.push(Launch { kernel, blocks, buffers: buffers.to_vec(), words });
    }
}

/// `y` from `x` (first) and the weight (second).
pub fn forward(sizes: Sizes, wide: bool) -> Program {
    let (format, mut program) = (Format { wide }, Program::default());
    let (out, ImageBatch { channels, .. }) = (sizes.out(), sizes.images);
    let padded = format.padded(channels);
    let x = format.widened(&mut program, Slot::First, sizes.images.count * sizes.images.pixels(), channels);
    let taps: Vec<Tap> = square(sizes.kernel).map(|(row, column)| Tap::of(&sizes, row, column)).collect();
    let weight = Arrangement {
        rows: sizes.outputs,
        channels,
        by_row: channels * sizes.taps(),
        by_channel: sizes.taps(),
        taps: taps.iter().map(|tap| tap.place).collect(),
    };
    let weight = format.arranged(&mut program, weight);
    let grid = Grid { rows: out.height, columns: out.width, step: 1, from: [0, 0] };
    let product =
        Product { grid, source: ImageBatch { channels: padded, ..sizes.images }, made: out, stride: sizes.stride };
    format.convolve(&mut program, product, &taps, [x, weight]);
    program
}

/// The gradient of `x` from that of `y` (first) and the weight (second).
pub fn input_gradient(sizes: Sizes, wide: bool) -> Program {
    let (format, mut program) = (Format { wide }, Program::default());
    let (out, images, taps) = (sizes.out(), sizes.images, sizes.taps());
    let padded = format.padded(sizes.outputs);
    let dy = format.widened(&mut program, Slot::First, out.count * out.pixels(), sizes.outputs);
    for (row, column) in square(sizes.stride) {
        let reached: Vec<Tap> =
            square(sizes.kernel).filter_map(|place| Tap::reaching(&sizes, [row, column], place)).collect();
        let weight = Arrangement {
            rows: images.channels,
            channels: sizes.outputs,
            by_row: taps,
            by_channel: images.channels * taps,
            taps: reached.iter().map(|tap| tap.place).collect(),
        };
        let weight = if reached.is_empty() { Slot::Second } else { format.arranged(&mut program, weight) };
        let [rows, columns] = [(images.height, row), (images.width, column)]
            .map(|(side, phase)| side.saturating_sub(phase).div_ceil(sizes.stride));
        let grid = Grid { rows, columns, step: sizes.stride, from: [row, column] };
        let product = Product { grid, source: ImageBatch { channels: padded, ..out }, made: images, stride: 1 };
        format.convolve(&mut program, product, &reached, [dy, weight]);
    }
    program
}

/// The gradient of the weight from `x` (first) and the gradient of `y` (second).
pub fn weight_gradient(sizes: Sizes, wide: bool) -> Program {
    let (format, mut program) = (Format { wide }, Program::default());
    let (out, channels, taps) = (sizes.out(), sizes.images.channels, sizes.taps());
    let (padded, outputs) = (format.padded(channels), format.padded(sizes.outputs));
    let x = format.widened(&mut program, Slot::First, sizes.images.count * sizes.images.pixels(), channels);
    let dy = format.widened(&mut program, Slot::Second, out.count * out.pixels(), sizes.outputs);
    let tile = if outputs.is_multiple_of(128) { 128 } else { 64 };
    let (columns, pixels) = (taps * padded, out.count * out.pixels());
    let tiles = outputs.div_ceil(tile) * columns.div_ceil(COLUMNS);
    let splits = (BLOCKS / tiles).clamp(1, (pixels.div_ceil(format.deep()) / SHARE).max(1));
    let shares = program.scratch(splits * outputs * columns * 4);
    let grid = Grid { rows: out.height, columns: out.width, step: 1, from: [0, 0] };
    let source = ImageBatch { channels: padded, ..sizes.images };
    let made = ImageBatch { channels: outputs, ..out };
    let product = Product { grid, source, made, stride: sizes.stride };
    let taps: Vec<Tap> = square(sizes.kernel).map(|(row, column)| Tap::of(&sizes, row, column)).collect();
    let kernel = Kernel { entry: Entry::Weigh, wide, tile };
    let blocks = [outputs.div_ceil(tile), columns.div_ceil(COLUMNS), splits];
    program.launch(kernel, blocks, &[dy, x, shares], product.words(&taps, splits));
    let gathered =
        Moved { rows: sizes.outputs, channels, padded, splits, apart: outputs * columns, ..Moved::default() };
    let words = gathered.words(&(0..sizes.taps()).collect::<Vec<_>>());
    let numbers = sizes.outputs * channels * sizes.taps();
    program.launch(format.moving(Entry::Gather), moving(numbers), &[shares, Slot::Output], words);
    program
}

/// Places of a square, row by row.
fn square(side: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..side).flat_map(move |row| (0..side).map(move |column| (row, column)))
}

fn moving(numbers: usize) -> [usize; 3] {
    [numbers.div_ceil(MOVING as usize * MOVED), 1, 1]
}

/// A tap of a kernel: where it stands in a weight, and how far away the pixel is that it reads.
struct Tap {
    place: usize,
    away: [i64; 2],
}

impl Tap {
    /// As the convolution reads its input.
    fn of(sizes: &Sizes, row: usize, column: usize) -> Self {
        let away = [row, column].map(|place| place as i64 - sizes.border() as i64);
        Self { place: row * sizes.kernel + column, away }
    }

    /// As the pixels of a phase, those at `phase` and each stride from it, read the gradient of the output; none where no
    /// output has read them by this tap.
    fn reaching(sizes: &Sizes, phase: [usize; 2], (row, column): (usize, usize)) -> Option<Self> {
        let stride = sizes.stride as i64;
        let away = |phase: usize, place: usize| {
            let from = phase as i64 + sizes.border() as i64 - place as i64;
            (from.rem_euclid(stride) == 0).then(|| from.div_euclid(stride))
        };
        Some(Self { place: row * sizes.kernel + column, away: [away(phase[0], row)?, away(phase[1], column)?] })
    }
}

/// Pixels that are made, of each image.
struct Grid {
    rows: usize,
    columns: usize,
    /// How far apart they are written, and where the first is.
    step: usize,
    from: [usize; 2],
}

/// A product of `convolve` or `weigh`: `Sizes` of the text.
struct Product {
    grid: Grid,
    source: ImageBatch,
    made: ImageBatch,
    stride: usize,
}

impl Product {
    fn pixels(&self) -> usize {
        self.source.count * self.grid.rows * self.grid.columns
    }

    fn words(&self, taps: &[Tap], splits: usize) -> Vec<u64> {
        let Self { grid, source, made, stride } = self;
        let sides = [self.pixels(), grid.rows, grid.columns, source.height, source.width];
        let channels = [source.channels, made.channels, *stride, taps.len()];
        let written = [made.height, made.width, grid.step, grid.from[0], grid.from[1]];
        let sizes = sides.into_iter().chain(channels).chain(written);
        let mut words: Vec<u64> = sizes.map(|size| size as u64).collect();
        words.extend(divisor(grid.rows * grid.columns));
        words.extend(divisor(grid.columns));
        words.push(splits as u64);
        for side in 0..2 {
            words.extend((0..MOST_TAPS).map(|tap| taps.get(tap).map_or(0, |tap| tap.away[side]) as u64));
        }
        words
    }
}

/// `by`, and how whole numbers below 2^31 are divided by it: times a factor, shifted (Granlund and Montgomery 1994, with a bit
/// less in the dividend, so that the factor fits 32 bits).
fn divisor(by: usize) -> [u64; 3] {
    let by = by.max(1) as u64;
    let shift = 31 + u64::from(by.next_power_of_two().trailing_zeros());
    [by, (1 << shift) / by + 1, shift]
}

/// `Arrangement` of the text.
#[derive(Default)]
struct Moved {
    rows: usize,
    channels: usize,
    padded: usize,
    by_row: usize,
    by_channel: usize,
    splits: usize,
    /// Numbers between two shares of a sum.
    apart: usize,
}

impl Moved {
    fn words(&self, taps: &[usize]) -> Vec<u64> {
        let Self { rows, channels, padded, by_row, by_channel, splits, apart } = *self;
        let sizes = [rows, taps.len(), channels, padded, by_row, by_channel, splits, apart];
        let places = (0..MOST_TAPS).map(|tap| taps.get(tap).copied().unwrap_or(0));
        sizes.into_iter().chain(places).map(|size| size as u64).collect()
    }
}

/// A weight as `convolve` shall read it: [`Moved`] before its channels are padded.
struct Arrangement {
    rows: usize,
    channels: usize,
    by_row: usize,
    by_channel: usize,
    taps: Vec<usize>,
}

/// Numbers of one precision.
#[derive(Clone, Copy)]
struct Format {
    wide: bool,
}

impl Format {
    fn bytes(self) -> usize {
        if self.wide { 4 } else { 2 }
    }

    /// Numbers of a row of a tile of `convolve`, and rows of one of `weigh`.
    fn deep(self) -> usize {
        64 / self.bytes()
    }

    /// Channels that fill pieces of 16 bytes.
    fn padded(self, channels: usize) -> usize {
        channels.next_multiple_of(16 / self.bytes())
    }

    fn moving(self, entry: Entry) -> Kernel {
        Kernel { entry, wide: self.wide, tile: 0 }
    }

    /// Pixels whose channels fill pieces: themselves, or a copy.
    fn widened(self, program: &mut Program, pixels: Slot, rows: usize, channels: usize) -> Slot {
        let padded = self.padded(channels);
        if padded == channels {
            return pixels;
        }
        let wide = program.scratch(rows * padded * self.bytes());
        let words = Moved { rows, channels, padded, ..Moved::default() }.words(&[]);
        program.launch(self.moving(Entry::Widen), moving(rows * padded), &[pixels, wide], words);
        wide
    }

    /// The weight, laid out: itself where it lies so already, or a copy.
    fn arranged(self, program: &mut Program, arrangement: Arrangement) -> Slot {
        let Arrangement { rows, channels, by_row, by_channel, taps } = arrangement;
        let padded = self.padded(channels);
        if taps.len() == 1 && padded == channels && (by_row, by_channel) == (channels, 1) {
            return Slot::Second;
        }
        let numbers = rows * taps.len() * padded;
        let weight = program.scratch(numbers * self.bytes());
        let words = Moved { rows, channels, padded, by_row, by_channel, ..Moved::default() }.words(&taps);
        program.launch(self.moving(Entry::Arrange), moving(numbers), &[Slot::Second, weight], words);
        weight
    }

    fn convolve(self, program: &mut Program, product: Product, taps: &[Tap], [x, weight]: [Slot; 2]) {
        let (outputs, pixels) = (product.made.channels, product.pixels());
        if pixels == 0 {
            return;
        }
        let rows = pixels.div_ceil(PIXELS);
        let tile = if outputs.is_multiple_of(128) && rows * outputs / 128 >= BLOCKS / 2 { 128 } else { 64 };
        let kernel = Kernel { entry: Entry::Convolve, wide: self.wide, tile };
        let blocks = [rows, outputs.div_ceil(tile), 1];
        program.launch(kernel, blocks, &[x, weight, Slot::Output], product.words(taps, 1));
    }
}
