//! The canonical workloads through the public API, with statistics on, beside single-purpose programs by hand.
//!
//! W1 is an M/M/1 queue at 80 %, W2 an M/M/16 at 90 %, W3 three tiers with a held pool, a time-out and two retries;
//! then the shop, as services and as a monolith, calm and under a surge. Printed are times for each request and
//! event, peak memory, a hash of the result, so that speed never changes meaning, and ratios to the programs by hand,
//! taken in one session turn by turn, since times on a shared machine are noisy; then what requests cost and need with
//! many of them in flight. Memory is always that of a process of its own.
//!
//! `cargo xtask bench workloads` runs them in full and writes what they print into `docs/performance.md`; `cargo test`
//! runs them small, so that they cannot rot, and looks whether that page has the same rows. With `-- alone W3 1`, one
//! workload runs once at that share of its length, for a profiler; with `-- crowd 100000`, so many requests are in
//! flight that only wait.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and its arguments")]

mod by_hand;
mod models;
mod table;
mod tally;

use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use brownout::component::StationKind;
use brownout::experiment::{Options, replicate, run_once};
use brownout::record::RunRecord;
use brownout::scenario::Plan;
use brownout::units::Span;
use models::{EARLY, MODELS, Model, W1, W2, W3, crowd, shorten};
use table::{Table, grouped};
use tally::Outcome;

/// A program by hand, given simulated seconds.
type ByHand = fn(u64) -> Outcome;

/// The first word of each of three workloads, with the program by hand, with and without a histogram.
const PAIRS: [(&str, [ByHand; 2]); 3] = [
    (W1, [by_hand::w1::<true>, by_hand::w1::<false>]),
    (W2, [by_hand::w2::<true>, by_hand::w2::<false>]),
    (W3, [by_hand::w3::<true>, by_hand::w3::<false>]),
];

/// How many are in flight at once, and by what name.
const CROWDS: [(&str, u32); 4] = [("10^2", 100), ("10^4", 10_000), ("10^5", 100_000), ("10^6", 1_000_000)];

/// Bytes that a request in flight may need at most, its event and its place in tables that grow by doubling included.
const BYTES_IN_FLIGHT_MAX: f64 = 1024.0;

/// What a run of this program is about.
struct Bench {
    /// Of the length of each workload.
    share: f64,
    /// Turns that medians are taken of.
    rounds: usize,
    /// Whether it is only looked whether everything works, and whether the page has the same rows.
    is_trial: bool,
}

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

fn find(name: &str) -> &'static Model {
    let mut models = MODELS.iter().chain(&EARLY);
    models.find(|model| model.name.starts_with(name)).expect("a workload of that name")
}

/// The last number that this program prints when it is run again with these arguments: its peak memory \[KiB].
fn peak_kib_of(arguments: &[&str]) -> u64 {
    let program = std::env::current_exe().expect("the system says where this program is");
    let output = Command::new(program).args(arguments).output().expect("it starts again");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    text.split_whitespace().last().and_then(|last| last.parse().ok()).expect("it ends with a number")
}

fn mib(kib: u64) -> String {
    format!("{:.1}", kib as f64 / 1024.0)
}

impl Bench {
    fn print(&self, table: &Table) {
        println!("{table}");
        if self.is_trial {
            table.expect_on_page();
        }
    }

    fn workloads(&self) {
        let title = "All of them, medians of five; memory is that of a process that does nothing else:";
        let heads = [
            "workload",
            "requests",
            "ns/request",
            "ns/event",
            "M requests/s",
            "M events/s",
            "M attempts/s",
            "peak MiB",
            "hash",
        ];
        let mut table = Table::new(title, &heads);
        for model in MODELS {
            let plan = shorten(model.plan(), self.share);
            let runs: Vec<(f64, RunRecord)> = (0..self.rounds).map(|_| once(&plan)).collect();
            let record = &runs[0].1;
            assert!(record.requests > 0, "{} does nothing", model.name);
            assert!(runs.iter().all(|(_, other)| other.fingerprint == record.fingerprint));
            let nanos = median(runs.iter().map(|(nanos, _)| *nanos).collect());
            let per_us = |count: u64| count as f64 / nanos * 1e3;
            table.add(vec![
                model.name.to_owned(),
                grouped(record.requests),
                format!("{:.1}", nanos / record.requests as f64),
                format!("{:.1}", nanos / record.events as f64),
                format!("{:.2}", per_us(record.requests)),
                format!("{:.1}", per_us(record.events)),
                format!("{:.2}", per_us(attempts(&plan, record))),
                mib(peak_kib_of(&["alone", model.name, &self.share.to_string()])),
                format!("{:016x}", record.fingerprint),
            ]);
        }
        self.print(&table);
    }

