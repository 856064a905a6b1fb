//! Redis's keys.

use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::cache::CacheSpec;

pub(super) const REFERENCE: Reference = Reference {
    name: "cache",
    section: "caches",
    about: "Redis: one loop that runs all commands, and entries that expire and are evicted. Whether a look-up hits \
            follows from keys, lifetimes and memory.",
    product: "Redis 7.4",
    keys: &[
        Key::is("maxmemory", "0 (no limit)", "B", "memory"),
        Key::is("maxmemory-policy", "noeviction", "", "policy"),
    ],
    settings: &[Settings { at: "caches.<name>", schema: || schemars::schema_for!(CacheSpec) }],
    example: "cache/deployment.yaml",
    proofs: &[("tests/theory/cases.rs", "LRU-CHE-3"), ("tests/theory/cases.rs", "TTL-2")],
};
