//! Traces of the real time limiter and of the real bulkhead with permits, played through models.
//!
//! Each walk is a scenario: every call of the trace is a request of an operation of its own, which comes at the instant of
//! its step and calls another process under the walk's settings. What came of it, and when, is held against the trace.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::Path;

use brownout::component::View;
use brownout::experiment::run_once;
use brownout::record::{Cause, OperationRecord, TimePart};
use brownout::scenario::{Overrides, Plan, load};
use brownout::units::Span;

use super::Cells;

/// One request and what it calls.
#[derive(Default)]
struct Request {
    at_ns: u64,
    /// Its steps in the calling process.
    steps: String,
    /// The steps of the operation that is its own in the called process.
    called: String,
    /// The policies of the call of that.
    policies: String,
}

/// A walk of a trace as a scenario.
#[derive(Default)]
struct Model {
    requests: Vec<Request>,
    /// Policies of calls of `far.do`, which takes an hour and two.
    shared: String,
    duration_ns: u64,
}

/// What came of a model's requests.
struct Played {
    plan: Plan,
    operations: Vec<OperationRecord>,
    effects: Vec<u64>,
}

impl Model {
    fn play(&self) -> Played {
        let lines = |line: &dyn Fn(usize, &Request) -> String| -> String {
            self.requests.iter().enumerate().map(|(number, request)| line(number, request)).collect()
        };
        let operations = format!(
            "modules:\n  shop:\n    operations:\n{}  far:\n    operations:\n      do: [{{delay: 3h}}]\n{}",
            lines(&|number, request| format!("      b{number}: {}\n", request.steps)),
            lines(&|number, request| if request.called.is_empty() {
                String::new()
            } else {
                format!("      t{number}: {}\n", request.called)
            }),
        );
        let own = lines(&|number, request| {
            if request.policies.is_empty() {
                String::new()
            } else {
                format!("  far.t{number}: {}\n", request.policies)
            }
        });
        let shared =
            if self.shared.is_empty() { String::new() } else { format!("  far.do: {}\n", self.shared) };
        let calls = if own.is_empty() && shared.is_empty() { "calls: {}\n" } else { "calls:\n" };
        let deployment = format!(
            "operations: operations.yaml\nprocesses:\n  shop: {{modules: [shop], cores: 64, style: event-loop}}\n  \
             far: {{modules: [far], cores: 64, style: event-loop}}\n{calls}{own}{shared}"
        );
        // What response times go into is only noted where there are two windows.
        let scenario = format!(
            "deployment: deployment.yaml\nduration: {0}ns\nreplications: 1\nwindows: {{first: {{from: 0s, to: 1us}}, rest: {{from: 1us}}}}\nload:\n{1}",
            self.duration_ns,
            lines(&|number, _| format!("  shop.b{number}: {{trace: {{csv: b{number}.csv, column: at}}}}\n")),
        );
        let files = |path: &Path| {
            let path = path.to_string_lossy();
            if let Some(number) = path.strip_prefix('b').and_then(|name| name.strip_suffix(".csv")) {
                let request = number.parse::<usize>().ok().and_then(|number| self.requests.get(number));
                let request = request.ok_or("no such file")?;
                return Ok(format!("at\n{}ns\n", request.at_ns).into_bytes());
            }
            match path.as_ref() {
                "scenario.yaml" => Ok(scenario.clone().into_bytes()),
                "deployment.yaml" => Ok(deployment.clone().into_bytes()),
                "operations.yaml" => Ok(operations.clone().into_bytes()),
                _ => Err("no such file".to_owned()),
            }
        };
        let loaded = load(Path::new("scenario.yaml"), &Overrides::default(), &files);
        let mistakes: Vec<&str> = loaded
            .diagnostics
            .iter()
            .filter(|told| told.is_error())
            .map(|told| told.cause.as_str())
            .collect();
        let plan = loaded.plan.unwrap_or_else(|| panic!("{mistakes:?}"));
        let record = run_once(&plan, Span::ZERO, 0).expect("the books balance");
        let operations = (0..self.requests.len())
            .map(|number| {
                let name = format!("shop.b{number}");
                let mut all = plan.assembly.operations.iter();
                let index = all.position(|known| known.name == name && known.view == View::Client);
                let mut whole = OperationRecord::default();
                for segment in &record.operations[index.expect("it is loaded")] {
                    whole.merge(segment);
                }
                assert_eq!(whole.offered, 1, "request {number} comes once");
                whole
            })
            .collect();
        Played { plan, operations, effects: record.effects }
    }
}

