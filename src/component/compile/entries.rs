//! The whole: stations, clients, consumers, bodies; then the assembly.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::builder::{Builder, Spot};
use super::layout::Layout;
use crate::component::assembly::{Assembly, Names, SystemSpec, Unassembled, View};
use crate::component::call::{ClientSpec, FallbackAnswer};
use crate::component::effects::{GoodEnd, OfComponent};
use crate::component::mistake::{Mistake, Part, Place, Severity, code, nearest};
use crate::component::operations::StepSpec;
use crate::component::parts::{Source, SourceKind, Stock};
use crate::engine::Step;
use crate::random::LawSpec;
use crate::record::{Cause, TimePart};
use crate::timeline::WatchPlan;
use crate::units::{Instant, Rate};
use crate::workload::{ArrivalsSpec, Workload};

/// Puts a system together: resolves every name, checks what only shows as a whole, compiles operations to
/// steps. `files` gives the text of a CSV that a law or trace names. Warnings come with the assembly.
///
/// # Errors
/// All mistakes found, if one of them is an error, with the names of what could be made.
pub fn assemble(
    system: &SystemSpec,
    files: &dyn Fn(&str) -> Result<String, String>,
) -> Result<(Assembly, Vec<Mistake>), Unassembled> {
    let everything = with_every_operation_loaded(system);
    let mut gates = BTreeSet::new();
    let (mut builder, effect_ends) = match everything.map(|everything| unloaded(&everything, files)) {
        Some((mistakes, effects, passed)) => {
            gates = passed;
            let (mut builder, effect_ends) = compile(system, files, &effects);
            // The help may differ: of a name, it lists others.
            let key = |it: &Mistake| (it.part, it.place.clone(), it.code, it.cause.clone());
            let told: BTreeSet<_> = builder.mistakes.iter().map(key).collect();
            builder.mistakes.extend(mistakes.into_iter().filter(|it| !told.contains(&key(it))));
            (builder, effect_ends)
        }
        None => compile(system, files, &BTreeSet::new()),
    };
    builder.check_calls();
    builder.check_entry_kinds();
    builder.check_warms();
    builder.check_ways(&gates);
    builder.check_undone();
    builder.check_flags();
    builder.check_unused();
    builder.check_size();
    builder.mistakes.sort_by(|a, b| (a.part, &a.place).cmp(&(b.part, &b.place)));
    builder.mistakes.dedup();
    let mistakes = std::mem::take(&mut builder.mistakes);
    if mistakes.iter().any(|mistake| mistake.severity == Severity::Error) {
        let names = Names {
            stations: builder.layout.into_names(),
            operations: builder.operations,
            effects: builder.effects,
            observables: builder.observables,
        };
        return Err(Unassembled { mistakes, names });
    }
    let stations = std::mem::take(&mut builder.layout).into_names();
    let observables = std::mem::take(&mut builder.observables);
    let (mut program, mut parts, operations, effects, bodies) = builder.into_bodies();
    program.operations = operations.len() as u32;
    program.sources = parts.sources.len() as u32;
    parts.effects = effects.len() as u16;
    let waits = parts.waits.iter().map(|(held, on)| (held.index(&program), on.index(&program))).collect();
    parts.watch.clone_from(&system.watch);
    let alerts = system.watch.as_ref().map(WatchPlan::alert_names).unwrap_or_default();
    let mut assembly = Assembly {
        program,
        operations,
        stations,
        effects,
        effect_ends,
        waits,
        observables,
        alerts,
        bodies,
        parts,
    };
    assembly.count_as_deployed();
    Ok((assembly, mistakes))
}

/// Makes whatever there is, but for what can only be checked when all is there. `elsewhere` are effects of operations that
/// nothing here leads to.
fn compile<'a>(
    system: &'a SystemSpec,
    files: &'a dyn Fn(&str) -> Result<String, String>,
    elsewhere: &BTreeSet<String>,
) -> (Builder<'a>, Vec<Option<GoodEnd>>) {
    let mut builder = Builder::new(system, files, Layout::default());
    builder.check_cycles();
    builder.find_versioned();
    builder.make_stations();
    builder.make_stocks();
    builder.make_faults();
    builder.make_runbook();
    builder.link_standbys();
    builder.check_placement();
    builder.check_timeouts();
    builder.check_passages();
    builder.make_clients();
    builder.make_surges();
    builder.make_consumers();
    builder.compile_bodies();
    builder.make_routes_observable();
    builder.count_losses();
    let effect_ends = builder.effect_ends(elsewhere);
    (builder, effect_ends)
}

