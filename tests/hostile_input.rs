//! Files and folders that are no good, by way of the command: an exit code and a message, soon, and no panic.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const QUEUE: &str = "duration: 10s\nreplications: 2\nstations:\n  counter: {servers: 2, service: {exponential: {mean: \
                     100ms}}}\nload:\n  counter: {rate: 9/s}\n";

/// A folder with a good scenario, `queue.yaml`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("queue.yaml"), QUEUE).expect("it can be written");
    folder
}

fn brownout(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brownout"));
    command.args(arguments).current_dir(folder).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// The exit code and standard error, which a panic would show in.
#[track_caller]
fn ends(command: &mut Command) -> (i32, String) {
    let Output { status, stderr, .. } = command.output().expect("the program can be started");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    (status.code().expect("it ends by itself"), said)
}

/// The same, and that it takes at most four seconds of the processor, all threads together: the system ends what takes longer.
/// A second is what users wait for; this is a build for development on whatever machine there is.
#[track_caller]
fn ends_soon(command: &mut Command) -> (i32, String) {
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -t 4 && exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args());
    limited.env("NO_COLOR", "1").stdin(Stdio::null());
    if let Some(folder) = command.get_current_dir() {
        limited.current_dir(folder);
    }
    ends(&mut limited)
}

/// What `run` says of a file that cannot be a scenario, soon.
#[track_caller]
fn refused(folder: &Path, file: &str, expected: &str) {
    let (code, said) = ends_soon(&mut brownout(folder, &["run", file]));
    assert_eq!(code, 104, "{file}: {said}");
    assert!(said.contains(expected), "{file}: {said}");
    assert!(!folder.join("output").exists(), "nothing is written");
}

/// Makes a file of so many MiB, all of it a hole.
fn make_large(path: &Path, mebibytes: u64) {
    let file = File::create(path).expect("it can be written");
    file.set_len(mebibytes << 20).expect("it can have holes");
}

