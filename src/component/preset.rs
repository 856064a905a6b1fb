//! Settings by class of service: the settings matrices of a team, as presets that a deployment can name.
//!
//! A preset fills in whole settings that are not written (`timeout`, `retry`, `circuit-breaker`,
//! `max-concurrent-calls`) and never changes one that is. Where the matrices give a range, its middle is taken, and
//! counts are rounded up; what they say of "failures" is a number of calls in a row that failed.
//!
//! | class | `timeout` | `retry`: attempts, base, longest | `circuit-breaker`: failures, open for, trial calls |
//! |---|---|---|---|
//! | `core` | 10 s | 5, 100 ms, 5 s | 4 (3–5), 20 s (10–30), 3 (2–3) |
//! | `general` | 10 s | 3, 500 ms, 10 s | 8 (5–10), 45 s (30–60), 4 (3–5) |
//! | `analytics` | 10 s | none | 15 (10–20), 90 s (60–120), 8 (5–10) |
//! | `external` | 30 s | 2, 1 s, 30 s | 3 (2–3), 7.5 s (5–10), 2 (1–2) |
//! | `async` | 10 s | 10, 1 s, 300 s | none |
//! | `upload` | 120 s | none | none |
//!
//! Retries wait twice as long each time, ± 20 %. The time-outs are the totals of "internal", "external" and "upload", or
//! with [`TimeoutPreset::ByClassRead`] what may pass until something is read.
//!
//! Left out: time-outs of connecting to calls, external parties and caches, since connecting takes no time of its own and
//! who is gone refuses at once; a time-out of statements, which the databases here do not have.
//!
//! Source: study S2, settings by service class: circuit breakers (D1), pools (D2), time-outs (D3), retries (D4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::assembly::SystemSpec;
use super::call::CallSpec;
use super::mistake::{Mistake, Part, Place, code};
use super::operations::StepSpec;
use crate::policy::{Backoff, CircuitBreakerConfig, HystrixConfig, RetryConfig, ThreadPoolBulkheadConfig};
use crate::sizing::pool_size;
use crate::units::{Rate, Ratio, Span};

/// A class of service, by what hangs on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceClass {
    /// Orders, payments: gives up late, is cut off early.
    Core,
    /// Anything else that somebody waits for.
    General,
    /// Reports and statistics: may fail for long before it is cut off.
    Analytics,
    /// A service of others.
    External,
    /// Nobody waits for it, so it tries for minutes.
    Async,
    /// Takes long because it moves much.
    Upload,
}

/// Time-outs for all that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TimeoutPreset {
    /// Each waits longer than what it waits for: clients 30s, gateways 25s, calls between processes 20s. The 15s of the
    /// database have no place here: what waits there has time-outs of its own.
    Layered,
    /// By who is waited for: calls between processes 10s, external parties 30s, caches 1s, in all. What waits for a
    /// database keeps the time-outs of its pool and its locks.
    ByClass,
    /// By who is waited for, until something is read: calls between processes 5s, external parties 10s, caches 500ms; of
    /// a database 500ms for a connection and 5s for a row lock. `class` takes its time-outs from here too: `external`
    /// 10s, `upload` 60s, others 5s.
    ByClassRead,
}

impl TimeoutPreset {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            TimeoutPreset::Layered => "layered",
            TimeoutPreset::ByClass => "by-class",
            TimeoutPreset::ByClassRead => "by-class-read",
        }
    }
}

/// Settings of a product for a call, as a team has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CallPreset {
    /// Hystrix: a `timeout` of 3s, and a breaker that looks at 20 calls, opens at 50 % and tries again after 5s.
    Hystrix,
}

impl CallPreset {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            CallPreset::Hystrix => "hystrix",
        }
    }

    fn fill(self, call: &mut CallSpec) {
        match self {
            CallPreset::Hystrix => {
                call.timeout = call.timeout.or(Some(Span::from_secs(3)));
                if call.circuit_breaker.is_none() {
                    call.hystrix.get_or_insert(HystrixConfig {
                        request_volume_threshold: 20,
                        sleep_window: Span::from_secs(5),
                        error_threshold_percentage: Ratio::from_fraction(0.5),
                        ..HystrixConfig::default()
                    });
                }
            }
        }
    }
}

