//! The table of layers in `docs/architecture.md`, and what it promises of the modules in `src/`.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{self, Path};
use super::tree::Tree;

const PAGE: &str = "docs/architecture.md";
/// The first layer that may read a clock, a socket, a file or the environment.
const OUTSIDE: u32 = 5;

/// The rooms of the house: module and layer.
struct Rooms {
    built: BTreeMap<String, u32>,
    planned: BTreeMap<String, u32>,
}

impl Rooms {
    /// Reads the rows `| layer | module | … |`; those under a heading with “planned” are not there yet.
    fn of(tree: &Tree) -> Self {
        let mut rooms = Rooms { built: BTreeMap::new(), planned: BTreeMap::new() };
        let mut planned = false;
        for line in tree.text(PAGE).unwrap_or_default().lines() {
            if line.starts_with('#') {
                planned = line.to_lowercase().contains("planned");
            }
            let mut cells = line.trim().trim_start_matches('|').split('|').map(str::trim);
            let layer = cells.next().and_then(|cell| cell.parse().ok());
            let module = cells.next().and_then(|cell| cell.strip_prefix('`')?.strip_suffix('`'));
            if let (Some(layer), Some(module)) = (layer, module) {
                let table = if planned { &mut rooms.planned } else { &mut rooms.built };
                table.insert(module.to_owned(), layer);
            }
        }
        rooms
    }
}

/// The module of `src/` that a file belongs to; none for the roots of the library and of the command.
fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let module = inside.split_once('/').map_or(inside, |(module, _)| module);
    (!matches!(module, "lib" | "main" | "bin")).then_some(module)
}

/// Modules that are not in the table, and rows without a module.
pub(crate) fn table_violations(tree: &Tree) -> Vec<String> {
    let rooms = Rooms::of(tree);
    let modules: BTreeSet<&str> = tree.files().filter_map(|(path, _)| module_of(path)).collect();
    let mut found = Vec::new();
    for module in &modules {
        if rooms.planned.contains_key(*module) {
            found.push(format!(
                "src/{module} is there: move its row in {PAGE} from the planned rooms up to the layers"
            ));
        } else if !rooms.built.contains_key(*module) {
            found.push(format!("src/{module} is not in the table of layers in {PAGE}"));
        }
    }
    let absent = rooms.built.keys().filter(|module| !modules.contains(module.as_str()));
    found.extend(
        absent.map(|module| format!("{PAGE}: there is no src/{module}: it belongs to the planned rooms")),
    );
    found
}

/// Imports from a layer that is not below.
pub(crate) fn import_violations(tree: &Tree) -> Vec<String> {
    let rooms = Rooms::of(tree);
    let mut found = Vec::new();
    for (path, text) in tree.ending(".rs") {
        let Some(module) = module_of(path) else { continue };
        let Some(&layer) = rooms.built.get(module) else { continue };
        for used in source::paths(&source::tokens(text)) {
            let Some(target) = target(path, &used) else { continue };
            let place = format!("{path}:{}", used.line);
            if target == module {
                continue;
            }
            match rooms.built.get(target) {
                Some(_) if module == "reference" && target == "engine" => {
                    found.push(format!("{place}: `reference` must not know `engine`: it is what it is compared with"));
                }
                Some(below) if *below < layer => {}
                Some(other) => found.push(format!(
                    "{place}: `{module}` (layer {layer}) imports `{target}` (layer {other}), which is not below it"
                )),
                None => found.push(format!(
                    "{place}: `crate::{target}` is no module of the table in {PAGE}: import from the module that has it"
                )),
            }
        }
    }
    found
}

/// The module of `src/` that a path leads to from a file, if it leads out of the file's own place.
fn target<'a>(file: &str, path: &'a Path) -> Option<&'a str> {
    let first = path.segments.first()?.as_str();
    if first == "crate" {
        return path.segments.get(1).map(String::as_str);
    }
    let supers = path.segments.iter().take_while(|segment| *segment == "super").count();
    let inside = file.strip_prefix("src/")?.strip_suffix(".rs")?;
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    let depth = inside.split('/').count() + path.depth;
    (supers > 0 && supers >= depth).then(|| path.segments.get(supers).map(String::as_str))?
}

/// Clocks, files, sockets and the environment below layer 5; printing outside the command.
pub(crate) fn purity_violations(tree: &Tree) -> Vec<String> {
    let rooms = Rooms::of(tree);
    let mut found = Vec::new();
    for (path, text) in tree.ending(".rs") {
        let Some(module) = module_of(path) else { continue };
        let tokens = source::tokens(text);
        if rooms.built.get(module).is_some_and(|layer| *layer < OUTSIDE) {
            for used in source::paths(&tokens) {
                if let Some(what) = impure(&used.segments) {
                    let line = used.line;
                    found.push(format!(
                        "{path}:{line}: `{module}` is below layer {OUTSIDE} and must not use {what}"
                    ));
                }
            }
        }
        for print in ["print", "println", "eprint", "eprintln", "dbg"] {
            let lines = if module == "cli" { Vec::new() } else { source::find(&tokens, &[print, "!"]) };
            found.extend(
                lines
                    .iter()
                    .map(|line| format!("{path}:{line}: only `cli` prints, not `{print}!` in `{module}`")),
            );
        }
    }
    found
}

