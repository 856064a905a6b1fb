//! Exact queueing theory through the front door: models as files, the public API, 99 % intervals.
//!
//! Each case is a system whose answer is known; the answers and their sources are in `tests/theory/oracles.csv`. An
//! interval of a right simulator misses the truth once in a hundred, so misses are counted over all values: too many
//! are as impossible as too few, and as an interval that is too wide.
//!
//! `cargo xtask theory` runs the long cases too and writes `docs/validation/theory.md`. `BROWNOUT_THEORY=MMC` runs
//! the cases whose id begins so, the long ones too, and judges them one by one only.

#![expect(clippy::print_stdout, reason = "`--nocapture` shows the table")]

#[path = "theory/approximate.rs"]
mod approximate;
#[path = "theory/case.rs"]
mod case;
#[path = "theory/chance.rs"]
mod chance;
#[path = "theory/compare.rs"]
mod compare;
#[path = "theory/inexpressible.rs"]
mod inexpressible;
#[path = "theory/measured.rs"]
mod measured;
#[path = "theory/networks.rs"]
mod networks;
#[path = "theory/page.rs"]
mod page;
#[path = "theory/policies.rs"]
mod policies;
#[path = "theory/single.rs"]
mod single;
#[path = "sizing_oracles/stations.rs"]
mod stations;
#[path = "theory/stores.rs"]
mod stores;
#[path = "theory/surges.rs"]
mod surges;
#[path = "sizing_oracles/systems.rs"]
mod systems;
#[path = "theory/unasked.rs"]
mod unasked;
#[path = "sizing_oracles/values.rs"]
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::experiment::{Options, replicate};
use brownout::random::name_hash;
use brownout::scenario::{Overrides, Plan, load};
use case::{Case, Measure};
use compare::{Finding, Oracles, compare};
use inexpressible::INEXPRESSIBLE;
use measured::CONFIDENCE;
use page::Done;
use unasked::UNASKED;

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> =
        [single::cases(), networks::cases(), policies::cases()].into_iter().flatten().collect();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for case in &mut cases {
        let count = counts.entry(case.id).or_default();
        *count += 1;
        case.run = *count;
    }
    cases
}

fn plan(case: &Case) -> Plan {
    let files = |path: &Path| -> Result<Vec<u8>, String> {
        let text = match path.to_string_lossy().as_ref() {
            "scenario.yaml" => &case.scenario,
            "deployment.yaml" => &case.deployment,
            "operations.yaml" => &case.operations,
            _ => return Err("no such file".to_owned()),
        };
        Ok(text.clone().into_bytes())
    };
    let overrides = Overrides { seed: Some(case.seed()), ..Overrides::default() };
    let loaded = load(Path::new("scenario.yaml"), &overrides, &files);
    let mistakes: Vec<&str> = loaded.diagnostics.iter().map(|d| d.cause.as_str()).collect();
    loaded.plan.unwrap_or_else(|| panic!("{}: {mistakes:?}", case.id))
}

impl Case {
    /// Each run has its own chance, or runs of one case would miss together.
    fn seed(&self) -> u64 {
        name_hash(&format!("{} run {}", self.id, self.run))
    }
}

fn findings_of(case: &Case, oracles: &Oracles) -> Vec<Finding> {
    let readings = measured::read(&plan(case), case.measures.iter().map(|(_, measure)| measure));
    let compared = case.measures.iter().zip(readings).map(|((metric, _), reading)| {
        assert!(!reading.estimate.mean.is_nan(), "{} {metric}: nothing was measured", case.id);
        compare(oracles.row(case.id, metric), reading)
    });
    let findings: Vec<Finding> = compared.collect();
    println!("{} run {}", case.id, case.run);
    findings.iter().for_each(|finding| println!("  {}", finding.text()));
    findings
}

fn listed<'f>(findings: impl Iterator<Item = &'f Finding>, bad: impl Fn(&Finding) -> bool) -> String {
    findings.filter(|f| bad(f)).map(Finding::text).collect::<Vec<_>>().join("\n")
}

