//! Made-up results: a shop whose payment slows down under a surge, and a queue with two servers.

use std::collections::BTreeMap;

use brownout::component::effects::GoodEnd;
use brownout::component::{OperationName, StationKind, StationName, View};
use brownout::experiment::{
    AnswerResults, Band, CalmRuns, EffectResult, EventResult, LatencyResults, ObjectiveResult,
    ObservedResults, ObservedSeries, OperationResults, OperationSeries, RecoveryResult, Results, Series,
    SpentResults, StationResults, StationSeries, UnfinishedStep, Warning, WindowResults,
};
use brownout::record::{Cause, Ending, MilestoneKind, Statuses};
use brownout::scenario::{Comparison, Measure, Objective};
use brownout::stats::{Estimate, Verdict};
use brownout::timeline::runbook::ActionSpec;
use brownout::units::{Instant, Span};

use crate::judged::{alerts, chain, claims, outcomes, statuses, timeline, unbegun};
use crate::limits::bottleneck;

/// A value with a symmetric interval.
pub(crate) fn estimate(mean: f64, half: f64) -> Estimate {
    Estimate { mean, low: mean - half, high: mean + half, n: 20, confidence: 0.95 }
}

/// A probability with its interval.
pub(crate) fn probability(mean: f64, low: f64, high: f64) -> Estimate {
    Estimate { mean, low, high, n: 20, confidence: 0.95 }
}

fn times(p50_s: f64, spread: f64) -> LatencyResults {
    LatencyResults {
        mean_s: estimate(p50_s * 1.2, p50_s * spread),
        p50_s: estimate(p50_s, p50_s * spread),
        p95_s: estimate(p50_s * 3.0, p50_s * 3.0 * spread),
        p99_s: estimate(p50_s * 5.0, p50_s * 7.0 * spread),
        p999_s: estimate(p50_s * 8.0, p50_s * 15.0 * spread),
    }
}

/// One of the shop's operations: its load in calm, and response and failures before, during and after the surge.
struct Story {
    name: &'static str,
    view: View,
    calm_per_s: f64,
    p50_s: [f64; 3],
    failed: [f64; 3],
    causes: &'static [(Cause, f64)],
}

const STORIES: [Story; 7] = [
    Story {
        name: "order.place",
        view: View::Client,
        calm_per_s: 120.0,
        p50_s: [0.0137, 0.97, 0.0147],
        failed: [0.0, 0.632, 0.004],
        causes: &[
            (Cause::QueueFull, 0.51),
            (Cause::Timeout, 0.091),
            (Cause::PoolTimeout, 0.028),
            (Cause::CircuitOpen, 0.003),
        ],
    },
    Story {
        name: "bestseller.top",
        view: View::Client,
        calm_per_s: 800.0,
        p50_s: [0.002, 0.003, 0.002],
        failed: [0.0, 0.0, 0.0],
        causes: &[],
    },
    Story {
        name: "coupon.issue",
        view: View::Client,
        calm_per_s: 4.0,
        p50_s: [0.008, 0.019, 0.009],
        failed: [0.0, 0.0021, 0.0],
        causes: &[(Cause::Declined, 0.31), (Cause::LockTimeout, 0.0021)],
    },
    Story {
        name: "product.search",
        view: View::Client,
        calm_per_s: 300.0,
        p50_s: [0.011, 0.045, 0.012],
        failed: [0.0, 0.034, 0.0],
        causes: &[(Cause::RateLimited, 0.034)],
    },
    Story {
        name: "cart.update",
        view: View::Client,
        calm_per_s: 60.0,
        p50_s: [0.005, 0.009, 0.005],
        failed: [0.0, 0.000_04, 0.0],
        causes: &[],
    },
    Story {
        name: "coupon.redeem",
        view: View::Consumer,
        calm_per_s: 3.5,
        p50_s: [0.31, 21.0, 4.2],
        failed: [0.0, 0.0, 0.0],
        causes: &[],
    },
    Story {
        name: "payment.pay",
        view: View::Call,
        calm_per_s: 118.0,
        p50_s: [0.007, 0.6, 0.007],
        failed: [0.0, 0.17, 0.0],
        causes: &[(Cause::Timeout, 0.17)],
    },
];

