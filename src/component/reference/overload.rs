//! Limits that learn, and queues that shed.

use super::table::{Product, ProductKey as Key};

const FIXED: &str = "limits of concurrency are fixed (`max-concurrent-calls`, `threads`, `max-requests`); people change them in a runbook";
const NO_SHEDDING: &str = "a queue refuses who comes when it is full; nobody is thrown out for having waited, but by the time-outs of callers";
const NO_PRIORITY: &str = "requests have no priority but in stations with the discipline `priority`";

pub(super) const CONCURRENCY_LIMITS: Product = Product {
    title: "Keys of Netflix concurrency-limits",
    column: "default",
    source: "Netflix concurrency-limits `AIMDLimit`, `VegasLimit`, `Gradient2Limit`, `WindowedLimit`, \
             `AbstractPartitionedLimiter`",
    keys: &[
        Key::not("AIMDLimit initialLimit, minLimit, maxLimit", "20, 20, 200", "requests", FIXED),
        Key::not("AIMDLimit backoffRatio", "0.9", "", FIXED),
        Key::not("AIMDLimit timeout", "5", "s", FIXED),
        Key::not("VegasLimit initialLimit, maxConcurrency", "20, 1000", "requests", FIXED),
        Key::not("VegasLimit alpha, beta", "3 and 6 × log10 of the limit", "requests", FIXED),
        Key::not("VegasLimit probeMultiplier", "30", "", FIXED),
        Key::not("Gradient2Limit initialLimit, minLimit, maxConcurrency", "20, 20, 200", "requests", FIXED),
        Key::not("Gradient2Limit smoothing", "0.2", "", FIXED),
        Key::not("Gradient2Limit queueSize", "4", "requests", FIXED),
        Key::not("Gradient2Limit rttTolerance", "1.5", "", FIXED),
        Key::not("Gradient2Limit longWindow", "600", "samples", FIXED),
        Key::not("WindowedLimit minWindowTime, maxWindowTime", "1, 1", "s", FIXED),
        Key::not("WindowedLimit windowSize", "10", "samples", FIXED),
        Key::not("WindowedLimit minRttThreshold", "100", "us", FIXED),
        Key::not("AbstractPartitionedLimiter partition", "none", "%", FIXED),
    ],
};

pub(super) const SHEDDING: Product = Product {
    title: "Keys of load shedding",
    column: "default",
    source: "RFC 8289; Linux `net/codel_impl.h`; ACM Queue, \"Fail at Scale\"; Zhou and others, \"Overload Control for \
             Scaling WeChat Microservices\", SoCC 2018; A. Gonigberg on Zuul's prioritized load shedding, 2020",
    keys: &[
        Key::not("CoDel target", "5", "ms", NO_SHEDDING),
        Key::not("CoDel interval", "100", "ms", NO_SHEDDING),
        Key::not("controlled delay of Facebook: M, N", "5, 100", "ms", NO_SHEDDING),
        Key::like("adaptive LIFO", "off", "", "`discipline: {adaptive-lifo: 100ms}` of a station"),
        Key::not("DAGOR queueing time", "20", "ms", NO_PRIORITY),
        Key::not("DAGOR window", "1 s or 2000 requests", "", NO_PRIORITY),
        Key::not("DAGOR alpha, beta", "5, 1", "%", NO_PRIORITY),
        Key::not("Zuul priority", "0 to 100", "", NO_PRIORITY),
    ],
};
