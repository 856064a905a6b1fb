//! Hit ratios of a real Redis, and ours under the same keys, pace and number of entries.
//!
//! `tests/conformance/redis/measured.csv` was measured by `cargo xtask record-redis`; `cargo xtask test` measures anew
//! and names the file in `BROWNOUT_REDIS_MEASURED`.

#![expect(clippy::disallowed_methods, reason = "the task runner names a file in the environment")]

use std::path::Path;

use brownout::experiment::run_once;
use brownout::scenario::{Overrides, load};
use brownout::units::Span;

/// Two ratios of 75,000 requests each: standard errors of up to 0.0018, which add to 0.0026; four of them for five
/// comparisons at once. The number of entries, which is an average, adds a little.
const TOLERANCE: f64 = 0.012;

struct Measured {
    policy: String,
    samples: u32,
    keys: u64,
    exponent: f64,
    rate_per_s: u32,
    seconds: u32,
    entries: u64,
    hit_ratio: f64,
}

fn measured() -> Vec<Measured> {
    let path = std::env::var("BROWNOUT_REDIS_MEASURED")
        .unwrap_or_else(|_| "tests/conformance/redis/measured.csv".to_owned());
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(path).expect("measured ratios");
    let rows = reader.records().map(|row| {
        let row = row.expect("a row");
        let number = |at: usize| row[at].parse::<f64>().expect("a number");
        Measured {
            policy: row[0].to_owned(),
            samples: number(1) as u32,
            keys: number(2) as u64,
            exponent: number(3),
            rate_per_s: number(4) as u32,
            seconds: number(5) as u32,
            entries: number(6) as u64,
            hit_ratio: number(7),
        }
    });
    rows.collect()
}

/// Our hit ratio in the second half of a run.
fn simulated(case: &Measured) -> f64 {
    let Measured { policy, samples, keys, exponent, rate_per_s, seconds, entries, .. } = case;
    let ttl = if policy.starts_with("volatile") { "ttl: 1500s, ttl-jitter: 33.3%," } else { "" };
    let operations = format!(
        "{{keys: {{row: {{count: {keys}, popularity: {{zipf: {exponent}}}}}}}, modules: {{m: {{operations: {{
          go: [{{cached: {{cache: c, key: row, size: 1B, {ttl} on-miss: []}}}}]}}}}}}}}"
    );
    let deployment = format!(
        "{{operations: operations.yaml, processes: {{p: {{modules: [m], cores: 1, style: event-loop}}}}, caches: {{
          redis: {{holds: [c], command: 0s, memory: {entries}B, entry-overhead: 0B, policy: {policy},
            maxmemory-samples: {samples}}}}}}}"
    );
    let half = seconds / 2;
    let scenario = format!(
        "{{deployment: deployment.yaml, duration: {seconds}s, load: {{m.go: {{deterministic: {{rate: {rate_per_s}/s}}}}}},
          windows: {{first: {{from: 0s, to: {half}s}}, second: {{from: {half}s}}}}}}"
    );
    let files = |path: &Path| -> Result<Vec<u8>, String> {
        match path.to_string_lossy().as_ref() {
            "scenario.yaml" => Ok(scenario.clone().into_bytes()),
            "deployment.yaml" => Ok(deployment.clone().into_bytes()),
            "operations.yaml" => Ok(operations.clone().into_bytes()),
            _ => Err("no such file".to_owned()),
        }
    };
    let loaded = load(Path::new("scenario.yaml"), &Overrides::default(), &files);
    let causes: Vec<&str> = loaded.diagnostics.iter().map(|d| d.cause.as_str()).collect();
    let plan = loaded.plan.unwrap_or_else(|| panic!("{causes:?}"));
    let record = run_once(&plan, Span::ZERO, 0).expect("the books balance");
    let in_second = |metric: &str| {
        let index = plan.assembly.observables.iter().position(|name| name.metric.name() == metric);
        let segments = &record.observed[index.expect("a cache server shows it")].segments;
        segments.last().expect("two segments").total
    };
    let (hits, misses) = (in_second("hits_per_s"), in_second("misses_per_s"));
    hits / (hits + misses)
}

#[test]
fn hit_ratios_are_those_of_a_real_redis() {
    let cases = measured();
    assert!(cases.len() >= 5);
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let ours = simulated(case);
            let Measured { policy, samples, hit_ratio, .. } = case;
            let far = (ours - hit_ratio).abs() > TOLERANCE;
            far.then(|| format!("{policy} with {samples} samples: {ours:.4}, measured {hit_ratio:.4}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
