//! What a fault means to the parts of a system.

use super::World;
use super::agenda::Chore;
use super::rebalance::MemberChange;
use crate::component::parts::TargetKind;
use crate::engine::{Core, Held};
use crate::record::{Cause, HappeningKind};
use crate::timeline::{Condition, Controls, TargetId};
use crate::units::Instant;

/// The world in the timeline's hands.
pub(super) struct Handle<'w, 'a, 'c, 'p> {
    pub(super) world: &'w mut World<'a>,
    pub(super) core: &'c mut Core<'p>,
}

impl Controls for Handle<'_, '_, '_, '_> {
    fn set_condition(&mut self, target: TargetId, before: &Condition, after: &Condition) {
        let World { parts, .. } = *self.world;
        let target = &parts.targets[usize::from(target.0)];
        let (world, core) = (&mut *self.world, &mut *self.core);
        world.gates[usize::from(target.gate)].gone = after.down || after.hung || after.cut;
        match &target.kind {
            TargetKind::Replica { process, replica, cores, capacity } => {
                let there = world.is_there(*process, *replica);
                let cut = if there { after.capacity } else { 0.0 };
                core.resize_sharing(*cores, capacity.as_f64() * cut);
                world.set_fault_speed(core, *process, *replica, speed(after));
                // A replica that is gone refuses by being nowhere to go, not at its gate.
                world.set_gate(core, target.gate, &Condition { down: false, ..after.clone() });
                if before.down != after.down {
                    world.set_replica(core, *process, *replica, after.down);
                }
            }
            TargetKind::Database { cores, capacity, pools } => {
                core.resize_sharing(*cores, capacity.as_f64() * after.capacity);
                core.set_sharing_speed(*cores, speed(after));
                // A pool cannot open connections to a server that is gone: its users wait for one in vain.
                world.set_gate(core, target.gate, &Condition { down: false, hung: false, ..after.clone() });
                if before.down != after.down {
                    for slots in pools {
                        world.pools.entry(*slots).or_default().gone = after.down;
                        world.resize_pool(core, *slots);
                    }
                    if after.down {
                        core.break_held(Cause::Unavailable, |held| match held {
                            Held::Slot(slots) => pools.contains(&slots),
                            Held::Replica { .. } | Held::Scope { .. } => false,
                        });
                    } else {
                        world.counts_anew(core, target.gate);
                    }
                }
            }
            TargetKind::Pool { slots } => {
                for slots in slots {
                    world.pools.entry(*slots).or_default().share = after.capacity;
                    world.resize_pool(core, *slots);
                }
            }
            TargetKind::Cache { store, command_loop } => {
                world.set_cache(core, (target.gate, *store, *command_loop), before, after);
            }
            TargetKind::External { slots } => {
                if let Some(slots) = slots {
                    let whole = parts_capacity(core, *slots);
                    core.resize_slots(*slots, left(whole, after.capacity));
                    core.set_slots_slowness(*slots, after.slowness);
                    if after.down && !before.down {
                        core.break_served(Cause::Unavailable, *slots);
                    }
                }
                world.set_gate(core, target.gate, after);
            }
            TargetKind::Gateway { slots } => {
                let whole = parts_capacity(core, *slots);
                core.resize_slots(*slots, left(whole, after.capacity));
                if after.down && !before.down {
                    core.break_held(Cause::Unavailable, |held| held == Held::Slot(*slots));
                    world.forget_lines(target.gate);
                } else if before.down && !after.down {
                    world.counts_anew(core, target.gate);
                }
                world.set_gate(core, target.gate, after);
            }
            TargetKind::Log | TargetKind::Between => world.set_gate(core, target.gate, after),
        }
    }

    fn fault(&mut self, at: Instant, label: &str, begins: bool) {
        let kind = if begins { HappeningKind::FaultBegan } else { HappeningKind::FaultEnded };
        self.world.note(at, kind, label.to_owned(), String::new());
    }

    fn flush(&mut self, target: TargetId) {
        if let TargetKind::Cache { store, .. } = self.world.parts.targets[usize::from(target.0)].kind {
            self.world.stores[usize::from(store)].clear(self.core.now());
        }
    }

    fn act(&mut self, step: u16) -> bool {
        let World { parts, .. } = *self.world;
        let plan = parts.runbook.as_ref().and_then(|plan| plan.steps.get(usize::from(step)));
        let action = plan.and_then(|step| step.action.as_ref());
        action.is_none_or(|action| self.world.do_action(self.core, action))
    }

