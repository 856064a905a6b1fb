//! Prometheus rule files.
//!
//! Source: Prometheus 3, `model/rulefmt/rulefmt.go`.

use std::collections::BTreeMap;

use super::fields::{Reader, Shape, item_mark};
use super::inside::place;
use crate::scenario::code::Code;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::node::{Kind, Node};
use crate::scenario::parse::parse;
use crate::scenario::source::{Mark, Source, quoted};
use crate::scenario::words;
use crate::timeline::alerts::{AlertRule, RecordRule, Rule, RuleGroup, Template};
use crate::timeline::promql::{Expression, PromqlErrorKind};
use crate::units::Span;

const FILE: Shape = Shape { what: "a rule file", keys: &["groups"], ignored: &[] };
const GROUP: Shape = Shape {
    what: "a group of rules",
    keys: &["name", "interval", "query_offset", "limit", "labels", "rules"],
    ignored: &[],
};
const RULE: Shape = Shape {
    what: "a rule",
    keys: &["alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"],
    ignored: &[],
};
/// What belongs to alerts only.
const ALERT_ONLY: [&str; 3] = ["for", "keep_firing_for", "annotations"];

/// Reads the groups of a rule file; what could not be read is among the diagnostics and left out.
pub(in crate::scenario) fn rules(source: &Source, diagnostics: &mut Diagnostics) -> Vec<RuleGroup> {
    let Some(node) = parse(source, diagnostics) else { return Vec::new() };
    let mut reader = Reader { source, diagnostics };
    if reader.map(&node, item_mark(&node), &FILE).is_none() {
        return Vec::new();
    }
    if node.get("groups").is_none() {
        reader.report(
            item_mark(&node),
            Code::MissingKey,
            "the key `groups` is missing",
            "add `groups: [{name: …}]`",
        );
    }
    let mut names: BTreeMap<String, Mark> = BTreeMap::new();
    let mut groups = Vec::new();
    for group in reader.list(&node, "groups") {
        let mark = item_mark(group);
        if reader.map(group, mark, &GROUP).is_none() {
            continue;
        }
        let name = reader.needed(group, mark, "name", "name: shop");
        if let Some((name, value)) = name
            && let Some(first) = names.insert(name.to_owned(), value.mark)
        {
            let cause = format!("there are two groups {}", quoted(name));
            reader.diagnostics.push(
                Diagnostic::at(source, value.mark, Code::GroupTwice, &cause, "give one of them another name")
                    .with_related(source, first, "the first one is here"),
            );
        }
        groups.push(reader.group(group, name.map_or("", |(name, _)| name)));
    }
    groups
}

