//! Reads measures off the records of runs, a value for each run, so that what is made of several values of a run has an
//! interval of its own.

use brownout::component::{StationKind, View};
use brownout::experiment::{run_once, station_label};
use brownout::record::{Cause, Histogram, ObservedSegment, OperationRecord, RunRecord, StationRecord};
use brownout::scenario::{Plan, PlannedWarmUp};
use brownout::stats::{Estimate, t_interval};
use brownout::units::{Instant, Span};
use rayon::prelude::*;

use crate::case::Measure;

/// Confidence of all intervals.
pub(crate) const CONFIDENCE: f64 = 0.99;

/// A measured value.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) estimate: Estimate,
    /// What each run says; of a function of several means, its pseudo-values by leaving out one run at a time.
    pub(crate) samples: Vec<f64>,
}

/// One run, and the part of it that is looked at.
struct Run<'p> {
    plan: &'p Plan,
    record: RunRecord,
    inside: Vec<usize>,
    from: Instant,
    to: Instant,
}

impl Run<'_> {
    fn secs(&self) -> f64 {
        self.to.since(self.from).as_secs_f64()
    }

    fn operation(&self, name: &str) -> Option<OperationRecord> {
        let operations = &self.plan.assembly.operations;
        let index = operations.iter().position(|o| o.name == name && o.view == View::Client);
        let index = index.or_else(|| operations.iter().position(|o| o.name == name))?;
        let mut total = OperationRecord::default();
        self.inside.iter().for_each(|segment| total.merge(&self.record.operations[index][*segment]));
        Some(total)
    }

    /// Each station of this label, with how many units of the meter one server is.
    fn stations<'r>(&'r self, label: &'r str) -> impl Iterator<Item = (StationRecord, f64)> + 'r {
        let assembly = &self.plan.assembly;
        let slots = assembly.program.slots.len();
        let sharings = slots..slots + assembly.program.sharings.len();
        let named =
            assembly.stations.iter().enumerate().filter(move |(_, name)| station_label(name) == label);
        named.map(move |(index, name)| {
            let mut total = StationRecord::default();
            self.inside.iter().for_each(|segment| total.merge(&self.record.stations[index][*segment]));
            let thousandths = sharings.contains(&index) || name.kind == StationKind::Cores;
            (total, if thousandths { 1000.0 } else { 1.0 })
        })
    }

    fn observed(&self, component: &str, metric: &str) -> f64 {
        let names = &self.plan.assembly.observables;
        let index = names.iter().position(|name| name.component == component && name.metric.name() == metric);
        let Some(index) = index else { return f64::NAN };
        let mut total = ObservedSegment::default();
        self.inside.iter().for_each(|segment| total.merge(&self.record.observed[index].segments[*segment]));
        total.per_second()
    }

    /// How many requests each loaded operation has in flight at the end of each interval.
    fn in_flight(&self) -> Vec<Vec<u64>> {
        let named = self.plan.assembly.operations.iter().zip(&self.record.series.operations);
        let clients = named.filter(|(name, _)| name.view == View::Client);
        let each: Vec<Vec<u64>> = clients
            .map(|(_, points)| {
                let ends = points.iter().scan((0, 0), |(came, went), point| {
                    (*came, *went) = (*came + point.offered, *went + point.ended());
                    Some(*came - *went)
                });
                ends.collect()
            })
            .collect();
        for (index, total) in self.record.series.in_flight.iter().enumerate() {
            assert_eq!(*total, each.iter().map(|points| points[index]).sum::<u64>(), "interval {index}");
        }
        each
    }

    /// What an instant or all instants of the window say, averaged over the operations.
    fn at(&self, is_asked: impl Fn(f64) -> bool, function: fn(f64) -> f64) -> f64 {
        let (interval, end) = (self.plan.interval.as_secs_f64(), self.plan.duration.as_secs_f64());
        let mut values = Vec::new();
        for points in self.in_flight() {
            let timed = points.iter().enumerate().map(|(i, n)| (((i + 1) as f64 * interval).min(end), *n));
            values.extend(timed.filter(|(t, _)| is_asked(*t)).map(|(_, n)| function(n as f64)));
        }
        mean(&values)
    }

    fn leaf(&self, measure: &Measure) -> f64 {
        match measure {
            Measure::Operation(name, which) => {
                self.operation(name).and_then(|it| self.of_operation(&it, which)).unwrap_or(f64::NAN)
            }
            Measure::Station(label, which) => {
                let stations = self.stations(label);
                let each = stations.map(|(it, unit)| self.of_station(&it, unit, which).unwrap_or(f64::NAN));
                mean(&each.collect::<Vec<_>>())
            }
            Measure::AtInstant(at_s, function) => self.at(|t| (t - at_s).abs() < 1e-6, *function),
            Measure::OverTime(function) => {
                let (from, to) = (self.from.as_secs_f64(), self.to.as_secs_f64());
                self.at(|t| t > from && t <= to + 1e-6, *function)
            }
            Measure::Effect(name) => {
                let index = self.plan.assembly.effects.iter().position(|effect| effect == name);
                index.map_or(f64::NAN, |index| self.record.effects[index] as f64)
            }
            Measure::Observed(component, metric) => self.observed(component, metric),
            Measure::Sum(_) | Measure::Of(..) | Measure::Linear(..) => unreachable!("made of others"),
        }
    }

    fn of_operation(&self, it: &OperationRecord, which: &str) -> Option<f64> {
        let share = |count: u64| (it.ended() > 0).then(|| count as f64 / it.ended() as f64);
        match which {
            "mean" => it.latency.mean_secs(),
            "square" => square(&it.latency),
            "failed" => share(it.failures()),
            "failures" => Some(it.failures() as f64),
            "offered" => Some(it.offered as f64 / self.secs()),
            "served" => Some(it.served as f64 / self.secs()),
            other => match quantile_named(other) {
                Some(p) => it.latency.quantile(p).map(Span::as_secs_f64),
                None => {
                    let cause = Cause::ALL.into_iter().find(|cause| cause.name() == other)?;
                    share(it.failed[cause as usize])
                }
            },
        }
    }

    fn of_station(&self, it: &StationRecord, unit: f64, which: &str) -> Option<f64> {
        let rate = |count: u64| Some(count as f64 / self.secs());
        match which {
            "utilisation" => Some(it.utilisation()),
            "queue" => Some(it.mean_queue()),
            "busy" => Some(it.mean_busy() / unit),
            "waited" => it.share_waited(),
            "full" => Some(it.share_full()),
            "visits" => rate(it.visits),
            "rejected" => rate(it.rejected),
            "gave-up" => rate(it.gave_up),
            "wait mean" => it.mean_wait_secs(),
            "wait square" => Some(square(&it.wait)? * it.share_waited()?),
            wait => {
                let which = wait.strip_prefix("wait ")?;
                if let Some(bound) = which.strip_prefix("above ") {
                    let bound = Span::from_secs_f64(bound.parse().ok()?);
                    return Some(it.wait.share_above(bound)? * it.share_waited()?);
                }
                it.wait_quantile(quantile_named(which)?).map(Span::as_secs_f64)
            }
        }
    }
}

