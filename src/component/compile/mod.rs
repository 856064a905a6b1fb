//! Compiles a system to a step program: names become indices, operations become flat steps with scopes.

mod actions;
mod asking;
mod builder;
mod cached;
mod call_checks;
mod calls;
mod commands;
mod connections;
mod effects;
mod entries;
mod externals;
mod fault_checks;
mod faults;
mod flags;
mod gateways;
mod key_locks;
mod kinds;
mod layout;
mod policies;
mod recoveries;
mod runbook;
mod standbys;
mod statements;
mod stations;
mod steps;
mod targets;
mod topics;
mod waits;

pub use entries::assemble;
pub(in crate::component) use entries::call_graph;
pub(crate) use topics::SHOWN_PARTITIONS;
pub(crate) use waits::Held;
