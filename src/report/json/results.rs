//! Results for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::manifest::{EndingView, hex};
use super::outcomes::{ClaimView, OutcomesView};
use crate::experiment::{
    AnswerResults, LatencyResults, ObjectiveResult, ObservedResults, OperationResults, RecoveryResult,
    Results, SpentResults, StationResults, WindowResults,
};
use crate::record::{AccessStatus, TimePart};
use crate::report::bottleneck::what_limits;
use crate::report::incident::Language;
use crate::report::names::{event_names, measure_unit, verdict_name};
use crate::report::warnings::warning_text;
use crate::stats::Estimate;

/// The version of [`results_json`]: a field that goes away or changes meaning raises it, a new one does not.
pub const RESULTS_SCHEMA: u32 = 2;

/// All results but the values over time, which are many: those are in `series.csv`.
pub fn results_json(results: &Results) -> String {
    let mut text =
        serde_json::to_string_pretty(&ResultsView::new(results)).expect("results have only text keys");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct ResultsView<'a> {
    schema: u32,
    scenario: &'a str,
    deployment: &'a str,
    seed: u64,
    replications: u32,
    confidence: f64,
    duration_s: f64,
    warm_up_s: f64,
    fingerprint: String,
    requests: u64,
    handled_events: u64,
    bottleneck: Option<BottleneckView<'a>>,
    recovery: Option<RecoveryView<'a>>,
    outcomes: Option<OutcomesView<'a>>,
    claims: Vec<ClaimView<'a>>,
    objectives: Vec<ObjectiveView<'a>>,
    windows: Vec<WindowView<'a>>,
    events: Vec<EventView<'a>>,
    effects_per_run: Vec<EffectView<'a>>,
    warnings: Vec<WarningView>,
    endings: Vec<EndingView>,
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct Value {
    mean: f64,
    low: f64,
    high: f64,
    runs: u32,
}

impl From<Estimate> for Value {
    fn from(estimate: Estimate) -> Self {
        Self { mean: estimate.mean, low: estimate.low, high: estimate.high, runs: estimate.n }
    }
}

/// A time in milliseconds.
fn milliseconds(estimate: Estimate) -> Value {
    let Value { mean, low, high, runs } = estimate.into();
    Value { mean: mean * 1e3, low: low * 1e3, high: high * 1e3, runs }
}

#[derive(Serialize)]
struct TimesView {
    mean: Value,
    p50: Value,
    p95: Value,
    p99: Value,
    p999: Value,
}

impl TimesView {
    fn milliseconds(times: LatencyResults) -> Self {
        let ms = milliseconds;
        Self {
            mean: ms(times.mean_s),
            p50: ms(times.p50_s),
            p95: ms(times.p95_s),
            p99: ms(times.p99_s),
            p999: ms(times.p999_s),
        }
    }
}

#[derive(Serialize)]
struct BottleneckView<'a> {
    window: &'a str,
    component: &'a str,
    kind: &'static str,
    replica: u16,
    operation: &'a str,
    cause: Option<&'static str>,
    since_s: Option<f64>,
    sentence: String,
}

#[derive(Serialize)]
struct RecoveryView<'a> {
    collapse_ratio: Value,
    collapsed_runs: u32,
    recovery_ratio: Value,
    recovered_runs: u32,
    recovery_time_s: Option<Value>,
    within: Option<WithinView>,
    operations: Vec<RecoveredView<'a>>,
}

#[derive(Serialize)]
struct WithinView {
    wanted_s: f64,
    runs: u32,
    verdict: &'static str,
}

#[derive(Serialize)]
struct RecoveredView<'a> {
    operation: &'a str,
    view: &'static str,
    recovered_runs: u32,
}

impl<'a> RecoveryView<'a> {
    fn new(recovery: &'a RecoveryResult) -> Self {
        Self {
            collapse_ratio: recovery.collapse.into(),
            collapsed_runs: recovery.collapsed,
            recovery_ratio: recovery.probability.into(),
            recovered_runs: recovery.recovered,
            recovery_time_s: recovery.time_s.map(Value::from),
            within: recovery.within.map(|(within, runs, verdict)| WithinView {
                wanted_s: within.as_secs_f64(),
                runs,
                verdict: verdict_name(verdict),
            }),
            operations: recovery
                .by_operation
                .iter()
                .map(|(name, runs)| RecoveredView {
                    operation: &name.name,
                    view: name.view.name(),
                    recovered_runs: *runs,
                })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct ObjectiveView<'a> {
    objective: &'a str,
    verdict: &'static str,
    unit: &'static str,
    bound: f64,
    measured: Option<Value>,
    requests: u64,
    requests_needed: u64,
}

impl<'a> From<&'a ObjectiveResult> for ObjectiveView<'a> {
    fn from(result: &'a ObjectiveResult) -> Self {
        Self {
            objective: &result.objective.text,
            verdict: verdict_name(result.verdict),
            unit: measure_unit(result.objective.measure),
            bound: result.objective.bound,
            measured: result.measured.map(Value::from),
            requests: result.count.0,
            requests_needed: result.count.1,
        }
    }
}

#[derive(Serialize)]
struct WindowView<'a> {
    window: &'a str,
    window_s_start: f64,
    window_s_end: f64,
    operations: Vec<OperationView<'a>>,
    resources: Vec<ResourceView<'a>>,
    stores: Vec<StoreView<'a>>,
    gateways: Vec<AnswerView<'a>>,
}

