//! Time-outs of which each is longer than those it waits for.
//!
//! The layers of the study are client 30 s, gateway 25 s, service 20 s and database 15 s. A database has no time-out of
//! a whole statement here, and what waits there waits for a connection or for a row lock: each of these may take the
//! 15 s. External parties and caches are no layer of the study. They are waited for where a database is, and get the
//! longest of its time-outs by class that is shorter than a service's: 10 s until an external party is read, 1 s for a
//! cache in all.
//!
//! The study has one layer of services. Where a call is made inside a call, both are of that layer, and the inner one has
//! to be the shorter, yet longer than 15 s. So the 5 s between the layers are divided evenly over the calls of the
//! longest chain that leads through a call: 20 s for a call on its own, 20 s and 17.5 s for two.
//!
//! Left out: that a call makes several waits one after another, the sum of which may be longer than the call's time-out;
//! as `check` does, each is compared by itself.
//!
//! Source: study S2, settings by service class, time-outs (D3).

use std::collections::VecDeque;

use indexmap::IndexMap;

use super::assembly::SystemSpec;
use super::compile::call_graph;
use super::mistake::{Part, Place};
use super::preset::{By, CACHE, EXTERNAL_READ, Notes, TimeoutPreset};
use crate::units::Span;

const CLIENT: Span = Span::from_secs(30);
const GATEWAY: Span = Span::from_secs(25);
const SERVICE: Span = Span::from_secs(20);
const DATABASE: Span = Span::from_secs(15);

/// Time-outs for whatever has none.
#[derive(Default)]
pub(super) struct Limits {
    pub(super) clients: Option<Span>,
    pub(super) gateways: Option<Span>,
    /// Of calls, by the operation that is called.
    pub(super) calls: IndexMap<String, Span>,
    pub(super) externals: Option<Span>,
    pub(super) caches: Option<Span>,
    /// Of waits for a connection.
    pub(super) connections: Option<Span>,
    /// Of waits for a row lock.
    pub(super) locks: Option<Span>,
}

impl Limits {
    /// Gives them to what has none.
    pub(super) fn fill(self, system: &mut SystemSpec, preset: TimeoutPreset, notes: &mut Notes) {
        let by = By::new(Place::default().key("timeouts"), format!("timeouts {}", preset.name()));
        let at = |section: &str, name: &str, key: &str| Place::default().key(section).key(name).key(key);
        if self.clients.is_some() {
            for operation in system.load.keys() {
                let client = system.clients.entry(operation.clone()).or_default();
                let setting = at("clients", operation, "timeout");
                notes.fill_in(Part::Scenario, &mut client.timeout, setting, &by, self.clients);
            }
        }
        let deployment = &mut system.deployment;
        for (name, gateway) in &mut deployment.gateways {
            notes.fill(&mut gateway.timeout, at("gateways", name, "timeout"), &by, self.gateways);
        }
        for (name, timeout) in self.calls {
            let setting = at("calls", &name, "timeout");
            notes.fill(&mut deployment.calls.entry(name).or_default().timeout, setting, &by, Some(timeout));
        }
        for (name, external) in &mut deployment.externals {
            notes.fill(&mut external.timeout, at("externals", name, "timeout"), &by, self.externals);
        }
        for (name, cache) in &mut deployment.caches {
            notes.fill(&mut cache.timeout, at("caches", name, "timeout"), &by, self.caches);
        }
        for (name, pool) in &mut deployment.pools {
            let setting = at("pools", name, "connection-timeout");
            notes.fill(&mut pool.connection_timeout, setting, &by, self.connections);
        }
        for (name, database) in &mut deployment.databases {
            let setting = at("databases", name, "lock-wait-timeout");
            notes.fill(&mut database.lock_wait_timeout, setting, &by, self.locks);
        }
    }
}

/// The layers of the study.
pub(super) fn limits(system: &SystemSpec) -> Limits {
    let chains = chains(system);
    let timeout = |operation: &str| {
        let chain = chains.get(operation).copied().unwrap_or_default();
        let between = SERVICE.as_nanos() - DATABASE.as_nanos();
        let less = u128::from(between) * u128::from(chain.above) / u128::from(chain.above + chain.below + 1);
        // Whole milliseconds, which is what time-outs of calls are counted in.
        Span::from_millis((SERVICE.as_nanos() - less as u64) / 1_000_000)
    };
    Limits {
        clients: Some(CLIENT),
        gateways: Some(GATEWAY),
        calls: called(system, timeout),
        externals: Some(EXTERNAL_READ),
        caches: Some(CACHE),
        connections: Some(DATABASE),
        locks: Some(DATABASE),
    }
}

/// A time-out for each operation that is called, in the order in which the calls come.
pub(super) fn called(system: &SystemSpec, timeout: impl Fn(&str) -> Span) -> IndexMap<String, Span> {
    let called = call_graph(system).into_values().flatten();
    called
        .map(|name| {
            let timeout = timeout(&name);
            (name, timeout)
        })
        .collect()
}

/// The longest chain of calls between processes that leads through a call.
#[derive(Clone, Copy, Default)]
struct Chain {
    /// Calls that wait for it.
    above: u32,
    /// Calls that it waits for.
    below: u32,
}

/// The chains of all operations that are called, by topological order; operations in a circle wait for nobody.
fn chains(system: &SystemSpec) -> IndexMap<String, Chain> {
    let graph = call_graph(system);
    let process = |operation: &str| {
        let (module, _) = operation.split_once('.')?;
        let runs = |modules: &[String]| modules.iter().any(|name| name == module);
        system.deployment.processes.iter().position(|(_, process)| runs(&process.modules))
    };
    let processes: Vec<Option<usize>> = graph.keys().map(|name| process(name)).collect();
    let callees: Vec<Vec<usize>> = graph
        .values()
        .map(|names| names.iter().filter_map(|name| graph.get_index_of(name)).collect())
        .collect();
    let mut callers = vec![0_usize; callees.len()];
    callees.iter().flatten().for_each(|callee| callers[*callee] += 1);
    let mut ready: VecDeque<usize> = (0..callees.len()).filter(|index| callers[*index] == 0).collect();
    let mut order = Vec::new();
    while let Some(caller) = ready.pop_front() {
        order.push(caller);
        for callee in &callees[caller] {
            callers[*callee] -= 1;
            if callers[*callee] == 0 {
                ready.push_back(*callee);
            }
        }
    }
    let crosses = |caller: usize, callee: usize| u32::from(processes[caller] != processes[callee]);
    let mut chains = vec![Chain::default(); callees.len()];
    // How many calls wait at most for an operation's steps.
    let mut depth = vec![0_u32; callees.len()];
    for caller in &order {
        for callee in &callees[*caller] {
            let crossing = crosses(*caller, *callee);
            if crossing > 0 {
                chains[*callee].above = chains[*callee].above.max(depth[*caller]);
            }
            depth[*callee] = depth[*callee].max(depth[*caller] + crossing);
        }
    }
    for caller in order.iter().rev() {
        for callee in &callees[*caller] {
            let below = chains[*callee].below + crosses(*caller, *callee);
            chains[*caller].below = chains[*caller].below.max(below);
        }
    }
    graph.into_keys().zip(chains).collect()
}
