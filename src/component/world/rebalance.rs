//! Rebalances of consumer groups: who leaves, who comes back, and who gets which partition.
//!
//! Source: Kafka `ClassicGroup`, `AbstractCoordinator`, `ConsumerCoordinator` (classic protocol, eager).

use super::World;
use super::groups::{Doing, draw};
use super::timers::Due;
use crate::component::log::range_owner;
use crate::engine::{Core, Held};
use crate::record::Cause;
use crate::units::{Instant, Span};

/// What happens to a member of a consumer group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// It is closed in an orderly way, after the record in its hands, and leaves the group at once.
    Leaves,
    /// It dies with the record in its hands; the group misses it when its session runs out.
    Crashes,
    /// It starts (again) and joins the group.
    Joins,
}

/// A change that was planned beforehand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planned {
    at: Instant,
    topic: u16,
    member: u16,
    change: MemberChange,
}

impl World<'_> {
    /// Plans a change of a topic's group, before the run begins; says whether there is such a member.
    pub fn plan_member_change(
        &mut self,
        at: Instant,
        topic: &str,
        member: u16,
        change: MemberChange,
    ) -> bool {
        let Some(index) = self.parts.topics.iter().position(|known| known.name == topic) else {
            return false;
        };
        let known = usize::from(member) < self.topics[index].members.len();
        if known {
            self.planned.push(Planned { at, topic: index as u16, member, change });
        }
        known
    }

    pub(super) fn begin_plans(&mut self, core: &mut Core<'_>) {
        for index in 0..self.planned.len() {
            let at = self.planned[index].at;
            self.set_due(core, at, Due::Planned { change: index as u32 });
        }
    }

    pub(super) fn planned_change(&mut self, core: &mut Core<'_>, change: u32) {
        let Planned { topic, member, change, .. } = self.planned[change as usize];
        self.change_member(core, topic, member, change);
    }

    /// Changes every member that works in a replica of a process, such as when that crashes or starts again. Members
    /// are dealt to replicas in turn.
    pub fn change_members_in(
        &mut self,
        core: &mut Core<'_>,
        process: u16,
        replica: u16,
        change: MemberChange,
    ) {
        for topic in 0..self.topics.len() as u16 {
            let Some(group) = self.group(topic).filter(|group| group.process == process) else { continue };
            for member in 0..self.topic(topic).members.len() as u16 {
                if group.replica_of(member) == replica {
                    self.change_member(core, topic, member, change);
                }
            }
        }
    }

    /// Changes a group: `topic` counts the topics of the deployment. Does nothing to a member that is not there, or
    /// has what is asked for already.
    pub fn change_member(&mut self, core: &mut Core<'_>, topic: u16, member: u16, change: MemberChange) {
        let Some(group) = self.parts.topics.get(usize::from(topic)).and_then(|topic| topic.group.as_ref())
        else {
            return;
        };
        if usize::from(member) >= self.topics[usize::from(topic)].members.len() {
            return;
        }
        let now = core.now();
        let slots = group.slots + u32::from(member);
        let gone = self.member(topic, member).doing == Doing::Gone;
        match change {
            MemberChange::Leaves if !gone => {
                core.allow(slots, 0);
                self.topic(topic).commit(now, member);
                let this = self.member(topic, member);
                (this.doing, this.known, this.thrown_out) = (Doing::Gone, false, false);
                self.begin_rebalance(core, topic);
            }
            MemberChange::Crashes if !gone => {
                core.allow(slots, 0);
                let in_hand = self.orphan(topic, member);
                self.member(topic, member).doing = Doing::Gone;
                if in_hand {
                    core.break_held(Cause::Unavailable, |held| held == Held::Slot(slots));
                }
                // Its last heartbeat was some time ago.
                let since = group.spec.heartbeat_interval * self.topic(topic).stream.unit();
                let missed = now + group.spec.session_timeout.saturating_sub(since);
                if self.member(topic, member).known {
                    self.set_due(core, missed, Due::Missed { topic, member });
                }
            }
            MemberChange::Joins if gone => {
                let this = self.member(topic, member);
                (this.doing, this.known, this.thrown_out) = (Doing::Joined, true, false);
                self.begin_rebalance(core, topic);
            }
            MemberChange::Leaves | MemberChange::Crashes | MemberChange::Joins => {}
        }
    }

    /// A member that crashed is missed.
    pub(super) fn member_missed(&mut self, core: &mut Core<'_>, topic: u16, member: u16) {
        let this = self.member(topic, member);
        if this.doing == Doing::Gone && this.known {
            this.known = false;
            self.begin_rebalance(core, topic);
        }
    }

    /// A member may have worked on one poll for too long: then it leaves, and does not know yet.
    pub(super) fn poll_interval_over(&mut self, core: &mut Core<'_>, topic: u16, member: u16) {
        let Some(group) = self.group(topic) else { return };
        let (longest, slots) = (group.spec.max_poll_interval, group.slots + u32::from(member));
        let now = core.now();
        let this = self.member(topic, member);
        this.watched = false;
        let at_work = matches!(this.doing, Doing::Working { .. } | Doing::Committing);
        if !at_work || this.thrown_out {
            return;
        }
        let due = this.polled + longest;
        if due > now {
            this.watched = true;
            return self.set_due(core, due, Due::PollInterval { topic, member });
        }
        self.throw_out(core, topic, member, slots);
        self.begin_rebalance(core, topic);
    }

    /// Takes a member out of its group while it works on; what it has in hand is delivered again.
    fn throw_out(&mut self, core: &mut Core<'_>, topic: u16, member: u16, slots: u32) {
        core.allow(slots, 0);
        let in_hand = self.orphan(topic, member);
        let this = self.member(topic, member);
        (this.known, this.thrown_out) = (false, true);
        if in_hand {
            this.doing = Doing::Working { left: 1 };
        }
    }

    /// A member that was thrown out polls at last, and joins again.
    pub(super) fn comes_back(&mut self, core: &mut Core<'_>, topic: u16, member: u16) {
        let this = self.member(topic, member);
        (this.doing, this.known, this.thrown_out) = (Doing::Joined, true, false);
        self.begin_rebalance(core, topic);
    }

    /// Begins a rebalance, or has one that goes on look again who is there.
    fn begin_rebalance(&mut self, core: &mut Core<'_>, topic: u16) {
        let Some(group) = self.group(topic) else { return };
        let (interval, longest) = (group.spec.heartbeat_interval, group.spec.max_poll_interval);
        let now = core.now();
        let state = self.topic(topic);
        if state.barrier.is_none() {
            state.rebalances += 1;
            state.barrier = Some(now + longest);
            self.set_due(core, now + longest, Due::Barrier { topic });
            for member in 0..self.topic(topic).members.len() as u16 {
                let after = interval * self.topic(topic).stream.unit();
                let this = self.member(topic, member);
                if this.known && this.doing != Doing::Joined {
                    this.hears = now + after;
                    self.set_due(core, now + after, Due::Hears { topic, member });
                }
            }
        }
        self.look_who_is_there(core, topic);
    }

    /// A member hears of a rebalance: if it waits in `poll`, it comes back at once.
    pub(super) fn hears_of_rebalance(&mut self, core: &mut Core<'_>, topic: u16, member: u16) {
        let rebalancing = self.topic(topic).barrier.is_some();
        let this = self.member(topic, member);
        if rebalancing && this.hears == core.now() && matches!(this.doing, Doing::Fetching { .. }) {
            self.joins(core, topic, member);
        }
    }

    /// A member comes back to its group: it commits and gives up its partitions.
    pub(super) fn joins(&mut self, core: &mut Core<'_>, topic: u16, member: u16) {
        let now = core.now();
        self.topic(topic).commit(now, member);
        self.member(topic, member).doing = Doing::Joined;
        self.look_who_is_there(core, topic);
    }

    /// A group waits no longer: who has not come back is thrown out.
    pub(super) fn barrier_over(&mut self, core: &mut Core<'_>, topic: u16) {
        if self.topic(topic).barrier != Some(core.now()) {
            return;
        }
        let Some(group) = self.group(topic) else { return };
        let slots = group.slots;
        for member in 0..self.topic(topic).members.len() as u16 {
            let this = self.member(topic, member);
            if !this.known {
                continue;
            }
            match this.doing {
                Doing::Joined => {}
                Doing::Gone => this.known = false,
                Doing::Fetching { .. } | Doing::Working { .. } | Doing::Committing => {
                    self.throw_out(core, topic, member, slots + u32::from(member));
                }
            }
        }
        self.look_who_is_there(core, topic);
    }

    /// Ends a rebalance if everybody who is known has come back.
    fn look_who_is_there(&mut self, core: &mut Core<'_>, topic: u16) {
        let state = self.topic(topic);
        let missing = state.members.iter().any(|member| member.known && member.doing != Doing::Joined);
        if state.barrier.is_some() && !missing {
            self.share_out(core, topic);
        }
    }

    /// Shares the partitions out among those who are there, and delivers again what was not committed.
    fn share_out(&mut self, core: &mut Core<'_>, topic: u16) {
        let Some(group) = &self.parts.topics[usize::from(topic)].group else { return };
        let now = core.now();
        let state = &mut self.topics[usize::from(topic)];
        state.barrier = None;
        let there: Vec<u16> = (0..state.members.len() as u16)
            .filter(|member| state.members[usize::from(*member)].known)
            .collect();
        if there.is_empty() {
            return;
        }
        state.members.iter_mut().for_each(|member| member.owns.clear());
        let count = state.partitions.len() as u32;
        for partition in 0..count {
            let state = &mut self.topics[usize::from(topic)];
            let owner = there[range_owner(partition, count, there.len() as u32) as usize];
            state.members[usize::from(owner)].owns.push(partition);
            let entry = &mut state.partitions[partition as usize];
            let before = std::mem::replace(&mut entry.owner, owner);
            let again = std::mem::take(&mut entry.uncommitted);
            if before == owner && again.is_empty() {
                continue;
            }
            state.redelivered += again.len() as u64;
            self.effects[usize::from(group.redelivered)] += again.len() as u64;
            for record in again {
                // They come before those that wait, and keep their place in the lag.
                self.deliver(core, topic, record);
            }
            self.reroute(core, topic, partition, before);
        }
        for member in there {
            let state = &mut self.topics[usize::from(topic)];
            // The assignment comes in the answer to SyncGroup; then it fetches.
            let answer: Span = (0..4).map(|_| draw(group, &mut state.stream)).sum();
            let this = &mut state.members[usize::from(member)];
            this.doing = Doing::Fetching { since: now };
            this.fetch_due = now + answer;
            self.set_due(core, now + answer, Due::Fetch { topic, member });
        }
    }
}
