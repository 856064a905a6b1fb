//! The alerts of one rule: pending, firing, resolved, and when they are sent.
//!
//! Source: Prometheus 3, `rules/alerting.go` (`Eval`, `needsSending`, `sendAlerts`).

use super::super::labels::{Labels, Slots};
use super::super::promql::Element;
use crate::units::{Instant, Span};

/// How long a resolved alert is kept and sent again. Source: `rules/alerting.go#resolvedRetention`.
const RESOLVED_RETENTION: Span = Span::from_secs(900);

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertState {
    /// Its element is there, for less than `for`.
    Pending,
    /// It fires.
    Firing,
    /// Its element is gone. A pending alert whose element goes is forgotten at once.
    Inactive,
}

/// An alert.
#[derive(Clone, Debug)]
pub(in crate::timeline) struct Alert {
    pub(in crate::timeline) labels: Labels,
    /// The labels of its element, which templates speak of.
    pub(in crate::timeline) element: Labels,
    pub(in crate::timeline) value: f64,
    pub(in crate::timeline) state: AlertState,
    pub(in crate::timeline) active_at: Instant,
    pub(in crate::timeline) fired_at: Instant,
    pub(in crate::timeline) resolved_at: Option<Instant>,
    last_sent: Option<Instant>,
    keep_firing_since: Option<Instant>,
}

impl Alert {
    fn needs_sending(&self, now: Instant, resend_delay: Span) -> bool {
        if self.state == AlertState::Pending {
            return false;
        }
        let Some(sent) = self.last_sent else { return true };
        self.resolved_at.is_some_and(|resolved| resolved > sent) || sent + resend_delay < now
    }
}

/// A change of an alert's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// An element appeared.
    Pending,
    /// The alert fires.
    Firing,
    /// The alert fired and does so no more.
    Resolved,
    /// The alert was pending and its element went.
    Cleared,
}

/// The times of a rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) hold: Span,
    pub(super) keep_firing_for: Span,
    pub(super) limit: Option<u32>,
}

/// The alerts of one rule.
#[derive(Clone, Debug, Default)]
pub(in crate::timeline) struct Alerts {
    active: Vec<Alert>,
    places: Slots,
    met: Slots,
}

/// Two elements of a rule gave one label set, or there were more than its group allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    SameLabels,
    Limit,
}

impl Alerts {
    /// Takes the elements of an evaluation, each with the labels of its alert.
    pub(super) fn evaluate(
        &mut self,
        now: Instant,
        timing: Timing,
        elements: &[(Labels, Element)],
        mut changed: impl FnMut(&Alert, Transition),
    ) -> Result<(), Refused> {
        self.met.clear();
        for (labels, _) in elements {
            if self.met.get(*labels).is_some() {
                return Err(Refused::SameLabels);
            }
            self.met.put(*labels, 0);
        }
        self.places.clear();
        for (place, alert) in self.active.iter().enumerate() {
            self.places.put(alert.labels, place);
        }
        for (labels, element) in elements {
            let known = self.places.get(*labels).and_then(|place| self.active.get_mut(place));
            if let Some(alert) = known {
                if alert.state != AlertState::Inactive {
                    (alert.value, alert.element) = (element.value, element.labels);
                    continue;
                }
                *alert = new(*labels, *element, now);
                changed(alert, Transition::Pending);
                continue;
            }
            let alert = new(*labels, *element, now);
            changed(&alert, Transition::Pending);
            self.active.push(alert);
        }
        let mut count = 0;
        let met = &self.met;
        self.active.retain_mut(|alert| {
            if met.get(alert.labels).is_some() {
                alert.keep_firing_since = None;
            } else if !keeps_firing(alert, now, timing.keep_firing_for) {
                return leaves(alert, now, &mut changed);
            }
            count += 1;
            if alert.state == AlertState::Pending && now.since(alert.active_at) >= timing.hold {
                alert.state = AlertState::Firing;
                alert.fired_at = now;
                changed(alert, Transition::Firing);
            }
            true
        });
        if timing.limit.is_some_and(|limit| count > limit) {
            self.active.clear();
            return Err(Refused::Limit);
        }
        Ok(())
    }

    /// Pending and firing alerts.
    pub(super) fn active(&self) -> impl Iterator<Item = &Alert> {
        self.active.iter().filter(|alert| alert.state != AlertState::Inactive)
    }

    /// Gives the alerts that have to be sent now, those that are active longest first.
    pub(super) fn send(&mut self, now: Instant, resend_delay: Span, mut send: impl FnMut(&Alert)) {
        let due = |alert: &&mut Alert| alert.needs_sending(now, resend_delay);
        let mut due: Vec<&mut Alert> = self.active.iter_mut().filter(due).collect();
        due.sort_by_key(|alert| alert.active_at);
        for alert in due {
            alert.last_sent = Some(now);
            send(alert);
        }
    }
}

