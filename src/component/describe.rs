//! Compiled steps in words.

use super::assembly::Assembly;
use super::parts::{CacheHook, Way};
use crate::engine::{Leftover, Station, Step};
use crate::random::Law;
use crate::timeline::runbook::{PlannedStep, RunbookPlan, Trigger};
use crate::units::{Ratio, Span};

impl Assembly {
    /// The compiled steps of an operation's body, one a line with its number, or `None` if there is no such
    /// operation.
    pub fn steps_of(&self, operation: &str) -> Option<Vec<String>> {
        let first = *self.bodies.get(operation)? as usize;
        let steps = self.program.steps[first..].iter();
        let length = steps.clone().position(|step| *step == Step::Return)? + 1;
        let lines = steps.take(length).enumerate();
        Some(lines.map(|(at, step)| format!("{:>5}  {}", first + at, self.describe(*step))).collect())
    }

    /// The steps of the runbook with everything filled in, one a line; empty without one.
    pub fn runbook_steps(&self) -> Vec<String> {
        let Some(plan) = &self.parts.runbook else { return Vec::new() };
        plan.steps.iter().map(|step| self.describe_runbook_step(plan, step)).collect()
    }

    fn describe_runbook_step(&self, plan: &RunbookPlan, step: &PlannedStep) -> String {
        let name = |number: u16| &plan.steps[usize::from(number)].name;
        let alert = |number: u16| &plan.alerts[usize::from(number)];
        let trigger = step.trigger.map(|trigger| match trigger {
            Trigger::At(at) => format!("at {at}"),
            Trigger::Alert(number) => format!("when {} is sent", alert(number)),
            Trigger::Resolved(number) => format!("when {} is resolved", alert(number)),
            Trigger::Recovered(number) => {
                format!("when {} is well again", plan.components[usize::from(number)].name)
            }
            Trigger::After(number) => format!("after {}", name(number)),
            Trigger::Failed(number) => format!("when {} did not work", name(number)),
            Trigger::Condition(number) => {
                let mut conditions = self.parts.watch.iter().flat_map(|watch| &watch.conditions);
                let condition = conditions.nth(usize::from(number));
                condition
                    .map_or_else(String::new, |it| format!("when `{}` has held for {}", it.expr, it.hold))
            }
        });
        let before =
            plan.steps.iter().filter(|other| other.otherwise.is_some_and(|it| *name(it) == step.name));
        let before = before.map(|other| format!("when {} did not work", other.name));
        let begins = trigger.into_iter().chain(before).collect::<Vec<_>>().join(", or ");
        let told = matches!(step.trigger, Some(Trigger::Alert(_)));
        let mean = |law: &Law| Span::from_secs_f64(law.mean());
        let mut times = Vec::new();
        if told {
            times.push(format!("{} to take it on", mean(&plan.detect)));
        }
        if told && step.understood {
            times.push(format!("{} to understand it", mean(&plan.identify)));
        }
        times.push(format!("{} to do it", mean(&step.people)));
        let action = if step.words.is_empty() { "look" } else { &step.words };
        let works = match step.otherwise {
            Some(next) => format!("; works in {}, otherwise {}", step.works, name(next)),
            None if step.works < Ratio::ONE => format!("; works in {}", step.works),
            None => String::new(),
        };
        format!("{}: {begins}: {action} (means: {}){works}", step.name, times.join(", "))
    }

    /// A station, counted from the first of its group in the record.
    fn station(&self, group: usize, station: Station) -> String {
        let name = &self.stations[group + station.index(0)];
        let own = if name.replicas > 1 { " of its replica" } else { "" };
        format!("{} {}{own}", name.component, name.kind.name())
    }

    fn mean(&self, demand: u32) -> String {
        let secs = self.program.demands[demand as usize].law.mean();
        if secs.is_finite() {
            format!("mean {}", Span::from_secs_f64(secs))
        } else {
            "mean infinite".to_owned()
        }
    }

