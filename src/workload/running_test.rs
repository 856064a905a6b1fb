//! What arrives agrees with the theory of each process.

use super::build_test::open;
use super::{Arrival, Arrivals, OpenArrivals};
use crate::random::Stream;
use crate::units::{Instant, Rate, Span};

/// About one seed in a million fails a check that is this many standard errors wide.
const SIGMAS: f64 = 4.892;

const STEADY: &str = "{rate: 120/s}";
const EVEN: &str = "{deterministic: {rate: 120/s}}";
const GAPS: &str = "{renewal: {interarrival: {erlang: {stages: 2, mean: 10ms}}}}";
const JUMPY: &str = "{mmpp: {states: [{rate: 60/s, mean-stay: 2s}, {rate: 300/s, mean-stay: 0.5s}]}}";
const GROUPS: &str = "{batches: {rate: 8/s, size: {geometric: {mean: 10}}}}";
const CURVE: &str = "{stages: [{ramp-to: 80/s, over: 20s}, {hold: 20s}, {spike-to: 200/s, for: 3s}, \
                     {ramp-to: 0/s, over: 7s}, {ramp-to: 30/s, over: 0s}, {diurnal: {low: 0/s, high: 60/s, \
                     period: 20s}, for: 30s}, {ramp-to: 5/s, over: 20s}]}";
const ALL: [&str; 6] = [STEADY, EVEN, GAPS, JUMPY, GROUPS, CURVE];

fn start(plan: &OpenArrivals, replication: u64) -> Arrivals {
    Arrivals::start(plan, Stream::named(77, replication, "load", "arrivals"))
}

fn until(plan: &OpenArrivals, replication: u64, secs: f64) -> impl Iterator<Item = Arrival> {
    let end = Instant::START + Span::from_secs_f64(secs);
    start(plan, replication).take_while(move |arrival| arrival.at < end)
}

/// Customers in each window of a run.
fn counts(plan: &OpenArrivals, replication: u64, window_secs: f64, windows: usize) -> Vec<f64> {
    let mut counts = vec![0.0; windows];
    for arrival in until(plan, replication, window_secs * windows as f64) {
        let window = (arrival.at.as_secs_f64() / window_secs) as usize;
        counts[window.min(windows - 1)] += f64::from(arrival.count);
    }
    counts
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
}

#[track_caller]
fn near(value: f64, wanted: f64, standard_error: f64) {
    let error = SIGMAS * standard_error;
    assert!((value - wanted).abs() <= error, "{value} is not {wanted} ± {error}");
}

/// Checks that counts are Poisson with mean `wanted`, by their mean and their variance.
#[track_caller]
fn poisson(counts: &[f64], wanted: f64) {
    let n = counts.len() as f64;
    near(mean(counts), wanted, (wanted / n).sqrt());
    near(variance(counts), wanted, ((wanted + 2.0 * wanted * wanted) / n).sqrt());
}

#[test]
fn the_first_arrivals_are_frozen() {
    let nanos = |text| start(&open(text), 0).take(3).map(|a| (a.at.as_nanos(), a.count)).collect::<Vec<_>>();
    assert_eq!(nanos(STEADY), [(7_566_204, 1), (7_739_984, 1), (10_258_605, 1)]);
    assert_eq!(nanos(JUMPY), [(69_512, 1), (1_076_961, 1), (1_405_969, 1)]);
    assert_eq!(nanos(GROUPS), [(2_606_702, 22), (40_386_024, 1), (52_723_831, 30)]);
    assert_eq!(nanos(CURVE), [(673_774_601, 1), (681_468_283, 1), (784_548_474, 1)]);
}

#[test]
fn arrivals_come_in_order_and_bring_somebody() {
    for text in ALL {
        let arrivals: Vec<Arrival> = start(&open(text), 1).take(50_000).collect();
        assert_eq!(arrivals.len(), 50_000, "{text}");
        assert!(arrivals.is_sorted_by_key(|arrival| arrival.at), "{text}");
        assert!(arrivals.iter().all(|arrival| arrival.count > 0), "{text}");
    }
}

#[test]
fn poisson_counts_are_poisson() {
    poisson(&counts(&open(STEADY), 2, 0.1, 20_000), 12.0);
    poisson(&counts(&OpenArrivals::poisson(Rate::per_second(3.0)), 3, 1.0, 20_000), 3.0);
}

