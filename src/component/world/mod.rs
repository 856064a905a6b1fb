//! The engine's host: brings arrivals, chooses replicas, and keeps policies, entries, stocks and
//! effects, and takes faults.
//!
//! [`World`] is the state; `host` hands each of the engine's questions to the file that answers it.

mod agenda;
mod caches;
mod callers;
mod clusters;
mod conditions;
mod exported;
mod fetches;
mod gates;
mod gateways;
mod groups;
mod hooks;
mod host;
mod kept;
mod key_locks;
mod loads;
mod numbers;
mod observations;
mod order;
mod people;
mod pools;
mod producers;
mod rebalance;
mod remembered;
mod replicas;
mod scaling;
mod shedding;
mod spans;
mod state;
mod survival;
mod tallies;
mod timers;
mod transactions;
mod versions;
mod warm_up;
mod watching;

pub use exported::Exported;
pub use rebalance::MemberChange;
pub use state::World;
pub use watching::{SeriesName, series_of};
