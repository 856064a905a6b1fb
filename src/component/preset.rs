//! Settings by class of service: the settings matrices of a team, as presets that a deployment can name.
//!
//! A preset fills in whole settings that are not written (`timeout`, `retry`, `circuit-breaker`,
//! `max-concurrent-calls`) and never changes one that is. Where the matrices give a range, its middle is taken, and
//! counts are rounded up; what they say of "failures" is a number of calls in a row that failed.
//!
//! | class | `timeout` | `retry`: attempts, base, longest | `circuit-breaker`: failures, open for |
//! |---|---|---|---|
//! | `core` | 10 s | 5, 100 ms, 5 s | 4 (3–5), 20 s (10–30) |
//! | `general` | 10 s | 3, 500 ms, 10 s | 8 (5–10), 45 s (30–60) |
//! | `analytics` | 10 s | 9 (D1: 5–10 retries), 500 ms, 10 s | 15 (10–20), 90 s (60–120) |
//! | `external` | 30 s | 2, 1 s, 30 s | 3 (2–3), 7.5 s (5–10) |
//! | `async` | 10 s | 10, 1 s, 300 s | none |
//! | `upload` | 120 s | none | none |
//!
//! Retries wait twice as long each time, ± 20 %. The matrix of breakers (D1) names a number of retries as well: 2–3 for
//! `core`, 3–5 for `general`, 5–10 for `analytics`, 1–2 for `external`. The matrix of retries (D4) is the one that says
//! how long to wait, so that its attempts are taken where it has the class; only `analytics` has its number from D1, with
//! the waits of `general`, which is assumed. No matrix says how many trial calls a half-open breaker permits: it is
//! Resilience4j's default, 10. See `docs/decisions/0012-settings-by-class.md`.
//!
//! The time-outs are the totals of "internal", "external" and "upload", or with [`TimeoutPreset::ByClassRead`] what may
//! pass until something is read; [`TimeoutPreset::Layered`] is in `layers.rs`.
//!
//! Left out: time-outs of connecting to calls, external parties and caches, since connecting takes no time of its own and
//! who is gone refuses at once; a time-out of statements, which the databases here do not have.
//!
//! Source: study S2, settings by service class: circuit breakers (D1), pools (D2), time-outs (D3), retries (D4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::assembly::SystemSpec;
use super::call::CallSpec;
use super::layers;
use super::mistake::{Mistake, Part, Place, code};
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
    /// Each waits longer than what it waits for: clients 30s, gateways 25s, calls between processes 20s, connections and
    /// row locks of a database 15s, external parties 10s, caches 1s. Calls inside calls share what is between 20s and
    /// 15s evenly, the inner ones the shorter.
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

    fn fill(self, call: &mut CallSpec, at: &Place, notes: &mut Notes) {
        let by = By::new(at.key("preset"), format!("preset {}", self.name()));
        match self {
            CallPreset::Hystrix => {
                notes.fill(&mut call.timeout, at.key("timeout"), &by, Some(Span::from_secs(3)));
                let hystrix = HystrixConfig {
                    request_volume_threshold: 20,
                    sleep_window: Span::from_secs(5),
                    error_threshold_percentage: Ratio::from_fraction(0.5),
                    ..HystrixConfig::default()
                };
                let hystrix = Some(hystrix).filter(|_| call.circuit_breaker.is_none());
                notes.fill(&mut call.hystrix, at.key("hystrix"), &by, hystrix);
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

/// Time-outs of [`TimeoutPreset::ByClass`].
const INTERNAL: Span = Span::from_secs(10);
const EXTERNAL: Span = Span::from_secs(30);
pub(super) const CACHE: Span = Span::from_secs(1);

/// Time-outs of [`TimeoutPreset::ByClassRead`].
const INTERNAL_READ: Span = Span::from_secs(5);
pub(super) const EXTERNAL_READ: Span = Span::from_secs(10);
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
            // 5–10 retries after the first attempt; the waits are those of `general`.
            ServiceClass::Analytics => (9, 500, 10),
            ServiceClass::Upload => return None,
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
        let (failures, open_ms) = match self {
            ServiceClass::Core => (4, 20_000),
            ServiceClass::General => (8, 45_000),
            ServiceClass::Analytics => (15, 90_000),
            ServiceClass::External => (3, 7_500),
            ServiceClass::Async | ServiceClass::Upload => return None,
        };
        // A window of as many calls, all of which have failed, is that many failures in a row.
        Some(CircuitBreakerConfig {
            sliding_window_size: failures,
            minimum_number_of_calls: failures,
            failure_rate_threshold: Ratio::ONE,
            wait_duration_in_open_state: Span::from_millis(open_ms),
            ..CircuitBreakerConfig::default()
        })
    }

    fn fill(self, call: &mut CallSpec, read: bool, at: &Place, notes: &mut Notes) {
        let by = By::new(at.key("class"), format!("class {}", self.name()));
        notes.fill(&mut call.timeout, at.key("timeout"), &by, Some(self.timeout(read)));
        notes.fill(&mut call.retry, at.key("retry"), &by, self.retry());
        let breaker = self.circuit_breaker().filter(|_| call.hystrix.is_none());
        notes.fill(&mut call.circuit_breaker, at.key("circuit-breaker"), &by, breaker);
    }
}

/// A setting that a preset has filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The file whose setting it is.
    pub part: Part,
    /// The setting, which is not written.
    pub setting: Place,
    /// What is written instead, in the deployment.
    pub preset: Place,
    /// The preset in words, such as `class core`.
    pub name: String,
}

/// A preset that fills something in.
pub(super) struct By {
    place: Place,
    name: String,
}

impl By {
    pub(super) fn new(place: Place, name: String) -> By {
        By { place, name }
    }
}