fn new(labels: Labels, element: Element, now: Instant) -> Alert {
    Alert {
        labels,
        element: element.labels,
        value: element.value,
        state: AlertState::Pending,
        active_at: now,
        fired_at: now,
        resolved_at: None,
        last_sent: None,
        keep_firing_since: None,
    }
}

/// Whether an alert without an element goes on firing for a while.
fn keeps_firing(alert: &mut Alert, now: Instant, keep_firing_for: Span) -> bool {
    if alert.state != AlertState::Firing || keep_firing_for.is_zero() {
        return false;
    }
    now.since(*alert.keep_firing_since.get_or_insert(now)) < keep_firing_for
}

/// What becomes of an alert without an element; whether it is still kept.
fn leaves(alert: &mut Alert, now: Instant, changed: &mut impl FnMut(&Alert, Transition)) -> bool {
    let over = alert.resolved_at.is_some_and(|resolved| now.since(resolved) > RESOLVED_RETENTION);
    match alert.state {
        AlertState::Pending => {
            changed(alert, Transition::Cleared);
            false
        }
        AlertState::Firing => {
            alert.state = AlertState::Inactive;
            alert.resolved_at = Some(now);
            changed(alert, Transition::Resolved);
            true
        }
        AlertState::Inactive => !over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Instant {
        Instant::from_nanos(second * 1_000_000_000)
    }

    /// Evaluates every 10 s with the element there or not; what changed, as `second: transition`.
    fn walk(hold: u64, keep: u64, there: &str) -> Vec<String> {
        let timing =
            Timing { hold: Span::from_secs(hold), keep_firing_for: Span::from_secs(keep), limit: None };
        let element = Element { labels: Labels::NONE, value: 1.0 };
        let mut alerts = Alerts::default();
        let mut seen = Vec::new();
        for (step, there) in there.chars().enumerate() {
            let second = 10 * step as u64;
            let elements = if there == '1' { vec![(Labels::NONE, element)] } else { Vec::new() };
            let changed = |_: &Alert, transition| seen.push(format!("{second}: {transition:?}"));
            alerts.evaluate(at(second), timing, &elements, changed).unwrap();
        }
        seen
    }

    #[test]
    fn an_alert_fires_when_its_time_is_full_and_restarts_from_zero() {
        assert_eq!(walk(0, 0, "10"), ["0: Pending", "0: Firing", "10: Resolved"]);
        assert_eq!(walk(20, 0, "1110"), ["0: Pending", "20: Firing", "30: Resolved"]);
        assert_eq!(walk(20, 0, "110111"), ["0: Pending", "20: Cleared", "30: Pending", "50: Firing"]);
    }

    #[test]
    fn an_alert_keeps_firing_from_the_first_miss() {
        assert_eq!(walk(0, 25, "100000"), ["0: Pending", "0: Firing", "40: Resolved"]);
        assert_eq!(walk(0, 25, "1001000"), ["0: Pending", "0: Firing"]);
    }

    #[test]
    fn alerts_are_sent_again_strictly_after_the_delay() {
        let timing = Timing { hold: Span::ZERO, keep_firing_for: Span::ZERO, limit: None };
        let element = (Labels::NONE, Element { labels: Labels::NONE, value: 1.0 });
        let mut alerts = Alerts::default();
        let mut sent = Vec::new();
        for step in 0..40 {
            let now = at(60 * step);
            let elements = if step < 5 { vec![element] } else { Vec::new() };
            alerts.evaluate(now, timing, &elements, |_, _| ()).unwrap();
            alerts
                .send(now, Span::from_secs(60), |alert| sent.push((step, alert.state == AlertState::Firing)));
        }
        let firing: Vec<u64> = sent.iter().filter(|(_, firing)| *firing).map(|(step, _)| *step).collect();
        let resolved: Vec<u64> = sent.iter().filter(|(_, firing)| !firing).map(|(step, _)| *step).collect();
        assert_eq!(firing, [0, 2, 4]);
        assert_eq!(resolved, [5, 7, 9, 11, 13, 15, 17, 19]);
    }

    #[test]
    fn one_label_set_is_one_alert() {
        let timing = Timing { hold: Span::ZERO, keep_firing_for: Span::ZERO, limit: Some(0) };
        let element = (Labels::NONE, Element { labels: Labels::NONE, value: 1.0 });
        let mut alerts = Alerts::default();
        assert_eq!(alerts.evaluate(at(0), timing, &[element, element], |_, _| ()), Err(Refused::SameLabels));
        assert_eq!(alerts.evaluate(at(0), timing, &[element], |_, _| ()), Err(Refused::Limit));
        assert_eq!(alerts.active().count(), 0);
    }
}
