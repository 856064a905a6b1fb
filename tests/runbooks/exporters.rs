//! What exporters show of pools, topics, breakers and answers, under which labels, and while whom.

use brownout::experiment::Results;
use brownout::record::HappeningKind;

use crate::rehearse::rehearse;

/// Ten minutes of a system, and what is asked of its metrics every ten seconds.
pub(crate) struct Asked {
    pub(crate) operations: &'static str,
    pub(crate) deployment: &'static str,
    /// Load and faults.
    pub(crate) scenario: &'static str,
}

impl Asked {
    /// When each of these expressions has elements for the first time \[s], if it ever has.
    pub(crate) fn ask<const N: usize>(&self, expressions: [&str; N]) -> [Option<f64>; N] {
        let alerts = expressions.iter().enumerate();
        let alerts: String =
            alerts.map(|(place, expr)| format!("      - {{alert: a{place}, expr: '{expr}'}}\n")).collect();
        let rules = format!("groups:\n  - name: all\n    interval: 10s\n    rules:\n{alerts}");
        let scenario = format!(
            "deployment: deployment.yaml\nduration: 10m\nreplications: 1\n{}\
             alerts: {{rules: [rules.yaml], scrape-interval: 10s, evaluation-interval: 10s}}\n",
            self.scenario
        );
        let deployment = format!("operations: operations.yaml\n{}", self.deployment);
        let results = rehearse(&[
            ("scenario.yaml", scenario.as_str()),
            ("deployment.yaml", deployment.as_str()),
            ("operations.yaml", self.operations),
            ("rules.yaml", rules.as_str()),
        ]);
        std::array::from_fn(|place| fires(&results, &format!("a{place}")))
    }

    /// Checks which of these expressions ever have elements.
    #[track_caller]
    pub(crate) fn shows<const N: usize>(&self, expected: [(&str, bool); N]) {
        let found = self.ask(expected.map(|(expression, _)| expression));
        for ((expression, is_shown), at) in expected.iter().zip(found) {
            assert_eq!(at.is_some(), *is_shown, "{expression}: {at:?}");
        }
    }
}

fn fires(results: &Results, name: &str) -> Option<f64> {
    let failed = results.timeline.iter().find(|it| it.kind == HappeningKind::RuleFailed);
    assert!(failed.is_none(), "{failed:?}");
    let mut fires = results.timeline.iter().filter(|it| it.kind == HappeningKind::AlertFiring);
    fires.find(|it| it.subject == name).map(|it| it.first_s)
}

/// A process sells, each sale with a connection for 2 s; a web shop asks it.
const SALES: &str = "
modules:
  web: {operations: {page: [{call: shop.sell}]}}
  shop:
    operations:
      sell: [{transaction: {in: sales, steps: [{write: {table: counters}}, {delay: 2s}]}}]
schemas: {sales: [counters]}
";

/// Ten sales a second find no connection while the database is gone, from 4:00 to 6:00.
#[test]
fn who_is_interrupted_while_it_waits_for_a_connection_times_out_of_nothing() {
    const TIMED_OUT: &str = "hikaricp_connections_timeout_total > 0";
    let scenario = "load: {web.page: {deterministic: {rate: 10/s}}}\nfaults: [{name: outage, at: 4m, for: 2m, crash: db}]\n";
    // The caller gives up after half a second, and the process with it.
    let interrupted = Asked {
        operations: SALES,
        deployment: "
processes: {web: {modules: [web], cores: 4, threads: 1000}, shop: {modules: [shop], cores: 4, threads: 1000}}
databases: {db: {cores: 4, schemas: [sales], statement: 1ms}}
pools: {shop: {to: db, maximum-pool-size: 30, connection-timeout: 3s}}
calls: {shop.sell: {timeout: 500ms, on-timeout: cancel}}
",
        scenario,
    };
    let meanwhile = "and on () (vector(time()) > 310 < 350)";
    let per_s = |what: &str| format!("rate(hikaricp_connections_acquire_seconds_{what}[1m])");
    interrupted.shows([
        ("hikaricp_connections_pending > 3", true),
        (TIMED_OUT, false),
        (&format!("{} > 9 and on () (vector(time()) > 100 < 200)", per_s("count")), true),
        (&format!("{} > 0 {meanwhile}", per_s("count")), false),
        (&format!("{} > 0.001 {meanwhile}", per_s("sum")), false),
    ]);
    // Nobody gives up: each waits for a second in vain, which counts as acquiring.
    let patient = Asked {
        deployment: "
processes: {web: {modules: [web], cores: 4, threads: 1000}, shop: {modules: [shop], cores: 4, threads: 1000}}
databases: {db: {cores: 4, schemas: [sales], statement: 1ms}}
pools: {shop: {to: db, maximum-pool-size: 30, connection-timeout: 1s}}
",
        ..interrupted
    };
    patient.shows([
        (TIMED_OUT, true),
        (&format!("{} > 9 {meanwhile}", per_s("count")), true),
        (&format!("{} > 9 {meanwhile}", per_s("sum")), true),
        (&format!("{} > 11 {meanwhile}", per_s("sum")), false),
    ]);
}

