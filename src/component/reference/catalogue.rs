//! The catalogue of components.

use super::table::Reference;
use super::{cache, call, client, database, external, gateway, link, log, pool, process, station};

/// The references of all components, in the order of the manual.
pub const REFERENCES: &[Reference] = &[
    gateway::REFERENCE,
    process::REFERENCE,
    pool::REFERENCE,
    database::REFERENCE,
    cache::REFERENCE,
    log::REFERENCE,
    external::REFERENCE,
    link::REFERENCE,
    call::REFERENCE,
    client::REFERENCE,
    station::REFERENCE,
];

/// The reference of a component, by its name.
pub fn reference(name: &str) -> Option<&'static Reference> {
    REFERENCES.iter().find(|reference| reference.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::schema::sections;
    use super::super::table::Treatment;
    use super::*;
    use crate::component::deployment::DeploymentSpec;

    fn keys(schema: &schemars::Schema) -> BTreeSet<String> {
        let properties = schema.get("properties").and_then(serde_json::Value::as_object);
        properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect()
    }

    #[test]
    fn every_section_of_a_deployment_is_a_component_with_a_reference() {
        let mut sections = keys(&schemars::schema_for!(DeploymentSpec));
        for other in ["description", "operations", "timeouts", "bulkheads"] {
            assert!(sections.remove(other), "{other}");
        }
        // Clients are described in the scenario.
        sections.insert("clients".to_owned());
        let listed: BTreeSet<String> = REFERENCES.iter().map(|r| r.section.to_owned()).collect();
        assert_eq!(listed, sections);
        assert_eq!(listed.len(), REFERENCES.len());
    }

    /// Every key and value of a component, by where it stands below the settings that it is of.
    fn paths(reference: &Reference) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        for section in sections(reference.settings) {
            let below =
                |at: &str| Some(section.at.strip_prefix(at)?.trim_start_matches('.').replace("[]", ""));
            let inside =
                reference.settings.iter().find_map(|settings| below(settings.at)).unwrap_or_default();
            let dot = if inside.is_empty() { "" } else { "." };
            paths.extend(section.rows.iter().map(|row| format!("{inside}{dot}{}", row.name)));
        }
        paths
    }

    #[test]
    fn a_key_that_is_implemented_is_a_key() {
        for reference in REFERENCES {
            let ours = paths(reference);
            let also = reference.also.iter().flat_map(|product| product.keys);
            for key in reference.keys.iter().chain(also) {
                let Treatment::Implemented(path) = key.treatment else { continue };
                let path = path.split(':').next().unwrap_or_default();
                assert!(ours.contains(path), "{}: {path} is not among {ours:?}", reference.name);
            }
        }
    }

    #[test]
    fn only_a_whole_path_is_a_key() {
        let ours = reference("pool").map(paths).unwrap_or_default();
        assert!(ours.contains("connection-timeout") && !ours.contains("timeout"));
        let ours = reference("call").map(paths).unwrap_or_default();
        assert!(ours.contains("retry.budget.ratio.min-retries") && !ours.contains("min-retries"));
        assert!(ours.contains("retry.backoff.full-jitter.max") && !ours.contains("retry.max"));
    }

    #[test]
    fn a_product_has_each_key_once() {
        for reference in REFERENCES {
            let also = reference.also.iter().map(|product| product.keys);
            for keys in std::iter::once(reference.keys).chain(also) {
                let names: BTreeSet<&str> = keys.iter().map(|key| key.key).collect();
                assert_eq!(names.len(), keys.len(), "{}", reference.name);
            }
        }
    }
}
