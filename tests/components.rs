//! Components through the front door: files as a user writes them, one run, and what it leaves behind.

#[path = "components/cache.rs"]
mod cache;
#[path = "components/databases.rs"]
mod databases;
#[path = "components/effects.rs"]
mod effects;
#[path = "components/leaks.rs"]
mod leaks;
#[path = "components/log.rs"]
mod log;
#[path = "components/optimistic.rs"]
mod optimistic;
#[path = "components/pools.rs"]
mod pools;
#[path = "components/rehearsal.rs"]
mod rehearsal;
#[path = "components/replicas.rs"]
mod replicas;
#[path = "components/system.rs"]
mod system;
#[path = "components/transactions.rs"]
mod transactions;
