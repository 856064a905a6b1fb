//! A component's reference as a page of Markdown.

use std::fmt::Write;

use super::schema::{Section, sections};
use super::table::{ProductKey, Reference, Treatment};

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
        for section in sections(self.settings) {
            section.write(&mut page);
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
            Treatment::ExportedOf(name, of) => format!("exported as `{name}`, of {of}"),
        };
        let (default, here) = (cell(key.default), cell(&here));
        let _ = writeln!(page, "| `{}` | {default} | {} | {here} |", cell(key.key), key.unit);
    }
}

impl Section {
    fn write(&self, page: &mut String) {
        let (title, first) = if self.values { ("Values", "value") } else { ("Keys", "key") };
        let about = if self.about.is_empty() { String::new() } else { format!("{}\n\n", self.about) };
        let _ = write!(
            page,
            "\n## {title} of `{}`\n\n{about}| {first} | default | range | meaning | source |\n|---|---|---|---|---|\n",
            self.at
        );
        for row in &self.rows {
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {} | {} |",
                row.name,
                cell(&row.default),
                cell(&row.range),
                cell(&row.meaning),
                cell(&row.source)
            );
        }
    }
}

/// A text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" ")
}
