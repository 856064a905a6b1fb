//! Samples in, events out: a Prometheus and its Alertmanager as one machine.

use super::alertmanager::{Alertmanager, Config, Muted, Notification, Sent};
use super::alerts::{
    Alert, AlertRule, Group, Pace, Rule, RuleError, RuleGroup, Rules, Template, Told, Transition, fill,
};
use super::labels::{LabelTable, Labels};
use super::plan::WatchedCondition;
use super::store::{SeriesId, Store};
use crate::units::{Instant, Span};

/// What holds for all groups of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Time between evaluations of groups that name none, and the step of subqueries that name none. Range: over 0.
    /// Default: 1 min. Source: Prometheus `global.evaluation_interval`.
    pub evaluation_interval: Span,
    /// Least time after which a firing or resolved alert is sent again, strictly. Default: 1 min. Source:
    /// Prometheus `--rules.alert.resend-delay`.
    pub resend_delay: Span,
    /// From this and its file and name each group gets the phase of its evaluations.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { evaluation_interval: Span::from_secs(60), resend_delay: Span::from_secs(60), seed: 0 }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An alert changed its state.
    Alert(AlertChange),
    /// Somebody was told.
    Notified(Notification),
    /// Nobody was told, since another alert mutes this one.
    Muted(Muted),
    /// A condition has held for as long as it has to.
    Holds {
        /// When.
        at: Instant,
        /// Which, by its number.
        condition: u16,
    },
    /// A rule could not be evaluated; its alerts stayed as they were.
    Failed {
        /// When.
        at: Instant,
        /// The group's name.
        group: String,
        /// The rule's name.
        rule: String,
        /// Why.
        error: RuleError,
    },
}

/// An alert changed its state.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertChange {
    /// When.
    pub at: Instant,
    /// The rule's name.
    pub name: String,
    /// What changed.
    pub transition: Transition,
    /// Its labels, by name, `alertname` among them.
    pub labels: Vec<(String, String)>,
    /// Words for people, by name.
    pub annotations: Vec<(String, String)>,
    /// The value of its element.
    pub value: f64,
}

/// Rules at work over series, and an Alertmanager behind them.
///
/// It has no clock. The caller
///
/// 1. registers every series once with [`series`](Watch::series), before its first sample;
/// 2. at each scrape calls [`append`](Watch::append) for what the scrape found, and
///    [`mark_stale`](Watch::mark_stale) for what it found before and finds no more;
/// 3. calls [`advance`](Watch::advance) at the time that [`next`](Watch::next) names, or later but before it
///    appends anything newer. At one instant samples come before evaluations, and evaluations before
///    notifications;
/// 4. takes what happened with [`take_events`](Watch::take_events).
///
/// Memory is bounded by the series and by how far their rules look back; it does not grow with time. (A rule that
/// writes `$value` into a label makes a new label set at each new value, and those are kept.)
#[derive(Clone, Debug)]
pub struct Watch {
    table: LabelTable,
    store: Store,
    groups: Vec<Group>,
    /// The group of conditions, which are no alerts.
    conditions: Option<usize>,
    named: Vec<Named>,
    alertmanager: Option<Alertmanager>,
    events: Vec<Event>,
    evaluations: u64,
}

/// What events say of the rules of a group.
#[derive(Clone, Debug)]
struct Named {
    group: String,
    rules: Vec<NamedRule>,
}

#[derive(Clone, Debug)]
struct NamedRule {
    name: String,
    annotations: Vec<(String, Template)>,
}

impl Watch {
    /// Makes the programs of all rules. The first evaluation of a group is within one interval of the start.
    pub fn new(rules: &Rules, alertmanager: Option<&Config>, settings: Settings) -> Watch {
        Watch::with_conditions(rules, &[], alertmanager, settings)
    }

