//! A log: topics with partitions, and consumers that work through them.
//!
//! Stands for Kafka. A record goes to the partition of its key; a partition belongs to one member of the
//! consumer group, which works on one record at a time, in order. The lag is the queue in front of the
//! member. Left out so far: batches, poll loops, commits, rebalances, brokers.
//!
//! Sources: Kafka `BuiltInPartitioner` (partition by hash of the key over all partitions), `RangeAssignor`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::LawSpec;

/// The product whose rules apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogKind {
    /// Kafka.
    #[default]
    Kafka,
}

/// A log.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogSpec {
    /// The product.
    #[serde(default)]
    pub kind: LogKind,
    /// Topics by name.
    pub topics: IndexMap<String, TopicSpec>,
    /// Time until a record is acknowledged, besides the network.
    pub append: LawSpec,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A topic.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TopicSpec {
    /// Range: 1 to 10000.
    pub partitions: u32,
    /// Who reads it; without it, records are only kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumers: Option<ConsumersSpec>,
}

/// A consumer group.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConsumersSpec {
    /// Name of the group.
    pub group: String,
    /// Members; those beyond the number of partitions have nothing to do. Range: at least 1.
    #[serde(default = "one")]
    pub members: u32,
    /// The operation that works on a record.
    pub operation: String,
}

fn one() -> u32 {
    1
}