/// Component, kind, replicas, capacity, and utilisation in calm and under the surge.
const STATIONS: [(&str, StationKind, u16, f64, f64, f64); 12] = [
    ("edge", StationKind::Requests, 1, 20_000.0, 0.01, 0.12),
    ("order", StationKind::Threads, 3, 200.0, 0.08, 1.0),
    ("order", StationKind::Cores, 3, 2.0, 0.21, 0.44),
    ("payment", StationKind::Threads, 2, 100.0, 0.05, 0.97),
    ("payment", StationKind::Cores, 2, 2.0, 0.11, 0.83),
    ("catalogue", StationKind::Threads, 4, 200.0, 0.04, 0.35),
    ("catalogue", StationKind::Cores, 4, 2.0, 0.18, 0.66),
    ("orders-pool", StationKind::Connections, 3, 20.0, 0.12, 0.71),
    ("orders-db", StationKind::Cores, 1, 8.0, 0.15, 0.71),
    ("orders-db.stock", StationKind::Locks, 1, 0.0, 0.01, 0.3),
    ("coupon", StationKind::Consumer, 1, 1.0, 0.4, 0.999),
    ("card-company", StationKind::External, 1, f64::INFINITY, 0.0, 0.0),
];

const WINDOWS: [(&str, u64, u64); 3] =
    [("before", 300, 1200), ("during surge", 1200, 2100), ("after", 2100, 3600)];

/// What the gateway answered in a window.
fn answers(index: usize) -> Vec<AnswerResults> {
    let surge = index == 1;
    let answer = |status: u16, per_s: f64| AnswerResults {
        gateway: "gateway".to_owned(),
        route: "order.place".to_owned(),
        status,
        count: (per_s * 900.0) as u64 * 20,
        per_s: estimate(per_s, per_s * 0.01),
    };
    let served = answer(200, if surge { 441.6 } else { 120.0 });
    let failed = [answer(503, 615.6), answer(504, 109.2)].into_iter().filter(|_| surge);
    std::iter::once(served).chain(failed).collect()
}

/// What a story's response times went into: of those served, the mean; of the others, a time-out's three seconds.
fn spent(story: &Story, index: usize) -> SpentResults {
    let shares = match index {
        1 => [0.02, 0.81, 0.06, 0.02, 0.01, 0.06, 0.02],
        _ => [0.03, 0.0, 0.01, 0.02, 0.3, 0.64, 0.0],
    };
    let split = |total_s: f64| shares.map(|share| estimate(total_s * share, total_s * share * 0.04));
    let not_served = (index == 1 && !story.causes.is_empty()).then(|| split(3.0));
    SpentResults { served: Some(split(story.p50_s[index] * 1.2)), not_served }
}

fn window(index: usize) -> WindowResults {
    let (name, from_s, to_s) = WINDOWS[index];
    let surge = if index == 1 { 10.0 } else { 1.0 };
    let operations = STORIES.iter().map(|story| {
        let offered = story.calm_per_s * surge;
        let failed = story.failed[index];
        let share = |share: f64| estimate(share, share * 0.065);
        OperationResults {
            name: OperationName { name: story.name.to_owned(), view: story.view },
            count: (offered * (to_s - from_s) as f64) as u64 * 20,
            offered_per_s: estimate(offered, offered * 0.004),
            served_per_s: estimate(offered * (1.0 - failed), offered * 0.01),
            goodput_per_s: estimate(offered * (1.0 - failed) * 0.9, offered * 0.01),
            degraded_share: estimate(0.0, 0.0),
            failed_share: share(failed),
            server_error_share: share(failed),
            causes: match index {
                1 => story.causes.iter().map(|(cause, value)| (*cause, share(*value))).collect(),
                _ => Vec::new(),
            },
            statuses: statuses(story.causes),
            latency: Some(times(story.p50_s[index], 0.04)),
            spent: Some(spent(story, index)),
        }
    });
    WindowResults {
        name: name.to_owned(),
        from: Instant::from_nanos(from_s * 1_000_000_000),
        to: Instant::from_nanos(to_s * 1_000_000_000),
        operations: operations.collect(),
        stations: station_names()
            .into_iter()
            .map(|(name, calm, surged)| station(name, if index == 1 { surged } else { calm }))
            .collect(),
        observed: stores(index),
        answers: answers(index),
    }
}

