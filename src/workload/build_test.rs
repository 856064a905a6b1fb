//! Each form of load reads, prints back, fits the schema and builds; mistakes name their remedy.

use serde_json::Value;

use super::{ArrivalsSpec, OpenArrivals, Workload};
use crate::units::{Instant, Span};

fn files(path: &str) -> Result<String, String> {
    match path {
        "a.csv" => Ok("seconds\n3\n0.5\n0.5\n".to_owned()),
        "epoch.csv" => Ok("seconds\n1700000000.25\n".to_owned()),
        _ => Err("no such file".to_owned()),
    }
}

fn build(text: &str) -> Result<Workload, String> {
    let spec: ArrivalsSpec = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    spec.build(&files).map_err(|error| error.to_string())
}

pub(super) fn open(text: &str) -> OpenArrivals {
    match build(text) {
        Ok(Workload::Open(plan)) => plan,
        other => panic!("{text}: {other:?}"),
    }
}

const FORMS: [&str; 13] = [
    "{rate: 120/s}",
    "{poisson: {rate: 120/s}}",
    "{deterministic: {rate: 120/s}}",
    "{renewal: {interarrival: {erlang: {stages: 2, mean: 10ms}}}}",
    "{renewal: {interarrival: 10ms}}",
    "{mmpp: {states: [{rate: 60/s, mean-stay: 9.5s}, {rate: 300/s, mean-stay: 0.5s}]}}",
    "{mmpp: {states: [{rate: 60/s, mean-stay: 9s, next: [0, 1]}, {rate: 0/s, mean-stay: 1s, next: [100%, 0%]}]}}",
    "{batches: {rate: 8/s, size: {geometric: {mean: 10}}}}",
    "{batches: {rate: 8/s, size: 3}}",
    "{stages: [{ramp-to: 800/s, over: 2m}, {hold: 58m}, {spike-to: 2000/s, for: 30s}, {hold: 1m, rate: 5/s}]}",
    "{stages: [{diurnal: {low: 50/s, high: 400/s, period: 24h}, for: 48h}]}",
    "{trace: {csv: a.csv, column: seconds}}",
    "{closed: {users: 50, think: {exponential: {mean: 7s}}}}",
];

#[test]
fn each_form_reads_prints_back_fits_the_schema_and_builds() {
    let schema = serde_json::to_value(schemars::schema_for!(ArrivalsSpec)).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for form in FORMS {
        let spec: ArrivalsSpec = serde_saphyr::from_str(form).unwrap_or_else(|e| panic!("{form}: {e}"));
        let printed = serde_json::to_value(&spec).unwrap();
        assert_eq!(serde_json::from_value::<ArrivalsSpec>(printed.clone()).unwrap(), spec, "{form}");
        let typed: Value = serde_saphyr::from_str(form).unwrap();
        assert!(schema.is_valid(&printed) && schema.is_valid(&typed), "{form}: {printed}");
        spec.build(&files).unwrap_or_else(|e| panic!("{form}: {e}"));
    }
    assert!(!schema.is_valid(&serde_json::json!({"poisson": {"rate": "3/s", "mean": "3ms"}})));
}

#[test]
fn closed_users_are_not_arrivals() {
    let Ok(Workload::Closed { users, think }) = build("{closed: {users: 50, think: 7s}}") else {
        panic!("closed users build to something else")
    };
    assert_eq!((users, think.as_constant()), (50, Some(Span::from_secs(7))));
}

#[track_caller]
fn rates(text: &str, at: &[(u64, f64)]) {
    let plan = open(text);
    for (secs, wanted) in at {
        let rate = plan.rate_at(Instant::START + Span::from_secs(*secs)).as_per_second();
        assert!((rate - wanted).abs() < 1e-9 * wanted.max(1.0), "{text} at {secs} s: {rate}, not {wanted}");
    }
}

#[track_caller]
fn mean_rate(text: &str, secs: u64, wanted: f64) {
    let rate = open(text).mean_rate(Span::from_secs(secs)).as_per_second();
    assert!((rate - wanted).abs() < 1e-9 * wanted.max(1.0), "{text} over {secs} s: {rate}, not {wanted}");
    let twice = open(text).scaled(2.0).mean_rate(Span::from_secs(secs)).as_per_second();
    assert!((twice - 2.0 * wanted).abs() < 1e-8 * wanted.max(1.0), "{text} twice over {secs} s: {twice}");
}

const CURVE: &str = "{stages: [{ramp-to: 800/s, over: 100s}, {hold: 100s}, {spike-to: 2000/s, for: 10s}, \
                     {ramp-to: 0/s, over: 90s}, {ramp-to: 50/s, over: 0s}, {hold: 100s}, {hold: 100s, rate: 9/s}]}";
