//! What laws draw agrees with their exact moments and with independent distribution functions.

use statrs::distribution::{ContinuousCDF, Erlang, Exp, Gamma, LogNormal, Normal, Pareto, Uniform, Weibull};
use statrs::function::gamma::gamma;

use super::{Law, LawSpec, Stream, check};
use crate::units::Span;

const DRAWS: usize = 100_000;

fn law(text: &str) -> Law {
    let spec: LawSpec = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    spec.build(&|_| Ok("ms\n4\n1\n1\n10\n".to_owned())).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn sample(law: &Law, purpose: &str) -> Vec<f64> {
    let mut stream = Stream::named(20_250_101, 0, "law", purpose);
    (0..DRAWS).map(|_| law.sample(&mut stream)).collect()
}

#[test]
fn samples_have_the_exact_mean_and_variance() {
    for text in [
        "3ms",
        "{uniform: {from: 1ms, to: 5ms}}",
        "{exponential: {mean: 3ms}}",
        "{erlang: {stages: 3, mean: 10ms}}",
        "{erlang: {stages: 50, mean: 10ms}}",
        "{gamma: {mean: 3ms, cv: 0.5}}",
        "{gamma: {mean: 3ms, cv: 2}}",
        "{lognormal: {mean: 3ms, cv: 0.7}}",
        "{weibull: {mean: 3ms, cv: 1.5}}",
        "{weibull: {mean: 3ms, cv: 0.2}}",
        "{pareto: {mean: 3ms, shape: 9}}",
        "{hyperexponential: {mean: 3ms, cv: 2}}",
        "{hyperexponential: {phases: [{weight: 20%, mean: 1s}, {weight: 30%, mean: 3s}, {weight: 50%, mean: 7s}]}}",
        "{truncated-normal: {mean: 3ms, sd: 3ms}}",
        "{truncated-normal: {mean: 0s, sd: 3ms}}",
        "{empirical: {csv: a.csv, column: ms}}",
        "{mixture: [{weight: 90%, of: 1ms}, {weight: 10%, of: {mixture: [{weight: 1, of: {exponential: {mean: 9ms}}}]}}]}",
    ] {
        let law = law(text);
        let drawn = sample(&law, text);
        assert!(drawn.iter().all(|value| *value >= 0.0), "{text} drew a negative value");
        check::moments(&drawn, law.mean(), law.variance());
        let scaled = law.scaled(2.5);
        let drawn: Vec<f64> = drawn.iter().map(|value| value * 2.5).collect();
        check::moments(&drawn, scaled.mean(), scaled.variance());
        for (value, twice) in sample(&scaled, text).iter().zip(&drawn) {
            assert!((value - twice).abs() <= 1e-12 * twice, "{text} scaled drew {value}, not {twice}");
        }
    }
}

#[track_caller]
fn follows(text: &str, cdf: impl Fn(f64) -> f64) {
    let drawn = sample(&law(text), text);
    assert!(check::ks_agrees(drawn.clone(), &cdf), "{text} does not follow its distribution function");
    let slower: Vec<f64> = drawn.iter().map(|value| value * 1.1).collect();
    assert!(!check::ks_agrees(slower, &cdf), "{text}: the test cannot tell a law that is 10 % off");
}

#[test]
fn samples_follow_their_distribution_functions() {
    let normal = Normal::new(3.0, 2.0).unwrap();
    follows("{uniform: {from: 1s, to: 5s}}", |x| Uniform::new(1.0, 5.0).unwrap().cdf(x));
    follows("{exponential: {mean: 4s}}", |x| Exp::new(0.25).unwrap().cdf(x));
    follows("{erlang: {stages: 3, mean: 6s}}", |x| Erlang::new(3, 0.5).unwrap().cdf(x));
    follows("{erlang: {stages: 20, mean: 10s}}", |x| Erlang::new(20, 2.0).unwrap().cdf(x));
    follows("{gamma: {mean: 2s, cv: 0.5}}", |x| Gamma::new(4.0, 2.0).unwrap().cdf(x));
    follows("{gamma: {mean: 2s, cv: 2}}", |x| Gamma::new(0.25, 0.125).unwrap().cdf(x));
    follows("{lognormal: {p50: 1s, p99: 10s}}", |x| {
        LogNormal::new(0.0, 10f64.ln() / Normal::standard().inverse_cdf(0.99)).unwrap().cdf(x)
    });
    follows("{weibull: {scale: 2s, shape: 0.7}}", |x| Weibull::new(0.7, 2.0).unwrap().cdf(x));
    // A Weibull with shape 2 has cv √(Γ(2)/Γ(1.5)² − 1).
    let cv = (1.0 / gamma(1.5).powi(2) - 1.0).sqrt();
    follows(&format!("{{weibull: {{mean: 3s, cv: {cv}}}}}"), |x| {
        Weibull::new(2.0, 3.0 / gamma(1.5)).unwrap().cdf(x)
    });
    follows("{pareto: {minimum: 2s, shape: 1.5}}", |x| Pareto::new(2.0, 1.5).unwrap().cdf(x));
    follows("{pareto: {mean: 3s, shape: 3}}", |x| Pareto::new(2.0, 3.0).unwrap().cdf(x));
    follows("{hyperexponential: {phases: [{weight: 0.9, mean: 1s}, {weight: 0.1, mean: 20s}]}}", |x| {
        1.0 - 0.9 * (-x).exp() - 0.1 * (-x / 20.0).exp()
    });
    follows("{truncated-normal: {mean: 3s, sd: 2s}}", |x| {
        (normal.cdf(x) - normal.cdf(0.0)) / (1.0 - normal.cdf(0.0))
    });
    follows(
        "{mixture: [{weight: 0.5, of: {uniform: {from: 0s, to: 1s}}}, {weight: 0.5, of: {uniform: {from: 2s, to: 3s}}}]}",
        |x| (x.clamp(0.0, 1.0) + (x - 2.0).clamp(0.0, 1.0)) / 2.0,
    );
}

#[test]
fn an_empirical_law_draws_its_values_and_no_others() {
    let drawn = sample(&law("{empirical: {csv: a.csv, column: ms}}"), "empirical");
    let count = |wanted: f64| drawn.iter().filter(|value| **value == wanted).count() as f64;
    let quarter = DRAWS as f64 / 4.0;
    check::chi_square(&[count(0.001), count(0.004), count(0.01)], &[2.0 * quarter, quarter, quarter]);
}

#[test]
fn nothing_is_left_of_a_law_scaled_by_zero() {
    let none = law("{truncated-normal: {mean: 3ms, sd: 3ms}}").scaled(0.0);
    assert_eq!((none.mean(), none.variance(), none.cv()), (0.0, 0.0, 0.0));
    assert_eq!(none.as_constant(), Some(Span::ZERO));
}

#[test]
fn spans_are_rounded_to_the_nearest_nanosecond_and_saturate() {
    let mut stream = Stream::named(1, 0, "law", "span");
    assert_eq!(Law::constant(Span::from_nanos(7)).scaled(1.5).sample_span(&mut stream), Span::from_nanos(11));
    assert_eq!(Law::constant(Span::MAX).scaled(1e9).sample_span(&mut stream), Span::MAX);
    let mean = Span::from_millis(2);
    assert_eq!(Law::exponential(mean).mean(), 0.002);
    assert_eq!(Law::exponential(mean).as_constant(), None);
}
