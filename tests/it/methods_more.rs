//! The methods of tests/reference/make_methods_more.py: their traces, and their losses beside the packages'.

use byolab::{
    engine::{burn::tensor::Tensor, learner::Learner, loss},
    plan::recipe::*,
};

use crate::{
    reference::{check_loss, leaf},
    support::Reference,
    trace::tensor,
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
        ("lejepa", MethodRecipe::Lejepa(lejepa())),
        (
            "nnclr",
            MethodRecipe::Nnclr(NnclrRecipe {
                queue: 32,
                projector_hidden: HIDDEN,
                projector_out: 16,
                predictor_hidden: HIDDEN,
                ..NnclrRecipe::default()
            }),
        ),
        (
            "swav",
            MethodRecipe::Swav(SwavRecipe {
                prototypes: 6,
                frozen_steps: 1,
                projector_hidden: HIDDEN,
                projector_out: 16,
                ..SwavRecipe::default()
            }),
        ),
    ]
}

fn lejepa() -> LejepaRecipe {
    LejepaRecipe { slices: 24, projector_hidden: HIDDEN, projector_out: 16, ..LejepaRecipe::default() }
}

/// Slices of a step as the reference has them, `[24, 16]`.
fn slices(file: &Reference, step: usize) -> Tensor<2> {
    tensor::<3>(file, "losses/slices").slice([step..step + 1, 0..16, 0..24]).reshape([16, 24]).transpose()
}

/// Puts the reference's slices of a step in the place of those that were drawn.
pub fn give_slices(file: &Reference, step: usize, learner: &mut Learner) {
    if matches!(learner.architecture.declaration().rows(), Some(KeptRows::Drawn(_))) {
        learner.state_mut().student.rows = Some(slices(file, step));
    }
}

/// Where a loss stops its gradient, the trace shows it; finite differences cannot.
pub fn is_differentiable(case: &str) -> bool {
    !["dclw", "swav"].contains(&case)
}

#[test]
fn losses_of_64_images_are_those_of_the_packages() {
    let file = Reference::read("methods_more");
    let decoupled = |weighting, gradient| move |a, b| loss::decoupled(a, b, &dcl(weighting, gradient));
    let whitened = |size, iterations, epsilon, normalize| {
        let recipe = WMseRecipe { whitening_epsilon: epsilon, normalize, ..w_mse(size, iterations, 0) };
        move |a, b| loss::w_mse(a, b, &recipe)
    };
    let [coarse, fine] = [0, 1].map(|step| slices(&file, step).autodiff());
    let finer = LejepaRecipe { lambda: 0.5, knots: 33, t_max: 5.0, ..lejepa() };
    type Loss = Box<dyn Fn(Tensor<2>, Tensor<2>) -> Tensor<1>>;
    let cases: Vec<(&str, usize, Loss)> = vec![
        ("dcl", 16, Box::new(decoupled(PairWeighting::None, true))),
        ("dclw", 16, Box::new(decoupled(PairWeighting::VonMisesFisher, false))),
        ("dclw_whole", 16, Box::new(decoupled(PairWeighting::VonMisesFisher, true))),
        ("w_mse_whole", 16, Box::new(whitened(64, 1, 0.0, true))),
        ("w_mse_groups", 16, Box::new(whitened(32, 1, 0.0, true))),
        ("w_mse_dealt", 8, Box::new(whitened(16, 4, 0.0, true))),
        ("w_mse_shrunk", 8, Box::new(whitened(16, 2, 0.1, true))),
        ("lejepa", 16, Box::new(move |a, b| loss::lejepa(a, b, &coarse, &lejepa()))),
        ("lejepa_finer", 16, Box::new(move |a, b| loss::lejepa(a, b, &fine, &finer))),
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

/// Slices go by seed and step alone: a resumed trial draws those of the steps to come, and one that was never stopped others at
/// each.
#[test]
fn slices_are_others_at_every_step_and_the_same_after_a_resume() {
    use byolab::engine::{state, values};
    let mut recipe = crate::engine::recipe("convnet", 2);
    recipe.method = MethodRecipe::Lejepa(lejepa());
    let device = crate::trace::device();
    let begun = |step: u64| {
        let mut learner = Learner::new(&recipe, 10, &device);
        learner.state_mut().optimizer.steps = step;
        let progress = state::TrialProgress { step, ..state::TrialProgress::default() };
        let mut resumed = Learner::new(&recipe, 10, &device);
        state::restore(&mut resumed, &state::save(&learner, &progress), &device).unwrap();
        resumed.begin_step(None);
        values(resumed.state().student.rows.clone().unwrap())
    };
    assert_eq!(begun(3), begun(3));
    assert_ne!(begun(3), begun(4));
}

/// What NNCLR remembers comes back bit for bit, the newest rows first.
#[test]
fn a_checkpoint_holds_what_nnclr_remembers() {
    use byolab::engine::{method::Batch, state, values};
    let mut recipe = crate::engine::recipe("convnet", 2);
    recipe.method = MethodRecipe::Nnclr(NnclrRecipe { queue: 16, projector_out: 8, ..NnclrRecipe::default() });
    let device = crate::trace::device();
    let mut learner = Learner::new(&recipe, 10, &device);
    let before = values(learner.state().student.rows.clone().unwrap());
    let views = tensor::<6>(&Reference::read("methods"), "views");
    let view = |at: usize| views.clone().slice([0..1, at..at + 1]).reshape([8, 3, 8, 8]);
    learner.accumulate(Batch::of([view(0), view(1)]));
    let after = values(learner.state().student.rows.clone().unwrap());
    assert_eq!(after[64..], before[..64], "eight old rows are left, behind eight new ones");
    let mut resumed = Learner::new(&recipe, 10, &device);
    let bytes = state::save(&learner, &state::TrialProgress::default());
    state::restore(&mut resumed, &bytes, &device).unwrap();
    assert_eq!(values(resumed.state().student.rows.clone().unwrap()), after);
}
