//! Networks of stations, open and closed; simultaneous possession; locks and pools.

use crate::case::{Case, Measure, exponential, in_turn, present, system, visits};

use Measure::{Effect, Linear, Of, Operation, Station};

pub(crate) fn cases() -> Vec<Case> {
    [open(), closed(), several_classes(), possession(), rows()].into_iter().flatten().collect()
}

fn stations(list: &[String]) -> String {
    list.join(", ")
}

/// Time at a station for each visit, by Little's law.
fn each_visit(label: &'static str) -> Measure {
    present(label).over(Station(label, "visits"))
}

/// Jackson networks, and the monolith against its parts.
fn open() -> Vec<Case> {
    let passport = |times| {
        visits(
            "JACK-PASSPORT",
            times,
            &format!("go: [{}]", in_turn(&["w1", "w2", "w3", "w4"])),
            &stations(&[
                exponential("w1", 1, 20.0),
                exponential("w2", 1, 226.530_612_244_897_97),
                exponential("w3", 1, 232.653_061_224_489_8),
                exponential("w4", 1, 60.0),
            ]),
            "load: {m.go: {rate: 15/h}}",
        )
        .and("rho_w1", Station("w1 servers", "utilisation"))
        .and("rho_w2", Station("w2 servers", "utilisation"))
        .and("rho_w3", Station("w3 servers", "utilisation"))
        .and("rho_w4", Station("w4 servers", "utilisation"))
    };
    let rows: Vec<String> = (1..=5)
        .flat_map(|k| [exponential(&format!("a{k}"), 1, 0.01), exponential(&format!("b{k}"), 1, 0.01)])
        .chain(["shared: {servers: 5, service: {erlang: {stages: 5, mean: 50ms}}}".to_owned()])
        .collect();
    let hops: Vec<String> = (1..=5).map(|k| format!("{{delay: 1ms}}, {{visit: b{k}}}")).collect();
    vec![
        passport((2_000_000, 12_000_000)),
        passport((20_000_000, 1_200_000_000)).and("R_total", Operation("m.go", "mean")).long(),
        visits(
            "JACK-FEEDBACK",
            (20, 1000),
            "go: [{repeat: {times: {geometric: {mean: 1.25}}, steps: [{visit: q}]}}]",
            &exponential("q", 1, 0.01),
            "load: {m.go: {rate: 50/s}}",
        )
        .and("W_total", Operation("m.go", "mean"))
        .and("rho", Station("q servers", "utilisation"))
        .and("L", present("q servers"))
        .and("visits", Measure::Linear(Box::new(Station("q servers", "visits")), 0.02, 0.0)),
        visits(
            "MONOMICRO-1",
            (20, 2500),
            &format!(
                "mono: [{{visit: shared}}], micro: [{}], hops: [{}]",
                in_turn(&["a1", "a2", "a3", "a4", "a5"]),
                hops.join(", ")
            ),
            &stations(&rows),
            "load: {m.mono: {rate: 80/s}, m.micro: {rate: 80/s}, m.hops: {rate: 80/s}}",
        )
        .and("W_monolith", Operation("m.mono", "mean"))
        .and("Wq_monolith", Station("shared servers", "wait mean"))
        .and("W_micro_no_net", Operation("m.micro", "mean"))
        .and("W_micro_with_1ms_hops", Operation("m.hops", "mean"))
        .and("W_micro_p50", Operation("m.micro", "p50"))
        .and("W_micro_p99", Operation("m.micro", "p99"))
        .and("ratio_mean", Operation("m.micro", "mean").over(Operation("m.mono", "mean"))),
    ]
}

