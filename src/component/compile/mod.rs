//! Compiles a system to a step program: names become indices, operations become flat steps with scopes.

mod builder;
mod calls;
mod connections;
mod entries;
mod layout;
mod statements;
mod stations;
mod steps;
mod stores;
mod waits;

pub use entries::assemble;
pub(crate) use waits::Held;
