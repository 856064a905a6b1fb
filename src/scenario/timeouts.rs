//! Who waits how long for whom: the hierarchy of time-outs along the path of each loaded operation.

use std::collections::BTreeSet;

use super::code::Code;
use crate::component::operations::{Abandoned, StepSpec};
use crate::component::{Mistake, Part, Place, Severity, SystemSpec};
use crate::policy::{Retry, RetryConfig};
use crate::units::Span;

/// The time-outs on the path of one loaded operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeoutPath {
    /// The operation that clients ask for.
    pub operation: String,
    /// The time-outs, each after those that wait for it.
    pub timeouts: Vec<Timeout>,
}

/// One time-out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeout {
    /// How many time-outs wait for it.
    pub depth: usize,
    /// Who waits for what, such as `gateway edge` or `call of payment.pay`.
    pub what: String,
    /// The file it is written in.
    pub part: Part,
    /// Where in it.
    pub place: Place,
    /// How long one attempt may take.
    pub timeout: Span,
    /// Attempts in all.
    pub attempts: u32,
    /// How long all attempts may take, the waits between them included.
    pub longest: Span,
    /// What is wrong, if whoever waits for it gives up before.
    pub warning: Option<String>,
}

/// Longest chain of calls that is followed.
const DEEPEST: usize = 32;
/// Most steps that are looked at for one operation.
const MOST_STEPS: usize = 20_000;

/// The hierarchy of time-outs of every loaded operation.
pub fn timeout_paths(system: &SystemSpec) -> Vec<TimeoutPath> {
    system.load.keys().map(|operation| walk(system, operation).0).collect()
}

/// The warnings among them, one for each pair.
pub(super) fn warnings(system: &SystemSpec) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = Vec::new();
    for operation in system.load.keys() {
        for mistake in walk(system, operation).1 {
            if !mistakes.contains(&mistake) {
                mistakes.push(mistake);
            }
        }
    }
    mistakes
}

fn walk(system: &SystemSpec, operation: &str) -> (TimeoutPath, Vec<Mistake>) {
    let path = TimeoutPath { operation: operation.to_owned(), timeouts: Vec::new() };
    let mut walk =
        Walk { system, path, calls: Vec::new(), seen: BTreeSet::new(), mistakes: Vec::new(), steps: 0 };
    walk.clients(operation);
    (walk.path, walk.mistakes)
}

/// Who waits at some step.
#[derive(Clone, Copy, Default)]
struct Waiter {
    /// Index of the innermost time-out.
    outer: Option<usize>,
    depth: usize,
    /// Whether what is abandoned is cancelled, so that nothing goes on unseen.
    cancels: bool,
}

struct Walk<'a> {
    system: &'a SystemSpec,
    path: TimeoutPath,
    calls: Vec<String>,
    seen: BTreeSet<(String, Option<usize>)>,
    mistakes: Vec<Mistake>,
    steps: usize,
}

/// A time-out on the way into the list.
struct Found<'a> {
    what: String,
    part: Part,
    place: Place,
    timeout: Span,
    retry: Option<&'a RetryConfig>,
    on_timeout: Abandoned,
}

impl<'a> Walk<'a> {
    /// Enters a time-out, and gives who waits below it.
    fn enter(&mut self, waiter: Waiter, found: Found<'_>) -> Waiter {
        let (attempts, longest) = all_attempts(found.timeout, found.retry);
        let mut warning = None;
        if let Some(outer) = waiter.outer.and_then(|index| self.path.timeouts.get(index))
            && !waiter.cancels
            && outer.timeout < longest
        {
            let times = if attempts > 1 {
                format!("{attempts} × {} with retries", found.timeout)
            } else {
                String::new()
            };
            let inner = if attempts > 1 { format!("{longest} ({times})") } else { longest.to_string() };
            let cause = format!(
                "the time-out of the {} is {}, shorter than the {inner} of the {}",
                outer.what, outer.timeout, found.what
            );
            self.mistakes.push(Mistake {
                part: outer.part,
                place: outer.place.clone(),
                severity: Severity::Warning,
                code: Code::TimeoutOrder.number(),
                cause: cause.clone(),
                remedy: format!("make it longer than {longest}, or let the {} give up earlier", found.what),
                in_csv: None,
                related: None,
                meant: None,
            });
            warning = Some(cause);
        }
        self.path.timeouts.push(Timeout {
            depth: waiter.depth,
            what: found.what,
            part: found.part,
            place: found.place,
            timeout: found.timeout,
            attempts,
            longest,
            warning,
        });
        Waiter {
            outer: Some(self.path.timeouts.len() - 1),
            depth: waiter.depth + 1,
            cancels: found.on_timeout == Abandoned::Cancel,
        }
    }

