//! An encoder as a graph of ONNX's operators (opset 17), in the few fields of `onnx.proto` that it takes: images in 0 to 1 come
//! in and are normalised within, features come out.

use super::Pixels;
use crate::weights::{
    EncoderShape, Found,
    shape::{BlockPlace, ResNetShape},
};

/// Of ONNX's format, and of its operators.
const IR_VERSION: u64 = 8;
const OPSET: u64 = 17;
/// `TensorProto.DataType.FLOAT`.
const FLOAT: u64 = 1;

/// The model's bytes.
///
/// # Errors
/// A vision transformer, with who else exports it.
pub fn model(found: &Found, pixels: &Pixels) -> Result<Vec<u8>, String> {
    let mut graph = Graph { found, body: Message::default() };
    let x = graph.normalised(pixels);
    let maps = match &found.shape {
        EncoderShape::ResNet(shape) => graph.resnet(&x, shape),
        EncoderShape::WideResNet(_) => graph.wide_resnet(&x),
        EncoderShape::ConvNet(_) => (1..=4).fold(x, |x, place| {
            let stride = if place == 1 { 1 } else { 2 };
            graph.convolved(&x, [&format!("conv{place}"), &format!("bn{place}")], stride, 1, true)
        }),
        EncoderShape::Vit(_) => {
            return Err(
                "a vision transformer is no graph here: use --format timm, and torch.onnx.export on that".into()
            );
        }
    };
    let pooled = graph.node("GlobalAveragePool", &[&maps], "pooled", &[]);
    graph.node("Flatten", &[&pooled], "features", &[("axis", Attribute::Whole(1))]);
    let channels = found.shape.features() as u64;
    let body = graph
        .body
        .text(2, "encoder")
        .message(11, value("images", &[Side::Named("batch"), Side::Of(3), Side::Named("height"), Side::Named("width")]))
        .message(12, value("features", &[Side::Named("batch"), Side::Of(channels)]));
    let opset = Message::default().text(1, "").number(2, OPSET);
    Ok(Message::default().number(1, IR_VERSION).text(2, "byolab").message(7, body).message(8, opset).0)
}

/// A dimension of what comes in or out.
enum Side {
    Of(u64),
    /// As large as it is.
    Named(&'static str),
}

/// Name, type and dimensions of what comes in or out.
fn value(name: &str, sides: &[Side]) -> Message {
    let side = |shape: Message, side: &Side| {
        let dimension = match side {
            Side::Of(numbers) => Message::default().number(1, *numbers),
            Side::Named(name) => Message::default().text(2, name),
        };
        shape.message(1, dimension)
    };
    let shape = sides.iter().fold(Message::default(), side);
    let tensor = Message::default().number(1, FLOAT).message(2, shape);
    Message::default().text(1, name).message(2, Message::default().message(1, tensor))
}

/// What a node is told beside its inputs.
enum Attribute {
    Float(f32),
    Whole(u64),
    Wholes(Vec<u64>),
}

/// `GraphProto` in the making.
struct Graph<'a> {
    found: &'a Found,
    body: Message,
}

