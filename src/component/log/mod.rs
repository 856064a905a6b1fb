//! A log: topics with partitions, producers that gather batches, and consumer groups that poll.
//!
//! Stands for Kafka. A record goes to the partition of its key, or, without one, stays on a partition until a batch is
//! full. Producers gather records for `linger` or until a batch is full; a record can be read when all replicas have
//! it. A partition belongs to one member of its group. A member polls, works on what it got one record at a time,
//! commits, and polls again. Who does not poll in time, crashes, leaves or joins sets off a rebalance of the eager kind:
//! everybody stops until all have come back to `poll`, and what was not committed is delivered again.
//!
//! Left out: failures of brokers and leaders; retries of producers, and so the order that they disturb; quotas; the
//! limit of buffered memory; transactions; the cooperative and the new protocol of groups; the first join of a group. A
//! member that was thrown out finishes the record in its hands and drops the rest of its batch.
//!
//! Sources: Kafka 4.0 `RecordAccumulator`, `BuiltInPartitioner`, `RangeAssignor`, `ConsumerCoordinator`,
//! `ClassicGroup`, `ProducerConfig`, `ConsumerConfig`.

mod age;
mod group;
mod partitioner;
mod settings;

pub(crate) use age::Age;
pub(crate) use group::Group;
pub(crate) use partitioner::{Sticky, keyed_partition, range_owner};
pub use settings::{Acks, Commits, ConsumersSpec, LogKind, LogSpec, ProducerSpec, PublishSpec, TopicSpec};
