//! What passes the networks together, on the device.

use burn::tensor::{Device, Tensor, TensorData};

use crate::kernel::many;
use byolab_values::{
    data::{Label, UNLABELLED},
    plan::demand::Demand,
};

/// A micro-batch: the parts that the method's [demand](byolab_values::plan::demand::Demand) names.
#[derive(Clone, Debug)]
pub struct Batch {
    /// In the order of the demand.
    pub parts: Vec<BatchPart>,
}

/// Images of one pool.
#[derive(Clone, Debug)]
pub struct BatchPart {
    /// In the order of the demand.
    pub views: Vec<ViewBatch>,
    /// The classes of the images as numbers, `[n]`, -1 where nobody knows; none where the method is not told them.
    pub labels: Option<Tensor<1>>,
}

/// A view of the images of a part.
#[derive(Clone, Debug)]
pub struct ViewBatch {
    /// `[n, 3, side, side]`; n and side are as the view's task [says](byolab_values::plan::demand::Task::shape).
    pub pixels: Tensor<4>,
    /// What is to be said of it, `[images, targets]`, where that is anything.
    pub targets: Option<Tensor<2>>,
}

impl ViewBatch {
    /// Of which nothing is to be said.
    pub fn of(pixels: Tensor<4>) -> Self {
        Self { pixels, targets: None }
    }

    /// What is to be said, `[images, targets]`.
    ///
    /// # Panics
    /// Where that is nothing.
    pub fn told(&self) -> Tensor<2> {
        self.targets.clone().expect("the task tells its targets")
    }

    fn map(self, pixels: impl Fn(Tensor<4>) -> Tensor<4>, targets: impl Fn(Tensor<2>) -> Tensor<2>) -> Self {
        Self { pixels: pixels(self.pixels), targets: self.targets.map(targets) }
    }
}

impl Batch {
    /// Both views of images, `[n, 3, side, side]` each, without labels.
    pub fn of(views: [Tensor<4>; 2]) -> Self {
        Self { parts: vec![BatchPart { views: views.map(ViewBatch::of).into(), labels: None }] }
    }

    /// The same images with their classes.
    ///
    /// # Panics
    /// Where the batch has several parts.
    pub fn labelled(mut self, labels: &[Label]) -> Self {
        let [part] = &mut self.parts[..] else { panic!("labels are of one part") };
        part.labels = Some(classes(labels, &part.views[0].pixels.device()));
        self
    }

    /// The two views of a method that asks for two.
    ///
    /// # Panics
    /// Where there are others.
    pub fn pair(self) -> [Tensor<4>; 2] {
        self.only()
            .try_into()
            .map(|views: [_; 2]| views.map(|view| view.pixels))
            .expect("the method asks for two views")
    }

    /// The views of a method that asks for images of one pool.
    ///
    /// # Panics
    /// Where there are several.
    pub fn only(self) -> Vec<ViewBatch> {
        let [part] = <[_; 1]>::try_from(self.parts).expect("the method asks for images of one pool");
        part.views
    }

    /// The pixels of them, `[n, 3, side, side]` each, large views before small ones.
    ///
    /// # Panics
    /// Where there are images of several pools.
    pub fn views(self) -> Vec<Tensor<4>> {
        self.only().into_iter().map(|view| view.pixels).collect()
    }

    /// The classes of the first part's images, `[n]`.
    ///
    /// # Panics
    /// Where the method does not ask for them.
    pub fn labels(&self) -> Tensor<1> {
        self.parts[0].labels.clone().expect("the method asks for labels")
    }

    /// What a method is told that asked for `demand`: labels stay with those that asked for them.
    pub(crate) fn told(mut self, demand: &Demand) -> Self {
        for (part, asked) in self.parts.iter_mut().zip(&demand.parts) {
            part.labels = part.labels.take().filter(|_| asked.labels);
        }
        self
    }

    /// For a pass that is followed backward.
    pub fn followed(self) -> Self {
        let part = |part: BatchPart| BatchPart {
            views: part.views.into_iter().map(|view| view.map(Tensor::autodiff, Tensor::autodiff)).collect(),
            labels: part.labels.map(Tensor::autodiff),
        };
        Self { parts: self.parts.into_iter().map(part).collect() }
    }

    /// The same numbers in memory of their own.
    pub(crate) fn apart(&self) -> Self {
        let part = |part: &BatchPart| BatchPart {
            views: part.views.iter().map(|view| view.clone().map(copy, copy)).collect(),
            labels: part.labels.clone().map(copy),
        };
        Self { parts: self.parts.iter().map(part).collect() }
    }

    /// Writes the numbers of another batch, of the same shapes, to where these are.
    pub(crate) fn overwrite(&mut self, other: &Self) {
        for (mine, theirs) in self.parts.iter_mut().zip(&other.parts) {
            // All at once: a launch for each view would cost more than writing it.
            let pixels: Vec<Tensor<4>> = theirs.views.iter().map(|view| view.pixels.clone()).collect();
            let put = |view: &mut ViewBatch, pixels| std::mem::replace(&mut view.pixels, pixels);
            let mut there: Vec<Tensor<4>> =
                mine.views.iter_mut().zip(pixels.clone()).map(|(view, new)| put(view, new)).collect();
            many::overwrite(&mut there, &pixels);
            for ((mine, theirs), pixels) in mine.views.iter_mut().zip(&theirs.views).zip(there) {
                put(mine, pixels);
                if let (Some(mine), Some(theirs)) = (&mut mine.targets, &theirs.targets) {
                    overwrite(mine, theirs);
                }
            }
            if let (Some(mine), Some(theirs)) = (&mut mine.labels, &theirs.labels) {
                overwrite(mine, theirs);
            }
        }
    }
}

fn copy<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    many::apart(&[tensor]).remove(0)
}

fn overwrite<const D: usize>(mine: &mut Tensor<D>, theirs: &Tensor<D>) {
    many::overwrite(std::slice::from_mut(mine), std::slice::from_ref(theirs));
}

/// Labels as numbers on a device, `[n]`, -1 where nobody knows.
pub(crate) fn classes(labels: &[Label], device: &Device) -> Tensor<1> {
    let number = |label: &Label| if *label == UNLABELLED { -1.0 } else { f32::from(*label) };
    let numbers: Vec<f32> = labels.iter().map(number).collect();
    Tensor::from_data(TensorData::new(numbers, [labels.len()]), device)
}
