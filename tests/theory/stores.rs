//! Caches, and the partitions of a log.

use crate::case::{Case, Measure, system};

use Measure::{Linear, Observed, Of, Operation, Station};

/// LRU and TTL caches; what is missed visits a station, which counts it.
pub(crate) fn caches() -> Vec<Case> {
    let hit_ratio = || {
        Of(vec![Observed("redis", "hits_per_s"), Observed("redis", "misses_per_s")], |v| v[0] / (v[0] + v[1]))
    };
    // Who goes is drawn among all that are there; they make room when the next one is looked up, so that the new one
    // may go at once. What is there in the long run is the same as if only the old ones could: the chance of a set
    // is as the product of the popularities of its keys.
    let full = |id, times, [keys, entries]: [u32; 2], exponent: f64, policy: &str, rate: u32| {
        system(
            id,
            times,
            &format!(
                "keys: {{row: {{count: {keys}, popularity: {{zipf: {exponent}}}}}}},
                 modules: {{m: {{operations: {{go: [
                   {{cached: {{cache: c, key: row, size: 1B, on-miss: []}}}}]}}}}}}"
            ),
            &format!(
                "processes: {{p: {{modules: [m], cores: 1, style: event-loop}}}}, caches: {{redis: {{holds: [c],
                   command: 0s, memory: {entries}B, entry-overhead: 0B, policy: {policy}}}}}"
            ),
            &format!("load: {{m.go: {{rate: {rate}/s}}}}"),
        )
    };
    let forgetful = |id, times, keys: u32, exponent: f64, entries: u32, metric| {
        full(id, times, [keys, entries], exponent, "allkeys-random", 1000).and(metric, hit_ratio())
    };
    // With as many samples as there may be, and a request a second, since the clock of the entries ticks once a second.
    let recent = |id, times, keys: u32, exponent: f64, entries: u32| {
        let policy = "allkeys-lru, maxmemory-samples: 64";
        full(id, times, [keys, entries], exponent, policy, 1).and("hit_LRU", hit_ratio())
    };
    // Twenty expiries of one entry, from the middle between two of them.
    let stampede = |single_flight: &str, to: &str| {
        let mut case = system(
            "STAMPEDE-1",
            (90, 1300),
            &format!(
                "modules: {{m: {{operations: {{go: [
                   {{cached: {{cache: c, ttl: 60s, {single_flight}on-miss: [{{visit: db}}]}}}}]}}}}}}"
            ),
            "processes: {p: {modules: [m], cores: 1, style: event-loop}},
             stations: {db: {servers: 1000, service: 200ms}}, caches: {redis: {holds: [c], command: 0s, expire-key: 0s}}",
            "load: {m.go: {rate: 500/s}}",
        );
        case.scenario = case.scenario.replacen("to: 1300s", &format!("to: {to}"), 1);
        case
    };
    vec![
        forgetful("LRU-EXACT-4", (5, 45), 12, 1.2, 5, "hit_FIFO_or_RANDOM"),
        forgetful("LRU-CHE-1", (30, 90), 10_000, 0.8, 1000, "hit_FIFO"),
        forgetful("LRU-CHE-3", (10, 60), 10_000, 0.99, 100, "hit_FIFO"),
        forgetful("LRU-CHE-4", (1000, 1500), 1_000_000, 0.9, 50_000, "hit_FIFO").long(),
        forgetful("LRU-CHE-5", (30, 90), 100_000, 0.7, 1000, "hit_FIFO"),
        recent("LRU-CHE-1", (30_000, 90_000), 10_000, 0.8, 1000),
        recent("LRU-CHE-3", (10_000, 60_000), 10_000, 0.99, 100),
        recent("LRU-CHE-4", (1_000_000, 1_500_000), 1_000_000, 0.9, 50_000).long(),
        recent("LRU-CHE-5", (30_000, 90_000), 100_000, 0.7, 1000),
        system(
            "TTL-2",
            (50, 2000),
            "keys: {row: {count: 1000, popularity: {zipf: 0.8}}},
             modules: {m: {operations: {go: [
               {cached: {cache: c, key: row, ttl: 10s, on-miss: [{visit: missed}]}}]}}}",
            "processes: {p: {modules: [m], cores: 1, style: event-loop}},
             stations: {missed: {servers: 1, service: 0s}}, caches: {redis: {holds: [c], command: 0s, expire-key: 0s}}",
            "load: {m.go: {rate: 100/s}}",
        )
        .and("miss_rate_fixed", Station("missed servers", "visits"))
        .and("hit_fixed_TTL", Linear(Box::new(Station("missed servers", "visits")), -0.01, 1.0))
        // By Little's law: each of those that are stored is there for 10 s. What has expired does not
        // count, though it may not have been removed.
        .and("size_fixed", Station("missed servers", "visits").times(10.0)),
        system(
            "TTL-2",
            (50, 2000),
            "keys: {row: {count: 1000, popularity: {zipf: 0.8}}},
             modules: {m: {operations: {go: [
               {cached: {cache: c, key: row, ttl: 10s, on-miss: [{visit: missed}]}},
               {set: {cache: c, key: row, ttl: 10s}}]}}}",
            "processes: {p: {modules: [m], cores: 1, style: event-loop}},
             stations: {missed: {servers: 1, service: 0s}}, caches: {redis: {holds: [c], command: 0s, expire-key: 0s}}",
            "load: {m.go: {rate: 100/s}}",
        )
        .and("hit_sliding_TTL", Linear(Box::new(Station("missed servers", "visits")), -0.01, 1.0)),
        // A life of 60 s, a fetch of 0.2 s, and on average 2 ms until somebody asks.
        stampede("single-flight: true, ", "1294040ms")
            .and("db_rate_single_flight", Station("db servers", "visits"))
            // All who do not find it but the one that fetches wait for that one; those who find it take no time.
            .and(
                "mean_wait_single_flight_joiner",
                Of(
                    vec![
                        Operation("m.go", "mean"),
                        Operation("m.go", "served"),
                        Station("db servers", "visits"),
                        Observed("redis", "misses_per_s"),
                    ],
                    |v| (v[0] * v[1] - 0.2 * v[2]) / (v[3] - v[2]),
                ),
            ),
        // As in Redis, each who fetches stores what it found, the last 0.2 s after the first: a life is that much longer.
        stampede("", "1298s")
            .and("db_queries_per_expiry_no_coalescing", Station("db servers", "visits").times(60.4))
            // None of them has its answer when the last one asks.
            .and("peak_concurrent_fetches", Station("db servers", "visits").times(60.4)),
    ]
}