/// So many operations without a load are looked at, so that a file full of them is checked soon.
const MOST_UNLOADED: usize = 2_000;

/// The system with some load on each operation; nothing if each has one. Modules that no process runs, run in the first one there.
fn with_every_operation_loaded(system: &SystemSpec) -> Option<SystemSpec> {
    let modules = &system.operations.modules;
    let run: BTreeSet<&String> = system.deployment.processes.values().flat_map(|it| &it.modules).collect();
    let homeless = modules.keys().filter(|module| !run.contains(module)).cloned();
    let names = modules
        .iter()
        .flat_map(|(module, spec)| spec.operations.keys().map(move |it| format!("{module}.{it}")));
    let unloaded: Vec<String> =
        names.filter(|name| !system.load.contains_key(name)).take(MOST_UNLOADED).collect();
    (!unloaded.is_empty()).then(|| {
        let mut everything = system.clone();
        let load = || ArrivalsSpec::Rate(Rate::per_second(1.0));
        everything.load.extend(unloaded.into_iter().map(|name| (name, load())));
        if let Some(process) = everything.deployment.processes.values_mut().next() {
            process.modules.extend(homeless);
        }
        everything
    })
}

/// What is wrong with the operations themselves, whether or not anything leads to them, their effects, and the gates that they
/// pass.
fn unloaded(
    everything: &SystemSpec,
    files: &dyn Fn(&str) -> Result<String, String>,
) -> (Vec<Mistake>, BTreeSet<String>, BTreeSet<u16>) {
    // What their process lacks, such as a pool, matters only where somebody needs it.
    let own = [
        code::UNKNOWN_NAME,
        code::RANGE,
        code::WEIGHTS,
        code::POLICY,
        code::LAW,
        code::LOCK_SCOPE,
        code::STATION,
        code::EFFECT,
    ];
    let (builder, _) = compile(everything, files, &BTreeSet::new());
    let is_own = |it: &Mistake| {
        it.part == Part::Operations && it.severity == Severity::Error && own.contains(&it.code)
    };
    let gates = builder.gates_passed();
    (builder.mistakes.into_iter().filter(is_own).collect(), builder.effects.into_iter().collect(), gates)
}

/// What has a number of 16 bits may be so many.
const NUMBERED: usize = 65_000;

