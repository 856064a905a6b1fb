//! Looks at files again with what was meant in the place of what is misspelt.
//!
//! A misspelt word is told of. What follows from it is not, and what is below it is checked all the same: the files
//! are looked at once more with the word that was meant in its place, until nothing new is misspelt. That is done only for
//! words of which there is little doubt; others are left out, and [`follows`](crate::scenario::follows) says what follows from
//! that.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Assemble, Document, Loaded, Look, Overrides, heeded, load_with};
use crate::component::Part;
use crate::scenario::code::Code;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::files::{Files, Reread};
use crate::scenario::mend::Mends;
use crate::scenario::node::{Kind, Node};
use crate::scenario::source::{Mark, Source, quoted};

/// So often files are looked at: words below a misspelt key are seen in the second round only, and so on.
const ROUNDS: usize = 6;
/// Files that are longer together [bytes] are looked at once.
const MOST_BYTES: usize = 1 << 20;

/// Loads a scenario; if it has mistakes, with those that are left when misspelt words are read as what was meant.
pub(super) fn load_and_mend(
    scenario: &Path,
    overrides: &Overrides,
    files: &dyn Files,
    assemble: Assemble<'_>,
) -> Loaded {
    let mut first = load_with(scenario, overrides, files, assemble, Look::default());
    let bytes: usize = first.sources.iter().map(|source| source.text().len()).sum();
    if bytes > MOST_BYTES || is_full(&first.diagnostics) {
        return first;
    }
    let mut mends = Mends::default();
    let mut told = Vec::new();
    let mut diagnostics = first.diagnostics.clone();
    for _ in 0..ROUNDS {
        // Where a definition is misspelt, what uses it is not.
        let defined = misdefined(&diagnostics, &first.documents, &first.sources);
        let new = match mends.add(&defined, &first.sources) {
            new if new.is_empty() => mends.add(&diagnostics, &first.sources),
            new => new,
        };
        if new.is_empty() {
            break;
        }
        told.extend(new.into_iter().cloned());
        let again = Reread { sources: &first.sources, files };
        let look = Look { mends: mends.clone(), at_sweeps: true };
        let next = load_with(scenario, overrides, &again, assemble, look);
        let was_readable = !first.diagnostics.iter().any(|it| it.code == Code::Unreadable.number());
        let mut left = next.diagnostics;
        left.retain(|it| {
            let source = next.sources.iter().find(|source| source.path() == it.file);
            let is_new = it.meant.is_none() && !first.diagnostics.iter().any(|first| is_same(first, it));
            let is_guess = is_new && source.is_some_and(|source| mends.is_of_one(it, source));
            // A CSV from a pipe can be read once.
            let is_drained = was_readable && it.code == Code::Unreadable.number() && it.line == 0;
            !is_guess && !is_drained
        });
        (diagnostics, first.sources) = (heeded(&first.diagnostics, left), next.sources);
    }
    if told.is_empty() {
        return first;
    }
    let mut all = Diagnostics::default();
    for diagnostic in told.into_iter().chain(diagnostics) {
        all.push(diagnostic);
    }
    first.diagnostics = all.into_sorted(&first.sources);
    first
}

/// Misspelt definitions: what has a name that nothing uses, where a name that is much like it is used, and more than once, and
/// nothing has it.
fn misdefined(
    diagnostics: &[Diagnostic],
    documents: &BTreeMap<Part, Document>,
    sources: &[Source],
) -> Vec<Diagnostic> {
    let mut found: BTreeMap<(&str, &str), Option<Diagnostic>> = BTreeMap::new();
    for word in diagnostics.iter().filter(|it| it.is_error()).filter_map(|it| it.meant.as_ref()) {
        let (used, defined): (Vec<&str>, Vec<&str>) =
            (word.written.split('.').collect(), word.meant.split('.').collect());
        if used.len() != defined.len() {
            continue;
        }
        for (used, defined) in used.into_iter().zip(defined).filter(|(used, defined)| used != defined) {
            found.entry((used, defined)).or_insert_with(|| misdefinition(used, defined, documents, sources));
        }
    }
    found.into_values().flatten().collect()
}

fn misdefinition(
    used: &str,
    defined: &str,
    documents: &BTreeMap<Part, Document>,
    sources: &[Source],
) -> Option<Diagnostic> {
    let count = |word: &str| -> usize {
        let all = sources.iter().flat_map(|it| it.text().lines());
        // What is said of it in comments is no use.
        let lines = all.map(|line| line.split(" #").next().unwrap_or_default());
        lines.filter(|line| !line.starts_with('#')).map(|line| parts(line, word).count()).sum()
    };
    if count(defined) != 1 || count(used) < 2 {
        return None;
    }
    let mut places = documents.values().filter_map(|it| Some((it.source, place_of(&it.node, defined)?)));
    let (source, mark) = places.next()?;
    let source = sources.get(source)?;
    let cause = format!("nothing uses {}, and {} is used and nowhere defined", quoted(defined), quoted(used));
    let remedy = format!("did you mean `{used}`?");
    Some(Diagnostic::at(source, mark, Code::UnknownName, &cause, &remedy).meaning(mark, defined, Some(used)))
}

/// Where a word is a key, or an item of a list.
fn place_of(node: &Node, word: &str) -> Option<Mark> {
    match &node.kind {
        Kind::Map(entries) => entries.iter().find_map(|entry| match entry.key == word {
            true => Some(entry.mark),
            false => place_of(&entry.value, word),
        }),
        Kind::Seq(items) => items.iter().find_map(|item| match item.scalar() {
            Some(scalar) => (scalar.text == word).then_some(item.mark),
            None => place_of(item, word),
        }),
        Kind::Scalar(_) => None,
    }
}

/// Where a word is one of the parts of a name, which are joined by dots, or a name.
fn parts<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> {
    let is_part = |c: char| c.is_alphanumeric() || "-_".contains(c);
    let all = text.match_indices(word).filter(|(_, found)| !found.is_empty()).map(|(at, _)| at);
    all.filter(move |at| !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

fn is_same(one: &Diagnostic, other: &Diagnostic) -> bool {
    let key = |it: &Diagnostic| (it.line, it.column, it.code);
    key(one) == key(other) && one.file == other.file && one.cause == other.cause
}

fn is_full(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|it| it.code == Code::More.number() && it.is_error())
}
