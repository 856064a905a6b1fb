//! Threads and cores of processes, and permits of their calls.

use indexmap::IndexMap;

use super::groups::{LEAST_CORES, deployment, single_server};
use crate::component::assembly::StationKind;
use crate::component::compile::builder::{Builder, Spot};
use crate::component::link::Leg;
use crate::component::mistake::code;
use crate::component::parts::Balanced;
use crate::component::process::{Style, WarmUpSpec};
use crate::engine::{Discipline, Patience, SlotsConfig};
use crate::record::{AccessStatus, Cause};
use crate::units::Span;

impl Builder<'_> {
    pub(super) fn make_processes(&mut self) {
        for (index, (name, spec)) in self.system.deployment.processes.iter().enumerate() {
            let spot = deployment("processes", name);
            let replicas = self.most_replicas(name);
            if !(1..=1000).contains(&spec.replicas) {
                self.range(&spot.key("replicas"), spec.replicas.to_string(), "1 to 1000");
            }
            if spec.cores.as_f64() < LEAST_CORES {
                self.range(&spot.key("cores"), spec.cores.to_string(), "1m or more, a thousandth of a core");
            }
            if spec.threads == 0 {
                self.range(&spot.key("threads"), "0".to_owned(), "at least 1");
            }
            for (position, module) in spec.modules.iter().enumerate() {
                let spot = spot.key("modules").index(position);
                if !self.system.operations.modules.contains_key(module) {
                    let known = self.system.operations.modules.keys().map(String::as_str);
                    let unknown = self.unknown_name(spot.part, spot.place.clone(), "module", module, known);
                    self.mistakes.push(unknown);
                } else if let Some(other) = self.layout.process_of.insert(module.clone(), index) {
                    let other = &self.system.deployment.processes.get_index(other).map_or("", |(n, _)| n);
                    let cause = format!("module `{module}` already runs in process `{other}`");
                    let remedy = "take it out of one of them".to_owned();
                    self.error(&spot, code::MODULE_PLACEMENT, cause, remedy);
                }
            }
            let threads = (spec.style == Style::ThreadPerRequest).then(|| {
                let config = SlotsConfig {
                    capacity: spec.threads,
                    queue_limit: Some(spec.accept_queue),
                    discipline: Discipline::Fifo,
                    patience: Patience::Endless,
                    when_full: Cause::QueueFull,
                    when_impatient: Cause::Timeout,
                };
                self.slots(name, StationKind::Threads, replicas, config)
            });
            if let Some(config) = &spec.codel {
                let at = spot.key("codel");
                match threads {
                    Some(slots) => self.codel(config, &at, slots, Some((index as u16, replicas))),
                    None => {
                        let cause = "nobody waits for a thread in this style".to_owned();
                        let remedy = "take it out, or leave `style` out".to_owned();
                        self.error(&at, code::POLICY, cause, remedy);
                    }
                }
            }
            self.layout.threads.push(threads);
            let cores = self.sharing(name, StationKind::Cores, replicas, spec.cores);
            self.layout.process_cores.push(cores);
            let hash_by = self.balancing(&spec.balance, &spot);
            let answers = self.answers(&spec.answers_as, &spot.key("answers-as"));
            if let Some(WarmUpSpec { slowness, over }) = spec.warm_up {
                let at = spot.key("warm-up");
                if !(slowness.is_finite() && slowness >= 1.0) {
                    let remedy = "write a number of at least 1".to_owned();
                    self.error(
                        &at.key("slowness"),
                        code::RANGE,
                        format!("the slowness is {slowness}"),
                        remedy,
                    );
                }
                if over.is_zero() {
                    let remedy = "write a time, like `1m`, or leave `warm-up` out".to_owned();
                    self.error(&at.key("over"), code::RANGE, "it warms up in no time".to_owned(), remedy);
                }
            }
            self.parts.processes.push(Balanced {
                name: name.clone(),
                replicas,
                deployed: spec.replicas,
                least: self.least_replicas(name),
                policy: spec.balance.clone(),
                hash_by,
                answers,
                start_up: spec.start_up,
                warm_up: spec.warm_up,
                cores,
                threads,
            });
        }
    }

    /// What a process answers when its work fails, by cause.
    fn answers(&mut self, kinds: &IndexMap<String, u16>, spot: &Spot) -> [AccessStatus; Cause::COUNT] {
        let mut answers = Cause::ALL.map(AccessStatus::of_work);
        for (kind, code) in kinds {
            let spot = spot.key(kind);
            self.check_kind(kind, spot.part, spot.place.clone());
            let known = AccessStatus::ALL.into_iter().filter(|status| is_answer(*status));
            let Some(status) = known.into_iter().find(|status| status.code() == *code) else {
                self.range(&spot, code.to_string(), "409, 429, 500, 502, 503 or 504");
                continue;
            };
            for cause in Cause::ALL.into_iter().filter(|cause| cause.name() == kind) {
                answers[cause as usize] = status;
            }
        }
        // Who is paused is turned away before a process: it has no answer of its own for that.
        answers[Cause::Paused as usize] = answers[Cause::Declined as usize];
        answers
    }

    /// The station of a link's bandwidth in one direction, made for the first message there.
    pub(in crate::component::compile) fn wire(&mut self, name: &str, leg: Leg) -> u32 {
        let key = (name.to_owned(), leg == Leg::There);
        if let Some(known) = self.layout.wires.get(&key) {
            return *known;
        }
        let kind = match leg {
            Leg::There => StationKind::LinkThere,
            Leg::Back => StationKind::LinkBack,
        };
        let slots = self.slots(name, kind, 1, single_server());
        self.layout.wires.insert(key, slots);
        slots
    }

    /// The station of a caller's concurrent calls, for one of which one waits so long.
    pub(in crate::component::compile) fn call_slots(
        &mut self,
        name: &str,
        replicas: u16,
        capacity: u32,
        wait: Span,
    ) -> u32 {
        let waits = !wait.is_zero();
        let config = SlotsConfig {
            capacity,
            queue_limit: (!waits).then_some(0),
            patience: if waits { Patience::Constant(self.program.ring(wait)) } else { Patience::Endless },
            when_full: Cause::BulkheadFull,
            when_impatient: Cause::BulkheadFull,
            ..single_server()
        };
        self.slots(name, StationKind::Servers, replicas, config)
    }
}

/// Whether a service can answer a failure so: not with success, and not for a client that has left.
const fn is_answer(status: AccessStatus) -> bool {
    !matches!(status, AccessStatus::Ok | AccessStatus::ClientClosed)
}