    fn acknowledged(&mut self, at: Instant, alert: &str) {
        self.world.note(at, HappeningKind::Acknowledged, alert.to_owned(), String::new());
    }

    fn understood(&mut self, at: Instant, alert: &str) {
        self.world.note(at, HappeningKind::Understood, alert.to_owned(), String::new());
    }

    fn step_began(&mut self, at: Instant, step: &str, action: &str) {
        self.world.note(at, HappeningKind::StepBegan, step.to_owned(), action.to_owned());
    }

    fn step_ended(&mut self, at: Instant, step: &str, action: &str, worked: bool) {
        let kind = if worked { HappeningKind::StepDone } else { HappeningKind::StepFailed };
        self.world.note(at, kind, step.to_owned(), action.to_owned());
    }
}

/// How fast cores work.
fn speed(condition: &Condition) -> f64 {
    if condition.hung { 0.0 } else { condition.slowness.recip() }
}

/// The capacity of a station as it was built.
fn parts_capacity(core: &Core<'_>, slots: u32) -> u32 {
    core.program().slots[slots as usize].capacity
}

/// A share of a capacity, rounded to whole slots.
fn left(whole: u32, share: f64) -> u32 {
    (f64::from(whole) * share).round() as u32
}

/// What keeps a pool from its full size.
#[derive(Clone, Copy, Debug)]
pub(super) struct PoolState {
    /// The database is gone.
    gone: bool,
    /// Share of the connections that are left.
    share: f64,
}

impl Default for PoolState {
    fn default() -> Self {
        PoolState { gone: false, share: 1.0 }
    }
}

impl World<'_> {
    fn resize_pool(&mut self, core: &mut Core<'_>, slots: u32) {
        let PoolState { gone, share } = self.pools.get(&slots).copied().unwrap_or_default();
        let capacity = if gone { 0 } else { left(parts_capacity(core, slots), share) };
        if !self.cap_pool(core, slots, capacity) {
            core.resize_slots(slots, capacity);
        }
    }

    /// Takes a replica down with everything in it, or has it start again.
    fn set_replica(&mut self, core: &mut Core<'_>, process: u16, replica: u16, down: bool) {
        let up = &mut self.replicas[usize::from(process)].up[usize::from(replica)];
        *up = !down;
        if down {
            self.forget_answers(process, replica);
            self.replicas[usize::from(process)].eligible[usize::from(replica)] = false;
            self.lose_bulkheads(core, process, replica);
            self.lose_batches(process, replica);
            let pools = self.parts.pools.iter().filter(|pool| pool.process == process);
            let own: Vec<u32> = pools.map(|pool| pool.slots + u32::from(replica)).collect();
            let here = |held| match held {
                Held::Replica { process: way, replica: there } => {
                    self.process_of_way(way) == usize::from(process) && there == replica
                }
                // A forgotten connection is in no place: it goes with the process that forgot it.
                Held::Slot(slots) => own.contains(&slots),
                Held::Scope { .. } => false,
            };
            core.break_held(Cause::Unavailable, here);
            self.change_members_in(core, process, replica, MemberChange::Crashes);
        } else {
            let at = core.now() + self.parts.processes[usize::from(process)].start_up;
            self.replicas[usize::from(process)].ready[usize::from(replica)] = at;
            self.pools_count_anew(core, process, replica);
            self.breakers_count_anew(process, replica);
            self.plan(core, at, Chore::Started { process, replica });
        }
    }

    /// Whether a replica runs and has started, and so shows its metrics to who asks.
    pub(super) fn is_up(&self, now: Instant, process: u16, replica: u16) -> bool {
        let (replicas, replica) = (&self.replicas[usize::from(process)], usize::from(replica));
        replicas.up.get(replica).is_some_and(|up| *up && replicas.ready[replica] <= now)
    }

    /// Has a replica take requests, unless it has gone down again.
    pub(super) fn started(&mut self, core: &mut Core<'_>, process: u16, replica: u16) {
        let replicas = &mut self.replicas[usize::from(process)];
        // It may have gone down and come up again since this was expected.
        if core.now() < replicas.ready[usize::from(replica)] {
            return;
        }
        replicas.eligible[usize::from(replica)] = replicas.up[usize::from(replica)];
        if replicas.up[usize::from(replica)] {
            self.renew_policies(core.now(), process, replica);
            self.renew_shedding(core, process, replica);
            self.begins_cold(core, process, replica);
            self.change_members_in(core, process, replica, MemberChange::Joins);
        }
    }
}
