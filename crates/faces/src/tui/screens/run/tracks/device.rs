//! What the device was doing, in tracks: the card where there is one, then the process.

use super::{Track, series, value};
use crate::tui::{screens::run::shown::ShownTrial, theme::Tone, widgets::text::Text};
use byolab_store::chart::{
    Metric,
    metric::{self, GIBIBYTE, bytes},
};

/// The tracks for which something was recorded, their numbers those at the crosshair.
pub fn tracks(members: &[ShownTrial], crosshair: Option<u64>, place: impl Fn(u64) -> f64) -> Vec<Track> {
    let now = |metric: Metric| value(series(members, metric)?, crosshair);
    let share = |metric: Metric| now(metric).map(|share| format!("{} %", metric.show(share)));
    let of_all = |used: f64| match now(metric::CARD_MEMORY_TOTAL) {
        Some(all) => format!("{:.1}/{:.0} GiB", used / GIBIBYTE, all / GIBIBYTE),
        None => bytes(used),
    };
    let power = now(metric::CARD_POWER).map(|watts| format!("{watts:.0} W"));
    let temperature = now(metric::CARD_TEMPERATURE).map(|degrees| format!("{degrees:.0} °C"));
    let numbers = [
        (metric::CARD_BUSY, share(metric::CARD_BUSY)),
        (metric::CARD_MEMORY, now(metric::CARD_MEMORY).map(of_all)),
        (metric::CARD_POWER, power.into_iter().chain(temperature).reduce(|power, rest| format!("{power} {rest}"))),
        (metric::PROCESS_CPU, share(metric::PROCESS_CPU)),
        (metric::PROCESS_MEMORY, now(metric::PROCESS_MEMORY).map(bytes)),
    ];
    let track = |(metric, words): (Metric, Option<String>)| {
        // Watts and degrees name themselves.
        let title = if metric == metric::CARD_POWER { Text::default() } else { Text::dim(metric.title) };
        let points = series(members, metric)?;
        let all = match metric {
            _ if metric.is_share() => 1.0,
            metric::CARD_MEMORY => now(metric::CARD_MEMORY_TOTAL).unwrap_or(0.0),
            _ => 0.0,
        };
        let most = points.iter().map(|point| point.1).fold(all, f64::max);
        Some(Track::new(title.then(words.unwrap_or_default(), Tone::Plain), points, [0.0, most], &place))
    };
    numbers.into_iter().filter_map(track).collect()
}
