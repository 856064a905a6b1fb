//! Series of samples, as long as the rules look back and no longer.
//!
//! Which selectors a series belongs to is found out once, when it is registered. A series that no selector wants
//! keeps nothing.
//!
//! Source: Prometheus 3, `promql/engine.go` (`vectorSelectorSingle`, `matrixSelector`): a lookup takes the newest
//! sample at or before its time unless it is as old as the lookback or marks the end of the series; a range is
//! open at its start.

use super::labels::{LabelTable, Labels, Word};
use super::matcher::Matcher;
use crate::units::{Instant, Span};

/// How old the newest sample of a series may be \[ns], exclusive. Source: Prometheus `query.lookback-delta`.
pub(super) const LOOKBACK_NS: i64 = 300 * 1_000_000_000;

/// A series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(u32);

/// A selector of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SelectorId(u32);

/// A value at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// Since the start of the run \[ns]; an expression may ask for times before it.
    pub(super) at: i64,
    /// The value.
    pub(super) value: f64,
}

/// The value that ends a series: one of the numbers that are not a number. Source: Prometheus `value.StaleNaN`.
const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// Whether a value ends its series.
#[inline]
pub(super) fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_BITS
}

/// An instant as the signed time that expressions calculate with \[ns].
pub(super) fn signed(at: Instant) -> i64 {
    i64::try_from(at.as_nanos()).unwrap_or(i64::MAX)
}

#[derive(Clone, Debug)]
struct Series {
    labels: Labels,
    /// How far back its samples are wanted \[ns]; none if nothing wants them.
    reach: Option<i64>,
    newest: Option<i64>,
    samples: Vec<Sample>,
    /// How many of the first samples are not wanted any more.
    past: usize,
    /// How many of all samples mark an end.
    ends: usize,
}

#[derive(Clone, Debug)]
struct Selector {
    name: Option<Word>,
    matchers: Vec<(Word, Matcher)>,
    reach: i64,
    series: Vec<u32>,
}

/// All series, and which selectors they belong to.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    series: Vec<Series>,
    by_labels: rustc_hash::FxHashMap<Labels, u32>,
    selectors: Vec<Selector>,
}

impl Store {
    /// Adds a selector whose expression looks `reach` \[ns] back. Series that are there already join it.
    pub(super) fn select(&mut self, table: &mut LabelTable, matchers: &[Matcher], reach: i64) -> SelectorId {
        let mut selector = Selector { name: None, matchers: Vec::new(), reach, series: Vec::new() };
        for matcher in matchers {
            let name = table.word(matcher.name());
            if name == Word::NAME && matcher.comparison() == super::matcher::Comparison::Equal {
                selector.name = Some(table.word(matcher.value()));
            }
            selector.matchers.push((name, matcher.clone()));
        }
        for (index, series) in self.series.iter_mut().enumerate() {
            if selector.fits(table, series.labels) {
                selector.series.push(index as u32);
                series.reach = Some(series.reach.unwrap_or(0).max(reach));
            }
        }
        self.selectors.push(selector);
        SelectorId(self.selectors.len() as u32 - 1)
    }

    /// The series with these labels, made if it is not there.
    pub(super) fn register(&mut self, table: &LabelTable, labels: Labels) -> SeriesId {
        if let Some(known) = self.by_labels.get(&labels) {
            return SeriesId(*known);
        }
        let index = self.series.len() as u32;
        let mut reach = None;
        for selector in &mut self.selectors {
            if selector.fits(table, labels) {
                selector.series.push(index);
                reach = Some(reach.unwrap_or(0).max(selector.reach));
            }
        }
        self.by_labels.insert(labels, index);
        self.series.push(Series { labels, reach, newest: None, samples: Vec::new(), past: 0, ends: 0 });
        SeriesId(index)
    }

    /// Whether any expression wants the series.
    pub(super) fn is_wanted(&self, id: SeriesId) -> bool {
        self.series[id.0 as usize].reach.is_some()
    }

    /// Whether a selector could want series of this name.
    pub(super) fn may_want(&self, name: Word) -> bool {
        self.selectors.iter().any(|selector| selector.name.is_none_or(|wanted| wanted == name))
    }

    /// Adds a sample; a sample that is not newer than the newest is left out, as Prometheus does.
    pub(super) fn append(&mut self, id: SeriesId, at: Instant, value: f64) -> bool {
        let series = &mut self.series[id.0 as usize];
        let at = signed(at);
        if series.newest.is_some_and(|newest| at <= newest) {
            return false;
        }
        series.newest = Some(at);
        if let Some(reach) = series.reach {
            series.samples.push(Sample { at, value });
            series.ends += usize::from(is_stale(value));
            series.forget(at, reach);
        }
        true
    }

    /// Marks a series as ended: lookups do not find it from now on.
    pub(super) fn mark_stale(&mut self, id: SeriesId, at: Instant) -> bool {
        self.append(id, at, f64::from_bits(STALE_BITS))
    }

    /// The series of a selector.
    pub(super) fn series(&self, selector: SelectorId) -> &[u32] {
        &self.selectors[selector.0 as usize].series
    }

    /// The labels of one of them.
    pub(super) fn labels(&self, series: u32) -> Labels {
        self.series[series as usize].labels
    }

