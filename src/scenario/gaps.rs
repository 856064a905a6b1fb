//! What a file lost while it was read, and which further mistakes only follow from that.
//!
//! A value that cannot be read is left out, and what is left is checked all the same. But then a name may be
//! missing only because its entry was left out, or weights may not sum to one only because one of them could not
//! be read: such mistakes are not told.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::node::{Entry, Kind, Node};
use super::parse::Dropped;
use super::stand_in::{StoodIn, is_about_one};
use super::words::nearest;
use crate::component::{Part, PlaceStep, Severity};

/// The keys at the top of the files.
#[rustfmt::skip]
const SECTIONS: &[&str] = &[
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
    /// Values that something was left out of directly.
    holed: BTreeSet<u32>,
    /// These, and the values around them.
    around: BTreeSet<u32>,
    /// What was lost before there was a tree, by the number of the mapping that it was written in.
    dropped: BTreeMap<u32, Vec<(String, Node)>>,
    /// Effects of steps.
    effects: BTreeSet<String>,
    /// Something was lost of which nobody knows which names it had.
    blind: bool,
}

impl Gaps {
    /// The tree without the values in `left_out`, and what there was of them; `stood_in` are the keys that
    /// something stands in for, and `dropped` what was lost before.
    pub(super) fn cut(
        node: &Node,
        left_out: &BTreeSet<u32>,
        stood_in: &[StoodIn],
        dropped: &[Dropped],
    ) -> (Node, Gaps) {
        // The names that were to be in a list may be anywhere, and nobody knows what a key was that is no word.
        let blind = stood_in.iter().any(|it| it.hides_names) || dropped.iter().any(|it| it.key.is_empty());
        let of_whole = stood_in.iter().filter(|it| it.of == node.id).map(|it| it.key.clone());
        let mut gaps = Gaps { blind, whole: node.id, sections: of_whole.collect(), ..Gaps::default() };
        gaps.stood_in = stood_in.iter().map(|it| (it.of, it.key.clone())).collect();
        for it in dropped {
            gaps.dropped.entry(it.from).or_default().push((it.key.clone(), it.value.clone()));
        }
        let kept = gaps.without(node, left_out, &mut Vec::new());
        // What is still there was written in something that is left out as a whole.
        for (_, value) in std::mem::take(&mut gaps.dropped).into_values().flatten() {
            gaps.collect(&value);
        }
        (kept, gaps)
    }

    fn without<'a>(&mut self, node: &'a Node, left_out: &BTreeSet<u32>, way: &mut Vec<Step<'a>>) -> Node {
        let mut stood_in = self.stood_in.range((node.id, String::new())..);
        if node.id != self.whole && stood_in.next().is_some_and(|(of, _)| *of == node.id) {
            self.sections.extend(way.first().and_then(|step| step.key).cloned());
            self.around.extend(way.iter().map(|step| step.around));
            self.around.insert(node.id);
            self.holed.insert(node.id);
        }
        for (key, value) in self.dropped.remove(&node.id).unwrap_or_default() {
            let mut way = way.clone();
            way.push(Step { around: node.id, key: Some(&key) });
            self.lost(&value, &way);
        }
        let kind = match &node.kind {
            Kind::Map(entries) => {
                let mut kept = Vec::with_capacity(entries.len());
                for entry in entries {
                    way.push(Step { around: node.id, key: Some(&entry.key) });
                    if let Some(effect) = entry.value.scalar().filter(|_| entry.key == "effect") {
                        self.effects.insert(effect.text.clone());
                    }
                    if left_out.contains(&entry.value.id) {
                        self.lost(&entry.value, way);
                    } else {
                        let value = self.without(&entry.value, left_out, way);
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
                    if left_out.contains(&item.id) {
                        self.lost(item, way);
                    } else {
                        kept.push(self.without(item, left_out, way));
                    }
                    way.pop();
                }
                Kind::Seq(kept)
            }
            Kind::Scalar(scalar) => Kind::Scalar(scalar.clone()),
        };
        Node { id: node.id, mark: node.mark, kind }
    }

