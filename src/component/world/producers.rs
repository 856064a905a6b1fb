//! Producers: which partition a record goes to, and the batches that gather records.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::World;
use super::timers::Due;
use crate::component::log::{Acks, Sticky, keyed_partition};
use crate::component::parts::KeyRef;
use crate::engine::{Core, Flow, Start, TaskId};
use crate::random::{Stream, mix};
use crate::units::Instant;

/// The producer of one replica for one topic: process, replica, topic.
type ProducerKey = (u16, u16, u16);

/// Producers and the batches on their way.
#[derive(Debug)]
pub(super) struct Producers {
    sticky: IndexMap<ProducerKey, Sticky, FxBuildHasher>,
    /// Batches that gather, by producer and partition.
    open: IndexMap<(ProducerKey, u32), u64, FxBuildHasher>,
    /// All batches whose publishers wait or whose records are not written, by number.
    batches: IndexMap<u64, Batch, FxBuildHasher>,
    /// The batch that the task waits for that is about to be told to sleep.
    joining: Option<u64>,
    count: u64,
    salt: u64,
    stream: Stream,
}

#[derive(Debug)]
struct Batch {
    producer: ProducerKey,
    partition: u32,
    bytes: u64,
    sent: bool,
    /// What happens to it still: written and acknowledged.
    open_ends: u8,
    records: Vec<Published>,
    publishers: Vec<(TaskId, u64)>,
}

/// A record on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Published {
    pub(super) salt: u64,
    pub(super) priority: u8,
    pub(super) size: u32,
    /// When the request arrived that it comes from.
    pub(super) asked: Instant,
}

impl Producers {
    pub(super) fn new(seed: u64, replication: u64) -> Self {
        Producers {
            sticky: IndexMap::default(),
            open: IndexMap::default(),
            batches: IndexMap::default(),
            joining: None,
            count: 0,
            salt: mix(mix(seed, replication), 0x0062_6174_6368),
            stream: Stream::named(seed, replication, "producers", "partition"),
        }
    }
}