    /// The newest sample at or before a time, unless it is too old or the series has ended.
    #[inline]
    pub(super) fn newest(&self, series: u32, at: i64) -> Option<Sample> {
        let samples = &self.series[series as usize].samples;
        let sample = match samples.last() {
            Some(last) if last.at <= at => *last,
            Some(_) => samples[samples.partition_point(|sample| sample.at <= at).checked_sub(1)?],
            None => return None,
        };
        (sample.at > at.saturating_sub(LOOKBACK_NS) && !is_stale(sample.value)).then_some(sample)
    }

    /// The samples after `from` and up to `to`, and whether there may be marks of an end among them.
    #[inline]
    pub(super) fn between(&self, series: u32, from: i64, to: i64) -> (&[Sample], bool) {
        let series = &self.series[series as usize];
        let samples = &series.samples[series.past..];
        let end = match samples.last() {
            Some(last) if last.at > to => samples.partition_point(|sample| sample.at <= to),
            _ => samples.len(),
        };
        let start = samples[..end].partition_point(|sample| sample.at <= from);
        (&samples[start..end], series.ends > 0)
    }

    /// How many samples are held.
    pub(super) fn held(&self) -> usize {
        self.series.iter().map(|series| series.samples.len()).sum()
    }
}

impl Series {
    /// Lets go of samples that no expression can reach any more, many at a time.
    fn forget(&mut self, now: i64, reach: i64) {
        let horizon = now.saturating_sub(reach);
        while self.past + 1 < self.samples.len() && self.samples[self.past].at <= horizon {
            self.past += 1;
        }
        if self.past >= 32 && self.past * 2 >= self.samples.len() {
            self.ends -= self.samples[..self.past].iter().filter(|sample| is_stale(sample.value)).count();
            self.samples.drain(..self.past);
            self.past = 0;
        }
    }
}

impl Selector {
    fn fits(&self, table: &LabelTable, labels: Labels) -> bool {
        self.name.is_none_or(|name| name == table.value(labels, Word::NAME))
            && self
                .matchers
                .iter()
                .all(|(name, matcher)| matcher.fits(table.text(table.value(labels, *name))))
    }
}

/// A length of time as expressions calculate with it \[ns].
pub(super) fn signed_span(span: Span) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::matcher::Comparison;
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn at(second: u64) -> Instant {
        Instant::from_nanos(second * SECOND as u64)
    }

    fn one(reach: i64) -> (Store, SeriesId) {
        let mut table = LabelTable::default();
        let mut store = Store::default();
        let matcher = Matcher::new("__name__", Comparison::Equal, "up").unwrap();
        store.select(&mut table, &[matcher], reach);
        let labels = table.labels_of(&[("__name__", "up")]);
        let id = store.register(&table, labels);
        (store, id)
    }

    #[test]
    fn a_lookup_leaves_out_what_is_exactly_as_old_as_the_lookback() {
        let (mut store, id) = one(LOOKBACK_NS);
        store.append(id, at(10), 1.0);
        assert_eq!(store.newest(0, 9 * SECOND), None);
        assert_eq!(store.newest(0, 10 * SECOND).map(|sample| sample.value), Some(1.0));
        assert!(store.newest(0, 310 * SECOND - 1).is_some());
        assert_eq!(store.newest(0, 310 * SECOND), None);
    }

    #[test]
    fn an_ended_series_is_not_found_and_comes_back() {
        let (mut store, id) = one(LOOKBACK_NS);
        store.append(id, at(10), 1.0);
        store.mark_stale(id, at(20));
        assert!(store.newest(0, 20 * SECOND - 1).is_some());
        assert_eq!(store.newest(0, 20 * SECOND), None);
        store.append(id, at(30), 2.0);
        assert_eq!(store.newest(0, 30 * SECOND).map(|sample| sample.value), Some(2.0));
    }

    #[test]
    fn a_range_is_open_at_its_start() {
        let (mut store, id) = one(100 * SECOND);
        for second in [10, 20, 30] {
            assert!(store.append(id, at(second), second as f64));
        }
        assert!(!store.append(id, at(30), 9.0), "a second sample of one time is left out");
        let values = |from, to| -> Vec<f64> {
            store.between(0, from * SECOND, to * SECOND).0.iter().map(|sample| sample.value).collect()
        };
        assert_eq!(values(10, 30), [20.0, 30.0]);
        assert_eq!(values(9, 29), [10.0, 20.0]);
        assert_eq!(values(-50, 0), [0.0; 0]);
    }

    #[test]
    fn samples_out_of_reach_are_forgotten() {
        let (mut store, id) = one(60 * SECOND);
        for second in 0..100_000 {
            store.append(id, at(second), second as f64);
            assert!(store.held() <= 150, "{} samples are held", store.held());
        }
        let (samples, _) = store.between(0, (99_999 - 60) * SECOND, 99_999 * SECOND);
        assert_eq!(samples.len(), 60);
        let mut table = LabelTable::default();
        let mut unwanted = Store::default();
        let matcher = Matcher::new("__name__", Comparison::Equal, "up").unwrap();
        unwanted.select(&mut table, &[matcher], 0);
        let other = table.labels_of(&[("__name__", "down")]);
        let id = unwanted.register(&table, other);
        unwanted.append(id, at(1), 1.0);
        assert_eq!((unwanted.is_wanted(id), unwanted.held()), (false, 0));
    }
}
