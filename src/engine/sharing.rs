//! Processor sharing: jobs that share cores equally, each using at most one.

use super::meter::Meter;
use super::pending::{EventList, QuadHeap};
use super::program::SharingConfig;
use super::task::TaskId;

/// Meter units per core.
pub(crate) const MILLI: f64 = 1000.0;

fn milli(cores: f64) -> u64 {
    (cores * MILLI).round() as u64
}

/// A processor-sharing station in virtual time.
///
/// Every job advances at the same rate min(1, cores/jobs), so the work that each has had since the station
/// was last empty is one number, and a job is done when that number reaches its own finishing mark. Jobs are
/// kept in a heap by that mark, and one event, for the first of them, is pending.
#[derive(Debug)]
pub(crate) struct Sharing {
    cores: f64,
    /// The same in meter units.
    cores_milli: u64,
    speed: f64,
    pub(crate) meter: Meter,
    /// Work that each job has had [ns of one core].
    attained: f64,
    last_ns: u64,
    /// Finishing mark (the bits of a non-negative float, which sort as it does), then sequence and task.
    marks: QuadHeap,
    jobs: u64,
    entries: u64,
    /// Integral of the number of jobs over the whole run \[ns].
    job_area: u128,
    /// Time that jobs were here for, over those that left \[ns].
    stays: u128,
    /// Sequence number of the pending event; any other is stale.
    pub(crate) pending: u64,
}

/// A job's entry: its finishing mark and, in the low half, its token above the task's id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark(u128);

const TASK_BITS: u32 = 24;

impl Mark {
    fn new(finish: f64, token: u64, task: TaskId) -> Self {
        Mark((u128::from(finish.to_bits()) << 64) | u128::from((token << TASK_BITS) | u64::from(task)))
    }

    fn finish(self) -> f64 {
        f64::from_bits((self.0 >> 64) as u64)
    }

    pub(crate) fn token(self) -> u64 {
        (self.0 as u64) >> TASK_BITS
    }

    pub(crate) fn task(self) -> TaskId {
        (self.0 as u64 & ((1 << TASK_BITS) - 1)) as TaskId
    }
}

impl Sharing {
    pub(crate) fn new(config: &SharingConfig) -> Self {
        let cores = config.cores.as_f64();
        Sharing {
            cores,
            cores_milli: milli(cores),
            speed: 1.0,
            meter: Meter::new(milli(cores)),
            attained: 0.0,
            last_ns: 0,
            marks: QuadHeap::default(),
            jobs: 0,
            entries: 0,
            job_area: 0,
            stays: 0,
            pending: 0,
        }
    }

    #[inline]
    fn rate(&self) -> f64 {
        let jobs = self.jobs as f64;
        if jobs <= self.cores { self.speed } else { self.speed * self.cores / jobs }
    }

    /// Brings the attained work up to `now`.
    #[inline]
    pub(crate) fn advance(&mut self, now: u64) {
        self.meter.advance(now);
        if self.jobs > 0 {
            let elapsed = now - self.last_ns;
            self.attained += elapsed as f64 * self.rate();
            self.job_area += u128::from(self.jobs) * u128::from(elapsed);
        }
        self.last_ns = now;
    }

    fn count(&mut self, jobs: u64) {
        self.jobs = jobs;
        let queue = jobs as f64 - self.cores;
        if queue <= 0.0 {
            self.meter.set_busy(jobs * MILLI as u64);
            self.meter.set_queue(0);
        } else {
            self.meter.set_busy(self.cores_milli);
            self.meter.set_queue((queue + 0.5) as u64);
        }
        if jobs == 0 {
            // The station is empty: start counting afresh, so that precision is never used up.
            self.attained = 0.0;
        }
    }

    /// Adds a job of `work` [ns of one core]. To be called after [`Sharing::advance`].
    #[inline]
    pub(crate) fn add(&mut self, work: f64, task: TaskId, token: u64) {
        if self.jobs == 0 && self.entries > 0 {
            // Only stale entries are left, with marks of an earlier count.
            self.marks = QuadHeap::default();
            self.entries = 0;
        }
        self.marks.push(Mark::new(self.attained + work, token, task).0);
        self.entries += 1;
        self.count(self.jobs + 1);
    }

    /// Removes a job that ended in any way after a stay of `stay_ns`. To be called after [`Sharing::advance`].
    #[inline]
    pub(crate) fn remove_one(&mut self, stay_ns: u64) {
        self.stays += u128::from(stay_ns);
        self.count(self.jobs - 1);
    }

    /// The entry of the job that ends first, stale ones included.
    pub(crate) fn first(&mut self) -> Option<Mark> {
        self.marks.peek().map(Mark)
    }