    fn clients(&mut self, operation: &str) {
        let mut waiter = Waiter::default();
        if let Some(client) = self.system.clients.get(operation)
            && let Some(timeout) = client.timeout
        {
            waiter = self.enter(
                waiter,
                Found {
                    what: format!("client of {operation}"),
                    part: Part::Scenario,
                    place: Place::default().key("clients").key(operation).key("timeout"),
                    timeout,
                    retry: client.retry.as_ref(),
                    on_timeout: client.on_timeout,
                },
            );
        }
        let routed = |routes: &[String]| routes.iter().any(|route| route == "all" || route == operation);
        let gateway = self.system.deployment.gateways.iter().find(|(_, gateway)| routed(&gateway.routes));
        if let Some((name, gateway)) = gateway
            && let Some(timeout) = gateway.timeout
        {
            waiter = self.enter(
                waiter,
                Found {
                    what: format!("gateway {name}"),
                    part: Part::Deployment,
                    place: Place::default().key("gateways").key(name).key("timeout"),
                    timeout,
                    retry: None,
                    on_timeout: gateway.on_timeout,
                },
            );
        }
        self.operation(operation, waiter);
    }

    fn operation(&mut self, name: &str, waiter: Waiter) {
        let cyclic = self.calls.iter().any(|call| call == name);
        if cyclic || self.calls.len() >= DEEPEST || !self.seen.insert((name.to_owned(), waiter.outer)) {
            return;
        }
        let Some((module, steps)) = self.body(name) else { return };
        self.calls.push(name.to_owned());
        self.steps(steps, module, waiter, Place::default().key("modules").key(module).key("operations"));
        self.calls.pop();
    }

    fn body(&self, name: &str) -> Option<(&'a str, &'a [StepSpec])> {
        self.system.operations.modules.iter().find_map(|(module, spec)| {
            let operation = name.strip_prefix(module.as_str())?.strip_prefix('.')?;
            Some((module.as_str(), spec.operations.get(operation)?.as_slice()))
        })
    }

