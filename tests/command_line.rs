//! The command line: what it prints where, and its exit codes.

use std::fs;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin_cmd;

fn brownout(arguments: &[&str]) -> Command {
    let mut command = cargo_bin_cmd!("brownout");
    command.args(arguments).env("NO_COLOR", "1");
    command
}

struct Said {
    code: i32,
    out: String,
    err: String,
}

fn said(command: &mut Command) -> Said {
    let output = command.output().expect("the program can be started");
    Said {
        code: output.status.code().expect("it ends by itself"),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

/// A scenario of one queue with the given objective.
fn with_objective(objective: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("queue.yaml");
    let text = format!(
        "duration: 60s\nreplications: 5\nstations:\n  counter: {{servers: 2, service: {{exponential: {{mean: \
         100ms}}}}}}\nload:\n  counter: {{rate: 9/s}}\nobjectives:\n  - {objective}\n"
    );
    fs::write(&path, text).expect("a temporary folder can be written");
    let path = path.to_string_lossy().into_owned();
    (folder, path)
}

#[track_caller]
fn ends_with(objective: &str, code: i32) {
    let (_folder, path) = with_objective(objective);
    let said = said(&mut brownout(&["run", &path, "--no-output"]));
    assert_eq!(said.code, code, "{}{}", said.out, said.err);
}

#[test]
fn objectives_decide_the_exit_code() {
    ends_with("{operation: counter, p95: \"< 30s\"}", 0);
    ends_with("{operation: counter, p95: \"< 1ms\"}", 99);
    // Five runs of 540 requests are too few for a bound in the middle of their spread.
    ends_with("{operation: counter, p99: \"< 540ms\"}", 3);
}

#[test]
fn invalid_files_are_104_and_a_bad_command_line_is_2() {
    let (_folder, path) = with_objective("{operation: teller, p95: \"< 1s\"}");
    let run = said(&mut brownout(&["run", &path, "--no-output"]));
    assert_eq!(run.code, 104, "{}", run.err);
    assert!(run.out.is_empty(), "diagnostics of `run` go to standard error: {}", run.out);
    assert!(run.err.contains("queue.yaml:8:"), "{}", run.err);
    let check = said(&mut brownout(&["check", &path]));
    assert_eq!(check.code, 104);
    assert!(check.out.contains("Nothing was run."), "{}", check.out);
    assert_eq!(said(&mut brownout(&["run", &path, "--fast"])).code, 2);
    assert_eq!(said(&mut brownout(&["run", "no-such-file.yaml"])).code, 104);
}

#[test]
fn json_goes_to_standard_output_alone() {
    let (_folder, path) = with_objective("{operation: counter, p95: \"< 30s\"}");
    let said = said(&mut brownout(&["run", &path, "--no-output", "--json"]));
    assert_eq!(said.code, 0, "{}", said.err);
    let json: serde_json::Value = serde_json::from_str(&said.out).expect("it is JSON");
    assert!(json.is_object());
    assert!(said.err.is_empty(), "{}", said.err);
}

#[test]
fn a_folder_that_is_no_result_is_never_replaced() {
    let (folder, path) = with_objective("{operation: counter, p95: \"< 30s\"}");
    let precious = folder.path().join("precious");
    fs::create_dir(&precious).expect("a temporary folder can be written");
    fs::write(precious.join("thesis.txt"), "years of work").expect("it can be written");
    let output = precious.to_string_lossy().into_owned();
    let refused = said(&mut brownout(&["run", &path, "--output", &output]));
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains("--output"), "{}", refused.err);
    assert_eq!(fs::read_to_string(precious.join("thesis.txt")).ok().as_deref(), Some("years of work"));
}

#[test]
fn a_result_is_replaced_by_the_next() {
    let (folder, path) = with_objective("{operation: counter, p95: \"< 30s\"}");
    let output = folder.path().join("result").to_string_lossy().into_owned();
    for seed in ["1", "2"] {
        let said = said(&mut brownout(&["run", &path, "--output", &output, "--seed", seed]));
        assert_eq!(said.code, 0, "{}", said.err);
    }
    let manifest = fs::read_to_string(folder.path().join("result/manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("it is JSON");
    assert_eq!(manifest["seed"], 2);
}

#[test]
fn every_shipped_scenario_is_valid_on_every_deployment_of_its_system() {
    let scenarios = fs::read_dir("scenarios").expect("the scenarios");
    let mut count = 0;
    for scenario in scenarios {
        let path = scenario.expect("an entry").path().to_string_lossy().into_owned();
        let said = said(&mut brownout(&["check", &path]));
        assert_eq!(said.code, 0, "{path}: {}", said.out);
        count += 1;
    }
    assert!(count >= 3, "{count} scenarios");
    let monolith = said(&mut brownout(&["check", "scenarios/surge-x10.yaml", "--deployment", "monolith"]));
    assert_eq!(monolith.code, 0, "{}", monolith.out);
}

#[test]
fn explain_gives_the_origin_of_every_value() {
    let said = said(&mut brownout(&["explain", "scenarios/surge-x10.yaml", "--only", "pools"]));
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.lines().any(|line| line.contains("models/shop/msa.yaml:")), "{}", said.out);
    assert!(said.out.lines().all(|line| line.contains("pools")), "{}", said.out);
}

#[test]
fn half_widths_are_reached_by_adding_runs() {
    let (_folder, path) = with_objective("{operation: counter, p95: \"< 30s\"}");
    let arguments = ["run", &path, "--no-output", "--json", "--until-half-width", "5%"];
    let said = said(&mut brownout(&arguments));
    let json: serde_json::Value = serde_json::from_str(&said.out).expect("it is JSON");
    let runs = json["replications"].as_u64().expect("a number of runs");
    assert!(runs > 5, "{runs} runs");
}

/// A scenario of closed users at one station.
fn closed(users: u32, think: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("closed.yaml");
    let text = format!(
        "duration: 20s\nreplications: 2\nstations:\n  idle: {{service: 1ms}}\nload:\n  idle: {{closed: {{users: \
         {users}, think: {think}}}}}\n"
    );
    fs::write(&path, text).expect("a temporary folder can be written");
    let path = path.to_string_lossy().into_owned();
    (folder, path)
}

#[test]
fn more_users_than_fit_sixteen_bits_all_ask() {
    // Each of 100,000 users thinks for 9.999 s and asks for 1 ms: two requests each in 20 s, the last at 19.999 s.
    let (_folder, path) = closed(100_000, "9999ms");
    let said = said(&mut brownout(&["run", &path, "--no-output", "--json"]));
    assert_eq!(said.code, 0, "{}", said.err);
    let json: serde_json::Value = serde_json::from_str(&said.out).expect("it is JSON");
    assert_eq!(json["requests"], 2 * 2 * 100_000, "two runs of two requests for each user");
}

/// Runs a scenario given as text and reads its results.
fn results_of(scenario: &str) -> (i32, serde_json::Value) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("scenario.yaml");
    fs::write(&path, scenario).expect("a temporary folder can be written");
    let path = path.to_string_lossy().into_owned();
    let said = said(&mut brownout(&["run", &path, "--no-output", "--json"]));
    (said.code, serde_json::from_str(&said.out).expect("it is JSON"))
}

#[test]
fn a_run_that_was_cut_short_meets_no_objective() {
    let (code, _) = results_of(
        "{duration: 60m, replications: 3, limits: {in-flight: 2000}, load: {d: {rate: 5/s}},
          stations: {d: {servers: 2, service: {exponential: {mean: 1s}}}},
          objectives: [{operation: d, availability: 90%}]}",
    );
    assert_eq!(code, 3);
}