#[test]
fn a_file_that_is_too_large_is_told_so_at_once() {
    let folder = folder();
    for (file, mebibytes) in [("nine.yaml", 9), ("hundred.yaml", 100)] {
        make_large(&folder.path().join(file), mebibytes);
        refused(folder.path(), file, "is larger than 8 MiB");
    }
    let from_far = QUEUE.replace("{rate: 9/s}", "{trace: {csv: large.csv, column: at}}");
    fs::write(folder.path().join("far.yaml"), from_far).expect("it can be written");
    make_large(&folder.path().join("large.csv"), 300);
    refused(folder.path(), "far.yaml", "is larger than 128 MiB");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for() {
    let folder = folder();
    refused(folder.path(), "/dev/zero", "it is a device");
    refused(folder.path(), "/dev/random", "it is a device");
    refused(folder.path(), ".", "it is a folder");
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("POSIX has mkfifo");
    assert!(made.success());
    refused(folder.path(), "pipe", "it is a named pipe");
    let from_far = QUEUE.replace("{rate: 9/s}", "{trace: {csv: pipe, column: at}}");
    fs::write(folder.path().join("far.yaml"), from_far).expect("it can be written");
    refused(folder.path(), "far.yaml", "it is a named pipe");
    std::os::unix::fs::symlink("loop", folder.path().join("loop")).expect("a link can be made");
    refused(folder.path(), "loop", "cannot be read");
}

#[cfg(unix)]
#[test]
fn standard_input_is_read() {
    let folder = folder();
    let queue = File::open(folder.path().join("queue.yaml")).expect("it is there");
    let (code, said) = ends(brownout(folder.path(), &["check", "/dev/stdin"]).stdin(queue));
    assert_eq!(code, 0, "{said}");
}

#[test]
fn an_output_folder_that_cannot_be_made_is_told_before_the_run() {
    let folder = folder();
    // A run of this would take for ever.
    let long = QUEUE.replace("10s", "100000h").replace("9/s", "19/s");
    fs::write(folder.path().join("long.yaml"), long).expect("it can be written");
    for output in ["queue.yaml", "queue.yaml/result", "queue.yaml/a/b/result"] {
        let (code, said) = ends_soon(&mut brownout(folder.path(), &["run", "long.yaml", "--output", output]));
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("queue.yaml is a file"), "{said}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("queue.yaml")).ok().as_deref(), Some(QUEUE));
    let (code, said) =
        ends(&mut brownout(folder.path(), &["run", "queue.yaml", "--output", &"a".repeat(5000)]));
    assert_eq!(code, 1, "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn which_folder_cannot_be_made_and_what_to_do_is_said() {
    let folder = folder();
    for output in ["/proc/x", "/proc/x/y", "/proc/x/y/z"] {
        let arguments = ["run", "queue.yaml", "--output", output];
        let (code, said) = ends_soon(&mut brownout(folder.path(), &arguments));
        assert_eq!(code, 1, "{said}");
        let wanted = match output {
            "/proc/x" => "nothing can be written into the folder /proc:",
            _ => "the folder /proc/x cannot be made: no folder can be made there",
        };
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(wanted) && said.contains("--output"), "{output}: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let folder = folder();
    let all: [&[&str]; 8] = [
        &["run", "queue.yaml", "--no-output"],
        &["run", "queue.yaml", "--no-output", "--json"],
        &["check", "queue.yaml"],
        &["explain", "queue.yaml"],
        &["explain", "--reference", "pool"],
        &["schema", "scenario"],
        &["completions", "bash"],
        &["--help"],
    ];
    for arguments in all {
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        let (code, said) = ends(brownout(folder.path(), arguments).stdout(full));
        assert_eq!(code, 1, "{arguments:?}: {said}");
        assert!(said.contains("cannot write to standard output"), "{arguments:?}: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_error_changes_no_exit_code() {
    let folder = folder();
    let full = || File::options().write(true).open("/dev/full").expect("Linux has it");
    let status = brownout(folder.path(), &["run", "queue.yaml", "--no-output"])
        .stdout(Stdio::null())
        .stderr(full())
        .status();
    assert_eq!(status.expect("it can be started").code(), Some(0));
    let status = brownout(folder.path(), &["run", "no-such.yaml"]).stderr(full()).status();
    assert_eq!(status.expect("it can be started").code(), Some(104));
}

#[test]
fn numbers_of_the_command_line_that_make_no_sense_are_2() {
    let folder = folder();
    let all: [&[&str]; 9] = [
        &["--seed", "99999999999999999999999"],
        &["--seed=-1"],
        &["--replications", "0"],
        &["--replications", "4294967296"],
        &["--threads", "0"],
        &["--until-half-width", "nan"],
        &["--until-half-width=-5%"],
        &["--until-half-width", "200%"],
        &["--output", ""],
    ];
    for more in all {
        let arguments = [&["run", "queue.yaml"], more].concat();
        let (code, said) = ends(&mut brownout(folder.path(), &arguments));
        assert_eq!(code, 2, "{arguments:?}: {said}");
    }
}

/// The results of a run on a disk that is full when they are written: the summary first, then the error.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_at_the_end_takes_no_result_away() {
    let folder = folder();
    let claim = "claims: {swift: {says: it is swift, expect: \"avg(counter) < 10s\"}}\n";
    fs::write(folder.path().join("claimed.yaml"), format!("{QUEUE}{claim}")).expect("it can be written");
    for (arguments, shown, written, blocks) in [
        ("run queue.yaml", "counter servers", "output/queue/", 8),
        // Its files are small.
        ("claims claimed.yaml", "it is swift", "claims.csv", 0),
    ] {
        // Writes beyond the limit on the size of files fail, and their signal ends nothing.
        let program = env!("CARGO_BIN_EXE_brownout");
        let script = format!("ulimit -f {blocks}; exec {program} {arguments}");
        let mut command = Command::new("sh");
        command.args(["-c", &script]).current_dir(folder.path()).env("NO_COLOR", "1").stdin(Stdio::null());
        let output = command.output().expect("there is a shell");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{out}{err}");
        assert!(out.contains(shown) && !out.contains(written), "{out}");
        assert!(err.contains("File too large") || err.contains("EFBIG"), "{err}");
        assert!(!err.contains("panicked"), "{err}");
    }
}

#[test]
fn a_comparison_without_an_incident_is_refused_before_anything_is_run() {
    let folder = folder();
    let endless = QUEUE.replace("duration: 10s", "duration: 100000h");
    fs::write(folder.path().join("queue.yaml"), endless).expect("it can be written");
    let (code, said) = ends_soon(&mut brownout(folder.path(), &["compare", "queue.yaml", "queue.yaml"]));
    assert_eq!(code, 104, "{said}");
    assert!(
        said.contains("`queue` has neither a fault nor `recovery`") && said.contains("Nothing was run"),
        "{said}"
    );
    assert!(said.contains("error[B0422]") && said.contains("1 error in 1 file"), "{said}");
    assert!(!folder.path().join("output").exists());
}

#[test]
fn what_was_meant_is_asked_for_on_the_command_line_too() {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/valid/shop");
    let output = brownout(&shop, &["check", "surge.yaml", "--deployment", "ms"]).output().expect("it runs");
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.contains("did you mean `msa`?"), "{out}");
    let (code, said) = ends_soon(&mut brownout(&shop, &["run", "surge.yaml", "--seed", "1e3"]));
    assert_eq!(code, 2);
    assert!(said.contains("a seed is a whole number from 0 on"), "{said}");
}

#[test]
fn a_misspelt_operation_is_asked_for() {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/valid/shop");
    let (code, said) = ends_soon(&mut brownout(&shop, &["explain", "surge.yaml", "--steps", "order.plce"]));
    assert_ne!(code, 0);
    assert!(said.contains("did you mean `order.place`?"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn files_of_the_operating_system_are_no_files() {
    let folder = folder();
    refused(folder.path(), "/proc/version", "it is a file of the operating system");
}

#[test]
fn a_large_csv_is_not_kept() {
    let folder = folder();
    let scenario = QUEUE.replace("{rate: 9/s}", "{trace: {csv: a.csv, column: at_s}}");
    fs::write(folder.path().join("queue.yaml"), scenario).expect("it can be written");
    fs::write(folder.path().join("a.csv"), format!("at_s\n{}", "1\n".repeat(10_000_001)))
        .expect("it can be written");
    let (code, said) = ends(&mut brownout(folder.path(), &["run", "queue.yaml"]));
    assert_eq!(code, 104, "{said}");
    assert!(said.contains("has more than 10000000 values"), "{said}");
    make_large(&folder.path().join("a.csv"), 200);
    refused(folder.path(), "queue.yaml", "it is larger than 128 MiB");
}

/// A scenario of plain stations, with a load for each name.
fn queues(stations: usize, load: impl Fn(usize) -> String) -> String {
    let described: String = (0..stations)
        .map(|number| format!("  desk-{number}: {{servers: 1, service: {{constant: 1ms}}}}\n"))
        .collect();
    let loads: String = (0..stations).map(|number| format!("  {}: {{rate: 1/s}}\n", load(number))).collect();
    format!("duration: 10s\nreplications: 2\nstations:\n{described}load:\n{loads}")
}

#[test]
fn many_unknown_names_are_told_soon() {
    let folder = folder();
    let unknown = queues(1_500, |number| format!("dest-{number}"));
    fs::write(folder.path().join("unknown.yaml"), unknown).expect("it can be written");
    refused(folder.path(), "unknown.yaml", "did you mean `desk-");
    let objectives = "  - {operation: desk, p95: \"< 1s\"}\n".repeat(1_500);
    let many = format!("{}objectives:\n{objectives}", queues(1_500, |number| format!("desk-{number}")));
    fs::write(folder.path().join("many.yaml"), many).expect("it can be written");
    refused(folder.path(), "many.yaml", "`desk` has no load from clients");
}

/// The names that may have been meant are looked for among some of the operations, and not listed anew for each.
#[test]
fn many_unknown_calls_are_told_soon() {
    let folder = folder();
    let described: String = (0..30_000).map(|it| format!("      buy-{it}: [{{delay: 1ms}}]\n")).collect();
    let calls: String = (0..2_000).map(|it| format!("  shop.bye-{it}: {{timeout: 1s}}\n")).collect();
    let files = [
        ("operations.yaml", format!("modules:\n  shop:\n    operations:\n{described}")),
        (
            "deployment.yaml",
            format!(
                "operations: operations.yaml\nprocesses: {{shop: {{modules: [shop], cores: 1}}}}\ncalls:\n{calls}"
            ),
        ),
        (
            "shop.yaml",
            "deployment: deployment.yaml\nduration: 10s\nreplications: 2\nload: {shop.buy-1: {rate: 1/s}}\n"
                .to_owned(),
        ),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("it can be written");
    }
    refused(folder.path(), "shop.yaml", "there is no operation `shop.bye-0`");
    // Nobody makes these calls, which is told of those that can be shown.
    let calls: String = (2..3_000).map(|it| format!("  shop.buy-{it}: {{timeout: 1s}}\n")).collect();
    let unused = format!(
        "operations: operations.yaml\nprocesses: {{shop: {{modules: [shop], cores: 1}}}}\ncalls:\n{calls}"
    );
    fs::write(folder.path().join("deployment.yaml"), unused).expect("it can be written");
    assert_eq!(ends_soon(&mut brownout(folder.path(), &["check", "shop.yaml"])).0, 0);
}

/// What a mistake is about is looked for as long as it is told.
#[test]
fn many_unknown_loads_and_faults_are_told_soon() {
    let folder = folder();
    let loads: String = (0..60_000).map(|it| format!("  desk-{it}: {{rate: 1/s}}\n")).collect();
    let fault = |it: u32| format!("  - {{name: blow-{it}, after: blow-{}, for: 10us, cut: till}}\n", it - 1);
    let faults: String = (1..10_000).map(fault).collect();
    let desk = "duration: 10s\nstations: {desk: {servers: 1, service: 1ms}}\nload:\n  desk: {rate: 1/s}\n";
    let first = "faults:\n  - {name: blow-0, at: 1s, for: 1ms, cut: till}\n";
    for (text, words) in [
        (format!("{desk}{loads}"), "there is no operation or station `desk-0`"),
        (format!("{desk}{first}{faults}"), "there is no component `till`"),
    ] {
        fs::write(folder.path().join("desk.yaml"), text).expect("it can be written");
        refused(folder.path(), "desk.yaml", words);
    }
}

/// Whether a transaction writes is found out in a circle of calls too, and where calls double at each of forty levels.
#[test]
fn what_a_transaction_writes_is_found_out_soon() {
    let folder = folder();
    let doubled: String =
        (1..40).map(|it| format!("      y{it}: [{{call: y{}}}, {{call: y{}}}]\n", it + 1, it + 1)).collect();
    let file = |steps: &str| {
        format!(
            "schemas: {{main: [rows]}}\nmodules:\n  web:\n    operations:\n      page: [{{transaction: {{in: main, steps: [{{call: {steps}}}]}}}}]\n{doubled}      y40: [{{read: {{table: rows}}}}]\n"
        )
    };
    let deployment = "operations: operations.yaml\nprocesses: {web: {modules: [web], cores: 1}}\n\
                      databases: {db: {cores: 1, schemas: [main], statement: 1ms}}\npools: {web: {to: db}}\n";
    let scenario =
        "deployment: deployment.yaml\nduration: 10s\nreplications: 2\nload: {web.page: {rate: 1/s}}\n";
    fs::write(folder.path().join("deployment.yaml"), deployment).expect("it can be written");
    fs::write(folder.path().join("web.yaml"), scenario).expect("it can be written");
    fs::write(folder.path().join("operations.yaml"), file("page")).expect("it can be written");
    refused(folder.path(), "web.yaml", "these operations wait for each other: web.page → web.page");
    fs::write(folder.path().join("operations.yaml"), file("y1")).expect("it can be written");
    assert_eq!(ends_soon(&mut brownout(folder.path(), &["check", "web.yaml"])).0, 0);
}

/// Nor is the name that was meant looked for of more caches than are told of.
#[test]
fn many_unused_caches_are_told_soon() {
    let folder = folder();
    let steps: String = (0..2_000).map(|it| format!("{{get: {{cache: used-{it}, key: row}}}}, ")).collect();
    let names = |kind: &str, many: usize| (0..many).map(|it| format!("{kind}-{it}, ")).collect::<String>();
    let files = [
        (
            "operations.yaml",
            format!(
                "modules: {{shop: {{operations: {{buy: [{steps}]}}}}}}\nkeys: {{row: {{count: 9, popularity: uniform}}}}\n"
            ),
        ),
        (
            "deployment.yaml",
            format!(
                "operations: operations.yaml\nprocesses: {{shop: {{modules: [shop], cores: 1}}}}\ncaches: {{redis: {{holds: \
                 [{}{}], memory: 1GiB, command: 1us}}}}\n",
                names("used", 2_000),
                names("usde", 10_000)
            ),
        ),
        (
            "shop.yaml",
            "deployment: deployment.yaml\nduration: 10s\nreplications: 2\nload: {shop.buy: {rate: 1/s}}\n"
                .to_owned(),
        ),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("it can be written");
    }
    assert_eq!(ends_soon(&mut brownout(folder.path(), &["check", "shop.yaml"])).0, 0);
}

/// Nothing ends for the rest of a long run: each of its intervals looks for the next in which something does.
#[test]
fn a_long_silence_is_judged_soon() {
    let folder = folder();
    let files = [
        ("operations.yaml", "modules: {web: {operations: {page: [{delay: 1ms}]}}}\n"),
        (
            "deployment.yaml",
            "operations: operations.yaml\nprocesses: {web: {modules: [web], cores: 1, style: event-loop}}\n",
        ),
        (
            "hang.yaml",
            "deployment: deployment.yaml\nduration: 90m\ninterval: 100ms\nreplications: 1\n\
             load: {web.page: {rate: 1/s}}\nfaults: [{at: 10m, hang: web}]\n",
        ),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("it can be written");
    }
    let (code, said) = ends_soon(&mut brownout(folder.path(), &["run", "hang.yaml"]));
    assert_eq!(code, 0, "{said}");
    let outcomes = fs::read_to_string(folder.path().join("output/hang/outcomes.csv")).expect("it is written");
    assert!(outcomes.contains("collapse-probability,,1,"), "{outcomes}");
}

/// A runbook of so many steps, each of which is taken if the one before worked and if it did not.
fn ladder(steps: usize) -> String {
    let rungs: String = (0..steps)
        .map(|step| match step {
            0 => "  - {name: s0, when: {at: 1s}, works: 90%, otherwise: s1}\n".to_owned(),
            _ => format!(
                "  - {{name: s{step}, when: {{after: s{}}}, works: 90%, otherwise: s{}}}\n",
                step - 1,
                step + 1
            ),
        })
        .collect();
    format!(
        "{QUEUE}runbook:\n{rungs}  - {{name: s{steps}, when: {{at: 1s}}}}\nclaims:\n  last: {{says: it is well, expect: \
         \"failed(counter) < 1%\", after: done(s{})}}\n",
        steps - 1
    )
}

#[test]
fn a_runbook_with_many_ways_through_it_is_checked_soon() {
    let folder = folder();
    fs::write(folder.path().join("ladder.yaml"), ladder(900)).expect("it can be written");
    let (code, said) = ends_soon(&mut brownout(folder.path(), &["check", "ladder.yaml"]));
    assert_eq!(code, 0, "{said}");
    fs::write(folder.path().join("long.yaml"), ladder(20_000)).expect("it can be written");
    refused(folder.path(), "long.yaml", "there are 20001 steps, more than 1000");
}

#[test]
fn csvs_have_a_limit_together() {
    let folder = folder();
    let load = |number: usize| format!("  desk-{number}: {{trace: {{csv: a.csv, column: at_s}}}}\n");
    let loads: String = (0..40).map(load).collect();
    let stations = queues(40, |number| format!("desk-{number}"));
    let (stations, _) = stations.split_once("load:\n").expect("it has a load");
    fs::write(folder.path().join("queue.yaml"), format!("{stations}load:\n{loads}"))
        .expect("it can be written");
    // One value, and a comment that is never looked at.
    let text = format!("at_s\n1\n#{}\n", "x".repeat(10 << 20));
    fs::write(folder.path().join("a.csv"), text).expect("it can be written");
    let (code, said) = ends(&mut brownout(folder.path(), &["check", "queue.yaml", "--json"]));
    assert_eq!(code, 104, "{said}");
    let output = brownout(folder.path(), &["check", "queue.yaml"]).output().expect("it runs");
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.contains("it is more than 256 MiB"), "{out}");
    assert!(out.contains("error[B0102]"), "{out}");
}
