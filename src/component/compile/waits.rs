//! What is held while what is waited for: the edges along which one full station fills another.

use super::builder::Builder;
use super::steps::Scope;
use crate::engine::Program;

/// A station, as the first of its replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Slots(u32),
    Sharing(u32),
    Locks(u32),
    Batch(u32),
}

impl Held {
    /// Its index in the record.
    pub(super) fn index(self, program: &Program) -> usize {
        let sharings = program.slots.len();
        let locks = sharings + program.sharings.len();
        let batches = locks + program.locks.len();
        match self {
            Held::Slots(index) => index as usize,
            Held::Sharing(index) => sharings + index as usize,
            Held::Locks(index) => locks + index as usize,
            Held::Batch(index) => batches + index as usize,
        }
    }
}

impl Builder<'_> {
    /// Notes that everything held in a scope is held while `on` is waited for.
    pub(super) fn waits_for(&mut self, scope: Scope<'_>, on: Held) {
        let threads = self.layout.threads[scope.process].map(Held::Slots);
        let pools: Vec<Held> = scope
            .held_databases()
            .filter_map(|database| self.layout.pools.get(&(scope.process, database, false)))
            .map(|pool| Held::Slots(self.parts.pools[*pool].slots))
            .collect();
        // The innermost thing that is held is what waits; what is around it waits for that.
        let holders = if pools.is_empty() { threads.into_iter().collect() } else { pools };
        for holder in holders {
            if !self.parts.waits.contains(&(holder, on)) {
                self.parts.waits.push((holder, on));
            }
        }
    }
}