#[test]
fn a_hang_is_not_a_recovery() {
    let (code, results) = results_of(
        "{duration: 30m, replications: 5, load: {d: {rate: 100/s}}, windows: {before: {from: 10s, to: 20s}},
          stations: {d: {servers: 1, service: {mixture: [{weight: 99.99%, of: 1ms}, {weight: 0.01%, of: 10h}]}}},
          recovery: {baseline: before, from: 5m}}",
    );
    assert_eq!(code, 0);
    assert_eq!(results["recovery"]["recovered_runs"], 0, "{}", results["recovery"]);
    assert_eq!(results["recovery"]["collapsed_runs"], 5, "{}", results["recovery"]);
}

#[test]
fn ctrl_c_keeps_the_runs_that_are_complete() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("queue.yaml");
    let text = "{duration: 10m, replications: 10000, load: {d: {rate: 30/s}},
                 stations: {d: {servers: 2, service: {exponential: {mean: 50ms}}}}}";
    fs::write(&path, text).expect("a temporary folder can be written");
    let output = folder.path().join("output");
    let mut run = std::process::Command::new(assert_cmd::cargo::cargo_bin!("brownout"))
        .arg("run")
        .args([&path, std::path::Path::new("--output"), &output])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program can be started");
    std::thread::sleep(std::time::Duration::from_secs(3));
    let stopped = std::process::Command::new("kill").args(["-INT", &run.id().to_string()]).status();
    assert!(stopped.expect("kill is there").success(), "the run was over too soon: {:?}", run.try_wait());
    let said = run.wait_with_output().expect("it ends");
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert_eq!(said.status.code(), Some(105), "{out}{err}");
    assert!(out.contains("of 10000 runs were complete"), "{out}");
    assert!(output.join("operations.csv").exists());
}

#[test]
fn a_loop_without_end_meets_the_limit_on_events() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a temporary folder can be written");
        path.to_string_lossy().into_owned()
    };
    // More rounds than fit sixteen bits, each of no time.
    let operations = |count: u64| {
        format!(
            "modules: {{m: {{operations: {{o: [{{repeat: {{times: {count}, steps: [{{effect: round}}]}}}}]}}}}}}"
        )
    };
    write("deployment.yaml", "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1}}}");
    let scenario = write(
        "scenario.yaml",
        "{deployment: deployment.yaml, duration: 10s, replications: 2, limits: {events: 1000000},
          load: {m.o: {deterministic: {rate: 100m/s}}}}"
            .replace("100m/s", "0.1/s")
            .as_str(),
    );
    write("operations.yaml", &operations(100_000));
    let counted = said(&mut brownout(&["run", &scenario, "--no-output", "--json"]));
    assert_eq!(counted.code, 0, "{}", counted.err);
    let json: serde_json::Value = serde_json::from_str(&counted.out).expect("it is JSON");
    assert_eq!(json["effects_per_run"][0]["count"]["mean"], 100_000.0, "{json}");
    write("operations.yaml", &operations(1_000_000_000));
    let cut = said(&mut brownout(&["run", &scenario, "--no-output"]));
    assert!(cut.out.contains("reached a limit"), "{}{}", cut.out, cut.err);
}

