//! What the software does: modules, operations and their steps, keys and schemas, as a user writes them.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cache::{CachedSpec, GetSpec, IncrementSpec, LockKeySpec, RankReadSpec, RankUpdateSpec, SetSpec};
use super::log::PublishSpec;
use super::statement::{LockSpec, OptimisticSpec, ReadSpec, TransactionSpec, WriteSpec};
use crate::policy::RetryConfig;
use crate::random::{CountLawSpec, LawSpec, PopularitySpec};
use crate::record::Cause;
use crate::timeline::runbook::Switched;
use crate::units::{Ratio, Span};

/// The logic of a system: what its operations do, wherever they will run.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OperationsSpec {
    /// A sentence about the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Modules by name. A module is what a deployment places in a process.
    #[serde(default)]
    pub modules: IndexMap<String, ModuleSpec>,
    /// What requests are about: customers, products, events.
    #[serde(default)]
    pub keys: IndexMap<String, KeySpec>,
    /// Logical database schemas and the tables in each. A deployment places a schema in a database.
    #[serde(default)]
    pub schemas: IndexMap<String, Vec<String>>,
    /// Amounts that operations take from, such as coupons of an event.
    #[serde(default)]
    pub stocks: IndexMap<String, StockSpec>,
    /// Switches that operations look at in `when`, and that a runbook sets.
    #[serde(default)]
    pub flags: IndexMap<String, FlagSpec>,
    /// What is known of business effects, by name: which number of them is good.
    #[serde(default)]
    pub effects: IndexMap<String, super::effects::EffectSpec>,
}

/// A part of the software that is placed as a whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ModuleSpec {
    /// Operations by name; other files name them `module.operation`.
    pub operations: IndexMap<String, Vec<StepSpec>>,
}

/// A space of keys and how often each is asked for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KeySpec {
    /// Number of different keys. Range: at least 1.
    pub count: u64,
    /// How often each is asked for.
    pub popularity: PopularitySpec,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A switch of the software, such as one that has it use the database instead of a cache.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FlagSpec {
    /// Whether it is on until something sets it.
    #[serde(default)]
    pub default: Switched,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// An amount of something that can run out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StockSpec {
    /// How many there are of each key at the start.
    pub amount: u64,
    /// The schema whose database keeps it: what a transaction there took is put back when it is rolled back. Without
    /// it, the stock is kept elsewhere, and what was taken stays taken.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Where the number comes from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// One step of an operation. A scope (`transaction`, `hold`, `attempt`) holds what it took while its steps
/// run, and gives it back on every way out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepSpec {
    /// Work on the process's cores, shared equally with everything else that runs there.
    Cpu(LawSpec),
    /// Waiting that uses no core.
    Delay(LawSpec),
    /// Calls another operation: a function call in the same process, else a request over the network.
    Call(String),
    /// Is served at a plain station of the deployment.
    Visit(String),
    /// Holds a server of a plain station while other steps run.
    Hold(HoldSpec),
    /// Reads rows from a table.
    Read(ReadSpec),
    /// Writes rows to a table; with a key, under an exclusive lock on that row.
    Write(WriteSpec),
    /// Runs steps in a database transaction: one pooled connection, locks kept to the end, one commit.
    Transaction(TransactionSpec),
    /// Reads a row and locks it until the transaction ends.
    Lock(LockSpec),
    /// Reads a row without a lock, runs steps, and writes it if nobody has changed it meanwhile; else fails with
    /// `conflict`.
    Optimistic(OptimisticSpec),
    /// Looks in a cache; on a miss runs steps and stores what they found.
    Cached(CachedSpec),
    /// Reads a key of a cache, found or not.
    Get(GetSpec),
    /// Writes a key of a cache.
    Set(SetSpec),
    /// Deletes a key of a cache.
    Delete(GetSpec),
    /// Increments a counter in a cache, up to a limit if there is one.
    Increment(IncrementSpec),
    /// Raises a score in a sorted set of a cache.
    RankUpdate(RankUpdateSpec),
    /// Reads the top of a sorted set of a cache.
    RankRead(RankReadSpec),
    /// Holds a lock in a cache while other steps run. The lock can expire under its holder.
    LockKey(LockKeySpec),
    /// Publishes a record to a topic; its consumers work on it later.
    Publish(PublishSpec),
    /// Asks an external party.
    Request(String),
    /// Runs branches at the same time.
    Parallel(ParallelSpec),
    /// Takes one of several branches.
    Choose(ChooseSpec),
    /// Runs other steps while a flag is on.
    When(WhenSpec),
    /// Runs steps several times, with new draws and new keys each time.
    Repeat(RepeatSpec),
    /// Starts an operation in the background; its outcome is counted apart.
    Spawn(String),
    /// Runs steps, with others to fall back to when they fail.
    OnFailure(OnFailureSpec),
    /// Runs steps under a time-out, trying again as a policy says.
    Attempt(AttemptSpec),
    /// Fails.
    Fail(FailureKind),
    /// Takes one of a stock in a single indivisible step.
    Take(TakeSpec),
    /// Looks whether a stock has one left, without taking it.
    Check(CheckSpec),
    /// Turns down whoever comes a second time with the same key.
    Once(OnceSpec),
    /// Counts whoever gets here after somebody who asked later.
    InOrder(InOrderSpec),
    /// Counts a business effect, such as a charged payment.
    Effect(String),
}