/// Closed networks of one class.
fn closed() -> Vec<Case> {
    let go = |case: Case| case.and("X", Operation("m.go", "served")).and("R", Operation("m.go", "mean"));
    let ebiz = |id, users: u32, seconds| {
        let list = [("web", 0.0098), ("app", 0.0025), ("db", 0.00072), ("dummy", 0.0098)];
        let list: Vec<String> = list.iter().map(|(name, mean)| exponential(name, 1, *mean)).collect();
        go(visits(
            id,
            (20, seconds),
            &format!("go: [{}]", in_turn(&["web", "app", "db", "dummy"])),
            &stations(&list),
            &format!("load: {{m.go: {{closed: {{users: {users}, think: 0s}}}}}}"),
        ))
        .and("U_web", Station("web servers", "utilisation"))
        .and("U_app", Station("app servers", "utilisation"))
        .and("U_db", Station("db servers", "utilisation"))
        .and("U_dummy", Station("dummy servers", "utilisation"))
        .and("Q_web", present("web servers"))
        .and("Q_app", present("app servers"))
        .and("Q_db", present("db servers"))
        .and("Q_dummy", present("dummy servers"))
        .and("R_per_visit_web", each_visit("web servers"))
        .and("R_per_visit_app", each_visit("app servers"))
        .and("R_per_visit_db", each_visit("db servers"))
        .and("R_per_visit_dummy", each_visit("dummy servers"))
    };
    let names: Vec<String> = (1..=17).map(|k| format!("k{k}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let httpd: Vec<String> = names
        .iter()
        .map(|name| exponential(name, 1, if *name == "k1" { 0.0109 } else { 0.000_275 }))
        .collect();
    vec![
        go(visits(
            "MVA-JAIN",
            (1000, 50_000),
            "go: [{repeat: {times: 16, steps: [{visit: k1}]}}, {repeat: {times: 10, steps: [{visit: k2}]}},
                  {repeat: {times: 5, steps: [{visit: k3}]}}]",
            &stations(&[exponential("k1", 1, 0.125), exponential("k2", 1, 0.3), exponential("k3", 1, 0.2)]),
            "load: {m.go: {closed: {users: 20, think: {exponential: {mean: 4s}}}}}",
        ))
        .and("U_k1", Station("k1 servers", "utilisation"))
        .and("U_k2", Station("k2 servers", "utilisation"))
        .and("U_k3", Station("k3 servers", "utilisation"))
        .and("Q_k1", present("k1 servers"))
        .and("Q_k2", present("k2 servers"))
        .and("Q_k3", present("k3 servers"))
        .and("R_per_visit_k1", each_visit("k1 servers"))
        .and("R_per_visit_k2", each_visit("k2 servers"))
        .and("R_per_visit_k3", each_visit("k3 servers")),
        go(visits(
            "MVA-BOLCH83",
            (20, 7300),
            "go: [{visit: k1}, {choose: {branches: [
               {weight: 40%, steps: [{visit: k2}]}, {weight: 20%, steps: [{visit: k3}]},
               {weight: 10%, steps: [{visit: k4}]}, {weight: 30%}]}}]",
            &stations(&[
                exponential("k1", 1, 0.02),
                exponential("k2", 1, 0.2),
                exponential("k3", 1, 0.4),
                exponential("k4", 1, 0.6),
            ]),
            "load: {m.go: {closed: {users: 6, think: 0s}}}",
        ))
        .and("U_k1", Station("k1 servers", "utilisation"))
        .and("U_k2", Station("k2 servers", "utilisation"))
        .and("U_k3", Station("k3 servers", "utilisation"))
        .and("U_k4", Station("k4 servers", "utilisation"))
        .and("Q_k1", present("k1 servers"))
        .and("Q_k2", present("k2 servers"))
        .and("Q_k3", present("k3 servers"))
        .and("Q_k4", present("k4 servers"))
        .and("R_per_visit_k1", each_visit("k1 servers"))
        .and("R_per_visit_k2", each_visit("k2 servers"))
        .and("R_per_visit_k3", each_visit("k3 servers"))
        .and("R_per_visit_k4", each_visit("k4 servers")),
        ebiz("MVA-EBIZ-4", 4, 100),
        ebiz("MVA-EBIZ-10", 10, 200),
        ebiz("MVA-EBIZ-20", 20, 500),
        go(visits(
            "MVA-HTTPD",
            (20, 90),
            &format!("go: [{}]", in_turn(&names)),
            &stations(&httpd),
            "load: {m.go: {closed: {users: 5, think: 0s}}}",
        ))
        .and("U_k1", Station("k1 servers", "utilisation"))
        .and("U_k2", Station("k2 servers", "utilisation"))
        .and("Q_k1", present("k1 servers"))
        .and("R_per_visit_k1", each_visit("k1 servers"))
        .and("Q_k2", present("k2 servers"))
        .and("R_per_visit_k2", each_visit("k2 servers"))
        .and("U_k3", Station("k3 servers", "utilisation"))
        .and("Q_k3", present("k3 servers"))
        .and("R_per_visit_k3", each_visit("k3 servers"))
        .and("U_k4", Station("k4 servers", "utilisation"))
        .and("Q_k4", present("k4 servers"))
        .and("R_per_visit_k4", each_visit("k4 servers"))
        .and("U_k5", Station("k5 servers", "utilisation"))
        .and("Q_k5", present("k5 servers"))
        .and("R_per_visit_k5", each_visit("k5 servers"))
        .and("U_k6", Station("k6 servers", "utilisation"))
        .and("Q_k6", present("k6 servers"))
        .and("R_per_visit_k6", each_visit("k6 servers")),
        visits(
            "GB-20",
            (20, 140),
            &format!("go: [{}]", in_turn(&["k1", "k2", "k3", "k4"])),
            &stations(&[
                exponential("k1", 1, 0.1),
                exponential("k2", 1, 0.1),
                exponential("k3", 1, 0.09),
                exponential("k4", 1, 0.08),
            ]),
            "load: {m.go: {closed: {users: 20, think: 0s}}}",
        )
        .and("X", Operation("m.go", "served"))
        .and("X_lower", Operation("m.go", "served"))
        .and("X_upper", Operation("m.go", "served")),
        go(system(
            "MVA-DBCLUSTER",
            (100, 600),
            "modules: {
               m: {operations: {go: [{cpu: {exponential: {mean: 100ms}}}, {call: b.go}]}},
               b: {operations: {go: [{cpu: {exponential: {mean: 600ms}}}, {call: d.go}]}},
               d: {operations: {go: [{cpu: {exponential: {mean: 1200ms}}}]}}}",
            "processes: {
               fep: {modules: [m], replicas: 15, cores: 1, style: event-loop, balance: random},
               bep: {modules: [b], replicas: 50, cores: 1, style: event-loop, balance: random},
               dsu: {modules: [d], replicas: 100, cores: 1, style: event-loop, balance: random}}",
            "load: {m.go: {closed: {users: 800, think: {exponential: {mean: 10s}}}}}",
        ))
        .and("U_fep", Station("fep cores", "utilisation"))
        .and("U_bep", Station("bep cores", "utilisation"))
        .and("U_dsu", Station("dsu cores", "utilisation")),
        go(visits(
            "ORWP-96",
            (2, 4),
            "go: [{delay: 1ms}, {hold: {station: pool, steps: [{delay: 2ms}]}}]",
            "pool: {servers: 96}",
            "load: {m.go: {closed: {users: 9600, think: {exponential: {mean: 550ms}}}}}",
        ))
        .renamed(&[("X", "X_implied")])
        .without("R")
        .and("mean_busy_connections", Station("pool servers", "busy"))
        .and("pool_util", Station("pool servers", "utilisation")),
    ]
}

