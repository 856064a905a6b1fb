//! Replicas that a runbook brings and takes away: those beyond the deployment, and those of it that are scaled away.
//!
//! All are built before the run. While one is not there nobody finds it, it has no threads, cores, connections or consumers, and
//! nothing of it is measured. What is held in one that goes is given back before it is gone.

use super::World;
use super::replicas::Replicas;
use crate::component::parts::TargetKind;
use crate::engine::Core;
use crate::timeline::TargetId;

impl World<'_> {
    /// Has the replicas that are not deployed not be there.
    pub(super) fn begin_scaling(&mut self, core: &mut Core<'_>) {
        for process in 0..self.parts.processes.len() as u16 {
            let part = &self.parts.processes[usize::from(process)];
            for replica in part.deployed..part.replicas {
                if let Some(target) = self.target_of(process, replica) {
                    self.faults.begin_down(target);
                }
                self.take_away(core, process, replica);
            }
            self.count_hosts(process);
        }
    }

    /// Whether there is such a replica, up or down: one of the deployment until that is scaled, or one that was asked for.
    pub(super) fn is_there(&self, process: u16, replica: u16) -> bool {
        replica < self.replicas[usize::from(process)].there
    }

    /// Whether a target is a replica that is not there.
    pub(super) fn is_away(&self, target: TargetId) -> bool {
        match self.parts.targets[usize::from(target.0)].kind {
            TargetKind::Replica { process, replica, .. } => !self.is_there(process, replica),
            _ => false,
        }
    }

    fn target_of(&self, process: u16, replica: u16) -> Option<TargetId> {
        let is_it = |kind: &TargetKind| match kind {
            TargetKind::Replica { process: of, replica: number, .. } => (*of, *number) == (process, replica),
            _ => false,
        };
        let position = self.parts.targets.iter().position(|target| is_it(&target.kind));
        position.map(|index| TargetId(index as u16))
    }

    /// Has so many replicas of a process run: the last ones go with what is in them, or new ones come and start.
    pub(super) fn scale(&mut self, core: &mut Core<'_>, process: u16, there: u16) {
        let Replicas { there: before, .. } = self.replicas[usize::from(process)];
        let well = self.well.clone();
        self.replicas[usize::from(process)].there = there.max(before);
        for replica in before..there {
            self.bring(core, process, replica);
        }
        for replica in 0..there.max(before) {
            if let Some(target) = self.target_of(process, replica) {
                let down = replica >= there;
                self.with_faults(core, |faults, handle| faults.set_down(target, down, handle));
            }
        }
        self.replicas[usize::from(process)].there = there;
        for replica in there..before {
            self.take_away(core, process, replica);
        }
        self.still_well(&well);
        self.count_hosts(process);
    }

    /// Tells who watches over the hosts of a process how many there are.
    fn count_hosts(&mut self, process: u16) {
        let there = usize::from(self.replicas[usize::from(process)].there);
        for (outlier, part) in self.gateways.outliers.iter_mut().zip(&self.parts.outliers) {
            if part.process == process {
                outlier.set_hosts(there);
            }
        }
    }

    /// The stations with slots of a replica: its threads, and the permits of its calls.
    fn own_slots(&self, process: u16, replica: u16) -> Vec<u32> {
        let threads = self.parts.processes[usize::from(process)].threads;
        let permits = self.parts.bulkheads.iter().filter(|(_, of)| *of == process).map(|(first, _)| *first);
        threads.into_iter().chain(permits).map(|first| first + u32::from(replica)).collect()
    }

    /// The stations of the consumers in a replica.
    fn own_consumers(&self, process: u16, replica: u16) -> Vec<u32> {
        let groups = self.parts.topics.iter().filter_map(|topic| topic.group.as_ref());
        let groups = groups.filter(|group| group.process == process);
        groups
            .flat_map(|group| {
                let own = (0..group.members).filter(|member| group.replica_of(*member as u16) == replica);
                own.map(|member| group.slots + member)
            })
            .collect()
    }

    fn take_away(&mut self, core: &mut Core<'_>, process: u16, replica: u16) {
        for slots in self.own_slots(process, replica) {
            self.sizes_away.insert(slots, core.slots_limit(slots).0);
            core.resize_slots(slots, 0);
        }
        for slots in self.own_consumers(process, replica) {
            core.set_slots_capacity(slots, 0);
        }
        core.resize_sharing(self.parts.processes[usize::from(process)].cores + u32::from(replica), 0.0);
        for pool in self.own_pools(process, replica) {
            self.close_pool(core, pool);
        }
    }

    /// Has a replica be there. It starts when it is brought up.
    fn bring(&mut self, core: &mut Core<'_>, process: u16, replica: u16) {
        for slots in self.own_slots(process, replica) {
            if let Some(size) = self.sizes_away.swap_remove(&slots) {
                core.resize_slots(slots, size);
            }
        }
        for slots in self.own_consumers(process, replica) {
            core.set_slots_capacity(slots, 1);
        }
        let target = self.target_of(process, replica);
        let target = target.map(|target| (target, &self.parts.targets[usize::from(target.0)].kind));
        if let Some((target, TargetKind::Replica { cores, capacity, .. })) = target {
            core.resize_sharing(*cores, capacity.as_f64() * self.faults.condition(target).capacity);
        }
        for pool in self.own_pools(process, replica) {
            self.open_pool(core, pool);
        }
    }

    /// The pools of a replica: those of a process with replicas beyond the deployment have their connections told apart.
    fn own_pools(&self, process: u16, replica: u16) -> Vec<u16> {
        let pools = self.parts.pools.iter().filter(|part| part.process == process);
        pools.filter_map(|part| part.managed.map(|first| first + replica)).collect()
    }

    /// Gives the threads of a process another number; a replica that is not there has as many when it comes.
    pub(super) fn resize_threads(&mut self, core: &mut Core<'_>, slots: u32, threads: u32) {
        match self.sizes_away.get_mut(&slots) {
            Some(size) => *size = threads,
            None => core.resize_slots(slots, threads),
        }
    }
}
