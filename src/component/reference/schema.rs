//! The keys of ours under a heading, and the values they take, from the schema of their type.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::table::Settings;

/// Types that have a place of their own: their name in a schema, and what a page says instead of their keys.
const ELSEWHERE: &[(&str, &str)] = &[
    ("LawSpec", "[a time or a law](station.md)"),
    ("CountLawSpec", "[a number or a law](station.md)"),
    ("StepSpec", "[steps](../model-language.md)"),
];

/// A table of a page: the keys of one type, or the values of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The type's name in its schema.
    pub of: String,
    /// Where it stands in a file: `calls.<operation>.retry`.
    pub at: String,
    /// Whether it is a list of values and not of keys.
    pub values: bool,
    /// What the values have in common; empty for keys, which say it each.
    pub about: String,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// One key, or one value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its name; a key of a value comes after a dot.
    pub name: String,
    /// What it is without being written.
    pub default: String,
    /// What it can be.
    pub range: String,
    /// What it does.
    pub meaning: String,
    /// Where it comes from.
    pub source: String,
}

/// The tables of some settings in their order, each followed by those of what its keys consist of. A type has one
/// table, under the first key that needs it.
pub fn sections(settings: &[Settings]) -> Vec<Section> {
    let mut walk = Walk { written: BTreeMap::new(), sections: Vec::new() };
    for settings in settings {
        let schema = (settings.schema)();
        let schema = schema.as_value();
        let none = Map::new();
        let types = schema.get("$defs").and_then(Value::as_object).unwrap_or(&none);
        let name = schema.get("title").and_then(Value::as_str).unwrap_or_default();
        walk.table(types, settings.at, name, schema);
    }
    walk.sections
}

struct Walk {
    /// Where each type's table is.
    written: BTreeMap<String, String>,
    sections: Vec<Section>,
}

/// A type that a key consists of.
struct Part<'a> {
    /// What comes after the key: nothing, `[]` or `.<name>`.
    suffix: String,
    name: &'a str,
}

impl Walk {
    fn table(&mut self, types: &Map<String, Value>, at: &str, name: &str, schema: &Value) {
        if self.written.contains_key(name) {
            return;
        }
        self.written.insert(name.to_owned(), at.to_owned());
        let mut below = Vec::new();
        let values = schema.get("properties").is_none();
        let mut rows = Vec::new();
        if values {
            for form in forms(schema) {
                self.value(types, at, form, (&mut rows, &mut below));
            }
        } else {
            self.keys(types, (at, ""), schema, (&mut rows, &mut below));
        }
        if !rows.is_empty() {
            let about = if values { description(schema) } else { String::new() };
            self.sections.push(Section { of: name.to_owned(), at: at.to_owned(), values, about, rows });
        }
        for (at, name) in below {
            if let Some(schema) = types.get(&name) {
                self.table(types, &at, &name, schema);
            }
        }
    }

    /// The rows of an object's keys; `place` is where it stands and what its keys' names begin with.
    fn keys(
        &self,
        types: &Map<String, Value>,
        place: (&str, &str),
        schema: &Value,
        (rows, below): (&mut Vec<Row>, &mut Vec<(String, String)>),
    ) {
        let (at, prefix) = place;
        let required = list(schema, "required");
        for (name, property) in members(schema) {
            let bare = name;
            let name = format!("{prefix}{name}");
            let mut row = Row::of(&name, property);
            row.default = match property.get("default") {
                Some(Value::Null) => "none".to_owned(),
                Some(Value::Array(all)) if all.is_empty() => "none".to_owned(),
                Some(default) => format!("`{}`", plain(default)),
                None if required.iter().any(|it| it == bare) => "required".to_owned(),
                None => "none".to_owned(),
            };
            if let Some(part) = part(property) {
                let range = self.range(types, &format!("{at}.{name}{}", part.suffix), part.name, below);
                row.range = [row.range, range]
                    .iter()
                    .filter(|it| !it.is_empty())
                    .cloned()
                    .collect::<Vec<_>>()
                    .join("; ");
            }
            rows.push(row);
        }
    }

    /// What a key of a type can be; the type's table is due if it is to be on this page.
    fn range(
        &self,
        types: &Map<String, Value>,
        at: &str,
        name: &str,
        below: &mut Vec<(String, String)>,
    ) -> String {
        if let Some((_, instead)) = ELSEWHERE.iter().find(|(it, _)| *it == name) {
            return (*instead).to_owned();
        }
        // Units are read like numbers.
        let is_told = |schema: &&Value| schema.get("properties").is_some() || !forms(schema).is_empty();
        let Some(schema) = types.get(name).filter(is_told) else { return String::new() };
        let there = below.iter().find(|(_, of)| of == name).map(|(there, _)| there.clone());
        let there = self.written.get(name).cloned().or(there);
        below.push((at.to_owned(), name.to_owned()));
        let names = forms(schema).iter().flat_map(names).map(|name| format!("`{name}`"));
        let names = names.collect::<Vec<_>>().join(", ");
        match there {
            Some(there) if there != at && names.is_empty() => format!("as `{there}`"),
            _ => names,
        }
    }

