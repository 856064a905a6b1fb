//! The canonical workloads through the public API, with statistics on, beside single-purpose programs by hand.
//!
//! W1 is an M/M/1 queue at 80 %, W2 an M/M/16 at 90 %, W3 three tiers with a held pool, a time-out and two retries;
//! then the shop, as services and as a monolith, calm and under a surge. Printed are times for each request and
//! event, peak memory, a hash of the result, so that speed never changes meaning, and ratios to the programs by hand,
//! taken in one session turn by turn, since times on a shared machine are noisy.
//!
//! `cargo xtask bench workloads` runs them in full; `cargo test` runs them small, so that they cannot rot. With
//! `-- alone W3 1`, one workload runs once at that share of its length, for a profiler; with `-- crowd 100000`, so many
//! requests are in flight that only wait.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and its arguments")]

mod by_hand;
mod models;

use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use brownout::component::StationKind;
use brownout::experiment::{Options, replicate, run_once};
use brownout::record::RunRecord;
use brownout::scenario::Plan;
use brownout::units::Span;
use by_hand::Outcome;
use models::{MODELS, W1, W2, W3, crowd, shorten};

/// A program by hand: simulated seconds, and whether it keeps a histogram.
type ByHand = fn(u64, bool) -> Outcome;

/// The first word of each of three workloads, with the program by hand.
const PAIRS: [(&str, ByHand); 3] = [(W1, by_hand::w1), (W2, by_hand::w2), (W3, by_hand::w3)];

/// The most memory that the process has used \[KiB], where the system says.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Measures how long something takes [ns]: of the processor, where the system says, so that others on the machine do
/// not count.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let used = || -> Option<f64> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split_whitespace().next()?.parse().ok()
    };
    let (began, before) = (Instant::now(), used());
    let value = work();
    let nanos = match (before, used()) {
        (Some(before), Some(after)) => after - before,
        _ => began.elapsed().as_nanos() as f64,
    };
    (nanos, value)
}