    fn body_at(&self, pc: u32) -> &str {
        self.bodies.iter().find(|(_, first)| **first == pc).map_or("a branch", |(name, _)| name)
    }

    fn describe(&self, step: Step) -> String {
        let program = &self.program;
        let sharings = program.slots.len();
        let locks = sharings + program.sharings.len();
        let batches = locks + program.locks.len();
        let ring = |ring: u16| program.rings[usize::from(ring)];
        match step {
            Step::Serve { slots, demand } => {
                format!("serve at {}, {}", self.station(0, slots), self.mean(demand))
            }
            Step::Acquire { slots } => format!("take one of {} and hold it", self.station(0, slots)),
            Step::Release => "give back what was taken last".to_owned(),
            Step::Work { sharing, demand } => {
                format!("work on {}, {}", self.station(sharings, sharing), self.mean(demand))
            }
            Step::Delay { demand } => format!("wait, {}", self.mean(demand)),
            Step::Begin { .. } => "begin a transaction".to_owned(),
            Step::Change { rows, .. } => format!("count {rows} changed rows"),
            Step::Lock { table, shared, .. } => {
                let kind = if shared { "shared" } else { "exclusive" };
                format!("lock a row ({kind}): {}", self.station(locks, Station::fixed(table)))
            }
            Step::Commit => "commit: free the locks".to_owned(),
            Step::Rollback => "roll back: free the locks".to_owned(),
            Step::Batch { batch } => {
                format!("join the next batch of {}", self.station(batches, Station::fixed(batch)))
            }
            Step::Call { pc, .. } => format!("call {}", self.body_at(pc)),
            Step::Return => "return".to_owned(),
            Step::Span { operation } => format!("record {} {{", self.operations[usize::from(operation)].name),
            Step::EndSpan => "} recorded".to_owned(),
            Step::Patience { demand: index, .. } => format!("patience, {} {{", self.mean(index)),
            Step::Deadline { ring: index, .. } => format!("time-out after {} {{", ring(index)),
            Step::EndDeadline => "} in time".to_owned(),
            Step::Retry { .. } => "attempt, again if it fails {".to_owned(),
            Step::EndRetry => "} done".to_owned(),
            Step::Catch { handler } => format!("on failure go to {handler} {{"),
            Step::EndCatch { to } => format!("}} go to {to}"),
            Step::Unless { to, .. } => format!("go to {to} unless the failure is one of those listed"),
            Step::Caught => "remember the failure".to_owned(),
            Step::Handled => "the failure has been dealt with".to_owned(),
            Step::Rethrow | Step::FailAgain => "fail on".to_owned(),
            Step::Fork { fork } => {
                let fork = &program.forks[fork as usize];
                let rest = match fork.leftover {
                    Leftover::KeepServing => "the rest runs on",
                    Leftover::Cancel => "the rest is cancelled",
                };
                let at: Vec<String> = fork.branches.iter().map(u32::to_string).collect();
                format!("start {} and wait for {}; {rest}", at.join(", "), fork.need)
            }
            Step::Spawn { operation, .. } => {
                format!("start {} in the background", self.operations[usize::from(operation)].name)
            }
            Step::Choose { choice } => {
                let choice = &program.choices[choice as usize];
                let mut before = 0.0;
                let branches = choice.cumulative.iter().zip(&choice.targets).map(|(bound, to)| {
                    let share = (bound - before) * 100.0;
                    before = *bound;
                    format!("{share:.3} % to {to}")
                });
                format!("go {}", branches.collect::<Vec<_>>().join(", "))
            }
            Step::Repeat { count, .. } => {
                format!("repeat {} times on average {{", program.counts[count as usize].law.mean())
            }
            Step::Again => "} again".to_owned(),
            Step::Place { process } => {
                let index = usize::from(process);
                let known = self.parts.processes.len();
                match index.checked_sub(known).map(|way| &self.parts.ways[way]) {
                    None => format!("enter a replica of {}", self.parts.processes[index].name),
                    Some(Way::Unasked { process }) => {
                        format!("enter a replica of {}", self.parts.processes[usize::from(*process)].name)
                    }
                    Some(Way::Member { .. }) => "wait for the member that owns the partition {".to_owned(),
                    Some(Way::Works { process, .. }) => format!(
                        "enter the member's replica of {}",
                        self.parts.processes[usize::from(*process)].name
                    ),
                    Some(Way::Here { process } | Way::Branch { process }) => {
                        format!(
                            "stay in this replica of {} {{",
                            self.parts.processes[usize::from(*process)].name
                        )
                    }
                    Some(Way::Gateway { process, name, .. }) => format!(
                        "enter a replica of {} as {name} chooses",
                        self.parts.processes[usize::from(*process)].name
                    ),
                }
            }
            Step::Leave => "leave the replica".to_owned(),
            Step::Hook { hook } => self.describe_hook(hook),
            Step::EndHost => "} end of what a hook opened".to_owned(),
            Step::Jump { to } => format!("go to {to}"),
            Step::Fail { cause } => format!("fail: {}", cause.label()),
            Step::Finish => "end".to_owned(),
        }
    }

