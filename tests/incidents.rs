//! The incidents in `scenarios/`: their symptoms come about by themselves, on both deployments of the shop.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::component::StationKind;
use brownout::experiment::{
    Bottleneck, LinkFact, OperationResults, Options, Pressed, Results, StationResults, WindowResults,
    replicate, station_label,
};
use brownout::record::{Cause, HappeningKind};
use brownout::report::csv::events_csv;
use brownout::report::terminal::{SummaryOptions, summary};
use brownout::scenario::{Overrides, Phase, Without, load};

#[path = "support/thinned.rs"]
mod thinned;

/// Two runs of a scenario on a deployment.
fn run(scenario: &str, deployment: &str) -> Results {
    run_without(scenario, deployment, Without::default())
}

/// The same, without steps of its runbook.
fn run_without(scenario: &str, deployment: &str, without: Without) -> Results {
    run_changed(scenario, deployment, without, &[])
}

/// The same, with parts of its text replaced by others.
fn run_changed(scenario: &str, deployment: &str, without: Without, changed: &[(&str, &str)]) -> Results {
    let overrides = Overrides {
        deployment: Some(deployment.to_owned()),
        replications: Some(2),
        without,
        ..Overrides::default()
    };
    let files = |path: &Path| {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let is_scenario = path.file_name().is_some_and(|name| name == scenario);
        let changed = changed.iter().filter(|_| is_scenario);
        let replaced = changed.fold(text, |text, (from, to)| {
            assert!(text.contains(from), "{scenario} does not say `{from}` any more");
            text.replace(from, to)
        });
        Ok(replaced.into_bytes())
    };
    let loaded = load(&Path::new("scenarios").join(scenario), &overrides, &files);
    let plan = loaded.plan.unwrap_or_else(|| panic!("{scenario} on {deployment} has mistakes"));
    replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false)).expect("the books balance")
}

/// Four runs with a tenth of the load, with parts of any file's text replaced by others.
fn run_thinned(scenario: &str, changed: &[(&str, &str)]) -> Results {
    let overrides = Overrides { replications: Some(4), ..Overrides::default() };
    let used = std::cell::RefCell::new(vec![false; changed.len()]);
    let files = |path: &Path| {
        let mut text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        if path.file_name().is_some_and(|name| name == scenario) {
            text = thinned::thinned(&text, 10.0);
        }
        for ((from, to), used) in changed.iter().zip(used.borrow_mut().iter_mut()) {
            *used |= text.contains(from);
            text = text.replace(from, to);
        }
        Ok(text.into_bytes())
    };
    let loaded = load(&Path::new("scenarios").join(scenario), &overrides, &files);
    assert!(used.borrow().iter().all(|used| *used), "{scenario}: nothing says {changed:?} any more");
    let plan = loaded.plan.unwrap_or_else(|| panic!("{scenario} with {changed:?} has mistakes"));
    replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false)).expect("the books balance")
}

#[track_caller]
fn verdict<'r>(results: &'r Results, name: &str) -> &'r str {
    let claim = results.claims.iter().find(|claim| claim.claim.name == name);
    claim.expect("the claim").verdict.name()
}

fn window<'r>(results: &'r Results, name: &str) -> &'r WindowResults {
    results.windows.iter().find(|window| window.name == name).expect("the window")
}

fn order(window: &WindowResults) -> &OperationResults {
    window.operations.iter().find(|operation| operation.name.name == "order.place").expect("orders")
}

fn pool<'w>(window: &'w WindowResults, name: &str) -> Vec<&'w StationResults> {
    let found = window.stations.iter().filter(|s| s.name.kind == StationKind::Connections);
    found.filter(|s| s.name.component == name).collect()
}

/// The average over the replicas of a process.
fn average(stations: &[&StationResults], value: fn(&StationResults) -> f64) -> f64 {
    stations.iter().map(|station| value(station)).sum::<f64>() / stations.len() as f64
}

fn share_of(operation: &OperationResults, causes: &[Cause]) -> f64 {
    operation.causes.iter().filter(|(cause, _)| causes.contains(cause)).map(|(_, share)| share.mean).sum()
}

