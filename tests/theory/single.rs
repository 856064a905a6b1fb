//! Single stations: what arrives, how it is served, who does not wait.

use crate::case::{Case, Measure, plain, present, system, visits};

const SERVICE_10MS: &str = "{exponential: {mean: 10ms}}";

fn mm1(discipline: &str) -> String {
    format!("{{servers: 1, discipline: {discipline}, service: {SERVICE_10MS}}}")
}

fn servers(count: u32, service: &str) -> String {
    format!("{{servers: {count}, service: {service}}}")
}

fn poisson(per_s: f64) -> String {
    format!("{{rate: {per_s}/s}}")
}

pub(crate) fn cases() -> Vec<Case> {
    [exponential(), lost(), general(), other_arrivals(), disciplines(), impatient(), limited()]
        .into_iter()
        .flatten()
        .collect()
}

/// M/M/1 and M/M/c.
fn exponential() -> Vec<Case> {
    vec![
        plain(
            "MM1-1",
            (10, 2400),
            &poisson(50.0),
            &mm1("fifo"),
            "W Wq Lq L P_wait rho W_p50 W_p95 W_p99 Wq_p95 Wq_p99 Wq_p90 W_p90",
        ),
        plain("MM1-1", (10, 8000), &poisson(50.0), &mm1("fifo"), "Wq_p99.9 W_p99.9").long(),
        plain(
            "MM1-2",
            (20, 5000),
            &poisson(80.0),
            &mm1("fifo"),
            "W Wq Lq L P_wait rho W_p50 W_p95 Wq_p50 Wq_p95 Wq_p90 W_p90",
        ),
        plain("MM1-2", (20, 38_000), &poisson(80.0), &mm1("fifo"), "Wq_p99 W_p99 Wq_p99.9 W_p99.9").long(),
        plain(
            "OMISSION-OPEN",
            (200, 84_000),
            &poisson(8.0),
            &servers(1, "{exponential: {mean: 100ms}}"),
            "W W_p50 W_p99",
        ),
        plain(
            "MMC-1",
            (300, 96_000),
            &poisson(9.0),
            &servers(2, "{exponential: {mean: 200ms}}"),
            "W Wq Lq L P_wait rho W_p50 W_p95 Wq_p50 Wq_p90 W_p90 Wq_p95",
        ),
        plain(
            "MMC-1",
            (300, 830_000),
            &poisson(9.0),
            &servers(2, "{exponential: {mean: 200ms}}"),
            "Wq_p99 W_p99 Wq_p99.9 W_p99.9",
        )
        .long(),
        plain(
            "MMC-4",
            (100, 6600),
            &poisson(190.0),
            &servers(20, "{exponential: {mean: 100ms}}"),
            "W P_wait rho W_p50 W_p90 W_p95",
        ),
        plain(
            "MMC-4",
            (100, 29_000),
            &poisson(190.0),
            &servers(20, "{exponential: {mean: 100ms}}"),
            "Wq Lq L Wq_p50 Wq_p90 Wq_p95 W_p99",
        )
        .long(),
        plain(
            "MMC-5",
            (50, 730),
            &poisson(950.0),
            &servers(50, "{exponential: {mean: 50ms}}"),
            "W P_wait rho W_p50 L W_p90 W_p95 W_p99 W_p99.9",
        ),
        plain(
            "MMC-5",
            (50, 5100),
            &poisson(950.0),
            &servers(50, "{exponential: {mean: 50ms}}"),
            "Wq Lq Wq_p90 Wq_p95",
        )
        .long(),
        plain(
            "MMC-6",
            (20, 370),
            &poisson(900.0),
            &servers(100, "{exponential: {mean: 100ms}}"),
            "W P_wait rho L W_p50 W_p95 W_p99 Wq_p50 W_p90 W_p99.9",
        ),
        plain(
            "MMC-6",
            (20, 12_000),
            &poisson(900.0),
            &servers(100, "{exponential: {mean: 100ms}}"),
            "Wq Lq Wq_p90 Wq_p95 Wq_p99 Wq_p99.9",
        )
        .long(),
        plain("MGINF-1", (10, 80), &poisson(200.0), &servers(1000, "{lognormal: {mean: 250ms, cv: 2}}"), "L")
            .every("100ms")
            .and("P_N_gt_70", Measure::OverTime(|n| f64::from(n > 70.0))),
        plain(
            "MGINF-1",
            (10, 1700),
            &poisson(200.0),
            &servers(1000, "{lognormal: {mean: 250ms, cv: 2}}"),
            "L",
        )
        .every("100ms")
        .and("var_N", variance_in_system())
        .long(),
    ]
}

