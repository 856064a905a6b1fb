//! The canonical workloads through the public API, with statistics on: time for each request and event, peak
//! memory, and a hash of the result, so that speed never changes meaning.
//!
//! W1 is an M/M/1 queue at 80 %, W2 an M/M/16 at 90 %, W3 three tiers with a held pool, a time-out and two retries;
//! then the shop, as services and as a monolith. `cargo xtask bench workloads` runs them in full; `cargo test` runs
//! them small, so that they cannot rot. Times on a shared machine are noisy: compare medians of one session.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and its arguments")]

use std::path::Path;
use std::time::Instant;

use brownout::experiment::run_once;
use brownout::scenario::{Overrides, Plan, load};
use brownout::units::Span;

const W1: &str = "{duration: 60000s, load: {q: {rate: 80/s}},
  stations: {q: {servers: 1, service: {exponential: {mean: 10ms}}}}}";
const W2: &str = "{duration: 3333s, load: {q: {rate: 1440/s}},
  stations: {q: {servers: 16, service: {exponential: {mean: 10ms}}}}}";
const W3: &str = "{deployment: deployment.yaml, duration: 60000s, load: {m.go: {rate: 34/s}}}";
const W3_OPERATIONS: &str = "{modules: {m: {operations: {go: [{attempt: {
  timeout: 1s, retry: {max-attempts: 3, wait-duration: 100ms, backoff: {exponential: {multiplier: 2}}},
  steps: [{visit: gateway}, {visit: service}, {hold: {station: pool, steps: [{visit: db}]}}]}}]}}}}";
const W3_DEPLOYMENT: &str = "{operations: operations.yaml,
  processes: {p: {modules: [m], cores: 1, style: event-loop}},
  stations: {
    gateway: {servers: 64, service: {exponential: {mean: 10ms}}},
    service: {servers: 32, service: {exponential: {mean: 20ms}}},
    pool: {servers: 10},
    db: {servers: 4, service: {exponential: {mean: 100ms}}}}}";

/// A workload and how much shorter it is run as a test.
struct Workload {
    name: &'static str,
    scenario: &'static str,
    deployment: Option<&'static str>,
}

const WORKLOADS: [Workload; 5] = [
    Workload { name: "W1 M/M/1 at 80 %", scenario: "w1.yaml", deployment: None },
    Workload { name: "W2 M/M/16 at 90 %", scenario: "w2.yaml", deployment: None },
    Workload { name: "W3 three tiers, held pool", scenario: "w3.yaml", deployment: None },
    Workload { name: "shop, services, surge", scenario: "scenarios/surge-x10.yaml", deployment: None },
    Workload {
        name: "shop, monolith, surge",
        scenario: "scenarios/surge-x10.yaml",
        deployment: Some("monolith"),
    },
];

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let text = match path.to_string_lossy().as_ref() {
        "w1.yaml" => W1,
        "w2.yaml" => W2,
        "w3.yaml" => W3,
        "deployment.yaml" => W3_DEPLOYMENT,
        "operations.yaml" => W3_OPERATIONS,
        _ => return std::fs::read(path).map_err(|error| error.to_string()),
    };
    Ok(text.as_bytes().to_vec())
}

fn plan_of(workload: &Workload) -> Plan {
    let overrides = Overrides { deployment: workload.deployment.map(str::to_owned), ..Overrides::default() };
    let loaded = load(Path::new(workload.scenario), &overrides, &read);
    let causes: Vec<String> = loaded.diagnostics.into_iter().map(|d| d.cause).collect();
    loaded.plan.unwrap_or_else(|| panic!("{}: {causes:?}", workload.name))
}

/// The most memory that the process has used [MiB], where the system says.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

fn main() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let (divisor, rounds) = if full { (1, 5) } else { (200, 1) };
    println!(
        "{:28} {:>10} {:>10} {:>10} {:>12} {:>10}  hash",
        "workload", "requests", "ns/request", "ns/event", "M events/s", "peak MiB"
    );
    for workload in WORKLOADS {
        let mut plan = plan_of(&workload);
        if !full {
            plan.duration = Span::from_nanos(plan.duration.as_nanos() / divisor);
            plan.windows.retain(|window| window.implied);
            plan.windows
                .iter_mut()
                .for_each(|window| window.to = brownout::units::Instant::START + plan.duration);
            plan.recovery = None;
        }
        let mut nanos = Vec::new();
        let mut record = None;
        for _ in 0..rounds {
            let began = Instant::now();
            record = Some(run_once(&plan, Span::ZERO, 0).expect("the books balance"));
            nanos.push(began.elapsed().as_nanos() as f64);
        }
        nanos.sort_by(f64::total_cmp);
        let median = nanos[nanos.len() / 2];
        let record = record.expect("at least one round");
        assert!(record.requests > 0, "{} does nothing", workload.name);
        println!(
            "{:28} {:>10} {:>10.1} {:>10.1} {:>12.1} {:>10}  {:016x}",
            workload.name,
            record.requests,
            median / record.requests as f64,
            median / record.events as f64,
            record.events as f64 / median * 1e3,
            peak_mib().map_or_else(|| "–".to_owned(), |mib| mib.to_string()),
            record.fingerprint
        );
    }
}