/// How much of a pool is gone for good in the peak.
fn gone(results: &Results, pool_name: &str) -> f64 {
    let connections = pool(window(results, "peak"), pool_name);
    average(&connections, |pool| pool.lost.mean) / connections[0].name.capacity
}

#[track_caller]
fn check_pool_exhaustion(deployment: &str, pool_name: &str) -> Results {
    let results = run("pool-exhaustion.yaml", deployment);
    let (before, end) = (window(&results, "before"), window(&results, "peak-end"));
    // Well before the peak, and out of order at its end: the pool above 90 %, its connections gone for good.
    assert!(order(before).failed_share.mean < 0.02);
    let connections = pool(end, pool_name);
    // An alert is for an instance: chance empties some pools before others.
    let fullest = connections.iter().map(|pool| pool.utilisation.mean).fold(0.0, f64::max);
    assert!(fullest > 0.9, "{fullest}");
    assert!(average(&connections, |pool| pool.lost.mean) > 0.5 * connections[0].name.capacity);
    // Threads are held, and clients run into time-outs and full queues.
    let threads = end.stations.iter().filter(|s| s.name.kind == StationKind::Threads);
    let threads: Vec<&StationResults> = threads.filter(|s| s.name.component == pool_name).collect();
    assert!(average(&threads, |threads| threads.utilisation.mean) > 0.4);
    assert!(order(end).failed_share.mean > 0.3);
    assert!(share_of(order(end), &[Cause::Timeout, Cause::QueueFull, Cause::PoolTimeout]) > 0.3);
    // Somebody is told of it: more than 90 % of a pool for a minute.
    let alert = results.alerts.iter().find(|alert| alert.name == "ConnectionPoolNearlyExhausted");
    let alert = alert.expect("rules/shop.yaml has it");
    assert_eq!((alert.fired, alert.notified, alert.before), (2, 2, 0));
    let is_for_the_peak = |text: &str| text.starts_with("order.place") && text.contains("during peak");
    assert!(results.objectives.iter().any(|it| is_for_the_peak(&it.objective.text)), "orders in the peak");
    assert!(order(window(&results, "peak")).failed_share.mean > 0.01);
    // The end of the peak is no end: nobody gives the connections back.
    assert_eq!(results.recovery.as_ref().map(|recovery| recovery.recovered), Some(0));
    let bottleneck = results.bottleneck.as_ref().expect("a bottleneck");
    let chain: Vec<&str> = chain_of(bottleneck).map(|it| it.station.as_str()).collect();
    for kind in ["connections", "threads"] {
        let station = format!("{pool_name} {kind}");
        assert!(chain.contains(&station.as_str()), "no {station} in {chain:?}");
    }
    let connections = format!("{pool_name} connections");
    assert!(bottleneck.losing().any(|it| it == connections), "{bottleneck:?}");
    // Twice the pool is emptied later.
    let larger = run("pool-exhaustion-larger.yaml", deployment);
    assert!(gone(&larger, pool_name) < gone(&results, pool_name));
    for results in [&results, &larger] {
        check_losses_are_told(results, pool_name);
    }
    check_effects_follow_causes(&results, pool_name);
    // A session that is used does not end: in 90 min, the 3,000 in the shop do not sign in a second time.
    let again = effect(&results, "signed-in-again");
    assert!(again < 300.0, "{again}");
    results
}

/// Whatever is told of as short, held or waited for.
fn chain_of(bottleneck: &Bottleneck) -> impl Iterator<Item = &Pressed> {
    std::iter::once(&bottleneck.first).chain(&bottleneck.held_by_those).chain(&bottleneck.waited_for)
}

