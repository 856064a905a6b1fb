//! Compiles what a gateway does with a request: its access log, its limits, its attempts.

use super::builder::{Builder, Spot, mask};
use super::waits::Held;
use crate::component::gateway::{GatewayRetrySpec, GatewaySpec, HostPredicate, RetryOn};
use crate::component::mistake::{Part, Place, code};
use crate::component::observe::{Metric, ObservableName};
use crate::component::parts::{Hook, OutlierPart, RoutePart, Way};
use crate::engine::{Station, Step};
use crate::policy::{
    Backoff, EnvoyRetryBudgetConfig, OutlierDetection, Retry, RetryBudget, RetryBudgetConfig, RetryConfig,
};
use crate::record::{AccessStatus, Cause};
use crate::units::{Instant, Ratio};

impl Builder<'_> {
    /// Emits what a request of a client does: through the gateway, if there is one for it.
    pub(super) fn front_door(&mut self, target: &str, spot: &Spot) {
        let gateways = &self.system.deployment.gateways;
        let routed = |routes: &[String]| routes.iter().any(|route| route == "all" || route == target);
        let Some(index) = gateways.values().position(|gateway| routed(&gateway.routes)) else {
            self.turned_away(target);
            return self.remote(target, spot);
        };
        let Some((name, gateway)) = gateways.get_index(index) else { return };
        let gateway_spot = Spot::new(Part::Deployment, Place::default().key("gateways").key(name));
        let route = self.route(name, target);
        // The way to it takes no time, and can be cut.
        self.gate_between(name, spot.draw("split"));
        self.hook(Hook::Route { route });
        self.gate(name, spot.draw("gate"));
        self.turned_away(target);
        self.limit_at(name);
        if let Some(bucket) = self.layout.buckets[index] {
            self.hook(Hook::Admit { bucket });
        }
        if let Some(limit) = self.layout.local_limits[index] {
            self.hook(Hook::AdmitLocal { limit });
        }
        if let Some(window) = self.layout.windows[index] {
            self.hook(Hook::AdmitWindow { window });
        }
        if let Some(window) = self.layout.sliding_windows[index] {
            self.hook(Hook::AdmitSliding { window });
        }
        if let Some(bucket) = self.layout.turns[index] {
            self.hook(Hook::Turn { bucket });
        }
        self.emit(Step::Acquire { slots: Station::fixed(self.layout.gateways[index]) });
        if let Some(law) = &gateway.overhead
            && let Some(law) = self.law(law, &gateway_spot.key("overhead"))
        {
            let demand = self.demand(law, spot.draw("overhead"));
            self.emit(Step::Delay { demand });
        }
        if let Some(process) = self.process_of(target) {
            if let Some(threads) = self.layout.threads[process] {
                let edge = (Held::Slots(self.layout.gateways[index]), Held::Slots(threads));
                if !self.parts.waits.contains(&edge) {
                    self.parts.waits.push(edge);
                }
            }
            self.here_is.clone_from(name);
            let passage = self.passage((index, name), gateway, process);
            let avoids =
                |retry: &GatewayRetrySpec| retry.retry_host_predicate == HostPredicate::PreviousHosts;
            let avoid = gateway.retry.as_ref().is_some_and(avoids);
            let hash_by = gateway
                .balance
                .hashes()
                .and_then(|key| self.system.operations.keys.get_index_of(key).map(|index| index as u16));
            let (name, policy, outlier) = (name.clone(), gateway.balance.clone(), passage.outlier);
            let way =
                self.way(Way::Gateway { process: process as u16, name, policy, hash_by, outlier, avoid });
            self.relayed(gateway, passage, way, |builder| {
                builder.remote_by(target, spot, process, way);
            });
        }
        self.emit(Step::Release);
        self.emit(Step::EndHost);
        "clients".clone_into(&mut self.here_is);
        self.gate_between(name, spot.draw("split back"));
    }

    /// The number of a route, made if there is none yet.
    fn route(&mut self, gateway: &str, operation: &str) -> u16 {
        let routes = &mut self.parts.routes;
        let is_it = |route: &RoutePart| route.gateway == gateway && route.operation == operation;
        let index = routes.iter().position(is_it).unwrap_or_else(|| {
            let gate = self.layout.targets.gate_of(gateway);
            routes.push(RoutePart { gateway: gateway.to_owned(), operation: operation.to_owned(), gate });
            routes.len() - 1
        });
        index as u16
    }

    /// What is shown of the routes.
    pub(super) fn make_routes_observable(&mut self) {
        for route in &self.parts.routes {
            let shown = AccessStatus::ALL.map(|status| ObservableName {
                component: route.gateway.clone(),
                part: route.operation.clone(),
                metric: Metric::Answers(status),
            });
            self.observables.extend(shown);
        }
    }

    /// What all routes of a gateway into a process share, made for the first of them.
    fn passage(&mut self, (index, name): (usize, &str), gateway: &GatewaySpec, process: usize) -> Passage {
        if let Some(known) = self.layout.passages.get(&(index, process)) {
            return *known;
        }
        let outlier = gateway.outlier_detection.as_ref().and_then(|config| {
            let hosts = usize::from(self.parts.processes[process].replicas);
            OutlierDetection::new(config.clone(), hosts, Instant::START).ok()?;
            let (gateway, process) = (name.to_owned(), process as u16);
            self.parts.outliers.push(OutlierPart { gateway, process, config: config.clone() });
            Some((self.parts.outliers.len() - 1) as u16)
        });
        let retry = gateway.retry.as_ref().and_then(|retry| self.gateway_retry(retry));
        let passage = Passage { outlier, retry };
        self.layout.passages.insert((index, process), passage);
        passage
    }

    /// Tells what is wrong with what is tried again and whom nothing is sent to, whether or not anything is routed.
    pub(super) fn check_passages(&mut self) {
        for (name, gateway) in &self.system.deployment.gateways {
            let spot = Spot::new(Part::Deployment, Place::default().key("gateways").key(name));
            if let Some(config) = &gateway.outlier_detection {
                self.policy_errors(&spot.key("outlier-detection"), config.check());
            }
            if let Some(retry) = &gateway.retry {
                let spot = spot.key("retry");
                if retry.retry_on.is_empty() {
                    let cause = "nothing is tried again".to_owned();
                    let remedy = "list conditions, such as `retry-on: [5xx]`".to_owned();
                    self.error(&spot.key("retry-on"), code::POLICY, cause, remedy);
                }
                if !(1..=249).contains(&retry.num_retries) {
                    self.range(&spot.key("num-retries"), retry.num_retries.to_string(), "1 to 249");
                }
                if let Some(most) = retry.max_interval.filter(|most| *most < retry.base_interval) {
                    self.range(&spot.key("max-interval"), most.to_string(), "at least `base-interval`");
                }
                let (config, budget) = configs(retry);
                self.policy_errors(&spot.key("budget"), budget.check());
                self.policy_errors(&spot, config.check());
            }
        }
    }

    fn gateway_retry(&mut self, spec: &GatewayRetrySpec) -> Option<u16> {
        let (config, budget) = configs(spec);
        let (Ok(retry), Ok(_)) = (Retry::new(config), RetryBudget::new(budget.clone())) else { return None };
        let meets = |cause| move |condition: &RetryOn| condition.meets_failure(cause);
        let causes = mask(|cause| cause != Cause::Limit && spec.retry_on.iter().any(meets(cause)));
        let policy = self.add_retry(retry, causes, Some(&budget), None);
        self.parts.retries[usize::from(policy)].answers = Some(spec.retry_on.clone());
        Some(policy)
    }

    /// Emits the attempts of a request, under the time-out of all of them. What the services do is not cut short with
    /// them unless the gateway says so.
    fn relayed(
        &mut self,
        gateway: &GatewaySpec,
        Passage { outlier, retry }: Passage,
        way: u16,
        body: impl FnOnce(&mut Self),
    ) {
        let watched = outlier.is_some() || retry.is_some() || gateway.balance.heeds_failures();
        if retry.is_none() {
            return self.watched(watched, way, |builder| {
                builder.guarded(gateway.timeout, gateway.on_timeout, body);
            });
        }
        if let Some(timeout) = gateway.timeout {
            let ring = self.program.ring(timeout);
            self.emit(Step::Deadline { ring, cause: Cause::Timeout });
        }
        let per_try = gateway.retry.as_ref().and_then(|retry| retry.per_try_timeout);
        self.tried(retry, |builder| {
            builder.watched(watched, way, |builder| match per_try {
                None => builder.apart(gateway.on_timeout, body),
                timeout => builder.guarded(timeout, gateway.on_timeout, body),
            });
        });
        if gateway.timeout.is_some() {
            self.emit(Step::EndDeadline);
        }
    }

    /// Emits an attempt, of which is noted where it went and what came of it.
    fn watched(&mut self, watched: bool, way: u16, body: impl FnOnce(&mut Self)) {
        if !watched {
            return body(self);
        }
        self.hook(Hook::Send { way });
        body(self);
        self.emit(Step::EndHost);
    }
}

/// What a gateway tries again, and how much of that.
fn configs(spec: &GatewayRetrySpec) -> (RetryConfig, RetryBudgetConfig) {
    let config = RetryConfig {
        max_attempts: spec.num_retries.saturating_add(1),
        wait_duration: spec.base_interval,
        backoff: Backoff::EnvoyJitter { max: spec.longest_pause() },
        ..RetryConfig::default()
    };
    // A fixed number of retries under way is a budget without a share.
    let fixed =
        || EnvoyRetryBudgetConfig { budget_percent: Ratio::ZERO, min_retry_concurrency: spec.max_retries };
    let budget = RetryBudgetConfig::Concurrency(spec.budget.clone().unwrap_or_else(fixed));
    (config, budget)
}

/// What a gateway has for all its routes into a process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    /// Its detection of replicas that fail.
    outlier: Option<u16>,
    /// Its policy of trying again.
    retry: Option<u16>,
}