/// Shares of a number of threads, in the order of the calls.
const SHARES: [f64; 4] = [0.3, 0.3, 0.2, 0.2];

/// Permits, in the order of the calls.
const PERMITS: [u32; 3] = [10, 20, 15];

/// Bulkheads for calls that have none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BulkheadsSpec {
    /// Threads that `thread-shares` divides. Range: 10 to 1000000. Default: 100.
    #[serde(default = "threads")]
    pub threads: u32,
    /// Operations whose calls get a pool of threads each, in this order: 30 %, 30 %, 20 % and 20 % of `threads`, cut down
    /// to whole threads. Range: up to 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thread_shares: Vec<String>,
    /// Operations of whose calls so many may be under way, in this order: 10, 20 and 15. Range: up to 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub semaphores: Vec<String>,
}

fn threads() -> u32 {
    100
}

/// What a number of permits is worked out from: peak rate × 99th percentile × safety, rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PermitsFor {
    /// Calls at the peak, to each replica of the caller. Range: above 0/s.
    pub peak: Rate,
    /// The 99th percentile of how long a call takes. Range: above 0s.
    pub p99: Span,
    /// Factor on top. Range: at least 1.
    #[serde(default = "safety")]
    pub safety: f64,
}

fn safety() -> f64 {
    1.5
}

/// Time-outs of [`TimeoutPreset::Layered`].
const CLIENT: Span = Span::from_secs(30);
const GATEWAY: Span = Span::from_secs(25);
const SERVICE: Span = Span::from_secs(20);

/// Time-outs of [`TimeoutPreset::ByClass`].
const INTERNAL: Span = Span::from_secs(10);
const EXTERNAL: Span = Span::from_secs(30);
const CACHE: Span = Span::from_secs(1);

/// Time-outs of [`TimeoutPreset::ByClassRead`].
const INTERNAL_READ: Span = Span::from_secs(5);
const EXTERNAL_READ: Span = Span::from_secs(10);
const CACHE_READ: Span = Span::from_millis(500);
const DATABASE_CONNECT: Span = Span::from_millis(500);
const DATABASE_READ: Span = Span::from_secs(5);

impl ServiceClass {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            ServiceClass::Core => "core",
            ServiceClass::General => "general",
            ServiceClass::Analytics => "analytics",
            ServiceClass::External => "external",
            ServiceClass::Async => "async",
            ServiceClass::Upload => "upload",
        }
    }

    /// Until something is `read`, or in all.
    const fn timeout(self, read: bool) -> Span {
        let (first, total) = match self {
            ServiceClass::External => (EXTERNAL_READ, EXTERNAL),
            ServiceClass::Upload => (Span::from_secs(60), Span::from_secs(120)),
            ServiceClass::Core | ServiceClass::General | ServiceClass::Analytics | ServiceClass::Async => {
                (INTERNAL_READ, INTERNAL)
            }
        };
        if read { first } else { total }
    }

    fn retry(self) -> Option<RetryConfig> {
        let (max_attempts, base_ms, longest) = match self {
            ServiceClass::Core => (5, 100, 5),
            ServiceClass::General => (3, 500, 10),
            ServiceClass::External => (2, 1_000, 30),
            ServiceClass::Async => (10, 1_000, 300),
            ServiceClass::Analytics | ServiceClass::Upload => return None,
        };
        Some(RetryConfig {
            max_attempts,
            wait_duration: Span::from_millis(base_ms),
            backoff: Backoff::Exponential { multiplier: 2.0, max: Some(Span::from_secs(longest)) },
            jitter: Ratio::from_fraction(0.2),
            ..RetryConfig::default()
        })
    }

    fn circuit_breaker(self) -> Option<CircuitBreakerConfig> {
        let (failures, open_ms, trial) = match self {
            ServiceClass::Core => (4, 20_000, 3),
            ServiceClass::General => (8, 45_000, 4),
            ServiceClass::Analytics => (15, 90_000, 8),
            ServiceClass::External => (3, 7_500, 2),
            ServiceClass::Async | ServiceClass::Upload => return None,
        };
        // A window of as many calls, all of which have failed, is that many failures in a row.
        Some(CircuitBreakerConfig {
            sliding_window_size: failures,
            minimum_number_of_calls: failures,
            failure_rate_threshold: Ratio::ONE,
            wait_duration_in_open_state: Span::from_millis(open_ms),
            permitted_number_of_calls_in_half_open_state: trial,
            ..CircuitBreakerConfig::default()
        })
    }

    fn fill(self, call: &mut CallSpec, read: bool) {
        call.timeout = call.timeout.or(Some(self.timeout(read)));
        call.retry = call.retry.take().or_else(|| self.retry());
        if call.hystrix.is_none() {
            call.circuit_breaker = call.circuit_breaker.take().or_else(|| self.circuit_breaker());
        }
    }
}

