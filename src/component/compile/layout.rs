//! Which stations there are, and where in the program each component's begin.

use indexmap::{IndexMap, IndexSet};

use super::builder::Spot;
use super::flags::SwitchKey;
use super::gateways::Passage;
use super::policies::Shared;
use super::targets::Targets;
use crate::component::assembly::{StationKind, StationName};

/// First indices of components' stations, and the stations' names by group.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Names of stations with slots, in the program's order.
    pub(super) slots: Vec<StationName>,
    /// Names of processor-sharing stations.
    pub(super) sharings: Vec<StationName>,
    /// Names of lock tables.
    pub(super) locks: Vec<StationName>,
    /// Names of batch servers.
    pub(super) batches: Vec<StationName>,
    /// Module → index of its process.
    pub(super) process_of: IndexMap<String, usize>,
    /// Process → first of its replicas' threads; `None` for an event loop.
    pub(super) threads: Vec<Option<u32>>,
    /// Process → first of its replicas' cores.
    pub(super) process_cores: Vec<u32>,
    /// Schema → index of its database.
    pub(super) database_of: IndexMap<String, usize>,
    /// Table → its schema.
    pub(super) schema_of: IndexMap<String, String>,
    /// Database → its cores.
    pub(super) database_cores: Vec<u32>,
    /// Database → its log flush.
    pub(super) flush: Vec<Option<u32>>,
    /// Table → its locks, in the database that holds it.
    pub(super) lock_tables: IndexMap<String, u32>,
    /// Tables with a row that some step locks optimistically.
    pub(super) versioned: IndexSet<String>,
    /// Database → its read replicas: the number of each among all, and its cores.
    pub(super) replicas: Vec<Vec<(u16, u32)>>,
    /// (process, database, whether to its read replicas) → index of the pool.
    pub(super) pools: IndexMap<(usize, usize, bool), usize>,
    /// Gateway → its request slots.
    pub(super) gateways: Vec<u32>,
    /// Gateway → its token bucket.
    pub(super) buckets: Vec<Option<u16>>,
    /// Gateway → its bucket that is filled in steps.
    pub(super) local_limits: Vec<Option<u16>>,
    /// Gateway → its fixed window.
    pub(super) windows: Vec<Option<u16>>,
    /// Gateway → its sliding window.
    pub(super) sliding_windows: Vec<Option<u16>>,
    /// Gateway → its bucket of turns.
    pub(super) turns: Vec<Option<u16>>,
    /// Logical cache → server.
    pub(super) caches: IndexMap<String, u16>,
    /// Cache server → its stores and command loops.
    pub(super) servers: Vec<CacheServerAt>,
    /// Logical cache, by its number → the standby that a runbook switches it to.
    pub(super) standbys: IndexMap<u16, u16>,
    /// External party → its slots, if it has a limit.
    pub(super) externals: Vec<Option<u32>>,
    /// External party → its limits.
    pub(super) external_limits: Vec<ExternalLimits>,
    /// (destination of a link, whether towards it) → the station of its bandwidth.
    pub(super) wires: IndexMap<(String, bool), u32>,
    /// Plain stations by name.
    pub(super) stations: IndexMap<String, PlainStation>,
    /// Topic → its index.
    pub(super) topics: IndexMap<String, u16>,
    /// (gateway, process) → what the routes from one to the other share.
    pub(super) passages: IndexMap<(usize, usize), Passage>,
    /// (calling process, called operation) → what its calls share.
    pub(super) calls: IndexMap<(usize, String), Shared>,
    /// What a scenario disturbs.
    pub(super) targets: Targets,
    /// Switches that a runbook turns.
    pub(super) switches: IndexMap<SwitchKey, u16>,
    /// Gateway or operation → the limit that a runbook may set there.
    pub(super) limits: IndexMap<String, u16>,
    /// Ways between two parties that faults are about: where that is written, who they are, and the gate.
    pub(super) ways: Vec<(Spot, [String; 2], u16)>,
    /// Where the filling of each cache is asked for.
    pub(super) warms: Vec<Spot>,
}

/// The stores and command loops of a cache server: first ones, one for each of its masters.
#[derive(Clone, Copy, Debug)]
pub(super) struct CacheServerAt {
    pub(super) store: u16,
    pub(super) command_loop: u32,
    pub(super) masters: u16,
}

/// What limits the rate at which an external party is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExternalLimits {
    /// Its token bucket.
    pub(super) bucket: Option<u16>,
    pub(super) sliding_window: Option<u16>,
    /// Its bucket of turns.
    pub(super) turns: Option<u16>,
}

/// What a plain station is in the program.
#[derive(Clone, Copy, Debug)]
pub(super) enum PlainStation {
    /// Slots; `None` without a service time.
    Slots { slots: u32, demand: Option<u32> },
    /// Processor sharing.
    Sharing { sharing: u32, demand: u32 },
    /// A batch server.
    Batch { batch: u32 },
    /// A server for everybody.
    Unlimited { demand: u32 },
}

impl Layout {
    /// All stations in the order of the record.
    pub(super) fn into_names(self) -> Vec<StationName> {
        [self.slots, self.sharings, self.locks, self.batches].concat()
    }

    /// Makes names for a component's stations, one for each replica.
    pub(super) fn names(
        component: &str,
        kind: StationKind,
        replicas: u16,
        capacity: f64,
    ) -> impl Iterator<Item = StationName> {
        (0..replicas).map(move |replica| StationName {
            component: component.to_owned(),
            kind,
            replica,
            replicas,
            capacity,
        })
    }
}