/// The share of the time in which nobody is there.
fn nobody() -> Measure {
    Measure::OverTime(|n| f64::from(n == 0.0))
}

/// The variance of the number of requests that are there.
fn variance_in_system() -> Measure {
    Measure::Of(vec![Measure::OverTime(|n| n * n), Measure::OverTime(|n| n)], |v| v[0] - v[1] * v[1])
}

/// M/M/c/K and M/G/c/c.
fn lost() -> Vec<Case> {
    vec![
        plain(
            "MMCK-2",
            (10, 2600),
            &poisson(50.0),
            "{servers: 4, capacity: 6, service: {exponential: {mean: 100ms}}}",
            "P_block throughput W_accepted Wq_accepted L Lq util P_wait_accepted Wq_acc_p50 Wq_acc_p95 Wq_acc_p99",
        )
        .every("1s")
        .and("p0", nobody()),
        plain(
            "MMCK-4",
            (10, 600),
            &poisson(100.0),
            "{servers: 1, capacity: 11, service: {exponential: {mean: 10ms}}}",
            "P_block throughput W_accepted Wq_accepted L Lq util p0 P_wait_accepted Wq_acc_p50 Wq_acc_p95 Wq_acc_p99",
        ),
        plain(
            "MMCK-6",
            (20, 500),
            &poisson(1000.0),
            "{servers: 10, capacity: 110, service: {exponential: {mean: 100ms}}}",
            "P_block throughput W_accepted Wq_accepted L Lq util P_wait_accepted Wq_acc_p50 Wq_acc_p95 Wq_acc_p99",
        )
        .every("1s")
        .and("p0", nobody()),
        plain(
            "ERLB-3",
            (20, 250),
            &poisson(100.0),
            "{servers: 117, capacity: 117, service: {hyperexponential: {mean: 1s, cv: 2}}}",
            "P_block util",
        )
        .and("L", Measure::Station("q servers", "busy")),
        plain(
            "ERLB-4",
            (20, 550),
            &poisson(12.0),
            "{servers: 10, capacity: 10, service: {lognormal: {mean: 1s, cv: 1.5}}}",
            "P_block util",
        )
        .and("L", Measure::Station("q servers", "busy")),
    ]
}

