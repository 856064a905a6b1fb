//! Who answers a scrape while a gateway, a cache, a database or a log is gone, and what they have counted when they are back.

use brownout::record::HappeningKind;

use crate::exporters::Asked;
use crate::rehearse::rehearse;

const OPERATIONS: &str = "
modules:
  web:
    operations:
      page:
        - cached: {cache: pages, key: row, ttl: 5m, on-miss: [{delay: 1ms}]}
        - transaction: {in: sales, steps: [{write: {table: counters, key: row}}, {delay: 600ms}]}
      tell: [{publish: {topic: told, key: row}}]
      note: []
keys: {row: {count: 10, popularity: uniform}}
schemas: {sales: [counters]}
";

const DEPLOYMENT: &str = "
gateways: {edge: {routes: [web.page]}}
processes: {web: {modules: [web], cores: 4}}
databases: {db: {cores: 4, schemas: [sales], statement: 1ms}}
pools: {web: {to: db, maximum-pool-size: 30, connection-timeout: 1s}}
caches: {redis: {holds: [pages], command: 1ms}}
logs: {kafka: {append: 1ms, topics: {told: {partitions: 2, consumers: {group: g, operation: web.note}}}}}
";

const LOAD: &str = "load: {web.page: {deterministic: {rate: 3/s}}, web.tell: {deterministic: {rate: 3/s}}}\n";

/// A system of which something is gone from 4:00 to 6:00.
fn without(fault: &'static str) -> Asked {
    let scenario = format!("{LOAD}faults: [{{name: outage, at: 4m, for: 2m, {fault}}}]\n");
    Asked { operations: OPERATIONS, deployment: DEPLOYMENT, scenario: scenario.leak() }
}

/// Times at which alerts with these expressions first fire, as seconds; not a number for never.
fn seconds<const N: usize>(asked: &Asked, expressions: [&str; N]) -> [f64; N] {
    asked.ask(expressions).map(|at| at.unwrap_or(f64::NAN))
}

#[test]
fn a_gateway_that_is_gone_does_not_answer_its_scrape() {
    let asked = without("crash: edge");
    let [down, gone, back] = seconds(
        &asked,
        [
            "up{job=\"edge\",instance=\"edge\"} == 0",
            "absent(kong_http_requests_total) and absent(nginx_ingress_controller_requests)",
            "changes(up{job=\"edge\"}[10m]) == 2",
        ],
    );
    // The next scrape and the next evaluation.
    for at in [down, gone] {
        assert!((240.0..260.0).contains(&at), "{down} {gone}");
    }
    assert!((360.0..380.0).contains(&back), "{back}");
    asked.shows([
        ("up{job=\"edge\"} == 1", true),
        ("kong_http_requests_total and on (job, instance) up == 0", false),
        ("kong_request_latency_ms_count and on (job, instance) up == 0", false),
        ("kong_http_requests_total and on (job, instance) up == 1", true),
        ("nginx_ingress_controller_request_duration_seconds_count and on (job, instance) up == 1", true),
        // Nobody else is gone.
        ("up{job!=\"edge\"} == 0", false),
    ]);
    let hangs = without("hang: edge");
    hangs.shows([("up{job=\"edge\"} == 0", true)]);
}

/// The rules that are shipped tell of it within `for` and one scrape and one evaluation more.
#[test]
fn the_shipped_rules_page_for_a_gateway_that_is_gone() {
    let rules = std::fs::read_to_string("rules/shop.yaml").expect("rules");
    let alertmanager = std::fs::read_to_string("rules/alertmanager.yaml").expect("a configuration");
    let scenario = format!(
        "deployment: deployment.yaml\nduration: 10m\nreplications: 2\n{LOAD}\
         faults: [{{name: outage, at: 4m, for: 4m, crash: edge}}]\n\
         alerts: {{rules: [rules.yaml], alertmanager: alertmanager.yaml, scrape-interval: 15s, evaluation-interval: 15s, calm: 0}}\n"
    );
    let deployment = format!("operations: operations.yaml\n{DEPLOYMENT}");
    let results = rehearse(&[
        ("scenario.yaml", scenario.as_str()),
        ("deployment.yaml", deployment.as_str()),
        ("operations.yaml", OPERATIONS),
        ("rules.yaml", rules.as_str()),
        ("alertmanager.yaml", alertmanager.as_str()),
    ]);
    let is_page = |kind, subject: &str| kind == HappeningKind::Notified && subject == "ServiceDown";
    let pages: Vec<_> = results.timeline.iter().filter(|it| is_page(it.kind, &it.subject)).collect();
    assert!(!pages.is_empty(), "{:?}", results.timeline);
    for page in pages {
        assert_eq!(page.runs, 2);
        assert!(page.first_s >= 300.0 && page.last_s <= 330.0, "{page:?}");
    }
    let alert = results.alerts.iter().find(|alert| alert.name == "ServiceDown").expect("the alert");
    assert_eq!((alert.fired, alert.before, alert.notified), (2, 0, 2));
}