    fn lost(&mut self, node: &Node, way: &[Step<'_>]) {
        if let [Step { key: Some(key), .. }] = way {
            self.blind |= ["deployment", "operations"].contains(&key.as_str());
        }
        self.sections.extend(way.first().and_then(|step| step.key).cloned());
        self.words.extend(way.last().and_then(|step| step.key).cloned());
        self.around.extend(way.iter().map(|step| step.around));
        self.holed.extend(way.last().map(|step| step.around));
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
                self.words.insert(scalar.text.clone());
            }
        }
    }

    /// Whether something is missing from one of these top-level keys.
    pub(super) fn lacks(&self, sections: &[&str]) -> bool {
        // A misspelt key is lost under the name that was written.
        let meant = |lost: &String| nearest(lost, SECTIONS).unwrap_or_default();
        sections.iter().any(|section| self.sections.contains(*section))
            || self.sections.iter().any(|lost| sections.contains(&meant(lost)))
    }

    /// Whether something stands in for a top-level key.
    pub(super) fn stands_in(&self, section: &str) -> bool {
        self.stood_in.contains(&(self.whole, section.to_owned()))
    }

    /// Whether a place leads to what stands in for a value.
    fn replaces(&self, node: &Node, place: &[PlaceStep]) -> bool {
        let found = node.follow(place);
        let Some(PlaceStep::Key(key)) = place.get(found.taken) else { return false };
        self.stood_in.contains(&(found.node.id, key.clone()))
    }

    /// Whether something is missing from the value that a place leads to.
    fn within(&self, node: &Node, place: &[PlaceStep]) -> bool {
        self.around.contains(&node.follow(place).node.id)
    }

    /// Whether something is missing beside the value that a place leads to.
    fn beside(&self, node: &Node, place: &[PlaceStep]) -> bool {
        let taken = node.follow(place).taken;
        self.holed.contains(&node.follow(&place[..taken.saturating_sub(1)]).node.id)
    }
}

#[derive(Clone, Copy)]
struct Step<'a> {
    around: u32,
    key: Option<&'a String>,
}

/// A mistake that may only follow from others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suspect<'a> {
    /// The file, and where in it.
    pub(super) part: Part,
    /// Keys and positions from the top.
    pub(super) place: &'a [PlaceStep],
    /// Its number.
    pub(super) code: u16,
    /// Whether it is an error.
    pub(super) severity: Severity,
    /// What it says.
    pub(super) cause: &'a str,
}

