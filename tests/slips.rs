//! One slip of the hand in a file: a line indented too far or too little, a dash, a colon, a comma, a bracket or a quote that is
//! missing. Nearly each is one message, at the line of the slip or right beside it.

use std::fs;
use std::path::Path;

use brownout::scenario::{Overrides, load};
use rayon::prelude::*;

const SCENARIO: &str = "scenarios/redis-outage-alone.yaml";
const FILES: [&str; 5] = [
    SCENARIO,
    "models/shop/msa.yaml",
    "models/shop/operations.yaml",
    "rules/shop.yaml",
    "rules/alertmanager.yaml",
];
/// Every so many-th of all slips is made: a prime, so that each kind has its share.
const EVERY: usize = 61;

/// A slip: what it is, the line it is in, counted from 1, and the text with it.
struct Slip {
    what: &'static str,
    file: &'static str,
    line: usize,
    text: String,
}

/// What becomes of one line by each slip that can be made in it.
fn of_line(line: &str) -> Vec<(&'static str, String)> {
    let content = line.trim_start();
    if content.is_empty() || content.starts_with('#') {
        return Vec::new();
    }
    let indent = &line[..line.len() - content.len()];
    let mut found = Vec::new();
    let mut add = |what, text: Option<String>| found.extend(text.map(|text| (what, text)));
    let item = content.strip_prefix("- ");
    add("a dash lost", item.map(|item| format!("{indent}{item}")));
    add("blanks for a dash", item.map(|item| format!("{indent}  {item}")));
    add("no space behind a dash", item.map(|item| format!("{indent}-{item}")));
    add("one blank more", Some(format!(" {line}")));
    add("two blanks more", Some(format!("  {line}")));
    add("one blank less", line.strip_prefix(' ').map(str::to_owned));
    add("two blanks less", line.strip_prefix("  ").map(str::to_owned));
    add("a tab", line.strip_prefix("  ").map(|rest| format!("\t{rest}")));
    let without = |at: Option<usize>, length: usize, new: &str| {
        at.map(|at| format!("{}{new}{}", &line[..at], &line[at + length..]))
    };
    let first = line.find(": ").or_else(|| line.ends_with(':').then(|| line.len() - 1));
    add("no colon", without(first, 1, ""));
    add("no space behind a colon", without(line.find(": "), 2, ":"));
    add(
        "no colon in braces",
        without(line.find('{').and_then(|at| Some(at + line[at..].find(": ")?)), 1, ""),
    );
    add("no comma", without(line.find('{').and_then(|at| Some(at + line[at..].find(", ")?)), 1, ""));
    add("no opening bracket", without(line.find(['{', '[']), 1, ""));
    add("no closing bracket", without(line.rfind(['}', ']']), 1, ""));
    add("no opening quote", without(line.find('"'), 1, ""));
    add("no closing quote", without(line.rfind('"'), 1, ""));
    found
}

fn slips() -> Vec<Slip> {
    let mut found = Vec::new();
    for file in FILES {
        let whole = fs::read_to_string(file).unwrap();
        let lines: Vec<&str> = whole.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            for (what, new) in of_line(line) {
                let mut all = lines.clone();
                all[at] = &new;
                found.push(Slip { what, file, line: at + 1, text: all.join("\n") + "\n" });
            }
        }
    }
    found
}

/// What is told of a slip: line and cause of each error in order.
fn told(slip: &Slip) -> Vec<(String, u32, String)> {
    let read = |path: &Path| match path == Path::new(slip.file) {
        true => Ok(slip.text.clone().into_bytes()),
        false => fs::read(path).map_err(|_| "no such file".to_owned()),
    };
    let loaded = load(Path::new(SCENARIO), &Overrides::default(), &read);
    let errors = loaded.diagnostics.into_iter().filter(|it| it.is_error());
    errors.map(|it| (it.file, it.line, format!("{} ({})", it.cause, it.remedy))).collect()
}

#[test]
fn one_slip_is_one_message() {
    let slips: Vec<Slip> = slips().into_iter().step_by(EVERY).collect();
    let judged: Vec<_> = slips.par_iter().map(|slip| (slip, told(slip))).collect();
    // What is still a file as it should be is no mistake that anybody could tell.
    let judged: Vec<_> = judged.into_iter().filter(|(_, told)| !told.is_empty()).collect();
    let (mut several, mut far, mut shown) = (0, 0, String::new());
    for (slip, told) in &judged {
        let is_near = |(file, line, _): &(String, u32, String)| {
            file == slip.file && (*line as usize).abs_diff(slip.line) <= 1
        };
        let (is_several, is_far) = (told.len() > 1, !told.iter().any(is_near));
        several += usize::from(is_several);
        far += usize::from(is_far);
        if is_several || is_far {
            let line = slip.text.lines().nth(slip.line - 1).unwrap();
            shown += &format!("{} in {}:{}: {line}\n", slip.what, slip.file, slip.line);
            told.iter().for_each(|(file, line, text)| shown += &format!("    {file}:{line}: {text}\n"));
        }
    }
    let all = judged.len();
    assert!(all > 80, "{all}");
    assert!(several * 50 <= all && far * 20 <= all, "{several} and {far} of {all}:\n{shown}");
}
