//! Topics and the stations of their consumers.

use super::groups::{deployment, single_server};
use crate::component::assembly::StationKind;
use crate::component::compile::builder::{Builder, Spot};
use crate::component::compile::topics::LARGEST_RECORD;
use crate::component::log::{ConsumersSpec, LogSpec};
use crate::component::mistake::code;
use crate::component::parts::Topic;
use crate::units::Span;

impl Builder<'_> {
    pub(super) fn make_topics(&mut self) {
        for (log, spec) in &self.system.deployment.logs {
            self.check_log(spec, &deployment("logs", log));
            for (name, topic) in &spec.topics {
                let spot = deployment("logs", log).key("topics").key(name);
                if !(1..=10_000).contains(&topic.partitions) {
                    let partitions = topic.partitions.to_string();
                    self.range(&spot.key("partitions"), partitions, "1 to 10000");
                }
                let index = self.parts.topics.len() as u16;
                self.parts.topics.push(Topic {
                    name: name.clone(),
                    log: log.clone(),
                    partitions: topic.partitions.max(1),
                    brokers: spec.brokers.max(1),
                    linger: spec.producer.linger,
                    batch_size: spec.producer.batch_size.as_u64(),
                    acks: spec.producer.acks,
                    send: 0,
                    replicate: 0,
                    group: None,
                });
                if self.layout.topics.insert(name.clone(), index).is_some() {
                    let cause = format!("there are two topics `{name}`");
                    self.error(&spot, code::STORE_PLACEMENT, cause, "rename one of them".to_owned());
                }
                if let Some(consumers) = &topic.consumers {
                    self.check_consumers(consumers, &spot.key("consumers"));
                }
            }
        }
    }

    fn check_log(&mut self, spec: &LogSpec, spot: &Spot) {
        if !(1..=1_000).contains(&spec.brokers) {
            self.range(&spot.key("brokers"), spec.brokers.to_string(), "1 to 1000");
        }
        let (producer, spot) = (&spec.producer, spot.key("producer"));
        if producer.batch_size.as_u64() == 0 || producer.batch_size > LARGEST_RECORD {
            self.range(&spot.key("batch-size"), producer.batch_size.to_string(), "1B to 2147483647B");
        }
        if producer.delivery_timeout < producer.linger || producer.delivery_timeout.is_zero() {
            let timeout = producer.delivery_timeout.to_string();
            self.range(&spot.key("delivery-timeout"), timeout, "above 0s and at least `linger`");
        }
    }

    fn check_consumers(&mut self, spec: &ConsumersSpec, spot: &Spot) {
        if !(1..=10_000).contains(&spec.members) {
            self.range(&spot.key("members"), spec.members.to_string(), "1 to 10000");
        }
        if spec.max_poll_records == 0 {
            self.range(&spot.key("max-poll-records"), "0".to_owned(), "at least 1");
        }
        if spec.fetch_min_bytes > LARGEST_RECORD {
            self.range(&spot.key("fetch-min-bytes"), spec.fetch_min_bytes.to_string(), "at most 2147483647B");
        }
        let positive = [
            ("fetch-max-wait", spec.fetch_max_wait),
            ("max-poll-interval", spec.max_poll_interval),
            ("heartbeat-interval", spec.heartbeat_interval),
        ];
        for (key, span) in positive {
            if span.is_zero() {
                self.range(&spot.key(key), span.to_string(), "above 0s");
            }
        }
        let session = spec.session_timeout;
        if !(Span::from_secs(6)..=Span::from_secs(1_800)).contains(&session) {
            self.range(&spot.key("session-timeout"), session.to_string(), "6s to 30m");
        }
        if spec.heartbeat_interval >= session && session >= Span::from_secs(6) {
            let interval = spec.heartbeat_interval.to_string();
            self.range(&spot.key("heartbeat-interval"), interval, "below `session-timeout`");
        }
    }

    /// The station of one member of a consumer group.
    pub(in crate::component::compile) fn consumer_slots(&mut self, topic: &str, members: u16) -> u32 {
        self.slots(topic, StationKind::Consumer, members, single_server())
    }
}