impl World<'_> {
    /// The partition that a record goes to.
    fn partition_of(
        &mut self,
        core: &Core<'_>,
        task: TaskId,
        producer: ProducerKey,
        key: KeyRef,
        size: u32,
    ) -> u32 {
        let spec = &self.parts.topics[usize::from(producer.2)];
        match key {
            KeyRef::Space(space) => keyed_partition(core.key_of(task, space), spec.partitions),
            KeyRef::Single => {
                let producers = &mut self.producers;
                let sticky = producers.sticky.entry(producer).or_default();
                sticky.next(u64::from(size), spec.batch_size, spec.partitions, &mut producers.stream)
            }
        }
    }

    fn published(&self, core: &Core<'_>, task: TaskId, size: u32) -> Published {
        let (salt, priority) = (core.key_salt(task), core.priority(task));
        Published { salt, priority, size, asked: self.asked_at(core, task) }
    }

    /// Writes a record that travels by itself.
    pub(super) fn publish(
        &mut self,
        core: &mut Core<'_>,
        task: TaskId,
        (process, topic): (u16, u16),
        key: KeyRef,
        size: u32,
    ) -> Flow {
        let producer = (process, core.replica(task), topic);
        let partition = self.partition_of(core, task, producer, key, size);
        let record = self.published(core, task, size);
        self.append(core, topic, partition, record);
        Flow::Next
    }

    /// Puts a record into the batch of its partition.
    pub(super) fn produce(
        &mut self,
        core: &mut Core<'_>,
        task: TaskId,
        (process, topic): (u16, u16),
        key: KeyRef,
        size: u32,
    ) -> Flow {
        let producer = (process, core.replica(task), topic);
        let partition = self.partition_of(core, task, producer, key, size);
        let spec = &self.parts.topics[usize::from(topic)];
        let record = self.published(core, task, size);
        let open = self.producers.open.get(&(producer, partition)).copied();
        let fits = |batch: &Batch| batch.bytes + u64::from(size) <= spec.batch_size;
        if let Some(number) = open
            && !self.producers.batches.get(&number).is_some_and(fits)
        {
            self.send(core, number);
        }
        let number = match self.producers.open.get(&(producer, partition)).copied() {
            Some(number) => number,
            None => {
                self.producers.count += 1;
                let number = mix(self.producers.salt, self.producers.count);
                let batch = Batch {
                    producer,
                    partition,
                    bytes: 0,
                    sent: false,
                    open_ends: 2,
                    records: Vec::new(),
                    publishers: Vec::new(),
                };
                self.producers.batches.insert(number, batch);
                self.producers.open.insert((producer, partition), number);
                if !spec.linger.is_zero() {
                    let at = core.now() + spec.linger;
                    self.set_due(core, at, Due::Linger { batch: number });
                }
                number
            }
        };
        if let Some(batch) = self.producers.batches.get_mut(&number) {
            batch.bytes += u64::from(size);
            batch.records.push(record);
        }
        self.producers.joining = Some(number);
        Flow::Sleep
    }

    /// Takes note of who sleeps until a batch is acknowledged. A full batch is sent.
    pub(super) fn waits_for_batch(&mut self, core: &mut Core<'_>, task: TaskId, token: u64) {
        let Some(number) = self.producers.joining.take() else { return };
        let Some(batch) = self.producers.batches.get_mut(&number) else { return };
        batch.publishers.push((task, token));
        let spec = &self.parts.topics[usize::from(batch.producer.2)];
        if spec.linger.is_zero() || batch.bytes >= spec.batch_size {
            self.send(core, number);
        }
    }

    /// Sends a batch that was kept for as long as it may.
    pub(super) fn linger_over(&mut self, core: &mut Core<'_>, number: u64) {
        if self.producers.batches.get(&number).is_some_and(|batch| !batch.sent) {
            self.send(core, number);
        }
    }

    /// Sends a batch, and with it those of all partitions with the same leader.
    fn send(&mut self, core: &mut Core<'_>, number: u64) {
        let Some(batch) = self.producers.batches.get(&number) else { return };
        let (producer, partition) = (batch.producer, batch.partition);
        let spec = &self.parts.topics[usize::from(producer.2)];
        let leader = partition % spec.brokers;
        let same = |key: &(ProducerKey, u32)| key.0 == producer && key.1 % spec.brokers == leader;
        let sent: Vec<u64> =
            self.producers.open.iter().filter(|(key, _)| same(key)).map(|(_, number)| *number).collect();
        self.producers.open.retain(|key, _| !same(key));
        for number in sent {
            let Some(batch) = self.producers.batches.get_mut(&number) else { continue };
            batch.sent = true;
            if spec.acks == Acks::None {
                batch.open_ends -= 1;
                for (task, token) in std::mem::take(&mut batch.publishers) {
                    core.wake(task, token, false);
                }
            }
            let start = Start { pc: spec.send, operation: u16::MAX, key: number, priority: 0, notify: None };
            core.start_background(start);
        }
    }

    /// Has a replica that goes down lose the records that its producers have gathered and not sent.
    pub(super) fn lose_batches(&mut self, process: u16, replica: u16) {
        let Producers { sticky, open, batches, .. } = &mut self.producers;
        let is_its = |(of, there, _): &ProducerKey| (*of, *there) == (process, replica);
        sticky.retain(|producer, _| !is_its(producer));
        open.retain(|(producer, _), number| {
            let is_lost = is_its(producer);
            if is_lost {
                batches.swap_remove(number);
            }
            !is_lost
        });
    }

    /// Has the replicas write a batch while its leader answers.
    pub(super) fn replicate(&mut self, core: &mut Core<'_>, task: TaskId) {
        let number = core.key_salt(task);
        if let Some(batch) = self.producers.batches.get(&number) {
            let pc = self.parts.topics[usize::from(batch.producer.2)].replicate;
            core.start_background(Start { pc, operation: u16::MAX, key: number, priority: 0, notify: None });
        }
    }

    /// Writes the records of a batch.
    pub(super) fn written(&mut self, core: &mut Core<'_>, task: TaskId) {
        let number = core.key_salt(task);
        let Some(batch) = self.producers.batches.get_mut(&number) else { return };
        let (topic, partition) = (batch.producer.2, batch.partition);
        for record in std::mem::take(&mut batch.records) {
            self.append(core, topic, partition, record);
        }
        self.end_of_batch(number);
    }

    /// Has the publishers of a batch go on.
    pub(super) fn acknowledged(&mut self, core: &mut Core<'_>, task: TaskId) {
        let number = core.key_salt(task);
        let Some(batch) = self.producers.batches.get_mut(&number) else { return };
        for (task, token) in std::mem::take(&mut batch.publishers) {
            core.wake(task, token, false);
        }
        self.end_of_batch(number);
    }

    fn end_of_batch(&mut self, number: u64) {
        if let Some(batch) = self.producers.batches.get_mut(&number) {
            batch.open_ends -= 1;
            if batch.open_ends == 0 {
                self.producers.batches.swap_remove(&number);
            }
        }
    }
}
