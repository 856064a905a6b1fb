//! Lines whose first in line may be dropped instead of served, because waits there stay too long.

use std::fmt::Debug;

use super::control::Condemned;
use super::core::Core;
use super::task::State;
use crate::units::{Instant, Span};

/// Says whether the first in a line is served or dropped.
pub trait Judge: Debug {
    /// Whether to drop the first in line, for whom a slot is free after a wait, with `behind` more in line; the line was
    /// last empty before `backlogged`. Each who would be served is asked about once; after a drop the next one is, at the
    /// same instant.
    fn drops(&mut self, now: Instant, wait: Span, behind: u64, backlogged: Instant) -> bool;
}

impl Core<'_> {
    /// Has a judge look at each who would be served after a wait at a station with slots, instead of the one before. Who is
    /// dropped fails before the next event, as if there had been no room. The station is to serve in order of arrival.
    pub fn judge_line(&mut self, slots: u32, judge: Box<dyn Judge>) {
        self.slots[slots as usize].is_judged = true;
        self.judges.insert(slots, judge);
    }

    /// Has those in line served whom a slot is free for and the judge lets pass.
    #[cold]
    #[inline(never)]
    pub(super) fn grant_judged(&mut self, slots: u32) {
        loop {
            if self.drops_first(slots) {
                continue;
            }
            let granted = self.slots[slots as usize].grant_next(self.now, &self.tasks);
            let Some((task, wait_ns)) = granted else { return };
            self.granted(slots, task, wait_ns);
        }
    }

    /// Drops the first in a line if a slot is free and the judge says so; says whether.
    fn drops_first(&mut self, slots: u32) -> bool {
        let station = &mut self.slots[slots as usize];
        let Some(judge) = self.judges.get_mut(&slots) else { return false };
        let Some((task, wait_ns)) = station.first_to_serve(self.now, &self.tasks) else { return false };
        let behind = station.meter.queue() - 1;
        let backlogged = Instant::from_nanos(station.backlogged_since());
        let (now, wait) = (Instant::from_nanos(self.now), Span::from_nanos(wait_ns));
        if !judge.drops(now, wait, behind, backlogged) {
            return false;
        }
        let cause = station.config.when_full;
        station.drop_first(self.now, wait_ns);
        // It waits for nothing any more; its time in line is in the books of the station already.
        let token = self.next_sequence();
        let entry = &mut self.tasks[task];
        (entry.token, entry.state) = (token, State::Ready);
        self.condemned.push(Condemned::Wait { task, token, cause });
        true
    }
}