const DAY: &str = "{stages: [{diurnal: {low: 50/s, high: 150/s, period: 100s}, for: 250s}]}";

#[test]
fn rates_follow_the_stages() {
    rates(CURVE, &[(0, 0.0), (25, 200.0), (100, 800.0), (199, 800.0), (200, 2000.0), (209, 2000.0)]);
    rates(CURVE, &[(210, 800.0), (255, 400.0), (300, 50.0), (399, 50.0), (400, 9.0), (9_999, 9.0)]);
    rates(
        DAY,
        &[(0, 50.0), (25, 100.0), (50, 150.0), (100, 50.0), (249, 149.901_336_421_413_6), (250, 150.0)],
    );
    rates("{rate: 30/s}", &[(0, 30.0), (9_999, 30.0)]);
    rates("{stages: [{hold: 5s, rate: 7/s}]}", &[(0, 7.0), (5, 7.0), (999, 7.0)]);
    rates("{trace: {csv: a.csv, column: seconds}}", &[(0, 2.0), (1, 0.0), (3, 1.0), (4, 0.0)]);
}

#[test]
fn mean_rates_are_the_exact_integrals() {
    mean_rate(CURVE, 100, 400.0);
    mean_rate(CURVE, 200, 600.0);
    mean_rate(CURVE, 210, (40_000.0 + 80_000.0 + 20_000.0) / 210.0);
    mean_rate(CURVE, 300, (140_000.0 + 36_000.0) / 300.0);
    mean_rate(CURVE, 1_000, (176_000.0 + 5_000.0 + 5_400.0) / 1_000.0);
    mean_rate(DAY, 200, 100.0);
    mean_rate(DAY, 350, (25_000.0 + 15_000.0) / 350.0);
    mean_rate("{rate: 30/s}", 9, 30.0);
    mean_rate("{rate: 0/s}", 9, 0.0);
    mean_rate("{batches: {rate: 8/s, size: {uniform: {from: 1, to: 4}}}}", 9, 20.0);
    mean_rate("{renewal: {interarrival: {gamma: {mean: 20ms, cv: 2}}}}", 9, 50.0);
    mean_rate("{renewal: {interarrival: {pareto: {minimum: 1s, shape: 1}}}}", 9, 0.0);
    mean_rate("{mmpp: {states: [{rate: 60/s, mean-stay: 9.5s}, {rate: 300/s, mean-stay: 0.5s}]}}", 9, 72.0);
    mean_rate("{mmpp: {states: [{rate: 0/s, mean-stay: 1s}]}}", 9, 0.0);
    mean_rate("{trace: {csv: a.csv, column: seconds}}", 4, 0.75);
    assert_eq!(open("{rate: 3/s}").mean_rate(Span::ZERO).as_per_second(), 3.0);
}

#[test]
fn boundaries_are_where_stages_end() {
    let secs: Vec<f64> = open(CURVE).boundaries().into_iter().map(Instant::as_secs_f64).collect();
    assert_eq!(secs, [100.0, 200.0, 210.0, 300.0, 400.0, 500.0]);
    assert!(open("{rate: 3/s}").boundaries().is_empty());
}

#[track_caller]
fn refused(text: &str, message: &str) {
    match build(text) {
        Ok(workload) => panic!("`{text}` built {workload:?}"),
        Err(error) => assert_eq!(error, message, "of {text}"),
    }
}

#[test]
fn every_mistake_names_its_remedy() {
    refused("{rate: 2000000000/s}", "the rate 2000000000/s is too high: it must be 1000000000/s or less");
    refused(
        "{stages: [{ramp-to: 2000000000/s, over: 1s}]}",
        "the rate 2000000000/s is too high: it must be 1000000000/s or less",
    );
    refused(
        "{renewal: {interarrival: 0s}}",
        "`interarrival` is always 0s, which is an endless burst: give it a length",
    );
    refused(
        "{renewal: {interarrival: {exponential: {mean: 0s}}}}",
        "`interarrival`: the mean of `exponential` is 0s: give it a length, or write `{constant: 0s}`",
    );
    refused(
        "{batches: {rate: 1/s, size: {geometric: {mean: 0}}}}",
        "`size`: the mean of `geometric` is 0: it must be from 1 (it draws 1, 2, 3, …) to 1000000",
    );
    refused(
        "{batches: {rate: 1/s, size: {poisson: {mean: 3}}}}",
        "`size` can be 0: a batch has at least one customer, so use `geometric`, or `uniform` from 1",
    );
    let most = "they must be 1000000 or fewer in a batch, and 1000000000/s or less";
    refused(
        "{batches: {rate: 1/s, size: 4000000000}}",
        &format!("batches of 4000000000 customers at 1/s are 4000000000/s customers: {most}"),
    );
    refused(
        "{batches: {rate: 10000/s, size: 1000000}}",
        &format!("batches of 1000000 customers at 10000/s are 10000000000/s customers: {most}"),
    );
    refused("{closed: {users: 0, think: 1s}}", "`users` is 0: it must be from 1 to 10000000");
    refused(
        "{closed: {users: 1, think: {gamma: {mean: 1s, cv: 0}}}}",
        "`think`: the cv of `gamma` is 0: it must be from 0.001 to 1000",
    );
    refused("{trace: {csv: gone.csv, column: seconds}}", "`gone.csv` cannot be read: no such file");
    refused(
        "{trace: {csv: epoch.csv, column: seconds}}",
        "the first arrival of `epoch.csv` is 1700000000.25s after the start: subtract the first instant \
         from the column, as instants are counted from the start of the run",
    );
}

