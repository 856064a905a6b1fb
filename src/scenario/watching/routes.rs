//! Alertmanager configurations.
//!
//! Source: Alertmanager 0.34, `config/config.go`, `config/common/inhibitrule.go`.

use std::collections::BTreeMap;

use super::fields::{Reader, Shape, item_mark};
use super::matchers::Keys;
use super::ways::{GLOBAL, keys_of};
use crate::scenario::code::Code;
use crate::scenario::diagnostic::Diagnostics;
use crate::scenario::node::{Kind, Node, ScalarValue};
use crate::scenario::parse::parse;
use crate::scenario::source::{Mark, Source, quoted};
use crate::scenario::words;
use crate::timeline::alertmanager::{
    Channel, Config, GroupBy, InhibitRule, Integration, RESOLVE_TIMEOUT, Receiver, Route,
};
use crate::units::Span;

const FILE: Shape = Shape {
    what: "an Alertmanager configuration",
    keys: &["global", "route", "receivers", "inhibit_rules", "time_intervals", "mute_time_intervals"],
    ignored: &["templates", "tracing", "event_recorder"],
};
const ROUTE: Shape = Shape {
    what: "a route",
    keys: &[
        "receiver",
        "group_by",
        "matchers",
        "match",
        "match_re",
        "continue",
        "group_wait",
        "group_interval",
        "repeat_interval",
        "mute_time_intervals",
        "active_time_intervals",
        "routes",
    ],
    ignored: &["labels"],
};
const INHIBIT: Shape = Shape {
    what: "an inhibit rule",
    keys: &[
        "source_matchers",
        "target_matchers",
        "equal",
        "source_match",
        "source_match_re",
        "target_match",
        "target_match_re",
    ],
    ignored: &["name"],
};
const ROUTE_MATCHERS: Keys = Keys { equal: "match", pattern: "match_re", list: "matchers" };
const SOURCE_MATCHERS: Keys =
    Keys { equal: "source_match", pattern: "source_match_re", list: "source_matchers" };
const TARGET_MATCHERS: Keys =
    Keys { equal: "target_match", pattern: "target_match_re", list: "target_matchers" };
/// Most levels of routes.
const DEEPEST: usize = 20;

/// Reads an Alertmanager's configuration; `None` if it cannot be used, which then is among the diagnostics.
pub(in crate::scenario) fn alertmanager(source: &Source, diagnostics: &mut Diagnostics) -> Option<Config> {
    let node = parse(source, diagnostics)?;
    let mut reader = Reader { source, diagnostics };
    reader.map(&node, item_mark(&node), &FILE)?;
    let receivers = reader.receivers(&node);
    let inhibit_rules =
        reader.list(&node, "inhibit_rules").iter().filter_map(|rule| reader.inhibit(rule)).collect();
    if let Some(global) = node.get("global") {
        let is_empty =
            matches!(&global.value.kind, Kind::Scalar(scalar) if scalar.value == ScalarValue::Null);
        if !is_empty {
            reader.map(&global.value, global.mark, &GLOBAL);
        }
    }
    let resolve_timeout =
        node.get("global").and_then(|global| reader.duration(&global.value, "resolve_timeout"));
    for key in ["time_intervals", "mute_time_intervals"] {
        if let Some(entry) = node.get(key) {
            reader.left_out(entry.mark);
        }
    }
    let Some(entry) = node.get("route") else {
        reader.report(item_mark(&node), Code::Route, "there is no route", "add `route: {receiver: …}`");
        return None;
    };
    let route = reader.route(&entry.value, entry.mark, 0, &receivers)?;
    Some(Config {
        resolve_timeout: resolve_timeout.unwrap_or(RESOLVE_TIMEOUT),
        route,
        receivers,
        inhibit_rules,
    })
}

