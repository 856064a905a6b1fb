//! Compiles a system to a step program: names become indices, operations become flat steps with scopes.

mod builder;
mod calls;
mod entries;
mod faults;
mod layout;
mod statements;
mod stations;
mod steps;
mod stores;
mod targets;

pub use entries::assemble;
