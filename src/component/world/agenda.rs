//! What the world has to see to at an instant, besides loads.

use std::collections::BTreeSet;

use super::World;
use super::conditions::Handle;
use crate::engine::Core;
use crate::timeline::runbook::Runbook;
use crate::units::Instant;

/// The timer of the agenda; closed users have the numbers below.
pub(super) const AGENDA: u32 = (1 << 24) - 1;

/// Something to see to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Chore {
    /// Faults begin or end.
    Faults,
    /// A replica has started and takes requests.
    Started { process: u16, replica: u16 },
    /// A replica takes a cache server's place.
    FailOver { gate: u16, store: u16, generation: u32 },
    /// Something is due in a cluster.
    Cluster { cluster: u16 },
    /// A cache server has read its file.
    Loaded { gate: u16, store: u16, generation: u32 },
    /// A snapshot may be due.
    Save { store: u16 },
    /// A snapshot is written.
    Saved { store: u16, life: u32 },
    /// A replica gets warmer.
    Warms { process: u16, replica: u16, step: u32 },
    /// Messages are sent again at a gate.
    SendAgain { gate: u16 },
    /// Exporters are read.
    Scrape,
    /// Rules are evaluated, and whoever is to be told is told.
    Watch,
    /// People do something.
    People,
    /// A restart goes on.
    Restart { number: u16 },
    /// A cache is filled by another entry.
    Warm { warm: u16 },
}

/// What is to be seen to, in order.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    chores: BTreeSet<(Instant, Chore)>,
}

impl World<'_> {
    /// Has something seen to at an instant.
    pub(super) fn plan(&mut self, core: &mut Core<'_>, at: Instant, chore: Chore) {
        if self.agenda.chores.insert((at, chore)) {
            core.set_timer(at, AGENDA);
        }
    }

    /// Plans the first faults and the first steps of the runbook.
    pub(super) fn begin_agenda(&mut self, core: &mut Core<'_>) {
        self.plan_faults(core);
        if let Some(at) = self.runbook.as_ref().and_then(Runbook::next) {
            self.plan(core, at, Chore::People);
        }
    }

    /// Plans when faults are next looked at.
    pub(super) fn plan_faults(&mut self, core: &mut Core<'_>) {
        if let Some(at) = self.faults.next() {
            self.plan(core, at, Chore::Faults);
        }
    }

    /// Sees to what is due.
    pub(super) fn see_to_agenda(&mut self, core: &mut Core<'_>) {
        while let Some((at, chore)) = self.agenda.chores.first().copied() {
            if at > core.now() {
                return;
            }
            self.agenda.chores.pop_first();
            match chore {
                Chore::Faults => {
                    let mut faults = std::mem::take(&mut self.faults);
                    faults.advance(at, &mut Handle { world: self, core });
                    self.faults = faults;
                    self.plan_faults(core);
                    self.look_who_is_well(core);
                }
                Chore::Started { process, replica } => {
                    self.started(core, process, replica);
                    self.look_who_is_well(core);
                }
                Chore::FailOver { gate, store, generation } => {
                    self.fail_over(core, gate, store, generation);
                    self.look_who_is_well(core);
                }
                Chore::Cluster { cluster } => {
                    self.look_at_cluster(core, cluster);
                    self.look_who_is_well(core);
                }
                Chore::Loaded { gate, store, generation } => {
                    self.loaded(core, gate, store, generation);
                    self.look_who_is_well(core);
                }
                Chore::Save { store } => self.save(core, store),
                Chore::Saved { store, life } => self.saved(store, life),
                Chore::Warms { process, replica, step } => self.warms(core, process, replica, step),
                Chore::SendAgain { gate } => self.send_again(core, gate),
                Chore::Scrape => self.scrape(core),
                Chore::Watch => self.watch(core),
                Chore::People => self.people_act(core),
                Chore::Restart { number } => self.restart_on(core, number),
                Chore::Warm { warm } => self.warm_on(core, warm),
            }
        }
    }
}
