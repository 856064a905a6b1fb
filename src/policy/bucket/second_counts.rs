//! Two counters over a sliding window of whole seconds.

use std::collections::VecDeque;

use crate::units::{Instant, Span};

const SECOND_NS: u64 = 1_000_000_000;

/// Sums of two counters over the last seconds, the present one included.
#[derive(Clone, Debug)]
pub(in crate::policy) struct SecondCounts {
    seconds_max: u64,
    /// Seconds in which something was counted, oldest first.
    seconds: VecDeque<(u64, [u64; 2])>,
    sums: [u64; 2],
}

impl SecondCounts {
    /// Counts over `window`, cut to whole seconds and at least one.
    pub(in crate::policy) fn over(window: Span) -> Self {
        let seconds_max = (window.as_nanos() / SECOND_NS).max(1);
        SecondCounts { seconds_max, seconds: VecDeque::new(), sums: [0; 2] }
    }

    /// Adds to both counters.
    pub(in crate::policy) fn add(&mut self, now: Instant, first: u64, second: u64) {
        let current = self.forget(now);
        let more = [first, second];
        match self.seconds.back_mut() {
            Some((latest, counts)) if *latest >= current => add(counts, more),
            Some(_) | None => self.seconds.push_back((current, more)),
        }
        add(&mut self.sums, more);
    }

    /// Both sums.
    pub(in crate::policy) fn sums(&mut self, now: Instant) -> (u64, u64) {
        self.forget(now);
        (self.sums[0], self.sums[1])
    }

    fn forget(&mut self, now: Instant) -> u64 {
        let current = now.as_nanos() / SECOND_NS;
        while let Some(&(second, counts)) = self.seconds.front() {
            if second + self.seconds_max > current {
                break;
            }
            self.sums = [self.sums[0] - counts[0], self.sums[1] - counts[1]];
            self.seconds.pop_front();
        }
        current
    }
}

fn add(counts: &mut [u64; 2], more: [u64; 2]) {
    counts[0] += more[0];
    counts[1] += more[1];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_leaves_the_sums_when_the_window_has_passed_it() {
        let at = |millis| Instant::START + Span::from_millis(millis);
        let mut counts = SecondCounts::over(Span::from_secs(2));
        counts.add(at(900), 1, 2);
        counts.add(at(1_000), 4, 0);
        assert_eq!(counts.sums(at(1_999)), (5, 2));
        assert_eq!(counts.sums(at(2_000)), (4, 0));
        assert_eq!(counts.sums(at(9_000)), (0, 0));
    }
}