#[test]
fn simulated_intervals_cover_exact_theory() {
    // `BROWNOUT_BLESS=1` does the long runs too, and renews the page.
    let bless = std::env::var_os("BROWNOUT_BLESS").is_some();
    let oracles = Oracles::read(true);
    let wanted = std::env::var_os("BROWNOUT_THEORY").map(|prefix| prefix.to_string_lossy().into_owned());
    let long = wanted.is_some() || bless;
    let cases = cases();
    let chosen = |case: &&Case| wanted.as_ref().is_none_or(|prefix| case.id.starts_with(prefix));
    let done: Vec<Done<'_>> = cases
        .iter()
        .filter(chosen)
        .map(|case| Done { case, findings: (long || !case.long).then(|| findings_of(case, &oracles)) })
        .collect();
    let runs: Vec<&[Finding]> = done.iter().filter_map(|done| done.findings.as_deref()).collect();
    let tallies = wanted.is_none().then(|| (first(&runs), all(&runs)));
    if let Some((first, all)) = &tallies
        && bless
    {
        page::write(&oracles, &done, first, all);
    }
    let every = || runs.iter().copied().flatten();
    let wrong = listed(every(), |finding| finding.wrong);
    assert!(wrong.is_empty(), "far from the truth:\n{wrong}");
    let wide = listed(every(), |finding| finding.wide);
    assert!(wide.is_empty(), "too wide to prove anything:\n{wide}");
    let Some((first, all)) = tallies else { return };
    first.iter().for_each(|tally| tally.judge("first values"));
    all.iter().for_each(|tally| tally.judge("values"));
    let stale = page::stale(&page::committed(), &oracles, &done);
    assert!(stale.is_empty(), "`cargo xtask theory` renews the page:\n{}", stale.join("\n"));
}

/// Confidences at which misses are counted.
const CONFIDENCES: [f64; 4] = [0.5, 0.8, 0.9, CONFIDENCE];

/// How many intervals of a confidence miss, and the chances of so many or more, and of so few or fewer.
#[derive(Clone, Debug)]
struct Tally {
    confidence: f64,
    misses: usize,
    of: usize,
    many: f64,
    few: f64,
}

impl Tally {
    /// Holds misses against what chance allows.
    fn judge(&self, what: &str) {
        let Tally { confidence, misses, of, many, few } = self;
        let text = format!(
            "{misses} of {of} {what} miss at {confidence}: chances {many:.4} of more, {few:.4} of fewer"
        );
        println!("{text}");
        assert!(*many > 1e-3 && *few > 1e-3, "{text}");
    }
}

/// The first values of runs, which are independent.
fn first(runs: &[&[Finding]]) -> Vec<Tally> {
    let first = runs.iter().filter_map(|run| run.iter().find_map(|finding| finding.surprise));
    let first: Vec<f64> = first.collect();
    let at = |confidence| {
        let misses = first.iter().filter(|surprise| **surprise < 1.0 - confidence).count();
        let (many, few) = chance::tails(misses, first.len(), 1.0 - confidence);
        Tally { confidence, misses, of: first.len(), many, few }
    };
    CONFIDENCES.map(at).into()
}

/// All values of runs, which depend on each other within a run.
fn all(runs: &[&[Finding]]) -> Vec<Tally> {
    let directions = runs.iter().map(|run| {
        let samples = run.iter().filter(|it| it.surprise.is_some()).map(|it| it.reading.samples.as_slice());
        chance::directions(&samples.collect::<Vec<_>>())
    });
    let drawn = chance::drawn(&directions.collect::<Vec<_>>(), &CONFIDENCES);
    let surprises: Vec<f64> = runs.iter().copied().flatten().filter_map(|finding| finding.surprise).collect();
    let at = |(confidence, drawn): (f64, &Vec<usize>)| {
        let misses = surprises.iter().filter(|surprise| **surprise < 1.0 - confidence).count();
        let (many, few) = chance::tails_of(misses, drawn);
        Tally { confidence, misses, of: surprises.len(), many, few }
    };
    CONFIDENCES.into_iter().zip(&drawn).map(at).collect()
}

