//! Deadlocks: transactions that wait for each other in a circle.
//!
//! The circle is one of transactions, not of tasks: a task that waits in an inner transaction for a lock of its own
//! outer one waits for ever, or until its patience runs out, as it does in a real database.
//!
//! Source: MySQL 8.0 manual, "Deadlock Detection"; `lock0wait.cc` and `trx0trx.h` for the weight of a victim.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::control::Condemned;
use super::host::Host;
use super::locks::Hold;
use super::run::Engine;
use super::task::{Frame, State, TaskId};
use crate::record::Cause;

impl<H: Host> Engine<'_, H> {
    /// Looks whether the wait that `id` just began closes cycles; if so, fails the cheapest transaction of each:
    /// fewest rows changed and locks held, and among equals the one that waits for the shortest time.
    pub(super) fn resolve_deadlock(&mut self, id: TaskId) {
        let Some(start) = self.waiting_session(id) else { return };
        if !self.is_waited_for(start) {
            return;
        }
        let failing = |condemned: &Condemned| match condemned {
            Condemned::Wait { task, token, .. } => {
                (self.core.tasks[*task].token == *token).then(|| self.waiting_session(*task)).flatten()
            }
            Condemned::Scope { .. } => None,
        };
        let mut failing: Vec<u32> = self.core.condemned.iter().filter_map(failing).collect();
        while let Some(cycle) = self.cycle_from(start, &failing) {
            let cost = |session: &u32| {
                let weight = self.holds_of(*session).count() + self.core.sessions[*session].changed as usize;
                let task = self.core.sessions[*session].task;
                (weight, std::cmp::Reverse(self.core.tasks[task].token))
            };
            let Some(victim) = cycle.into_iter().min_by_key(cost) else { return };
            let task = self.core.sessions[victim].task;
            let token = self.core.tasks[task].token;
            self.core.condemn(task, token, Cause::Deadlock);
            if victim == start {
                return;
            }
            failing.push(victim);
        }
    }

    /// The transaction for which a task waits for a lock, if it does.
    pub(super) fn waiting_session(&self, task: TaskId) -> Option<u32> {
        match self.core.tasks[task].state {
            State::Lock { table, entry } => self.core.locks[usize::from(table)].waits_for(entry, task),
            _ => None,
        }
    }

    /// The locks of a transaction.
    fn holds_of(&self, session: u32) -> impl Iterator<Item = Hold> {
        let task = self.core.sessions[session].task;
        let firsts = self.core.tasks[task].frames.iter().filter_map(move |frame| match frame {
            Frame::Locks { first, session: own, .. } if *own == session => Some(*first),
            _ => None,
        });
        firsts.flat_map(|first| self.core.holds.list(first))
    }

    /// Whether anybody waits for a lock of a transaction: if not, its own wait closes no cycle.
    fn is_waited_for(&self, session: u32) -> bool {
        let waited = |hold: Hold| self.core.locks[usize::from(hold.table)].others_wait(hold.entry, session);
        self.holds_of(session).any(waited)
    }

    /// The transactions on the shortest cycle of waits through `start` that leaves out those already `failing`.
    ///
    /// On a longer one there may be some that merely stand in a line between two others, whose failing would free
    /// nobody.
    fn cycle_from(&self, start: u32, failing: &[u32]) -> Option<Vec<u32>> {
        // Found transactions in order of distance, each with the one that waits for it.
        let mut found: IndexMap<u32, u32, FxBuildHasher> = IndexMap::default();
        found.insert(start, start);
        let mut next = 0;
        while let Some(session) = found.get_index(next).map(|(session, _)| *session) {
            next += 1;
            for blocker in self.blockers(session) {
                if blocker == start {
                    let waiter = |session: &u32| (*session != start).then(|| found[session]);
                    return Some(std::iter::successors(Some(session), waiter).collect());
                }
                if !failing.contains(&blocker) {
                    found.entry(blocker).or_insert(session);
                }
            }
        }
        None
    }

    fn blockers(&self, session: u32) -> Vec<u32> {
        let mut blockers = Vec::new();
        let task = self.core.sessions[session].task;
        if self.waiting_session(task) == Some(session)
            && let State::Lock { table, entry } = self.core.tasks[task].state
        {
            self.core.locks[usize::from(table)].blockers(entry, task, &mut blockers);
        }
        blockers
    }
}
