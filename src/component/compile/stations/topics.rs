//! Topics and the stations of their consumers.

use super::groups::{deployment, single_server};
use crate::component::assembly::StationKind;
use crate::component::compile::builder::Builder;
use crate::component::mistake::code;
use crate::component::parts::Topic;

impl Builder<'_> {
    pub(super) fn make_topics(&mut self) {
        for (log, spec) in &self.system.deployment.logs {
            for (name, topic) in &spec.topics {
                let spot = deployment("logs", log).key("topics").key(name);
                if !(1..=10_000).contains(&topic.partitions) {
                    let partitions = topic.partitions.to_string();
                    self.range(&spot.key("partitions"), partitions, "1 to 10000");
                }
                let index = self.parts.topics.len() as u16;
                self.parts.topics.push(Topic {
                    consumers: Vec::new(),
                    partitions: topic.partitions,
                    operation: 0,
                });
                if self.layout.topics.insert(name.clone(), index).is_some() {
                    let cause = format!("there are two topics `{name}`");
                    self.error(&spot, code::STORE_PLACEMENT, cause, "rename one of them".to_owned());
                }
                if let Some(consumers) = &topic.consumers
                    && !(1..=10_000).contains(&consumers.members)
                {
                    let spot = spot.key("consumers").key("members");
                    self.range(&spot, consumers.members.to_string(), "1 to 10000");
                }
            }
        }
    }

    /// The station of one member of a consumer group.
    pub(in crate::component::compile) fn consumer_slots(&mut self, topic: &str, members: u16) -> u32 {
        self.slots(topic, StationKind::Consumer, members, single_server())
    }
}