#[test]
fn an_exporter_of_a_log_answers_when_the_log_does_not() {
    let asked = without("crash: kafka");
    asked.shows([
        ("absent(up{job=\"kafka\"})", false),
        ("up{job=\"kafka\",instance=\"kafka\"} == 0", false),
        ("kafka_consumergroup_lag and on (job, instance) up == 1", true),
    ]);
    let [lag, end] =
        seconds(&asked, ["absent(kafka_consumergroup_lag)", "absent(kafka_topic_partition_current_offset)"]);
    for at in [lag, end] {
        assert!((240.0..260.0).contains(&at), "{lag} {end}");
    }
}

/// Rows are waited for: they are held for 600 ms, three times a second, and there are ten.
#[test]
fn who_has_been_gone_counts_anew() {
    const COUNTERS: [&str; 6] = [
        "redis_keyspace_hits_total",
        "mysql_global_status_innodb_row_lock_time",
        "mysql_global_status_innodb_row_lock_waits",
        "kong_http_requests_total{code=\"200\"}",
        "nginx_ingress_controller_requests{status=\"200\"}",
        "kong_request_latency_ms_count",
    ];
    let of = [("crash: redis", 0..1), ("crash: db", 1..3), ("crash: edge", 3..6), ("hang: redis", 6..6)];
    for (fault, theirs) in of {
        let asked = without(fault);
        let reset = COUNTERS.map(|counter| format!("resets({counter}[10m]) > 0"));
        let found = seconds(&asked, reset.each_ref().map(String::as_str));
        for (place, at) in found.into_iter().enumerate() {
            let counter = COUNTERS[place];
            if theirs.contains(&place) {
                // Only when they are back is there a sample that is lower.
                assert!((360.0..390.0).contains(&at), "{fault}: {counter} at {at}");
            } else {
                assert!(at.is_nan(), "{fault}: {counter} at {at}");
            }
        }
    }
}

/// What a server counts is what has happened since it began, and no more.
#[test]
fn counts_begin_at_nothing() {
    let soon = |counter: &str| format!("sum({counter}) < 100 and on () vector(time()) > 300");
    for (fault, counter) in [
        ("crash: redis", "redis_keyspace_hits_total"),
        ("crash: edge", "kong_http_requests_total"),
        ("crash: edge", "kong_request_latency_ms_bucket{le=\"+Inf\"}"),
    ] {
        // Three requests a second for 20 s at most when it is looked for the first time; 700 had come before.
        let [at] = seconds(&without(fault), [soon(counter).as_str()]);
        assert!((360.0..380.0).contains(&at), "{fault}: {counter} at {at}");
    }
}

/// A replica that serves in the place of its master has counts of its own.
#[test]
fn a_replica_that_takes_over_has_counted_nothing() {
    let asked = Asked {
        deployment: "
gateways: {edge: {routes: [web.page]}}
processes: {web: {modules: [web], cores: 4}}
databases: {db: {cores: 4, schemas: [sales], statement: 1ms}}
pools: {web: {to: db, maximum-pool-size: 30, connection-timeout: 1s}}
caches: {redis: {holds: [pages], command: 1ms, replicas: 1, sentinel: {down-after: 5s}}}
logs: {kafka: {append: 1ms, topics: {told: {partitions: 2, consumers: {group: g, operation: web.note}}}}}
",
        ..without("crash: redis")
    };
    let [reset] = seconds(&asked, ["resets(redis_keyspace_hits_total[10m]) > 0"]);
    assert!((245.0..290.0).contains(&reset), "{reset}");
}