/// What is lost for good is said first, and is no recovery.
#[track_caller]
fn check_losses_are_told(results: &Results, pool_name: &str) {
    let station = format!("{pool_name} connections");
    let loss = results.losses.iter().find(|loss| loss.station == station).expect("connections are lost");
    assert!(loss.lost.mean > 0.25 * loss.of, "{loss:?}");
    assert_eq!(loss.lasts_s.is_some(), loss.lost.mean < loss.of - 0.05, "{loss:?}");
    let text = summary(results, &SummaryOptions::default());
    assert!(text.contains("never given back"), "{text}");
    for words in ["Nothing is at its limit", "by itself in all", "hits nobody"] {
        assert!(!text.contains(words), "`{words}` in {text}");
    }
    assert_eq!(results.outcomes.as_ref().expect("an incident").by_itself.mean, 0.0);
}

/// Connections run short before orders are slow and threads are full; table and file have the same times.
#[track_caller]
fn check_effects_follow_causes(results: &Results, pool_name: &str) {
    let link =
        |is: &dyn Fn(&LinkFact) -> bool| results.chain.iter().find(|link| is(&link.fact)).expect("the link");
    let short = |kind: &str| {
        let label = format!("{pool_name} {kind}");
        link(&|fact| matches!(fact, LinkFact::Saturated { station, .. } if *station == label))
    };
    let (connections, threads) = (short("connections"), short("threads"));
    let slow = link(&|fact| matches!(fact, LinkFact::Slow { operation, .. } if operation == "order.place"));
    let fails = link(&|fact| matches!(fact, LinkFact::Fails { operation, .. } if operation == "order.place"));
    assert!(connections.at_s <= slow.at_s, "{connections:?} {slow:?}");
    assert!(
        connections.at_s <= threads.at_s && threads.at_s <= fails.at_s,
        "{connections:?} {threads:?} {fails:?}"
    );
    let events = String::from_utf8(events_csv(results)).expect("UTF-8");
    let row = events.lines().find(|line| line.starts_with(&format!("short,,{pool_name} threads,")));
    let cells: Vec<&str> = row.expect("the row").split(',').collect();
    assert_eq!(cells[5].parse::<f64>().ok(), Some(threads.at_s));
    // Prose tells of the shortage in the window where most suffer: it may be a later one than the first, which the table has.
    let bottleneck = results.bottleneck.as_ref().expect("a bottleneck");
    let since_s = bottleneck.first.since_s.unwrap_or(threads.at_s);
    let window = &results.windows[bottleneck.window];
    let label = station_label(&window.stations[bottleneck.station].name);
    let first = link(&|fact| matches!(fact, LinkFact::Saturated { station, .. } if *station == label));
    assert!((first.at_s..window.to.as_secs_f64()).contains(&since_s), "{first:?} {since_s}");
    assert_eq!(bottleneck.first.station, label);
}

#[test]
fn who_runs_out_of_connections_is_not_blamed_on_the_consumer_behind() {
    // The larger pool in a peak that is long for its leak: four times the leak, half the peak.
    let changed = [
        ("probability: 10%", "probability: 40%"),
        ("hold: 60m", "hold: 40m"),
        ("hold: 20m", "hold: 5m"),
        ("duration: 90m", "duration: 55m"),
        ("{from: 10m, to: 70m}", "{from: 10m, to: 50m}"),
        ("{from: 60m, to: 70m}", "{from: 40m, to: 50m}"),
        ("{from: 70m}", "{from: 50m}"),
        ("from: 70m}", "from: 50m}"),
    ];
    let results = run_changed("pool-exhaustion-larger.yaml", "msa", Without::default(), &changed);
    let bottleneck = results.bottleneck.as_ref().expect("a bottleneck");
    assert!(bottleneck.losing().any(|it| it == "order connections"), "{bottleneck:?}");
    assert_ne!(bottleneck.first.station, "coupon-issue consumer");
    check_losses_are_told(&results, "order");
}

fn views_that_fail(results: &Results) -> f64 {
    let operations = &window(results, "peak-end").operations;
    operations.iter().find(|o| o.name.name == "product.view").expect("views").failed_share.mean
}

#[test]
fn leaked_connections_take_the_order_service_down_and_nothing_else() {
    let results = check_pool_exhaustion("msa", "order");
    assert!(views_that_fail(&results) < 0.001);
}

