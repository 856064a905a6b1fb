//! What exporters count, and what comes of it.

use brownout::experiment::{AlertResult, Results};
use brownout::record::HappeningKind;

use crate::rehearse::rehearse;

const OPERATIONS: &str = "
modules:
  web:
    operations:
      page: [{call: shop.show}]
  shop:
    operations:
      show: [{get: {cache: pages, key: row}}, {delay: 100ms}]
keys: {row: {count: 10, popularity: uniform}}
";

const DEPLOYMENT: &str = "
operations: operations.yaml
gateways: {edge: {routes: [web.page]}}
processes:
  web: {modules: [web], cores: 4}
  shop: {modules: [shop], cores: 4, replicas: 2, threads: 1, accept-queue: 1000}
caches: {redis: {holds: [pages], command: 1ms}}
";

/// Runs ten minutes with alerts of these names and expressions; `about` holds load, clients and faults.
fn run(alerts: &[(&str, &str)], about: &str) -> Results {
    let rules: Vec<String> = alerts
        .iter()
        .map(|(name, expr)| {
            format!("      - {{alert: {name}, expr: '{expr}', labels: {{severity: page}}}}\n")
        })
        .collect();
    let rules = format!("groups:\n  - name: all\n    interval: 10s\n    rules:\n{}", rules.concat());
    let alertmanager = "route:\n  receiver: first\n  group_by: [alertname]\n  routes:\n\
                        \x20   - {matchers: [severity=\"page\"], receiver: first, group_wait: 0s, continue: true}\n\
                        \x20   - {matchers: [severity=\"page\"], receiver: second, group_wait: 0s}\n\
                        receivers:\n\
                        \x20 - {name: first, webhook_configs: [{url: 'http://example.org'}]}\n\
                        \x20 - {name: second, webhook_configs: [{url: 'http://example.org'}]}\n";
    let scenario = format!(
        "deployment: deployment.yaml\nduration: 10m\nreplications: 3\n\
         alerts: {{rules: [rules.yaml], alertmanager: am.yaml, scrape-interval: 10s, evaluation-interval: 10s}}\n{about}\n"
    );
    rehearse(&[
        ("scenario.yaml", scenario.as_str()),
        ("deployment.yaml", DEPLOYMENT),
        ("operations.yaml", OPERATIONS),
        ("rules.yaml", rules.as_str()),
        ("am.yaml", alertmanager),
    ])
}

fn alert<'r>(results: &'r Results, name: &str) -> &'r AlertResult {
    results.alerts.iter().find(|alert| alert.name == name).expect("the alert is there")
}

/// Checks in how many of three runs alerts fire from the fault on, and in how many before it.
#[track_caller]
fn fire(results: &Results, expected: &[(&str, u32, u32)]) {
    for (name, fired, before) in expected {
        let found = alert(results, name);
        assert_eq!((found.fired, found.before), (*fired, *before), "{name}: {:?}", results.timeline);
    }
}

