//! Vision transformer (Dosovitskiy et al. 2021) as others train it: normalised first, exact GELU. Parameter names are timm's, and
//! its epsilon. Its products are burn's, which on CUDA round single precision to TF32.

use burn::tensor::{
    Tensor,
    activation::{gelu, softmax},
    module,
    ops::ConvOptions,
};

use super::Encoder;
use crate::{
    kernel::{self, Maps, Order},
    nn::{Layout, Linear, Pass, Role},
};
use byolab_values::weights::shape::{Pool, VitShape};

/// timm's.
const EPSILON: f64 = 1e-6;

/// Normalisation of each token.
struct LayerNorm {
    scale: usize,
    shift: usize,
}

impl LayerNorm {
    fn new(layout: &mut Layout, name: &str, width: usize) -> Self {
        Self {
            scale: layout.parameter(format!("{name}.weight"), vec![width], Role::Scale),
            shift: layout.parameter(format!("{name}.bias"), vec![width], Role::Shift),
        }
    }

    /// `[tokens, width]` to the same.
    fn forward(&self, pass: &Pass, x: Tensor<2>) -> Tensor<2> {
        let [scale, shift] = [self.scale, self.shift].map(|place| pass.weights.0[place].clone().unsqueeze::<2>());
        let centred = x.clone() - x.mean_dim(1);
        let variance = (centred.clone() * centred.clone()).mean_dim(1);
        centred / (variance + EPSILON).sqrt() * scale + shift
    }
}

/// Attention and a perceptron, each added to what it reads.
struct Block {
    norms: [LayerNorm; 2],
    qkv: Linear,
    projection: Linear,
    perceptron: [Linear; 2],
}

impl Block {
    fn new(layout: &mut Layout, name: &str, shape: &VitShape) -> Self {
        let (width, hidden) = (shape.width, shape.hidden);
        let first = LayerNorm::new(layout, &format!("{name}.norm1"), width);
        let qkv = Linear::new(layout, &format!("{name}.attn.qkv"), [width, 3 * width], shape.qkv_bias);
        let projection = Linear::new(layout, &format!("{name}.attn.proj"), [width, width], true);
        let second = LayerNorm::new(layout, &format!("{name}.norm2"), width);
        let wide = Linear::new(layout, &format!("{name}.mlp.fc1"), [width, hidden], true);
        let narrow = Linear::new(layout, &format!("{name}.mlp.fc2"), [hidden, width], true);
        Self { norms: [first, second], qkv, projection, perceptron: [wide, narrow] }
    }

    /// The tokens of so many images, `[images * tokens, width]`, to the same.
    fn forward(&self, pass: &Pass, x: Tensor<2>, images: usize, heads: usize) -> Tensor<2> {
        let [rows, width] = x.dims();
        let (tokens, each) = (rows / images, width / heads);
        let qkv = self.qkv.forward(pass, self.norms[0].forward(pass, x.clone()));
        let qkv = qkv.reshape([images, tokens, 3 * heads, each]).swap_dims(1, 2);
        let part = |place: usize| qkv.clone().narrow(1, place * heads, heads);
        let similarity = part(0).matmul(part(1).swap_dims(2, 3)) * (each as f64).powf(-0.5);
        let read = softmax(similarity, 3).matmul(part(2)).swap_dims(1, 2).reshape([rows, width]);
        let x = x + self.projection.forward(pass, read);
        let hidden = gelu(self.perceptron[0].forward(pass, self.norms[1].forward(pass, x.clone())));
        x + self.perceptron[1].forward(pass, hidden)
    }
}

/// Patches, positions, blocks, normalisation.
pub struct VisionTransformer {
    class: Option<usize>,
    positions: usize,
    embedding: [usize; 2],
    blocks: Vec<Block>,
    norm: LayerNorm,
    shape: VitShape,
}

