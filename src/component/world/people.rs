//! People at work on a system: the runbook, and what its actions do.

use super::World;
use super::agenda::Chore;
use super::conditions::Handle;
use crate::component::parts::{Target, TargetKind};
use crate::engine::{Core, Start};
use crate::policy::{TokenBucket, TokenBucketConfig};
use crate::random::{Draw, mix, name_hash};
use crate::timeline::runbook::{Action, Restart, Signal};
use crate::timeline::{Schedule, TargetId};
use crate::units::{Rate, Span};

/// Draws of customers who heed an announcement.
const HEED_SITE: u64 = 0x6865_6564_5f69_7421;

/// A restart while it goes on.
#[derive(Debug)]
pub(super) struct Restarting<'a> {
    restart: &'a Restart,
    /// The first target of those whose turn it is.
    first: usize,
    stage: Stage,
}

impl Restarting<'_> {
    /// Whether a target's turn is now or still to come.
    fn is_about(&self, target: TargetId) -> bool {
        self.restart.targets.get(self.first..).is_some_and(|left| left.contains(&target))
    }
}

/// What a restart does next with those whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Keeps new work from them.
    Drain,
    /// Stops them.
    Stop,
    /// Starts them.
    Start,
    /// Goes on to the next.
    Next,
}

/// The filling of a cache while it goes on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Warming {
    /// Look-ups made.
    done: u64,
    /// Whether it has begun.
    begun: bool,
}

impl<'a> World<'a> {
    /// Does what people do now.
    pub(super) fn people_act(&mut self, core: &mut Core<'_>) {
        let Some(mut runbook) = self.runbook.take() else { return };
        runbook.advance(core.now(), &mut Handle { world: self, core });
        let next = runbook.next();
        self.runbook = Some(runbook);
        if let Some(at) = next {
            self.plan(core, at, Chore::People);
        }
        // What they did may have helped at once.
        self.look_who_is_well(core);
    }

    /// Tells people of something.
    pub(super) fn tell_people(&mut self, core: &mut Core<'_>, signal: Signal<'_>) {
        let Some(runbook) = &mut self.runbook else { return };
        runbook.tell(core.now(), signal);
        if let Some(at) = runbook.next() {
            self.plan(core, at, Chore::People);
        }
    }

    /// Looks which components that somebody waits for are well again.
    pub(super) fn look_who_is_well(&mut self, core: &mut Core<'_>) {
        let Some(plan) = &self.parts.runbook else { return };
        for (index, component) in plan.components.iter().enumerate() {
            let well = component.targets.iter().all(|target| self.is_well(*target));
            if !std::mem::replace(&mut self.well[index], well) && well {
                self.tell_people(core, Signal::Recovered(index as u16));
            }
        }
    }

    fn is_well(&self, target: TargetId) -> bool {
        let Target { kind, gate, .. } = &self.parts.targets[usize::from(target.0)];
        let is_fine = match kind {
            // One that is not there is not missed.
            TargetKind::Replica { process, replica, .. } if !self.is_there(*process, *replica) => {
                return true;
            }
            TargetKind::Replica { process, replica, .. } => {
                let takes_requests = self.replicas[usize::from(*process)].eligible[usize::from(*replica)];
                takes_requests && self.faults.condition(target).is_calm()
            }
            // A replica may serve in the place of the one that is gone, and one that is back may still read its file.
            TargetKind::Cache { .. } => {
                let gate = &self.gates[usize::from(*gate)];
                !gate.gone && !gate.refuses && gate.condition.is_calm()
            }
            TargetKind::Database { .. }
            | TargetKind::Pool { .. }
            | TargetKind::Log
            | TargetKind::External { .. }
            | TargetKind::Gateway { .. }
            | TargetKind::Between => self.faults.condition(target).is_calm(),
        };
        is_fine && !self.restarts.iter().any(|restarting| restarting.is_about(target))
    }

    /// Whether a customer does not try again because of an announcement.
    pub(super) fn heeds(&self, key: u64, policy: u16) -> bool {
        let load = self.parts.clients_of_retries.get(usize::from(policy)).copied().flatten();
        let share = load.and_then(|load| self.heeded.get(usize::from(load))).copied().unwrap_or(0.0);
        share > 0.0 && Draw::new(key, HEED_SITE).unit() < share
    }

    /// Goes on with a restart.
    pub(super) fn restart_on(&mut self, core: &mut Core<'_>, number: u16) {
        loop {
            let Restarting { restart, first, stage } = &self.restarts[usize::from(number)];
            let (restart, first, stage) = (*restart, *first, *stage);
            let count = if restart.one_by_one { 1 } else { restart.targets.len() };
            // The targets that are left are fewer than a turn only when there are none.
            let Some(turn) = restart.targets.get(first..first + count) else { return };
            // Nobody restarts replicas that are not there.
            let turn: Vec<TargetId> = turn.iter().copied().filter(|target| !self.is_away(*target)).collect();
            let (next, wait) = match stage {
                Stage::Drain | Stage::Stop | Stage::Start if turn.is_empty() => (Stage::Next, Span::ZERO),
                Stage::Drain => {
                    if !restart.drain.is_zero() {
                        turn.iter().for_each(|target| self.keep_from_work(*target));
                    }
                    (Stage::Stop, restart.drain)
                }
                Stage::Stop => {
                    for target in &turn {
                        self.with_faults(core, |faults, handle| {
                            let now = handle.core.now();
                            faults.set_down(*target, true, handle);
                            faults.mend(now, *target, |disturbance| restart.mends.ends(disturbance), handle);
                        });
                    }
                    (Stage::Start, restart.takes)
                }
                Stage::Start => {
                    for target in &turn {
                        self.with_faults(core, |faults, handle| faults.set_down(*target, false, handle));
                    }
                    (Stage::Next, restart.start_up)
                }
                Stage::Next => {
                    self.restarts[usize::from(number)].first += count;
                    self.look_who_is_well(core);
                    (Stage::Drain, Span::ZERO)
                }
            };
            self.restarts[usize::from(number)].stage = next;
            if !wait.is_zero() {
                return self.plan(core, core.now() + wait, Chore::Restart { number });
            }
        }
    }