    fn describe_hook(&self, hook: u32) -> String {
        use super::parts::Hook;
        match self.parts.hooks[hook as usize] {
            Hook::Admit { .. } => "ask the token bucket".to_owned(),
            Hook::Turn { .. } => "ask the leaky bucket and wait for a turn".to_owned(),
            Hook::AdmitWindow { .. } => "ask the fixed window".to_owned(),
            Hook::AdmitSliding { .. } => "ask the sliding window".to_owned(),
            Hook::AdmitLocal { .. } => "ask the bucket that is filled in steps".to_owned(),
            Hook::Concurrency { .. } => "ask the concurrency limit {".to_owned(),
            Hook::Throttle { .. } => "ask the throttle {".to_owned(),
            Hook::Breaker { .. } => "ask the circuit breaker".to_owned(),
            Hook::FirstTry { .. } => "tell the retry budget of a first try".to_owned(),
            Hook::Limit { refused, .. } => format!("ask the rate limiter; if it refuses go to {refused}"),
            Hook::Submit { .. } => "wait for a thread of the bulkhead {".to_owned(),
            Hook::Route { route } => {
                let route = &self.parts.routes[usize::from(route)];
                format!("note in the access log of {}: {} {{", route.gateway, route.operation)
            }
            Hook::Send { .. } => "note where the attempt goes {".to_owned(),
            Hook::Serving { .. } => "count it from here on {".to_owned(),
            Hook::Degrade => "note that the answer is a fallback's".to_owned(),
            Hook::Cache { hook, .. } => self.describe_cache_hook(hook),
            Hook::Master { table, .. } => {
                let at: Vec<String> =
                    self.parts.masters[usize::from(table)].iter().map(u32::to_string).collect();
                format!("go to the entry's master: {}", at.join(", "))
            }
            Hook::Expire { .. } => "remove entries that have expired".to_owned(),
            Hook::Fork { .. } => "begin a snapshot".to_owned(),
            Hook::ExpireAgain { .. } => "have that done again".to_owned(),
            Hook::Written => "append the batch".to_owned(),
            Hook::Replicate => "have the replicas append the batch".to_owned(),
            Hook::Acknowledged => "acknowledge the batch".to_owned(),
            Hook::Deliver { .. } => "wait for the partition's member {".to_owned(),
            Hook::Produce { .. } => "put a record into a batch and wait for its acknowledgement".to_owned(),
            Hook::Publish { topic, .. } => {
                let topic = &self.parts.topics[usize::from(topic)];
                format!("append a record to one of {} partitions", topic.partitions)
            }
            Hook::Take { checked: true, .. } => "take one of the stock, or be declined".to_owned(),
            Hook::Take { checked: false, .. } => "take one of the stock unseen".to_owned(),
            Hook::Check { .. } => "look whether one of the stock is left, or be declined".to_owned(),
            Hook::Once { .. } => "pass the first time, or be declined".to_owned(),
            Hook::Switch { to, .. } => format!("go to {to} while the runbook says so"),
            Hook::Refuse { cause, .. } => format!("fail while the runbook says so: {}", cause.label()),
            Hook::RouteLimit { .. } => "ask the limit that the runbook may set".to_owned(),
            Hook::Gate { gate, .. } => {
                let target = self.parts.targets.iter().find(|target| target.gate == gate);
                format!("pass the faults of {}", target.map_or("", |target| &target.name))
            }
            Hook::InOrder { effect, .. } => {
                format!(
                    "count {} if somebody who asked later was here before",
                    self.effects[usize::from(effect)]
                )
            }
            Hook::Effect { effect } => format!("count {}", self.effects[usize::from(effect)]),
            Hook::Tally { tally, belongs, .. } => {
                let tally = self.parts.tallies.get(usize::from(tally));
                let name = tally.and_then(|tally| self.effects.get(usize::from(tally.effect)));
                let what = if belongs { "that its key has what belongs to it" } else { "its key" };
                format!("for {}, note {what}", name.map_or("nobody", String::as_str))
            }
            Hook::Want { .. } => "have the pool grow if no connection is free".to_owned(),
            Hook::Borrow { .. } => "take the connection that was opened first of those free {".to_owned(),
            Hook::MayLeak { .. } => "from here on the connection may be forgotten {".to_owned(),
            Hook::Leak { leak, to, .. } => {
                let share = self.parts.leaks[usize::from(leak)].probability * 100.0;
                format!("with {share:.3} % where it applies, forget the connection and go to {to}")
            }
            Hook::Linger { .. } => "forgotten".to_owned(),
            Hook::Join { .. } => "become part of the open transaction {".to_owned(),
            Hook::Doomed { to, .. } => format!("go to {to} if a part of the transaction failed"),
            Hook::ReadVersion { .. } => "remember the version of the row {".to_owned(),
            Hook::CompareVersion { conflict } => format!("go to {conflict} if the row has another version"),
            Hook::ChangeVersion { .. } => "give the row another version when it is committed".to_owned(),
            Hook::Wrote { .. } => "note the row for the read replicas".to_owned(),
            Hook::ReadReplica { .. } => "look whether the replica is behind".to_owned(),
        }
    }

