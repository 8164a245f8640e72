//! The minimum of a smooth convex function, by limited-memory BFGS (Nocedal and Wright 2006, algorithms 7.4 and 7.5).

use std::collections::VecDeque;

/// Pairs of steps that the curvature is remembered by.
const REMEMBERED: usize = 10;
/// Armijo's share of the decrease that the slope promises.
const DECREASE: f64 = 1e-4;
/// Halvings of a step before it is given up: by then its end is the same number in single precision.
const HALVINGS: usize = 30;

/// What a function is at a point, with its gradient.
pub struct Valued {
    /// The function.
    pub value: f64,
    /// Its gradient, as long as the point.
    pub gradient: Vec<f64>,
}

/// A step and how the gradient changed over it.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    product: f64,
}

/// Where `function` is smallest: from `start` on, until no part of the gradient is larger than `tolerance`, after `most`
/// steps, or where no step leads down any more.
pub fn minimum(function: impl Fn(&[f64]) -> Valued, start: Vec<f64>, tolerance: f64, most: usize) -> Vec<f64> {
    let (mut point, mut pairs) = (start, VecDeque::<Pair>::new());
    let mut here = function(&point);
    for _ in 0..most {
        if here.gradient.iter().all(|part| part.abs() <= tolerance) {
            break;
        }
        let direction = direction(&here.gradient, &pairs);
        let Some((next, there)) = searched(&function, &point, &here, &direction) else {
            // What is remembered may be stale where numbers are rounded: downhill is tried before giving up.
            if pairs.is_empty() {
                break;
            }
            pairs.clear();
            continue;
        };
        remember(&mut pairs, difference(&next, &point), difference(&there.gradient, &here.gradient));
        (point, here) = (next, there);
    }
    point
}

/// Downhill, in the coordinates of the curvature that is remembered (the two loops).
fn direction(gradient: &[f64], pairs: &VecDeque<Pair>) -> Vec<f64> {
    let mut down: Vec<f64> = gradient.iter().map(|part| -part).collect();
    let mut shares = Vec::with_capacity(pairs.len());
    for pair in pairs.iter().rev() {
        let share = dot(&pair.step, &down) / pair.product;
        add(&mut down, -share, &pair.change);
        shares.push(share);
    }
    let scale = match pairs.back() {
        Some(last) => last.product / dot(&last.change, &last.change),
        None => 1.0 / dot(gradient, gradient).sqrt().max(1.0),
    };
    down.iter_mut().for_each(|part| *part *= scale);
    for (pair, share) in pairs.iter().zip(shares.into_iter().rev()) {
        let back = dot(&pair.change, &down) / pair.product;
        add(&mut down, share - back, &pair.step);
    }
    down
}

/// The first of the whole, half, quarter, .. step that leads down as far as the slope promises.
fn searched(
    function: impl Fn(&[f64]) -> Valued,
    point: &[f64],
    here: &Valued,
    direction: &[f64],
) -> Option<(Vec<f64>, Valued)> {
    let slope = dot(&here.gradient, direction);
    if slope >= 0.0 {
        return None;
    }
    let ends = (0..HALVINGS as i32).map(|halvings| 0.5f64.powi(halvings));
    let tried = ends.map(|length| {
        let mut end = point.to_vec();
        add(&mut end, length, direction);
        let there = function(&end);
        (there.value <= here.value + DECREASE * length * slope).then_some((end, there))
    });
    tried.into_iter().flatten().next()
}

/// Keeps what says something about the curvature: along a step of a convex function the slope rises.
fn remember(pairs: &mut VecDeque<Pair>, step: Vec<f64>, change: Vec<f64>) {
    let product = dot(&step, &change);
    if product <= 1e-10 * dot(&step, &step) {
        return;
    }
    if pairs.len() == REMEMBERED {
        pairs.pop_front();
    }
    pairs.push_back(Pair { step, change, product });
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn add(to: &mut [f64], share: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += share * what);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bowl that is 10,000 times as steep one way as the other, its bottom at (1, 2).
    fn bowl(x: &[f64]) -> Valued {
        let [a, b] = [x[0] - 1.0, x[1] - 2.0];
        Valued { value: a * a + 1e4 * b * b, gradient: vec![2.0 * a, 2e4 * b] }
    }

    #[test]
    fn the_bottom_of_a_narrow_bowl_is_found() {
        let found = minimum(bowl, vec![-30.0, 40.0], 1e-9, 100);
        assert!((found[0] - 1.0).abs() < 1e-8 && (found[1] - 2.0).abs() < 1e-8, "{found:?}");
    }

    #[test]
    fn where_nothing_leads_down_it_stays() {
        assert_eq!(minimum(bowl, vec![1.0, 2.0], 1e-9, 100), [1.0, 2.0]);
        let flat = |x: &[f64]| Valued { value: 3.0, gradient: vec![0.0; x.len()] };
        assert_eq!(minimum(flat, vec![5.0], 0.0, 10), [5.0]);
    }
}
