//! How a series is told from the others: by hue, by stroke and by mark, so that each alone suffices.

/// The look of a series; faces choose the colours behind `hue` and the shapes behind the marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pen {
    /// Place in the palette.
    pub hue: usize,
    /// Dashed line and hollow marks (contrastive methods) against solid line and filled marks.
    pub dashed: bool,
}

/// One pen for each of the series, given by their methods' names. BYOL has the first hue and SimCLR the second, whatever
/// the order; a method that comes a second time, and any other method, takes the next free one.
pub fn pens<'a>(methods: impl IntoIterator<Item = &'a str>) -> Vec<Pen> {
    let mut taken = Vec::new();
    let pen = |method: &str| {
        let own = OWN.iter().position(|name| method.starts_with(name)).filter(|hue| !taken.contains(hue));
        let free = (OWN.len()..).find(|hue| !taken.contains(hue));
        let hue = own.or(free).expect("there is always a number that is not taken");
        taken.push(hue);
        Pen { hue, dashed: is_contrastive(method) }
    };
    methods.into_iter().map(pen).collect()
}

/// Methods with a hue of their own.
const OWN: [&str; 2] = ["byol", "simclr"];

fn is_contrastive(method: &str) -> bool {
    method.starts_with("simclr") || method.starts_with("moco")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(methods: &[&str], expected: &[(usize, bool)]) {
        let pens: Vec<_> = pens(methods.iter().copied()).iter().map(|pen| (pen.hue, pen.dashed)).collect();
        assert_eq!(pens, expected);
    }

    #[test]
    fn a_method_keeps_its_hue_whatever_the_order() {
        check(&["byol", "simclr"], &[(0, false), (1, true)]);
        check(&["simclr", "byol"], &[(1, true), (0, false)]);
        check(&["simclr"], &[(1, true)]);
    }

    #[test]
    fn variants_of_a_method_differ_in_hue() {
        check(&["byol", "byol", "simclr", "byol"], &[(0, false), (2, false), (1, true), (3, false)]);
    }

    #[test]
    fn other_methods_take_the_free_hues() {
        check(&["vicreg", "byol"], &[(2, false), (0, false)]);
    }
}
