//! Words and label sets as numbers, so that a run compares no text.
//!
//! A label set is written once, sorted and without empty values, and is a number from then on. What an
//! expression does to labels (drop the name, keep those of a grouping) depends on the set alone; a [`Relabeling`]
//! works it out once for each set and remembers the answer.

use indexmap::IndexSet;
use regex::Regex;
use rustc_hash::FxBuildHasher;

/// A word: a label's name or value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Word(u32);

/// A set of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Labels(u32);

impl Word {
    /// The empty word: a label with it is a label that is not there.
    pub(super) const EMPTY: Word = Word(0);
    /// `__name__`.
    pub(super) const NAME: Word = Word(1);
    /// `alertname`.
    pub(super) const ALERTNAME: Word = Word(2);
    /// `alertstate`.
    pub(super) const ALERTSTATE: Word = Word(3);
    /// `le`.
    pub(super) const LE: Word = Word(4);

    const FIXED: [&'static str; 5] = ["", "__name__", "alertname", "alertstate", "le"];
}

impl Labels {
    /// The set without labels.
    pub(super) const NONE: Labels = Labels(0);

    /// Its number, counted from 0 without gaps.
    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

type Pairs = Box<[(Word, Word)]>;

/// All words and label sets that were met.
#[derive(Clone, Debug)]
pub(super) struct LabelTable {
    words: IndexSet<Box<str>, FxBuildHasher>,
    sets: IndexSet<Pairs, FxBuildHasher>,
}

impl Default for LabelTable {
    fn default() -> Self {
        let mut table = LabelTable { words: IndexSet::default(), sets: IndexSet::default() };
        for word in Word::FIXED {
            table.words.insert(word.into());
        }
        table.sets.insert(Pairs::default());
        table
    }
}

impl LabelTable {
    /// The number of a word.
    pub(super) fn word(&mut self, text: &str) -> Word {
        if let Some(index) = self.words.get_index_of(text) {
            return Word(index as u32);
        }
        Word(self.words.insert_full(text.into()).0 as u32)
    }

    /// The text of a word.
    pub(super) fn text(&self, word: Word) -> &str {
        self.words.get_index(word.0 as usize).map_or("", |text| text)
    }

    /// The number of a label set; the last of several values of one label counts.
    pub(super) fn labels(&mut self, pairs: impl IntoIterator<Item = (Word, Word)>) -> Labels {
        let mut sorted: Vec<(Word, Word)> = Vec::new();
        for (name, value) in pairs {
            sorted.retain(|(known, _)| *known != name);
            sorted.push((name, value));
        }
        sorted.retain(|(_, value)| *value != Word::EMPTY);
        sorted.sort_unstable();
        self.insert(sorted)
    }

    fn insert(&mut self, sorted: Vec<(Word, Word)>) -> Labels {
        if let Some(index) = self.sets.get_index_of(sorted.as_slice()) {
            return Labels(index as u32);
        }
        Labels(self.sets.insert_full(sorted.into_boxed_slice()).0 as u32)
    }

    /// The number of a label set given as text.
    pub(super) fn labels_of(&mut self, pairs: &[(&str, &str)]) -> Labels {
        let pairs: Vec<(Word, Word)> =
            pairs.iter().map(|(name, value)| (self.word(name), self.word(value))).collect();
        self.labels(pairs)
    }

    /// The labels of a set, in no order that means anything.
    pub(super) fn pairs(&self, labels: Labels) -> &[(Word, Word)] {
        self.sets.get_index(labels.index()).map_or(&[], |pairs| pairs)
    }

    /// The value of a label, empty if the set has none.
    pub(super) fn value(&self, labels: Labels, name: Word) -> Word {
        let found = self.pairs(labels).iter().find(|(known, _)| *known == name);
        found.map_or(Word::EMPTY, |(_, value)| *value)
    }

    /// The labels of a set as text, by name.
    pub(super) fn texts(&self, labels: Labels) -> Vec<(&str, &str)> {
        let mut texts: Vec<(&str, &str)> =
            self.pairs(labels).iter().map(|(name, value)| (self.text(*name), self.text(*value))).collect();
        texts.sort_unstable();
        texts
    }

    fn changed(&mut self, labels: Labels, changes: &[(Word, Word)]) -> Labels {
        let pairs: Vec<(Word, Word)> = self.pairs(labels).iter().chain(changes).copied().collect();
        self.labels(pairs)
    }
}

/// What an expression does to the labels of an element.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// Nothing.
    Nothing,
    /// Leaves only these labels.
    Keep(Vec<Word>),
    /// Takes these labels away.
    Drop(Vec<Word>),
    /// Takes the name and these labels away, and sets others.
    Set {
        /// Labels that go.
        drop: Vec<Word>,
        /// Labels that are set; an empty value takes a label away.
        set: Vec<(Word, Word)>,
    },
    /// Sets a label to what a pattern makes of another, if it matches.
    Replace {
        /// The label that is set.
        to: Word,
        /// The value, with `$1` for groups of the pattern.
        replacement: String,
        /// The label that is read.
        from: Word,
        /// The pattern, anchored at both ends.
        pattern: Box<Regex>,
    },
    /// Sets a label to the values of others.
    Join {
        /// The label that is set.
        to: Word,
        /// What is put between the values.
        separator: String,
        /// The labels that are read.
        from: Vec<Word>,
    },
}

/// A change of labels that is worked out once for each label set.
#[derive(Clone, Debug)]
pub(super) struct Relabeling {
    change: Change,
    known: Vec<Option<Labels>>,
}

impl Relabeling {
    /// Remembers the answers of a change.
    pub(super) fn new(change: Change) -> Self {
        Relabeling { change, known: Vec::new() }
    }

