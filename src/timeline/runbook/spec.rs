//! Runbooks as a user writes them.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::LawSpec;
use crate::units::{Rate, Ratio, Span};

/// How long people need, by phase of an incident; what is left out takes no time.
///
/// Whoever is told of an alert needs `detect` to take it on and `identify` to understand it. Both are drawn once for each
/// alert, and all steps that it triggers share them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PeopleSpec {
    /// From the first notification of an alert until somebody takes it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detect: Option<LawSpec>,
    /// From there until the cause is understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identify: Option<LawSpec>,
    /// To carry out a step of the phase `isolate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolate: Option<LawSpec>,
    /// To carry out a step of the phase `recover`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recover: Option<LawSpec>,
    /// Where the times come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl PeopleSpec {
    /// Whether it says anything.
    pub fn is_written(&self) -> bool {
        [&self.detect, &self.identify, &self.isolate, &self.recover].into_iter().any(Option::is_some)
    }
}

/// A phase of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Somebody notices.
    Detect,
    /// Somebody understands.
    Identify,
    /// The damage is contained.
    Isolate,
    /// The system is put right.
    Recover,
}

/// A step of a runbook: when people begin with it, how long they need, what they do, and what if it does not work. Each
/// step is taken at most once in a run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RunbookStepSpec {
    /// What other steps and the report call it.
    pub name: String,
    /// What makes people begin; without it, only the `otherwise` of another step does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<TriggerSpec>,
    /// The phase of the incident that it belongs to. Triggered by an alert, steps that isolate or recover wait until it is
    /// understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// How long people need for it; without it, what `people` says of its phase, or no time: a machine does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<LawSpec>,
    /// What they do; without it, they only look.
    #[serde(rename = "do", default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionSpec>,
    /// The probability that it works. Range: 0% to 100%.
    #[serde(default = "always")]
    pub works: Ratio,
    /// The step that people begin with if it does not work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
    /// Where its time and probability come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What makes people begin with a step.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerSpec {
    /// A time, from the start of the run.
    At(Span),
    /// The first notification of an alert, whoever gets it.
    Alert(String),
    /// The last of an alert's instances is resolved.
    Resolved(String),
    /// A component that was disturbed, or taken down for a restart, is well again, and all replicas of it take requests.
    Recovered(String),
    /// A step was carried out.
    After(String),
    /// A step did not work.
    Failed(String),
    /// A condition on series that is no alert has held for a while; whoever watches sees it.
    Condition(ConditionSpec),
}

/// A condition on the series that alert rules read, looked at when rules are.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConditionSpec {
    /// An expression in PromQL: the condition holds while it has elements.
    pub expr: String,
    /// How long it has to hold before people begin. Source: Prometheus `for` of alerting rules.
    #[serde(rename = "for", default)]
    pub hold: Span,
}

/// Something that people, or a machine in their place, do to a running system.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActionSpec {
    /// Goes on without a cache: `cached` runs `on-miss` and stores nothing, other commands do what their `on-error` says.
    /// A cache server, or one of the caches that it holds.
    Bypass(String),
    /// Takes a `bypass` back.
    Restore(String),
    /// Has the commands of a cache go to another cache server from now on, a standby, or back to its own.
    Switch(SwitchSpec),
    /// Restarts replicas of a process, or a store: what was in memory is lost. Ends a `crash` or `hang` of it.
    Restart(RestartSpec),
    /// Puts the release before on a process, replica by replica: each is restarted, and a fault of `slow` or `errors` that
    /// it suffers ends.
    RollBack(RollBackSpec),
    /// Changes the size of a connection pool.
    ResizePool(ResizePoolSpec),
    /// Changes the number of threads of each replica of a process.
    ResizeThreads(ResizeThreadsSpec),
    /// Changes the number of replicas of a process.
    Scale(ScaleSpec),
    /// Lets only so many requests of clients through, from now on.
    RateLimit(RateLimitSpec),
    /// Takes a `rate-limit` back.
    LiftLimit(String),
    /// Turns clients of an operation away at once, with a waiting page: they are not served, and count as failed.
    Pause(String),
    /// Takes a `pause` back.
    Resume(String),
    /// Has a database answer writes, and locks for them, with an error.
    ReadOnly(String),
    /// Takes a `read-only` back.
    ReadWrite(String),
    /// Tells clients not to try again, until a `withdraw`.
    Announce(AnnounceSpec),
    /// Takes what the clients of an operation, or `all`, were told by `announce` back: they try again as before.
    Withdraw(String),
    /// Fills a cache with what is asked for most, at a rate.
    Warm(WarmSpec),
    /// Promotes a replica of a store by hand.
    FailOver(String),
    /// Sets flags of the operations, such as one that has them use the database instead of a cache.
    SetFlags(IndexMap<String, Switched>),
}

