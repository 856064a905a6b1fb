//! Replicas of processes, and who chooses among them.

use super::World;
use super::warm_up::Pace;
use crate::component::parts::Way;
use crate::engine::{Core, TaskId};
use crate::policy::{Balance, BalanceConfig, BalancePolicy, Draws};
use crate::random::Stream;
use crate::record::{AccessStatus, Cause};
use crate::units::Instant;

/// Replicas of a process while it runs.
#[derive(Debug)]
pub(super) struct Replicas {
    pub(super) chooser: Chooser,
    pub(super) active: Vec<u32>,
    /// How many there are: those of the deployment, or as many as a runbook asks for.
    pub(super) there: u16,
    /// Whether it takes requests.
    pub(super) eligible: Vec<bool>,
    /// Whether it runs, or is about to.
    pub(super) up: Vec<bool>,
    /// When it has started, after it came up last.
    pub(super) ready: Vec<Instant>,
    /// What the speed of its cores depends on.
    pub(super) paces: Vec<Pace>,
}

/// Who chooses among replicas; nobody needs to where there is one.
#[derive(Debug)]
pub(super) struct Chooser {
    balance: Option<Balance>,
    stream: Stream,
}

impl Chooser {
    pub(super) fn new(policy: &BalancePolicy, hosts: usize, stream: Stream) -> Self {
        let config = BalanceConfig { policy: policy.clone(), ..BalanceConfig::default() };
        let balance = (hosts > 1).then(|| Balance::new(config, hosts).expect("checked when assembled"));
        Chooser { balance, stream }
    }

    pub(super) fn choose(&mut self, eligible: &[bool], active: &[u32], key: u64) -> Option<u16> {
        let Some(balance) = &mut self.balance else { return eligible[0].then_some(0) };
        let draws = Draws { u: self.stream.unit(), key };
        balance.choose(eligible, active, draws).map(|replica| replica as u16)
    }

    /// Notes that an attempt at a replica failed.
    pub(super) fn on_failure(&mut self, replica: u16) {
        if let Some(balance) = &mut self.balance {
            balance.on_failure(usize::from(replica));
        }
    }
}

impl World<'_> {
    /// Chooses a replica and counts the task in.
    #[inline]
    pub(super) fn enter(&mut self, core: &mut Core<'_>, task: TaskId, process: u16) -> Result<u16, Cause> {
        let (process, way) = self.resolve(process);
        let replicas = &mut self.replicas[process];
        let (eligible, active) = (&replicas.eligible, &replicas.active);
        let chosen = match way.map(|way| (way, &self.parts.ways[way])) {
            None | Some((_, Way::Unasked { .. })) => {
                let key = hashed(core, task, self.parts.processes[process].hash_by);
                replicas.chooser.choose(eligible, active, key)
            }
            Some((_, Way::Here { .. } | Way::Branch { .. })) => return Ok(core.replica(task)),
            Some((_, Way::Member { topic })) => return Ok(self.member_of(core, task, *topic)),
            Some((_, Way::Works { topic, .. })) => return self.begins(core, task, process, *topic),
            Some((way, Way::Gateway { .. })) => self.choose_by_gateway(core, task, process, way),
        };
        let replica = chosen.ok_or(Cause::Unavailable)?;
        self.replicas[process].active[usize::from(replica)] += 1;
        Ok(replica)
    }

    /// Puts a record into its member's hands and counts it in where that works.
    fn begins(&mut self, core: &Core<'_>, task: TaskId, process: usize, topic: u16) -> Result<u16, Cause> {
        let replica = self.record_begins(core, task, topic);
        self.replicas[process].active[usize::from(replica)] += 1;
        Ok(replica)
    }

    /// Counts a task out of its replica.
    #[inline]
    pub(super) fn leave(&mut self, process: u16, replica: u16) {
        let (process, way) = self.resolve(process);
        if let Some(Way::Here { .. } | Way::Branch { .. } | Way::Member { .. }) =
            way.map(|way| &self.parts.ways[way])
        {
            return;
        }
        self.replicas[process].active[usize::from(replica)] -= 1;
    }

    /// The process behind a number.
    pub(super) fn process_of_way(&self, process: u16) -> usize {
        self.resolve(process).0
    }

    /// What a process answers when its work fails for a cause, and what that was answered with before: nothing, if nobody
    /// has asked for the work; and a branch answers nobody, but whoever started it hears what it was answered with.
    pub(super) fn answer_of(
        &self,
        process: u16,
        cause: Cause,
        inner: Option<AccessStatus>,
    ) -> Option<AccessStatus> {
        let (process, way) = self.resolve(process);
        match way.map(|way| &self.parts.ways[way]) {
            Some(Way::Here { .. } | Way::Member { .. } | Way::Works { .. } | Way::Unasked { .. }) => None,
            Some(Way::Branch { .. }) => inner,
            None | Some(Way::Gateway { .. }) => Some(self.parts.processes[process].answers[cause as usize]),
        }
    }

    /// The process behind a number, and the way into it if the number stands for one.
    #[inline]
    fn resolve(&self, process: u16) -> (usize, Option<usize>) {
        let index = usize::from(process);
        let Some(way) = index.checked_sub(self.parts.processes.len()) else { return (index, None) };
        let process = match &self.parts.ways[way] {
            Way::Here { process }
            | Way::Branch { process }
            | Way::Works { process, .. }
            | Way::Unasked { process }
            | Way::Gateway { process, .. } => usize::from(*process),
            Way::Member { topic } => self.parts.topics[usize::from(*topic)]
                .group
                .as_ref()
                .map_or(0, |group| usize::from(group.process)),
        };
        (process, Some(way))
    }
}

/// What a ring hashes for a task: its row of a key space, if there is a ring.
pub(super) fn hashed(core: &Core<'_>, task: TaskId, space: Option<u16>) -> u64 {
    space.map_or(0, |space| core.key_of(task, space))
}
