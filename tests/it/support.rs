//! What several subjects need.

use std::{collections::BTreeMap, path::Path};

use safetensors::{Dtype, SafeTensors};

use byolab::engine::device::Opened;

pub use crate::skip::skip;

/// The Vulkan device; where there is none, that is said as a skip. A build without Vulkan has nothing to look at, and that
/// is no failure even where nothing may be skipped: the build with it looks.
pub fn vulkan() -> Option<Opened> {
    if !cfg!(feature = "vulkan") {
        eprintln!("skipped: this build has no Vulkan");
        return None;
    }
    let opened = byolab::engine::device::open("vulkan");
    opened.inspect_err(|reason| skip(&format!("Vulkan: {reason:#}"))).ok()
}

/// A reference file: name to shape and values; integers (`.i64`) as floats.
pub struct Reference(BTreeMap<String, (Vec<usize>, Vec<f32>)>);

impl Reference {
    /// `tests/reference/NAME.safetensors`.
    pub fn read(name: &str) -> Self {
        Self::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/reference/{name}.safetensors")))
    }

    pub fn at(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = SafeTensors::deserialize(&bytes).expect("a reference file is whole");
        let entry = |(name, view): (&str, safetensors::tensor::TensorView)| {
            let values = match view.dtype() {
                Dtype::F32 => view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect(),
                Dtype::I64 => {
                    view.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f32).collect()
                }
                other => panic!("{name} has type {other:?}"),
            };
            (name.to_string(), (view.shape().to_vec(), values))
        };
        Self(file.iter().map(entry).collect())
    }

    pub fn shape(&self, name: &str) -> &[usize] {
        &self.0[name].0
    }

    pub fn values(&self, name: &str) -> &[f32] {
        self.get(name).unwrap_or_else(|| panic!("the reference has no {name}"))
    }

    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.0.get(name).map(|(_, values)| values.as_slice())
    }
}

/// Largest absolute difference.
pub fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "the same number of values");
    a.iter().zip(b).fold(0.0, |largest, (a, b)| largest.max((a - b).abs()))
}

/// Fails where two lists differ by more than `tolerance` anywhere.
#[track_caller]
pub fn assert_close(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    let distance = distance(found, expected);
    assert!(distance <= tolerance, "{what}: off by {distance:e}, allowed {tolerance:e}");
}