impl ActionSpec {
    /// The tag that it is written with.
    pub const fn key(&self) -> &'static str {
        match self {
            ActionSpec::Bypass(_) => "bypass",
            ActionSpec::Restore(_) => "restore",
            ActionSpec::Switch(_) => "switch",
            ActionSpec::Restart(_) => "restart",
            ActionSpec::RollBack(_) => "roll-back",
            ActionSpec::ResizePool(_) => "resize-pool",
            ActionSpec::ResizeThreads(_) => "resize-threads",
            ActionSpec::Scale(_) => "scale",
            ActionSpec::RateLimit(_) => "rate-limit",
            ActionSpec::LiftLimit(_) => "lift-limit",
            ActionSpec::Pause(_) => "pause",
            ActionSpec::Resume(_) => "resume",
            ActionSpec::ReadOnly(_) => "read-only",
            ActionSpec::ReadWrite(_) => "read-write",
            ActionSpec::Announce(_) => "announce",
            ActionSpec::Withdraw(_) => "withdraw",
            ActionSpec::Warm(_) => "warm",
            ActionSpec::FailOver(_) => "fail-over",
            ActionSpec::SetFlags(_) => "set-flags",
        }
    }

    /// It in words, for the timeline.
    pub fn words(&self) -> String {
        let key = self.key();
        match self {
            ActionSpec::Bypass(name)
            | ActionSpec::Restore(name)
            | ActionSpec::LiftLimit(name)
            | ActionSpec::Pause(name)
            | ActionSpec::Resume(name)
            | ActionSpec::ReadOnly(name)
            | ActionSpec::ReadWrite(name)
            | ActionSpec::FailOver(name) => format!("{key} {name}"),
            ActionSpec::Switch(spec) => format!("{key} {} to {}", spec.cache, spec.to),
            ActionSpec::Restart(spec) => format!("{key} {}", spec.component),
            ActionSpec::RollBack(spec) => format!("{key} {}", spec.component),
            ActionSpec::ResizePool(spec) => format!("{key} {} to {}", spec.pool, spec.connections),
            ActionSpec::ResizeThreads(spec) => format!("{key} of {} to {}", spec.process, spec.threads),
            ActionSpec::Scale(spec) => format!("{key} {} to {} replicas", spec.process, spec.replicas),
            ActionSpec::RateLimit(spec) => format!("{key} {} to {}", spec.at, spec.rate),
            ActionSpec::Announce(spec) => format!("{key} to {}", spec.clients.as_deref().unwrap_or("all")),
            ActionSpec::Withdraw(name) => format!("{key} what {name} were told"),
            ActionSpec::Warm(spec) => format!("{key} {} at {}", spec.cache, spec.rate),
            ActionSpec::SetFlags(flags) => {
                let word = |(name, to): (&String, &Switched)| format!("{name} {}", to.word());
                format!("set {}", flags.iter().map(word).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// Whether something is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Switched {
    /// It is.
    On,
    /// It is not.
    #[default]
    Off,
}

impl Switched {
    /// Whether it is on.
    pub const fn is_on(self) -> bool {
        matches!(self, Switched::On)
    }

    const fn word(self) -> &'static str {
        match self {
            Switched::On => "on",
            Switched::Off => "off",
        }
    }
}

/// In which order replicas are restarted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RestartOrder {
    /// All at the same time.
    #[default]
    AllAtOnce,
    /// The next one when the one before takes requests again.
    OneByOne,
}

/// Another server for a cache.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SwitchSpec {
    /// A cache server, or one of the caches that it holds.
    pub cache: String,
    /// The server that has them from then on: one that holds nothing of its own, or the first one again. Each has what it
    /// had; a standby that is a `replica-of` the first one has what it has copied. Clients are told at once, and their
    /// time-out stays.
    pub to: String,
}

/// A restart.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RestartSpec {
    /// The process, cache, database, log, external party or gateway.
    pub component: String,
    /// Of a process: how many of its replicas, the first ones; without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u16>,
    /// Of a cache server that is a cluster: how many of its masters, the first ones; without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masters: Option<u16>,
    /// In which order.
    #[serde(default)]
    pub order: RestartOrder,
    /// How long a replica of a process is kept from new requests before it is stopped with what is left in it. Source:
    /// Kubernetes, where `terminationGracePeriodSeconds` is 30s.
    #[serde(default)]
    pub drain: Span,
    /// How long it is down; a process is down for its own `start-up`, which this is not added to. Without it, 5s for
    /// anything but a process. Source: an estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes: Option<Span>,
}

/// The way back to the release before.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RollBackSpec {
    /// The process.
    pub component: String,
    /// In which order its replicas are replaced.
    #[serde(default = "one_by_one")]
    pub order: RestartOrder,
    /// How long a replica is kept from new requests before it is stopped with what is left in it.
    #[serde(default)]
    pub drain: Span,
}

/// Another size of a pool.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ResizePoolSpec {
    /// The pool.
    pub pool: String,
    /// Connections that each replica may have from then on. More are opened when they are wanted; too many are closed when
    /// they are old or idle for long. Range: 1 to 10000. Source: HikariCP `HikariConfigMXBean.setMaximumPoolSize`.
    pub connections: u32,
}

/// Another number of threads.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ResizeThreadsSpec {
    /// The process.
    pub process: String,
    /// Threads of each replica from then on; those too many end when they are free. Range: at least 1.
    pub threads: u32,
}

/// Another number of replicas.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScaleSpec {
    /// The process.
    pub process: String,
    /// How many run from then on, fewer or more than the deployment has. Range: 1 to 1000.
    pub replicas: u16,
}

/// A limit on requests of clients.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RateLimitSpec {
    /// A gateway, for all that comes through it, or an operation.
    pub at: String,
    /// How many pass on average.
    pub rate: Rate,
    /// How many pass at once after a while without any. Range: at least 1.
    pub burst: u32,
}

/// An announcement to clients.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AnnounceSpec {
    /// The operation whose clients are told; without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<String>,
    /// The share of customers that do not try again from then on, until a `withdraw`. Range: 0% to 100%.
    pub heeded: Ratio,
}

/// The filling of a cache.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WarmSpec {
    /// A cache server, or one of the caches that it holds.
    pub cache: String,
    /// How many entries are looked up a second. What is asked for most comes most often; what is not there is found by
    /// `on-miss`, at the cost of that.
    pub rate: Rate,
    /// How many are looked up in all; without it, as many as there are keys. Range: at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
}

fn always() -> Ratio {
    Ratio::ONE
}

fn one_by_one() -> RestartOrder {
    RestartOrder::OneByOne
}