#[test]
fn counts_under_a_curve_are_poisson_with_its_integral() {
    let plan = open(CURVE);
    let runs: Vec<Vec<f64>> = (0..2_000).map(|run| counts(&plan, run, 5.0, 24)).collect();
    for window in 0..24 {
        let ends = |count: usize| {
            let span = Span::from_secs(5 * count as u64);
            plan.mean_rate(span).as_per_second() * span.as_secs_f64()
        };
        let here: Vec<f64> = runs.iter().map(|run| run[window]).collect();
        let before = if window == 0 { 0.0 } else { ends(window) };
        poisson(&here, ends(window + 1) - before);
    }
}

#[test]
fn evenly_spaced_arrivals_do_not_drift() {
    let third = open("{deterministic: {rate: 3/s}}");
    let arrivals: Vec<u64> = start(&third, 0).take(3_000_000).map(|arrival| arrival.at.as_nanos()).collect();
    assert_eq!(arrivals[..3], [333_333_333, 666_666_667, 1_000_000_000]);
    assert_eq!(arrivals[2_999_999], 1_000_000_000_000_000);
    assert!(arrivals.chunks_exact(3).zip(1..).all(|(three, second)| three[2] == second * 1_000_000_000));
}

#[test]
fn renewal_gaps_have_the_mean_and_variance_of_their_law() {
    let arrivals: Vec<f64> = start(&open(GAPS), 4).take(100_001).map(|a| a.at.as_secs_f64()).collect();
    let gaps: Vec<f64> = arrivals.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let n = gaps.len() as f64;
    near(mean(&gaps), 0.01, 0.01 / (2.0 * n).sqrt());
    // Erlang with 2 stages has kurtosis 6, so the variance's relative standard error is √(5/n).
    near(variance(&gaps), 0.000_05, 0.000_05 * (5.0 / n).sqrt());
}

/// The exact index of dispersion of counts over `t` seconds, of two states left at rates `a` and `b`.
///
/// Source: Heffes and Lucantoni, "A Markov modulated characterization of packetized voice and data traffic
/// and related statistical multiplexer performance" (1986).
fn dispersion(rates: [f64; 2], a: f64, b: f64, t: f64) -> f64 {
    let [high, low] = rates;
    let limit = 2.0 * (high - low).powi(2) * a * b / ((a + b).powi(2) * (high * b + low * a));
    1.0 + limit - limit / ((a + b) * t) * (1.0 - (-(a + b) * t).exp())
}

#[test]
fn a_modulated_process_has_its_exact_mean_and_index_of_dispersion() {
    let plan = open(JUMPY);
    assert!((plan.mean_rate(Span::from_secs(1)).as_per_second() - 108.0).abs() < 1e-9);
    for (window, asymptotic_share) in [(0.2, 0.2), (20.0, 0.97)] {
        // Windows of separate runs are independent; each starts in the long-run state.
        let counts: Vec<f64> = (0..20_000).map(|run| counts(&plan, run, window, 1)[0]).collect();
        let exact = dispersion([300.0, 60.0], 2.0, 0.5, window);
        let limit = dispersion([300.0, 60.0], 2.0, 0.5, 1e12);
        assert!(exact - 1.0 > asymptotic_share * (limit - 1.0));
        let wanted = 108.0 * window;
        near(mean(&counts), wanted, (exact * wanted / counts.len() as f64).sqrt());
        let fourth = mean(&counts.iter().map(|count| (count - wanted).powi(4)).collect::<Vec<_>>());
        let error = ((fourth - (exact * wanted).powi(2)) / counts.len() as f64).sqrt();
        near(variance(&counts), exact * wanted, error);
    }
}

#[test]
fn batches_have_their_mean_size_and_come_as_poisson() {
    let plan = open(GROUPS);
    let sizes: Vec<f64> = start(&plan, 5).take(100_000).map(|arrival| f64::from(arrival.count)).collect();
    near(mean(&sizes), 10.0, (90.0f64 / 100_000.0).sqrt());
    let mut batches = vec![0.0; 20_000];
    for arrival in until(&plan, 6, 20_000.0) {
        batches[arrival.at.as_secs_f64() as usize] += 1.0;
    }
    poisson(&batches, 8.0);
}

