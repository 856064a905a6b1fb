//! The question, as a user writes it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::claims::ClaimSpec;
use super::slos::{PricesSpec, SloSpec};
use crate::component::cache::{ClusterSpec, PersistenceSpec, SentinelSpec};
use crate::component::call::ClientSpec;
use crate::component::statement::LeakSpec;
use crate::component::station::StationSpec;
use crate::engine::Limits;
use crate::timeline::FaultSpec;
use crate::timeline::runbook::{PeopleSpec, RunbookStepSpec};
use crate::units::{Ratio, Span};
use crate::workload::ArrivalsSpec;

/// A question asked of a deployment: this load, these windows, these objectives.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScenarioSpec {
    /// A sentence about the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The file with the deployment, relative to this file. A scenario of plain stations does without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// Plain stations, for a question that needs no deployment: each can be loaded by its name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub stations: IndexMap<String, StationSpec>,
    /// What is otherwise than in the deployment and its operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<VariantSpec>,
    /// How long is simulated.
    pub duration: Span,
    /// What is left out at the start of the run, so that the empty start does not count.
    #[serde(default)]
    pub warm_up: WarmUp,
    /// The load, by operation (`module.operation`) or plain station.
    pub load: IndexMap<String, ArrivalsSpec>,
    /// How the clients of an operation behave; without an entry, they wait for ever and ask once.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub clients: IndexMap<String, ClientSpec>,
    /// What goes wrong meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultSpec>,
    /// Who watches, and what they are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<AlertsSpec>,
    /// How long people need, by phase of an incident.
    #[serde(default)]
    pub people: PeopleSpec,
    /// What people do about it, step by step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runbook: Vec<RunbookStepSpec>,
    /// Spans of the run that are reported apart; they may overlap. Without any, there is one: the whole run
    /// after the warm-up; or, where there are faults, three: `before`, `fault` and `after`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub windows: IndexMap<String, WindowSpec>,
    /// What recovering means, for a scenario with a disturbance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoverySpec>,
    /// What has to hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<ObjectiveSpec>,
    /// What people say of the system, put to the test: a name for each claim.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub claims: IndexMap<String, ClaimSpec>,
    /// What is promised of operations over weeks, and how much of it an incident costs.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub slos: IndexMap<String, SloSpec>,
    /// What resources cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<PricesSpec>,
    /// Runs with different seeds. Range: 1 to 10000.
    #[serde(default = "twenty")]
    pub replications: u32,
    /// The seed that all random streams are made from.
    #[serde(default = "one")]
    pub seed: u64,
    /// Length of one interval of the series; without it, a 240th of the duration, up to the next of 0.1, 0.2, 0.5, 1, 2, 5, 10 s
    /// and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Span>,
    /// Limits; reaching one ends a run and is reported.
    #[serde(default)]
    pub limits: LimitsSpec,
}

/// What is otherwise than in the files of the system: a setting that is tried out, a mistake in the software.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct VariantSpec {
    /// Settings of every connection pool.
    #[serde(default)]
    pub pools: PoolsVariant,
    /// Settings of cache servers, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub caches: IndexMap<String, CacheVariant>,
    /// Operations that forget to give connections back: in each, every transaction and statement that has a connection
    /// of its own.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub leaks: IndexMap<String, LeakSpec>,
}

/// Settings of every connection pool; what is not here is as in the deployment.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PoolsVariant {
    /// Connections of each replica. Range: 1 to 10000. Source: HikariCP `maximumPoolSize`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_pool_size: Option<u32>,
    /// How long one waits for a connection. Range: at least 250ms. Source: HikariCP `connectionTimeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_timeout: Option<Span>,
    /// When a connection that is out counts as suspect. Source: HikariCP `leakDetectionThreshold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak_detection_threshold: Option<Span>,
}

/// Settings of a cache server about its survival; what is not here is as in the deployment.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CacheVariant {
    /// What survives a crash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persistence: Option<PersistenceSpec>,
    /// Replicas that can take its place. Range: 0 to 16.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u16>,
    /// Who puts a replica in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentinel: Option<SentinelSpec>,
    /// Masters that share the keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterSpec>,
    /// Another server with the same settings that holds nothing, for a runbook to switch to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standby: Option<StandbyVariant>,
}