/// Of `p95` 0.95, of `p999` 0.999.
fn quantile_named(name: &str) -> Option<f64> {
    match name {
        "p50" => Some(0.5),
        "p90" => Some(0.9),
        "p95" => Some(0.95),
        "p99" => Some(0.99),
        "p999" => Some(0.999),
        _ => None,
    }
}

/// Buckets of a doubling in a histogram of three digits, as a power of two.
const BITS: u32 = 10;

/// Where the bucket of a span ends, beyond its largest span.
fn bucket_end(span: Span) -> Span {
    let nanos = span.as_nanos();
    let shift = nanos.max(2 << BITS).ilog2() - BITS;
    Span::from_nanos(((nanos >> shift) + 1) << shift)
}

/// The mean square \[s²], by integrating 2 t times the share above t, of a histogram of three digits. It counts the
/// whole bucket of t as within, so that what it says is the share at the end of that bucket. The steps are 0.5 %,
/// which makes the sum too large by no more than 10^-5 of it.
fn square(times: &Histogram) -> Option<f64> {
    let most = bucket_end(times.max()?);
    let (mut high, mut at_high) = (most.as_secs_f64(), 0.0);
    let least = high * 1e-5;
    let mut sum = 0.0;
    while high > least {
        let low = Span::from_secs_f64(high / 1.005);
        let end = bucket_end(low).as_secs_f64();
        // Spans that are counted one by one are further apart than a step.
        let end = if end < high { end } else { low.as_secs_f64() };
        let at_end = 2.0 * end * times.share_above(low)?;
        sum += (high - end) * 0.5 * (at_end + at_high);
        (high, at_high) = (end, at_end);
    }
    Some(sum)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The measures that a measure is made of, in order.
fn leaves<'m>(measure: &'m Measure, into: &mut Vec<&'m Measure>) {
    match measure {
        Measure::Sum(parts) | Measure::Of(parts, _) => parts.iter().for_each(|part| leaves(part, into)),
        Measure::Linear(inner, _, _) => leaves(inner, into),
        Measure::Operation(..)
        | Measure::Station(..)
        | Measure::AtInstant(..)
        | Measure::OverTime(_)
        | Measure::Effect(_)
        | Measure::Observed(..) => into.push(measure),
    }
}

