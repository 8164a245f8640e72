//! Operations of our own against burn's composed ones, forward and backward.

use byolab::engine::burn::tensor::{Device, Tensor, TensorData, activation::relu, module, ops::ConvOptions};
use byolab::{
    engine::{
        device::Opened,
        kernel::{self, After, Maps, Order},
        values,
    },
    plan::streams::{Draws, Stream},
};

use crate::support::{assert_close, vulkan};

fn noise<const D: usize>(key: u64, shape: [usize; D]) -> Tensor<D> {
    noise_on(&Device::flex(), key, shape)
}

fn noise_on<const D: usize>(device: &Device, key: u64, shape: [usize; D]) -> Tensor<D> {
    let mut draws = Draws::new(key, Stream::Probe, 0, 0, 0);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| draws.normal()).collect();
    Tensor::from_data(TensorData::new(values, shape), device).autodiff().require_grad()
}

/// Output and gradients of a weighted sum of it, so that no gradient is trivially 1.
fn outcome<const D: usize>(y: Tensor<D>, leaves: &[(&str, Gradient)]) -> Vec<(String, Vec<f32>)> {
    let weight = noise_on(&y.device().inner(), 99, y.dims()).inner().autodiff();
    let gradients = (y.clone() * weight).sum().backward();
    let mut all = vec![("output".to_string(), values(y.inner()))];
    all.extend(leaves.iter().map(|(name, gradient)| (name.to_string(), gradient(&gradients))));
    all
}

type Gradient<'a> = Box<dyn Fn(&byolab::engine::burn::tensor::Gradients) -> Vec<f32> + 'a>;

fn gradient<const D: usize>(leaf: &Tensor<D>) -> Gradient<'_> {
    Box::new(|gradients| values(leaf.grad(gradients).expect("the output depends on it")))
}

#[track_caller]
fn compare(case: &str, own: Vec<(String, Vec<f32>)>, composed: Vec<(String, Vec<f32>)>) {
    for ((name, own), (_, composed)) in own.into_iter().zip(composed) {
        let scale = composed.iter().fold(1.0f32, |largest, value| largest.max(value.abs()));
        assert_close(&format!("{case} {name}"), &own, &composed, 2e-5 * scale);
    }
}

/// What `work` makes of planes in some order, as planes.
fn through(order: Order, x: Tensor<4>, work: impl FnOnce(Maps) -> Maps) -> Tensor<4> {
    order.to_planes(work(Maps::new(order.of_planes(x), order)).values)
}

/// The orders that this processor computes so many channels in.
fn orders(images: &Tensor<4>, channels: usize) -> Vec<Order> {
    let fastest = Maps::of(images.clone(), channels).order;
    if fastest == Order::Planes { vec![fastest] } else { vec![Order::Planes, fastest] }
}

