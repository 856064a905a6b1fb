//! Other values at places of a file, before it is read: what a sweep varies.

use super::node::{Entry, Kind, Node};
use super::source::{Mark, quoted};
use super::words;
use crate::component::Part;

/// The file and the keys of a path such as `deployment.pools.order.maximum-pool-size`.
///
/// # Errors
/// What is wrong with its first word.
pub(super) fn part_of(path: &str) -> Result<(Part, Vec<&str>), String> {
    let mut words = path.split('.');
    let part = match words.next() {
        Some("scenario") => Part::Scenario,
        Some("deployment") => Part::Deployment,
        Some("operations") => Part::Operations,
        _ => {
            return Err(format!(
                "{} does not start with `scenario`, `deployment` or `operations`",
                quoted(path)
            ));
        }
    };
    let keys: Vec<&str> = words.collect();
    if keys.is_empty() || keys.iter().any(|key| key.is_empty()) {
        return Err(format!("{} leads nowhere", quoted(path)));
    }
    Ok((part, keys))
}

/// Puts a value at a place, instead of the one that is written there or in addition to its neighbours.
///
/// # Errors
/// Which key is not there.
pub(super) fn put(node: &mut Node, keys: &[&str], value: &Node) -> Result<(), String> {
    let fresh = greatest_id(node) + 1;
    let target = reach(node, keys)?;
    let mark = target.mark;
    *target = value.clone();
    let mut next = fresh;
    settle(target, mark, &mut next);
    Ok(())
}

/// Whether a value could be put at a place.
///
/// # Errors
/// Which key is not there.
pub(super) fn find(node: &Node, keys: &[&str]) -> Result<(), String> {
    reach(&mut node.clone(), keys).map(|_| ())
}

/// The value at a place. The last key of a mapping may be new; keys may contain dots.
fn reach<'n>(node: &'n mut Node, keys: &[&str]) -> Result<&'n mut Node, String> {
    let Some(first) = keys.first() else { return Ok(node) };
    let mark = node.mark;
    match &mut node.kind {
        Kind::Map(entries) => {
            let known = (1..=keys.len()).rev().find_map(|count| {
                let key = keys[..count].join(".");
                entries.iter().position(|entry| entry.key == key).map(|index| (index, count))
            });
            let (index, count) = match known {
                Some(found) => found,
                None if keys.len() == 1 => {
                    let value = Node { id: 0, mark, kind: Kind::Seq(Vec::new()) };
                    entries.push(Entry { key: (*first).to_owned(), mark, value });
                    (entries.len() - 1, 1)
                }
                None => {
                    let known: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
                    return Err(match words::nearest(first, &known) {
                        Some(near) => format!("there is no {}: did you mean `{near}`?", quoted(first)),
                        None => format!("there is no {} in the file", quoted(first)),
                    });
                }
            };
            reach(&mut entries[index].value, &keys[count..])
        }
        Kind::Seq(items) => {
            let count = items.len();
            match first.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                Some(item) => reach(item, &keys[1..]),
                None => Err(format!("{} is no item of a list of {count}, counted from 0", quoted(first))),
            }
        }
        Kind::Scalar(_) => Err(format!("{} is looked for in a single value", quoted(first))),
    }
}

/// The greatest number of a value.
pub(super) fn greatest_id(node: &Node) -> u32 {
    let below = match &node.kind {
        Kind::Map(entries) => entries.iter().map(|entry| greatest_id(&entry.value)).max(),
        Kind::Seq(items) => items.iter().map(greatest_id).max(),
        Kind::Scalar(_) => None,
    };
    below.unwrap_or(0).max(node.id)
}

/// Gives a value of another text a place in this one, and numbers of its own.
pub(super) fn settle(node: &mut Node, mark: Mark, next: &mut u32) {
    (node.mark, node.id) = (mark, *next);
    *next += 1;
    match &mut node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                entry.mark = mark;
                settle(&mut entry.value, mark, next);
            }
        }
        Kind::Seq(items) => items.iter_mut().for_each(|item| settle(item, mark, next)),
        Kind::Scalar(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::diagnostic::Diagnostics;
    use crate::scenario::parse::parse;
    use crate::scenario::source::Source;

    fn tree(text: &str) -> Node {
        let source = Source::new("test".to_owned(), text.to_owned());
        parse(&source, &mut Diagnostics::default()).expect("it can be read")
    }

    fn text_at(node: &Node, path: &str) -> Option<String> {
        let mut node = node.clone();
        let found = reach(&mut node, &path.split('/').collect::<Vec<_>>()).ok()?;
        found.scalar().map(|scalar| scalar.text.clone())
    }

    #[test]
    fn values_are_put_in_place_of_others_and_beside_them() {
        let mut node = tree("{load: {order.place: {rate: 3/s}}, faults: [{at: 1m}, {at: 2m}]}");
        put(&mut node, &["load", "order", "place", "rate"], &tree("5/s")).expect("it is there");
        put(&mut node, &["faults", "1", "at"], &tree("3m")).expect("it is there");
        put(&mut node, &["faults", "0", "for"], &tree("30s")).expect("a new key");
        assert_eq!(text_at(&node, "load/order.place/rate").as_deref(), Some("5/s"));
        assert_eq!(text_at(&node, "faults/1/at").as_deref(), Some("3m"));
        assert_eq!(text_at(&node, "faults/0/for").as_deref(), Some("30s"));
        assert_eq!(text_at(&node, "faults/0/at").as_deref(), Some("1m"));
    }

    #[test]
    fn what_is_not_there_is_told() {
        let node = tree("{pools: {order: {to: db}}, faults: [{at: 1m}], seed: 1}");
        for (keys, part) in [
            (&["pool", "order", "to"][..], "did you mean `pools`"),
            (&["faults", "1", "at"], "no item of a list of 1"),
            (&["seed", "x"], "in a single value"),
        ] {
            assert!(find(&node, keys).expect_err("it is not there").contains(part), "{keys:?}");
        }
        assert!(part_of("pools.order.to").is_err_and(|cause| cause.contains("does not start with")));
        assert!(part_of("scenario").is_err_and(|cause| cause.contains("leads nowhere")));
    }
}
