//! How well masks and boxes lie on each other: mean IoU, and average precision as COCO has it.

/// How many pixels of each class were told as which: `[truth][told]`.
pub struct Confusion(Vec<Vec<u64>>);

impl Confusion {
    /// Of so many classes, nothing told yet.
    pub fn of(classes: usize) -> Self {
        Self(vec![vec![0; classes]; classes])
    }

    /// Counts the pixels of a mask.
    pub fn add(&mut self, truth: &[u8], told: &[u8]) {
        for (truth, told) in truth.iter().zip(told) {
            self.0[usize::from(*truth)][usize::from(*told)] += 1;
        }
    }

    /// The mean over the classes of what both have by what one of them has; a class that is neither there nor told is left out, as
    /// in torchmetrics' Jaccard index.
    pub fn mean_iou(&self) -> f64 {
        let of_class = |class: usize| {
            let both = self.0[class][class];
            let truth: u64 = self.0[class].iter().sum();
            let told: u64 = self.0.iter().map(|row| row[class]).sum();
            (truth + told > 0).then(|| both as f64 / (truth + told - both) as f64)
        };
        let known: Vec<f64> = (0..self.0.len()).filter_map(of_class).collect();
        known.iter().sum::<f64>() / known.len().max(1) as f64
    }
}

/// Left, top, right and bottom.
pub type Bounds = [f32; 4];

/// What both boxes cover by what one of them does.
pub fn iou(a: &Bounds, b: &Bounds) -> f32 {
    let side = |low: f32, high: f32| (high - low).max(0.0);
    let area = |x: &Bounds| side(x[0], x[2]) * side(x[1], x[3]);
    let both = side(a[0].max(b[0]), a[2].min(b[2])) * side(a[1].max(b[1]), a[3].min(b[3]));
    let either = area(a) + area(b) - both;
    if either > 0.0 { both / either } else { 0.0 }
}

/// A box that is claimed to hold something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Where.
    pub bounds: Bounds,
    /// Of what class.
    pub class: usize,
    /// How sure that is.
    pub score: f32,
}

/// Of boxes of one class that overlap by half or more, the surest; the surest first, `most` at most.
pub fn suppressed(mut found: Vec<Detection>, most: usize) -> Vec<Detection> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Detection> = Vec::new();
    for box_ in found {
        let is_new = kept.iter().all(|other| other.class != box_.class || iou(&other.bounds, &box_.bounds) < 0.5);
        if is_new && kept.len() < most {
            kept.push(box_);
        }
    }
    kept
}

/// Average precision of boxes that overlap the truth by half, the mean over the classes that are there (Everingham et al. 2010 by COCO's
/// rules: each truth is found once, by the surest; precision at 101 recalls, the best of what follows). `truth` and `found` are one
/// list for each image.
pub fn average_precision(truth: &[Vec<(usize, Bounds)>], found: &[Vec<Detection>], classes: usize) -> f64 {
    let known = (0..classes).filter_map(|class| precision_of(class, truth, found));
    let known: Vec<f64> = known.collect();
    known.iter().sum::<f64>() / known.len().max(1) as f64
}

fn precision_of(class: usize, truth: &[Vec<(usize, Bounds)>], found: &[Vec<Detection>]) -> Option<f64> {
    let there: usize = truth.iter().flatten().filter(|(known, _)| *known == class).count();
    if there == 0 {
        return None;
    }
    let mut told: Vec<(f32, bool)> = Vec::new();
    for (truth, found) in truth.iter().zip(found) {
        let truth: Vec<&Bounds> = truth.iter().filter(|(known, _)| *known == class).map(|(_, bounds)| bounds).collect();
        let mut own: Vec<&Detection> = found.iter().filter(|detection| detection.class == class).collect();
        own.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut taken = vec![false; truth.len()];
        for detection in own {
            let overlaps = truth.iter().enumerate().filter(|(place, _)| !taken[*place]);
            let overlaps = overlaps.map(|(place, bounds)| (place, iou(bounds, &detection.bounds)));
            let best = overlaps.filter(|(_, iou)| *iou >= 0.5).max_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((place, _)) = best {
                taken[place] = true;
            }
            told.push((detection.score, best.is_some()));
        }
    }
    told.sort_by(|a, b| b.0.total_cmp(&a.0));
    Some(under(&told, there))
}

/// The mean of the precision at recalls 0, 0.01, .., 1; `told` are the answers, the surest first, and whether each is right.
fn under(told: &[(f32, bool)], there: usize) -> f64 {
    let mut right = 0;
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(told.len());
    for (place, (_, is_right)) in told.iter().enumerate() {
        right += usize::from(*is_right);
        points.push((right as f64 / there as f64, right as f64 / (place + 1) as f64));
    }
    // What follows may be more precise: then that holds here too.
    for place in (1..points.len()).rev() {
        points[place - 1].1 = points[place - 1].1.max(points[place].1);
    }
    let at = |recall: f64| points.iter().find(|(reached, _)| *reached >= recall).map_or(0.0, |point| point.1);
    (0..=100).map(|recall| at(f64::from(recall) / 100.0)).sum::<f64>() / 101.0
}
