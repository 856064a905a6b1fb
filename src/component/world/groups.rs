//! Consumer groups: partitions, members, and the poll loop of each member.

use std::collections::VecDeque;

use super::World;
use super::producers::Published;
use super::timers::Due;
use crate::component::log::{Age, Commits, range_owner};
use crate::component::observe::{Gauge, Reading};
use crate::component::parts::{Group as Spec, Topic};
use crate::engine::{Core, Flow, Start, TaskId};
use crate::random::Stream;
use crate::units::{Instant, Span};

/// Tag of a record's scope.
pub(super) const RECORD: u8 = 4;

/// The records of all topics that are on their way through a group.
#[derive(Debug, Default)]
pub(super) struct Records {
    slots: Vec<Record>,
    free: Vec<u32>,
    /// Records whose tasks have been started and have not run yet, in order.
    starting: VecDeque<(TaskId, u16, Waiting)>,
}

/// A record in front of, or in the hands of, a member.
#[derive(Clone, Copy, Debug)]
struct Record {
    task: TaskId,
    topic: u16,
    of: Waiting,
    /// Who works on it.
    member: Option<u16>,
    /// Whether it counts as delivered again already, whatever becomes of it here.
    orphan: bool,
}

/// What is known of a record that a member has not finished.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) partition: u32,
    pub(super) published: Instant,
    pub(super) record: Published,
}

/// A topic while it runs, with its group if it has one.
#[derive(Debug)]
pub(super) struct TopicState {
    pub(super) produced: u64,
    pub(super) consumed: u64,
    pub(super) redelivered: u64,
    pub(super) rebalances: u64,
    pub(super) lag: Gauge,
    lag_now: u64,
    pub(super) partitions: Vec<Partition>,
    /// Records that were written, by partition.
    ends: Vec<u64>,
    pub(super) members: Vec<Member>,
    /// Until when members may come back, while the group rebalances.
    pub(super) barrier: Option<Instant>,
    pub(super) stream: Stream,
}

/// A partition of a topic with a group.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) owner: u16,
    /// Records nobody works on yet, in order.
    pub(super) waiting: VecDeque<u32>,
    /// Records that were worked on and not committed, in order.
    pub(super) uncommitted: VecDeque<Waiting>,
    /// Records in the hands of its owner.
    running: Option<u32>,
    lag: Gauge,
    lag_now: u64,
    age: Age,
}

/// What a member does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// Waits for the answer to a fetch since then.
    Fetching { since: Instant },
    /// Works on a poll; so many records are left.
    Working { left: u32 },
    /// Waits for its commit.
    Committing,
    /// Waits for its group.
    Joined,
    /// Nothing: it has crashed or left.
    Gone,
}

/// A member of a group.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) doing: Doing,
    /// Whether the group counts on it.
    pub(super) known: bool,
    /// Whether it was thrown out and does not know yet.
    pub(super) thrown_out: bool,
    /// When it last polled.
    pub(super) polled: Instant,
    pub(super) committed: Instant,
    /// Whether a timer has it commit while it waits in its poll.
    commits_later: bool,
    /// When it hears of the rebalance.
    pub(super) hears: Instant,
    /// When its fetch has an answer.
    pub(super) fetch_due: Instant,
    /// Whether a timer watches over its poll interval.
    pub(super) watched: bool,
    /// Bytes that wait for it \[B].
    bytes: u64,
    pub(super) owns: Vec<u32>,
}

impl TopicState {
    /// The end of a partition's log, or of all partitions together \[records].
    pub(super) fn end(&self, partition: Option<u32>) -> u64 {
        partition.map_or(self.produced, |partition| self.ends[partition as usize])
    }

