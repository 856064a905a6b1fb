//! Loads, laws and key spaces through a model: rates of windows, means and medians, keys that are asked for.

use brownout::experiment::{OperationResults, Results};

use crate::case::near;
use crate::rehearse::rehearse;

const DEPLOYMENT: &str = "operations: operations.yaml\n\
                          processes: {shop: {modules: [shop], cores: 64, style: event-loop}}\n\
                          caches: {redis: {holds: [seen], command: 20us}}\n";

/// Runs a scenario of an operation with these steps.
fn run(steps: &str, keys: &str, scenario: &str) -> Results {
    let operations = format!("modules: {{shop: {{operations: {{buy: [{steps}]}}}}}}\n{keys}");
    let deployment = if keys.is_empty() { DEPLOYMENT.split("caches").next().unwrap() } else { DEPLOYMENT };
    let scenario = format!("deployment: deployment.yaml\n{scenario}\n");
    rehearse(&[
        ("scenario.yaml", &scenario),
        ("deployment.yaml", deployment),
        ("operations.yaml", &operations),
        ("times.csv", "at,took\n100,1000\n200,2000\n1500,9000\n"),
    ])
}

fn buy<'r>(results: &'r Results, window: &str) -> &'r OperationResults {
    let window = results.windows.iter().find(|it| it.name == window).expect("the window is there");
    window.operations.iter().find(|it| it.name.name == "shop.buy").expect("the operation is there")
}

/// The rate of a window, within 4 standard deviations of a Poisson count over 20 runs.
#[track_caller]
fn rate(results: &Results, window: &str, rate: f64, seconds: f64) {
    near(buy(results, window).offered_per_s.mean, rate, 4.0 * (rate / seconds / 20.0).sqrt());
}

#[test]
fn stages_ramp_hold_and_spike() {
    let results = run(
        "",
        "",
        "duration: 300s\nreplications: 20\n\
         load: {shop.buy: {stages: [{ramp-to: 100/s, over: 100s}, {hold: 100s}, {spike-to: 300/s, for: 50s}, {hold: 50s}]}}\n\
         windows: {early: {from: 0s, to: 50s}, late: {from: 50s, to: 100s}, held: {from: 100s, to: 200s}, \
         spike: {from: 200s, to: 250s}, after: {from: 250s, to: 300s}}",
    );
    rate(&results, "early", 25.0, 50.0);
    rate(&results, "late", 75.0, 50.0);
    rate(&results, "held", 100.0, 100.0);
    rate(&results, "spike", 300.0, 50.0);
    rate(&results, "after", 100.0, 50.0);
}

#[test]
fn a_day_is_a_sine_that_begins_at_its_lowest() {
    let results = run(
        "",
        "",
        "duration: 100s\nreplications: 20\n\
         load: {shop.buy: {stages: [{diurnal: {low: 20/s, high: 120/s, period: 100s}, for: 100s}]}}\n\
         windows: {night: {from: 0s, to: 25s}, noon: {from: 25s, to: 75s}, evening: {from: 75s, to: 100s}}",
    );
    // 70 ∓ 50 times the mean of a half wave, 2 ÷ π.
    let half = 50.0 * std::f64::consts::FRAC_2_PI;
    rate(&results, "night", 70.0 - half, 25.0);
    rate(&results, "noon", 70.0 + half, 50.0);
    rate(&results, "evening", 70.0 - half, 25.0);
}

#[test]
fn bare_numbers_of_a_recording_have_the_unit_that_is_told() {
    for (unit, counts) in [("ms", [2.0, 1.0]), ("s", [0.0, 0.0])] {
        let results = run(
            "",
            "",
            &format!(
                "duration: 2s\nreplications: 1\nload: {{shop.buy: {{trace: {{csv: times.csv, column: at, unit: {unit}}}}}}}\n\
                 windows: {{first: {{from: 0s, to: 1s}}, second: {{from: 1s, to: 2s}}}}"
            ),
        );
        let found = ["first", "second"].map(|window| buy(&results, window).offered_per_s.mean);
        assert_eq!(found, counts, "{unit}");
    }
}

/// The mean and the median of a law \[ms], within 1 %.
#[track_caller]
fn law(law: &str, mean_ms: f64, median_ms: f64) {
    let results = run(
        &format!("{{delay: {law}}}"),
        "",
        "duration: 1000s\nreplications: 2\nload: {shop.buy: {rate: 100/s}}",
    );
    let latency = results.windows[0].operations[0].latency.expect("somebody was served");
    near(latency.mean_s.mean * 1e3, mean_ms, 0.01 * mean_ms);
    near(latency.p50_s.mean * 1e3, median_ms, 0.01 * median_ms);
}

/// 200,000 draws each. Medians: of gamma with shape 4, that of Erlang 4, 3.67206; of Weibull, scale × √ln 2; of Pareto,
/// minimum × ∛2; of the normal cut off at zero, where Φ is 1 − Φ(1) ÷ 2.
#[test]
fn laws_have_their_means_and_medians() {
    law("{gamma: {mean: 10ms, cv: 0.5}}", 10.0, 2.5 * 3.672_06);
    law("{weibull: {scale: 10ms, shape: 2}}", 8.862_27, 8.325_55);
    law("{weibull: {mean: 10ms, cv: 1}}", 10.0, 6.931_47);
    law("{pareto: {minimum: 10ms, shape: 3}}", 15.0, 12.599_2);
    law("{truncated-normal: {mean: 3ms, sd: 3ms}}", 3.862_8, 3.600_6);
    law("{uniform: {from: 2ms, to: 6ms}}", 4.0, 4.0);
    law("{lognormal: {p50: 5ms, p90: 8ms}}", 5.0 * (0.366_75_f64.powi(2) / 2.0).exp(), 5.0);
    law("{hyperexponential: {phases: [{weight: 50%, mean: 2ms}, {weight: 50%, mean: 2ms}]}}", 2.0, 1.386_29);
    law("{mixture: [{weight: 0.2, of: 1ms}, {weight: 0.8, of: {constant: 6ms}}]}", 5.0, 6.0);
}

#[test]
fn measured_values_are_drawn_as_they_are_in_the_unit_that_is_told() {
    law("{empirical: {csv: times.csv, column: took, unit: us}}", 4.0, 2.0);
    law("{empirical: {csv: times.csv, column: took, unit: ms}}", 4_000.0, 2_000.0);
}

/// A thousand requests in a cache that keeps all: what misses is what had not been asked for. Of ten hot keys with 90 % of
/// the requests all are; of the other 990, 1 − e^(−100 ÷ 990).
#[test]
fn few_keys_of_a_hot_set_get_most_requests() {
    let missed = |popularity: &str| {
        let keys = format!("keys: {{row: {{count: 1000, popularity: {popularity}}}}}\n");
        let results = run(
            "{cached: {cache: seen, key: row, on-miss: [{effect: missed}]}}",
            &keys,
            "duration: 100s\nreplications: 20\nload: {shop.buy: {deterministic: {rate: 10/s}}}",
        );
        results.effects.iter().find(|effect| effect.name == "missed").expect("misses are counted").count.mean
    };
    near(
        missed("{hot-set: {keys: 1%, requests: 90%}}"),
        10.0 + 990.0 * (1.0 - (-100.0_f64 / 990.0).exp()),
        8.0,
    );
    near(missed("uniform"), 1000.0 * (1.0 - (-1.0_f64).exp()), 14.0);
}
