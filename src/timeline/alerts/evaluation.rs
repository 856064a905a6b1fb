//! Evaluating the groups of rules, each at its times.
//!
//! Source: Prometheus 3, `rules/group.go` (`EvalTimestamp`, `Eval`), `rules/alerting.go`, `rules/recording.go`.

use super::super::labels::{Change, LabelTable, Labels, Relabeling, Slots, Word};
use super::super::promql::{Compiler, Element, EvaluationError, Moment, Program, compile};
use super::super::store::{SeriesId, Store, signed, signed_span};
use super::rule::{AlertRule, RecordRule, Rule, RuleGroup};
use super::state::{Alert, AlertState, Alerts, Refused, Timing, Transition};
use super::template::Template;
use crate::random::{mix, name_hash};
use crate::units::{Instant, Span};

/// Why an evaluation of a rule came to nothing; its alerts stay as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Its expression has no value.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// Two elements give alerts, or series, of the same labels.
    #[error("two elements give the same labels")]
    SameLabels,
    /// There are more alerts or series than the group's `limit`.
    #[error("there are more alerts or series than the limit of the group")]
    Limit,
}

/// What happened to an alert, as rules tell it.
pub(in crate::timeline) enum Told<'a> {
    /// It changed its state.
    Changed { rule: (usize, usize), alert: &'a Alert, transition: Transition },
    /// It has to be sent now.
    Send { rule: (usize, usize), alert: &'a Alert, valid_until: Instant },
    /// A rule could not be evaluated.
    Failed { rule: (usize, usize), error: RuleError },
}

/// What all groups share.
#[derive(Clone, Copy, Debug)]
pub(in crate::timeline) struct Pace {
    pub(in crate::timeline) interval: Span,
    pub(in crate::timeline) resend_delay: Span,
    pub(in crate::timeline) seed: u64,
}

/// A group at work.
#[derive(Clone, Debug)]
pub(in crate::timeline) struct Group {
    index: usize,
    interval: Span,
    query_offset: Span,
    resend_delay: Span,
    limit: Option<u32>,
    rules: Vec<Running>,
    /// When it is evaluated next.
    pub(in crate::timeline) next: Instant,
}

#[derive(Clone, Debug)]
struct Running {
    program: Program,
    out: Vec<Element>,
    series: Given,
    kind: RunningKind,
}

#[derive(Clone, Debug)]
enum RunningKind {
    Alert(Box<RunningAlert>),
    Record(Relabeling),
}

#[derive(Clone, Debug)]
struct RunningAlert {
    timing: Timing,
    /// From the labels of an element to those of its alert; for labels without a value filled in.
    naming: Option<Relabeling>,
    known: Vec<Option<Labels>>,
    name: Word,
    labels: Vec<(Word, Template)>,
    alerts: Alerts,
    named: Vec<(Labels, Element)>,
    /// Labels of `ALERTS` while pending and firing, and of `ALERTS_FOR_STATE`; none if no rule reads them.
    states: Option<[Relabeling; 3]>,
}

/// The series that a rule gave at its last evaluation, so that those it gives no more can be ended.
#[derive(Clone, Debug, Default)]
struct Given {
    last: Vec<SeriesId>,
    now: Vec<SeriesId>,
}

impl Given {
    fn give(&mut self, store: &mut Store, table: &LabelTable, labels: Labels, at: Instant, value: f64) {
        let id = store.register(table, labels);
        store.append(id, at, value);
        self.now.push(id);
    }

    fn end_the_rest(&mut self, store: &mut Store, at: Instant) {
        if self.last != self.now {
            for id in self.last.iter().filter(|id| !self.now.contains(id)) {
                store.mark_stale(*id, at);
            }
        }
        std::mem::swap(&mut self.last, &mut self.now);
        self.now.clear();
    }
}

impl Group {
    /// Makes the programs of a group.
    pub(in crate::timeline) fn new(
        index: usize,
        group: &RuleGroup,
        pace: Pace,
        store: &mut Store,
        table: &mut LabelTable,
    ) -> Group {
        let interval = group.interval.filter(|interval| !interval.is_zero()).unwrap_or(pace.interval);
        let interval = if interval.is_zero() { Span::from_secs(60) } else { interval };
        let mut rules = Vec::with_capacity(group.rules.len());
        for rule in &group.rules {
            let mut compiler = Compiler {
                store,
                labels: table,
                step: signed_span(pace.interval).max(1),
                back: signed_span(group.query_offset),
            };
            let (expression, kind) = match rule {
                Rule::Alert(rule) => (&rule.expression, alert(rule, group.limit, compiler.labels)),
                Rule::Record(rule) => (&rule.expression, record(rule, compiler.labels)),
            };
            let program = compile(expression, &mut compiler);
            rules.push(Running { program, out: Vec::new(), series: Given::default(), kind });
        }
        // However the way to the file is written from where somebody is.
        let file = group.file.rsplit(['/', '\\']).next().unwrap_or_default();
        let phase = mix(pace.seed, mix(name_hash(file), name_hash(&group.name)));
        let offset = group.phase.unwrap_or(Span::from_nanos(phase % interval.as_nanos()));
        let first = if offset.is_zero() { interval } else { offset };
        Group {
            index,
            interval,
            query_offset: group.query_offset,
            resend_delay: pace.resend_delay,
            limit: group.limit,
            rules,
            next: Instant::START + first,
        }
    }

    /// Leaves out the series `ALERTS` and `ALERTS_FOR_STATE` if nothing reads them.
    pub(in crate::timeline) fn finish(&mut self, store: &Store, table: &mut LabelTable) {
        let names = ["ALERTS", "ALERTS_FOR_STATE"].map(|name| table.word(name));
        if names.iter().any(|name| store.may_want(*name)) {
            return;
        }
        for rule in &mut self.rules {
            if let RunningKind::Alert(alert) = &mut rule.kind {
                alert.states = None;
            }
        }
    }

    /// Leaves out the series of its alerts, which are none.
    pub(in crate::timeline) fn hide(&mut self) {
        for rule in &mut self.rules {
            if let RunningKind::Alert(alert) = &mut rule.kind {
                alert.states = None;
            }
        }
    }

    /// Evaluates its rules in order.
    pub(in crate::timeline) fn evaluate(
        &mut self,
        store: &mut Store,
        table: &mut LabelTable,
        mut tell: impl FnMut(&LabelTable, Told<'_>),
    ) {
        let now = self.next;
        self.next = now + self.interval;
        let at = Instant::from_nanos(now.as_nanos().saturating_sub(self.query_offset.as_nanos()));
        let sample_at = signed(now).saturating_sub(signed_span(self.query_offset));
        for (index, rule) in self.rules.iter_mut().enumerate() {
            let place = (self.index, index);
            let mut moment = Moment { store, labels: table, at: sample_at };
            if let Err(error) = rule.program.evaluate(&mut moment, &mut rule.out) {
                tell(table, Told::Failed { rule: place, error: error.into() });
                continue;
            }
            let done = match &mut rule.kind {
                RunningKind::Record(naming) => {
                    recorded(naming, &rule.out, &mut rule.series, self.limit, store, table, at)
                }
                RunningKind::Alert(alert) => {
                    let told = |table: &LabelTable, alert: &Alert, transition| {
                        tell(table, Told::Changed { rule: place, alert, transition });
                    };
                    let done = alert.evaluate(now, &rule.out, table, told);
                    if done.is_ok() {
                        let pace = self.interval.max(self.resend_delay);
                        let valid_until = now + pace + pace + pace + pace;
                        alert.alerts.send(now, self.resend_delay, |alert| {
                            tell(table, Told::Send { rule: place, alert, valid_until });
                        });
                        alert.show(&mut rule.series, store, table, at);
                    }
                    done
                }
            };
            match done {
                Ok(()) => rule.series.end_the_rest(store, at),
                Err(error) => tell(table, Told::Failed { rule: place, error }),
            }
        }
    }

    /// The pending and firing alerts of a rule.
    pub(in crate::timeline) fn active(&self, rule: usize) -> impl Iterator<Item = &Alert> {
        let alerts = self.rules.get(rule).and_then(|rule| match &rule.kind {
            RunningKind::Alert(alert) => Some(alert.alerts.active()),
            RunningKind::Record(_) => None,
        });
        alerts.into_iter().flatten()
    }
}

fn alert(rule: &AlertRule, limit: Option<u32>, table: &mut LabelTable) -> RunningKind {
    let name = table.word(&rule.name);
    let labels: Vec<(Word, Template)> =
        rule.labels.iter().map(|(label, text)| (table.word(label), text.clone())).collect();
    let is_plain = |template: &Template| Template::is_plain(template);
    let naming = labels.iter().all(|(_, template)| is_plain(template)).then(|| {
        let mut set: Vec<(Word, Word)> =
            labels.iter().map(|(label, template)| (*label, table.word(template.text()))).collect();
        set.push((Word::ALERTNAME, name));
        Relabeling::new(Change::Set { drop: vec![Word::NAME], set })
    });
    let mut state = |series: &str, state: Option<&str>| {
        let mut set = vec![(Word::NAME, table.word(series)), (Word::ALERTNAME, name)];
        set.extend(state.map(|state| (Word::ALERTSTATE, table.word(state))));
        Relabeling::new(Change::Set { drop: Vec::new(), set })
    };
    let states =
        [state("ALERTS", Some("pending")), state("ALERTS", Some("firing")), state("ALERTS_FOR_STATE", None)];
    RunningKind::Alert(Box::new(RunningAlert {
        timing: Timing { hold: rule.hold, keep_firing_for: rule.keep_firing_for, limit },
        naming,
        known: Vec::new(),
        name,
        labels,
        alerts: Alerts::default(),
        named: Vec::new(),
        states: Some(states),
    }))
}

fn record(rule: &RecordRule, table: &mut LabelTable) -> RunningKind {
    let mut set = vec![(Word::NAME, table.word(&rule.name))];
    for (label, value) in &rule.labels {
        set.push((table.word(label), table.word(value)));
    }
    RunningKind::Record(Relabeling::new(Change::Set { drop: Vec::new(), set }))
}

fn recorded(
    naming: &mut Relabeling,
    elements: &[Element],
    given: &mut Given,
    limit: Option<u32>,
    store: &mut Store,
    table: &mut LabelTable,
    at: Instant,
) -> Result<(), RuleError> {
    let mut met = Slots::default();
    met.clear();
    for element in elements {
        let labels = naming.of(table, element.labels);
        if met.get(labels).is_some() {
            return Err(RuleError::SameLabels);
        }
        met.put(labels, 0);
    }
    if limit.is_some_and(|limit| elements.len() > limit as usize) {
        return Err(RuleError::Limit);
    }
    for element in elements {
        let labels = naming.of(table, element.labels);
        given.give(store, table, labels, at, element.value);
    }
    Ok(())
}

impl RunningAlert {
    fn evaluate(
        &mut self,
        now: Instant,
        elements: &[Element],
        table: &mut LabelTable,
        mut told: impl FnMut(&LabelTable, &Alert, Transition),
    ) -> Result<(), RuleError> {
        self.named.clear();
        for element in elements {
            let labels = match &mut self.naming {
                Some(naming) => naming.of(table, element.labels),
                None => self.filled(table, *element),
            };
            self.named.push((labels, *element));
        }
        let changed = |alert: &Alert, transition| told(table, alert, transition);
        self.alerts.evaluate(now, self.timing, &self.named, changed).map_err(|refused| match refused {
            Refused::SameLabels => RuleError::SameLabels,
            Refused::Limit => RuleError::Limit,
        })
    }

    /// The labels of an alert whose rule fills something into them.
    fn filled(&mut self, table: &mut LabelTable, element: Element) -> Labels {
        let varies = self.labels.iter().any(|(_, template)| template.holds_value());
        let known = self.known.get(element.labels.index()).copied().flatten();
        if let Some(known) = known.filter(|_| !varies) {
            return known;
        }
        let texts: Vec<(Word, String)> = self
            .labels
            .iter()
            .map(|(name, template)| (*name, fill(template, table, element.labels, element.value)))
            .collect();
        let mut pairs: Vec<(Word, Word)> = table.pairs(element.labels).to_vec();
        pairs.retain(|(name, _)| *name != Word::NAME);
        for (name, text) in texts {
            pairs.push((name, table.word(&text)));
        }
        pairs.push((Word::ALERTNAME, self.name));
        let labels = table.labels(pairs);
        if !varies {
            if self.known.len() <= element.labels.index() {
                self.known.resize(element.labels.index() + 1, None);
            }
            self.known[element.labels.index()] = Some(labels);
        }
        labels
    }

    /// Gives the series `ALERTS` and `ALERTS_FOR_STATE`.
    fn show(&mut self, given: &mut Given, store: &mut Store, table: &mut LabelTable, at: Instant) {
        let Some([pending, firing, for_state]) = &mut self.states else { return };
        for alert in self.alerts.active() {
            let state = if alert.state == AlertState::Firing { &mut *firing } else { &mut *pending };
            let labels = state.of(table, alert.labels);
            given.give(store, table, labels, at, 1.0);
            let labels = for_state.of(table, alert.labels);
            given.give(store, table, labels, at, alert.active_at.as_secs_f64().floor());
        }
    }
}

/// A template filled in for an element.
pub(in crate::timeline) fn fill(
    template: &Template,
    table: &LabelTable,
    labels: Labels,
    value: f64,
) -> String {
    let texts = table.texts(labels);
    let label = |name: &str| texts.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value);
    template.fill(label, value)
}
