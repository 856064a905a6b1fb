//! The steps that go to a cache, as a user writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::component::operations::StepSpec;
use crate::random::LawSpec;
use crate::units::{Bytes, Ratio, Span};

/// What a step does when its cache does not answer: it is gone, hangs for longer than its `timeout`, answers with an
/// error, or is bypassed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    /// It fails.
    #[default]
    Fail,
    /// It goes on as if it had not asked: a look-up misses, a write is lost, a lock is not taken and its steps run
    /// without it. Source: Spring `LoggingCacheErrorHandler`.
    Skip,
}

/// Cache-aside.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CachedSpec {
    /// The logical cache; a deployment says which cache server holds it.
    pub cache: String,
    /// Which entry; without it, the cache has a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How long an entry lives; without it, until evicted. Range: above 0s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Span>,
    /// Spreads lifetimes evenly by ± this share, so that entries stored together do not expire together. Range: 0%
    /// to 100%.
    #[serde(default)]
    pub ttl_jitter: Ratio,
    /// How long after its time an entry is still served, while one request in the background renews it. Source: RFC
    /// 5861 `stale-while-revalidate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<Span>,
    /// Those of one replica that miss the same entry wait for the first of them, and share its value or its failure.
    #[serde(default)]
    pub single_flight: bool,
    /// Renews an entry before its time with a probability that grows towards the end: the factor β of XFetch, 100%
    /// as published. Source: Vattani, Chierichetti and Lowenstein, VLDB 2015.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_expiry: Option<Ratio>,
    /// Size of an entry. Range: at most 512MiB. Source: Redis `proto-max-bulk-len`.
    #[serde(default = "one_kibibyte")]
    pub size: Bytes,
    /// What if the cache does not answer, or is bypassed.
    #[serde(default)]
    pub on_error: OnError,
    /// What finds the value when it is not there.
    pub on_miss: Vec<StepSpec>,
}

/// A key of a cache that is read or deleted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GetSpec {
    /// The logical cache.
    pub cache: String,
    /// Which entry; without it, the cache has a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Size of the value, for the time that it takes. Range: at most 512MiB.
    #[serde(default = "one_kibibyte")]
    pub size: Bytes,
    /// What if the cache does not answer, or is bypassed.
    #[serde(default)]
    pub on_error: OnError,
}

/// A key of a cache that is written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SetSpec {
    /// The logical cache.
    pub cache: String,
    /// Which entry; without it, the cache has a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How long it lives; without it, until evicted. Range: above 0s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Span>,
    /// Size of what is written. Range: at most 512MiB.
    #[serde(default = "one_kibibyte")]
    pub size: Bytes,
    /// What if the cache does not answer, or is bypassed.
    #[serde(default)]
    pub on_error: OnError,
}

/// A counter in a cache.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IncrementSpec {
    /// The logical cache.
    pub cache: String,
    /// Which counter; without it, the cache has a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What is added.
    #[serde(default = "one")]
    pub by: u32,
    /// Fails with `declined` when the counter is above this after it was incremented. A counter that is lost starts
    /// again at zero, whatever was let through before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How long the counter lives from its first increment; without it, until evicted. Range: above 0s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Span>,
    /// What if the cache does not answer, or is bypassed.
    #[serde(default)]
    pub on_error: OnError,
}

/// A score in a sorted set that is raised.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RankUpdateSpec {
    /// The logical cache.
    pub cache: String,
    /// Which sorted set; without it, the cache has a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The key space of the members.
    pub member: String,
    /// Memory of a member. Range: at most 512MiB.
    #[serde(default = "sixty_four")]
    pub size: Bytes,
    /// What if the cache does not answer, or is bypassed.
    #[serde(default)]
    pub on_error: OnError,
}

/// The top of a sorted set.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RankReadSpec {
    /// The logical cache.
    pub cache: String,
    /// Which sorted set; without it, the cache has a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How many members are read. Range: at least 1.
    #[serde(default = "ten")]
    pub top: u32,
    /// What if the cache does not answer, or is bypassed.
    #[serde(default)]
    pub on_error: OnError,
}

/// A lock that is a key with a lifetime: `SET key token NX PX ttl`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockKeySpec {
    /// The logical cache.
    pub cache: String,
    /// Which lock; without it, the cache has a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How long it is held at most. It does not wait for its holder: work that takes longer goes on without it.
    pub ttl: Span,
    /// How long one tries to get it; then it fails with `lock-timeout`.
    #[serde(default)]
    pub wait: Span,
    /// Pause between two tries.
    #[serde(default = "a_tenth_of_a_second")]
    pub pause: LawSpec,
    /// What if the cache does not answer, or is bypassed.
    #[serde(default)]
    pub on_error: OnError,
    /// What is done under the lock.
    pub steps: Vec<StepSpec>,
}

fn one() -> u32 {
    1
}

fn ten() -> u32 {
    10
}

fn one_kibibyte() -> Bytes {
    Bytes::new(1024)
}

fn sixty_four() -> Bytes {
    Bytes::new(64)
}

fn a_tenth_of_a_second() -> LawSpec {
    LawSpec::Constant(Span::from_millis(100))
}
