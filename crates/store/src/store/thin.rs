//! Series that are only drawn need few of their points: of the steps that share a column of a chart, the lowest and the
//! highest. Thinned while it reads, a reader of many long runs has room for all of them.

/// Columns of a run: more than a chart on a terminal has dots across.
const COLUMNS: u64 = 512;

/// Steps that share a column in a run of so many.
pub fn width(steps: u64) -> u64 {
    (steps / COLUMNS).max(1)
}

/// Adds a point to a series. Of each column the lowest and the highest point stay, and the newest point of all.
pub fn push(points: &mut Vec<(u64, f64)>, point: (u64, f64), width: u64) {
    if let [.., a, b, c] = points[..]
        && a.0 / width == c.0 / width
    {
        let mut by_value = [a, b, c];
        by_value.sort_by(|a, b| a.1.total_cmp(&b.1));
        let middle = [a, b, c].iter().position(|point| *point == by_value[1]).expect("it is one of them");
        points.remove(points.len() - 3 + middle);
    }
    points.push(point);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thinned(steps: u64, value: impl Fn(u64) -> f64) -> Vec<(u64, f64)> {
        let mut points = Vec::new();
        (1..=steps).for_each(|step| push(&mut points, (step, value(step)), width(steps)));
        points
    }

    #[test]
    fn a_short_series_keeps_every_point() {
        assert_eq!(thinned(1000, |step| step as f64).len(), 1000);
    }

    #[test]
    fn a_long_series_keeps_its_ends_and_every_peak() {
        let peak = |step: u64| if step.is_multiple_of(10_007) { 9.0 } else { (step % 100) as f64 / 100.0 };
        let points = thinned(100_000, peak);
        assert!(points.len() <= 2 * COLUMNS as usize + 4, "{}", points.len());
        assert!(points.is_sorted_by_key(|point| point.0));
        assert_eq!(points.last(), Some(&(100_000, peak(100_000))));
        assert_eq!(points.iter().filter(|point| point.1 == 9.0).count(), 9);
        let columns = points.chunk_by(|a, b| a.0 / width(100_000) == b.0 / width(100_000));
        assert!(columns.clone().all(|column| column.len() > 1 && column.iter().any(|point| point.1 == 0.0)));
    }
}