/// The value of a measure, given those of what it is made of.
fn made_of(measure: &Measure, values: &mut impl Iterator<Item = f64>) -> f64 {
    match measure {
        Measure::Sum(parts) => parts.iter().map(|part| made_of(part, values)).sum(),
        Measure::Of(parts, function) => {
            let parts: Vec<f64> = parts.iter().map(|part| made_of(part, values)).collect();
            function(&parts)
        }
        Measure::Linear(inner, factor, offset) => offset + factor * made_of(inner, values),
        Measure::Operation(..)
        | Measure::Station(..)
        | Measure::AtInstant(..)
        | Measure::OverTime(_)
        | Measure::Effect(_)
        | Measure::Observed(..) => values.next().unwrap_or(f64::NAN),
    }
}

fn is_linear(measure: &Measure) -> bool {
    match measure {
        Measure::Sum(parts) => parts.iter().all(is_linear),
        Measure::Linear(inner, _, _) => is_linear(inner),
        Measure::Of(..) => false,
        Measure::Operation(..)
        | Measure::Station(..)
        | Measure::AtInstant(..)
        | Measure::OverTime(_)
        | Measure::Effect(_)
        | Measure::Observed(..) => true,
    }
}

/// What the runs say of a measure, given for each run the values of what it is made of. A function of means that is not
/// linear is that of the means over all runs, and its spread that of its pseudo-values (the jackknife: Efron 1982).
fn samples(measure: &Measure, runs: &[&[f64]]) -> Vec<f64> {
    if is_linear(measure) {
        return runs.iter().map(|run| made_of(measure, &mut run.iter().copied())).collect();
    }
    let n = runs.len() as f64;
    let width = runs.first().map_or(0, |run| run.len());
    let sums: Vec<f64> = (0..width).map(|leaf| runs.iter().map(|run| run[leaf]).sum()).collect();
    let whole = made_of(measure, &mut sums.iter().map(|sum| sum / n));
    let without = |run: &&[f64]| {
        let rest = sums.iter().zip(run.iter()).map(|(sum, value)| (sum - value) / (n - 1.0));
        made_of(measure, &mut rest.into_iter())
    };
    runs.iter().map(|run| n * whole - (n - 1.0) * without(run)).collect()
}

