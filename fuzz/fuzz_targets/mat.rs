//! SVHN's files.
#![no_main]

use byolab::data::{mat, svhn};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(mat::parse(bytes));
    drop(svhn::images(bytes));
});
