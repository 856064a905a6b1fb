//! Retries, balancing, fan-out, breakers.

use crate::case::{Case, Measure, exponential, plain, present, system, visits};
use crate::{stores, surges};

use Measure::{Effect, Linear, Of, Operation, Station};

pub(crate) fn cases() -> Vec<Case> {
    [
        surges::cases(),
        retrial(),
        retries(),
        restraint(),
        outage(),
        stores::caches(),
        stores::partitions(),
        balanced(),
        forked(),
        breakers(),
    ]
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

/// How often a station is asked, in vain too [1/s].
fn attempts(label: &'static str) -> Measure {
    Measure::Sum(vec![Station(label, "visits"), Station(label, "rejected")])
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
            .and("attempts_per_request", attempts("q servers").over(Operation("m.go", "offered")))
            .and("P_giveup", Operation("m.go", "failed"))
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
        .and("util", Station("q servers", "utilisation"))
        .and("L", Measure::Sum(vec![Station("orbit servers", "busy"), Station("q servers", "busy")]))
        .and("attempt_rate", attempts("q servers"))
        .and("attempts_per_request", attempts("q servers").over(Operation("m.go", "offered"))),
        many(visits("RETRIAL-C-2", (20, 4200), &for_ever("500ms"), &ten, retrials)),
        many(visits("RETRIAL-C-3", (20, 2000), &persistent, &ten, retrials))
            .without("P_giveup")
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
        case.and("lam_eff", attempts("q servers"))
            .and("P_final_fail", Operation("q", "failed"))
            .and("P_block_attempt", Station("q servers", "rejected").over(attempts("q servers")))
            .and("amplification", attempts("q servers").over(Operation("q", "offered")))
    };
    let late = |id, times, load: u32, retry: &str| {
        let mut case = plain(
            id,
            times,
            &format!("{{rate: {load}/s}}"),
            "{servers: 1, service: {exponential: {mean: 10ms}}}",
            "W",
        )
        .without("W")
        .and("healthy_attempt_rate", Station("q servers", "visits"))
        // An attempt is late unless its request is served by it.
        .and(
            "late_prob_healthy",
            Of(vec![Station("q servers", "visits"), Operation("q", "served")], |v| 1.0 - v[1] / v[0]),
        );
        let clients = format!("{{clients: {{q: {{timeout: 100ms, retry: {{max-attempts: 4, {retry}}}}}}}, ");
        case.scenario = case.scenario.replacen('{', &clients, 1);
        case
    };
    let once = "load: {m.go: {rate: 100/s}}";
    // Operation k pauses k times, so that it takes one pause longer than the one before: 110 s at most, and so the run
    // goes on for longer than that.
    let pausing: Vec<String> = (1..=6)
        .map(|k| pauses(k + 1, "decorrelated-jitter: {max: 1000s}").replacen("go", &format!("g{k}"), 1))
        .collect();
    let loads: Vec<String> = (1..=6).map(|k| format!("m.g{k}: {{rate: 100/s}}")).collect();
    let longer = |long: &'static str, short: &'static str| {
        Measure::Sum(vec![Operation(long, "mean"), Operation(short, "mean").times(-1.0)])
    };
    let decorrelated = visits(
        "BACKOFF-DECORR",
        (120, 420),
        &pausing.join(", "),
        "",
        &format!("load: {{{}}}", loads.join(", ")),
    )
    .and("E_sleep_1", Operation("m.g1", "mean"))
    .and("E_sleep_2", longer("m.g2", "m.g1"))
    .and("E_sleep_3", longer("m.g3", "m.g2"))
    .and("E_sleep_4", longer("m.g4", "m.g3"))
    .and("E_sleep_5", longer("m.g5", "m.g4"))
    .and("E_sleep_6", longer("m.g6", "m.g5"));
    vec![
        chain("AMP-3-4", 3),
        chain("AMP-5-4", 5),
        visits("BACKOFF-FULLJ", (10, 300), &pauses(6, "full-jitter: {max: 10s}"), "", once)
            .and("mean_total", Operation("m.go", "mean"))
            .and(
                "sd_total",
                Of(vec![Operation("m.go", "square"), Operation("m.go", "mean")], |v| {
                    (v[0] - v[1] * v[1]).sqrt()
                }),
            ),
        decorrelated,
        full("RETRYFP-1", 90.0, 6000),
        full("RETRYFP-2", 105.0, 6000),
        // Retries that follow at once come in clumps, which the fixed point leaves out; after a minute they do not.
        late("METAFP-2", (600, 3600), 60, "wait-duration: 60s, backoff: {randomized: {factor: 50%}}"),
        late("METAFP-4", (20, 1000), 20, "wait-duration: 0s"),
    ]
}

