//! What a file lost while it was read, and which further mistakes only follow from that.
//!
//! A value that cannot be read is left out, and what is left is checked all the same. But then a name may be
//! missing only because its entry was left out, or weights may not sum to one only because one of them could not
//! be read: such mistakes are not told.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{Entry, Kind, Node, ScalarValue};
use super::parse::Dropped;
use super::stand_in::StoodIn;
use crate::component::PlaceStep;

/// Keys of lists of names.
const LISTS: &[&str] = &["holds", "modules", "schemas"];

/// The keys at the top of the files.
#[rustfmt::skip]
pub(super) const SECTIONS: &[&str] = &[
    "alerts", "bulkheads", "caches", "calls", "claims", "clients", "databases", "deployment", "description",
    "duration", "effects", "externals", "faults", "flags", "gateways", "interval", "keys", "limits", "links",
    "load", "logs", "modules", "objectives", "operations", "people", "pools", "prices", "processes",
    "recovery", "replications", "runbook", "schemas", "seed", "slos", "stations", "stocks", "timeouts",
    "variant", "warm-up", "windows",
];

/// What was left out of one file.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// Top-level keys that something was left out below.
    sections: BTreeSet<String>,
    /// Keys of values that something stands in for.
    stood_in: BTreeSet<(u32, String)>,
    /// The number of the whole file's value.
    whole: u32,
    /// Keys of what was left out, and every word in it.
    words: BTreeSet<String>,
    /// What was left out of a mapping or list directly, or has something standing in for it.
    lost: BTreeMap<u32, Vec<Lost>>,
    /// These values, and those around them.
    around: BTreeSet<u32>,
    /// What was lost before there was a tree, by the number of the mapping that it was written in.
    dropped: BTreeMap<u32, Vec<(String, Node)>>,
    /// Effects of steps, and those that are declared.
    effects: BTreeSet<String>,
    /// Keys of lists of names of which nobody knows what was to be in them.
    nameless: BTreeSet<String>,
    /// Something was lost of which nobody knows which names it had.
    blind: bool,
}

/// What is missing from a mapping or a list.
#[derive(Clone, Debug)]
struct Lost {
    /// Its key, or the one that was meant; nothing for an item of a list.
    key: Option<String>,
}

/// What there was of a file that could not be decoded as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left<'a> {
    /// The values that were left out.
    pub(super) out: &'a BTreeSet<u32>,
    /// Of those whose key there is not, the key that was meant; an empty one where nobody knows.
    pub(super) unknown: &'a BTreeMap<u32, String>,
    /// The keys that something stands in for.
    pub(super) stood_in: &'a [StoodIn],
    /// What was lost before there was a tree.
    pub(super) dropped: &'a [Dropped],
}

impl Gaps {
    /// Those of a file of which nothing could be read.
    pub(super) fn everything() -> Gaps {
        Gaps { blind: true, ..Gaps::default() }
    }

    /// These, of a file of which parts could not be read at all.
    pub(super) fn blinded(self) -> Gaps {
        Gaps { blind: true, ..self }
    }

    /// The tree without what was left out, and what there was of that.
    pub(super) fn cut(node: &Node, left: Left<'_>) -> (Node, Gaps) {
        let Left { stood_in, dropped, .. } = left;
        // Nobody knows what a key was that is no word.
        let blind = dropped.iter().any(|it| it.key.is_empty());
        let of_whole = stood_in.iter().filter(|it| it.of == node.id).map(|it| it.key.clone());
        let mut gaps = Gaps { blind, whole: node.id, sections: of_whole.collect(), ..Gaps::default() };
        let nameless = stood_in.iter().filter(|it| it.hides_names || it.key == "name");
        gaps.nameless = nameless.map(|it| it.key.clone()).collect();
        for it in stood_in {
            gaps.lost.entry(it.of).or_default().push(Lost { key: Some(it.key.clone()) });
        }
        gaps.stood_in = stood_in.iter().map(|it| (it.of, it.key.clone())).collect();
        for it in dropped {
            gaps.dropped.entry(it.from).or_default().push((it.key.clone(), it.value.clone()));
        }
        let kept = gaps.without(node, left, &mut Vec::new());
        // What is still there was written in something that is left out as a whole.
        for (_, value) in std::mem::take(&mut gaps.dropped).into_values().flatten() {
            gaps.collect(&value);
        }
        (kept, gaps)
    }

