//! How large a run may grow, and how large it is.

use super::core::Core;
use crate::record::Ending;

/// Limits of a run; reaching one ends it with a recorded outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most tasks in flight at once.
    ///
    /// Range: 1 to 16,000,000.
    pub in_flight: u32,
    /// Most events in a run.
    ///
    /// Range: 1 to 10^11.
    pub events: u64,
    /// Most events, turns of tasks and rounds of loops at one instant.
    ///
    /// Range: 1 to 10^11.
    pub at_once: u64,
    /// Most entries that stay when nobody works with them any more, of everything together: see [`Core::keeps`].
    ///
    /// Range: 1 to 10^9.
    pub entries: u64,
}

/// How much a run holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Tasks in flight.
    pub tasks: u64,
    /// Entries that stay, when they were last counted.
    pub entries: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { in_flight: 2_000_000, events: 20_000_000_000, at_once: 10_000_000, entries: 10_000_000 }
    }
}

/// A host counts its entries when so many may have come.
const ENTRIES_BETWEEN_COUNTS: u64 = 1 << 16;

impl Core<'_> {
    /// How much there is.
    pub(crate) fn extent(&self) -> Extent {
        Extent { tasks: self.tasks.len() as u64, entries: self.entries }
    }

    #[cold]
    pub(crate) fn ends_at_once(&mut self) {
        let now = self.now();
        let few = self.limits.events <= self.limits.at_once;
        self.ending = if few { Ending::EventLimit(now) } else { Ending::InstantLimit(now) };
    }

    /// Takes note of how many entries the host keeps, and ends the run if they are too many. Gives how many may come
    /// before it has to say so again.
    #[cold]
    pub fn keeps(&mut self, entries: u64) -> u64 {
        self.entries = entries;
        if entries > self.limits.entries {
            self.ending = Ending::EntryLimit(self.now());
        }
        self.limits.entries.saturating_sub(entries).min(ENTRIES_BETWEEN_COUNTS)
    }
}
