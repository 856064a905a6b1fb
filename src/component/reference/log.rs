//! Kafka's keys.

use super::kafka;
use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::log::{LogSpec, PublishSpec};

const NO_FAILURE: &str = "brokers do not fail yet";
const NO_RETRY: &str = "brokers answer once and do not fail, so there is nothing to send again";
const NO_QUOTA: &str = "quotas are unlimited by default";

pub(super) const REFERENCE: Reference = Reference {
    name: "log",
    section: "logs",
    about: "Kafka: topics with partitions, producers that gather batches, and consumer groups that poll. Records go to \
            the partition of their key by Kafka's own hash. A member polls, works on what it got one record at a time, \
            commits, and polls again; who does not poll in time, crashes, leaves or joins sets off a rebalance that \
            stops everybody, and what was not committed is delivered again.",
    product: "Apache Kafka 4.0",
    source: "Kafka `ProducerConfig`, `ConsumerConfig`, `ReplicationConfigs`, `KRaftConfigs`",
    keys: &[
        Key::is("acks", "all", "", "producer.acks"),
        Key::is("linger.ms", "5", "ms", "producer.linger"),
        Key::is("batch.size", "16384", "B", "producer.batch-size"),
        Key::is("delivery.timeout.ms", "120000", "ms", "producer.delivery-timeout"),
        Key::not("request.timeout.ms", "30000", "ms", NO_RETRY),
        Key::not("retries", "2147483647", "", NO_RETRY),
        Key::not("retry.backoff.ms", "100", "ms", NO_RETRY),
        Key::not("retry.backoff.max.ms", "1000", "ms", NO_RETRY),
        Key::like("enable.idempotence", "true", "", "records that are written once: nothing is sent again"),
        Key::not(
            "max.in.flight.requests.per.connection",
            "5",
            "requests",
            "batches are written side by side: a leader has no queue of its own, its time is `append`",
        ),
        Key::not("max.request.size", "1048576", "B", "a request is one batch"),
        Key::not("buffer.memory", "33554432", "B", "leaders answer, so batches do not pile up"),
        Key::not("max.block.ms", "60000", "ms", "as `buffer.memory`"),
        Key::not("metadata.max.age.ms", "300000", "ms", "leaders do not move"),
        Key::not("compression.type", "none", "", "give the size as it is sent"),
        Key::like(
            "partitioner.class",
            "built in",
            "",
            "murmur2 of the key's decimal digits; without a key, a partition for each batch's worth of bytes",
        ),
        Key::not(
            "partitioner.adaptive.partitioning.enable",
            "true",
            "",
            "leaders have no queues that the choice could follow",
        ),
        Key::not("partitioner.availability.timeout.ms", "0 (off)", "ms", NO_FAILURE),
        Key::not("transactional.id", "none", "", "transactions are not modelled"),
        Key::is("num.partitions", "1", "partitions", "topics.<name>.partitions"),
        Key::like(
            "default.replication.factor",
            "1",
            "replicas",
            "`replication`, the time until all have a record",
        ),
        Key::not("min.insync.replicas", "1", "replicas", NO_FAILURE),
        Key::not("replica.lag.time.max.ms", "30000", "ms", NO_FAILURE),
        Key::not("unclean.leader.election.enable", "false", "", NO_FAILURE),
        Key::not("broker.session.timeout.ms", "9000", "ms", NO_FAILURE),
        Key::not("auto.leader.rebalance.enable", "true", "", NO_FAILURE),
        Key::not(
            "log.retention.hours",
            "168",
            "h",
            "a run is shorter; records that wait count as requests in flight",
        ),
        Key::not("flush.messages", "unlimited", "records", "durability is by replication, as by default"),
        Key::is("group.id", "required", "", "topics.<name>.consumers.group"),
        Key::is("max.poll.records", "500", "records", "topics.<name>.consumers.max-poll-records"),
        Key::is("max.poll.interval.ms", "300000", "ms", "topics.<name>.consumers.max-poll-interval"),
        Key::is("fetch.min.bytes", "1", "B", "topics.<name>.consumers.fetch-min-bytes"),
        Key::is("fetch.max.wait.ms", "500", "ms", "topics.<name>.consumers.fetch-max-wait"),
        Key::not(
            "fetch.max.bytes",
            "52428800",
            "B",
            "what was fetched and not polled waits at the member, as it would at the broker",
        ),
        Key::not(
            "max.partition.fetch.bytes",
            "1048576",
            "B",
            "as `fetch.max.bytes`: a member takes its records in order of arrival",
        ),
        Key::is("session.timeout.ms", "45000", "ms", "topics.<name>.consumers.session-timeout"),
        Key::is("heartbeat.interval.ms", "3000", "ms", "topics.<name>.consumers.heartbeat-interval"),
        Key::is("enable.auto.commit", "true", "", "topics.<name>.consumers.commits"),
        Key::is("auto.commit.interval.ms", "5000", "ms", "topics.<name>.consumers.auto-commit-interval"),
        Key::like(
            "partition.assignment.strategy",
            "range, cooperative-sticky",
            "",
            "range with the eager protocol, which this list yields",
        ),
        Key::like("group.protocol", "classic", "", "the classic protocol"),
        Key::not("group.instance.id", "none", "", "members are not static"),
        Key::not("group.initial.rebalance.delay.ms", "3000", "ms", "a run begins with the group in place"),
        Key::like(
            "auto.offset.reset",
            "latest",
            "",
            "a group that begins with the run, before the first record",
        ),
        Key::not("isolation.level", "read_uncommitted", "", "transactions are not modelled"),
        Key::not("producer_byte_rate", "unlimited", "B/s", NO_QUOTA),
        Key::not("consumer_byte_rate", "unlimited", "B/s", NO_QUOTA),
        Key::not("request_percentage", "unlimited", "%", NO_QUOTA),
    ],
    also: &[kafka::BROKERS, kafka::QUOTAS, kafka::METRICS, kafka::ERRORS],
    settings: &[
        Settings { at: "logs.<name>", schema: || schemars::schema_for!(LogSpec) },
        Settings { at: "publish (a step)", schema: || schemars::schema_for!(PublishSpec) },
    ],
    example: "topic/deployment.yaml",
    proofs: &[
        ("tests/theory/stores.rs", "KAFKA-1"),
        ("tests/components/log.rs", "the_lag_of_a_partition_is_the_queue_it_is"),
        ("tests/components/log.rs", "a_poll_takes_all_that_waits_and_a_commit_is_paid_once"),
        (
            "tests/components/log.rs",
            "a_crash_is_missed_after_the_session_and_what_was_not_committed_comes_again",
        ),
        ("src/component/log/partitioner.rs", "the_hash_is_kafka_s"),
    ],
};
