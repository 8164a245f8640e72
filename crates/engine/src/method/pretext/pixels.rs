//! Answers of the places of the last maps.

use burn::tensor::Tensor;

use super::{Answer, Network, Pretext, ViewBatch, right};
use crate::{
    encoder::Encoder,
    kernel::Maps,
    loss::{self, mean},
    nn::Head,
};
use byolab_values::plan::demand::{COLOUR_BINS, LIGHTNESS_BINS};

/// Each place makes the pixels that it stands for.
pub struct Denoised {
    pub head: Head,
}

impl Pretext for Denoised {
    fn answer(&self, encoder: &dyn Encoder, student: &mut Network, mut views: Vec<ViewBatch>) -> Answer {
        let view = views.remove(0);
        let [n, _, side, _] = view.pixels.dims();
        let clean = view.told().reshape([n, 3, side, side]);
        let (projection, places) = places(encoder, student, view.pixels);
        let grid = grid(n, &places);
        let made = self.head.forward(&mut student.train(), places);
        let cell = side / grid;
        let asked = clean.reshape([n, 3, grid, cell, grid, cell]).permute([0, 2, 4, 1, 3, 5]);
        let loss = loss::mean_squared(made, asked.reshape([n * grid * grid, 3 * cell * cell]));
        Answer { loss, projection, right: None }
    }
}

/// All places together make the image, of which the hole counts.
pub struct Filled {
    pub head: Head,
}

impl Pretext for Filled {
    fn answer(&self, encoder: &dyn Encoder, student: &mut Network, mut views: Vec<ViewBatch>) -> Answer {
        let view = views.remove(0);
        let told = view.told();
        let [n, _, side, _] = view.pixels.dims();
        let plane = side * side;
        let (image, hidden) = (told.clone().slice([0..n, 0..3 * plane]), told.slice([0..n, 3 * plane..4 * plane]));
        let (projection, places) = places(encoder, student, view.pixels);
        let [all, channels] = places.dims();
        let made = self.head.forward(&mut student.train(), places.reshape([n, all / n * channels]));
        let hidden = hidden.repeat_dim(1, 3);
        let wrong = loss::squared_rows((made - image) * hidden.clone());
        Answer { loss: mean(wrong / hidden.sum_dim(1)), projection, right: None }
    }
}

/// Each place tells the colours of its cells.
pub struct Coloured {
    pub head: Head,
}

impl Pretext for Coloured {
    fn answer(&self, encoder: &dyn Encoder, student: &mut Network, mut views: Vec<ViewBatch>) -> Answer {
        let view = views.remove(0);
        let told = view.told();
        let (projection, places) = places(encoder, student, view.pixels);
        let (loss, right) = told_of_cells(&self.head, student, places, told, COLOUR_BINS.pow(2));
        Answer { loss, projection, right: Some(right) }
    }
}

/// The places that see lightness tell colours, those that see colours tell lightness.
pub struct SplitBrain {
    pub colours: Head,
    pub lightness: Head,
}

impl Pretext for SplitBrain {
    fn answer(&self, encoder: &dyn Encoder, student: &mut Network, mut views: Vec<ViewBatch>) -> Answer {
        let view = views.remove(0);
        let told = view.told();
        let (projection, places) = places(encoder, student, view.pixels);
        let ([all, channels], [n, cells]) = (places.dims(), told.dims());
        let half = channels / 2;
        let [light, colour] = [0..half, half..channels].map(|of| places.clone().slice([0..all, of]));
        let [colours, lights] = [0..cells / 2, cells / 2..cells].map(|of| told.clone().slice([0..n, of]));
        let (one, right) = told_of_cells(&self.colours, student, light, colours, COLOUR_BINS.pow(2));
        let (other, _) = told_of_cells(&self.lightness, student, colour, lights, LIGHTNESS_BINS);
        Answer { loss: one + other, projection, right: Some(right) }
    }
}

/// The features of images, `[n, d]`, and what each place of the last maps has, `[n * h * w, d]`.
fn places(encoder: &dyn Encoder, student: &mut Network, pixels: Tensor<4>) -> (Tensor<2>, Tensor<2>) {
    let maps: Maps = encoder.maps(&mut student.train(), pixels, encoder.stages());
    (maps.clone().global_average().inner(), maps.places())
}

/// Places along a side of the maps of `n` images.
fn grid(n: usize, places: &Tensor<2>) -> usize {
    (places.dims()[0] / n).isqrt()
}

/// The loss, `[1]`, and the share that is right, `[1]`, of what `places`, `[n * h * w, d]`, tell of the cells that each stands for;
/// `told`, `[n, cells]`, are their classes row by row.
fn told_of_cells(
    head: &Head,
    student: &mut Network,
    places: Tensor<2>,
    told: Tensor<2>,
    classes: usize,
) -> (Tensor<1>, Tensor<1>) {
    let [n, cells] = told.dims();
    let grid = grid(n, &places);
    let each = cells.isqrt() / grid;
    let told = told.reshape([n, grid, each, grid, each]).permute([0, 1, 3, 2, 4]).reshape([n * cells]);
    let logits = head.forward(&mut student.train(), places).reshape([n * cells, classes]);
    let right = right(&logits, &told);
    (loss::cross_entropy(logits, told), right)
}
