//! The bulkhead of Resilience4j with threads: how many calls may be under way at once.
//!
//! A bulkhead holds what the caller names its tasks by (`T`), so that it can say whose turn it is; it never runs
//! anything. The bulkhead with permits has no state but a line, which is what the engine's slots are: recordings of the
//! jars are played through models.
//!
//! Sources: Resilience4j `FixedThreadPoolBulkhead` and its configuration (2.4.0); JDK `ThreadPoolExecutor`. Replayed
//! against the jars.

mod thread_pool;

pub use thread_pool::{Submission, ThreadPoolBulkhead, ThreadPoolBulkheadConfig};
