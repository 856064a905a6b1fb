//! Kafka's keys.

use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::log::{ConsumersSpec, LogSpec, TopicSpec};

pub(super) const REFERENCE: Reference = Reference {
    name: "log",
    section: "logs",
    about: "Kafka: topics with partitions, and consumer groups that work through them.",
    product: "Apache Kafka 4.0",
    keys: &[
        Key::is("group.id", "required", "", "group"),
        Key::is("num.partitions", "1", "partitions", "partitions"),
    ],
    settings: &[
        Settings { at: "logs.<name>", schema: || schemars::schema_for!(LogSpec) },
        Settings { at: "logs.<name>.topics.<name>", schema: || schemars::schema_for!(TopicSpec) },
        Settings {
            at: "logs.<name>.topics.<name>.consumers",
            schema: || schemars::schema_for!(ConsumersSpec),
        },
    ],
    example: "topic/deployment.yaml",
    proofs: &[("tests/theory/cases.rs", "KAFKA-1")],
};
