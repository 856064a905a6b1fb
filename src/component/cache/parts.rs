//! What becomes of cache servers that go down, as the host needs it.

use super::cluster::{checksum_of_number, master_of};
use super::durability::PersistenceSpec;
use crate::engine::Pc;
use crate::random::Law;
use crate::units::Span;

/// What becomes of a cache server that goes down.
#[derive(Clone, Debug)]
pub(crate) struct Survival {
    pub(crate) command_loop: u32,
    pub(crate) persistence: PersistenceSpec,
    pub(crate) load_per_gibibyte: Span,
    pub(crate) replicas: u16,
    pub(crate) lag: Span,
    pub(crate) sentinel: Option<Sentinel>,
    /// How far a standby is behind that copies it, if one does.
    pub(crate) copied: Option<Span>,
    /// The cluster that it is a master of.
    pub(crate) cluster: Option<u16>,
    /// The first step of a fork, where there are snapshots.
    pub(crate) fork: Option<Pc>,
}

/// Who puts a replica in its place.
#[derive(Clone, Debug)]
pub(crate) struct Sentinel {
    pub(crate) down_after: Span,
    pub(crate) promotion: Law,
    pub(crate) discovery: Law,
}

/// Masters that share the keys of a cache server.
#[derive(Clone, Debug)]
pub(crate) struct ClusterPart {
    /// The store of the first master; the others follow.
    pub(crate) first: u16,
    pub(crate) masters: u16,
    pub(crate) node_timeout: Span,
    pub(crate) require_full_coverage: bool,
    pub(crate) replica_validity_factor: u32,
    pub(crate) reports: Law,
    pub(crate) discovery: Law,
}

impl ClusterPart {
    /// The master of a key: of its checksum up to its number, and of that.
    pub(crate) fn master(&self, prefix: u16, number: Option<u64>) -> u16 {
        let crc = number.map_or(prefix, |number| checksum_of_number(prefix, number));
        master_of(crc, self.masters)
    }

    /// How many masters are a majority.
    pub(crate) fn majority(&self) -> usize {
        usize::from(self.masters) / 2 + 1
    }
}

/// The filling of caches.
#[derive(Clone, Debug)]
pub(crate) struct WarmPart {
    /// The logical caches.
    pub(crate) spaces: Vec<u16>,
    /// Time between two look-ups.
    pub(crate) gap: Span,
    /// How many in all; none for as many as there are keys.
    pub(crate) entries: Option<u64>,
    /// Where entries are looked up, in turn.
    pub(crate) sites: Vec<WarmSite>,
}

/// A place where a cache that is filled is looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WarmSite {
    pub(crate) site: u64,
    /// First step of the look-up and of what follows.
    pub(crate) pc: Pc,
    /// The operation that it is recorded as.
    pub(crate) operation: u16,
    /// How many keys there are.
    pub(crate) keys: u64,
}

impl WarmPart {
    /// Whether it looks up there already.
    pub(crate) fn knows(&self, site: u64) -> bool {
        self.sites.iter().any(|known| known.site == site)
    }

    /// How many look-ups it makes in all.
    pub(crate) fn look_ups(&self) -> u64 {
        self.entries.unwrap_or_else(|| self.sites.iter().map(|site| site.keys).sum())
    }
}
