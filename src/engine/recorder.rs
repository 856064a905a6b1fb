//! Fills the run's record as it goes.

use super::program::Program;
use super::task::Task;
use crate::random::mix;
use crate::record::{
    AccessStatus, Cause, Gathered, Histogram, Milestone, MilestoneKind, OperationRecord, Outcome, Segments,
    SeriesPoint, SeriesRecord, TimePart,
};
use crate::units::{Instant, Span};

/// Segments at most: their numbers are kept in sixteen bits.
const MOST_SEGMENTS: usize = 1 << 15;

/// What of an operation falls into the interval of the series that is being filled.
#[derive(Debug)]
struct Interval {
    /// Who arrived since this was last brought into the record.
    fresh: u64,
    /// Who arrived before that.
    offered: u64,
    failed: u64,
    declined: u64,
    paused: u64,
    latency: Histogram,
    /// Response times of those served who are not in any record yet, and the segment they arrived in.
    served: Gathered,
    served_in: u16,
    /// Who takes longer is late.
    bound: Option<Span>,
}

impl Interval {
    fn new() -> Self {
        Interval {
            fresh: 0,
            offered: 0,
            failed: 0,
            declined: 0,
            paused: 0,
            latency: Histogram::new(2),
            served: Gathered::new(),
            served_in: 0,
            bound: None,
        }
    }

    /// Brings those served into the records: the segments of this operation, and the interval.
    #[inline(never)]
    fn bring_in_served(&mut self, records: &mut [OperationRecord]) {
        let latencies = self.served.take();
        records[usize::from(self.served_in)].served_after(latencies);
        self.latency.add_all(latencies);
    }

    fn close(&mut self) -> SeriesPoint {
        let quantiles = self.latency.quantiles([0.5, 0.95, 0.99]);
        let [p50_secs, p95_secs, p99_secs] =
            quantiles.map_or([f64::NAN; 3], |spans| spans.map(Span::as_secs_f64));
        let point = SeriesPoint {
            offered: self.offered,
            served: self.latency.count(),
            failed: self.failed,
            declined: self.declined,
            paused: self.paused,
            late: self.bound.map_or(0, |bound| self.latency.count() - self.latency.count_within(bound)),
            mean_secs: self.latency.mean_secs().unwrap_or(f64::NAN),
            p50_secs,
            p95_secs,
            p99_secs,
        };
        (self.offered, self.failed, self.declined, self.paused) = (0, 0, 0, 0);
        if self.latency.count() > 0 {
            self.latency.clear();
        }
        point
    }
}

/// Counts requests by operation and segment, and keeps the series.
#[derive(Debug)]
pub(crate) struct Recorder {
    segments: Segments,
    /// The segment that time is in.
    pub(crate) segment: u16,
    segment_from: u64,
    next_interval: u64,
    operations: Vec<Vec<OperationRecord>>,
    intervals: Vec<Interval>,
    pub(crate) series: SeriesRecord,
    pub(crate) milestones: Vec<Milestone>,
    /// A bit per cause, per operation: whether it has happened.
    seen: Vec<u32>,
    pub(crate) fingerprint: u64,
    pub(crate) requests: u64,
}

/// What is due when the recorder's event comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub(crate) interval: bool,
    /// The start of the segment that ends \[ns].
    pub(crate) segment: Option<u64>,
}

impl Recorder {
    pub(crate) fn new(program: &Program, segments: Segments) -> Self {
        let operations = program.operations as usize;
        let count = segments.ends.len();
        let records = || (0..count).map(|_| OperationRecord::default()).collect();
        Recorder {
            next_interval: segments.interval.as_nanos().max(1),
            segments,
            segment: 0,
            segment_from: 0,
            operations: (0..operations).map(|_| records()).collect(),
            intervals: (0..operations).map(|_| Interval::new()).collect(),
            series: SeriesRecord {
                operations: vec![Vec::new(); operations],
                stations: vec![Vec::new(); program.stations()],
                in_flight: Vec::new(),
                effects: Vec::new(),
            },
            milestones: Vec::new(),
            seen: vec![0; operations],
            fingerprint: 0,
            requests: 0,
        }
    }

