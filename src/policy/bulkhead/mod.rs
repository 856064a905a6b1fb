//! The bulkheads of Resilience4j: how many calls may be under way at once.
//!
//! A bulkhead holds what the caller names its callers or tasks by (`T`), so that it can say whose turn it
//! is; it never runs anything.
//!
//! Sources: Resilience4j `SemaphoreBulkhead`, `FixedThreadPoolBulkhead` and their configurations (2.4.0);
//! JDK `Semaphore`, `ThreadPoolExecutor`. Both are replayed against the jars.

mod semaphore;
mod thread_pool;

pub use semaphore::{Admission, SemaphoreBulkhead, SemaphoreBulkheadConfig};
pub use thread_pool::{Submission, ThreadPoolBulkhead, ThreadPoolBulkheadConfig};
