//! The reference of components: its pages are fresh and whole, and each component has an example and a proof.

#[path = "reference/exported.rs"]
mod exported;
#[path = "support/rehearse.rs"]
mod rehearse;
#[path = "reference/settings.rs"]
mod settings;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use brownout::component::reference::REFERENCES;

const PAGES: &str = "docs/reference";

#[test]
fn committed_pages_are_fresh() {
    let bless = std::env::var_os("BROWNOUT_BLESS").is_some();
    let mut stale = Vec::new();
    for reference in REFERENCES {
        let path = Path::new(PAGES).join(format!("{}.md", reference.name));
        let fresh = reference.page();
        if bless {
            fs::write(&path, &fresh).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != fresh {
            stale.push(path);
        }
    }
    assert!(stale.is_empty(), "BROWNOUT_BLESS=1 renews {stale:?}");
}

#[test]
fn every_page_is_a_component_s() {
    let known: BTreeSet<String> = REFERENCES.iter().map(|r| format!("{}.md", r.name)).collect();
    let pages = fs::read_dir(PAGES).unwrap().map(|page| page.unwrap().file_name().into_string().unwrap());
    assert_eq!(pages.collect::<BTreeSet<String>>(), known);
}

#[test]
fn every_component_has_a_worked_example() {
    let manual = fs::read_to_string("docs/model-language.md").unwrap();
    for reference in REFERENCES {
        let mark = format!("<!-- example: {} -->", reference.example);
        let example = manual.split_once(&mark).map(|(_, rest)| rest.split("\n```\n").next().unwrap_or(rest));
        let shown = example.is_some_and(|example| example.contains(&format!("{}:", reference.section)));
        assert!(shown, "{} is not shown in {}", reference.section, reference.example);
    }
}

#[test]
fn every_component_has_a_proof() {
    for reference in REFERENCES {
        assert!(!reference.proofs.is_empty(), "{}", reference.name);
        for (file, name) in reference.proofs {
            let text = fs::read_to_string(file).unwrap_or_default();
            assert!(text.contains(name), "{}: no `{name}` in {file}", reference.name);
        }
    }
}

/// tests/files/product_keys.csv lists the keys, metrics and errors of the real products by component, as their own
/// documentation has them. None may go from the pages without somebody taking it off the list.
#[test]
fn no_key_of_a_product_is_lost() {
    let list = fs::read_to_string("tests/files/product_keys.csv").unwrap();
    let mut lost = Vec::new();
    for line in list.lines().skip(1) {
        let fields: Vec<&str> = line.splitn(3, ',').collect();
        let [component, key, source] = fields[..] else { panic!("{line}") };
        let reference = REFERENCES.iter().find(|reference| reference.name == component);
        let reference = reference.unwrap_or_else(|| panic!("{line}: no such component"));
        let also = reference.also.iter().flat_map(|product| product.keys);
        let there = reference.keys.iter().chain(also).any(|it| names(it.key).contains(&key));
        if source.is_empty() || !there {
            lost.push(line);
        }
    }
    assert!(lost.is_empty(), "on no page:\n{}", lost.join("\n"));
}

/// The names in a row of a page: commas part several, and what is in brackets or braces is no part of a name.
fn names(row: &str) -> Vec<&str> {
    let bare = |name: &str| name.find(" (").or_else(|| name.find('{')).unwrap_or(name.len());
    row.split(", ").map(|name| &name[..bare(name)]).collect()
}

#[test]
fn a_name_is_a_whole_name() {
    assert_eq!(names("hikaricp.connections.max"), ["hikaricp.connections.max"]);
    assert_eq!(
        names("poolName, registerMbeans (JMX), memory{area}"),
        ["poolName", "registerMbeans", "memory"]
    );
    assert!(!names("maximumPoolSize").contains(&"max"));
}

/// The tests that a row of the table names: `function` in `file`, three times.
fn named(row: &str) -> Vec<(&str, &str)> {
    let cells = row.trim_matches('|').split(" | ").skip(1);
    let parts = cells.map(|cell| cell.trim().trim_matches('`').split_once("` in `"));
    parts.map(|parts| parts.unwrap_or_else(|| panic!("no `function` in `file` in {row}"))).collect()
}

#[test]
fn every_component_has_an_analytic_a_conservation_and_an_edge_test() {
    let page = fs::read_to_string("docs/validation/components.md").unwrap();
    for reference in REFERENCES {
        let row = page.lines().find(|line| line.starts_with(&format!("| {} |", reference.name)));
        let tests = named(row.unwrap_or_else(|| panic!("no row for {}", reference.name)));
        assert_eq!(tests.len(), 3, "{}", reference.name);
        assert_eq!(tests.iter().collect::<BTreeSet<_>>().len(), 3, "{} names one twice", reference.name);
        for (name, file) in tests {
            let text = fs::read_to_string(file).unwrap_or_default();
            assert!(
                text.contains(&format!("#[test]\nfn {name}()")),
                "{}: no `{name}` in {file}",
                reference.name
            );
        }
    }
}
