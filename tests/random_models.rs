//! Random whole models, as text, through the public API: whatever a user may write, nothing is lost.
//!
//! A model has three modules in one process or in several, with everything that a step can do; its customers come
//! for two seconds, and then there is time for everything to end. Then each request has had exactly one outcome,
//! nothing is held, no station has worked more than it can, time has never gone backwards, and neither the number of
//! threads nor the order of replications has changed anything.

#[path = "random_models/deployment.rs"]
mod deployment;
#[path = "random_models/policies.rs"]
mod policies;
#[path = "random_models/scenario.rs"]
mod scenario;
#[path = "random_models/steps.rs"]
mod steps;

use std::fmt::{self, Debug, Write};
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::component::StationKind;
use brownout::experiment::{Options, Results, replicate, run_once};
use brownout::random::mix;
use brownout::record::{Ending, RunRecord};
use brownout::scenario::{Overrides, Plan, load};
use brownout::units::{Instant, Span};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};

/// The text of three files.
#[derive(Clone, Debug)]
struct Model {
    operations: String,
    deployment: String,
    scenario: String,
}

fn model() -> impl Strategy<Value = Model> {
    deployment::layout().prop_flat_map(|layout| {
        (steps::operations(), deployment::deployment(layout.clone()), scenario::scenario(&layout))
            .prop_map(|(operations, deployment, scenario)| Model { operations, deployment, scenario })
    })
}

/// The model with faults of another kind in the place of those between two that send each other nothing, as it was drawn.
fn with_ways(model: &Model, causes: &[String]) -> Option<Model> {
    let mut scenario = model.scenario.clone();
    for cause in causes {
        let rest = cause
            .strip_prefix("nothing goes between ")
            .or(cause.strip_prefix("nothing is published between "))?;
        let mut names = rest.split('`');
        let (one, other) = (names.nth(1)?, names.nth(1)?);
        scenario = scenario.replace(&format!("split: [{one}, {other}]"), "hang: redis");
        scenario = scenario.replace(&format!("loss: [{one}, {other}], share: 20%"), "slow: redis, factor: 5");
    }
    Some(Model { scenario, ..model.clone() }).filter(|model_with| model_with.scenario != model.scenario)
}

fn plan(model: &Model) -> Plan {
    let files = |path: &Path| -> Result<Vec<u8>, String> {
        let text = match path.to_string_lossy().as_ref() {
            "scenario.yaml" => model.scenario.as_str(),
            "deployment.yaml" => &model.deployment,
            "operations.yaml" => &model.operations,
            "rules.yaml" => scenario::RULES,
            "alertmanager.yaml" => scenario::ALERTMANAGER,
            _ => return Err("no such file".to_owned()),
        };
        Ok(text.as_bytes().to_vec())
    };
    let loaded = load(Path::new("scenario.yaml"), &Overrides::default(), &files);
    let errors = loaded.diagnostics.iter().filter(|d| d.is_error());
    let causes: Vec<String> = errors.clone().map(|d| d.cause.clone()).collect();
    if loaded.plan.is_none()
        && let Some(other) = with_ways(model, &causes)
    {
        return plan(&other);
    }
    let mistakes: Vec<String> = errors.map(|d| format!("{}: {}", d.cause, d.remedy)).collect();
    loaded.plan.unwrap_or_else(|| panic!("a generated model is not valid: {mistakes:#?}\n{model:#?}"))
}

/// What must hold of a run that had time to end.
fn check_books(plan: &Plan, record: &RunRecord) -> Result<(), TestCaseError> {
    prop_assert_eq!(record.ending, Ending::Completed);
    prop_assert_eq!(record.in_flight_end, 0, "requests are still in flight");
    for (name, segments) in plan.assembly.operations.iter().zip(&record.operations) {
        let offered: u64 = segments.iter().map(|segment| segment.offered).sum();
        let ended: u64 = segments.iter().map(|segment| segment.ended()).sum();
        prop_assert_eq!(offered, ended, "{} {:?}", name.name, name.view);
        // What response times went into is the whole of them: the run checks it segment by segment where it is noted.
        let spent: u128 =
            segments.iter().flat_map(|it| it.parts.served_ns.iter().chain(&it.parts.failed_ns)).sum();
        let total: u128 = segments.iter().map(|it| it.latency.sum_ns() + it.failed_latency.sum_ns()).sum();
        prop_assert_eq!(spent, total, "{} {:?}", name.name, name.view);
    }
    for ((name, segments), points) in
        plan.assembly.stations.iter().zip(&record.stations).zip(&record.series.stations)
    {
        let last = points.last().expect("a series");
        prop_assert!(
            last.utilisation == 0.0 && last.queue == 0.0,
            "{} is held at the end: {last:?}",
            name.component
        );
        for segment in segments {
            // Nobody says how many rows of a table may be locked. Where there is no capacity, nothing is to be done.
            prop_assert!(
                name.kind == StationKind::Locks || segment.busy_area <= segment.capacity_area,
                "{} worked more than it can: {segment:?}",
                name.component
            );
            prop_assert!(segment.waited <= segment.visits, "{} {segment:?}", name.component);
        }
    }
    Ok(())
}

