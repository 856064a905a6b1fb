//! Surges, retries, caches, partitions, balancing, fan-out, breakers.

use crate::case::{Case, Measure, exponential, plain, system, visits};

use Measure::{Effect, InFlight, Linear, Operation, Station, Via};

pub(crate) fn cases() -> Vec<Case> {
    [transient(), retrial(), retries(), restraint(), caches(), partitions(), balanced(), forked(), breakers()]
        .into_iter()
        .flatten()
        .collect()
}

/// One process of one module for each of several operations.
fn apart(replicas: u32, policies: &[(&str, &str)]) -> String {
    let each = policies.iter().map(|(name, policy)| {
        format!(
            "{name}: {{modules: [{name}], replicas: {replicas}, cores: 1, style: event-loop, balance: {policy}}}"
        )
    });
    format!("processes: {{{}}}", each.collect::<Vec<_>>().join(", "))
}

/// Modules that each have one operation `go` of exponential work.
fn workers(names: &[&str], mean: &str) -> String {
    let each = names
        .iter()
        .map(|name| format!("{name}: {{operations: {{go: [{{cpu: {{exponential: {{mean: {mean}}}}}}}]}}}}"));
    format!("modules: {{{}}}", each.collect::<Vec<_>>().join(", "))
}

/// Queues on their way from one state to another.
fn transient() -> Vec<Case> {
    let five = ["a", "b", "c", "d", "e"];
    let loads = five.map(|name| format!("{name}: {{rate: 80/s}}")).join(", ");
    let queues = five.map(|name| exponential(name, 1, 0.01)).join(", ");
    let mut rise = plain("TR-MM1-80", (0, 2), "{rate: 1/s}", "{}", "L").without("L");
    rise.scenario = format!(
        "{{duration: 2s, interval: 100ms, replications: 10000, load: {{{loads}}}, stations: {{{queues}}}}}"
    );
    let surge = |id, scenario: &str| {
        let mut case = plain(id, (0, 1), "{rate: 1/s}", "{}", "L").without("L");
        case.scenario = scenario.to_owned();
        case
    };
    vec![
        rise.and("L_t0.1", InFlight(0.1, 5.0))
            .and("L_t0.5", InFlight(0.5, 5.0))
            .and("L_t1", InFlight(1.0, 5.0))
            .and("L_t2", InFlight(2.0, 5.0)),
        surge(
            "SURGE-3X",
            "{duration: 130s, interval: 5s, replications: 250,
              load: {q: {stages: [{hold: 20s, rate: 60/s}, {hold: 30s, rate: 180/s}, {hold: 80s, rate: 60/s}]}},
              stations: {q: {servers: 10, service: {exponential: {mean: 100ms}}}}}",
        )
        .and("L_t5", InFlight(25.0, 1.0))
        .and("L_t15", InFlight(35.0, 1.0))
        .and("L_t30", InFlight(50.0, 1.0))
        .and("L_t60", InFlight(80.0, 1.0)),
        surge(
            "SURGE-1.5X",
            "{duration: 95s, interval: 5s, replications: 600,
              load: {q: {stages: [{hold: 20s, rate: 80/s}, {hold: 60s, rate: 120/s}, {hold: 15s, rate: 80/s}]}},
              stations: {q: {servers: 10, service: {exponential: {mean: 100ms}}}}}",
        )
        .and("L_t15", InFlight(35.0, 1.0))
        .and("L_t30", InFlight(50.0, 1.0))
        .and("L_t60", InFlight(80.0, 1.0))
        .and("L_t75", InFlight(95.0, 1.0)),
        surge(
            "SURGE-10X-ABAND",
            "{duration: 81s, interval: 1s, replications: 130,
              load: {q: {stages: [{hold: 20s, rate: 50/s}, {hold: 60s, rate: 500/s}, {hold: 1s, rate: 50/s}]}},
              stations: {q: {servers: 10, service: {exponential: {mean: 100ms}},
                             patience: {exponential: {mean: 2s}}}}}",
        )
        .and("L_t1", InFlight(21.0, 1.0))
        .and("L_t5", InFlight(25.0, 1.0))
        .and("L_t10", InFlight(30.0, 1.0))
        .and("L_t60", InFlight(80.0, 1.0))
        .and("L_t61", InFlight(81.0, 1.0)),
    ]
}

