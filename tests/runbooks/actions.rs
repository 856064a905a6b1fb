//! Actions on processes, pools, gateways, databases and clients.

use brownout::component::StationKind;
use brownout::record::{Cause, HappeningKind};

use super::system::{effect, happened, is_about, operation, run, run_on, run_text, share, station};

const WINDOWS: &str =
    "windows: {before: {from: 1m, to: 3m}, during: {from: 5m, to: 7m}, after: {from: 8m, to: 9m 30s}}";

/// Two steps: one at 5 min, one at 7 min.
fn two(first: &str, second: &str) -> String {
    format!(
        "{WINDOWS}\nrunbook: [{{name: first, when: {{at: 5m}}, do: {first}}}, \
         {{name: second, when: {{at: 7m}}, do: {second}}}]"
    )
}

#[test]
fn a_paused_operation_turns_away_at_once() {
    let results = run("web.page", &two("{pause: web.page}", "{resume: web.page}"));
    is_about(share(&results, "during", "web.page", Cause::Paused), 1.0, 0.001);
    is_about(station(&results, "during", "web").visits_per_s.mean, 0.0, 0.01);
    is_about(operation(&results, "after", "web.page").served_per_s.mean, 20.0, 0.01);
}

#[test]
fn a_rate_limit_lets_its_rate_through() {
    for at in ["edge", "web.page"] {
        let limit = format!("{{rate-limit: {{at: {at}, rate: 5/s, burst: 1}}}}");
        let results = run("web.page", &two(&limit, &format!("{{lift-limit: {at}}}")));
        // Of 20 requests a second, evenly spaced, exactly every fourth finds a token.
        is_about(operation(&results, "during", "web.page").served_per_s.mean, 5.0, 0.01);
        is_about(share(&results, "during", "web.page", Cause::RateLimited), 0.75, 0.001);
        is_about(operation(&results, "after", "web.page").served_per_s.mean, 20.0, 0.01);
    }
}

#[test]
fn a_database_that_only_reads_refuses_writes_and_serves_reads() {
    let steps = two("{read-only: mysql}", "{read-write: mysql}");
    let (notes, asks) = (run("db.note", &steps), run("db.ask", &steps));
    is_about(share(&notes, "during", "db.note", Cause::Error), 1.0, 0.001);
    is_about(operation(&notes, "after", "db.note").failed_share.mean, 0.0, 0.0);
    is_about(operation(&asks, "during", "db.ask").failed_share.mean, 0.0, 0.0);
}

#[test]
fn flags_change_what_an_operation_does() {
    let results = run("db.switched", &two("{set-flags: {plain: on}}", "{set-flags: {plain: off}}"));
    let mean = |window| operation(&results, window, "db.switched").latency.expect("served").mean_s.mean;
    is_about(mean("during") - mean("before"), 0.99, 0.001);
    is_about(mean("after"), mean("before"), 0.001);
    // 20/s × 120 s, but for the request that looked when the flag was turned.
    is_about(effect(&results, "plain"), 2_400.0, 1.0);
    is_about(effect(&results, "fancy"), 12_000.0 - 2_400.0, 1.0);
}

#[test]
fn a_rolling_restart_leaves_one_replica_at_work() {
    let rolling = "{restart: {component: web, order: one-by-one, drain: 1s}}";
    let results = run("web.page", &two(rolling, "{lift-limit: edge}"));
    // What was in a replica has a second to end, and the other one takes what comes.
    is_about(operation(&results, "during", "web.page").failed_share.mean, 0.0, 0.0);
    let text = |after: &str| {
        format!(
            "windows: {{gap: {{from: 7m, to: 7m 5s}}, {after}}}\nrunbook:
  - {{name: all, when: {{at: 7m}}, do: {{restart: {{component: web}}}}}}
  - {{name: look, when: {{recovered: web}}}}"
        )
    };
    let results = run("web.page", &text("after: {from: 8m}"));
    // All at once, and nobody is there for the start-up of 5 s.
    is_about(share(&results, "gap", "web.page", Cause::Unavailable), 1.0, 0.02);
    is_about(operation(&results, "after", "web.page").failed_share.mean, 0.0, 0.0);
    is_about(happened(&results, HappeningKind::StepDone, "look").median_s, 425.0, 0.0);
}