/// Fills in what the presets of a deployment stand for; gives what cannot be worked out.
pub fn expand_presets(system: &mut SystemSpec) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let read = system.deployment.timeouts == Some(TimeoutPreset::ByClassRead);
    for (name, call) in &mut system.deployment.calls {
        if let Some(preset) = call.preset {
            preset.fill(call);
        }
        if let Some(class) = call.class {
            class.fill(call, read);
        }
        let Some(PermitsFor { peak, p99, safety }) = call.permits_for else { continue };
        match pool_size(peak, p99, safety) {
            Ok(permits) => call.max_concurrent_calls = call.max_concurrent_calls.or(Some(permits)),
            Err(error) => {
                let place = Place::default().key("calls").key(name).key("permits-for");
                let remedy = "write a rate and a time above zero and a factor of at least 1";
                let (cause, remedy) = (error.to_string(), remedy.to_owned());
                mistakes.push(Mistake::error(Part::Deployment, place, code::RANGE, cause, remedy));
            }
        }
    }
    match system.deployment.timeouts {
        Some(TimeoutPreset::Layered) => layer(system),
        Some(TimeoutPreset::ByClass) => by_class(system, INTERNAL, EXTERNAL, CACHE),
        Some(TimeoutPreset::ByClassRead) => {
            by_class(system, INTERNAL_READ, EXTERNAL_READ, CACHE_READ);
            for pool in system.deployment.pools.values_mut() {
                pool.connection_timeout.get_or_insert(DATABASE_CONNECT);
            }
            for database in system.deployment.databases.values_mut() {
                database.lock_wait_timeout.get_or_insert(DATABASE_READ);
            }
        }
        None => {}
    }
    for pool in system.deployment.pools.values_mut() {
        pool.connection_timeout = Some(pool.connection_timeout());
    }
    for database in system.deployment.databases.values_mut() {
        database.lock_wait_timeout = Some(database.lock_wait_timeout());
    }
    if let Some(spec) = system.deployment.bulkheads.clone() {
        divide(system, &spec, &mut mistakes);
    }
    mistakes
}

/// Gives the calls of `bulkheads` theirs.
fn divide(system: &mut SystemSpec, spec: &BulkheadsSpec, mistakes: &mut Vec<Mistake>) {
    let at = Place::default().key("bulkheads");
    if !(10..=1_000_000).contains(&spec.threads) {
        let cause = format!("`threads` is {}", spec.threads);
        let remedy = "write 10 to 1000000".to_owned();
        mistakes.push(Mistake::error(Part::Deployment, at.key("threads"), code::RANGE, cause, remedy));
        return;
    }
    let modules = &system.operations.modules;
    let known: Vec<String> = modules
        .iter()
        .flat_map(|(module, spec)| spec.operations.keys().map(move |name| format!("{module}.{name}")))
        .collect();
    let lists = [
        ("thread-shares", &spec.thread_shares, SHARES.len()),
        ("semaphores", &spec.semaphores, PERMITS.len()),
    ];
    for (key, calls, most) in lists {
        let at = at.key(key);
        if calls.len() > most {
            let cause = format!("`{key}` has {} operations, and {most} shares", calls.len());
            let remedy = "give the others bulkheads of their own".to_owned();
            mistakes.push(Mistake::error(Part::Deployment, at.clone(), code::RANGE, cause, remedy));
        }
        for (position, name) in calls.iter().take(most).enumerate() {
            if !known.contains(name) {
                let names = known.iter().map(String::as_str);
                mistakes.push(Mistake::unknown(
                    Part::Deployment,
                    at.index(position),
                    "operation",
                    name,
                    names,
                ));
                continue;
            }
            let call = system.deployment.calls.entry(name.clone()).or_default();
            let limited = call.concurrency_limit.is_some() || call.max_concurrent_calls.is_some();
            if limited || call.thread_pool_bulkhead.is_some() {
                continue;
            }
            if key == "semaphores" {
                call.max_concurrent_calls = Some(PERMITS[position]);
            } else {
                // A product of whole per cents and a whole number, which a float may have just below it.
                let threads = (f64::from(spec.threads) * SHARES[position] + 1e-9) as u32;
                call.thread_pool_bulkhead = Some(ThreadPoolBulkheadConfig::fixed(threads));
            }
        }
    }
}

