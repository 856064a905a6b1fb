//! JSON Schemas of the three kinds of files.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::spec::ScenarioSpec;
use crate::component::deployment::DeploymentSpec;
use crate::component::operations::OperationsSpec;
use crate::component::{Part, PlaceStep};

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

/// What the documentation of a value gives as its range, such as `1 to 1000`; `path` leads to it from the top of a file.
pub(super) fn range_of<T: JsonSchema>(path: &[PlaceStep]) -> Option<String> {
    let root = of::<T>("", Draft::Draft2020);
    let mut found = vec![&root];
    for step in path {
        let mut next = Vec::new();
        for schema in found {
            below(&root, schema, step, 0, &mut next);
        }
        found = next;
    }
    let ranges = found.iter().filter_map(|schema| {
        let text = schema.get("description")?.as_str()?.replace('\n', " ");
        let (_, range) = text.split_once("Range: ")?;
        let end = range.find(['.', ';']).unwrap_or(range.len());
        Some(range[..end].to_owned())
    });
    ranges.into_iter().next()
}

/// The schemas of what is one step below a value of `schema`.
fn below<'s>(root: &'s Value, schema: &'s Value, step: &PlaceStep, depth: u32, found: &mut Vec<&'s Value>) {
    const DEEPEST: u32 = 8;
    if depth > DEEPEST {
        return;
    }
    let key = match step {
        PlaceStep::Key(key) => schema.get("properties").and_then(|all| all.get(key)),
        PlaceStep::Index(_) => schema.get("items"),
    };
    match (key, step) {
        (Some(value), _) => found.push(value),
        (None, PlaceStep::Key(_)) => {
            found.extend(schema.get("additionalProperties").filter(|it| it.is_object()))
        }
        (None, PlaceStep::Index(_)) => {}
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str)
        && let Some(named) = name.strip_prefix('#').and_then(|pointer| root.pointer(pointer))
    {
        below(root, named, step, depth + 1, found);
    }
    for choices in ["anyOf", "oneOf", "allOf"] {
        for choice in schema.get(choices).and_then(Value::as_array).into_iter().flatten() {
            below(root, choice, step, depth + 1, found);
        }
    }
}

fn of<T: JsonSchema>(title: &str, draft: Draft) -> Value {
    let settings = match draft {
        Draft::Draft07 => SchemaSettings::draft07(),
        Draft::Draft2020 => SchemaSettings::draft2020_12(),
    };
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    let whole = schema.clone();
    add_bare_names(&mut schema, &whole);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), json!(title));
    }
    schema
}

/// Adds the bare names of choices of which nothing has to be said: `least-request` for `{least-request: {}}`.
fn add_bare_names(schema: &mut Value, whole: &Value) {
    if let Some(Value::Array(choices)) = schema.get_mut("oneOf") {
        let bare: Vec<Value> = choices.iter().filter_map(|choice| bare_name(choice, whole)).collect();
        choices.extend(bare);
    }
    match schema {
        Value::Object(parts) => parts.values_mut().for_each(|part| add_bare_names(part, whole)),
        Value::Array(parts) => parts.iter_mut().for_each(|part| add_bare_names(part, whole)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The bare name of a choice that is a tag with settings, each of which has its default.
fn bare_name(choice: &Value, whole: &Value) -> Option<Value> {
    let properties = choice.get("properties")?.as_object()?;
    let [name] = choice.get("required")?.as_array()?.as_slice() else { return None };
    let name = name.as_str()?;
    let content = properties.get(name).filter(|_| properties.len() == 1)?;
    let content = match content.get("$ref").and_then(Value::as_str) {
        Some(path) => whole.pointer(path.trim_start_matches('#'))?,
        None => content,
    };
    // A law's parameters are each optional because there are several ways to say them, and none says nothing.
    let has_default = |setting: &Value| setting.get("default").is_some_and(|default| !default.is_null());
    let defaults = content.get("properties")?.as_object()?.values().any(has_default);
    (defaults && content.get("required").is_none()).then(
        || json!({"const": name, "description": format!("`{name}` with its defaults."), "type": "string"}),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::Place;

    #[test]
    fn the_range_of_a_number_is_that_of_its_documentation() {
        let place = Place::default().key("processes").key("order").key("replicas");
        assert_eq!(range_of::<DeploymentSpec>(place.steps()).as_deref(), Some("1 to 1000"));
        let place = Place::default().key("limits").key("in-flight");
        assert_eq!(range_of::<ScenarioSpec>(place.steps()).as_deref(), Some("1 to 16000000"));
        let place = Place::default().key("processes").key("order").key("nothing");
        assert_eq!(range_of::<DeploymentSpec>(place.steps()), None);
    }
}
