//! Which components say where their numbers come from.

use crate::component::SystemSpec;
use crate::units::Ratio;

/// The number of components that could have a `source`, and the places of those that have none or say
/// `assumed`.
pub(super) fn sourced(system: &SystemSpec) -> (u32, Vec<String>) {
    let deployment = &system.deployment;
    let operations = &system.operations;
    let mut count = 0;
    let mut assumed = Vec::new();
    let mut look = |section: &str, name: &str, source: &Option<String>| {
        count += 1;
        let given = source.as_deref().is_some_and(|source| {
            let source = source.trim();
            !source.is_empty() && !source.to_lowercase().starts_with("assumed")
        });
        if !given {
            assumed.push(format!("{section}.{name}"));
        }
    };
    deployment.gateways.iter().for_each(|(name, part)| look("gateways", name, &part.source));
    deployment.processes.iter().for_each(|(name, part)| look("processes", name, &part.source));
    deployment.pools.iter().for_each(|(name, part)| look("pools", name, &part.source));
    deployment.databases.iter().for_each(|(name, part)| look("databases", name, &part.source));
    deployment.caches.iter().for_each(|(name, part)| look("caches", name, &part.source));
    deployment.logs.iter().for_each(|(name, part)| look("logs", name, &part.source));
    deployment.externals.iter().for_each(|(name, part)| look("externals", name, &part.source));
    deployment.links.iter().for_each(|(name, part)| look("links", name, &part.source));
    deployment.stations.iter().for_each(|(name, part)| look("stations", name, &part.source));
    operations.keys.iter().for_each(|(name, part)| look("keys", name, &part.source));
    operations.stocks.iter().for_each(|(name, part)| look("stocks", name, &part.source));
    if system.people.is_written() {
        look("people", "phases", &system.people.source);
    }
    let steps = system.runbook.iter().filter(|step| step.people.is_some() || step.works != Ratio::ONE);
    steps.for_each(|step| look("runbook", &step.name, &step.source));
    (count, assumed)
}
