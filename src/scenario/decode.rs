//! Tree of values → typed settings, with all mistakes at once.
//!
//! serde stops at the first mistake. So a file is decoded again and again: a value that cannot be read is
//! noted, left out, and the rest is decoded once more. What fails only because something in it was left out
//! says nothing. A key that has to be there has a [stand-in](super::stand_in), so that what is beside it is read; where none
//! fits, the mapping that lacks it is left out as well.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::code::Code;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::follows::Words;
use super::node::{Entry, Kind, Node};
use super::schema::range_of;
use super::source::{Mark, Source, quoted};
use super::stand_in::{StandIns, StoodIn, stands_in};
use super::value::Value;
use super::words;
use crate::component::PlaceStep;

/// Most values that are looked at over all repetitions, so that a large file full of mistakes ends.
const MOST_WORK: usize = 30_000_000;

/// Behind so many unknown keys nobody is told of them: far fewer are shown.
const MOST_HELPED: usize = 1_000;

/// What could be read of a file.
#[derive(Debug)]
pub(super) struct Decoded<T> {
    /// The settings; `None` if what was left would have been too little.
    pub(super) value: Option<T>,
    /// The values that were left out because of mistakes.
    pub(super) left_out: BTreeSet<u32>,
    /// Of those whose key there is not, the key that was meant; an empty one where nobody knows.
    pub(super) unknown: BTreeMap<u32, String>,
    /// The keys that something stands in for.
    pub(super) stood_in: Vec<StoodIn>,
}

/// Decodes a tree as far as it can be read; each mistake is among the diagnostics. The values `lost` are left out from the
/// start. `stand_ins` are values for keys of the whole file that are used where its own are missing or cannot be read.
pub(super) fn decode<T: DeserializeOwned + JsonSchema>(
    node: &Node,
    source: &Source,
    lost: BTreeSet<u32>,
    stand_ins: Vec<(&'static str, Kind)>,
    diagnostics: &mut Diagnostics,
) -> Decoded<T> {
    let pass = Pass {
        source,
        whole: node.id,
        of_whole: stand_ins,
        stand_ins: OnceCell::new(),
        stood_in: RefCell::default(),
        handed_out: RefCell::default(),
        left_out: RefCell::new(lost),
        unknown: RefCell::default(),
        beside: RefCell::default(),
        notes: RefCell::default(),
    };
    let attempts = (MOST_WORK / count(node).max(1)).clamp(20, 2_000);
    for _ in 0..attempts {
        let outcome = T::deserialize(Value::root(node, &pass));
        for (id, note) in std::mem::take(&mut *pass.notes.borrow_mut()) {
            diagnostics.push(with_range::<T>(note, node, id));
        }
        match outcome {
            Ok(value) => return pass.decoded(Some(value)),
            Err(fault) => {
                let culprit = fault.site.map_or(node.id, |site| site.id);
                let lacking = if stands_in(culprit) {
                    // What stood in does not fit.
                    pass.handed_out.borrow().clone()
                } else {
                    if let Some(note) = pass.explain(&fault) {
                        diagnostics.push(with_range::<T>(note, node, culprit));
                    }
                    fault.lacks().map(|key| (culprit, key.to_owned()))
                };
                let culprit = lacking.as_ref().map_or(culprit, |(of, _)| *of);
                let is_missing = matches!(fault.kind, FaultKind::Missing { .. });
                let is_stood_in = lacking.is_some_and(|(of, key)| pass.stand_in(of, &key, is_missing));
                if diagnostics.full() || (culprit == node.id && !is_stood_in) {
                    return pass.decoded(None);
                }
                if !is_stood_in {
                    pass.leave_out(culprit);
                }
            }
        }
    }
    let cause = "the file has more mistakes than can be told apart";
    diagnostics.push(Diagnostic::of_file(
        source.path(),
        Code::More,
        cause,
        "mend the listed ones and check again",
    ));
    pass.decoded(None)
}

/// A number's mistake with the range that its component has: that of its type may be far larger.
fn with_range<T: JsonSchema>(note: Diagnostic, node: &Node, id: u32) -> Diagnostic {
    if note.code != Code::Number.number() {
        return note;
    }
    let mut path = Vec::new();
    let range = leads_to(node, id, &mut path).then(|| range_of::<T>(&path)).flatten();
    match range {
        Some(range) if note.remedy.contains("whole number") => {
            Diagnostic { remedy: format!("write a whole number: {range}"), ..note }
        }
        Some(range) => Diagnostic { remedy: format!("write a number: {range}"), ..note },
        None => note,
    }
}

/// Whether a value is in a tree; `path` then leads there.
fn leads_to(node: &Node, id: u32, path: &mut Vec<PlaceStep>) -> bool {
    if node.id == id {
        return true;
    }
    let mut try_below = |step, value| {
        path.push(step);
        let found = leads_to(value, id, path);
        if !found {
            path.pop();
        }
        found
    };
    match &node.kind {
        Kind::Map(entries) => {
            entries.iter().any(|entry| try_below(PlaceStep::Key(entry.key.clone()), &entry.value))
        }
        Kind::Seq(items) => items.iter().enumerate().any(|(at, item)| try_below(PlaceStep::Index(at), item)),
        Kind::Scalar(_) => false,
    }
}

fn count(node: &Node) -> usize {
    1 + match &node.kind {
        Kind::Map(entries) => entries.iter().map(|entry| count(&entry.value)).sum(),
        Kind::Seq(items) => items.iter().map(count).sum(),
        Kind::Scalar(_) => 0,
    }
}

/// What the repetitions share.
pub(super) struct Pass<'a> {
    source: &'a Source,
    /// The number of the whole file's value.
    whole: u32,
    /// What may be used where a key of the whole file is missing.
    of_whole: Vec<(&'static str, Kind)>,
    /// What may be used where any key is missing.
    stand_ins: OnceCell<StandIns>,
    /// The mappings and keys that it is used for, and whose turn it is for each.
    stood_in: RefCell<BTreeMap<(u32, String), Turn>>,
    /// The one of them that was read last.
    handed_out: RefCell<Option<(u32, String)>>,
    /// Values that are left out.
    left_out: RefCell<BTreeSet<u32>>,
    /// Of those whose key there is not, the key that was meant; an empty one where nobody knows.
    unknown: RefCell<BTreeMap<u32, String>>,
    /// Keys that are written beside a tag.
    beside: RefCell<BTreeSet<String>>,
    /// Mistakes that did not stop the decoding, by value.
    notes: RefCell<BTreeMap<u32, Diagnostic>>,
}

/// Which of those that may stand in does.
#[derive(Clone, Copy, Debug)]
struct Turn {
    number: usize,
    /// Whether nothing was written.
    is_missing: bool,
}

/// The value that a fault is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    /// Its number.
    pub(super) id: u32,
    /// What to point at.
    pub(super) mark: Mark,
}

