//! Rule files and Alertmanager configurations: those that are shipped are good, and what is said of those with
//! mistakes.
//!
//! Each case is one of tests/files/invalid/watching/*.yaml; what is said of it is beside it, in
//! tests/files/invalid/watching/*.expected. `BROWNOUT_BLESS=1` renews them.

use std::fs;
use std::path::{Path, PathBuf};

use brownout::scenario::{self, Diagnostic};
use brownout::timeline::{Event, Settings, Watch};
use brownout::units::{Instant, Span};

const CASES: &str = "tests/files/invalid/watching";

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| error.to_string())
}

/// What is said of a file.
fn diagnostics(path: &Path) -> Vec<Diagnostic> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with("rules") {
        scenario::read_rules(&[path], &read).diagnostics
    } else {
        scenario::read_alertmanager(path, &read).diagnostics
    }
}

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(CASES).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    cases.sort();
    cases
}

#[test]
fn every_mistake_is_told_as_expected() {
    let bless = std::env::var_os("BROWNOUT_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let found = diagnostics(&case);
        let shown = scenario::render(&found, false, 100);
        assert!(!found.is_empty(), "{} has no mistake", case.display());
        assert!(shown.lines().all(|line| line.chars().count() <= 100), "{}: {shown}", case.display());
        let expected = case.with_extension("expected");
        if bless {
            fs::write(&expected, &shown).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != shown {
            wrong.push(format!("{}:\n{shown}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "not as expected (BROWNOUT_BLESS=1 renews):\n{}", wrong.join("\n"));
}

#[test]
fn the_shipped_rules_and_routes_are_read_and_tell_of_a_lost_cache() {
    let rules = scenario::read_rules(&[Path::new("rules/shop.yaml")], &read);
    let config = scenario::read_alertmanager(Path::new("rules/alertmanager.yaml"), &read);
    assert_eq!((rules.diagnostics, config.diagnostics), (Vec::new(), Vec::new()));
    let mut watch = Watch::new(&rules.value.unwrap(), config.value.as_ref(), Settings::default());
    let redis = watch.series("redis_up", &[("job", "redis"), ("instance", "main")]);
    let second = |second: u64| Instant::from_nanos(second * 1_000_000_000);
    // Down from minute 10 to minute 30.
    for scrape in 0..240 {
        let at = second(scrape * 15);
        watch.append(redis, at, if (600..1800).contains(&(scrape * 15)) { 0.0 } else { 1.0 });
        watch.advance(at + Span::from_millis(14_999));
    }
    let events = watch.take_events();
    let told: Vec<(&str, bool, f64)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Notified(told) if told.channel.name() == "pagerduty" => {
                let alert = &told.alerts[0];
                let name = alert.labels.iter().find(|(name, _)| name == "alertname");
                Some((name.map_or("", |(_, name)| name.as_str()), alert.firing, told.at.as_secs_f64()))
            }
            Event::Notified(_)
            | Event::Muted(_)
            | Event::Alert(_)
            | Event::Holds { .. }
            | Event::Failed { .. } => None,
        })
        .collect();
    // A minute of `for`, at most one scrape and one evaluation late; again every 5 to 6 min; over when it is.
    assert!(told.iter().all(|(name, ..)| *name == "CacheDown"), "{told:?}");
    let first = told[0].2;
    assert!((660.0..=690.0).contains(&first), "{told:?}");
    let repeats: Vec<f64> =
        told.windows(2).filter(|pair| pair[1].1).map(|pair| pair[1].2 - pair[0].2).collect();
    assert_eq!(repeats, [360.0, 360.0, 360.0]);
    assert!(told.last().is_some_and(|last| !last.1 && (1800.0..=1875.0).contains(&last.2)), "{told:?}");
}
