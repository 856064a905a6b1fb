//! Integrals over time of a station's use.

use crate::record::{Gathered, StationPoint, StationRecord};

/// What came of the visits of a station, from the start of the run until now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// In use now.
    pub in_use: u64,
    /// Waiting now.
    pub waiting: u64,
    /// In use now, and not to be given back.
    pub lost: u64,
    /// Began to be served.
    pub visits: u64,
    /// Began to be served after a wait.
    pub waited: u64,
    /// Left the queue unserved.
    pub gave_up: u64,
    /// Of them, those whose patience was over.
    pub expired: u64,
    /// Sum of the waits of the others of them \[s].
    pub quit_waits_secs: f64,
    /// Sum of all waits that have ended \[s].
    pub all_waits_secs: f64,
}

/// Accumulates a station's use, segment by segment and interval by interval, and keeps the books that
/// Little's law is checked with.
///
/// What a visit changes comes first: two lines of memory, and one more if it waits.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Meter {
    last_ns: u64,
    busy: u64,
    queue: u64,
    capacity: u64,
    /// Of the current segment, as in its record.
    busy_area: u128,
    queue_area: u128,
    full_area: u128,
    /// Waits that ended over the whole run \[ns].
    total_waits: u128,
    visits: u64,
    waited: u64,
    longest_queue: u64,
    resized: bool,
    /// Whether it was ever resized, or something lost: then each change adds up more.
    is_unusual: bool,
    /// Waits of the current segment that are not in its record yet.
    waits: Gathered,
    /// Of those in use, the ones that nobody will give back.
    lost: u64,
    /// The rest of the current segment's record.
    current: StationRecord,
    done: Vec<StationRecord>,
    /// When the last interval of the series was closed \[ns].
    point_ns: u64,
    /// Busy, queue, capacity and lost areas then, relative to the start of the current segment.
    point: [i128; 4],
    /// Integral of the queue over the whole run \[ns].
    total_queue_area: u128,
    /// Those who left the queue because their patience was over, and their waits \[ns].
    expired: (u64, u128),
    /// Waits of all who left the queue unserved \[ns].
    unserved_waits: u128,
    /// Until when the capacity has been added up \[ns]; it seldom changes.
    capacity_ns: u64,
}

impl Meter {
    pub(crate) fn new(capacity: u64) -> Self {
        Meter {
            last_ns: 0,
            busy: 0,
            queue: 0,
            capacity,
            busy_area: 0,
            queue_area: 0,
            full_area: 0,
            total_waits: 0,
            visits: 0,
            waited: 0,
            longest_queue: 0,
            resized: false,
            is_unusual: false,
            waits: Gathered::new(),
            lost: 0,
            current: StationRecord::default(),
            done: Vec::new(),
            point_ns: 0,
            point: [0; 4],
            total_queue_area: 0,
            expired: (0, 0),
            unserved_waits: 0,
            capacity_ns: 0,
        }
    }

    /// Brings the integrals up to `now`; to be called before each change.
    #[inline]
    pub(crate) fn advance(&mut self, now: u64) {
        let elapsed = now - self.last_ns;
        if elapsed == 0 {
            return;
        }
        self.last_ns = now;
        let elapsed = u128::from(elapsed);
        self.busy_area += u128::from(self.busy) * elapsed;
        self.queue_area += u128::from(self.queue) * elapsed;
        if self.is_unusual {
            self.current.lost_area += u128::from(self.lost) * elapsed;
            self.add_capacity();
        }
        if self.busy >= self.capacity && self.capacity > 0 {
            self.full_area += elapsed;
        }
    }

    /// Adds up the capacity until the last change. What is held beyond a capacity that was lowered is there until it is
    /// given back.
    fn add_capacity(&mut self) {
        let there = if self.resized { self.capacity.max(self.busy) } else { self.capacity };
        self.current.capacity_area += u128::from(there) * u128::from(self.last_ns - self.capacity_ns);
        self.capacity_ns = self.last_ns;
    }

    #[inline]
    pub(crate) fn busy(&self) -> u64 {
        self.busy
    }

    #[inline]
    pub(crate) fn queue(&self) -> u64 {
        self.queue
    }

    #[inline]
    pub(crate) fn set_busy(&mut self, busy: u64) {
        self.busy = busy;
    }

    #[inline]
    pub(crate) fn set_queue(&mut self, queue: u64) {
        self.queue = queue;
        self.longest_queue = self.longest_queue.max(queue);
    }

    /// Counts one in line less.
    #[inline]
    pub(crate) fn shorten_queue(&mut self) {
        self.queue -= 1;
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    pub(crate) fn set_lost(&mut self, lost: u64) {
        self.is_unusual = true;
        self.lost = lost;
    }

    /// Counts over the whole run so far.
    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals {
            in_use: self.busy,
            waiting: self.queue,
            lost: self.lost,
            expired: self.expired.0,
            quit_waits_secs: self.unserved_waits.saturating_sub(self.expired.1) as f64 * 1e-9,
            all_waits_secs: self.total_waits as f64 * 1e-9,
            visits: self.visits,
            waited: self.waited,
            ..Totals::default()
        };
        for record in self.done.iter().chain(std::iter::once(&self.current)) {
            totals.visits += record.visits;
            totals.waited += record.waited;
            totals.gave_up += record.gave_up;
        }
        totals
    }