#[derive(Serialize)]
struct StoreView<'a> {
    component: &'a str,
    part: &'a str,
    metric: &'static str,
    value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_max: Option<f64>,
}

impl<'a> From<&'a ObservedResults> for StoreView<'a> {
    fn from(observed: &'a ObservedResults) -> Self {
        Self {
            component: &observed.component,
            part: &observed.part,
            metric: observed.metric,
            value: observed.value.into(),
            value_max: observed.max,
        }
    }
}

#[derive(Serialize)]
struct AnswerView<'a> {
    gateway: &'a str,
    route: &'a str,
    http_status: u16,
    answers: u64,
    answers_per_s: Value,
}

impl<'a> From<&'a AnswerResults> for AnswerView<'a> {
    fn from(answers: &'a AnswerResults) -> Self {
        Self {
            gateway: &answers.gateway,
            route: &answers.route,
            http_status: answers.status,
            answers: answers.count,
            answers_per_s: answers.per_s.into(),
        }
    }
}

impl<'a> From<&'a WindowResults> for WindowView<'a> {
    fn from(window: &'a WindowResults) -> Self {
        Self {
            window: &window.name,
            window_s_start: window.from.as_secs_f64(),
            window_s_end: window.to.as_secs_f64(),
            operations: window.operations.iter().map(OperationView::from).collect(),
            resources: window.stations.iter().map(ResourceView::from).collect(),
            stores: window.observed.iter().map(StoreView::from).collect(),
            gateways: window.answers.iter().map(AnswerView::from).collect(),
        }
    }
}

#[derive(Serialize)]
struct OperationView<'a> {
    operation: &'a str,
    view: &'static str,
    requests: u64,
    offered_per_s: Value,
    served_per_s: Value,
    goodput_per_s: Value,
    degraded_ratio: Value,
    failed_ratio: Value,
    server_error_ratio: Value,
    causes: Vec<CauseView>,
    latency_ms: Option<TimesView>,
    spent_ms: Option<SpentView>,
}

/// What response times went into, by part.
#[derive(Serialize)]
struct SpentView {
    served: Option<BTreeMap<&'static str, Value>>,
    not_served: Option<BTreeMap<&'static str, Value>>,
}

impl From<&SpentResults> for SpentView {
    fn from(spent: &SpentResults) -> Self {
        let by_name = |means: [Estimate; TimePart::COUNT]| {
            let named = TimePart::ALL.into_iter().zip(means);
            named.map(|(part, mean)| (part.name(), milliseconds(mean))).collect()
        };
        Self { served: spent.served.map(by_name), not_served: spent.not_served.map(by_name) }
    }
}

#[derive(Serialize)]
struct CauseView {
    cause: &'static str,
    /// Ascending; none if nobody answered.
    http_statuses: Vec<u16>,
    requests_ratio: Value,
}

impl<'a> From<&'a OperationResults> for OperationView<'a> {
    fn from(operation: &'a OperationResults) -> Self {
        Self {
            operation: &operation.name.name,
            view: operation.name.view.name(),
            requests: operation.count,
            offered_per_s: operation.offered_per_s.into(),
            served_per_s: operation.served_per_s.into(),
            goodput_per_s: operation.goodput_per_s.into(),
            degraded_ratio: operation.degraded_share.into(),
            failed_ratio: operation.failed_share.into(),
            server_error_ratio: operation.server_error_share.into(),
            causes: operation
                .causes
                .iter()
                .map(|(cause, share)| CauseView {
                    cause: cause.name(),
                    http_statuses: operation.statuses.of(*cause).map(AccessStatus::code).collect(),
                    requests_ratio: (*share).into(),
                })
                .collect(),
            latency_ms: operation.latency.map(TimesView::milliseconds),
            spent_ms: operation.spent.as_ref().map(SpentView::from),
        }
    }
}

