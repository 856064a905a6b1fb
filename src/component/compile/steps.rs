//! Compiles the steps of operations.

use super::builder::{Builder, Spot, mask};
use super::layout::PlainStation;
use crate::component::assembly::View;
use crate::component::mistake::{Part, Place, code};
use crate::component::operations::{
    Abandoned, AttemptSpec, ChooseSpec, FailureKind, HoldSpec, Need, OnFailureSpec, ParallelSpec, RepeatSpec,
    StepSpec,
};
use crate::component::parts::{Hook, Way};
use crate::engine::{Choice, Leftover, Pc, Station, Step};
use crate::random::name_hash;
use crate::record::Cause;

/// Where the steps being compiled will run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'s> {
    /// The module, to find operations that are named without one.
    pub(super) module: &'s str,
    /// Index of the process.
    pub(super) process: usize,
    /// The databases on which a transaction is open, a bit for each.
    pub(super) open: u64,
    /// The databases to which a connection is held, a bit for each.
    pub(super) held: u64,
}

impl Scope<'_> {
    /// Whether a transaction is open on a database.
    pub(super) fn is_in_transaction(self, database: usize) -> bool {
        self.open & bit(database) != 0
    }

    /// The same with a transaction on a database.
    #[must_use]
    pub(super) fn in_transaction(self, database: usize) -> Self {
        Scope { open: self.open | bit(database), ..self.holding(database) }
    }

    /// The same with a connection to a database.
    #[must_use]
    pub(super) fn holding(self, database: usize) -> Self {
        Scope { held: self.held | bit(database), ..self }
    }

    /// The databases to which a connection is held.
    pub(super) fn held_databases(self) -> impl Iterator<Item = usize> {
        (0..64).filter(move |database| self.held & bit(*database) != 0)
    }
}

/// A system with more databases than there are bits is refused when its size is checked.
fn bit(database: usize) -> u64 {
    1u64.checked_shl(database as u32).unwrap_or(0)
}

