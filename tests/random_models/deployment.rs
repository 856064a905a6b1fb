//! Random deployments and scenarios of the random operations.

use proptest::prelude::*;
use proptest::sample::select;

use crate::steps::{law, retry};

fn balance() -> impl Strategy<Value = &'static str> {
    select(vec![
        "round-robin",
        "random",
        "{least-request: {choices: 2}}",
        "{ring-hash: {minimum-ring-size: 64}}",
    ])
}

/// The settings of a process but for its modules.
fn process() -> impl Strategy<Value = String> {
    let style = select(vec!["thread-per-request", "event-loop"]);
    (1u32..4, select(vec!["1", "2", "500m"]), 1u32..6, 0u32..5, style, balance()).prop_map(
        |(replicas, cores, threads, queue, style, balance)| {
            format!(
                "replicas: {replicas}, cores: {cores}, threads: {threads}, accept-queue: {queue}, style: {style},
                 balance: {balance}"
            )
        },
    )
}

fn pools(names: &[&str], size: u32) -> String {
    let pool =
        |name: &&str| format!("{name}: {{to: db, maximum-pool-size: {size}, connection-timeout: 250ms}}");
    names.iter().map(pool).collect::<Vec<_>>().join(", ")
}

/// Where the modules run: all in one, two and one, or each apart.
fn processes() -> impl Strategy<Value = String> {
    let groups: Vec<&'static [(&'static str, &'static str)]> = vec![
        &[("all", "[a, b, c]")],
        &[("front", "[a]"), ("back", "[b, c]")],
        &[("pa", "[a]"), ("pb", "[b]"), ("pc", "[c]")],
    ];
    (select(groups), process(), process(), 1u32..5).prop_map(|(groups, first, others, size)| {
        let each = groups.iter().enumerate().map(|(index, (name, modules))| {
            let settings = if index == 0 { &first } else { &others };
            format!("{name}: {{modules: {modules}, {settings}}}")
        });
        let names: Vec<&str> = groups.iter().map(|(name, _)| *name).collect();
        format!("processes: {{{}}}, pools: {{{}}}", each.collect::<Vec<_>>().join(", "), pools(&names, size))
    })
}

fn calls() -> impl Strategy<Value = String> {
    let policy = || {
        (1u32..300, select(vec!["cancel", "keep-serving"]), retry(), 1u32..6, any::<bool>()).prop_map(
        |(timeout, then, retry, calls, breaker)| {
            let breaker = if breaker {
                ", circuit-breaker: {sliding-window-size: 5, minimum-number-of-calls: 5,
                   wait-duration-in-open-state: 200ms, permitted-number-of-calls-in-half-open-state: 2}"
            } else {
                ""
            };
            format!(
                "{{timeout: {timeout}ms, on-timeout: {then}, {retry}, max-concurrent-calls: {calls}{breaker}}}"
            )
        },
    )
    };
    (policy(), policy(), any::<bool>()).prop_map(|(b, c, none)| {
        if none { String::new() } else { format!("calls: {{b.go: {b}, c.go: {c}}}, ") }
    })
}

pub(crate) fn deployment() -> impl Strategy<Value = String> {
    let gateway = select(vec![
        "",
        "gateways: {edge: {routes: [all], max-requests: 8, max-pending-requests: 4, overhead: 1ms}}, ",
        "gateways: {edge: {routes: [all], rate-limit: {rate: 20/s, burst: 5}, timeout: 150ms, on-timeout: cancel}}, ",
        "gateways: {edge: {routes: [a.go], fixed-window: {limit: 10, window: 1s}}}, ",
    ]);
    let database = (select(vec!["mysql", "mariadb"]), law(), select(vec!["", "flush: 2ms, "]), any::<bool>());
    let cache = select(vec![
        "holds: [page, count], command: 100us",
        "holds: [page, count], command: 1ms, memory: 8kB, policy: allkeys-lru",
        "holds: [page, count], command: 1ms, memory: 4kB",
    ]);
    let topic = (1u32..5, 1u32..4);
    let party = (law(), select(vec!["", ", errors: 20%", ", concurrency: 2, timeout: 60ms"]));
    let links = select(vec![
        "",
        "links: {default: {latency: 200us}}, ",
        "links: {default: {latency: 1ms, loss: 5%}}, ",
    ]);
    (processes(), calls(), gateway, database, cache, topic, party, links).prop_map(
        |(processes, calls, gateway, (kind, statement, flush, detect), cache, (partitions, members), party, links)| {
            format!(
                "{{operations: operations.yaml, {processes}, {calls}{gateway}{links}
                  databases: {{db: {{kind: {kind}, cores: 2, schemas: [main, side], statement: {statement}, {flush}
                    lock-wait-timeout: 1s, deadlock-detect: {detect}}}}},
                  caches: {{redis: {{{cache}}}}},
                  logs: {{kafka: {{append: 1ms, topics: {{news: {{partitions: {partitions},
                    consumers: {{group: g, members: {members}, operation: c.consume}}}}}}}}}},
                  externals: {{party: {{latency: {}{}}}}},
                  stations: {{desk: {{servers: 2, service: {{exponential: {{mean: 5ms}}}}, patience: 300ms}},
                    short: {{servers: 1, capacity: 3, service: 3ms, discipline: lifo, patience: 300ms}},
                    cores: {{servers: 2, service: 4ms, discipline: processor-sharing}},
                    together: {{servers: 1, service: 3ms, batch: {{limit: 4}}}}}}}}",
                party.0, party.1
            )
        },
    )
}

/// Customers for two seconds, and time for everything to end.
pub(crate) fn scenario() -> impl Strategy<Value = String> {
    let load = || {
        (1u32..60, 1u32..60).prop_map(|(first, second)| {
        format!("{{stages: [{{hold: 1s, rate: {first}/s}}, {{ramp-to: {second}/s, over: 1s}}, {{ramp-to: 0/s, over: 1ms}}]}}")
    })
    };
    let client = (20u32..1000, select(vec!["cancel", "keep-serving"]), retry(), any::<bool>()).prop_map(
        |(timeout, then, retry, none)| {
            if none {
                String::new()
            } else {
                format!(
                    "clients: {{a.go: {{timeout: {timeout}ms, on-timeout: {then}, {retry}, latency: 2ms}}}}, "
                )
            }
        },
    );
    (load(), load(), client, 0u64..1000).prop_map(|(a, b, client, seed)| {
        format!(
            "{{deployment: deployment.yaml, duration: 2000s, interval: 20s, replications: 2, seed: {seed}, {client}
              windows: {{early: {{from: 0s, to: 1s}}, late: {{from: 1s, to: 2000s}}}},
              load: {{a.go: {a}, b.go: {b}}}}}"
        )
    })
}