/// Nothing that a run wrote down with its time is before what it wrote down earlier, or after the end.
///
/// The run looks at its own clock too, at each event, and ends as broken where that goes backwards.
fn check_time(plan: &Plan, record: &RunRecord) -> Result<(), TestCaseError> {
    let end = Instant::START + plan.duration;
    prop_assert!(record.ends.is_sorted_by(|one, next| one < next), "{:?}", record.ends);
    prop_assert_eq!(record.ends.last(), Some(&end));
    let times: [(&str, Vec<Instant>); 2] = [
        ("what happened", record.happenings.iter().map(|it| it.at).collect()),
        ("what was seen first", record.milestones.iter().map(|it| it.at).collect()),
    ];
    for (what, times) in times {
        prop_assert!(times.is_sorted(), "{} is not in order: {:?}", what, times);
        prop_assert!(times.last().is_none_or(|last| *last <= end), "{} comes after the end", what);
    }
    let counts = &record.series.effects;
    let grew = |one: &Vec<u64>, next: &Vec<u64>| one.iter().zip(next).all(|(one, next)| one <= next);
    prop_assert!(counts.is_sorted_by(grew), "counts of effects went down: {:?}", counts);
    // A stay that ended before it began would be one of centuries. Histograms tell the upper end of a bucket.
    let stays = record.operations.iter().flatten().flat_map(|it| [&it.latency, &it.failed_latency]);
    let waits = record.stations.iter().flatten().map(|it| &it.wait);
    for stay in stays.chain(waits).filter_map(|it| it.max()) {
        prop_assert!(stay <= plan.duration * 1.01, "somebody stayed for {:?}", stay);
    }
    Ok(())
}

/// A hash of all that there is in a value, by what it says of itself.
fn digest(value: &impl Debug) -> u64 {
    struct Digest(DefaultHasher);
    impl Write for Digest {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }
    let mut digest = Digest(DefaultHasher::new());
    write!(digest, "{value:?}").expect("hashing does not fail");
    digest.0.finish()
}

/// One replication, a digest of its record and its fingerprint.
fn replication(plan: &Plan, warm_up: Span, number: u32) -> (u64, u64) {
    let record = run_once(plan, warm_up, number).expect("the books balance");
    (digest(&record), record.fingerprint)
}

fn with_threads(plan: &Plan, threads: usize) -> Results {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let results = pool.install(|| replicate(plan, &Options::default(), &|_| {}, &AtomicBool::new(false)));
    results.expect("the books balance")
}

/// The same results from 1, 2 and 8 threads, and the same replications forwards, backwards and each on a thread of its own.
fn check_order(plan: &Plan) -> Result<(), TestCaseError> {
    let results = with_threads(plan, 1);
    for threads in [2, 8] {
        prop_assert_eq!(digest(&with_threads(plan, threads)), digest(&results), "{} threads", threads);
    }
    let run = |number: u32| replication(plan, results.warm_up, number);
    let forwards: Vec<(u64, u64)> = (0..plan.replications).map(run).collect();
    let mut backwards: Vec<(u64, u64)> = (0..plan.replications).rev().map(run).collect();
    backwards.reverse();
    prop_assert_eq!(&backwards, &forwards, "replications backwards");
    let alone = |number: u32| std::thread::scope(|scope| scope.spawn(|| run(number)).join());
    let alone: Vec<(u64, u64)> = (0..plan.replications).map(|it| alone(it).expect("it ends")).collect();
    prop_assert_eq!(&alone, &forwards, "each replication on a thread of its own");
    let together = forwards.iter().fold(0, |hash, (_, fingerprint)| mix(hash, *fingerprint));
    prop_assert_eq!(together, results.fingerprint, "one by one, and all together");
    Ok(())
}

/// Few cases by default; `PROPTEST_CASES` asks for more.
fn config() -> Config {
    let own = Config::default();
    let cases = if own.cases == PROPTEST_CASES_DEFAULT { 48 } else { own.cases };
    Config { cases, failure_persistence: Some(Box::new(FileFailurePersistence::Off)), ..own }
}

/// What proptest takes where nobody says how many.
const PROPTEST_CASES_DEFAULT: u32 = 256;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_is_written_nothing_is_lost(model in model()) {
        let plan = plan(&model);
        let record = run_once(&plan, Span::ZERO, 0).expect("the books balance");
        prop_assert!(record.requests > 0, "nobody came");
        check_books(&plan, &record)?;
        check_time(&plan, &record)?;
        check_order(&plan)?;
    }
}