    /// The rows of one value: itself, and the keys that it takes.
    fn value(
        &self,
        types: &Map<String, Value>,
        at: &str,
        form: &Value,
        (rows, below): (&mut Vec<Row>, &mut Vec<(String, String)>),
    ) {
        for name in names(form) {
            let mut row = Row::of(&name, form);
            let property = form.get("properties").and_then(|properties| properties.get(&name));
            if let Some(part) = property.and_then(part) {
                row.range = self.range(types, &format!("{at}.{name}{}", part.suffix), part.name, below);
            }
            rows.push(row);
            if let Some(inside) = property.filter(|property| property.get("properties").is_some()) {
                self.keys(types, (at, &format!("{name}.")), inside, (rows, below));
            }
        }
    }
}

impl Row {
    fn of(name: &str, schema: &Value) -> Self {
        let text = description(schema);
        let (text, source) = cut(&text, "Source: ");
        let (meaning, range) = cut(text, "Range: ");
        Row {
            name: name.to_owned(),
            default: String::new(),
            range,
            meaning: meaning.trim().to_owned(),
            source,
        }
    }
}

/// A doc comment in one line.
fn description(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The type that a property consists of, if it has a name.
fn part(property: &Value) -> Option<Part<'_>> {
    if let Some(name) = property.get("$ref").and_then(Value::as_str) {
        return Some(Part { suffix: String::new(), name: name.rsplit('/').next().unwrap_or(name) });
    }
    if let Some(of) = property.get("anyOf").and_then(Value::as_array) {
        return of.iter().find_map(part);
    }
    let inside = |key: &str, suffix: &str| {
        let part = property.get(key).and_then(part)?;
        Some(Part { suffix: format!("{suffix}{}", part.suffix), ..part })
    };
    inside("items", "[]").or_else(|| inside("additionalProperties", ".<name>"))
}

/// The forms of a type that is one of several.
fn forms(schema: &Value) -> &[Value] {
    ["oneOf", "anyOf"].iter().find_map(|key| schema.get(key)?.as_array()).map_or(&[], Vec::as_slice)
}

/// What a form is written as: a value, or the tag of what it holds.
fn names(form: &Value) -> Vec<String> {
    match form.get("const") {
        Some(value) => vec![plain(value)],
        None if form.get("properties").is_some() => members(form).map(|(name, _)| name.clone()).collect(),
        None => list(form, "enum").iter().map(plain).collect(),
    }
}

fn members(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn list<'a>(schema: &'a Value, key: &str) -> &'a [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Parts a text at a heading; what follows the heading loses its full stop.
fn cut<'a>(text: &'a str, heading: &str) -> (&'a str, String) {
    match text.split_once(heading) {
        Some((before, after)) => (before, after.trim().trim_end_matches('.').to_owned()),
        None => (text, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::*;
    use crate::random::LawSpec;

    /// How it goes.
    #[derive(JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[expect(dead_code, reason = "only its schema is read")]
    enum Way {
        /// As always.
        Plain,
        /// In steps.
        Stepped {
            /// How many. Range: at least 1.
            steps: u32,
        },
        /// With a law.
        Drawn(Inner),
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is read")]
    struct Inner {
        /// The time. Range: above 0s. Source:
        /// nobody.
        time: LawSpec,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is read")]
    struct Outer {
        /// The way.
        way: Option<Way>,
        /// More.
        more: Vec<Inner>,
        /// Once more.
        other: Option<Inner>,
    }

    #[test]
    fn values_and_keys_of_parts_follow_their_table() {
        let tables = sections(&[Settings { at: "outer", schema: || schemars::schema_for!(Outer) }]);
        let found: Vec<String> = tables
            .iter()
            .flat_map(|table| {
                table.rows.iter().map(|row| format!("{} {}: {}", table.at, row.name, row.range))
            })
            .collect();
        let expected = [
            "outer more: ",
            "outer other: as `outer.more[]`",
            "outer way: `plain`, `stepped`, `drawn`",
            "outer.more[] time: above 0s; [a time or a law](station.md)",
            "outer.way plain: ",
            "outer.way stepped: ",
            "outer.way stepped.steps: at least 1",
            "outer.way drawn: as `outer.more[]`",
        ];
        assert_eq!(found, expected);
        let time = &tables[1].rows[0];
        assert_eq!(
            (time.meaning.as_str(), time.source.as_str()),
            ("The time.", "nobody"),
            "lines may break anywhere"
        );
        assert_eq!(tables[0].rows[0].default, "required");
        assert_eq!(tables[0].rows[1].default, "none");
        assert_eq!((tables[2].about.as_str(), tables[1].about.as_str()), ("How it goes.", ""));
        assert!(tables[2].values && !tables[1].values);
    }
}