impl Builder<'_> {
    fn make_stocks(&mut self) {
        for (name, spec) in &self.system.operations.stocks {
            let oversold = self.wrong_effect(&OfComponent::Oversold.effect(name));
            let spot = Spot::new(Part::Operations, Place::default().key("stocks").key(name));
            let schema = spec.schema.as_ref();
            let group = schema.and_then(|schema| self.database_of(schema, &spot)).map(|index| index as u16);
            self.parts.stocks.push(Stock { amount: spec.amount, group, oversold });
        }
    }

    /// Time-outs that could only fail everything.
    fn check_timeouts(&mut self) {
        let system = self.system;
        let deployed =
            |section: &str, name: &str| Spot::new(Part::Deployment, Place::default().key(section).key(name));
        for (name, gateway) in &system.deployment.gateways {
            let spot = deployed("gateways", name);
            self.is_time(&spot, "timeout", gateway.timeout);
            let per_try = gateway.retry.as_ref().and_then(|retry| retry.per_try_timeout);
            self.is_time(&spot.key("retry"), "per-try-timeout", per_try);
        }
        for (name, cache) in &system.deployment.caches {
            self.is_time(&deployed("caches", name), "timeout", cache.timeout);
        }
        for (name, external) in &system.deployment.externals {
            self.is_time(&deployed("externals", name), "timeout", external.timeout);
        }
        for (name, client) in &system.clients {
            let spot = Spot::new(Part::Scenario, Place::default().key("clients").key(name));
            self.is_time(&spot, "timeout", client.timeout);
            if let Some(config) = &client.retry {
                self.check_retry(config, &spot);
            }
            if let Some(LawSpec::Constant(patience)) = &client.patience {
                self.is_time(&spot, "patience", Some(*patience));
            }
        }
    }

    /// Every module whose operations can be reached has to run somewhere.
    fn check_placement(&mut self) {
        let modules = &self.system.operations.modules;
        let listed = self.system.deployment.processes.values().flat_map(|process| &process.modules);
        let unknown = listed.filter(|name| !modules.contains_key(*name)).map(String::as_str);
        let unknown: Vec<&str> = unknown.collect();
        for module in modules.keys() {
            // One that a process lists misspelt is told of there.
            let is_misspelt = || nearest(module, &unknown).is_some();
            if !self.layout.process_of.contains_key(module) && !is_misspelt() {
                let spot = Spot::new(Part::Deployment, Place::default().key("processes"));
                let cause = format!("module `{module}` runs in no process");
                let remedy = format!("add `{module}` to the `modules` of a process");
                self.error(&spot, code::MODULE_PLACEMENT, cause, remedy);
            }
        }
    }

    fn make_clients(&mut self) {
        let operations = self.known_operations();
        for (load, (name, spec)) in self.system.load.iter().enumerate() {
            let spot = Spot::new(Part::Scenario, Place::default().key("load").key(name));
            let Ok(workload) = spec.build(self.files) else {
                for error in spec.mistakes(self.files) {
                    let remedy = "see the loads in docs/model-language.md".to_owned();
                    let stage = error.stage().map(|stage| spot.key("stages").index(stage - 1));
                    let spot = stage.unwrap_or_else(|| spot.clone());
                    self.error_or_csv(&spot, code::LOAD, error.to_string(), remedy, error.in_csv());
                }
                continue;
            };
            let station = self.system.deployment.stations.contains_key(name);
            if !station && !self.exists(name) {
                let known =
                    operations.iter().chain(self.system.deployment.stations.keys()).map(String::as_str);
                let unknown =
                    self.unknown_name(spot.part, spot.place.clone(), "operation or station", name, known);
                self.mistakes.push(unknown);
                continue;
            }
            let default = ClientSpec::default();
            let client = self.system.clients.get(name).unwrap_or(&default);
            let operation = self.operation(name, View::Client);
            let client_spot = Spot::new(Part::Scenario, Place::default().key("clients").key(name));
            let pc = self.here();
            // The draws of a request do not depend on whether the client has policies.
            let visit_spot = Spot { site: Self::site_of(name), ..spot };
            self.here_is = "clients".to_owned();
            let policy = self.parts.retries.len();
            self.patient(client, &client_spot, |builder| {
                builder.retried(client.retry.as_ref(), &client_spot, None, |builder| {
                    builder.awaited(client, |builder| {
                        builder.client_link(client, &client_spot, "there");
                        if station {
                            builder.visit(name, &visit_spot);
                        } else {
                            builder.front_door(name, &visit_spot);
                        }
                        builder.client_link(client, &client_spot, "back");
                    });
                });
            });
            self.emit(Step::Finish);
            if client.retry.is_some() && self.parts.retries.len() > policy {
                self.parts.clients_of_retries.resize(policy, None);
                self.parts.clients_of_retries.push(Some(load as u16));
            }
            let kind = match workload {
                Workload::Open(arrivals) => {
                    SourceKind::Open { arrivals, from: Instant::START, to: Instant::NEVER }
                }
                Workload::Closed { users, think } => SourceKind::Closed { users, think },
            };
            let priority = client.priority;
            self.parts.sources.push(Source { pc, operation, priority, name: name.clone(), kind });
        }
        for name in self.system.clients.keys() {
            if !self.system.load.contains_key(name) {
                let place = Place::default().key("clients").key(name);
                let known = self.system.load.keys().map(String::as_str);
                self.mistakes.push(self.unknown_name(Part::Scenario, place, "load", name, known));
            }
        }
    }

    /// Emits what a customer waits for before leaving.
    fn patient(&mut self, client: &ClientSpec, spot: &Spot, body: impl FnOnce(&mut Self)) {
        let spot = spot.key("patience");
        let Some(law) = client.patience.as_ref().and_then(|law| self.law(law, &spot)) else {
            return body(self);
        };
        let demand = self.demand(law, spot.site);
        self.emit(Step::Patience { demand, cause: Cause::Abandoned });
        body(self);
        self.emit(Step::EndDeadline);
    }

    /// Emits one attempt of a client; it goes on without who left unless it is cancelled.
    fn awaited(&mut self, client: &ClientSpec, body: impl FnOnce(&mut Self)) {
        match (client.timeout, &client.patience) {
            (None, Some(_)) => self.apart(client.on_timeout, body),
            (timeout, _) => self.guarded(timeout, client.on_timeout, body),
        }
    }

    fn client_link(&mut self, client: &ClientSpec, spot: &Spot, way: &str) {
        let Some(law) = &client.latency else { return };
        let spot = spot.key("latency");
        if let Some(law) = self.law(law, &spot) {
            let demand = self.demand(law, spot.draw(way));
            self.delay_of(demand, TimePart::Network);
        }
    }

    fn compile_bodies(&mut self) {
        while let Some((operation, open)) = self.next_body() {
            self.body(&operation, open);
        }
        // What cannot be reached holds nothing and waits for nothing.
        let waits = self.parts.waits.len();
        while let Some(unreached) = self.unreached.pop() {
            self.check_unreached(&unreached);
            while let Some((operation, open)) = self.next_body() {
                self.body(&operation, open);
            }
        }
        self.parts.waits.truncate(waits);
        self.link_bodies();
    }

    /// Warns of what cannot be reached.
    fn check_unused(&mut self) {
        let topics: Vec<(String, String)> = self
            .system
            .deployment
            .logs
            .iter()
            .flat_map(|(log, spec)| spec.topics.keys().map(|topic| (log.clone(), topic.clone())))
            .collect();
        for (log, topic) in topics {
            let consumers = self.system.deployment.logs[&log].topics[&topic].consumers.is_some();
            if !consumers {
                let place = Place::default().key("logs").key(&log).key("topics").key(&topic);
                let spot = Spot::new(Part::Deployment, place);
                let cause = format!("nobody consumes topic `{topic}`");
                let remedy = "add `consumers:`, or leave the topic out".to_owned();
                self.warn(&spot, code::UNUSED, cause, remedy);
            }
        }
        // After an error, what is not reached is likely to follow from it.
        let is_whole = !self.mistakes.iter().any(|mistake| mistake.severity == Severity::Error);
        if is_whole {
            self.check_unused_caches(&self.used_caches());
            self.check_unused_calls();
        }
        let modules = self.system.operations.modules.keys().filter(|_| is_whole);
        let aside: Vec<&str> =
            modules.filter(|module| !self.is_reached(module)).map(String::as_str).collect();
        if let Some(first) = aside.first() {
            let spot = Spot::new(Part::Operations, Place::default().key("modules").key(first));
            let cause = match aside.len() {
                1 => format!("nothing that is loaded leads to module `{first}`"),
                _ => format!("nothing that is loaded leads to modules `{}`", aside.join("`, `")),
            };
            let remedy =
                "add a load or a call if it should be there; otherwise it is as if it were not".to_owned();
            self.warn(&spot, code::UNUSED, cause, remedy);
        }
        for (gateway, spec) in &self.system.deployment.gateways {
            if spec.routes.is_empty() {
                let place = Place::default().key("gateways").key(gateway).key("routes");
                let cause = format!("nothing goes through gateway `{gateway}`");
                let remedy = "list operations, or write `routes: [all]`".to_owned();
                self.warn(&Spot::new(Part::Deployment, place), code::UNUSED, cause, remedy);
            }
            for (position, route) in spec.routes.iter().enumerate() {
                if route != "all" && !self.exists(route) {
                    let place = Place::default().key("gateways").key(gateway).key("routes");
                    let known = self.known_operations();
                    let known = known.iter().map(String::as_str);
                    let place = place.index(position);
                    let unknown = self.unknown_name(Part::Deployment, place, "operation", route, known);
                    self.mistakes.push(unknown);
                }
            }
        }
    }

    fn check_size(&mut self) {
        let users = self.parts.sources.iter().map(|source| match source.kind {
            SourceKind::Open { .. } => 0,
            SourceKind::Closed { users, .. } => users as usize,
        });
        let parts = &self.parts;
        let told_apart = parts.pools.iter().filter(|pool| pool.managed.is_some());
        let told_apart = told_apart.map(|pool| usize::from(pool.replicas)).sum();
        // What is counted for each replica of a process counts once for each; what has a number of 16 bits stays below it.
        let limits = [
            ("closed users", users.sum(), 16_000_000),
            ("operations that are recorded", self.operations.len(), NUMBERED),
            ("time-outs of different length", self.program.rings.len(), NUMBERED),
            ("steps", self.program.steps.len(), 10_000_000),
            ("databases", self.system.deployment.databases.len(), 64),
            ("stations", self.program.stations(), 1_000_000),
            ("ways into processes", parts.processes.len() + parts.ways.len(), NUMBERED),
            ("pools whose connections are told apart", told_apart, NUMBERED),
            ("parts that faults and the runbook disturb", parts.targets.len(), NUMBERED),
            ("policies of retries", parts.retries.len(), NUMBERED),
            ("retry budgets", parts.budgets.len(), NUMBERED),
            ("rate limiters", parts.limiters.len(), NUMBERED),
            ("pools of threads for calls", parts.thread_pools.len(), NUMBERED),
            ("throttles", parts.throttles.len(), NUMBERED),
            ("limits of concurrency", parts.concurrency_limits.len(), NUMBERED),
            ("steps `once`", parts.memories.len(), NUMBERED),
            ("cache servers and masters", parts.stores.len(), NUMBERED),
            ("look-ups of entries that may be stale", parts.look_ups.len(), NUMBERED),
            ("steps `lock-key`", parts.key_locks.len(), NUMBERED),
            ("read replicas", parts.replicas.len(), NUMBERED),
            ("topics", parts.topics.len(), NUMBERED),
            ("effects", self.effects.len(), NUMBERED),
        ];
        // Of a number that is out of its range there are as many as that says.
        let is_told = self.mistakes.iter().any(|mistake| mistake.code == code::RANGE);
        for (what, count, limit) in limits {
            if count > limit && !is_told {
                let spot = Spot::new(Part::Deployment, Place::default());
                let cause = format!("the system has {count} {what}, more than {limit}");
                self.error(&spot, code::TOO_LARGE, cause, "split the system".to_owned());
            }
        }
    }
}