/// A cache server whose entries are evicted in the surge.
fn stores(index: usize) -> Vec<ObservedResults> {
    let surge = if index == 1 { 1.0 } else { 0.0 };
    let quantity = |metric, value: f64, max| ObservedResults {
        component: "main".to_owned(),
        part: String::new(),
        metric,
        value: estimate(value, value * 0.01),
        max,
    };
    vec![
        quantity("hits_per_s", 1000.0 + 7000.0 * surge, None),
        quantity("misses_per_s", 50.0 + 900.0 * surge, None),
        quantity("hit_ratio", 0.952 - 0.058 * surge, None),
        quantity("evicted_per_s", 300.0 * surge, None),
        quantity("memory_bytes", 1.2e9 + 0.9e9 * surge, Some(1.3e9 + 0.847e9 * surge)),
    ]
}

fn station_names() -> Vec<(StationName, f64, f64)> {
    STATIONS
        .iter()
        .flat_map(|(component, kind, replicas, capacity, calm, surged)| {
            (0..*replicas).map(move |replica| {
                let name = StationName {
                    component: (*component).to_owned(),
                    kind: *kind,
                    replica,
                    replicas: *replicas,
                    capacity: *capacity,
                };
                (name, *calm, *surged)
            })
        })
        .collect()
}

fn station(name: StationName, used: f64) -> StationResults {
    let limited = if name.capacity.is_finite() { name.capacity } else { 0.0 };
    let full = used >= 0.999;
    StationResults {
        is_there: true,
        utilisation: estimate(used, 0.003),
        busy: estimate(used * limited, 0.01),
        lost: estimate(0.0, 0.0),
        queue: if full { estimate(98.2, 0.9) } else { estimate(used * used * 2.0, 0.05) },
        full_share: estimate(if full { 0.97 } else { 0.0 }, 0.01),
        waited_share: Some(estimate(used * used, 0.01)),
        wait: Some(times(if full { 0.63 } else { used * 0.004 }, 0.05)),
        visits_per_s: estimate(400.0, 3.0),
        rejected_per_s: estimate(if full && name.kind == StationKind::Threads { 204.0 } else { 0.0 }, 0.0),
        gave_up_per_s: estimate(if full { 12.5 } else { 0.0 }, 0.0),
        longest_queue: if full { 100 } else { 7 },
        name,
    }
}

/// A repeatable wobble around one.
fn wobble(index: usize, salt: usize) -> f64 {
    1.0 + 0.12 * ((index * 7 + salt * 13) as f64 * 0.61).sin() * ((index * 3 + salt) as f64 * 0.37).cos()
}

fn band(mean: f64, spread: f64) -> Band {
    Band { mean, low: mean * (1.0 - spread), high: mean * (1.0 + spread) }
}

const GAP: Band = Band { mean: f64::NAN, low: f64::NAN, high: f64::NAN };

/// How far into the surge a moment is: 0 in calm, 1 in its middle.
fn heat(time_s: f64) -> f64 {
    if time_s <= 1200.0 {
        0.0
    } else if time_s <= 2100.0 {
        ((time_s - 1200.0) / 150.0).min(1.0)
    } else {
        (1.0 - (time_s - 2100.0) / 300.0).max(0.0)
    }
}

