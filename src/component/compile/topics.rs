//! Compiles what goes to logs, and the consumers.

use super::builder::{Builder, Spot};
use super::steps::Scope;
use super::waits::Held;
use crate::component::assembly::View;
use crate::component::effects::OfComponent;
use crate::component::link::Leg;
use crate::component::log::{Acks, LogSpec, PublishSpec};
use crate::component::mistake::{Part, Place, code};
use crate::component::observe::{Metric, ObservableName};
use crate::component::parts::{Group, Hook, Way};
use crate::engine::{Pc, Station, Step};
use crate::random::LawSpec;
use crate::record::Cause;
use crate::units::Bytes;

/// Partitions whose lag is shown one by one; of a topic with more, only the whole is.
pub(crate) const SHOWN_PARTITIONS: u32 = 64;

/// The largest record and batch. Source: Kafka, `max.message.bytes` and `batch.size` are integers of 32 bits.
pub(super) const LARGEST_RECORD: Bytes = Bytes::new(i32::MAX as u64);

/// The most members of a group.
const MOST_MEMBERS: u32 = 10_000;

impl Builder<'_> {
    /// Emits the publishing of a record; the publisher waits for its acknowledgement.
    pub(super) fn publish(&mut self, spec: &PublishSpec, spot: &Spot, scope: Scope<'_>) {
        let key = self.key_or_single(spec.key.as_ref(), spot);
        if spec.size > LARGEST_RECORD {
            self.range(&spot.key("size"), spec.size.to_string(), "at most 2147483647B");
        }
        let Some(topic) = self.layout.topics.get(&spec.topic).copied() else {
            let known = self.layout.topics.keys().map(String::as_str);
            let place = spot.place.key("topic");
            self.mistakes.push(self.unknown_name(spot.part, place, "topic", &spec.topic, known));
            return;
        };
        let logs = &self.system.deployment.logs;
        let Some((name, log)) = logs.iter().find(|(_, log)| log.topics.contains_key(&spec.topic)) else {
            return;
        };
        let size = u32::try_from(spec.size.as_u64()).unwrap_or(u32::MAX);
        let process = scope.process as u16;
        let ring = self.program.ring(log.producer.delivery_timeout);
        self.emit(Step::Deadline { ring, cause: Cause::Timeout });
        self.gate(name, spot.draw("gate"));
        if log.producer.linger.is_zero() && log.producer.acks == Acks::All {
            // Every record by itself: the publisher's own task carries it.
            self.write(name, log, spot);
            self.hook(Hook::Publish { topic, key, size, process });
            self.link(name, Leg::Back, spot.draw("back"));
        } else {
            // Batches are sent for many publishers at once: what is wrong on the way is met before.
            self.gate_between(name, spot.draw("split"));
            self.hook(Hook::Produce { topic, key, size, process });
        }
        self.emit(Step::EndDeadline);
    }

    /// Emits the way to the leader, its write, and its replicas' writes.
    fn write(&mut self, name: &str, log: &LogSpec, spot: &Spot) {
        self.link(name, Leg::There, spot.draw("there"));
        self.log_delay(name, "append", Some(&log.append), spot);
        self.log_delay(name, "replication", log.replication.as_ref(), spot);
    }

    fn log_delay(&mut self, name: &str, key: &str, law: Option<&LawSpec>, spot: &Spot) {
        let place = Spot::new(Part::Deployment, Place::default().key("logs").key(name)).key(key);
        if let Some(law) = law.and_then(|law| self.law(law, &place)) {
            let demand = self.demand(law, spot.draw(key));
            self.emit(Step::Delay { demand });
        }
    }

    /// Compiles the sending of batches and the consumers of all topics.
    pub(super) fn make_consumers(&mut self) {
        self.here_is.clear();
        for (log, spec) in &self.system.deployment.logs {
            for (name, topic) in &spec.topics {
                let place = Place::default().key("logs").key(log).key("topics").key(name);
                let spot = Spot::new(Part::Deployment, place);
                let Some(index) = self.layout.topics.get(name).map(|index| usize::from(*index)) else {
                    continue;
                };
                let replicate = self.branch(|builder| {
                    builder.log_delay(log, "replication", spec.replication.as_ref(), &spot);
                    builder.hook(Hook::Written);
                });
                let send = self.branch(|builder| builder.send(log, spec, &spot));
                self.parts.topics[index].send = send;
                self.parts.topics[index].replicate = replicate;
                let shown = |builder: &mut Self, part: String, metric| {
                    builder.observables.push(ObservableName { component: name.clone(), part, metric });
                };
                shown(self, String::new(), Metric::Produced);
                if topic.consumers.is_none() {
                    continue;
                }
                for metric in [Metric::Consumed, Metric::Redelivered, Metric::Rebalances, Metric::LagRecords]
                {
                    shown(self, String::new(), metric);
                }
                if topic.partitions <= SHOWN_PARTITIONS {
                    for partition in 0..topic.partitions {
                        shown(self, partition.to_string(), Metric::LagRecords);
                        shown(self, partition.to_string(), Metric::LagSeconds);
                    }
                }
                self.make_group(log, name, index, &spot);
            }
        }
    }

    /// Emits the sending of a batch, from the producer's side and to its publishers.
    fn send(&mut self, log: &str, spec: &LogSpec, spot: &Spot) {
        match spec.producer.acks {
            Acks::All => {
                self.write(log, spec, spot);
                self.hook(Hook::Written);
                self.link(log, Leg::Back, spot.draw("back"));
                self.hook(Hook::Acknowledged);
            }
            Acks::Leader => {
                self.link(log, Leg::There, spot.draw("there"));
                self.log_delay(log, "append", Some(&spec.append), spot);
                self.hook(Hook::Replicate);
                self.link(log, Leg::Back, spot.draw("back"));
                self.hook(Hook::Acknowledged);
            }
            Acks::None => {
                self.write(log, spec, spot);
                self.hook(Hook::Written);
            }
        }
    }

    fn make_group(&mut self, log: &str, name: &str, index: usize, spot: &Spot) {
        let spec = &self.system.deployment.logs[log];
        let Some(consumers) = &spec.topics[name].consumers else { return };
        let spot = spot.key("consumers");
        let operation = spot.key("operation");
        let Some(target) = self.resolve(&consumers.operation, &operation, "") else { return };
        let Some(process) = self.process_of(&target) else { return };
        let deployed = self.parts.processes[process].deployed.max(1);
        let members = consumers.members.clamp(1, MOST_MEMBERS);
        // A replica that is added has as many consumers as each that is deployed has at least.
        let per_added = members / u32::from(deployed);
        let added = u32::from(self.parts.processes[process].replicas.max(deployed) - deployed);
        let all = members + added * per_added;
        if all > MOST_MEMBERS {
            let cause = format!("scaled up, the group has {all} members, more than {MOST_MEMBERS}");
            let remedy = "write fewer `members`, or scale to fewer replicas".to_owned();
            self.error(&spot.key("members"), code::RANGE, cause, remedy);
        }
        let all = all.min(MOST_MEMBERS);
        let slots = self.consumer_slots(name, all as u16);
        let (topic, runs_in) = (index as u16, process as u16);
        let member = self.way(Way::Member { topic });
        let works = self.way(Way::Works { process: runs_in, topic });
        let (mut again, mut reroute): (Pc, Pc) = (0, 0);
        let deliver = self.branch(|builder| {
            builder.hook(Hook::Deliver { topic });
            again = builder.here();
            builder.emit(Step::Place { process: member });
            builder.emit(Step::Acquire { slots: Station::per_replica(slots) });
            builder.emit(Step::Place { process: works });
            builder.call_body(&target, &operation, 0);
            builder.emit(Step::Leave);
            builder.emit(Step::Release);
            builder.emit(Step::Leave);
            builder.emit(Step::EndHost);
        });
        self.branch(|builder| {
            reroute = builder.here();
            builder.emit(Step::Leave);
            builder.emit(Step::Jump { to: again });
        });
        // A consumer holds its place while its operation waits for a connection.
        let pools = self.layout.pools.iter().filter(|((of, ..), _)| *of == process);
        let pools: Vec<Held> = pools.map(|(_, pool)| Held::Slots(self.parts.pools[*pool].slots)).collect();
        self.parts.waits.extend(pools.into_iter().map(|pool| (Held::Slots(slots), pool)));
        let commit = consumers.commit.as_ref().and_then(|law| self.law(law, &spot.key("commit")));
        let links = &self.system.deployment.links;
        let link = links.get_key_value(log).or_else(|| links.get_key_value("default"));
        let latency = link.and_then(|(key, link)| {
            let place = Place::default().key("links").key(key).key("latency");
            self.law(&link.latency, &Spot::new(Part::Deployment, place))
        });
        let group = Group {
            spec: consumers.clone(),
            process: runs_in,
            deployed,
            per_added: per_added as u16,
            members: all,
            operation: self.operation(&target, View::Consumer),
            slots,
            deliver,
            reroute,
            commit,
            latency,
            redelivered: self.wrong_effect(&OfComponent::Redelivered.effect(name)),
        };
        self.parts.topics[index].group = Some(group);
    }
}
