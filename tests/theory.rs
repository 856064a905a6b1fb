//! Exact queueing theory through the front door: models as files, the public API, 99 % intervals.
//!
//! Each case of `tests/theory/cases.rs` is a system whose answer is known; the answers and their sources are in
//! `tests/theory/oracles.csv`. An interval of a right simulator misses the truth once in a hundred, so misses are
//! counted over all cases: too many are as impossible as an interval that is too wide.

#![expect(clippy::print_stdout, reason = "`--nocapture` shows the table")]

#[path = "theory/cases.rs"]
mod cases;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::experiment::{LatencyResults, Options, Results, StationResults, replicate, station_label};
use brownout::scenario::{Overrides, load};
use brownout::stats::Estimate;
use cases::{CASES, Case, Measure};

/// Widest interval that proves anything: relative for magnitudes, absolute for probabilities.
const MOST_RELATIVE: f64 = 0.02;
const MOST_ABSOLUTE: f64 = 0.01;

/// Case → metric → exact value.
fn oracles() -> BTreeMap<(String, String), f64> {
    let mut reader = csv::Reader::from_path("tests/theory/oracles.csv").expect("the oracles");
    let headers = reader.headers().expect("a header").clone();
    let column = |name: &str| headers.iter().position(|header| header == name).expect("a column");
    let (case, metric, value) = (column("case_id"), column("metric"), column("value"));
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.filter_map(|row| {
        let value = row[value].parse().ok()?;
        Some(((row[case].to_owned(), row[metric].to_owned()), value))
    })
    .collect()
}

fn run(case: &Case) -> Results {
    let files = |path: &Path| -> Result<Vec<u8>, String> {
        let text = match path.to_string_lossy().as_ref() {
            "scenario.yaml" => case.scenario,
            "deployment.yaml" => case.deployment,
            "operations.yaml" => case.operations,
            _ => return Err("no such file".to_owned()),
        };
        Ok(text.as_bytes().to_vec())
    };
    let loaded = load(Path::new("scenario.yaml"), &Overrides::default(), &files);
    let mistakes: Vec<&str> = loaded.diagnostics.iter().map(|d| d.cause.as_str()).collect();
    let plan = loaded.plan.unwrap_or_else(|| panic!("{}: {mistakes:?}", case.id));
    let options = Options { confidence: 0.99, ..Options::default() };
    replicate(&plan, &options, &|_| {}, &AtomicBool::new(false)).expect("the books balance")
}

fn time(latency: Option<LatencyResults>, which: &str) -> Option<Estimate> {
    let latency = latency?;
    match which {
        "mean" => Some(latency.mean_s),
        "p50" => Some(latency.p50_s),
        "p95" => Some(latency.p95_s),
        "p99" => Some(latency.p99_s),
        _ => None,
    }
}

fn of_station(station: &StationResults, which: &str) -> Option<Estimate> {
    match which {
        "utilisation" => Some(station.utilisation),
        "queue" => Some(station.queue),
        "busy" => Some(station.busy),
        "waited" => station.waited_share,
        "full" => Some(station.full_share),
        wait => time(station.wait, wait.strip_prefix("wait ")?),
    }
}

/// The average over replicas of a station, which are independent where their loads are.
fn average(each: &[Estimate]) -> Option<Estimate> {
    let first = each.first()?;
    let count = each.len() as f64;
    let mean = each.iter().map(|estimate| estimate.mean).sum::<f64>() / count;
    let half = each.iter().map(|estimate| estimate.half_width().powi(2)).sum::<f64>().sqrt() / count;
    Some(Estimate { mean, low: mean - half, high: mean + half, ..*first })
}