impl Played {
    /// How a request ended, and after how long \[ns].
    fn ended(&self, number: usize) -> (&'static str, u64) {
        let record = &self.operations[number];
        let ns = |mean: Option<f64>| mean.map_or(u64::MAX, |secs| (secs * 1e9).round() as u64);
        let failed = |cause: Cause| record.failed[cause as usize] == 1;
        if record.served == 1 {
            ("served", ns(record.latency.mean_secs()))
        } else if failed(Cause::Timeout) {
            ("timeout", ns(record.failed_latency.mean_secs()))
        } else if failed(Cause::Error) {
            ("failed", ns(record.failed_latency.mean_secs()))
        } else if failed(Cause::BulkheadFull) {
            ("no", ns(record.failed_latency.mean_secs()))
        } else {
            ("open", u64::MAX)
        }
    }

    /// Whether the work of a request came to its end.
    fn done(&self, number: usize) -> bool {
        let name = format!("done{number}");
        let effect = self.plan.assembly.effects.iter().position(|effect| *effect == name);
        self.effects[effect.expect("each has its own")] == 1
    }

    /// How long a request was in line \[ns].
    fn in_line(&self, number: usize) -> u128 {
        self.operations[number].parts.served_ns[TimePart::Queue as usize]
    }
}

/// The walks of a trace: the settings and the steps of each.
fn walks(folder: &Path, file: &str) -> Vec<(String, Vec<String>)> {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut walks: Vec<(String, Vec<String>)> = Vec::new();
    for row in text.lines().filter(|row| !row.starts_with('#')) {
        match row.split_once(',').expect("a row has a kind") {
            ("config", config) => walks.push((config.to_owned(), Vec::new())),
            ("step", step) => walks.last_mut().expect("a config row comes first").1.push(step.to_owned()),
            (other, _) => panic!("unknown row `{other}`"),
        }
    }
    walks
}