    /// Records that are done and not committed.
    pub(super) fn uncommitted(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.uncommitted.len() as u64).sum()
    }

    /// At the start, everybody is there and has polled, but for members of replicas that are added later.
    pub(super) fn new(spec: &Topic, seed: u64, replication: u64) -> Self {
        let members = spec.group.as_ref().map_or(0, Spec::first_members);
        let all = spec.group.as_ref().map_or(0, |group| group.members);
        let partitions = if members == 0 { 0 } else { spec.partitions };
        let owner = |partition| range_owner(partition, spec.partitions, members) as u16;
        let member = |member: u32| Member {
            doing: if member < members { Doing::Fetching { since: Instant::START } } else { Doing::Gone },
            known: member < members,
            thrown_out: false,
            polled: Instant::START,
            committed: Instant::START,
            commits_later: false,
            hears: Instant::START,
            fetch_due: Instant::NEVER,
            watched: false,
            bytes: 0,
            owns: (0..partitions).filter(|partition| u32::from(owner(*partition)) == member).collect(),
        };
        TopicState {
            produced: 0,
            consumed: 0,
            redelivered: 0,
            rebalances: 0,
            lag: Gauge::ZERO,
            lag_now: 0,
            partitions: (0..partitions).map(|partition| Partition::new(owner(partition))).collect(),
            ends: vec![0; spec.partitions as usize],
            members: (0..all).map(member).collect(),
            barrier: None,
            stream: Stream::named(seed, replication, &spec.name, "group"),
        }
    }

    fn add_lag(&mut self, now: Instant, partition: u32, added: i64) {
        let partition = &mut self.partitions[partition as usize];
        for (count, gauge) in
            [(&mut self.lag_now, &mut self.lag), (&mut partition.lag_now, &mut partition.lag)]
        {
            *count = count.saturating_add_signed(added);
            gauge.set(now, *count as f64);
        }
    }

    /// Whether a member has worked on something that is not committed.
    fn has_uncommitted(&self, member: u16) -> bool {
        let owns = &self.members[usize::from(member)].owns;
        owns.iter().any(|partition| !self.partitions[*partition as usize].uncommitted.is_empty())
    }

    /// Commits what a member has worked on.
    pub(super) fn commit(&mut self, now: Instant, member: u16) {
        self.members[usize::from(member)].committed = now;
        for at in 0..self.members[usize::from(member)].owns.len() {
            let partition = self.members[usize::from(member)].owns[at];
            let done = std::mem::take(&mut self.partitions[partition as usize].uncommitted);
            self.add_lag(now, partition, -(done.len() as i64));
        }
    }

    /// Reads the counters and gauges, in the order in which they were named.
    pub(super) fn read(&mut self, now: Instant, into: &mut Vec<Reading>) {
        into.push(Reading::count(self.produced));
        if self.members.is_empty() {
            return;
        }
        into.extend([self.consumed, self.redelivered, self.rebalances].map(Reading::count));
        into.push(self.lag.read(now));
        if self.partitions.len() <= crate::component::compile::SHOWN_PARTITIONS as usize {
            for partition in &mut self.partitions {
                into.extend([partition.lag.read(now), partition.age.read(now)]);
            }
        }
    }
}

impl Partition {
    fn new(owner: u16) -> Self {
        Partition {
            owner,
            waiting: VecDeque::new(),
            uncommitted: VecDeque::new(),
            running: None,
            lag: Gauge::ZERO,
            lag_now: 0,
            age: Age::NONE,
        }
    }

    /// Takes a record out of the line, of which it is the first almost always.
    fn take_out(&mut self, slot: u32) {
        if self.waiting.front() == Some(&slot) {
            self.waiting.pop_front();
        } else {
            self.waiting.retain(|waiting| *waiting != slot);
        }
    }

    fn update_age(&mut self, now: Instant, records: &[Record]) {
        let oldest = self.running.or_else(|| self.waiting.front().copied());
        self.age.set(now, oldest.map(|slot| records[slot as usize].of.published));
    }
}

