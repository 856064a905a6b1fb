//! Finds every setting that is a number or a time, by its type in the schemas.

use serde_json::{Map, Value};

/// What a setting is a number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Span,
    Rate,
    Ratio,
    Bytes,
    Cores,
    Number,
    /// A whole number of so many bits.
    Whole(u32),
    Law,
    CountLaw,
}

/// A setting: its name, where it stands in its file, and what it is.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// The type it is a key of, and the key: `LinkSpec.loss`.
    pub(crate) name: String,
    /// A JSON pointer.
    pub(crate) at: String,
    pub(crate) kind: Kind,
}

pub(crate) struct Walk<'s> {
    root: &'s Value,
    pub(crate) found: Vec<Setting>,
}

/// The keys of a type that are numbers or times, at any depth short of another type.
pub(crate) fn declared(root: &Value, name: &str, schema: &Value, into: &mut Vec<String>) {
    for (key, property) in members(schema) {
        let name = format!("{name}.{key}");
        if kind(root, property).is_some() {
            into.push(name);
        } else if property.get("$ref").is_none() {
            declared(root, &name, property, into);
        }
    }
    for choice in choices(schema) {
        declared(root, name, choice, into);
    }
}

fn members(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn choices(schema: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["oneOf", "anyOf"].map(|key| schema.get(key).and_then(Value::as_array));
    lists.into_iter().flatten().flatten().filter(|choice| choice.get("type") != Some(&Value::from("null")))
}

fn named<'s>(root: &'s Value, schema: &'s Value) -> Option<(&'s str, &'s Value)> {
    let name = schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
    Some((name, root.get("$defs")?.get(name)?))
}

/// What a setting is a number of; nothing if it is none.
fn kind(root: &Value, schema: &Value) -> Option<Kind> {
    if let Some((name, _)) = named(root, schema) {
        return match name {
            "Span" => Some(Kind::Span),
            "Rate" => Some(Kind::Rate),
            "Ratio" => Some(Kind::Ratio),
            "Bytes" => Some(Kind::Bytes),
            "Cores" => Some(Kind::Cores),
            "LawSpec" => Some(Kind::Law),
            "CountLawSpec" => Some(Kind::CountLaw),
            _ => None,
        };
    }
    let is = |wanted: &str| match schema.get("type") {
        Some(Value::String(of)) => of == wanted,
        Some(Value::Array(all)) => all.iter().any(|of| of == wanted),
        _ => false,
    };
    if is("integer") {
        let format = schema.get("format").and_then(Value::as_str).unwrap_or("uint64");
        return Some(Kind::Whole(format.trim_start_matches("uint").parse().unwrap_or(64)));
    }
    if is("number") {
        return Some(Kind::Number);
    }
    choices(schema).filter(|_| schema.get("anyOf").is_some()).find_map(|choice| kind(root, choice))
}

impl<'s> Walk<'s> {
    pub(crate) fn new(root: &'s Value) -> Self {
        Walk { root, found: Vec::new() }
    }

    /// Goes through a value and what its schema says could be there.
    pub(crate) fn visit(&mut self, (name, schema): (&str, &'s Value), value: &Value, at: &str) {
        if let Some((name, schema)) = named(self.root, schema) {
            return self.visit((name, schema), value, at);
        }
        for (position, element) in value.as_array().into_iter().flatten().enumerate() {
            let Some(items) = schema.get("items") else { break };
            self.property((name, items), Some(element), &format!("{at}/{position}"));
        }
        for (key, property) in members(schema) {
            self.property((&format!("{name}.{key}"), property), value.get(key), &format!("{at}/{key}"));
        }
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        for (key, element) in value.as_object().into_iter().flatten() {
            if let Some(others) = others {
                self.property((&format!("{name}.<name>"), others), Some(element), &format!("{at}/{key}"));
            }
        }
        for choice in choices(schema) {
            // A value that is a tag with settings is written as one of these.
            let required = choice.get("required").and_then(Value::as_array);
            let tag = required.and_then(|required| required.first()).and_then(Value::as_str);
            let is_meant = tag.is_none_or(|tag| value.get(tag).is_some());
            if is_meant && (schema.get("oneOf").is_none() || tag.is_some()) {
                self.visit((name, choice), value, at);
            }
        }
    }

    fn property(&mut self, (name, schema): (&str, &'s Value), value: Option<&Value>, at: &str) {
        match (kind(self.root, schema), value) {
            (_, None) => {}
            (Some(kind), Some(value)) => {
                self.found.push(Setting { name: name.to_owned(), at: at.to_owned(), kind });
                // What a law is made of counts too.
                if let Kind::Law | Kind::CountLaw = kind {
                    self.visit((name, schema), value, at);
                }
            }
            (None, Some(value)) => self.visit((name, schema), value, at),
        }
    }
}
