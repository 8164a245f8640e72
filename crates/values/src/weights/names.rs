//! Whose names the tensors of a file have: torchvision's, timm's, lightly's, solo-learn's, MoCo's or ours, behind whatever
//! prefix; and what of them is an encoder.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    EncoderShape, Numbers, Stored, Weight,
    shape::{Pool, ResNetShape, VitShape},
};
/// What is said of an encoder because its weights do not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hints {
    /// What its tensors' names begin with: `backbone.`.
    pub prefix: Option<String>,
    /// Attention heads.
    pub heads: Option<usize>,
    /// What of a vision transformer's tokens are its features.
    pub pool: Option<Pool>,
    /// Pixels by which a stem of 3x3 kernels pads: 1, or solo-learn's 2.
    pub stem_padding: Option<usize>,
}

/// An encoder, found among the tensors of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What it is made of.
    pub shape: EncoderShape,
    /// Its tensors by the names that `shape` has for them, row by row.
    pub tensors: BTreeMap<String, Vec<f32>>,
    /// What its tensors' names begin with.
    pub prefix: String,
    /// Whose names they are.
    pub names: &'static str,
    /// What their numbers are written as.
    pub numbers: BTreeSet<Numbers>,
    /// The beginnings of names under the same prefix that are no part of it: heads.
    pub left_out: Vec<String>,
    /// Prefixes of other encoders in the file.
    pub beside: Vec<String>,
}

/// Names of tensors under a prefix.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    ResNet,
    /// A ResNet's children one after the other, as lightly's examples have them.
    Children,
    WideResNet,
    ConvNet,
    Vit,
    TorchvisionVit,
}

/// By what a family is known: what its first tensor is called, and one of its others.
const FAMILIES: [(Family, &str, &str); 6] = [
    (Family::ResNet, "conv1.weight", "layer1.0.conv1.weight"),
    (Family::Children, "0.weight", ".0.conv1.weight"),
    (Family::WideResNet, "conv1.weight", "block1.layer.0.conv1.weight"),
    (Family::ConvNet, "conv1.weight", "conv4.weight"),
    (Family::Vit, "patch_embed.proj.weight", "blocks.0.attn.qkv.weight"),
    (Family::TorchvisionVit, "conv_proj.weight", "encoder.layers.encoder_layer_0.self_attention.in_proj_weight"),
];

/// What prefixes of networks say that are moved by hand, and are not what was learnt.
const FOLLOWERS: [&str; 7] = ["momentum", "teacher", "target", "encoder_k", "ema", "_ref", "swa"];

/// What names begin with that are parts of an encoder: what is left over of these computes something that is not known here.
const PARTS: [&str; 12] = [
    "conv",
    "bn",
    "layer",
    "block",
    "stem",
    "patch_embed",
    "cls_token",
    "dist_token",
    "reg_token",
    "pos_embed",
    "norm",
    "fc_norm",
];

/// How many names a sentence has.
const SHOWN: usize = 3;