impl<'a> World<'a> {
    pub(super) fn group(&self, topic: u16) -> Option<&'a Spec> {
        self.parts.topics[usize::from(topic)].group.as_ref()
    }

    pub(super) fn topic(&mut self, topic: u16) -> &mut TopicState {
        &mut self.topics[usize::from(topic)]
    }

    pub(super) fn member(&mut self, topic: u16, member: u16) -> &mut Member {
        &mut self.topics[usize::from(topic)].members[usize::from(member)]
    }

    /// Nobody is served before it has been polled.
    pub(super) fn begin_groups(&mut self, core: &mut Core<'_>) {
        for spec in self.parts.topics.iter().filter_map(|topic| topic.group.as_ref()) {
            for member in 0..spec.members {
                core.allow(spec.slots + member, 0);
            }
        }
    }

    /// Appends a record to its partition, where it can be read from now on.
    pub(super) fn append(&mut self, core: &mut Core<'_>, topic: u16, partition: u32, record: Published) {
        self.topic(topic).produced += 1;
        self.topic(topic).ends[partition as usize] += 1;
        let of = Waiting { partition, published: core.now(), record };
        if self.deliver(core, topic, of) {
            self.topic(topic).add_lag(core.now(), partition, 1);
        }
    }

    /// Starts the task that carries a record to its member, if there is a group.
    pub(super) fn deliver(&mut self, core: &mut Core<'_>, topic: u16, of: Waiting) -> bool {
        let Some(group) = self.group(topic) else { return false };
        let start = Start {
            pc: group.deliver,
            operation: group.operation,
            key: of.record.salt,
            priority: of.record.priority,
            notify: None,
        };
        let Some(task) = core.start_background(start) else { return false };
        self.records.starting.push_back((task, topic, of));
        true
    }

    /// Puts a record in front of its member.
    pub(super) fn record_arrives(&mut self, core: &mut Core<'_>, task: TaskId) -> Flow {
        let Some((_, topic, of)) = self.records.starting.pop_front() else { return Flow::Next };
        let record = Record { task, topic, of, member: None, orphan: false };
        let records = &mut self.records;
        let slot = match records.free.pop() {
            Some(slot) => {
                records.slots[slot as usize] = record;
                slot
            }
            None => {
                records.slots.push(record);
                (records.slots.len() - 1) as u32
            }
        };
        core.open_scope(task, RECORD, slot);
        let partition = &mut self.topics[usize::from(topic)].partitions[of.partition as usize];
        partition.waiting.push_back(slot);
        partition.update_age(core.now(), &self.records.slots);
        let owner = partition.owner;
        self.member(topic, owner).bytes += u64::from(of.record.size);
        self.something_waits(core, topic, owner);
        Flow::Next
    }

    /// What a consumer's task works on, itself or in a branch.
    pub(super) fn record_of(&self, core: &Core<'_>, task: TaskId) -> Option<Published> {
        core.scope_around(task, RECORD).map(|slot| self.records.slots[slot as usize].of.record)
    }

    /// The member that a record waits for.
    pub(super) fn member_of(&self, core: &Core<'_>, task: TaskId, topic: u16) -> u16 {
        let record = core.innermost_scope(task, RECORD).map(|slot| self.records.slots[slot as usize]);
        record.map_or(0, |record| {
            self.topics[usize::from(topic)].partitions[record.of.partition as usize].owner
        })
    }

    /// Puts a record into the hands of its member, and gives the replica that the member works in.
    pub(super) fn record_begins(&mut self, core: &Core<'_>, task: TaskId, topic: u16) -> u16 {
        let group = self.group(topic);
        let Some(slot) = core.innermost_scope(task, RECORD) else { return 0 };
        let of = self.records.slots[slot as usize].of;
        let partition = &mut self.topics[usize::from(topic)].partitions[of.partition as usize];
        let owner = partition.owner;
        partition.take_out(slot);
        partition.running = Some(slot);
        partition.update_age(core.now(), &self.records.slots);
        self.records.slots[slot as usize].member = Some(owner);
        let member = self.member(topic, owner);
        member.bytes = member.bytes.saturating_sub(u64::from(of.record.size));
        group.map_or(0, |group| group.replica_of(owner))
    }

    /// Takes note that a record has left, worked on or not.
    pub(super) fn record_leaves(&mut self, core: &mut Core<'_>, slot: u32) {
        let Record { topic, of, member, orphan, .. } = self.records.slots[slot as usize];
        self.records.free.push(slot);
        let now = core.now();
        let state = &mut self.topics[usize::from(topic)];
        let partition = &mut state.partitions[of.partition as usize];
        if member.is_none() {
            partition.take_out(slot);
        }
        if partition.running == Some(slot) {
            partition.running = None;
        }
        partition.update_age(now, &self.records.slots);
        let Some(member) = member else { return };
        let died_with_it = orphan && state.members[usize::from(member)].doing == Doing::Gone;
        state.consumed += u64::from(!died_with_it);
        if !orphan && state.members[usize::from(member)].doing == Doing::Gone {
            // Closed in an orderly way meanwhile: it commits what it had in its hands, and then is gone.
            state.add_lag(now, of.partition, -1);
        } else if !orphan {
            state.partitions[of.partition as usize].uncommitted.push_back(of);
            self.keeps_more(core);
        }
        if let Doing::Working { left } = &mut self.member(topic, member).doing {
            *left -= 1;
            if *left == 0 {
                self.worked_through(core, topic, member);
            }
        }
    }

    /// A member has worked through its poll: it commits and polls again.
    fn worked_through(&mut self, core: &mut Core<'_>, topic: u16, member: u16) {
        let now = core.now();
        if self.member(topic, member).thrown_out {
            return self.comes_back(core, topic, member);
        }
        let Some(group) = self.group(topic) else { return };
        match (group.spec.commits, &group.commit) {
            (Commits::Auto, _) => self.poll(core, topic, member),
            (Commits::Sync, None) => {
                self.topic(topic).commit(now, member);
                self.poll(core, topic, member);
            }
            (Commits::Sync, Some(law)) => {
                let took = law.sample_span(&mut self.topics[usize::from(topic)].stream);
                self.member(topic, member).doing = Doing::Committing;
                self.set_due(core, now + took, Due::Committed { topic, member });
            }
        }
    }

    /// A member has committed what it worked on.
    pub(super) fn committed(&mut self, core: &mut Core<'_>, topic: u16, member: u16) {
        if self.member(topic, member).doing != Doing::Committing {
            return;
        }
        if self.member(topic, member).thrown_out {
            // The commit of a former generation fails.
            return self.comes_back(core, topic, member);
        }
        let now = core.now();
        self.topic(topic).commit(now, member);
        self.poll(core, topic, member);
    }

    /// A member polls: takes what waits for it, comes back to its group if that rebalances, or fetches.
    pub(super) fn poll(&mut self, core: &mut Core<'_>, topic: u16, member: u16) {
        let Some(group) = self.group(topic) else { return };
        let now = core.now();
        let (slots, most) = (group.slots + u32::from(member), group.spec.max_poll_records);
        let (commits, interval) = (group.spec.commits, group.spec.auto_commit_interval);
        let watch = group.spec.max_poll_interval;
        let state = self.topic(topic);
        let rebalancing = state.barrier.is_some();
        let this = &mut state.members[usize::from(member)];
        if this.doing == Doing::Gone {
            return;
        }
        if commits == Commits::Auto && now.since(this.committed) >= interval {
            state.commit(now, member);
        }
        let this = &mut state.members[usize::from(member)];
        this.polled = now;
        if rebalancing && now >= this.hears {
            return self.joins(core, topic, member);
        }
        let (_, waiting) = core.slots_in_use(slots);
        if waiting == 0 {
            this.doing = Doing::Fetching { since: now };
            this.fetch_due = Instant::NEVER;
            return self.commit_later(core, topic, member);
        }
        let count = waiting.min(u64::from(most)) as u32;
        this.doing = Doing::Working { left: count };
        if !std::mem::replace(&mut this.watched, true) {
            self.set_due(core, now + watch, Due::PollInterval { topic, member });
        }
        core.allow(slots, count);
    }

    /// Has a member that waits in its poll commit when its interval is over.
    ///
    /// Source: Kafka `ClassicKafkaConsumer.pollForFetches`, `ConsumerCoordinator.timeToNextPoll`: a poll that brings nothing is
    /// cut short for the next automatic commit.
    fn commit_later(&mut self, core: &mut Core<'_>, topic: u16, member: u16) {
        let Some(group) = self.group(topic).filter(|group| group.spec.commits == Commits::Auto) else {
            return;
        };
        let state = self.topic(topic);
        if !state.has_uncommitted(member) {
            return;
        }
        let this = &mut state.members[usize::from(member)];
        if !std::mem::replace(&mut this.commits_later, true) {
            let at = this.committed + group.spec.auto_commit_interval;
            self.set_due(core, at, Due::AutoCommit { topic, member });
        }
    }

    /// The interval of a member's automatic commits may be over while it waits in its poll.
    pub(super) fn commits_while_it_waits(&mut self, core: &mut Core<'_>, topic: u16, member: u16) {
        let Some(group) = self.group(topic) else { return };
        let now = core.now();
        let this = self.member(topic, member);
        this.commits_later = false;
        if !matches!(this.doing, Doing::Fetching { .. }) || this.thrown_out {
            return;
        }
        if now.since(this.committed) >= group.spec.auto_commit_interval {
            self.topic(topic).commit(now, member);
        } else {
            self.commit_later(core, topic, member);
        }
    }

    /// Something waits for a member: if it fetches, the answer comes when there is enough, or in the end.
    pub(super) fn something_waits(&mut self, core: &mut Core<'_>, topic: u16, member: u16) {
        let Some(group) = &self.parts.topics[usize::from(topic)].group else { return };
        let now = core.now();
        let state = &mut self.topics[usize::from(topic)];
        let this = &mut state.members[usize::from(member)];
        let Doing::Fetching { since } = this.doing else { return };
        let at = if this.bytes >= group.spec.fetch_min_bytes.as_u64() {
            now + draw(group, &mut state.stream)
        } else {
            // A fetch that brings nothing is followed by another.
            let wait = group.spec.fetch_max_wait.as_nanos().max(1);
            let rounds = now.since(since).as_nanos() / wait + 1;
            since + Span::from_nanos(rounds.saturating_mul(wait))
        };
        if at < this.fetch_due {
            this.fetch_due = at;
            self.set_due(core, at, Due::Fetch { topic, member });
        }
    }

    /// A fetch has an answer.
    pub(super) fn fetched(&mut self, core: &mut Core<'_>, topic: u16, member: u16) {
        let this = self.member(topic, member);
        if matches!(this.doing, Doing::Fetching { .. }) && this.fetch_due == core.now() {
            this.fetch_due = Instant::NEVER;
            self.poll(core, topic, member);
        }
    }

    /// Moves all records that wait in a partition to its owner's line.
    pub(super) fn reroute(&mut self, core: &mut Core<'_>, topic: u16, partition: u32, from: u16) {
        let Some(group) = self.group(topic) else { return };
        let pc = group.reroute;
        let state = &mut self.topics[usize::from(topic)];
        let owner = state.partitions[partition as usize].owner;
        for slot in &state.partitions[partition as usize].waiting {
            let record = &self.records.slots[*slot as usize];
            let size = u64::from(record.of.record.size);
            if core.reroute(record.task, pc) {
                let before = &mut state.members[usize::from(from)];
                before.bytes = before.bytes.saturating_sub(size);
                state.members[usize::from(owner)].bytes += size;
            }
        }
    }

    /// Gives up on the record in a member's hands, if there is one: it will be delivered again.
    pub(super) fn orphan(&mut self, topic: u16, member: u16) -> bool {
        let state = &mut self.topics[usize::from(topic)];
        for at in &state.members[usize::from(member)].owns {
            let partition = &mut state.partitions[*at as usize];
            if let Some(slot) = partition.running.take() {
                let record = &mut self.records.slots[slot as usize];
                record.orphan = true;
                partition.uncommitted.push_back(record.of);
                return true;
            }
        }
        false
    }
}

/// One way over the network.
pub(super) fn draw(group: &Spec, stream: &mut Stream) -> Span {
    group.latency.as_ref().map_or(Span::ZERO, |law| law.sample_span(stream))
}
