//! Which mistakes only follow from what a file lost while it was read.
//!
//! A mistake says in backquotes which keys and names it is about. It follows from a gap if one of those keys is missing from
//! the mappings around its place, or one of those names from any file.

use std::collections::BTreeMap;

use super::code::Code;
use super::gaps::Gaps;
use super::node::Node;
use super::stand_in::is_about_one;
use crate::component::{Part, PlaceStep, Severity};

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
    /// What it says is wrong.
    pub(super) cause: &'a str,
    /// What it says to do.
    pub(super) remedy: &'a str,
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
    // What an unknown name may have meant is only a guess.
    let is_name = is(Code::UnknownName) || is(Code::UnknownOperation) || is(Code::UnknownWindow);
    let words = if is_name { Words(Vec::new()) } else { Words::of(&[suspect.cause, suspect.remedy]) };
    let mut keys = words.near(suspect.place);
    if is(Code::Claim) && keys.last() == Some(&"expect") {
        // Against another window it is a share of what was there.
        keys.push("against");
    }
    // How long faults last, and how many steps there are, is not known of a file of which parts could not be read at all.
    let is_blind = gaps.get(&Part::Scenario).is_some_and(Gaps::is_blind);
    if is_blind && (is(Code::Recovery) || is(Code::Setting)) {
        return true;
    }
    // An item that is missing from a list changes what all of them are together, and the numbers of the others.
    let of_items = is(Code::Law) || is(Code::Load);
    let own = gaps.get(&suspect.part);
    if own.is_some_and(|own| own.lacks_near(node, suspect.place, &keys, of_items)) {
        return true;
    }
    let lacks = |part, sections: &[&str]| gaps.get(&part).is_some_and(|gaps| gaps.lacks(sections));
    let operations = lacks(Part::Scenario, &["deployment"]) || lacks(Part::Deployment, &["operations"]);
    let modules = lacks(Part::Operations, &["modules"]) || operations;
    if own.is_some_and(|own| suspect.part == Part::Scenario && own.stands_in("load"))
        && is_about_load(suspect)
    {
        return !is(Code::Range);
    }
    // What steps do is only known of operations that are loaded.
    let load = lacks(Part::Scenario, &["load"]);
    let starts = |words: &str| suspect.cause.starts_with(words);
    (load && (starts("there is no operation with load") || starts("there is no topic with")))
        || ((load || modules || lacks(Part::Deployment, &["processes"])) && wants_a_step(suspect, gaps))
        || misses_a_name(suspect, gaps)
        || (is(Code::EmptyLoad) && load)
        || (wants_an_incident(suspect) && lacks(Part::Scenario, &["faults", "recovery"]))
}

/// Words that are keys somewhere, and stand in sentences that have nothing to do with it.
const COMMON: &[&str] = &[
    "after", "answer", "at", "by", "for", "from", "in", "is", "key", "of", "over", "people", "run", "source",
    "take", "takes", "to", "values", "when", "works", "write",
];

/// The words of a sentence that may be keys.
pub(super) struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    /// Those of some sentences.
    pub(super) fn of(sentences: &[&'a str]) -> Words<'a> {
        let mut words = Vec::new();
        for sentence in sentences {
            for (at, piece) in sentence.split('`').enumerate() {
                let all = piece.split(|c: char| !c.is_alphanumeric() && !"-_.".contains(c));
                let all = all.filter(|word| word.starts_with(char::is_alphabetic));
                match at % 2 {
                    1 => words.extend(all),
                    _ => words.extend(all.filter(|word| !COMMON.contains(word))),
                }
            }
        }
        // `weight` is what weights are.
        let singular: Vec<&str> = words.iter().filter_map(|word| word.strip_suffix('s')).collect();
        words.extend(singular);
        Words(words)
    }

    /// These, and the key that a place ends with.
    pub(super) fn near<'b>(&self, place: &'b [PlaceStep]) -> Vec<&'b str>
    where
        'a: 'b,
    {
        let last = match place.last() {
            Some(PlaceStep::Key(key)) => Some(key.as_str()),
            Some(PlaceStep::Index(_)) | None => None,
        };
        self.0.iter().copied().chain(last).collect()
    }
}

