//! Answers by comparison.

use burn::tensor::{Tensor, activation::relu};

use super::{Answer, Network, Pretext, ViewBatch};
use crate::{
    encoder::Encoder,
    loss::{self, mean},
    nn::Head,
};
use byolab_values::plan::demand::Task;

/// Counts of the quarters add up to those of the whole, and not to those of another image (Noroozi et al. 2017, equation 4).
pub struct Counted {
    pub head: Head,
    pub margin: f64,
}

impl Pretext for Counted {
    fn answer(&self, encoder: &dyn Encoder, student: &mut Network, mut views: Vec<ViewBatch>) -> Answer {
        let features = encoder.forward(&mut student.train(), views.remove(0).pixels);
        // Counts are not negative, [n, 5, counted]: the whole, then its quarters.
        let counts = relu(self.head.forward(&mut student.train(), features));
        let [all, counted] = counts.dims();
        let parts = Task::Counting.shape(2).images;
        let n = all / parts;
        let counts = counts.reshape([n, parts, counted]);
        let whole = counts.clone().slice([0..n, 0..1]).reshape([n, counted]);
        let sum = counts.slice([0..n, 1..parts]).sum_dim(1).reshape([n, counted]);
        let apart = loss::squared_rows(next(whole.clone()) - sum.clone());
        let together = loss::squared_rows(whole.clone() - sum);
        let loss = mean(together + relu(apart * -1.0 + self.margin));
        Answer { loss, projection: whole, right: None }
    }
}

/// Two views of an image are nearer to each other, by their cosine, than to another image (Wang and Gupta 2015, equation 2).
pub struct Triplets {
    pub head: Head,
    pub margin: f64,
}

impl Pretext for Triplets {
    fn answer(&self, encoder: &dyn Encoder, student: &mut Network, views: Vec<ViewBatch>) -> Answer {
        let views = views.into_iter().map(|view| view.pixels).collect();
        let features = student.each(views, |pass, view| encoder.forward(pass, view));
        let [v, w] = <[_; 2]>::try_from(features).expect("the task asks for two views");
        let [z_v, z_w] = [v, w].map(|features| self.head.forward(&mut student.train(), features));
        let (near, far) = (loss::cosine(z_v.clone(), z_w.clone()), loss::cosine(z_v.clone(), next(z_w)));
        let right = Some(mean(near.clone().inner().greater(far.clone().inner()).float()));
        Answer { loss: mean(relu(far - near + self.margin)), projection: z_v, right }
    }
}

/// Each row's next one, the first after the last: `[n, d]` to the same.
fn next(rows: Tensor<2>) -> Tensor<2> {
    let n = rows.dims()[0];
    Tensor::cat(vec![rows.clone().slice(1..n), rows.slice(0..1)], 0)
}
