//! Alerts that can never fire, and alerts that nobody is told of.

use super::Loader;
use crate::component::{Assembly, Part, Place, SeriesName, Severity, series_of};
use crate::scenario::code::Code;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::node::{Kind, Node};
use crate::scenario::parse::parse;
use crate::scenario::source::{Mark, Source};
use crate::scenario::watching::place;
use crate::scenario::words;
use crate::timeline::alerts::{Rule, Rules};
use crate::timeline::promql::Expression;
use crate::timeline::{Lengths, Named, Unmet, matchers_of, unmet, valueless};
use crate::units::Span;

/// The most alerts that a message names.
const MOST_NAMED: usize = 10;

/// Letters that a misspelt metric may have wrong.
const MOST_SLIPS: usize = 3;

impl Loader<'_> {
    /// The alerts that can never fire in a system, of which each file is told once.
    pub(super) fn silent(&mut self, assembly: &Assembly) -> Vec<String> {
        let Some(watch) = &assembly.parts.watch else { return Vec::new() };
        let of_replicas = matchers_of(&watch.rules, "instance");
        let tell_apart = |instance: &str| of_replicas.iter().map(|matcher| matcher.fits(instance)).collect();
        let series = series_of(assembly, tell_apart);
        let named = named(&series);
        let found = unmet(&watch.rules, &named);
        let mut metrics: Vec<&str> = named.iter().map(|(metric, _)| *metric).collect();
        metrics.sort_unstable();
        metrics.dedup();
        let mut files: Vec<&str> = found.iter().map(|unmet| unmet.file.as_str()).collect();
        files.dedup();
        for file in files {
            let own: Vec<&Unmet> = found.iter().filter(|unmet| unmet.file == file).collect();
            let Some(source) = self.sources.iter().find(|source| source.path() == file) else { continue };
            let (cause, remedy) = told(&own, &metrics);
            let mark = own.first().and_then(|unmet| place_of(source, &unmet.alert)).unwrap_or_default();
            let diagnostic = Diagnostic::at(source, mark, Code::NoSuchSeries, &cause, &remedy);
            self.diagnostics.push(Diagnostic { severity: Severity::Warning, ..diagnostic });
        }
        never_anywhere(&watch.rules, found)
    }

    /// Warns of what rules can never calculate in a run of a length, where it is written, and tells in which alerts.
    pub(super) fn valueless(&mut self, assembly: &Assembly, run: Span) -> Vec<String> {
        let Some(watch) = &assembly.parts.watch else { return Vec::new() };
        let mut partly = Vec::new();
        let lengths = Lengths { scrape_interval: watch.scrape_interval, run };
        // Of replicas two tell as much as many.
        let is_odd = |instance: &str| {
            instance.bytes().rev().find(u8::is_ascii_digit).is_some_and(|digit| digit % 2 == 1)
        };
        let series = series_of(assembly, |instance| vec![is_odd(instance)]);
        let named = named(&series);
        let mut files: Vec<&str> = watch.rules.groups.iter().map(|group| group.file.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        for file in files {
            let Some(source) = self.sources.iter().find(|source| source.path() == file) else { continue };
            let Some(node) = parse(source, &mut Diagnostics::default()) else { continue };
            for rule in items(&node, "groups").iter().flat_map(|group| items(group, "rules")) {
                let Some((value, text)) =
                    rule.get("expr").and_then(|entry| Some((&entry.value, &entry.value.scalar()?.text)))
                else {
                    continue;
                };
                let Ok(expression) = Expression::parse(text) else { continue };
                let names = |key: &str| Some(rule.get(key)?.value.scalar()?.text.as_str());
                let of = match (names("alert"), names("record")) {
                    (Some(alert), _) => format!("`{alert}`: "),
                    (None, Some(record)) => format!("`{record}`: "),
                    (None, None) => String::new(),
                };
                for it in valueless(&expression, &lengths, &named, &watch.rules) {
                    let mark = place(source, value, it.extent);
                    let cause = format!("{of}{}", it.cause);
                    let diagnostic = Diagnostic::at(source, mark, Code::Valueless, &cause, &it.remedy);
                    self.diagnostics.push(Diagnostic { severity: Severity::Warning, ..diagnostic });
                    partly.extend(names("alert").map(str::to_owned));
                }
            }
        }
        partly
    }

    /// Warns of alerts that nobody is told of, though there is an Alertmanager.
    pub(super) fn untold(&mut self, assembly: &Assembly) {
        let Some(watch) = &assembly.parts.watch else { return };
        if watch.alertmanager.is_none() {
            return;
        }
        let names = watch.alert_names();
        let untold: Vec<String> =
            names.into_iter().filter(|name| watch.may_tell(name) == Some(false)).collect();
        if untold.is_empty() {
            return;
        }
        let cause = format!(
            "nobody is told of {}: no route leads to a receiver with a way to be told",
            listed(&untold)
        );
        let remedy = "give the receiver a channel, such as `slack_configs`, or the alert another route";
        let place = Place::default().key("alerts").key("alertmanager");
        if let Some(document) = self.documents.get(&Part::Scenario) {
            let mark = document.kept().follow(place.steps()).mark();
            let source = &self.sources[document.source];
            let diagnostic = Diagnostic::at(source, mark, Code::Untold, &cause, remedy);
            self.diagnostics.push(Diagnostic { severity: Severity::Warning, ..diagnostic });
        }
    }
}