    fn without<'a>(&mut self, node: &'a Node, left: Left<'_>, way: &mut Vec<Step<'a>>) -> Node {
        let mut stood_in = self.stood_in.range((node.id, String::new())..);
        if node.id != self.whole && stood_in.next().is_some_and(|(of, _)| *of == node.id) {
            self.sections.extend(way.first().and_then(|step| step.key).cloned());
            self.around.extend(way.iter().map(|step| step.around));
            self.around.insert(node.id);
        }
        for (key, value) in self.dropped.remove(&node.id).unwrap_or_default() {
            let mut way = way.clone();
            way.push(Step { around: node.id, key: Some(&key) });
            self.lose(&value, None, &way);
        }
        let kind = match &node.kind {
            Kind::Map(entries) => {
                let mut kept = Vec::with_capacity(entries.len());
                for entry in entries {
                    way.push(Step { around: node.id, key: Some(&entry.key) });
                    // What is counted by key is named where it is declared.
                    let of_keys = ["unmatched", "repeated"].iter().any(|key| entry.value.get(key).is_some());
                    if way.len() == 2 && way[0].key.is_some_and(|key| key == "effects") && of_keys {
                        self.effects.insert(entry.key.clone());
                    }
                    let is_of_step = entry.key == "effect" && way[0].key.is_none_or(|key| key != "effects");
                    if let Some(effect) = entry.value.scalar().filter(|_| is_of_step) {
                        self.effects.insert(effect.text.clone());
                    }
                    if left.out.contains(&entry.value.id) {
                        self.lose(&entry.value, left.unknown.get(&entry.value.id), way);
                    } else {
                        let value = self.without(&entry.value, left, way);
                        kept.push(Entry { key: entry.key.clone(), mark: entry.mark, value });
                    }
                    way.pop();
                }
                Kind::Map(kept)
            }
            Kind::Seq(items) => {
                let mut kept = Vec::with_capacity(items.len());
                for item in items {
                    way.push(Step { around: node.id, key: None });
                    if left.out.contains(&item.id) {
                        self.lose(item, None, way);
                    } else {
                        kept.push(self.without(item, left, way));
                    }
                    way.pop();
                }
                Kind::Seq(kept)
            }
            Kind::Scalar(scalar) => Kind::Scalar(scalar.clone()),
        };
        Node { id: node.id, mark: node.mark, kind }
    }

    fn lose(&mut self, node: &Node, meant: Option<&String>, way: &[Step<'_>]) {
        if let [Step { key: Some(key), .. }] = way {
            self.blind |= ["deployment", "operations"].contains(&key.as_str());
        }
        self.sections.extend(way.first().and_then(|step| step.key).cloned());
        if way.len() == 1 {
            self.sections.extend(meant.cloned());
        }
        self.words.extend(way.last().and_then(|step| step.key).cloned());
        if let Some(key) = way.last().and_then(|step| step.key) {
            // A section that stands where a name of another belongs is that section.
            if SECTIONS.contains(&key.as_str()) {
                self.sections.insert(key.clone());
            }
            let is_text = node.scalar().is_some_and(|scalar| scalar.value == ScalarValue::Text);
            let is_list = matches!(node.kind, Kind::Seq(_)) || is_text;
            if LISTS.contains(&key.as_str()) && !is_list {
                self.nameless.insert(key.clone());
            }
        }
        self.around.extend(way.iter().map(|step| step.around));
        if let Some(last) = way.last() {
            let key = meant.or(last.key).cloned();
            self.lost.entry(last.around).or_default().push(Lost { key });
        }
        self.collect(node);
    }

    fn collect(&mut self, node: &Node) {
        match &node.kind {
            Kind::Map(entries) => {
                for entry in entries {
                    self.words.insert(entry.key.clone());
                    self.collect(&entry.value);
                }
            }
            Kind::Seq(items) => items.iter().for_each(|item| self.collect(item)),
            Kind::Scalar(scalar) => {
                let words = scalar.text.split(|c: char| !c.is_alphanumeric() && !"-_.".contains(c));
                self.words.extend(words.map(str::to_owned));
                self.words.insert(scalar.text.clone());
            }
        }
    }

    /// Whether something is missing from one of these top-level keys.
    pub(super) fn lacks(&self, sections: &[&str]) -> bool {
        sections.iter().any(|section| self.sections.contains(*section))
    }

    /// Whether something stands in for a top-level key.
    pub(super) fn stands_in(&self, section: &str) -> bool {
        self.stood_in.contains(&(self.whole, section.to_owned()))
    }

    /// Whether a place leads to what stands in for a value.
    pub(super) fn replaces(&self, node: &Node, place: &[PlaceStep]) -> bool {
        let found = node.follow(place);
        let Some(PlaceStep::Key(key)) = place.get(found.taken) else { return false };
        self.stood_in.contains(&(found.node.id, key.clone()))
    }

    /// Whether one of some keys is missing on the way to the value that a place leads to, or within it. An item that is
    /// missing there from a list is one of them if `items` says so.
    pub(super) fn lacks_near(&self, node: &Node, place: &[PlaceStep], keys: &[&str], items: bool) -> bool {
        let on_the_way = (0..=place.len()).any(|taken| {
            let found = node.follow(&place[..taken]);
            found.taken == taken && self.lacks_directly(found.node, keys, false)
        });
        let last = node.follow(place).node;
        // What is said of a list is said of all its items.
        on_the_way || self.lacks_directly(last, keys, true) || self.lacks_within(last, keys, items)
    }

    fn lacks_within(&self, node: &Node, keys: &[&str], items: bool) -> bool {
        self.around.contains(&node.id)
            && (self.lacks_directly(node, keys, items)
                || match &node.kind {
                    Kind::Map(entries) => {
                        entries.iter().any(|entry| self.lacks_within(&entry.value, keys, items))
                    }
                    Kind::Seq(list) => list.iter().any(|item| self.lacks_within(item, keys, items)),
                    Kind::Scalar(_) => false,
                })
    }

    fn lacks_directly(&self, node: &Node, keys: &[&str], items: bool) -> bool {
        let is_one = |it: &Lost| it.key.as_ref().map_or(items, |key| keys.contains(&key.as_str()));
        self.lost.get(&node.id).is_some_and(|lost| lost.iter().any(is_one))
    }

    /// Whether names may be missing that were to be below a key.
    pub(super) fn hides_names(&self, key: &str) -> bool {
        self.nameless.contains(key)
    }

    /// Whether something was lost of which nobody knows which names it had.
    pub(super) fn is_blind(&self) -> bool {
        self.blind
    }

    /// Whether a name is missing that was written somewhere.
    pub(super) fn lost_name(&self, name: &str) -> bool {
        self.words.contains(name)
    }

    /// Every word that was lost.
    pub(super) fn lost_names(&self) -> impl Iterator<Item = &String> {
        self.words.iter()
    }

    /// Whether a step counts an effect.
    pub(super) fn counts(&self, effect: &str) -> bool {
        self.effects.contains(effect)
    }
}