    /// When the run ends.
    pub(crate) fn end(&self) -> Instant {
        self.segments.ends.last().copied().unwrap_or(Instant::START)
    }

    /// When the recorder has to be called next.
    pub(crate) fn next(&self) -> Instant {
        let segment = self.segments.ends[usize::from(self.segment)];
        segment.min(Instant::from_nanos(self.next_interval))
    }

    #[inline]
    pub(crate) fn offered(&mut self, operation: u16) {
        self.intervals[usize::from(operation)].fresh += 1;
    }

    /// Brings who arrived and who was served into the record: to be called before the segment changes, and at the end.
    pub(crate) fn bring_in(&mut self) {
        for (interval, records) in self.intervals.iter_mut().zip(&mut self.operations) {
            let fresh = std::mem::take(&mut interval.fresh);
            interval.offered += fresh;
            records[usize::from(self.segment)].offered += fresh;
            interval.bring_in_served(records);
        }
    }

    /// Counts the end of a request or of an inner call.
    pub(crate) fn ended(
        &mut self,
        operation: u16,
        times: (u16, u64, u64),
        outcome: Outcome,
        answer: Option<AccessStatus>,
    ) {
        self.ended_here(operation, times, outcome, answer);
    }

    #[inline(always)]
    fn ended_here(
        &mut self,
        operation: u16,
        (segment, since, now): (u16, u64, u64),
        outcome: Outcome,
        answer: Option<AccessStatus>,
    ) {
        let index = usize::from(operation);
        let latency = now - since;
        let interval = &mut self.intervals[index];
        let code = match outcome {
            Outcome::Served => {
                if interval.served_in != segment {
                    interval.bring_in_served(&mut self.operations[index]);
                    interval.served_in = segment;
                }
                if interval.served.add(latency) {
                    interval.bring_in_served(&mut self.operations[index]);
                }
                0
            }
            Outcome::Failed(cause) => {
                self.operations[index][usize::from(segment)].end(outcome, answer, Span::from_nanos(latency));
                let counted = if cause.is_failure() { &mut interval.failed } else { &mut interval.declined };
                *counted += 1;
                interval.paused += u64::from(cause == Cause::Paused);
                self.first_failure(operation, cause, now);
                1 + cause as u64
            }
        };
        self.fingerprint = mix(self.fingerprint ^ now, latency ^ (u64::from(operation) << 48) ^ (code << 56));
    }

    /// Adds what a request spent its time on, that ends too.
    pub(crate) fn spent(
        &mut self,
        operation: u16,
        segment: u16,
        outcome: Outcome,
        parts_ns: &[u64; TimePart::COUNT],
    ) {
        self.operations[usize::from(operation)][usize::from(segment)].parts.add(outcome, parts_ns);
    }

    /// Counts a request that is served with less than what was asked for.
    #[cold]
    pub(crate) fn degraded(&mut self, operation: u16, segment: u16, since: u64, now: u64) {
        let record = &mut self.operations[usize::from(operation)][usize::from(segment)];
        record.degrade(Span::from_nanos(now - since));
    }

    #[inline(never)]
    fn first_failure(&mut self, operation: u16, cause: Cause, now: u64) {
        let seen = &mut self.seen[usize::from(operation)];
        let bit = 1 << cause as u32;
        if *seen & bit == 0 {
            *seen |= bit;
            self.milestones.push(Milestone {
                at: Instant::from_nanos(now),
                kind: MilestoneKind::FirstFailure(cause),
                subject: u32::from(operation),
            });
        }
    }

    /// Notes something that happened to a station for the first time.
    pub(crate) fn first_time(&mut self, kind: MilestoneKind, station: u32, now: u64) {
        let at = Instant::from_nanos(now);
        self.milestones.push(Milestone { at, kind, subject: station });
    }

    /// Counts the end of a whole request or background task.
    #[inline(always)]
    pub(crate) fn task_ended(&mut self, task: &Task, now: u64, outcome: Outcome) {
        if task.operation != u16::MAX {
            if task.degraded && outcome == Outcome::Served {
                self.degraded(task.operation, task.segment, task.arrived, now);
            }
            self.ended_here(task.operation, (task.segment, task.arrived, now), outcome, task.answer);
        }
    }