/// An alert that has several rules is silent if all of them are.
fn never_anywhere(rules: &Rules, found: Vec<Unmet>) -> Vec<String> {
    let all = rules.groups.iter().flat_map(|group| &group.rules);
    let count = |name: &str| {
        all.clone().filter(|rule| matches!(rule, Rule::Alert(alert) if alert.name == name)).count()
    };
    let mut names: Vec<String> = found.iter().map(|unmet| unmet.alert.clone()).collect();
    names.dedup();
    names.retain(|name| found.iter().filter(|unmet| unmet.alert == *name).count() == count(name));
    names
}

fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(MOST_NAMED).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// What there is not.
pub(super) fn missing(unmet: &Unmet) -> String {
    match unmet {
        Unmet { metric: Some(metric), .. } => format!("nothing shows `{metric}`"),
        Unmet { selector, .. } => format!("no series is `{selector}`"),
    }
}

/// What is said of the alerts of one file.
fn told(own: &[&Unmet], metrics: &[&str]) -> (String, String) {
    let cause = match own {
        [unmet] => format!("`{}` can never fire: {}", unmet.alert, missing(unmet)),
        _ => {
            let shown = own.iter().take(MOST_NAMED).map(|unmet| {
                let what = unmet.metric.as_ref().unwrap_or(&unmet.selector);
                format!("{} ({what})", unmet.alert)
            });
            let shown: Vec<String> = shown.collect();
            let more = own.len().saturating_sub(MOST_NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!(
                "{} alerts can never fire, since no series is what they look at: {}{more}",
                own.len(),
                shown.join(", ")
            )
        }
    };
    // A metric of another exporter is no slip of the pen.
    let slip = |unmet: &&Unmet| {
        let metric = unmet.metric.as_deref()?;
        words::nearest(metric, metrics).filter(|near| strsim::damerau_levenshtein(metric, near) <= MOST_SLIPS)
    };
    let near = own.iter().filter_map(slip);
    let mut near: Vec<&str> = near.collect();
    near.dedup();
    let remedy = match near.is_empty() {
        false => format!("did you mean `{}`?", near.join("`, `")),
        true => "they are silent here; docs/watching.md lists what a run shows".to_owned(),
    };
    (cause, remedy)
}

/// Series as rules see them.
pub(super) fn named(series: &[SeriesName]) -> Vec<Named<'_>> {
    let named = series.iter().map(|series| {
        let labels = series.labels.iter().map(|(name, value)| (*name, value.as_str()));
        (series.metric.as_str(), labels.collect())
    });
    named.collect()
}

/// The items of a list in a mapping.
fn items(node: &Node, key: &str) -> Vec<Node> {
    match node.get(key).map(|it| &it.value.kind) {
        Some(Kind::Seq(items)) => items.clone(),
        _ => Vec::new(),
    }
}

/// Where the rule of an alert is written.
fn place_of(source: &Source, alert: &str) -> Option<Mark> {
    let node = parse(source, &mut Diagnostics::default())?;
    let rules = items(&node, "groups").into_iter().flat_map(|group| items(&group, "rules"));
    rules.into_iter().find_map(|rule| {
        let value = &rule.get("alert")?.value;
        (value.scalar()?.text == alert).then_some(value.mark)
    })
}
