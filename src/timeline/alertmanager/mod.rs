//! Alertmanager: who is told of which alerts, and when.

mod config;
mod machine;
#[cfg(test)]
mod machine_tests;
mod notification;
mod routing;

pub use config::{Channel, Config, GroupBy, InhibitRule, Integration, RESOLVE_TIMEOUT, Receiver, Route};
pub use machine::Alertmanager;
pub use notification::{Muted, Notification, NotifiedAlert, Reason, Sent};
