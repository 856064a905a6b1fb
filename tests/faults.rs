//! Faults take something away, and what follows can be worked out.

#[path = "support/rehearse.rs"]
mod rehearse;

use brownout::experiment::{OperationResults, Results, StationResults};
use brownout::record::Cause;
use rehearse::rehearse;

const OPERATIONS: &str = "
modules:
  web: {operations: {page: [{delay: 10ms}, {call: db.ask}]}}
  db:
    operations:
      ask: [{read: {table: rows}}]
      kept: [{get: {cache: kept, key: row}}]
      aside: [{cached: {cache: aside, key: row, ttl: 1h, on-miss: [{effect: missed}]}}]
      paid: [{request: bank}]
      told: [{publish: {topic: news}}]
      first: [{parallel: {need: any, branches: [[{delay: 1ms}], [{delay: 1m}, {effect: late}]]}}]
schemas: {main: [rows]}
keys: {row: {count: 10, popularity: uniform}}
";

const DEPLOYMENT: &str = "
operations: operations.yaml
gateways: {edge: {routes: [web.page]}}
processes:
  web: {modules: [web], cores: 4, replicas: 2, start-up: 5s}
  db: {modules: [db], cores: 4}
databases: {mysql: {cores: 4, schemas: [main], statement: 1ms}}
pools: {db: {to: mysql, maximum-pool-size: 8, connection-timeout: 2s}}
caches: {redis: {holds: [kept, aside], command: 1ms}}
logs: {kafka: {append: 1ms, producer: {linger: 0s}, topics: {news: {partitions: 1}}}}
externals: {bank: {latency: {constant: 100ms}, timeout: 3s}}
links: {default: {latency: 100us}}
";

/// Runs a scenario over the system above; `about` holds the faults and whatever else.
fn run(operation: &str, about: &str) -> Results {
    let scenario = format!(
        "deployment: deployment.yaml\nduration: 10m\nreplications: 5\nload: {{{operation}: {{rate: 20/s}}}}\n{about}\n"
    );
    run_text(&scenario)
}

fn run_text(scenario: &str) -> Results {
    rehearse(&[("scenario.yaml", scenario), ("deployment.yaml", DEPLOYMENT), ("operations.yaml", OPERATIONS)])
}

fn operation<'r>(results: &'r Results, window: &str, name: &str) -> &'r OperationResults {
    let window = results.windows.iter().find(|it| it.name == window).expect("the window is there");
    window.operations.iter().find(|it| it.name.name == name).expect("the operation is there")
}

fn station<'r>(results: &'r Results, window: &str, component: &str) -> &'r StationResults {
    let window = results.windows.iter().find(|it| it.name == window).expect("the window is there");
    window.stations.iter().find(|it| it.name.component == component).expect("the station is there")
}

#[track_caller]
fn is_about(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected} ± {tolerance}");
}

/// The shares that fail with a cause before, during and after a fault.
#[track_caller]
fn fail_with(results: &Results, name: &str, cause: Cause, expected: [f64; 3]) {
    for (window, expected) in ["before", "fault", "after"].into_iter().zip(expected) {
        let causes = &operation(results, window, name).causes;
        let share = causes.iter().find(|(of, _)| *of == cause).map_or(0.0, |(_, share)| share.mean);
        is_about(share, expected, 0.003);
    }
}

#[test]
fn a_process_that_is_down_refuses_and_comes_back_after_its_start_up() {
    let results = run("web.page", "faults: [{at: 3m, for: 2m, crash: web}]");
    // The start-up is five seconds of the five minutes after the fault.
    fail_with(&results, "web.page", Cause::Unavailable, [0.0, 1.0, 5.0 / 300.0]);
    let recovery = results.recovery.expect("faults have a recovery");
    assert_eq!(recovery.recovered, 5);
    // Five seconds of start-up, seen at intervals of 5 s: the first good one begins at 5 s.
    is_about(recovery.time_s.expect("it recovered").mean, 5.0, 0.01);
}

#[test]
fn one_replica_of_two_loses_only_what_it_was_doing() {
    let results = run("web.page", "faults: [{at: 3m, for: 2m, crash: web, replicas: 1}]");
    let during = operation(&results, "fault", "web.page");
    // 20/s × 12 ms are in flight, half of them in the replica that goes: about 0.1 of 2,400 requests.
    assert!(during.failed_share.mean < 0.001, "{:?}", during.failed_share);
}

/// The branch that nobody waits for runs for a minute more: of ten minutes at 20 a second what began in the minute before
/// the crash is lost with it, and so are the minute of the fault and the last one.
#[test]
fn a_branch_that_nobody_waits_for_goes_down_with_its_replica() {
    let results = run("db.first", "faults: [{at: 3m, for: 1m, crash: db}]");
    fail_with(&results, "db.first", Cause::Unavailable, [0.0, 1.0, 0.0]);
    let late = results.effects.iter().find(|it| it.name == "late").expect("it is counted");
    is_about(late.count.mean, 20.0 * 60.0 * (2.0 + 5.0), 150.0);
}

