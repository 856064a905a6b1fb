//! Alerts that can never fire, because no series is there that their expressions select.

use std::collections::{BTreeMap, BTreeSet};

use super::alerts::{Rule, Rules};
use super::matcher::{Comparison, Matcher};
use super::promql::Expression;
use super::promql::ast::{Binary, Cardinality, Kind, Operator, Part, Selection};
use super::promql::function::{Meaning, ValueType};

/// An alert that can never fire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The file of its rule.
    pub file: String,
    /// The alert.
    pub alert: String,
    /// The first selector that finds nothing, as written.
    pub selector: String,
    /// The metric that it names, if nothing has that name; otherwise there are series of it, with other labels.
    pub metric: Option<String>,
}

/// A series: its metric and its labels.
pub type Named<'a> = (&'a str, Vec<(&'a str, &'a str)>);

/// The alerts that can never fire over these series, in the order of their rules. What rules record counts where it can
/// come about itself. In doubt, such as about a label that an expression makes, an alert is not among them.
pub fn unmet(rules: &Rules, series: &[Named<'_>]) -> Vec<Unmet> {
    let known = Known::of(rules, series);
    let mut found = Vec::new();
    for group in &rules.groups {
        for rule in &group.rules {
            let Rule::Alert(rule) = rule else { continue };
            if let Some(missing) = known.missing(rule.expression.part()) {
                found.push(known.unmet(&group.file, &rule.name, &rule.expression, missing));
            }
        }
    }
    found
}

/// Why a condition can never hold over these series, beside these rules; of no file and no alert. `None` where it may hold.
pub fn unmet_condition(expression: &Expression, rules: &Rules, series: &[Named<'_>]) -> Option<Unmet> {
    let known = Known::of(rules, series);
    known.missing(expression.part()).map(|missing| known.unmet("", "", expression, missing))
}

/// The matchers of a label in the selectors of an expression.
pub fn matchers_in<'e>(expression: &'e Expression, label: &str) -> Vec<&'e Matcher> {
    let mut found = Vec::new();
    each_selection(expression.part(), &mut |selection| {
        found.extend(selection.matchers.iter().filter(|matcher| matcher.name() == label));
    });
    found
}

/// The matchers of a label in the selectors of rules.
pub fn matchers_of<'r>(rules: &'r Rules, label: &str) -> Vec<&'r Matcher> {
    let mut found = Vec::new();
    for rule in rules.groups.iter().flat_map(|group| &group.rules) {
        let expression = match rule {
            Rule::Alert(rule) => &rule.expression,
            Rule::Record(rule) => &rule.expression,
        };
        found.extend(matchers_in(expression, label));
    }
    found
}

struct Known<'a> {
    series: &'a [Named<'a>],
    by_metric: BTreeMap<&'a str, Vec<usize>>,
    /// What rules record: the series that it is made of, and the labels that the rule sets; none of them where labels are
    /// made.
    recorded: BTreeMap<&'a str, Option<BTreeSet<usize>>>,
}

