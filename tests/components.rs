//! Components as their users know them: small systems whose every event can be worked out by hand.

#[path = "components/databases.rs"]
mod databases;
#[path = "components/leaks.rs"]
mod leaks;
#[path = "components/pools.rs"]
mod pools;
#[path = "components/replicas.rs"]
mod replicas;
#[path = "components/system.rs"]
mod system;
#[path = "components/transactions.rs"]
mod transactions;
