//! Timers of the system's own work, by what is due.

use super::World;
use super::pools::Expected;
use crate::engine::Core;
use crate::units::Instant;

/// What is due. Nothing can be taken back: whoever is told looks whether it still matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// An expiry cycle of a store.
    Expiry { store: u16 },
    /// A batch has been kept for as long as it may.
    Linger { batch: u64 },
    /// A fetch of a member has an answer.
    Fetch { topic: u16, member: u16 },
    /// A member has committed.
    Committed { topic: u16, member: u16 },
    /// It is time for a member's automatic commit, also if nothing comes to poll.
    AutoCommit { topic: u16, member: u16 },
    /// A member may have worked on one poll for too long.
    PollInterval { topic: u16, member: u16 },
    /// A member hears that its group rebalances.
    Hears { topic: u16, member: u16 },
    /// A member that crashed is missed.
    Missed { topic: u16, member: u16 },
    /// A group waits no longer for members to come back.
    Barrier { topic: u16 },
    /// Something of a connection pool.
    Pool(Expected),
    /// A change of a group that was planned beforehand.
    Planned { change: u32 },
}

/// Timers that are set, by number.
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: Vec<Due>,
    free: Vec<u32>,
    /// Numbers below this one are closed users.
    first: u32,
}

impl Timers {
    pub(super) fn new(first: u32) -> Self {
        Timers { first, ..Timers::default() }
    }
}

impl World<'_> {
    /// Sets a timer.
    pub(super) fn set_due(&mut self, core: &mut Core<'_>, at: Instant, due: Due) {
        let timers = &mut self.timers;
        let slot = match timers.free.pop() {
            Some(slot) => {
                timers.due[slot as usize] = due;
                slot
            }
            None => {
                timers.due.push(due);
                (timers.due.len() - 1) as u32
            }
        };
        core.set_timer(at, timers.first + slot);
    }

    /// Does what a timer stands for.
    pub(super) fn timer_due(&mut self, core: &mut Core<'_>, timer: u32) {
        let Some(slot) = timer.checked_sub(self.timers.first) else { return self.user_due(core, timer) };
        self.timers.free.push(slot);
        match self.timers.due[slot as usize] {
            Due::Expiry { store } => self.expiry_due(core, store),
            Due::Linger { batch } => self.linger_over(core, batch),
            Due::Fetch { topic, member } => self.fetched(core, topic, member),
            Due::Committed { topic, member } => self.committed(core, topic, member),
            Due::AutoCommit { topic, member } => self.commits_while_it_waits(core, topic, member),
            Due::PollInterval { topic, member } => self.poll_interval_over(core, topic, member),
            Due::Hears { topic, member } => self.hears_of_rebalance(core, topic, member),
            Due::Missed { topic, member } => self.member_missed(core, topic, member),
            Due::Barrier { topic } => self.barrier_over(core, topic),
            Due::Pool(expected) => self.pool_due(core, expected),
            Due::Planned { change } => self.planned_change(core, change),
        }
    }
}