impl Reader<'_> {
    fn left_out(&mut self, mark: Mark) {
        let cause = "time intervals are left out: a run has no calendar";
        let remedy = "notifications go out as if the intervals were not there; remove them to say so";
        self.warn(mark, Code::TimeIntervals, cause, remedy);
    }

    fn receivers(&mut self, node: &Node) -> Vec<Receiver> {
        let mut names: BTreeMap<String, Mark> = BTreeMap::new();
        let mut receivers = Vec::new();
        for item in self.list(node, "receivers") {
            let mark = item_mark(item);
            let Kind::Map(entries) = &item.kind else {
                self.report(mark, Code::Shape, "a receiver has to be a mapping", "write `- name: …`");
                continue;
            };
            let Some((name, value)) = self.needed(item, mark, "name", "name: on-call") else { continue };
            if names.insert(name.to_owned(), value.mark).is_some() {
                let cause = format!("there are two receivers {}", quoted(name));
                self.report(value.mark, Code::Receiver, &cause, "give one of them another name");
            }
            for entry in entries {
                let known = |channel: &&Channel| entry.key.strip_suffix("_configs") == Some(channel.name());
                if !matches!(entry.key.as_str(), "name" | "labels")
                    && !Channel::ALL.iter().any(|it| known(&it))
                {
                    let keys: Vec<String> =
                        Channel::ALL.iter().map(|channel| format!("{}-configs", channel.name())).collect();
                    let remedy = match words::nearest(&entry.key, &keys) {
                        Some(near) => format!("did you mean `{}`?", near.replace('-', "_")),
                        None => "remove it".to_owned(),
                    };
                    let cause = format!("unknown key {} of a receiver", quoted(&entry.key));
                    self.report(entry.mark, Code::UnknownKey, &cause, &remedy);
                }
            }
            let mut integrations = Vec::new();
            for channel in Channel::ALL {
                for way in self.list(item, &format!("{}_configs", channel.name())) {
                    if let Some(shape) = keys_of(*channel) {
                        self.map(way, item_mark(way), shape);
                    }
                    let send_resolved = self.flag(way, "send_resolved").unwrap_or(channel.sends_resolved());
                    integrations.push(Integration { channel: *channel, send_resolved });
                }
            }
            receivers.push(Receiver { name: name.to_owned(), integrations });
        }
        receivers
    }

    fn inhibit(&mut self, node: &Node) -> Option<InhibitRule> {
        let mark = item_mark(node);
        self.map(node, mark, &INHIBIT)?;
        let source = self.matchers(node, &SOURCE_MATCHERS);
        let target = self.matchers(node, &TARGET_MATCHERS);
        let equal = self.names(node, "equal").into_iter().map(|(name, _)| name.to_owned()).collect();
        Some(InhibitRule { source, target, equal })
    }

    fn route(&mut self, node: &Node, mark: Mark, depth: usize, receivers: &[Receiver]) -> Option<Route> {
        if depth > DEEPEST {
            let cause = format!("routes are nested more than {DEEPEST} levels deep");
            self.report(mark, Code::Route, &cause, "join their matchers");
            return None;
        }
        self.map(node, mark, &ROUTE)?;
        let receiver = self.receiver(node, mark, depth, receivers);
        let matchers = self.matchers(node, &ROUTE_MATCHERS);
        if depth == 0 {
            let keys =
                ["matchers", "match", "match_re", "continue", "mute_time_intervals", "active_time_intervals"];
            for entry in keys.iter().filter_map(|key| node.get(key)) {
                let cause = format!("the first route takes every alert: it has no {}", quoted(&entry.key));
                self.report(entry.mark, Code::Route, &cause, "put it into a route below `routes`");
            }
        }
        for key in ["mute_time_intervals", "active_time_intervals"] {
            if let Some(entry) = node.get(key).filter(|_| depth > 0) {
                self.left_out(entry.mark);
            }
        }
        let route = Route {
            receiver,
            matchers,
            continues: self.flag(node, "continue").unwrap_or(false),
            group_by: self.group_by(node),
            group_wait: self.duration(node, "group_wait"),
            group_interval: self.interval(node, "group_interval"),
            repeat_interval: self.interval(node, "repeat_interval"),
            routes: Vec::new(),
        };
        let children = self.list(node, "routes").iter();
        let routes =
            children.filter_map(|child| self.route(child, item_mark(child), depth + 1, receivers)).collect();
        Some(Route { routes, ..route })
    }

    fn receiver(&mut self, node: &Node, mark: Mark, depth: usize, receivers: &[Receiver]) -> Option<String> {
        if depth == 0 && node.get("receiver").is_none() {
            let remedy = "add `receiver: …`";
            self.report(mark, Code::Route, "the first route names no receiver", remedy);
        }
        let (name, value) = self.text(node, "receiver")?;
        if !receivers.iter().any(|receiver| receiver.name == name) {
            let names: Vec<&str> = receivers.iter().map(|receiver| receiver.name.as_str()).collect();
            let remedy = match words::nearest(name, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "add it to `receivers`".to_owned(),
            };
            self.report(
                value.mark,
                Code::Receiver,
                &format!("there is no receiver {}", quoted(name)),
                &remedy,
            );
        }
        Some(name.to_owned())
    }

    fn interval(&mut self, node: &Node, key: &str) -> Option<Span> {
        let interval = self.duration(node, key)?;
        if interval.is_zero() {
            if let Some(entry) = node.get(key) {
                let cause = format!("{} cannot be zero", quoted(key));
                self.report(entry.value.mark, Code::Route, &cause, "write a length of time such as `5m`");
            }
            return None;
        }
        Some(interval)
    }

    fn group_by(&mut self, node: &Node) -> Option<GroupBy> {
        node.get("group_by")?;
        let names = self.names(node, "group_by");
        let mut labels: Vec<String> = Vec::new();
        let all = names.iter().any(|(name, _)| *name == "...");
        for (name, mark) in names {
            if all && name != "..." {
                let cause = "`...` stands for every label: others beside it mean nothing";
                self.report(mark, Code::Route, cause, "write `...` alone");
            } else if labels.iter().any(|known| known == name) {
                let cause = format!("{} is in the list twice", quoted(name));
                self.report(mark, Code::Route, &cause, "remove one");
            } else if !all && self.is_label(name, mark) {
                labels.push(name.to_owned());
            }
        }
        Some(if all { GroupBy::All } else { GroupBy::Labels(labels) })
    }
}