/// Closed networks of two classes, at shared processors.
fn several_classes() -> Vec<Case> {
    vec![
        system(
            "MVA2-ZAHORJAN",
            (500, 20_000),
            "modules: {
               a: {operations: {one: [{cpu: {exponential: {mean: 1s}}}, {call: b.one}],
                                two: [{cpu: {exponential: {mean: 2s}}}, {call: b.two}]}},
               b: {operations: {one: [{cpu: {exponential: {mean: 3s}}}],
                                two: [{cpu: {exponential: {mean: 4s}}}]}}}",
            "processes: {s1: {modules: [a], cores: 1, style: event-loop},
                         s2: {modules: [b], cores: 1, style: event-loop}}",
            "load: {a.one: {closed: {users: 1, think: 0s}}, a.two: {closed: {users: 1, think: 0s}}}",
        )
        .and("X_class1", Operation("a.one", "served"))
        .and("R_class1", Operation("a.one", "mean"))
        .and("X_class2", Operation("a.two", "served"))
        .and("R_class2", Operation("a.two", "mean"))
        .and("U_station1", Station("s1 cores", "utilisation"))
        .and("U_station2", Station("s2 cores", "utilisation"))
        .and("Q_station1", present("s1 cores"))
        .and("Q_station2", present("s2 cores")),
        system(
            "MVA2-BOLCH-NOCS",
            (20, 480),
            "modules: {
               a: {operations: {one: [{cpu: {exponential: {mean: 10ms}}}, {call: b.one}],
                                two: [{cpu: {exponential: {mean: 50ms}}}, {call: c.two}]}},
               b: {operations: {one: [{cpu: {exponential: {mean: 40500us}}}, {call: c.one}]}},
               c: {operations: {one: [{cpu: {exponential: {mean: 50ms}}}],
                                two: [{cpu: {exponential: {mean: 50ms}}}, {call: d.two}]}},
               d: {operations: {two: [{cpu: {exponential: {mean: 39200us}}}]}}}",
            "processes: {s1: {modules: [a], cores: 1, style: event-loop},
                         s2: {modules: [b], cores: 1, style: event-loop},
                         s3: {modules: [c], cores: 1, style: event-loop},
                         s4: {modules: [d], cores: 1, style: event-loop}}",
            "load: {a.one: {closed: {users: 3, think: 0s}}, a.two: {closed: {users: 2, think: 0s}}}",
        )
        .and("X_class1", Operation("a.one", "served"))
        .and("R_class1", Operation("a.one", "mean"))
        .and("X_class2", Operation("a.two", "served"))
        .and("R_class2", Operation("a.two", "mean"))
        .and("U_station1", Station("s1 cores", "utilisation"))
        .and("U_station2", Station("s2 cores", "utilisation"))
        .and("U_station3", Station("s3 cores", "utilisation"))
        .and("U_station4", Station("s4 cores", "utilisation"))
        .and("Q_station1", present("s1 cores"))
        .and("Q_station2", present("s2 cores"))
        .and("Q_station3", present("s3 cores"))
        .and("Q_station4", present("s4 cores")),
    ]
}

