//! Pictures of a folder: JPEG, PNG, WebP, with their orientation.
#![no_main]

use byolab::data::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| drop(decode::decode(bytes, 8)));