/// Whether a mistake may be there only because of what was left out of the files.
pub(super) fn follows(suspect: Suspect<'_>, node: &Node, gaps: &BTreeMap<Part, Gaps>) -> bool {
    if gaps.is_empty() {
        return false;
    }
    if suspect.severity == Severity::Warning {
        return true;
    }
    if is_about_one(suspect.cause)
        || gaps.get(&suspect.part).is_some_and(|own| own.replaces(node, suspect.place))
    {
        return true;
    }
    let is = |code: Code| suspect.code == code.number();
    // What is in two places is there whatever else is lost.
    let is_placement = is(Code::ModulePlacement) || is(Code::StorePlacement);
    let is_twice = is_placement && suspect.cause.contains(" already ");
    // A number out of its range is out of it whatever stands beside it, and an unknown name is unknown.
    let alone = [
        Code::Range,
        Code::UnknownName,
        Code::LockScope,
        Code::ZeroDuration,
        Code::WarmUp,
        Code::WindowBounds,
        Code::ReservedWindow,
        Code::Replications,
        Code::Interval,
        Code::Bound,
        Code::Limit,
        Code::Price,
    ]
    .into_iter()
    .any(is)
        || is_twice
        || ((is(Code::Policy) || is(Code::Law)) && is_about_one_value(suspect, node, gaps));
    if let Some(own) = gaps.get(&suspect.part)
        && !alone
        && (own.within(node, suspect.place) || own.beside(node, suspect.place))
    {
        return true;
    }
    let lacks = |part, sections: &[&str]| gaps.get(&part).is_some_and(|gaps| gaps.lacks(sections));
    let operations = lacks(Part::Scenario, &["deployment"]) || lacks(Part::Deployment, &["operations"]);
    let modules = lacks(Part::Operations, &["modules"]) || operations;
    let scenario = gaps.get(&Part::Scenario);
    if scenario.is_some_and(|gaps| gaps.stands_in("load")) && is_about_load(suspect) {
        return !is(Code::Range);
    }
    // What steps do is only known of operations that are loaded.
    let load = lacks(Part::Scenario, &["load"]);
    let starts = |words: &str| suspect.cause.starts_with(words);
    if (load && (starts("there is no operation with load") || starts("there is no topic with")))
        || ((load || modules || lacks(Part::Deployment, &["processes"])) && wants_a_step(suspect, gaps))
    {
        return true;
    }
    if is(Code::UnknownName)
        || is(Code::UnknownOperation)
        || is(Code::UnknownWindow)
        || is(Code::ModulePlacement)
        || is(Code::StorePlacement)
        || (is(Code::Claim) && suspect.cause.starts_with("there is no"))
    {
        let quoted = suspect.cause.split('`').skip(1).step_by(2);
        let mut names = quoted.flat_map(|name| name.split('.'));
        if gaps.values().any(|gaps| gaps.blind)
            || names.any(|name| gaps.values().any(|gaps| gaps.words.contains(name)))
        {
            return true;
        }
    }
    (is(Code::ModulePlacement) && !is_twice && lacks(Part::Deployment, &["processes"]))
        || (is(Code::StorePlacement)
            && !is_twice
            && lacks(Part::Deployment, &["databases", "caches", "logs"]))
        || (is(Code::Pool) && (modules || lacks(Part::Deployment, &["pools", "processes", "databases"])))
        || (is(Code::EmptyLoad) && lacks(Part::Scenario, &["load"]))
        || (is(Code::Runbook)
            && (suspect.cause.contains("cannot recover") || suspect.cause.starts_with("nothing makes"))
            && lacks(Part::Scenario, &["faults", "runbook"]))
        || (wants_an_incident(suspect) && lacks(Part::Scenario, &["faults", "recovery"]))
}

/// Whether a mistake is only that no step that is known does something, and some step may.
fn wants_a_step(suspect: Suspect<'_>, gaps: &BTreeMap<Part, Gaps>) -> bool {
    if suspect.code == Code::Action.number() {
        return suspect.cause.contains("has nothing that fills this cache");
    }
    let named = suspect.cause.strip_prefix("there is no effect `").and_then(|rest| rest.split('`').next());
    let is_written = |name: &str| gaps.get(&Part::Operations).is_none_or(|own| own.effects.contains(name));
    named.is_some_and(is_written)
}

/// Whether a mistake is only that nothing happens in a scenario.
fn wants_an_incident(suspect: Suspect<'_>) -> bool {
    let is = |code: Code| suspect.code == code.number();
    let implied = ["`before`", "`fault`", "`after`"];
    (is(Code::Recovery) && suspect.cause.starts_with("nothing says"))
        || (is(Code::Claim) && suspect.cause.ends_with("and nothing happens"))
        || (is(Code::UnknownWindow) && implied.iter().any(|name| suspect.cause.contains(name)))
}

/// Whether a mistake is about what names a load, acts on the clients of one, or needs operations that are loaded.
fn is_about_load(suspect: Suspect<'_>) -> bool {
    let key = |at: usize| match suspect.place.get(at) {
        Some(PlaceStep::Key(key)) => key.as_str(),
        Some(PlaceStep::Index(_)) | None => "",
    };
    let actions = ["pause", "resume", "announce", "rate-limit", "lift-limit"];
    let needs_steps = key(3) == "warm" && suspect.code == Code::Action.number();
    suspect.part == Part::Scenario
        && (key(0) == "clients"
            || (key(0) == "faults" && key(2) == "surge")
            || (key(0) == "runbook" && key(2) == "do" && (actions.contains(&key(3)) || needs_steps)))
}

