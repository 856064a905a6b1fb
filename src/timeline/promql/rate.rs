//! `rate`, `increase` and `delta`, extrapolated to the edges of the range; `irate` and `idelta`.
//!
//! Source: Prometheus 3, `promql/functions.go#extrapolatedRate`, `#instantValue`.

use super::super::store::Sample;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// A counter, per second.
    Rate,
    /// A counter.
    Increase,
    /// A gauge.
    Delta,
}

fn seconds(ns: i64) -> f64 {
    ns as f64 / 1e9
}

/// The change over the range that ends at `end` and is `range` long \[ns]; none with fewer than two samples.
pub(super) fn extrapolated(counted: Counted, samples: &[Sample], end: i64, range: i64) -> Option<f64> {
    let [first, .., last] = samples else { return None };
    let mut change = last.value - first.value;
    if counted != Counted::Delta {
        let mut before = first.value;
        for sample in &samples[1..] {
            if sample.value < before {
                change += before;
            }
            before = sample.value;
        }
    }
    let sampled = seconds(last.at - first.at);
    let spacing = sampled / (samples.len() - 1) as f64;
    let threshold = spacing * 1.1;
    let mut to_start = seconds(first.at - (end - range));
    let mut to_end = seconds(end - last.at);
    if to_start >= threshold {
        to_start = spacing / 2.0;
    }
    if counted != Counted::Delta && change > 0.0 && first.value >= 0.0 {
        // A counter cannot be negative: the line is not drawn beyond its zero.
        to_start = to_start.min(sampled * (first.value / change));
    }
    if to_end >= threshold {
        to_end = spacing / 2.0;
    }
    let mut factor = (sampled + to_start + to_end) / sampled;
    if counted == Counted::Rate {
        factor /= seconds(range);
    }
    Some(change * factor)
}

/// The change between the last two samples; per second if `per_second`, where a fall counts from zero.
pub(super) fn last_step(samples: &[Sample], per_second: bool) -> Option<f64> {
    let [.., before, last] = samples else { return None };
    if !per_second {
        return Some(last.value - before.value);
    }
    let change = if last.value < before.value { last.value } else { last.value - before.value };
    Some(change / seconds(last.at - before.at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: &[(i64, f64)]) -> Vec<Sample> {
        values.iter().map(|(second, value)| Sample { at: second * 1_000_000_000, value: *value }).collect()
    }

    #[track_caller]
    fn check(counted: Counted, values: &[(i64, f64)], end: i64, range: i64, expected: Option<f64>) {
        let found = extrapolated(counted, &samples(values), end * 1_000_000_000, range * 1_000_000_000);
        assert_eq!(found, expected, "{values:?}");
    }

    #[test]
    fn changes_are_drawn_to_the_edges() {
        check(Counted::Increase, &[(15, 100.0)], 15, 15, None);
        // Both edges are near: 30 s sampled stand for 60 s.
        check(Counted::Increase, &[(15, 100.0), (30, 110.0), (45, 120.0)], 60, 60, Some(40.0));
        check(Counted::Rate, &[(15, 100.0), (30, 110.0), (45, 120.0)], 60, 60, Some(40.0 / 60.0));
        // The counter falls to 5: it was reset after 20.
        check(Counted::Increase, &[(0, 10.0), (10, 20.0), (20, 5.0), (30, 10.0)], 30, 30, Some(20.0));
        check(Counted::Delta, &[(0, 10.0), (10, 20.0), (20, 5.0), (30, 10.0)], 30, 30, Some(0.0));
        // 1 after 10 s: it was zero 10 s before the first sample, and the line ends there.
        check(Counted::Increase, &[(20, 1.0), (30, 2.0)], 30, 11, Some(2.0 / 10.0 * (10.0 + 1.0) / 2.0));
        check(Counted::Increase, &[(20, 0.0), (30, 2.0)], 30, 25, Some(2.0));
    }

    #[test]
    fn the_last_step_counts() {
        let samples = samples(&[(0, 1.0), (10, 9.0), (20, 4.0)]);
        assert_eq!(last_step(&samples, true), Some(0.4));
        assert_eq!(last_step(&samples, false), Some(-5.0));
        assert_eq!(last_step(&samples[..1], true), None);
    }
}
