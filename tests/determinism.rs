//! A run is a pure function of plan, seed and replication: the same bytes for any number of threads, and in whatever
//! order the replications end.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin_cmd;
use brownout::experiment::{Options, Progress, replicate};
use brownout::scenario::{Overrides, load};

/// All files below a folder with their content.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder that was just written") {
            let path = entry.expect("an entry that can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("it is below").to_owned();
                found.insert(name, fs::read(&path).expect("a file that was just written"));
            }
        }
    }
    found
}

fn output_of(scenario: &str, arguments: &[&str]) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("result");
    let mut command = cargo_bin_cmd!("brownout");
    command.args(["run", scenario, "--output"]).arg(&output).args(arguments).assert().success();
    content(&output)
}

#[track_caller]
fn same_for_any_number_of_threads(scenario: &str, arguments: &[&str]) {
    let with = |threads: &str| output_of(scenario, &[arguments, &["--threads", threads]].concat());
    let one = with("1");
    assert!(one.len() >= 8, "only {:?}", one.keys());
    for threads in ["2", "8"] {
        let other = with(threads);
        for (name, bytes) in &one {
            assert!(other.get(name) == Some(bytes), "{} differs with {threads} threads", name.display());
        }
        assert_eq!(other.len(), one.len());
    }
}

#[test]
fn a_plain_queue_gives_the_same_bytes_for_1_2_and_8_threads() {
    same_for_any_number_of_threads("scenarios/first-queue.yaml", &[]);
}

#[test]
fn the_surge_gives_the_same_bytes_for_1_2_and_8_threads() {
    same_for_any_number_of_threads("scenarios/surge-x10.yaml", &["--replications", "3"]);
}

#[test]
fn replications_may_end_in_any_order() {
    let overrides = Overrides { replications: Some(6), ..Overrides::default() };
    let read = |path: &Path| fs::read(path).map_err(|error| error.to_string());
    let plan = load(Path::new("scenarios/first-queue.yaml"), &overrides, &read).plan.expect("it is valid");
    let run = |threads: usize, progress: &(dyn Fn(Progress) + Sync)| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let results =
            pool.install(|| replicate(&plan, &Options::default(), progress, &AtomicBool::new(false)));
        format!("{:?}", results.expect("the books balance"))
    };
    let one = run(1, &|_| {});
    // Whoever ends first is held up until all others have ended, so that who is next is another one each time.
    let ended = AtomicU32::new(0);
    let hold_up = |progress: Progress| {
        ended.fetch_add(1, Ordering::Relaxed);
        for _ in 0..1000 {
            if progress.done > 1 || ended.load(Ordering::Relaxed) >= progress.of {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    };
    for threads in [2, 8] {
        ended.store(0, Ordering::Relaxed);
        assert!(run(threads, &hold_up) == one, "{threads} threads, one of them held up");
        assert_eq!(ended.load(Ordering::Relaxed), 6);
    }
}

#[test]
fn another_seed_gives_other_bytes() {
    let table = PathBuf::from("operations.csv");
    let with = |seed: &str| output_of("scenarios/first-queue.yaml", &["--seed", seed]).remove(&table);
    let first = with("1");
    assert!(first.is_some());
    assert_eq!(with("1"), first);
    assert_ne!(with("2"), first);
}