fn shop_series() -> Series {
    let times_s: Vec<f64> = (1..=240).map(|index| f64::from(index) * 15.0).collect();
    let operations = STORIES.iter().enumerate().map(|(salt, story)| {
        let along = |value: &dyn Fn(f64, f64) -> Band| -> Vec<Band> {
            times_s.iter().enumerate().map(|(index, time)| value(*time, wobble(index, salt))).collect()
        };
        let load = |time: f64| story.calm_per_s * if (1200.0..2100.0).contains(&time) { 10.0 } else { 1.0 };
        let failed = |time: f64| story.failed[1] * heat(time);
        let quantile = |factor: f64| {
            along(&|time, wobble| {
                // Nothing of it is served for three minutes.
                if story.name == "order.place" && (1500.0..1680.0).contains(&time) {
                    return GAP;
                }
                let level = story.p50_s[0] * (story.p50_s[1] / story.p50_s[0]).powf(heat(time));
                band(level * factor * wobble, 0.12 + 0.2 * heat(time))
            })
        };
        OperationSeries {
            name: OperationName { name: story.name.to_owned(), view: story.view },
            offered_per_s: along(&|time, wobble| band(load(time) * wobble, 0.02)),
            served_per_s: along(&|time, wobble| band(load(time) * wobble * (1.0 - failed(time)), 0.04)),
            failed_per_s: along(&|time, wobble| band(load(time) * wobble * failed(time), 0.1)),
            declined_per_s: along(&|_, _| band(0.0, 0.0)),
            p50_s: quantile(1.0),
            p95_s: quantile(3.0),
            p99_s: quantile(5.0),
        }
    });
    let stations = station_names().into_iter().enumerate().map(|(salt, (name, calm, surged))| {
        let at = |index: usize, time: f64| {
            ((calm + (surged - calm) * heat(time)) * wobble(index, salt).min(1.05)).clamp(0.0, 1.0)
        };
        let along = |value: &dyn Fn(usize, f64) -> Band| -> Vec<Band> {
            times_s.iter().enumerate().map(|(index, time)| value(index, *time)).collect()
        };
        StationSeries {
            utilisation: along(&|index, time| band(at(index, time), 0.02)),
            queue: along(&|index, time| {
                let used = at(index, time);
                band(if used > 0.95 { (used - 0.95) * 2000.0 } else { used * used }, 0.1)
            }),
            name,
        }
    });
    Series {
        operations: operations.collect(),
        stations: stations.collect(),
        observed: vec![ObservedSeries {
            component: "main".to_owned(),
            part: String::new(),
            metric: "hits_per_s",
            values: times_s.iter().map(|time| band(1000.0 + 7000.0 * heat(*time), 0.01)).collect(),
        }],
        in_flight: times_s.iter().map(|time| band(40.0 + 700.0 * heat(*time), 0.05)).collect(),
        times_s,
    }
}

fn objective(text: &str, measure: Measure, bound: f64, window: usize) -> Objective {
    let comparison = match measure {
        Measure::Availability => Comparison::AtLeast,
        Measure::LatencyQuantile(_) | Measure::LatencyMean | Measure::FailedShare => Comparison::Below,
    };
    Objective { operation: 0, measure, comparison, bound, window, text: text.to_owned() }
}

fn effect(name: &str, count: f64, good: Option<GoodEnd>) -> EffectResult {
    EffectResult {
        name: name.to_owned(),
        count: estimate(count, count * 0.008),
        good,
        is_loss: name.starts_with("entries-lost"),
        of: None,
        beyond: None,
    }
}

/// What the step of its runbook does.
fn actions() -> BTreeMap<String, ActionSpec> {
    let limit = r#"{"rate-limit": {"at": "order.place", "rate": "100/s", "burst": 100}}"#;
    BTreeMap::from([("limit".to_owned(), serde_json::from_str(limit).expect("it is an action"))])
}

