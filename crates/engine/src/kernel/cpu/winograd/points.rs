//! Where the transforms evaluate polynomials: at 0, at plus and minus [`A`] and [`B`], and at infinity. With the usual 1 and 2
//! twice as much would be lost to rounding; with these an output's error is six times that of a convolution without tiles
//! (6.3e-7 of the outputs against 1.1e-7, in the root mean square over normal weights and rectified images of 64 channels).

pub const A: f32 = 0.625;
pub const B: f32 = 1.5;
pub const A2: f32 = A * A;
pub const B2: f32 = B * B;
/// What a kernel's values at 0, at [`A`] and at [`B`] are divided by.
pub const AT_0: f32 = A2 * B2;
pub const AT_A: f32 = 2.0 * A2 * (A2 - B2);
pub const AT_B: f32 = 2.0 * B2 * (B2 - A2);
