//! Compiles what stands around a call: fallback, retry, throttle, breaker, limiter, time-out, bulkhead.

use super::builder::{Builder, Spot, mask};
use super::call_checks::at_call;
use super::steps::Scope;
use crate::component::call::{CallSpec, FallbackAnswer, FallbackSpec};
use crate::component::parts::{BreakerPart, Hook};
use crate::engine::{Station, Step};
use crate::policy::{
    AdaptiveThrottle, CircuitBreaker, CircuitBreakerConfig, Hystrix, HystrixEvent, Outcome, RateLimiter,
    RateLimiterConfig, ThreadPoolBulkhead, TimeLimiter,
};
use crate::random::LawSpec;
use crate::record::{Cause, TimePart};
use crate::units::{Instant, Span};

/// The bulkhead of a call, by first index of the caller's replicas.
#[derive(Clone, Copy, Debug)]
enum Bulkhead {
    /// Permits, a station.
    Semaphore(u32),
    /// Threads: the pools, and the station that shows how many are busy.
    Threads(u16, u32),
}

/// What all calls of an operation from one process share, by first index of the process's replicas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared {
    retry: Option<u16>,
    throttle: Option<u16>,
    breaker: Option<u32>,
    /// The limiter, and how long it keeps who gets no permit, a demand.
    limiter: Option<(u16, u32)>,
    concurrency: Option<u16>,
    /// How long a caller waits for one attempt.
    wait: Option<Span>,
    bulkhead: Option<Bulkhead>,
}

impl Builder<'_> {
    /// Emits a call to an operation of another process with its policies.
    pub(super) fn call_with(&mut self, policy: &CallSpec, target: &str, spot: &Spot, scope: Scope<'_>) {
        let at = at_call(target);
        let shared = self.shared(policy, target, &at, scope.process);
        let call = |builder: &mut Self| {
            builder.tried(shared.retry, |builder| {
                if let Some(first) = shared.throttle {
                    builder.hook(Hook::Throttle { first });
                }
                if let Some(first) = shared.breaker {
                    builder.hook(Hook::Breaker { first });
                }
                if let Some((first, parked)) = shared.limiter {
                    builder.limit(first, parked);
                }
                if let Some(first) = shared.concurrency {
                    builder.hook(Hook::Concurrency { first });
                }
                // The permit is inside the time-out: a call that was given up keeps it until it ends.
                builder.guarded(shared.wait, policy.on_timeout, |builder| {
                    builder.inside(shared.bulkhead, |builder| builder.remote(target, spot));
                });
                let scopes =
                    [shared.concurrency.is_some(), shared.breaker.is_some(), shared.throttle.is_some()];
                for _ in scopes.into_iter().filter(|there| *there) {
                    builder.emit(Step::EndHost);
                }
            });
        };
        match &policy.fallback {
            None => call(self),
            Some(fallback) => {
                let causes = fallback_causes(fallback);
                self.caught(causes, false, call, |builder| {
                    builder.fall_back(fallback, target, &at.key("fallback"), spot, scope);
                });
            }
        }
    }

    /// The policies that a process's calls of an operation share, made for the first of them.
    fn shared(&mut self, policy: &CallSpec, target: &str, at: &Spot, caller: usize) -> Shared {
        let key = (caller, target.to_owned());
        if let Some(known) = self.layout.calls.get(&key) {
            return *known;
        }
        let shared = Shared {
            retry: policy.retry.as_ref().and_then(|config| self.retry_policy(config, Some(caller))),
            throttle: self.throttle(policy, caller),
            breaker: self.breaker(policy, caller),
            limiter: policy.rate_limiter.as_ref().and_then(|config| self.limiter(config, at, caller)),
            concurrency: self.concurrency(policy, caller),
            wait: policy.timeout.and_then(|timeout| TimeLimiter::new(timeout).ok()).map(|it| it.wait()),
            bulkhead: self.bulkhead(policy, target, caller),
        };
        if let Some(first) = shared.breaker {
            self.parts.breaker_calls.push((first, target.to_owned()));
        }
        self.layout.calls.insert(key, shared);
        shared
    }

    fn concurrency(&mut self, policy: &CallSpec, caller: usize) -> Option<u16> {
        let config = policy.concurrency_limit.as_ref().filter(|config| config.check().is_empty())?;
        let first = self.parts.concurrency_limits.len() as u16;
        let owned = self.owned(config, caller);
        self.parts.concurrency_limits.extend(owned);
        Some(first)
    }

    fn throttle(&mut self, policy: &CallSpec, caller: usize) -> Option<u16> {
        let config = policy.adaptive_throttling.as_ref()?;
        AdaptiveThrottle::new(config.clone()).ok()?;
        let first = self.parts.throttles.len() as u16;
        for (config, owner) in self.owned(config, caller) {
            self.parts.throttles.push(config);
            self.parts.throttle_owners.push(owner);
        }
        Some(first)
    }

    fn breaker(&mut self, policy: &CallSpec, caller: usize) -> Option<u32> {
        let part = match (&policy.circuit_breaker, &policy.hystrix) {
            (Some(config), _) => {
                CircuitBreaker::new(config.clone()).ok()?;
                let outcomes = Cause::ALL.map(|cause| outcome_of(config, cause));
                BreakerPart::Resilience4j { config: config.clone(), outcomes }
            }
            (None, Some(config)) => {
                Hystrix::new(config.clone(), Instant::START).ok()?;
                let threads = policy.thread_pool_bulkhead.is_some();
                let events = Cause::ALL.map(|cause| event_of(cause, threads));
                BreakerPart::Hystrix { config: config.clone(), events }
            }
            (None, None) => return None,
        };
        let first = self.parts.breakers.len() as u32;
        for (part, owner) in self.owned(&part, caller) {
            self.parts.breakers.push(part);
            self.parts.breaker_owners.push(owner);
        }
        Some(first)
    }

    fn limiter(&mut self, config: &RateLimiterConfig, at: &Spot, caller: usize) -> Option<(u16, u32)> {
        RateLimiter::new(config.clone(), Instant::START).ok()?;
        let law = LawSpec::Constant(config.timeout_duration);
        let parked = self.law_demand(&law, &at.key("rate-limiter").key("timeout-duration"))?;
        let first = self.parts.limiters.len() as u16;
        let owned = self.owned(config, caller);
        self.parts.limiters.extend(owned);
        Some((first, parked))
    }

    /// Emits the question to the rate limiter, and what becomes of who gets no permit in time: a blocking caller is
    /// kept for as long as it would have waited.
    fn limit(&mut self, first: u16, parked: u32) {
        let hook = self.here();
        self.hook(Hook::Limit { first, refused: hook + 2 });
        self.emit(Step::Jump { to: hook + 4 });
        self.delay_of(parked, TimePart::Queue);
        self.emit(Step::Fail { cause: Cause::RateLimited });
    }

    fn bulkhead(&mut self, policy: &CallSpec, target: &str, caller: usize) -> Option<Bulkhead> {
        if let Some(calls) = policy.max_concurrent_calls {
            let wait = policy.max_wait_duration.unwrap_or(Span::ZERO);
            let whole = Span::from_millis(wait.as_nanos() / 1_000_000);
            return Some(Bulkhead::Semaphore(self.permits(target, caller, calls, whole)));
        }
        let config = policy.thread_pool_bulkhead.as_ref()?;
        ThreadPoolBulkhead::<u32>::new(config.clone()).ok()?;
        let first = self.parts.thread_pools.len() as u16;
        let owned = self.owned(config, caller);
        self.parts.thread_pools.extend(owned);
        let slots = self.permits(target, caller, config.max_thread_pool_size, Span::ZERO);
        Some(Bulkhead::Threads(first, slots))
    }

    /// The stations of the calls of an operation from the replicas of a process.
    fn permits(&mut self, target: &str, caller: usize, capacity: u32, wait: Span) -> u32 {
        let replicas = self.parts.processes[caller].replicas;
        let slots = self.call_slots(&format!("calls to {target}"), replicas, capacity, wait);
        self.parts.bulkheads.push((slots, caller as u16));
        slots
    }

    /// Emits `body` in the bulkhead.
    fn inside(&mut self, bulkhead: Option<Bulkhead>, body: impl FnOnce(&mut Self)) {
        let slots = match bulkhead {
            None => return body(self),
            Some(Bulkhead::Semaphore(slots)) => slots,
            Some(Bulkhead::Threads(first, slots)) => {
                self.hook(Hook::Submit { first });
                slots
            }
        };
        self.emit(Step::Acquire { slots: Station::per_replica(slots) });
        body(self);
        self.emit(Step::Release);
        if let Some(Bulkhead::Threads(..)) = bulkhead {
            self.emit(Step::EndHost);
        }
    }

    /// Emits what the caller answers with instead.
    fn fall_back(&mut self, fallback: &FallbackSpec, target: &str, at: &Spot, spot: &Spot, scope: Scope<'_>) {
        if let Some(law) = &fallback.takes
            && let Some(law) = self.law(law, &at.key("takes"))
        {
            let demand = self.demand(law, spot.draw("fallback"));
            self.emit(Step::Delay { demand });
        }
        if let FallbackAnswer::Operation(name) = &fallback.answer {
            // Of a circle there would be no end.
            if self.in_circles.contains(target) {
                return;
            }
            // It is named as the call is: without a module, it is of the called operation's.
            let module = target.split('.').next().unwrap_or_default();
            let own = Spot { site: spot.draw("fallback"), ..at.key("answer").key("operation") };
            self.call(name, &own, Scope { module, ..scope });
        }
        self.hook(Hook::Degrade);
    }
}

