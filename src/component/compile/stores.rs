//! Compiles what goes to caches, logs and external parties.

use super::builder::{Builder, Spot};
use super::steps::Scope;
use crate::component::assembly::View;
use crate::component::mistake::{Mistake, Part, Place};
use crate::component::operations::{Abandoned, CacheCommandSpec, CachedSpec, PublishSpec};
use crate::component::parts::{Hook, Way};
use crate::engine::{Choice, Pc, Station, Step};
use crate::record::Cause;

/// A logical cache and the server that holds it.
#[derive(Clone, Copy, Debug)]
struct CacheAt {
    store: u16,
    command_loop: u32,
    space: u16,
}

impl Builder<'_> {
    fn cache(&mut self, name: &str, spot: &Spot) -> Option<CacheAt> {
        let found = self.layout.caches.get_full(name);
        let Some((space, _, (store, command_loop))) = found else {
            let known = self.layout.caches.keys().map(String::as_str);
            let place = spot.place.key("cache");
            let mut unknown = Mistake::unknown(spot.part, place, "cache", name, known);
            unknown.remedy.push_str("; a cache server's `holds` lists its caches");
            self.mistakes.push(unknown);
            return None;
        };
        Some(CacheAt { store: *store, command_loop: *command_loop, space: space as u16 })
    }

    /// Emits a command up to the moment it has run.
    fn command(&mut self, cache: CacheAt, spot: &Spot, purpose: &str) {
        let servers = &self.system.deployment.caches;
        let Some((name, spec)) = servers.get_index(usize::from(cache.store)) else { return };
        self.link(name, spot.draw(&format!("{purpose} there")));
        let law = Spot::new(Part::Deployment, Place::default().key("caches").key(name)).key("command");
        if let Some(law) = self.law(&spec.command, &law) {
            let demand = self.demand(law, spot.draw(purpose));
            self.emit(Step::Serve { slots: Station::fixed(cache.command_loop), demand });
        }
    }

    fn answer(&mut self, cache: CacheAt, spot: &Spot, purpose: &str) {
        let servers = &self.system.deployment.caches;
        if let Some((name, _)) = servers.get_index(usize::from(cache.store)) {
            self.link(name, spot.draw(&format!("{purpose} back")));
        }
    }

    /// Emits cache-aside: look up; on a miss find the value and store it.
    pub(super) fn cached(&mut self, spec: &CachedSpec, spot: &Spot, scope: Scope<'_>) {
        let key = self.key_or_single(spec.key.as_ref(), spot);
        let Some(cache) = self.cache(&spec.cache, spot) else { return };
        let CacheAt { store, space, .. } = cache;
        self.command(cache, spot, "get");
        let look_up = self.parts.hooks.len();
        self.hook(Hook::Lookup { store, space, key, miss: 0 });
        self.answer(cache, spot, "hit");
        let jump = self.emit(Step::Finish);
        let missed = self.here();
        self.parts.hooks[look_up] = Hook::Lookup { store, space, key, miss: missed };
        self.answer(cache, spot, "miss");
        self.steps(&spec.on_miss, &spot.key("on-miss"), scope);
        self.command(cache, spot, "set");
        self.hook(Hook::Store { store, space, key, size: spec.size, ttl: spec.ttl });
        self.answer(cache, spot, "set");
        self.program.steps[jump] = Step::Jump { to: self.here() };
    }

    /// Emits a single command; a read goes on whether it finds something or not.
    pub(super) fn cache_command(&mut self, spec: &CacheCommandSpec, spot: &Spot, writes: bool) {
        let key = self.key_or_single(spec.key.as_ref(), spot);
        let Some(cache) = self.cache(&spec.cache, spot) else { return };
        let CacheAt { store, space, .. } = cache;
        self.command(cache, spot, "command");
        if writes {
            self.hook(Hook::Store { store, space, key, size: spec.size, ttl: spec.ttl });
        } else {
            let miss = self.here() + 1;
            self.hook(Hook::Lookup { store, space, key, miss });
        }
        self.answer(cache, spot, "command");
    }

    /// Emits the publishing of a record; the publisher waits for its acknowledgement.
    pub(super) fn publish(&mut self, spec: &PublishSpec, spot: &Spot) {
        let key = self.key_or_single(spec.key.as_ref(), spot);
        let Some(topic) = self.layout.topics.get(&spec.topic).copied() else {
            let known = self.layout.topics.keys().map(String::as_str);
            let place = spot.place.key("topic");
            self.mistakes.push(Mistake::unknown(spot.part, place, "topic", &spec.topic, known));
            return;
        };
        let logs = &self.system.deployment.logs;
        let Some((name, log)) = logs.iter().find(|(_, log)| log.topics.contains_key(&spec.topic)) else {
            return;
        };
        self.link(name, spot.draw("there"));
        let law = Spot::new(Part::Deployment, Place::default().key("logs").key(name)).key("append");
        if let Some(law) = self.law(&log.append, &law) {
            let demand = self.demand(law, spot.draw("append"));
            self.emit(Step::Delay { demand });
        }
        self.hook(Hook::Publish { topic, key });
        self.link(name, spot.draw("back"));
    }

    /// Compiles the consumers of all topics.
    pub(super) fn make_consumers(&mut self) {
        for (log, spec) in &self.system.deployment.logs {
            for (name, topic) in &spec.topics {
                let Some(consumers) = &topic.consumers else { continue };
                let place = Place::default().key("logs").key(log).key("topics").key(name);
                let spot = Spot::new(Part::Deployment, place).key("consumers").key("operation");
                let Some(target) = self.resolve(&consumers.operation, &spot, "") else { continue };
                let Some(process) = self.process_of(&target) else { continue };
                let replicas = self.parts.processes[process].replicas.max(1);
                let members = consumers.members.min(topic.partitions).clamp(1, 10_000) as u16;
                let slots = self.consumer_slots(name, members);
                let operation = self.operation(&target, View::Consumer);
                let mut by_member: Vec<Pc> = Vec::new();
                for member in 0..members {
                    let replica = member % replicas;
                    let pinned = self.way(Way::Replica { process: process as u16, replica });
                    by_member.push(self.branch(|builder| {
                        builder.emit(Step::Acquire { slots: Station::fixed(slots + u32::from(member)) });
                        builder.emit(Step::Place { process: pinned });
                        builder.call_body(&target, &spot, 0);
                        builder.emit(Step::Leave);
                        builder.emit(Step::Release);
                    }));
                }
                let index = usize::from(self.layout.topics[name]);
                self.parts.topics[index].operation = operation;
                self.parts.topics[index].consumers = (0..topic.partitions)
                    .map(|p| by_member[range_owner(p, topic.partitions, members)])
                    .collect();
            }
        }
    }

    /// Emits a request to an external party.
    pub(super) fn request(&mut self, name: &str, spot: &Spot) {
        let externals = &self.system.deployment.externals;
        let Some((index, _, spec)) = externals.get_full(name) else {
            let known = externals.keys().map(String::as_str);
            let place = spot.place.clone();
            self.mistakes.push(Mistake::unknown(spot.part, place, "external party", name, known));
            return;
        };
        let external = Spot::new(Part::Deployment, Place::default().key("externals").key(name));
        let Some(law) = self.law(&spec.latency, &external.key("latency")) else { return };
        let demand = self.demand(law, spot.draw("latency"));
        let slots = self.layout.externals[index];
        let errors = spec.errors.as_fraction().min(1.0);
        self.guarded(spec.timeout, Abandoned::KeepServing, |builder| {
            match slots {
                Some(slots) => {
                    builder.emit(Step::Serve { slots: Station::fixed(slots), demand });
                }
                None => {
                    builder.emit(Step::Delay { demand });
                }
            }
            if errors > 0.0 {
                let choice = builder.program.choices.len() as u32;
                builder.emit(Step::Choose { choice });
                let first = builder.here();
                builder.program.choices.push(Choice {
                    cumulative: vec![errors, 1.0],
                    targets: vec![first, first + 1],
                    site: spot.draw("error"),
                    key: None,
                });
                builder.emit(Step::Fail { cause: Cause::ExternalError });
            }
        });
    }
}

/// The member that owns a partition under Kafka's range assignment: the first `partitions mod members`
/// members get one more.
///
/// Source: Kafka `RangeAssignor`.
fn range_owner(partition: u32, partitions: u32, members: u16) -> usize {
    let members = u32::from(members);
    let (share, extra) = (partitions / members, partitions % members);
    let with_extra = extra * (share + 1);
    if partition < with_extra {
        (partition / (share + 1)) as usize
    } else {
        (extra + (partition - with_extra) / share) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::range_owner;

    #[test]
    fn range_assignment_gives_the_first_members_the_extra_partitions() {
        let owners: Vec<usize> = (0..7).map(|p| range_owner(p, 7, 3)).collect();
        assert_eq!(owners, [0, 0, 0, 1, 1, 2, 2]);
        let owners: Vec<usize> = (0..4).map(|p| range_owner(p, 4, 4)).collect();
        assert_eq!(owners, [0, 1, 2, 3]);
    }
}
