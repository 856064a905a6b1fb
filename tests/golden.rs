//! What each scenario says, unchanged: its first events, as numbers; and the whole of its incident under a twentieth of the
//! load: what happened when, and what effects it had.
//!
//! A golden file says nothing about right or wrong. `BROWNOUT_BLESS=1 cargo test --test golden` renews the files; a
//! change of one needs a line under **Results change** in the changelog that says why the numbers moved.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use brownout::experiment::{run_once, station_label};
use brownout::record::HappeningKind;
use brownout::scenario::{Overrides, Plan, load};
use brownout::units::Span;

#[path = "support/thinned.rs"]
mod thinned;

/// The load of a whole incident is divided by this.
const THINNED_BY: f64 = 20.0;

/// So many events of a scenario are enough to tell whether it is the same.
const EVENTS_MAX: u64 = 1_500_000;

fn scenarios() -> Vec<PathBuf> {
    let entries = fs::read_dir("scenarios").expect("the scenarios");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    paths
}

/// A scenario's plan, from its text as `change` has it.
fn plan(scenario: &Path, change: fn(String) -> String) -> Plan {
    let files = |path: &Path| {
        let bytes = fs::read(path).map_err(|error| error.to_string())?;
        if path != scenario {
            return Ok(bytes);
        }
        String::from_utf8(bytes).map(|text| change(text).into_bytes()).map_err(|error| error.to_string())
    };
    let loaded = load(scenario, &Overrides::default(), &files);
    let mistakes: Vec<&str> = loaded.diagnostics.iter().map(|d| d.cause.as_str()).collect();
    loaded.plan.unwrap_or_else(|| panic!("{}: {mistakes:?}", scenario.display()))
}

/// What happens in one run under less load, to its end; nothing where nothing happens but requests.
fn incident(scenario: &Path) -> String {
    let plan = plan(scenario, |text| thinned::thinned(&text, THINNED_BY));
    let record = run_once(&plan, Span::ZERO, 0).expect("the books balance");
    if record.happenings.is_empty() {
        return String::new();
    }
    let mut text = String::from("incident,fingerprint,requests,events\n");
    let _ = writeln!(text, "incident,{:016x},{},{}", record.fingerprint, record.requests, record.events);
    text += "effect,name,count\n";
    for (name, count) in plan.assembly.effects.iter().zip(&record.effects) {
        let _ = writeln!(text, "effect,{name},{count}");
    }
    text += "happening,at_ns,kind,subject\n";
    for it in record.happenings.iter().filter(|it| it.kind != HappeningKind::AlertPending) {
        let _ = writeln!(text, "happening,{},{},{}", it.at.as_nanos(), it.kind.name(), it.subject);
    }
    text
}

/// One run of a scenario as lines of a table.
fn summary(scenario: &Path) -> String {
    let mut plan = plan(scenario, |text| text);
    plan.limits.events = plan.limits.events.min(EVENTS_MAX);
    let record = run_once(&plan, Span::ZERO, 0).expect("the books balance");
    let mut text = String::from("run,fingerprint,requests,events\n");
    let _ = writeln!(text, "run,{:016x},{},{}", record.fingerprint, record.requests, record.events);
    text += "operation,name,view,offered,served,failed,mean_ns,p99_ns\n";
    for (name, segments) in plan.assembly.operations.iter().zip(&record.operations) {
        let mut all = segments[0].clone();
        segments[1..].iter().for_each(|segment| all.merge(segment));
        let mean = (all.latency.count() > 0).then(|| all.latency.sum_ns() / u128::from(all.latency.count()));
        let p99 = all.latency.quantile(0.99).map_or(0, Span::as_nanos);
        let failed = all.failed.iter().sum::<u64>();
        let who = format!("{},{}", name.name, name.view.name());
        let mean = mean.unwrap_or(0);
        let _ = writeln!(text, "operation,{who},{},{},{failed},{mean},{p99}", all.offered, all.served);
    }
    text += "station,name,replica,visits,lost,busy_ns,queue_ns\n";
    for (name, segments) in plan.assembly.stations.iter().zip(&record.stations) {
        let sum = |of: fn(&brownout::record::StationRecord) -> u128| segments.iter().map(of).sum::<u128>();
        let who = format!("{},{}", station_label(name), name.replica);
        let visits = sum(|segment| u128::from(segment.visits));
        let lost = sum(|segment| u128::from(segment.rejected + segment.gave_up));
        let (busy, queue) = (sum(|segment| segment.busy_area), sum(|segment| segment.queue_area));
        let _ = writeln!(text, "station,{who},{visits},{lost},{busy},{queue}");
    }
    text
}

#[test]
fn scenarios_say_what_they_said() {
    let bless = std::env::var_os("BROWNOUT_BLESS").is_some();
    let mut changed = Vec::new();
    let scenarios = scenarios();
    assert!(!scenarios.is_empty(), "no scenarios");
    for scenario in &scenarios {
        let name = scenario.file_stem().expect("a name").to_string_lossy().into_owned();
        let golden = PathBuf::from(format!("tests/golden/{name}.csv"));
        let fresh = summary(scenario) + &incident(scenario);
        if bless {
            fs::create_dir_all("tests/golden").expect("a folder");
            fs::write(&golden, &fresh).expect("a golden file can be written");
        } else if fs::read_to_string(&golden).unwrap_or_default() != fresh {
            changed.push(name);
        }
    }
    assert!(
        changed.is_empty(),
        "other than in tests/golden/: {changed:?}. If that is meant, BROWNOUT_BLESS=1 renews the files, and the \
         changelog says why under Results change"
    );
}

#[test]
fn every_golden_file_has_its_scenario() {
    let names: Vec<_> = scenarios().iter().map(|path| path.with_extension("csv")).collect();
    for entry in fs::read_dir("tests/golden").expect("the golden files") {
        let path = entry.expect("an entry").path();
        let known = names.iter().any(|name| name.file_name() == path.file_name());
        assert!(known, "{} belongs to no scenario", path.display());
    }
}
