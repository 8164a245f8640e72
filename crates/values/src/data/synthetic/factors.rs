//! What a synthetic image is made of; nothing but the label depends on the class.

use std::f32::consts::TAU;

use super::texture::{TEXTURES, Texture};
use crate::{
    data::{
        FactorKind::{self, Class, Number},
        Label,
    },
    plan::streams::{Draws, Stream},
};

/// Red, green and blue, 0 to 1.
pub type Colour = [f32; 3];

/// Everything that was drawn for an image. Lengths are in pixels, angles in turns, positions from the middle.
#[derive(Clone, Debug, PartialEq)]
pub struct Factors {
    /// The image's label: which texture it shows.
    pub class: Label,
    /// What the class is told by.
    pub texture: Texture,
    /// The hues of the texture's two colours and the background's two, in turns.
    pub hues: [f32; 4],
    /// The texture's dark and light parts, in random order.
    pub colours: [Colour; 2],
    /// The patch that has the texture.
    pub patch: Patch,
    /// What the patch lies on.
    pub background: Background,
    /// How bright the image is from side to side.
    pub lighting: Lighting,
    /// Standard deviation of the noise added to every value.
    pub noise: f32,
}

/// The part of the image that shows the texture.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// A disc, or else a square.
    pub round: bool,
    /// Of its middle, right and down, in shares of the side.
    pub position: [f32; 2],
    /// Radius, or half the side.
    pub scale: f32,
}

/// Two colours that blend into each other along a wave.
#[derive(Clone, Debug, PartialEq)]
pub struct Background {
    /// Of its two ends.
    pub colours: [Colour; 2],
    /// Of the way from one colour to the other, in radians.
    pub angle: f32,
    /// Pixels from one colour and back.
    pub wavelength: f32,
    /// Where its wave begins, in radians.
    pub phase: f32,
}

/// A brightness that changes across the image.
#[derive(Clone, Debug, PartialEq)]
pub struct Lighting {
    /// Of the way along which it gets brighter, in radians.
    pub angle: f32,
    /// How much brighter the bright border is than the middle.
    pub strength: f32,
}

impl Factors {
    /// The factors of image `index` of the set `seed`; classes come in turn, so every ten images are balanced.
    pub fn draw(seed: u64, index: u64) -> Self {
        let draws = &mut Draws::new(seed, Stream::Synthetic, 0, index, 0);
        let (foreground, colours) = contrasting(draws);
        let scale = draws.uniform(10.0, 16.0);
        // A patch leaves the image by 4 pixels at most.
        let slack = 20.0 - scale;
        let (first, first_colour) = colour(draws);
        let (second, second_colour) = colour(draws);
        Self {
            class: (index % TEXTURES.len() as u64) as Label,
            texture: Texture::draw(draws),
            hues: [foreground[0], foreground[1], first, second],
            colours,
            patch: Patch {
                round: draws.chance(0.5),
                position: [draws.uniform(-slack, slack), draws.uniform(-slack, slack)],
                scale,
            },
            background: Background {
                colours: [first_colour, second_colour],
                angle: draws.unit(),
                wavelength: draws.uniform(24.0, 64.0),
                phase: draws.unit(),
            },
            lighting: Lighting { angle: draws.unit(), strength: draws.uniform(0.0, 0.35) },
            noise: draws.uniform(0.0, 0.05),
        }
    }
}

/// A factor as numbers: its name, how it is read out, and an image's row.
pub type ReadOut = (&'static str, FactorKind, fn(&Factors) -> Vec<f32>);

/// What probes try to read out of features. A circle's angle is its point; colours are read as their mean, since their
/// order means nothing.
pub const READ_OUTS: &[ReadOut] = &[
    ("class", Class, |it| (0..TEXTURES.len()).map(|class| f32::from(class == usize::from(it.class))).collect()),
    ("shape", Class, |it| vec![f32::from(it.patch.round), f32::from(!it.patch.round)]),
    ("colour", Number, |it| mean(it.colours)),
    ("position", Number, |it| it.patch.position.to_vec()),
    ("scale", Number, |it| vec![it.patch.scale]),
    ("background", Number, |it| mean(it.background.colours)),
    ("lighting", Number, |it| {
        let (sin, cos) = (TAU * it.lighting.angle).sin_cos();
        vec![it.lighting.strength * cos, it.lighting.strength * sin]
    }),
    ("noise", Number, |it| vec![it.noise]),
];

fn mean([first, second]: [Colour; 2]) -> Vec<f32> {
    first.iter().zip(second).map(|(a, b)| (a + b) / 2.0).collect()
}

/// Two colours that differ in brightness, so that the texture survives a grayscale; returns their hues too.
fn contrasting(draws: &mut Draws) -> ([f32; 2], [Colour; 2]) {
    loop {
        let ((first, a), (second, b)) = (colour(draws), colour(draws));
        if (luma(a) - luma(b)).abs() > 0.3 {
            return ([first, second], [a, b]);
        }
    }
}

/// A hue and a colour of that hue.
fn colour(draws: &mut Draws) -> (f32, Colour) {
    let hue = draws.unit();
    let (saturation, value) = (draws.uniform(0.2, 1.0), draws.uniform(0.15, 1.0));
    (hue, rgb(hue, saturation, value))
}

fn rgb(hue: f32, saturation: f32, value: f32) -> Colour {
    [5.0, 3.0, 1.0].map(|offset: f32| {
        let k = (offset + 6.0 * hue) % 6.0;
        value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0)
    })
}

fn luma([red, green, blue]: Colour) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}