/// Ten customers a second, of whom each tries again once, two seconds after a refusal that takes milliseconds.
#[test]
fn a_process_counts_attempts_and_not_customers_nor_their_pauses() {
    let count = "http_server_requests_seconds_count";
    let alerts = [
        ("Nineteen", format!("sum(rate({count}{{job=\"web\",status=\"500\"}}[1m])) > 19")),
        ("TwentyOne", format!("sum(rate({count}{{job=\"web\"}}[1m])) > 21")),
        (
            "Refused",
            format!(
                "{count}{{uri=\"shop.show\",outcome=\"SERVER_ERROR\",exception=\"ResourceAccessException\"}} > 0"
            ),
        ),
        (
            "Served",
            format!(
                "{count}{{uri=\"shop.show\",outcome=\"SUCCESS\",exception=\"none\",method=\"POST\"}} > 0"
            ),
        ),
        ("Lines", "sum(rate(kong_http_requests_total{job=\"edge\"}[1m])) > 19".to_owned()),
        (
            "SlowLines",
            "histogram_quantile(0.95, sum by (le) (rate(kong_request_latency_ms_bucket[1m]))) > 300"
                .to_owned(),
        ),
        (
            "Slow",
            "histogram_quantile(0.95, sum by (le) (rate(http_server_requests_seconds_bucket[1m]))) > 0.2"
                .to_owned(),
        ),
    ];
    let alerts: Vec<(&str, &str)> = alerts.iter().map(|(name, expr)| (*name, expr.as_str())).collect();
    let results = run(
        &alerts,
        "load: {web.page: {deterministic: {rate: 10/s}}}\n\
         clients: {web.page: {retry: {max-attempts: 2, wait-duration: 2s}}}\n\
         faults: [{name: outage, at: 4m, crash: redis}]",
    );
    fire(
        &results,
        &[
            ("Nineteen", 3, 0),
            ("TwentyOne", 0, 0),
            ("Refused", 3, 0),
            ("Served", 0, 3),
            ("Lines", 3, 0),
            ("SlowLines", 0, 0),
            ("Slow", 0, 0),
        ],
    );
}

/// Six users for two threads that take 0.1 s each: they wait 0.2 s in front of the threads, which the process does not see
/// and its caller does. Each replica counts for itself, and one that has crashed counts from nothing again.
#[test]
fn the_accept_queue_is_outside_and_replicas_count_for_themselves() {
    let mean = |job: &str| {
        let of = |what: &str| format!("sum(rate(http_server_requests_seconds_{what}{{job=\"{job}\"}}[1m]))");
        format!("{} / {}", of("sum"), of("count"))
    };
    let replicas = "count(count by (instance) (http_server_requests_seconds_count{job=\"shop\"}))";
    let alerts = [
        ("ShopSlow", format!("{} > 0.11", mean("shop"))),
        ("WebSlow", format!("{} > 0.25", mean("web"))),
        ("Two", format!("{replicas} == 2")),
        ("One", format!("{replicas} == 1")),
        ("Reset", "resets(http_server_requests_seconds_count{instance=\"shop-0\"}[5m]) > 0".to_owned()),
    ];
    let alerts: Vec<(&str, &str)> = alerts.iter().map(|(name, expr)| (*name, expr.as_str())).collect();
    let results = run(
        &alerts,
        "load: {web.page: {closed: {users: 6, think: 0s}}}\n\
         faults: [{name: outage, at: 4m, for: 1m, crash: shop, replicas: 1}]",
    );
    assert_eq!((alert(&results, "ShopSlow").fired, alert(&results, "ShopSlow").before), (0, 0));
    assert_eq!(alert(&results, "WebSlow").before, 3);
    assert_eq!(alert(&results, "Two").before, 3);
    let one = alert(&results, "One");
    assert_eq!((one.fired, one.before), (3, 0), "{:?}", results.timeline);
    let resets = results.timeline.iter().filter(|it| it.subject == "Reset");
    assert!(
        resets.clone().count() > 0 && resets.clone().all(|it| it.first_s > 300.0),
        "{:?}",
        results.timeline
    );
}