/// The failures that a fallback answers for, a bit for each.
fn fallback_causes(fallback: &FallbackSpec) -> u32 {
    match &fallback.of {
        None => mask(|cause| !cause.is_turned_down() && cause != Cause::Limit),
        Some(kinds) => mask(|cause| kinds.iter().any(|kind| kind.cause() == cause)),
    }
}

/// How a breaker of Resilience4j counts a failure: what the business turns down is an answer unless it is recorded.
fn outcome_of(config: &CircuitBreakerConfig, cause: Cause) -> Outcome {
    match cause {
        cause if cause.is_turned_down() && config.record_exceptions.is_none() => Outcome::Ignored,
        cause => config.outcome_of(cause.name()),
    }
}

/// How a breaker of Hystrix counts a failure; what the business turns down is a bad request.
const fn event_of(cause: Cause, threads: bool) -> HystrixEvent {
    match cause {
        Cause::Timeout => HystrixEvent::Timeout,
        Cause::BulkheadFull if threads => HystrixEvent::ThreadPoolRejected,
        Cause::BulkheadFull => HystrixEvent::SemaphoreRejected,
        Cause::Declined | Cause::Paused => HystrixEvent::BadRequest,
        Cause::Abandoned
        | Cause::QueueFull
        | Cause::RateLimited
        | Cause::CircuitOpen
        | Cause::PoolTimeout
        | Cause::TooManyConnections
        | Cause::LockTimeout
        | Cause::Deadlock
        | Cause::Unavailable
        | Cause::NetworkLoss
        | Cause::ExternalError
        | Cause::OutOfMemory
        | Cause::Error
        | Cause::Conflict
        | Cause::Limit => HystrixEvent::Failure,
    }
}