#[test]
fn one_by_one_is_over_when_the_last_one_takes_requests() {
    let runbook = "runbook:
  - {name: all, when: {at: 5m}, do: {restart: {component: web, order: one-by-one, drain: 1s}}}
  - {name: look, when: {recovered: web}}";
    let results = run("web.page", runbook);
    // Twice a second of draining and 5 s of start-up; in between, the first one is back and the second one goes.
    is_about(happened(&results, HappeningKind::StepDone, "look").median_s, 312.0, 5.0);
}

#[test]
fn a_bad_release_is_bad_until_the_last_replica_has_the_one_before() {
    let runbook = "runbook: [{name: back, when: {at: 5m}, do: {roll-back: {component: web, drain: 1s}}}]";
    let windows = "windows: {bad: {from: 3m, to: 5m}, half: {from: 5m 6s, to: 5m 7s}, good: {from: 5m 12s}}";
    let faults = "faults: [{name: release, at: 2m, errors: web, share: 50%}]";
    let results = run("web.page", &format!("{faults}\n{windows}\n{runbook}"));
    // 5 × 2,400 requests: four standard deviations are 0.018.
    is_about(share(&results, "bad", "web.page", Cause::Error), 0.5, 0.02);
    is_about(operation(&results, "good", "web.page").failed_share.mean, 0.0, 0.0);
    is_about(happened(&results, HappeningKind::FaultEnded, "release").median_s, 307.0, 0.0);
}

#[test]
fn a_restart_gives_forgotten_connections_back() {
    let leak = "variant: {leaks: {db.ask: {when: success, probability: 1%}}}";
    let runbook = "runbook: [{name: restart, when: {at: 5m}, do: {restart: {component: db}}}]";
    let windows = "windows: {stuck: {from: 4m, to: 5m}, after: {from: 5m, to: 5m 5s}}";
    let results = run("db.ask", &format!("{leak}\n{windows}\n{runbook}"));
    // Eight connections are forgotten after 40 s on average, an Erlang of eight stages: at 4 min all but surely.
    is_about(operation(&results, "stuck", "db.ask").served_per_s.mean, 0.0, 0.5);
    is_about(operation(&results, "after", "db.ask").served_per_s.mean, 20.0, 2.0);
}

/// A database whose statements wait for 100 ms on the disk, and pools of two connections.
const SLOW: &str = "
operations: operations.yaml
processes:
  web: {modules: [web]}
  db: {modules: [db], cores: 4, threads: 2, accept-queue: 100}
databases: {mysql: {cores: 64, schemas: [main], statement: 100ms}}
pools: {db: {to: mysql, maximum-pool-size: 2, connection-timeout: 250ms}}
caches: {redis: {holds: [kept, aside], command: 1ms}}
externals: {bank: {latency: {constant: 100ms}}}
";

#[test]
fn a_larger_pool_serves_as_much_as_it_has_connections() {
    let deployment = SLOW
        .replace("web: {modules: [web]}", "web: {modules: [web], cores: 1}")
        .replace("threads: 2", "threads: 200");
    let text = |size: u32| {
        format!(
            "deployment: deployment.yaml\nduration: 10m\nreplications: 2\nload: {{db.ask: {{deterministic: {{rate: 100/s}}}}}}\n\
             {WINDOWS}\nrunbook: [{{name: more, when: {{at: 4m}}, do: {{resize-pool: {{pool: db, connections: {size}}}}}}}]"
        )
    };
    let larger = run_on(&deployment, &text(6));
    // Two connections of 100 ms serve 20/s, six serve 60/s.
    is_about(operation(&larger, "before", "db.ask").served_per_s.mean, 20.0, 0.1);
    is_about(operation(&larger, "after", "db.ask").served_per_s.mean, 60.0, 0.3);
    // A smaller pool keeps what is open until it is old.
    let smaller = run_on(&deployment, &text(1));
    is_about(operation(&smaller, "after", "db.ask").served_per_s.mean, 20.0, 0.1);
}