impl StepSpec {
    /// The lists of steps inside this one, in the order written; empty for a step without any.
    pub fn children(&self) -> Vec<&[StepSpec]> {
        match self {
            StepSpec::Hold(spec) => vec![&spec.steps],
            StepSpec::Transaction(spec) => vec![&spec.steps],
            StepSpec::Optimistic(spec) => vec![&spec.steps],
            StepSpec::Cached(spec) => vec![&spec.on_miss],
            StepSpec::LockKey(spec) => vec![&spec.steps],
            StepSpec::Parallel(spec) => spec.branches.iter().map(Vec::as_slice).collect(),
            StepSpec::Choose(spec) => spec.branches.iter().map(|branch| branch.steps.as_slice()).collect(),
            StepSpec::When(spec) => vec![&spec.then, &spec.otherwise],
            StepSpec::Repeat(spec) => vec![&spec.steps],
            StepSpec::OnFailure(spec) => vec![&spec.attempt, &spec.then],
            StepSpec::Attempt(spec) => vec![&spec.steps],
            StepSpec::Cpu(_)
            | StepSpec::Delay(_)
            | StepSpec::Call(_)
            | StepSpec::Visit(_)
            | StepSpec::Read(_)
            | StepSpec::Write(_)
            | StepSpec::Lock(_)
            | StepSpec::Get(_)
            | StepSpec::Set(_)
            | StepSpec::Delete(_)
            | StepSpec::Increment(_)
            | StepSpec::RankUpdate(_)
            | StepSpec::RankRead(_)
            | StepSpec::Publish(_)
            | StepSpec::Request(_)
            | StepSpec::Spawn(_)
            | StepSpec::Fail(_)
            | StepSpec::Take(_)
            | StepSpec::Check(_)
            | StepSpec::Once(_)
            | StepSpec::InOrder(_)
            | StepSpec::Effect(_) => Vec::new(),
        }
    }
}

impl StepSpec {
    /// As [`StepSpec::children`], to be changed.
    pub fn children_mut(&mut self) -> Vec<&mut [StepSpec]> {
        match self {
            StepSpec::Hold(spec) => vec![&mut spec.steps],
            StepSpec::Transaction(spec) => vec![&mut spec.steps],
            StepSpec::Optimistic(spec) => vec![&mut spec.steps],
            StepSpec::Cached(spec) => vec![&mut spec.on_miss],
            StepSpec::LockKey(spec) => vec![&mut spec.steps],
            StepSpec::Parallel(spec) => spec.branches.iter_mut().map(Vec::as_mut_slice).collect(),
            StepSpec::Choose(spec) => {
                spec.branches.iter_mut().map(|branch| branch.steps.as_mut_slice()).collect()
            }
            StepSpec::When(spec) => vec![&mut spec.then, &mut spec.otherwise],
            StepSpec::Repeat(spec) => vec![&mut spec.steps],
            StepSpec::OnFailure(spec) => vec![&mut spec.attempt, &mut spec.then],
            StepSpec::Attempt(spec) => vec![&mut spec.steps],
            StepSpec::Cpu(_)
            | StepSpec::Delay(_)
            | StepSpec::Call(_)
            | StepSpec::Visit(_)
            | StepSpec::Read(_)
            | StepSpec::Write(_)
            | StepSpec::Lock(_)
            | StepSpec::Get(_)
            | StepSpec::Set(_)
            | StepSpec::Delete(_)
            | StepSpec::Increment(_)
            | StepSpec::RankUpdate(_)
            | StepSpec::RankRead(_)
            | StepSpec::Publish(_)
            | StepSpec::Request(_)
            | StepSpec::Spawn(_)
            | StepSpec::Fail(_)
            | StepSpec::Take(_)
            | StepSpec::Check(_)
            | StepSpec::Once(_)
            | StepSpec::InOrder(_)
            | StepSpec::Effect(_) => Vec::new(),
        }
    }
}

/// Holding a server of a plain station.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HoldSpec {
    /// The station.
    pub station: String,
    /// What is done meanwhile.
    pub steps: Vec<StepSpec>,
}

/// How many branches have to succeed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Every one.
    #[default]
    All,
    /// The first one.
    Any,
    /// This many.
    Quorum(u32),
}

/// What becomes of work that nobody waits for any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Abandoned {
    /// It runs to its end and uses what it holds; its answer is thrown away.
    #[default]
    KeepServing,
    /// It is cancelled, and everything it holds is freed.
    Cancel,
}

/// Branches that run at the same time.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ParallelSpec {
    /// How many have to succeed. A hedge is `any` with a `delay` in front of the second branch.
    #[serde(default)]
    pub need: Need,
    /// What becomes of the rest.
    #[serde(default)]
    pub rest: Abandoned,
    /// The steps of each branch.
    pub branches: Vec<Vec<StepSpec>>,
}