#[test]
fn convolution_agrees_at_every_shape() {
    for (images, input, side, output, size, stride) in [
        (3, 3, 8, 5, 3, 1),
        (5, 4, 9, 6, 3, 2),
        (2, 20, 8, 7, 1, 2),
        (4, 6, 4, 8, 1, 1),
        (9, 17, 2, 33, 3, 1),
        (2, 2, 32, 3, 3, 1),
        (1, 1, 1, 1, 3, 1),
        (6, 5, 7, 4, 3, 2),
        (4, 4, 32, 8, 3, 2),
        (4, 8, 16, 16, 3, 2),
        (4, 16, 8, 32, 3, 2),
        (4, 32, 4, 32, 3, 1),
        (4, 3, 32, 4, 3, 1),
        (4, 4, 32, 8, 1, 2),
        // More images than parts of a batch, and channels that fill no block.
        (19, 5, 16, 9, 3, 1),
        (20, 20, 8, 16, 3, 1),
        // Whole tiles: images that make up a task together, parts of one, sides that fill no register, every width of a
        // product, and more tiles than are held at once.
        (50, 16, 4, 32, 3, 1),
        (3, 32, 32, 16, 3, 1),
        (11, 48, 6, 80, 3, 1),
        (9, 16, 10, 48, 3, 1),
        (97, 144, 2, 64, 3, 1),
        (40, 16, 32, 16, 3, 1),
        // Tiles that reach beyond their images, and images of one tile.
        (9, 16, 7, 32, 3, 1),
        (5, 32, 9, 16, 3, 1),
        (30, 16, 3, 16, 3, 1),
        (2, 16, 13, 16, 3, 1),
        // Channels in eights.
        (3, 8, 16, 8, 3, 1),
        (7, 24, 8, 16, 3, 1),
        (5, 8, 16, 24, 3, 2),
        (5, 40, 7, 8, 1, 2),
        // Stride 2 with channels that fill registers: rows of every length, images that make up a task together.
        (9, 16, 32, 32, 3, 2),
        (13, 32, 8, 64, 3, 2),
        (37, 48, 4, 16, 3, 2),
        (5, 16, 10, 80, 3, 2),
        (150, 16, 2, 32, 3, 2),
        (9, 16, 16, 32, 1, 2),
        (35, 64, 4, 112, 1, 2),
        // Sides that are odd.
        (3, 16, 7, 32, 3, 2),
        (3, 32, 7, 16, 1, 2),
        (2, 16, 9, 16, 3, 1),
        (3, 16, 1, 16, 3, 2),
        // Stride 1 tap by tap: too few tiles, or a kernel of one tap.
        (2, 16, 4, 32, 3, 1),
        (3, 48, 5, 16, 1, 1),
    ] {
        let (x, w) = (noise(1, [images, input, side, side]), noise(2, [output, input, size, size]));
        let leaves = [("input", gradient(&x)), ("weight", gradient(&w))];
        let options = ConvOptions::new([stride, stride], [size / 2, size / 2], [1, 1], 1);
        let composed = outcome(module::conv2d(x.clone(), w.clone(), None, options), &leaves);
        // Channels fill registers where both numbers of them do.
        for order in orders(&x, if input % 8 == 0 { output } else { 1 }) {
            let y = through(order, x.clone(), |x| kernel::convolve(x, w.clone(), stride));
            let case = format!("{images}x{input}x{side} to {output}, {size}/{stride}, {order:?}");
            compare(&case, outcome(y, &leaves), composed.clone());
        }
    }
}

/// An encoder's first layer has 3 channels, and nobody asks for the gradient of its images.
#[test]
fn the_first_convolution_agrees_with_the_composed_one() {
    for (images, side, output, stride) in [(5, 32, 16, 1), (3, 8, 64, 1), (4, 9, 32, 2), (300, 4, 16, 1)] {
        let (x, w) = (noise(1, [images, 3, side, side]), noise(2, [output, 3, 3, 3]));
        let (x, leaves) = (x.inner().autodiff(), [("weight", gradient(&w))]);
        let options = ConvOptions::new([stride, stride], [1, 1], [1, 1], 1);
        let composed = outcome(module::conv2d(x.clone(), w.clone(), None, options), &leaves);
        for order in orders(&x, output) {
            let y = through(order, x.clone(), |x| kernel::convolve(x, w.clone(), stride));
            compare(&format!("{images}x{side} to {output}/{stride}, {order:?}"), outcome(y, &leaves), composed.clone());
        }
    }
}

#[test]
fn the_mean_over_pixels_does_not_depend_on_the_order() {
    let x = noise(1, [3, 16, 5, 4]);
    let planes = values(Maps::new(x.clone(), Order::Planes).global_average().inner());
    let pixels = Maps::new(x.permute([0, 2, 3, 1]), Order::Pixels).global_average();
    assert_close("means", &values(pixels.inner()), &planes, 1e-6);
}

