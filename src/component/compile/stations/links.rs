//! What is wrong with links, whether or not somebody's way leads over them.

use std::collections::BTreeSet;

use super::groups::deployment;
use crate::component::compile::builder::Builder;

/// The link of whatever has none of its own.
const DEFAULT: &str = "default";

impl Builder<'_> {
    pub(super) fn check_links(&mut self) {
        let parts = &self.system.deployment;
        let (processes, databases) = (parts.processes.keys(), parts.databases.keys());
        let ends = processes.chain(databases).chain(parts.caches.keys()).chain(parts.logs.keys());
        let known: BTreeSet<&str> = ends.map(String::as_str).chain([DEFAULT]).collect();
        for (name, link) in &parts.links {
            let spot = deployment("links", name);
            if !known.contains(name.as_str()) {
                let (part, place) = (spot.part, spot.place.clone());
                self.mistakes.push(self.unknown_name(part, place, "component", name, known.iter().copied()));
            }
            let _ = self.law(&link.latency, &spot.key("latency"));
            if link.loss.as_fraction() > 1.0 {
                self.range(&spot.key("loss"), link.loss.to_string(), "at most 100%");
            }
            if link.retransmission.is_zero() {
                self.range(&spot.key("retransmission"), "0s".to_owned(), "above 0s");
            }
            if let Some(bandwidth) = link.bandwidth.filter(|bandwidth| bandwidth.as_u64() == 0) {
                self.range(&spot.key("bandwidth"), bandwidth.to_string(), "above 0B, in bytes a second");
            }
        }
    }
}