impl<'a> Known<'a> {
    /// What is known of series, and of what rules record of them.
    fn of(rules: &'a Rules, series: &'a [Named<'a>]) -> Self {
        let mut known = Known { by_metric: BTreeMap::new(), recorded: BTreeMap::new(), series };
        for (index, (metric, _)) in series.iter().enumerate() {
            known.by_metric.entry(metric).or_default().push(index);
        }
        // A rule may read what a later one records: at its next evaluation.
        while known.record(rules) {}
        known
    }

    /// Adds what can be recorded by now; says whether that is more than before.
    fn record(&mut self, rules: &'a Rules) -> bool {
        let mut more = false;
        for rule in rules.groups.iter().flat_map(|group| &group.rules) {
            let Rule::Record(rule) = rule else { continue };
            if self.missing(rule.expression.part()).is_some() {
                continue;
            }
            let made = match self.made(rule.expression.part()) {
                Made::Series(sources) if rule.labels.is_empty() => sources,
                Made::Series(_) | Made::Scalar => None,
            };
            let now = match (self.recorded.get(rule.name.as_str()), made) {
                (Some(Some(before)), Some(made)) => Some(before | &made),
                (Some(None), _) | (_, None) => None,
                (None, Some(made)) => Some(made),
            };
            if self.recorded.get(rule.name.as_str()) != Some(&now) {
                self.recorded.insert(&rule.name, now);
                more = true;
            }
        }
        more
    }

    /// What an expression is made of.
    fn made(&self, part: &Part) -> Made {
        match &part.kind {
            Kind::Number(_) | Kind::Text(_) => Made::Scalar,
            Kind::Select(selection) | Kind::Range(selection, _) => Made::Series(self.fitting(selection)),
            Kind::Subquery(subquery) => self.made(&subquery.inner),
            Kind::Call(function, _) if function.gives() == ValueType::Scalar => Made::Scalar,
            Kind::Call(function, arguments) => match function.meaning {
                Meaning::LabelReplace
                | Meaning::LabelJoin
                | Meaning::Absent
                | Meaning::AbsentOverTime
                | Meaning::Vector => Made::Series(None),
                _ => {
                    let series = arguments.iter().find_map(|argument| match self.made(argument) {
                        Made::Scalar => None,
                        Made::Series(sources) => Some(sources),
                    });
                    Made::Series(series.flatten())
                }
            },
            Kind::Aggregate(aggregation) => self.made(&aggregation.inner),
            Kind::Negative(inner) => self.made(inner),
            Kind::Binary(binary) => self.made_of_two(binary),
        }
    }

    /// What two parts joined by an operator are made of. An element has the labels of one side, or fewer; only `group_left` and
    /// `group_right` give it labels of the other side too.
    fn made_of_two(&self, binary: &Binary) -> Made {
        let includes = binary.matching.as_ref().is_some_and(|matching| !matching.include.is_empty());
        let is_of_right =
            binary.matching.as_ref().is_some_and(|matching| matching.cardinality == Cardinality::OneToMany);
        match (self.made(&binary.left), self.made(&binary.right)) {
            (Made::Scalar, other) | (other, Made::Scalar) => other,
            (Made::Series(left), Made::Series(right)) => Made::Series(match binary.operator {
                Operator::Or => left.zip(right).map(|(left, right)| &left | &right),
                _ if includes => None,
                _ if is_of_right => right,
                _ => left,
            }),
        }
    }

    /// The series that a selector finds; nothing if that cannot be said.
    fn fitting(&self, selection: &Selection) -> Option<BTreeSet<usize>> {
        let Some(metric) = metric(selection) else { return self.fitting_any(selection) };
        if matches!(metric, "ALERTS" | "ALERTS_FOR_STATE") {
            return None;
        }
        let own = self.by_metric.get(metric).into_iter().flatten();
        let mut found: BTreeSet<usize> =
            own.copied().filter(|index| self.fits(*index, selection, false)).collect();
        if let Some(recorded) = self.recorded.get(metric) {
            found.extend(recorded.as_ref()?.iter().filter(|index| self.fits(**index, selection, true)));
        }
        Some(found)
    }

    /// The series that a selector without the name of a metric finds; nothing if that cannot be said.
    fn fitting_any(&self, selection: &Selection) -> Option<BTreeSet<usize>> {
        let is_named = |name: &str| {
            let mut names = selection.matchers.iter().filter(|matcher| matcher.name() == "__name__");
            names.all(|matcher| matcher.fits(name))
        };
        if is_named("ALERTS") || is_named("ALERTS_FOR_STATE") {
            return None;
        }
        let all = 0..self.series.len();
        let mut found: BTreeSet<usize> = all.filter(|index| self.fits(*index, selection, false)).collect();
        for (_, sources) in self.recorded.iter().filter(|(name, _)| is_named(name)) {
            found.extend(sources.as_ref()?.iter().filter(|index| self.fits(**index, selection, true)));
        }
        Some(found)
    }

    /// Whether a series has the labels; one that went through an expression may have lost some.
    fn fits(&self, index: usize, selection: &Selection, lost: bool) -> bool {
        let (metric, labels) = &self.series[index];
        let fits = |matcher: &Matcher| {
            let value = match matcher.name() {
                "__name__" if lost => return true,
                "__name__" => metric,
                name => labels.iter().find(|(label, _)| *label == name).map_or("", |(_, value)| value),
            };
            matcher.fits(value) || (lost && matcher.fits(""))
        };
        selection.matchers.iter().all(fits)
    }

    /// The first selector for want of which an expression never has an element; nothing if it may have one.
    fn missing<'p>(&self, part: &'p Part) -> Option<&'p Part> {
        match &part.kind {
            Kind::Number(_) | Kind::Text(_) => None,
            Kind::Select(selection) | Kind::Range(selection, _) => {
                self.fitting(selection).is_some_and(|found| found.is_empty()).then_some(part)
            }
            Kind::Subquery(subquery) => self.missing(&subquery.inner),
            Kind::Call(function, arguments) => match function.meaning {
                // These have an element where there is none, or give a number whatever there is.
                Meaning::Absent | Meaning::AbsentOverTime | Meaning::Vector => None,
                _ if function.gives() == ValueType::Scalar => None,
                _ => arguments.iter().find_map(|argument| self.missing(argument)),
            },
            Kind::Aggregate(aggregation) => self.missing(&aggregation.inner),
            Kind::Negative(inner) => self.missing(inner),
            Kind::Binary(binary) => {
                let (left, right) = (self.missing(&binary.left), self.missing(&binary.right));
                match binary.operator {
                    Operator::Or => left.and(right).and(left),
                    Operator::Unless => left,
                    _ => left.or(right),
                }
            }
        }
    }

    fn unmet(&self, file: &str, alert: &str, expression: &Expression, missing: &Part) -> Unmet {
        let extent = missing.extent;
        let text = expression.text().get(extent.start..extent.end).unwrap_or_default();
        let name = match &missing.kind {
            Kind::Select(selection) | Kind::Range(selection, _) => metric(selection),
            _ => None,
        };
        let is_there = |name: &&str| self.by_metric.contains_key(*name) || self.recorded.contains_key(*name);
        Unmet {
            file: file.to_owned(),
            alert: alert.to_owned(),
            selector: text.split_whitespace().collect::<Vec<_>>().join(" "),
            metric: name.filter(|name| !is_there(name)).map(str::to_owned),
        }
    }
}

