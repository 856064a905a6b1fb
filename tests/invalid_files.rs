//! Files with mistakes, and what is said of them.
//!
//! Each case is a scenario, one of tests/files/invalid/*.yaml without a second dot in its name; what
//! `check` shows of it is beside it, in tests/files/invalid/*.expected. `BROWNOUT_BLESS=1` renews them.

#[path = "invalid_files/beside.rs"]
mod beside;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use brownout::scenario::{self, Code, Diagnostic, Loaded, Overrides};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

const CASES: &str = "tests/files/invalid";

fn read(path: &Path) -> Result<Vec<u8>, String> {
    if path.is_dir() {
        return Err("it is a folder".to_owned());
    }
    fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        _ => "it may not be read".to_owned(),
    })
}

fn load(path: &Path) -> Loaded {
    scenario::load(path, &Overrides::default(), &read)
}

fn shown(loaded: &Loaded) -> String {
    let files = loaded.sources.len().max(1);
    let text = scenario::render(&loaded.diagnostics, false, 100);
    format!("{text}{}\n", scenario::summary(&loaded.diagnostics, files))
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(CASES)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.to_str().is_some_and(|path| path.ends_with(".yaml") && path.matches('.').count() == 1)
        })
        .collect();
    cases.sort();
    cases
}

fn numbers(diagnostics: &[Diagnostic]) -> BTreeSet<u16> {
    diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn every_mistake_is_told_as_expected() {
    let bless = std::env::var_os("BROWNOUT_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let loaded = load(&case);
        let shown = shown(&loaded);
        if loaded.diagnostics.is_empty() {
            wrong.push(format!("{} has no mistake", case.display()));
        }
        let erroneous = loaded.diagnostics.iter().any(Diagnostic::is_error);
        assert_eq!(loaded.plan.is_none(), erroneous, "{}", case.display());
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

/// What a user may get wrong, the sample that shows it, and what is said of it. Files that are too large, or no files, and
/// output that cannot be written are in tests/hostile_input.rs.
#[rustfmt::skip]
const KINDS: [(&str, &str, &str); 52] = [
    ("an unknown key, with a suggestion", "unknown-keys", "did you mean `servers`?"),
    ("an unknown preset", "presets", "did you mean `hystrix`?"),
    ("a missing name", "system-unknown-name", "there is no module `oder`"),
    ("a missing key", "missing-keys", "the key `duration` is missing"),
    ("a name that is written twice", "duplicate-key", "is written twice"),
    ("a name that two files have", "station-twice", "is in the deployment too"),
    ("a cycle of synchronous calls", "system-call-cycle", "these operations wait for each other"),
    ("a missing unit", "units", "`60` has no unit"),
    ("a wrong unit", "units", "`weeks` is not a unit"),
    ("a negative number", "numbers", "`-2` is negative"),
    ("a negative quantity", "units", "`-3s` is negative"),
    ("a zero where there is none", "zero-duration", "the duration is zero"),
    ("not a number", "numbers", "`.nan` is not a finite number"),
    ("weights that do not sum", "system-weights", "the weights sum to 1.100000"),
    ("a probability above 1", "system-leak", "must be at most 100%"),
    ("a lock outside the scope that frees it", "system-lock-scope", "is locked outside a transaction"),
    ("an unreachable module", "system-unused", "nothing that is loaded leads to modules"),
    ("a topic without a partition", "log-range", "0 is out of range: it must be 1 to 10000"),
    ("an alias bomb", "alias-bomb", "the aliases here stand for more than"),
    ("deep nesting", "deep", "nested more than 48 levels"),
    ("not UTF-8", "not-utf8", "not text in UTF-8"),
    ("a missing file", "missing-file", "no such file"),
    ("a folder", "a-folder", "it is a folder"),
    ("a value of a CSV", "csv-cells", "csv-cells.csv:3:3"),
    ("a CSV parted by semicolons", "csv-semicolons", "the columns are parted by semicolons"),
    ("a missing CSV", "csv-missing", "B0101"),
    ("a surge beyond the clock", "surges", "times the load of `desk` is more than 1000000000/s"),
    ("a fault that is named twice", "surges", "there are two faults `sale`"),
    ("a batch without bounds", "batches", "1000000 or fewer in a batch"),
    ("a path of nothing", "empty-path", "`deployment` names no file"),
    ("a missing rule file", "alerts-missing", "alerts-missing.yaml:6:"),
    ("a time-out of zero", "all-at-once", "a `timeout` of 0s is over before anything can happen"),
    ("what a mistake hid: the steps of a transaction", "all-at-once", "there is no table `stokc`"),
    ("what a mistake hid: the rest of a policy", "all-at-once", "`jitter` is 200%"),
    ("a leak where nothing can leak", "leaks-nothing", "nothing leaks"),
    ("what a duration without a unit hid", "no-duration", "there is no window `calmly`"),
    ("what a misspelt load hid", "load-misspelt", "there is no component `desks`"),
    ("what an unreadable rule file hid: the runbook", "alerts-unread", "follow each other in a circle"),
    ("two intervals of zero", "alerts-unread", "evaluation-interval: 0s"),
    ("what an unknown component hid: claims", "claims-hidden", "did you mean `outage`?"),
    ("a leak in an operation that is not there", "variant-follows", "there is no operation `app.lend`"),
    ("more mistakes in a CSV than are told", "csv-many", "there are 5 more mistakes"),
    ("a time-out below what the product takes", "product-ranges", "whole seconds from 1s to"),
    ("a memory that holds nothing", "product-ranges", "which is what 0 means in Redis"),
    ("a link to nobody", "product-ranges", "did you mean `redis`?"),
    ("a logical cache that no step uses", "cache-unused", "no step uses cache `sesions`"),
    ("a value larger than its server", "cache-unused", "not even one fits into its memory"),
    ("bits where bytes are meant", "bits", "bytes of eight bits"),
    ("a rate where an amount is meant", "bits", "an amount has no `/s`"),
    ("an operation that nothing leads to", "unloaded", "there is no external party `bank`"),
    ("more than two sides of a split", "unloaded", "there are 3 items here, not 2"),
    ("a value of a sweep", "sweep-values", "with scenario.stations.desk.servers = `abc`"),
];

#[test]
fn every_kind_of_mistake_has_a_sample() {
    for (kind, sample, says) in KINDS {
        let expected = Path::new(CASES).join(sample).with_extension("expected");
        let expected = fs::read_to_string(expected).unwrap_or_default();
        assert!(expected.contains(says), "{kind}: {sample} does not say `{says}`");
    }
}

#[test]
fn no_expectation_is_left_over() {
    for entry in fs::read_dir(CASES).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "expected") {
            assert!(path.with_extension("yaml").exists(), "{}", path.display());
        }
    }
}

/// Why a code has no file here.
const WITHOUT_SAMPLE: &[(Code, &str)] = &[
    (Code::TooLarge, "the file is made in a test: it would be 8 MiB"),
    (Code::NoNeighbour, "needs an option of the command line"),
    (Code::NoIncident, "needs the command `compare`"),
    (Code::SystemTooLarge, "the system would be larger than a file may be"),
];

#[test]
fn every_code_has_a_sample_or_a_reason() {
    let mut seen = BTreeSet::new();
    for case in cases() {
        seen.extend(numbers(&load(&case).diagnostics));
    }
    // Those of rule files and Alertmanager configurations are compared in tests/watching_files.rs.
    for entry in fs::read_dir(format!("{CASES}/watching")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let rules = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("rules"));
            seen.extend(numbers(&if rules {
                scenario::read_rules(&[&path], &read).diagnostics
            } else {
                scenario::read_alertmanager(&path, &read).diagnostics
            }));
        }
    }
    let known: BTreeSet<u16> = Code::ALL.iter().map(|code| code.number()).collect();
    assert!(seen.is_subset(&known), "not in the catalogue: {:?}", seen.difference(&known));
    let excused = |code: Code| WITHOUT_SAMPLE.iter().any(|(excused, _)| *excused == code);
    let wrong: Vec<&Code> =
        Code::ALL.iter().filter(|code| seen.contains(&code.number()) == excused(**code)).collect();
    assert!(wrong.is_empty(), "with neither or both of sample and excuse: {wrong:?}");
}