/// A shop of seven operations and 25 stations through a surge of ten times the load, in which it collapses.
pub(crate) fn shop() -> Results {
    Results {
        actions: actions(),
        scenario: "surge-x10".to_owned(),
        deployment: "msa".to_owned(),
        duration: Span::from_secs(3600),
        warm_up: Span::from_secs(300),
        warm_up_found: Some(true),
        replications: 20,
        seed: 7,
        confidence: 0.95,
        windows: (0..WINDOWS.len()).map(window).collect(),
        series: shop_series(),
        events: vec![
            EventResult {
                kind: MilestoneKind::QueueFull,
                subject: "order threads 1/3".to_owned(),
                runs: 17,
                median_s: 1225.0,
                first_s: 1219.4,
                last_s: 1301.75,
            },
            EventResult {
                kind: MilestoneKind::FirstFailure(Cause::QueueFull),
                subject: "order.place".to_owned(),
                runs: 17,
                median_s: 1225.0,
                first_s: 1219.4,
                last_s: 1302.0,
            },
        ],
        timeline: timeline(),
        alerts: alerts(),
        unbegun: unbegun(),
        unfinished: vec![UnfinishedStep { step: "tell".to_owned(), runs: 3 }],
        calm: Some(CalmRuns { runs: 5, planned: 5, looked_at: Span::from_secs(54_000), notifies: true }),
        recovery: Some(RecoveryResult {
            within: None,
            probability: probability(0.3, 0.12, 0.54),
            recovered: 6,
            time_s: Some(estimate(730.0, 95.0)),
            collapse: probability(0.85, 0.62, 0.97),
            collapsed: 17,
            by_operation: vec![
                (OperationName { name: "order.place".to_owned(), view: View::Client }, 6),
                (OperationName { name: "bestseller.top".to_owned(), view: View::Client }, 20),
            ],
        }),
        outcomes: Some(outcomes()),
        chain: chain(),
        claims: claims(),
        objectives: vec![
            ObjectiveResult {
                objective: objective("bestseller.top availability >= 99.9%", Measure::Availability, 0.999, 1),
                measured: Some(estimate(0.9998, 0.0001)),
                verdict: Verdict::Met,
                count: (144_000_000, 30_000),
            },
            ObjectiveResult {
                objective: objective(
                    "order.place p95 < 200ms during surge",
                    Measure::LatencyQuantile(0.95),
                    0.2,
                    1,
                ),
                measured: Some(estimate(2.91, 0.11)),
                verdict: Verdict::Missed,
                count: (7_948_800, 400),
            },
            ObjectiveResult {
                objective: objective("coupon.issue p99.9 < 1s", Measure::LatencyQuantile(0.999), 1.0, 1),
                measured: Some(estimate(0.152, 0.2)),
                verdict: Verdict::Inconclusive,
                count: (412, 3000),
            },
        ],
        effects: vec![
            effect("payment-charged", 101_230.0, None),
            effect("oversold", 0.0, Some(GoodEnd::Less)),
            effect("entries-lost-product", 6_560.0, Some(GoodEnd::Less)),
        ],
        warnings: vec![Warning::File {
            code: "B0312".to_owned(),
            text: "gateway time-out 3 s is shorter than payment.pay's 3 × 3 s with retries".to_owned(),
        }],
        losses: Vec::new(),
        bottleneck: Some(bottleneck()),
        requests: 231_004_118,
        handled_events: 4_018_223_551,
        endings: vec![Ending::Completed; 20],
        fingerprint: 0xa1b2_c3d4_0011_2233,
    }
}

