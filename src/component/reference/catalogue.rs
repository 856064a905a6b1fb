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

    #[test]
    fn a_key_that_is_implemented_is_a_key() {
        for reference in REFERENCES {
            let ours: BTreeSet<String> =
                reference.settings.iter().flat_map(|settings| keys(&(settings.schema)())).collect();
            let also = reference.also.iter().flat_map(|product| product.keys);
            for key in reference.keys.iter().chain(also) {
                let Treatment::Implemented(path) = key.treatment else { continue };
                let last = path.split(':').next().and_then(|path| path.rsplit('.').next());
                assert!(last.is_some_and(|last| ours.contains(last)), "{}: {path}", reference.name);
            }
        }
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
