//! STL-10's images and labels.
#![no_main]

use byolab::data::stl10;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(stl10::upright(bytes));
    drop(stl10::labels(bytes));
});
