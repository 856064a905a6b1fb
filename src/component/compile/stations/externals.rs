//! Slots of external parties.

use super::groups::{deployment, single_server};
use crate::component::assembly::StationKind;
use crate::component::compile::builder::Builder;
use crate::engine::SlotsConfig;

impl Builder<'_> {
    pub(super) fn make_externals(&mut self) {
        for (name, spec) in &self.system.deployment.externals {
            let spot = deployment("externals", name);
            if spec.errors.as_fraction() > 1.0 {
                self.range(&spot.key("errors"), spec.errors.to_string(), "at most 100%");
            }
            let slots = spec.concurrency.map(|concurrency| {
                let config = SlotsConfig { capacity: concurrency, ..single_server() };
                self.slots(name, StationKind::External, 1, config)
            });
            if spec.concurrency == Some(0) {
                self.range(&spot.key("concurrency"), "0".to_owned(), "at least 1");
            }
            self.layout.externals.push(slots);
        }
    }
}
