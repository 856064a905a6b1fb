//! What exporters show of a running system, and the machine that watches it.

mod answered;
mod breakers;
mod exporters;
mod requests;
mod tally;
mod watcher;

pub use exporters::{SeriesName, series_of};
pub(super) use requests::SERVING;
pub(super) use watcher::Watcher;