/// Another server with the settings of a cache server.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StandbyVariant {
    /// What it is called.
    pub name: String,
    /// Whether it copies the server that it stands by for; else it is empty when it is switched to.
    #[serde(default)]
    pub copies: bool,
}

/// What is left out at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WarmUp {
    /// Nothing.
    #[default]
    None,
    /// This long.
    For(Span),
    /// As long as the MSER-5 rule says of a pilot run.
    ///
    /// Source: White, Cobb and Spratt, "A comparison of five steady-state truncation heuristics" (2000).
    Mser5,
}

/// A span of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WindowSpec {
    /// Its start, counted from the start of the run.
    pub from: Span,
    /// Its end; without it, the end of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Span>,
}

/// What recovering means: from some moment on, every loaded operation does as well as before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RecoverySpec {
    /// The window that says how well it did before; where there are faults, `before` if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// When the disturbance ends, and recovery is counted from; where there are faults, the end of the last one if
    /// it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Span>,
    /// Every run has to recover within this time after the disturbance; without it, recovery is only reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
    /// Recovered means: p95 at most this many times that of the baseline.
    pub latency_factor: f64,
    /// Recovered means: at most this share failed beyond that of the baseline.
    pub failed_share: Ratio,
    /// Recovered means: for at least this long.
    pub hold: Span,
}

impl Default for RecoverySpec {
    fn default() -> Self {
        RecoverySpec {
            baseline: None,
            from: None,
            within: None,
            latency_factor: twice(),
            failed_share: one_per_cent(),
            hold: a_minute(),
        }
    }
}

/// What has to hold of an operation, in k6's words: one bound or more, each judged by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ObjectiveSpec {
    /// The operation.
    pub operation: String,
    /// A bound on the median response time, such as `< 50ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<String>,
    /// A bound on the 95th percentile, such as `< 200ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<String>,
    /// A bound on the 99th percentile, such as `< 1s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<String>,
    /// A bound on the mean response time, such as `< 100ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<String>,
    /// A bound on the share of requests that fail, such as `< 1%`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The least share of requests that have to be served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Ratio>,
    /// The window it is judged in; without it, the whole run after the warm-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub during: Option<String>,
}

/// Who watches a run: Prometheus with its rules, and an Alertmanager.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AlertsSpec {
    /// Prometheus rule files, as they are, relative to this file.
    pub rules: Vec<String>,
    /// The Alertmanager's configuration, as it is; without it, nobody is told of alerts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alertmanager: Option<String>,
    /// Time between two scrapes. Source: Prometheus `global.scrape_interval`.
    #[serde(default = "a_minute")]
    pub scrape_interval: Span,
    /// Time between evaluations of groups that name none. Source: Prometheus `global.evaluation_interval`.
    #[serde(default = "a_minute")]
    pub evaluation_interval: Span,
    /// Runs without faults and without people, which tell how often somebody is paged for nothing; 0 for none. Without it, one
    /// for each four replications. Range: 0 to 10000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calm: Option<u32>,
}

/// Limits of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct LimitsSpec {
    /// Most requests in flight at once. Range: 1 to 16000000.
    pub in_flight: u32,
    /// Most events. Range: 1 to 100000000000.
    pub events: u64,
    /// Most events, turns and rounds of loops at one instant: what takes no time and has no end meets it. Range: 1 to
    /// 100000000000.
    pub at_once: u64,
    /// Most entries that stay when nobody works with them any more: entries of caches, members of sorted sets, keys seen
    /// `once`, stocks of keys, places in order, keys that an effect is counted by, records without a
    /// commit. Range: 1 to 1000000000.
    pub entries: u64,
}

impl Default for LimitsSpec {
    fn default() -> Self {
        let Limits { in_flight, events, at_once, entries } = Limits::default();
        LimitsSpec { in_flight, events, at_once, entries }
    }
}

fn twenty() -> u32 {
    20
}

fn one() -> u64 {
    1
}

fn twice() -> f64 {
    2.0
}

fn one_per_cent() -> Ratio {
    Ratio::from_fraction(0.01)
}

fn a_minute() -> Span {
    Span::from_secs(60)
}