    /// The same, with conditions that are looked at together, once in an evaluation interval, and that nobody is told of.
    pub fn with_conditions(
        rules: &Rules,
        conditions: &[WatchedCondition],
        alertmanager: Option<&Config>,
        settings: Settings,
    ) -> Watch {
        let mut all = rules.groups.clone();
        let group = (!conditions.is_empty()).then_some(all.len());
        if group.is_some() {
            all.push(group_of(conditions));
        }
        let mut table = LabelTable::default();
        let mut store = Store::default();
        let pace = Pace {
            interval: settings.evaluation_interval,
            resend_delay: settings.resend_delay,
            seed: settings.seed,
        };
        let make = |(index, group)| Group::new(index, group, pace, &mut store, &mut table);
        let mut groups: Vec<Group> = all.iter().enumerate().map(make).collect();
        for group in &mut groups {
            group.finish(&store, &mut table);
        }
        if let Some(group) = group {
            groups[group].hide();
        }
        let named = all
            .iter()
            .map(|group| Named { group: group.name.clone(), rules: group.rules.iter().map(named).collect() });
        Watch {
            named: named.collect(),
            table,
            store,
            groups,
            conditions: group,
            alertmanager: alertmanager.map(Alertmanager::new),
            events: Vec::new(),
            evaluations: 0,
        }
    }

    /// The series with a name and labels; the same one if it is registered again.
    pub fn series(&mut self, name: &str, labels: &[(&str, &str)]) -> SeriesId {
        let pairs: Vec<(&str, &str)> =
            [("__name__", name)].into_iter().chain(labels.iter().copied()).collect();
        let labels = self.table.labels_of(&pairs);
        self.store.register(&self.table, labels)
    }

    /// Whether any rule reads the series; the samples of others need not be worked out.
    pub fn wants(&self, series: SeriesId) -> bool {
        self.store.is_wanted(series)
    }

    /// Adds a sample. It is left out, and `false` given back, if it is not newer than the newest of its series.
    pub fn append(&mut self, series: SeriesId, at: Instant, value: f64) -> bool {
        self.store.append(series, at, value)
    }

    /// Says that a series has ended: it is gone from instant vectors until its next sample.
    pub fn mark_stale(&mut self, series: SeriesId, at: Instant) -> bool {
        self.store.mark_stale(series, at)
    }

    /// When something is due next; none if there are no rules.
    pub fn next(&self) -> Option<Instant> {
        let flush = self.alertmanager.as_ref().and_then(Alertmanager::next);
        self.groups.iter().map(|group| group.next).chain(flush).min()
    }

    /// Does everything that is due up to `now`, in order of time; groups in their order before notifications.
    pub fn advance(&mut self, now: Instant) {
        self.advance_telling(now, |_, _| ());
    }

    /// As [`advance`](Watch::advance), and tells of every alert that is sent to the Alertmanager, and when; also if
    /// there is none.
    pub fn advance_telling(&mut self, now: Instant, mut sent: impl FnMut(Instant, &Sent)) {
        while let Some(due) = self.next().filter(|due| *due <= now) {
            match self.groups.iter().position(|group| group.next == due) {
                Some(group) => self.evaluate(group, &mut sent),
                None => self.notify(due),
            }
        }
    }

    /// What happened since the last call, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Pending and firing alerts, by group and rule: name, labels, transition that led here, since when active.
    pub fn active(&self) -> Vec<ActiveAlert> {
        let mut found = Vec::new();
        let groups = self.groups.iter().zip(&self.named).enumerate();
        for (_, (group, names)) in groups.filter(|(index, _)| self.conditions != Some(*index)) {
            for (index, rule) in names.rules.iter().enumerate() {
                found.extend(group.active(index).map(|alert| ActiveAlert {
                    name: rule.name.clone(),
                    labels: owned(&self.table, alert.labels),
                    firing: alert.state == super::alerts::AlertState::Firing,
                    active_at: alert.active_at,
                    value: alert.value,
                }));
            }
        }
        found
    }

    /// How many samples are held, over all series.
    pub fn samples_held(&self) -> usize {
        self.store.held()
    }

