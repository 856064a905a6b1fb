//! Systems with known answers, as the files that a user would write.

/// What is read off the results.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Measure {
    /// An operation: `mean`, `p50`, `p95` or `p99` of its response time, `failed` share, `served` rate.
    Operation(&'static str, &'static str),
    /// A station by its label: `utilisation`, `queue`, `busy`, `waited` share, `full` share, `wait mean`, ….
    Station(&'static str, &'static str),
    /// Requests in flight at this instant \[s], for each of so many equal systems that run side by side.
    InFlight(f64, f64),
    /// Share of requests that did not have the effect `misses`.
    HitRatio {
        /// The effect.
        misses: &'static str,
        /// The operation.
        operation: &'static str,
    },
}

/// A system with a known answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// Its id in `oracles.csv`.
    pub(crate) id: &'static str,
    /// What the software does, if anything.
    pub(crate) operations: &'static str,
    /// Where it runs, if anywhere.
    pub(crate) deployment: &'static str,
    /// The question.
    pub(crate) scenario: &'static str,
    /// Metric of the oracle, and how it is measured.
    pub(crate) measures: &'static [(&'static str, Measure)],
}

use Measure::{HitRatio, InFlight, Operation, Station};

const fn plain(
    id: &'static str,
    scenario: &'static str,
    measures: &'static [(&'static str, Measure)],
) -> Case {
    Case { id, operations: "", deployment: "", scenario, measures }
}

