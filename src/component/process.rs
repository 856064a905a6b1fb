//! A process: a service or a monolith, in one or more replicas.
//!
//! Stands for an application server. A request that comes over the network takes a thread, or waits for one
//! in the accept queue, and holds it while it waits for whatever it calls. Its `cpu` steps share the
//! replica's cores. Replicas that crash take what they do with them, come
//! back after their start-up, and are slow at first. Left out: garbage collection and memory.
//!
//! Sources: Apache Tomcat 10 configuration reference (`maxThreads` 200, `acceptCount` 100); RFC 8289.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::{BalancePolicy, CoDelConfig};
use crate::units::{Cores, Span};

/// How a process handles requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// A thread for each request, held while it waits.
    #[default]
    ThreadPerRequest,
    /// An event loop: waiting holds no thread, and there is no limit to what waits.
    EventLoop,
    /// Virtual threads, as Java has them from 21 on: waiting holds no thread either. Here the same as `event-loop`; that a
    /// `synchronized` block pins its carrier before Java 24 is left out.
    VirtualThreads,
}

/// A process.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProcessSpec {
    /// The modules that run in it.
    pub modules: Vec<String>,
    /// How many run. Range: 1 to 1000.
    #[serde(default = "one")]
    pub replicas: u16,
    /// Cores of each replica.
    pub cores: Cores,
    /// Threads of each replica. Source: Tomcat `maxThreads`.
    #[serde(default = "max_threads")]
    pub threads: u32,
    /// Connections that may wait for a thread; more are refused. Source: Tomcat `acceptCount`.
    #[serde(default = "accept_count")]
    pub accept_queue: u32,
    /// Refuses who has waited, as a full queue does, once waits stay too long: from the head, as a thread comes free. Without it,
    /// who waits is served. Source: RFC 8289.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codel: Option<CoDelConfig>,
    /// Whether waiting holds a thread.
    #[serde(default)]
    pub style: Style,
    /// Time from a replica's start to its first request, after a crash.
    #[serde(default)]
    pub start_up: Span,
    /// How a replica that has just started is slow at first; without it, it is not. Replicas are warm when the run
    /// begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUpSpec>,
    /// How other processes choose a replica of it.
    #[serde(default)]
    pub balance: BalancePolicy,
    /// The HTTP status that it answers with when its work fails, by kind of failure. A kind that is not listed is 500, but
    /// `declined` is 409. Range: 409, 429, 500, 502, 503 or 504. Source: Spring Boot answers an exception that nothing
    /// handles with 500.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub answers_as: IndexMap<String, u16>,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// How a replica is slow after its start: code that is not compiled yet, empty caches of its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WarmUpSpec {
    /// Work takes this many times as long at first. Range: at least 1. A JVM: 2 to 10 (estimate).
    pub slowness: f64,
    /// The excess falls to nothing in this time, evenly, in 32 steps. Range: above 0s. A JVM: 30s to 2m (estimate).
    pub over: Span,
}

fn one() -> u16 {
    1
}

fn max_threads() -> u32 {
    200
}

fn accept_count() -> u32 {
    100
}
