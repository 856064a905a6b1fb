//! The manual's examples are files: each one that is marked is read from the page, checked and run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::experiment::{Options, replicate};
use brownout::scenario::{Overrides, load};

/// Examples by the path in their mark.
fn examples(page: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(page).expect("the manual");
    let mut examples = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(path) = line.strip_prefix("<!-- example: ").and_then(|rest| rest.strip_suffix(" -->"))
        else {
            continue;
        };
        let fence = if path.ends_with(".csv") { "```csv" } else { "```yaml" };
        assert_eq!(lines.next(), Some(fence), "after the mark of {path}");
        let content: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let before = examples.insert(path.to_owned(), content.join("\n"));
        assert!(before.is_none(), "two examples are {path}");
    }
    examples
}

#[test]
fn every_example_of_the_manual_is_valid_and_runs() {
    let examples = examples("docs/model-language.md");
    let files = |path: &Path| -> Result<Vec<u8>, String> {
        let text = examples.get(path.to_string_lossy().as_ref()).ok_or("no such file")?;
        Ok(text.as_bytes().to_vec())
    };
    let scenarios: Vec<&String> = examples.keys().filter(|path| path.ends_with("scenario.yaml")).collect();
    assert!(scenarios.len() >= 5, "{scenarios:?}");
    for scenario in scenarios {
        let overrides = Overrides { replications: Some(2), ..Overrides::default() };
        let loaded = load(Path::new(scenario), &overrides, &files);
        let errors: Vec<_> = loaded.diagnostics.iter().filter(|d| d.is_error()).collect();
        assert!(errors.is_empty(), "{scenario}: {errors:?}");
        let plan = loaded.plan.expect("a plan without errors");
        let results = replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false));
        let results = results.expect("the books balance");
        match scenario.as_str() {
            "recorded/scenario.yaml" => assert_eq!(results.requests, 2 * 6, "two runs of six arrivals"),
            _ => assert!(results.requests > 100, "{scenario}: {} requests", results.requests),
        }
    }
}
