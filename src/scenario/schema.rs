//! JSON Schemas of the three kinds of files.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::spec::ScenarioSpec;
use crate::component::Part;
use crate::component::deployment::DeploymentSpec;
use crate::component::operations::OperationsSpec;

/// The draft of JSON Schema that is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Draft {
    /// Draft 7, which older editors want.
    Draft07,
    /// Draft 2020-12.
    #[default]
    Draft2020,
}

/// The schema of a kind of file.
pub fn schema(part: Part, draft: Draft) -> Value {
    match part {
        Part::Operations => of::<OperationsSpec>("Operations: what the software does", draft),
        Part::Deployment => of::<DeploymentSpec>("Deployment: where the software runs", draft),
        Part::Scenario => of::<ScenarioSpec>("Scenario: a question asked of a deployment", draft),
    }
}

/// The name of a schema's file, in `schemas/`.
pub const fn schema_file(part: Part) -> &'static str {
    match part {
        Part::Operations => "operations.schema.json",
        Part::Deployment => "deployment.schema.json",
        Part::Scenario => "scenario.schema.json",
    }
}

fn of<T: JsonSchema>(title: &str, draft: Draft) -> Value {
    let settings = match draft {
        Draft::Draft07 => SchemaSettings::draft07(),
        Draft::Draft2020 => SchemaSettings::draft2020_12(),
    };
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), json!(title));
    }
    schema
}