    /// Ours against the programs by hand, turn by turn.
    fn ratios(&self) {
        let title = "Beside programs by hand, turn by turn, medians of seven:";
        let heads =
            ["ns/request", "ours", "by hand", "by hand, no histogram", "ratio", "ratio to no histogram"];
        let mut table = Table::new(title, &heads);
        for (name, programs) in PAIRS {
            let model = find(name);
            let plan = shorten(model.plan(), self.share);
            let secs = plan.duration.as_secs_f64() as u64;
            let mut each: [Vec<f64>; 5] = Default::default();
            for _ in 0..self.rounds + 2 {
                let (nanos, record) = once(&plan);
                let ours = nanos / record.requests as f64;
                let [measured, bare] = programs.map(|program| {
                    let (nanos, outcome) = timed(|| program(secs));
                    nanos / outcome.requests as f64
                });
                let row = [ours, measured, bare, ours / measured, ours / bare];
                each.iter_mut().zip(row).for_each(|(list, value)| list.push(value));
            }
            let [ours, measured, bare, ratio, ratio_bare] = each.map(median);
            table.add(vec![
                model.name.to_owned(),
                format!("{ours:.1}"),
                format!("{measured:.1}"),
                format!("{bare:.1}"),
                format!("{ratio:.2}"),
                format!("{ratio_bare:.2}"),
            ]);
        }
        self.print(&table);
    }

    /// Whether both simulate the same system: other random numbers, the same figures.
    fn agreement(&self) {
        let title = "What both simulate, with other random numbers:";
        let heads = ["what came of it", "requests", "served", "mean", "p50", "p99", "p99.9", "hash"];
        let mut table = Table::new(title, &heads);
        let share = self.share.max(0.1);
        for (name, [measured, bare]) in PAIRS {
            let model = find(name);
            let plan = shorten(model.plan(), share);
            let secs = plan.duration.as_secs_f64() as u64;
            let (ours, theirs) = (Outcome::of(&plan, &once(&plan).1), measured(secs));
            let differs = theirs.differs_from(&ours, share.powf(-0.5));
            assert_eq!(differs, None, "{name} by hand is not {name}");
            assert_eq!(bare(secs).hash, theirs.hash, "{name}: a histogram changes what is simulated");
            for (whose, outcome) in [("ours", ours), ("by hand", theirs)] {
                let ms = |secs: f64| format!("{:.2} ms", secs * 1e3);
                table.add(vec![
                    format!("{name}, {whose}"),
                    grouped(outcome.requests),
                    format!("{:.3} %", 100.0 * outcome.share_served()),
                    ms(outcome.mean_s),
                    ms(outcome.p50_s),
                    ms(outcome.p99_s),
                    ms(outcome.p999_s),
                    format!("{:016x}", outcome.hash),
                ]);
            }
        }
        self.print(&table);
    }

