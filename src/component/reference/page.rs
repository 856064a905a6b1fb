//! A component's reference as a page of Markdown.

use std::fmt::Write;

use schemars::Schema;
use serde_json::Value;

use super::table::{ProductKey, Reference, Settings, Treatment};

impl Reference {
    /// The page.
    pub fn page(&self) -> String {
        let mut page = format!("# Component reference: {}\n\n{}\n\n", self.name, self.about);
        let _ = writeln!(
            page,
            "A worked example: `{}` in [the model language](../model-language.md). Proofs: {}.",
            self.example,
            self.proofs
                .iter()
                .map(|(file, name)| format!("`{name}` in `{file}`"))
                .collect::<Vec<_>>()
                .join(", ")
        );
        for settings in self.settings {
            settings.write(&mut page);
        }
        if !self.keys.is_empty() {
            let title = format!("Keys of {}", self.product);
            write_keys(&mut page, (&title, "key", "default"), self.source, self.keys);
        }
        for product in self.also {
            let first = match product.column {
                "kind" => "metric",
                "when" => "error",
                _ => "key",
            };
            write_keys(&mut page, (product.title, first, product.column), product.source, product.keys);
        }
        page.push_str(
            "\nThis page is made from the code: `BROWNOUT_BLESS=1 cargo test --test reference` renews it.\n",
        );
        page
    }
}

/// Writes a table of a product; `head` is its title and its first two columns.
fn write_keys(page: &mut String, head: (&str, &str, &str), source: &str, keys: &[ProductKey]) {
    let (title, first, second) = head;
    let _ = write!(
        page,
        "\n## {title}\n\nSource: {source}.\n\n| {first} | {second} | unit | here |\n|---|---|---|---|\n"
    );
    for key in keys {
        let here = match key.treatment {
            Treatment::Implemented(ours) => format!("`{ours}`"),
            Treatment::ModelledAs(how) => format!("modelled as {how}"),
            Treatment::LeftOut(why) => format!("left out: {why}"),
            Treatment::Exported(name) => format!("exported as `{name}`"),
        };
        let (default, here) = (cell(key.default), cell(&here));
        let _ = writeln!(page, "| `{}` | {default} | {} | {here} |", cell(key.key), key.unit);
    }
}

impl Settings {
    fn write(&self, page: &mut String) {
        let schema = (self.schema)();
        let _ = write!(
            page,
            "\n## Keys of `{}`\n\n| key | default | range | meaning | source |\n|---|---|---|---|---|\n",
            self.at
        );
        let required: Vec<&str> =
            array(&schema, "required").iter().filter_map(|name| name.as_str()).collect();
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        for (name, property) in properties {
            let text = property.get("description").and_then(Value::as_str).unwrap_or_default();
            let doc = Doc::of(text);
            let default = match property.get("default") {
                Some(default) => format!("`{}`", plain(default)),
                None if required.contains(&name.as_str()) => "required".to_owned(),
                None => "none".to_owned(),
            };
            let _ = writeln!(
                page,
                "| `{name}` | {} | {} | {} | {} |",
                cell(&default),
                cell(&doc.range),
                cell(&doc.meaning),
                cell(&doc.source)
            );
        }
    }
}

fn array<'a>(schema: &'a Schema, key: &str) -> &'a [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A key's doc comment, in its parts.
struct Doc {
    meaning: String,
    range: String,
    source: String,
}

impl Doc {
    fn of(text: &str) -> Self {
        let (text, source) = cut(text, "Source: ");
        let (meaning, range) = cut(text, "Range: ");
        Doc { meaning: meaning.trim().to_owned(), range, source }
    }
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
    use super::*;

    #[test]
    fn a_doc_comment_comes_apart() {
        let doc = Doc::of("How long. Range: at least 250ms. Source: HikariCP `connectionTimeout`.");
        assert_eq!(
            (doc.meaning.as_str(), doc.range.as_str(), doc.source.as_str()),
            ("How long.", "at least 250ms", "HikariCP `connectionTimeout`")
        );
        assert_eq!(Doc::of("Only this.").meaning, "Only this.");
    }
}