/// The cases that run on every change, by family.
pub(crate) const CASES: &[Case] = &[
    plain(
        "MM1-2",
        "{duration: 3500s, warm-up: {for: 20s}, replications: 20, load: {q: {rate: 80/s}},
          stations: {q: {servers: 1, service: {exponential: {mean: 10ms}}}}}",
        &[
            ("W", Operation("q", "mean")),
            ("W_p95", Operation("q", "p95")),
            ("Wq", Station("q servers", "wait mean")),
            ("Wq_p95", Station("q servers", "wait p95")),
            ("Lq", Station("q servers", "queue")),
            ("P_wait", Station("q servers", "waited")),
            ("rho", Station("q servers", "utilisation")),
        ],
    ),
    plain(
        "MMC-1",
        "{duration: 85000s, warm-up: {for: 300s}, replications: 20, load: {q: {rate: 9/s}},
          stations: {q: {servers: 2, service: {exponential: {mean: 200ms}}}}}",
        &[
            ("W", Operation("q", "mean")),
            ("Wq", Station("q servers", "wait mean")),
            ("P_wait", Station("q servers", "waited")),
            ("W_p95", Operation("q", "p95")),
        ],
    ),
    plain(
        "MMC-6",
        "{duration: 1000s, warm-up: {for: 20s}, replications: 20, load: {q: {rate: 900/s}},
          stations: {q: {servers: 100, service: {exponential: {mean: 100ms}}}}}",
        &[("W", Operation("q", "mean")), ("P_wait", Station("q servers", "waited"))],
    ),
    plain(
        "MMCK-2",
        "{duration: 5000s, warm-up: {for: 10s}, replications: 20, load: {q: {rate: 50/s}},
          stations: {q: {servers: 4, capacity: 6, service: {exponential: {mean: 100ms}}}}}",
        &[
            ("P_block", Operation("q", "failed")),
            ("W_accepted", Operation("q", "mean")),
            ("Wq_accepted", Station("q servers", "wait mean")),
            ("Lq", Station("q servers", "queue")),
            ("util", Station("q servers", "utilisation")),
            ("P_wait_accepted", Station("q servers", "waited")),
            ("Wq_acc_p95", Station("q servers", "wait p95")),
        ],
    ),
    plain(
        "ERLB-4",
        "{duration: 10000s, warm-up: {for: 20s}, replications: 20, load: {q: {rate: 12/s}},
          stations: {q: {servers: 10, capacity: 10, service: {lognormal: {mean: 1s, cv: 1.5}}}}}",
        &[
            ("P_block", Operation("q", "failed")),
            ("L", Station("q servers", "busy")),
            ("util", Station("q servers", "utilisation")),
        ],
    ),
    plain(
        "MD1-3",
        "{duration: 3000s, warm-up: {for: 20s}, replications: 20, load: {q: {rate: 90/s}},
          stations: {q: {servers: 1, service: 10ms}}}",
        &[
            ("W", Operation("q", "mean")),
            ("Wq", Station("q servers", "wait mean")),
            ("Wq_p95", Station("q servers", "wait p95")),
        ],
    ),
    plain(
        "MG1-E4",
        "{duration: 2000s, warm-up: {for: 20s}, replications: 20, load: {q: {rate: 80/s}},
          stations: {q: {servers: 1, service: {erlang: {stages: 4, mean: 10ms}}}}}",
        &[("W", Operation("q", "mean")), ("W_p95", Operation("q", "p95")), ("Lq", Station("q servers", "queue"))],
    ),
    plain(
        "MG1-H2-4",
        "{duration: 12000s, warm-up: {for: 50s}, replications: 20, load: {q: {rate: 80/s}},
          stations: {q: {servers: 1, service: {hyperexponential: {mean: 10ms, cv: 2}}}}}",
        &[("W", Operation("q", "mean")), ("Wq_p95", Station("q servers", "wait p95"))],
    ),
    plain(
        "MDC-3",
        "{duration: 2000s, warm-up: {for: 20s}, replications: 20, load: {q: {rate: 450/s}},
          stations: {q: {servers: 10, service: 20ms}}}",
        &[
            ("W", Operation("q", "mean")),
            ("P_wait", Station("q servers", "waited")),
            ("Wq", Station("q servers", "wait mean")),
        ],
    ),
    plain(
        "GM1-E3",
        "{duration: 2500s, warm-up: {for: 20s}, replications: 20,
          load: {q: {renewal: {interarrival: {erlang: {stages: 3, mean: 12500us}}}}},
          stations: {q: {servers: 1, service: {exponential: {mean: 10ms}}}}}",
        &[
            ("W", Operation("q", "mean")),
            ("P_wait", Station("q servers", "waited")),
            ("W_p95", Operation("q", "p95")),
        ],
    ),
    plain(
        "DMC-1",
        "{duration: 2500s, warm-up: {for: 20s}, replications: 20, load: {q: {deterministic: {rate: 180/s}}},
          stations: {q: {servers: 10, service: {exponential: {mean: 50ms}}}}}",
        &[("W", Operation("q", "mean")), ("P_wait", Station("q servers", "waited"))],
    ),
    plain(
        "MXM1-2",
        "{duration: 12000s, warm-up: {for: 50s}, replications: 20,
          load: {q: {batches: {rate: 8/s, size: {geometric: {mean: 10}}}}},
          stations: {q: {servers: 1, service: {exponential: {mean: 10ms}}}}}",
        &[("W", Operation("q", "mean")), ("rho", Station("q servers", "utilisation"))],
    ),
    plain(
        "MMPP-M-1",
        "{duration: 12000s, warm-up: {for: 200s}, replications: 20,
          load: {q: {mmpp: {states: [{rate: 60/s, mean-stay: 9.5s}, {rate: 300/s, mean-stay: 500ms}]}}},
          stations: {q: {servers: 1, service: {exponential: {mean: 10ms}}}}}",
        &[
            ("P_wait_arrival", Station("q servers", "waited")),
            ("rho", Station("q servers", "utilisation")),
        ],
    ),
    plain(
        "IPP-M-1",
        "{duration: 15000s, warm-up: {for: 50s}, replications: 20,
          load: {q: {mmpp: {states: [{rate: 200/s, mean-stay: 100ms}, {rate: 0/s, mean-stay: 200ms}]}}},
          stations: {q: {servers: 1, service: {exponential: {mean: 10ms}}}}}",
        &[
            ("W", Operation("q", "mean")),
            ("P_wait_arrival", Station("q servers", "waited")),
            ("Wq_p95", Station("q servers", "wait p95")),
        ],
    ),
    plain(
        "MM1-PS-3",
        "{duration: 6000s, warm-up: {for: 50s}, replications: 20, load: {q: {rate: 90/s}},
          stations: {q: {servers: 1, discipline: processor-sharing, service: {exponential: {mean: 10ms}}}}}",
        &[("W", Operation("q", "mean")), ("W_p95", Operation("q", "p95")), ("W_p50", Operation("q", "p50"))],
    ),
    plain(
        "MG1-PS-INSENS",
        "{duration: 4000s, warm-up: {for: 50s}, replications: 20, load: {q: {rate: 80/s}},
          stations: {q: {servers: 1, discipline: processor-sharing, service: {lognormal: {mean: 10ms, cv: 2}}}}}",
        &[("W", Operation("q", "mean"))],
    ),
    plain(
        "MM1-LCFS",
        "{duration: 3000s, warm-up: {for: 20s}, replications: 20, load: {q: {rate: 80/s}},
          stations: {q: {servers: 1, discipline: lifo, service: {exponential: {mean: 10ms}}}}}",
        &[("Wq", Station("q servers", "wait mean"))],
    ),
    plain(
        "MMCD-5",
        "{duration: 2000s, warm-up: {for: 10s}, replications: 20, load: {q: {rate: 90/s}},
          stations: {q: {servers: 1, patience: 50ms, service: {exponential: {mean: 10ms}}}}}",
        &[
            ("P_abandon", Operation("q", "failed")),
            ("Wq_served", Station("q servers", "wait mean")),
            ("Lq", Station("q servers", "queue")),
            ("util", Station("q servers", "utilisation")),
            ("Wq_served_p95", Station("q servers", "wait p95")),
        ],
    ),
    plain(
        "ERLA-1",
        "{duration: 12000s, warm-up: {for: 50s}, replications: 20, load: {q: {rate: 12/s}},
          stations: {q: {servers: 10, patience: {exponential: {mean: 2s}}, service: {exponential: {mean: 1s}}}}}",
        &[
            ("P_abandon", Operation("q", "failed")),
            ("Wq_served", Station("q servers", "wait mean")),
            ("Lq", Station("q servers", "queue")),
            ("throughput", Operation("q", "served")),
        ],
    ),
    plain(
        "REPAIR-1",
        "{duration: 3000s, warm-up: {for: 20s}, replications: 20,
          load: {q: {closed: {users: 50, think: {exponential: {mean: 1s}}}}},
          stations: {q: {servers: 1, service: {exponential: {mean: 20ms}}}}}",
        &[
            ("X", Operation("q", "served")),
            ("R", Operation("q", "mean")),
            ("util", Station("q servers", "utilisation")),
        ],
    ),
    plain(
        "TR-MM1-80",
        "{duration: 2s, interval: 100ms, replications: 10000,
          load: {a: {rate: 80/s}, b: {rate: 80/s}, c: {rate: 80/s}, d: {rate: 80/s}, e: {rate: 80/s}},
          stations: {
            a: {servers: 1, service: {exponential: {mean: 10ms}}},
            b: {servers: 1, service: {exponential: {mean: 10ms}}},
            c: {servers: 1, service: {exponential: {mean: 10ms}}},
            d: {servers: 1, service: {exponential: {mean: 10ms}}},
            e: {servers: 1, service: {exponential: {mean: 10ms}}}}}",
        &[("L_t0.5", InFlight(0.5, 5.0)), ("L_t1", InFlight(1.0, 5.0)), ("L_t2", InFlight(2.0, 5.0))],
    ),
    plain(
        "SURGE-3X",
        "{duration: 130s, interval: 5s, replications: 400,
          load: {q: {stages: [{hold: 20s, rate: 60/s}, {hold: 30s, rate: 180/s}, {hold: 80s, rate: 60/s}]}},
          stations: {q: {servers: 10, service: {exponential: {mean: 100ms}}}}}",
        &[("L_t5", InFlight(25.0, 1.0)), ("L_t15", InFlight(35.0, 1.0)), ("L_t30", InFlight(50.0, 1.0)), ("L_t60", InFlight(80.0, 1.0))],
    ),
    Case {
        id: "JACK-FEEDBACK",
        operations: "{modules: {m: {operations: {go: [{repeat: {times: {geometric: {mean: 1.25}}, steps: [{visit: q}]}}]}}}}",
        deployment: "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
          stations: {q: {servers: 1, service: {exponential: {mean: 10ms}}}}}",
        scenario: "{deployment: deployment.yaml, duration: 3000s, warm-up: {for: 20s}, replications: 20,
          load: {m.go: {rate: 50/s}}}",
        measures: &[("W_total", Operation("m.go", "mean")), ("rho", Station("q servers", "utilisation"))],
    },
    Case {
        id: "PRIO-2",
        operations: "{modules: {m: {operations: {
          a: [{hold: {station: q, steps: [{delay: {exponential: {mean: 5ms}}}]}}],
          b: [{hold: {station: q, steps: [{delay: {exponential: {mean: 10ms}}}]}}],
          c: [{hold: {station: q, steps: [{delay: {exponential: {mean: 30ms}}}]}}]}}}}",
        deployment: "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
          stations: {q: {servers: 1, discipline: priority}}}",
        scenario: "{deployment: deployment.yaml, duration: 6000s, warm-up: {for: 50s}, replications: 20,
          load: {m.a: {rate: 20/s}, m.b: {rate: 40/s}, m.c: {rate: 10/s}},
          clients: {m.a: {priority: 1}, m.b: {priority: 2}, m.c: {priority: 3}}}",
        measures: &[
            ("W_nonpreempt_class1", Operation("m.a", "mean")),
            ("W_nonpreempt_class2", Operation("m.b", "mean")),
            ("W_nonpreempt_class3", Operation("m.c", "mean")),
        ],
    },
    Case {
        id: "SRP-OPEN-3",
        operations: "{modules: {m: {operations: {go: [{hold: {station: threads, steps: [
          {visit: cpu}, {hold: {station: connections, steps: [{visit: db}]}}]}}]}}}}",
        deployment: "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
          stations: {threads: {servers: 16, capacity: 66}, cpu: {servers: 2, service: {exponential: {mean: 5ms}}},
            connections: {servers: 4}, db: {servers: 4, service: {exponential: {mean: 20ms}}}}}",
        scenario: "{deployment: deployment.yaml, duration: 1500s, warm-up: {for: 20s}, replications: 20,
          load: {m.go: {rate: 150/s}}}",
        measures: &[
            ("R_accepted", Operation("m.go", "mean")),
            ("Wq_conn", Station("connections servers", "wait mean")),
            ("util_threads", Station("threads servers", "utilisation")),
            ("util_pool", Station("connections servers", "utilisation")),
        ],
    },
    Case {
        id: "SRP-CLOSED-1",
        operations: "{modules: {m: {operations: {go: [{hold: {station: threads, steps: [
          {visit: cpu}, {hold: {station: connections, steps: [{visit: db}]}}]}}]}}}}",
        deployment: "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
          stations: {threads: {servers: 8}, cpu: {servers: 2, service: {exponential: {mean: 10ms}}},
            connections: {servers: 4}, db: {servers: 4, service: {exponential: {mean: 40ms}}}}}",
        scenario: "{deployment: deployment.yaml, duration: 3000s, warm-up: {for: 20s}, replications: 20,
          load: {m.go: {closed: {users: 40, think: {exponential: {mean: 1s}}}}}}",
        measures: &[
            ("X", Operation("m.go", "served")),
            ("R", Operation("m.go", "mean")),
            ("util_pool", Station("connections servers", "utilisation")),
            ("util_cpu", Station("cpu servers", "utilisation")),
        ],
    },
    Case {
        id: "ZIPFLOCK-3",
        operations: "{keys: {row: {count: 1000, popularity: {zipf: 0.8}}}, schemas: {s: [t]},
          modules: {m: {operations: {go: [{transaction: {in: s, steps: [
            {lock: {table: t, key: row}}, {delay: {exponential: {mean: 4ms}}}]}}]}}}}",
        deployment: "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
          pools: {p: {to: db, maximum-pool-size: 10000}},
          databases: {db: {kind: mariadb, cores: 1, schemas: [s], statement: 0s, max-connections: 10000}}}",
        scenario: "{deployment: deployment.yaml, duration: 1500s, warm-up: {for: 10s}, replications: 20,
          load: {m.go: {rate: 1500/s}}}",
        measures: &[
            ("Wq_mean", Station("db.t row locks", "wait mean")),
            ("P_wait", Station("db.t row locks", "waited")),
            ("E_waiters_total", Station("db.t row locks", "queue")),
        ],
    },
    Case {
        id: "ROWLOCK-E2",
        operations: "{keys: {row: {count: 1, popularity: uniform}}, schemas: {s: [t]},
          modules: {m: {operations: {go: [{transaction: {in: s, steps: [{lock: {table: t, key: row}},
            {delay: {exponential: {mean: 5ms}}}, {delay: {exponential: {mean: 5ms}}}]}}]}}}}",
        deployment: "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
          pools: {p: {to: db, maximum-pool-size: 10000}},
          databases: {db: {kind: mariadb, cores: 1, schemas: [s], statement: 0s, max-connections: 10000}}}",
        scenario: "{deployment: deployment.yaml, duration: 4000s, warm-up: {for: 10s}, replications: 20,
          load: {m.go: {rate: 80/s}}}",
        measures: &[
            ("Wq", Station("db.t row locks", "wait mean")),
            ("P_wait", Station("db.t row locks", "waited")),
            ("Lq", Station("db.t row locks", "queue")),
            ("L_connections", Station("p connections", "busy")),
        ],
    },
    // A pool whose connections are told apart, with HikariCP's connectionTimeout as the patience.
    Case {
        id: "MMCD-3",
        operations: "{schemas: {s: [t]}, modules: {m: {operations: {go: [{transaction: {in: s, steps: [
          {delay: {exponential: {mean: 20ms}}}]}}]}}}}",
        deployment: "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
          pools: {p: {to: db, connection-timeout: 500ms, leak-detection-threshold: 2s}},
          databases: {db: {cores: 1, schemas: [s], statement: 0s}}}",
        scenario: "{deployment: deployment.yaml, duration: 400s, warm-up: {for: 20s}, replications: 20,
          load: {m.go: {rate: 500/s}}}",
        measures: &[
            ("P_abandon", Operation("m.go", "failed")),
            ("throughput", Operation("m.go", "served")),
            ("util", Station("p connections", "utilisation")),
        ],
    },
    Case {
        id: "REPLICA-1",
        operations: "{keys: {row: {count: 1, popularity: uniform}}, schemas: {s: [t]}, modules: {m: {operations: {
          write: [{write: {table: t, key: row}}], read: [{read: {table: t, key: row}}]}}}}",
        deployment: "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
          pools: {p: {to: db}, r: {of: p, to: db, read-replicas: true}},
          databases: {db: {cores: 64, schemas: [s], statement: 0s,
            read-replicas: {apply: {exponential: {mean: 10ms}}, shipping: 0s, parallel-workers: 1}}}}",
        scenario: "{deployment: deployment.yaml, duration: 4000s, replications: 20,
          load: {m.write: {rate: 80/s}, m.read: {rate: 20/s}}}",
        measures: &[
            ("hit_fresh", HitRatio { misses: "stale-reads-db", operation: "m.read" }),
            ("Wq", Station("db.replica appliers", "wait mean")),
            ("Lq", Station("db.replica appliers", "queue")),
            ("util", Station("db.replica appliers", "utilisation")),
        ],
    },
    Case {
        id: "TOKEN-1",
        operations: "{modules: {m: {operations: {go: [{delay: 1us}]}}}}",
        deployment: "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
          gateways: {edge: {routes: [all], rate-limit: {rate: 100/s, burst: 5}}}}",
        scenario: "{deployment: deployment.yaml, duration: 4000s, warm-up: {for: 10s}, replications: 20,
          load: {m.go: {rate: 80/s}}}",
        measures: &[("P_reject", Operation("m.go", "failed")), ("accepted_rate", Operation("m.go", "served"))],
    },
    Case {
        id: "WINDOW-1",
        operations: "{modules: {m: {operations: {go: [{delay: 1us}]}}}}",
        deployment: "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
          gateways: {edge: {routes: [all], fixed-window: {limit: 100, window: 1s}}}}",
        scenario: "{deployment: deployment.yaml, duration: 5000s, replications: 20, load: {m.go: {rate: 90/s}}}",
        measures: &[("P_reject", Operation("m.go", "failed")), ("accepted_rate", Operation("m.go", "served"))],
    },
    Case {
        id: "TTL-2",
        operations: "{keys: {row: {count: 1000, popularity: {zipf: 0.8}}},
          modules: {m: {operations: {go: [
            {cached: {cache: c, key: row, ttl: 10s, on-miss: [{effect: miss}]}}]}}}}",
        deployment: "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
          caches: {redis: {holds: [c], command: 0s, expire-key: 0s}}}",
        scenario: "{deployment: deployment.yaml, duration: 5000s, replications: 10, load: {m.go: {rate: 100/s}}}",
        measures: &[("hit_fixed_TTL", HitRatio { misses: "miss", operation: "m.go" })],
    },
    Case {
        id: "KAFKA-1",
        operations: "{keys: {row: {count: 1000000000, popularity: uniform}}, modules: {m: {operations: {
          go: [{publish: {topic: t, key: row}}], work: [{delay: {exponential: {mean: 10ms}}}]}}}}",
        deployment: "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
          logs: {kafka: {append: 0s, topics: {t: {partitions: 12, consumers: {group: g, members: 12, operation: m.work}}}}}}",
        scenario: "{deployment: deployment.yaml, duration: 1000s, warm-up: {for: 20s}, replications: 20,
          load: {m.go: {rate: 900/s}}}",
        measures: &[("Wq_mean", Station("t consumer", "wait mean"))],
    },
];