/// A replica is gone for a minute, and starts for half of one.
#[test]
fn a_pool_is_shown_by_its_process_and_ends_and_begins_anew_with_it() {
    let asked = Asked {
        operations: SALES,
        deployment: "
processes: {web: {modules: [web], cores: 4}, shop: {modules: [shop], cores: 4, start-up: 30s}}
databases: {db: {cores: 4, schemas: [sales], statement: 1ms}}
pools: {sales: {of: shop, to: db, maximum-pool-size: 10, leak-detection-threshold: 2s}}
",
        scenario: "load: {web.page: {deterministic: {rate: 1/s}}}\nfaults: [{at: 4m, for: 1m, crash: shop}]\n",
    };
    asked.shows([
        (
            "hikaricp_connections_max{application=\"shop\",job=\"shop\",instance=\"shop-0\",pool=\"sales\"} == 10",
            true,
        ),
        ("hikaricp_connections_max{job=\"sales\"}", false),
        ("hikaricp_connections_active and on (job, instance) (up == 1)", true),
        ("hikaricp_connections_active and on (job, instance) (up == 0)", false),
        ("absent(hikaricp_connections_active)", true),
        ("resets(hikaricp_connections_acquire_seconds_count[10m]) > 0", true),
        ("resets(hikaricp_connections_usage_seconds_sum[10m]) > 0", true),
        ("resets(brownout_leak_detection_warnings_total[10m]) > 0", true),
    ]);
    // It is down from 4:00 to 5:30.
    let times = asked.ask([
        "absent(hikaricp_connections_active)",
        "changes(up{job=\"shop\"}[10m]) == 1",
        "changes(up{job=\"shop\"}[10m]) == 2",
        "min_over_time(hikaricp_connections_acquire_seconds_count[1m]) < 20 and on () vector(time()) > 300",
    ]);
    let [absent, down, up, anew] = times.map(|at| at.unwrap_or(f64::NAN));
    assert!((240.0..260.0).contains(&absent) && (240.0..260.0).contains(&down), "{times:?}");
    assert!((330.0..350.0).contains(&up) && (330.0..350.0).contains(&anew), "{times:?}");
}

const ANSWERS: &str = "
modules:
  web: {operations: {page: [{call: shop.show}]}}
  shop: {operations: {show: [{get: {cache: pages, key: row}}]}}
keys: {row: {count: 10, popularity: uniform}}
";

const OUTAGE: &str = "load: {web.page: {deterministic: {rate: 10/s}}}\nfaults: [{name: outage, at: 4m, for: 4m, crash: redis}]\n";

#[test]
fn an_answer_has_the_status_of_the_process_and_the_exception_that_nothing_handled() {
    let asked = Asked {
        operations: ANSWERS,
        deployment: "
processes: {web: {modules: [web], cores: 4}, shop: {modules: [shop], cores: 4, answers-as: {unavailable: 503}}}
caches: {redis: {holds: [pages], command: 1ms}}
",
        scenario: OUTAGE,
    };
    let count = "http_server_requests_seconds_count";
    let of = |labels: &str| format!("{count}{{{labels}}} > 0");
    let expressions = [
        of("job=\"shop\",status=\"503\",outcome=\"SERVER_ERROR\",exception=\"none\",error=\"none\""),
        of("job=\"shop\",status=\"500\""),
        // The web shop has no handler for what the shop answers.
        of("job=\"web\",status=\"500\",exception=\"ServiceUnavailable\",error=\"ServiceUnavailable\""),
        of("job=\"web\",exception!=\"ServiceUnavailable\",status=\"500\""),
        of("job=\"web\",status=\"200\",outcome=\"SUCCESS\",exception=\"none\",error=\"none\""),
    ];
    let shown = [true, false, true, false, true];
    let expected: Vec<(&str, bool)> = expressions.iter().map(String::as_str).zip(shown).collect();
    asked.shows::<5>(expected.try_into().expect("five"));
    // Without a word about it, each answers with 500.
    let plain = Asked {
        deployment: "
processes: {web: {modules: [web], cores: 4}, shop: {modules: [shop], cores: 4}}
caches: {redis: {holds: [pages], command: 1ms}}
",
        ..asked
    };
    let [shop, web] = plain.ask([
        &of("job=\"shop\",status=\"500\",exception=\"ResourceAccessException\""),
        &of("job=\"web\",status=\"500\",exception=\"InternalServerError\""),
    ]);
    assert!(shop.is_some() && web.is_some(), "{shop:?} {web:?}");
}

#[test]
fn bounds_are_written_as_prometheus_takes_them_in() {
    let asked = Asked {
        operations: ANSWERS,
        deployment: "
gateways: {edge: {routes: [web.page]}}
processes: {web: {modules: [web], cores: 4}, shop: {modules: [shop], cores: 4}}
caches: {redis: {holds: [pages], command: 1ms}}
",
        scenario: OUTAGE,
    };
    asked.shows([
        ("http_server_requests_seconds_bucket{le=\"1.0\"} > 0", true),
        ("http_server_requests_seconds_bucket{le=\"1\"}", false),
        ("http_server_requests_seconds_bucket{le=\"0.025\"} > 0", true),
        ("http_server_requests_seconds_bucket{le=\"+Inf\"} > 0", true),
        ("kong_request_latency_ms_bucket{le=\"60000.0\"} > 0", true),
        ("nginx_ingress_controller_request_duration_seconds_bucket{le=\"10.0\"} > 0", true),
    ]);
}

