//! What stores and topics show of themselves: the counters and gauges that exporters publish.

use crate::record::AccessStatus;
use crate::units::Instant;

/// How a quantity goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows; what matters is its rate.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// A quantity that a component shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Look-ups that found their entry. Redis `keyspace_hits`.
    Hits,
    /// Look-ups that did not. Redis `keyspace_misses`.
    Misses,
    /// Entries removed because their time was up. Redis `expired_keys`.
    Expired,
    /// Entries removed because memory was short. Redis `evicted_keys`.
    Evicted,
    /// Writes refused because memory was short. Redis errors `OOM`.
    Refused,
    /// Memory in use \[B]. Redis `used_memory`.
    Memory,
    /// Entries, expired ones that nobody has come across included. Redis `db0:keys`.
    Keys,
    /// Look-ups that were sent to it, whether or not it answered.
    LookUps,
    /// Records that were written.
    Produced,
    /// Records that were worked on, each time counted.
    Consumed,
    /// Records that were delivered again.
    Redelivered,
    /// Rebalances of the group.
    Rebalances,
    /// Records from the last one committed to the end, as Kafka's tools report it.
    LagRecords,
    /// Age of the oldest record that nobody has worked on \[s].
    LagSeconds,
    /// Requests that a gateway answered with a status.
    Answers(AccessStatus),
}

impl Metric {
    /// The stable name used in files: of a counter, that of its rate.
    pub const fn name(self) -> &'static str {
        match self {
            Metric::Hits => "hits_per_s",
            Metric::Misses => "misses_per_s",
            Metric::Expired => "expired_per_s",
            Metric::Evicted => "evicted_per_s",
            Metric::Refused => "refused_per_s",
            Metric::Memory => "memory_bytes",
            Metric::Keys => "keys",
            Metric::LookUps => "look_ups_per_s",
            Metric::Produced => "produced_per_s",
            Metric::Consumed => "consumed_per_s",
            Metric::Redelivered => "redelivered_per_s",
            Metric::Rebalances => "rebalances_per_s",
            Metric::LagRecords => "lag_records",
            Metric::LagSeconds => "lag_s",
            Metric::Answers(_) => "answers_per_s",
        }
    }

    /// How it goes.
    pub const fn kind(self) -> MetricKind {
        match self {
            Metric::Hits
            | Metric::Misses
            | Metric::Expired
            | Metric::Evicted
            | Metric::Refused
            | Metric::LookUps
            | Metric::Produced
            | Metric::Consumed
            | Metric::Redelivered
            | Metric::Rebalances
            | Metric::Answers(_) => MetricKind::Counter,
            Metric::Memory | Metric::Keys | Metric::LagRecords | Metric::LagSeconds => MetricKind::Gauge,
        }
    }
}

/// A quantity of one component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservableName {
    /// The cache server, topic or gateway.
    pub component: String,
    /// What of it, such as a partition's number or a route; empty for the whole.
    pub part: String,
    /// The quantity.
    pub metric: Metric,
}

/// An operation that a process is asked for over the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AskedPart {
    pub(crate) process: u16,
    pub(crate) operation: String,
}

/// A quantity at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Of a counter, its count; of a gauge, its value.
    pub value: f64,
    /// Of a counter, its count; of a gauge, its integral over time [· s].
    pub(crate) total: f64,
    /// Of a gauge, the largest value since it was last asked.
    pub(crate) max: f64,
}

impl Reading {
    pub(crate) fn count(count: u64) -> Self {
        Reading { value: count as f64, total: count as f64, max: 0.0 }
    }

    /// Adds another part of the same whole. The largest values of parts need not be at one time: their sum is at least
    /// the largest of the whole.
    pub(crate) fn add(&mut self, part: Reading) {
        self.value += part.value;
        self.total += part.total;
        self.max += part.max;
    }
}

/// A value that goes up and down, with its integral.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauge {
    value: f64,
    since: Instant,
    integral: f64,
    max: f64,
}

impl Gauge {
    pub(crate) const ZERO: Gauge = Gauge { value: 0.0, since: Instant::START, integral: 0.0, max: 0.0 };

    #[inline]
    pub(crate) fn set(&mut self, now: Instant, value: f64) {
        self.integral += self.value * now.since(self.since).as_secs_f64();
        self.since = now;
        self.value = value;
        self.max = self.max.max(value);
    }

    /// Reads it; the largest value starts anew.
    pub(crate) fn read(&mut self, now: Instant) -> Reading {
        self.set(now, self.value);
        let max = std::mem::replace(&mut self.max, self.value);
        Reading { value: self.value, total: self.integral, max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    #[test]
    fn a_gauge_knows_its_mean_and_its_largest_value() {
        let at = |secs| Instant::START + Span::from_secs(secs);
        let mut gauge = Gauge::ZERO;
        gauge.set(at(1), 4.0);
        gauge.set(at(3), 1.0);
        assert_eq!(gauge.read(at(4)), Reading { value: 1.0, total: 9.0, max: 4.0 });
        assert_eq!(gauge.read(at(5)), Reading { value: 1.0, total: 10.0, max: 1.0 });
    }
}