/// What the trace says of one call under a time limiter.
struct Limited {
    opened_ns: u64,
    /// What came of it, and after how long if that is known \[ns].
    told: Option<(&'static str, Option<u64>)>,
    /// When it was given up: after the one and not after the other \[ns].
    given_up: Option<(u64, u64)>,
    /// Whether its work came to an end, if that is known.
    done: Option<bool>,
}

/// Replays the traces of the time limiter; returns the number of steps.
pub(crate) fn time_outs(folder: &Path) -> usize {
    let mut steps = 0;
    for (config, rows) in walks(folder, "time_limiter.csv") {
        time_out(&config, &rows);
        steps += rows.len();
    }
    steps
}

fn time_out(config: &str, rows: &[String]) {
    const NEVER_NS: u64 = 7_200_000_000_000;
    let mut settings = Cells(config.split(','));
    let (timeout_ns, cancel): (u64, bool) = (settings.read(), settings.read());
    let mut calls: Vec<Limited> = Vec::new();
    let mut model = Model::default();
    // The calls that are stages, by their number in the trace.
    let mut stages: BTreeMap<i64, usize> = BTreeMap::new();
    let mut last_ns = 0;
    let begin = |model: &mut Model, at_ns: u64, on_timeout: &str| {
        let number = model.requests.len();
        model.requests.push(Request {
            at_ns,
            steps: format!("[{{call: far.t{number}}}]"),
            called: format!("[{{delay: {NEVER_NS}ns}}, {{effect: done{number}}}]"),
            policies: format!("{{timeout: {timeout_ns}ns, on-timeout: {on_timeout}}}"),
        });
        number
    };
    let takes = |model: &mut Model, number: usize, takes_ns: u64, fails: bool| {
        let end = if fails { ", {fail: error}" } else { "" };
        model.requests[number].called = format!("[{{delay: {takes_ns}ns}}, {{effect: done{number}}}{end}]");
    };
    for row in rows {
        let mut cells = Cells(row.split(','));
        let (at_ns, call, stage): (u64, &str, i64) = (cells.read(), cells.text(), cells.read());
        let (takes_ns, answer, waited_ns): (u64, &str, u64) = (cells.read(), cells.text(), cells.read());
        let interrupted: bool = cells.read();
        for gone in cells.text().split_whitespace() {
            let gone = stages[&gone.parse::<i64>().expect("a stage that was given up")];
            calls[gone].told = Some(("timeout", None));
            calls[gone].given_up = Some((last_ns, at_ns));
        }
        last_ns = at_ns;
        match call {
            "task" | "failing-task" => {
                let number = begin(&mut model, at_ns, if cancel { "cancel" } else { "keep-serving" });
                takes(&mut model, number, takes_ns, call == "failing-task");
                let told = match answer {
                    "served" => "served",
                    "failed" => "failed",
                    "timeout" => "timeout",
                    other => panic!("no task ends as `{other}`"),
                };
                calls.push(Limited {
                    opened_ns: at_ns,
                    told: Some((told, Some(waited_ns))),
                    given_up: None,
                    done: Some(!interrupted),
                });
            }
            "stage" => {
                stages.insert(stage, begin(&mut model, at_ns, "keep-serving"));
                calls.push(Limited { opened_ns: at_ns, told: None, given_up: None, done: None });
            }
            "complete" | "fail" => {
                let Some(number) = stages.get(&stage).copied().filter(|number| calls[*number].done.is_none())
                else {
                    continue;
                };
                // A timer that is due at the time of a step fires before it; here, work that ends then is in time.
                let after_ns = at_ns - calls[number].opened_ns + u64::from(answer == "late");
                takes(&mut model, number, after_ns, call == "fail");
                calls[number].done = Some(true);
                if answer == "late" {
                    assert_eq!(calls[number].told, Some(("timeout", None)), "{row}");
                } else {
                    let told = if call == "fail" { "failed" } else { "served" };
                    calls[number].told = Some((told, Some(after_ns)));
                }
            }
            other => panic!("the harness makes no call `{other}`"),
        }
    }
    model.duration_ns = last_ns + 3_600_000_000_000;
    let played = model.play();
    for (number, call) in calls.iter().enumerate() {
        let (ours, after_ns) = played.ended(number);
        let context = || format!("call {number} under {config}");
        if let Some((theirs, their_ns)) = call.told {
            assert_eq!(ours, theirs, "{}", context());
            assert!(their_ns.is_none_or(|their_ns| their_ns == after_ns), "{}: {after_ns}", context());
        }
        if let Some((before_ns, until_ns)) = call.given_up {
            let gone_ns = call.opened_ns + after_ns;
            let known = call.opened_ns.max(before_ns) <= gone_ns && gone_ns <= until_ns;
            assert!(known, "{}: given up at {gone_ns}", context());
        }
        if let Some(done) = call.done {
            assert_eq!(played.done(number), done, "{}", context());
        }
    }
}

/// What the trace says of one caller of a bulkhead.
struct Caller {
    at_ns: u64,
    refused: bool,
    admitted_ns: Option<u64>,
    /// When it gave its permit back, or left the line.
    gone_ns: Option<u64>,
}

/// Replays the traces of the bulkhead with permits; returns the number of steps.
///
/// A permit that is given back without having been taken is one more: the walk goes on as another model. Where one is made
/// for somebody in line it has no model, and the rest of the walk is left out.
pub(crate) fn permits(folder: &Path) -> usize {
    const STEP_NS: u64 = 1_000_000;
    let mut steps = 0;
    for (config, rows) in walks(folder, "bulkhead.csv") {
        let mut settings = Cells(config.split(','));
        let mut permits: u32 = settings.read();
        let wait_ms: u64 = settings.read();
        let mut callers: BTreeMap<u32, Caller> = BTreeMap::new();
        let mut holders: VecDeque<u32> = VecDeque::new();
        let mut now_ns = STEP_NS;
        for row in &rows {
            now_ns += STEP_NS;
            let mut cells = Cells(row.split(','));
            let (call, who, answer): (&str, u32, &str) = (cells.text(), cells.read(), cells.text());
            let in_line: usize = {
                cells.text();
                cells.read()
            };
            match (call, answer) {
                ("none", _) => {}
                ("acquire", answer) => {
                    let admitted_ns = (answer == "yes").then_some(now_ns);
                    if answer == "yes" {
                        holders.push_back(who);
                    }
                    let refused = answer == "no";
                    callers.insert(who, Caller { at_ns: now_ns, refused, admitted_ns, gone_ns: None });
                }
                ("release", answer) => {
                    match holders.pop_front() {
                        Some(holder) => callers.get_mut(&holder).expect("it came").gone_ns = Some(now_ns),
                        None if answer == "nobody" => {
                            assert_eq!(in_line, 0, "{row}");
                            line_of(&config, permits, wait_ms, &callers, now_ns);
                            callers.clear();
                            permits += 1;
                        }
                        None => break,
                    }
                    if answer == "next" {
                        callers.get_mut(&who).expect("it came").admitted_ns = Some(now_ns);
                        holders.push_back(who);
                    }
                }
                ("leave", "done") => callers.get_mut(&who).expect("it came").gone_ns = Some(now_ns),
                (call, answer) => panic!("the harness has no `{call}` with `{answer}`"),
            }
            steps += 1;
        }
        line_of(&config, permits, wait_ms, &callers, now_ns);
    }
    steps
}

fn line_of(config: &str, permits: u32, wait_ms: u64, callers: &BTreeMap<u32, Caller>, end_ns: u64) {
    if callers.is_empty() {
        return;
    }
    let end_ns = end_ns + 1_000_000;
    let stays_ns = |caller: &Caller| caller.gone_ns.unwrap_or(end_ns) - caller.at_ns;
    let request = |caller: &Caller| Request {
        at_ns: caller.at_ns,
        // Whoever gives a permit back, or leaves the line, is interrupted.
        steps: format!(
            "[{{on-failure: {{try: [{{attempt: {{timeout: {}ns, steps: [{{call: far.do}}]}}}}], of: [timeout], \
             then: []}}}}]",
            stays_ns(caller)
        ),
        ..Request::default()
    };
    let wait = if wait_ms == 0 { String::new() } else { format!(", max-wait-duration: {wait_ms}ms") };
    let model = Model {
        requests: callers.values().map(request).collect(),
        shared: format!("{{max-concurrent-calls: {permits}{wait}}}"),
        duration_ns: end_ns + 1_000_000,
    };
    let played = model.play();
    for (number, (who, caller)) in callers.iter().enumerate() {
        let parts = played.operations[number].parts;
        let context = format!("caller {who} with {permits} permits under {config}: {parts:?}");
        let expected = if caller.refused { ("no", 0) } else { ("served", stays_ns(caller)) };
        assert_eq!(played.ended(number), expected, "{context}");
        if !caller.refused {
            let until_ns = caller.admitted_ns.or(caller.gone_ns).unwrap_or(end_ns);
            assert_eq!(played.in_line(number), u128::from(until_ns - caller.at_ns), "{context}");
        }
    }
}