/// Gives everybody a time-out who has none.
fn layer(system: &mut SystemSpec) {
    for operation in system.load.keys() {
        system.clients.entry(operation.clone()).or_default().timeout.get_or_insert(CLIENT);
    }
    for gateway in system.deployment.gateways.values_mut() {
        gateway.timeout.get_or_insert(GATEWAY);
    }
    limit_calls(system, SERVICE);
}

/// Gives everybody a time-out who has none, by who is waited for.
fn by_class(system: &mut SystemSpec, calls: Span, externals: Span, caches: Span) {
    limit_calls(system, calls);
    for external in system.deployment.externals.values_mut() {
        external.timeout.get_or_insert(externals);
    }
    for cache in system.deployment.caches.values_mut() {
        cache.timeout.get_or_insert(caches);
    }
}

/// Gives every call that has none a time-out.
fn limit_calls(system: &mut SystemSpec, timeout: Span) {
    let mut called = Vec::new();
    for (module, spec) in &system.operations.modules {
        for steps in spec.operations.values() {
            collect_calls(module, steps, &mut called);
        }
    }
    for operation in called {
        system.deployment.calls.entry(operation).or_default().timeout.get_or_insert(timeout);
    }
}

/// The operations that steps call, in the order in which they come.
fn collect_calls(module: &str, steps: &[StepSpec], called: &mut Vec<String>) {
    for step in steps {
        if let StepSpec::Call(name) = step {
            let full = if name.contains('.') { name.clone() } else { format!("{module}.{name}") };
            if !called.contains(&full) {
                called.push(full);
            }
        }
        step.children().into_iter().for_each(|inner| collect_calls(module, inner, called));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every class is a valid setting of the real policies.
    #[test]
    fn presets_are_valid_settings() {
        use ServiceClass::{Analytics, Async, Core, External, General, Upload};
        for class in [Core, General, Analytics, External, Async, Upload] {
            let mut call = CallSpec::default();
            class.fill(&mut call, false);
            assert!(call.timeout.is_some(), "{class:?}");
            assert!(call.retry.is_none_or(|retry| retry.check().is_empty()), "{class:?}");
            assert!(call.circuit_breaker.is_none_or(|breaker| breaker.check().is_empty()), "{class:?}");
        }
    }

    #[test]
    fn what_is_written_stays() {
        let retry = RetryConfig { max_attempts: 1, ..RetryConfig::default() };
        let mut call = CallSpec { retry: Some(retry.clone()), ..CallSpec::default() };
        ServiceClass::Core.fill(&mut call, false);
        assert_eq!(call.retry, Some(retry));
        assert_eq!(call.timeout, Some(Span::from_secs(10)));
    }

    /// A core service's breaker opens with the fourth failure in a row, and not with four of five.
    #[test]
    fn failures_in_a_row_open_the_breaker() {
        use crate::policy::{CircuitBreaker, Outcome};
        let config = ServiceClass::Core.circuit_breaker().expect("core has a breaker");
        let open_after = |outcomes: &[Outcome]| {
            let mut breaker = CircuitBreaker::new(config.clone()).expect("a valid breaker");
            for outcome in outcomes {
                let now = crate::units::Instant::START;
                if breaker.try_acquire(now).is_ok() {
                    breaker.on_result(now, Span::ZERO, *outcome);
                }
            }
            breaker.try_acquire(crate::units::Instant::START).is_err()
        };
        let (good, bad) = (Outcome::Success, Outcome::Failure);
        assert!(open_after(&[bad; 4]));
        assert!(!open_after(&[bad; 3]));
        assert!(!open_after(&[bad, bad, good, bad, bad, bad]));
    }
}
