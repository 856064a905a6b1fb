//! The breaker's memory of finished calls.

use std::collections::VecDeque;

use super::config::{CircuitBreakerConfig, SlidingWindowType};
use crate::units::Instant;

const SECOND_NS: u64 = 1_000_000_000;

/// Calls by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// All calls \[calls].
    pub total: u32,
    /// Calls that failed \[calls].
    pub failed: u32,
    /// Calls that were slow, failed or not \[calls].
    pub slow: u32,
    /// Calls that were slow and failed \[calls].
    pub slow_failed: u32,
}

impl CallCounts {
    fn of(failed: bool, slow: bool) -> Self {
        CallCounts {
            total: 1,
            failed: u32::from(failed),
            slow: u32::from(slow),
            slow_failed: u32::from(failed && slow),
        }
    }

    fn add(&mut self, other: CallCounts) {
        self.total += other.total;
        self.failed += other.failed;
        self.slow += other.slow;
        self.slow_failed += other.slow_failed;
    }

    fn subtract(&mut self, other: CallCounts) {
        self.total -= other.total;
        self.failed -= other.failed;
        self.slow -= other.slow;
        self.slow_failed -= other.slow_failed;
    }
}

/// Counts of the calls that are still remembered.
#[derive(Clone, Debug)]
pub(super) struct Window {
    totals: CallCounts,
    memory: Memory,
}

#[derive(Clone, Debug)]
enum Memory {
    /// One entry a call, oldest first.
    Calls { size: usize, calls: VecDeque<CallCounts> },
    /// One entry for each second in which a call ended, oldest first, by its number since the epoch.
    Seconds { size: u64, origin_ns: u64, seconds: VecDeque<(u64, CallCounts)> },
}

impl Window {
    /// The window of the closed state; `origin_ns` is the start of the run since the epoch.
    pub(super) fn closed(config: &CircuitBreakerConfig, origin_ns: u64) -> Self {
        match config.sliding_window_type {
            SlidingWindowType::CountBased => Window::of_calls(config.sliding_window_size),
            SlidingWindowType::TimeBased => Window {
                totals: CallCounts::default(),
                memory: Memory::Seconds {
                    size: u64::from(config.sliding_window_size),
                    origin_ns,
                    seconds: VecDeque::new(),
                },
            },
        }
    }

    /// A window over the last `size` calls.
    pub(super) fn of_calls(size: u32) -> Self {
        let memory = Memory::Calls { size: size as usize, calls: VecDeque::new() };
        Window { totals: CallCounts::default(), memory }
    }

    /// Remembers one call that ended at `now`.
    pub(super) fn record(&mut self, now: Instant, failed: bool, slow: bool) -> CallCounts {
        self.forget(now);
        let call = CallCounts::of(failed, slow);
        self.totals.add(call);
        match &mut self.memory {
            Memory::Calls { size, calls } => {
                calls.push_back(call);
                while calls.len() > *size {
                    if let Some(oldest) = calls.pop_front() {
                        self.totals.subtract(oldest);
                    }
                }
            }
            Memory::Seconds { origin_ns, seconds, .. } => {
                let second = second_of(*origin_ns, now);
                match seconds.back_mut() {
                    Some((latest, counts)) if *latest >= second => counts.add(call),
                    Some(_) | None => seconds.push_back((second, call)),
                }
            }
        }
        self.totals
    }

    /// What is remembered at `now`.
    pub(super) fn counts(&mut self, now: Instant) -> CallCounts {
        self.forget(now);
        self.totals
    }

    /// Drops the seconds that the window has moved past.
    fn forget(&mut self, now: Instant) {
        let Memory::Seconds { size, origin_ns, seconds } = &mut self.memory else { return };
        let current = second_of(*origin_ns, now);
        while let Some(&(second, counts)) = seconds.front() {
            if second + *size > current {
                break;
            }
            self.totals.subtract(counts);
            seconds.pop_front();
        }
    }
}

/// The number of the second, since the epoch, in which `now` lies.
fn second_of(origin_ns: u64, now: Instant) -> u64 {
    origin_ns.saturating_add(now.as_nanos()) / SECOND_NS
}
