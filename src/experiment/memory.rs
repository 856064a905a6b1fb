//! How many large runs go on at once, so that their memory is no matter of the number of threads.
//!
//! A run is large from [`LARGE`] on. From then on it has all the memory that its limits allow set aside for it, out of
//! [`MEMORY`] for all runs of the process; if there is not so much left, it waits until others have ended. One run may
//! always go on, whatever its limits. What a run gives does not depend on when it goes on, and so not on any of this.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::engine::{Extent, Limits};

/// Memory of a task in flight, with its events and scopes \[B]. Source: measured, 2,000,000 at a station in 450 MB.
const TASK: u64 = 256;
/// Memory of an entry of a cache \[B]. Source: the sizes of its types, with lists and index grown by doubling.
const ENTRY: u64 = 160;
/// A run that holds more is large \[B].
const LARGE: u64 = 64 << 20;
/// What all large runs may come to together \[B].
const MEMORY: u64 = 4 << 30;
/// A run that waits looks so often whether it is to stop.
const LOOK: Duration = Duration::from_millis(100);

static SHARED: Budget = Budget::new(MEMORY);

/// Memory that large runs share.
#[derive(Debug)]
struct Budget {
    most: u64,
    taken: Mutex<u64>,
    freed: Condvar,
}

impl Budget {
    const fn new(most: u64) -> Self {
        Budget { most, taken: Mutex::new(0), freed: Condvar::new() }
    }

    /// Waits until there is enough, and gives whether there is; `false` if it is to stop before.
    fn take(&self, bytes: u64, goes_on: &dyn Fn() -> bool) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken > 0 && *taken + bytes > self.most {
            if !goes_on() {
                return false;
            }
            let woken = self.freed.wait_timeout(taken, LOOK);
            taken = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        *taken += bytes;
        true
    }

    fn give_back(&self, bytes: u64) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) -= bytes;
        self.freed.notify_all();
    }
}

/// The memory of one run; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share<'a> {
    budget: &'a Budget,
    /// What its limits allow it.
    most: u64,
    is_taken: Cell<bool>,
}

impl Share<'static> {
    /// The share of a run that has not begun.
    pub(super) fn of(limits: Limits) -> Self {
        Share::new(&SHARED, limits)
    }
}

impl<'a> Share<'a> {
    fn new(budget: &'a Budget, limits: Limits) -> Self {
        Share { budget, most: bytes(u64::from(limits.in_flight), limits.entries), is_taken: Cell::new(false) }
    }

    /// Sees to it that there is memory for a run that has grown, and waits for it if need be. Gives whether the run goes
    /// on.
    pub(super) fn has_room(&self, extent: Extent, goes_on: &dyn Fn() -> bool) -> bool {
        if !goes_on() {
            return false;
        }
        if !self.is_taken.get() && bytes(extent.tasks, extent.entries) > LARGE {
            self.is_taken.set(self.budget.take(self.most, goes_on));
            return self.is_taken.get();
        }
        true
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        if self.is_taken.get() {
            self.budget.give_back(self.most);
        }
    }
}

fn bytes(tasks: u64, entries: u64) -> u64 {
    tasks.saturating_mul(TASK).saturating_add(entries.saturating_mul(ENTRY))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use super::*;

    const HALF: Limits = Limits { in_flight: 1_000, events: 1, at_once: 1, entries: 0 };

    fn large() -> Extent {
        Extent { tasks: LARGE / TASK + 1, entries: 0 }
    }

    #[test]
    fn large_runs_wait_for_each_other_and_small_ones_for_nobody() {
        let budget = Budget::new(2 * 1_000 * TASK);
        let (most, now) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let share = Share::new(&budget, HALF);
                    assert!(share.has_room(Extent { tasks: 1, entries: 1 }, &|| true));
                    assert!(!share.is_taken.get(), "a small run takes nothing");
                    assert!(share.has_room(large(), &|| true));
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    assert!(share.has_room(large(), &|| true), "it has its share already");
                    now.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert!((1..=2).contains(&most.load(Ordering::SeqCst)), "{most:?}");
        assert_eq!(*budget.taken.lock().unwrap(), 0);
    }

    #[test]
    fn a_run_whose_limits_are_beyond_everything_goes_on_alone_and_one_that_waits_can_be_stopped() {
        let budget = Budget::new(1);
        let first = Share::new(&budget, HALF);
        assert!(first.has_room(large(), &|| true));
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| {
                let second = Share::new(&budget, HALF);
                second.has_room(large(), &|| !stop.load(Ordering::SeqCst))
            });
            stop.store(true, Ordering::SeqCst);
            assert!(!waits.join().unwrap());
        });
        drop(first);
        assert!(Share::new(&budget, HALF).has_room(large(), &|| true));
    }
}
