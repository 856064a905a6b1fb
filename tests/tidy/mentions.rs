//! Forgotten files: models, scenarios, notebooks and test files that nothing speaks of.

use std::collections::BTreeSet;

use super::tree::{self, Tree};

/// A folder whose files must be mentioned, and where.
struct Shelf {
    folder: &'static str,
    by: fn(&str) -> bool,
    wanted: &'static str,
}

const SHELVES: [Shelf; 5] = [
    Shelf { folder: "scenarios", by: by_test_or_page, wanted: "a test, the README or a page in docs/" },
    Shelf {
        folder: "models",
        by: |file| by_test_or_page(file) || is_yaml(file),
        wanted: "a test, the README, a page in docs/, or a scenario or model that is used",
    },
    Shelf {
        folder: "rules",
        by: |file| by_test_or_page(file) || is_yaml(file),
        wanted: "a test, the README, a page in docs/, or a scenario that uses it",
    },
    Shelf { folder: "notebooks", by: by_test_or_page, wanted: "a test, the README or a page in docs/" },
    Shelf { folder: "tests/files", by: |file| is_test(file) || is_yaml(file), wanted: "a test" },
];

fn by_test_or_page(file: &str) -> bool {
    is_test(file) || file.starts_with("README") || (tree::is_under(file, "docs") && file.ends_with(".md"))
}

/// Whether a file is a program that exercises others; these checks themselves exercise nothing.
fn is_test(file: &str) -> bool {
    let code = file.ends_with(".rs") || file.ends_with(".py") || file.ends_with(".toml");
    let place = ["tests", "benches", "xtask", "src", "python", "examples", "fuzz"];
    let tidy = file == "tests/tidy.rs" || tree::is_under(file, "tests/tidy");
    code && !tidy && place.iter().any(|folder| tree::is_under(file, folder))
}

fn is_yaml(file: &str) -> bool {
    file.ends_with(".yaml") || file.ends_with(".yml")
}

/// The paths that a file speaks of, each as it may be meant: from the root, from the file's folder, or from
/// `tests/files`.
fn paths_in(file: &str, text: &str) -> BTreeSet<String> {
    let in_path = |c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '_' | '-' | '*');
    let words = text.split(|c| !in_path(c)).map(|word| word.trim_end_matches('.'));
    let words = words.filter(|word| word.contains(['.', '/']) && word.len() > 2);
    let meant = |word| ["", tree::folder(file), "tests/files"].map(|folder| tree::resolve(folder, word));
    words.flat_map(meant).flatten().collect()
}

/// Whether a path, which may have one `*` in its last part, covers a file.
fn covers(pattern: &str, file: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == file,
        Some((start, end)) => {
            let middle = file.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
            !start.is_empty() && middle.is_some_and(|name| !name.contains('/'))
        }
    }
}

/// Files that nothing mentions.
pub(crate) fn violations(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for Shelf { folder, by, wanted } in SHELVES {
        let kept: Vec<&str> =
            tree.files().map(|(file, _)| file).filter(|file| tree::is_under(file, folder)).collect();
        if kept.is_empty() {
            continue;
        }
        // A pattern exercises test files; a model or a scenario is named in full, so that a reader finds it.
        let patterns = folder == "tests/files";
        let mentions: Vec<(&str, BTreeSet<String>)> = tree
            .files()
            .filter(|(file, _)| by(file))
            .map(|(file, text)| (file, paths_in(file, text)))
            .collect();
        for file in kept {
            let mentioned = mentions.iter().any(|(by, paths)| {
                let by_pattern = || patterns && paths.iter().any(|pattern| covers(pattern, file));
                *by != file && (paths.contains(file) || by_pattern())
            });
            if !mentioned {
                found.push(format!("{file} is forgotten: it is mentioned in no place that counts: {wanted}"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], forgotten: &[&str]) {
        let found = violations(&Tree::of(files));
        let names: Vec<&str> = found.iter().filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(names, forgotten, "of {files:?}");
    }

    #[test]
    fn a_scenario_is_mentioned_by_a_test_or_a_page() {
        check(&[("scenarios/a.yaml", ""), ("tests/cli/run.rs", "run(\"scenarios/a.yaml\")")], &[]);
        check(&[("scenarios/a.yaml", ""), ("docs/map.md", "See [a](../scenarios/a.yaml).")], &[]);
        check(&[("scenarios/a.yaml", ""), ("README.md", "`brownout run scenarios/a.yaml`.")], &[]);
        check(&[("scenarios/a.yaml", "")], &["scenarios/a.yaml"]);
        check(
            &[("scenarios/a.yaml", "a.yaml"), ("scenarios/b.yaml", "a.yaml")],
            &["scenarios/a.yaml", "scenarios/b.yaml"],
        );
        check(
            &[("scenarios/a.yaml", ""), ("tests/run.rs", "scenarios/*.yaml scenarios/a.yaml2")],
            &["scenarios/a.yaml"],
        );
        check(
            &[("scenarios/a.yaml", ""), ("tests/tidy/mentions.rs", "scenarios/a.yaml")],
            &["scenarios/a.yaml"],
        );
    }

    #[test]
    fn a_model_is_mentioned_by_a_scenario_or_a_model_too() {
        let files = [
            ("models/shop/operations.yaml", ""),
            ("models/shop/msa.yaml", "operations: operations.yaml"),
            ("models/shop/old.yaml", "operations: operations.yaml"),
            ("scenarios/a.yaml", "deployment: ../models/shop/msa.yaml"),
            ("README.md", "scenarios/a.yaml"),
        ];
        check(&files, &["models/shop/old.yaml"]);
    }

    #[test]
    fn a_test_file_is_mentioned_by_a_test_by_name_or_by_pattern() {
        let test = (
            "tests/theory.rs",
            "include_str!(\"files/x.csv\"); open(\"y.csv\"); glob(\"tests/files/bad/*.yaml\")",
        );
        let files = [
            ("tests/files/x.csv", ""),
            ("tests/files/y.csv", ""),
            ("tests/files/z.csv", ""),
            ("tests/files/bad/a.yaml", ""),
            ("tests/files/bad/deep/a.yaml", ""),
            test,
        ];
        check(&files, &["tests/files/bad/deep/a.yaml", "tests/files/z.csv"]);
    }

    #[test]
    fn a_notebook_is_mentioned() {
        check(
            &[("notebooks/a.ipynb", ""), ("python/tests/test_notebooks.py", "notebooks/b.ipynb")],
            &["notebooks/a.ipynb"],
        );
    }
}
