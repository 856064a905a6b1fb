//! Misspelt keys and names, read as what was meant: the words, and putting them into a file's tree.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::diagnostic::Diagnostic;
use super::node::{Kind, Node};
use super::source::{Mark, Source};

/// How alike two words have to be for one to be read as the other, from 0 to 1: `plcae` and `place` are 0.8.
const ALIKE: f64 = 0.7;

/// A word of a file, and what was meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Meant {
    /// Where the key or the value begins that it is in.
    offset: usize,
    pub(super) written: String,
    pub(super) meant: String,
}

impl Meant {
    /// What was meant, if there is little doubt.
    pub(super) fn new(mark: Mark, written: &str, meant: &str) -> Option<Meant> {
        let alike = strsim::normalized_damerau_levenshtein(
            &written.to_lowercase().replace('_', "-"),
            &meant.to_lowercase().replace('_', "-"),
        );
        (alike >= ALIKE).then(|| Meant {
            offset: mark.offset,
            written: written.to_owned(),
            meant: meant.to_owned(),
        })
    }
}

/// What was meant, by file.
#[derive(Clone, Debug, Default)]
pub(super) struct Mends {
    words: BTreeMap<String, Vec<Meant>>,
}

impl Mends {
    /// Adds what diagnostics say was meant; gives those that are about something new. Where one says that the second of two words was
    /// meant and another the first, it is the one that is written more often.
    pub(super) fn add<'d>(
        &mut self,
        diagnostics: &'d [Diagnostic],
        sources: &[Source],
    ) -> Vec<&'d Diagnostic> {
        let all: Vec<(&Diagnostic, &Meant)> = diagnostics
            .iter()
            .filter_map(|it| Some((it, it.meant.as_ref()?)))
            .filter(|(it, _)| it.is_error())
            .collect();
        let count =
            |word: &str| -> usize { sources.iter().map(|it| whole_words(it.text(), word).count()).sum() };
        let is_backwards = |(at, word): (usize, &Meant)| {
            let turned = |it: &Meant| it.written == word.meant && it.meant == word.written;
            let against = all.iter().position(|(_, it)| turned(it));
            against.is_some_and(|against| match count(&word.meant).cmp(&count(&word.written)) {
                Ordering::Less => true,
                Ordering::Equal => against < at,
                Ordering::Greater => false,
            })
        };
        let mut new = Vec::new();
        for (at, (diagnostic, word)) in all.iter().enumerate() {
            let words = self.words.entry(diagnostic.file.clone()).or_default();
            let is_known = words.iter().any(|it| (it.offset, &it.written) == (word.offset, &word.written));
            if !is_known && !is_backwards((at, word)) {
                words.push((*word).clone());
                new.push(*diagnostic);
            }
        }
        new
    }

    /// Puts what was meant into the tree of a file.
    pub(super) fn apply(&self, file: &str, node: &mut Node) {
        let Some(words) = self.words.get(file) else { return };
        let mut by_offset: BTreeMap<usize, Vec<&Meant>> = BTreeMap::new();
        for word in words {
            by_offset.entry(word.offset).or_default().push(word);
        }
        put(node, &by_offset);
    }

    /// Whether something is said of the shape of what was mended: it may only say that another word was meant.
    pub(super) fn is_of_one(&self, diagnostic: &Diagnostic, source: &Source) -> bool {
        let is_of_shape = (200..300).contains(&diagnostic.code);
        let words = self.words.get(&diagnostic.file).filter(|_| is_of_shape);
        words.into_iter().flatten().any(|word| {
            let is_at = |offset: usize| {
                let spot = source.spot(Mark { offset, length: 1 });
                (spot.line, spot.column) == (diagnostic.line, diagnostic.column)
            };
            let is_missing = diagnostic.code == Code::MissingKey.number();
            let is_of_word = !is_missing || diagnostic.cause.contains(&format!("`{}`", word.written));
            is_of_word && (is_at(word.offset) || behind(source.text(), word.offset).is_some_and(is_at))
        })
    }
}

fn put(node: &mut Node, words: &BTreeMap<usize, Vec<&Meant>>) {
    match &mut node.kind {
        Kind::Map(entries) => {
            let taken: BTreeSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
            for entry in entries {
                let key =
                    words.get(&entry.mark.offset).into_iter().flatten().find(|it| it.written == entry.key);
                if let Some(word) = key.filter(|it| !taken.contains(&it.meant)) {
                    entry.key.clone_from(&word.meant);
                }
                put(&mut entry.value, words);
            }
        }
        Kind::Seq(items) => {
            // What is in a list twice would be a mistake of the guess.
            let taken: BTreeSet<String> =
                items.iter().filter_map(|item| Some(item.scalar()?.text.clone())).collect();
            items.retain(|item| {
                let word = words.get(&item.mark.offset).into_iter().flatten();
                let is_of = |it: &&&Meant| item.scalar().is_some_and(|scalar| scalar.text == it.written);
                word.filter(is_of).all(|it| !taken.contains(&it.meant))
            });
            items.iter_mut().for_each(|item| put(item, words));
        }
        Kind::Scalar(scalar) => {
            for word in words.get(&node.mark.offset).into_iter().flatten() {
                scalar.text = replaced(&scalar.text, &word.written, &word.meant);
            }
        }
    }
}

/// Where the value of a key begins, if it is in the same line.
fn behind(text: &str, key: usize) -> Option<usize> {
    let line = text.get(key..)?.lines().next()?;
    let colon = line.find(": ")?;
    let blanks = line[colon + 1..].len() - line[colon + 1..].trim_start().len();
    Some(key + colon + 1 + blanks)
}

/// Where a word stands by itself in a text.
fn whole_words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> {
    let is_part = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let all = text.match_indices(word).filter(|(_, found)| !found.is_empty()).map(|(at, _)| at);
    all.filter(move |at| !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

/// A text with one word put for another wherever it stands by itself.
fn replaced(text: &str, written: &str, meant: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for at in whole_words(text, written) {
        out.push_str(&text[from..at]);
        out.push_str(meant);
        from = at + written.len();
    }
    out.push_str(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_replaced_where_they_stand_by_themselves() {
        let put = |text| replaced(text, "order.plcae", "order.place");
        assert_eq!(put("p95(order.plcae) < 3s"), "p95(order.place) < 3s");
        assert_eq!(put("order.plcae"), "order.place");
        assert_eq!(put("reorder.plcae order.plcaes"), "reorder.plcae order.plcaes");
    }

    #[test]
    fn only_what_is_much_alike_is_read_as_what_was_meant() {
        let mark = Mark { offset: 3, length: 1 };
        assert!(Meant::new(mark, "order.plcae", "order.place").is_some());
        assert!(Meant::new(mark, "max-pool-size", "maximum-pool-size").is_some());
        assert!(Meant::new(mark, "timeout", "acquire-timeout").is_none());
    }
}