    /// How many evaluations of groups there were.
    pub const fn evaluations(&self) -> u64 {
        self.evaluations
    }

    fn evaluate(&mut self, index: usize, tell: &mut impl FnMut(Instant, &Sent)) {
        self.evaluations += 1;
        let now = self.groups[index].next;
        let is_condition = self.conditions == Some(index);
        let (named, events, alertmanager) = (&self.named, &mut self.events, &mut self.alertmanager);
        self.groups[index].evaluate(&mut self.store, &mut self.table, |table, told| match told {
            Told::Changed { rule, transition, .. } if is_condition => {
                if transition == Transition::Firing {
                    events.push(Event::Holds { at: now, condition: rule.1 as u16 });
                }
            }
            Told::Send { .. } if is_condition => {}
            Told::Changed { rule, alert, transition } => {
                let rule = &named[rule.0].rules[rule.1];
                events.push(Event::Alert(AlertChange {
                    at: now,
                    name: rule.name.clone(),
                    transition,
                    labels: owned(table, alert.labels),
                    annotations: rule.annotations(table, alert),
                    value: alert.value,
                }));
            }
            Told::Send { rule, alert, valid_until } => {
                let sent = Sent {
                    labels: owned(table, alert.labels),
                    annotations: named[rule.0].rules[rule.1].annotations(table, alert),
                    starts_at: alert.fired_at,
                    ends_at: Some(alert.resolved_at.unwrap_or(valid_until)),
                };
                tell(now, &sent);
                if let Some(alertmanager) = alertmanager {
                    alertmanager.receive(now, &sent);
                }
            }
            Told::Failed { rule, error } => {
                let (group, rule) = (&named[rule.0], &named[rule.0].rules[rule.1]);
                let (group, rule) = (group.group.clone(), rule.name.clone());
                events.push(Event::Failed { at: now, group, rule, error });
            }
        });
    }

    fn notify(&mut self, now: Instant) {
        let events = &mut self.events;
        if let Some(alertmanager) = &mut self.alertmanager {
            alertmanager.advance(now, |notification| events.push(Event::Notified(notification)));
            events.extend(alertmanager.take_muted().into_iter().map(Event::Muted));
        }
    }
}

/// A pending or firing alert.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveAlert {
    /// The rule's name.
    pub name: String,
    /// Its labels, by name.
    pub labels: Vec<(String, String)>,
    /// Whether it fires; otherwise it is pending.
    pub firing: bool,
    /// Since when its element is there.
    pub active_at: Instant,
    /// The value of its element.
    pub value: f64,
}

impl NamedRule {
    fn annotations(&self, table: &LabelTable, alert: &Alert) -> Vec<(String, String)> {
        let filled = |(name, template): &(String, Template)| {
            (name.clone(), fill(template, table, alert.element, alert.value))
        };
        self.annotations.iter().map(filled).collect()
    }
}

/// Conditions as rules: what fires, holds.
fn group_of(conditions: &[WatchedCondition]) -> RuleGroup {
    let rule = |condition: &WatchedCondition| {
        Rule::Alert(AlertRule {
            name: condition.expr.clone(),
            expression: condition.expression.clone(),
            hold: condition.hold,
            keep_firing_for: Span::ZERO,
            labels: Vec::new(),
            annotations: Vec::new(),
        })
    };
    RuleGroup {
        file: String::new(),
        name: "conditions".to_owned(),
        interval: None,
        phase: None,
        query_offset: Span::ZERO,
        limit: None,
        rules: conditions.iter().map(rule).collect(),
    }
}

fn named(rule: &Rule) -> NamedRule {
    match rule {
        Rule::Alert(AlertRule { name, annotations, .. }) => {
            NamedRule { name: name.clone(), annotations: annotations.clone() }
        }
        Rule::Record(rule) => NamedRule { name: rule.name.clone(), annotations: Vec::new() },
    }
}

fn owned(table: &LabelTable, labels: Labels) -> Vec<(String, String)> {
    table.texts(labels).into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
