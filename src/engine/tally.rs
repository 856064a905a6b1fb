//! Counts by operation and status over the whole run, with latency buckets: what an exporter shows.

use crate::record::{AccessStatus, Outcome};
use crate::units::Span;

/// Requests of one operation that ended with one status.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// What they were answered with; `None` if nobody answered.
    pub status: Option<AccessStatus>,
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
    /// Per operation, a tally per status.
    pub(crate) operations: Vec<Vec<Tally>>,
}

impl Tallies {
    pub(crate) fn new(bounds: &[Span], operations: usize) -> Self {
        let tally = |status| Tally { status, count: 0, sum_s: 0.0, buckets: vec![0; bounds.len() + 1] };
        Tallies {
            bounds_ns: bounds.iter().map(|bound| bound.as_nanos()).collect(),
            operations: (0..operations).map(|_| statuses().map(tally).collect()).collect(),
        }
    }

    pub(crate) fn count(
        &mut self,
        operation: u16,
        latency: Span,
        outcome: Outcome,
        answer: Option<AccessStatus>,
    ) {
        let status = match (outcome, answer) {
            (Outcome::Served, _) => AccessStatus::Ok as usize,
            (Outcome::Failed(_), Some(answer)) => answer as usize,
            (Outcome::Failed(_), None) => AccessStatus::ALL.len(),
        };
        let tally = &mut self.operations[usize::from(operation)][status];
        tally.count += 1;
        tally.sum_s += latency.as_secs_f64();
        let bucket = self.bounds_ns.partition_point(|bound| *bound < latency.as_nanos());
        tally.buckets[bucket] += 1;
    }
}

/// In the order of the tallies: what there are, and nothing.
fn statuses() -> impl Iterator<Item = Option<AccessStatus>> {
    AccessStatus::ALL.into_iter().map(Some).chain([None])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Cause;

    #[test]
    fn a_bound_is_within_its_bucket_and_statuses_are_apart() {
        let bounds = [Span::from_millis(10), Span::from_millis(20)];
        let mut tallies = Tallies::new(&bounds, 1);
        let timed_out = Outcome::Failed(Cause::Timeout);
        for (ms, outcome, answer) in [
            (10, Outcome::Served, None),
            (11, Outcome::Served, None),
            (30, Outcome::Served, None),
            (5, timed_out, Some(AccessStatus::GatewayTimeout)),
            (5, timed_out, Some(AccessStatus::InternalError)),
            (5, timed_out, None),
        ] {
            tallies.count(0, Span::from_millis(ms), outcome, answer);
        }
        let of = |status| tallies.operations[0].iter().find(|tally| tally.status == status).unwrap();
        let served = of(Some(AccessStatus::Ok));
        assert_eq!((served.count, served.buckets.as_slice()), (3, [1, 1, 1].as_slice()));
        assert!((served.sum_s - 0.051).abs() < 1e-12);
        assert_eq!(of(Some(AccessStatus::GatewayTimeout)).buckets, [1, 0, 0]);
        assert_eq!(of(Some(AccessStatus::InternalError)).buckets, [1, 0, 0]);
        assert_eq!(of(None).buckets, [1, 0, 0]);
        assert_eq!(tallies.operations[0].iter().map(|tally| tally.count).sum::<u64>(), 6);
    }
}