#[test]
fn leaked_connections_take_the_monolith_down_as_a_whole() {
    let results = check_pool_exhaustion("monolith", "shop");
    assert!(views_that_fail(&results) > 0.05);
}

#[test]
fn transactions_left_open_keep_others_waiting_for_their_rows() {
    for deployment in ["msa", "monolith"] {
        let results = run("pool-exhaustion-open-transactions.yaml", deployment);
        let peak = window(&results, "peak");
        let rows = peak.stations.iter().filter(|s| s.name.kind == StationKind::Locks);
        let worst = rows.map(|rows| rows.queue.mean).fold(0.0, f64::max);
        assert!(worst > 1.0, "{deployment}: {worst} wait for a row");
        assert!(order(peak).failed_share.mean > 0.3, "{deployment}");
    }
}

/// When something happened for the first time in the median run \[s].
#[track_caller]
fn first_s(results: &Results, kind: HappeningKind, subject: &str) -> f64 {
    let found = results.timeline.iter().find(|entry| entry.kind == kind && entry.subject == subject);
    found.unwrap_or_else(|| panic!("{kind:?} of {subject} is told")).median_s
}

fn phase_s(results: &Results, phase: Phase) -> Option<f64> {
    let outcomes = results.outcomes.as_ref().expect("an incident has outcomes");
    outcomes.phases.iter().find(|found| found.phase == phase)?.time_s.map(|time| time.mean)
}

fn effect(results: &Results, name: &str) -> f64 {
    results.effects.iter().find(|effect| effect.name == name).expect("it is counted").count.mean
}

/// Redis is gone: six operations of seven fail until people, who were told, have them use the database; Redis itself
/// comes back later, and cold.
fn check_redis_outage(deployment: &str, receivers: &[&str]) {
    let results = run("redis-outage.yaml", deployment);
    let outcomes = results.outcomes.as_ref().expect("an incident has outcomes");
    assert!((outcomes.blast.operations.mean - 6.0).abs() < 1e-9, "{:?}", outcomes.blast.operations);
    let down_s = first_s(&results, HappeningKind::FaultBegan, "Redis outage");
    let told_s = first_s(&results, HappeningKind::Notified, "CacheDown");
    let fallen_back_s = first_s(&results, HappeningKind::StepDone, "fall-back");
    let back_s = first_s(&results, HappeningKind::FaultEnded, "Redis outage");
    assert!(down_s < told_s && told_s < fallen_back_s && fallen_back_s < back_s);
    // Users are served again between the fall-back and the restart.
    let mitigated_s = down_s + phase_s(&results, Phase::Mitigate).expect("they are served again");
    assert!((fallen_back_s..back_s).contains(&mitigated_s), "{mitigated_s}");
    // In each run, when all has been done that it takes: product pages need the bypass, and customers try again for a while.
    for run in &outcomes.runs {
        let (step, done_s) = run.mitigated_after.as_ref().expect("nothing is mitigated by itself");
        let mitigated_s = outcomes.from_s + run.phase_s(Phase::Mitigate).expect("they are served again");
        assert!(["bypass", "tell-users"].contains(&step.as_str()), "{step}");
        assert!((-1e-9..30.0).contains(&(mitigated_s - done_s)), "{mitigated_s} {done_s}");
        assert_eq!(run.detected_by.as_deref(), Some("CacheDown"));
    }
    // It says of each rule whether it is about the incident at all.
    let missed =
        |name: &str| results.alerts.iter().find(|it| it.name == name).expect("rules/shop.yaml has it").missed;
    assert_eq!((missed("CacheDown"), missed("DatabaseDown"), missed("HighMemory")), (Some(0), None, None));
    // All was well when Redis was back: recovery took as long as its absence.
    let recovered_s = phase_s(&results, Phase::Recover).expect("it recovers");
    let after_s = outcomes.after_cause.time_s.map_or(f64::NAN, |time| time.mean);
    let ended_s = outcomes.until_s.expect("it ends in every run");
    assert!((down_s + recovered_s - after_s - ended_s).abs() < 1e-6, "{recovered_s} {after_s} {ended_s}");
    check_one_run_is_told(&results, receivers);
    let views = |name| {
        let of = window(&results, name).operations.iter().find(|it| it.name.name == "product.view");
        of.expect("product pages").failed_share.mean
    };
    assert!(views("gone") > 0.99 && views("fallen-back") < 0.01 && views("late") < 0.01);
    // Those that are far from their bounds: two runs tell them.
    for (name, expected) in [
        ("B2-slow", "refuted"),
        ("B2-errors", "supported"),
        ("B2-load-at-once", "refuted"),
        ("B2-hits", "supported"),
        ("B2-bypass", "supported"),
        ("B2-fall-back", "supported"),
        ("B2-ranking", "supported"),
        ("B2-lock", "supported"),
        ("B2-fall-back-sessions", "supported"),
        ("B2-lost", "supported"),
        ("B2-lost-sessions", "supported"),
        ("B2-signed-in-again", "supported"),
        ("B2-warm", "refuted"),
    ] {
        assert_eq!(verdict(&results, name), expected, "{name} on {deployment}");
    }
    // The 3,000 in the shop sign in again for the fall-back, which knows none of them, and when that is over.
    let again = effect(&results, "signed-in-again");
    assert!((5700.0..6300.0).contains(&again), "{again}");
    assert!(effect(&results, "entries-lost-session") > 3000.0);
    let lost =
        results.effects.iter().find(|effect| effect.name == "entries-lost-session").expect("the effect");
    assert!(
        lost.beyond.expect("there is calm").count.mean > 3000.0,
        "what is lost at once is of the incident"
    );
    // Without anybody, it never ends.
    let alone = run_without("redis-outage.yaml", deployment, Without::All);
    assert_eq!(phase_s(&alone, Phase::Mitigate), None);
    let (outcomes, text) =
        (alone.outcomes.as_ref().expect("an incident"), summary(&alone, &SummaryOptions::default()));
    assert_eq!((outcomes.unaffected, outcomes.collapsed), (0, 2), "{text}");
    assert!(text.contains("hits 6 of 7 operations") && !text.contains("Nothing is at its limit"), "{text}");
    assert!(!alone.timeline.iter().any(|entry| entry.kind == HappeningKind::FaultEnded));
}