/// A process whose work takes 3 times as long after its start, and as long as ever 20 s later: a user who asks again and
/// again for 100 ms of work is served ∫ 10/(1 + 2(1 − t/20)) dt = 100·ln 3 times meanwhile.
#[test]
fn a_replica_that_has_started_is_slow_at_first() {
    let deployment = "operations: operations.yaml\nprocesses: {app: {modules: [app], cores: 1, start-up: 5s, \
                      warm-up: {slowness: 3, over: 20s}}}\n";
    let operations = "modules: {app: {operations: {work: [{cpu: 100ms}]}}}\n";
    let scenario = "deployment: deployment.yaml\nduration: 5m\nreplications: 2\n\
                    load: {app.work: {closed: {users: 1, think: 0s}}}\n\
                    clients: {app.work: {retry: {max-attempts: 2, wait-duration: 1ms}}}\n\
                    faults: [{at: 1m, for: 15s, crash: app}]\n\
                    windows: {cold: {from: 80s, to: 100s}, warm: {from: 100s, to: 120s}, before: {from: 0s, to: 1m}}\n";
    let results = rehearse(&[
        ("scenario.yaml", scenario),
        ("deployment.yaml", deployment),
        ("operations.yaml", operations),
    ]);
    let served = |window: &str| operation(&results, window, "app.work").served_per_s.mean * 20.0;
    is_about(served("before"), 200.0, 0.5);
    is_about(served("cold"), 100.0 * 3.0_f64.ln(), 1.0);
    is_about(served("warm"), 200.0, 1.0);
}

#[test]
fn users_of_a_database_that_is_gone_wait_for_connections_in_vain() {
    let results = run("db.ask", "faults: [{at: 3m, for: 2m, crash: mysql}]");
    // Whoever comes in the last two seconds finds it back before the two seconds of patience are over.
    fail_with(&results, "db.ask", Cause::PoolTimeout, [0.0, 118.0 / 120.0, 0.0]);
}

#[test]
fn a_database_that_hangs_keeps_what_it_has_and_serves_it_later() {
    let results = run("db.ask", "faults: [{at: 3m, for: 1s, hang: mysql}]\nwindows: {whole run: {from: 0s}}");
    let whole = operation(&results, "whole run", "db.ask");
    is_about(whole.failed_share.mean, 0.0, 0.0);
    // 20 of 12,000 requests wait half a second on average; the others take 1.4 ms.
    is_about(whole.latency.expect("served").mean_s.mean, 0.0014 + 20.0 * 0.5 / 12_000.0, 0.000_2);
}

#[test]
fn a_cache_that_is_down_refuses_and_is_empty_afterwards() {
    let faults = "faults: [{at: 3m, for: 2m, crash: redis}]";
    fail_with(&run("db.kept", faults), "db.kept", Cause::Unavailable, [0.0, 1.0, 0.0]);
    let results = run("db.aside", faults);
    let missed = &results.effects.iter().find(|effect| effect.name == "missed").expect("it is counted").count;
    // Ten keys are missed once at first, and once more after the crash.
    is_about(missed.mean, 20.0, 0.0);
    let flushed = run("db.aside", "faults: [{at: 3m, flush: redis}, {at: 4m, flush: redis}]");
    is_about(
        flushed.effects.iter().find(|effect| effect.name == "missed").expect("counted").count.mean,
        30.0,
        0.0,
    );
}

/// A thousand entries of 1 KiB that all fit; of them 256 fit into the quarter that is left, whichever were used last, so
/// that as large a share of even look-ups hits.
#[test]
fn pressure_evicts_and_the_entries_come_back_after_it() {
    let deployment = "operations: operations.yaml\nprocesses: {web: {modules: [web], cores: 4}}\n\
                      caches: {redis: {holds: [pages], memory: 1MiB, policy: allkeys-lru, command: 10us, \
                      entry-overhead: 24B}}\n";
    let operations = "modules: {web: {operations: {page: [{cached: {cache: pages, key: row, size: 1000B, ttl: 1h, \
                      on-miss: [{delay: 1ms}]}}]}}}\nkeys: {row: {count: 1000, popularity: uniform}}\n";
    let scenario = "deployment: deployment.yaml\nduration: 10m\nreplications: 2\nload: {web.page: {rate: 200/s}}\n\
                    faults: [{at: 3m, for: 2m, pressure: redis, share: 75%}]\n\
                    windows: {before: {from: 2m, to: 3m}, short: {from: 3m, to: 5m}, late: {from: 9m}}\n";
    let results = rehearse(&[
        ("scenario.yaml", scenario),
        ("deployment.yaml", deployment),
        ("operations.yaml", operations),
    ]);
    let shown = |window: &str, metric: &str| {
        let window = results.windows.iter().find(|it| it.name == window).expect("the window is there");
        let found = window.observed.iter().find(|it| it.component == "redis" && it.metric == metric);
        found.expect("it is shown").value.mean
    };
    is_about(shown("before", "hit_ratio"), 1.0, 0.001);
    is_about(shown("before", "evicted_per_s"), 0.0, 0.0);
    // Redis takes the oldest of five samples, not of all: it makes next to no difference where all are as likely.
    is_about(shown("short", "hit_ratio"), 0.256, 0.02);
    // 744 at once, and one for each miss.
    is_about(shown("short", "evicted_per_s"), 744.0 / 120.0 + 200.0 * 0.744, 5.0);
    is_about(shown("late", "hit_ratio"), 1.0, 0.001);
    is_about(shown("late", "evicted_per_s"), 0.0, 0.0);
}

