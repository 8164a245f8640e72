//! MNIST's files, gzip or not.
#![no_main]

use byolab::data::idx;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| drop(idx::parse(bytes)));