    fn keep_from_work(&mut self, target: TargetId) {
        if let TargetKind::Replica { process, replica, .. } = self.parts.targets[usize::from(target.0)].kind {
            self.replicas[usize::from(process)].eligible[usize::from(replica)] = false;
        }
        self.look_who_is_unwell();
    }

    /// Takes note of components that are not well, so that their recovery is seen.
    pub(super) fn look_who_is_unwell(&mut self) {
        let Some(plan) = &self.parts.runbook else { return };
        for (index, component) in plan.components.iter().enumerate() {
            self.well[index] &= component.targets.iter().all(|target| self.is_well(*target));
        }
    }

    /// Has what was well and is well again not have been unwell: nobody recovers by being scaled away.
    pub(super) fn still_well(&mut self, before: &[bool]) {
        let Some(plan) = &self.parts.runbook else { return };
        for (index, component) in plan.components.iter().enumerate() {
            self.well[index] |= before[index] && component.targets.iter().all(|target| self.is_well(*target));
        }
    }

    pub(super) fn with_faults(
        &mut self,
        core: &mut Core<'_>,
        change: impl FnOnce(&mut Schedule<'a>, &mut Handle<'_, 'a, '_, '_>),
    ) {
        let mut faults = std::mem::take(&mut self.faults);
        let due = faults.next();
        change(&mut faults, &mut Handle { world: self, core });
        self.faults = faults;
        // What has ended may have another fault follow.
        if self.faults.next() != due {
            self.plan_faults(core);
        }
        self.look_who_is_unwell();
    }

    /// Looks the next entry up for a cache that is filled.
    pub(super) fn warm_on(&mut self, core: &mut Core<'_>, warm: u16) {
        let part = &self.parts.warms[usize::from(warm)];
        let done = self.warming[usize::from(warm)].done;
        if done >= part.look_ups() {
            return;
        }
        self.warming[usize::from(warm)].done += 1;
        let site = part.sites[(done % part.sites.len() as u64) as usize];
        let key = mix(mix(self.background, name_hash("warm")), mix(u64::from(warm), done));
        let (pc, operation) = (site.pc, site.operation);
        core.start_background(Start { pc, operation, key, priority: 0, notify: None });
        self.plan(core, core.now() + part.gap, Chore::Warm { warm });
    }

    /// Does what a step says; says whether that could be done.
    pub(super) fn do_action(&mut self, core: &mut Core<'_>, action: &'a Action) -> bool {
        match action {
            Action::Switch { switches } => {
                for (switch, on) in switches {
                    self.switches[usize::from(*switch)] = *on;
                }
            }
            Action::SwitchCache { switches, copies } => {
                copies.iter().for_each(|(from, to)| self.copy_store(core, *from, *to));
                for (switch, on) in switches {
                    self.switches[usize::from(*switch)] = *on;
                }
            }
            Action::Limit { limit, to } => {
                let bucket = |(rate, burst): (Rate, u32)| {
                    let config = TokenBucketConfig { rate, burst, initial: None };
                    TokenBucket::new(config, core.now()).expect("checked when assembled")
                };
                self.limits[usize::from(*limit)] = to.map(bucket);
            }
            Action::Restart(restart) => {
                self.restarts.push(Restarting { restart, first: 0, stage: Stage::Drain });
                let number = (self.restarts.len() - 1) as u16;
                self.plan(core, core.now(), Chore::Restart { number });
            }
            Action::ResizePool { pool, connections } => self.resize_managed(core, *pool, *connections),
            Action::ResizeThreads { stations, threads } => {
                stations.iter().for_each(|slots| self.resize_threads(core, *slots, *threads));
            }
            Action::Scale { process, replicas } => self.scale(core, *process, *replicas),
            Action::Announce { loads, heeded } => {
                for load in loads {
                    self.heeded[usize::from(*load)] = heeded.as_fraction();
                }
            }
            Action::FailOver { targets } => {
                // Of a cluster, those that are silent: `CLUSTER FAILOVER TAKEOVER`.
                let mut taken_over = false;
                for target in targets {
                    let Target { kind, gate, .. } = &self.parts.targets[usize::from(target.0)];
                    let TargetKind::Cache { store, .. } = kind else { return false };
                    if targets.len() == 1 || self.is_silent(*store) {
                        taken_over |= self.promote(core, *gate, *store);
                    }
                }
                return taken_over;
            }
            Action::Warm { warm } => {
                if !std::mem::replace(&mut self.warming[usize::from(*warm)].begun, true) {
                    self.plan(core, core.now(), Chore::Warm { warm: *warm });
                }
            }
        }
        true
    }
}
