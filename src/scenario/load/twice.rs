//! Keys that are written twice: what is below the second one is looked at too.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::scenario::decode::decode;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::node::{Entry, Kind, Node};
use crate::scenario::parse::Dropped;
use crate::scenario::source::{Mark, Source};

/// So many second values are decoded at most.
const MOST: usize = 50;

/// Puts entries of a section that is written twice, or of something in it, together. What both have stays dropped.
pub(super) fn merge(node: &mut Node, dropped: Vec<Dropped>) -> Vec<Dropped> {
    let mut left = Vec::new();
    for it in dropped {
        let Dropped { from, key, value } = it;
        match (home(node, from, &key), value.kind) {
            (Some(Node { id, kind: Kind::Map(first), .. }), Kind::Map(second)) => {
                for entry in second {
                    match first.iter().any(|it| it.key == entry.key) {
                        true => left.push(Dropped { from: *id, key: entry.key, value: entry.value }),
                        false => first.push(entry),
                    }
                }
            }
            (Some(Node { kind: Kind::Seq(first), .. }), Kind::Seq(second)) => first.extend(second),
            (_, kind) => left.push(Dropped { from, key, value: Node { kind, ..value } }),
        }
    }
    left
}

/// The first value of a key that is written twice, at the top of a file or in a mapping right below.
fn home<'n>(node: &'n mut Node, from: u32, key: &str) -> Option<&'n mut Node> {
    let is_top = node.id == from;
    let Kind::Map(sections) = &mut node.kind else { return None };
    let find = |entries: &'n mut Vec<Entry>| {
        entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
    };
    if is_top {
        return find(sections);
    }
    let section = sections.iter_mut().find(|section| section.value.id == from)?;
    match &mut section.value.kind {
        Kind::Map(entries) => find(entries),
        Kind::Seq(_) | Kind::Scalar(_) => None,
    }
}

/// What is wrong with values that were dropped, if they are read in place of the first ones.
pub(super) fn mistakes<T: DeserializeOwned + JsonSchema>(
    node: &Node,
    dropped: &[Dropped],
    source: &Source,
) -> Vec<Diagnostic> {
    let seconds = dropped.iter().filter(|it| !it.key.is_empty()).take(MOST);
    let seconds: BTreeMap<(u32, &str), &Node> =
        seconds.map(|it| ((it.from, it.key.as_str()), &it.value)).collect();
    if seconds.is_empty() {
        return Vec::new();
    }
    let mut other = node.clone();
    exchange(&mut other, &seconds);
    let mut diagnostics = Diagnostics::default();
    decode::<T>(&other, source, BTreeSet::new(), Vec::new(), &mut diagnostics);
    let at = |offset| {
        let spot = source.spot(Mark { offset, length: 1 });
        (spot.line, spot.column)
    };
    let spans: Vec<_> =
        seconds.values().map(|it| at(it.mark.offset)..=at(it.mark.offset + it.mark.length)).collect();
    let mut found = diagnostics.into_sorted(&[]);
    found.retain(|it| spans.iter().any(|span| span.contains(&(it.line, it.column))));
    found
}

fn exchange(node: &mut Node, seconds: &BTreeMap<(u32, &str), &Node>) {
    match &mut node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                match seconds.get(&(node.id, entry.key.as_str())) {
                    Some(second) => entry.value = (*second).clone(),
                    None => exchange(&mut entry.value, seconds),
                }
            }
        }
        Kind::Seq(items) => items.iter_mut().for_each(|item| exchange(item, seconds)),
        Kind::Scalar(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse::parse_all;
    use crate::scenario::spec::ScenarioSpec;

    #[test]
    fn what_is_below_the_second_of_two_is_read() {
        let text = "duration: 1m\nload: {a: {rate: 1/s}}\nduration: 1x\nload: {b: {rate: 2}, a: {rate: 3}}\n";
        let source = Source::new("a.yaml".to_owned(), text.to_owned());
        let mut diagnostics = Diagnostics::default();
        let mut parsed = parse_all(&source, &mut diagnostics).unwrap();
        // They follow each other, and are told together.
        assert_eq!(diagnostics.len(), 1);
        let dropped = merge(&mut parsed.node, parsed.dropped);
        let load = &parsed.node.get("load").unwrap().value;
        assert!(load.get("a").is_some() && load.get("b").is_some());
        let keys: Vec<&str> = dropped.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["duration", "a"]);
        let found = mistakes::<ScenarioSpec>(&parsed.node, &dropped, &source);
        let lines: Vec<(u32, &str)> = found.iter().map(|it| (it.line, it.cause.as_str())).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].0 == 3 && lines[1].0 == 4 && lines[1].1.contains("`3`"), "{lines:?}");
    }
}
