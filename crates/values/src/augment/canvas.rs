//! One image on its way through the operations, with the working memory that they share: nothing is allocated per
//! operation.

use super::picture::Picture;

/// `[3, side, side]` values in 0 to 1, and scratch space of the same size.
pub struct Canvas {
    /// Height and width in pixels.
    pub side: usize,
    /// `[side, side, 3]` from 0 to 1.
    pub pixels: Vec<f32>,
    /// An intermediate image, `[3, side, side]`; contents mean nothing between operations.
    pub(super) scratch: Vec<f32>,
    /// Weights and one padded row, whatever their length; contents mean nothing between operations.
    pub(super) weights: Vec<f32>,
    pub(super) row: Vec<f32>,
    /// Where operations of Pillow's take place, once one has.
    pub(super) picture: Option<Picture>,
}

impl Canvas {
    /// Black, `side` by `side`.
    pub fn new(side: usize) -> Self {
        let blank = || vec![0.0; 3 * side * side];
        Self { side, pixels: blank(), scratch: blank(), weights: Vec::new(), row: Vec::new(), picture: None }
    }

    /// Room for an image of another size; what it shows means nothing until it is written.
    pub(super) fn resize(&mut self, side: usize) {
        if side != self.side {
            self.side = side;
            self.pixels.resize(3 * side * side, 0.0);
            self.scratch.resize(3 * side * side, 0.0);
        }
    }

    /// Takes over an image of bytes, `[3, side, side]`.
    pub fn load(&mut self, bytes: &[u8]) {
        assert_eq!(bytes.len(), self.pixels.len(), "an image of another size than the canvas");
        for (value, &byte) in self.pixels.iter_mut().zip(bytes) {
            *value = f32::from(byte) / 255.0;
        }
    }

    /// Cuts off what lies outside 0 to 1.
    #[inline(always)]
    pub(super) fn clamp(&mut self) {
        self.pixels.iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
    }

    /// The image as bytes, `[3, side, side]`.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + '_ {
        self.pixels.iter().map(|value| (value * 255.0).round() as u8)
    }

    /// Red, green and blue, `[side, side]` each.
    pub(super) fn planes(&mut self) -> [&mut [f32]; 3] {
        let (red, rest) = self.pixels.split_at_mut(self.side * self.side);
        let (green, blue) = rest.split_at_mut(self.side * self.side);
        [red, green, blue]
    }
}
