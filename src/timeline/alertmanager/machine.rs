//! Alerts in, notifications out.
//!
//! Delivery takes no time and always succeeds; there is one Alertmanager, so nobody waits for peers.
//!
//! Source: Alertmanager 0.34, `provider/mem/mem.go#Put`, `alert/alert.go#Merge`, `dispatch/dispatch.go`,
//! `notify/dedup_stage.go`, `notify/retry_stage.go`, `nflog/nflog.go`, `inhibit/inhibit.go`.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::config::{Config, InhibitRule, Integration};
use super::notification::{Muted, Notification, NotifiedAlert, Reason, Sent};
use super::routing::{Resolved, fits, group_labels, matching, resolve, value};
use crate::units::{Instant, Span};

type Pairs = Vec<(String, String)>;
/// The number of a label set.
type AlertId = usize;

/// How long what was said is remembered at most, and how often it is looked through. Source: Alertmanager's
/// `--data.retention` and `--data.maintenance-interval`.
const LOG_RETENTION: Span = Span::from_secs(120 * 3600);
const LOG_MAINTENANCE_NS: u64 = 900 * 1_000_000_000;

/// An Alertmanager at work.
#[derive(Clone, Debug)]
pub struct Alertmanager {
    routes: Vec<Resolved>,
    /// By receiver: its ways with the number of each among its kind.
    receivers: BTreeMap<String, Vec<(Integration, usize)>>,
    inhibit_rules: Vec<InhibitRule>,
    resolve_timeout: Span,
    labels: IndexSet<Pairs, FxBuildHasher>,
    /// By alert.
    known: Vec<Known>,
    groups: BTreeMap<GroupKey, Group>,
    log: BTreeMap<LogKey, Entry>,
    /// What was muted since somebody last asked.
    muted: Vec<Muted>,
}

/// Route, and labels of the group.
type GroupKey = (usize, Pairs);
/// Key of the route, labels of the group, receiver, place of the integration.
type LogKey = (String, Pairs, String, usize);

#[derive(Clone, Debug)]
struct Known {
    latest: Version,
    routes: Vec<usize>,
    /// The rules in which it mutes others.
    source_in: Vec<usize>,
    /// Whether it was muted when its group was last looked at.
    muted: bool,
}

#[derive(Clone, Debug)]
struct Version {
    starts_at: Instant,
    ends_at: Instant,
    annotations: Pairs,
    /// The end was made up from `resolve_timeout`.
    timeout: bool,
}

#[derive(Clone, Debug)]
struct Group {
    next: Instant,
    alerts: BTreeMap<AlertId, Version>,
}

#[derive(Clone, Debug)]
struct Entry {
    at: Instant,
    expires: Instant,
    firing: BTreeSet<AlertId>,
    resolved: BTreeSet<AlertId>,
}

impl Version {
    fn is_resolved(&self, now: Instant) -> bool {
        self.ends_at <= now
    }

    /// This version with what an older one knew, if their times overlap.
    fn merged(self, old: &Version, now: Instant) -> Version {
        let overlap = (self.ends_at > old.starts_at && self.ends_at < old.ends_at)
            || (self.starts_at > old.starts_at && self.starts_at < old.ends_at);
        if !overlap {
            return self;
        }
        let longer = old.ends_at > self.ends_at;
        let takes =
            if self.is_resolved(now) { old.is_resolved(now) && longer } else { longer && !old.timeout };
        let ends_at = if takes { old.ends_at } else { self.ends_at };
        Version { starts_at: self.starts_at.min(old.starts_at), ends_at, ..self }
    }
}