#[test]
fn the_end_of_a_log_is_of_its_partitions_and_of_no_group() {
    let asked = Asked {
        operations: "
modules:
  shop: {operations: {sell: [{publish: {topic: told, key: row}}, {publish: {topic: noted, key: row}}], note: []}}
keys: {row: {count: 1000, popularity: uniform}}
",
        deployment: "
processes: {shop: {modules: [shop], cores: 4}}
logs:
  kafka:
    append: 1ms
    topics:
      told: {partitions: 3, consumers: {group: g, operation: shop.note}}
      noted: {partitions: 100}
",
        scenario: "load: {shop.sell: {deterministic: {rate: 10/s}}}\n",
    };
    let end = "kafka_topic_partition_current_offset";
    let expressions = [
        format!("count({end}{{topic=\"told\",consumergroup=\"\",partition!=\"\"}} > 100) == 3"),
        format!("sum({end}{{topic=\"told\"}}) > 5000"),
        format!("sum({end}{{topic=\"told\"}}) > 6001"),
        format!("{end}{{consumergroup=\"g\"}}"),
        // Of very many partitions, there is the sum.
        format!("{end}{{topic=\"noted\",partition=\"\"}} > 5000"),
        "kafka_consumergroup_lag{consumergroup=\"g\",topic=\"told\",partition=\"2\"} >= 0".to_owned(),
    ];
    let shown = [true, true, false, false, true, true];
    let expected: Vec<(&str, bool)> = expressions.iter().map(String::as_str).zip(shown).collect();
    asked.shows::<6>(expected.try_into().expect("six"));
}

/// Redis is gone from 4:00 to 8:00: the shop's answers are errors, and the web shop's breaker opens.
#[test]
fn a_breaker_shows_its_state_its_window_and_its_calls() {
    let asked = Asked {
        operations: ANSWERS,
        deployment: "
processes: {web: {modules: [web], cores: 4}, shop: {modules: [shop], cores: 4}}
caches: {redis: {holds: [pages], command: 1ms}}
calls: {shop.show: {circuit-breaker: {sliding-window-size: 20, wait-duration-in-open-state: 30s}}}
",
        scenario: OUTAGE,
    };
    let [closed, open, refused, failed, rate, again] = asked.ask([
        "resilience4j_circuitbreaker_state{job=\"web\",instance=\"web-0\",name=\"shop.show\",state=\"closed\"} == 1",
        "resilience4j_circuitbreaker_state{state=\"open\"} == 1",
        "resilience4j_circuitbreaker_not_permitted_calls_total{kind=\"not_permitted\"} > 0",
        "resilience4j_circuitbreaker_calls_seconds_count{kind=\"failed\"} > 9",
        "resilience4j_circuitbreaker_failure_rate >= 50",
        "resilience4j_circuitbreaker_state{state=\"closed\"} == 1 and on () vector(time()) > 480",
    ]);
    assert!(closed.is_some_and(|at| at < 20.0), "{closed:?}");
    for at in [open, refused, failed, rate] {
        assert!(
            at.is_some_and(|at| (240.0..260.0).contains(&at)),
            "{open:?} {refused:?} {failed:?} {rate:?}"
        );
    }
    // Half a minute at most until it is tried again, and ten trial calls.
    assert!(again.is_some_and(|at| (480.0..560.0).contains(&at)), "{again:?}");
    asked.shows([
        ("sum by (name) (resilience4j_circuitbreaker_state) != 1", false),
        ("resilience4j_circuitbreaker_buffered_calls{kind=\"successful\"} > 20", false),
        ("resilience4j_circuitbreaker_buffered_calls{kind=\"failed\"} > 9", true),
        ("resilience4j_circuitbreaker_calls_seconds_sum{kind=\"successful\"} > 2", true),
        ("resilience4j_circuitbreaker_calls_seconds_count{kind=\"ignored\"} > 0", false),
        ("resilience4j_circuitbreaker_slow_calls > 0", false),
        ("resilience4j_circuitbreaker_failure_rate < 0", true),
    ]);
    // Its process forgets it.
    let restarted = Asked {
        scenario: "load: {web.page: {deterministic: {rate: 10/s}}}\nfaults: [{name: outage, at: 4m, for: 4m, crash: redis}, \
                   {name: restart, at: 5m, for: 20s, crash: web}]\n",
        ..asked
    };
    restarted.shows([
        ("resets(resilience4j_circuitbreaker_calls_seconds_count{kind=\"successful\"}[10m]) > 0", true),
        ("resilience4j_circuitbreaker_state and on (instance) (up == 0)", false),
    ]);
}
