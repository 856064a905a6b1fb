//! Random deployments of the random operations.

use proptest::prelude::*;
use proptest::sample::select;

use crate::policies::{calls, gateway, maybe};
use crate::steps::law;

/// What other parts have to know of a deployment.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The processes and their modules.
    pub(crate) processes: &'static [(&'static str, &'static str)],
    /// Replicas of the first process, which has threads.
    pub(crate) replicas: u16,
    /// Whether there is a gateway `edge`.
    pub(crate) gateway: bool,
}

/// Where the modules run: all in one, two and one, or each apart.
pub(crate) fn layout() -> impl Strategy<Value = Layout> {
    let groups: Vec<&'static [(&'static str, &'static str)]> = vec![
        &[("all", "[a, b, c]")],
        &[("front", "[a]"), ("back", "[b, c]")],
        &[("pa", "[a]"), ("pb", "[b]"), ("pc", "[c]")],
    ];
    (select(groups), 1u16..4, any::<bool>()).prop_map(|(processes, replicas, gateway)| Layout {
        processes,
        replicas,
        gateway,
    })
}

fn balance() -> impl Strategy<Value = &'static str> {
    select(vec![
        "round-robin",
        "random",
        "least-request",
        "smooth-weighted",
        "{smooth-weighted: {max-fails: 3}}",
        "{ring-hash: {by: hot}}",
        "{ring-hash: {by: wide, minimum-ring-size: 64}}",
    ])
}

/// The settings of a process but for its modules, replicas and style.
fn process() -> impl Strategy<Value = String> {
    let cores = select(vec!["1", "2", "500m"]);
    let starts = select(vec!["", ", start-up: 300ms", ", start-up: 1s, warm-up: {slowness: 4, over: 1s}"]);
    (cores, 1u32..6, 0u32..5, balance(), starts).prop_map(|(cores, threads, queue, balance, starts)| {
        format!("cores: {cores}, threads: {threads}, accept-queue: {queue}, balance: {balance}{starts}")
    })
}

/// Pools of every process, which have other names than the processes: a fault can cut both.
fn pools(layout: &Layout, size: u32, more: &str, to_replicas: bool) -> String {
    let pool = |(name, _): &(&str, &str)| {
        let own = format!(
            "pool-{name}: {{of: {name}, to: db, maximum-pool-size: {size}, connection-timeout: 250ms{more}}}"
        );
        if to_replicas {
            format!(
                "{own}, read-{name}: {{of: {name}, to: db, read-replicas: true, connection-timeout: 300ms}}"
            )
        } else {
            own
        }
    };
    layout.processes.iter().map(pool).collect::<Vec<_>>().join(", ")
}

fn processes(layout: Layout, to_replicas: bool) -> impl Strategy<Value = String> {
    let style = select(vec!["thread-per-request", "event-loop"]);
    let more = select(vec![
        "",
        ", minimum-idle: 0, connect: {exponential: {mean: 5ms}}, idle-timeout: 10s, max-lifetime: 30s",
        ", hand-off: 50us, leak-detection-threshold: 2s",
    ]);
    (process(), process(), 1u16..3, style, 1u32..5, more).prop_map(
        move |(first, others, replicas, style, size, more)| {
            let each = layout.processes.iter().enumerate().map(|(index, (name, modules))| match index {
                0 => format!("{name}: {{modules: {modules}, replicas: {}, {first}}}", layout.replicas),
                _ => {
                    format!("{name}: {{modules: {modules}, replicas: {replicas}, style: {style}, {others}}}")
                }
            });
            let each = each.collect::<Vec<_>>().join(", ");
            format!("processes: {{{each}}}, pools: {{{}}}", pools(&layout, size, more, to_replicas))
        },
    )
}

fn database(with_replicas: bool) -> impl Strategy<Value = String> {
    let replicas = select(vec![
        "{count: 1, parallel-workers: 1, apply: 3ms}",
        "{count: 2, parallel-workers: 4, apply: {exponential: {mean: 5ms}}, shipping: 2ms}",
    ]);
    let flush = select(vec![
        "",
        ", flush: 2ms",
        ", flush: 2ms, group-commit-sync-delay: 1ms",
        ", flush: 2ms, flush-log-at-trx-commit: 2",
    ]);
    let work = select(vec![
        "",
        ", row-read: 10us, row-write: 100us",
        ", buffer-pool-hits: 50%, disk-read: 2ms",
        ", max-connections: 2",
    ]);
    let ends = (select(vec!["mysql", "mariadb"]), any::<bool>(), any::<bool>());
    (ends, law(), flush, work, replicas).prop_map(
        move |((kind, detect, rollback), statement, flush, work, replicas)| {
            let replicas =
                if with_replicas { format!(", read-replicas: {replicas}") } else { String::new() };
            format!(
                "databases: {{db: {{kind: {kind}, cores: 2, schemas: [main, side], statement: {statement},
                   lock-wait-timeout: 1s, deadlock-detect: {detect}, rollback-on-timeout: {rollback}{flush}{work}{replicas}}}}}"
            )
        },
    )
}

