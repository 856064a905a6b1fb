//! Scrapes, evaluations and what comes of them.

use super::exporters::{Exported, Owner, Reader, exported};
use super::requests::answers_of;
use super::tally::{Tallies, Tally};
use crate::component::assembly::Assembly;
use crate::component::parts::Parts;
use crate::component::world::World;
use crate::component::world::agenda::Chore;
use crate::engine::Core;
use crate::random::mix;
use crate::record::AccessStatus;
use crate::record::{Happening, HappeningKind};
use crate::timeline::alertmanager::Muted;
use crate::timeline::runbook::Signal;
use crate::timeline::{AlertChange, Event, SeriesId, Settings, Watch, WatchPlan};
use crate::units::{Instant, Span};

/// A series that is asked for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    series: SeriesId,
    reader: Reader,
    of: Owner,
    /// Of a count, what had been counted when its server began anew.
    before: f64,
}

/// Who watches a run.
#[derive(Debug)]
pub(in crate::component::world) struct Watcher {
    watch: Watch,
    exported: Vec<Asked>,
    /// What processes and gateways have counted.
    pub(super) tallies: Tallies,
    interval: Span,
    /// Core-seconds at the last scrape, by the number of the reader.
    worked: Vec<f64>,
    last: Instant,
}

impl Watcher {
    /// Makes the watcher of a run; nothing is scraped yet.
    pub(in crate::component::world) fn new(plan: &WatchPlan, parts: &Parts, seed: u64) -> Watcher {
        let settings = Settings { seed: mix(plan.settings.seed, seed), ..plan.settings };
        Watcher {
            watch: Watch::with_conditions(
                &plan.rules,
                &plan.conditions,
                plan.alertmanager.as_ref(),
                settings,
            ),
            exported: Vec::new(),
            tallies: Tallies::new(parts),
            interval: plan.scrape_interval,
            worked: Vec::new(),
            last: Instant::START,
        }
    }

    /// Registers series, and keeps those that a rule reads.
    fn register(&mut self, all: Vec<Exported>) {
        for Exported { name, reader, of } in all {
            let labels: Vec<(&str, &str)> =
                name.labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let series = self.watch.series(&name.metric, &labels);
            let is_known = || self.exported.iter().any(|known| known.series == series);
            // Only the times of a gateway's lines are the same series for several tallies.
            let shared =
                matches!(reader, Reader::Lines(_) | Reader::LineMillis(_) | Reader::LinesWithin { .. });
            if self.watch.wants(series) && !(shared && is_known()) {
                self.exported.push(Asked { series, reader, of, before: 0.0 });
            }
        }
    }

    /// Whether it counts in a process or gateway that has begun anew and has not counted yet.
    fn is_new(&self, reader: Reader) -> bool {
        match reader {
            Reader::Answers(tally) | Reader::AnswerSeconds(tally) | Reader::AnswersWithin { tally, .. } => {
                self.tallies.get(tally as usize).count == 0
            }
            Reader::Lines(first) | Reader::LineMillis(first) | Reader::LinesWithin { first, .. } => {
                self.lines(first).all(|tally| tally.count == 0)
            }
            _ => false,
        }
    }

    /// The tallies of one route, whatever it answered.
    fn lines(&self, first: u32) -> impl Iterator<Item = &Tally> {
        let first = first as usize;
        (first..first + AccessStatus::ALL.len()).map(|tally| self.tallies.get(tally))
    }
}

