//! Specs give the moments and percentiles that they name, and mistakes name their remedy.

use statrs::distribution::{ContinuousCDF, LogNormal};

use super::law::{Kind, Law};
use super::{LawError, LawSpec};

fn build(text: &str) -> Result<Law, LawError> {
    let spec: LawSpec = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    spec.build(&|path| match path {
        "waits.csv" => Ok("wait_ms\n5\n1\n3\n".to_owned()),
        _ => Err("no such file".to_owned()),
    })
}

#[track_caller]
fn has(text: &str, mean: f64, cv: f64) {
    let law = build(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let close = |value: f64, wanted: f64| value == wanted || (value / wanted - 1.0).abs() < 1e-9;
    assert!(close(law.mean(), mean), "{text}: mean {} is not {mean}", law.mean());
    assert!(close(law.cv(), cv), "{text}: cv {} is not {cv}", law.cv());
}

#[test]
fn laws_have_the_mean_and_variation_that_they_name() {
    has("3ms", 0.003, 0.0);
    has("0s", 0.0, 0.0);
    has("{uniform: {from: 0s, to: 2ms}}", 0.001, 1.0 / 3f64.sqrt());
    has("{uniform: {from: 2ms, to: 2ms}}", 0.002, 0.0);
    has("{exponential: {mean: 3ms}}", 0.003, 1.0);
    has("{erlang: {stages: 4, mean: 10ms}}", 0.01, 0.5);
    has("{erlang: {stages: 100, mean: 10ms}}", 0.01, 0.1);
    has("{pareto: {mean: 3ms, shape: 2}}", 0.003, f64::INFINITY);
    has("{pareto: {minimum: 1ms, shape: 3}}", 0.0015, 1.0 / 3f64.sqrt());
    has("{pareto: {minimum: 1ms, shape: 1}}", f64::INFINITY, f64::INFINITY);
    has(
        "{hyperexponential: {phases: [{weight: 0.5, mean: 1ms}, {weight: 0.5, mean: 3ms}]}}",
        0.002,
        1.5f64.sqrt(),
    );
    has("{empirical: {csv: waits.csv, column: wait_ms}}", 0.003, (8.0f64 / 3.0).sqrt() / 3.0);
    has(
        "{mixture: [{weight: 0.75, of: 0s}, {weight: 0.25, of: {exponential: {mean: 4ms}}}]}",
        0.001,
        7f64.sqrt(),
    );
    has("{mixture: [{weight: 1, of: 1s}, {weight: 0, of: {pareto: {minimum: 1s, shape: 1}}}]}", 1.0, 0.0);
    has(
        "{mixture: [{weight: 0.9, of: 1s}, {weight: 0.1, of: {pareto: {minimum: 1s, shape: 1}}}]}",
        f64::INFINITY,
        f64::INFINITY,
    );
    // A half-normal: mean √(2/π) σ, variance (1 − 2/π) σ².
    let ratio = 2.0 / std::f64::consts::PI;
    has("{truncated-normal: {mean: 0s, sd: 1s}}", ratio.sqrt(), ((1.0 - ratio) / ratio).sqrt());
    has("{truncated-normal: {mean: 1s, sd: 1ms}}", 1.0, 0.001);
}

#[test]
fn every_law_by_mean_and_cv_has_them_over_the_whole_range() {
    for cv in [0.001, 0.01, 0.3, 0.7, 1.0, 1.5, 4.0, 30.0, 1000.0] {
        for law in ["gamma", "lognormal", "weibull", "hyperexponential"] {
            if law == "hyperexponential" && cv < 1.0 {
                continue;
            }
            has(&format!("{{{law}: {{mean: 3ms, cv: {cv}}}}}"), 0.003, cv);
        }
    }
}

#[test]
fn lognormals_have_the_percentiles_that_they_name() {
    let levels = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)];
    for (first, (low, low_level)) in levels.iter().enumerate() {
        for (high, high_level) in &levels[first + 1..] {
            let law = build(&format!("{{lognormal: {{{low}: 3ms, {high}: 40ms}}}}")).unwrap();
            let Kind::Lognormal { mu, sigma } = law.kind() else { panic!("{law:?}") };
            let exact = LogNormal::new(*mu, *sigma).unwrap();
            assert!((exact.cdf(0.003) - low_level).abs() < 1e-9, "{low} and {high}");
            assert!((exact.cdf(0.040) - high_level).abs() < 1e-9, "{low} and {high}");
        }
    }
}

#[test]
fn balanced_phases_bring_half_of_the_total_each() {
    let law = build("{hyperexponential: {mean: 3ms, cv: 2}}").unwrap();
    let Kind::Hyperexponential(phases) = law.kind() else { panic!("{law:?}") };
    let shares: Vec<f64> = phases.iter().map(|phase| phase.weight * phase.mean).collect();
    assert!(shares.iter().all(|share| (share - 0.0015).abs() < 1e-15), "{shares:?}");
}

#[track_caller]
fn refused(text: &str, message: &str) {
    match build(text) {
        Ok(law) => panic!("`{text}` built {law:?}"),
        Err(error) => assert_eq!(error.to_string(), message, "of {text}"),
    }
}