/// Retrial queues: whoever finds all servers busy comes back after an exponential time.
fn retrial() -> Vec<Case> {
    let orbit = |mean: &str| {
        format!("{{hold: {{station: orbit, steps: [{{delay: {{exponential: {{mean: {mean}}}}}}}]}}}}")
    };
    let for_ever = |mean: &str| {
        format!(
            "go: [{{attempt: {{retry: {{max-attempts: 250, wait-duration: 0s}}, steps: [
               {{on-failure: {{try: [{{visit: q}}], of: [queue-full], then: [{}], rethrow: true}}}}]}}}}]",
            orbit(mean)
        )
    };
    let wide = "orbit: {servers: 100000}";
    // The first failure always comes back; each later one does so with probability 0.67.
    let persistent = format!(
        "go: [{{on-failure: {{try: [{{visit: q}}], of: [queue-full], then: [{first}, {{attempt: {{
           retry: {{max-attempts: 250, wait-duration: 0s}}, steps: [{{on-failure: {{
             try: [{{visit: q}}], of: [queue-full], rethrow: true, then: [{{choose: {{branches: [
               {{weight: 67%, steps: [{first}]}}, {{weight: 33%, steps: [{{fail: declined}}]}}]}}}}]}}}}]}}}}]}}}}]",
        first = orbit("500ms")
    );
    let many = |case: Case| {
        case.and("E_orbit", Station("orbit servers", "busy"))
            .and("E_busy", Station("q servers", "busy"))
            .and("P_all_busy_time", Station("q servers", "full"))
            .and("throughput", Operation("m.go", "served"))
    };
    let ten = format!("q: {{servers: 10, capacity: 10, service: {{exponential: {{mean: 100ms}}}}}}, {wide}");
    let retrials = "load: {m.go: {rate: 80/s}}";
    vec![
        visits(
            "RETRIAL-2",
            (50, 8000),
            &for_ever("100ms"),
            &format!("q: {{servers: 1, capacity: 1, service: {{exponential: {{mean: 10ms}}}}}}, {wide}"),
            retrials,
        )
        .and("W", Operation("m.go", "mean"))
        .and("E_orbit", Station("orbit servers", "busy"))
        .and("util", Station("q servers", "utilisation")),
        many(visits("RETRIAL-C-2", (20, 2000), &for_ever("500ms"), &ten, retrials)),
        many(visits("RETRIAL-C-3", (20, 2000), &persistent, &ten, retrials))
            .and("P_giveup", Operation("m.go", "declined")),
    ]
}