/// Why a value cannot be decoded.
#[derive(Debug)]
pub(super) struct Fault {
    /// Where, as soon as it is known.
    pub(super) site: Option<Site>,
    /// What.
    pub(super) kind: FaultKind,
}

/// What is wrong with a value.
#[derive(Debug)]
pub(super) enum FaultKind {
    /// A mistake in words.
    Told { code: Code, cause: String, remedy: String, label: String },
    /// A key that is not among the known ones.
    UnknownKey { key: String, known: &'static [&'static str], of: &'static str },
    /// A tag or word that is not among the choices.
    UnknownTag { tag: String, known: &'static [&'static str] },
    /// A missing key.
    Missing { key: &'static str },
    /// A key that is missing because its value could not be read.
    Lost { key: &'static str },
    /// Nothing but what follows from another mistake.
    Silent,
}

impl Fault {
    /// A mistake in words.
    pub(super) fn told(code: Code, cause: impl Into<String>, remedy: impl Into<String>) -> Fault {
        let kind = FaultKind::Told { code, cause: cause.into(), remedy: remedy.into(), label: String::new() };
        Fault { site: None, kind }
    }

    /// The key that is missing, if one is.
    fn lacks(&self) -> Option<&'static str> {
        match self.kind {
            FaultKind::Missing { key } | FaultKind::Lost { key } => Some(key),
            _ => None,
        }
    }

    /// Says where it is, unless that is known better already.
    #[must_use]
    pub(super) fn at(mut self, site: Site) -> Fault {
        self.site.get_or_insert(site);
        self
    }
}