impl Alertmanager {
    /// Makes one without alerts.
    pub fn new(config: &Config) -> Self {
        let mut receivers = BTreeMap::new();
        for receiver in &config.receivers {
            let mut counts = BTreeMap::new();
            let numbered = receiver.integrations.iter().map(|integration| {
                let count = counts.entry(integration.channel).or_insert(0);
                *count += 1;
                (*integration, *count - 1)
            });
            receivers.insert(receiver.name.clone(), numbered.collect());
        }
        Alertmanager {
            routes: resolve(&config.route),
            receivers,
            inhibit_rules: config.inhibit_rules.clone(),
            resolve_timeout: config.resolve_timeout,
            labels: IndexSet::default(),
            known: Vec::new(),
            groups: BTreeMap::new(),
            log: BTreeMap::new(),
            muted: Vec::new(),
        }
    }

    /// When a group is looked at next.
    pub fn next(&self) -> Option<Instant> {
        self.groups.values().map(|group| group.next).min()
    }

    /// Takes an alert.
    pub fn receive(&mut self, now: Instant, sent: &Sent) {
        let mut labels: Pairs = sent.labels.iter().filter(|(_, value)| !value.is_empty()).cloned().collect();
        labels.sort();
        let mut version = Version {
            starts_at: sent.starts_at,
            ends_at: sent.ends_at.unwrap_or(now + self.resolve_timeout),
            annotations: sent.annotations.clone(),
            timeout: sent.ends_at.is_none(),
        };
        let (id, new) = self.labels.insert_full(labels);
        if new {
            let labels = &self.labels[id];
            let source = |rule: &usize| fits(&self.inhibit_rules[*rule].source, labels);
            self.known.push(Known {
                latest: version.clone(),
                routes: matching(&self.routes, labels),
                source_in: (0..self.inhibit_rules.len()).filter(source).collect(),
                muted: false,
            });
        } else {
            version = version.merged(&self.known[id].latest, now);
            self.known[id].latest = version.clone();
        }
        for route in self.known[id].routes.clone() {
            let settings = &self.routes[route];
            let key = (route, group_labels(settings, &self.labels[id]));
            let wait = settings.group_wait;
            let group = self.groups.entry(key).or_insert_with(|| {
                let late = version.starts_at + wait < now;
                Group { next: if late { now } else { now + wait }, alerts: BTreeMap::new() }
            });
            group.alerts.insert(id, version.clone());
        }
    }

    /// Looks at every group whose time has come; gives what is said, in order of time.
    pub fn advance(&mut self, now: Instant, mut say: impl FnMut(Notification)) {
        while let Some(due) = self.next().filter(|due| *due <= now) {
            let keys: Vec<GroupKey> = self
                .groups
                .iter()
                .filter(|(_, group)| group.next == due)
                .map(|(key, _)| key.clone())
                .collect();
            for key in keys {
                self.flush(&key, due, &mut say);
            }
        }
    }

    fn flush(&mut self, key: &GroupKey, now: Instant, say: &mut impl FnMut(Notification)) {
        let settings = &self.routes[key.0];
        let Some(group) = self.groups.get_mut(key) else { return };
        group.next = now + settings.group_interval;
        let alerts: Vec<(AlertId, Version)> =
            group.alerts.iter().map(|(id, version)| (*id, version.clone())).collect();
        let mut heard: Vec<(AlertId, Version)> = Vec::new();
        for (id, version) in alerts {
            let by = self.muted_by(id, now);
            let is_muted = by.is_some() && !version.is_resolved(now);
            let was = std::mem::replace(&mut self.known[id].muted, is_muted);
            match by {
                None => heard.push((id, version)),
                Some(by) if is_muted && !was => {
                    let (labels, by) = (self.labels[id].clone(), self.labels[by].clone());
                    self.muted.push(Muted { at: now, labels, by });
                }
                Some(_) => {}
            }
        }
        if !heard.is_empty() {
            self.notify(key, &heard, now, say);
        }
        if let Some(group) = self.groups.get_mut(key) {
            group.alerts.retain(|_, version| !version.is_resolved(now));
            if group.alerts.is_empty() {
                self.groups.remove(key);
            }
        }
    }

    /// Which alerts were muted since the last call, each once for as long as it is muted.
    pub fn take_muted(&mut self) -> Vec<Muted> {
        std::mem::take(&mut self.muted)
    }

