//! What exporters show of a running system, and the machine that watches it.

mod exporters;
mod watcher;

pub(super) use watcher::Watcher;
