//! Lines of processes and gateways that drop from their head while waits stay too long.

use super::World;
use crate::component::parts::CodelPart;
use crate::engine::{Core, Judge};
use crate::policy::CoDel;
use crate::units::{Instant, Span};

/// What stands at the head of a line.
#[derive(Debug)]
struct Head {
    codel: CoDel,
    /// When it was asked last.
    asked: Instant,
}

impl Head {
    /// # Panics
    /// Never for a part of an assembly: its policies have been checked.
    fn new(part: &CodelPart) -> Self {
        let codel = CoDel::new(part.config.clone()).expect("checked when assembled");
        Head { codel, asked: Instant::START }
    }
}

impl Judge for Head {
    fn drops(&mut self, now: Instant, wait: Span, behind: u64, backlogged: Instant) -> bool {
        // Nobody is asked about who comes while nobody waits.
        if backlogged > self.asked {
            self.codel.on_empty();
        }
        self.asked = now;
        self.codel.drops(now, wait, usize::try_from(behind).unwrap_or(usize::MAX))
    }
}

impl World<'_> {
    /// Has all lines judged that are to be.
    pub(super) fn begin_shedding(&self, core: &mut Core<'_>) {
        for part in &self.parts.codels {
            core.judge_line(part.slots, Box::new(Head::new(part)));
        }
    }

    /// Has the line of a replica that has started again judged as if there had been nobody before.
    pub(super) fn renew_shedding(&self, core: &mut Core<'_>, process: u16, replica: u16) {
        for part in self.parts.codels.iter().filter(|part| part.owner == Some((process, replica))) {
            core.judge_line(part.slots, Box::new(Head::new(part)));
        }
    }
}
