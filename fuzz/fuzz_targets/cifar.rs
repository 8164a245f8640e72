//! CIFAR's files: binary records, and pickles of both sets.
#![no_main]

use byolab::data::{cifar10::CIFAR10, cifar100::CIFAR100};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(CIFAR10.records(bytes));
    drop(CIFAR100.records(bytes));
    drop(CIFAR10.pickled(bytes));
    drop(CIFAR100.pickled(bytes));
});