/// Threads that are held while a connection is waited for and held.
fn possession() -> Vec<Case> {
    let go = "go: [{hold: {station: threads, steps: [
        {visit: cpu}, {hold: {station: connections, steps: [{visit: db}]}}]}}]";
    let closed = |id, seconds, users: u32, [t, c1, p, c2]: [u32; 4], [s1, s2]: [f64; 2]| {
        visits(
            id,
            (20, seconds),
            go,
            &stations(&[
                format!("threads: {{servers: {t}}}"),
                exponential("cpu", c1, s1),
                format!("connections: {{servers: {p}}}"),
                exponential("db", c2, s2),
            ]),
            &format!("load: {{m.go: {{closed: {{users: {users}, think: {{exponential: {{mean: 1s}}}}}}}}}}"),
        )
        .and("X", Operation("m.go", "served"))
        .and("R", Operation("m.go", "mean"))
        .and("util_threads", Station("threads servers", "utilisation"))
        .and("util_pool", Station("connections servers", "utilisation"))
        .and("util_cpu", Station("cpu servers", "utilisation"))
        .and("util_db", Station("db servers", "utilisation"))
        .and("L_cpu", present("cpu servers"))
        .and("L_db", present("db servers"))
        .and("Lq_conn", Station("connections servers", "queue"))
    };
    let nested = |station: &str| {
        let inner = "{delay: {exponential: {mean: 10ms}}}";
        let hold = |steps: &str| format!("{{hold: {{station: {station}, steps: [{inner}, {steps}]}}}}");
        hold(&hold(&hold(inner)))
    };
    vec![
        closed("SRP-CLOSED-1", 7100, 40, [8, 2, 4, 4], [0.01, 0.04]),
        closed("SRP-CLOSED-2", 300, 40, [8, 2, 8, 4], [0.01, 0.04]),
        closed("SRP-CLOSED-3", 3200, 60, [20, 4, 5, 8], [0.005, 0.05]),
        visits(
            "SRP-OPEN-3",
            (20, 1300),
            go,
            "threads: {servers: 16, capacity: 66}, cpu: {servers: 2, service: {exponential: {mean: 5ms}}},
             connections: {servers: 4}, db: {servers: 4, service: {exponential: {mean: 20ms}}}",
            "load: {m.go: {rate: 150/s}}",
        )
        .and("throughput", Operation("m.go", "served"))
        .and("R_accepted", Operation("m.go", "mean"))
        .and("Wq_conn", Station("connections servers", "wait mean"))
        .and("Lq_conn", Station("connections servers", "queue"))
        .and("L_cpu", present("cpu servers"))
        .and("L_db", present("db servers"))
        .and("util_threads", Station("threads servers", "utilisation"))
        .and("util_pool", Station("connections servers", "utilisation"))
        .and("P_reject", Operation("m.go", "failed")),
        // Eight threads need three connections each. A pool of 17 never waits for itself; one of 16 does.
        visits(
            "POOLLOCK-8-3",
            (0, 300),
            &format!(
                "small: [{{hold: {{station: t16, steps: [{}]}}}}], enough: [{{hold: {{station: t17, steps: [{}]}}}}]",
                nested("p16"),
                nested("p17")
            ),
            "t16: {servers: 8}, p16: {servers: 16, patience: 10s}, t17: {servers: 8}, p17: {servers: 17, patience: 10s}",
            "load: {m.small: {closed: {users: 8, think: {exponential: {mean: 10ms}}}},
                    m.enough: {closed: {users: 8, think: {exponential: {mean: 10ms}}}}}",
        )
        .and(
            "min_pool",
            Of(vec![Operation("m.small", "failed"), Operation("m.enough", "failed")], |v| match (v[0], v[1]) {
                (_, enough) if enough > 0.0 => 18.0,
                (small, _) if small > 0.0 => 17.0,
                _ => 16.0,
            }),
        ),
    ]
}

