//! Elements of both sides of an operator, as far as they are known before a run: whether any of them meet, and whether one would
//! have to meet several.

use std::collections::{BTreeMap, BTreeSet};

use super::promql::ast::{Aggregator, Binary, Cardinality, Kind, Matching, Operator, Part, Selection};
use super::promql::function::Meaning;
use super::valueless::{Known, Valueless, is_dropped};

/// Labels of an element, without its name.
type Labels = BTreeMap<String, String>;

/// Elements that are looked at, at most: of more nothing is said.
const MOST: usize = 2_000;

impl Known<'_> {
    /// Why the sides of an operator never have a value together, or cannot be brought together; `None` in doubt.
    pub(super) fn elements_meet(&self, binary: &Binary) -> Option<Valueless> {
        let (left, right) = (self.elements(&binary.left)?, self.elements(&binary.right)?);
        if left.is_empty() || right.is_empty() {
            return None;
        }
        let matching = binary.matching.clone().unwrap_or_default();
        let [of_left, of_right] = [&left, &right].map(|side| counted(side, &matching));
        let extent = binary.operator_extent;
        let meet: Vec<&Labels> = of_left.keys().filter(|key| of_right.contains_key(*key)).collect();
        if meet.is_empty() {
            let cause = match [&left, &right].map(|side| names(side, &matching)) {
                [left, right] if left != right => format!(
                    "this never has a value: the left has {} to match on, and the right {}",
                    listed(&left),
                    listed(&right)
                ),
                _ => "this never has a value: no element of the left has the labels of one on the right"
                    .to_owned(),
            };
            let remedy =
                "aggregate both sides by the same labels, or say which count with `on (…)` or `ignoring (…)`";
            return Some(Valueless { extent, cause, remedy: remedy.to_owned() });
        }
        let is_many = |side: &BTreeMap<Labels, usize>| meet.iter().find(|key| side[**key] > 1).copied();
        let (many_left, many_right) = (is_many(&of_left), is_many(&of_right));
        let (key, side, remedy) = match (binary.operator, matching.cardinality) {
            (Operator::And, _) => return None,
            (_, Cardinality::OneToOne) => match (many_left, many_right) {
                (None, None) => return None,
                (Some(key), None) => (key, "left", "write `group_left`, or aggregate the left"),
                (None, Some(key)) => (key, "right", "write `group_right`, or aggregate the right"),
                (Some(key), Some(_)) => {
                    (key, "left, and on the right", "aggregate one side, or match on more labels")
                }
            },
            (_, Cardinality::ManyToOne) => {
                (many_right?, "right", "aggregate the right, or match on more labels")
            }
            (_, Cardinality::OneToMany) => {
                (many_left?, "left", "aggregate the left, or match on more labels")
            }
        };
        let cause =
            format!("this fails where both sides have a value: several on the {side} have {}", shown(key));
        Some(Valueless { extent, cause, remedy: remedy.to_owned() })
    }

    /// The elements that an expression may have, all at once; `None` if that cannot be said.
    fn elements(&self, part: &Part) -> Option<Vec<Labels>> {
        match &part.kind {
            Kind::Number(_) | Kind::Text(_) => None,
            Kind::Select(selection) | Kind::Range(selection, _) => self.selected(selection),
            Kind::Subquery(subquery) => self.elements(&subquery.inner),
            Kind::Negative(inner) => self.elements(inner),
            Kind::Call(function, arguments) => match function.meaning {
                Meaning::HistogramQuantile => {
                    let buckets = self.elements(arguments.get(1)?)?;
                    Some(once(buckets, |label| label != "le"))
                }
                Meaning::Over(_) => {
                    let is_range = |it: &&Part| matches!(it.kind, Kind::Range(..) | Kind::Subquery(_));
                    self.elements(arguments.iter().find(is_range)?)
                }
                _ => None,
            },
            Kind::Aggregate(aggregation) => match aggregation.aggregator {
                Aggregator::Topk | Aggregator::Bottomk => None,
                _ => {
                    let inner = self.elements(&aggregation.inner)?;
                    Some(once(inner, |label| !is_dropped(aggregation, label)))
                }
            },
            // A comparison leaves elements out, and which is not known.
            Kind::Binary(binary) if binary.operator.is_comparison() || binary.operator.is_set() => None,
            Kind::Binary(binary) => match (&binary.left.kind, &binary.right.kind) {
                (_, Kind::Number(_)) => self.elements(&binary.left),
                (Kind::Number(_), _) => self.elements(&binary.right),
                _ => None,
            },
        }
    }

    fn selected(&self, selection: &Selection) -> Option<Vec<Labels>> {
        if self.is_recorded(selection) {
            return None;
        }
        let fits = |(metric, labels): &(&str, Vec<(&str, &str)>)| {
            selection.matchers.iter().all(|matcher| {
                let own = labels.iter().find(|(label, _)| *label == matcher.name()).map_or("", |it| it.1);
                matcher.fits(if matcher.name() == "__name__" { metric } else { own })
            })
        };
        let labels = |(_, labels): &(&str, Vec<(&str, &str)>)| -> Labels {
            let there = labels.iter().filter(|(_, value)| !value.is_empty());
            there.map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect()
        };
        let found: Vec<Labels> =
            self.series.iter().filter(|it| fits(it)).take(MOST + 1).map(labels).collect();
        (found.len() <= MOST).then_some(found)
    }
}

/// Elements with some of their labels, each once.
fn once(elements: Vec<Labels>, keeps: impl Fn(&str) -> bool) -> Vec<Labels> {
    let kept: BTreeSet<Labels> = elements
        .into_iter()
        .map(|mut labels| {
            labels.retain(|label, _| keeps(label));
            labels
        })
        .collect();
    kept.into_iter().collect()
}

/// How many elements have the same labels to match on.
fn counted(elements: &[Labels], matching: &Matching) -> BTreeMap<Labels, usize> {
    let mut counted = BTreeMap::new();
    for labels in elements {
        let key: Labels = labels
            .iter()
            .filter(|(label, _)| matching.labels.contains(label) == matching.on)
            .map(|(label, value)| (label.clone(), value.clone()))
            .collect();
        *counted.entry(key).or_insert(0) += 1;
    }
    counted
}

/// The names of labels to match on.
fn names(elements: &[Labels], matching: &Matching) -> BTreeSet<String> {
    let all = elements.iter().flat_map(BTreeMap::keys);
    all.filter(|label| matching.labels.contains(label) == matching.on).cloned().collect()
}

fn listed(names: &BTreeSet<String>) -> String {
    match names.is_empty() {
        true => "no label".to_owned(),
        false => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

/// Labels with their values, such as `{job="web"}`.
fn shown(labels: &Labels) -> String {
    match labels.is_empty() {
        true => "no label to tell them apart".to_owned(),
        false => {
            let each = labels.iter().map(|(label, value)| format!("{label}=\"{value}\""));
            format!("`{{{}}}`", each.collect::<Vec<_>>().join(", "))
        }
    }
}
