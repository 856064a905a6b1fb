//! What the programs by hand write down, and what they and ours have to agree on.

use brownout::component::View;
use brownout::record::{Histogram, RunRecord};
use brownout::scenario::Plan;

/// Buckets up to 2^41 ns, 37 minutes: what takes longer is counted in the last one.
const BUCKETS: usize = 1 << 15;

/// Times of three digits at any size, as ours keep them: 2,048 buckets of a nanosecond, then 1,024 for each doubling.
/// Of a fixed length, so that nothing has to be looked at before one is counted.
struct Buckets(Box<[u32; BUCKETS]>);

impl Buckets {
    fn new() -> Buckets {
        let counts = vec![0; BUCKETS].into_boxed_slice();
        Buckets(counts.try_into().expect("it is as long as that"))
    }

    #[inline]
    fn add(&mut self, nanos: u64) {
        // With the low bits filled in, what is counted one by one has no shift.
        let shift = (nanos | 0x7ff).ilog2() - 10;
        let index = ((shift as usize) << 10) + (nanos >> shift) as usize;
        self.0[index.min(BUCKETS - 1)] += 1;
    }

    /// The middle of the bucket that a quantile is in \[s]; 0 without any.
    fn quantile(&self, share: f64) -> f64 {
        let count: u64 = self.0.iter().map(|count| u64::from(*count)).sum();
        let wanted = ((share * count as f64).ceil() as u64).max(1);
        let mut passed = 0;
        let place = self.0.iter().position(|count| {
            passed += u64::from(*count);
            passed >= wanted
        });
        place.map_or(0.0, |index| {
            let shift = (index >> 10).saturating_sub(1);
            let low = (index - (shift << 10)) << shift;
            (low as f64 + 0.5 * ((1u64 << shift) - 1) as f64) * 1e-9
        })
    }
}

/// What came of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) requests: u64,
    pub(crate) served: u64,
    /// Of response times and counts, so that a faster program is the same program.
    pub(crate) hash: u64,
    /// Of those served \[s].
    pub(crate) mean_s: f64,
    /// The same; 0 where no histogram is kept.
    pub(crate) p50_s: f64,
    /// The same.
    pub(crate) p99_s: f64,
    /// The same.
    pub(crate) p999_s: f64,
}

impl Outcome {
    /// What came of one of our runs.
    pub(crate) fn of(plan: &Plan, record: &RunRecord) -> Outcome {
        let client = plan.assembly.operations.iter().position(|name| name.view == View::Client);
        let mut latency = Histogram::new(3);
        record.operations[client.unwrap_or(0)].iter().for_each(|segment| latency.merge(&segment.latency));
        let quantile = |share| latency.quantile(share).map_or(0.0, |span| span.as_secs_f64());
        Outcome {
            requests: record.requests,
            served: latency.count(),
            hash: record.fingerprint,
            mean_s: latency.mean_secs().unwrap_or(0.0),
            p50_s: quantile(0.5),
            p99_s: quantile(0.99),
            p999_s: quantile(0.999),
        }
    }

    pub(crate) fn share_served(&self) -> f64 {
        self.served as f64 / self.requests as f64
    }

    fn not_served(&self) -> f64 {
        (self.requests - self.served) as f64
    }

    /// In what two runs of one system with other random numbers differ too much: for requests, mean and percentiles so
    /// many times these parts of each other; for those not served three times what chance makes of so many, which come in
    /// clusters of some six.
    pub(crate) fn differs_from(&self, other: &Outcome, times: f64) -> Option<String> {
        let pairs = [
            ("requests", 0.003, self.requests as f64, other.requests as f64),
            ("mean", 0.01, self.mean_s, other.mean_s),
            ("p50", 0.01, self.p50_s, other.p50_s),
            ("p99", 0.02, self.p99_s, other.p99_s),
            ("p99.9", 0.05, self.p999_s, other.p999_s),
        ];
        let off = |(_, most, one, other): &(&str, f64, f64, f64)| (one / other - 1.0).abs() > most * times;
        let told = |what, one, other| format!("{what}: {one} against {other}");
        let (one, another) = (self.not_served(), other.not_served());
        if (one - another).abs() > 3.0 * (6.0 * (one + another)).sqrt() {
            return Some(told("not served", one, another));
        }
        pairs.into_iter().find(off).map(|(what, _, one, other)| told(what, one, other))
    }
}

/// Counts who was served, and how long that took if it is measured.
pub(crate) struct Tally<const MEASURED: bool> {
    buckets: Buckets,
    served: u64,
    sum_ns: u128,
    hash: u64,
}

impl<const MEASURED: bool> Tally<MEASURED> {
    pub(crate) fn new() -> Self {
        Tally { buckets: Buckets::new(), served: 0, sum_ns: 0, hash: 0 }
    }

    #[inline]
    pub(crate) fn add(&mut self, nanos: u64) {
        self.served += 1;
        self.sum_ns += u128::from(nanos);
        self.hash = self.hash.rotate_left(5).wrapping_mul(0x100_0000_01b3) ^ nanos;
        if MEASURED {
            self.buckets.add(nanos);
        }
    }

    #[inline]
    pub(crate) fn failed(&mut self, now: u64) {
        self.hash ^= now;
    }

    pub(crate) fn outcome(&self, requests: u64) -> Outcome {
        let mean_s = self.sum_ns as f64 / self.served.max(1) as f64 * 1e-9;
        let quantile = |share| if MEASURED { self.buckets.quantile(share) } else { 0.0 };
        let [p50_s, p99_s, p999_s] = [0.5, 0.99, 0.999].map(quantile);
        Outcome { requests, served: self.served, hash: self.hash, mean_s, p50_s, p99_s, p999_s }
    }
}