    /// The first alert that mutes this one now.
    fn muted_by(&self, id: AlertId, now: Instant) -> Option<AlertId> {
        let labels = &self.labels[id];
        self.inhibit_rules.iter().enumerate().find_map(|(number, rule)| {
            if !fits(&rule.target, labels) {
                return None;
            }
            // An alert on both sides is not muted by others that are on both sides.
            let both = self.known[id].source_in.contains(&number);
            let mutes = |(other, known): &(usize, &Known)| {
                let others = &self.labels[*other];
                known.source_in.contains(&number)
                    && !known.latest.is_resolved(now)
                    && rule.equal.iter().all(|name| value(labels, name) == value(others, name))
                    && !(both && fits(&rule.target, others))
            };
            self.known.iter().enumerate().find(mutes).map(|(other, _)| other)
        })
    }

    fn notify(
        &mut self,
        key: &GroupKey,
        alerts: &[(AlertId, Version)],
        now: Instant,
        say: &mut impl FnMut(Notification),
    ) {
        let settings = &self.routes[key.0];
        let part = |resolved: bool| -> BTreeSet<AlertId> {
            alerts
                .iter()
                .filter(|(_, version)| version.is_resolved(now) == resolved)
                .map(|(id, _)| *id)
                .collect()
        };
        let (firing, resolved) = (part(false), part(true));
        let Some(integrations) = self.receivers.get(&settings.receiver) else { return };
        for (place, (integration, number)) in integrations.iter().enumerate() {
            let log_key = (settings.key.clone(), key.1.clone(), settings.receiver.clone(), place);
            let entry = self.log.get(&log_key).filter(|entry| entry.is_kept(now));
            let reason =
                reason(entry, &firing, &resolved, integration.send_resolved, settings.repeat_interval, now);
            let Some(reason) = reason else { continue };
            let told = alerts.iter().filter(|(id, _)| integration.send_resolved || firing.contains(id));
            let told: Vec<NotifiedAlert> = told
                .map(|(id, version)| NotifiedAlert {
                    labels: self.labels[*id].clone(),
                    annotations: version.annotations.clone(),
                    firing: firing.contains(id),
                    starts_at: version.starts_at,
                })
                .collect();
            let repeat = settings.repeat_interval;
            let expires = now + if repeat + repeat < LOG_RETENTION { repeat + repeat } else { LOG_RETENTION };
            let entry = Entry { at: now, expires, firing: firing.clone(), resolved: resolved.clone() };
            self.log.insert(log_key, entry);
            if !told.is_empty() {
                say(Notification {
                    at: now,
                    receiver: settings.receiver.clone(),
                    channel: integration.channel,
                    number: *number,
                    reason,
                    group_labels: key.1.clone(),
                    alerts: told,
                });
            }
        }
    }
}

impl Entry {
    /// Entries are thrown away at the first maintenance after they expire.
    fn is_kept(&self, now: Instant) -> bool {
        now.as_nanos() / LOG_MAINTENANCE_NS * LOG_MAINTENANCE_NS < self.expires.as_nanos()
    }
}

/// Why a receiver is told of a group now, if at all.
fn reason(
    entry: Option<&Entry>,
    firing: &BTreeSet<AlertId>,
    resolved: &BTreeSet<AlertId>,
    send_resolved: bool,
    repeat: Span,
    now: Instant,
) -> Option<Reason> {
    let Some(entry) = entry else { return (!firing.is_empty()).then_some(Reason::First) };
    if !firing.is_subset(&entry.firing) {
        return Some(if entry.firing.is_empty() { Reason::First } else { Reason::NewAlerts });
    }
    if firing.is_empty() {
        return (!entry.firing.is_empty()).then_some(Reason::AllResolved);
    }
    if send_resolved && !resolved.is_subset(&entry.resolved) {
        return Some(Reason::SomeResolved);
    }
    (entry.at + repeat < now).then_some(Reason::Repeat)
}