impl Pass<'_> {
    fn decoded<T>(self, value: Option<T>) -> Decoded<T> {
        let stood_in = self.stood_in.borrow();
        let used = stood_in.iter().filter_map(|((of, key), turn)| {
            let entry = self.stand_ins().get(*of == self.whole, key, turn.number)?;
            let hides_names = turn.is_missing && *of != self.whole && entry.is_empty();
            Some(StoodIn { of: *of, key: key.clone(), hides_names })
        });
        let used = used.collect();
        drop(stood_in);
        let (left_out, unknown) = (self.left_out.into_inner(), self.unknown.into_inner());
        Decoded { value, left_out, unknown, stood_in: used }
    }

    /// Has something stand in for the key of a mapping, or something else if something does already; says whether there is
    /// anything that can.
    fn stand_in(&self, of: u32, key: &str, is_missing: bool) -> bool {
        let next = |turn: &Turn| Turn { number: turn.number + 1, ..*turn };
        let mut stood_in = self.stood_in.borrow_mut();
        let turn = stood_in.get(&(of, key.to_owned())).map_or(Turn { number: 0, is_missing }, next);
        stood_in.insert((of, key.to_owned()), turn);
        self.stand_ins().get(of == self.whole, key, turn.number).is_some()
    }

    fn stand_ins(&self) -> &StandIns {
        self.stand_ins.get_or_init(|| StandIns::new(self.of_whole.clone()))
    }

    /// What stands in for entries of a mapping.
    pub(super) fn stand_ins_of(&self, node: &Node) -> Vec<&Entry> {
        let stood_in = self.stood_in.borrow();
        let own = stood_in.range((node.id, String::new())..).take_while(|((of, _), _)| *of == node.id);
        own.filter_map(|((of, key), turn)| self.stand_ins().get(*of == self.whole, key, turn.number))
            .collect()
    }

    /// Notes that what stands in for an entry of a mapping is read now.
    pub(super) fn hand_out(&self, of: &Node, entry: &Entry) {
        *self.handed_out.borrow_mut() = Some((of.id, entry.key.clone()));
    }

    /// What is written at a mark.
    pub(super) fn written(&self, mark: Mark) -> &str {
        self.source.marked(mark)
    }

    /// Whether the value is left out.
    pub(super) fn is_left_out(&self, node: &Node) -> bool {
        self.left_out.borrow().contains(&node.id)
    }

    /// Whether something directly in the value is left out, or stood in for.
    pub(super) fn lacks_some(&self, node: &Node) -> bool {
        !self.stand_ins_of(node).is_empty() || self.left_out_of(node).next().is_some()
    }

    /// Whether something directly in the value is left out, or stood in for, that some words are about.
    pub(super) fn lacks_one_of(&self, node: &Node, words: &Words<'_>) -> bool {
        let keys = words.near(&[]);
        let unknown = self.unknown.borrow();
        let mut left_out = self.left_out_of(node);
        self.stand_ins_of(node).iter().any(|entry| keys.contains(&entry.key.as_str()))
            || left_out.any(|(key, id)| match key {
                None => true,
                Some(key) => keys.contains(&unknown.get(&id).map_or(key, String::as_str)),
            })
    }

    /// Keys, if they have any, and numbers of the values directly in one that are left out.
    fn left_out_of<'n>(&self, node: &'n Node) -> impl Iterator<Item = (Option<&'n str>, u32)> {
        let inside: Vec<_> = match &node.kind {
            Kind::Map(entries) => {
                entries.iter().map(|entry| (Some(entry.key.as_str()), entry.value.id)).collect()
            }
            Kind::Seq(items) => items.iter().map(|item| (None, item.id)).collect(),
            Kind::Scalar(_) => Vec::new(),
        };
        inside.into_iter().filter(|(_, id)| self.left_out.borrow().contains(id))
    }

    /// Leaves a value out from now on.
    pub(super) fn leave_out(&self, id: u32) {
        self.left_out.borrow_mut().insert(id);
    }

    /// Notes a key that there is not and leaves its value out, without stopping.
    pub(super) fn note(&self, fault: &Fault) {
        let Some(site) = fault.site else { return };
        if self.unknown.borrow().len() >= MOST_HELPED {
            self.unknown.borrow_mut().insert(site.id, String::new());
            return self.leave_out(site.id);
        }
        if let FaultKind::UnknownKey { key, known, .. } = &fault.kind {
            let key_alone = words::without_colon(key, known).map(|(key, _)| key);
            let meant = key_alone.or_else(|| words::nearest(key, known)).unwrap_or_default();
            self.unknown.borrow_mut().insert(site.id, meant.to_owned());
        }
        if let Some(note) = self.explain(fault) {
            self.notes.borrow_mut().insert(site.id, note);
        }
        self.leave_out(site.id);
    }

    /// Notes a fault of values that do not belong where they are and leaves them out, without stopping.
    pub(super) fn note_beside<'e>(&self, fault: Fault, entries: impl Iterator<Item = &'e Entry>) {
        for entry in entries {
            self.beside.borrow_mut().insert(entry.key.clone());
            self.unknown.borrow_mut().insert(entry.value.id, entry.key.clone());
            self.leave_out(entry.value.id);
        }
        if let (Some(site), Some(note)) = (fault.site, self.explain(&fault)) {
            self.notes.borrow_mut().insert(site.id, note);
        }
    }

    /// Notes what is wrong with the key of a section that stands among names, and leaves out what belongs to it.
    pub(super) fn note_section<'e>(&self, fault: Fault, entries: impl Iterator<Item = &'e Entry>) {
        entries.for_each(|entry| self.leave_out(entry.value.id));
        if let (Some(site), Some(note)) = (fault.site, self.explain(&fault)) {
            self.notes.borrow_mut().insert(site.id, note);
        }
    }

    /// Whether a key is written beside a tag, where it may belong below it.
    pub(super) fn is_beside(&self, key: &str) -> bool {
        self.beside.borrow().contains(key)
    }

    fn explain(&self, fault: &Fault) -> Option<Diagnostic> {
        let mark = fault.site.map_or(Mark::default(), |site| site.mark);
        let at = |code, cause: &str, remedy: &str| Diagnostic::at(self.source, mark, code, cause, remedy);
        let here = self.source.marked(mark);
        Some(match &fault.kind {
            FaultKind::Silent | FaultKind::Lost { .. } => return None,
            FaultKind::Told { code, cause, remedy, label } => at(*code, cause, remedy).labelled(label),
            FaultKind::UnknownKey { key, known, of } => {
                let of = words::thing(of);
                let list = words::listed(known);
                let keys = if known.is_empty() {
                    "it has no keys".to_owned()
                } else {
                    format!("keys of {of}: {list}")
                };
                let meant = words::nearest(key, known);
                let remedy = match meant {
                    _ if let Some((key, value)) = words::without_colon(key, known) => {
                        format!("put a colon behind the key: `{key}: {value}`")
                    }
                    Some(near) => format!("did you mean `{near}`? {keys}"),
                    None => format!("remove it; {keys}"),
                };
                at(Code::UnknownKey, &format!("unknown key {}", quoted(key)), &remedy)
                    .labelled(&format!("{of} has no such key"))
                    .meaning(mark, key, meant)
            }
            FaultKind::UnknownTag { tag, known } => {
                let list = words::listed(known);
                let meant = words::nearest(tag, known);
                let remedy = match (words::tag_for(tag, known), meant) {
                    (Some(of), _) => format!("say what it is: `{{{of}: {tag}}}`; choices: {list}"),
                    (None, Some(near)) => format!("did you mean `{near}`? choices: {list}"),
                    (None, None) => format!("use one of {list}"),
                };
                at(Code::UnknownTag, &format!("{} is not one of the choices here", quoted(tag)), &remedy)
                    .meaning(mark, tag, meant)
            }
            FaultKind::Missing { key } => {
                let whose = if here.is_empty() || here.starts_with(['{', '[', '\n']) || here.contains('\n') {
                    String::new()
                } else {
                    format!(" of {}", quoted(here))
                };
                let remedy = match words::example(key) {
                    Some(example) => format!("add it, like `{example}`"),
                    None => format!("add `{key}: …`"),
                };
                at(Code::MissingKey, &format!("the key `{key}`{whose} is missing"), &remedy)
            }
        })
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl std::error::Error for Fault {}

/// Cause and remedy of a message, which a colon parts: none of those in back quotes, which are the user's own.
fn parted(message: &str) -> Option<(&str, &str)> {
    let is_outside = |(at, _): &(usize, &str)| message[..*at].matches('`').count().is_multiple_of(2);
    let colons: Vec<usize> = message.match_indices(": ").filter(is_outside).map(|(at, _)| at).collect();
    let quoted = colons.iter().find(|at| message[..**at].ends_with('`'));
    let at = *quoted.or(colons.first())?;
    Some((&message[..at], &message[at + 2..]))
}

impl serde::de::Error for Fault {
    fn custom<T: std::fmt::Display>(message: T) -> Fault {
        // Quantities say cause and remedy in one sentence, parted by a colon.
        let message = message.to_string();
        if let Some((cause, remedy)) = message.split_once(": ")
            && cause.contains("two tags")
        {
            return Fault::told(Code::SingleTag, cause, remedy);
        }
        match parted(&message) {
            Some((cause, remedy)) if !remedy.is_empty() => Fault::told(Code::Value, cause, remedy),
            _ => Fault::told(Code::Value, message, ""),
        }
    }

    fn invalid_type(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Fault {
        let cause = format!("there is {} here", words::found(found));
        Fault::told(Code::Shape, cause, format!("write {}", words::plain(&expected.to_string())))
    }

    fn invalid_value(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Fault {
        let cause = format!("{} does not fit here", words::found(found));
        Fault::told(Code::Value, cause, format!("write {}", words::plain(&expected.to_string())))
    }

    fn unknown_variant(tag: &str, known: &'static [&'static str]) -> Fault {
        Fault { site: None, kind: FaultKind::UnknownTag { tag: tag.to_owned(), known } }
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Fault {
        Fault { site: None, kind: FaultKind::UnknownKey { key: key.to_owned(), known, of: "" } }
    }

    fn missing_field(key: &'static str) -> Fault {
        Fault { site: None, kind: FaultKind::Missing { key } }
    }
}