    pub(crate) fn drop_first(&mut self) {
        if self.marks.pop().is_some() {
            self.entries -= 1;
        }
    }

    /// Forgets the entries of jobs that left unfinished, if most are.
    pub(crate) fn shrink(&mut self, is_live: impl Fn(Mark) -> bool) {
        if self.entries <= 64 || self.entries <= 2 * self.jobs {
            return;
        }
        let mut marks = QuadHeap::default();
        while let Some(mark) = self.marks.pop() {
            if is_live(Mark(mark)) {
                marks.push(mark);
            }
        }
        self.entries = marks.len() as u64;
        self.marks = marks;
    }

    /// The number of jobs.
    pub(crate) fn jobs(&self) -> u64 {
        self.jobs
    }

    /// Both sides of Little's law over the whole run up to `now` \[ns]: the integral of the number of jobs, and the
    /// sum of all stays when `open_stays` are those of the jobs still here.
    pub(crate) fn littles_law(&self, now: u64, open_stays: u128) -> (u128, u128) {
        let rest = u128::from(self.jobs) * u128::from(now - self.last_ns);
        (self.job_area + rest, self.stays + open_stays)
    }

    /// Whether a job with this entry is done; `due` if its event has come, whatever rounding says.
    pub(crate) fn is_done(&mut self, mark: Mark, due: bool) -> bool {
        if due {
            self.attained = self.attained.max(mark.finish());
        }
        mark.finish() <= self.attained
    }

    /// How long until the job with this entry is done if nothing changes \[ns].
    pub(crate) fn time_to(&self, mark: Mark) -> Option<u64> {
        let rate = self.rate();
        (rate > 0.0).then(|| round_up(((mark.finish() - self.attained) / rate).max(0.0)))
    }

    /// Changes the number of cores. To be called after [`Sharing::advance`].
    pub(crate) fn resize(&mut self, cores: f64) {
        (self.cores, self.cores_milli) = (cores, milli(cores));
        self.meter.set_capacity(self.cores_milli);
        self.count(self.jobs);
    }

    /// Changes how fast a core works; 1 is normal. To be called after [`Sharing::advance`].
    pub(crate) fn set_speed(&mut self, speed: f64) {
        self.speed = speed;
    }
}

/// The least whole number that is not below `nanos`, or the largest there is: `ceil` would be a call, since programs for all
/// processors of a kind cannot use the instruction for it.
#[inline]
fn round_up(nanos: f64) -> u64 {
    let whole = nanos as u64;
    whole.saturating_add(u64::from((whole as f64) < nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Cores;

    #[test]
    fn times_are_rounded_up_as_ceil_does() {
        let large = [2f64.powi(53) - 1.0, 2f64.powi(53), 2f64.powi(63), 2f64.powi(64), 1e300, f64::INFINITY];
        let near = (0..2_000).map(|step| f64::from(step) / 8.0);
        for nanos in near.chain(large).chain([5e-324, 1.0 - f64::EPSILON, 1.0 + f64::EPSILON]) {
            assert_eq!(round_up(nanos), nanos.ceil() as u64, "{nanos}");
        }
    }

    #[test]
    fn jobs_over_time_are_the_sum_of_their_stays() {
        let mut sharing = Sharing::new(&SharingConfig { cores: Cores::new(1.0) });
        for (at, token) in [(0, 1), (10, 2), (25, 3)] {
            sharing.advance(at);
            sharing.add(1e15, 0, token);
        }
        sharing.advance(40);
        sharing.remove_one(40 - 10);
        let open_at = |now: u128| now + (now - 25);
        assert_eq!(sharing.littles_law(40, open_at(40)), (85, 85));
        assert_eq!(sharing.littles_law(50, open_at(50)), (105, 105));
        sharing.remove_one(0);
        let (area, stays) = sharing.littles_law(50, 50);
        assert_ne!(area, stays, "a stay that was not counted shows");
    }

    #[test]
    fn marks_of_jobs_that_left_are_forgotten_though_the_station_is_never_empty() {
        let mut sharing = Sharing::new(&SharingConfig { cores: Cores::new(1.0) });
        for token in 1..=10_000 {
            sharing.add(1e15, 0, token);
            if token > 1 {
                sharing.remove_one(0);
                sharing.shrink(|mark| mark.token() == token);
            }
            assert!(sharing.entries <= 65, "{}", sharing.entries);
        }
        assert_eq!(sharing.jobs(), 1);
        while let Some(mark) = sharing.first().filter(|mark| mark.token() != 10_000) {
            assert!(mark.token() > 9_900, "{mark:?}");
            sharing.drop_first();
        }
        assert_eq!(sharing.first().map(Mark::token), Some(10_000));
    }
}