#[test]
fn a_wrong_value_would_be_noticed() {
    let oracles = Oracles::read(false);
    let found = |id: &str, metric: &str| {
        let case = cases().into_iter().find(|case| case.id == id).expect("the case");
        let (_, measure) = case.measures.iter().find(|(name, _)| *name == metric).expect("the measure");
        (oracles.row(id, metric).clone(), measured::read(&plan(&case), std::iter::once(measure)).remove(0))
    };
    let is_wrong_times = |(row, reading): &(compare::Row, measured::Reading), factor: f64| {
        let value = row.value * factor;
        compare(&compare::Row { value, ..row.clone() }, reading.clone()).wrong
    };
    // Of a narrow interval, a value that is 5 % off.
    let narrow = found("MMC-6", "W");
    assert!(!is_wrong_times(&narrow, 1.0) && is_wrong_times(&narrow, 1.05));
    // Where half an interval is 2 %, by 20 runs one in a million is 2.4 such halves off: with the half that the
    // interval may itself be off, a value that is 7 % off is noticed.
    let wide = found("DMC-1", "Wq");
    let relative = wide.1.estimate.half_width() / wide.0.value;
    assert!((0.015..0.02).contains(&relative), "{relative}");
    assert!(!is_wrong_times(&wide, 1.0) && is_wrong_times(&wide, 1.07) && is_wrong_times(&wide, 0.93));
}

#[test]
fn intervals_of_wrong_confidence_would_be_noticed() {
    // What 400 right intervals say, each of them as if it were as wide again, or half as wide.
    let mut stream = brownout::random::Stream::named(1, 0, "theory", "coverage");
    let oracles = Oracles::read(false);
    let row = oracles.row("MM1-1", "L");
    let mut run = |factor: f64| -> Vec<Finding> {
        let noise: Vec<f64> = (0..20).map(|_| stream.unit() - 0.5).collect();
        let mean = noise.iter().sum::<f64>() / 20.0;
        let samples = noise.iter().map(|it| row.value + 0.01 * (mean + factor * (it - mean)));
        let samples: Vec<f64> = samples.collect();
        let estimate = brownout::stats::t_interval(&samples, CONFIDENCE);
        vec![compare(row, measured::Reading { estimate, samples })]
    };
    let mut chances = |factor| {
        let runs: Vec<Vec<Finding>> = (0..400).map(|_| run(factor)).collect();
        let runs: Vec<&[Finding]> = runs.iter().map(Vec::as_slice).collect();
        [first(&runs), all(&runs)].concat().iter().map(|it| it.many.min(it.few)).fold(1.0, f64::min)
    };
    assert!(chances(1.0) > 1e-3);
    assert!(chances(1.5) < 1e-3);
    assert!(chances(0.7) < 1e-3);
}

#[test]
fn results_say_what_records_say() {
    // The intervals of the results of replications are those of the records that the cases are read off.
    let options = Options { confidence: CONFIDENCE, ..Options::default() };
    for id in ["MMCK-2", "MMCD-5", "POOLING-4", "HEDGE-0.02"] {
        let case = cases().into_iter().find(|case| case.id == id).expect("the case");
        let plan = plan(&case);
        let results =
            replicate(&plan, &options, &|_| {}, &AtomicBool::new(false)).expect("the books balance");
        let window = &results.windows[0];
        let mut measures = Vec::new();
        let mut estimates = Vec::new();
        for operation in &window.operations {
            let mut expect = |which, estimate| {
                measures.push(Measure::Operation(operation.name.name.clone().leak(), which));
                estimates.push(estimate);
            };
            expect("offered", operation.offered_per_s);
            expect("served", operation.served_per_s);
            expect("failed", operation.failed_share);
            if let Some(latency) = operation.latency {
                expect("mean", latency.mean_s);
                expect("p50", latency.p50_s);
                expect("p999", latency.p999_s);
            }
        }
        for station in &window.stations {
            let label = brownout::experiment::station_label(&station.name);
            if window
                .stations
                .iter()
                .filter(|it| brownout::experiment::station_label(&it.name) == label)
                .count()
                > 1
            {
                continue;
            }
            let label: &str = label.leak();
            let mut expect = |which, estimate| {
                measures.push(Measure::Station(label, which));
                estimates.push(estimate);
            };
            expect("utilisation", station.utilisation);
            expect("queue", station.queue);
            expect("busy", station.busy);
            expect("full", station.full_share);
            expect("visits", station.visits_per_s);
            expect("rejected", station.rejected_per_s);
            expect("gave-up", station.gave_up_per_s);
            if let (Some(waited), Some(wait)) = (station.waited_share, station.wait) {
                expect("waited", waited);
                expect("wait mean", wait.mean_s);
                expect("wait p95", wait.p95_s);
                expect("wait p99", wait.p99_s);
            }
        }
        let readings = measured::read(&plan, measures.iter());
        assert!(!readings.is_empty());
        for (reading, estimate) in readings.iter().zip(estimates) {
            let got = reading.estimate;
            // Shares and what is never negative are cut at their limits in results.
            let cut = estimate.low == 0.0 || estimate.high == 1.0;
            assert!(got.mean == estimate.mean && got.n == estimate.n, "{id}: {got:?} {estimate:?}");
            assert!(
                cut || (got.low, got.high) == (estimate.low, estimate.high),
                "{id}: {got:?} {estimate:?}"
            );
        }
    }
}