#[test]
fn normalisation_agrees_with_everything_that_follows() {
    for shape in
        [[4, 3, 5, 5], [2, 1, 1, 1], [16, 9, 4, 4], [33, 70, 1, 1], [7, 16, 3, 3], [37, 32, 4, 6], [3, 1040, 2, 3]]
    {
        let (x, r) = (noise(1, shape), noise(2, shape));
        let (scale, shift) = (noise(3, [shape[1]]), noise(4, [shape[1]]));
        for case in ["nothing", "relu", "add and relu"] {
            let mut leaves = vec![("input", gradient(&x)), ("scale", gradient(&scale)), ("shift", gradient(&shift))];
            if case == "add and relu" {
                leaves.push(("residual", gradient(&r)));
            }
            let stock = module::batch_norm_train(x.clone(), scale.clone(), shift.clone(), 1e-5);
            let composed = match case {
                "nothing" => stock.output.clone(),
                "relu" => relu(stock.output.clone()),
                _ => relu(stock.output.clone() + r.clone()),
            };
            let composed = outcome(composed, &leaves);
            for order in orders(&x, shape[1]) {
                let after = match case {
                    "nothing" => After::Nothing,
                    "relu" => After::Relu,
                    _ => After::AddRelu(order.of_planes(r.clone())),
                };
                let mut statistics = None;
                let y = through(order, x.clone(), |x| {
                    let normed = kernel::batch_norm(x.values, order, None, [scale.clone(), shift.clone()], 1e-5, after);
                    statistics = Some((normed.mean.inner(), normed.variance.inner()));
                    Maps::new(normed.output, order)
                });
                let (mean, variance) = statistics.unwrap();
                assert_close("mean", &values(mean), &values(stock.mean.clone().inner()), 1e-5);
                assert_close("variance", &values(variance), &values(stock.variance.clone().inner()), 1e-5);
                compare(&format!("{shape:?} {case}, {order:?}"), outcome(y, &leaves), composed.clone());
            }
        }
    }
}

/// By tiles, whole and not, and tap by tap: what a convolution reads is normalised on the way.
#[test]
fn normalisation_within_a_convolution_agrees_with_the_composed_one() {
    for (images, channels, side, output, size, stride) in [
        (9, 16, 8, 32, 3, 1),
        (9, 32, 7, 16, 3, 1),
        (5, 8, 9, 24, 3, 1),
        (2, 16, 4, 16, 3, 1),
        (7, 16, 8, 32, 3, 2),
        (5, 24, 7, 8, 1, 2),
        (9, 48, 4, 16, 1, 1),
        (3, 5, 6, 4, 3, 1),
    ] {
        // Behind a convolution, since that knows the statistics of what it makes.
        let (x, first) = (noise(1, [images, channels, side, side]), noise(2, [channels, channels, 1, 1]));
        let (scale, shift, w) = (noise(3, [channels]), noise(4, [channels]), noise(5, [output, channels, size, size]));
        let leaves = [
            ("input", gradient(&x)),
            ("first weight", gradient(&first)),
            ("scale", gradient(&scale)),
            ("shift", gradient(&shift)),
            ("weight", gradient(&w)),
        ];
        let options = |size: usize, stride: usize| ConvOptions::new([stride, stride], [size / 2, size / 2], [1, 1], 1);
        let between = module::conv2d(x.clone(), first.clone(), None, options(1, 1));
        let stock = module::batch_norm_train(between, scale.clone(), shift.clone(), 1e-5);
        let composed = module::conv2d(relu(stock.output), w.clone(), None, options(size, stride));
        let mut composed = outcome(composed, &leaves);
        let statistics = |mean: Tensor<1>, variance: Tensor<1>| {
            [("mean", mean), ("variance", variance)].map(|(name, of)| (name.to_string(), values(of.inner())))
        };
        composed.extend(statistics(stock.mean, stock.variance));
        for order in orders(&x, if channels % 8 == 0 { output } else { 1 }) {
            let mut found = None;
            let y = through(order, x.clone(), |x| {
                let between = kernel::convolve(x, first.clone(), 1);
                assert_eq!(between.statistics.is_some(), order == Order::Pixels, "pixels come with their statistics");
                let affine = [scale.clone(), shift.clone()];
                let (y, [mean, variance]) = kernel::norm_relu_convolve(between, affine, 1e-5, w.clone(), stride);
                found = Some(statistics(mean, variance));
                y
            });
            let mut own = outcome(y, &leaves);
            own.extend(found.expect("it was computed"));
            compare(
                &format!("{images}x{channels}x{side} to {output}, {size}/{stride}, {order:?}"),
                own,
                composed.clone(),
            );
        }
    }
}

