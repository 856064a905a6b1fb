//! The engine's host: brings arrivals, chooses replicas, and keeps policies, entries, stocks and effects.
//!
//! [`World`] is the state; `host` hands each of the engine's questions to the file that answers it.

mod hooks;
mod host;
mod loads;
mod numbers;
mod observe;
mod pools;
mod remembered;
mod replicas;
mod state;
mod transactions;

pub use observe::Observation;
pub use state::World;