#[test]
fn claims_and_comparisons_are_answered_and_written_down() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a temporary folder can be written");
        path.to_string_lossy().into_owned()
    };
    write("operations.yaml", "modules: {shop: {operations: {buy: [{delay: 50ms}]}}}\n");
    for (name, replicas) in [("one", 1), ("two", 2)] {
        let text = format!(
            "operations: operations.yaml\nprocesses: {{shop: {{modules: [shop], cores: 1, replicas: {replicas}}}}}\n"
        );
        write(&format!("{name}.yaml"), &text);
    }
    let scenario = write(
        "gone.yaml",
        "deployment: one.yaml\nduration: 240s\ninterval: 2s\nreplications: 3\nload: {shop.buy: {rate: 20/s}}\n\
         faults: [{at: 60s, for: 60s, crash: shop, replicas: 1}]\nclaims:\n  gone: {says: It is gone, expect: \
         failed(shop.buy) > 50%, during: fault}\n  brief: {says: A blink is harmless, expect: failed(shop.buy) < 1%, \
         sweep: {path: scenario.faults.0.for, values: [100ms, 60s]}}\n",
    );
    let output = folder.path().join("claims");
    let told = said(&mut brownout(&["claims", &scenario, "--output", &output.to_string_lossy()]));
    // A claim is about the world: nobody fails by refuting it.
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("supported") && told.out.contains("if for ≤ 100ms"), "{}", told.out);
    let table = fs::read_to_string(output.join("claims.csv")).expect("the table");
    assert!(table.contains("brief,60s,") && table.contains("conditional"), "{table}");
    let compared = said(&mut brownout(&["compare", &scenario, "--deployment", "two", "--no-output"]));
    assert_eq!(compared.code, 0, "{}", compared.err);
    assert!(compared.out.contains("two against one · 3 paired seeds"), "{}", compared.out);
    assert!(compared.out.contains("two is better in"), "{}", compared.out);
    assert_eq!(said(&mut brownout(&["compare", &scenario])).code, 2);
    let korean = folder.path().join("korean");
    let run = said(&mut brownout(&["run", &scenario, "--lang", "ko", "--output", &korean.to_string_lossy()]));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(fs::read_to_string(korean.join("incident.md")).expect("the report").contains("장애 보고서"));
    assert!(korean.join("report.html").is_file() && korean.join("charts/timeline.png").is_file());
}

#[test]
fn a_scenario_is_compared_with_itself_without_a_step() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a temporary folder can be written");
        path.to_string_lossy().into_owned()
    };
    write("operations.yaml", "modules: {shop: {operations: {buy: [{delay: 50ms}]}}}\n");
    write("one.yaml", "operations: operations.yaml\nprocesses: {shop: {modules: [shop], cores: 1}}\n");
    let path = write(
        "gone.yaml",
        "deployment: one.yaml\nduration: 240s\ninterval: 2s\nreplications: 3\nload: {shop.buy: {rate: 20/s}}\n\
         faults: [{at: 60s, crash: shop}]\nrunbook:\n  - {name: look, when: {at: 70s}, works: 99.9999%, otherwise: \
         shout}\n  - {name: shout}\n  - {name: restart, when: {after: look}, do: {restart: {component: shop}}}\n",
    );
    let output = folder.path().join("compared");
    let told = said(&mut brownout(&[
        "compare",
        &path,
        "--without",
        "look",
        "--without",
        "restart",
        "--output",
        &output.to_string_lossy(),
    ]));
    assert_eq!(told.code, 0, "{}{}", told.out, told.err);
    assert!(told.out.contains("gone against gone without look,restart · 3 paired seeds"), "{}", told.out);
    assert!(told.err.contains("`shout`"), "nobody shouts either: {}", told.err);
    let table = fs::read_to_string(output.join("comparison.csv")).expect("the table");
    assert!(
        table.lines().any(|row| row.starts_with("blast-radius,") && row.ends_with(",better,gone")),
        "{table}"
    );
    let unknown = said(&mut brownout(&["compare", &path, "--without", "lokk", "--no-output"]));
    assert_eq!(unknown.code, 104, "{}", unknown.err);
    assert!(unknown.err.contains("did you mean `look`"), "{}", unknown.err);
    assert_eq!(said(&mut brownout(&["compare", &path, &path, "--without", "look"])).code, 2);
    assert_eq!(said(&mut brownout(&["compare", &path, "--deployment", "x", "--without", "look"])).code, 2);
}
