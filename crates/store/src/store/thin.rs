//! Series that are only drawn need few of their points: of those that share a column of a chart, the lowest and the
//! highest, so that a spike of one step is seen however narrow the chart. Thinned while it reads, a reader of many long
//! runs has room for all of them.

/// Columns of a run: more than a chart on a terminal has dots across.
const COLUMNS: u64 = 512;

/// Steps that share a column in a run of so many.
pub fn width(steps: u64) -> u64 {
    (steps / COLUMNS).max(1)
}

/// Adds a point to a series. Of each column the lowest and the highest point stay, and the newest point of all.
pub fn push<X: Copy>(points: &mut Vec<(X, f64)>, point: (X, f64), column: impl Fn(X) -> u64) {
    if let [.., a, b, c] = points[..]
        && column(a.0) == column(c.0)
    {
        let mut by_value = [a.1, b.1, c.1];
        by_value.sort_by(f64::total_cmp);
        let middle = [a, b, c].iter().position(|point| point.1.total_cmp(&by_value[1]).is_eq());
        points.remove(points.len() - 3 + middle.expect("it is one of them"));
    }
    points.push(point);
}

/// The points of a series that a chart shows, all of them where they are few. Their places ascend.
pub fn thin(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) else { return points };
    if points.len() as u64 <= 2 * COLUMNS {
        return points;
    }
    let (first, width) = (*first, (last - first) / COLUMNS as f64);
    let mut few = Vec::new();
    points.into_iter().for_each(|point| push(&mut few, point, |x| ((x - first) / width) as u64));
    few
}

/// A value for each of some columns, of points whose places ascend: the value in force there, and where several
/// points share a column the one that is furthest from what was in force before, so that a spike is seen. The first
/// column shows the first point and the last column the newest.
pub fn course(points: &[(f64, f64)], columns: usize) -> Vec<f64> {
    let points: Vec<(f64, f64)> = points.iter().copied().filter(|point| point.1.is_finite()).collect();
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    if columns < 2 {
        return vec![last.1; columns];
    }
    let inner = columns - 2;
    let share = |place: f64| (place - first.0) / (last.0 - first.0).max(f64::MIN_POSITIVE);
    let column = |point: &(f64, f64)| (share(point.0) * inner as f64) as usize;
    let (mut course, mut rest, mut force) = (vec![first.1], &points[1..points.len().max(2) - 1], first.1);
    for here in 0..inner {
        let (these, after) = rest.split_at(rest.partition_point(|point| column(point) <= here));
        let far = |point: &&(f64, f64)| (point.1 - force).abs();
        let shown = these.iter().max_by(|a, b| far(a).total_cmp(&far(b))).map_or(force, |point| point.1);
        force = these.last().map_or(force, |point| point.1);
        course.push(shown);
        rest = after;
    }
    course.push(last.1);
    course
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thinned(steps: u64, value: impl Fn(u64) -> f64) -> Vec<(u64, f64)> {
        let mut points = Vec::new();
        (1..=steps).for_each(|step| push(&mut points, (step, value(step)), |step| step / width(steps)));
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

    #[test]
    fn a_spike_of_one_step_stays_in_what_a_chart_shows() {
        let points = |steps: u64| (0..steps).map(|step| (step as f64, if step == 7 { 9.0 } else { 0.5 })).collect();
        for steps in [10, 1_000, 5_000, 100_000] {
            let few = thin(points(steps));
            assert!(few.len() <= 3 * COLUMNS as usize, "{steps}: {}", few.len());
            assert!(few.contains(&(7.0, 9.0)), "{steps}");
            assert_eq!(few.last(), Some(&((steps - 1) as f64, 0.5)), "{steps}");
        }
        assert_eq!(thin(Vec::new()), []);
    }

    #[test]
    fn a_course_begins_and_ends_with_the_series_and_keeps_its_spikes() {
        let steps = |values: &[f64]| values.iter().zip(0u32..).map(|(y, x)| (f64::from(x), *y)).collect::<Vec<_>>();
        let cases: [(&[f64], usize, &[f64]); 6] = [
            (&[1.0, 2.0, 3.0, 4.0], 4, &[1.0, 2.0, 3.0, 4.0]),
            (&[1.0, 1.0, 9.0, 1.0, 1.0, 1.0, 1.0, 2.0], 4, &[1.0, 9.0, 1.0, 2.0]),
            (&[1.0, 5.0], 4, &[1.0, 1.0, 1.0, 5.0]),
            (&[1.0, f64::NAN, 5.0], 2, &[1.0, 5.0]),
            (&[1.0], 3, &[1.0, 1.0, 1.0]),
            (&[], 3, &[]),
        ];
        for (values, columns, expected) in cases {
            assert_eq!(course(&steps(values), columns), expected, "{values:?} in {columns} columns");
        }
    }
}
