//! Slots of external parties.

use super::groups::{deployment, single_server};
use crate::component::assembly::StationKind;
use crate::component::compile::builder::Builder;
use crate::component::compile::layout::ExternalLimits;
use crate::component::mistake::code;
use crate::engine::SlotsConfig;
use crate::record::Cause;

impl Builder<'_> {
    pub(super) fn make_externals(&mut self) {
        for (name, spec) in &self.system.deployment.externals {
            let spot = deployment("externals", name);
            if spec.errors.as_fraction() > 1.0 {
                self.range(&spot.key("errors"), spec.errors.to_string(), "at most 100%");
            }
            // Whether or not somebody asks it.
            let _ = self.law(&spec.latency, &spot.key("latency"));
            let slots = spec.concurrency.map(|concurrency| {
                let config = SlotsConfig {
                    capacity: concurrency,
                    queue_limit: spec.queue_limit,
                    when_full: Cause::QueueFull,
                    ..single_server()
                };
                self.slots(name, StationKind::External, 1, config)
            });
            if spec.concurrency == Some(0) {
                self.range(&spot.key("concurrency"), "0".to_owned(), "at least 1");
            }
            if spec.queue_limit.is_some() && spec.concurrency.is_none() {
                let cause = "nobody waits where there is no limit".to_owned();
                let remedy = "add `concurrency`, or take it out".to_owned();
                self.error(&spot.key("queue-limit"), code::POLICY, cause, remedy);
            }
            self.layout.externals.push(slots);
            let limits = ExternalLimits {
                bucket: self.token_bucket(spec.rate_limit.as_ref(), &spot),
                sliding_window: self.sliding_window(spec.sliding_window.as_ref(), &spot),
                turns: self.turns(spec.limit_req.as_ref(), &spot),
            };
            self.layout.external_limits.push(limits);
        }
    }
}