/// One run is told from beginning to end, in its own order.
#[track_caller]
fn check_one_run_is_told(results: &Results, receivers: &[&str]) {
    let told_s = |kind: HappeningKind, subject: &str| {
        let found = results.timeline.iter().find(|entry| entry.kind == kind && entry.subject == subject);
        found.and_then(|entry| entry.told).unwrap_or_else(|| panic!("{kind:?} of {subject}")).0
    };
    let taken_on = told_s(HappeningKind::Acknowledged, "CacheDown");
    let understood = told_s(HappeningKind::Understood, "CacheDown");
    let fallen_back = told_s(HappeningKind::StepDone, "fall-back");
    assert!(taken_on + 60.0 <= understood && understood + 240.0 <= fallen_back, "{taken_on} {understood}");
    assert!(told_s(HappeningKind::FaultEnded, "Redis outage") <= told_s(HappeningKind::StepDone, "back"));
    let outcomes = results.outcomes.as_ref().expect("an incident");
    let mitigate = outcomes.runs[outcomes.told_run].phase_s(Phase::Mitigate).expect("they are served again");
    let bypassed = told_s(HappeningKind::StepDone, "bypass");
    assert!((bypassed..bypassed + 60.0).contains(&(outcomes.from_s + mitigate)), "{bypassed} {mitigate}");
    assert_eq!(outcomes.receivers, receivers);
    assert!(outcomes.teams.contains(&"platform".to_owned()), "{:?}", outcomes.teams);
}

#[test]
fn people_bring_the_services_through_a_redis_outage() {
    check_redis_outage("msa", &["critical", "payment", "warning"]);
}

