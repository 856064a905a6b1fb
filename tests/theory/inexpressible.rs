//! What the language cannot say yet, or what there is nothing to simulate of.

/// Cases without a model, by reason.
pub(crate) const INEXPRESSIBLE: &[(&str, &[&str])] = &[
    (
        "A server fails at random times and goes on with the service when it is repaired: faults come at set \
         times, and none hits a station.",
        &["BRKDN-2", "BRKDN-MMC-1"],
    ),
    (
        "A capacity of a plain station that drops for some seconds: `cut` and `slow` hit processes and \
         stores, not stations.",
        &[
            "MONGO-OSDI22-base_.45cpu_10s",
            "MONGO-OSDI22-short_.40cpu_9s",
            "MONGO-OSDI22-lowload_.40cpu_10s_x0.7",
        ],
    ),
    (
        "Servers that are switched off when idle and take time to start: replicas come and go by a runbook, \
         not by load.",
        &["SETUP-1"],
    ),
    (
        "All members stop for the session timeout and the rebalance. Here, as in Kafka, those that are left go on with \
         their partitions until the timeout is over, and stop for the rebalance only.",
        &["KAFKA-REBAL-3"],
    ),
    (
        "Arrivals join the batch that is being served as long as it has room; our batches are closed when service \
         begins, as group commits are.",
        &["BULK-1"],
    ),
    (
        "One server that walks from queue to queue and is served in each by its own rule: no component does that.",
        &["POLL-2"],
    ),
    (
        "A server of the first station is given back only when a place at the second is taken. Scopes nest, and \
         these two overlap.",
        &["TANDEM-BAS-1"],
    ),
    ("A discipline that knows how much work is left.", &["SRPT-0.5"]),
    (
        "Servers that shed each call by chance when they are overloaded: there is no overload control yet.",
        &["SUBOVER-2", "SUBOVER-3"],
    ),
    ("A curve fitted to measurements: there is nothing to simulate.", &["USL-SPECSDM91", "USL-RAYTRACER"]),
];