/// The name that a selector asks for, if it asks for one.
fn metric(selection: &Selection) -> Option<&str> {
    let named =
        |matcher: &&Matcher| matcher.name() == "__name__" && matcher.comparison() == Comparison::Equal;
    selection.matchers.iter().find(named).map(Matcher::value)
}

/// What an expression is made of.
enum Made {
    /// A number or a text, which has no labels.
    Scalar,
    /// Elements with labels of these series, some of which may be lost; nothing if they may have any labels.
    Series(Option<BTreeSet<usize>>),
}

/// Walks the selectors of an expression.
fn each_selection<'p>(part: &'p Part, tell: &mut impl FnMut(&'p Selection)) {
    match &part.kind {
        Kind::Number(_) | Kind::Text(_) => {}
        Kind::Select(selection) | Kind::Range(selection, _) => tell(selection),
        Kind::Subquery(subquery) => each_selection(&subquery.inner, tell),
        Kind::Call(_, arguments) => arguments.iter().for_each(|argument| each_selection(argument, tell)),
        Kind::Aggregate(aggregation) => each_selection(&aggregation.inner, tell),
        Kind::Negative(inner) => each_selection(inner, tell),
        Kind::Binary(binary) => {
            each_selection(&binary.left, tell);
            each_selection(&binary.right, tell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::alerts::{AlertRule, RecordRule, RuleGroup};
    use super::*;
    use crate::units::Span;

    fn rules(records: &[(&str, &str)], alert: &str) -> Rules {
        let read = |text: &str| Expression::parse(text).unwrap();
        let record = |(name, text): &(&str, &str)| {
            Rule::Record(RecordRule { name: (*name).to_owned(), expression: read(text), labels: Vec::new() })
        };
        let alert = Rule::Alert(AlertRule {
            name: "A".to_owned(),
            expression: read(alert),
            hold: Span::ZERO,
            keep_firing_for: Span::ZERO,
            labels: Vec::new(),
            annotations: Vec::new(),
        });
        // What is recorded comes after what reads it.
        let rules = std::iter::once(alert).chain(records.iter().rev().map(record)).collect();
        let group = RuleGroup {
            file: "f".to_owned(),
            name: "g".to_owned(),
            interval: None,
            phase: None,
            query_offset: Span::ZERO,
            limit: None,
            rules,
        };
        Rules { groups: vec![group] }
    }

    #[track_caller]
    fn check(records: &[(&str, &str)], alert: &str, missing: Option<(&str, Option<&str>)>) {
        let series = [
            ("up", vec![("job", "shop")]),
            ("requests_total", vec![("job", "shop"), ("uri", "order.place"), ("status", "200")]),
            ("requests_total", vec![("job", "shop"), ("uri", "order.place"), ("status", "500")]),
        ];
        let found = unmet(&rules(records, alert), &series);
        let found = found.first().map(|it| (it.selector.as_str(), it.metric.as_deref()));
        assert_eq!(found, missing, "{alert}");
    }

    #[test]
    fn what_no_series_fulfils_is_found() {
        check(&[], "up == 0", None);
        check(&[], "upp == 0", Some(("upp", Some("upp"))));
        check(&[], "up{job=\"edge\"}  ==  0", Some(("up{job=\"edge\"}", None)));
        check(&[], "sum(rate(requests_total{status=~\"5..\"}[5m])) > 0", None);
        check(
            &[],
            "sum(rate(requests_total{status=~\"4..\"}[5m])) > 0",
            Some(("requests_total{status=~\"4..\"}[5m]", None)),
        );
        check(&[], "up / on(job) x > 1", Some(("x", Some("x"))));
        check(&[], "up and y", Some(("y", Some("y"))));
    }

    #[test]
    fn matchers_of_a_label_are_found_wherever_they_are() {
        let records = [("a", "sum(x{job=\"j\", instance=\"i-1\"}) / on () y{instance=~\"i-2.*\"}")];
        let rules = rules(&records, "max_over_time(z{instance!=\"i-3\"}[5m:1m]) > 1 or absent(a)");
        let found = matchers_of(&rules, "instance");
        let told = |value| found.iter().filter(|matcher| matcher.fits(value)).count();
        assert_eq!((found.len(), told("i-1"), told("i-20"), told("i-3"), told("i-4")), (3, 2, 2, 0, 1));
        assert!(matchers_of(&rules, "uri").is_empty());
    }

    #[test]
    fn what_may_come_about_is_left_alone() {
        check(&[], "x or up", None);
        check(&[], "x == 0 or absent(x)", None);
        check(&[], "up unless x", None);
        check(&[], "vector(scalar(x)) > 1", None);
        check(&[], "ALERTS{alertstate=\"firing\"}", None);
        check(&[], "x or y", Some(("x", Some("x"))));
    }

    #[test]
    fn what_has_no_labels_of_its_own_is_recorded_all_the_same() {
        check(&[("slo:target", "0.999")], "slo:target > 0", None);
        check(&[("slo:target", "vector(1)")], "slo:target > 0", None);
        check(&[("now", "time() - 3")], "now > 0", None);
        check(&[("d", "missing or vector(0)")], "d == 0", None);
        check(&[("half", "up * 0.5")], "half{job=\"edge\"} > 0", Some(("half{job=\"edge\"}", None)));
    }

    #[test]
    fn labels_of_two_sides_come_together() {
        let left = [("r", "requests_total * on(job) group_left(team) teams")];
        let series =
            [("teams", vec![("job", "shop"), ("team", "y")]), ("requests_total", vec![("uri", "x")])];
        let found = |alert: &str| unmet(&rules(&left, alert), &series).len();
        assert_eq!(found("r{uri=\"x\",team=\"y\"} > 0"), 0);
        check(&[("r", "requests_total and up")], "r{uri=\"order.place\"} > 0", None);
        check(&[("r", "up * on(job) group_right requests_total")], "r{uri=\"order.place\"} > 0", None);
        let one = [("r", "up / on(job) sum by (job) (requests_total)")];
        check(&one, "r{uri=\"order.place\"} > 0", Some(("r{uri=\"order.place\"}", None)));
        check(&[("r", "up or requests_total")], "r{uri=\"order.place\"} > 0", None);
    }

    #[test]
    fn a_pattern_for_names_finds_what_is_recorded() {
        let records = [("job:up:sum", "sum by (job) (up)")];
        check(&records, "{__name__=~\"job:.*\"} > 0", None);
        check(&records, "{__name__=~\"job:.*\", job=\"shop\"} > 0", None);
        let edge = "{__name__=~\"job:.*\", job=\"edge\"}";
        check(&records, &format!("{edge} > 0"), Some((edge, None)));
        check(&records, "{__name__=~\"team:.*\"} > 0", Some(("{__name__=~\"team:.*\"}", None)));
        check(&records, "{alertstate=\"firing\"}", None);
    }

    #[test]
    fn what_is_recorded_counts_where_it_can_be() {
        let records = [("a", "sum by (uri) (rate(requests_total[5m]))"), ("b", "a / x"), ("c", "c + 1")];
        check(&records, "a > 1", None);
        check(&records, "a{uri=~\".*order.*\"} > 1", None);
        check(&records, "a{uri=~\".*coupon.*\"} > 1", Some(("a{uri=~\".*coupon.*\"}", None)));
        check(&records, "a{status!=\"200\"} > 1", None);
        check(&records, "b > 1", Some(("b", Some("b"))));
        check(&records, "c > 1", Some(("c", Some("c"))));
        check(&[("d", "label_replace(up, \"uri\", \"x\", \"job\", \".*\")")], "d{uri=\"x\"} > 1", None);
    }
}