    /// What becomes of a label set.
    #[inline]
    pub(super) fn of(&mut self, table: &mut LabelTable, labels: Labels) -> Labels {
        match self.known.get(labels.index()) {
            Some(Some(known)) => *known,
            _ => self.work_out(table, labels),
        }
    }

    #[cold]
    fn work_out(&mut self, table: &mut LabelTable, labels: Labels) -> Labels {
        let changed = self.change.applied(table, labels);
        if self.known.len() <= labels.index() {
            self.known.resize(labels.index() + 1, None);
        }
        self.known[labels.index()] = Some(changed);
        changed
    }
}

impl Change {
    fn applied(&self, table: &mut LabelTable, labels: Labels) -> Labels {
        let kept = |table: &LabelTable, keep: &dyn Fn(Word) -> bool| -> Vec<(Word, Word)> {
            table.pairs(labels).iter().copied().filter(|(name, _)| keep(*name)).collect()
        };
        match self {
            Change::Nothing => labels,
            Change::Keep(names) => {
                let pairs = kept(table, &|name| names.contains(&name));
                table.insert(pairs)
            }
            Change::Drop(names) => {
                let pairs = kept(table, &|name| !names.contains(&name));
                table.insert(pairs)
            }
            Change::Set { drop, set } => {
                let pairs = kept(table, &|name| !drop.contains(&name));
                table.labels(pairs.into_iter().chain(set.iter().copied()))
            }
            Change::Replace { to, replacement, from, pattern } => {
                let text = table.text(table.value(labels, *from)).to_owned();
                let Some(captures) = pattern.captures(&text) else { return labels };
                let mut value = String::new();
                captures.expand(replacement, &mut value);
                let value = table.word(&value);
                table.changed(labels, &[(*to, value)])
            }
            Change::Join { to, separator, from } => {
                let values: Vec<&str> =
                    from.iter().map(|name| table.text(table.value(labels, *name))).collect();
                let value = values.join(separator);
                let value = table.word(&value);
                table.changed(labels, &[(*to, value)])
            }
        }
    }
}

/// A place for each label set that is emptied in one step: which element of an evaluation has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    round: u32,
    places: Vec<(u32, u32)>,
}

impl Slots {
    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.places.clear();
            self.round = 1;
        }
    }

    /// What was put for a label set since the last `clear`.
    #[inline]
    pub(super) fn get(&self, labels: Labels) -> Option<usize> {
        let (round, index) = *self.places.get(labels.index())?;
        (round == self.round).then_some(index as usize)
    }

    /// Puts a number for a label set.
    #[inline]
    pub(super) fn put(&mut self, labels: Labels, index: usize) {
        if self.places.len() <= labels.index() {
            self.places.resize(labels.index() + 1, (0, 0));
        }
        self.places[labels.index()] = (self.round, index as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl Fn(&mut LabelTable) -> Change, expected: &[(&str, &str)]) {
        let mut table = LabelTable::default();
        let labels = table.labels_of(&[("__name__", "up"), ("job", "shop-a"), ("zone", "x")]);
        let change = change(&mut table);
        let mut relabeling = Relabeling::new(change);
        let changed = relabeling.of(&mut table, labels);
        assert_eq!(table.texts(changed), expected);
        assert_eq!(relabeling.of(&mut table, labels), changed);
    }

    #[test]
    fn labels_change_as_asked() {
        check(|_| Change::Nothing, &[("__name__", "up"), ("job", "shop-a"), ("zone", "x")]);
        check(|table| Change::Keep(vec![table.word("job"), table.word("absent")]), &[("job", "shop-a")]);
        check(|table| Change::Drop(vec![Word::NAME, table.word("job")]), &[("zone", "x")]);
        check(
            |table| Change::Set {
                drop: vec![Word::NAME],
                set: vec![(table.word("job"), table.word("")), (table.word("a"), table.word("b"))],
            },
            &[("a", "b"), ("zone", "x")],
        );
        check(
            |table| Change::Replace {
                to: table.word("part"),
                replacement: "<$1>".to_owned(),
                from: table.word("job"),
                pattern: Box::new(Regex::new("^(?s:shop-(.*))$").unwrap()),
            },
            &[("__name__", "up"), ("job", "shop-a"), ("part", "<a>"), ("zone", "x")],
        );
        check(
            |table| Change::Join {
                to: Word::NAME,
                separator: "/".to_owned(),
                from: vec![table.word("zone"), table.word("absent"), table.word("job")],
            },
            &[("__name__", "x//shop-a"), ("job", "shop-a"), ("zone", "x")],
        );
    }

    #[test]
    fn one_set_has_one_number() {
        let mut table = LabelTable::default();
        let one = table.labels_of(&[("a", "1"), ("b", ""), ("c", "3")]);
        assert_eq!(table.labels_of(&[("c", "3"), ("a", "2"), ("a", "1")]), one);
        assert_ne!(table.labels_of(&[("a", "3"), ("c", "1")]), one);
        assert_eq!(table.labels_of(&[("a", "")]), Labels::NONE);
    }

    #[test]
    fn slots_are_emptied_in_one_step() {
        let mut slots = Slots::default();
        slots.clear();
        assert_eq!(slots.get(Labels(3)), None);
        slots.put(Labels(3), 7);
        assert_eq!((slots.get(Labels(3)), slots.get(Labels(2))), (Some(7), None));
        slots.clear();
        assert_eq!(slots.get(Labels(3)), None);
    }
}