/// Retry algebra and fixed points.
fn retries() -> Vec<Case> {
    // Every layer tries four times, the clients are the first.
    let chain = |id, layers: u32| {
        let name = |layer: u32| format!("s{layer}");
        let modules: Vec<String> = (1..=layers)
            .map(|layer| {
                let steps = if layer == layers {
                    "{effect: asked}, {fail: error}".to_owned()
                } else {
                    format!("{{call: {}.go}}", name(layer + 1))
                };
                format!("{}: {{operations: {{go: [{steps}]}}}}", name(layer))
            })
            .collect();
        let processes: Vec<String> = (1..=layers)
            .map(|layer| format!("{0}: {{modules: [{0}], cores: 1, style: event-loop}}", name(layer)))
            .collect();
        let retry = "retry: {max-attempts: 4, wait-duration: 0s}";
        let calls: Vec<String> =
            (2..=layers).map(|layer| format!("{}.go: {{{retry}}}", name(layer))).collect();
        system(
            id,
            (0, 10),
            &format!("modules: {{{}}}", modules.join(", ")),
            &format!("processes: {{{}}}, calls: {{{}}}", processes.join(", "), calls.join(", ")),
            &format!("load: {{s1.go: {{deterministic: {{rate: 10/s}}}}}}, clients: {{s1.go: {{{retry}}}}}"),
        )
        .and("amplification_bottom", Linear(Box::new(Effect("asked")), 0.01, 0.0))
    };
    let pauses = |attempts: u32, backoff: &str| {
        format!(
            "go: [{{on-failure: {{try: [{{attempt: {{
               retry: {{max-attempts: {attempts}, wait-duration: 100ms, backoff: {{{backoff}}}}},
               steps: [{{fail: error}}]}}}}], then: [{{effect: gave-up}}]}}}}]"
        )
    };
    let full = |id, load: f64, seconds| {
        let mut case = plain(
            id,
            // Pauses of a minute settle slowly where a failure in two is tried again.
            (4000, seconds),
            &format!("{{rate: {load}/s}}"),
            "{servers: 10, capacity: 20, service: {exponential: {mean: 100ms}}}",
            "W",
        )
        .without("W");
        case.scenario = case.scenario.replacen(
            '{',
            "{clients: {q: {retry: {max-attempts: 4, wait-duration: 60s, backoff: {randomized: {factor: 50%}}}}}, ",
            1,
        );
        case.and(
            "lam_eff",
            Measure::Sum(vec![Station("q servers", "visits"), Station("q servers", "rejected")]),
        )
        .and("P_final_fail", Operation("q", "failed"))
    };
    let mut late = plain(
        "METAFP-4",
        (20, 1000),
        "{rate: 20/s}",
        "{servers: 1, service: {exponential: {mean: 10ms}}}",
        "W",
    )
    .without("W")
    .and("healthy_attempt_rate", Station("q servers", "visits"));
    late.scenario = late.scenario.replacen(
        '{',
        "{clients: {q: {timeout: 100ms, retry: {max-attempts: 4, wait-duration: 0s}}}, ",
        1,
    );
    let once = "load: {m.go: {rate: 100/s}}";
    vec![
        chain("AMP-3-4", 3),
        chain("AMP-5-4", 5),
        visits("BACKOFF-FULLJ", (10, 300), &pauses(6, "full-jitter: {max: 10s}"), "", once)
            .and("mean_total", Operation("m.go", "mean")),
        visits("BACKOFF-DECORR", (10, 300), &pauses(2, "decorrelated-jitter: {max: 1000s}"), "", once)
            .and("E_sleep_1", Operation("m.go", "mean")),
        full("RETRYFP-1", 90.0, 6000),
        full("RETRYFP-2", 105.0, 6000),
        late,
    ]
}

/// What callers do about a system that fails: retries that are paid from a bucket, and calls that are not made.
fn restraint() -> Vec<Case> {
    let two = |id, times, far: &str, policies: &str, rest: &str, rate: &str| {
        system(
            id,
            times,
            &format!(
                "modules: {{m: {{operations: {{go: [{{call: far.do}}]}}}}, far: {{operations: {{do: [{far}]}}}}}}"
            ),
            &format!(
                "processes: {{m: {{modules: [m], cores: 1, style: event-loop}},
                              far: {{modules: [far], cores: 1, style: event-loop, answers-as: {{rate-limited: 429}}}}}},
                 calls: {{far.do: {{{policies}}}}}, {rest}"
            ),
            &format!("load: {{m.go: {{deterministic: {{rate: {rate}}}}}}}"),
        )
    };
    // 100,000 requests; a bucket of a hundred is small beside them.
    let adapt = |id, fails: &str, succeeds: &str| {
        let far = format!(
            "{{effect: asked}}, {{choose: {{branches: [{{weight: {fails}, steps: [{{fail: error}}]}},
                                                      {{weight: {succeeds}, steps: []}}]}}}}"
        );
        let budget = "budget: {token-bucket: {capacity: 100, fill-per-first-try: 10%}}";
        let retry = format!("retry: {{max-attempts: 100, wait-duration: 0s, {budget}}}");
        two(id, (0, 1000), &far, &retry, "stations: {}", "100/s")
            .and("calls_per_request", Linear(Box::new(Effect("asked")), 1e-5, 0.0))
            .and("success_prob", Linear(Box::new(Operation("m.go", "failed")), -1.0, 1.0))
    };
    let throttled = |id, times, demand: f64| {
        let sent = || Station("sent servers", "visits");
        two(
            id,
            times,
            "{visit: sent}, {on-failure: {try: [{request: backend}], then: [{visit: refused}, {fail: rate-limited}]}}",
            "adaptive-throttling: {multiplier: 2, window: 1s}",
            "stations: {sent: {servers: 1, service: 0s}, refused: {servers: 1, service: 0s}},
             externals: {backend: {latency: 0s, rate-limit: {rate: 1000/s, burst: 100}}}",
            &format!("{demand}/s"),
        )
        .and("sent_to_backend", sent())
        .and("accepted", Operation("m.go", "served"))
        .and("backend_rejects", Station("refused servers", "visits"))
        .and("local_reject_prob", Linear(Box::new(sent()), -1.0 / demand, 1.0))
    };
    vec![
        adapt("ADAPT-0.05", "5%", "95%"),
        adapt("ADAPT-0.2", "20%", "80%"),
        throttled("ADTHR-2-3000", (5, 80), 3000.0),
        throttled("ADTHR-2-10000", (3, 50), 10_000.0),
    ]
}