    /// Cost and memory of requests with many in flight, against few.
    fn in_flight(&self) {
        let heads =
            ["in flight", "most", "requests", "ns/request", "ratio", "peak MiB", "bytes for each in flight"];
        let title = "Requests that only wait, ten seconds on average; all that are counted have ended. Medians of three:";
        let mut table = Table::new(title, &heads);
        let mut few: Option<(f64, f64, f64)> = None;
        let requests = (4e6 * self.share) as u32;
        for (name, present) in CROWDS {
            let present = present.min((1e6 * self.share) as u32);
            let (nanos, record) = crowd_of(present, requests, self.rounds.min(3));
            let nanos = nanos / record.requests as f64;
            let peak = peak_kib_of(&["crowd", &present.to_string(), &requests.to_string()]);
            let (most, bytes) = (record.in_flight_max as f64, peak as f64 * 1024.0);
            // Of a hundred in flight nothing is seen beside what else the process has in memory.
            let is_told = few.is_some();
            let (least, fewest, base) = *few.get_or_insert((nanos, most, bytes));
            let each = (bytes - base) / (most - fewest);
            assert!(!is_told || each < BYTES_IN_FLIGHT_MAX, "a request in flight needs {each} bytes");
            table.add(vec![
                name.to_owned(),
                grouped(record.in_flight_max),
                grouped(record.requests),
                format!("{nanos:.1}"),
                format!("{:.2}", nanos / least),
                mib(peak),
                if is_told { format!("{each:.0}") } else { "–".to_owned() },
            ]);
        }
        self.print(&table);
    }

    /// Memory of runs of another length.
    fn memory(&self) {
        let title = "Memory over simulated time:";
        let heads = ["peak MiB", "at a tenth of the length", "at all of it"];
        let mut table = Table::new(title, &heads);
        for name in [W1, W3, "shop, services, calm"] {
            let [short, long] =
                [0.1, 1.0].map(|part| peak_kib_of(&["alone", name, &(self.share * part).to_string()]));
            table.add(vec![find(name).name.to_owned(), mib(short), mib(long)]);
        }
        self.print(&table);
    }

    fn threads(&self) {
        let plan = Plan { replications: 8, ..shorten(find(W3).plan(), self.share / 8.0) };
        let secs = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            let began = Instant::now();
            let results =
                pool.install(|| replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false)));
            (began.elapsed().as_secs_f64(), results.expect("the books balance").fingerprint)
        };
        let gains = (0..self.rounds).map(|_| {
            let ((one, first), (two, second)) = (secs(1), secs(2));
            assert_eq!(first, second, "a result depends on the number of threads");
            one / two
        });
        let title = "Eight replications of W3, by the clock on the wall, median of five:";
        let mut table = Table::new(title, &["threads", "times the speed of one"]);
        table.add(vec!["2".to_owned(), format!("{:.2}", median(gains.collect()))]);
        self.print(&table);
    }
}

/// So many requests in flight: the time of a run \[ns], and its record. All of them end.
fn crowd_of(present: u32, requests: u32, rounds: usize) -> (f64, RunRecord) {
    let plan = crowd(present, requests);
    let mut runs: Vec<(f64, RunRecord)> = (0..rounds).map(|_| once(&plan)).collect();
    let nanos = median(runs.iter().map(|(nanos, _)| *nanos).collect());
    let (_, record) = runs.swap_remove(0);
    assert_eq!(record.in_flight_end, 0, "what is counted has ended");
    (nanos, record)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "alone") {
        let (name, share) = (&arguments[at + 1], &arguments[at + 2]);
        let share = share.parse().expect("a share of the length");
        let (_, record) = once(&shorten(find(name).plan(), share));
        let peak = peak_kib().unwrap_or(0);
        println!("{name} {} requests {:016x} {peak}", record.requests, record.fingerprint);
        return;
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "crowd") {
        let requests = arguments.get(at + 2).and_then(|text| text.parse().ok()).unwrap_or(4_000_000);
        let present = arguments[at + 1].parse().expect("how many are in flight");
        let (nanos, record) = crowd_of(present, requests, 1);
        let (most, each) = (record.in_flight_max, nanos / record.requests as f64);
        println!("{most} in flight cost {each:.1} ns/request; peak KiB {}", peak_kib().unwrap_or(0));
        return;
    }
    let is_trial = !arguments.iter().any(|argument| argument == "--bench");
    let (share, rounds) = if is_trial { (0.005, 1) } else { (1.0, 5) };
    let bench = Bench { share, rounds, is_trial };
    bench.ratios();
    bench.agreement();
    bench.workloads();
    bench.in_flight();
    bench.memory();
    bench.threads();
}
