//! One image of bytes on its way through the operations, with the working memory that they share.

/// Bytes `[3, side, side]`, and scratch space of the same size.
pub struct Picture {
    /// Height and width in pixels.
    pub side: usize,
    /// Red, green and blue, `[side, side]` each.
    pub bytes: Vec<u8>,
    /// An intermediate image; contents mean nothing between operations.
    pub(super) scratch: Vec<u8>,
}

impl Picture {
    /// Black, `side` by `side`.
    pub fn new(side: usize) -> Self {
        let blank = || vec![0; 3 * side * side];
        Self { side, bytes: blank(), scratch: blank() }
    }

    /// Room for an image of another size; what it shows means nothing until it is written.
    pub(super) fn resize(&mut self, side: usize) {
        self.side = side;
        self.bytes.resize(3 * side * side, 0);
        self.scratch.resize(3 * side * side, 0);
    }

    /// Takes over an image of bytes, `[3, side, side]`.
    pub fn load(&mut self, bytes: &[u8]) {
        self.bytes.copy_from_slice(bytes);
    }

    /// Red, green and blue.
    pub(super) fn planes(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.bytes.chunks_exact_mut(self.side * self.side)
    }

    /// Puts what `table` has for it in the place of every byte: Pillow's `point`.
    pub(super) fn point(&mut self, table: &[u8; 256]) {
        point(&mut self.bytes, table);
    }

    /// Replaces red, green and blue of every pixel.
    #[inline(always)]
    pub(super) fn each_pixel(&mut self, change: impl Fn([u8; 3]) -> [u8; 3]) {
        let (red, rest) = self.bytes.split_at_mut(self.side * self.side);
        let (green, blue) = rest.split_at_mut(self.side * self.side);
        for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
            [*red, *green, *blue] = change([*red, *green, *blue]);
        }
    }
}

/// Puts what `table` has for it in the place of every byte.
pub(super) fn point(bytes: &mut [u8], table: &[u8; 256]) {
    bytes.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
}