#[derive(Clone, Copy)]
struct Step<'a> {
    around: u32,
    key: Option<&'a String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{Part, Place};
    use crate::scenario::diagnostic::Diagnostics;
    use crate::scenario::parse::parse;
    use crate::scenario::schema::{Draft, schema};
    use crate::scenario::source::Source;

    #[test]
    fn sections_are_the_keys_at_the_top_of_the_files() {
        let mut keys = BTreeSet::new();
        for part in [Part::Operations, Part::Deployment, Part::Scenario] {
            let schema = schema(part, Draft::Draft2020);
            keys.extend(schema["properties"].as_object().unwrap().keys().cloned());
        }
        assert_eq!(SECTIONS.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), keys);
    }

    #[test]
    fn a_key_is_missing_under_its_own_name_and_the_one_it_was_misspelt_as() {
        let text = "fualts: [{at: 1m}]\nloads: 5\n";
        let source = Source::new("a.yaml".to_owned(), text.to_owned());
        let node = parse(&source, &mut Diagnostics::default()).unwrap();
        let lost = node.get("fualts").unwrap().value.id;
        let unknown = BTreeMap::from([(lost, "faults".to_owned())]);
        let left = Left { out: &BTreeSet::from([lost]), unknown: &unknown, stood_in: &[], dropped: &[] };
        let (_, gaps) = Gaps::cut(&node, left);
        assert!(gaps.lacks(&["faults"]) && gaps.lacks(&["fualts"]) && !gaps.lacks(&["loads", "load"]));
    }

    #[test]
    fn positions_are_those_of_what_was_kept() {
        let text = "modules: {order: {place: [a, b, c]}}\n";
        let source = Source::new("a.yaml".to_owned(), text.to_owned());
        let node = parse(&source, &mut Diagnostics::default()).unwrap();
        let steps = Place::default().key("modules").key("order").key("place");
        let lost = BTreeSet::from([node.follow(steps.index(0).steps()).node.id]);
        let left = Left { out: &lost, unknown: &BTreeMap::new(), stood_in: &[], dropped: &[] };
        let (kept, _) = Gaps::cut(&node, left);
        let first = kept.follow(steps.index(0).steps()).node.scalar().map(|scalar| scalar.text.as_str());
        assert_eq!(first, Some("b"));
    }
}