/// Finds the encoder among the tensors of a file.
///
/// # Errors
/// Everything that is wrong, a sentence each.
pub fn recognise(stored: Stored, hints: &Hints) -> Result<Found, Vec<String>> {
    let (candidates, family) = chosen(&stored, hints.prefix.as_deref()).map_err(|wrong| vec![wrong])?;
    let solo = is_solo_learns(&stored, candidates[0]);
    let (prefix, beside) = candidates.split_first().expect("one was chosen");
    let (prefix, beside) = ((*prefix).to_owned(), beside.iter().map(ToString::to_string).collect());
    let under =
        stored.tensors.into_iter().filter_map(|(name, weight)| Some((name.strip_prefix(&prefix)?.to_owned(), weight)));
    let under: BTreeMap<String, Weight> = under.collect();
    let stages = if family == Family::Children { Stages::of(&under) } else { Stages::default() };
    let renamed = under.into_iter().map(|(name, weight)| (renamed(family, &name, &stages), weight));
    let mut tensors: BTreeMap<String, Weight> =
        renamed.filter(|(name, _)| !name.ends_with("num_batches_tracked")).collect();
    let mut shape = described(family, &tensors, hints).map_err(|wrong| vec![wrong])?;
    if let EncoderShape::ResNet(resnet) = &mut shape
        && resnet.stem_kernel == 3
    {
        resnet.border = hints.stem_padding.map_or(usize::from(solo), |padding| padding.saturating_sub(1));
    }
    let (mut kept, mut numbers, mut missing, mut wrong) = (BTreeMap::new(), BTreeSet::new(), vec![], vec![]);
    for (name, expected) in shape.tensors() {
        match tensors.remove(&name) {
            None => missing.push(name),
            Some(weight) if weight.shape != expected => {
                wrong.push(format!("{name} is {:?} where {expected:?} is expected", weight.shape));
            }
            Some(weight) => {
                numbers.insert(weight.numbers);
                kept.insert(name, weight.values);
            }
        }
    }
    let (unknown, others): (Vec<String>, Vec<String>) =
        tensors.into_keys().partition(|name| PARTS.iter().any(|part| name.starts_with(part)));
    let sentence = |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what} {}", some(names)));
    let finite = kept.iter().find(|(_, values)| values.iter().any(|value| !value.is_finite()));
    let problems: Vec<String> = [
        sentence(&format!("its {shape} lacks"), &missing),
        sentence("it has other shapes:", &wrong),
        sentence(&format!("a {shape} has no place for"), &unknown),
        finite.map(|(name, _)| format!("its {name} is not finite")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let left_out = others.iter().filter_map(|name| name.split('.').next()).map(String::from);
    let left_out = left_out.collect::<BTreeSet<_>>().into_iter().collect();
    Ok(Found { shape, tensors: kept, prefix, names: family.names(), numbers, left_out, beside })
}

impl Family {
    fn names(self) -> &'static str {
        match self {
            Self::ResNet => "torchvision's",
            Self::Children => "those of a ResNet's children",
            Self::WideResNet => "FixMatch's",
            Self::ConvNet => "byolab's",
            Self::Vit => "timm's",
            Self::TorchvisionVit => "torchvision's",
        }
    }

    /// What stands before its first tensor in `name`, where that is it.
    fn prefix<'a>(self, anchor: &str, name: &'a str, weight: &Weight) -> Option<&'a str> {
        let prefix = name.strip_suffix(anchor)?;
        let whole = prefix.is_empty() || prefix.ends_with('.');
        (whole && weight.shape.len() == 4 && weight.shape[1] == 3).then_some(prefix)
    }
}

/// Prefixes of the encoders that there are, the one to be taken first, and whose names that has.
fn chosen<'a>(stored: &'a Stored, asked: Option<&str>) -> Result<(Vec<&'a str>, Family), String> {
    let mut found: Vec<(&str, Family)> = Vec::new();
    for (family, anchor, other) in FAMILIES {
        for (name, weight) in &stored.tensors {
            let Some(prefix) = family.prefix(anchor, name, weight) else { continue };
            let has = |name: &String| name.strip_prefix(prefix).is_some_and(|rest| is(family, rest, other));
            if stored.tensors.keys().any(has) {
                found.push((prefix, family));
            }
        }
    }
    let follower = |prefix: &str| FOLLOWERS.iter().any(|word| prefix.contains(word));
    found.sort_by_key(|(prefix, _)| (asked != Some(prefix), follower(prefix), prefix.len(), *prefix));
    let names: Vec<String> = found.iter().map(|(prefix, _)| format!("{prefix:?}")).collect();
    let Some((first, family)) = found.first().copied() else {
        let names: Vec<String> = stored.tensors.keys().cloned().collect();
        return Err(format!("its names are those of no encoder known here: {}", some(&names)));
    };
    if asked.is_some_and(|asked| asked != first) {
        return Err(format!("no encoder has that prefix: there is {}", names.join(", ")));
    }
    let learnt = found.iter().filter(|(prefix, _)| !follower(prefix)).count();
    if asked.is_none() && learnt > 1 {
        return Err(format!("it has several encoders, and a prefix must say which: {}", names.join(", ")));
    }
    Ok((found.into_iter().map(|(prefix, _)| prefix).collect(), family))
}