/// Row locks that are waited for while a connection is held.
fn rows() -> Vec<Case> {
    let deployment = |pool: u32| {
        format!(
            "processes: {{p: {{modules: [m], cores: 1, style: event-loop}}}},
             pools: {{p: {{to: db, maximum-pool-size: {pool}, connection-timeout: 1h}}}},
             databases: {{db: {{kind: mariadb, cores: 1, schemas: [s], statement: 0s, max-connections: 10000}}}}"
        )
    };
    let hot = |id, pool: u32, share: u32, times| {
        system(
            id,
            times,
            &format!(
                "keys: {{row: {{count: 1, popularity: uniform}}}}, schemas: {{s: [t]}},
                 modules: {{m: {{operations: {{go: [{{choose: {{branches: [
                   {{weight: {share}%, steps: [{{transaction: {{in: s, steps: [
                     {{lock: {{table: t, key: row}}}}, {{delay: {{exponential: {{mean: 20ms}}}}}}]}}}}]}},
                   {{weight: {}%, steps: [{{transaction: {{in: s, steps: [
                     {{delay: {{exponential: {{mean: 5ms}}}}}}]}}}}]}}]}}}}]}}}}}}",
                100 - share
            ),
            &deployment(pool),
            "load: {m.go: {rate: 200/s}}",
        )
        .and("throughput", Operation("m.go", "served"))
        .and("E_pool_busy", Station("p connections", "busy"))
        .and("P_pool_exhausted", Station("p connections", "full"))
        .and("P_reject", Operation("m.go", "failed"))
    };
    let full = |times| {
        visits(
            "HOTLOCK-4",
            times,
            "go: [{hold: {station: pool, steps: [{choose: {branches: [
               {weight: 20%, steps: [{visit: row}]},
               {weight: 80%, steps: [{delay: {exponential: {mean: 5ms}}}]}]}}]}}]",
            "pool: {servers: 10, capacity: 410}, row: {servers: 1, service: {exponential: {mean: 20ms}}}",
            "load: {m.go: {rate: 260/s}}",
        )
        .and("throughput", Operation("m.go", "served"))
        .and("P_reject", Operation("m.go", "failed"))
        .and("E_pool_busy", Station("pool servers", "busy"))
        .and("E_conn_blocked_on_lock", Station("row servers", "queue"))
        .and("lock_util", Station("row servers", "utilisation"))
        .and("P_pool_exhausted", Station("pool servers", "full"))
    };
    // Row locks do not show for how much of the time they are held; a server that is visited as they are does.
    let held = |id, pool: u32, share: u32, times| {
        visits(
            id,
            times,
            &format!(
                "go: [{{hold: {{station: pool, steps: [{{choose: {{branches: [
                   {{weight: {share}%, steps: [{{visit: row}}]}},
                   {{weight: {}%, steps: [{{delay: {{exponential: {{mean: 5ms}}}}}}]}}]}}}}]}}}}]",
                100 - share
            ),
            &format!(
                "pool: {{servers: {pool}, capacity: {}}}, row: {{servers: 1, service: {{exponential: {{mean: 20ms}}}}}}",
                pool + 400
            ),
            "load: {m.go: {rate: 200/s}}",
        )
        .and("lock_util", Station("row servers", "utilisation"))
    };
    // Of a thousand, Zipf 0.8.
    let hottest = 1.0 / (1..=1000).map(|key| f64::from(key).powf(-0.8)).sum::<f64>();
    vec![
        hot("HOTLOCK-1", 10, 10, (10, 2900))
            .and("E_conn_blocked_on_lock", Station("db.t row locks", "queue")),
        hot("HOTLOCK-3", 20, 20, (20, 3200)),
        hot("HOTLOCK-3", 20, 20, (20, 6000))
            .and("E_conn_blocked_on_lock", Station("db.t row locks", "queue"))
            .long(),
        held("HOTLOCK-1", 10, 10, (10, 2900)),
        held("HOTLOCK-3", 20, 20, (20, 3200)),
        full((300, 1000)),
        full((300, 9000))
            .and("Lq_pool", Station("pool servers", "queue"))
            .and("Wq_pool", Station("pool servers", "wait mean"))
            .long(),
        system(
            "ZIPFLOCK-3",
            (10, 210),
            "keys: {row: {count: 1000, popularity: {zipf: 0.8}}}, schemas: {s: [t]},
             modules: {m: {operations: {go: [{transaction: {in: s, steps: [
               {lock: {table: t, key: row}}, {delay: {exponential: {mean: 4ms}}}]}}]}}}",
            &deployment(10_000),
            "load: {m.go: {rate: 1500/s}}",
        )
        .and("Wq_mean", Station("db.t row locks", "wait mean"))
        .and("P_wait", Station("db.t row locks", "waited"))
        .and("E_waiters_total", Station("db.t row locks", "queue")),
        // The row that is asked for most, as a table of its own.
        system(
            "ZIPFLOCK-3",
            (10, 400),
            &format!(
                "keys: {{row: {{count: 1, popularity: uniform}}}}, schemas: {{s: [hot]}},
                 modules: {{m: {{operations: {{go: [{{choose: {{branches: [
                   {{weight: {hottest}, steps: [{{transaction: {{in: s, steps: [
                     {{lock: {{table: hot, key: row}}}}, {{delay: {{exponential: {{mean: 4ms}}}}}}]}}}}]}},
                   {{weight: {}}}]}}}}]}}}}}}",
                1.0 - hottest
            ),
            &deployment(10_000),
            "load: {m.go: {rate: 1500/s}}",
        )
        .and("Wq_hottest", Station("db.hot row locks", "wait mean"))
        // Poisson arrivals find it locked for as much of them as of the time.
        .and("rho_hottest", Station("db.hot row locks", "waited"))
        .and("P_hot", Station("db.hot row locks", "visits").over(Operation("m.go", "offered"))),
        system(
            "ROWLOCK-E2",
            (10, 4000),
            "keys: {row: {count: 1, popularity: uniform}}, schemas: {s: [t]},
             modules: {m: {operations: {go: [{transaction: {in: s, steps: [{lock: {table: t, key: row}},
               {delay: {exponential: {mean: 5ms}}}, {delay: {exponential: {mean: 5ms}}}]}}]}}}",
            &deployment(10_000),
            "load: {m.go: {rate: 80/s}}",
        )
        .and("Wq", Station("db.t row locks", "wait mean"))
        .and("P_wait", Station("db.t row locks", "waited"))
        .and("Lq", Station("db.t row locks", "queue"))
        .and("L_connections", Station("p connections", "busy")),
        // A pool whose connections are told apart, with HikariCP's connectionTimeout as the patience.
        system(
            "MMCD-3",
            (20, 400),
            "schemas: {s: [t]}, modules: {m: {operations: {go: [{transaction: {in: s, steps: [
               {delay: {exponential: {mean: 20ms}}}]}}]}}}",
            "processes: {p: {modules: [m], cores: 1, style: event-loop}},
             pools: {p: {to: db, connection-timeout: 500ms, leak-detection-threshold: 2s}},
             databases: {db: {cores: 1, schemas: [s], statement: 0s}}",
            "load: {m.go: {rate: 500/s}}",
        )
        .and("P_abandon", Operation("m.go", "failed"))
        .and("throughput", Operation("m.go", "served"))
        .and("util", Station("p connections", "utilisation")),
        system(
            "REPLICA-1",
            (20, 4000),
            "keys: {row: {count: 1, popularity: uniform}}, schemas: {s: [t]}, modules: {m: {operations: {
               write: [{write: {table: t, key: row}}], read: [{read: {table: t, key: row}}]}}}",
            "processes: {p: {modules: [m], cores: 1, style: event-loop}},
             pools: {p: {to: db}, r: {of: p, to: db, read-replicas: true}},
             databases: {db: {cores: 64, schemas: [s], statement: 0s,
               read-replicas: {apply: {exponential: {mean: 10ms}}, shipping: 0s, parallel-workers: 1}}}",
            "load: {m.write: {rate: 80/s}, m.read: {rate: 20/s}}",
        )
        // 20 reads a second over the 4,020 s of a run.
        .and("hit_fresh", Linear(Box::new(Effect("stale-reads-db")), -1.0 / 80_400.0, 1.0))
        .and("Wq", Station("db.replica appliers", "wait mean"))
        .and("Lq", Station("db.replica appliers", "queue"))
        .and("util", Station("db.replica appliers", "utilisation")),
    ]
}
