//! What evaluating rules costs: single expressions, and the shipped rules over a shop for one hour.
#![allow(
    clippy::print_stdout,
    missing_docs,
    reason = "a bench prints its result hash; criterion's macros make public items"
)]

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use brownout::random::{mix, name_hash};
use brownout::scenario;
use brownout::timeline::alertmanager::Config;
use brownout::timeline::alerts::Rules;
use brownout::timeline::promql::Expression;
use brownout::timeline::{Event, Query, SeriesId, Settings, Watch};
use brownout::units::{Instant, Span};
use criterion::{Criterion, criterion_group, criterion_main};

const SCRAPE_S: u64 = 15;
/// Expressions, each over six services.
const EXPRESSIONS: [(&str, &str); 5] = [
    ("instant", "up == 0"),
    ("ratio", "queue_depth / queue_limit > 0.9"),
    ("rate", "sum by (job) (rate(requests_total{status=~\"5..\"}[5m])) > 1"),
    ("p95", "histogram_quantile(0.95, sum by (job, le) (rate(latency_bucket[5m]))) > 1"),
    ("subquery", "max_over_time(sum by (job) (rate(requests_total[1m]))[10m:1m]) > 1e9"),
];

fn second(second: u64) -> Instant {
    Instant::from_nanos(second * 1_000_000_000)
}

/// The series of six services: name, labels.
fn series() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    let mut all = Vec::new();
    for job in ["gateway", "product", "order", "payment", "user", "coupon"] {
        let on = |more: &[(&'static str, &'static str)]| -> Vec<(&'static str, &'static str)> {
            [("job", job), ("instance", job)].into_iter().chain(more.iter().copied()).collect()
        };
        for name in ["up", "queue_depth", "queue_limit", "process_cpu_usage"] {
            all.push((name, on(&[])));
        }
        for name in ["hikaricp_connections_active", "hikaricp_connections_max"] {
            all.push((name, on(&[("pool", "main")])));
        }
        for (status, outcome) in [("200", "SUCCESS"), ("404", "CLIENT_ERROR"), ("503", "SERVER_ERROR")] {
            for uri in ["/coupon", "/order", "/payment"] {
                let labels = on(&[("uri", uri), ("status", status), ("outcome", outcome)]);
                all.push(("requests_total", labels.clone()));
                all.push(("http_server_requests_seconds_count", labels));
            }
        }
        for bound in ["0.01", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"] {
            all.push(("latency_bucket", on(&[("le", bound)])));
            all.push(("http_server_requests_seconds_bucket", on(&[("uri", "/order"), ("le", bound)])));
        }
    }
    for name in ["redis_up", "mysql_up", "redis_memory_used_bytes", "redis_memory_max_bytes"] {
        all.push((name, vec![("instance", "main")]));
    }
    all
}

/// The sample of a series at a scrape.
fn value(index: usize, name: &str, scrape: u64) -> f64 {
    match name {
        "up" | "redis_up" | "mysql_up" => f64::from(u8::from(scrape % 97 > index as u64 % 5)),
        _ if name.ends_with("_max_bytes") || name.ends_with("_max") || name == "queue_limit" => 100.0,
        _ if name.ends_with("count") || name.ends_with("bucket") || name.ends_with("total") => {
            (scrape * (1 + index as u64 % 7)) as f64
        }
        _ => (mix(index as u64, scrape) % 100) as f64,
    }
}

fn one(c: &mut Criterion) {
    let mut group = c.benchmark_group("expression");
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    for (name, text) in EXPRESSIONS {
        let expression = Expression::parse(text).expect("it is PromQL");
        let mut query = Query::new(&expression, Span::from_secs(60));
        let series = series();
        let ids: Vec<SeriesId> = series.iter().map(|(name, labels)| query.series(name, labels)).collect();
        let mut scrape = 0;
        let mut step = |query: &mut Query| {
            for (index, (name, _)) in series.iter().enumerate() {
                query.append(ids[index], second(scrape * SCRAPE_S), value(index, name, scrape));
            }
            scrape += 1;
            second((scrape - 1) * SCRAPE_S)
        };
        let mut at = second(0);
        for _ in 0..60 {
            at = step(&mut query);
        }
        group.bench_function(name, |b| b.iter(|| black_box(query.count(black_box(at)))));
    }
    group.finish();
}

/// An hour of the shop under its rules: how many evaluations, and a hash of what happened.
fn hour(rules: &Rules, config: &Config, minutes: u64) -> (u64, u64) {
    let mut watch = Watch::new(rules, Some(config), Settings::default());
    let series = series();
    let ids: Vec<SeriesId> = series.iter().map(|(name, labels)| watch.series(name, labels)).collect();
    let mut hash = 0;
    for scrape in 0..minutes * 60 / SCRAPE_S {
        let at = second(scrape * SCRAPE_S);
        for (index, (name, _)) in series.iter().enumerate() {
            if watch.wants(ids[index]) {
                watch.append(ids[index], at, value(index, name, scrape));
            }
        }
        watch.advance(at + Span::from_millis(14_999));
        for event in watch.take_events() {
            hash = mix(hash, name_hash(&format!("{event:?}")));
            assert!(!matches!(event, Event::Failed { .. }), "{event:?}");
        }
    }
    (watch.evaluations(), hash)
}

fn shop(c: &mut Criterion) {
    let read = |path: &Path| std::fs::read(path).map_err(|error| error.to_string());
    let rules =
        scenario::read_rules(&[Path::new("rules/shop.yaml")], &read).value.expect("the rules are good");
    let config = scenario::read_alertmanager(Path::new("rules/alertmanager.yaml"), &read);
    let config = config.value.expect("the configuration is good");
    let minutes = if c_is_test() { 5 } else { 60 };
    let (evaluations, hash) = hour(&rules, &config, minutes);
    println!("shop: {evaluations} evaluations of groups in {minutes} min, result {hash:016x}");
    let mut group = c.benchmark_group("shop");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    group.bench_function("hour", |b| b.iter(|| black_box(hour(&rules, &config, minutes))));
    group.finish();
}

/// Whether this runs under `cargo test`, where it only has to work.
fn c_is_test() -> bool {
    !std::env::args().any(|argument| argument == "--bench")
}

criterion_group!(benches, one, shop);
criterion_main!(benches);