    /// The process that runs a module.
    fn process(&self, module: &str) -> Option<&'a str> {
        let runs = |modules: &[String]| modules.iter().any(|name| name == module);
        let found = self.system.deployment.processes.iter().find(|(_, process)| runs(&process.modules));
        found.map(|(name, _)| name.as_str())
    }

    fn steps(&mut self, steps: &'a [StepSpec], module: &'a str, waiter: Waiter, place: Place) {
        for step in steps {
            self.steps += 1;
            if self.steps > MOST_STEPS {
                return;
            }
            self.step(step, module, waiter, &place);
        }
    }

    fn step(&mut self, step: &'a StepSpec, module: &'a str, waiter: Waiter, place: &Place) {
        let mut inner = |steps: &'a [StepSpec], waiter| self.steps(steps, module, waiter, place.clone());
        match step {
            StepSpec::Call(name) => self.call(name, module, waiter),
            StepSpec::Hold(hold) => inner(&hold.steps, waiter),
            StepSpec::Cached(cached) => inner(&cached.on_miss, waiter),
            StepSpec::LockKey(lock) => inner(&lock.steps, waiter),
            StepSpec::Parallel(parallel) => parallel.branches.iter().for_each(|steps| inner(steps, waiter)),
            StepSpec::Choose(choose) => {
                choose.branches.iter().for_each(|branch| inner(&branch.steps, waiter))
            }
            StepSpec::When(when) => {
                inner(&when.then, waiter);
                inner(&when.otherwise, waiter);
            }
            StepSpec::Repeat(repeat) => inner(&repeat.steps, waiter),
            StepSpec::OnFailure(on_failure) => {
                inner(&on_failure.attempt, waiter);
                inner(&on_failure.then, waiter);
            }
            StepSpec::Attempt(attempt) => {
                let waiter = match attempt.timeout {
                    Some(timeout) => self.enter(
                        waiter,
                        Found {
                            what: format!("attempt in {}", self.calls.last().map_or("", String::as_str)),
                            part: Part::Operations,
                            place: place.clone(),
                            timeout,
                            retry: attempt.retry.as_ref(),
                            on_timeout: Abandoned::Cancel,
                        },
                    ),
                    None => waiter,
                };
                self.steps(&attempt.steps, module, waiter, place.clone());
            }
            StepSpec::Transaction(transaction) => {
                self.connection(&transaction.schema, module, waiter);
                self.steps(&transaction.steps, module, waiter, place.clone());
            }
            StepSpec::Read(statement) => self.statement(&statement.table, false, module, waiter),
            StepSpec::Write(statement) => {
                self.statement(&statement.table, statement.key.is_some(), module, waiter);
            }
            StepSpec::Optimistic(row) => {
                self.steps(&row.steps, module, waiter, place.clone());
                self.statement(&row.table, true, module, waiter);
            }
            StepSpec::Lock(lock) => self.statement(&lock.table, true, module, waiter),
            StepSpec::Request(external) => self.request(external, waiter),
            // These wait for nobody who could give up.
            StepSpec::Cpu(_)
            | StepSpec::Delay(_)
            | StepSpec::Visit(_)
            | StepSpec::Get(_)
            | StepSpec::Set(_)
            | StepSpec::Delete(_)
            | StepSpec::Increment(_)
            | StepSpec::RankUpdate(_)
            | StepSpec::RankRead(_)
            | StepSpec::Publish(_)
            | StepSpec::Spawn(_)
            | StepSpec::Fail(_)
            | StepSpec::Take(_)
            | StepSpec::Check(_)
            | StepSpec::Once(_)
            | StepSpec::InOrder(_)
            | StepSpec::Effect(_) => {}
        }
    }

    fn call(&mut self, name: &str, module: &str, waiter: Waiter) {
        // A name without a module is of the caller's own.
        let name = &if name.contains('.') { name.to_owned() } else { format!("{module}.{name}") };
        let crosses = self.body(name).is_some_and(|(callee, _)| self.process(callee) != self.process(module));
        let spec = self.system.deployment.calls.get(name).filter(|_| crosses);
        let waiter = match spec.and_then(|spec| Some((spec, spec.timeout?))) {
            Some((spec, timeout)) => self.enter(
                waiter,
                Found {
                    what: format!("call of {name}"),
                    part: Part::Deployment,
                    place: Place::default().key("calls").key(name).key("timeout"),
                    timeout,
                    retry: spec.retry.as_ref(),
                    on_timeout: spec.on_timeout,
                },
            ),
            None => waiter,
        };
        self.operation(name, waiter);
    }

    fn request(&mut self, name: &str, waiter: Waiter) {
        let Some(timeout) = self.system.deployment.externals.get(name).and_then(|external| external.timeout)
        else {
            return;
        };
        self.enter(
            waiter,
            Found {
                what: format!("request to {name}"),
                part: Part::Deployment,
                place: Place::default().key("externals").key(name).key("timeout"),
                timeout,
                retry: None,
                on_timeout: Abandoned::KeepServing,
            },
        );
    }

    fn statement(&mut self, table: &str, locks: bool, module: &str, waiter: Waiter) {
        let schemas = &self.system.operations.schemas;
        let has = |tables: &[String]| tables.iter().any(|name| name == table);
        let Some((schema, _)) = schemas.iter().find(|(_, tables)| has(tables)) else { return };
        self.connection(schema, module, waiter);
        if !locks {
            return;
        }
        let Some((name, database)) = self.database(schema) else { return };
        if self.seen.insert((format!("locks of {name}"), waiter.outer)) {
            self.enter(
                waiter,
                Found {
                    what: format!("lock wait in {name}"),
                    part: Part::Deployment,
                    place: Place::default().key("databases").key(name).key("lock-wait-timeout"),
                    timeout: database.lock_wait_timeout(),
                    retry: None,
                    on_timeout: Abandoned::KeepServing,
                },
            );
        }
    }

    fn database(&self, schema: &str) -> Option<(&'a str, &'a crate::component::database::DatabaseSpec)> {
        let holds = |schemas: &[String]| schemas.iter().any(|name| name == schema);
        let found = self.system.deployment.databases.iter().find(|(_, database)| holds(&database.schemas));
        found.map(|(name, database)| (name.as_str(), database))
    }

    /// The wait for a connection of the pool from the module's process to the schema's database.
    fn connection(&mut self, schema: &str, module: &str, waiter: Waiter) {
        let (Some((database, _)), Some(process)) = (self.database(schema), self.process(module)) else {
            return;
        };
        let pools = &self.system.deployment.pools;
        let fits = |(name, pool): &(&'a String, &'a crate::component::pool::PoolSpec)| {
            let fits = pool.to == database && pool.of.as_ref().unwrap_or(name) == process;
            fits && !pool.read_replicas
        };
        let Some((name, pool)) = pools.iter().find(fits) else { return };
        if self.seen.insert((format!("pool {name}"), waiter.outer)) {
            self.enter(
                waiter,
                Found {
                    what: format!("connection wait in pool {name}"),
                    part: Part::Deployment,
                    place: Place::default().key("pools").key(name).key("connection-timeout"),
                    timeout: pool.connection_timeout(),
                    retry: None,
                    on_timeout: Abandoned::KeepServing,
                },
            );
        }
    }
}

/// The number of attempts, and how long they take in all if each runs into its time-out.
fn all_attempts(timeout: Span, retry: Option<&RetryConfig>) -> (u32, Span) {
    const MOST: u32 = 1_000;
    const LARGEST_DRAW: f64 = 1.0 - f64::EPSILON;
    let Some(retry) = retry.and_then(|config| Retry::new(config.clone()).ok()) else { return (1, timeout) };
    let mut attempts = 1;
    let mut longest = timeout;
    let mut wait = Span::ZERO;
    while attempts < MOST {
        let Some(next) = retry.next_delay(attempts, wait, LARGEST_DRAW) else { break };
        wait = next;
        longest = longest + wait + timeout;
        attempts += 1;
    }
    (attempts, longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_lengthen_the_wait() {
        let retry =
            RetryConfig { max_attempts: 3, wait_duration: Span::from_millis(100), ..RetryConfig::default() };
        let second = Span::from_secs(1);
        assert_eq!(all_attempts(second, Some(&retry)), (3, Span::from_millis(3_200)));
        assert_eq!(all_attempts(second, None), (1, second));
    }
}