/// Kafka partitions and their consumers.
pub(crate) fn partitions() -> Vec<Case> {
    // Consumer j of four owns the partitions j, j + 4 and j + 8 of twelve: a topic of its own.
    let weight = |partition: u32| f64::from(partition).powf(-0.5);
    let total: f64 = (1..=12).map(weight).sum();
    let owned = |consumer: u32| (0..3).map(|k| weight(consumer + 4 * k)).sum::<f64>() / total;
    let branches: Vec<String> = (1..=4)
        .map(|j| format!("{{weight: {}, steps: [{{publish: {{topic: t{j}, key: row}}}}]}}", owned(j)))
        .collect();
    let topics: Vec<String> = (1..=4)
        .map(|j| format!("t{j}: {{partitions: 1, consumers: {{group: g, members: 1, operation: m.work}}}}"))
        .collect();
    let keys = "keys: {row: {count: 1000000000, popularity: uniform}}";
    let process = "processes: {p: {modules: [m], cores: 1, style: event-loop}}";
    let work = "work: [{delay: {exponential: {mean: 10ms}}}]";
    let waited = || Linear(Box::new(Operation("m.work", "mean")), 1.0, -0.01);
    let uneven = |times| {
        system(
            "KAFKA-3",
            times,
            &format!(
                "{keys}, modules: {{m: {{operations: {{go: [{{choose: {{branches: [{}]}}}}], {work}}}}}}}",
                branches.join(", ")
            ),
            &format!(
                "{process}, logs: {{kafka: {{append: 0s, producer: {{linger: 0s}}, topics: {{{}}}}}}}",
                topics.join(", ")
            ),
            "load: {m.go: {rate: 300/s}}",
        )
        .and("rho_max", Station("t1 consumer", "utilisation"))
    };
    vec![
        system(
            "KAFKA-1",
            (20, 1000),
            &format!("{keys}, modules: {{m: {{operations: {{go: [{{publish: {{topic: t, key: row}}}}], {work}}}}}}}"),
            &format!(
                "{process}, logs: {{kafka: {{append: 0s, producer: {{linger: 0s}}, topics: {{t: {{partitions: 12,
                   consumers: {{group: g, members: 12, operation: m.work}}}}}}}}}}"
            ),
            "load: {m.go: {rate: 900/s}}",
        )
        .and("Wq_mean", waited())
        .and("rho_max", Station("t consumer", "utilisation"))
        // All partitions are alike, and so is the hottest.
        .and("Wq_hottest", Station("t consumer", "wait mean"))
        .and("lag_total", Station("t consumer", "queue").times(12.0)),
        uneven((50, 1000)),
        uneven((500, 25_000))
            .and("Wq_mean", waited())
            .and("Wq_hottest", Station("t1 consumer", "wait mean"))
            .and(
                "lag_total",
                Measure::Sum(vec![
                    Station("t1 consumer", "queue"),
                    Station("t2 consumer", "queue"),
                    Station("t3 consumer", "queue"),
                    Station("t4 consumer", "queue"),
                ]),
            )
            .long(),
    ]
}