/// A master that is away for 32.5 s, and clients who do not try again.
fn outage() -> Vec<Case> {
    let case = |replications: u32| {
        let mut case = system(
            "FAILOVER-1",
            (1, 35),
            "modules: {m: {operations: {go: []}}}",
            "processes: {p: {modules: [m], cores: 1, style: event-loop}}",
            "load: {m.go: {rate: 1000/s}}, faults: [{at: 1s, for: 32500ms, crash: p}]",
        );
        case.scenario =
            case.scenario.replacen("replications: 20", &format!("replications: {replications}"), 1);
        case
    };
    vec![case(20).and("failed_requests", Operation("m.go", "failures"))]
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
            &workers(&["d1", "d2", "d3", "d5"], "10ms"),
            &apart(replicas, &[("d1", "random"), ("d2", two), ("d3", three), ("d5", five)]),
            &format!(
                "load: {{d1.go: {{rate: {rate}/s}}, d2.go: {{rate: {rate}/s}},
                         d3.go: {{rate: {rate}/s}}, d5.go: {{rate: {rate}/s}}}}"
            ),
        )
        .and("W_d1", scaled("d1.go"))
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
        limit("POD-0.7", 200, 14_000, (3, 9)),
        limit("POD-0.95", 400, 38_000, (2, 6)).without("W_d1"),
        // One choice is a queue for each, however many there are, which takes longer to settle.
        system(
            "POD-0.95",
            (300, 1000),
            &workers(&["d1"], "10ms"),
            &apart(40, &[("d1", "random")]),
            "load: {d1.go: {rate: 3800/s}}",
        )
        .and("W_d1", unit("d1.go"))
        .long(),
        limit("POD-0.99", 1000, 99_000, (5, 38)).without("W_d1").long(),
        system(
            "JSQ2-0.8",
            (20, 1300),
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
        .and("L", present("short cores").times(2.0))
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
    let bounded = |case: Case, metric| case.and(metric, Operation("m.go", "mean").times(100.0));
    let leaf = "[{delay: {mixture: [{weight: 99%, of: 10ms}, {weight: 1%, of: 2s}]}}]";
    let rare = "[{delay: {mixture: [{weight: 99.99%, of: 10ms}, {weight: 0.01%, of: 2s}]}}]";
    let hundred = |leaf: &str| parallel((0..100).map(|_| leaf.to_owned()), "");
    let request =
        "{delay: {hyperexponential: {phases: [{weight: 98%, mean: 5ms}, {weight: 2%, mean: 200ms}]}}}";
    let pair = [format!("[{request}]"), format!("[{{delay: 20ms}}, {{effect: again}}, {request}]")];
    vec![
        join("FJ-0.9", 2, 90, (30, 5000), "R_K2"),
        bounded(join("FJ-0.9", 4, 90, (30, 3500), "R_K4_NelsonTantawi"), "R_K4_upper_indep"),
        bounded(join("FJ-0.9", 8, 90, (30, 1500), "R_K8_NelsonTantawi"), "R_K8_upper_indep").long(),
        bounded(join("FJ-0.9", 16, 90, (30, 2200), "R_K16_NelsonTantawi"), "R_K16_upper_indep").long(),
        bounded(join("FJ-0.9", 32, 90, (30, 2200), "R_K32_NelsonTantawi"), "R_K32_upper_indep").long(),
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
            "FANOUT-TAS",
            (5, 40),
            &format!("all: [{}]", parallel((0..2000).map(|_| rare.to_owned()), "")),
            "",
            "load: {m.all: {rate: 20/s}}, clients: {m.all: {timeout: 1s}}",
        )
        .and("P_slow_n2000_p0001", Operation("m.all", "failed"))
        .long(),
        visits(
            "FANOUT-EXP-100",
            (20, 120),
            &format!("go: [{}]", hundred("[{delay: {exponential: {mean: 1s}}}]")),
            "",
            "load: {m.go: {rate: 10/s}}",
        )
        .and("mean", Operation("m.go", "mean"))
        .and("p50", Operation("m.go", "p50")),
        visits(
            "FANOUT-EXP-100",
            (20, 3500),
            &format!("go: [{}]", hundred("[{delay: {exponential: {mean: 1s}}}]")),
            "",
            "load: {m.go: {rate: 10/s}}",
        )
        .and("p99", Operation("m.go", "p99"))
        .and("p999", Operation("m.go", "p999"))
        .long(),
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
        visits(
            "HEDGE-0.02",
            (0, 3200),
            &format!("plain: [{request}]"),
            "",
            "load: {m.plain: {deterministic: {rate: 100/s}}}",
        )
        .and("p99_plain", Operation("m.plain", "p99"))
        .and("p99.9_plain", Operation("m.plain", "p999")),
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
    let consecutive = |id, times, failing: &str, calls: u32, count: fn(&[f64]) -> f64| {
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
        .and("mean_calls_to_open", Of(vec![Operation("a.go", "circuit-open")], count))
    };
    let resilient = |times| {
        guarded(
            "BREAKER-3",
            times,
            "0.1",
            "failure-rate-threshold: 50%, sliding-window-size: 10, minimum-number-of-calls: 10,
             wait-duration-in-open-state: 10s, permitted-number-of-calls-in-half-open-state: 3",
            "load: {a.go: {rate: 50/s}}",
        )
    };
    vec![
        resilient((0, 12_000))
            .and("failure_rate_seen_by_users", Operation("a.go", "failed"))
            .and("permitted_fraction", Linear(Box::new(Operation("a.go", "circuit-open")), -1.0, 1.0))
            // Poisson calls find it open for as much of them as of the time.
            .and("frac_time_open", Operation("a.go", "circuit-open")),
        // A share s of the time in stays of 10 s is s/10 openings a second, of which 0.972 are closed by their three
        // trials; the other calls that are let through are those between a closing and the next opening.
        resilient((0, 70_000))
            .and(
                "mean_calls_to_open",
                Of(vec![Operation("a.go", "circuit-open")], |s| {
                    (50.0 * (1.0 - s[0]) - 3.0 * s[0] / 10.0) / (0.972 * s[0] / 10.0)
                }),
            )
            .long(),
        consecutive("BREAKER-CONSEC-5-0.5", (0, 1000), "0.5", 5, |s| 2.0 / s[0] - 4.0),
        consecutive("BREAKER-CONSEC-5-0.2", (0, 90_000), "0.2", 5, |s| 1.25 / s[0] - 2.5).long(),
        consecutive("BREAKER-CONSEC-3-0.1", (0, 25_000), "0.1", 3, |s| (1.0 / s[0] - 2.0) / 0.9).long(),
    ]
}