#[test]
fn every_mistake_in_mmpp_names_its_remedy() {
    refused("{mmpp: {states: []}}", "`mmpp` has 0 states: give it from 1 to 64");
    refused(
        "{mmpp: {states: [{rate: 1/s, mean-stay: 0s}]}}",
        "state 1 of `mmpp` has a mean-stay of 0s: give it a length",
    );
    refused(
        "{mmpp: {states: [{rate: 1/s, mean-stay: 1s, next: [0, 1]}, {rate: 2/s, mean-stay: 1s}]}}",
        "state 2 of `mmpp` has no `next` but others do: give it to all states, or to none so that they take turns",
    );
    refused(
        "{mmpp: {states: [{rate: 1/s, mean-stay: 1s, next: [50%, 25%]}, {rate: 2/s, mean-stay: 1s, next: [1, 0]}]}}",
        "state 1 of `mmpp` has 2 probabilities in `next`: it needs 2, one for each state, that sum to 1 \
         (they sum to 0.75)",
    );
    refused(
        "{mmpp: {states: [{rate: 1/s, mean-stay: 1s, next: [0, 1]}, {rate: 2/s, mean-stay: 1s, next: [0, 1]}]}}",
        "`mmpp` cannot get from state 2 to state 1: give each state a way to every other through `next`",
    );
    refused(
        "{mmpp: {states: [{rate: 1/d, mean-stay: 1ms}]}}",
        "`mmpp` jumps 86400000 times for each arrival: raise its rates or its mean stays until that is \
         1000000 or less",
    );
}

#[test]
fn every_mistake_in_stages_names_its_remedy() {
    let stage = |text: &str, message: &str| {
        refused(&format!("{{stages: [{{hold: 1s, rate: 1/s}}, {text}]}}"), &format!("stage 2: {message}"));
    };
    refused("{stages: []}", "`stages` has 0 stages: give it from 1 to 10000");
    stage("{}", "it does nothing: give it one of `hold`, `ramp-to`, `spike-to` and `diurnal`");
    stage("{rate: 3/s}", "it does nothing: give it one of `hold`, `ramp-to`, `spike-to` and `diurnal`");
    stage("{hold: 1s, ramp-to: 3/s}", "it has both `hold` and `ramp-to`: make them two stages");
    stage("{ramp-to: 3/s}", "`ramp-to` needs `over`");
    stage("{spike-to: 3/s}", "`spike-to` needs `for`");
    stage("{spike-to: 3/s, over: 3s}", "`over` does not go with `spike-to`: remove it");
    stage("{ramp-to: 3/s, over: 3s, rate: 3/s}", "`rate` does not go with `ramp-to`: remove it");
    stage("{hold: 3s, for: 3s}", "`for` does not go with `hold`: remove it");
    stage("{hold: 0s}", "`hold` is 0s: give it a length, or remove the stage");
    stage("{spike-to: 3/s, for: 0s}", "`for` is 0s: give it a length, or remove the stage");
    stage("{diurnal: {low: 1/s, high: 2/s, period: 1h}}", "`diurnal` needs `for`");
    stage(
        "{diurnal: {low: 1/s, high: 2/s, period: 0s}, for: 1h}",
        "`period` is 0s: give it a length, or remove the stage",
    );
    stage(
        "{diurnal: {low: 3/s, high: 2/s, period: 1h}, for: 1h}",
        "`diurnal` has low 3/s above high 2/s: swap them",
    );
    refused(
        "{stages: [{hold: 1s}]}",
        "stage 1: `hold` keeps the rate from before, and the first stage has none: add `rate`, as in \
         `{hold: 5m, rate: 100/s}`",
    );
    refused(
        "{stages: [{spike-to: 1/s, for: 1s}]}",
        "stage 1: `spike-to` keeps the rate from before, and the first stage has none: put \
         `{hold: 5m, rate: 100/s}` or a ramp before it",
    );
}
