//! Alertmanager: who is told of which alerts, and when.

use std::collections::BTreeMap;
use std::path::Path;

use brownout::scenario;
use brownout::timeline::alertmanager::{Alertmanager, Config, Notification, Sent};
use brownout::units::Instant;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    alertmanager: String,
    sends: Vec<Send>,
    said: Vec<Said>,
}

/// An alert as it is sent, times \[ms], and \[us] here; an end of 0 stands for none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) struct Send {
    pub(crate) at: u64,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) starts_at: u64,
    pub(crate) ends_at: u64,
}

/// A notification as the harness writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Said {
    at: u64,
    receiver: String,
    channel: String,
    number: usize,
    alerts: Vec<SaidAlert>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct SaidAlert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    firing: bool,
}

/// Reads a configuration.
fn config(text: &str) -> Config {
    let files = |_: &Path| Ok(text.as_bytes().to_vec());
    let read = scenario::read_alertmanager(Path::new("alertmanager.yaml"), &files);
    read.value.unwrap_or_else(|| panic!("{:?} in\n{text}", read.diagnostics))
}

/// A notification in the form of the harness.
fn said(notification: &Notification) -> Said {
    let mut alerts: Vec<SaidAlert> = notification
        .alerts
        .iter()
        .map(|alert| SaidAlert {
            labels: alert.labels.iter().cloned().collect(),
            annotations: alert.annotations.iter().cloned().collect(),
            firing: alert.firing,
        })
        .collect();
    alerts.sort();
    Said {
        at: notification.at.as_nanos() / 1_000,
        receiver: notification.receiver.clone(),
        channel: notification.channel.name().to_owned(),
        number: notification.number,
        alerts,
    }
}

/// Asserts that the same was said, in any order within one instant.
fn agree(ours: &[Said], theirs: &[Said], config: &str) {
    let mut ours = ours.to_vec();
    let mut theirs = theirs.to_vec();
    theirs.iter_mut().for_each(|said| said.alerts.sort());
    ours.sort();
    theirs.sort();
    let differ = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs);
    let differ = differ.or((ours.len() != theirs.len()).then_some(ours.len().min(theirs.len())));
    if let Some(at) = differ {
        panic!(
            "notification {at} of {} and {}:\nours   {:?}\ntheirs {:?}\nin\n{config}",
            ours.len(),
            theirs.len(),
            ours.get(at),
            theirs.get(at)
        );
    }
}

fn micros(at: u64) -> Instant {
    Instant::from_nanos(at * 1_000)
}

/// Compares notifications; returns how many were compared.
pub(crate) fn compare(folder: &Path) -> usize {
    let mut compared = 0;
    for case in super::lines::<Case>(folder, "alertmanager.jsonl") {
        let mut manager = Alertmanager::new(&config(&case.alertmanager));
        let mut ours = Vec::new();
        for send in &case.sends {
            manager.advance(micros(send.at), |notification| ours.push(said(&notification)));
            let sent = Sent {
                labels: send.labels.clone().into_iter().collect(),
                annotations: send.annotations.clone().into_iter().collect(),
                starts_at: micros(send.starts_at),
                ends_at: (send.ends_at > 0).then(|| micros(send.ends_at)),
            };
            manager.receive(micros(send.at), &sent);
            // The harness lets everything come to rest after each alert: a group that does not wait is looked at.
            manager.advance(micros(send.at), |notification| ours.push(said(&notification)));
        }
        // The harness listens for 90 min.
        manager.advance(micros(90 * 60_000_000), |notification| ours.push(said(&notification)));
        compared += ours.len();
        agree(&ours, &case.said, &case.alertmanager);
    }
    compared
}