/// What has been filled in so far.
#[derive(Default)]
pub(super) struct Notes(Vec<Filled>);

impl Notes {
    /// Fills in a setting of the deployment that is not written, if the preset says anything of it.
    pub(super) fn fill<T>(&mut self, value: &mut Option<T>, setting: Place, by: &By, preset: Option<T>) {
        self.fill_in(Part::Deployment, value, setting, by, preset);
    }

    /// Fills in a setting of some file that is not written, if the preset says anything of it.
    pub(super) fn fill_in<T>(
        &mut self,
        part: Part,
        value: &mut Option<T>,
        setting: Place,
        by: &By,
        preset: Option<T>,
    ) {
        if value.is_none() && preset.is_some() {
            *value = preset;
            self.0.push(Filled { part, setting, preset: by.place.clone(), name: by.name.clone() });
        }
    }
}

/// The mistake where a person can mend it: one about a setting that a preset filled in is at the preset.
#[must_use]
pub fn where_written(mut mistake: Mistake, filled: &[Filled]) -> Mistake {
    let is_its = |filled: &&Filled| {
        filled.part == mistake.part && mistake.place.steps().starts_with(filled.setting.steps())
    };
    if let Some(filled) = filled.iter().find(is_its) {
        mistake.place = filled.preset.clone();
        mistake.part = Part::Deployment;
    }
    mistake
}

/// Fills in what the presets of a deployment stand for; gives what cannot be worked out.
pub fn expand_presets(system: &mut SystemSpec) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut notes = Notes::default();
    let read = system.deployment.timeouts == Some(TimeoutPreset::ByClassRead);
    for (name, call) in &mut system.deployment.calls {
        let at = Place::default().key("calls").key(name);
        if let Some(preset) = call.preset {
            preset.fill(call, &at, &mut notes);
        }
        if let Some(class) = call.class {
            class.fill(call, read, &at, &mut notes);
        }
        let Some(PermitsFor { peak, p99, safety }) = call.permits_for else { continue };
        match pool_size(peak, p99, safety) {
            Ok(permits) => {
                let by = By::new(at.key("permits-for"), "permits-for".to_owned());
                let setting = at.key("max-concurrent-calls");
                notes.fill(&mut call.max_concurrent_calls, setting, &by, Some(permits));
            }
            Err(error) => {
                let remedy = "write a rate and a time above zero and a factor of at least 1";
                let (cause, remedy) = (error.to_string(), remedy.to_owned());
                let place = at.key("permits-for");
                mistakes.push(Mistake::error(Part::Deployment, place, code::RANGE, cause, remedy));
            }
        }
    }
    if let Some(preset) = system.deployment.timeouts {
        let limits = match preset {
            TimeoutPreset::Layered => layers::limits(system),
            TimeoutPreset::ByClass => layers::Limits {
                calls: layers::called(system, |_| INTERNAL),
                externals: Some(EXTERNAL),
                caches: Some(CACHE),
                ..layers::Limits::default()
            },
            TimeoutPreset::ByClassRead => layers::Limits {
                calls: layers::called(system, |_| INTERNAL_READ),
                externals: Some(EXTERNAL_READ),
                caches: Some(CACHE_READ),
                connections: Some(DATABASE_CONNECT),
                locks: Some(DATABASE_READ),
                ..layers::Limits::default()
            },
        };
        limits.fill(system, preset, &mut notes);
    }
    for pool in system.deployment.pools.values_mut() {
        pool.connection_timeout = Some(pool.connection_timeout());
    }
    for database in system.deployment.databases.values_mut() {
        database.lock_wait_timeout = Some(database.lock_wait_timeout());
    }
    if let Some(spec) = system.deployment.bulkheads.clone() {
        divide(system, &spec, &mut notes, &mut mistakes);
    }
    system.filled = notes.0;
    mistakes
}

/// Gives the calls of `bulkheads` theirs.
fn divide(system: &mut SystemSpec, spec: &BulkheadsSpec, notes: &mut Notes, mistakes: &mut Vec<Mistake>) {
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
            let setting = Place::default().key("calls").key(name);
            let by = By::new(at.index(position), format!("bulkheads {key}"));
            if key == "semaphores" {
                let permits = Some(PERMITS[position]);
                let setting = setting.key("max-concurrent-calls");
                notes.fill(&mut call.max_concurrent_calls, setting, &by, permits);
            } else {
                // A product of whole per cents and a whole number, which a float may have just below it.
                let threads = (f64::from(spec.threads) * SHARES[position] + 1e-9) as u32;
                let threads = Some(ThreadPoolBulkheadConfig::fixed(threads));
                let setting = setting.key("thread-pool-bulkhead");
                notes.fill(&mut call.thread_pool_bulkhead, setting, &by, threads);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(class: ServiceClass, call: &mut CallSpec) {
        class.fill(call, false, &Place::default(), &mut Notes::default());
    }

    /// Every class is a valid setting of the real policies.
    #[test]
    fn presets_are_valid_settings() {
        use ServiceClass::{Analytics, Async, Core, External, General, Upload};
        for class in [Core, General, Analytics, External, Async, Upload] {
            let mut call = CallSpec::default();
            fill(class, &mut call);
            assert!(call.timeout.is_some(), "{class:?}");
            assert!(call.retry.is_none_or(|retry| retry.check().is_empty()), "{class:?}");
            assert!(call.circuit_breaker.is_none_or(|breaker| breaker.check().is_empty()), "{class:?}");
        }
    }

    #[test]
    fn what_is_written_stays() {
        let retry = RetryConfig { max_attempts: 1, ..RetryConfig::default() };
        let mut call = CallSpec { retry: Some(retry.clone()), ..CallSpec::default() };
        fill(ServiceClass::Core, &mut call);
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
