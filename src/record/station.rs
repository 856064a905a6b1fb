//! How one station was used in one segment of a run.

use super::histogram::Histogram;
use crate::units::Span;

/// Use of one station over one segment. Areas are integrals over time [ns × items].
#[derive(Clone, Debug)]
pub struct StationRecord {
    /// Length of the segment \[ns].
    pub span_ns: u64,
    /// Integral of the servers in use \[ns].
    pub busy_area: u128,
    /// Integral of the items waiting \[ns].
    pub queue_area: u128,
    /// Integral of the servers in use that nobody will give back \[ns].
    pub lost_area: u128,
    /// Integral of the capacity \[ns].
    pub capacity_area: u128,
    /// Integral of the time during which every server was in use \[ns].
    pub full_area: u128,
    /// Items that began to be served.
    pub visits: u64,
    /// Items that began to be served after a wait.
    pub waited: u64,
    /// Items that found no room.
    pub rejected: u64,
    /// Items that left the queue unserved.
    pub gave_up: u64,
    /// Waiting times of items that began to be served, zero waits left out (see `visits − waited`).
    pub wait: Histogram,
    /// The longest queue seen.
    pub longest_queue: u64,
}

impl Default for StationRecord {
    fn default() -> Self {
        StationRecord {
            span_ns: 0,
            busy_area: 0,
            queue_area: 0,
            lost_area: 0,
            capacity_area: 0,
            full_area: 0,
            visits: 0,
            waited: 0,
            rejected: 0,
            gave_up: 0,
            wait: Histogram::new(3),
            longest_queue: 0,
        }
    }
}

/// Use of one station over one interval of the series.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StationPoint {
    /// Share of the capacity in use, 0 to 1.
    pub utilisation: f64,
    /// Mean number waiting.
    pub queue: f64,
    /// Mean number in use that nobody will give back, in the units of the meter.
    pub lost: f64,
    /// Whether there was any capacity.
    pub is_there: bool,
}

impl StationRecord {
    /// Share of the capacity in use, 0 to 1; zero without capacity.
    pub fn utilisation(&self) -> f64 {
        ratio(self.busy_area, self.capacity_area)
    }

    /// Mean number waiting.
    pub fn mean_queue(&self) -> f64 {
        ratio(self.queue_area, u128::from(self.span_ns))
    }

    /// Mean number of servers in use.
    pub fn mean_busy(&self) -> f64 {
        ratio(self.busy_area, u128::from(self.span_ns))
    }

    /// Mean number of servers in use that nobody gives back.
    pub fn mean_lost(&self) -> f64 {
        ratio(self.lost_area, u128::from(self.span_ns))
    }

    /// Share of the time during which every server was in use.
    pub fn share_full(&self) -> f64 {
        ratio(self.full_area, u128::from(self.span_ns))
    }

    /// Mean wait of the items that were served, zero waits included \[s].
    pub fn mean_wait_secs(&self) -> Option<f64> {
        (self.visits > 0).then(|| self.wait.sum_ns() as f64 / self.visits as f64 * 1e-9)
    }

    /// Share of the served items that had to wait.
    pub fn share_waited(&self) -> Option<f64> {
        (self.visits > 0).then(|| self.waited as f64 / self.visits as f64)
    }

    /// Quantile of the wait of served items, zero waits included; `None` without visits.
    ///
    /// Range: `p` 0 to 1.
    pub fn wait_quantile(&self, p: f64) -> Option<Span> {
        if self.visits == 0 {
            return None;
        }
        let zeros = (self.visits - self.waited) as f64 / self.visits as f64;
        if p <= zeros || self.waited == 0 {
            return Some(Span::ZERO);
        }
        self.wait.quantile((p - zeros) / (1.0 - zeros))
    }

    /// Adds all that `other` holds.
    pub fn merge(&mut self, other: &StationRecord) {
        self.span_ns += other.span_ns;
        self.busy_area += other.busy_area;
        self.queue_area += other.queue_area;
        self.lost_area += other.lost_area;
        self.capacity_area += other.capacity_area;
        self.full_area += other.full_area;
        self.visits += other.visits;
        self.waited += other.waited;
        self.rejected += other.rejected;
        self.gave_up += other.gave_up;
        self.wait.merge(&other.wait);
        self.longest_queue = self.longest_queue.max(other.longest_queue);
    }
}

fn ratio(part: u128, whole: u128) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_quantiles_count_those_who_did_not_wait() {
        let mut record = StationRecord { visits: 100, waited: 40, ..StationRecord::default() };
        for millis in 1..=40 {
            record.wait.add(Span::from_millis(millis));
        }
        assert_eq!(record.wait_quantile(0.5), Some(Span::ZERO));
        // 60 did not wait, so the 80th of all is the 20th of those who did.
        let p80 = record.wait_quantile(0.795).map(Span::as_millis_f64).unwrap_or_default();
        assert!((p80 - 20.0).abs() < 0.1, "{p80}");
        assert_eq!(record.share_waited(), Some(0.4));
    }
}
