//! LeJEPA: views that meet, and SIGReg, which has their projections spread like a normal distribution.

use burn::tensor::{Int, Tensor};

use super::{mean_squared, square};
use crate::kernel::{mean_of_rows, rows_times_rows};
use byolab_values::plan::recipe::LejepaRecipe;

/// LeJEPA (section 5.1, the authors' minimal example): `(1 - lambda)` times the views' distance from their mean, and
/// `lambda` times SIGReg, the mean of both views.
///
/// # Shapes
/// `a` and `b` are `[n, d]`, `slices` directions of length 1, `[slices, d]`; the output is `[1]`.
pub fn lejepa(a: Tensor<2>, b: Tensor<2>, slices: &Tensor<2>, recipe: &LejepaRecipe) -> Tensor<1> {
    let [one, other] = [&a, &b].map(|view| sigreg(rows_times_rows(view.clone(), slices.clone()), recipe));
    // Both views are as far from their mean as half of what parts them.
    let apart = mean_squared(a, b) * 0.25;
    (one + other) * (0.5 * recipe.lambda) + apart * (1.0 - recipe.lambda)
}

/// SIGReg of projections along each slice, `[n, slices]`, the mean over slices: `[1]`. It is the statistic of Epps and Pulley:
/// n times the integral over all t of `|mean_i exp(i t x_i) - exp(-t^2 / 2)|^2 exp(-t^2 / 2)`, by the trapezoidal rule on
/// `knots` from 0 to `t_max`, twice, as both sides are alike.
fn sigreg(x: Tensor<2>, recipe: &LejepaRecipe) -> Tensor<1> {
    let ([n, slices], last) = (x.dims(), recipe.knots - 1);
    // Of each slice at each knot, `[1, slices knots]`, on the device: an upload would be read again by a recording.
    let knot = Tensor::<1, Int>::arange(0..recipe.knots as i64, &x.device()).float().cast(x.dtype());
    let knot = knot.reshape([1, 1, recipe.knots]).repeat_dim(1, slices).reshape([1, slices * recipe.knots]);
    let ends = knot.clone().equal_elem(0.0).float() + knot.clone().equal_elem(last as f64).float();
    let (spacing, t) = (recipe.t_max / last as f64, knot * (recipe.t_max / last as f64));
    let normal = (square(t.clone()) * -0.5).exp();
    let weight = (ends.cast(x.dtype()) * -1.0 + 2.0) * normal.clone() * (spacing * n as f64 / slices as f64);
    let turned = x.reshape([n, slices, 1]).repeat_dim(2, recipe.knots).reshape([n, slices * recipe.knots]) * t;
    let error = square(mean_of_rows(turned.clone().cos()) - normal) + square(mean_of_rows(turned.sin()));
    (error * weight).sum_dim(1).reshape([1])
}
