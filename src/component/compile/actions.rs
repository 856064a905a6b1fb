//! Resolves the actions of a runbook: what each of them touches, and whether that can take it.

use indexmap::IndexMap;

use super::builder::{Builder, Spot};
use super::flags::SwitchKey;
use super::runbook::spot_of;
use crate::component::mistake::code;
use crate::component::operations::StepSpec;
use crate::component::parts::{TargetKind, WarmPart};
use crate::policy::TokenBucketConfig;
use crate::timeline::runbook::{
    Action, ActionSpec, Mends, RateLimitSpec, ResizePoolSpec, ResizeThreadsSpec, Restart, RestartOrder,
    RestartSpec, RollBackSpec, ScaleSpec, WarmSpec,
};
use crate::units::{Ratio, Span};

/// How long anything but a process is down for a restart. Source: an estimate.
const RESTART: Span = Span::from_secs(5);

/// The most replicas that a process can be scaled to, as in a deployment.
const MOST_REPLICAS: u16 = 1000;

impl Builder<'_> {
    /// What an action touches, by number; `None` with the mistakes noted if it cannot be taken.
    pub(super) fn action(&mut self, action: &ActionSpec, spot: &Spot) -> Option<Action> {
        let spot = &spot.key(action.key());
        match action {
            ActionSpec::Bypass(name) => self.bypass(name, true, spot),
            ActionSpec::Restore(name) => self.bypass(name, false, spot),
            ActionSpec::Switch(spec) => self.switch_cache(spec, spot),
            ActionSpec::Restart(spec) => self.restart(spec, spot),
            ActionSpec::RollBack(spec) => self.roll_back(spec, spot),
            ActionSpec::ResizePool(spec) => self.resize_pool(spec, spot),
            ActionSpec::ResizeThreads(spec) => self.resize_threads(spec, spot),
            ActionSpec::Scale(spec) => self.scale(spec, spot),
            ActionSpec::RateLimit(spec) => self.rate_limit(spec, spot),
            ActionSpec::LiftLimit(name) => {
                let limit = self.route_limit(name, spot)?;
                Some(Action::Limit { limit, to: None })
            }
            ActionSpec::Pause(name) => self.pause(name, true, spot),
            ActionSpec::Resume(name) => self.pause(name, false, spot),
            ActionSpec::ReadOnly(name) => self.read_only(name, true, spot),
            ActionSpec::ReadWrite(name) => self.read_only(name, false, spot),
            ActionSpec::Announce(spec) => {
                if spec.heeded > Ratio::ONE {
                    self.range(&spot.key("heeded"), spec.heeded.to_string(), "0% to 100%");
                }
                let loads = self.told(spec.clients.as_deref(), &spot.key("clients"), spot)?;
                Some(Action::Announce { loads, heeded: spec.heeded })
            }
            ActionSpec::Withdraw(name) => {
                let loads =
                    self.told(Some(name).filter(|name| *name != "all").map(String::as_str), spot, spot)?;
                Some(Action::Announce { loads, heeded: Ratio::ZERO })
            }
            ActionSpec::Warm(spec) => self.warm(spec, spot),
            ActionSpec::FailOver(name) => self.fail_over(name, spot),
            ActionSpec::SetFlags(flags) => {
                let mut switches = Vec::new();
                for (name, to) in flags {
                    if self.system.operations.flags.contains_key(name) {
                        switches.push((self.make_switch(SwitchKey::Flag(name.clone())), to.is_on()));
                    } else {
                        let known = self.system.operations.flags.keys().map(String::as_str);
                        let place = spot.place.key(name);
                        self.mistakes.push(self.unknown_name(spot.part, place, "flag", name, known));
                    }
                }
                Some(Action::Switch { switches })
            }
        }
    }

    fn unknown<'n>(&mut self, spot: &Spot, kind: &str, name: &str, known: impl Iterator<Item = &'n String>) {
        let known = known.map(String::as_str);
        self.mistakes.push(self.unknown_name(spot.part, spot.place.clone(), kind, name, known));
    }

    fn cannot(&mut self, spot: &Spot, cause: String, remedy: &str) {
        self.error(spot, code::ACTION, cause, remedy.to_owned());
    }

    /// The logical caches that a name stands for: those of a server, or one.
    pub(super) fn spaces(&mut self, name: &str, spot: &Spot) -> Option<Vec<u16>> {
        let spaces = self.spaces_of(name);
        if spaces.is_empty() {
            let system = self.system;
            let known: Vec<String> =
                system.deployment.caches.keys().chain(self.layout.caches.keys()).cloned().collect();
            self.unknown(spot, "cache", name, known.iter());
            return None;
        }
        Some(spaces)
    }

    /// The same; none where the name stands for none.
    pub(super) fn spaces_of(&self, name: &str) -> Vec<u16> {
        match self.system.deployment.caches.get_index_of(name) {
            Some(server) => {
                let of_server = self.layout.caches.values().enumerate();
                let held = of_server.filter(|(_, of)| usize::from(**of) == server);
                held.map(|(space, _)| space as u16).collect()
            }
            None => self.layout.caches.get_index_of(name).map(|space| space as u16).into_iter().collect(),
        }
    }

    fn bypass(&mut self, name: &str, on: bool, spot: &Spot) -> Option<Action> {
        let spaces = self.spaces(name, spot)?;
        let switches =
            spaces.into_iter().map(|space| (self.make_switch(SwitchKey::Bypass(space)), on)).collect();
        Some(Action::Switch { switches })
    }

    fn pause(&mut self, name: &str, on: bool, spot: &Spot) -> Option<Action> {
        let system = self.system;
        if !system.load.contains_key(name) || !self.exists(name) {
            let known: Vec<&String> = system.load.keys().filter(|load| self.exists(load)).collect();
            self.unknown(spot, "operation with load", name, known.into_iter());
            return None;
        }
        Some(Action::Switch { switches: vec![(self.make_switch(SwitchKey::Pause(name.to_owned())), on)] })
    }

    fn read_only(&mut self, name: &str, on: bool, spot: &Spot) -> Option<Action> {
        let system = self.system;
        let Some(database) = system.deployment.databases.get_index_of(name) else {
            self.unknown(spot, "database", name, system.deployment.databases.keys());
            return None;
        };
        Some(Action::Switch { switches: vec![(self.make_switch(SwitchKey::ReadOnly(database)), on)] })
    }

    /// The limit at a gateway or an operation.
    fn route_limit(&mut self, name: &str, spot: &Spot) -> Option<u16> {
        let system = self.system;
        let known = || system.deployment.gateways.keys().chain(system.load.keys());
        if !known().any(|known| known == name) {
            self.unknown(spot, "gateway or operation with load", name, known());
            return None;
        }
        let next = self.parts.limits;
        let limit = *self.layout.limits.entry(name.to_owned()).or_insert(next);
        if limit == next {
            self.parts.limits += 1;
        }
        Some(limit)
    }

    fn rate_limit(&mut self, spec: &RateLimitSpec, spot: &Spot) -> Option<Action> {
        let config = TokenBucketConfig { rate: spec.rate, burst: spec.burst, initial: None };
        self.policy_errors(spot, config.check());
        let limit = self.route_limit(&spec.at, &spot.key("at"))?;
        Some(Action::Limit { limit, to: Some((spec.rate, spec.burst)) })
    }

    fn restart(&mut self, spec: &RestartSpec, spot: &Spot) -> Option<Action> {
        let here = spot.key("component");
        let mut targets = self.targets(&spec.component, &here)?;
        let kind = self.parts.targets[usize::from(targets[0].0)].kind.clone();
        match &kind {
            TargetKind::Replica { .. } => {}
            TargetKind::Cache { .. }
            | TargetKind::Database { .. }
            | TargetKind::Log
            | TargetKind::Gateway { .. } => {
                self.only_for_processes(spec, &kind, spot);
            }
            TargetKind::External { .. } | TargetKind::Pool { .. } | TargetKind::Between => {
                let cause = format!("`{}` cannot be restarted by people here", spec.component);
                self.cannot(&here, cause, "name a process, cache, database, log or gateway");
                return None;
            }
        }
        if let Some(replicas) = spec.replicas {
            if !(1..=targets.len()).contains(&usize::from(replicas)) {
                self.range(&spot.key("replicas"), replicas.to_string(), &format!("1 to {}", targets.len()));
                return None;
            }
            targets.truncate(usize::from(replicas));
        }
        if let Some(masters) = spec.masters
            && !self.first_masters(masters, (&spec.component, &kind), &mut targets, (spot, code::ACTION))
        {
            return None;
        }
        let start_up = self.start_up(&kind);
        if start_up.is_some() && spec.takes.is_some() {
            let cause = "a process is down for its own `start-up`".to_owned();
            self.cannot(&spot.key("takes"), cause, "leave it out");
        }
        Some(Action::Restart(Restart {
            targets,
            one_by_one: spec.order == RestartOrder::OneByOne,
            drain: spec.drain,
            takes: if start_up.is_some() { Span::ZERO } else { spec.takes.unwrap_or(RESTART) },
            start_up: start_up.unwrap_or(Span::ZERO),
            mends: Mends::Outage,
        }))
    }

    fn only_for_processes(&mut self, spec: &RestartSpec, kind: &TargetKind, spot: &Spot) {
        let written = [
            ("replicas", spec.replicas.is_some()),
            ("order", spec.order != RestartOrder::default() && !self.is_cluster(&spec.component)),
            ("drain", !spec.drain.is_zero()),
        ];
        for (key, written) in written {
            if written {
                let cause = format!("a {} has no replicas that `{key}` could be about", kind.name());
                self.cannot(&spot.key(key), cause, "leave it out");
            }
        }
    }

    fn start_up(&self, kind: &TargetKind) -> Option<Span> {
        match kind {
            TargetKind::Replica { process, .. } => Some(self.parts.processes[usize::from(*process)].start_up),
            _ => None,
        }
    }

    fn roll_back(&mut self, spec: &RollBackSpec, spot: &Spot) -> Option<Action> {
        let here = spot.key("component");
        let targets = self.targets(&spec.component, &here)?;
        let kind = self.parts.targets[usize::from(targets[0].0)].kind.clone();
        let Some(start_up) = self.start_up(&kind) else {
            let cause = format!("`{}` has no releases", spec.component);
            self.cannot(&here, cause, "name a process");
            return None;
        };
        Some(Action::Restart(Restart {
            targets,
            one_by_one: spec.order == RestartOrder::OneByOne,
            drain: spec.drain,
            takes: Span::ZERO,
            start_up,
            mends: Mends::Release,
        }))
    }

    fn resize_pool(&mut self, spec: &ResizePoolSpec, spot: &Spot) -> Option<Action> {
        let here = spot.key("pool");
        let system = self.system;
        if !(1..=10_000).contains(&spec.connections) {
            self.range(&spot.key("connections"), spec.connections.to_string(), "1 to 10000");
        }
        if !system.deployment.pools.contains_key(&spec.pool) {
            self.unknown(&here, "pool", &spec.pool, system.deployment.pools.keys());
        }
        // One that leads nowhere is told of already.
        let pool = self.parts.pools.iter().position(|pool| pool.name == spec.pool)?;
        Some(Action::ResizePool { pool: pool as u16, connections: spec.connections })
    }

    fn process(&mut self, name: &str, spot: &Spot) -> Option<usize> {
        let system = self.system;
        let process = system.deployment.processes.get_index_of(name);
        if process.is_none() {
            self.unknown(spot, "process", name, system.deployment.processes.keys());
        }
        process
    }

    fn resize_threads(&mut self, spec: &ResizeThreadsSpec, spot: &Spot) -> Option<Action> {
        let here = spot.key("process");
        if spec.threads == 0 {
            self.range(&spot.key("threads"), "0".to_owned(), "at least 1");
        }
        let process = self.process(&spec.process, &here)?;
        let Some(first) = self.layout.threads[process] else {
            let cause = format!("`{}` is an event loop: it has no threads", spec.process);
            self.cannot(&here, cause, "name a process of the style `thread-per-request`");
            return None;
        };
        let replicas = u32::from(self.parts.processes[process].replicas);
        Some(Action::ResizeThreads { stations: (first..first + replicas).collect(), threads: spec.threads })
    }

    fn scale(&mut self, spec: &ScaleSpec, spot: &Spot) -> Option<Action> {
        let here = spot.key("process");
        let process = self.process(&spec.process, &here)?;
        if !(1..=MOST_REPLICAS).contains(&spec.replicas) {
            self.range(&spot.key("replicas"), spec.replicas.to_string(), &format!("1 to {MOST_REPLICAS}"));
            return None;
        }
        self.targets(&spec.process, &here)?;
        Some(Action::Scale { process: process as u16, replicas: spec.replicas })
    }

    /// The loads whose clients are told something: of one, or all.
    fn told(&mut self, clients: Option<&str>, named: &Spot, spot: &Spot) -> Option<Vec<u16>> {
        let system = self.system;
        if let Some(name) = clients.filter(|name| !system.load.contains_key(*name)) {
            self.unknown(named, "load", name, system.load.keys());
            return None;
        }
        let told = |name: &String| clients.is_none_or(|wanted| wanted == name);
        let tries = |name: &String| system.clients.get(name).is_some_and(|client| client.retry.is_some());
        let loads = system.load.keys().enumerate().filter(|(_, name)| told(name) && tries(name));
        let loads: Vec<u16> = loads.map(|(index, _)| index as u16).collect();
        if loads.is_empty() {
            let cause = "these clients do not try again as it is".to_owned();
            self.cannot(spot, cause, "give them a `retry` in `clients`, or leave the step out");
        }
        Some(loads)
    }

    fn warm(&mut self, spec: &WarmSpec, spot: &Spot) -> Option<Action> {
        let rate = spec.rate.as_per_second();
        let is_good = rate > 0.0 && rate <= 1e6;
        if !is_good {
            self.range(&spot.key("rate"), spec.rate.to_string(), "above 0/s and up to 1000000/s");
        }
        if spec.entries == Some(0) {
            self.range(&spot.key("entries"), "0".to_owned(), "at least 1");
        }
        let spaces = self.spaces(&spec.cache, &spot.key("cache")).filter(|_| is_good)?;
        let gap = Span::from_secs_f64(rate.recip());
        self.parts.warms.push(WarmPart { spaces, gap, entries: spec.entries, sites: Vec::new() });
        let warm = (self.parts.warms.len() - 1) as u16;
        self.layout.warms.push(spot.clone());
        Some(Action::Warm { warm })
    }

    /// A cache is filled by what looks it up and knows how to find what is missing.
    pub(super) fn check_warms(&mut self) {
        for index in 0..self.parts.warms.len() {
            if self.parts.warms[index].sites.is_empty() && !self.is_filled_by_what_is_wrong(index) {
                let spot = self.layout.warms[index].key("cache");
                let mut steps = self.system.runbook.iter().enumerate();
                let is_there = |index| spot.place.steps().starts_with(spot_of(index).place.steps());
                let step = steps.find(|(index, _)| is_there(*index)).map(|(_, step)| step.name.as_str());
                let cause = format!(
                    "step `{}` has nothing that fills this cache: no step of an operation looks it up with `cached`",
                    step.unwrap_or_default()
                );
                self.cannot(&spot, cause, "name a cache that a step `cached` uses");
            }
        }
    }

    /// Whether a step looks up what is to be warmed, and it is told of already why nothing leads there.
    fn is_filled_by_what_is_wrong(&self, warm: usize) -> bool {
        fn fills(steps: &[StepSpec], cache: &str, known: &IndexMap<String, u16>) -> bool {
            steps.iter().any(|step| {
                matches!(step, StepSpec::Cached(spec) if spec.cache == cache || !known.contains_key(&spec.cache))
                    || step.children().into_iter().any(|inner| fills(inner, cache, known))
            })
        }
        let spaces = self.parts.warms[warm].spaces.iter();
        let caches: Vec<&String> =
            spaces.filter_map(|space| Some(self.layout.caches.get_index(usize::from(*space))?.0)).collect();
        let modules = self.system.operations.modules.values();
        let mut bodies = modules.flat_map(|module| module.operations.values());
        let ways = [code::MODULE_PLACEMENT, code::UNKNOWN_NAME, code::LOAD];
        self.mistakes.iter().any(|mistake| ways.contains(&mistake.code))
            && bodies.any(|steps| caches.iter().any(|cache| fills(steps, cache, &self.layout.caches)))
    }

    fn fail_over(&mut self, name: &str, spot: &Spot) -> Option<Action> {
        let deployment = &self.system.deployment;
        let first = deployment.caches.get_index_of(name).map(|server| self.layout.servers[server].store);
        if first.is_some_and(|first| self.parts.survivals[usize::from(first)].replicas > 0) {
            return Some(Action::FailOver { targets: self.targets(name, spot)? });
        }
        if deployment.caches.contains_key(name) {
            let cause = format!("cache `{name}` has no replica that could take over");
            self.cannot(spot, cause, "restart it, or bypass it");
        } else if deployment.databases.contains_key(name) {
            let cause =
                format!("database `{name}` has no replica that could be promoted: read replicas only read");
            self.cannot(spot, cause, "restart it, or make it `read-only`");
        } else {
            let known = deployment.caches.keys().chain(deployment.databases.keys());
            let known: Vec<&str> = known.map(String::as_str).collect();
            self.mistakes.push(self.unknown_name(spot.part, spot.place.clone(), "store", name, known));
        }
        None
    }

    /// How many replicas of a process there may be: those of the deployment, or the most that a runbook scales it to.
    pub(super) fn most_replicas(&self, process: &str) -> u16 {
        let deployed = self.system.deployment.processes.get(process).map_or(0, |spec| spec.replicas);
        let scaled = self.system.runbook.iter().filter_map(|step| match &step.action {
            Some(ActionSpec::Scale(spec)) if spec.process == process => Some(spec.replicas),
            _ => None,
        });
        // Those out of range are told where they are written.
        scaled.filter(|replicas| *replicas <= MOST_REPLICAS).fold(deployed, u16::max)
    }

    /// How many replicas of a process there always are: those of the deployment, or the fewest that a runbook scales it to.
    pub(super) fn least_replicas(&self, process: &str) -> u16 {
        let deployed = self.system.deployment.processes.get(process).map_or(0, |spec| spec.replicas);
        let scaled = self.system.runbook.iter().filter_map(|step| match &step.action {
            Some(ActionSpec::Scale(spec)) if spec.process == process => Some(spec.replicas),
            _ => None,
        });
        scaled.fold(deployed, u16::min)
    }

    /// The largest size that a runbook gives a pool.
    pub(super) fn resized_to(&self, pool: &str) -> Option<u32> {
        let sizes = self.system.runbook.iter().filter_map(|step| match &step.action {
            Some(ActionSpec::ResizePool(spec)) if spec.pool == pool => Some(spec.connections),
            _ => None,
        });
        sizes.max()
    }
}