/// Odd sizes, channels without pixels, a mean far from zero, and parts of channels.
#[test]
fn normalisation_on_a_gpu_agrees_with_the_composed_one_on_the_cpu() {
    let Some(opened) = vulkan() else { return };
    let made = |device: &Device, order: Order, shape: [usize; 4], offset: f64, case: &str| {
        let (x, r) = (noise_on(device, 1, shape), noise_on(device, 2, shape));
        let (scale, shift) = (noise_on(device, 3, [shape[1]]), noise_on(device, 4, [shape[1]]));
        let mut leaves = vec![("input", gradient(&x)), ("scale", gradient(&scale)), ("shift", gradient(&shift))];
        let after = match case {
            "nothing" => After::Nothing,
            "relu" => After::Relu,
            _ => After::AddRelu(order.of_planes(r.clone())),
        };
        if case == "add and relu" {
            leaves.push(("residual", gradient(&r)));
        }
        let (far, scale, shift) = (x.clone() + offset, scale.clone(), shift.clone());
        let normed = if *device == Device::flex() {
            let stock = module::batch_norm_train(far, scale, shift, 1e-5);
            kernel::Normed { output: kernel::after(stock.output, after), mean: stock.mean, variance: stock.variance }
        } else {
            let normed = kernel::batch_norm(order.of_planes(far), order, None, [scale, shift], 1e-5, after);
            kernel::Normed { output: order.to_planes(normed.output), ..normed }
        };
        let statistics = [normed.mean.inner(), normed.variance.inner()].map(values);
        let mut all = outcome(normed.output, &leaves);
        all.extend(["mean", "variance"].map(str::to_string).into_iter().zip(statistics));
        all
    };
    for (shape, offset) in [
        ([4, 3, 5, 5], 0.0),
        ([2, 1, 1, 1], 0.0),
        ([33, 70, 1, 1], 0.0),
        ([37, 32, 4, 6], 3.0),
        ([3, 1040, 2, 3], 0.0),
        ([50, 5, 20, 20], -2.0),
    ] {
        for case in ["nothing", "relu", "add and relu"] {
            let composed = made(&Device::flex(), Order::Planes, shape, offset, case);
            for order in [Order::Planes, Order::Pixels] {
                let name = format!("{shape:?} {case} {order:?}");
                compare(&name, made(&opened.device, order, shape, offset, case), composed.clone());
            }
        }
    }
}

#[test]
fn a_convolution_gives_the_same_bits_on_one_thread_and_on_many() {
    for channels in [20, 32] {
        let step = || {
            let (x, w) = (noise(1, [17, channels, 8, 8]), noise(2, [channels, channels, 3, 3]));
            let leaves = [("input", gradient(&x)), ("weight", gradient(&w))];
            let order = *orders(&x, channels).last().unwrap();
            outcome(through(order, x.clone(), |x| kernel::convolve(x, w.clone(), 1)), &leaves)
        };
        let on = |threads: usize| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(step);
        assert_eq!(on(1), on(3), "{channels} channels");
    }
}

/// Similarities up to what normalised rows have, and so many that planes take several turns or have rows to spare.
#[test]
fn denominators_of_nt_xent_agree_with_the_composed_ones() {
    let made = |device: &Device, [n, m]: [usize; 2], own: bool| {
        let scale = 5.0;
        let (other, same) = (noise_on(device, 1, [n, m]), noise_on(device, 2, [n, n]));
        let leaves = [("other", gradient(&other)), ("same", gradient(&same))];
        let y = if own {
            kernel::log_partition(other.clone(), same.clone(), scale)
        } else {
            let itself = Tensor::<2>::eye(n, device).autodiff() * 1e9;
            let all = Tensor::cat(vec![other.clone() * scale, same.clone() * scale - itself], 1);
            let largest = all.clone().max_dim(1).detach();
            (all - largest.clone()).exp().sum_dim(1).log() + largest
        };
        outcome(y, &leaves)
    };
    let cpu = Device::flex();
    let shapes = [[1, 1], [2, 2], [7, 9], [64, 64], [130, 65]];
    for shape in shapes {
        compare(&format!("{shape:?}"), made(&cpu, shape, true), made(&cpu, shape, false));
    }
    let Some(Opened { device: gpu, .. }) = vulkan() else { return };
    for shape in shapes {
        compare(&format!("{shape:?} on Vulkan"), made(&gpu, shape, true), made(&cpu, shape, false));
    }
}
