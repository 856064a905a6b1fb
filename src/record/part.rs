//! What the time of a request goes into.

use super::cause::Outcome;

/// A part of a request's response time. Every nanosecond of it belongs to exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimePart {
    /// In line for something that serves: cores that others use, a cache's command loop, a limiter, a gateway.
    Queue,
    /// In line for a thread.
    Thread,
    /// In line for a pooled connection, or while one is opened.
    Pool,
    /// In line for a lock: of a row, or of a key in a cache.
    Lock,
    /// On a link, the wait for its bandwidth included.
    Network,
    /// Being served.
    Service,
    /// In the pause before another attempt.
    Retry,
}

impl TimePart {
    /// How many there are.
    pub const COUNT: usize = 7;

    /// All, in the order in which they are printed.
    pub const ALL: [TimePart; TimePart::COUNT] = [
        TimePart::Queue,
        TimePart::Thread,
        TimePart::Pool,
        TimePart::Lock,
        TimePart::Network,
        TimePart::Service,
        TimePart::Retry,
    ];

    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            TimePart::Queue => "queue",
            TimePart::Thread => "thread",
            TimePart::Pool => "pool",
            TimePart::Lock => "lock",
            TimePart::Network => "network",
            TimePart::Service => "service",
            TimePart::Retry => "retry wait",
        }
    }
}

/// Sums of the response times of requests, by part \[ns].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeParts {
    /// Of requests that were served.
    pub served_ns: [u128; TimePart::COUNT],
    /// Of requests that failed.
    pub failed_ns: [u128; TimePart::COUNT],
}

impl TimeParts {
    /// Adds one request.
    pub fn add(&mut self, outcome: Outcome, parts_ns: &[u64; TimePart::COUNT]) {
        let sums = match outcome {
            Outcome::Served => &mut self.served_ns,
            Outcome::Failed(_) => &mut self.failed_ns,
        };
        for (sum, part) in sums.iter_mut().zip(parts_ns) {
            *sum += u128::from(*part);
        }
    }

    /// Adds all that `other` holds.
    pub fn merge(&mut self, other: &TimeParts) {
        let both = [(&mut self.served_ns, &other.served_ns), (&mut self.failed_ns, &other.failed_ns)];
        for (mine, theirs) in both {
            for (sum, part) in mine.iter_mut().zip(theirs) {
                *sum += part;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Cause;

    #[test]
    fn served_and_failed_requests_are_summed_apart() {
        let mut sums = TimeParts::default();
        sums.add(Outcome::Served, &[1, 0, 0, 0, 0, 2, 0]);
        sums.add(Outcome::Failed(Cause::Timeout), &[0, 0, 30, 0, 0, 0, 4]);
        let mut both = sums;
        both.merge(&sums);
        assert_eq!(both.served_ns, [2, 0, 0, 0, 0, 4, 0]);
        assert_eq!(both.failed_ns, [0, 0, 60, 0, 0, 0, 8]);
    }

    #[test]
    fn parts_are_listed_in_their_order() {
        for (index, part) in TimePart::ALL.into_iter().enumerate() {
            assert_eq!(part as usize, index);
        }
    }
}