impl Graph<'_> {
    /// Adds a node, and returns the name of what it makes.
    fn node(&mut self, operator: &str, inputs: &[&str], output: &str, attributes: &[(&str, Attribute)]) -> String {
        let node = inputs.iter().fold(Message::default(), |node, input| node.text(1, input));
        let node = node.text(2, output).text(3, output).text(4, operator);
        let attribute = |node: Message, (name, value): &(&str, Attribute)| {
            let told = Message::default().text(1, name);
            node.message(
                5,
                match value {
                    Attribute::Float(value) => told.float(2, *value).number(20, 1),
                    Attribute::Whole(value) => told.number(3, *value).number(20, 2),
                    Attribute::Wholes(values) => {
                        values.iter().fold(told, |told, value| told.number(8, *value)).number(20, 7)
                    }
                },
            )
        };
        let node = attributes.iter().fold(node, attribute);
        self.body = std::mem::take(&mut self.body).message(1, node);
        output.to_owned()
    }

    /// Adds numbers under a name.
    fn constant(&mut self, name: &str, sides: &[usize], values: &[f32]) {
        let tensor =
            sides.iter().fold(Message::default(), |tensor, side| tensor.number(1, *side as u64)).number(2, FLOAT);
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.body = std::mem::take(&mut self.body).message(5, tensor.text(8, name).bytes(9, &bytes));
    }

    /// Adds the encoder's tensors whose names begin with `name`, a full stop and one of `kinds`, and returns their names.
    fn tensors(&mut self, name: &str, kinds: &[&str]) -> Vec<String> {
        let shapes = self.found.shape.tensors();
        kinds
            .iter()
            .map(|kind| {
                let name = format!("{name}.{kind}");
                let (_, shape) = shapes.iter().find(|(known, _)| *known == name).expect("the encoder has this layer");
                self.constant(&name, shape, &self.found.tensors[&name]);
                name
            })
            .collect()
    }

    fn normalised(&mut self, pixels: &Pixels) -> String {
        self.constant("mean", &[3, 1, 1], &pixels.mean);
        self.constant("std", &[3, 1, 1], &pixels.std);
        let centred = self.node("Sub", &["images", "mean"], "centred", &[]);
        self.node("Div", &[&centred, "std"], "normalised", &[])
    }

    /// A convolution with this padding.
    fn convolution(&mut self, x: &str, name: &str, stride: u64, padding: u64) -> String {
        let weight = self.tensors(name, &["weight"]);
        let attributes =
            [("strides", Attribute::Wholes(vec![stride; 2])), ("pads", Attribute::Wholes(vec![padding; 4]))];
        self.node("Conv", &[x, &weight[0]], &format!("{name}.output"), &attributes)
    }

    fn norm(&mut self, x: &str, name: &str, epsilon: f32) -> String {
        let tensors = self.tensors(name, &["weight", "bias", "running_mean", "running_var"]);
        let inputs: Vec<&str> = std::iter::once(x).chain(tensors.iter().map(String::as_str)).collect();
        let attributes = [("epsilon", Attribute::Float(epsilon))];
        self.node("BatchNormalization", &inputs, &format!("{name}.output"), &attributes)
    }

    fn relu(&mut self, x: &str) -> String {
        self.node("Relu", &[x], &format!("{x}.relu"), &[])
    }

    /// A convolution and its normalisation, and where it is asked for a ReLU.
    fn convolved(&mut self, x: &str, [conv, norm]: [&str; 2], stride: u64, padding: u64, relu: bool) -> String {
        let x = self.convolution(x, conv, stride, padding);
        let x = self.norm(&x, norm, 1e-5);
        if relu { self.relu(&x) } else { x }
    }

    fn resnet(&mut self, x: &str, shape: &ResNetShape) -> String {
        let wide = shape.stem_kernel == 7;
        let (stride, padding) = if wide { (2, 3) } else { (1, 1 + shape.border as u64) };
        let mut x = self.convolved(x, ["conv1", "bn1"], stride, padding, true);
        if wide {
            let sides = |side| Attribute::Wholes(vec![side; 2]);
            let pads = Attribute::Wholes(vec![1; 4]);
            x = self.node(
                "MaxPool",
                &[&x],
                "maxpool",
                &[("kernel_shape", sides(3)), ("strides", sides(2)), ("pads", pads)],
            );
        }
        for block in shape.blocks() {
            x = self.block(&x, &block);
        }
        x
    }

    fn block(&mut self, x: &str, block: &BlockPlace) -> String {
        let name = format!("layer{}.{}", block.stage + 1, block.index);
        let (stride, kept) = (block.stride() as u64, x);
        let strided = block.convolutions.iter().position(|(kernel, _)| *kernel == 3);
        let mut x = x.to_owned();
        for (place, (kernel, _)) in block.convolutions.iter().enumerate() {
            let names = [format!("{name}.conv{}", place + 1), format!("{name}.bn{}", place + 1)];
            let stride = if Some(place) == strided { stride } else { 1 };
            let last = place + 1 == block.convolutions.len();
            x = self.convolved(&x, [&names[0], &names[1]], stride, *kernel as u64 / 2, !last);
        }
        let kept = match block.projects() {
            true => {
                let names = [format!("{name}.downsample.0"), format!("{name}.downsample.1")];
                self.convolved(kept, [&names[0], &names[1]], stride, 0, false)
            }
            false => kept.to_owned(),
        };
        let sum = self.node("Add", &[&x, &kept], &format!("{name}.sum"), &[]);
        self.relu(&sum)
    }

    /// As `engine/encoder/wide_resnet.rs` computes it.
    fn wide_resnet(&mut self, x: &str) -> String {
        let mut x = self.convolution(x, "conv1", 1, 1);
        for (stage, index) in (1..=3).flat_map(|stage| (0..4).map(move |index| (stage, index))) {
            let name = format!("block{stage}.layer.{index}");
            let stride = if stage > 1 && index == 0 { 2 } else { 1 };
            let activated = self.activated(&x, &format!("{name}.bn1"));
            let kept = if stage == 1 && index == 0 { &activated } else { &x };
            let kept = match self.found.tensors.contains_key(&format!("{name}.convShortcut.weight")) {
                true => self.convolution(&kept.clone(), &format!("{name}.convShortcut"), stride, 0),
                false => kept.clone(),
            };
            let inner = self.convolution(&activated, &format!("{name}.conv1"), stride, 1);
            let inner = self.activated(&inner, &format!("{name}.bn2"));
            let inner = self.convolution(&inner, &format!("{name}.conv2"), 1, 1);
            x = self.node("Add", &[&kept, &inner], &format!("{name}.sum"), &[]);
        }
        self.activated(&x, "bn1")
    }

    fn activated(&mut self, x: &str, norm: &str) -> String {
        let x = self.norm(x, norm, 1e-3);
        self.node("LeakyRelu", &[&x], &format!("{norm}.leaky"), &[("alpha", Attribute::Float(0.1))])
    }
}

/// A message of protocol buffers: fields, each a number with its kind and what it holds.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    fn float(mut self, field: u64, value: f32) -> Self {
        self.varint(field << 3 | 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u64, message: Self) -> Self {
        self.bytes(field, &message.0)
    }
}