#[test]
fn more_threads_serve_as_much_as_they_are() {
    let deployment = SLOW.replace("web: {modules: [web]}", "web: {modules: [web], cores: 1}");
    let text = "deployment: deployment.yaml\nduration: 10m\nreplications: 2\nload: {db.paid: {deterministic: {rate: 100/s}}}\n\
                windows: {before: {from: 1m, to: 3m}, after: {from: 6m, to: 8m}}\n\
                runbook: [{name: more, when: {at: 4m}, do: {resize-threads: {process: db, threads: 6}}}]\n";
    let results = run_on(&deployment, text);
    is_about(operation(&results, "before", "db.paid").served_per_s.mean, 20.0, 0.1);
    is_about(operation(&results, "after", "db.paid").served_per_s.mean, 60.0, 0.3);
}

#[test]
fn customers_who_heed_an_announcement_do_not_try_again() {
    let results = run_text(
        "deployment: deployment.yaml\nduration: 10m\nreplications: 5\nload: {web.page: {deterministic: {rate: 20/s}}}\n\
         clients: {web.page: {retry: {max-attempts: 2, wait-duration: 1ms}}}\n\
         faults: [{at: 2m, errors: edge, share: 50%}]\n\
         windows: {before: {from: 3m, to: 5m}, after: {from: 6m, to: 10m}}\n\
         runbook: [{name: tell, when: {at: 5m}, do: {announce: {heeded: 75%}}}]",
    );
    // Half of the attempts fail, so a quarter of those who try twice do. 5 × 2,400 and 5 × 4,800 requests: four standard
    // deviations are 0.016 and 0.013.
    let failed = |window: &str| operation(&results, window, "web.page").failed_share.mean;
    is_about(failed("before"), 0.25, 0.016);
    is_about(failed("after"), 0.75 * 0.5 + 0.25 * 0.25, 0.013);
}

#[test]
fn what_customers_were_told_is_withdrawn() {
    let failed = |withdraw: &str| {
        let results = run_text(&format!(
            "deployment: deployment.yaml\nduration: 10m\nreplications: 5\n\
             load: {{web.page: {{deterministic: {{rate: 20/s}}}}}}\n\
             clients: {{web.page: {{retry: {{max-attempts: 2, wait-duration: 1ms}}}}}}\n\
             faults: [{{at: 2m, errors: edge, share: 50%}}]\n\
             windows: {{told: {{from: 3m, to: 5m}}, over: {{from: 6m, to: 10m}}}}\n\
             runbook: [{{name: tell, when: {{at: 150s}}, do: {{announce: {{heeded: 100%}}}}}}, \
             {{name: over, when: {{at: 5m}}, do: {{withdraw: {withdraw}}}}}]"
        ));
        ["told", "over"].map(|window| operation(&results, window, "web.page").failed_share.mean)
    };
    // Half of the attempts fail, so half of those who try once do, and a quarter of those who try twice.
    for withdraw in ["all", "web.page"] {
        let [told, over] = failed(withdraw);
        is_about(told, 0.5, 0.019);
        is_about(over, 0.25, 0.012);
    }
}

#[test]
fn a_process_is_scaled_down_and_up_again() {
    let results =
        run("web.page", &two("{scale: {process: web, replicas: 1}}", "{scale: {process: web, replicas: 2}}"));
    let busy = |window: &str, replica: u16| {
        let window = results.windows.iter().find(|it| it.name == window).expect("the window");
        let of = window.stations.iter().filter(|it| it.name.component == "web");
        of.filter(|it| it.name.replica == replica).map(|it| it.visits_per_s.mean).sum::<f64>()
    };
    assert!(busy("before", 1) > 1.0);
    is_about(busy("during", 1), 0.0, 0.0);
    assert!(busy("after", 1) > 1.0);
    is_about(operation(&results, "during", "web.page").served_per_s.mean, 20.0, 0.01);
}

