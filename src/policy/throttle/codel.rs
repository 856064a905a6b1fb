//! Controlled delay: drops from the head of a queue whose shortest wait stays too long.
//!
//! It leaves out flow queueing and marking; a queue of requests has no packets, so "less than one packet
//! left" reads "nobody left behind".
//!
//! Source: RFC 8289, Appendix A.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};
use crate::units::{Instant, Span};

/// The settings of a [`CoDel`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct CoDelConfig {
    /// Wait that is acceptable for long. Range: at least 1ns. Default: 5ms.
    pub target: Span,
    /// Time that the wait may stay above the target. Range: at least 1ns. Default: 100ms.
    pub interval: Span,
}

impl Default for CoDelConfig {
    fn default() -> Self {
        CoDelConfig { target: Span::from_millis(5), interval: Span::from_millis(100) }
    }
}

impl CoDelConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        findings.require(!self.target.is_zero(), "target", self.target, "at least 1ns").require(
            !self.interval.is_zero(),
            "interval",
            self.interval,
            "at least 1ns",
        );
        findings.into_errors()
    }
}

/// The judge at the head of one queue.
#[derive(Clone, Debug)]
pub struct CoDel {
    config: CoDelConfig,
    /// When the wait will have been above the target for an interval; absent while it is below.
    above_until: Option<Instant>,
    dropping: bool,
    next_drop: Instant,
    /// Whether the next judgement moves the time of the next drop on.
    moves_on: bool,
    count: u32,
    count_before: u32,
}

impl CoDel {
    /// Makes a judge of an empty queue.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: CoDelConfig) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(CoDel {
            config,
            above_until: None,
            dropping: false,
            next_drop: Instant::START,
            moves_on: false,
            count: 0,
            count_before: 0,
        })
    }

    /// Whether to drop the request that leaves the queue at `now` after a wait of `sojourn`, with `behind`
    /// more in the queue. After a drop the next request is to be judged at the same instant.
    pub fn drops(&mut self, now: Instant, sojourn: Span, behind: usize) -> bool {
        let too_long = self.stays_above(now, sojourn, behind);
        let moves_on = std::mem::take(&mut self.moves_on);
        if self.dropping {
            if !too_long {
                self.dropping = false;
                return false;
            }
            if moves_on {
                self.next_drop = self.next_drop + self.pause();
            }
            if now < self.next_drop {
                return false;
            }
            self.count = self.count.saturating_add(1);
            self.moves_on = true;
            return true;
        }
        if too_long {
            self.start_dropping(now);
        }
        too_long
    }

    /// Notes that there was nobody in the queue: the wait was below the target.
    pub fn on_empty(&mut self) {
        (self.above_until, self.dropping, self.moves_on) = (None, false, false);
    }

    /// Whether requests are being dropped.
    pub const fn is_dropping(&self) -> bool {
        self.dropping
    }

    fn stays_above(&mut self, now: Instant, sojourn: Span, behind: usize) -> bool {
        if sojourn < self.config.target || behind == 0 {
            self.above_until = None;
            return false;
        }
        match self.above_until {
            None => {
                self.above_until = Some(now + self.config.interval);
                false
            }
            Some(until) => now >= until,
        }
    }

    fn start_dropping(&mut self, now: Instant) {
        let more = self.count.saturating_sub(self.count_before);
        let lately = now.since(self.next_drop) < self.config.interval * 16.0;
        self.count = if more > 1 && lately { more } else { 1 };
        self.count_before = self.count;
        self.dropping = true;
        self.next_drop = now + self.pause();
    }

    /// Time between two drops: it shrinks with the square root of their number.
    fn pause(&self) -> Span {
        self.config.interval * (1.0 / f64::from(self.count.max(1)).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Span::from_millis(millis)
    }

    fn judge() -> CoDel {
        CoDel::new(CoDelConfig::default()).unwrap()
    }

    /// Milliseconds at which a request is dropped, one leaving each millisecond after a wait of 50 ms.
    fn drops(judge: &mut CoDel, from_ms: u64, to_ms: u64) -> Vec<u64> {
        (from_ms..to_ms).filter(|ms| judge.drops(at(*ms), Span::from_millis(50), 9)).collect()
    }

    #[test]
    fn a_wait_above_the_target_is_tolerated_for_one_interval() {
        assert_eq!(drops(&mut judge(), 0, 101), [100]);
    }

    #[test]
    fn drops_come_faster_with_the_square_root_of_their_number() {
        // 100, then + 100/√1, + 100/√2 (70.7), + 100/√3 (57.7).
        assert_eq!(drops(&mut judge(), 0, 400), [100, 200, 271, 329, 379]);
    }

    #[test]
    fn one_short_wait_ends_the_dropping() {
        let mut judge = judge();
        assert_eq!(drops(&mut judge, 0, 250).len(), 2);
        assert!(!judge.drops(at(250), Span::from_millis(4), 9));
        assert!(!judge.is_dropping());
        assert!(drops(&mut judge, 251, 351).is_empty());
    }

    #[test]
    fn dropping_that_restarts_soon_goes_on_at_its_pace() {
        let mut judge = judge();
        assert_eq!(drops(&mut judge, 0, 400).len(), 5);
        assert!(!judge.drops(at(400), Span::ZERO, 9));
        // Five drops less the one it started with: the next pause is 100/√4.
        assert_eq!(drops(&mut judge, 401, 560), [501, 551]);
    }

    #[test]
    fn an_empty_queue_ends_the_dropping_and_begins_the_interval_anew() {
        let mut judge = judge();
        assert_eq!(drops(&mut judge, 0, 250).len(), 2);
        judge.on_empty();
        assert!(!judge.is_dropping());
        assert_eq!(drops(&mut judge, 1_000, 1_101), [1_100]);
    }

    #[test]
    fn the_last_request_in_the_queue_is_never_dropped() {
        let mut judge = judge();
        let dropped = (0..500).filter(|ms| judge.drops(at(*ms), Span::from_millis(50), 0)).count();
        assert_eq!(dropped, 0);
    }

    #[test]
    fn a_target_of_zero_is_refused() {
        let config: CoDelConfig = serde_json::from_str(r#"{"target": "0s", "interval": "0s"}"#).unwrap();
        assert_eq!(config.check().len(), 2);
    }
}
