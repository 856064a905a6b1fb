//! What became of the requests of one operation in one segment of a run.

use super::cause::{Cause, Outcome};
use super::histogram::Histogram;
use super::part::TimeParts;
use super::status::{AccessStatus, Statuses};
use crate::units::Span;

/// Requests of one operation that arrived in one segment, and what became of them.
#[derive(Clone, Debug)]
pub struct OperationRecord {
    /// Requests that arrived.
    pub offered: u64,
    /// Requests that were served.
    pub served: u64,
    /// Requests that failed, by [`Cause`] in its order.
    pub failed: [u64; Cause::COUNT],
    /// What failed requests were answered with.
    pub statuses: Statuses,
    /// Failed requests that were answered with a server error (5xx).
    pub server_errors: u64,
    /// Response times of served requests.
    pub latency: Histogram,
    /// Response times of failed requests.
    pub failed_latency: Histogram,
    /// Response times of those served requests of whose answer a part is a fallback's; absent without any.
    pub degraded: Option<Box<Histogram>>,
    /// What response times went into; all 0 where that is not looked at.
    pub parts: TimeParts,
}

impl Default for OperationRecord {
    fn default() -> Self {
        OperationRecord {
            offered: 0,
            served: 0,
            failed: [0; Cause::COUNT],
            statuses: Statuses::default(),
            server_errors: 0,
            latency: Histogram::new(3),
            failed_latency: Histogram::new(2),
            degraded: None,
            parts: TimeParts::default(),
        }
    }
}

impl OperationRecord {
    /// Counts the end of one request after `latency`; `answer` is what a failed one was answered with, if anybody
    /// answered.
    #[inline(always)]
    pub fn end(&mut self, outcome: Outcome, answer: Option<AccessStatus>, latency: Span) {
        match outcome {
            Outcome::Served => {
                self.served += 1;
                self.latency.add(latency);
            }
            Outcome::Failed(cause) => {
                self.failed[cause as usize] += 1;
                if let Some(status) = answer {
                    self.statuses.add(cause, status);
                    self.server_errors += u64::from(status.is_server_error());
                }
                self.failed_latency.add(latency);
            }
        }
    }

    /// Counts several requests as served after these times \[ns].
    pub(crate) fn served_after(&mut self, latencies_ns: &[u64]) {
        self.served += latencies_ns.len() as u64;
        self.latency.add_all(latencies_ns);
    }

    /// Counts one of those served as degraded: a part of its answer is a fallback's.
    pub fn degrade(&mut self, latency: Span) {
        self.degraded_mut().add(latency);
    }

    /// Requests that were served with less than what was asked for.
    pub fn degraded(&self) -> u64 {
        self.degraded.as_ref().map_or(0, |latency| latency.count())
    }

    fn degraded_mut(&mut self) -> &mut Histogram {
        self.degraded.get_or_insert_with(|| Box::new(Histogram::new(3)))
    }

    /// Requests that ended, however.
    pub fn ended(&self) -> u64 {
        self.served + self.failed.iter().sum::<u64>()
    }

    /// Requests that the system failed; business refusals are answers and do not count.
    pub fn failures(&self) -> u64 {
        Cause::ALL.into_iter().filter(|c| c.is_failure()).map(|c| self.failed[c as usize]).sum()
    }

    /// Adds all that `other` holds.
    pub fn merge(&mut self, other: &OperationRecord) {
        self.offered += other.offered;
        self.served += other.served;
        for (mine, theirs) in self.failed.iter_mut().zip(other.failed) {
            *mine += theirs;
        }
        self.statuses.merge(&other.statuses);
        self.server_errors += other.server_errors;
        self.latency.merge(&other.latency);
        self.failed_latency.merge(&other.failed_latency);
        self.parts.merge(&other.parts);
        if let Some(theirs) = &other.degraded {
            self.degraded_mut().merge(theirs);
        }
    }
}
