//! Scenes: one to three patches of textures before a background, with the exact mask and box of each, for read-outs that ask where
//! things are. They are made as the images are ([`Factors`]), four times as large.

use rayon::prelude::*;

use super::{Colour, Factors, render::paint};
use crate::{
    data::{Images, Label, UNLABELLED},
    plan::streams::{Draws, Stream},
};

/// Height and width in pixels.
pub const SIDE: usize = 64;
/// Objects of a scene at most.
const MOST: usize = 3;
/// Half the side of an object, or its radius, in pixels.
const SCALES: [f32; 2] = [8.0, 14.0];
/// Draws of a place before an object is left out: none may touch another.
const TRIES: usize = 20;

/// An object of a scene.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SceneObject {
    /// Which texture it has.
    pub class: Label,
    /// Left, top, right and bottom, in pixels.
    pub bounds: [f32; 4],
}

/// Scenes, and what is where in them.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenes {
    /// The pictures; as a whole they have no class.
    pub images: Images,
    /// For each pixel 0 where it is background, else the object's class and 1; `[SIDE * SIDE]` a scene.
    pub masks: Vec<Vec<u8>>,
    /// The objects of each scene.
    pub objects: Vec<Vec<SceneObject>>,
}

/// `n` scenes from `first` on; scene i depends on (seed, i) only.
pub fn scenes(seed: u64, first: u64, n: usize) -> Scenes {
    let made: Vec<Scene> = (first..first + n as u64).into_par_iter().map(|index| Scene::draw(seed, index)).collect();
    let pixels: Vec<Vec<u8>> = made.par_iter().map(|scene| scene.render(seed)).collect();
    Scenes {
        images: Images { side: SIDE, pixels: pixels.concat().into(), labels: vec![UNLABELLED; n] },
        masks: made.iter().map(Scene::mask).collect(),
        objects: made.iter().map(|scene| scene.objects.iter().map(Factors::object).collect()).collect(),
    }
}

/// What is drawn for a scene.
struct Scene {
    index: u64,
    /// Gives background, lighting and noise.
    whole: Factors,
    objects: Vec<Factors>,
}

impl Scene {
    fn draw(seed: u64, index: u64) -> Self {
        let draws = &mut Draws::new(seed, Stream::Scenes, 0, index, 0);
        let mut objects: Vec<Factors> = Vec::new();
        for _ in 0..1 + draws.below(MOST) {
            let mut object = drawn(seed, draws);
            let placed = (0..TRIES).any(|_| {
                object.patch.scale = draws.uniform(SCALES[0], SCALES[1]);
                let slack = SIDE as f32 / 2.0 - object.patch.scale;
                object.patch.position = [draws.uniform(-slack, slack), draws.uniform(-slack, slack)];
                objects.iter().all(|other| other.is_apart(&object))
            });
            if placed {
                objects.push(object);
            }
        }
        Self { index, whole: drawn(seed, draws), objects }
    }

    /// The object at (x, y) pixels from the middle.
    fn at(&self, x: f32, y: f32) -> Option<&Factors> {
        self.objects.iter().find(|object| object.covers(x, y))
    }

    fn surface(&self, x: f32, y: f32) -> Colour {
        self.at(x, y).map_or_else(|| self.whole.background.at(x, y), |object| object.shown(x, y))
    }

    fn render(&self, seed: u64) -> Vec<u8> {
        let noise = &mut Draws::new(seed, Stream::Scenes, 0, self.index, 1);
        paint(SIDE, &self.whole.lighting, self.whole.noise, noise, |x, y| self.surface(x, y))
    }

    fn mask(&self) -> Vec<u8> {
        let place = |at: usize| at as f32 + 0.5 - SIDE as f32 / 2.0;
        let of_pixel =
            |at: usize| self.at(place(at % SIDE), place(at / SIDE)).map_or(0, |object| object.class as u8 + 1);
        (0..SIDE * SIDE).map(of_pixel).collect()
    }
}

/// Factors of an image that is in no split: of any class, as likely each.
fn drawn(seed: u64, draws: &mut Draws) -> Factors {
    Factors::draw(seed, (1 << 34) + draws.below(1 << 32) as u64)
}

impl Factors {
    /// Whether a pixel or more lies between the bounds of two objects.
    fn is_apart(&self, other: &Self) -> bool {
        let reach = self.patch.scale + other.patch.scale + 1.0;
        (0..2).any(|axis| (self.patch.position[axis] - other.patch.position[axis]).abs() > reach)
    }

    fn object(&self) -> SceneObject {
        let ([x, y], half, middle) = (self.patch.position, self.patch.scale, SIDE as f32 / 2.0);
        SceneObject { class: self.class, bounds: [x - half, y - half, x + half, y + half].map(|place| place + middle) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_boxes_say_the_same() {
        let made = scenes(0, 0, 40);
        assert_eq!(made, scenes(0, 0, 40));
        assert_eq!(scenes(0, 10, 5).masks, made.masks[10..15]);
        assert_ne!(scenes(1, 0, 40).masks, made.masks);
        for (mask, objects) in made.masks.iter().zip(&made.objects) {
            assert!((1..=MOST).contains(&objects.len()));
            for object in objects {
                let [left, top, right, bottom] = object.bounds;
                assert!(left >= 0.0 && top >= 0.0 && right <= 64.0 && bottom <= 64.0, "{object:?}");
                let within = |at: &usize| {
                    let (x, y) = ((at % SIDE) as f32 + 0.5, (at / SIDE) as f32 + 0.5);
                    x > left && x < right && y > top && y < bottom
                };
                let covered: Vec<u8> = (0..SIDE * SIDE).filter(within).map(|at| mask[at]).collect();
                let own = covered.iter().filter(|class| **class == object.class as u8 + 1).count();
                // A disc covers 79 of 100 of its box.
                assert!(own * 100 > covered.len() * 74, "{own} of {}", covered.len());
                assert!(covered.iter().all(|class| [0, object.class as u8 + 1].contains(class)));
            }
        }
    }

    #[test]
    fn every_class_comes() {
        let made = scenes(0, 0, 200);
        let classes: std::collections::BTreeSet<Label> =
            made.objects.iter().flatten().map(|object| object.class).collect();
        assert_eq!(classes.len(), super::super::texture::TEXTURES.len());
    }
}