    fn describe_cache_hook(&self, hook: CacheHook) -> String {
        match hook {
            CacheHook::Ask => "count a look-up".to_owned(),
            CacheHook::LookUp { miss } => format!("look it up; on a miss go to {miss}"),
            CacheHook::LookUpAs { look_up } => {
                let look_up = &self.parts.look_ups[usize::from(look_up)];
                format!("look it up; on a miss go to {}; if it is stale, to {}", look_up.miss, look_up.renew)
            }
            CacheHook::Fetch { shared: true, fetch, .. } => {
                format!("be the first to fetch it and go to {fetch}, or wait for the first")
            }
            CacheHook::Fetch { fetch, .. } => format!("begin to fetch it, go to {fetch}"),
            CacheHook::Put { .. } => "store it".to_owned(),
            CacheHook::Delete => "delete it".to_owned(),
            CacheHook::Increment { limit: Some(limit), .. } => {
                format!("increment it; declined above {limit}")
            }
            CacheHook::Increment { limit: None, .. } => "increment it".to_owned(),
            CacheHook::AddMember { .. } => "raise a member of the sorted set".to_owned(),
            CacheHook::ReadMembers { top, .. } => format!("read {top} members of the sorted set"),
            CacheHook::WantLock => "want the lock {".to_owned(),
            CacheHook::TryLock { other, .. } => format!("take the lock; if it is taken go to {other}"),
            CacheHook::PauseLock { .. } => "wait before the next try".to_owned(),
            CacheHook::FreeLock { .. } => "free the lock if it is still held".to_owned(),
        }
    }
}
