//! The settings of a log, as a user writes them.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::LawSpec;
use crate::units::{Bytes, Span};

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
    /// Brokers over which the leaders of partitions are spread: a producer sends to one broker at a time. Range: 1 to
    /// 1000.
    #[serde(default = "three")]
    pub brokers: u32,
    /// Topics by name.
    pub topics: IndexMap<String, TopicSpec>,
    /// How processes publish.
    #[serde(default)]
    pub producer: ProducerSpec,
    /// Time until the leader has written a batch, besides the network.
    pub append: LawSpec,
    /// Time from when the leader has written a batch until every in-sync replica has it; without it, none. Records can be
    /// read from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication: Option<LawSpec>,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What a publisher waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Acks {
    /// Nothing: it goes on when its batch is sent.
    None,
    /// The leader has written it.
    Leader,
    /// Every in-sync replica has it.
    #[default]
    All,
}

/// How processes publish to a log.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProducerSpec {
    /// What a publisher waits for: `none`, `leader` or `all`. Source: Kafka `acks` 0, 1 or all.
    #[serde(default)]
    pub acks: Acks,
    /// How long a batch is kept for more records; 0s for none, and every record by itself. Source: Kafka `linger.ms`
    /// (5 from 4.0 on, 0 before).
    #[serde(default = "linger")]
    pub linger: Span,
    /// Size at which a batch is sent at once. Range: 1B to 2147483647B. Source: Kafka `batch.size`.
    #[serde(default = "batch_size")]
    pub batch_size: Bytes,
    /// How long a publisher waits in all; then it fails with `timeout`, and its record may be written all the same.
    /// Range: at least `linger`. Source: Kafka `delivery.timeout.ms`.
    #[serde(default = "delivery_timeout")]
    pub delivery_timeout: Span,
}

impl Default for ProducerSpec {
    fn default() -> Self {
        ProducerSpec {
            acks: Acks::All,
            linger: linger(),
            batch_size: batch_size(),
            delivery_timeout: delivery_timeout(),
        }
    }
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

/// When a member commits what it has worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Commits {
    /// When it polls or waits in its poll, if the last time was long enough ago. Source: Kafka `enable.auto.commit`.
    #[default]
    Auto,
    /// After each batch, and waits for it. Source: Kafka `commitSync`.
    Sync,
}

/// A consumer group.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConsumersSpec {
    /// Name of the group. Source: Kafka `group.id`.
    pub group: String,
    /// Members; those beyond the number of partitions have nothing to do. Range: 1 to 10000.
    #[serde(default = "one")]
    pub members: u32,
    /// The operation that works on a record. When it fails, the record has been dealt with.
    pub operation: String,
    /// Most records of one poll. Range: at least 1. Source: Kafka `max.poll.records`.
    #[serde(default = "max_poll_records")]
    pub max_poll_records: u32,
    /// A fetch waits until there is this much, or until `fetch-max-wait` is over. Range: at most
    /// 2147483647B. Source: Kafka `fetch.min.bytes`.
    #[serde(default = "fetch_min_bytes")]
    pub fetch_min_bytes: Bytes,
    /// How long a fetch waits for `fetch-min-bytes` at most. Range: above 0s. Source: Kafka `fetch.max.wait.ms`.
    #[serde(default = "fetch_max_wait")]
    pub fetch_max_wait: Span,
    /// A member that works on one poll for longer leaves the group. Range: above 0s. Source: Kafka
    /// `max.poll.interval.ms`.
    #[serde(default = "max_poll_interval")]
    pub max_poll_interval: Span,
    /// A member that crashed is missed after this long. Range: 6s to 30m. Source: Kafka `session.timeout.ms`.
    #[serde(default = "session_timeout")]
    pub session_timeout: Span,
    /// Members hear of a rebalance in the answer to a heartbeat. Range: above 0s, below the session time-out. Source:
    /// Kafka `heartbeat.interval.ms`.
    #[serde(default = "heartbeat_interval")]
    pub heartbeat_interval: Span,
    /// When a member commits.
    #[serde(default)]
    pub commits: Commits,
    /// How long ago the last automatic commit has to be. Source: Kafka `auto.commit.interval.ms`.
    #[serde(default = "auto_commit_interval")]
    pub auto_commit_interval: Span,
    /// Time of one `sync` commit, network included; without it, none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<LawSpec>,
}

/// A record to be published.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PublishSpec {
    /// The topic.
    pub topic: String,
    /// What decides its partition; without it, a partition is kept for a batch, and the next is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Size of the record. Range: at most 2147483647B.
    #[serde(default = "one_kibibyte")]
    pub size: Bytes,
}

fn one() -> u32 {
    1
}

fn three() -> u32 {
    3
}

fn linger() -> Span {
    Span::from_millis(5)
}

fn batch_size() -> Bytes {
    Bytes::new(16_384)
}

fn delivery_timeout() -> Span {
    Span::from_secs(120)
}

fn max_poll_records() -> u32 {
    500
}

fn fetch_min_bytes() -> Bytes {
    Bytes::new(1)
}

fn fetch_max_wait() -> Span {
    Span::from_millis(500)
}

fn max_poll_interval() -> Span {
    Span::from_secs(300)
}

fn session_timeout() -> Span {
    Span::from_secs(45)
}

fn heartbeat_interval() -> Span {
    Span::from_secs(3)
}

fn auto_commit_interval() -> Span {
    Span::from_secs(5)
}

fn one_kibibyte() -> Bytes {
    Bytes::new(1024)
}
