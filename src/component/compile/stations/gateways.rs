//! Slots and limiters of gateways.

use super::groups::deployment;
use crate::component::assembly::StationKind;
use crate::component::compile::builder::{Builder, Spot};
use crate::component::parts::CodelPart;
use crate::engine::{Discipline, Patience, SlotsConfig};
use crate::policy::{
    BalanceConfig, BalancePolicy, CoDelConfig, EnvoyLocalRateLimit, EnvoyLocalRateLimitConfig, FixedWindow,
    FixedWindowConfig, NginxLimitReq, NginxLimitReqConfig, SlidingWindow, SlidingWindowConfig, TokenBucket,
    TokenBucketConfig,
};
use crate::record::Cause;
use crate::units::{Instant, Span};

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
            let local = self.local_limit(spec.local_rate_limit.as_ref(), &spot);
            self.layout.local_limits.push(local);
            let window = self.fixed_window(spec.fixed_window.as_ref(), &spot);
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

    /// Adds a bucket of the key `local-rate-limit`, if there is one and nothing wrong with it.
    fn local_limit(&mut self, config: Option<&EnvoyLocalRateLimitConfig>, spot: &Spot) -> Option<u16> {
        let config = config?;
        match EnvoyLocalRateLimit::new(config.clone(), Instant::START) {
            Ok(_) => {
                self.parts.local_limits.push(config.clone());
                Some((self.parts.local_limits.len() - 1) as u16)
            }
            Err(errors) => {
                self.policy_errors(&spot.key("local-rate-limit"), errors);
                None
            }
        }
    }

    /// Adds a window of the key `fixed-window`, if there is one and nothing wrong with it.
    fn fixed_window(&mut self, config: Option<&FixedWindowConfig>, spot: &Spot) -> Option<u16> {
        let config = config?;
        match FixedWindow::new(config.clone(), Span::ZERO) {
            Ok(_) => {
                self.parts.windows.push(config.clone());
                Some((self.parts.windows.len() - 1) as u16)
            }
            Err(errors) => {
                self.policy_errors(&spot.key("fixed-window"), errors);
                None
            }
        }
    }

    /// Adds a window of the key `sliding-window`, if there is one and nothing wrong with it.
    pub(super) fn sliding_window(
        &mut self,
        config: Option<&SlidingWindowConfig>,
        spot: &Spot,
    ) -> Option<u16> {
        let config = config?;
        match SlidingWindow::new(config.clone(), Span::ZERO) {
            Ok(_) => {
                self.parts.sliding_windows.push(config.clone());
                Some((self.parts.sliding_windows.len() - 1) as u16)
            }
            Err(errors) => {
                self.policy_errors(&spot.key("sliding-window"), errors);
                None
            }
        }
    }

    /// Checks the key `balance`, and gives the key space that it hashes.
    pub(super) fn balancing(&mut self, policy: &BalancePolicy, spot: &Spot) -> Option<u16> {
        let spot = spot.key("balance");
        let config = BalanceConfig { policy: policy.clone(), ..BalanceConfig::default() };
        self.policy_errors(&spot, config.check());
        policy.hashes().and_then(|key| self.key(key, &spot.key("ring-hash").key("by")))
    }

    /// Adds a leaky bucket of the key `limit-req`, if there is one and nothing wrong with it.
    pub(super) fn turns(&mut self, config: Option<&NginxLimitReqConfig>, spot: &Spot) -> Option<u16> {
        let config = config?;
        match NginxLimitReq::new(config.clone()) {
            Ok(_) => {
                self.parts.turns.push(config.clone());
                Some((self.parts.turns.len() - 1) as u16)
            }
            Err(errors) => {
                self.policy_errors(&spot.key("limit-req"), errors);
                None
            }
        }
    }

    /// Adds a token bucket of the key `rate-limit`, if there is one and nothing wrong with it.
    pub(super) fn token_bucket(&mut self, config: Option<&TokenBucketConfig>, spot: &Spot) -> Option<u16> {
        let config = config?;
        match TokenBucket::new(config.clone(), Instant::START) {
            Ok(_) => {
                self.parts.buckets.push(config.clone());
                Some((self.parts.buckets.len() - 1) as u16)
            }
            Err(errors) => {
                self.policy_errors(&spot.key("rate-limit"), errors);
                None
            }
        }
    }
}