#[test]
fn people_bring_the_monolith_through_a_redis_outage() {
    // Payments are no requests of their own there, and their alert has nothing to look at.
    check_redis_outage("monolith", &["critical", "warning"]);
}

#[test]
fn falling_back_without_sessions_helps_nobody_who_needs_one() {
    let without = Without::Steps(vec!["fall-back-sessions".to_owned()]);
    let results = run_without("redis-outage.yaml", "msa", without);
    let failed = |name| {
        let of = window(&results, "fallen-back").operations.iter().find(|it| it.name.name == name);
        of.expect("it is asked for").failed_share.mean
    };
    assert!(failed("coupon.issue") > 0.99 && failed("order.place") > 0.99);
    assert!(failed("bestseller.top") < 0.01 && failed("product.view") < 0.01);
}

#[test]
fn sessions_are_lost_at_a_restart_unless_something_keeps_them() {
    // Of the 3,000 who are in the shop, all but a few, or next to none.
    for (scenario, deployment, kept) in [
        ("redis-outage-alone.yaml", "msa", false),
        ("redis-outage-alone.yaml", "monolith", false),
        ("redis-outage-standby.yaml", "msa", false),
        ("redis-outage-aof.yaml", "msa", true),
        ("redis-outage-sentinel.yaml", "msa", true),
        ("redis-outage-cluster.yaml", "msa", true),
    ] {
        let results = run(scenario, deployment);
        let (lost, again) = (effect(&results, "entries-lost-session"), effect(&results, "signed-in-again"));
        let is_kept = lost <= 3.0 && again <= 30.0;
        let is_lost = lost > 3000.0 && (2700.0..3300.0).contains(&again);
        assert!(
            if kept { is_kept } else { is_lost },
            "{scenario} on {deployment}: {lost} lost, {again} again"
        );
    }
}

#[test]
fn what_people_do_decides_what_is_true_of_it() {
    let check = |changed: &[(&str, &str)], name: &str, expected: &str| {
        assert_eq!(verdict(&run_thinned("redis-outage.yaml", changed), name), expected, "{changed:?}");
    };
    let as_written = run_thinned("redis-outage.yaml", &[]);
    for name in ["B2-tell", "B2-fall-back", "B2-ranking", "B2-lock"] {
        assert_eq!(verdict(&as_written, name), "supported", "{name}");
    }
    // Nobody heeds it.
    check(&[("announce: {heeded: 50%}", "announce: {heeded: 0%}")], "B2-tell", "refuted");
    // Coupons are forgotten in the fall-back, and then the ranking is.
    check(&[("{coupon-in-database: on, ", "{")], "B2-fall-back", "refuted");
    check(&[("ranking-from-database: on, ", "")], "B2-ranking", "refuted");
}

#[test]
fn a_lock_in_the_database_is_for_payments_that_come_again() {
    // The row is neither locked nor looked at.
    let away = [
        ("                    - lock: {table: payments, key: order, mode: for-update}\n", ""),
        ("                          - once: {key: order, in: payments} ", "#"),
    ];
    let results = run_thinned("redis-outage.yaml", &away);
    assert_eq!(verdict(&results, "B2-lock"), "refuted");
}

#[test]
fn payments_are_repeated_when_redis_has_forgotten_them() {
    // Half of the orders come again, after about six minutes: behind the outage.
    let again = [
        ("weight: 99%", "weight: 50%"),
        ("weight: 1%", "weight: 50%"),
        ("{p50: 5s, p99: 5m}", "{p50: 6m, p99: 9m}"),
    ];
    let charged_again = |scenario: &str| effect(&run_thinned(scenario, &again), "payment-charged-again");
    let lost = charged_again("redis-outage-alone.yaml");
    assert!(lost > 40.0, "{lost}");
    // What was stored is still there; who was just paying when it crashed has had no time to store it.
    for scenario in ["redis-outage-aof.yaml", "redis-outage-sentinel.yaml", "redis-outage-cluster.yaml"] {
        let found = charged_again(scenario);
        assert!(found <= 4.0, "{scenario}: {found}");
    }
}
