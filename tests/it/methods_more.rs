//! The methods of tests/reference/make_methods_more.py: their traces, and their losses beside the packages'.

use byolab::{
    engine::{burn::tensor::Tensor, loss},
    plan::recipe::*,
};

use crate::{
    reference::{check_loss, leaf},
    support::Reference,
};

const HIDDEN: usize = 24;

fn dcl(weighting: PairWeighting, weight_gradient: bool) -> DclRecipe {
    let temperature = if weighting == PairWeighting::None { 0.1 } else { 0.2 };
    let heads = DclRecipe { projector_hidden: HIDDEN, projector_out: 16, ..DclRecipe::default() };
    DclRecipe { temperature, weighting, weight_gradient, ..heads }
}

fn w_mse(whitening_size: usize, whitening_iterations: usize, projector_out: usize) -> WMseRecipe {
    let usual = WMseRecipe::default();
    WMseRecipe { whitening_size, whitening_iterations, projector_out, projector_hidden: HIDDEN, ..usual }
}

/// Every trace by its name in the reference.
pub fn cases() -> Vec<(&'static str, MethodRecipe)> {
    vec![
        ("dcl", MethodRecipe::Dcl(dcl(PairWeighting::None, true))),
        ("dclw", MethodRecipe::Dcl(dcl(PairWeighting::VonMisesFisher, false))),
        ("dclw_whole", MethodRecipe::Dcl(dcl(PairWeighting::VonMisesFisher, true))),
        ("w_mse", MethodRecipe::WMse(w_mse(8, 1, 4))),
        ("w_mse_dealt", MethodRecipe::WMse(w_mse(4, 2, 2))),
        (
            "moco_v3",
            MethodRecipe::MocoV3(MocoV3Recipe {
                target_decay: 0.9,
                temperature: 0.2,
                projector_hidden: HIDDEN,
                projector_out: 16,
                predictor_hidden: HIDDEN,
                ..MocoV3Recipe::default()
            }),
        ),
    ]
}

/// Where a loss stops its gradient, the trace shows it; finite differences cannot.
pub fn is_differentiable(case: &str) -> bool {
    case != "dclw"
}

#[test]
fn losses_of_64_images_are_those_of_the_packages() {
    let file = Reference::read("methods_more");
    let decoupled = |weighting, gradient| move |a, b| loss::decoupled(a, b, &dcl(weighting, gradient));
    let whitened = |size, iterations, epsilon, normalize| {
        let recipe = WMseRecipe { whitening_epsilon: epsilon, normalize, ..w_mse(size, iterations, 0) };
        move |a, b| loss::w_mse(a, b, &recipe)
    };
    type Loss = Box<dyn Fn(Tensor<2>, Tensor<2>) -> Tensor<1>>;
    let cases: Vec<(&str, usize, Loss)> = vec![
        ("dcl", 16, Box::new(decoupled(PairWeighting::None, true))),
        ("dclw", 16, Box::new(decoupled(PairWeighting::VonMisesFisher, false))),
        ("dclw_whole", 16, Box::new(decoupled(PairWeighting::VonMisesFisher, true))),
        ("w_mse_whole", 16, Box::new(whitened(64, 1, 0.0, true))),
        ("w_mse_groups", 16, Box::new(whitened(32, 1, 0.0, true))),
        ("w_mse_dealt", 8, Box::new(whitened(16, 4, 0.0, true))),
        ("w_mse_shrunk", 8, Box::new(whitened(16, 2, 0.1, true))),
        ("w_mse_plain", 16, Box::new(whitened(64, 1, 0.0, false))),
    ];
    for (case, width, loss) in cases {
        let [a, b] = ["a", "b"].map(|rows| leaf(&file, &format!("losses/{width}/{rows}")));
        let case = format!("losses/{case}");
        check_loss(&case, loss(a.clone(), b.clone()), &file, &[("grad_a", &a), ("grad_b", &b)]);
    }
}

/// What is whitened has no mean, and the identity as its covariance.
#[test]
fn whitened_rows_have_the_covariance_of_the_identity() {
    use byolab::engine::values;
    let rows = leaf(&Reference::read("methods_more"), "losses/16/a").inner();
    let white = loss::whitened(vec![rows], 0.0).remove(0);
    let covariance = values(white.clone().transpose().matmul(white) / 63.0);
    for (index, found) in covariance.iter().enumerate() {
        let expected = f32::from(u8::from(index % 17 == 0));
        assert!((found - expected).abs() < 1e-4, "{index}: {found}");
    }
}
