//! What is wrong with the policies of calls, whether or not somebody makes them.

use std::collections::BTreeSet;

use super::builder::{Builder, Spot};
use super::entries::call_graph;
use crate::component::call::{CallSpec, FallbackAnswer};
use crate::component::mistake::{Part, Place, code};
use crate::policy::{
    AdaptiveThrottle, CircuitBreaker, Hystrix, RateLimiter, ThreadPoolBulkhead, TimeLimiter,
};
use crate::units::{Instant, Span};

/// Where the policies of a call are written.
pub(super) fn at_call(target: &str) -> Spot {
    Spot::new(Part::Deployment, Place::default().key("calls").key(target))
}

impl Builder<'_> {
    /// Reports what is wrong with each entry of `calls`; to be called after the calls have been compiled.
    pub(super) fn check_calls(&mut self) {
        let system = self.system;
        for (target, policy) in &system.deployment.calls {
            let at = at_call(target);
            if !self.exists(target) {
                let known = self.known_operations();
                let known = known.iter().map(String::as_str);
                let unknown = self.unknown_name(at.part, at.place.clone(), "operation", target, known);
                self.mistakes.push(unknown);
            }
            self.check_together(policy, &at);
            self.check_policies(policy, &at);
            self.check_wait(policy.timeout, &at);
            let is_made = self.layout.calls.keys().any(|(_, made)| made == target);
            if !is_made {
                self.check_fallback(policy, target, &at.key("fallback"));
            }
        }
    }

    /// Reports policies that do not go together.
    fn check_together(&mut self, policy: &CallSpec, at: &Spot) {
        let limit = policy.concurrency_limit.is_some();
        let both = [
            ("concurrency-limit", limit, "max-concurrent-calls", policy.max_concurrent_calls.is_some()),
            ("concurrency-limit", limit, "thread-pool-bulkhead", policy.thread_pool_bulkhead.is_some()),
            ("hystrix", policy.hystrix.is_some(), "circuit-breaker", policy.circuit_breaker.is_some()),
            (
                "thread-pool-bulkhead",
                policy.thread_pool_bulkhead.is_some(),
                "max-concurrent-calls",
                policy.max_concurrent_calls.is_some(),
            ),
        ];
        for (key, _, other, _) in both.into_iter().filter(|(_, a, _, b)| *a && *b) {
            let cause = format!("a call has `{key}` or `{other}`, not both");
            self.error(&at.key(key), code::POLICY, cause, "take one of them out".to_owned());
        }
        if policy.max_wait_duration.is_some() && policy.max_concurrent_calls.is_none() {
            let cause = "`max-wait-duration` has nothing to wait for".to_owned();
            let remedy = "add `max-concurrent-calls`, or take it out".to_owned();
            self.error(&at.key("max-wait-duration"), code::POLICY, cause, remedy);
        }
    }

    /// Reports what each policy cannot work with.
    fn check_policies(&mut self, policy: &CallSpec, at: &Spot) {
        if let Some(config) = &policy.retry {
            self.check_retry(config, at);
        }
        if let Some(Err(errors)) = policy.adaptive_throttling.clone().map(AdaptiveThrottle::new) {
            self.policy_errors(&at.key("adaptive-throttling"), errors);
        }
        if let Some(config) = &policy.circuit_breaker {
            let at = at.key("circuit-breaker");
            if let Err(errors) = CircuitBreaker::new(config.clone()) {
                self.policy_errors(&at, errors);
            }
            let listed = config.record_exceptions.as_deref().unwrap_or_default();
            self.check_kinds(listed, &at.key("record-exceptions"));
            self.check_kinds(&config.ignore_exceptions, &at.key("ignore-exceptions"));
        }
        let hystrix = policy.hystrix.clone().map(|config| Hystrix::new(config, Instant::START));
        if let Some(Err(errors)) = hystrix {
            self.policy_errors(&at.key("hystrix"), errors);
        }
        let limiter = policy.rate_limiter.clone().map(|config| RateLimiter::new(config, Instant::START));
        if let Some(Err(errors)) = limiter {
            self.policy_errors(&at.key("rate-limiter"), errors);
        }
        if let Some(config) = &policy.concurrency_limit {
            let at = at.key("concurrency-limit");
            self.policy_errors(&at, config.check());
        }
        if let Some(Err(errors)) = policy.thread_pool_bulkhead.clone().map(ThreadPoolBulkhead::<u32>::new) {
            self.policy_errors(&at.key("thread-pool-bulkhead"), errors);
        }
    }

    /// Reports a time-out of nothing; that a caller waits for less than what is written is said.
    fn check_wait(&mut self, timeout: Option<Span>, at: &Spot) {
        self.is_time(at, "timeout", timeout);
        let Some(Ok(limiter)) = timeout.map(TimeLimiter::new) else { return };
        let (wait, cut) = (limiter.wait(), limiter.cut());
        if cut.is_zero() {
            return;
        }
        let timeout = wait + cut;
        let cause = if wait.is_zero() {
            format!(
                "a call waits whole milliseconds, so that with {timeout} it waits for nothing and always times out"
            )
        } else {
            format!("a call waits whole milliseconds: with {timeout} it times out after {wait}")
        };
        let remedy = format!("write {} or more", wait + Span::from_millis(1));
        self.warn(&at.key("timeout"), code::POLICY, cause, remedy);
    }

    /// Reports what is wrong with a fallback that no call has led to.
    fn check_fallback(&mut self, policy: &CallSpec, target: &str, at: &Spot) {
        let Some(fallback) = &policy.fallback else { return };
        if let Some(law) = &fallback.takes {
            let _ = self.law(law, &at.key("takes"));
        }
        if let FallbackAnswer::Operation(name) = &fallback.answer {
            let module = target.split('.').next().unwrap_or_default();
            let _ = self.resolve(name, &at.key("answer").key("operation"), module);
        }
    }

    /// Warns of policies of calls that no step can make.
    pub(super) fn check_unused_calls(&mut self) {
        let system = self.system;
        let graph = call_graph(system);
        let this = &*self;
        let made = graph.iter().flat_map(|(caller, callees)| {
            let runs_in = this.process_of(caller);
            callees.iter().filter(move |callee| this.process_of(callee) != runs_in)
        });
        let called: BTreeSet<&str> = made.map(|callee| callee.as_str()).collect();
        let fallbacks = system.deployment.calls.values().filter_map(|call| call.fallback.as_ref());
        let answers = fallbacks.filter_map(|fallback| match &fallback.answer {
            FallbackAnswer::Operation(answer) => Some(answer.as_str()),
            _ => None,
        });
        let answers: BTreeSet<&str> = answers.collect();
        // What a preset for all calls has made is nobody's mistake.
        let depth = at_call("").place.steps().len();
        let filled = system.filled.iter().filter_map(|filled| {
            let entry = filled.setting.steps().get(..depth)?;
            (!filled.preset.steps().starts_with(entry)).then_some(entry)
        });
        let filled: BTreeSet<_> = filled.collect();
        for (target, policy) in &system.deployment.calls {
            let place = at_call(target).place;
            // Sizes count for whoever asks.
            let has_sizes = policy.request_size.is_some() || policy.response_size.is_some();
            let name = target.rsplit('.').next().unwrap_or_default();
            let is_answer = answers.contains(target.as_str()) || answers.contains(name);
            let is_called = called.contains(target.as_str());
            if !(has_sizes || is_called || is_answer || filled.contains(place.steps())) {
                let cause = format!("no step in another process calls `{target}`, so this changes nothing");
                let remedy = "take it out, or call the operation from another process".to_owned();
                self.warn(&at_call(target), code::UNUSED, cause, remedy);
            }
        }
    }
}