    pub(crate) fn set_capacity(&mut self, capacity: u64) {
        self.add_capacity();
        (self.resized, self.is_unusual) = (true, true);
        self.capacity = capacity;
    }

    /// Counts an item that is served without a wait.
    #[inline]
    pub(crate) fn served_at_once(&mut self) {
        self.visits += 1;
    }

    /// Counts an item that is served after a wait.
    #[inline]
    pub(crate) fn served_after(&mut self, wait_ns: u64) {
        self.visits += 1;
        self.total_waits += u128::from(wait_ns);
        if wait_ns > 0 {
            self.waited += 1;
            if self.waits.add(wait_ns) {
                self.waits.pour_into(&mut self.current.wait);
            }
        }
    }

    /// Counts an item that leaves the queue unserved.
    pub(crate) fn gave_up(&mut self, wait_ns: u64) {
        self.current.gave_up += 1;
        self.total_waits += u128::from(wait_ns);
        self.unserved_waits += u128::from(wait_ns);
    }

    /// Counts the end of an item's patience; its leaving the queue is counted apart.
    pub(crate) fn expired(&mut self, wait_ns: u64) {
        self.expired.0 += 1;
        self.expired.1 += u128::from(wait_ns);
    }

    /// Counts an item that goes on waiting elsewhere.
    pub(crate) fn moved_on(&mut self, wait_ns: u64) {
        self.total_waits += u128::from(wait_ns);
    }

    pub(crate) fn rejected(&mut self) {
        self.current.rejected += 1;
    }

    /// Closes an interval of the series.
    pub(crate) fn close_interval(&mut self, now: u64) -> StationPoint {
        self.advance(now);
        self.add_capacity();
        let areas = self.areas();
        let [busy, queue, capacity, lost] = [0, 1, 2, 3].map(|i| (areas[i] - self.point[i]) as f64);
        let elapsed = (now - self.point_ns) as f64;
        (self.point_ns, self.point) = (now, areas);
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        StationPoint {
            utilisation: share(busy, capacity),
            queue: share(queue, elapsed),
            lost: share(lost, elapsed),
            is_there: capacity > 0.0,
        }
    }

    fn areas(&self) -> [i128; 4] {
        let record = &self.current;
        [self.busy_area, self.queue_area, record.capacity_area, record.lost_area].map(|area| area as i128)
    }

    /// Closes a segment that began at `from`.
    pub(crate) fn close_segment(&mut self, from: u64, now: u64) {
        self.advance(now);
        self.add_capacity();
        let areas = self.areas();
        for (point, area) in self.point.iter_mut().zip(areas) {
            *point -= area;
        }
        self.waits.pour_into(&mut self.current.wait);
        let longest_queue = std::mem::replace(&mut self.longest_queue, self.queue);
        let record = StationRecord {
            span_ns: now - from,
            busy_area: std::mem::take(&mut self.busy_area),
            queue_area: std::mem::take(&mut self.queue_area),
            full_area: std::mem::take(&mut self.full_area),
            visits: std::mem::take(&mut self.visits),
            waited: std::mem::take(&mut self.waited),
            longest_queue,
            ..std::mem::take(&mut self.current)
        };
        self.total_queue_area += record.queue_area;
        self.done.push(record);
    }

    /// Integral of what was in use over the whole run so far \[ns].
    pub(crate) fn busy_total(&self) -> f64 {
        let done: u128 = self.done.iter().map(|record| record.busy_area).sum();
        (done + self.busy_area) as f64
    }

    /// How many gave up waiting over the whole run so far.
    pub(crate) fn gave_up_total(&self) -> u64 {
        self.done.iter().map(|record| record.gave_up).sum::<u64>() + self.current.gave_up
    }

    /// What was accumulated, a record per segment.
    pub(crate) fn into_records(self) -> Vec<StationRecord> {
        self.done
    }

    /// Whether more was in use than there was, in any segment; where there was nothing, that is anything.
    pub(crate) fn overused(&self) -> bool {
        self.done.iter().any(|record| record.busy_area > record.capacity_area)
    }

    /// Both sides of Little's law over the whole run [ns]: the integral of the queue, and the sum of all
    /// waits when `open_waits` are those still going on.
    pub(crate) fn littles_law(&self, open_waits: u128) -> (u128, u128) {
        (self.total_queue_area, self.total_waits + open_waits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(capacity: u64, busy: u64, overused: bool) {
        let mut meter = Meter::new(capacity);
        meter.set_busy(busy);
        meter.close_segment(0, 1_000);
        assert_eq!(meter.overused(), overused, "{busy} in use of {capacity}");
    }

    #[test]
    fn no_more_is_in_use_than_there_is() {
        check(0, 0, false);
        check(0, 1, true);
        check(2, 2, false);
        check(2, 3, true);
    }
}