/// Whether a file is solo-learn's, which has its online classifier and projector beside the encoder: its ResNets for CIFAR pad by
/// 2 in front of a 3x3 kernel (`solo/methods/base.py`), and nothing in the file says so.
fn is_solo_learns(stored: &Stored, prefix: &str) -> bool {
    let beside = prefix.strip_suffix("backbone.").or_else(|| prefix.strip_suffix("encoder."));
    let has =
        |part: &str| stored.tensors.keys().any(|name| beside.is_some_and(|beside| *name == format!("{beside}{part}")));
    has("classifier.weight") && (has("projector.0.weight") || has("momentum_projector.0.weight"))
}

/// Whether `rest` is what a family is known by: its name, or where children are numbered its end.
fn is(family: Family, rest: &str, other: &str) -> bool {
    match family {
        Family::Children => rest.strip_suffix(other).is_some_and(|place| place.parse::<usize>().is_ok()),
        _ => rest == other,
    }
}

/// The first of many names, and how many there are beside them.
fn some(names: &[String]) -> String {
    let shown = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}

/// Which children of a ResNet are its stages.
#[derive(Default)]
struct Stages(Vec<usize>);

impl Stages {
    fn of(tensors: &BTreeMap<String, Weight>) -> Self {
        let stage = |name: &String| name.strip_suffix(".0.conv1.weight")?.parse().ok();
        Self(tensors.keys().filter_map(stage).collect::<BTreeSet<_>>().into_iter().collect())
    }
}

/// A tensor's name as [`EncoderShape::tensors`] has it.
fn renamed(family: Family, name: &str, stages: &Stages) -> String {
    let replace =
        |name: &str, pairs: &[(&str, &str)]| pairs.iter().fold(name.to_owned(), |name, (a, b)| name.replace(a, b));
    match family {
        // lightly's own ResNet calls its projections so.
        Family::ResNet => replace(name, &[(".shortcut.", ".downsample.")]),
        Family::Children => {
            let Some((child, rest)) = name.split_once('.') else { return name.to_owned() };
            let stage = child.parse().ok().and_then(|child: usize| stages.0.iter().position(|stage| *stage == child));
            match (child, stage) {
                ("0", _) => format!("conv1.{rest}"),
                ("1", _) => format!("bn1.{rest}"),
                (_, Some(stage)) => replace(&format!("layer{}.{rest}", stage + 1), &[(".shortcut.", ".downsample.")]),
                _ => name.to_owned(),
            }
        }
        Family::TorchvisionVit => {
            let pairs = [
                ("class_token", "cls_token"),
                ("conv_proj.", "patch_embed.proj."),
                ("encoder.pos_embedding", "pos_embed"),
                ("encoder.layers.encoder_layer_", "blocks."),
                ("encoder.ln.", "norm."),
                (".ln_1.", ".norm1."),
                (".ln_2.", ".norm2."),
                (".self_attention.in_proj_", ".attn.qkv."),
                (".self_attention.out_proj.", ".attn.proj."),
                (".mlp.0.", ".mlp.fc1."),
                (".mlp.3.", ".mlp.fc2."),
                (".mlp.linear_1.", ".mlp.fc1."),
                (".mlp.linear_2.", ".mlp.fc2."),
            ];
            replace(name, &pairs)
        }
        Family::WideResNet | Family::ConvNet | Family::Vit => name.to_owned(),
    }
}

type Tensors = BTreeMap<String, Weight>;

/// The encoder whose weights have these shapes.
fn described(family: Family, tensors: &Tensors, hints: &Hints) -> Result<EncoderShape, String> {
    match family {
        Family::ResNet | Family::Children => resnet(tensors).map(EncoderShape::ResNet),
        Family::WideResNet => side_of(tensors, "block1.layer.0.conv1.weight", 0).map(EncoderShape::WideResNet),
        Family::ConvNet => side_of(tensors, "conv1.weight", 0).map(EncoderShape::ConvNet),
        Family::Vit | Family::TorchvisionVit => vit(tensors, hints).map(EncoderShape::Vit),
    }
}

