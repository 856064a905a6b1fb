//! Slots and limiters of gateways.

use super::groups::deployment;
use crate::component::assembly::StationKind;
use crate::component::compile::builder::{Builder, Spot};
use crate::component::parts::{CodelPart, Parts};
use crate::engine::{Discipline, Patience, SlotsConfig};
use crate::policy::{
    BalanceConfig, BalancePolicy, CoDelConfig, EnvoyLocalRateLimitConfig, FixedWindowConfig,
    NginxLimitReqConfig, PolicyError, SlidingWindowConfig, TokenBucketConfig,
};
use crate::record::Cause;

impl Builder<'_> {
    pub(super) fn make_gateways(&mut self) {
        for (name, spec) in &self.system.deployment.gateways {
            let spot = deployment("gateways", name);
            let config = SlotsConfig {
                capacity: spec.max_requests,
                queue_limit: Some(spec.max_pending_requests),
                discipline: Discipline::Fifo,
                patience: Patience::Endless,
                when_full: Cause::QueueFull,
                when_impatient: Cause::Timeout,
            };
            if spec.max_requests == 0 {
                self.range(&spot.key("max-requests"), "0".to_owned(), "at least 1");
            }
            self.balancing(&spec.balance, &spot);
            let slots = self.slots(name, StationKind::Requests, 1, config);
            if let Some(config) = &spec.codel {
                self.codel(config, &spot.key("codel"), slots, None);
            }
            self.layout.gateways.push(slots);
            let bucket = self.token_bucket(spec.rate_limit.as_ref(), &spot);
            self.layout.buckets.push(bucket);
            let at = spot.key("local-rate-limit");
            let check = EnvoyLocalRateLimitConfig::check;
            let local = self
                .checked_limiter(spec.local_rate_limit.as_ref(), &at, check, |parts| &mut parts.local_limits);
            self.layout.local_limits.push(local);
            let (window, at) = (spec.fixed_window.as_ref(), spot.key("fixed-window"));
            let window =
                self.checked_limiter(window, &at, FixedWindowConfig::check, |parts| &mut parts.windows);
            self.layout.windows.push(window);
            let sliding = self.sliding_window(spec.sliding_window.as_ref(), &spot);
            self.layout.sliding_windows.push(sliding);
            let turns = self.turns(spec.limit_req.as_ref(), &spot);
            self.layout.turns.push(turns);
        }
    }

    /// Has the lines of stations drop from their heads: of the replicas of a process, or of a gateway.
    pub(super) fn codel(
        &mut self,
        config: &CoDelConfig,
        spot: &Spot,
        slots: u32,
        replicas_of: Option<(u16, u16)>,
    ) {
        let errors = config.check();
        if !errors.is_empty() {
            return self.policy_errors(spot, errors);
        }
        let (process, replicas) = replicas_of.unzip();
        let parts = (0..replicas.unwrap_or(1)).map(|replica| CodelPart {
            slots: slots + u32::from(replica),
            config: config.clone(),
            owner: process.map(|process| (process, replica)),
        });
        self.parts.codels.extend(parts);
    }

    /// Adds the limiter of a key to those of its kind, if there is one and nothing wrong with it.
    fn checked_limiter<C: Clone>(
        &mut self,
        config: Option<&C>,
        spot: &Spot,
        check: fn(&C) -> Vec<PolicyError>,
        all: fn(&mut Parts) -> &mut Vec<C>,
    ) -> Option<u16> {
        let config = config?;
        let errors = check(config);
        if !errors.is_empty() {
            self.policy_errors(spot, errors);
            return None;
        }
        let all = all(&mut self.parts);
        all.push(config.clone());
        Some((all.len() - 1) as u16)
    }

    /// Adds a window of the key `sliding-window`.
    pub(super) fn sliding_window(
        &mut self,
        config: Option<&SlidingWindowConfig>,
        spot: &Spot,
    ) -> Option<u16> {
        let at = spot.key("sliding-window");
        self.checked_limiter(config, &at, SlidingWindowConfig::check, |parts| &mut parts.sliding_windows)
    }

    /// Checks the key `balance`, and gives the key space that it hashes.
    pub(super) fn balancing(&mut self, policy: &BalancePolicy, spot: &Spot) -> Option<u16> {
        let spot = spot.key("balance");
        let config = BalanceConfig { policy: policy.clone(), ..BalanceConfig::default() };
        self.policy_errors(&spot, config.check());
        policy.hashes().and_then(|key| self.key(key, &spot.key("ring-hash").key("by")))
    }

    /// Adds a leaky bucket of the key `limit-req`.
    pub(super) fn turns(&mut self, config: Option<&NginxLimitReqConfig>, spot: &Spot) -> Option<u16> {
        let at = spot.key("limit-req");
        self.checked_limiter(config, &at, NginxLimitReqConfig::check, |parts| &mut parts.turns)
    }

    /// Adds a token bucket of the key `rate-limit`.
    pub(super) fn token_bucket(&mut self, config: Option<&TokenBucketConfig>, spot: &Spot) -> Option<u16> {
        let at = spot.key("rate-limit");
        self.checked_limiter(config, &at, TokenBucketConfig::check, |parts| &mut parts.buckets)
    }
}
