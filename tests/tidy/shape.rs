//! The shape of source files: length, names, what `mod.rs` holds, and nothing left undone.

use super::source::{self, Token};
use super::tree::Tree;

const LINES_MAX: usize = 600;
/// Names that tell nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["utils", "util", "helpers", "helper", "common", "misc"];
/// Calls and attributes that switch a test off or leave code for later.
const UNFINISHED: [(&str, &[&str]); 7] = [
    ("#[ignore]", &["#", "[", "ignore"]),
    ("#[should_panic]", &["#", "[", "should_panic"]),
    ("todo!", &["todo", "!"]),
    ("unimplemented!", &["unimplemented", "!"]),
    ("assert!(true)", &["assert", "!", "(", "true", ")"]),
    ("assert!(true)", &["assert", "!", "(", "true", ","]),
    ("debug_assert!(true)", &["debug_assert", "!", "(", "true"]),
];
/// The files whose words are ours.
const WRITTEN: [&str; 8] = [".rs", ".py", ".md", ".yaml", ".yml", ".toml", ".sh", "run"];

/// Source files that are two files.
pub(crate) fn size_violations(tree: &Tree) -> Vec<String> {
    let long = tree.ending(".rs").map(|(path, text)| (path, text.lines().count()));
    long.filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| format!("{path} has {lines} lines: past {LINES_MAX} it is two files"))
        .collect()
}

/// Files and folders whose name tells nothing.
pub(crate) fn name_violations(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, _) in tree.files() {
        let mut names = path.split('/').map(|name| name.split_once('.').map_or(name, |(stem, _)| stem));
        if let Some(name) = names.find(|name| EMPTY_NAMES.contains(&name.to_lowercase().as_str())) {
            found.push(format!("{path}: `{name}` says nothing about what is inside"));
        }
    }
    found
}

/// `mod.rs` files that hold more than docs, attributes, `mod` and `use` lines.
pub(crate) fn mod_file_violations(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.ending("/mod.rs") {
        let tokens = source::tokens(text);
        let mut rest = tokens.as_slice();
        while !rest.is_empty() {
            let Some(length) = mod_or_use(rest) else {
                let line = rest[0].line;
                found.push(format!("{path}:{line}: a mod.rs holds docs, `mod` and `use` lines, and no code"));
                break;
            };
            rest = &rest[length..];
        }
    }
    found
}

/// The length of the `mod x;` or `use …;` that comes first, with its attributes and visibility.
fn mod_or_use(tokens: &[Token]) -> Option<usize> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut at = 0;
    while text(at) == "#" {
        let bracket = if text(at + 1) == "!" { at + 2 } else { at + 1 };
        at = closed(tokens, bracket, "[", "]")?;
        if at == tokens.len() {
            return Some(at);
        }
    }
    if text(at) == "pub" {
        at += 1;
        if text(at) == "(" {
            at = closed(tokens, at, "(", ")")?;
        }
    }
    match text(at) {
        "use" => Some(at + tokens[at..].iter().position(|token| token.text == ";")? + 1),
        "mod" if text(at + 2) == ";" => Some(at + 3),
        _ => None,
    }
}

/// Where the bracket that opens at `start` is closed.
fn closed(tokens: &[Token], start: usize, open: &str, close: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        if token.text == open {
            depth += 1;
        } else if token.text == close {
            depth -= 1;
            if depth == 0 {
                return Some(at + 1);
            }
        }
    }
    None
}

/// Tests that are switched off or cannot fail, and work left for later.
pub(crate) fn unfinished_violations(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(".rs") {
        let tokens = source::tokens(text);
        for (name, wanted) in UNFINISHED {
            let lines = source::find(&tokens, wanted);
            found.extend(lines.iter().map(|line| format!("{path}:{line}: `{name}` does not belong here")));
        }
    }
    let note = concat!("FIX", "ME");
    for (path, text) in tree.files().filter(|(path, _)| WRITTEN.iter().any(|end| path.ends_with(end))) {
        let lines = text.lines().zip(1..).filter(|(line, _)| line.contains(note));
        found.extend(lines.map(|(_, line)| format!("{path}:{line}: a {note} is left")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(violations: fn(&Tree) -> Vec<String>, path: &str, text: &str, expected: &[&str]) {
        assert_eq!(violations(&Tree::of(&[(path, text)])), expected, "of {path}: {text}");
    }

    #[test]
    fn a_long_file_is_found() {
        check(size_violations, "src/a.rs", &"x\n".repeat(600), &[]);
        check(
            size_violations,
            "src/a.rs",
            &"x\n".repeat(601),
            &["src/a.rs has 601 lines: past 600 it is two files"],
        );
    }

    #[test]
    fn an_empty_name_is_found_in_files_and_folders() {
        check(name_violations, "src/commons.rs", "", &[]);
        check(
            name_violations,
            "src/Utils.rs",
            "",
            &["src/Utils.rs: `Utils` says nothing about what is inside"],
        );
        check(
            name_violations,
            "tests/common/a.rs",
            "",
            &["tests/common/a.rs: `common` says nothing about what is inside"],
        );
    }

    #[test]
    fn code_in_a_mod_file_is_found() {
        let good = "//! Doc.\n#![allow(x)]\n/// Doc.\npub mod a;\n#[cfg(test)]\nmod b;\npub(in crate::x) use a::{B,\n C};\n";
        check(mod_file_violations, "src/x/mod.rs", good, &[]);
        check(mod_file_violations, "src/x/mod.rs", "//! Doc.", &[]);
        for bad in ["mod a;\nfn f() {}", "mod a;\nmod b { }", "mod a;\npub const X: u8 = 1;"] {
            let expected = ["src/x/mod.rs:2: a mod.rs holds docs, `mod` and `use` lines, and no code"];
            check(mod_file_violations, "src/x/mod.rs", bad, &expected);
        }
    }

    #[test]
    fn what_is_switched_off_or_left_is_found() {
        let good = "// todo!() in prose\nassert!(trueish); let x = \"#[ignore]\"; assert!(x, \"true\");";
        check(unfinished_violations, "src/a.rs", good, &[]);
        for (bad, name) in [
            ("#[ignore = \"slow\"]\nfn f() {}", "#[ignore]"),
            ("#[should_panic]", "#[should_panic]"),
            ("todo!()", "todo!"),
            ("unimplemented!(\"x\")", "unimplemented!"),
            ("assert!(true, \"x\")", "assert!(true)"),
            ("assert!(true)", "assert!(true)"),
        ] {
            check(
                unfinished_violations,
                "tests/a.rs",
                bad,
                &[&format!("tests/a.rs:1: `{name}` does not belong here")],
            );
        }
        let note = concat!("# FIX", "ME: later");
        check(unfinished_violations, "docs/a.md", note, &[concat!("docs/a.md:1: a FIX", "ME is left")]);
    }
}
