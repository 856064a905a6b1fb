//! Watching: rules in PromQL over scraped series, alerts with their states, and who is told of them.
//!
//! [`Watch`] is the machine: samples go in, changes of alerts and notifications come out, and it says when it wants
//! to be called next. It knows nothing of what is watched; series are names with labels. Rules and configurations
//! come as values, from text they are read elsewhere.

pub mod alertmanager;
pub mod alerts;
mod labels;
mod matcher;
pub mod promql;
mod query;
mod store;
mod watch;

pub use matcher::{Comparison, Matcher, PatternError};
pub use query::Query;
pub use store::SeriesId;
pub use watch::{ActiveAlert, AlertChange, Event, Settings, Watch};
