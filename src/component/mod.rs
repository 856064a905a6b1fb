//! What a gateway, process, pool, database, cache, log, external party, link and plain station are.
//!
//! Each component has a file with its settings as a user writes them; `assemble` turns a whole system, that
//! is operations, a deployment and a load, into a step program for the engine and a [`World`] that plays the
//! engine's host.

mod assembly;
mod attribution;
pub mod cache;
pub mod call;
mod compile;
pub mod database;
pub mod deployment;
mod describe;
pub mod effects;
pub mod external;
pub mod gateway;
mod layers;
pub mod link;
pub mod log;
mod mistake;
mod observe;
pub mod operations;
mod parts;
pub mod pool;
pub mod preset;
pub mod process;
pub mod reference;
pub mod statement;
pub mod station;
mod world;

pub use assembly::{
    Assembly, HitPart, Names, OperationName, StationKind, StationName, SystemSpec, Unassembled, View,
};
pub use compile::assemble;
pub(crate) use effects::OfComponent;
pub(crate) use mistake::home_of;
pub use mistake::{Mistake, Part, Place, PlaceStep, Severity, code};
pub use observe::{Metric, MetricKind, ObservableName, Reading};
pub use world::{Exported, MemberChange, SeriesName, World, series_of};
