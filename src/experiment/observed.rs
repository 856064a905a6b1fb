//! What stores and topics showed, over all runs.

use super::results::{AnswerResults, Band, ObservedResults, ObservedSeries};
use super::summary::RunSummary;
use crate::component::{Metric, MetricKind, ObservableName};
use crate::record::{ObservedRecord, ObservedSegment};
use crate::stats::Estimate;

/// One window of one run: a segment for each quantity.
pub(super) fn in_window(records: &[ObservedRecord], inside: &[usize]) -> Vec<ObservedSegment> {
    let whole = |record: &ObservedRecord| {
        let mut total = ObservedSegment::default();
        for segment in inside.iter().filter_map(|index| record.segments.get(*index)) {
            total.merge(segment);
        }
        total
    };
    records.iter().map(whole).collect()
}

/// The quantities of a window over all runs; after the misses of a store comes its hit ratio.
pub(super) fn results(
    names: &[ObservableName],
    runs: &[RunSummary],
    window: usize,
    rate: &dyn Fn(Vec<f64>) -> Estimate,
    share: &dyn Fn(Vec<f64>) -> Estimate,
) -> Vec<ObservedResults> {
    let each = |index: usize| runs.iter().filter_map(move |run| run.windows[window].observed.get(index));
    let mut all = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if matches!(name.metric, Metric::Answers(_)) {
            continue;
        }
        let max = match name.metric.kind() {
            MetricKind::Counter => None,
            MetricKind::Gauge => Some(each(index).map(|segment| segment.max).fold(0.0, f64::max)),
        };
        all.push(ObservedResults {
            component: name.component.clone(),
            part: name.part.clone(),
            metric: name.metric.name(),
            value: rate(each(index).map(ObservedSegment::per_second).collect()),
            max,
        });
        if name.metric == Metric::Misses {
            let hits = index.saturating_sub(1);
            let ratios = each(hits).zip(each(index)).map(|(hits, misses)| {
                let looked = hits.total + misses.total;
                if looked > 0.0 { hits.total / looked } else { f64::NAN }
            });
            all.push(ObservedResults {
                component: name.component.clone(),
                part: name.part.clone(),
                metric: "hit_ratio",
                value: share(ratios.collect()),
                max: None,
            });
        }
    }
    all
}

/// What gateways answered in a window, over all runs: the statuses that occurred.
pub(super) fn answers(
    names: &[ObservableName],
    runs: &[RunSummary],
    window: usize,
    rate: &dyn Fn(Vec<f64>) -> Estimate,
) -> Vec<AnswerResults> {
    let each = |index: usize| runs.iter().filter_map(move |run| run.windows[window].observed.get(index));
    let given = names.iter().enumerate().filter_map(|(index, name)| {
        let Metric::Answers(status) = name.metric else { return None };
        let count: f64 = each(index).map(|segment| segment.total).sum();
        (count > 0.0).then(|| AnswerResults {
            gateway: name.component.clone(),
            route: name.part.clone(),
            status: status.code(),
            count: count as u64,
            per_s: rate(each(index).map(ObservedSegment::per_second).collect()),
        })
    });
    given.collect()
}

/// The quantities over time.
pub(super) fn series(
    names: &[ObservableName],
    runs: &[RunSummary],
    length: usize,
    band: &dyn Fn(Vec<f64>) -> Band,
) -> Vec<ObservedSeries> {
    let shown = names.iter().enumerate().filter(|(_, name)| !matches!(name.metric, Metric::Answers(_)));
    let each = shown.map(|(index, name)| {
        let at = |time: usize| {
            let values = runs.iter().filter_map(|run| run.observed.get(index)?.get(time).copied());
            band(values.collect())
        };
        ObservedSeries {
            component: name.component.clone(),
            part: name.part.clone(),
            metric: name.metric.name(),
            values: (0..length).map(at).collect(),
        }
    });
    each.collect()
}
