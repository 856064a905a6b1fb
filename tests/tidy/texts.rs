//! What files say in their first line, and what none may say.

use super::tree::{self, Tree};

const MODE_LINE: &str = "# yaml-language-server: $schema=";

/// Models and scenarios whose first line does not name a schema that is there.
pub(crate) fn schema_violations(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.files() {
        let ours = tree::is_under(path, "models") || tree::is_under(path, "scenarios");
        if !ours || !(path.ends_with(".yaml") || path.ends_with(".yml")) {
            continue;
        }
        let Some(schema) = text.lines().next().and_then(|first| first.strip_prefix(MODE_LINE)) else {
            found.push(format!("{path}:1: the first line is not `{MODE_LINE}…`"));
            continue;
        };
        let target = tree::resolve(tree::folder(path), schema.trim());
        if target.is_none_or(|target| tree.text(&target).is_none()) {
            found.push(format!("{path}:1: the schema `{schema}` is not there"));
        }
    }
    found
}

/// Tables that a page names and that are neither an output, as docs/output.md lists them, nor a file, nor one of the manual's
/// examples.
pub(crate) fn table_violations(tree: &Tree) -> Vec<String> {
    let outputs = tables(tree.text("docs/output.md").unwrap_or_default());
    let listed: Vec<&str> =
        outputs.into_iter().filter(|(line, _)| is_listed(line)).map(|(_, name)| name).collect();
    let mut found = Vec::new();
    for (path, text) in tree.ending(".md") {
        let ours =
            tree::is_under(path, "docs") || ["README.md", "README.ko.md", "CONTRIBUTING.md"].contains(&path);
        for (line, name) in tables(text).into_iter().filter(|_| ours) {
            let last = name.rsplit('/').next().unwrap_or(name);
            let is_file = tree.files().any(|(file, _)| file.ends_with(&format!("/{last}")));
            let is_example = text.contains(&format!("<!-- example: {name} -->"));
            let is_input = line.contains("csv:") || line.contains(".rs`") || line.contains("path of the CSV");
            if !(listed.contains(&last) || is_file || is_example || is_input) {
                found.push(format!("{path}: there is no `{name}`"));
            }
        }
    }
    found.dedup();
    found
}

/// Whether a line of docs/output.md says what a table is for, as a row of the list of outputs or as a heading.
fn is_listed(line: &str) -> bool {
    line.starts_with("| `") || line.starts_with("## ")
}

/// The names that end with `.csv`, each with its line.
fn tables(text: &str) -> Vec<(&str, &str)> {
    let is_name = |c: char| c.is_alphanumeric() || ['_', '-', '.', '/'].contains(&c);
    let words = |line| str::split(line, move |c| !is_name(c)).map(move |word| (line, word));
    text.lines().flat_map(words).filter(|(_, word)| word.ends_with(".csv") && word.len() > 4).collect()
}

/// Absolute paths of the machine that a file was written on.
pub(crate) fn place_violations(tree: &Tree) -> Vec<String> {
    let places = ["work", "root", "Users"].map(|name| format!("/{name}/"));
    let mut found = Vec::new();
    for (path, text) in tree.files() {
        for (line, number) in text.lines().zip(1..) {
            for place in &places {
                if line.match_indices(place).any(|(at, _)| starts_a_path(line, at)) {
                    found.push(format!("{path}:{number}: `{place}` is a place on somebody's machine"));
                }
            }
        }
    }
    found
}

/// Whether the `/` at this place is the first of its path.
fn starts_a_path(line: &str, at: usize) -> bool {
    !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_without_a_schema_is_found() {
        let tree = Tree::of(&[
            ("schemas/deployment.json", "{}"),
            ("models/shop/msa.yaml", "# yaml-language-server: $schema=../../schemas/deployment.json\n"),
            ("models/shop/old.yaml", "# yaml-language-server: $schema=../schemas/deployment.json\n"),
            ("scenarios/a.yaml", "duration: 1h\n"),
            ("models/shop/notes.md", ""),
        ]);
        let expected = [
            "models/shop/old.yaml:1: the schema `../schemas/deployment.json` is not there",
            "scenarios/a.yaml:1: the first line is not `# yaml-language-server: $schema=…`",
        ];
        assert_eq!(schema_violations(&tree), expected);
    }

    #[test]
    fn a_table_that_is_not_written_is_found() {
        let outputs = "| `resources.csv` | stations |\n\n## timeline.csv\n\nSee `old.csv`.\n";
        let page = "the use is in `stations.csv`, and `resources.csv` in ours.csv\n<!-- example: a/in.csv -->\na/in.csv\n";
        let tree = Tree::of(&[
            ("docs/output.md", outputs),
            ("docs/reference/call.md", page),
            ("tests/files/ours.csv", "a,b\n"),
            ("tests/notes.md", "`nothing.csv`"),
        ]);
        let expected =
            ["docs/output.md: there is no `old.csv`", "docs/reference/call.md: there is no `stations.csv`"];
        assert_eq!(table_violations(&tree), expected);
    }

    #[test]
    fn a_place_on_a_machine_is_found() {
        let bad = ["cd ", "work", "main"].join("/");
        let good = ["https://example.org", "work", "x"].join("/");
        let tree = Tree::of(&[("docs/a.md", &bad), ("docs/b.md", &good), ("docs/c.md", "a/root/b, work/x")]);
        let expected = format!("docs/a.md:1: `/{}/` is a place on somebody's machine", "work");
        assert_eq!(place_violations(&tree), [expected]);
    }
}