/// M/G/1, M/D/1, M/D/c and M/G/c.
fn general() -> Vec<Case> {
    let hang =
        servers(1, "{mixture: [{weight: 99%, of: {exponential: {mean: 10ms}}}, {weight: 1%, of: 1s}]}");
    let bimodal =
        servers(1, "{hyperexponential: {phases: [{weight: 99.9%, mean: 100ms}, {weight: 0.1%, mean: 10s}]}}");
    vec![
        plain(
            "MD1-3",
            (20, 5000),
            &poisson(90.0),
            &servers(1, "10ms"),
            "rho W Wq L Lq W_p50 W_p95 Wq_p50 Wq_p95 Wq_p90 W_p90",
        )
        .and("P_wait_gt_5D", Measure::Station("q servers", "wait above 0.05")),
        plain(
            "MD1-3",
            (20, 73_000),
            &poisson(90.0),
            &servers(1, "10ms"),
            "var_Wq Wq_p99 W_p99 Wq_p99.9 W_p99.9",
        )
        .long(),
        plain(
            "MG1-E4",
            (20, 3100),
            &poisson(80.0),
            &servers(1, "{erlang: {stages: 4, mean: 10ms}}"),
            "rho W Wq L Lq W_p50 W_p95 W_p99 Wq_p50 Wq_p95 Wq_p99",
        ),
        plain(
            "MG1-E4",
            (20, 27_000),
            &poisson(80.0),
            &servers(1, "{erlang: {stages: 4, mean: 10ms}}"),
            "var_Wq Wq_p99.9 W_p99.9",
        )
        .long(),
        plain(
            "MG1-H2-4",
            (50, 13_000),
            &poisson(80.0),
            &servers(1, "{hyperexponential: {mean: 10ms, cv: 2}}"),
            "rho W Wq L Lq W_p50 W_p95 W_p99 Wq_p95 var_Wq Wq_p50 Wq_p99",
        ),
        plain(
            "MG1-H2-4",
            (50, 95_000),
            &poisson(80.0),
            &servers(1, "{hyperexponential: {mean: 10ms, cv: 2}}"),
            "Wq_p99.9 W_p99.9",
        )
        .long(),
        plain(
            "MG1-H2-20",
            (100, 20_000),
            &poisson(60.0),
            &servers(1, "{hyperexponential: {mean: 10ms, cv: 4.47213595499958}}"),
            "rho W L Wq_p95 Wq Lq W_p50 W_p95 Wq_p99 W_p99",
        ),
        plain(
            "MG1-H2-20",
            (100, 114_000),
            &poisson(60.0),
            &servers(1, "{hyperexponential: {mean: 10ms, cv: 4.47213595499958}}"),
            "var_Wq Wq_p50 Wq_p99.9 W_p99.9",
        )
        .long(),
        plain("MG1-BROOKER-BIMOD", (1000, 12_000), &poisson(7.279_344_858_962_694), &bimodal, "rho"),
        plain(
            "MG1-BROOKER-BIMOD",
            (20_000, 3_000_000),
            &poisson(7.279_344_858_962_694),
            &bimodal,
            "rho W Wq W_p50 W_p95 Lq L Wq_p50 Wq_p95 Wq_p99 W_p99",
        )
        .long(),
        plain("MG1-HANG", (200, 4000), &poisson(40.0), &hang, "rho"),
        plain("MG1-HANG", (1000, 260_000), &poisson(40.0), &hang, "rho W Wq L Lq var_Wq").long(),
        plain(
            "MDC-1",
            (20, 1900),
            &poisson(160.0),
            &servers(2, "10ms"),
            "rho W Wq Lq P_wait Wq_p50 Wq_p95 Wq_p99",
        ),
        plain("MDC-1", (20, 19_500), &poisson(160.0), &servers(2, "10ms"), "Wq_p99.9").long(),
        plain("MDC-3", (20, 2100), &poisson(450.0), &servers(10, "20ms"), "rho W Wq P_wait Wq_p95"),
        plain("MDC-3", (20, 18_500), &poisson(450.0), &servers(10, "20ms"), "Wq_p50 Lq Wq_p99 Wq_p99.9")
            .long(),
        plain(
            "MH2C-2",
            (20, 3200),
            &poisson(450.0),
            &servers(10, "{hyperexponential: {mean: 20ms, cv: 2}}"),
            "rho W P_wait",
        ),
        plain(
            "MH2C-2",
            (20, 7700),
            &poisson(450.0),
            &servers(10, "{hyperexponential: {mean: 20ms, cv: 2}}"),
            "Wq Lq",
        )
        .long(),
        plain(
            "MH2C-3",
            (100, 16_000),
            &poisson(80.0),
            &servers(10, "{hyperexponential: {mean: 100ms, cv: 3.1622776601683795}}"),
            "rho W P_wait",
        ),
        plain(
            "MH2C-3",
            (100, 70_000),
            &poisson(80.0),
            &servers(10, "{hyperexponential: {mean: 100ms, cv: 3.1622776601683795}}"),
            "Wq Lq",
        )
        .long(),
    ]
}

