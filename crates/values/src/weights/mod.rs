//! Weights that others have trained: read, recognised, described. Plain values: no burn.
//!
//! | file | holds |
//! |---|---|
//! | `torch`, `zip` | what `torch.save` writes, and the archive that it is in |
//! | `shape` | what an encoder is made of, as its weights' shapes tell |
//! | `names` | whose names they have; prefixes, heads, what is missing or left over |
//! | `known` | encoders in files, each read once |
//! | `export` | an encoder as the files that others load |

pub mod export;
mod known;
mod names;
pub mod shape;
mod torch;
mod zip;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use safetensors::{Dtype, SafeTensors};

pub use known::{Known, known};
pub use names::{Found, Hints, recognise};
pub use shape::EncoderShape;

/// A tensor of a file, in single precision.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Row by row.
    pub values: Vec<f32>,
    /// What the file has them as.
    pub numbers: Numbers,
}

/// What real numbers are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Numbers {
    /// Single precision.
    F32,
    /// Half precision.
    F16,
    /// The upper half of single precision.
    Bf16,
    /// Double precision, rounded when it is read.
    F64,
}

impl Numbers {
    /// As people read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
            Self::F64 => "float64",
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::F64 => 8,
        }
    }

    /// The number at a place among others, little-endian.
    fn at(self, bytes: &[u8], place: usize) -> f32 {
        let bytes = &bytes[place * self.bytes()..][..self.bytes()];
        match *bytes {
            [a, b] if self == Self::F16 => half(u16::from_le_bytes([a, b])),
            [a, b] => f32::from_bits(u32::from(u16::from_le_bytes([a, b])) << 16),
            [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
            _ => f64::from_le_bytes(bytes.try_into().expect("eight bytes")) as f32,
        }
    }
}

/// A number of half precision (IEEE 754, binary16).
fn half(bits: u16) -> f32 {
    let (sign, exponent, fraction) =
        (u32::from(bits >> 15) << 31, u32::from(bits >> 10) & 0x1f, u32::from(bits) & 0x3ff);
    let magnitude = match exponent {
        // Subnormal: so many times the least.
        0 => fraction as f32 * 2f32.powi(-24),
        0x1f => f32::from_bits(0x7f80_0000 | fraction << 13),
        _ => f32::from_bits((exponent + 112) << 23 | fraction << 13),
    };
    f32::from_bits(magnitude.to_bits() | sign)
}

/// What a file of weights holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// What wrote it: `safetensors`, `torch.save`.
    pub format: &'static str,
    /// Tensors of real numbers by their names; those of whole numbers, which count steps, are left out.
    pub tensors: BTreeMap<String, Weight>,
    /// What is said of them.
    pub metadata: BTreeMap<String, String>,
}

impl Stored {
    fn of(format: &'static str) -> Self {
        Self { format, tensors: BTreeMap::new(), metadata: BTreeMap::new() }
    }
}

/// Reads safetensors, and what `torch.save` writes.
///
/// # Errors
/// In a sentence about the file (`it is cut …`): what is neither, is cut or damaged, or asks for something to be run.
pub fn read(bytes: &[u8]) -> Result<Stored> {
    if torch::is_of_old(bytes) {
        bail!(
            "it was saved by PyTorch before 1.6, as a pickle by itself: save it again, \
             torch.save(torch.load(path, weights_only=True), path)"
        );
    }
    let stored = if bytes.starts_with(b"PK") { torch::read(bytes)? } else { safetensors(bytes)? };
    ensure!(!stored.tensors.is_empty(), "it holds no tensor of real numbers");
    Ok(stored)
}

fn safetensors(bytes: &[u8]) -> Result<Stored> {
    let broken = "it is neither safetensors nor what torch.save writes, or it is cut";
    let (_, header) = SafeTensors::read_metadata(bytes).context(broken)?;
    let file = SafeTensors::deserialize(bytes).context(broken)?;
    let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
    let mut stored = Stored { metadata, ..Stored::of("safetensors") };
    for (name, view) in file.iter() {
        let numbers = match view.dtype() {
            Dtype::F32 => Numbers::F32,
            Dtype::F16 => Numbers::F16,
            Dtype::BF16 => Numbers::Bf16,
            Dtype::F64 => Numbers::F64,
            Dtype::BOOL | Dtype::U8 | Dtype::I8 | Dtype::I16 | Dtype::U16 | Dtype::I32 | Dtype::U32 => continue,
            Dtype::I64 | Dtype::U64 => continue,
            other => bail!("its tensor {name} has numbers of type {other:?}: save it as float32"),
        };
        let count = view.data().len() / numbers.bytes();
        let values = (0..count).map(|place| numbers.at(view.data(), place)).collect();
        stored.tensors.insert(name.to_owned(), Weight { shape: view.shape().to_vec(), values, numbers });
    }
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_half_precision_are_ieees() {
        for (bits, expected) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 6.103_515_6e-5),
            (0x0001, 5.960_464_5e-8),
            (0x83ff, -6.097_555e-5),
            (0x0000, 0.0),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
            (0x3555, 0.333_251_95),
        ] {
            assert_eq!(half(bits), expected, "{bits:04x}");
        }
        assert!(half(0x7e00).is_nan() && half(0x8000).is_sign_negative());
        assert_eq!(Numbers::Bf16.at(&[0, 0, 0x80, 0xbf], 1), -1.0);
        assert_eq!(Numbers::F64.at(&0.1f64.to_le_bytes(), 0), 0.1);
    }

    #[test]
    fn what_is_no_file_of_weights_is_told_in_a_sentence() {
        for (bytes, said) in [
            (&b""[..], "neither safetensors nor"),
            (b"hello, this is a text", "neither safetensors nor"),
            (b"PK\x03\x04 and no end", "it is cut, or no zip archive"),
            (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.rest", "before 1.6"),
            (&[&2u64.to_le_bytes()[..], b"{}"].concat(), "no tensor"),
        ] {
            let error = format!("{:#}", read(bytes).unwrap_err());
            assert!(error.contains(said) && !error.contains('\n'), "{error}");
        }
    }
}