impl VisionTransformer {
    /// The encoder of this shape, its parameters declared under `name`.
    pub fn new(layout: &mut Layout, name: &str, shape: &VitShape) -> Self {
        let (width, patch) = (shape.width, shape.patch);
        let drawn = Role::Linear { fan: width };
        let class = shape.class_token.then(|| layout.parameter(format!("{name}.cls_token"), vec![1, 1, width], drawn));
        let positions = layout.parameter(format!("{name}.pos_embed"), vec![1, shape.positions(), width], drawn);
        let fan = 3 * patch * patch;
        let embedding = [
            layout.parameter(
                format!("{name}.patch_embed.proj.weight"),
                vec![width, 3, patch, patch],
                Role::Linear { fan },
            ),
            layout.parameter(format!("{name}.patch_embed.proj.bias"), vec![width], Role::Bias { fan }),
        ];
        let blocks =
            (0..shape.depth).map(|block| Block::new(layout, &format!("{name}.blocks.{block}"), shape)).collect();
        let norm = LayerNorm::new(layout, &format!("{name}.{}", shape.norm()), width);
        Self { class, positions, embedding, blocks, norm, shape: shape.clone() }
    }

    /// What tokens are after `stage` blocks, `[images * tokens, width]`.
    fn tokens(&self, pass: &Pass, x: Tensor<4>, stage: usize) -> Tensor<2> {
        let VitShape { width, patch, heads, class_position, .. } = self.shape;
        let images = x.dims()[0];
        let parameter = |place: usize| pass.weights.0[place].clone();
        let [weight, bias] = self.embedding.map(parameter);
        let options = ConvOptions::new([patch, patch], [0, 0], [1, 1], 1);
        let maps = module::conv2d(kernel::widened(x), weight.reshape([width, 3, patch, patch]), Some(bias), options);
        let patches = maps.reshape([images, width, self.shape.patches()]).swap_dims(1, 2);
        let positions = parameter(self.positions).reshape([1, self.shape.positions(), width]);
        let class = self.class.map(|place| parameter(place).reshape([1, 1, width]).repeat_dim(0, images));
        let tokens = match class {
            Some(class) if class_position => Tensor::cat(vec![class, patches], 1) + positions,
            Some(class) => Tensor::cat(vec![class, patches + positions], 1),
            None => patches + positions,
        };
        let [_, all, _] = tokens.dims();
        let begun = tokens.reshape([images * all, width]);
        self.blocks[..stage].iter().fold(begun, |x, block| block.forward(pass, x, images, heads))
    }

    /// Of tokens `[images * tokens, width]` those of patches, `[images, patches, width]`.
    fn patches(&self, tokens: Tensor<2>) -> Tensor<3> {
        let (own, patches) = (usize::from(self.shape.class_token), self.shape.patches());
        let images = tokens.dims()[0] / (own + patches);
        tokens.reshape([images, own + patches, self.shape.width]).narrow(1, own, patches)
    }
}

impl Encoder for VisionTransformer {
    fn features(&self) -> usize {
        self.shape.width
    }

    fn stages(&self) -> usize {
        self.blocks.len()
    }

    fn maps(&self, pass: &mut Pass, x: Tensor<4>, stage: usize) -> Maps {
        let tokens = self.tokens(pass, x, stage);
        let last = stage == self.blocks.len() && !self.shape.pooled_norm;
        let patches = self.patches(if last { self.norm.forward(pass, tokens) } else { tokens });
        let ([images, _, width], grid) = (patches.dims(), self.shape.side / self.shape.patch);
        Maps::new(patches.swap_dims(1, 2).reshape([images, width, grid, grid]), Order::Planes)
    }

    fn forward(&self, pass: &mut Pass, x: Tensor<4>) -> Tensor<2> {
        let (images, width) = (x.dims()[0], self.shape.width);
        let mut tokens = self.tokens(pass, x, self.blocks.len());
        if !self.shape.pooled_norm {
            tokens = self.norm.forward(pass, tokens);
        }
        let pooled = match self.shape.pool {
            Pool::Token => tokens.clone().reshape([images, tokens.dims()[0] / images, width]).narrow(1, 0, 1),
            Pool::Mean => self.patches(tokens).mean_dim(1),
        };
        let pooled = pooled.reshape([images, width]);
        if self.shape.pooled_norm { self.norm.forward(pass, pooled) } else { pooled }
    }
}
