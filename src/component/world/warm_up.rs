//! Replicas that are slow after their start.

use super::World;
use super::agenda::Chore;
use crate::component::process::WarmUpSpec;
use crate::engine::Core;
use crate::units::{Instant, Span};

/// In how many steps a replica gets warm.
const STEPS: u32 = 32;

/// What the speed of a replica's cores depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// What a fault leaves of it \[1].
    fault: f64,
    /// What being cold leaves of it \[1].
    warmth: f64,
    /// When it takes its next step, so that the steps of a start that was cut short mean nothing.
    next: Instant,
}

impl Default for Pace {
    fn default() -> Self {
        Pace { fault: 1.0, warmth: 1.0, next: Instant::NEVER }
    }
}

impl World<'_> {
    /// Has a fault change the speed of a replica's cores.
    pub(super) fn set_fault_speed(&mut self, core: &mut Core<'_>, process: u16, replica: u16, speed: f64) {
        self.replicas[usize::from(process)].paces[usize::from(replica)].fault = speed;
        self.set_pace(core, process, replica);
    }

    /// Makes a replica slow that has just started, if it warms up at all.
    pub(super) fn begins_cold(&mut self, core: &mut Core<'_>, process: u16, replica: u16) {
        if self.parts.processes[usize::from(process)].warm_up.is_some() {
            self.replicas[usize::from(process)].paces[usize::from(replica)].next = core.now();
            self.warms(core, process, replica, 0);
        }
    }

    /// Takes the next step towards warmth.
    pub(super) fn warms(&mut self, core: &mut Core<'_>, process: u16, replica: u16, step: u32) {
        let Some(warm_up) = self.parts.processes[usize::from(process)].warm_up else { return };
        let now = core.now();
        let pace = &mut self.replicas[usize::from(process)].paces[usize::from(replica)];
        if pace.next != now {
            return;
        }
        pace.warmth = slowness(&warm_up, step).recip();
        pace.next = if step < STEPS { now + step_length(&warm_up) } else { Instant::NEVER };
        let next = pace.next;
        self.set_pace(core, process, replica);
        if step < STEPS {
            self.plan(core, next, Chore::Warms { process, replica, step: step + 1 });
        }
    }

    fn set_pace(&mut self, core: &mut Core<'_>, process: u16, replica: u16) {
        let Pace { fault, warmth, .. } = self.replicas[usize::from(process)].paces[usize::from(replica)];
        let cores = self.parts.processes[usize::from(process)].cores + u32::from(replica);
        core.set_sharing_speed(cores, fault * warmth);
    }
}

fn step_length(warm_up: &WarmUpSpec) -> Span {
    Span::from_nanos((warm_up.over.as_nanos() / u64::from(STEPS)).max(1))
}

/// How many times as long work takes in a step: what it is in the middle of it, and 1 after the last.
fn slowness(warm_up: &WarmUpSpec, step: u32) -> f64 {
    if step >= STEPS {
        return 1.0;
    }
    let left = 1.0 - (f64::from(step) + 0.5) / f64::from(STEPS);
    1.0 + (warm_up.slowness - 1.0) * left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_excess_falls_evenly_to_nothing() {
        let warm_up = WarmUpSpec { slowness: 5.0, over: Span::from_secs(32) };
        assert_eq!(step_length(&warm_up), Span::from_secs(1));
        let all: Vec<f64> = (0..=STEPS).map(|step| slowness(&warm_up, step)).collect();
        assert_eq!((all[0], all[15], all[32]), (4.9375, 3.0625, 1.0));
        let mean = all[..32].iter().sum::<f64>() / 32.0;
        assert!((mean - 3.0).abs() < 1e-12, "{mean} is not the middle of 5 and 1");
    }
}
