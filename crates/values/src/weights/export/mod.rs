//! Encoders for others: the files that PyTorch's packages and onnxruntime load, and a `load.py` beside them that shows how.
//!
//! | file | holds |
//! |---|---|
//! | `onnx` | an encoder as a graph of ONNX's operators |
//! | `npy` | numpy's arrays |
//! | `load/*.py` | what stands beside the weights, by the package that loads them; `features`: the foot of all that PyTorch loads |

pub mod npy;
mod onnx;

use std::collections::BTreeMap;

use safetensors::{Dtype, tensor::TensorView};

use super::{
    EncoderShape, Found,
    shape::{Pool, ResNetShape, VitShape},
};
use crate::tensors;

/// Who is to load it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Package {
    /// torchvision's ResNet.
    Torchvision,
    /// timm's ResNet and vision transformer.
    Timm,
    /// PyTorch alone, with the few lines that the network is.
    Plain,
    /// onnxruntime.
    Onnx,
}

/// How pixels are made ready.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pixels {
    /// Height and width of images, where that is known.
    pub side: Option<usize>,
    /// Of values in 0 to 1, by channel.
    pub mean: [f32; 3],
    /// Beside `mean`.
    pub std: [f32; 3],
}

/// Files by their names.
pub type Files = Vec<(&'static str, Vec<u8>)>;

/// What is to be written for a package.
///
/// # Errors
/// Where the package has no such encoder: a sentence with another format.
pub fn files(
    found: &Found,
    pixels: &Pixels,
    about: &BTreeMap<String, String>,
    package: Package,
) -> Result<Files, String> {
    let (name, weights) = match package {
        Package::Onnx => ("encoder.onnx", onnx::model(found, pixels)?),
        _ => ("encoder.safetensors", safetensors(found, about)),
    };
    Ok(vec![(name, weights), ("load.py", load(&found.shape, pixels, package)?.into_bytes())])
}

/// The tensors by the names of [`EncoderShape::tensors`].
fn safetensors(found: &Found, about: &BTreeMap<String, String>) -> Vec<u8> {
    let tensors: Vec<_> = found
        .shape
        .tensors()
        .into_iter()
        .map(|(name, shape)| {
            let bytes: Vec<u8> = found.tensors[&name].iter().flat_map(|value| value.to_le_bytes()).collect();
            (name, shape, bytes)
        })
        .collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).expect("a tensor has the size that its shape says"))
    });
    tensors::serialize(views, about).expect("tensors of f32 can be written")
}

/// The text of `load.py`.
fn load(shape: &EncoderShape, pixels: &Pixels, package: Package) -> Result<String, String> {
    let body = match (package, shape) {
        (Package::Onnx, _) => include_str!("load/onnx.py").to_owned(),
        (Package::Torchvision, EncoderShape::ResNet(shape)) => torchvision(shape)?,
        (Package::Timm, EncoderShape::ResNet(shape)) => timm(shape)?,
        (Package::Timm | Package::Plain, EncoderShape::Vit(shape)) => vit(shape),
        (Package::Plain, EncoderShape::ResNet(shape)) => plain(shape),
        (Package::Plain, EncoderShape::WideResNet(width)) => {
            include_str!("load/wide_resnet.py").replace("@WIDTH@", &width.to_string())
        }
        (Package::Plain, EncoderShape::ConvNet(width)) => {
            include_str!("load/convnet.py").replace("@WIDTH@", &width.to_string())
        }
        (Package::Torchvision, other) => {
            let other_format = if matches!(other, EncoderShape::Vit(_)) { "timm" } else { "safetensors" };
            return Err(format!("torchvision has no {other} under these names: use --format {other_format}"));
        }
        (Package::Timm, other) => return Err(format!("timm has no {other}: use --format safetensors")),
    };
    let foot = if package == Package::Onnx { "" } else { include_str!("load/features.py") };
    let list = |values: [f32; 3]| format!("{values:?}");
    let numbers = [
        ("@MEAN@", list(pixels.mean)),
        ("@STD@", list(pixels.std)),
        ("@SIDE@", pixels.side.map_or("None".to_owned(), |side| side.to_string())),
    ];
    Ok(numbers.iter().fold(body + foot, |text, (word, value)| text.replace(word, value)))
}

/// A ResNet as torchvision and timm build it.
struct Usual {
    block: &'static str,
    layers: Vec<usize>,
    /// Channels within a bottleneck, in 64ths of those that it is named by.
    group: usize,
}