#[test]
fn each_receiver_has_a_row_and_what_fires_when_all_is_over_has_detected_nothing() {
    let results = run(
        &[
            ("Down", "redis_up == 0"),
            ("Chronic", "vector(time()) > 60"),
            ("Late", "vector(time()) > 550"),
            ("Unasked", "absent(up)"),
            ("Nothing", "htp_server_requests_seconds_count > 0"),
        ],
        "load: {web.page: {deterministic: {rate: 5/s}}}\nfaults: [{name: outage, at: 4m, for: 1m, crash: redis}]",
    );
    let told: Vec<&str> = results
        .timeline
        .iter()
        .filter(|it| it.kind == HappeningKind::Notified && it.subject == "Down")
        .map(|it| it.detail.as_str())
        .collect();
    assert_eq!(told, ["first", "second"]);
    fire(&results, &[("Down", 3, 0), ("Chronic", 0, 3), ("Late", 0, 0)]);
    assert_eq!((alert(&results, "Down").notified, alert(&results, "Chronic").notified), (3, 0));
    assert_eq!((alert(&results, "Late").after, alert(&results, "Down").after), (3, 0));
    // Something was asked before anything was evaluated: what is absent at the start has not been looked for yet.
    assert!(results.timeline.iter().all(|it| it.subject != "Unasked"), "{:?}", results.timeline);
    assert!(!alert(&results, "Nothing").is_shown && alert(&results, "Late").is_shown);
    // Nobody says how long people take to take an alert on.
    let outcomes = results.outcomes.expect("a fault is an incident");
    let acknowledged = &outcomes.phases[1];
    assert!(!acknowledged.is_modelled && acknowledged.time_s.is_none() && acknowledged.runs == 0);
}

/// Of two alerts of one outage the critical one mutes the other: it fires, nobody is told, and the timeline says why; of two of
/// one name, which is which.
#[test]
fn an_alert_that_another_one_mutes_is_told_as_muted() {
    let rules = "groups: [{name: all, interval: 10s, rules: [\
                 {alert: Down, expr: redis_up == 0, labels: {severity: warning}}, \
                 {alert: Everything, expr: redis_up == 0, labels: {severity: critical}}, \
                 {alert: Twice, expr: redis_up == 0, labels: {severity: warning}}, \
                 {alert: Twice, expr: redis_up == 0, labels: {severity: critical}}, \
                 {alert: Later, expr: redis_up == 0, for: 1m, labels: {severity: warning}}]}]";
    let alertmanager = "route: {receiver: people, group_by: [alertname], group_wait: 0s, group_interval: 20s}\n\
                        receivers: [{name: people, webhook_configs: [{url: 'http://example.org'}]}]\n\
                        inhibit_rules: [\
                        {source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [alertname]}, \
                        {source_matchers: [alertname=Everything], target_matchers: [alertname=~\"Down|Later\"]}]\n";
    let scenario = "deployment: deployment.yaml\nduration: 10m\nreplications: 2\n\
                    load: {web.page: {deterministic: {rate: 5/s}}}\n\
                    faults: [{name: outage, at: 4m, for: 3m, crash: redis}]\n\
                    alerts: {rules: [rules.yaml], alertmanager: alertmanager.yaml, scrape-interval: 10s, \
                    evaluation-interval: 10s, calm: 0}\n";
    let results = rehearse(&[
        ("scenario.yaml", scenario),
        ("deployment.yaml", DEPLOYMENT),
        ("operations.yaml", OPERATIONS),
        ("rules.yaml", rules),
        ("alertmanager.yaml", alertmanager),
    ]);
    let of = |kind| -> Vec<(&str, &str, u32)> {
        let found = results.timeline.iter().filter(|it| it.kind == kind);
        found.map(|it| (it.subject.as_str(), it.detail.as_str(), it.runs)).collect()
    };
    // Once each, however often its group is looked at.
    let twice = "Twice of severity=critical, where severity=warning";
    let muted = [("Down", "Everything", 2), ("Twice", twice, 2), ("Later", "Everything", 2)];
    assert_eq!(of(HappeningKind::Muted), muted);
    assert_eq!(of(HappeningKind::Notified), [("Everything", "people", 2), ("Twice", "people", 2)]);
    let csv = String::from_utf8(brownout::report::csv::alerts_csv(&results)).expect("text");
    let note =
        |name: &str| csv.lines().find(|row| row.starts_with(name)).and_then(|row| row.rsplit(',').next());
    assert_eq!(note("Down,"), Some("muted by another alert"), "{csv}");
    assert_eq!(note("Everything,"), Some(""), "{csv}");
}
