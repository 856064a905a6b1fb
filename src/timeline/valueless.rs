//! Parts of expressions that never have a value, whatever a run shows: too few samples, no buckets, labels that never match.

use std::collections::BTreeSet;

use super::alerts::{Rule, Rules};
use super::promql::ast::{Aggregation, Aggregator, Binary, Cardinality, Kind, Operator, Part, Selection};
use super::promql::function::{Function, Meaning, OverTime};
use super::promql::{Expression, Extent};
use super::unmet::Named;
use crate::units::Span;

/// A part of an expression that never has a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valueless {
    /// Where it is in the expression.
    pub extent: Extent,
    /// Why, without a full stop.
    pub cause: String,
    /// What to do.
    pub remedy: String,
}

/// What there is of series: how far apart samples are, and how long a run is.
#[derive(Clone, Copy, Debug)]
pub struct Lengths {
    /// Between two samples.
    pub scrape_interval: Span,
    /// From the first to the last.
    pub run: Span,
}

/// The parts of an expression that never have a value, over these series scraped so often. In doubt a part is not among them.
pub fn valueless(
    expression: &Expression,
    lengths: &Lengths,
    series: &[Named<'_>],
    rules: &Rules,
) -> Vec<Valueless> {
    let all = rules.groups.iter().flat_map(|group| &group.rules);
    let recorded = all.filter_map(|rule| match rule {
        Rule::Record(rule) => Some(rule.name.as_str()),
        Rule::Alert(_) => None,
    });
    let mut known = Known { lengths: *lengths, series, recorded: recorded.collect(), found: Vec::new() };
    known.look(expression.part());
    known.found
}

pub(super) struct Known<'a> {
    lengths: Lengths,
    pub(super) series: &'a [Named<'a>],
    /// What rules record, of which the labels are not known.
    recorded: BTreeSet<&'a str>,
    found: Vec<Valueless>,
}

