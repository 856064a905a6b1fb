//! Slots and limiters of gateways.

use super::groups::deployment;
use crate::component::assembly::StationKind;
use crate::component::compile::builder::{Builder, Spot};
use crate::engine::{Discipline, Patience, SlotsConfig};
use crate::policy::{
    BalanceConfig, BalancePolicy, FixedWindow, NginxLimitReq, NginxLimitReqConfig, TokenBucket,
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
            if spec.fixed_window.as_ref().is_some_and(|window| window.limit == 0) {
                // Kong's schema: `gt = 0`.
                self.range(&spot.key("fixed-window").key("limit"), "0".to_owned(), "at least 1");
            }
            if let Some(detection) = &spec.outlier_detection {
                // Envoy's protobuf: `duration.gt`.
                let at = spot.key("outlier-detection");
                self.is_time(&at, "base-ejection-time", Some(detection.base_ejection_time));
                self.is_time(&at, "max-ejection-time", Some(detection.max_ejection_time));
            }
            self.balancing(&spec.balance, &spot);
            let slots = self.slots(name, StationKind::Requests, 1, config);
            self.layout.gateways.push(slots);
            let bucket = self.token_bucket(spec.rate_limit.as_ref(), &spot);
            self.layout.buckets.push(bucket);
            let window = spec.fixed_window.as_ref().and_then(|config| {
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
            });
            self.layout.windows.push(window);
            let turns = self.turns(spec.limit_req.as_ref(), &spot);
            self.layout.turns.push(turns);
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