#[test]
fn an_error_rate_is_the_share_that_fails() {
    let results = run("db.paid", "faults: [{at: 3m, for: 4m, errors: bank, share: 30%}]");
    let during = operation(&results, "fault", "db.paid");
    // 5 × 4,800 requests: three standard deviations are 0.0089.
    is_about(during.failed_share.mean, 0.3, 0.009);
    assert_eq!(during.causes[0].0, Cause::ExternalError);
    is_about(operation(&results, "before", "db.paid").failed_share.mean, 0.0, 0.0);
}

#[test]
fn slow_is_a_factor_or_an_added_time_and_both_where_faults_overlap() {
    let base = run("db.paid", "");
    let calm = operation(&base, "whole", "db.paid").latency.expect("served").mean_s.mean;
    let mean = |faults: &str| {
        let results = run("db.paid", &format!("faults: [{faults}]"));
        operation(&results, "fault", "db.paid").latency.expect("served").mean_s.mean - calm
    };
    let slow = "{at: 3m, for: 2m, slow: bank, factor: 3}";
    let late = "{at: 3m, for: 2m, slow: bank, added: 50ms}";
    is_about(mean(slow), 0.2, 0.001);
    is_about(mean(late), 0.05, 0.001);
    is_about(mean(&format!("{slow}, {late}")), 0.25, 0.001);
}

#[test]
fn a_slow_station_is_the_queue_with_the_longer_service() {
    let results = run_text(
        "{deployment: deployment.yaml, duration: 3h, replications: 20, load: {db.kept: {rate: 200/s}},
          faults: [{at: 1h, for: 1h, slow: redis, factor: 3}]}",
    );
    // The command takes a constant 1 ms, then 3 ms: M/D/1 at 200/s waits ρs/(2(1 − ρ)) = 0.125 ms, then 2.25 ms.
    let wait = |window: &str| station(&results, window, "redis").wait.expect("visited").mean_s;
    for (window, exact) in [("before", 0.000_125), ("fault", 0.002_25)] {
        let wait = wait(window);
        assert!(wait.low <= exact && exact <= wait.high, "{window}: {wait:?} does not cover {exact}");
    }
}

/// A message that is kept is sent again 0.2 s, 0.6 s and 1.4 s after it was sent first, until one gets through.
#[test]
fn messages_that_a_split_kept_are_sent_again_after_it() {
    // The split lasts from 180.01 s to 181.01 s. It is 0.1 ms to the process, as long to the log, 1 ms there, and back.
    for (at, kept) in [
        ("179s", 0.0),
        // Its answer is sent at 180.0107 s.
        ("180.0095s", 1.4),
        ("180.011s", 1.4),
        ("180.409s", 1.4),
        ("180.411s", 0.6),
        ("180.809s", 0.6),
        ("180.811s", 0.2),
        ("181.009s", 0.2),
        ("181.011s", 0.0),
    ] {
        let scenario = "deployment: deployment.yaml\nduration: 10m\nreplications: 1\n\
                        load: {db.told: {trace: {csv: at.csv, column: at}}}\n\
                        faults: [{at: 3m 10ms, for: 1s, split: [db, kafka]}]\nwindows: {all: {from: 0s}}\n";
        let csv = format!("at\n{at}\n");
        let results = rehearse(&[
            ("scenario.yaml", scenario),
            ("deployment.yaml", DEPLOYMENT),
            ("operations.yaml", OPERATIONS),
            ("at.csv", &csv),
        ]);
        let all = operation(&results, "all", "db.told");
        is_about(all.served_per_s.mean * 600.0, 1.0, 1e-9);
        is_about(all.latency.expect("served").mean_s.mean, kept + 0.001_4, 1e-9);
    }
}