#[test]
fn the_page_of_diagnostics_is_fresh() {
    let page = Path::new("docs/diagnostics.md");
    let fresh = scenario::reference();
    if std::env::var_os("BROWNOUT_BLESS").is_some() {
        fs::write(page, &fresh).unwrap();
    }
    assert_eq!(fs::read_to_string(page).unwrap_or_default(), fresh, "BROWNOUT_BLESS=1 renews it");
}

/// Loads a scenario given as text, beside the valid shop.
fn load_text(text: &[u8], overrides: &Overrides) -> Loaded {
    let files = |path: &Path| {
        if path == Path::new("tests/files/valid/shop/this.yaml") { Ok(text.to_vec()) } else { read(path) }
    };
    scenario::load(Path::new("tests/files/valid/shop/this.yaml"), overrides, &files)
}

#[track_caller]
fn check(text: &[u8], overrides: &Overrides, code: Code, words: &str) {
    let loaded = load_text(text, overrides);
    let shown = shown(&loaded);
    assert!(loaded.plan.is_none());
    assert!(numbers(&loaded.diagnostics).contains(&code.number()), "no {code:?} in {shown}");
    assert!(shown.contains(words), "no `{words}` in {shown}");
}

#[test]
fn files_without_end_are_refused() {
    let none = Overrides::default();
    check(&vec![b'#'; scenario::MOST_FILE_BYTES + 1], &none, Code::TooLarge, "larger than 8 MiB");
    let list = format!("duration: 1s\nload: [{}]\n", "1,".repeat(300_000));
    check(list.as_bytes(), &none, Code::TooLarge, "more than 250000 values");
    for open in ["[", "{a: ", "- ", "? "] {
        let text = format!("duration: {}", open.repeat(100_000));
        assert!(load_text(text.as_bytes(), &none).plan.is_none(), "{open}");
    }
}