fn measured(results: &Results, measure: &Measure) -> Option<Estimate> {
    let window = &results.windows[0];
    match measure {
        Measure::Operation(name, which) => {
            let operation = window.operations.iter().find(|o| o.name.name == *name)?;
            match *which {
                "failed" => Some(operation.failed_share),
                "served" => Some(operation.served_per_s),
                other => time(operation.latency, other),
            }
        }
        Measure::Station(label, which) => {
            let stations = window.stations.iter().filter(|s| station_label(&s.name) == *label);
            let each: Option<Vec<Estimate>> = stations.map(|station| of_station(station, which)).collect();
            average(&each?)
        }
        Measure::InFlight(at_s, systems) => {
            let index = results.series.times_s.iter().position(|t| (t - at_s).abs() < 1e-6)?;
            let band = results.series.in_flight[index];
            let (n, confidence) = (results.replications, results.confidence);
            let each = |total: f64| total / systems;
            Some(Estimate {
                mean: each(band.mean),
                low: each(band.low),
                high: each(band.high),
                n,
                confidence,
            })
        }
        Measure::HitRatio { misses, operation } => {
            let (_, count) = results.effects.iter().find(|(name, _)| name == misses)?;
            let operation = window.operations.iter().find(|o| o.name.name == *operation)?;
            let secs = results.duration.as_secs_f64();
            let requests = operation.offered_per_s.mean * secs;
            let hits = |misses: f64| 1.0 - misses / requests;
            let (n, confidence) = (count.n, count.confidence);
            Some(Estimate {
                mean: hits(count.mean),
                low: hits(count.high),
                high: hits(count.low),
                n,
                confidence,
            })
        }
    }
}

/// What came of one comparison.
struct Finding {
    text: String,
    missed: bool,
    /// Far outside: not bad luck.
    wrong: bool,
    wide: bool,
}

fn compare(case: &Case, results: &Results, metric: &str, measure: &Measure, exact: f64) -> Finding {
    let Some(estimate) = measured(results, measure) else {
        panic!("{} {metric}: nothing was measured for {measure:?}", case.id);
    };
    let half = estimate.half_width();
    let probability = metric.starts_with("P_") || metric.starts_with("util") || metric.starts_with("hit");
    let allowed = if probability { MOST_ABSOLUTE } else { MOST_RELATIVE * exact.abs() };
    // Times are kept to three digits; a zero-width interval cannot be asked to be exact beyond that.
    let slack = if probability { 1e-12 } else { 1e-3 * exact.abs() };
    let missed = exact < estimate.low - slack || exact > estimate.high + slack;
    let wrong = (estimate.mean - exact).abs() > 3.0 * half + slack;
    let wide = half > allowed;
    let text = format!(
        "{:14} {metric:16} exact {exact:.6} measured {:.6} ({:.6} to {:.6}){}{}",
        case.id,
        estimate.mean,
        estimate.low,
        estimate.high,
        if missed { "  MISSED" } else { "" },
        if wide { "  WIDE" } else { "" },
    );
    Finding { text, missed, wrong, wide }
}

/// The probability of `misses` or more among `of` when each has one chance in a hundred.
fn chance_of(misses: usize, of: usize) -> f64 {
    let term = |k: usize| {
        let choose = (0..k).fold(1.0, |product, i| product * (of - i) as f64 / (i + 1) as f64);
        choose * 0.01f64.powi(k as i32) * 0.99f64.powi((of - k) as i32)
    };
    1.0 - (0..misses).map(term).sum::<f64>()
}

#[test]
fn simulated_intervals_cover_exact_theory() {
    let oracles = oracles();
    let mut findings = Vec::new();
    for case in CASES {
        let results = run(case);
        for (metric, measure) in case.measures {
            let key = (case.id.to_owned(), (*metric).to_owned());
            let exact = *oracles.get(&key).unwrap_or_else(|| panic!("no oracle {key:?}"));
            let finding = compare(case, &results, metric, measure, exact);
            println!("{}", finding.text);
            findings.push(finding);
        }
    }
    let listed = |bad: &dyn Fn(&Finding) -> bool| -> Vec<&str> {
        findings.iter().filter(|f| bad(f)).map(|f| f.text.as_str()).collect()
    };
    let wrong = listed(&|finding| finding.wrong);
    assert!(wrong.is_empty(), "far from the truth:\n{}", wrong.join("\n"));
    let wide = listed(&|finding| finding.wide);
    assert!(wide.is_empty(), "too wide to prove anything:\n{}", wide.join("\n"));
    let missed = listed(&|finding| finding.missed);
    let chance = chance_of(missed.len(), findings.len());
    assert!(
        chance > 1e-3,
        "{} of {} intervals miss, which has a chance of {chance:.1e}:\n{}",
        missed.len(),
        findings.len(),
        missed.join("\n")
    );
}

#[test]
fn a_wrong_value_would_be_noticed() {
    // The same comparison with a value that is 5 % off must find it far from the truth.
    let case = CASES.iter().find(|case| case.id == "MMC-1").expect("the case");
    let results = run(case);
    let (metric, measure) = &case.measures[0];
    let exact = oracles()[&(case.id.to_owned(), (*metric).to_owned())];
    assert!(compare(case, &results, metric, measure, exact * 1.05).wrong);
}
