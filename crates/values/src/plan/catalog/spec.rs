//! Keys and entries, written in a line.

use super::{CatalogEntry, Constant, KeySpec, Kind};

/// One of a few words that a key may hold.
pub(super) const fn option(name: &'static str, doc: &'static str, source: &'static str) -> CatalogEntry {
    CatalogEntry { name, doc, source, keys: &[] }
}

/// A key with a default.
pub(super) const fn key(
    key: &'static str,
    kind: Kind,
    default: Constant,
    doc: &'static str,
    source: &'static str,
) -> KeySpec {
    KeySpec { key, kind, default: Some(default), doc, source }
}