fn impure(segments: &[String]) -> Option<&'static str> {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let clock =
        |pair: &[&str]| matches!(pair, ["time", "Instant" | "SystemTime"] | ["SystemTime" | "UNIX_EPOCH", _]);
    match segments.as_slice() {
        ["std", "fs", ..] => Some("std::fs"),
        ["std", "net", ..] => Some("std::net"),
        ["std", "env", ..] => Some("std::env"),
        ["std", "process", ..] => Some("std::process"),
        ["std", "*"] => Some("all of std"),
        ["std", "time", "*"] => Some("all of std::time"),
        all if all.windows(2).any(clock) => Some("the wall clock"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
# Architecture
| layer | module | responsibility |
|---|---|---|
| 7 | `cli` | prints |
| 5 | `reference` | real code |
| 2 | `engine` | events |
| 2 | `policy` | retries |
| 0 | `units` | quantities |
## Planned
| 6 | `serve` | the page |
";

    #[track_caller]
    fn check(violations: fn(&Tree) -> Vec<String>, file: &str, text: &str, expected: &[&str]) {
        assert_eq!(violations(&Tree::of(&[(PAGE, TABLE), (file, text)])), expected, "of {text}");
    }

    #[test]
    fn a_room_without_a_row_and_a_row_without_a_room_are_found() {
        let rooms = ["cli.rs", "reference/mod.rs", "engine/mod.rs", "policy/mod.rs", "units/mod.rs"];
        let files: Vec<String> = rooms.iter().map(|room| format!("src/{room}")).collect();
        let mut tree: Vec<(&str, &str)> = files.iter().map(|file| (file.as_str(), "")).collect();
        tree.extend([(PAGE, TABLE), ("src/lib.rs", ""), ("src/main.rs", "")]);
        assert_eq!(table_violations(&Tree::of(&tree)), [""; 0]);
        tree.extend([("src/attic.rs", ""), ("src/serve/page.rs", "")]);
        tree.retain(|(file, _)| *file != "src/cli.rs");
        let expected = [
            "src/attic is not in the table of layers in docs/architecture.md",
            "src/serve is there: move its row in docs/architecture.md from the planned rooms up to the layers",
            "docs/architecture.md: there is no src/cli: it belongs to the planned rooms",
        ];
        assert_eq!(table_violations(&Tree::of(&tree)), expected);
    }

    #[test]
    fn imports_lead_down() {
        let check = |file, text, expected: &[&str]| check(import_violations, file, text, expected);
        check(
            "src/engine/run.rs",
            "use crate::units::Span; use crate::engine::Event; use super::Clock;",
            &[],
        );
        check("src/main.rs", "use brownout::cli;", &[]);
        check(
            "src/units/text.rs",
            "\nmod tests { use crate::{engine::Event}; }",
            &["src/units/text.rs:2: `units` (layer 0) imports `engine` (layer 2), which is not below it"],
        );
        check(
            "src/policy/retry.rs",
            "use super::super::engine::Event;",
            &["src/policy/retry.rs:1: `policy` (layer 2) imports `engine` (layer 2), which is not below it"],
        );
        check(
            "src/policy/retry.rs",
            "mod tests { use super::super::Jitter; use super::super::super::engine; }",
            &["src/policy/retry.rs:1: `policy` (layer 2) imports `engine` (layer 2), which is not below it"],
        );
        check(
            "src/reference/mod.rs",
            "use crate::engine::Event;",
            &["src/reference/mod.rs:1: `reference` must not know `engine`: it is what it is compared with"],
        );
        check(
            "src/cli/run.rs",
            "use crate::Span;",
            &[
                "src/cli/run.rs:1: `crate::Span` is no module of the table in docs/architecture.md: import from the module that has it",
            ],
        );
    }

    #[test]
    fn lower_layers_are_pure() {
        let check = |file, text, expected: &[&str]| check(purity_violations, file, text, expected);
        check("src/units/mod.rs", "use crate::units::Instant; use std::time::Duration; use std::fmt;", &[]);
        check("src/cli/mod.rs", "use std::{fs, env}; fn f() { println!() }", &[]);
        for (text, what) in [
            ("use std::{fmt, fs::File};", "std::fs"),
            ("let x = std::env::var(name);", "std::env"),
            ("use std::net::TcpStream;", "std::net"),
            ("let x = std::time::Instant::now();", "the wall clock"),
            ("use std::time::{Duration, SystemTime};", "the wall clock"),
            ("use std::time::*;", "all of std::time"),
        ] {
            let expected = format!("src/engine/mod.rs:1: `engine` is below layer 5 and must not use {what}");
            check("src/engine/mod.rs", text, &[&expected]);
        }
        check(
            "src/reference/mod.rs",
            "fn f() { eprintln!(\"x\") }",
            &["src/reference/mod.rs:1: only `cli` prints, not `eprintln!` in `reference`"],
        );
    }
}