/// Which operations each operation waits for, the fallbacks of its own calls included.
pub(in crate::component) fn call_graph(system: &SystemSpec) -> IndexMap<String, Vec<String>> {
    let operations = &system.operations;
    let mut graph: IndexMap<String, Vec<String>> = IndexMap::new();
    for (module, spec) in &operations.modules {
        for (name, steps) in &spec.operations {
            let mut callees = Vec::new();
            collect_calls(steps, module, &mut callees);
            graph.insert(format!("{module}.{name}"), callees);
        }
    }
    for (called, policy) in &system.deployment.calls {
        let answer = policy.fallback.as_ref().map(|fallback| &fallback.answer);
        if let (Some(FallbackAnswer::Operation(name)), Some(callees), Some((module, _))) =
            (answer, graph.get_mut(called), called.split_once('.'))
        {
            callees.push(full_name(name, module));
        }
    }
    graph
}

/// The full name of an operation that may be named without its module.
fn full_name(name: &str, module: &str) -> String {
    if name.contains('.') { name.to_owned() } else { format!("{module}.{name}") }
}

fn collect_calls(steps: &[StepSpec], module: &str, into: &mut Vec<String>) {
    for step in steps {
        if let StepSpec::Call(name) = step {
            into.push(full_name(name, module));
        }
        for inner in step.children() {
            collect_calls(inner, module, into);
        }
    }
}