fn trace() -> OpenArrivals {
    let spec: super::ArrivalsSpec = serde_saphyr::from_str("{trace: {csv: t, column: ms}}").unwrap();
    let text = "ms\n7\n0\n1.000001\n7\n90000000\n";
    match spec.build(&|_| Ok(text.to_owned())) {
        Ok(super::Workload::Open(plan)) => plan,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_trace_is_replayed_exactly() {
    let replayed: Vec<(u64, u32)> = start(&trace(), 0).map(|a| (a.at.as_nanos(), a.count)).collect();
    assert_eq!(replayed, [(0, 1), (1_000_001, 1), (7_000_000, 1), (7_000_000, 1), (90_000_000_000_000, 1)]);
}

#[test]
fn a_scaled_trace_keeps_its_instants_and_scales_its_customers() {
    let plan = trace();
    let customers = |plan: &OpenArrivals, run| start(plan, run).map(|arrival| arrival.count).sum::<u32>();
    assert_eq!(customers(&plan.scaled(3.0), 0), 15);
    let runs: Vec<f64> = (0..10_000).map(|run| f64::from(customers(&plan.scaled(1.4), run))).collect();
    near(mean(&runs), 7.0, (5.0f64 * 0.4 * 0.6 / 10_000.0).sqrt());
    let fewer: Vec<f64> = (0..10_000).map(|run| f64::from(customers(&plan.scaled(0.25), run))).collect();
    near(mean(&fewer), 1.25, (5.0f64 * 0.25 * 0.75 / 10_000.0).sqrt());
}

#[test]
fn more_load_never_brings_anybody_later() {
    for text in ALL {
        let plan = open(text);
        let before: Vec<Instant> = start(&plan, 8).take(20_000).map(|arrival| arrival.at).collect();
        let after: Vec<Instant> =
            start(&plan.scaled(1.25), 8).take(20_000).map(|arrival| arrival.at).collect();
        assert!(before.iter().zip(&after).all(|(slow, fast)| fast <= slow), "{text}");
        assert!(before[100] > after[100], "{text}");
        let same: Vec<Instant> = start(&plan.scaled(1.0), 8).take(20_000).map(|arrival| arrival.at).collect();
        assert_eq!(before, same, "{text}");
        assert_eq!(start(&plan.scaled(0.0), 8).next(), None, "{text}");
    }
}

#[test]
fn the_sizes_of_batches_do_not_move_their_instants() {
    let instants = |text| start(&open(text), 9).take(1_000).map(|arrival| arrival.at).collect::<Vec<_>>();
    assert_eq!(instants(GROUPS), instants("{batches: {rate: 8/s, size: 3}}"));
}

#[test]
fn what_has_no_rate_ends() {
    for text in [
        "{rate: 0/s}",
        "{batches: {rate: 0/s, size: 1}}",
        "{mmpp: {states: [{rate: 0/s, mean-stay: 1ns}]}}",
        "{stages: [{hold: 1h, rate: 0/s}]}",
    ] {
        assert_eq!(start(&open(text), 0).next(), None, "{text}");
    }
    let stopping = open("{stages: [{hold: 10s, rate: 50/s}, {ramp-to: 0/s, over: 10s}]}");
    let arrivals: Vec<Arrival> = start(&stopping, 0).take(10_000).collect();
    assert!((500..1_000).contains(&arrivals.len()), "{}", arrivals.len());
    assert!(arrivals.last().is_some_and(|last| last.at < Instant::START + Span::from_secs(20)));
    let rare = open("{rate: 0.0000000000001/s}");
    assert!(start(&rare, 0).take(1_000_000).count() < 1_000, "the end of time never comes");
}

#[test]
fn who_comes_before_is_left_out_at_once_and_the_rest_is_as_it_was() {
    let from = Instant::START + Span::from_secs(100);
    for text in [
        "{rate: 1000000/s}",
        "{deterministic: {rate: 1000000/s}}",
        "{renewal: {interarrival: {exponential: {mean: 1us}}}}",
        "{mmpp: {states: [{rate: 2000000/s, mean-stay: 100us}, {rate: 0/s, mean-stay: 100us}]}}",
        "{batches: {rate: 1000000/s, size: 1}}",
        "{stages: [{hold: 50s, rate: 500000/s}, {ramp-to: 1000000/s, over: 50s}]}",
    ] {
        let mut arrivals = start(&open(text), 4);
        arrivals.skip_to(from);
        let after: Vec<Instant> =
            arrivals.map(|arrival| arrival.at).filter(|at| *at >= from).take(1_000_000).collect();
        assert!(after[0].since(from) < Span::from_millis(200), "{text}");
        // A million at a million a second.
        let took = after[after.len() - 1].since(from).as_secs_f64();
        assert!((0.9..1.1).contains(&took), "{text}: {took}");
    }
    let mut exact = start(&open("{deterministic: {rate: 1000000/s}}"), 4);
    exact.skip_to(from);
    assert_eq!(exact.next().map(|arrival| arrival.at), Some(from));
    let mut few = start(&open("{rate: 10/s}"), 4);
    few.skip_to(from);
    assert_eq!(few.next(), start(&open("{rate: 10/s}"), 4).next(), "these are drawn one by one");
}