#[test]
fn a_restart_of_one_replica_leaves_the_other_one_alone() {
    // Both hang; the first one is started again at 5 min, and takes 5 s for it.
    let results = run(
        "web.page",
        "windows: {before: {from: 2m, to: 5m}, start: {from: 301s, to: 304s}, after: {from: 6m, to: 9m}}\n\
         faults: [{name: stuck, at: 1m, hang: web}]\n\
         runbook: [{name: one, when: {at: 5m}, do: {restart: {component: web, replicas: 1}}}]",
    );
    let visits = |window: &str, replica: u16| {
        let window = results.windows.iter().find(|it| it.name == window).expect("the window");
        let of = window.stations.iter().filter(|it| it.name.component == "web");
        of.filter(|it| it.name.replica == replica).map(|it| it.visits_per_s.mean).sum::<f64>()
    };
    let served = |window: &str| operation(&results, window, "web.page").served_per_s.mean;
    is_about(served("before"), 0.0, 0.0);
    is_about(served("start"), 0.0, 0.0);
    // The balancer goes on sending every other one to the replica that hangs.
    assert!(served("after") > 9.0, "{}", served("after"));
    assert!(visits("after", 0) > 1.0);
    // The fault has not ended: one of its targets is as it was.
    assert!(
        !results.timeline.iter().any(|it| it.kind == HappeningKind::FaultEnded),
        "{:?}",
        results.timeline
    );
    // A restart of both ends it.
    let both = run(
        "web.page",
        "faults: [{name: stuck, at: 1m, hang: web}]\n\
         runbook: [{name: one, when: {at: 5m}, do: {restart: {component: web, replicas: 2}}}]",
    );
    is_about(happened(&both, HappeningKind::FaultEnded, "stuck").median_s, 300.0, 0.0);
}

#[test]
fn who_is_scaled_away_is_not_there_until_he_is_scaled_back() {
    let alerts = "alerts: {rules: [rules.yaml], alertmanager: alertmanager.yaml, scrape-interval: 5s}";
    let results = run(
        "web.page",
        &format!(
            "windows: {{before: {{from: 1m, to: 2m}}, away: {{from: 150s, to: 5m}}, back: {{from: 6m, to: 9m}}}}\n{alerts}\n\
             faults: [{{at: 100s, for: 1s, slow: bank, factor: 2}}]\n\
             runbook: [{{name: down, when: {{at: 2m}}, do: {{scale: {{process: web, replicas: 1}}}}}},\n\
             {{name: again, when: {{at: 3m}}, do: {{restart: {{component: web}}}}}},\n\
             {{name: up, when: {{at: 5m}}, do: {{scale: {{process: web, replicas: 2}}}}}},\n\
             {{name: well, when: {{recovered: web}}}}]"
        ),
    );
    let second = |window: &str| {
        let window = results.windows.iter().find(|it| it.name == window).expect("the window");
        let of = window.stations.iter().filter(|it| it.name.component == "web" && it.name.replica == 1);
        let of = of.filter(|it| it.name.kind == StationKind::Threads);
        of.map(|it| (it.is_there, it.visits_per_s.mean)).collect::<Vec<_>>()
    };
    assert!(second("before").iter().all(|(there, visits)| *there && *visits > 1.0), "{:?}", second("before"));
    // The restart at 3 min starts the one that is there, and nobody else.
    assert!(second("away").iter().all(|it| *it == (false, 0.0)), "{:?}", second("away"));
    assert!(second("back").iter().all(|(there, visits)| *there && *visits > 1.0), "{:?}", second("back"));
    // Nobody waits for it either: the process is well when the other one has started.
    is_about(happened(&results, HappeningKind::StepDone, "well").median_s, 185.0, 0.0);
    // Twelve cores for ten minutes, but for four that are away for three.
    let outcomes = results.outcomes.as_ref().expect("there is a fault");
    let (web, others) = (4.0 * (10.0 + 7.0), (4.0 + 4.0) * 10.0);
    is_about(outcomes.core_hours, (web + others) / 60.0, 1e-9);
    // A table has no figures for what is not there.
    let table = String::from_utf8(brownout::report::csv::resources_csv(&results)).expect("UTF-8");
    let rows = |start: &str| table.lines().filter(|row| row.starts_with(start)).collect::<Vec<_>>();
    let away = rows("away,150,300,web,threads,1,2,");
    assert!(away.len() == 1 && away[0].ends_with(&",".repeat(20)), "{away:?}");
    assert!(!rows("back,360,540,web,threads,1,2,")[0].ends_with(&",".repeat(20)));
}