/// G/M/1, G/M/c, Markov-modulated and batch arrivals.
fn other_arrivals() -> Vec<Case> {
    let mmpp = "{mmpp: {states: [{rate: 60/s, mean-stay: 9.5s}, {rate: 300/s, mean-stay: 500ms}]}}";
    vec![
        plain(
            "GM1-E3",
            (20, 2500),
            "{renewal: {interarrival: {erlang: {stages: 3, mean: 12500us}}}}",
            &mm1("fifo"),
            "rho W Wq Lq P_wait W_p50 W_p95 Wq_p50 Wq_p95 sigma",
        ),
        plain(
            "GM1-E3",
            (20, 24_500),
            "{renewal: {interarrival: {erlang: {stages: 3, mean: 12500us}}}}",
            &mm1("fifo"),
            "W_p99 Wq_p99 Wq_p99.9 W_p99.9",
        )
        .long(),
        plain(
            "GM1-U",
            (20, 2500),
            "{renewal: {interarrival: {uniform: {from: 0s, to: 25ms}}}}",
            &mm1("fifo"),
            "rho W Wq Lq P_wait W_p50 W_p95 Wq_p50 Wq_p95 sigma",
        ),
        plain(
            "GM1-U",
            (20, 27_000),
            "{renewal: {interarrival: {uniform: {from: 0s, to: 25ms}}}}",
            &mm1("fifo"),
            "Wq_p99 W_p99 Wq_p99.9 W_p99.9",
        )
        .long(),
        plain(
            "DMC-1",
            (20, 2500),
            "{deterministic: {rate: 180/s}}",
            &servers(10, "{exponential: {mean: 50ms}}"),
            "W P_wait Wq Lq",
        ),
        plain(
            "MXM1-2",
            (50, 14_500),
            "{batches: {rate: 8/s, size: {geometric: {mean: 10}}}}",
            &mm1("fifo"),
            "rho W Wq L",
        ),
        plain("MMPP-M-1", (200, 3100), mmpp, &mm1("fifo"), "P_wait_arrival rho P_busy_time lam_mean"),
        plain("MMPP-M-1", (500, 150_000), mmpp, &mm1("fifo"), "W Wq Lq Wq_p95 Wq_p99 lam_mean").long(),
        plain(
            "IPP-M-1",
            (50, 13_000),
            "{mmpp: {states: [{rate: 200/s, mean-stay: 100ms}, {rate: 0/s, mean-stay: 200ms}]}}",
            &mm1("fifo"),
            "W Wq Lq P_wait_arrival rho P_busy_time Wq_p95 Wq_p99 lam_mean",
        ),
    ]
}

/// Response times less the mean service.
fn waits(operation: &'static str, service_s: f64) -> Measure {
    Measure::Linear(Box::new(Measure::Operation(operation, "mean")), 1.0, -service_s)
}