#[test]
fn every_case_has_a_model_or_a_reason() {
    let oracles = Oracles::read(false);
    let cases = cases();
    let modelled: BTreeSet<&str> = cases.iter().map(|case| case.id).collect();
    let excused: BTreeSet<&str> = INEXPRESSIBLE.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    let known: BTreeSet<&str> = oracles.ids().collect();
    let both: Vec<_> = modelled.intersection(&excused).collect();
    assert!(both.is_empty(), "modelled and excused: {both:?}");
    let missing: Vec<_> =
        known.iter().filter(|id| !modelled.contains(*id) && !excused.contains(*id)).collect();
    assert!(missing.is_empty(), "neither modelled nor excused: {missing:?}");
    let unknown: Vec<_> = modelled.union(&excused).filter(|id| !known.contains(*id)).collect();
    assert!(unknown.is_empty(), "not in oracles.csv: {unknown:?}");
    for case in &cases {
        assert!(!case.measures.is_empty(), "{} measures nothing", case.id);
        case.measures.iter().for_each(|(metric, _)| assert!(!oracles.row(case.id, metric).kind.is_empty()));
    }
}

#[test]
fn every_value_is_asked_or_has_a_reason() {
    let oracles = Oracles::read(false);
    let cases = cases();
    let covered: BTreeSet<&str> = cases.iter().map(|case| case.id).collect();
    let asked: BTreeSet<(&str, &str)> =
        cases.iter().flat_map(|case| case.measures.iter().map(|(metric, _)| (case.id, *metric))).collect();
    let mut excused: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (reason, rows) in UNASKED {
        assert!(reason.ends_with('.'), "{reason}");
        for (case, metrics) in *rows {
            for metric in metrics.split(' ') {
                assert!(excused.insert((case, metric)), "{case} {metric} has two reasons");
            }
        }
    }
    let both: Vec<_> = asked.intersection(&excused).collect();
    assert!(both.is_empty(), "asked and excused: {both:?}");
    let known: BTreeSet<(&str, &str)> = oracles.values().filter(|(case, _)| covered.contains(case)).collect();
    let missing: Vec<_> = known.iter().filter(|it| !asked.contains(*it) && !excused.contains(*it)).collect();
    assert!(missing.is_empty(), "{} neither asked nor excused: {missing:?}", missing.len());
    let unknown: Vec<_> = excused.difference(&known).collect();
    assert!(unknown.is_empty(), "no values of covered cases: {unknown:?}");
}

#[test]
fn every_run_has_a_seed_of_its_own() {
    let cases = cases();
    let seeds: BTreeSet<u64> = cases.iter().map(Case::seed).collect();
    assert_eq!(seeds.len(), cases.len());
}

#[test]
fn a_stale_page_would_be_noticed() {
    let oracles = Oracles::read(true);
    let cases = cases();
    let case = cases.iter().find(|case| case.id == "AMP-3-4").expect("the case");
    let done = || vec![Done { case, findings: Some(findings_of(case, &oracles)) }];
    let left = || vec![Done { case, findings: None }];
    let page = page::text(&oracles, &done(), &[], &[]);
    assert_eq!(page::stale(&page, &oracles, &done()).len(), 0);
    assert_eq!(page::stale(&page, &oracles, &left()).len(), 0);
    // A simulated digit is held only where it was simulated, a known one always.
    let simulated = page.replace("64.0000 to", "64.0001 to");
    assert!(simulated != page && page::stale(&simulated, &oracles, &left()).is_empty());
    assert_eq!(page::stale(&simulated, &oracles, &done()).len(), 1);
    let known = page.replace("amplification_bottom | 64.0000", "amplification_bottom | 64.0001");
    assert_eq!(page::stale(&known, &oracles, &left()).len(), 1);
    assert_eq!(page::stale(&format!("{page}| more |\n"), &oracles, &done()).len(), 1);
    assert_eq!(page::stale(&page.replace("1 of 135", "2 of 135"), &oracles, &done()).len(), 1);
}