    /// Closes what is due at `now` for the operations, and says what is due for the stations.
    pub(crate) fn sample(&mut self, now: u64, in_flight: u64) -> Due {
        self.bring_in();
        let mut due = Due { interval: false, segment: None };
        let last = now == self.end().as_nanos();
        if now == self.next_interval || last {
            for (interval, series) in self.intervals.iter_mut().zip(&mut self.series.operations) {
                series.push(interval.close());
            }
            self.series.in_flight.push(in_flight);
            self.next_interval = now + self.segments.interval.as_nanos().max(1);
            due.interval = true;
        }
        if now == self.segments.ends[usize::from(self.segment)].as_nanos() {
            due.segment = Some(self.segment_from);
            self.segment_from = now;
            if usize::from(self.segment) + 1 < self.segments.ends.len() {
                self.segment += 1;
            }
        }
        due
    }

    /// Closes the current segment early, because the run stopped.
    pub(crate) fn stop(&mut self) -> u64 {
        self.segment_from
    }

    /// The operations' records, a row per operation.
    pub(crate) fn operations(&self) -> &[Vec<OperationRecord>] {
        &self.operations
    }

    /// Counts requests of each operation that take longer than its bound as late.
    pub(crate) fn count_late(&mut self, bounds: &[Option<Span>]) {
        for (interval, bound) in self.intervals.iter_mut().zip(bounds) {
            interval.bound = *bound;
        }
    }

    /// Cuts a segment in two at an instant that has not passed; says whether there was something to cut.
    pub(crate) fn cut(&mut self, at: Instant, now: u64) -> bool {
        let from = self.segment_from.max(now.saturating_sub(1));
        let later = self.segments.ends.partition_point(|end| *end < at);
        let known = self.segments.ends.get(later) == Some(&at);
        if known || at.as_nanos() <= from || at >= self.end() || self.segments.ends.len() >= MOST_SEGMENTS {
            return false;
        }
        self.segments.ends.insert(later, at);
        for records in &mut self.operations {
            records.push(OperationRecord::default());
        }
        true
    }

    /// The ends of the segments, as they are now.
    pub(crate) fn ends(&self) -> Vec<Instant> {
        self.segments.ends.clone()
    }

    pub(crate) fn into_parts(self) -> (Vec<Vec<OperationRecord>>, SeriesRecord, Vec<Milestone>) {
        (self.operations, self.series, self.milestones)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_in_the_segment_they_arrived_in_however_their_ends_mix() {
        let program = Program { operations: 2, ..Program::default() };
        let ends = [100, 200, 1_000].map(Instant::from_nanos).to_vec();
        let mut recorder = Recorder::new(&program, Segments { ends, interval: Span::from_nanos(500) });
        for now in [100, 200] {
            recorder.sample(now, 0);
        }
        for round in 0..200 {
            recorder.ended(0, (0, 50, 210 + round), Outcome::Served, None);
            recorder.ended(1, (1, 150, 210 + round), Outcome::Served, None);
            recorder.ended(0, ((round % 3) as u16, 90, 210), Outcome::Served, None);
        }
        let interval = recorder.sample(500, 0);
        assert!(interval.interval);
        let points: Vec<u64> = recorder.series.operations.iter().map(|series| series[0].served).collect();
        assert_eq!(points, [400, 200]);
        let counts =
            recorder.operations().iter().map(|records| records.iter().map(|record| record.served).collect());
        let counts: Vec<Vec<u64>> = counts.collect();
        assert_eq!(counts, [[200 + 67, 67, 66], [0, 200, 0]]);
        let sums =
            recorder.operations().iter().flat_map(|records| records.iter().map(|it| it.latency.sum_ns()));
        let first: u128 = (0..200).map(|round| 160 + round).sum::<u128>() + 67 * 120;
        let second: u128 = (0..200).map(|round| 60 + round).sum();
        assert_eq!(sums.collect::<Vec<_>>(), [first, 67 * 120, 66 * 120, 0, second, 0]);
    }
}