/// Processor sharing, last come first served, priority, vacations.
fn disciplines() -> Vec<Case> {
    let idle = |station| Measure::Linear(Box::new(Measure::Station(station, "full")), -1.0, 1.0);
    vec![
        plain("MM1-PS-3", (50, 5000), &poisson(90.0), &mm1("processor-sharing"), "W L W_p50")
            .and("slowdown", Measure::Operation("q", "mean").times(100.0)),
        plain("MM1-PS-3", (50, 80_000), &poisson(90.0), &mm1("processor-sharing"), "W_p95 W_p99 var_W")
            .long(),
        // At the same load; what others bring does not matter where all share, so that some may bring just so much.
        system(
            "MM1-PS-3",
            (50, 13_000),
            "modules: {m: {operations: {some: [{cpu: {exponential: {mean: 10ms}}}], small: [{cpu: 10ms}],
               large: [{cpu: 100ms}]}}}",
            "processes: {p: {modules: [m], cores: 1, style: event-loop}}",
            "load: {m.some: {rate: 30/s}, m.small: {rate: 30/s}, m.large: {rate: 3/s}}",
        )
        .and("cond_W_of_10ms_job", Measure::Operation("m.small", "mean"))
        .and("cond_W_of_100ms_job", Measure::Operation("m.large", "mean"))
        .long(),
        plain(
            "MG1-PS-INSENS",
            (50, 4000),
            &poisson(80.0),
            "{servers: 1, discipline: processor-sharing, service: {lognormal: {mean: 10ms, cv: 2}}}",
            "W L",
        )
        .every("1s")
        .and("P_empty", idle("q servers"))
        .and("P_N_ge_10", Measure::OverTime(|n| f64::from(n >= 10.0))),
        plain("MM1-LCFS", (20, 4200), &poisson(80.0), &mm1("lifo"), "Wq"),
        plain("MM1-LCFS", (20, 62_000), &poisson(80.0), &mm1("lifo"), "EWq2 var_Wq").long(),
        visits(
            "PRIO-2",
            (50, 6000),
            "a: [{hold: {station: q, steps: [{delay: {exponential: {mean: 5ms}}}]}}],
             b: [{hold: {station: q, steps: [{delay: {exponential: {mean: 10ms}}}]}}],
             c: [{hold: {station: q, steps: [{delay: {exponential: {mean: 30ms}}}]}}]",
            "q: {servers: 1, discipline: priority}",
            "load: {m.a: {rate: 20/s}, m.b: {rate: 40/s}, m.c: {rate: 10/s}},
             clients: {m.a: {priority: 1}, m.b: {priority: 2}, m.c: {priority: 3}}",
        )
        .and("W_nonpreempt_class1", Measure::Operation("m.a", "mean"))
        .and("W_nonpreempt_class2", Measure::Operation("m.b", "mean"))
        .and("W_nonpreempt_class3", Measure::Operation("m.c", "mean"))
        .and("Wq_nonpreempt_class1", waits("m.a", 0.005))
        .and("Wq_nonpreempt_class2", waits("m.b", 0.01))
        .and("Wq_nonpreempt_class3", waits("m.c", 0.03))
        .and(
            "conservation_sum_rho_Wq",
            Measure::Sum(vec![
                waits("m.a", 0.005).times(0.1),
                waits("m.b", 0.01).times(0.4),
                waits("m.c", 0.03).times(0.3),
            ]),
        )
        .and("rho", Measure::Station("q servers", "utilisation")),
        // Whoever finds nobody waiting is away for 20 ms: a user of the lowest class who always comes back.
        visits(
            "VAC-2",
            (20, 190),
            "work: [{hold: {station: q, steps: [{delay: 10ms}]}}],
             away: [{hold: {station: q, steps: [{delay: 20ms}]}}]",
            "q: {servers: 1, discipline: priority}",
            "load: {m.work: {rate: 60/s}, m.away: {closed: {users: 1, think: 0s}}},
             clients: {m.work: {priority: 1}, m.away: {priority: 2}}",
        )
        .and("Wq", Measure::Linear(Box::new(Measure::Operation("m.work", "mean")), 1.0, -0.01)),
    ]
}

/// Of all who come, those who find no server: who gives up has waited too.
fn waits_at_all() -> Measure {
    let station = |which| Measure::Station("q servers", which);
    Measure::Of(vec![station("waited"), station("visits"), station("gave-up")], |v| {
        (v[0] * v[1] + v[2]) / (v[1] + v[2])
    })
}