/// Two servers at 80 %: the exact mean wait is 1.78 service times.
pub(crate) fn queue() -> Results {
    let name = StationName {
        component: "desk".to_owned(),
        kind: StationKind::Servers,
        replica: 0,
        replicas: 1,
        capacity: 2.0,
    };
    let operation = OperationName { name: "desk".to_owned(), view: View::Client };
    let wait = LatencyResults {
        mean_s: estimate(0.017_8, 0.000_31),
        p50_s: estimate(0.006_81, 0.000_2),
        p95_s: estimate(0.066_7, 0.001_4),
        p99_s: estimate(0.107, 0.003),
        p999_s: estimate(0.164, 0.009),
    };
    let times_s: Vec<f64> = (1..=240).map(|index| f64::from(index) * 15.0).collect();
    let along = |value: f64, salt: usize, spread: f64| -> Vec<Band> {
        (0..240).map(|index| band(value * wobble(index, salt), spread)).collect()
    };
    Results {
        actions: BTreeMap::new(),
        scenario: "mm2".to_owned(),
        deployment: String::new(),
        duration: Span::from_secs(3600),
        warm_up: Span::from_secs(60),
        warm_up_found: None,
        replications: 20,
        seed: 1,
        confidence: 0.95,
        windows: vec![WindowResults {
            name: "whole".to_owned(),
            from: Instant::from_nanos(60_000_000_000),
            to: Instant::from_nanos(3_600_000_000_000),
            operations: vec![OperationResults {
                name: operation.clone(),
                count: 11_328_000,
                offered_per_s: estimate(160.0, 0.21),
                served_per_s: estimate(160.0, 0.21),
                goodput_per_s: estimate(160.0, 0.21),
                degraded_share: estimate(0.0, 0.0),
                failed_share: estimate(0.0, 0.0),
                server_error_share: estimate(0.0, 0.0),
                causes: Vec::new(),
                statuses: Statuses::default(),
                latency: Some(LatencyResults {
                    mean_s: estimate(0.027_8, 0.000_32),
                    p50_s: estimate(0.019_6, 0.000_22),
                    p95_s: estimate(0.079_4, 0.001_3),
                    p99_s: estimate(0.12, 0.003),
                    p999_s: estimate(0.178, 0.009),
                }),
                spent: None,
            }],
            stations: vec![StationResults {
                is_there: true,
                name: name.clone(),
                utilisation: estimate(0.8, 0.001_2),
                busy: estimate(1.6, 0.002_4),
                lost: estimate(0.0, 0.0),
                queue: estimate(2.84, 0.06),
                full_share: estimate(0.711, 0.002),
                waited_share: Some(estimate(0.711, 0.002)),
                wait: Some(wait),
                visits_per_s: estimate(160.0, 0.21),
                rejected_per_s: estimate(0.0, 0.0),
                gave_up_per_s: estimate(0.0, 0.0),
                longest_queue: 61,
            }],
            observed: Vec::new(),
            answers: Vec::new(),
        }],
        series: Series {
            operations: vec![OperationSeries {
                name: operation,
                offered_per_s: along(160.0, 1, 0.02),
                served_per_s: along(160.0, 1, 0.02),
                failed_per_s: along(0.0, 1, 0.0),
                declined_per_s: along(0.0, 1, 0.0),
                p50_s: along(0.019_6, 2, 0.05),
                p95_s: along(0.079_4, 3, 0.08),
                p99_s: along(0.12, 4, 0.12),
            }],
            stations: vec![StationSeries {
                name,
                utilisation: along(0.8, 5, 0.02),
                queue: along(2.84, 6, 0.2),
            }],
            observed: Vec::new(),
            in_flight: along(4.44, 6, 0.1),
            times_s,
        },
        events: Vec::new(),
        timeline: Vec::new(),
        alerts: Vec::new(),
        unbegun: Vec::new(),
        unfinished: Vec::new(),
        calm: None,
        outcomes: None,
        chain: Vec::new(),
        claims: Vec::new(),
        recovery: None,
        objectives: Vec::new(),
        effects: Vec::new(),
        warnings: Vec::new(),
        losses: Vec::new(),
        bottleneck: None,
        requests: 11_520_000,
        handled_events: 23_040_000,
        endings: vec![Ending::Completed; 20],
        fingerprint: 0x0102_0304_0506_0708,
    }
}
