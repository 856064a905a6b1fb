//! A plain queue: servers, room to wait, a discipline and a service time.
//!
//! It stands for anything whose inner life does not matter: a teller, a disk, a licence server. It leaves out
//! what the other components add: scopes, policies, replicas.
//!
//! Sources: L. Kleinrock, *Queueing Systems* vol. 1, for the disciplines.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::LawSpec;
use crate::units::Span;

/// The order in which a station serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DisciplineSpec {
    /// First come, first served.
    #[default]
    Fifo,
    /// Last come, first served, without preemption.
    Lifo,
    /// First come first served until the queue has not been empty for this long, then last come first.
    AdaptiveLifo(Span),
    /// The smallest priority number first, without preemption; see `clients` of a scenario.
    Priority,
    /// All at once, sharing the servers equally; nobody waits.
    ProcessorSharing,
}

/// A plain queue.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StationSpec {
    /// Number of servers; without it, there is one for everybody who comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub servers: Option<u32>,
    /// Most that may be in the station, being served or waiting; without it, there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// The order of service.
    #[serde(default)]
    pub discipline: DisciplineSpec,
    /// How long a visit is served. A station that is only held needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<LawSpec>,
    /// How long one waits before giving up; without it, for ever. Whoever is being served stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<LawSpec>,
    /// Serves everybody who waits in one go, as group commit does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchSpec>,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Service in batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BatchSpec {
    /// Most in one batch; without it, everybody who waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}
