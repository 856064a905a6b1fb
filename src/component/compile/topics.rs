//! Compiles what goes to logs, and the consumers.

use super::builder::{Builder, Spot};
use crate::component::assembly::View;
use crate::component::mistake::{Mistake, Part, Place};
use crate::component::operations::PublishSpec;
use crate::component::parts::{Hook, Way};
use crate::engine::{Pc, Station, Step};

impl Builder<'_> {
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
        self.gate(name, spot.draw("gate"));
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
