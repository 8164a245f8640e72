//! Archives that are fetched: no path leaves the folder, and no content is more than allowed.
#![no_main]

use std::{
    io::{Read, copy, sink},
    path::Component,
};

use byolab::data::fetch::tar::{self, Limits};
use flate2::read::GzDecoder;
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { bytes: 10_000, files: 10 };

fuzz_target!(|bytes: &[u8]| {
    let read = |archive: &mut dyn Read| {
        let mut unpacked = 0;
        let result = tar::read(archive, LIMITS, |path, content| {
            assert!(path.components().all(|part| matches!(part, Component::Normal(_))), "{}", path.display());
            if let Some(content) = content {
                unpacked += copy(content, &mut sink()).unwrap_or(0);
            }
            Ok(())
        });
        assert!(unpacked <= LIMITS.bytes, "{unpacked} bytes");
        drop(result);
    };
    read(&mut GzDecoder::new(bytes));
    read(&mut { bytes });
});
