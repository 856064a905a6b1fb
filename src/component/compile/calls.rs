//! Compiles calls: between processes, from gateways and from clients.

use super::builder::{Builder, Spot};
use super::flags::SwitchKey;
use super::steps::Scope;
use super::waits::Held;
use crate::component::assembly::View;
use crate::component::link::{Leg, LinkSpec};
use crate::component::mistake::{MOST_CANDIDATES, Part, Place, code};
use crate::component::parts::{AskedPart, Hook};
use crate::engine::{Choice, Station, Step};
use crate::random::{LawSpec, mix};
use crate::record::{Cause, TimePart};
use crate::units::{Bytes, Span};

impl Builder<'_> {
    /// The full name of an operation that a step names, which may leave out its own module.
    pub(super) fn resolve(&mut self, name: &str, spot: &Spot, module: &str) -> Option<String> {
        let full = if name.contains('.') { name.to_owned() } else { format!("{module}.{name}") };
        if self.exists(&full) {
            return Some(full);
        }
        let known = self.known_operations();
        let known = known.iter().map(String::as_str);
        self.mistakes.push(self.unknown_name(spot.part, spot.place.clone(), "operation", name, known));
        None
    }

    pub(super) fn exists(&self, full: &str) -> bool {
        full.split_once('.').is_some_and(|(module, name)| {
            let module = self.system.operations.modules.get(module);
            module.is_some_and(|module| module.operations.contains_key(name))
        })
    }

    /// The names of operations, as many of them as are looked at for the one that was meant.
    pub(super) fn known_operations(&self) -> Vec<String> {
        let modules = &self.system.operations.modules;
        let names = modules.iter().flat_map(|(module, spec)| {
            spec.operations.keys().map(move |operation| format!("{module}.{operation}"))
        });
        names.take(MOST_CANDIDATES).collect()
    }

    /// The process that an operation runs in; that there is none is reported once, for its module.
    pub(super) fn process_of(&self, full: &str) -> Option<usize> {
        let (module, _) = full.split_once('.')?;
        self.layout.process_of.get(module).copied()
    }

    /// Emits a call from a step.
    pub(super) fn call(&mut self, name: &str, spot: &Spot, scope: Scope<'_>) {
        let Some(target) = self.resolve(name, spot, scope.module) else { return };
        if self.process_of(&target) == Some(scope.process) {
            return self.call_body(&target, spot, scope.open);
        }
        if let Some(first) = self.process_of(&target).and_then(|process| self.layout.threads[process]) {
            self.waits_for(scope, Held::Slots(first));
        }
        let operation = self.operation(&target, View::Call);
        self.emit(Step::Span { operation });
        match self.system.deployment.calls.get_key_value(&target) {
            Some((_, policy)) => self.call_with(policy, &target, spot, scope),
            None => self.remote(&target, spot),
        }
        self.emit(Step::EndSpan);
    }

    /// Emits a request over the network: there, into a replica, onto a thread, the body, and back.
    pub(super) fn remote(&mut self, target: &str, spot: &Spot) {
        if let Some(process) = self.process_of(target) {
            self.remote_by(target, spot, process, process as u16);
        }
    }

    /// Emits a request into `process` by the way `way`.
    pub(super) fn remote_by(&mut self, target: &str, spot: &Spot, process: usize, way: u16) {
        let name = self.parts.processes[process].name.clone();
        let sizes = self.system.deployment.calls.get(target);
        let (request, response) =
            sizes.map_or((None, None), |sizes| (sizes.request_size, sizes.response_size));
        self.message(&name, Leg::There, request, spot.draw("there"));
        self.emit(Step::Place { process: way });
        let threads = self.layout.threads[process];
        if let Some(first) = threads {
            self.emit(Step::Acquire { slots: Station::per_replica(first) });
        }
        let counted = self.begin_counting(target, process);
        self.gate(&name, spot.draw("gate"));
        self.call_body(target, spot, 0);
        if counted {
            self.emit(Step::EndHost);
        }
        if threads.is_some() {
            self.emit(Step::Release);
        }
        self.emit(Step::Leave);
        self.message(&name, Leg::Back, response, spot.draw("back"));
    }

    /// Has the process count the request from here on, if somebody watches; says whether it does.
    fn begin_counting(&mut self, target: &str, process: usize) -> bool {
        if self.system.watch.is_none() {
            return false;
        }
        let part = AskedPart { process: process as u16, operation: target.to_owned() };
        let asked = self.parts.asked.iter().position(|known| *known == part).unwrap_or_else(|| {
            self.parts.asked.push(part);
            self.parts.asked.len() - 1
        });
        self.hook(Hook::Serving { asked: asked as u16 });
        true
    }

    /// Emits one way over the link to `name`, with a message of the link's usual size.
    pub(super) fn link(&mut self, name: &str, leg: Leg, site: u64) {
        self.message(name, leg, None, site);
    }

    /// Emits one way over the link to `name`: the wait for its bandwidth, and the way.
    fn message(&mut self, name: &str, leg: Leg, size: Option<Bytes>, site: u64) {
        let links = &self.system.deployment.links;
        let Some((key, link)) = links.get_key_value(name).or_else(|| links.get_key_value("default")) else {
            // A way that takes no time can be cut all the same.
            return self.gate_between(name, mix(site, 2));
        };
        let spot = Spot::new(Part::Deployment, Place::default().key("links").key(key));
        let Some(law) = self.law(&link.latency, &spot.key("latency")) else { return };
        let demand = self.demand(law, site);
        self.gate_between(name, mix(site, 2));
        if let Some(bandwidth) = link.bandwidth {
            self.transmit(name, leg, size.unwrap_or(link.size(leg)), bandwidth, &spot);
        }
        self.delay_of(demand, TimePart::Network);
        if link.loss.as_fraction() > 0.0 {
            self.retransmit(link, &spot, site);
        }
    }

    /// Emits the sending of a message, behind those that are sent the same way.
    fn transmit(&mut self, name: &str, leg: Leg, size: Bytes, bandwidth: Bytes, spot: &Spot) {
        if bandwidth.as_u64() == 0 {
            return;
        }
        let takes = Span::from_secs_f64(size.as_u64() as f64 / bandwidth.as_u64() as f64);
        let Some(law) = self.law(&LawSpec::Constant(takes), &spot.key("bandwidth")) else { return };
        let demand = self.demand(law, spot.site);
        let slots = self.wire(name, leg);
        self.emit(Step::Serve { slots: Station::fixed(slots), demand });
    }

    /// Emits the wait for a lost packet: once in `loss` messages, and twice as long once in `loss²`.
    fn retransmit(&mut self, link: &LinkSpec, spot: &Spot, site: u64) {
        let loss = link.loss.as_fraction();
        if loss > 1.0 {
            return;
        }
        let law = LawSpec::Constant(link.retransmission);
        let Some(once) = self.law(&law, &spot.key("retransmission")) else { return };
        let twice = self.demand(once.scaled(3.0), site);
        let once = self.demand(once, site);
        let choice = self.program.choices.len() as u32;
        self.emit(Step::Choose { choice });
        let first = self.here();
        self.program.choices.push(Choice {
            cumulative: vec![1.0 - loss, 1.0 - loss * loss, 1.0],
            targets: vec![first + 4, first, first + 2],
            site: mix(site, 1),
            key: None,
        });
        for demand in [once, twice] {
            self.delay_of(demand, TimePart::Network);
            self.emit(Step::Jump { to: first + 4 });
        }
    }

    /// Emits what a runbook has clients of an operation told at the door: that it is paused, or that they are too many.
    pub(super) fn turned_away(&mut self, operation: &str) {
        self.refused(self.switch(&SwitchKey::Pause(operation.to_owned())), Cause::Paused);
        self.limit_at(operation);
    }

    pub(super) fn limit_at(&mut self, door: &str) {
        if let Some(limit) = self.layout.limits.get(door).copied() {
            self.hook(Hook::RouteLimit { limit });
        }
    }

    /// Reports operations that wait for each other in a circle.
    pub(super) fn check_cycles(&mut self) {
        let edges = super::entries::call_graph(self.system);
        let mut state: indexmap::IndexMap<&str, u8> = indexmap::IndexMap::new();
        let mut cycles: Vec<Vec<String>> = Vec::new();
        for start in edges.keys() {
            let mut path: Vec<(&str, usize)> = Vec::new();
            if state.get(start.as_str()).is_none() {
                path.push((start, 0));
                state.insert(start, 1);
            }
            while let Some((name, next)) = path.last_mut() {
                let Some(callee) = edges.get(*name).and_then(|callees| callees.get(*next)) else {
                    state.insert(name, 2);
                    path.pop();
                    continue;
                };
                *next += 1;
                match state.get(callee.as_str()) {
                    Some(1) => {
                        let from = path.iter().position(|(n, _)| *n == callee.as_str()).unwrap_or(0);
                        cycles.push(path[from..].iter().map(|(n, _)| (*n).to_owned()).collect());
                    }
                    Some(_) => {}
                    None => {
                        if let Some((key, _)) = edges.get_key_value(callee) {
                            state.insert(key, 1);
                            path.push((key, 0));
                        }
                    }
                }
            }
        }
        self.in_circles = cycles.iter().flatten().cloned().collect();
        for mut cycle in cycles {
            let Some((module, name)) = cycle[0].split_once('.') else { continue };
            let place = Place::default().key("modules").key(module).key("operations").key(name);
            cycle.push(cycle[0].clone());
            let cause = format!("these operations wait for each other: {}", cycle.join(" → "));
            let remedy = "break the circle, for example with `publish` or `spawn`".to_owned();
            self.error(&Spot::new(Part::Operations, place), code::CALL_CYCLE, cause, remedy);
        }
    }
}
