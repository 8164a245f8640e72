//! Pretext tasks: something is hidden of an image, or done to it, and the network is to tell what. What is shown and asked is made by
//! [`byolab_values::augment::task`]; here is how it is answered.
//!
//! | file | answers |
//! |---|---|
//! | `classes` | one of a few, by the features of one image or of several patches together |
//! | `pixels` | what every place of the maps stands for: pixels, or classes of colours; or a hole, by all places together |
//! | `pairs` | by comparison: counts that add up, images nearer to themselves than to others |

mod classes;
mod pairs;
mod pixels;

use std::sync::Arc;

use burn::tensor::{Int, Tensor};

use super::{Batch, LossOutput, Method, Network, Teacher, ViewBatch};
use crate::{encoder::Encoder, nn::Head};
use byolab_values::plan::{
    demand::PATCHES,
    recipe::{Comparison, MethodRecipe},
};

/// How a task is answered.
trait Pretext: Send + Sync {
    /// Of the task's own views.
    fn answer(&self, encoder: &dyn Encoder, student: &mut Network, views: Vec<ViewBatch>) -> Answer;
}

/// What a task makes of a batch.
struct Answer {
    /// `[1]`, tracked.
    loss: Tensor<1>,
    /// What stands in the place of projections, `[n, d]`.
    projection: Tensor<2>,
    /// Share of what was answered rightly, `[1]`, where answers are right or wrong.
    right: Option<Tensor<1>>,
}

/// One task, or several with their weights.
pub struct PretextTasks {
    encoder: Arc<dyn Encoder>,
    tasks: Vec<Weighted>,
}

struct Weighted {
    weight: f64,
    /// How many of the batch's views are the task's.
    views: usize,
    task: Box<dyn Pretext>,
}

impl PretextTasks {
    pub fn new(encoder: Arc<dyn Encoder>, heads: Vec<Head>, recipe: &MethodRecipe) -> Self {
        let recipes = match recipe {
            MethodRecipe::MultiTask(several) => several.tasks(),
            one => vec![(1.0, one.clone())],
        };
        let mut heads = heads.into_iter();
        let mut weighted = |(weight, recipe): (f64, MethodRecipe)| {
            let views = recipe.declaration().demand().parts[0].views.len();
            Weighted { weight, views, task: task(&recipe, &mut heads) }
        };
        Self { encoder, tasks: recipes.into_iter().map(&mut weighted).collect() }
    }
}

/// How the task of `recipe` is answered, with the heads that it declares.
fn task(recipe: &MethodRecipe, heads: &mut impl Iterator<Item = Head>) -> Box<dyn Pretext> {
    let mut head = || heads.next().expect("the task's heads are declared");
    match recipe {
        MethodRecipe::ContextPrediction(_) => Box::new(classes::Classes { head: head(), joined: 2 }),
        MethodRecipe::Jigsaw(_) => Box::new(classes::Classes { head: head(), joined: PATCHES }),
        MethodRecipe::Denoising(_) => Box::new(pixels::Denoised { head: head() }),
        MethodRecipe::ContextEncoder(_) => Box::new(pixels::Filled { head: head() }),
        MethodRecipe::Colorization(_) => Box::new(pixels::Coloured { head: head() }),
        MethodRecipe::SplitBrain(_) => Box::new(pixels::SplitBrain { colours: head(), lightness: head() }),
        MethodRecipe::Counting(recipe) => Box::new(pairs::Counted { head: head(), margin: recipe.margin }),
        MethodRecipe::Exemplar(recipe) if recipe.by == Comparison::Triplets => {
            Box::new(pairs::Triplets { head: head(), margin: recipe.margin })
        }
        _ => Box::new(classes::Classes { head: head(), joined: 1 }),
    }
}

impl Method for PretextTasks {
    fn loss(&self, student: &mut Network, _: Option<&mut Teacher>, batch: Batch) -> LossOutput {
        let mut views = batch.only().into_iter();
        let mut answers: Vec<(f64, Answer)> = Vec::new();
        for Weighted { weight, views: count, task } in &self.tasks {
            let own = views.by_ref().take(*count).collect();
            answers.push((*weight, task.answer(&*self.encoder, student, own)));
        }
        let right = answers.iter().find_map(|(_, answer)| answer.right.clone());
        let projection = answers[0].1.projection.clone().inner();
        let loss = answers.into_iter().map(|(weight, answer)| crate::loss::scaled(answer.loss, weight));
        let loss = loss.reduce(|one, other| one + other).expect("there is a task");
        let output = LossOutput::new(loss, projection);
        match right {
            Some(right) => output.metric("pretext.top1", right),
            None => output,
        }
    }
}

/// The share of rows of `logits`, `[n, classes]`, that are largest at their class, of `classes`, `[n]`: `[1]`.
fn right(logits: &Tensor<2>, classes: &Tensor<1>) -> Tensor<1> {
    let [n, _] = logits.dims();
    let told: Tensor<2, Int> = logits.clone().inner().argmax(1);
    let same = told.float().equal(classes.clone().inner().reshape([n, 1]));
    same.float().mean_dim(0).reshape([1])
}