/// Whether a mistake is that something of a name is not there, and it may have been where something is missing.
fn misses_a_name(suspect: Suspect<'_>, gaps: &BTreeMap<Part, Gaps>) -> bool {
    let is = |code: Code| suspect.code == code.number();
    let is_placement = is(Code::ModulePlacement) || is(Code::StorePlacement);
    let lost = |key: &str| gaps.values().any(|gaps| gaps.lost_name(key));
    // What is in two places is there whatever else is lost; of two pools, one may be to the read replicas.
    let is_twice = suspect.cause.contains(" already ");
    let is_there = is_placement && is_twice;
    if is(Code::Station) && suspect.cause.contains("service time") {
        return lost("service");
    }
    if is(Code::Pool) && is_twice {
        return lost("read-replicas") || lost("of") || lost("to");
    }
    let of_names = [
        Code::UnknownName,
        Code::UnknownOperation,
        Code::UnknownWindow,
        Code::Pool,
        Code::Claim,
        Code::Runbook,
        Code::Action,
        Code::Effect,
    ];
    let is_of_claim = is(Code::Claim) && !suspect.cause.starts_with("there is no");
    if is_there || is_of_claim || !(is_placement || of_names.into_iter().any(is)) {
        return false;
    }
    let quoted = suspect.cause.split('`').skip(1).step_by(2);
    let mut names = quoted.flat_map(|name| name.split('.').chain([name]));
    if names.any(|name| gaps.values().any(|gaps| gaps.lost_name(name))) {
        return true;
    }
    let no = |kind: &str| suspect.cause.starts_with(&format!("there is no {kind}"));
    let hides = |part, key: &str| gaps.get(&part).is_some_and(|gaps| gaps.hides_names(key));
    let (scenario, deployment, operations) = (Part::Scenario, Part::Deployment, Part::Operations);
    // What is of the scenario itself is there or not whatever the system is.
    let of_scenario = ["step", "window", "fault", "earlier fault", "load `", "alert"].into_iter().any(no)
        || is(Code::UnknownWindow)
        || is(Code::UnknownOperation)
        || is(Code::Runbook);
    let of_operations = ["module", "operation", "schema", "table", "key", "flag", "stock", "effect"];
    let of_operations = is(Code::UnknownName) && of_operations.into_iter().any(no);
    let of_deployment = is(Code::UnknownName) && !of_operations;
    let blind = |part: &Part| match part {
        Part::Scenario => true,
        Part::Deployment => !of_scenario && !of_operations,
        Part::Operations => !of_scenario && !of_deployment,
    };
    if gaps.iter().any(|(part, gaps)| gaps.is_blind() && blind(part)) {
        return true;
    }
    (is(Code::ModulePlacement) && hides(deployment, "modules"))
        || (is(Code::StorePlacement)
            && ["schemas", "holds", "topics"].iter().any(|key| hides(deployment, key)))
        || (is(Code::Pool) && ["to", "of"].iter().any(|key| hides(deployment, key)))
        || (no("cache") && hides(deployment, "holds"))
        || (no("topic") && hides(deployment, "topics"))
        || ((no("table") || no("schema")) && hides(operations, "schemas"))
        || ((no("module") || no("operation"))
            && ["operations", "modules"].iter().any(|key| hides(operations, key)))
        || (no("step") && hides(scenario, "name"))
}

/// Whether a mistake is only that no step that is known does something, and some step may.
fn wants_a_step(suspect: Suspect<'_>, gaps: &BTreeMap<Part, Gaps>) -> bool {
    if suspect.code == Code::Action.number() {
        return suspect.cause.contains("has nothing that fills this cache");
    }
    let named = suspect.cause.strip_prefix("there is no effect `").and_then(|rest| rest.split('`').next());
    // What claims name is looked for among all that is written.
    let is_claim = suspect.code == Code::Claim.number();
    let is_written = |name: &str| gaps.get(&Part::Operations).map_or(!is_claim, |own| own.counts(name));
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
    let actions = ["pause", "resume", "announce", "withdraw", "rate-limit", "lift-limit"];
    let needs_steps = key(3) == "warm" && suspect.code == Code::Action.number();
    suspect.part == Part::Scenario
        && (key(0) == "clients"
            || (key(0) == "faults" && key(2) == "surge")
            || (key(0) == "runbook" && key(2) == "do" && (actions.contains(&key(3)) || needs_steps)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::component::Place;
    use crate::scenario::diagnostic::Diagnostics;
    use crate::scenario::gaps::Left;
    use crate::scenario::parse::parse;
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
        let none = BTreeMap::new();
        let (kept, gaps) = Gaps::cut(&node, Left { out: &lost, unknown: &none, stood_in: &[], dropped: &[] });
        let suspect = Suspect {
            part: Part::Operations,
            place: at.steps(),
            code: code.number(),
            severity: Severity::Error,
            cause,
            remedy: "",
        };
        !follows(suspect, &kept, &BTreeMap::from([(Part::Operations, gaps)]))
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
        assert!(!told(
            Code::Policy,
            &place(&["loose"]),
            "the `weights` sum to 2",
            &place(&["loose", "weights"])
        ));
        assert!(told(Code::Policy, &place(&["loose"]), "`x` is 2", &place(&["loose", "weights"])));
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
            remedy: "",
        };
        assert!(!follows(suspect, &tree(), &BTreeMap::new()));
    }
}