/// LRU and TTL caches; what is missed visits a station, which counts it.
fn caches() -> Vec<Case> {
    vec![
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
        .and("hit_fixed_TTL", Linear(Box::new(Station("missed servers", "visits")), -0.01, 1.0)),
    ]
}

/// Kafka partitions and their consumers.
fn partitions() -> Vec<Case> {
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
        .and("rho_max", Station("t consumer", "utilisation")),
        uneven((50, 1000)),
        uneven((500, 25_000))
            .and("Wq_mean", waited())
            .and("Wq_hottest", Station("t1 consumer", "wait mean"))
            .long(),
    ]
}

/// Load balancing.
fn balanced() -> Vec<Case> {
    let two = "{least-request: {choices: 2}}";
    let three = "{least-request: {choices: 3}}";
    let five = "{least-request: {choices: 5}}";
    let hundred = |id, rate: u32, policy: &str, times| {
        system(
            id,
            times,
            &workers(&["d"], "10ms"),
            &apart(100, &[("d", policy)]),
            &format!("load: {{d.go: {{rate: {rate}/s}}}}"),
        )
        .and("W", Linear(Box::new(Operation("d.go", "mean")), 100.0, 0.0))
    };
    // Hundreds of replicas stand for endlessly many, the more of them the higher the load.
    let limit = |id, replicas: u32, rate: u32, times| {
        let scaled = |name| Linear(Box::new(Operation(name, "mean")), 100.0, 0.0);
        system(
            id,
            times,
            &workers(&["d2", "d3", "d5"], "10ms"),
            &apart(replicas, &[("d2", two), ("d3", three), ("d5", five)]),
            &format!(
                "load: {{d2.go: {{rate: {rate}/s}}, d3.go: {{rate: {rate}/s}}, d5.go: {{rate: {rate}/s}}}}"
            ),
        )
        .and("W_d2", scaled("d2.go"))
        .and("W_d3", scaled("d3.go"))
        .and("W_d5", scaled("d5.go"))
    };
    let unit = |name| Linear(Box::new(Operation(name, "mean")), 100.0, 0.0);
    vec![
        hundred("POD100-0.5-d2", 5000, two, (5, 10)),
        hundred("POD100-0.5-d3", 5000, three, (5, 10)),
        hundred("POD100-0.99-d2", 9900, two, (40, 600)).long(),
        hundred("POD100-0.99-d3", 9900, three, (40, 600)).long(),
        limit("POD-0.7", 200, 14_000, (1, 3)),
        limit("POD-0.95", 400, 38_000, (2, 6)),
        limit("POD-0.99", 1000, 99_000, (5, 18)).long(),
        system(
            "JSQ2-0.8",
            (20, 1000),
            &workers(&["short", "random", "turns"], "10ms"),
            &format!(
                "{}, stations: {{central: {{servers: 2, service: {{exponential: {{mean: 10ms}}}}}}}}",
                // A hundred draws with replacement miss one of two replicas once in 10^30.
                apart(
                    2,
                    &[
                        ("short", "{least-request: {choices: 100}}"),
                        ("random", "random"),
                        ("turns", "round-robin")
                    ]
                )
            ),
            "load: {short.go: {rate: 160/s}, random.go: {rate: 160/s}, turns.go: {rate: 160/s},
                    central: {rate: 160/s}}",
        )
        .and("W", unit("short.go"))
        .and("W_random_split", unit("random.go"))
        .and("W_round_robin_E2M1", unit("turns.go"))
        .and("W_central_queue_MM2", unit("central")),
        system(
            "POOLING-4",
            (20, 800),
            &workers(&["apart"], "10ms"),
            &format!(
                "{}, stations: {{pooled: {{servers: 4, service: {{exponential: {{mean: 10ms}}}}}},
                   fast: {{servers: 1, service: {{exponential: {{mean: 2500us}}}}}}}}",
                apart(4, &[("apart", "random")])
            ),
            "load: {apart.go: {rate: 320/s}, pooled: {rate: 320/s}, fast: {rate: 320/s}}",
        )
        .and("W_separate", Operation("apart.go", "mean"))
        .and("W_pooled_MMn", Operation("pooled", "mean"))
        .and("W_single_fast", Operation("fast", "mean")),
    ]
}