/// Reads the expression that a value of a file is, and reports each mistake where it is.
pub(in crate::scenario) fn expression(
    source: &Source,
    value: &Node,
    text: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Expression> {
    let errors = match Expression::parse(text) {
        Ok(expression) => return Some(expression),
        Err(errors) => errors,
    };
    for error in errors {
        let mark = place(source, value, error.extent);
        let code = match error.kind {
            PromqlErrorKind::Syntax => Code::Expression,
            PromqlErrorKind::Type => Code::ExpressionType,
            PromqlErrorKind::Unsupported => Code::ExpressionLeftOut,
        };
        diagnostics.push(Diagnostic::at(source, mark, code, &error.cause, &error.remedy));
    }
    None
}

/// Whether a key that a rule does not have was meant as `alert`, or as `record`.
fn misspelt_kind(node: &Node) -> Option<bool> {
    let Kind::Map(entries) = &node.kind else { return None };
    let unknown = entries.iter().filter(|entry| !RULE.keys.contains(&entry.key.as_str()));
    let meant = unknown.filter_map(|entry| words::nearest(&entry.key, RULE.keys));
    meant.into_iter().find_map(|meant| match meant {
        "alert" => Some(true),
        "record" => Some(false),
        _ => None,
    })
}

/// Labels of a group, which its rules take over.
type Inherited = Vec<(String, String)>;

impl Reader<'_> {
    fn group(&mut self, node: &Node, name: &str) -> RuleGroup {
        let mut labels = Inherited::new();
        for (entry, text) in self.texts(node, "labels") {
            if self.is_label(&entry.key, entry.mark) {
                labels.push((entry.key.clone(), text.to_owned()));
            }
        }
        let interval = self.duration(node, "interval").filter(|interval| !interval.is_zero());
        let query_offset = self.duration(node, "query_offset").unwrap_or(Span::ZERO);
        let limit = self.count(node, "limit").filter(|limit| *limit > 0);
        let rules = self.list(node, "rules").iter().filter_map(|rule| self.rule(rule, &labels)).collect();
        let file = self.source.path().to_owned();
        RuleGroup { file, name: name.to_owned(), interval, phase: None, query_offset, limit, rules }
    }

    fn rule(&mut self, node: &Node, inherited: &Inherited) -> Option<Rule> {
        let mark = item_mark(node);
        self.map(node, mark, &RULE)?;
        let kinds = [node.get("alert"), node.get("record")];
        let before = self.diagnostics.len();
        let alert = match kinds {
            [Some(_), None] => true,
            [None, Some(_)] => false,
            [Some(_), Some(record)] => {
                let remedy = "make two rules of it";
                self.report(record.mark, Code::RuleKind, "a rule has both `alert` and `record`", remedy);
                true
            }
            [None, None] => match misspelt_kind(node) {
                Some(alert) => alert,
                None => {
                    let remedy = "add `alert: Name` or `record: name`";
                    self.report(mark, Code::RuleKind, "a rule has neither `alert` nor `record`", remedy);
                    ["for", "keep_firing_for", "annotations"].iter().any(|key| node.get(key).is_some())
                }
            },
        };
        let (key, is_there) =
            if alert { ("alert", kinds[0].is_some()) } else { ("record", kinds[1].is_some()) };
        // What is wrong with the rest is told, whatever the rule is called.
        let name = match is_there {
            true => self.needed(node, mark, key, "alert: ServiceDown"),
            false => Some(("unnamed", node)),
        };
        let expression = self.expression(node, mark);
        let sound = is_there && self.diagnostics.len() == before;
        let rule = if alert {
            self.alert(node, name, expression, inherited)
        } else {
            self.record(node, name, expression, inherited)
        };
        rule.filter(|_| sound)
    }

    fn alert(
        &mut self,
        node: &Node,
        name: Option<(&str, &Node)>,
        expression: Option<Expression>,
        inherited: &Inherited,
    ) -> Option<Rule> {
        let before = self.diagnostics.len();
        let hold = self.duration(node, "for").unwrap_or(Span::ZERO);
        let keep_firing_for = self.duration(node, "keep_firing_for").unwrap_or(Span::ZERO);
        let mut labels = Vec::new();
        let plain = inherited
            .iter()
            .filter(|(name, _)| node.get("labels").is_none_or(|own| own.value.get(name).is_none()));
        for (name, text) in plain {
            labels.extend(Template::parse(text).ok().map(|template| (name.clone(), template)));
        }
        labels.extend(self.templates(node, "labels"));
        let annotations = self.templates(node, "annotations");
        let (name, expression) = (name?.0.to_owned(), expression?);
        let rule = AlertRule { name, expression, hold, keep_firing_for, labels, annotations };
        (self.diagnostics.len() == before).then_some(Rule::Alert(rule))
    }

    fn templates(&mut self, node: &Node, key: &str) -> Vec<(String, Template)> {
        let mut templates = Vec::new();
        for (entry, text) in self.texts(node, key) {
            if key == "labels" && !self.is_label(&entry.key, entry.mark) {
                continue;
            }
            match Template::parse(text) {
                Ok(template) => templates.push((entry.key.clone(), template)),
                Err(error) => {
                    let mark = place(self.source, &entry.value, error.extent);
                    self.report(mark, Code::Template, &error.cause, &error.remedy);
                }
            }
        }
        templates
    }

    fn record(
        &mut self,
        node: &Node,
        name: Option<(&str, &Node)>,
        expression: Option<Expression>,
        inherited: &Inherited,
    ) -> Option<Rule> {
        let before = self.diagnostics.len();
        for key in ALERT_ONLY {
            if let Some(entry) = node.get(key) {
                let cause = format!("a rule with `record` has no {}", quoted(key));
                self.report(
                    entry.mark,
                    Code::RuleKind,
                    &cause,
                    "remove it, or write `alert` instead of `record`",
                );
            }
        }
        let (text, value) = name?;
        if text.contains(['{', '}']) {
            let cause = format!("{} is not the name of a series", quoted(text));
            self.report(
                value.mark,
                Code::LabelName,
                &cause,
                "write the name only, such as `job:errors:rate5m`",
            );
        }
        let mut labels: BTreeMap<String, String> = inherited.iter().cloned().collect();
        for (entry, text) in self.texts(node, "labels") {
            if self.is_label(&entry.key, entry.mark) {
                labels.insert(entry.key.clone(), text.to_owned());
            }
        }
        let rule = RecordRule {
            name: text.to_owned(),
            expression: expression?,
            labels: labels.into_iter().collect(),
        };
        (self.diagnostics.len() == before).then_some(Rule::Record(rule))
    }

    fn expression(&mut self, node: &Node, mark: Mark) -> Option<Expression> {
        let (text, value) = self.needed(node, mark, "expr", "expr: up == 0")?;
        expression(self.source, value, text, self.diagnostics)
    }

    /// Whether a label may have this name; reports if not.
    pub(super) fn is_label(&mut self, name: &str, mark: Mark) -> bool {
        let good = !name.is_empty() && name != "__name__";
        if !good {
            let cause = format!("{} is no name for a label", quoted(name));
            self.report(mark, Code::LabelName, &cause, "give it another name");
        }
        good
    }

    /// The items of a list of texts.
    pub(super) fn names<'n>(&mut self, node: &'n Node, key: &str) -> Vec<(&'n str, Mark)> {
        let mut names = Vec::new();
        for item in self.list(node, key) {
            match &item.kind {
                Kind::Scalar(scalar) => names.push((scalar.text.as_str(), item.mark)),
                Kind::Map(_) | Kind::Seq(_) => {
                    let cause = format!("{} has to be a list of texts", quoted(key));
                    self.report(item.mark, Code::Shape, &cause, "write a single value here");
                }
            }
        }
        names
    }
}
