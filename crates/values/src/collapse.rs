//! When a network maps all images to nearly the same point: the one place that says so, for the engine that raises the
//! alarm and for whoever reads numbers that were recorded without one.
//!
//! What the limits were chosen by: the lowest and highest of all records of `smoke` and `methods` (seed 0, six epochs),
//! of untrained encoders on CIFAR-10, and of recipes that are meant to collapse, on the CPU; spreads as shares of a
//! healthy one, 1 / sqrt(width).
//!
//! | network | projections: spread | rank | features: spread | rank |
//! |---|---|---|---|---|
//! | untrained convnet of width 4, 16, 64 | | | 0.19, 0.29, 0.21 | 8.3, 37, 71 |
//! | untrained ResNet-18 of width 8, 64, ResNet-50 of width 16 | | | 0.10, 0.10, 0.06 | 9.6, 44, 13 |
//! | BYOL | 0.69 to 0.84 | 8.0 to 26 | 0.52 to 0.63 | 34 to 55 |
//! | SimCLR, with a target too | 0.33 to 0.95 | 8.1 to 23 | 0.35 to 0.67 | 25 to 56 |
//! | SimCLR v2 behind a layer of its head, SimSiam | 0.91 to 1.00 | 11 to 44 | 0.19 to 0.67 | 13 to 66 |
//! | MoCo in `methods` | 0.22 to 0.47 | 5.3 to 17 | 0.57 to 0.60 | 52 to 55 |
//! | Barlow Twins | 0.60 to 0.94 | 3.7 to 15 | 0.28 to 0.60 | 6.0 to 20 |
//! | VICReg | 0.68 to 0.90 | 13 to 29 | 0.29 to 0.68 | 14 to 58 |
//! | supervised, ten logits | 0.43 to 0.79 | 4.3 to 7.7 | 0.51 to 0.64 | 46 to 66 |
//! | VICReg without variance, 128 steps: not yet | 0.46 to 0.78 | 9.1 to 25 | 0.37 to 0.67 | 8.8 to 14 |
//! | **collapsed**: BYOL of target decay 0 without predictor, at its end | 0.04 | 2.2 | 0.64 | 36 |
//! | **collapsed**: MoCo in `smoke` (its loss is that of equal keys), at its end | 0.04 | 1.5 | 0.60 | 52 |
//! | **collapsed**: BYOL and SimCLR at a learning rate of 10,000 | 0.05 to 0.36 | 1.7 to 3.2 | 4e-7 to 1.5e-3 | 1.02 to 1.07 |
//!
//! So features of an untrained encoder may lie ten times closer than healthy ones, and each part has a share of its
//! own; projections collapse while features do not, and features while projections, normalised again, look well.

use std::fmt;

use crate::protocol::AlarmKind;

/// What has collapsed, or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Representation {
    /// The student's projections of view 1 of a micro-batch.
    Projections,
    /// The frozen features of held-out images.
    Features,
}

/// How rows fill their space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The mean standard deviation of each channel of normalised rows (Chen and He 2021, section 4.1).
    pub std: f64,
    /// RankMe (Garrido et al. 2023, equation 1); none where it is not known, or there were too few rows or channels to
    /// say anything (see [`FEWEST`]).
    pub rank: Option<f64>,
    /// Channels.
    pub width: usize,
}

/// With fewer rows or channels a low rank is no sign: two classes' logits lie on one line, and so they should.
pub const FEWEST: usize = 8;

/// Below this rank rows vary along one direction, or not at all.
pub const LOWEST_RANK: f64 = 2.0;

impl Representation {
    /// Below this share of 1 / sqrt(width) the spread is that of one point.
    pub fn lowest_share(self) -> f64 {
        match self {
            Self::Projections => 0.1,
            Self::Features => 0.01,
        }
    }

    fn kinds(self) -> [AlarmKind; 2] {
        match self {
            Self::Projections => [AlarmKind::ProjectionSpread, AlarmKind::ProjectionRank],
            Self::Features => [AlarmKind::FeatureSpread, AlarmKind::FeatureRank],
        }
    }

    /// What `spread` says of a collapse: its kinds with the reason in words; nothing where there is none. What is not a
    /// number has collapsed.
    pub fn collapse(self, spread: &Spread) -> Vec<(AlarmKind, String)> {
        let [by_spread, by_rank] = self.kinds();
        let healthy = 1.0 / (spread.width as f64).sqrt();
        let std = is_below(spread.std, self.lowest_share() * healthy).then(|| {
            let found = spread.std;
            (by_spread, format!("collapse: the {self}' spread is {found:.1e}, a healthy one is near {healthy:.3}"))
        });
        let rank = spread.rank.filter(|rank| is_below(*rank, LOWEST_RANK)).map(|rank| {
            let most = spread.width;
            (by_rank, format!("collapse: the {self}' effective rank is {rank:.2} of at most {most}"))
        });
        std.into_iter().chain(rank).collect()
    }

    /// What helps.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Projections => {
                "all images are mapped to nearly the same point: do not average this trial with healthy ones; give back \
                 what holds them apart (predictor, target, negatives, variance), or lower optimizer.lr"
            }
            Self::Features => {
                "the encoder tells images no longer apart, whatever its projections look like: do not average this \
                 trial with healthy ones; lower optimizer.lr or lengthen train.warmup_epochs"
            }
        }
    }
}

impl fmt::Display for Representation {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Projections => "projections",
            Self::Features => "features",
        })
    }
}

fn is_below(value: f64, lowest: f64) -> bool {
    value.is_nan() || value < lowest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(part: Representation, std: f64, rank: Option<f64>, width: usize) -> Vec<AlarmKind> {
        part.collapse(&Spread { std, rank, width }).into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn what_was_measured_is_told_for_what_it_is() {
        use AlarmKind::*;
        for (part, std, rank, width, expected) in [
            // Trained and untrained encoders of the table above.
            (Representation::Features, 0.0554, Some(34.3), 128, vec![]),
            (Representation::Features, 0.0168, Some(13.0), 128, vec![]),
            (Representation::Features, 0.0248, Some(5.98), 128, vec![]),
            (Representation::Features, 0.00941, Some(71.4), 512, vec![]),
            (Representation::Projections, 0.0442, Some(20.0), 64, vec![]),
            // Blown up, and a BYOL without predictor whose target is its student.
            (Representation::Features, 1.33e-4, Some(1.07), 128, vec![FeatureSpread, FeatureRank]),
            (Representation::Features, 4e-8, Some(1.03), 128, vec![FeatureSpread, FeatureRank]),
            (Representation::Projections, 1.1e-2, None, 64, vec![ProjectionSpread]),
            (Representation::Projections, 0.1, Some(1.05), 64, vec![ProjectionRank]),
            // What cannot be computed is no health.
            (Representation::Features, f64::NAN, Some(0.0), 128, vec![FeatureSpread, FeatureRank]),
            (Representation::Projections, f64::NAN, Some(f64::NAN), 128, vec![ProjectionSpread, ProjectionRank]),
        ] {
            assert_eq!(kinds(part, std, rank, width), expected, "{part} {std} {rank:?}");
        }
    }

    #[test]
    fn the_reason_names_the_number_and_a_healthy_one() {
        let told = Representation::Features.collapse(&Spread { std: 1e-7, rank: Some(1.04), width: 128 });
        let texts: Vec<&str> = told.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "collapse: the features' spread is 1.0e-7, a healthy one is near 0.088",
                "collapse: the features' effective rank is 1.04 of at most 128"
            ]
        );
    }
}
