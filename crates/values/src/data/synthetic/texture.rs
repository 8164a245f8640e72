//! The ten textures. Each fills the plane, so a crop shows it as well as the whole image does, and takes both hands
//! where it has one, so a flip does not change the class.

use std::f32::consts::{FRAC_1_SQRT_2, TAU};

use crate::{data::Label, plan::streams::Draws};

/// Which of a texture's two colours is at a point.
type Pattern = fn(&Texture, Point) -> bool;

/// Name and pattern per class; the index is the label.
pub const TEXTURES: [(&str, Pattern); 10] = [
    ("horizontal stripes", |_, p| stripe(p.v)),
    ("vertical stripes", |_, p| stripe(p.u)),
    ("diagonal stripes", |texture, p| stripe((p.u + texture.hand() * p.v) * FRAC_1_SQRT_2)),
    ("checkerboard", |_, p| stripe(p.u) != stripe(p.v)),
    ("dots", |_, p| (part(p.u) - 0.5).hypot(part(p.v) - 0.5) < 0.3),
    ("rings", |texture, p| stripe(p.x.hypot(p.y) + texture.phase[0])),
    ("blobs", |texture, p| {
        texture.waves.iter().map(|[a, b, c]| (TAU * (a * p.u + b * p.v + c)).cos()).sum::<f32>() > 0.0
    }),
    ("grid", |_, p| part(p.u) < 0.25 || part(p.v) < 0.25),
    ("triangles", |texture, p| part(p.u) < part(texture.hand() * p.v)),
    ("rays", |texture, p| stripe(texture.spokes * p.y.atan2(p.x) / TAU + texture.phase[0])),
];

/// What varies within a class.
#[derive(Clone, Debug, PartialEq)]
pub struct Texture {
    /// Pixels per repetition.
    pub period: f32,
    /// Shift along both axes, in periods.
    pub phase: [f32; 2],
    /// Which way a texture leans, where it leans.
    pub mirrored: bool,
    /// Sectors of the rays.
    pub spokes: f32,
    /// Of the blobs: waves per period along both axes, and phase.
    pub waves: [[f32; 3]; 6],
}

/// A point in periods: from the patch's middle (x, y), and shifted by the phase (u, v).
#[derive(Clone, Copy)]
pub struct Point {
    x: f32,
    y: f32,
    u: f32,
    v: f32,
}

impl Texture {
    /// One of all textures, each as likely.
    pub fn draw(draws: &mut Draws) -> Self {
        Self {
            period: draws.uniform(5.0, 9.0),
            phase: [draws.unit(), draws.unit()],
            mirrored: draws.chance(0.5),
            spokes: (5 + draws.below(4)) as f32,
            waves: std::array::from_fn(|_| {
                let (angle, length) = (TAU * draws.unit(), draws.uniform(0.35, 0.75));
                [length * angle.cos(), length * angle.sin(), draws.unit()]
            }),
        }
    }

    /// Whether class `class` shows its second colour at (x, y) pixels from the patch's middle.
    pub fn shows_second(&self, class: Label, x: f32, y: f32) -> bool {
        let (x, y) = (x / self.period, y / self.period);
        let point = Point { x, y, u: x + self.phase[0], v: y + self.phase[1] };
        TEXTURES[usize::from(class)].1(self, point)
    }

    fn hand(&self) -> f32 {
        if self.mirrored { -1.0 } else { 1.0 }
    }
}

fn stripe(at: f32) -> bool {
    part(at) < 0.5
}

/// The part after the point, counted up from the next lower whole number below zero too.
fn part(at: f32) -> f32 {
    at - at.floor()
}