impl Builder<'_> {
    /// Compiles an operation's body as a subroutine.
    ///
    /// `open` are the databases on which a transaction of the caller's is open, a bit for each.
    pub(super) fn body(&mut self, operation: &str, open: u64) {
        self.begin_body(operation, open);
        let Some((module, name)) = operation.split_once('.') else { return };
        let steps = self.system.operations.modules.get(module).and_then(|m| m.operations.get(name));
        let process = self.layout.process_of.get(module).copied();
        if let (Some(steps), Some(process)) = (steps, process) {
            let place = Place::default().key("modules").key(module).key("operations").key(name);
            let scope = Scope { module, process, open, held: open };
            self.here_is = self.parts.processes[process].name.clone();
            self.steps(steps, &Spot::new(Part::Operations, place), scope);
        }
        self.emit(Step::Return);
    }

    pub(super) fn steps(&mut self, steps: &[StepSpec], spot: &Spot, scope: Scope<'_>) {
        for (index, step) in steps.iter().enumerate() {
            self.step(step, &spot.index(index), scope);
        }
    }

    pub(super) fn step(&mut self, step: &StepSpec, spot: &Spot, scope: Scope<'_>) {
        match step {
            StepSpec::Cpu(law) => {
                let first = self.layout.process_cores[scope.process];
                if let Some(demand) = self.law_demand(law, &spot.key("cpu")) {
                    self.emit(Step::Work { sharing: Station::per_replica(first), demand });
                }
            }
            StepSpec::Delay(law) => {
                if let Some(demand) = self.law_demand(law, &spot.key("delay")) {
                    self.emit(Step::Delay { demand });
                }
            }
            StepSpec::Call(name) => self.call(name, &spot.key("call"), scope),
            StepSpec::Visit(name) => self.visit(name, &spot.key("visit")),
            StepSpec::Hold(spec) => self.hold(spec, &spot.key("hold"), scope),
            StepSpec::Read(spec) => self.read_table(spec, &spot.key("read"), scope),
            StepSpec::Write(spec) => self.write_table(spec, &spot.key("write"), scope),
            StepSpec::Transaction(spec) => self.transaction(spec, &spot.key("transaction"), scope),
            StepSpec::Lock(spec) => self.lock(spec, &spot.key("lock"), scope),
            StepSpec::Optimistic(spec) => self.optimistic(spec, &spot.key("optimistic"), scope),
            StepSpec::Cached(spec) => self.cached(spec, &spot.key("cached"), scope),
            StepSpec::Get(spec) => self.get(spec, &spot.key("get")),
            StepSpec::Set(spec) => self.set(spec, &spot.key("set")),
            StepSpec::Delete(spec) => self.delete(spec, &spot.key("delete")),
            StepSpec::Increment(spec) => self.increment(spec, &spot.key("increment")),
            StepSpec::RankUpdate(spec) => self.rank_update(spec, &spot.key("rank-update")),
            StepSpec::RankRead(spec) => self.rank_read(spec, &spot.key("rank-read")),
            StepSpec::LockKey(spec) => self.lock_key(spec, &spot.key("lock-key"), scope),
            StepSpec::Publish(spec) => self.publish(spec, &spot.key("publish"), scope),
            StepSpec::Request(name) => self.request(name, &spot.key("request")),
            StepSpec::Parallel(spec) => self.parallel(spec, &spot.key("parallel"), scope),
            StepSpec::Choose(spec) => self.choose(spec, &spot.key("choose"), scope),
            StepSpec::When(spec) => self.when(spec, spot, scope),
            StepSpec::Repeat(spec) => self.repeat(spec, &spot.key("repeat"), scope),
            StepSpec::Spawn(name) => self.spawn(name, &spot.key("spawn"), scope),
            StepSpec::OnFailure(spec) => self.on_failure(spec, &spot.key("on-failure"), scope),
            StepSpec::Attempt(spec) => self.attempt(spec, &spot.key("attempt"), scope),
            StepSpec::Fail(kind) => {
                self.emit(Step::Fail { cause: kind.cause() });
            }
            StepSpec::Take(spec) => {
                let spot = spot.key("take");
                let key = self.key_or_single(spec.key.as_ref(), &spot);
                if let Some(stock) = self.stock(&spec.stock, &spot) {
                    let group = self.parts.stocks[usize::from(stock)].group;
                    self.hook(Hook::Take { stock, key, checked: spec.checked, group });
                }
            }
            StepSpec::Check(spec) => {
                let spot = spot.key("check");
                let key = self.key_or_single(spec.key.as_ref(), &spot);
                if let Some(stock) = self.stock(&spec.stock, &spot) {
                    self.hook(Hook::Check { stock, key });
                }
            }
            StepSpec::Once(spec) => {
                let spot = spot.key("once");
                let key = self.key_or_single(Some(&spec.key), &spot);
                let schema = spec.schema.as_ref();
                let group =
                    schema.and_then(|schema| self.database_of(schema, &spot)).map(|index| index as u16);
                if spec.remember.is_zero() {
                    self.range(&spot.key("remember"), "0s".to_owned(), "above 0s");
                }
                let memory = self.memory(&spot, spec.remember);
                self.hook(Hook::Once { memory, key, group });
            }
            StepSpec::InOrder(spec) => {
                let key = self.key_or_single(spec.key.as_ref(), &spot.key("in-order"));
                let effect = self.wrong_effect(&spec.effect);
                self.hook(Hook::InOrder { place: effect, key, effect });
            }
            StepSpec::Effect(name) => self.effect_step(name),
        }
    }

    fn stock(&mut self, name: &str, spot: &Spot) -> Option<u16> {
        let index = self.system.operations.stocks.get_index_of(name);
        if index.is_none() {
            let known = self.system.operations.stocks.keys().map(String::as_str);
            let place = spot.place.key("stock");
            self.mistakes.push(self.unknown_name(spot.part, place, "stock", name, known));
        }
        index.map(|index| index as u16)
    }

    fn plain(&mut self, name: &str, spot: &Spot) -> Option<PlainStation> {
        let station = self.layout.stations.get(name).copied();
        // A station that is defined but wrong has been reported already.
        if station.is_none() && !self.system.deployment.stations.contains_key(name) {
            let known = self.system.deployment.stations.keys().map(String::as_str);
            let place = spot.place.clone();
            self.mistakes.push(self.unknown_name(spot.part, place, "station", name, known));
        }
        station
    }

    /// Emits a visit of a plain station.
    pub(super) fn visit(&mut self, name: &str, spot: &Spot) {
        let step = match self.plain(name, spot) {
            None => return,
            Some(PlainStation::Slots { slots, demand: Some(demand) }) => {
                Step::Serve { slots: Station::fixed(slots), demand }
            }
            Some(PlainStation::Slots { demand: None, .. }) => {
                let cause = format!("station `{name}` has no service time, so it cannot be visited");
                let remedy = "add `service:` to it, or `hold` it".to_owned();
                return self.error(spot, code::STATION, cause, remedy);
            }
            Some(PlainStation::Sharing { sharing, demand }) => {
                Step::Work { sharing: Station::fixed(sharing), demand }
            }
            Some(PlainStation::Batch { batch }) => Step::Batch { batch },
            Some(PlainStation::Unlimited { demand }) => Step::Delay { demand },
        };
        // Two visits of one request draw their own service times.
        let own = spot.draw("visit");
        let step = match step {
            Step::Serve { slots, demand } => Step::Serve { slots, demand: self.at(demand, own) },
            Step::Work { sharing, demand } => Step::Work { sharing, demand: self.at(demand, own) },
            Step::Delay { demand } => Step::Delay { demand: self.at(demand, own) },
            other => other,
        };
        self.emit(step);
    }

    fn at(&mut self, demand: u32, site: u64) -> u32 {
        let law = self.program.demands[demand as usize].law.clone();
        self.demand(law, site)
    }

    fn hold(&mut self, spec: &HoldSpec, spot: &Spot, scope: Scope<'_>) {
        match self.plain(&spec.station, &spot.key("station")) {
            Some(PlainStation::Slots { slots, .. }) => {
                self.emit(Step::Acquire { slots: Station::fixed(slots) });
                self.steps(&spec.steps, &spot.key("steps"), scope);
                self.emit(Step::Release);
            }
            Some(_) => {
                let cause = format!("station `{}` has no servers that could be held", spec.station);
                let remedy = "hold a station with `servers` and a queue discipline".to_owned();
                self.error(&spot.key("station"), code::STATION, cause, remedy);
            }
            None => {}
        }
    }

    fn parallel(&mut self, spec: &ParallelSpec, spot: &Spot, scope: Scope<'_>) {
        let spot = spot.key("branches");
        // A branch is a task of its own: it has no part in a transaction that is open around it.
        let scope = Scope { open: 0, held: 0, ..scope };
        let mut branches: Vec<Pc> = Vec::new();
        let leftover = match spec.rest {
            Abandoned::KeepServing => Leftover::KeepServing,
            Abandoned::Cancel => Leftover::Cancel,
        };
        let here = self.way(Way::Branch { process: scope.process as u16 });
        for (index, steps) in spec.branches.iter().enumerate() {
            let spot = spot.index(index);
            branches.push(self.branch(|builder| match leftover {
                Leftover::KeepServing => {
                    builder.emit(Step::Place { process: here });
                    builder.steps(steps, &spot, scope);
                    builder.emit(Step::Leave);
                }
                Leftover::Cancel => builder.steps(steps, &spot, scope),
            }));
        }
        let count = branches.len() as u32;
        let need = match spec.need {
            Need::All => count,
            Need::Any => 1,
            Need::Quorum(need) => need,
        };
        if count == 0 || need == 0 || need > count {
            return self.range(
                &spot,
                format!("{need} of {count} branches"),
                "at least 1 and at most all of them",
            );
        }
        let fork = self.fork(branches, need, leftover);
        self.emit(Step::Fork { fork });
    }

    fn choose(&mut self, spec: &ChooseSpec, spot: &Spot, scope: Scope<'_>) {
        let total: f64 = spec.branches.iter().map(|branch| branch.weight.as_fraction()).sum();
        if (total - 1.0).abs() > 1e-9 {
            // A sum of nothing is a negative zero.
            let cause = format!("the weights sum to {:.6}, not to 1", total + 0.0);
            let remedy = "make the weights of all branches sum to 1 (100%)".to_owned();
            self.error(&spot.key("branches"), code::WEIGHTS, cause, remedy);
        }
        let key = spec.by.as_ref().and_then(|name| self.key(name, &spot.key("by")));
        let choice = self.program.choices.len() as u32;
        let mut cumulative = Vec::new();
        let mut sum = 0.0;
        for branch in &spec.branches {
            sum += branch.weight.as_fraction();
            cumulative.push(sum);
        }
        let site = spot.site;
        self.program.choices.push(Choice { cumulative, targets: Vec::new(), site, key });
        self.emit(Step::Choose { choice });
        let mut ends = Vec::new();
        for (index, branch) in spec.branches.iter().enumerate() {
            let first = self.here();
            self.program.choices[choice as usize].targets.push(first);
            self.steps(&branch.steps, &spot.key("branches").index(index).key("steps"), scope);
            ends.push(self.emit(Step::Finish));
        }
        let to = self.here();
        for end in ends {
            self.program.steps[end] = Step::Jump { to };
        }
    }

    fn repeat(&mut self, spec: &RepeatSpec, spot: &Spot, scope: Scope<'_>) {
        let Some(count) = self.count(&spec.times, &spot.key("times")) else {
            // What is wrong with the steps is told, however often they would be done.
            return self.steps(&spec.steps, &spot.key("steps"), scope);
        };
        self.emit_over(
            |end| Step::Repeat { count, end },
            |builder| {
                builder.steps(&spec.steps, &spot.key("steps"), scope);
                builder.emit(Step::Again);
            },
        );
    }

    fn on_failure(&mut self, spec: &OnFailureSpec, spot: &Spot, scope: Scope<'_>) {
        let caught = |cause: Cause| {
            if spec.of.is_empty() {
                !cause.is_turned_down()
            } else {
                spec.of.iter().any(|kind: &FailureKind| kind.cause() == cause)
            }
        };
        self.caught(
            mask(caught),
            spec.rethrow,
            |builder| builder.steps(&spec.attempt, &spot.key("try"), scope),
            |builder| builder.steps(&spec.then, &spot.key("then"), scope),
        );
    }

    fn attempt(&mut self, spec: &AttemptSpec, spot: &Spot, scope: Scope<'_>) {
        self.is_time(spot, "timeout", spec.timeout);
        self.retried(spec.retry.as_ref(), spot, Some(scope.process), |builder| {
            builder.guarded(spec.timeout, Abandoned::Cancel, |builder| {
                builder.steps(&spec.steps, &spot.key("steps"), scope);
            });
        });
    }

    fn spawn(&mut self, name: &str, spot: &Spot, scope: Scope<'_>) {
        let Some(target) = self.resolve(name, spot, scope.module) else { return };
        let operation = self.operation(&target, View::Background);
        let local = self.process_of(&target) == Some(scope.process);
        let here = self.way(Way::Here { process: scope.process as u16 });
        let pc = self.branch(|builder| {
            if local {
                builder.emit(Step::Place { process: here });
                builder.call_body(&target, spot, 0);
                builder.emit(Step::Leave);
            } else {
                builder.remote(&target, spot);
            }
        });
        self.emit(Step::Spawn { pc, operation });
    }

    /// A number for draws that belong to a name rather than to a place.
    pub(super) fn site_of(name: &str) -> u64 {
        name_hash(name)
    }
}
