//! Tests that could not look.

/// Says that a test could not look. Where `BYOLAB_NO_SKIP` is set, as in CI, that is a failure.
pub fn skip(reason: &str) {
    let allowed = std::env::var_os("BYOLAB_NO_SKIP").is_none_or(|set| set.is_empty());
    assert!(allowed, "not to be skipped here: {reason}");
    eprintln!("skipped: {reason}");
}
