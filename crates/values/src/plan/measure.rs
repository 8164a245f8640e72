//! How a drop is measured. A method that stands higher has more to lose, so that points lost say how high it stood as much
//! as how robust it is.

use serde::{Deserialize, Serialize};

use super::catalog::{Better, METRICS, Metric};

/// What of a drop from the baseline is compared between two methods. All of them are greater for whoever loses less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Value here minus value at the baseline.
    #[default]
    Absolute,
    /// Value here as a share of the value at the baseline.
    Relative,
    /// What is left here of what learning added to the untrained encoder at the baseline, as a share.
    Kept,
    /// Logit of the value here minus logit of the value at the baseline, by the natural logarithm.
    LogOdds,
    /// Value here minus value at the baseline, at the share of training at which the baseline's curve first reaches the height at
    /// which the lower of both methods ends.
    EqualHeight,
}

impl Measure {
    /// All of them, the default first.
    pub const ALL: [Self; 5] = [Self::Absolute, Self::Relative, Self::Kept, Self::LogOdds, Self::EqualHeight];

    /// As a file names them, in the same order.
    pub const NAMES: [&str; 5] = ["absolute", "relative", "kept", "log-odds", "equal-height"];

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        let place = Self::NAMES.iter().position(|known| *known == name)?;
        Some(Self::ALL[place])
    }

    /// As a file names it.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// What it measures, in a line.
    pub fn line(self) -> &'static str {
        match self {
            Self::Absolute => "points lost from the baseline",
            Self::Relative => "the share kept of the baseline's value",
            Self::Kept => "the share kept of what learning added to the untrained encoder",
            Self::LogOdds => "the change of log(p / (1 - p))",
            Self::EqualHeight => {
                "points lost where the baseline's curve over training first reaches the end of the lower method's"
            }
        }
    }

    /// Whether drops of `metric` can be so measured: shares and odds are of accuracies, a gain needs the untrained encoder's, and
    /// of accuracies only k-NN's is measured while training goes on.
    pub fn suits(self, metric: &Metric) -> bool {
        let is_accuracy = metric.unit == "share" && metric.better == Better::Higher;
        match self {
            Self::Absolute => true,
            Self::Relative | Self::LogOdds => is_accuracy,
            Self::Kept => is_accuracy && metric.probe,
            Self::EqualHeight => metric.name == "knn.top1",
        }
    }

    /// The metrics of which drops can be so measured.
    pub fn metrics(self) -> Vec<&'static str> {
        METRICS.iter().filter(|metric| self.suits(metric)).map(|metric| metric.name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_json() {
        for (measure, name) in Measure::ALL.into_iter().zip(Measure::NAMES) {
            assert_eq!((Measure::named(name), measure.name()), (Some(measure), name));
            assert_eq!(serde_json::to_value(measure).unwrap(), name);
        }
        assert_eq!(Measure::named("half"), None);
    }

    #[test]
    fn measures_ask_for_metrics_that_they_can_be_made_of() {
        let kept = Measure::Kept.metrics();
        assert!(["knn.top1", "stage1.top1", "factor.shape"].iter().all(|name| kept.contains(name)), "{kept:?}");
        assert!(!kept.contains(&"test.knn.top1"));
        assert_eq!(Measure::EqualHeight.metrics(), ["knn.top1"]);
        assert!(Measure::LogOdds.metrics().contains(&"test.linear.top1"));
        assert!(!Measure::Relative.metrics().contains(&"loss"));
    }
}
