//! Sessions that wait for each other's rows end as they do in a real MariaDB.
//!
//! What is recorded is compared always; what `cargo xtask` has just played on a server, when `BROWNOUT_MARIADB_TRACE`
//! names its file (see `tests/conformance/mariadb/README.md`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::experiment::{Options, replicate};
use brownout::record::Cause;
use brownout::scenario::{Overrides, load};

/// How far apart the ends of a session may be \[s]: clients have to start, and the server works on two cores.
const TOLERANCE_S: f64 = 0.35;

struct Session<'t> {
    name: &'t str,
    at: &'t str,
    actions: Vec<&'t str>,
}

/// Scenario → its sessions.
fn scenarios(text: &str) -> BTreeMap<&str, Vec<Session<'_>>> {
    let mut scenarios: BTreeMap<&str, Vec<Session<'_>>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((head, actions)) = line.split_once(": ") else { continue };
        let head: Vec<&str> = head.split(' ').collect();
        let session = Session { name: head[1], at: head[2], actions: actions.split("; ").collect() };
        scenarios.entry(head[0]).or_default().push(session);
    }
    scenarios
}

/// One action as a step.
fn step(action: &str, session: &str) -> String {
    let words: Vec<&str> = action.split(' ').collect();
    match words.as_slice() {
        ["try", rest @ ..] => {
            let tried = step(&rest.join(" "), session);
            let caught = |kind: &str, number: &str, tried: &str| {
                format!(
                    "{{on-failure: {{try: [{tried}], of: [{kind}], then: [{{effect: {number}-{session}}}]}}}}"
                )
            };
            caught("deadlock", "1213", &caught("lock-timeout", "1205", &tried))
        }
        ["lock", row] => format!("{{lock: {{table: {row}, key: one}}}}"),
        ["share", row] => format!("{{lock: {{table: {row}, key: one, mode: for-share}}}}"),
        ["change", row, count] => format!("{{write: {{table: {row}, key: one, rows: {count}}}}}"),
        ["sleep", seconds] => format!("{{delay: {seconds}s}}"),
        _ => panic!("`{action}` is no action"),
    }
}

/// Session → the errors that it saw, and when it ended if it did so well \[s].
fn simulated(sessions: &[Session]) -> BTreeMap<String, (String, Option<f64>)> {
    let operations: String = sessions
        .iter()
        .map(|session| {
            let steps: Vec<String> =
                session.actions.iter().map(|action| step(action, session.name)).collect();
            format!("{}: [{{transaction: {{in: rows, steps: [{}]}}}}], ", session.name, steps.join(", "))
        })
        .collect();
    let loads: String = sessions
        .iter()
        .map(|s| format!("m.{0}: {{trace: {{csv: {0}.csv, column: at}}}}, ", s.name))
        .collect();
    let files = |path: &Path| -> Result<Vec<u8>, String> {
        let path = path.to_string_lossy();
        let text = match path.as_ref() {
            "operations.yaml" => format!(
                "{{modules: {{m: {{operations: {{{operations}}}}}}}, schemas: {{rows: [r1, r2, r3]}}, keys: {{one: \
                 {{count: 1, popularity: uniform}}}}}}"
            ),
            "deployment.yaml" => "{operations: operations.yaml, processes: {p: {modules: [m], cores: 64}}, pools: {p: \
                                  {to: db, maximum-pool-size: 20}}, databases: {db: {kind: mariadb, cores: 64, schemas: \
                                  [rows], statement: 1ms, lock-wait-timeout: 1s}}}"
                .to_owned(),
            "scenario.yaml" => {
                format!("{{deployment: deployment.yaml, duration: 1m, replications: 1, load: {{{loads}}}}}")
            }
            other => {
                let name = other.strip_suffix(".csv").ok_or("no such file")?;
                let session = sessions.iter().find(|s| s.name == name).ok_or("no such file")?;
                format!("at\n{}s\n", session.at)
            }
        };
        Ok(text.into_bytes())
    };
    let loaded = load(Path::new("scenario.yaml"), &Overrides::default(), &files);
    let mistakes: Vec<&str> = loaded.diagnostics.iter().map(|d| d.cause.as_str()).collect();
    let plan = loaded.plan.unwrap_or_else(|| panic!("{mistakes:?}"));
    let results = replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false));
    let results = results.expect("the books balance");
    let ended = sessions.iter().map(|session| {
        let name = format!("m.{}", session.name);
        let operation = results.windows[0].operations.iter().find(|o| o.name.name == name);
        let operation = operation.expect("it is recorded");
        let mut errors: Vec<&str> = Vec::new();
        for number in ["1205", "1213"] {
            let caught =
                results.effects.iter().find(|effect| effect.name == format!("{number}-{}", session.name));
            if caught.is_some_and(|effect| effect.count.mean > 0.0) {
                errors.push(number);
            }
        }
        errors.extend(operation.causes.iter().map(|(cause, _)| match cause {
            Cause::LockTimeout => "1205",
            Cause::Deadlock => "1213",
            other => panic!("{}: {}", session.name, other.name()),
        }));
        let at: f64 = session.at.parse().expect("a number of seconds");
        (session.name.to_owned(), (errors.join(" "), operation.latency.map(|l| at + l.mean_s.mean)))
    });
    ended.collect()
}

#[track_caller]
fn check(recorded: &str) {
    let text = fs::read_to_string("tests/conformance/mariadb/scenarios.txt").expect("the scenarios");
    let scenarios = scenarios(&text);
    let mut real: BTreeMap<(String, String), (String, f64)> = BTreeMap::new();
    for row in csv::Reader::from_path(recorded).expect("a recording").records().map(|row| row.expect("a row"))
    {
        let end = row[3].parse().expect("a time");
        real.insert((row[0].to_owned(), row[1].to_owned()), (row[2].to_owned(), end));
    }
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (scenario, sessions) in &scenarios {
        for (name, (errors, end)) in simulated(sessions) {
            compared += 1;
            let (real_errors, real_end) = &real[&((*scenario).to_owned(), name.clone())];
            let late = end.is_some_and(|end| (end - real_end).abs() > TOLERANCE_S);
            if errors != *real_errors || late {
                wrong.push(format!(
                    "{scenario} {name}: here `{errors}` at {end:?}, there `{real_errors}` at {real_end}"
                ));
            }
        }
    }
    assert!(compared >= 20, "only {compared} sessions were compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let refused = &real[&("too-many-connections".to_owned(), "last".to_owned())];
    assert_eq!(refused.0, "1040", "the error of a connection too many");
}

#[test]
fn sessions_end_as_recorded_from_mariadb() {
    check("tests/conformance/mariadb/recorded.csv");
}

#[test]
fn sessions_end_as_just_played_on_mariadb() {
    #[expect(clippy::disallowed_methods, reason = "the task runner names its trace this way")]
    if let Ok(trace) = std::env::var("BROWNOUT_MARIADB_TRACE") {
        check(&trace);
    }
}
