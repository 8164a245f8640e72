//! Files of weights: safetensors, and what `torch.save` writes.
#![no_main]

use byolab::weights::{self, Hints};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(stored) = weights::read(bytes) {
        drop(weights::recognise(stored, &Hints::default()));
    }
});