fn once(plan: &Plan) -> (f64, RunRecord) {
    timed(|| run_once(plan, Span::ZERO, 0).expect("the books balance"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Requests at any process: those that asked for a thread, and records that a consumer took; else those of clients.
fn attempts(plan: &Plan, record: &RunRecord) -> u64 {
    let stations = plan.assembly.stations.iter().zip(&record.stations);
    let asked =
        stations.filter(|(name, _)| matches!(name.kind, StationKind::Threads | StationKind::Consumer));
    let asked = asked.flat_map(|(_, segments)| segments);
    asked.map(|segment| segment.visits + segment.rejected + segment.gave_up).sum::<u64>().max(record.requests)
}

fn workloads(share: f64, rounds: usize) {
    println!(
        "\n{:28} {:>10} {:>10} {:>8} {:>11} {:>11} {:>10}  hash",
        "workload", "requests", "ns/request", "ns/event", "M events/s", "M attempts/s", "peak MiB"
    );
    for model in MODELS {
        let plan = shorten(model.plan(), share);
        let runs: Vec<(f64, RunRecord)> = (0..rounds).map(|_| once(&plan)).collect();
        let record = &runs[0].1;
        assert!(record.requests > 0, "{} does nothing", model.name);
        assert!(runs.iter().all(|(_, other)| other.fingerprint == record.fingerprint));
        let nanos = median(runs.iter().map(|(nanos, _)| *nanos).collect());
        println!(
            "{:28} {:>10} {:>10.1} {:>8.1} {:>11.1} {:>12.2} {:>10}  {:016x}",
            model.name,
            record.requests,
            nanos / record.requests as f64,
            nanos / record.events as f64,
            record.events as f64 / nanos * 1e3,
            attempts(&plan, record) as f64 / nanos * 1e3,
            peak_kib().map_or_else(|| "–".to_owned(), |kib| (kib / 1024).to_string()),
            record.fingerprint
        );
    }
}

fn ratios(share: f64, rounds: usize) {
    println!(
        "\n{:28} {:>8} {:>14} {:>14} {:>10} {:>10}  hash by hand",
        "ns/request, medians", "ours", "by hand, hdr", "by hand, bare", "ratio hdr", "ratio bare"
    );
    for (name, program) in PAIRS {
        let model = MODELS.iter().find(|model| model.name.starts_with(name)).expect("a model");
        let plan = shorten(model.plan(), share);
        let secs = plan.duration.as_secs_f64() as u64;
        let mut each: [Vec<f64>; 5] = Default::default();
        let mut hash = 0;
        for _ in 0..rounds {
            let (nanos, record) = once(&plan);
            let ours = nanos / record.requests as f64;
            let [measured, bare] = [true, false].map(|measured| {
                let (nanos, outcome) = timed(|| program(secs, measured));
                let nanos = nanos / outcome.requests as f64;
                let served =
                    &record.operations[0].iter().map(|segment| segment.latency.mean_secs().unwrap_or(0.0));
                let mean_s = served.clone().sum::<f64>() / served.clone().count() as f64;
                // Other random numbers, the same system.
                let off = (outcome.mean_s / mean_s - 1.0).abs();
                assert!(
                    outcome.requests < 500_000 || off < 0.1,
                    "{name}: {} against {mean_s}",
                    outcome.mean_s
                );
                hash = outcome.hash;
                nanos
            });
            let row = [ours, measured, bare, ours / measured, ours / bare];
            each.iter_mut().zip(row).for_each(|(list, value)| list.push(value));
        }
        let [ours, measured, bare, ratio, ratio_bare] = each.map(median);
        println!(
            "{name:28} {ours:>8.1} {measured:>14.1} {bare:>14.1} {ratio:>10.2} {ratio_bare:>10.2}  {hash:016x}"
        );
    }
}

/// What a request costs with so many in flight \[ns], and the most that were.
fn cost(present: u32, requests: u64, rounds: usize) -> (f64, u64) {
    let plan = crowd(present, requests);
    let runs: Vec<(f64, RunRecord)> = (0..rounds).map(|_| once(&plan)).collect();
    let record = &runs[0].1;
    (median(runs.iter().map(|(nanos, _)| *nanos).collect()) / record.requests as f64, record.in_flight_max)
}

/// Cost of a request with many in flight, against few.
fn in_flight(share: f64, rounds: usize) {
    let most = (1e6 * share).max(1000.0) as u32;
    let requests = 4 * u64::from(most);
    let ((few, _), (many, peak)) = (cost(100, requests, rounds), cost(most, requests, rounds));
    println!(
        "\nin flight: 100 cost {few:.1} ns/request, {peak} cost {many:.1} ns/request, ratio {:.2}",
        many / few
    );
}

/// Peak memory of a process of its own.
fn memory_of(name: &str, share: f64) -> Option<u64> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new(program).args(["alone", name, &share.to_string()]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().last()?.parse().ok()
}

fn memory(share: f64) {
    println!();
    for name in [W1, W3, "shop, services, calm"] {
        let [short, long] = [0.1, 1.0].map(|part| memory_of(name, share * part));
        if let (Some(short), Some(long)) = (short, long) {
            println!("memory of {name}: {short} KiB at a tenth of the length, {long} KiB at all of it");
        }
    }
}

fn threads(share: f64, rounds: usize) {
    let model = MODELS.iter().find(|model| model.name.starts_with(W3)).expect("a model");
    let plan = Plan { replications: 8, ..shorten(model.plan(), share / 8.0) };
    let secs = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let began = Instant::now();
        let results =
            pool.install(|| replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false)));
        (began.elapsed().as_secs_f64(), results.expect("the books balance").fingerprint)
    };
    let gains = (0..rounds).map(|_| {
        let ((one, first), (two, second)) = (secs(1), secs(2));
        assert_eq!(first, second, "a result depends on the number of threads");
        one / two
    });
    println!("\ntwo threads: {:.2} times one, median of {rounds}", median(gains.collect()));
}

fn alone(name: &str, share: f64) {
    let model = MODELS.iter().find(|model| model.name.starts_with(name)).expect("a workload of that name");
    let (_, record) = once(&shorten(model.plan(), share));
    let peak = peak_kib().unwrap_or(0);
    println!("{name} {} requests {:016x} {peak}", record.requests, record.fingerprint);
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "alone") {
        let share = arguments[at + 2].parse().expect("a share of the length");
        return alone(&arguments[at + 1], share);
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "crowd") {
        let present = arguments[at + 1].parse().expect("how many are in flight");
        let (nanos, peak) = cost(present, 4_000_000, 1);
        println!("{peak} in flight cost {nanos:.1} ns/request");
        return;
    }
    let full = arguments.iter().any(|argument| argument == "--bench");
    let (share, rounds) = if full { (1.0, 5) } else { (0.005, 1) };
    ratios(share, rounds + 2);
    workloads(share, rounds);
    in_flight(share, rounds.min(3));
    memory(share);
    threads(share, rounds);
}
