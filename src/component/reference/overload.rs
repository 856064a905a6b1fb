//! Limits that learn, and queues that shed.

use super::table::{Product, ProductKey as Key};

const NO_WINDOW: &str = "each answer is a sample";

const NO_SHEDDING: &str = "`codel` drops by the wait at the head of the queue; nobody has a time-out in it";
const NO_PRIORITY: &str = "requests have no priority but in stations with the discipline `priority`";

pub(super) const CONCURRENCY_LIMITS: Product = Product {
    title: "Keys of Netflix concurrency-limits",
    column: "default",
    source: "Netflix concurrency-limits `AIMDLimit`, `VegasLimit`, `Gradient2Limit`, `WindowedLimit`, \
             `AbstractPartitionedLimiter`",
    keys: &[
        Key::is("AIMDLimit initialLimit", "20", "requests", "concurrency-limit.aimd.initial-limit"),
        Key::is("AIMDLimit minLimit", "20", "requests", "concurrency-limit.aimd.min-limit"),
        Key::is("AIMDLimit maxLimit", "200", "requests", "concurrency-limit.aimd.max-limit"),
        Key::is("AIMDLimit backoffRatio", "0.9", "", "concurrency-limit.aimd.backoff-ratio"),
        Key::is("AIMDLimit timeout", "5", "s", "concurrency-limit.aimd.timeout"),
        Key::is("VegasLimit initialLimit", "20", "requests", "concurrency-limit.vegas.initial-limit"),
        Key::is("VegasLimit maxConcurrency", "1000", "requests", "concurrency-limit.vegas.max-concurrency"),
        Key::is("VegasLimit probeMultiplier", "30", "", "concurrency-limit.vegas.probe-multiplier"),
        Key::like("VegasLimit alpha, beta", "3 and 6 × log10 of the limit", "requests", "the same, built in"),
        Key::is("Gradient2Limit initialLimit", "20", "requests", "concurrency-limit.gradient2.initial-limit"),
        Key::is("Gradient2Limit minLimit", "20", "requests", "concurrency-limit.gradient2.min-limit"),
        Key::is(
            "Gradient2Limit maxConcurrency",
            "200",
            "requests",
            "concurrency-limit.gradient2.max-concurrency",
        ),
        Key::is("Gradient2Limit smoothing", "0.2", "", "concurrency-limit.gradient2.smoothing"),
        Key::is("Gradient2Limit queueSize", "4", "requests", "concurrency-limit.gradient2.queue-size"),
        Key::is("Gradient2Limit rttTolerance", "1.5", "", "concurrency-limit.gradient2.rtt-tolerance"),
        Key::is("Gradient2Limit longWindow", "600", "samples", "concurrency-limit.gradient2.long-window"),
        Key::like(
            "Limiter.Listener onDropped",
            "UNAVAILABLE",
            "",
            "a call that had no answer in time, was lost or refused, or was answered 429 or 503",
        ),
        Key::like("Limiter.Listener onIgnore", "other errors", "", "other answers with an error"),
        Key::not("WindowedLimit minWindowTime, maxWindowTime", "1, 1", "s", NO_WINDOW),
        Key::not("WindowedLimit windowSize", "10", "samples", NO_WINDOW),
        Key::not("WindowedLimit minRttThreshold", "100", "us", NO_WINDOW),
        Key::not(
            "AbstractPartitionedLimiter partition",
            "none",
            "%",
            "all calls of an operation are alike to its limit",
        ),
    ],
};

pub(super) const SHEDDING: Product = Product {
    title: "Keys of load shedding",
    column: "default",
    source: "RFC 8289; Linux `net/codel_impl.h`; ACM Queue, \"Fail at Scale\"; Zhou and others, \"Overload Control for \
             Scaling WeChat Microservices\", SoCC 2018; A. Gonigberg on Zuul's prioritized load shedding, 2020",
    keys: &[
        Key::is("CoDel target", "5", "ms", "codel.target"),
        Key::is("CoDel interval", "100", "ms", "codel.interval"),
        Key::like("CoDel maxpacket", "MTU", "bytes", "the last in the queue is never dropped"),
        Key::not("CoDel ECN marking", "off", "", "a request that is not served has no other sign of it"),
        Key::not("FQ-CoDel flows, quantum", "1024, 1514", "", "a process has one queue"),
        Key::not("controlled delay of Facebook: M, N", "5, 100", "ms", NO_SHEDDING),
        Key::like("adaptive LIFO", "off", "", "`discipline: {adaptive-lifo: 100ms}` of a station"),
        Key::not("DAGOR queueing time", "20", "ms", NO_PRIORITY),
        Key::not("DAGOR window", "1 s or 2000 requests", "", NO_PRIORITY),
        Key::not("DAGOR alpha, beta", "5, 1", "%", NO_PRIORITY),
        Key::not("Zuul priority", "0 to 100", "", NO_PRIORITY),
    ],
};