fn parallel(branches: impl Iterator<Item = String>, more: &str) -> String {
    format!("{{parallel: {{{more}branches: [{}]}}}}", branches.collect::<Vec<_>>().join(", "))
}

/// Fork and join, fan-out, hedging.
fn forked() -> Vec<Case> {
    let join = |id, branches: u32, rate: u32, times, metric| {
        let names: Vec<String> = (1..=branches).map(|k| format!("s{k}")).collect();
        let stations: Vec<String> = names.iter().map(|name| exponential(name, 1, 0.01)).collect();
        let visits_each = names.iter().map(|name| format!("[{{visit: {name}}}]"));
        visits(
            id,
            times,
            &format!("go: [{}]", parallel(visits_each, "")),
            &stations.join(", "),
            &format!("load: {{m.go: {{rate: {rate}/s}}}}"),
        )
        .and(metric, Linear(Box::new(Operation("m.go", "mean")), 100.0, 0.0))
    };
    let leaf = "[{delay: {mixture: [{weight: 99%, of: 10ms}, {weight: 1%, of: 2s}]}}]";
    let hundred = |leaf: &str| parallel((0..100).map(|_| leaf.to_owned()), "");
    let request =
        "{delay: {hyperexponential: {phases: [{weight: 98%, mean: 5ms}, {weight: 2%, mean: 200ms}]}}}";
    let pair = [format!("[{request}]"), format!("[{{delay: 20ms}}, {{effect: again}}, {request}]")];
    vec![
        join("FJ-0.9", 2, 90, (30, 5000), "R_K2"),
        join("FJMC-4-0.5", 4, 50, (10, 400), "R"),
        join("FJMC-8-0.5", 8, 50, (10, 300), "R"),
        join("FJMC-16-0.5", 16, 50, (10, 200), "R"),
        // Late clients are those with one slow answer or more.
        visits(
            "FANOUT-TAS",
            (5, 35),
            &format!("all: [{}], one: [{}]", hundred(leaf), leaf.trim_matches(['[', ']'])),
            "",
            "load: {m.all: {rate: 50/s}, m.one: {rate: 1000/s}},
             clients: {m.all: {timeout: 1s}, m.one: {timeout: 1s}}",
        )
        .and("P_slow_n100_p01", Operation("m.all", "failed"))
        .and("P_slow_n1", Operation("m.one", "failed")),
        visits(
            "FANOUT-EXP-100",
            (20, 120),
            &format!("go: [{}]", hundred("[{delay: {exponential: {mean: 1s}}}]")),
            "",
            "load: {m.go: {rate: 10/s}}",
        )
        .and("mean", Operation("m.go", "mean"))
        .and("p50", Operation("m.go", "p50"))
        .and("p99", Operation("m.go", "p99")),
        visits(
            "HEDGE-0.02",
            (0, 600),
            &format!(
                "hedged: [{}], plain: [{request}]",
                parallel(pair.into_iter(), "need: any, rest: cancel, ")
            ),
            "",
            "load: {m.hedged: {deterministic: {rate: 100/s}}, m.plain: {deterministic: {rate: 100/s}}}",
        )
        .and("p50_hedged", Operation("m.hedged", "p50"))
        .and("p95_hedged", Operation("m.hedged", "p95"))
        .and("p99_hedged", Operation("m.hedged", "p99"))
        .and("p99.9_hedged", Operation("m.hedged", "p999"))
        .and("p50_plain", Operation("m.plain", "p50"))
        .and("p95_plain", Operation("m.plain", "p95"))
        .and("extra_load", Linear(Box::new(Effect("again")), 1.0 / 60_000.0, 0.0)),
    ]
}