impl Known<'_> {
    fn look(&mut self, part: &Part) {
        match &part.kind {
            Kind::Number(_) | Kind::Text(_) => {}
            Kind::Select(selection) => self.look_back(0, selection.offset, part.extent),
            Kind::Range(selection, range) => self.look_back(*range, selection.offset, part.extent),
            Kind::Subquery(subquery) => {
                self.look_back(subquery.range, subquery.offset, part.extent);
                self.look(&subquery.inner);
            }
            Kind::Call(function, arguments) => {
                self.look_at_call(*function, arguments, part.extent);
                arguments.iter().for_each(|argument| self.look(argument));
            }
            Kind::Aggregate(aggregation) => {
                aggregation.parameter.iter().for_each(|parameter| self.look(parameter));
                self.look(&aggregation.inner);
            }
            Kind::Negative(inner) => self.look(inner),
            Kind::Binary(binary) => {
                self.look_at_matching(binary);
                self.look(&binary.left);
                self.look(&binary.right);
            }
        }
    }

    /// Whether a part looks back to before there was anything, at any time of a run.
    fn look_back(&mut self, range: i64, offset: i64, extent: Extent) {
        let [range, offset] = [range, offset].map(|ns| Span::from_nanos(ns.max(0) as u64));
        let run = self.lengths.run;
        let cause = if offset >= run {
            format!("this never has a value: it looks back {offset}, and a run is over after {run}")
        } else if range > run {
            format!("this never has all that it is to look at: {range}, and a run is over after {run}")
        } else {
            return;
        };
        let remedy = "look back for less, or make `duration` of the scenario longer".to_owned();
        self.found.push(Valueless { extent, cause, remedy });
    }

    fn look_at_call(&mut self, function: Function, arguments: &[Part], extent: Extent) {
        let name = function.name;
        match (function.meaning, arguments) {
            // A range is open at its start: of samples that are as far apart as it is long it has one.
            (Meaning::Over(over), [Part { kind: Kind::Range(selection, range), .. }, ..])
                if needs_two(over) && !self.is_recorded(selection) =>
            {
                let (range, apart) = (Span::from_nanos((*range).max(0) as u64), self.lengths.scrape_interval);
                if range <= apart {
                    let cause = format!(
                        "this never has a value: `{name}` needs two samples, and a range of {range} has one at most where \
                         they are {apart} apart"
                    );
                    let remedy = format!(
                        "make the range longer than {apart}; four times that is usual, or scrape more often"
                    );
                    self.found.push(Valueless { extent, cause, remedy });
                }
            }
            (Meaning::HistogramQuantile, [_, Part { kind: Kind::Aggregate(buckets), .. }])
                if is_dropped(buckets, "le") =>
            {
                let cause = format!("this never has a value: what `{name}` is given has lost its `le`");
                let remedy = match buckets.without {
                    true => "take `le` out of the labels of `without`".to_owned(),
                    false => {
                        "add `le` to the labels of the aggregation, as in `sum by (job, le) (…)`".to_owned()
                    }
                };
                self.found.push(Valueless { extent, cause, remedy });
            }
            _ => {}
        }
    }

    /// What is matched on a label of which both sides have other values never matches.
    fn look_at_matching(&mut self, binary: &Binary) {
        // These have a value where nothing matches.
        if matches!(binary.operator, Operator::Or | Operator::Unless) {
            return;
        }
        let found = self.found.len();
        self.look_at_values(binary);
        if self.found.len() == found {
            self.found.extend(self.elements_meet(binary));
        }
    }

    fn look_at_values(&mut self, binary: &Binary) {
        let Some(matching) = binary.matching.as_ref().filter(|matching| matching.on) else { return };
        for label in &matching.labels {
            let (left, right) = (self.values(&binary.left, label), self.values(&binary.right, label));
            let (Some(left), Some(right)) = (left, right) else { continue };
            if left.is_empty() || right.is_empty() || !left.is_disjoint(&right) {
                continue;
            }
            let cause = format!(
                "this never has a value: `{label}` is {} on the left, and {} on the right",
                listed(&left),
                listed(&right)
            );
            let remedy =
                "match on a label of which both sides have the same values, or on none: `on ()`".to_owned();
            self.found.push(Valueless { extent: binary.operator_extent, cause, remedy });
            return;
        }
    }

    /// The values that a label can have in an expression, an empty one where it is not there; `None` if that cannot be said.
    fn values(&self, part: &Part, label: &str) -> Option<BTreeSet<String>> {
        // Of these not every value is among the series.
        if matches!(label, "instance" | "le" | "__name__") {
            return None;
        }
        let none = || Some(BTreeSet::from([String::new()]));
        match &part.kind {
            Kind::Number(_) | Kind::Text(_) => None,
            Kind::Select(selection) | Kind::Range(selection, _) => self.values_of(selection, label),
            Kind::Subquery(subquery) => self.values(&subquery.inner, label),
            Kind::Call(function, arguments) => match function.meaning {
                Meaning::HistogramQuantile => self.values(arguments.get(1)?, label),
                Meaning::Over(_) => {
                    // The range may stand behind a parameter.
                    let is_range = |it: &&Part| matches!(it.kind, Kind::Range(..) | Kind::Subquery(_));
                    self.values(arguments.iter().find(is_range)?, label)
                }
                _ => None,
            },
            Kind::Aggregate(aggregation) => match is_dropped(aggregation, label) {
                true => none(),
                false => self.values(&aggregation.inner, label),
            },
            Kind::Negative(inner) => self.values(inner, label),
            Kind::Binary(binary) => match (&binary.left.kind, &binary.right.kind, binary.operator) {
                (_, Kind::Number(_), _) => self.values(&binary.left, label),
                (Kind::Number(_), ..) => self.values(&binary.right, label),
                (.., Operator::Or) => {
                    let (left, right) =
                        (self.values(&binary.left, label)?, self.values(&binary.right, label)?);
                    Some(&left | &right)
                }
                (.., Operator::And | Operator::Unless) => self.values(&binary.left, label),
                _ => match &binary.matching {
                    None => self.values(&binary.left, label),
                    Some(matching) if matching.cardinality == Cardinality::OneToOne => {
                        match matching.on == matching.labels.iter().any(|it| it == label) {
                            true => self.values(&binary.left, label),
                            false => none(),
                        }
                    }
                    Some(_) => None,
                },
            },
        }
    }

    fn values_of(&self, selection: &Selection, label: &str) -> Option<BTreeSet<String>> {
        if self.is_recorded(selection) {
            return None;
        }
        let value = |(metric, labels): &Named<'_>, name: &str| match name {
            "__name__" => (*metric).to_owned(),
            name => {
                labels.iter().find(|(label, _)| *label == name).map_or_else(String::new, |it| it.1.to_owned())
            }
        };
        let fits = |series: &&Named<'_>| {
            selection.matchers.iter().all(|matcher| matcher.fits(&value(series, matcher.name())))
        };
        Some(self.series.iter().filter(fits).map(|series| value(series, label)).collect())
    }

    /// Whether a selector may find what a rule records, which has samples at evaluations and any labels.
    pub(super) fn is_recorded(&self, selection: &Selection) -> bool {
        let fits = |name: &str| {
            let mut named = selection.matchers.iter().filter(|matcher| matcher.name() == "__name__");
            named.all(|matcher| matcher.fits(name))
        };
        fits("ALERTS") || fits("ALERTS_FOR_STATE") || self.recorded.iter().any(|name| fits(name))
    }
}