/// A cache server with a replica, perhaps a Sentinel; or a cluster.
fn cache() -> impl Strategy<Value = String> {
    let memory = select(vec![
        "memory: 1MB",
        "memory: 8kB, policy: allkeys-lru, maxmemory-samples: 3",
        "memory: 8kB, policy: volatile-ttl, hz: 100, active-expire-effort: 10, expire-key: 10us",
        "memory: 8kB, policy: allkeys-lfu, lfu-log-factor: 1, lfu-decay-time: 1m",
        "memory: 4kB",
    ]);
    let command = select(vec!["100us", "1ms", "{exponential: {mean: 500us}}"]);
    let commands = maybe(Just(
        "commands: {get: {time: 50us, per-kibibyte: 20us}, zadd: {time: 50us, per-doubling: 10us}}"
            .to_owned(),
    ));
    let kept = maybe(
        select(vec![
            "persistence: {rdb: {save: [{after: 1s, changes: 1}]}}",
            "persistence: {aof: {fsync: always, flush: 1ms}}, load-per-gibibyte: 1s",
            "persistence: {aof: {fsync: everysec}}",
        ])
        .prop_map(str::to_owned),
    );
    let copies = select(vec![
        "replicas: 1",
        "replicas: 1, sentinel: {down-after: 200ms}, replication-lag: 20ms",
        "cluster: {masters: 3, replicas: 1, node-timeout: 500ms}",
    ]);
    let timeout = maybe(Just("timeout: 50ms".to_owned()));
    (memory, command, commands, kept, copies, timeout).prop_map(
        |(memory, command, commands, kept, copies, timeout)| {
            format!(
                "caches: {{redis: {{holds: [page, count, lock, rank], {copies}, {memory}, command: {command}{commands}{kept}{timeout}}}}}"
            )
        },
    )
}

/// A topic whose members are never too slow for one record: else they would be thrown out with it again and again.
fn topic() -> impl Strategy<Value = String> {
    let producer = maybe(
        select(vec![
            "producer: {acks: none}",
            "producer: {acks: leader, linger: 0s}",
            "producer: {linger: 20ms, batch-size: 2KiB, delivery-timeout: 1s}",
        ])
        .prop_map(str::to_owned),
    );
    let group = maybe(
        select(vec![
            "max-poll-records: 3, commits: sync, commit: 2ms",
            "fetch-min-bytes: 4KiB, fetch-max-wait: 50ms, auto-commit-interval: 100ms",
            "max-poll-interval: 5s, max-poll-records: 1, heartbeat-interval: 20ms, session-timeout: 6s",
        ])
        .prop_map(str::to_owned),
    );
    let replication = maybe(Just("replication: 1ms".to_owned()));
    (1u32..5, 1u32..4, 1u32..4, producer, group, replication).prop_map(
        |(partitions, members, brokers, producer, group, replication)| {
            format!(
                "logs: {{kafka: {{append: 1ms, brokers: {brokers}{producer}{replication}, topics: {{news: {{partitions: {partitions},
                   consumers: {{group: g, members: {members}, operation: c.consume{group}}}}}}}}}}}"
            )
        },
    )
}

fn party() -> impl Strategy<Value = String> {
    let more = select(vec![
        "concurrency: 100",
        "concurrency: 100, errors: 20%",
        "concurrency: 2, timeout: 60ms",
        "concurrency: 1, queue-limit: 1, timeout: 1s",
        "concurrency: 3, rate-limit: {rate: 20/s, burst: 2}",
        "concurrency: 3, queue-limit: 0, limit-req: {rate: 30/s, burst: 4}",
    ]);
    (law(), more).prop_map(|(latency, more)| format!("externals: {{party: {{latency: {latency}, {more}}}}}"))
}

pub(crate) fn deployment(layout: Layout) -> impl Strategy<Value = String> {
    let edge = if layout.gateway { gateway().boxed() } else { Just(String::new()).boxed() };
    let links = select(vec![
        "",
        "links: {default: {latency: 200us}}, ",
        "links: {default: {latency: 1ms, loss: 5%, retransmission: 20ms}}, ",
        "links: {default: {latency: 1ms, bandwidth: 1MB, request-size: 2kB, response-size: 5kB}, db: {latency: 3ms}}, ",
    ]);
    any::<bool>().prop_flat_map(move |replicas| {
        let parts = (processes(layout.clone(), replicas), calls(), edge.clone(), links.clone());
        (parts, database(replicas), cache(), topic(), party()).prop_map(
            |((processes, calls, gateway, links), database, cache, topic, party)| {
                format!(
                    "{{operations: operations.yaml, {processes}, {calls}{gateway}{links}{database}, {cache}, {topic}, {party},
                      stations: {{desk: {{servers: 2, service: {{exponential: {{mean: 5ms}}}}, patience: 300ms, discipline: priority}},
                        short: {{servers: 1, capacity: 3, service: 3ms, discipline: lifo, patience: 300ms}},
                        cores: {{servers: 2, service: 4ms, discipline: processor-sharing}},
                        together: {{servers: 1, service: 3ms, batch: {{limit: 4}}}}}}}}"
                )
            },
        )
    })
}
