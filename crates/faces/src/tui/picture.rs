//! A picture as a value.

/// A square picture, `[side, side, 3]` bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Pixels along a side.
    pub side: usize,
    /// Red, green and blue, row by row.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// The pixel at a place given from 0 to below `of` in either direction.
    pub fn at(&self, (x, y): (u16, u16), of: (u16, u16)) -> [u8; 3] {
        let scaled = |place: u16, of: u16| usize::from(place) * self.side / usize::from(of.max(1));
        let first = 3 * (scaled(y, of.1) * self.side + scaled(x, of.0));
        [self.rgb[first], self.rgb[first + 1], self.rgb[first + 2]]
    }
}