#[test]
fn a_split_is_between_two_and_others_are_reached() {
    let faults = "faults: [{at: 3m, for: 2m, split: [db, redis]}]";
    let kept = run("db.kept", faults);
    // Of 2,400 requests 200 hold a thread until it is over, and 100 wait for one; the others find no room.
    is_about(operation(&kept, "fault", "db.kept").served_per_s.mean, 300.0 / 120.0, 0.01);
    let told = run("db.told", faults);
    is_about(operation(&told, "fault", "db.told").failed_share.mean, 0.0, 0.0);
}

/// The way from clients to a gateway, and ways without an entry in `links`, take no time and can be cut all the same.
#[test]
fn a_way_without_a_link_is_cut_too() {
    let cut = run("web.page", "faults: [{at: 3m, for: 2m, split: [clients, edge]}]");
    let mean_s = |window| operation(&cut, window, "web.page").latency.expect("served").mean_s.mean;
    // A minute on average until it is over, and until it is sent again: at most twice as long.
    assert!((60.0..120.0).contains(&mean_s("fault")), "{}", mean_s("fault"));
    assert!(mean_s("before") < 0.1 && mean_s("after") < 0.1);
    let deployment = DEPLOYMENT.replace("links: {default: {latency: 100us}}", "");
    assert_ne!(deployment, DEPLOYMENT);
    let scenario = "deployment: deployment.yaml\nduration: 10m\nreplications: 5\nload: {db.kept: {rate: 20/s}}\n\
                    faults: [{at: 3m, for: 2m, split: [db, redis]}]\n";
    let results = rehearse(&[
        ("scenario.yaml", scenario),
        ("deployment.yaml", &deployment),
        ("operations.yaml", OPERATIONS),
    ]);
    is_about(operation(&results, "fault", "db.kept").served_per_s.mean, 300.0 / 120.0, 0.01);
}

#[test]
fn lost_messages_arrive_later_by_a_geometric_number_of_pauses() {
    let results = run("db.told", "faults: [{at: 3m, for: 6m, loss: [db, kafka], share: 10%}]");
    let calm = operation(&results, "before", "db.told").latency.expect("served").mean_s.mean;
    let during = operation(&results, "fault", "db.told").latency.expect("served").mean_s;
    // Two messages; each waits Σ 0.1ⁿ × 200 ms × 2ⁿ⁻¹ = 0.02 s / (1 − 0.2) = 25 ms on average.
    let added = 2.0 * 0.025;
    assert!(during.low <= calm + added && calm + added <= during.high, "{during:?} against {}", calm + added);
}

#[test]
fn a_surge_multiplies_the_load_while_it_lasts() {
    let results = run("db.told", "faults: [{at: 3m, for: 2m, surge: all, factor: 5}]");
    for (window, exact) in [("before", 20.0), ("fault", 100.0), ("after", 20.0)] {
        let offered = operation(&results, window, "db.told").offered_per_s;
        is_about(offered.mean, exact, exact * 0.03);
    }
}

#[test]
fn a_cut_leaves_a_share_of_the_capacity() {
    let results = run("db.ask", "faults: [{at: 3m, for: 2m, cut: db, share: 25%}]");
    // The pool of 8 is cut to 2; the process of the same name is not meant: it cannot be told from it by `cut`.
    is_about(station(&results, "fault", "mysql").utilisation.mean, 0.005, 0.002);
    let pool = results.windows[1].stations.iter().find(|it| it.name.kind.name() == "connections");
    let pool = pool.expect("the pool is there");
    is_about(pool.utilisation.mean / (pool.busy.mean / 2.0), 1.0, 0.001);
}

#[test]
fn faults_follow_one_another_without_a_gap() {
    let results = run(
        "db.kept",
        "faults: [{name: one, at: 3m, for: 1m, crash: redis}, {after: one, for: 1m, hang: redis}]",
    );
    let window = results.windows.iter().find(|it| it.name == "fault").expect("it is there");
    assert_eq!((window.from.as_secs_f64(), window.to.as_secs_f64()), (180.0, 300.0));
    let during = operation(&results, "fault", "db.kept");
    // 1,200 are refused; of 1,200 more, 200 hold a thread until it is over, 100 wait for one, the others find no room.
    is_about(during.failed_share.mean, 2_100.0 / 2_400.0, 0.005);
}

#[test]
fn without_faults_nothing_is_changed_by_those_of_another_run() {
    let quiet = run("db.kept", "");
    let late = run("db.kept", "faults: [{at: 9m 59s 999ms, flush: redis}]\nwindows: {whole run: {from: 0s}}");
    let mean = |results: &Results| results.windows[0].operations[0].latency.expect("served").mean_s.mean;
    is_about(mean(&quiet), mean(&late), 0.0);
}