#[derive(Serialize)]
struct ResourceView<'a> {
    component: &'a str,
    kind: &'static str,
    replica: u16,
    replicas: u16,
    /// `null` for no limit, and for locks.
    capacity_units: Option<f64>,
    utilisation_ratio: Value,
    busy_units: Value,
    queue_items: Value,
    queue_items_max: u64,
    full_ratio: Value,
    waited_ratio: Option<Value>,
    wait_ms: Option<TimesView>,
    visits_per_s: Value,
    rejected_per_s: Value,
    gave_up_per_s: Value,
}

impl<'a> From<&'a StationResults> for ResourceView<'a> {
    fn from(station: &'a StationResults) -> Self {
        let name = &station.name;
        Self {
            component: &name.component,
            kind: name.kind.name(),
            replica: name.replica,
            replicas: name.replicas,
            capacity_units: Some(name.capacity).filter(|units| units.is_finite() && *units > 0.0),
            utilisation_ratio: station.utilisation.into(),
            busy_units: station.busy.into(),
            queue_items: station.queue.into(),
            queue_items_max: station.longest_queue,
            full_ratio: station.full_share.into(),
            waited_ratio: station.waited_share.map(Value::from),
            wait_ms: station.wait.map(TimesView::milliseconds),
            visits_per_s: station.visits_per_s.into(),
            rejected_per_s: station.rejected_per_s.into(),
            gave_up_per_s: station.gave_up_per_s.into(),
        }
    }
}

#[derive(Serialize)]
struct EventView<'a> {
    event: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    cause: &'static str,
    subject: &'a str,
    runs: u32,
    time_s_median: f64,
    time_s_min: f64,
    time_s_max: f64,
}

#[derive(Serialize)]
struct EffectView<'a> {
    effect: &'a str,
    beyond_calm: Option<Value>,
    beyond_calm_ratio: Option<Value>,
    count: Value,
}

#[derive(Serialize)]
struct WarningView {
    code: String,
    text: String,
}

impl<'a> ResultsView<'a> {
    fn new(results: &'a Results) -> Self {
        Self {
            schema: RESULTS_SCHEMA,
            scenario: &results.scenario,
            deployment: &results.deployment,
            seed: results.seed,
            replications: results.replications,
            confidence: results.confidence,
            duration_s: results.duration.as_secs_f64(),
            warm_up_s: results.warm_up.as_secs_f64(),
            fingerprint: hex(results.fingerprint),
            requests: results.requests,
            handled_events: results.handled_events,
            bottleneck: bottleneck(results),
            recovery: results.recovery.as_ref().map(RecoveryView::new),
            outcomes: results.outcomes.as_ref().map(OutcomesView::from),
            claims: results.claims.iter().map(ClaimView::from).collect(),
            objectives: results.objectives.iter().map(ObjectiveView::from).collect(),
            windows: results.windows.iter().map(WindowView::from).collect(),
            events: events(results),
            effects_per_run: results
                .effects
                .iter()
                .map(|effect| EffectView {
                    effect: &effect.name,
                    beyond_calm: effect.beyond.map(|beyond| beyond.count.into()),
                    beyond_calm_ratio: effect.beyond.map(|beyond| beyond.share.into()),
                    count: effect.count.into(),
                })
                .collect(),
            warnings: results
                .warnings
                .iter()
                .map(|warning| {
                    let warning = warning_text(warning, results.replications);
                    WarningView { code: warning.code, text: warning.text }
                })
                .collect(),
            endings: results.endings.iter().copied().map(EndingView::from).collect(),
        }
    }
}

fn events(results: &Results) -> Vec<EventView<'_>> {
    results
        .events
        .iter()
        .map(|event| {
            let (kind, cause) = event_names(event.kind);
            EventView {
                event: kind,
                cause,
                subject: &event.subject,
                runs: event.runs,
                time_s_median: event.median_s,
                time_s_min: event.first_s,
                time_s_max: event.last_s,
            }
        })
        .collect()
}

fn bottleneck(results: &Results) -> Option<BottleneckView<'_>> {
    let found = results.bottleneck.as_ref()?;
    let window = results.windows.get(found.window)?;
    let station = window.stations.get(found.station)?;
    Some(BottleneckView {
        window: &window.name,
        component: &station.name.component,
        kind: station.name.kind.name(),
        replica: station.name.replica,
        operation: window.operations.get(found.operation).map_or("", |operation| &operation.name.name),
        cause: found.cause.map(|cause| cause.name()),
        since_s: found.first.since_s,
        sentence: what_limits(results, Language::English).unwrap_or_default(),
    })
}
