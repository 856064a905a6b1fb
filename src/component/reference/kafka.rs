//! Brokers, quotas, metrics and errors of Kafka.

use super::table::{Product, ProductKey as Key};

const NO_FAILURE: &str = "brokers do not fail one by one: a fault takes the whole log";
const NO_QUOTA: &str = "quotas are unlimited by default";

pub(super) const BROKERS: Product = Product {
    title: "Keys of Kafka's controller and group coordinator",
    column: "default",
    source: "Kafka `KRaftConfigs`, `QuorumConfig`, `ReplicationConfigs`, `GroupCoordinatorConfig`",
    keys: &[
        Key::not("broker.heartbeat.interval.ms", "2000", "ms", NO_FAILURE),
        Key::not("controller.quorum.election.timeout.ms", "1000", "ms", NO_FAILURE),
        Key::not("controller.quorum.fetch.timeout.ms", "2000", "ms", NO_FAILURE),
        Key::not("controller.quorum.election.backoff.max.ms", "1000", "ms", NO_FAILURE),
        Key::not("leader.imbalance.check.interval.seconds", "300", "s", NO_FAILURE),
        Key::not("leader.imbalance.per.broker.percentage", "10", "%", NO_FAILURE),
        Key::like("group.min.session.timeout.ms", "6000", "ms", "the least `session-timeout` that is taken"),
        Key::like(
            "group.max.session.timeout.ms",
            "1800000",
            "ms",
            "the greatest `session-timeout` that is taken",
        ),
        Key::not("group.protocol=consumer", "", "", "groups speak the classic protocol, as by default"),
        Key::not(
            "group.consumer.session.timeout.ms",
            "45000",
            "ms",
            "groups speak the classic protocol, as by default",
        ),
        Key::not(
            "group.consumer.heartbeat.interval.ms",
            "5000",
            "ms",
            "groups speak the classic protocol, as by default",
        ),
        Key::like(
            "cooperative rebalance",
            "off by default",
            "",
            "the eager protocol: nobody reads from the join until the assignment",
        ),
    ],
};

pub(super) const QUOTAS: Product = Product {
    title: "Keys of Kafka's quotas",
    column: "default",
    source: "Kafka `QuotaConfig`, `ClientQuotaManager`, `QuotaUtils`",
    keys: &[
        Key::not("quota.window.num", "11", "samples", NO_QUOTA),
        Key::not("quota.window.size.seconds", "1", "s", NO_QUOTA),
        Key::not("throttle_time_ms", "0", "ms", NO_QUOTA),
        Key::not("controller_mutation_rate", "unlimited", "/s", NO_QUOTA),
    ],
};

pub(super) const METRICS: Product = Product {
    title: "Metrics of Kafka",
    column: "kind",
    source: "Kafka, consumer metrics; kafka_exporter",
    keys: &[
        Key::shown("lag of a group (log end − committed)", "gauge", "records", "kafka_consumergroup_lag"),
        Key::shown("lag of a group in time", "gauge", "s", "kafka_consumergroup_lag_seconds"),
        Key::shown("up (of the scrape of kafka_exporter)", "gauge", "", "up"),
        Key::shown("log end offset", "counter", "records", "kafka_topic_partition_current_offset"),
        Key::not(
            "records-lag",
            "gauge",
            "records",
            "the lag that is shown is behind what was committed, as group tools have it, and not behind the position",
        ),
        Key::not("records-lag-max", "gauge", "records", "as `records-lag`"),
        Key::like("records-consumed-rate", "gauge", "records/s", "`consumed_per_s` in `stores.csv`"),
        Key::not("commit-latency-avg", "gauge", "ms", "it is `consumers.commit`"),
        Key::not(
            "rebalance-latency-avg",
            "gauge",
            "ms",
            "`rebalances_per_s` in `stores.csv` counts them only",
        ),
        Key::not("last-poll-seconds-ago", "gauge", "s", "members do not show when they polled"),
    ],
};

pub(super) const ERRORS: Product = Product {
    title: "Errors of Kafka",
    column: "when",
    source: "Kafka `org.apache.kafka.common.errors`, `ProducerConfig`, `ConsumerCoordinator`",
    keys: &[
        Key::like(
            "TimeoutException",
            "`delivery.timeout.ms` is over",
            "",
            "the failure `timeout` of the publisher",
        ),
        Key::not(
            "BufferExhaustedException",
            "`max.block.ms` is over",
            "",
            "leaders answer, so batches do not pile up",
        ),
        Key::not(
            "ConfigException",
            "`delivery.timeout.ms` below linger and request",
            "",
            "there is no `request.timeout.ms`",
        ),
        Key::not("NotEnoughReplicasException", "fewer in sync than `min.insync.replicas`", "", NO_FAILURE),
        Key::not("NOT_ENOUGH_REPLICAS_AFTER_APPEND", "the same, after the leader's append", "", NO_FAILURE),
        Key::not("NOT_LEADER_OR_FOLLOWER", "the leader has moved", "", NO_FAILURE),
        Key::like(
            "CommitFailedException",
            "a member that was thrown out commits",
            "",
            "the same: what it had worked on is delivered again, `redelivered` counts it",
        ),
        Key::like(
            "RebalanceInProgressException",
            "a commit during a rebalance",
            "",
            "as `CommitFailedException`",
        ),
        Key::like(
            "onPartitionsLost",
            "a member lost its partitions",
            "",
            "a member that was thrown out drops the rest of its batch",
        ),
    ],
};
