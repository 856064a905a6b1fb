//! Expressions: what they give, and which are none.

use std::collections::BTreeMap;
use std::path::Path;

use brownout::timeline::Query;
use brownout::timeline::promql::{Expression, PromqlErrorKind};
use brownout::units::{Instant, Span};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    series: Vec<Series>,
    queries: Vec<Asked>,
}

/// A series with its samples, times \[ms].
#[derive(Deserialize)]
pub(crate) struct Series {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) times: Vec<u64>,
    pub(crate) values: Vec<String>,
}

#[derive(Deserialize)]
struct Asked {
    expression: String,
    times: Vec<u64>,
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    error: String,
    elements: Vec<Element>,
}

#[derive(Deserialize)]
struct Element {
    labels: BTreeMap<String, String>,
    value: String,
}

/// A sample; no value for the mark of an end.
pub(crate) type Sample = (u64, usize, Option<f64>);

impl Series {
    pub(crate) fn name(&self) -> &str {
        &self.labels["__name__"]
    }

    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        let labels = self.labels.iter().filter(|(name, _)| *name != "__name__");
        labels.map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

/// All samples in order of time: time \[ms], series, value.
pub(crate) fn samples(series: &[Series]) -> Vec<Sample> {
    let mut all: Vec<Sample> = Vec::new();
    for (index, series) in series.iter().enumerate() {
        for (at, value) in series.times.iter().zip(&series.values) {
            all.push((*at, index, (value != "stale").then(|| value.parse().unwrap())));
        }
    }
    all.sort_by_key(|(at, index, _)| (*at, *index));
    all
}

pub(crate) fn millis(at: u64) -> Instant {
    Instant::from_nanos(at * 1_000_000)
}

pub(crate) fn same(ours: f64, theirs: f64) -> bool {
    ours == theirs
        || (ours.is_nan() && theirs.is_nan())
        || (ours.is_finite()
            && theirs.is_finite()
            && (ours - theirs).abs() <= 1e-9 * ours.abs().max(theirs.abs()) + 1e-11)
}

type Given = Vec<(BTreeMap<String, String>, f64)>;

/// Sorts elements so that two answers can be compared one by one. Of equal values `topk` may take any: there only the
/// values are compared.
fn sorted(mut given: Given, expression: &str) -> Given {
    if expression.starts_with("topk") || expression.starts_with("bottomk") {
        given.iter_mut().for_each(|(labels, _)| labels.clear());
    }
    given.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    given
}

/// Compares what expressions give; returns how many answers were compared.
pub(crate) fn compare_values(folder: &Path) -> usize {
    let mut compared = 0;
    for case in super::lines::<Case>(folder, "promql.jsonl") {
        let samples = samples(&case.series);
        for asked in &case.queries {
            compare(&case.series, &samples, asked);
            compared += asked.answers.len();
        }
    }
    compared
}

fn compare(series: &[Series], samples: &[Sample], asked: &Asked) {
    let text = &asked.expression;
    let expression = Expression::parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    let mut query = Query::new(&expression, Span::from_secs(60));
    let ids: Vec<_> = series.iter().map(|series| query.series(series.name(), &series.pairs())).collect();
    let mut ahead = samples.iter().peekable();
    for (at, answer) in asked.times.iter().zip(&asked.answers) {
        while let Some((time, index, value)) = ahead.next_if(|(time, ..)| time <= at) {
            match value {
                Some(value) => query.append(ids[*index], millis(*time), *value),
                None => query.mark_stale(ids[*index], millis(*time)),
            };
        }
        // Samples after the time of evaluation are seen by a negative offset only; a run has none.
        if text.contains("offset -") {
            continue;
        }
        let theirs = answer.elements.iter().map(|one| (one.labels.clone(), one.value.parse().unwrap()));
        let theirs = sorted(theirs.collect(), text);
        let ours = match query.evaluate(millis(*at)) {
            Err(error) => {
                assert!(!answer.error.is_empty(), "{text} at {at} ms: {error}, but {theirs:?}");
                continue;
            }
            Ok(elements) => elements.into_iter().map(|(labels, value)| {
                let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
                (labels.into_iter().map(owned).collect(), value)
            }),
        };
        let ours = sorted(ours.collect(), text);
        assert!(answer.error.is_empty(), "{text} at {at} ms: {} but {ours:?}", answer.error);
        let agree = ours.len() == theirs.len()
            && ours.iter().zip(&theirs).all(|(ours, theirs)| ours.0 == theirs.0 && same(ours.1, theirs.1));
        assert!(agree, "{text} at {at} ms:\nours   {ours:?}\ntheirs {theirs:?}");
    }
}

#[derive(Deserialize)]
struct Written {
    expression: String,
    error: String,
}

/// Compares which expressions are taken; returns how many were compared.
pub(crate) fn compare_syntax(folder: &Path) -> usize {
    let written = super::lines::<Written>(folder, "syntax.jsonl");
    let mut differ = Vec::new();
    for Written { expression, error } in &written {
        match Expression::parse(expression) {
            Ok(_) if error.is_empty() => {}
            Ok(_) => differ.push(format!("{expression:?} is taken here only: {error}")),
            Err(errors) => {
                let unsupported = errors.iter().any(|error| error.kind == PromqlErrorKind::Unsupported);
                if error.is_empty() && !unsupported {
                    differ.push(format!("{expression:?} is refused here only: {errors:?}"));
                }
            }
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
    written.len()
}

#[test]
fn a_changed_answer_is_noticed() {
    assert!(
        same(1.0, 1.0 + 1e-12)
            && same(f64::NAN, f64::NAN)
            && !same(1.0, 1.000_001)
            && !same(f64::INFINITY, 1.0)
    );
}
