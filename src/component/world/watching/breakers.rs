//! Circuit breakers of Resilience4j, as they show themselves.
//!
//! Source: resilience4j-micrometer, `AbstractCircuitBreakerMetrics`, as Prometheus names its metrics. The label `name` is
//! the operation that is called: each call has a breaker of its own in each replica of its caller.

use super::exporters::{Exported, Owner, Reader, SeriesName, replica_of};
use crate::component::parts::{Balanced, BreakerPart, Parts};
use crate::component::world::World;
use crate::policy::CircuitBreakerState;
use crate::units::{Instant, Ratio};

/// A quantity of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BreakerMetric {
    /// One while it is in this state.
    State(CircuitBreakerState),
    /// Calls in its window.
    Buffered(Kind),
    /// Slow ones of them.
    Slow(Kind),
    /// Share of failed calls \[%]; -1 below the minimum number of calls.
    FailureRate,
    /// Share of slow calls \[%]; likewise.
    SlowCallRate,
    /// Calls so far.
    Calls(Kind),
    /// The time they took \[s].
    CallSeconds(Kind),
    /// Calls so far that it did not admit.
    NotPermitted,
}

/// What a call was to a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Successful,
    Failed,
    Ignored,
}

/// A series of a breaker: its metric, the label that tells it from others of that, and what it is.
type Row = (&'static str, Option<(&'static str, &'static str)>, BreakerMetric);

/// What each breaker shows.
const METRICS: [Row; 19] = {
    use BreakerMetric as It;
    use CircuitBreakerState as In;
    const STATE: &str = "resilience4j_circuitbreaker_state";
    const BUFFERED: &str = "resilience4j_circuitbreaker_buffered_calls";
    const SLOW: &str = "resilience4j_circuitbreaker_slow_calls";
    const COUNT: &str = "resilience4j_circuitbreaker_calls_seconds_count";
    const SUM: &str = "resilience4j_circuitbreaker_calls_seconds_sum";
    const SUCCESSFUL: Option<(&str, &str)> = Some(("kind", "successful"));
    const FAILED: Option<(&str, &str)> = Some(("kind", "failed"));
    const IGNORED: Option<(&str, &str)> = Some(("kind", "ignored"));
    [
        (STATE, Some(("state", "closed")), It::State(In::Closed)),
        (STATE, Some(("state", "open")), It::State(In::Open)),
        (STATE, Some(("state", "half_open")), It::State(In::HalfOpen)),
        (STATE, Some(("state", "disabled")), It::State(In::Disabled)),
        (STATE, Some(("state", "metrics_only")), It::State(In::MetricsOnly)),
        (STATE, Some(("state", "forced_open")), It::State(In::ForcedOpen)),
        (BUFFERED, SUCCESSFUL, It::Buffered(Kind::Successful)),
        (BUFFERED, FAILED, It::Buffered(Kind::Failed)),
        (SLOW, SUCCESSFUL, It::Slow(Kind::Successful)),
        (SLOW, FAILED, It::Slow(Kind::Failed)),
        ("resilience4j_circuitbreaker_failure_rate", None, It::FailureRate),
        ("resilience4j_circuitbreaker_slow_call_rate", None, It::SlowCallRate),
        (COUNT, SUCCESSFUL, It::Calls(Kind::Successful)),
        (COUNT, FAILED, It::Calls(Kind::Failed)),
        (COUNT, IGNORED, It::Calls(Kind::Ignored)),
        (SUM, SUCCESSFUL, It::CallSeconds(Kind::Successful)),
        (SUM, FAILED, It::CallSeconds(Kind::Failed)),
        (SUM, IGNORED, It::CallSeconds(Kind::Ignored)),
        (
            "resilience4j_circuitbreaker_not_permitted_calls_total",
            Some(("kind", "not_permitted")),
            It::NotPermitted,
        ),
    ]
};

/// Everything that breakers show, for the replicas of processes that are asked for. Hystrix' have other metrics.
pub(super) fn breakers(parts: &Parts, is_asked: &dyn Fn(u16, u16) -> bool) -> Vec<Exported> {
    let mut found = Vec::new();
    for (first, call) in &parts.breaker_calls {
        let own = parts.breaker_owners.iter().zip(&parts.breakers).enumerate().skip(*first as usize);
        let process = parts.breaker_owners.get(*first as usize).map_or(0, |(process, _)| *process);
        let Balanced { name, replicas, .. } = &parts.processes[usize::from(process)];
        for (breaker, ((_, replica), part)) in own.take(usize::from(*replicas)) {
            if !is_asked(process, *replica) || matches!(part, BreakerPart::Hystrix { .. }) {
                continue;
            }
            for (metric, kind, what) in METRICS {
                let labels = [
                    ("application", name.clone()),
                    ("job", name.clone()),
                    ("instance", replica_of(name, *replica)),
                    ("name", call.clone()),
                ];
                let kind = kind.map(|(label, value)| (label, value.to_owned()));
                let labels = labels.into_iter().chain(kind).collect();
                found.push(Exported {
                    name: SeriesName { metric: metric.to_owned(), labels },
                    reader: Reader::Breaker { breaker: breaker as u32, what },
                    of: Owner::Replica(process, *replica),
                });
            }
        }
    }
    found
}

impl World<'_> {
    /// A quantity of a breaker now.
    pub(super) fn read_breaker(&mut self, now: Instant, breaker: u32, what: BreakerMetric) -> f64 {
        let Some((state, metrics, counted)) = self.look_at_breaker(now, breaker) else { return f64::NAN };
        let window = metrics.buffered;
        let percent = |ratio: Option<Ratio>| ratio.map_or(-1.0, |ratio| ratio.as_fraction() * 100.0);
        let calls = |kind| match kind {
            Kind::Successful => counted.served,
            Kind::Failed => counted.failed,
            Kind::Ignored => counted.ignored,
        };
        match what {
            BreakerMetric::State(of) => f64::from(u8::from(state == of)),
            BreakerMetric::Buffered(Kind::Failed) => f64::from(window.failed),
            BreakerMetric::Buffered(Kind::Successful) => f64::from(window.total - window.failed),
            BreakerMetric::Slow(Kind::Failed) => f64::from(window.slow_failed),
            BreakerMetric::Slow(Kind::Successful) => f64::from(window.slow - window.slow_failed),
            // Calls that are ignored are not in the window.
            BreakerMetric::Buffered(Kind::Ignored) | BreakerMetric::Slow(Kind::Ignored) => 0.0,
            BreakerMetric::FailureRate => percent(metrics.failure_rate),
            BreakerMetric::SlowCallRate => percent(metrics.slow_call_rate),
            BreakerMetric::Calls(kind) => calls(kind).0 as f64,
            BreakerMetric::CallSeconds(kind) => calls(kind).1,
            BreakerMetric::NotPermitted => counted.not_permitted as f64,
        }
    }
}