fn side_of(tensors: &Tensors, name: &str, side: usize) -> Result<usize, String> {
    let weight = tensors.get(name).ok_or_else(|| format!("it lacks {name}"))?;
    weight.shape.get(side).copied().filter(|side| *side > 0).ok_or_else(|| format!("its {name} is {:?}", weight.shape))
}

fn resnet(tensors: &Tensors) -> Result<ResNetShape, String> {
    let stem_kernel = side_of(tensors, "conv1.weight", 3)?;
    if !matches!(stem_kernel, 3 | 7) {
        return Err(format!("its stem has kernels of {stem_kernel} pixels: a ResNet's have 3 or 7"));
    }
    let has = |name: &str| tensors.contains_key(name);
    let named = |stage: usize, block: usize, place: usize| format!("layer{stage}.{block}.conv{place}.weight");
    let mut stages = Vec::new();
    for stage in (1..).take_while(|stage| has(&named(*stage, 0, 1))) {
        let mut blocks = Vec::new();
        for block in (0..).take_while(|block| has(&named(stage, *block, 1))) {
            let names = (1..).map(|place| named(stage, block, place)).take_while(|name| has(name));
            let sizes = |name: String| Ok((side_of(tensors, &name, 3)?, side_of(tensors, &name, 0)?));
            let convolutions: Vec<(usize, usize)> = names.map(sizes).collect::<Result<_, String>>()?;
            let kernels: Vec<usize> = convolutions.iter().map(|(kernel, _)| *kernel).collect();
            if !kernels.contains(&3) || kernels.iter().any(|kernel| !matches!(kernel, 1 | 3)) {
                return Err(format!(
                    "its layer{stage}.{block} has kernels of {kernels:?} pixels: a ResNet's have 1 and 3"
                ));
            }
            blocks.push(convolutions);
        }
        stages.push(blocks);
    }
    Ok(ResNetShape { stem_kernel, border: 0, width: side_of(tensors, "conv1.weight", 0)?, stages })
}

/// Numbers of an attention head, where nobody says how many heads there are: timm's and torchvision's sizes all have them.
const HEAD: usize = 64;

fn vit(tensors: &Tensors, hints: &Hints) -> Result<VitShape, String> {
    let (width, patch) =
        (side_of(tensors, "patch_embed.proj.weight", 0)?, side_of(tensors, "patch_embed.proj.weight", 3)?);
    let positions = side_of(tensors, "pos_embed", 1)?;
    let class_token = tensors.contains_key("cls_token");
    let root = positions.isqrt();
    // A square and one more is no square.
    let class_position = class_token && root * root != positions;
    let grid = (positions - usize::from(class_position)).isqrt();
    if grid * grid + usize::from(class_position) != positions {
        return Err(format!("its {positions} positions are no square of patches"));
    }
    let depth = (0..).take_while(|block| tensors.contains_key(&format!("blocks.{block}.attn.qkv.weight"))).count();
    let heads = hints.heads.unwrap_or((width / HEAD).max(1));
    if heads == 0
        || !width.is_multiple_of(heads)
        || hints.heads.is_none() && !width.is_multiple_of(HEAD) && width > HEAD
    {
        return Err(format!("its width {width} does not divide into {heads} heads: say how many there are"));
    }
    let pooled_norm = !tensors.contains_key("norm.weight") && tensors.contains_key("fc_norm.weight");
    let usual = if pooled_norm || !class_token { Pool::Mean } else { Pool::Token };
    let pool = hints.pool.unwrap_or(usual);
    if pool == Pool::Token && !class_token {
        return Err("it has no class token: its features are the mean over the patches".into());
    }
    Ok(VitShape {
        side: grid * patch,
        patch,
        width,
        depth,
        heads,
        hidden: side_of(tensors, "blocks.0.mlp.fc1.weight", 0)?,
        class_token,
        class_position,
        qkv_bias: tensors.contains_key("blocks.0.attn.qkv.bias"),
        pool,
        pooled_norm,
    })
}