/// M/M/c+D, M/M/c+M, clients who give up.
fn impatient() -> Vec<Case> {
    let mut late = plain("LATE-1", (20, 900), &poisson(80.0), &mm1("fifo"), "P_late goodput");
    late.scenario = late.scenario.replacen('{', "{clients: {q: {timeout: 100ms}}, ", 1);
    vec![
        plain(
            "MMCD-3",
            (20, 1000),
            &poisson(500.0),
            "{servers: 10, patience: 500ms, service: {exponential: {mean: 20ms}}}",
            "P_abandon throughput util Wq_served_p95 Wq_served_p99",
        )
        .and("P_wait", waits_at_all()),
        plain(
            "MMCD-3",
            (100, 20_000),
            &poisson(500.0),
            "{servers: 10, patience: 500ms, service: {exponential: {mean: 20ms}}}",
            "Wq_served Lq Wq_all Wq_served_p50",
        )
        .long(),
        plain(
            "MMCD-5",
            (10, 590),
            &poisson(90.0),
            "{servers: 1, patience: 50ms, service: {exponential: {mean: 10ms}}}",
            "P_abandon Wq_served Lq throughput util Wq_all Wq_served_p50 Wq_served_p95 Wq_served_p99",
        )
        .and("P_wait", waits_at_all()),
        plain(
            "MMCD-6",
            (10, 50),
            &poisson(2100.0),
            "{servers: 100, patience: 100ms, service: {exponential: {mean: 50ms}}}",
            "P_abandon Wq_served Lq throughput util Wq_all Wq_served_p50 Wq_served_p95 Wq_served_p99",
        ),
        plain(
            "MMCD-6",
            (10, 600),
            &poisson(2100.0),
            "{servers: 100, patience: 100ms, service: {exponential: {mean: 50ms}}}",
            "P_abandon",
        )
        .and("P_wait", waits_at_all())
        .long(),
        plain(
            "ERLA-1",
            (50, 6200),
            &poisson(12.0),
            "{servers: 10, patience: {exponential: {mean: 2s}}, service: {exponential: {mean: 1s}}}",
            "P_abandon Wq_served Lq throughput util Wq_all",
        )
        .and("P_wait", waits_at_all()),
        plain(
            "ERLA-4",
            (50, 3200),
            &poisson(110.0),
            "{servers: 100, patience: {exponential: {mean: 4s}}, service: {exponential: {mean: 1s}}}",
            "P_abandon Wq_served Lq throughput util Wq_all",
        )
        .and("P_wait", waits_at_all()),
        late,
    ]
}

/// Rate limiters in front of a system that takes no time.
fn limited() -> Vec<Case> {
    let limited = |id, seconds, limit: &str, rate: f64| {
        system(
            id,
            (0, seconds),
            "modules: {m: {operations: {go: [{delay: 1us}]}}}",
            &format!(
                "processes: {{p: {{modules: [m], cores: 1, style: event-loop}}}},
                 gateways: {{edge: {{routes: [all], {limit}}}}}"
            ),
            &format!("load: {{m.go: {{rate: {rate}/s}}}}"),
        )
        .and("P_reject", Measure::Operation("m.go", "failed"))
        .and("accepted_rate", Measure::Operation("m.go", "served"))
    };
    vec![
        limited("TOKEN-1", 500, "rate-limit: {rate: 100/s, burst: 5}", 80.0),
        limited("TOKEN-4", 2000, "rate-limit: {rate: 100/s, burst: 50}", 95.0),
        limited("WINDOW-1", 1000, "fixed-window: {limit: 100, window: 1s}", 90.0),
        visits(
            "OMISSION-CLOSED-1",
            (10, 200),
            "go: [{visit: q}]",
            &crate::case::exponential("q", 1, 0.1),
            "load: {m.go: {closed: {users: 1, think: {exponential: {mean: 20ms}}}}}",
        )
        .and("X", Measure::Operation("m.go", "served"))
        .and("R", Measure::Operation("m.go", "mean"))
        .and("util", Measure::Station("q servers", "utilisation")),
        plain(
            "REPAIR-1",
            (20, 2600),
            "{closed: {users: 50, think: {exponential: {mean: 1s}}}}",
            &servers(1, "{exponential: {mean: 20ms}}"),
            "X R util Wq P_all_idle",
        )
        .and("L", present("q servers")),
        // Two nodes that fail once in 1,000 s each, and one repairman who takes 2 s: of the two that are at the station
        // one waits.
        plain(
            "AVAIL-2",
            (20_000, 800_000_000),
            "{closed: {users: 2, think: {exponential: {mean: 1000s}}}}",
            &servers(1, "{exponential: {mean: 2s}}"),
            "L",
        )
        .without("L")
        .and("P_both_down", Measure::Station("q servers", "queue"))
        .and("P_at_least_one", Measure::Linear(Box::new(Measure::Station("q servers", "queue")), -1.0, 1.0))
        .long(),
    ]
}