/// Circuit breakers over calls that take no time.
fn breakers() -> Vec<Case> {
    let guarded = |id, times, failing: &str, breaker: &str, load: &str| {
        system(
            id,
            times,
            &format!(
                "modules: {{a: {{operations: {{go: [{{call: b.go}}]}}}}, b: {{operations: {{go: [{{choose: {{
                   branches: [{{weight: {failing}, steps: [{{fail: error}}]}}, {{weight: {}}}]}}}}]}}}}}}",
                1.0 - failing.parse::<f64>().expect("a share")
            ),
            &format!(
                "processes: {{a: {{modules: [a], cores: 1, style: event-loop}},
                              b: {{modules: [b], cores: 1, style: event-loop}}}},
                 calls: {{b.go: {{circuit-breaker: {{{breaker}}}}}}}"
            ),
            load,
        )
    };
    // Calls come every 10 ms and it stays open for 15 ms: each opening refuses one call, the next is its trial. A
    // trial fails with probability p and opens it again, so a share s of refused calls means N = T/s − 2T calls
    // to an opening, where T = 1/(1 − p) trials close it.
    let consecutive = |id, times, failing: &str, calls: u32, count: fn(f64) -> f64| {
        guarded(
            id,
            times,
            failing,
            &format!(
                "failure-rate-threshold: 100%, sliding-window-size: {calls}, minimum-number-of-calls: {calls},
                 wait-duration-in-open-state: 15ms, permitted-number-of-calls-in-half-open-state: 1"
            ),
            "load: {a.go: {deterministic: {rate: 100/s}}}",
        )
        .and("mean_calls_to_open", Via(Box::new(Operation("a.go", "circuit-open")), count))
    };
    vec![
        guarded(
            "BREAKER-3",
            (0, 12_000),
            "0.1",
            "failure-rate-threshold: 50%, sliding-window-size: 10, minimum-number-of-calls: 10,
             wait-duration-in-open-state: 10s, permitted-number-of-calls-in-half-open-state: 3",
            "load: {a.go: {rate: 50/s}}",
        )
        .and("failure_rate_seen_by_users", Operation("a.go", "failed"))
        .and("permitted_fraction", Linear(Box::new(Operation("a.go", "circuit-open")), -1.0, 1.0)),
        consecutive("BREAKER-CONSEC-5-0.5", (0, 1000), "0.5", 5, |s| 2.0 / s - 4.0),
        consecutive("BREAKER-CONSEC-5-0.2", (0, 90_000), "0.2", 5, |s| 1.25 / s - 2.5).long(),
        consecutive("BREAKER-CONSEC-3-0.1", (0, 15_000), "0.1", 3, |s| (1.0 / s - 2.0) / 0.9).long(),
    ]
}
