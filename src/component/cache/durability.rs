//! What of a cache server survives a crash, and who takes its place: settings as a user writes them.
//!
//! Sources: Redis 7.4 `config.c`, `rdb.c`, `aof.c`, `sentinel.c`; times that are called measured were taken on Redis 7.0
//! with three Sentinels on one machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::LawSpec;
use crate::units::Span;

/// What is on the disk when the server starts again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PersistenceSpec {
    /// Nothing: it comes back empty.
    #[default]
    None,
    /// What it was when the last snapshot that is finished began.
    Rdb(RdbSpec),
    /// Every write, as far as it was flushed.
    Aof(AofSpec),
}

/// Snapshots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RdbSpec {
    /// A snapshot begins when one of these is met; looked at every second. Default: 1 change in 1h, 100 in 5m, 10000 in
    /// 1m. Source: Redis `save`.
    #[serde(default = "save")]
    pub save: Vec<SaveSpec>,
    /// For how long a GiB stops the loop when a snapshot begins. Source: Redis documentation, 9 to 13 ms for each GB of
    /// a fork on current machines.
    #[serde(default = "fork")]
    pub fork_per_gibibyte: Span,
    /// How long it takes to write a GiB, in the background. Source: an estimate.
    #[serde(default = "ten_seconds")]
    pub write_per_gibibyte: Span,
}

impl Default for RdbSpec {
    fn default() -> Self {
        RdbSpec { save: save(), fork_per_gibibyte: fork(), write_per_gibibyte: ten_seconds() }
    }
}

/// When a snapshot is due: so many changes, and so long since the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SaveSpec {
    /// Time since the last snapshot. Range: at least 1s.
    pub after: Span,
    /// Changes since the last snapshot. Range: at least 1.
    pub changes: u64,
}

/// The append-only file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct AofSpec {
    /// When it is flushed to the disk. Source: Redis `appendfsync`.
    pub fsync: Fsync,
    /// With `always`: how long each write holds up the loop until it is flushed; without it, no time. Commands that Redis
    /// reads at once share a flush there, and do not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flush: Option<LawSpec>,
}

/// When the append-only file is flushed to the disk. It matters where the machine goes with the server: what was
/// written and not flushed survives the server alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fsync {
    /// Before the answer to each write.
    Always,
    /// Every second.
    #[default]
    Everysec,
    /// When the system likes: every 30 s.
    No,
}

impl Fsync {
    /// Time between two flushes; `None` for none between a write and its answer.
    pub(crate) const fn period(self) -> Option<Span> {
        match self {
            Fsync::Always => None,
            Fsync::Everysec => Some(Span::from_secs(1)),
            Fsync::No => Some(Span::from_secs(30)),
        }
    }
}

/// Sentinels that watch the server and put a replica in its place. They agree at once and their attempts succeed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SentinelSpec {
    /// How long it has to be silent to count as down; one that hangs is found up to a second later. Range: above 0s.
    /// Source: Redis `down-after-milliseconds`.
    pub down_after: Span,
    /// From when it counts as down until a replica takes writes: agreement, vote, choice and promotion. Measured: 0.7 to 1.4 s.
    pub promotion: LawSpec,
    /// From when a replica takes writes until clients have found it. Source: an estimate.
    pub discovery: LawSpec,
}

impl Default for SentinelSpec {
    fn default() -> Self {
        SentinelSpec {
            down_after: Span::from_secs(30),
            promotion: LawSpec::Uniform { from: Span::from_millis(700), to: Span::from_millis(1_400) },
            discovery: LawSpec::Constant(Span::from_secs(1)),
        }
    }
}

fn save() -> Vec<SaveSpec> {
    [(3_600, 1), (300, 100), (60, 10_000)]
        .map(|(after, changes)| SaveSpec { after: Span::from_secs(after), changes })
        .to_vec()
}

fn fork() -> Span {
    Span::from_millis(11)
}

/// Ten seconds: a common order for reading or writing a GiB of entries.
pub(super) fn ten_seconds() -> Span {
    Span::from_secs(10)
}