#[test]
fn every_mistake_names_its_remedy() {
    let pairing = "`mean` and `cv`, or two of `p50`, `p90`, `p95`, `p99`, `p99.9`";
    refused("{lognormal: {mean: 3ms}}", &format!("`lognormal` is given `mean`, but needs {pairing}"));
    refused("{lognormal: {}}", &format!("`lognormal` is given nothing, but needs {pairing}"));
    refused(
        "{lognormal: {mean: 3ms, cv: 1, p99: 9ms}}",
        &format!("`lognormal` is given `mean`, `cv`, `p99`, but needs {pairing}"),
    );
    refused(
        "{lognormal: {p50: 1ms, p90: 2ms, p99: 9ms}}",
        &format!("`lognormal` is given `p50`, `p90`, `p99`, but needs {pairing}"),
    );
    refused("{lognormal: {p50: 3ms, p99: 3ms}}", "p50 is 3ms and p99 is 3ms: p99 must be above p50");
    refused(
        "{lognormal: {p50: 0s, p99: 3ms}}",
        "the p50 of `lognormal` is 0s: give it a length, or write `{constant: 0s}`",
    );
    refused(
        "{weibull: {mean: 3ms, shape: 2}}",
        "`weibull` is given `mean`, `shape`, but needs `mean` and `cv`, or `scale` and `shape`",
    );
    refused(
        "{weibull: {scale: 3ms, shape: 0}}",
        "the shape of `weibull` is 0: it must be from 0.05 to 10000",
    );
    refused("{gamma: {mean: 3ms, cv: 0}}", "the cv of `gamma` is 0: it must be from 0.001 to 1000");
    refused("{gamma: {mean: 3ms, cv: -1}}", "the cv of `gamma` is -1: it must be from 0.001 to 1000");
    refused("{gamma: {mean: 3ms, cv: .nan}}", "the cv of `gamma` is NaN: it must be from 0.001 to 1000");
    refused(
        "{lognormal: {mean: 1s, cv: .inf}}",
        "the cv of `lognormal` is inf: it must be from 0.001 to 1000",
    );
    refused(
        "{exponential: {mean: 0s}}",
        "the mean of `exponential` is 0s: give it a length, or write `{constant: 0s}`",
    );
    refused(
        "{uniform: {from: 2s, to: 1s}}",
        "`uniform` runs from 2s to 1s: swap them, so that `from` is not above `to`",
    );
    refused("{erlang: {stages: 0, mean: 1s}}", "the stages of `erlang` is 0: it must be from 1 to 10000");
    refused(
        "{erlang: {stages: 10001, mean: 1s}}",
        "the stages of `erlang` is 10001: it must be from 1 to 10000",
    );
    refused(
        "{pareto: {mean: 1s, shape: 1}}",
        "`pareto` with shape 1 has no finite mean: raise the shape above 1, or give `minimum` instead of `mean`",
    );
    refused(
        "{pareto: {minimum: 1s, shape: -2}}",
        "the shape of `pareto` is -2: it must be from 0.01 to 1000000",
    );
    refused(
        "{pareto: {mean: 1s, minimum: 1s, shape: 2}}",
        "`pareto` is given `mean`, `minimum`, `shape`, but needs `mean` and `shape`, or `minimum` and `shape`",
    );
    refused(
        "{hyperexponential: {mean: 1s, cv: 0.9}}",
        "`hyperexponential` with cv 0.9 varies less than an exponential: use `erlang` or `gamma` for a cv below 1",
    );
    refused(
        "{hyperexponential: {mean: 1s, cv: -1}}",
        "the cv of `hyperexponential` is -1: it must be from 1 to 1000",
    );
    refused(
        "{hyperexponential: {mean: 1s}}",
        "`hyperexponential` is given `mean`, but needs `mean` and `cv`, or `phases` alone",
    );
    refused(
        "{hyperexponential: {phases: []}}",
        "`hyperexponential` has an empty list: give it at least one entry",
    );
    refused(
        "{hyperexponential: {phases: [{weight: 50%, mean: 1s}, {weight: 40%, mean: 1s}]}}",
        "the weights of `hyperexponential` sum to 0.9: they must sum to 1",
    );
    refused(
        "{truncated-normal: {mean: 1s, sd: 0s}}",
        "the sd of `truncated-normal` is 0s: give it a length, or write `{constant: 0s}`",
    );
    refused("{mixture: []}", "`mixture` has an empty list: give it at least one entry");
    refused("{mixture: [{weight: 1.5, of: 1s}]}", "the weights of `mixture` sum to 1.5: they must sum to 1");
    refused(
        "{mixture: [{weight: 50%, of: 1s}, {weight: 50%, of: {gamma: {mean: 1s, cv: 0}}}]}",
        "entry 2 of `mixture`: the cv of `gamma` is 0: it must be from 0.001 to 1000",
    );
    refused("{empirical: {csv: gone.csv, column: ms}}", "`gone.csv` cannot be read: no such file");
}
