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
    fn a_place_on_a_machine_is_found() {
        let bad = ["cd ", "work", "main"].join("/");
        let good = ["https://example.org", "work", "x"].join("/");
        let tree = Tree::of(&[("docs/a.md", &bad), ("docs/b.md", &good), ("docs/c.md", "a/root/b, work/x")]);
        let expected = format!("docs/a.md:1: `/{}/` is a place on somebody's machine", "work");
        assert_eq!(place_violations(&tree), [expected]);
    }
}