/// None where stages are not twice as wide as those before, or blocks differ.
fn usual(shape: &ResNetShape) -> Option<Usual> {
    let first = shape.stages.first()?.first()?;
    let (block, group) = match first[..] {
        [(3, _), (3, _)] => ("BasicBlock", 64),
        [(1, inner), (3, _), (1, _)] => ("Bottleneck", 64 * inner / shape.width),
        _ => return None,
    };
    let expected = |stage: usize| match block {
        "BasicBlock" => vec![(3, shape.width << stage); 2],
        _ => {
            let (outer, inner) = (shape.width << stage, (shape.width << stage) * group / 64);
            vec![(1, inner), (3, inner), (1, 4 * outer)]
        }
    };
    let same =
        |(stage, blocks): (usize, &Vec<Vec<(usize, usize)>>)| blocks.iter().all(|block| *block == expected(stage));
    let whole = shape.stages.len() == 4 && shape.stages.iter().enumerate().all(same);
    whole.then(|| Usual { block, layers: shape.stages.iter().map(Vec::len).collect(), group })
}

/// The stem's kernel, stride and padding.
fn stem(shape: &ResNetShape) -> (String, &'static str) {
    match shape.stem_kernel {
        3 => (format!("3, 1, {}", 1 + shape.border), "torch.nn.Identity()"),
        _ => ("7, 2, 3".to_owned(), "torch.nn.MaxPool2d(3, 2, 1)"),
    }
}

fn replaced(text: &str, words: &[(&str, String)]) -> String {
    words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
}

fn torchvision(shape: &ResNetShape) -> Result<String, String> {
    let Some(Usual { block, layers, group }) = usual(shape) else {
        return Err("torchvision has no ResNet with such stages: use --format safetensors".into());
    };
    let (stem, pool) = stem(shape);
    let words = [
        ("@BLOCK@", block.to_owned()),
        ("@LAYERS@", format!("{layers:?}")),
        ("@GROUP@", group.to_string()),
        ("@WIDTH@", shape.width.to_string()),
        ("@STEM@", stem),
        ("@POOL@", pool.to_owned()),
    ];
    Ok(replaced(include_str!("load/torchvision.py"), &words))
}

fn timm(shape: &ResNetShape) -> Result<String, String> {
    let Some(Usual { block, layers, group }) = usual(shape).filter(|_| shape.width == 64) else {
        return Err("timm's ResNets have a width of 64: use --format torchvision".into());
    };
    let (stem, pool) = stem(shape);
    let words = [
        ("@BLOCK@", block.to_owned()),
        ("@LAYERS@", format!("{layers:?}")),
        ("@GROUP@", group.to_string()),
        ("@STEM@", stem),
        ("@POOL@", pool.to_owned()),
    ];
    Ok(replaced(include_str!("load/timm.py"), &words))
}

fn vit(shape: &VitShape) -> String {
    let truth = |truth: bool| if truth { "True" } else { "False" }.to_owned();
    let pool = if shape.pool == Pool::Token { "token" } else { "avg" };
    let words = [
        ("@PATCH@", shape.patch.to_string()),
        ("@WIDTH@", shape.width.to_string()),
        ("@DEPTH@", shape.depth.to_string()),
        ("@HEADS@", shape.heads.to_string()),
        ("@HIDDEN@", shape.hidden.to_string()),
        ("@BIAS@", truth(shape.qkv_bias)),
        ("@CLASS@", truth(shape.class_token)),
        ("@POSITION@", truth(shape.class_token && !shape.class_position)),
        ("@POOL@", pool.to_owned()),
        ("@NORM@", truth(shape.pooled_norm)),
    ];
    replaced(include_str!("load/vit.py"), &words)
}

fn plain(shape: &ResNetShape) -> String {
    let tuple = |(kernel, outputs): &(usize, usize)| format!("({kernel}, {outputs})");
    let list = |parts: Vec<String>| format!("[{}]", parts.join(", "));
    let block = |block: &Vec<(usize, usize)>| list(block.iter().map(tuple).collect());
    let stage = |blocks: &Vec<Vec<(usize, usize)>>| format!("    {},\n", list(blocks.iter().map(block).collect()));
    let stages: String = shape.stages.iter().map(stage).collect();
    let (stem, pool) = stem(shape);
    let words = [
        ("@WIDTH@", shape.width.to_string()),
        ("@STAGES@", format!("[\n{stages}]")),
        ("@STEM@", stem),
        ("@POOL@", pool.to_owned()),
    ];
    replaced(include_str!("load/resnet.py"), &words)
}