/// Whether elements lose a label in an aggregation.
pub(super) fn is_dropped(aggregation: &Aggregation, label: &str) -> bool {
    let keeps_all = matches!(aggregation.aggregator, Aggregator::Topk | Aggregator::Bottomk);
    let is_named = aggregation.labels.iter().any(|it| it == label);
    !keeps_all && is_named == aggregation.without
}

/// Whether a function of one sample has no value.
const fn needs_two(over: OverTime) -> bool {
    matches!(
        over,
        OverTime::Rate
            | OverTime::Increase
            | OverTime::Delta
            | OverTime::Irate
            | OverTime::Idelta
            | OverTime::Deriv
            | OverTime::PredictLinear
    )
}

/// Values in words: a few, and that it is not there.
fn listed(values: &BTreeSet<String>) -> String {
    const MOST: usize = 3;
    let word = |value: &String| if value.is_empty() { "not there".to_owned() } else { format!("`{value}`") };
    let shown: Vec<String> = values.iter().take(MOST).map(word).collect();
    let more = values.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str)>) {
        let series: Vec<Named<'_>> = vec![
            ("up", vec![("job", "web"), ("instance", "web-1")]),
            ("requests_bucket", vec![("job", "web"), ("uri", "a")]),
            ("redis_up", vec![("job", "redis")]),
            ("lag", vec![("group", "readers")]),
            ("many_total", vec![("job", "web"), ("uri", "a")]),
            ("many_total", vec![("job", "web"), ("uri", "b")]),
        ];
        let expression = Expression::parse(text).unwrap();
        let lengths = Lengths { scrape_interval: Span::from_secs(15), run: Span::from_secs(3600) };
        let found = valueless(&expression, &lengths, &series, &Rules { groups: Vec::new() });
        match (expected, found.as_slice()) {
            (None, []) => {}
            (Some((part, words)), [one]) => {
                assert_eq!(&text[one.extent.start..one.extent.end], part, "{text}");
                assert!(one.cause.contains(words) && !one.remedy.is_empty(), "{text}: {one:?}");
            }
            (_, found) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn a_range_needs_two_samples() {
        check("increase(up[15s]) > 0", Some(("increase(up[15s])", "two samples")));
        check("absent(rate(up[10s]))", Some(("rate(up[10s])", "15s apart")));
        check("sum(irate(up[15s])) / 2", Some(("irate(up[15s])", "two samples")));
        check("increase(up[16s]) > 0", None);
        // One sample is enough for these.
        check("max_over_time(up[15s]) > 0 or changes(up[15s]) > 0", None);
        check("rate(sum(up)[15s:5s])", None);
    }

    #[test]
    fn a_quantile_needs_its_buckets() {
        let lost = |by: &str| format!("histogram_quantile(0.9, sum {by} (rate(requests_bucket[1m])))");
        for by in ["by (job)", "", "without (le)"] {
            let text = lost(by);
            check(&text, Some((text.as_str(), "lost its `le`")));
        }
        for by in ["by (job, le)", "without (job)"] {
            check(&lost(by), None);
        }
        check("histogram_quantile(0.9, rate(requests_bucket[1m])) > 1", None);
        check("histogram_quantile(0.9, topk(5, rate(requests_bucket[1m])))", None);
    }

    #[test]
    fn nothing_is_seen_from_before_a_run() {
        check("up offset 1h", Some(("up offset 1h", "over after 1h")));
        check("rate(up[5m] offset 2h)", Some(("up[5m] offset 2h", "never has a value")));
        check("rate(up[61m])", Some(("up[61m]", "never has all")));
        check("max_over_time(sum(up)[2h:1m])", Some(("sum(up)[2h:1m]", "never has all")));
        check("rate(up[1h] offset 59m)", None);
    }

    #[test]
    fn sides_are_aggregated_alike() {
        let text = "sum by (job) (up) / sum by (instance) (up)";
        check(text, Some(("/", "the left has `job` to match on, and the right `instance`")));
        check("up / redis_up", Some(("/", "never has a value")));
        check(
            "up and on (instance) redis_up",
            Some(("and", "`instance` to match on, and the right no label")),
        );
        check("sum by (job) (up) / on () sum by (instance) (lag)", None);
        check("sum by (job) (up) / sum by (job) (rate(requests_bucket[1m]))", None);
        check("up / ignoring (instance) up", None);
        check("up == 1 and redis_up", None);
    }

    #[test]
    fn many_meet_one_only_where_it_says_so() {
        let many = "many_total / on (job) sum by (job) (up)";
        check(many, Some(("/", "several on the left have `{job=\"web\"}`")));
        check("sum by (job) (up) / on (job) many_total", Some(("/", "several on the right")));
        check("many_total / on (job) many_total", Some(("/", "left, and on the right")));
        check("up * on (job) group_left many_total", Some(("*", "several on the right")));
        check("many_total / on (job) group_left sum by (job) (up)", None);
        check("sum by (job) (many_total) / on (job) sum by (job) (up)", None);
        check("many_total and on (job) up", None);
        check("many_total / many_total", None);
        // Which are left is not known.
        check("(many_total > 3) / on (job) sum by (job) (up)", None);
    }

    #[test]
    fn labels_have_to_match() {
        check("up == 0 and on (job) redis_up == 0", Some(("and", "`job` is `web` on the left, and `redis`")));
        check("up * on (job) group_left redis_up", Some(("*", "`redis` on the right")));
        check("sum by (job) (up) > on (group) lag", Some((">", "`group` is not there on the left")));
        check(
            "rate(requests_bucket[1m]) / on (job) sum by (uri) (up)",
            Some(("/", "not there on the right")),
        );
        // What may match, what has a value where nothing does, and what is not known.
        for text in [
            "up and on (job) requests_bucket",
            "up and on () redis_up",
            "up unless on (job) redis_up",
            "up or on (job) redis_up",
            "up and on (uri) redis_up",
            "up and on (job) label_replace(redis_up, \"job\", \"web\", \"\", \"\")",
            "up and on (job) ALERTS{alertname=\"A\"}",
            "up and on (job) nothing",
            "up and on (job) (redis_up or requests_bucket)",
        ] {
            check(text, None);
        }
    }
}
