//! What pretext tasks make of an augmented image: the images that a network sees and what is to be said of them, without the cues
//! by which it could be said without having seen anything.
//!
//! | file | holds |
//! |---|---|
//! | `turns` | quarter turns |
//! | `patches` | patches of a grid, with gaps between them, and what becomes of their colours |
//! | `permutations` | the orders in which a puzzle comes |
//! | `hidden` | noise and holes |
//! | `colours` | lightness, and colours as classes |
//! | `tiles` | quarters, and the whole at their size |

mod colours;
mod hidden;
mod patches;
mod permutations;
mod tiles;
mod turns;

pub use permutations::permutations;

use super::{Canvas, Key};
use crate::plan::{
    demand::Task,
    streams::{Draws, Stream},
};

/// Which generator a task draws from; operations have those below.
const LANE: u32 = 64;

/// What a task writes for one image.
pub struct TaskOutput<'a> {
    /// Normalised, `[images, 3, side, side]` as the task's [shape](Task::shape) says.
    pub pixels: &'a mut [f32],
    /// What is to be said of them, `[targets]`.
    pub targets: &'a mut [f32],
}

/// Mean and deviation of the channels.
#[derive(Clone, Copy, Debug)]
pub struct Normalisation {
    /// Of red, green and blue.
    pub mean: [f32; 3],
    /// Of red, green and blue.
    pub std: [f32; 3],
}

impl Normalisation {
    /// (value - mean) / deviation, `[3, pixels]` to the same.
    pub(super) fn apply(self, from: &[f32], to: &mut [f32]) {
        let plane = from.len() / 3;
        for channel in 0..3 {
            let (scale, offset) = (1.0 / self.std[channel], -self.mean[channel] / self.std[channel]);
            let places = channel * plane..(channel + 1) * plane;
            for (to, from) in to[places.clone()].iter_mut().zip(&from[places]) {
                *to = from * scale + offset;
            }
        }
    }
}

/// Makes of the view on `canvas` what `task` shows and asks.
pub fn make(task: Task, canvas: &Canvas, key: Key, normalise: Normalisation, out: TaskOutput) {
    let mut draws = Draws::new(key.seed, Stream::Views, key.epoch, key.sample, key.place(LANE, 0));
    let draws = &mut draws;
    match task {
        Task::Whole | Task::Small(_) => normalise.apply(&canvas.pixels, out.pixels),
        Task::Instance => {
            normalise.apply(&canvas.pixels, out.pixels);
            out.targets[0] = key.sample as f32;
        }
        Task::Rotation => turns::make(canvas, normalise, out),
        Task::Context { colour } => patches::context(canvas, colour, draws, normalise, out),
        Task::Jigsaw { permutations, gray } => patches::jigsaw(canvas, (permutations, gray), draws, out),
        Task::Denoising { noise, level } => hidden::noisy(canvas, (noise, level), draws, normalise, out),
        Task::Inpainting { region } => hidden::hole(canvas, region, draws, normalise, out),
        Task::Colorization => colours::colorization(canvas, normalise, out),
        Task::SplitBrain => colours::split_brain(canvas, normalise, out),
        Task::Counting => tiles::counting(canvas, normalise, out),
    }
}