/// A choice between branches.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChooseSpec {
    /// Makes the choice depend on this key, so that equal keys take equal branches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The branches; their weights have to sum to 1 (100%).
    pub branches: Vec<BranchSpec>,
}

/// One branch of a choice.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BranchSpec {
    /// How likely it is.
    pub weight: Ratio,
    /// What is done then.
    #[serde(default)]
    pub steps: Vec<StepSpec>,
}

/// Steps that depend on a flag.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WhenSpec {
    /// The flag.
    pub flag: String,
    /// What is done while it is on.
    #[serde(default)]
    pub then: Vec<StepSpec>,
    /// What is done while it is off. The first of these steps draws what it would draw in the place of `when`: a flag that
    /// is put around a step and stays off changes no request.
    #[serde(rename = "else", default)]
    pub otherwise: Vec<StepSpec>,
}

/// A repetition.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RepeatSpec {
    /// How often.
    pub times: CountLawSpec,
    /// What is repeated.
    pub steps: Vec<StepSpec>,
}

/// A fallback or compensation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OnFailureSpec {
    /// What is tried.
    #[serde(rename = "try")]
    pub attempt: Vec<StepSpec>,
    /// The kinds of failure that are caught; without it, all but `declined`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<FailureKind>,
    /// What is done then.
    pub then: Vec<StepSpec>,
    /// Fails all the same after `then`: a compensation instead of a fallback.
    #[serde(default)]
    pub rethrow: bool,
}

/// Steps under a time-out with retries.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AttemptSpec {
    /// Cuts each attempt short, cancels it and frees everything it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// Tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryConfig>,
    /// What is tried.
    pub steps: Vec<StepSpec>,
}

/// Taking from a stock.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TakeSpec {
    /// The stock.
    pub stock: String,
    /// Which one; without it, there is a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Fails with `declined` when none is left. Off, it is taken unseen: what goes below zero counts as the
    /// effect `oversold-<stock>`.
    #[serde(default = "yes")]
    pub checked: bool,
}

/// Looking at a stock.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CheckSpec {
    /// The stock. Fails with `declined` when none is left.
    pub stock: String,
    /// Which one; without it, there is a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// An idempotency check.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OnceSpec {
    /// What is done once for each key; fails with `declined` the second time.
    pub key: String,
    /// The schema whose database remembers it, as a unique index does: forgotten again when the transaction is rolled
    /// back. Without it, it is remembered elsewhere, and stays remembered.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// For how long it is remembered. Range: above 0s.
    #[serde(default = "a_day")]
    pub remember: Span,
}

/// A place that requests should pass in the order in which they arrived.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct InOrderSpec {
    /// The effect that is counted for each one that gets here after another with the same key whose request arrived
    /// later. Operations that name the same effect are one place.
    pub effect: String,
    /// Within what the order counts; without it, among all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// A time-out ran out.
    Timeout,
    /// The caller gave up waiting.
    Abandoned,
    /// A bounded queue had no room.
    QueueFull,
    /// A limiter refused it.
    RateLimited,
    /// An open circuit breaker refused it.
    CircuitOpen,
    /// A bulkhead had no permit.
    BulkheadFull,
    /// No pooled connection came free in time.
    PoolTimeout,
    /// A database refused the connection.
    TooManyConnections,
    /// A row lock did not come free in time.
    LockTimeout,
    /// It was the victim of a deadlock.
    Deadlock,
    /// Nothing was there to answer.
    Unavailable,
    /// The network lost it.
    NetworkLoss,
    /// An external party answered with an error.
    ExternalError,
    /// A store refused to take more data.
    OutOfMemory,
    /// Any other error.
    Error,
    /// A business rule turned it down.
    Declined,
    /// A row was changed since it was read, under an optimistic lock.
    Conflict,
}

impl FailureKind {
    /// The cause as it is recorded.
    pub const fn cause(self) -> Cause {
        match self {
            FailureKind::Timeout => Cause::Timeout,
            FailureKind::Abandoned => Cause::Abandoned,
            FailureKind::QueueFull => Cause::QueueFull,
            FailureKind::RateLimited => Cause::RateLimited,
            FailureKind::CircuitOpen => Cause::CircuitOpen,
            FailureKind::BulkheadFull => Cause::BulkheadFull,
            FailureKind::PoolTimeout => Cause::PoolTimeout,
            FailureKind::TooManyConnections => Cause::TooManyConnections,
            FailureKind::LockTimeout => Cause::LockTimeout,
            FailureKind::Deadlock => Cause::Deadlock,
            FailureKind::Unavailable => Cause::Unavailable,
            FailureKind::NetworkLoss => Cause::NetworkLoss,
            FailureKind::ExternalError => Cause::ExternalError,
            FailureKind::OutOfMemory => Cause::OutOfMemory,
            FailureKind::Error => Cause::Error,
            FailureKind::Declined => Cause::Declined,
            FailureKind::Conflict => Cause::Conflict,
        }
    }
}

fn yes() -> bool {
    true
}

fn a_day() -> Span {
    Span::from_secs(86_400)
}