#[test]
fn the_deepest_operation_that_is_taken_fits_the_stack() {
    let operations = |depth: usize| {
        let (open, close) = ("{repeat: {times: 2, steps: [".repeat(depth), "]}}".repeat(depth));
        format!("modules: {{a: {{operations: {{b: [{open}{{cpu: 1ms}}{close}]}}}}}}")
    };
    let loaded = |depth: usize| {
        let files = |path: &Path| match path.to_str() {
            Some("operations.yaml") => Ok(operations(depth).into_bytes()),
            Some("deployment.yaml") => {
                Ok(b"operations: operations.yaml\nprocesses: {a: {modules: [a], cores: 2}}\n".to_vec())
            }
            _ => Ok(b"deployment: deployment.yaml\nduration: 1s\nload: {a.b: {rate: 1/s}}\n".to_vec()),
        };
        scenario::load(Path::new("scenario.yaml"), &Overrides::default(), &files)
    };
    assert!(loaded(13).plan.is_some(), "{}", shown(&loaded(13)));
    let codes: Vec<String> = loaded(20).diagnostics.iter().map(Diagnostic::printed_code).collect();
    assert_eq!(codes, ["B0106"]);
}

#[test]
fn the_list_of_mistakes_ends() {
    let many: String = (0..500).map(|number| format!("  w{number}: {{from: 5, until: x}}\n")).collect();
    let text = format!("duration: 1s\nload: {{}}\nwindows:\n{many}");
    let none = Overrides::default();
    check(text.as_bytes(), &none, Code::More, "the first 100 mistakes");
    assert!(load_text(text.as_bytes(), &none).diagnostics.len() <= 101);
}

#[test]
fn options_of_the_command_line_are_checked_too() {
    let queue = b"duration: 1s\nload: {}\n";
    let deployment = |name: &str| Overrides { deployment: Some(name.to_owned()), ..Overrides::default() };
    check(queue, &deployment("monolith"), Code::NoNeighbour, "in --deployment");
    let shop = b"deployment: msa.yaml\nduration: 1s\nload: {}\n";
    check(shop, &deployment("monolith"), Code::Unreadable, "tests/files/valid/shop/monolith.yaml");
    check(shop, &deployment("other/monolith.yaml"), Code::Unreadable, "`other/monolith.yaml`");
    let none = Overrides { replications: Some(0), ..Overrides::default() };
    check(shop, &none, Code::Replications, "in --replications");
}

/// A text without a top-level key and what belongs to it.
fn without_key(text: &str, key: &str) -> String {
    let mut is_gone = false;
    let kept = text.lines().filter(|line| {
        if !line.is_empty() && !line.starts_with([' ', '#', '-']) {
            is_gone = line.starts_with(&format!("{key}:"));
        }
        !is_gone
    });
    kept.collect::<Vec<_>>().join("\n") + "\n"
}

