//! How old the oldest record is that nobody has worked on: the lag in seconds.

use crate::component::observe::Reading;
use crate::units::Instant;

/// The age of the oldest record of a partition, with its integral.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Age {
    oldest: Option<Instant>,
    since: Instant,
    integral: f64,
    max: f64,
}

impl Age {
    pub(crate) const NONE: Age = Age { oldest: None, since: Instant::START, integral: 0.0, max: 0.0 };

    fn at(&self, now: Instant) -> f64 {
        self.oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64())
    }

    /// Says when the oldest was published.
    pub(crate) fn set(&mut self, now: Instant, oldest: Option<Instant>) {
        if oldest == self.oldest {
            return;
        }
        self.advance(now);
        self.oldest = oldest;
    }

    fn advance(&mut self, now: Instant) {
        let (before, after) = (self.at(self.since), self.at(now));
        self.integral += (before + after) / 2.0 * now.since(self.since).as_secs_f64();
        self.max = self.max.max(after);
        self.since = now;
    }

    /// Reads it; the largest value starts anew.
    pub(crate) fn read(&mut self, now: Instant) -> Reading {
        self.advance(now);
        let value = self.at(now);
        let max = std::mem::replace(&mut self.max, value);
        Reading { value, total: self.integral, max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    #[test]
    fn the_age_grows_until_the_oldest_is_dealt_with() {
        let at = |secs| Instant::START + Span::from_secs(secs);
        let mut age = Age::NONE;
        age.set(at(2), Some(at(2)));
        age.set(at(6), Some(at(5)));
        // 0 until 2, up to 4 at 6, then 1 growing to 3 at 8.
        assert_eq!(age.read(at(8)), Reading { value: 3.0, total: 8.0 + 4.0, max: 4.0 });
    }
}
