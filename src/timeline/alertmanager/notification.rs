//! What an Alertmanager takes and what it says.

use super::config::Channel;
use crate::units::Instant;

/// An alert as Prometheus sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its labels, by name, `alertname` among them.
    pub labels: Vec<(String, String)>,
    /// Words for people, by name.
    pub annotations: Vec<(String, String)>,
    /// When it fired.
    pub starts_at: Instant,
    /// When it was resolved, or until when it is taken to fire if nothing more is heard. None stands for the
    /// configuration's `resolve_timeout`.
    pub ends_at: Option<Instant>,
}

/// Why a notification is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody was told of this group yet, or only that it was over.
    First,
    /// An alert of the group fires that was not told of.
    NewAlerts,
    /// All alerts of the group are over.
    AllResolved,
    /// Some alerts of the group are over.
    SomeResolved,
    /// Nothing changed for longer than `repeat_interval`.
    Repeat,
}

/// Somebody is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// When.
    pub at: Instant,
    /// Who.
    pub receiver: String,
    /// How.
    pub channel: Channel,
    /// Which of the receiver's ways of this kind, counted from 0.
    pub number: usize,
    /// Why.
    pub reason: Reason,
    /// The labels that its alerts have in common, by name.
    pub group_labels: Vec<(String, String)>,
    /// The alerts it tells of.
    pub alerts: Vec<NotifiedAlert>,
}

/// An alert that somebody is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifiedAlert {
    /// Its labels, by name.
    pub labels: Vec<(String, String)>,
    /// Words for people, by name.
    pub annotations: Vec<(String, String)>,
    /// Whether it fires; otherwise it is resolved.
    pub firing: bool,
    /// When it fired.
    pub starts_at: Instant,
}

/// An alert that nobody is told of, since another one mutes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Muted {
    /// When somebody would have been told.
    pub at: Instant,
    /// The labels of the muted alert, by name.
    pub labels: Vec<(String, String)>,
    /// The labels of the alert that mutes it, by name.
    pub by: Vec<(String, String)>,
}
