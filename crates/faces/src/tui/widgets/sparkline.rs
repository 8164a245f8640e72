//! A series as one row of eighth blocks.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A block for each value, from the lower end of a scale to the upper one, which series beside each other share.
pub fn sparkline(values: &[f64], [low, high]: [f64; 2]) -> String {
    let share = |value: &f64| ((value - low) / (high - low).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
    values.iter().map(|value| BLOCKS[(share(value) * 7.0).round() as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_spans_the_blocks() {
        let cases: [(&[f64], [f64; 2], &str); 4] = [
            (&[0.0, 3.5, 7.0], [0.0, 7.0], "▁▅█"),
            (&[6.0, 7.0], [0.0, 70.0], "▂▂"),
            (&[5.0, 5.0], [5.0, 5.0], "▁▁"),
            (&[], [0.0, 1.0], ""),
        ];
        for (values, scale, expected) in cases {
            assert_eq!(sparkline(values, scale), expected, "{values:?} on {scale:?}");
        }
    }

    #[test]
    fn what_lies_beyond_the_scale_stands_at_its_end() {
        assert_eq!(sparkline(&[-1.0, 9.0], [0.0, 1.0]), "▁█");
    }
}
