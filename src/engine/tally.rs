//! Counts by operation and status over the whole run, with latency buckets: what an exporter shows.

use crate::record::{Cause, Outcome};
use crate::units::Span;

/// The status of a request that was served.
const SERVED: u16 = 200;

/// Requests of one operation that ended with one status.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// The HTTP status that stands for the outcome.
    pub status: u16,
    /// How many.
    pub count: u64,
    /// Sum of their response times \[s].
    pub sum_s: f64,
    /// How many by the first bound that their response time does not exceed; the last is for those beyond all bounds.
    pub buckets: Vec<u64>,
}

/// Counts of all operations.
#[derive(Clone, Debug)]
pub(crate) struct Tallies {
    bounds_ns: Vec<u64>,
    /// Index of the status of each cause.
    status_of: [usize; Cause::COUNT],
    /// Per operation, a tally per status.
    pub(crate) operations: Vec<Vec<Tally>>,
}

impl Tallies {
    pub(crate) fn new(bounds: &[Span], operations: usize) -> Self {
        let mut statuses: Vec<u16> =
            Cause::ALL.iter().map(|cause| cause.http_status()).chain([SERVED]).collect();
        statuses.sort_unstable_by_key(|status| (*status != SERVED, *status));
        statuses.dedup();
        let position = |cause: Cause| statuses.iter().position(|status| *status == cause.http_status());
        let status_of = Cause::ALL.map(|cause| position(cause).unwrap_or_default());
        let tally = |status: &u16| Tally {
            status: *status,
            count: 0,
            sum_s: 0.0,
            buckets: vec![0; bounds.len() + 1],
        };
        Tallies {
            bounds_ns: bounds.iter().map(|bound| bound.as_nanos()).collect(),
            status_of,
            operations: (0..operations).map(|_| statuses.iter().map(tally).collect()).collect(),
        }
    }

    pub(crate) fn count(&mut self, operation: u16, latency: Span, outcome: Outcome) {
        let status = match outcome {
            Outcome::Served => 0,
            Outcome::Failed(cause) => self.status_of[cause as usize],
        };
        let tally = &mut self.operations[usize::from(operation)][status];
        tally.count += 1;
        tally.sum_s += latency.as_secs_f64();
        let bucket = self.bounds_ns.partition_point(|bound| *bound < latency.as_nanos());
        tally.buckets[bucket] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_within_its_bucket_and_statuses_are_apart() {
        let bounds = [Span::from_millis(10), Span::from_millis(20)];
        let mut tallies = Tallies::new(&bounds, 1);
        for (ms, outcome) in [
            (10, Outcome::Served),
            (11, Outcome::Served),
            (30, Outcome::Served),
            (5, Outcome::Failed(Cause::Timeout)),
            (5, Outcome::Failed(Cause::RateLimited)),
        ] {
            tallies.count(0, Span::from_millis(ms), outcome);
        }
        let of = |status| tallies.operations[0].iter().find(|tally| tally.status == status).unwrap();
        assert_eq!((of(200).count, of(200).buckets.as_slice()), (3, [1, 1, 1].as_slice()));
        assert!((of(200).sum_s - 0.051).abs() < 1e-12);
        assert_eq!(of(504).buckets, [1, 0, 0]);
        assert_eq!(of(429).buckets, [1, 0, 0]);
        assert_eq!(tallies.operations[0].iter().map(|tally| tally.count).sum::<u64>(), 5);
    }
}
