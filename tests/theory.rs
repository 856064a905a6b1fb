//! Exact queueing theory through the front door: models as files, the public API, 99 % intervals.
//!
//! Each case is a system whose answer is known; the answers and their sources are in `tests/theory/oracles.csv`. An
//! interval of a right simulator misses the truth once in a hundred, so misses are counted over all cases: too many
//! are as impossible as an interval that is too wide.
//!
//! `cargo xtask theory` runs the long cases too and writes `docs/validation/theory.md`. `BROWNOUT_THEORY=MMC` runs
//! the cases whose id begins so, and judges them one by one only.

#![expect(clippy::print_stdout, reason = "`--nocapture` shows the table")]

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
#[path = "sizing_oracles/systems.rs"]
mod systems;
#[path = "sizing_oracles/values.rs"]
mod values;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::experiment::{Options, Results, replicate};
use brownout::random::name_hash;
use brownout::scenario::{Overrides, load};
use case::Case;
use compare::{Finding, Oracles, compare};
use inexpressible::INEXPRESSIBLE;

fn cases() -> Vec<Case> {
    [single::cases(), networks::cases(), policies::cases()].into_iter().flatten().collect()
}

fn run(case: &Case) -> Results {
    let files = |path: &Path| -> Result<Vec<u8>, String> {
        let text = match path.to_string_lossy().as_ref() {
            "scenario.yaml" => &case.scenario,
            "deployment.yaml" => &case.deployment,
            "operations.yaml" => &case.operations,
            _ => return Err("no such file".to_owned()),
        };
        Ok(text.clone().into_bytes())
    };
    // Each case has its own chance, or cases of one kind would miss together.
    let overrides = Overrides { seed: Some(name_hash(case.id)), ..Overrides::default() };
    let loaded = load(Path::new("scenario.yaml"), &overrides, &files);
    let mistakes: Vec<&str> = loaded.diagnostics.iter().map(|d| d.cause.as_str()).collect();
    let plan = loaded.plan.unwrap_or_else(|| panic!("{}: {mistakes:?}", case.id));
    let options = Options { confidence: 0.99, ..Options::default() };
    replicate(&plan, &options, &|_| {}, &AtomicBool::new(false)).expect("the books balance")
}

fn findings_of(case: &Case, oracles: &Oracles) -> Vec<Finding> {
    let results = run(case);
    let findings: Vec<Finding> = case
        .measures
        .iter()
        .map(|(metric, measure)| {
            let reading = measured::read(&results, measure);
            let reading = reading.unwrap_or_else(|| panic!("{} {metric}: nothing was measured", case.id));
            compare(oracles.row(case.id, metric), reading)
        })
        .collect();
    println!("{} · {} requests", case.id, results.requests);
    findings.iter().for_each(|finding| println!("  {}", finding.text()));
    findings
}

fn listed(findings: &[Finding], bad: impl Fn(&Finding) -> bool) -> String {
    findings.iter().filter(|f| bad(f)).map(Finding::text).collect::<Vec<_>>().join("\n")
}

#[test]
fn simulated_intervals_cover_exact_theory() {
    // `BROWNOUT_BLESS=1` renews the page with every case, `BROWNOUT_BLESS=short` without the long ones.
    let bless = std::env::var_os("BROWNOUT_BLESS");
    let oracles = Oracles::read(bless.is_some());
    let long = bless.as_ref().is_some_and(|how| how != "short");
    let wanted = std::env::var_os("BROWNOUT_THEORY").map(|prefix| prefix.to_string_lossy().into_owned());
    let chosen = |case: &Case| wanted.as_ref().is_none_or(|prefix| case.id.starts_with(prefix));
    let mut findings: Vec<Vec<Finding>> = Vec::new();
    for case in cases().iter().filter(|case| chosen(case) && (long || !case.long)) {
        findings.push(findings_of(case, &oracles));
    }
    let all = findings.concat();
    if bless.is_some() && wanted.is_none() {
        page::write(&oracles, &all, &tally(&findings));
    }
    let wrong = listed(&all, |finding| finding.wrong);
    assert!(wrong.is_empty(), "far from the truth:\n{wrong}");
    let wide = listed(&all, |finding| finding.wide);
    assert!(wide.is_empty(), "too wide to prove anything:\n{wide}");
    if wanted.is_none() {
        judge(&findings);
    }
}

/// How many intervals of a confidence miss, of those that are independent: the first of each run.
struct Misses {
    confidence: f64,
    misses: usize,
    of: usize,
}

impl Misses {
    /// The chances of so many or more, and of so few or fewer.
    fn chances(&self) -> (f64, f64) {
        chance::tails(self.misses, self.of, 1.0 - self.confidence)
    }
}

fn tally(findings: &[Vec<Finding>]) -> Vec<Misses> {
    let first = findings.iter().filter_map(|case| case.iter().find_map(|finding| finding.surprise));
    let first: Vec<f64> = first.collect();
    let at = |confidence| {
        let misses = first.iter().filter(|surprise| **surprise < 1.0 - confidence).count();
        Misses { confidence, misses, of: first.len() }
    };
    [0.5, 0.8, 0.9, 0.99].map(at).into()
}

/// Holds misses against what chance allows.
fn judge(findings: &[Vec<Finding>]) {
    for missed in tally(findings) {
        let Misses { confidence, misses, of } = missed;
        let (many, few) = missed.chances();
        println!(
            "{misses} of {of} intervals of {confidence} miss: chances {many:.3} of more, {few:.3} of fewer"
        );
        assert!(many > 1e-3 && few > 1e-3, "{misses} of {of} intervals of {confidence} miss");
    }
    // Rows of one run may miss together.
    let sizes = findings.iter().map(|case| case.iter().filter(|finding| finding.surprise.is_some()).count());
    let sizes: Vec<usize> = sizes.collect();
    let all = findings.concat();
    let misses = all.iter().filter(|finding| finding.missed).count();
    let chance = chance::together(misses, &sizes, 0.01);
    let rows: usize = sizes.iter().sum();
    println!("{misses} of {rows} rows miss");
    let text = listed(&all, |finding| finding.missed);
    assert!(chance > 1e-3, "{misses} of {rows} intervals miss, chance {chance:.1e}:\n{text}");
}

#[test]
fn a_wrong_value_would_be_noticed() {
    // The same comparison with a value that is 5 % off must find it far from the truth.
    let oracles = Oracles::read(false);
    let case = cases().into_iter().find(|case| case.id == "MMC-6").expect("the case");
    let results = run(&case);
    let (metric, measure) = &case.measures[0];
    let mut row = oracles.row(case.id, metric).clone();
    row.value *= 1.05;
    assert!(compare(&row, measured::read(&results, measure).expect("a mean")).wrong);
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
    let page = page::committed();
    let absent: Vec<_> = known.iter().filter(|id| !page.contains(&format!("`{id}`"))).collect();
    assert!(absent.is_empty(), "`cargo xtask theory` renews the page, which lacks {absent:?}");
}