/// Whether a mistake is about a single value that is there, and names nothing that was left out.
fn is_about_one_value(suspect: Suspect<'_>, node: &Node, gaps: &BTreeMap<Part, Gaps>) -> bool {
    let Some(PlaceStep::Key(_)) = suspect.place.last() else { return false };
    let found = node.follow(suspect.place);
    let names =
        |gaps: &Gaps| suspect.cause.split('`').skip(1).step_by(2).any(|name| gaps.words.contains(name));
    found.taken == suspect.place.len()
        && found.node.scalar().is_some()
        && !gaps.get(&suspect.part).is_some_and(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::Place;
    use crate::scenario::diagnostic::Diagnostics;
    use crate::scenario::parse::parse;
    use crate::scenario::schema::{Draft, schema};
    use crate::scenario::source::Source;

    const TEXT: &str = "modules: {order: {place: [a, b, c]}}\nloose: {weights: [1, 2]}\nkeys: {x: 1}\n";

    fn tree() -> Node {
        parse(&Source::new("a.yaml".to_owned(), TEXT.to_owned()), &mut Diagnostics::default()).unwrap()
    }

    fn place(keys: &[&str]) -> Place {
        keys.iter().fold(Place::default(), |place, key| place.key(key))
    }

    fn at(node: &Node, place: &Place) -> u32 {
        node.follow(place.steps()).node.id
    }

    fn told(code: Code, at: &Place, cause: &str, left_out: &Place) -> bool {
        let node = tree();
        let lost = BTreeSet::from([self::at(&node, left_out)]);
        let (kept, gaps) = Gaps::cut(&node, &lost, &[], &[]);
        let suspect = Suspect {
            part: Part::Operations,
            place: at.steps(),
            code: code.number(),
            severity: Severity::Error,
            cause,
        };
        !follows(suspect, &kept, &BTreeMap::from([(Part::Operations, gaps)]))
    }

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
    fn a_key_is_missing_under_its_own_name_or_the_one_it_was_misspelt_as() {
        let lost = |key: &str| Gaps { sections: BTreeSet::from([key.to_owned()]), ..Gaps::default() };
        assert!(lost("fualts").lacks(&["faults"]));
        assert!(!lost("stations").lacks(&["operations"]));
        assert!(!lost("alerts").lacks(&["clients"]));
    }

    #[test]
    fn positions_are_those_of_what_was_kept() {
        let node = tree();
        let steps = place(&["modules", "order", "place"]);
        let lost = BTreeSet::from([at(&node, &steps.index(0))]);
        let (kept, _) = Gaps::cut(&node, &lost, &[], &[]);
        let first = kept.follow(steps.index(0).steps()).node.scalar().map(|scalar| scalar.text.as_str());
        assert_eq!(first, Some("b"));
    }

    #[test]
    fn a_name_that_was_left_out_is_not_missed() {
        let left_out = place(&["modules", "order"]);
        let there = place(&["keys", "x"]);
        assert!(!told(Code::UnknownName, &there, "there is no operation `order.place`", &left_out));
        assert!(told(Code::UnknownName, &there, "there is no operation `pay.pay`", &left_out));
    }

    #[test]
    fn what_something_is_missing_from_is_not_judged_as_a_whole_and_its_parts_are() {
        let left_out = place(&["loose", "weights"]).index(0);
        assert!(!told(Code::Weights, &place(&["loose", "weights"]), "they sum to 2", &left_out));
        assert!(!told(Code::Policy, &place(&["loose", "weights"]).index(0), "2 does not fit", &left_out));
        assert!(told(Code::Range, &place(&["loose", "weights"]).index(0), "2 is too much", &left_out));
        assert!(told(Code::Policy, &place(&["keys", "x"]), "1 does not fit", &left_out));
    }

    #[test]
    fn a_value_that_is_there_is_judged_by_itself_unless_what_is_wrong_is_about_what_is_not() {
        let node = tree();
        let left_out = place(&["modules"]);
        assert!(told(Code::Policy, &place(&["keys", "x"]), "`x` is 1: it must be 2", &left_out));
        assert!(at(&node, &place(&["keys", "x"])) != at(&node, &left_out));
    }

    #[test]
    fn without_gaps_every_mistake_is_told() {
        let suspect = Suspect {
            part: Part::Scenario,
            place: &[],
            code: Code::Unused.number(),
            severity: Severity::Warning,
            cause: "unused",
        };
        assert!(!follows(suspect, &tree(), &BTreeMap::new()));
    }
}