impl World<'_> {
    /// Finds out what there is to scrape, and plans the first scrape.
    pub(in crate::component::world) fn begin_watching(&mut self, core: &mut Core<'_>, assembly: &Assembly) {
        let Some(watcher) = &mut self.watcher else { return };
        let all = exported(assembly);
        let readers = all.iter().filter_map(|exported| match exported.reader {
            Reader::CpuUse { memory, .. } => Some(memory + 1),
            _ => None,
        });
        watcher.worked = vec![0.0; readers.max().unwrap_or(0)];
        watcher.register(all);
        // Scrapes have a phase of their own in each run.
        let phase = mix(self.phase, watcher.interval.as_nanos()) % watcher.interval.as_nanos().max(1);
        let first = core.now() + Span::from_nanos(phase);
        // Who has been watching has seen it before: nothing is evaluated over series that nobody has asked for yet.
        let asked_at_once = phase > 0;
        let evaluation = watcher.watch.next();
        self.plan(core, first, Chore::Scrape);
        if let Some(at) = evaluation {
            self.plan(core, at, Chore::Watch);
        }
        if asked_at_once {
            self.ask(core);
        }
    }

    /// A scrape, and the next.
    pub(in crate::component::world) fn scrape(&mut self, core: &mut Core<'_>) {
        if let Some(interval) = self.ask(core) {
            self.plan(core, core.now() + interval, Chore::Scrape);
        }
    }

    /// Reads every series that a rule reads; says how long it is to the next time.
    fn ask(&mut self, core: &mut Core<'_>) -> Option<Span> {
        let mut watcher = self.watcher.take()?;
        let now = core.now();
        let observed = self.observe(now);
        for tally in watcher.tallies.take_fresh() {
            let fresh = answers_of(self.parts, &watcher.tallies.numbering, tally as usize);
            watcher.register(fresh);
        }
        for index in 0..watcher.exported.len() {
            let Asked { series, reader, of, before } = watcher.exported[index];
            if !self.answers(now, of) || watcher.is_new(reader) {
                watcher.watch.mark_stale(series, now);
                continue;
            }
            let value = self.read(core, reader, &observed, &mut watcher);
            watcher.watch.append(series, now, value - before);
        }
        watcher.last = now;
        let interval = watcher.interval;
        self.watcher = Some(watcher);
        Some(interval)
    }

    /// The server behind a gate begins anew, or another one in its place: its counts begin at nothing.
    pub(in crate::component::world) fn counts_anew(&mut self, core: &mut Core<'_>, gate: u16) {
        let Some(mut watcher) = self.watcher.take() else { return };
        let is_of_it = |asked: &Asked| asked.of == Owner::Gate(gate) && asked.reader.counts();
        if watcher.exported.iter().any(is_of_it) {
            let observed = self.observe(core.now());
            for index in 0..watcher.exported.len() {
                let asked = watcher.exported[index];
                if is_of_it(&asked) {
                    let before = self.read(core, asked.reader, &observed, &mut watcher);
                    watcher.exported[index].before = before;
                }
            }
        }
        self.watcher = Some(watcher);
    }

    fn read(&mut self, core: &mut Core<'_>, reader: Reader, observed: &[f64], watcher: &mut Watcher) -> f64 {
        let over = |first: u32, count: u32, value: &dyn Fn(u32) -> u64| -> f64 {
            (first..first + count).map(value).sum::<u64>() as f64
        };
        match reader {
            Reader::Constant(value) => value,
            Reader::Observable(index) | Reader::Counted(index) => {
                observed.get(index).copied().unwrap_or(f64::NAN)
            }
            Reader::Answers(tally) => watcher.tallies.get(tally as usize).count as f64,
            Reader::AnswerSeconds(tally) => watcher.tallies.get(tally as usize).sum_s,
            Reader::AnswersWithin { tally, ms } => {
                watcher.tallies.within(tally as usize, ms.map(u64::from)) as f64
            }
            Reader::Lines(first) => watcher.lines(first).map(|tally| tally.count).sum::<u64>() as f64,
            Reader::LineMillis(first) => watcher.lines(first).map(|tally| tally.sum_s * 1e3).sum(),
            Reader::LinesWithin { first, ms } => {
                let all = first as usize..first as usize + AccessStatus::ALL.len();
                all.map(|tally| watcher.tallies.within(tally, ms.map(u64::from))).sum::<u64>() as f64
            }
            Reader::CpuUse { sharing, cores, memory } => {
                let (worked, _) = core.sharing_use(sharing);
                let since = core.now().since(watcher.last).as_secs_f64();
                let before = std::mem::replace(&mut watcher.worked[memory], worked);
                if since > 0.0 { (worked - before) / since / cores } else { 0.0 }
            }
            Reader::Own(shown) => self.show(core, shown),
            Reader::Breaker { breaker, what } => self.read_breaker(core.now(), breaker, what),
            Reader::EndOffset { topic, partition } => self.topics[usize::from(topic)].end(partition) as f64,
            Reader::InUse { first, count } => over(first, count, &|slots| core.slots_in_use(slots).0),
            Reader::Limit { first, count } => over(first, count, &|slots| core.slots_limit(slots).0.into()),
            Reader::Up(of) => f64::from(u8::from(self.answers(core.now(), of))),
        }
    }

    /// Whether somebody is there to answer a scrape.
    fn answers(&self, now: Instant, of: Owner) -> bool {
        match of {
            Owner::Nobody => true,
            Owner::Replica(process, replica) => self.is_up(now, process, replica),
            Owner::Discovery(process, replica) => self.is_there(process, replica),
            Owner::Gate(gate) => !self.gates[usize::from(gate)].gone,
        }
    }

    /// Evaluates what is due, and notes what came of it.
    pub(in crate::component::world) fn watch(&mut self, core: &mut Core<'_>) {
        let Some(watcher) = &mut self.watcher else { return };
        watcher.watch.advance(core.now());
        let events = watcher.watch.take_events();
        let next = watcher.watch.next();
        for event in events {
            self.tell_people_of(core, &event);
            self.note_event(event);
        }
        if let Some(at) = next {
            self.plan(core, at, Chore::Watch);
        }
    }

    fn tell_people_of(&mut self, core: &mut Core<'_>, event: &Event) {
        use crate::timeline::alerts::Transition;
        if self.runbook.is_none() {
            return;
        }
        match event {
            Event::Alert(change) => match change.transition {
                Transition::Firing => self.tell_people(core, Signal::Fires(&change.name)),
                Transition::Resolved => self.tell_people(core, Signal::Resolved(&change.name)),
                Transition::Pending | Transition::Cleared => {}
            },
            Event::Notified(notification) => {
                for alert in notification.alerts.iter().filter(|alert| alert.firing) {
                    let name = alert.labels.iter().find(|(label, _)| label == "alertname");
                    if let Some((_, name)) = name {
                        self.tell_people(core, Signal::Notified(name));
                    }
                }
            }
            Event::Holds { condition, .. } => self.tell_people(core, Signal::Holds(*condition)),
            Event::Muted(_) | Event::Failed { .. } => {}
        }
    }

    fn note_event(&mut self, event: Event) {
        use crate::timeline::alerts::Transition;
        match event {
            Event::Alert(AlertChange { at, name, transition, labels, .. }) => {
                let kind = match transition {
                    Transition::Pending => HappeningKind::AlertPending,
                    Transition::Firing => HappeningKind::AlertFiring,
                    Transition::Resolved => HappeningKind::AlertResolved,
                    Transition::Cleared => return,
                };
                let team = labels.iter().find(|(label, _)| label == "team").map(|(_, team)| team.clone());
                self.note(at, kind, name, words(&labels));
                if let (Some(team), Some(last)) = (team, self.happenings.last_mut()) {
                    last.team = team;
                }
            }
            Event::Notified(notification) => {
                for alert in notification.alerts.iter().filter(|alert| alert.firing) {
                    let name = name_of(&alert.labels);
                    self.note(notification.at, HappeningKind::Notified, name, notification.receiver.clone());
                }
            }
            Event::Muted(Muted { at, labels, by }) => {
                let (name, other) = (name_of(&labels), name_of(&by));
                // Of two alerts of one name, which is which.
                let (detail, which) = match other == name {
                    true => (format!("{other} of {}", words(&besides(&by, &labels))), besides(&labels, &by)),
                    false => (other, labels),
                };
                let mut at_once = self.happenings.iter().rev().take_while(|it| it.at == at);
                let is_sent = at_once.any(|it| it.kind == HappeningKind::Notified && it.subject == name);
                let detail = if is_sent { format!("{detail}, where {}", words(&which)) } else { detail };
                self.note(at, HappeningKind::Muted, name, detail);
            }
            // What people do about it is noted.
            Event::Holds { .. } => {}
            // A rule that cannot be evaluated gives no alert; its series say so.
            Event::Failed { at, rule, error, .. } => {
                self.note(at, HappeningKind::RuleFailed, rule, error.to_string());
            }
        }
    }

    /// Notes something that happened.
    pub(in crate::component::world) fn note(
        &mut self,
        at: Instant,
        kind: HappeningKind,
        subject: String,
        detail: String,
    ) {
        self.spans.note(at, kind, &subject);
        self.happenings.push(Happening { at, kind, subject, detail, team: String::new() });
    }
}

/// What an alert of these labels is called.
fn name_of(labels: &[(String, String)]) -> String {
    let name = labels.iter().find(|(label, _)| label == "alertname");
    name.map_or_else(String::new, |(_, name)| name.clone())
}

/// The labels that another alert does not have.
fn besides(labels: &[(String, String)], other: &[(String, String)]) -> Vec<(String, String)> {
    labels.iter().filter(|label| !other.contains(label)).cloned().collect()
}

/// Labels in words, without the alert's name.
fn words(labels: &[(String, String)]) -> String {
    let told = labels.iter().filter(|(name, _)| name != "alertname");
    told.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}