/// Runs a plan and reads measures, in order.
pub(crate) fn read<'m>(plan: &Plan, measures: impl Iterator<Item = &'m Measure>) -> Vec<Reading> {
    let measures: Vec<&Measure> = measures.collect();
    let parts: Vec<Vec<&Measure>> = measures
        .iter()
        .map(|measure| {
            let mut parts = Vec::new();
            leaves(measure, &mut parts);
            parts
        })
        .collect();
    let runs: Vec<Vec<Vec<f64>>> = (0..plan.replications)
        .into_par_iter()
        .map(|replication| {
            let run = run(plan, replication);
            parts.iter().map(|parts| parts.iter().map(|part| run.leaf(part)).collect()).collect()
        })
        .collect();
    let of = |(index, measure): (usize, &&Measure)| {
        let runs: Vec<&[f64]> = runs.iter().map(|run| run[index].as_slice()).collect();
        let samples = samples(measure, &runs);
        Reading { estimate: t_interval(&samples, CONFIDENCE), samples }
    };
    measures.iter().enumerate().map(of).collect()
}

fn run(plan: &Plan, replication: u32) -> Run<'_> {
    let PlannedWarmUp::Stated(warm_up) = plan.warm_up else { panic!("the warm-up is stated") };
    let record = run_once(plan, warm_up, replication).expect("the books balance");
    let window = &plan.windows[0];
    let (from, to) = (window.from.max(Instant::START + warm_up), window.to);
    let starts = std::iter::once(Instant::START).chain(record.ends.iter().copied());
    let segments = starts.zip(&record.ends).enumerate();
    let inside = segments.filter(|(_, (start, end))| *start >= from && **end <= to).map(|(index, _)| index);
    let inside = inside.collect();
    Run { plan, record, inside, from, to }
}

#[test]
fn what_is_made_of_means_has_their_spread() {
    let station = || Measure::Station("q servers", "busy");
    let ratio = Measure::Of(vec![station(), station()], |v| v[0] / v[1]);
    let runs: [&[f64]; 4] = [&[2.0, 1.0], &[4.0, 2.1], &[6.0, 2.9], &[8.0, 4.0]];
    let estimate = t_interval(&samples(&ratio, &runs), CONFIDENCE);
    // 20 / 10, with the spread that the deltas 2.0 − 2·1.0, 4.0 − 2·2.1, … have.
    assert!((estimate.mean - 2.0).abs() < 5e-3, "{estimate:?}");
    let deltas = t_interval(&[0.0, -0.2, 0.2, 0.0].map(|d| d / 2.5), CONFIDENCE);
    assert!((estimate.half_width() / deltas.half_width() - 1.0).abs() < 0.2, "{estimate:?} {deltas:?}");
    let sum = Measure::Sum(vec![station(), Measure::Linear(Box::new(station()), -2.0, 1.0)]);
    let each = samples(&sum, &runs);
    assert!(each.iter().zip([1.0, 0.8, 1.2, 1.0]).all(|(a, b)| (a - b).abs() < 1e-12), "{each:?}");
}

#[test]
fn mean_squares_are_read_off_histograms() {
    let mut times = Histogram::new(3);
    (1..=100_000).for_each(|k| times.add(Span::from_nanos(k * 10_000)));
    // Uniform from nothing to a second: a third. Half a bucket is 2 to 5 in 10,000.
    let mean_square = square(&times).expect("there are some");
    assert!((3.0 * mean_square - 1.0).abs() < 5e-5, "{mean_square}");
    // Exponential with a mean of 10 ms: twice its square.
    let mut times = Histogram::new(3);
    (0..1_000_000).for_each(|k| times.add(Span::from_secs_f64(-0.01 * ((f64::from(k) + 0.5) * 1e-6).ln())));
    let mean_square = square(&times).expect("there are some");
    assert!((mean_square / 2e-4 - 1.0).abs() < 1e-4, "{mean_square}");
}