/// What stands in for a duration or a load that cannot be read leads to nothing that the user did not write.
#[test]
fn what_stands_in_for_a_key_makes_no_mistakes() {
    let folders = ["scenarios", "tests/files/valid", "tests/files/valid/shop"];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let mut seen = 0;
    for path in files {
        let text = fs::read_to_string(&path).unwrap_or_default();
        if !text.lines().any(|line| line.starts_with("duration:")) {
            continue;
        }
        seen += 1;
        let is_duration = |line: &&str| line.starts_with("duration:");
        let misspelt = text
            .lines()
            .find(is_duration)
            .map_or_else(String::new, |line| line.replacen("duration", "durations", 1));
        for (key, instead) in [
            ("duration", ""),
            ("duration", "duration: 90\n"),
            ("duration", &format!("{misspelt}\n")),
            ("load", ""),
            ("load", "load: 5\n"),
        ] {
            let changed = without_key(&text, key) + instead;
            let files = |other: &Path| {
                if other == path { Ok(changed.clone().into_bytes()) } else { read(other) }
            };
            let loaded = scenario::load(&path, &Overrides::default(), &files);
            let mistakes = loaded.diagnostics.iter().filter(|it| it.is_error()).count();
            assert_eq!(mistakes, 1, "{} {instead}: {}", path.display(), shown(&loaded));
        }
    }
    assert!(seen > 10, "{seen}");
}

/// A change of a text.
#[derive(Clone, Debug)]
enum Change {
    Set(usize, u8),
    Insert(usize, Vec<u8>),
    Cut(usize, usize),
    Copy(usize, usize, usize),
}

fn changed(mut text: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let place = |at: usize| at % (text.len() + 1);
        match change {
            Change::Set(at, byte) => {
                let at = place(*at);
                if let Some(old) = text.get_mut(at) {
                    *old = *byte;
                }
            }
            Change::Insert(at, bytes) => {
                let at = place(*at);
                text.splice(at..at, bytes.iter().copied());
            }
            Change::Cut(at, length) => {
                let at = place(*at);
                let end = (at + length).min(text.len());
                text.drain(at..end);
            }
            Change::Copy(from, length, to) => {
                let (from, to) = (place(*from), place(*to));
                let piece = text[from..(from + length).min(text.len())].to_vec();
                text.splice(to..to, piece);
            }
        }
    }
    text
}

fn change() -> impl Strategy<Value = Change> {
    let token = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(": "),
        Just("- "),
        Just("\n"),
        Just("  "),
        Just("&a "),
        Just("*a"),
        Just("null"),
        Just(".nan"),
        Just("-1"),
        Just("0"),
        Just("99999999999999999999"),
        Just("1e308"),
        Just("\""),
        Just("'"),
        Just("\t"),
        Just("!!int "),
        Just("<<: "),
        Just("? "),
        Just("\u{FEFF}"),
        Just("é"),
    ];
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<usize>(), token).prop_map(|(at, token)| Change::Insert(at, token.as_bytes().to_vec())),
        (any::<usize>(), 1..40usize).prop_map(|(at, length)| Change::Cut(at, length)),
        (any::<usize>(), 1..80usize, any::<usize>())
            .prop_map(|(from, length, to)| Change::Copy(from, length, to)),
    ]
}

#[test]
fn no_change_of_a_valid_file_brings_the_loader_down() {
    let valid = [
        "tests/files/valid/shop/operations.yaml",
        "tests/files/valid/shop/msa.yaml",
        "tests/files/valid/shop/surge.yaml",
    ];
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let changes = proptest::collection::vec(change(), 1..6);
    runner
        .run(&(0..valid.len(), changes), |(which, changes)| {
            let files = |path: &Path| {
                let text = read(path)?;
                Ok(if path == Path::new(valid[which]) { changed(text, &changes) } else { text })
            };
            let loaded = scenario::load(Path::new(valid[2]), &Overrides::default(), &files);
            let erroneous = loaded.diagnostics.iter().any(Diagnostic::is_error);
            assert_eq!(loaded.plan.is_none(), erroneous);
            let _ = scenario::render(&loaded.diagnostics, true, 80);
            let _ = scenario::to_json(&loaded.diagnostics, loaded.sources.len());
            let _ = scenario::explain(&loaded);
            Ok(())
        })
        .unwrap();
}
