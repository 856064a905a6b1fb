//! A histogram of times, a few significant digits at any size.

use std::ops::Range;

use crate::units::Span;

/// Counts of spans, kept to `digits` significant decimal digits whatever their size.
///
/// A span is counted in a bucket that is narrower than its last digit: spans are counted one by one up to a power of
/// two, and from there in as many buckets for each further doubling. Adding a span is an index and an increment.
/// Memory grows with the logarithm of the largest span, not with the number of spans.
///
/// Source: HdrHistogram (G. Tene); buckets and answers are the same.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// Of the buckets from `first` on; those before it and after them have no span.
    counts: Vec<u64>,
    /// A multiple of the buckets of a doubling.
    first: usize,
    /// Buckets of each doubling, as a power of two.
    bits: u32,
    /// The largest span that is counted one by one \[ns].
    single: u64,
    count: u64,
    sum_ns: u128,
    /// A bit for each doubling with a span, the lowest for the spans that are counted one by one.
    doublings: u64,
}

impl Histogram {
    /// Makes an empty histogram.
    ///
    /// Range: `digits` 1 to 4; other values are brought into it.
    pub fn new(digits: u8) -> Self {
        let bits = match digits {
            0 | 1 => 4,
            2 => 7,
            3 => 10,
            _ => 14,
        };
        Histogram {
            counts: Vec::new(),
            first: 0,
            bits,
            single: (2 << bits) - 1,
            count: 0,
            sum_ns: 0,
            doublings: 0,
        }
    }

    /// The doubling that a span is in, and its bucket \[ns].
    #[inline]
    fn place(&self, nanos: u64) -> (u32, usize) {
        // With the low bits filled in, a span that is counted one by one has no shift. One of them is always set.
        let shift = (nanos | self.single | 1).ilog2() - self.bits;
        (shift, ((u64::from(shift) << self.bits) + (nanos >> shift)) as usize)
    }

    /// The bucket of a span \[ns].
    fn index(&self, nanos: u64) -> usize {
        self.place(nanos).1
    }

    /// The smallest and the largest span of a bucket \[ns].
    fn bounds(&self, index: usize) -> (u64, u64) {
        let shift = ((index >> self.bits) as u32).saturating_sub(1);
        let low = (index as u64 - (u64::from(shift) << self.bits)) << shift;
        (low, low + ((1 << shift) - 1))
    }

    /// Adds one span.
    #[inline]
    pub fn add(&mut self, span: Span) {
        let nanos = span.as_nanos();
        self.sum_ns += u128::from(nanos);
        self.count += 1;
        let (doubling, index) = self.place(nanos);
        self.doublings |= 1 << doubling;
        match self.counts.get_mut(index.wrapping_sub(self.first)) {
            Some(count) => *count += 1,
            None => self.add_beyond(index),
        }
    }

    /// Adds several spans \[ns], in less time than one by one.
    pub(crate) fn add_all(&mut self, spans_ns: &[u64]) {
        let (mut sum_ns, mut doublings) = (0, 0);
        for &nanos in spans_ns {
            sum_ns += u128::from(nanos);
            let (doubling, index) = self.place(nanos);
            doublings |= 1 << doubling;
            match self.counts.get_mut(index.wrapping_sub(self.first)) {
                Some(count) => *count += 1,
                None => self.add_beyond(index),
            }
        }
        self.sum_ns += sum_ns;
        self.count += spans_ns.len() as u64;
        self.doublings |= doublings;
    }

    /// Adds one span to a bucket that there is no place for yet.
    #[cold]
    #[inline(never)]
    fn add_beyond(&mut self, index: usize) {
        self.widen(index, index);
        self.counts[index - self.first] += 1;
    }

    /// Makes places for these two buckets, and all between.
    fn widen(&mut self, low: usize, high: usize) {
        // Whole doublings, so that it happens seldom.
        let doubling = 1 << self.bits;
        let first = low / doubling * doubling;
        if self.counts.is_empty() {
            self.first = first;
        } else if first < self.first {
            self.counts.splice(0..0, std::iter::repeat_n(0, self.first - first));
            self.first = first;
        }
        let needed = (high + 1 - self.first).next_multiple_of(doubling);
        if self.counts.len() < needed {
            self.counts.resize(needed, 0);
        }
    }

    /// The places of a doubling's buckets, as far as there are any.
    fn places(&self, doubling: u32) -> Range<usize> {
        let start = if doubling == 0 { 0 } else { (doubling as usize + 1) << self.bits };
        let end = (doubling as usize + 2) << self.bits;
        start.saturating_sub(self.first)..(end - self.first.min(end)).min(self.counts.len())
    }

    /// The places from the lowest doubling with a span to the highest one.
    fn used(&self) -> Range<usize> {
        if self.doublings == 0 {
            return 0..0;
        }
        let highest = u64::BITS - 1 - self.doublings.leading_zeros();
        self.places(self.doublings.trailing_zeros()).start..self.places(highest).end
    }

    /// Adds all that `other` holds, which has as many digits.
    pub fn merge(&mut self, other: &Histogram) {
        debug_assert_eq!(self.bits, other.bits);
        let used = other.used();
        if used.is_empty() {
            return;
        }
        let lowest = other.first + used.start;
        self.widen(lowest, other.first + used.end - 1);
        for (mine, theirs) in self.counts[lowest - self.first..].iter_mut().zip(&other.counts[used]) {
            *mine += theirs;
        }
        self.doublings |= other.doublings;
        self.count += other.count;
        self.sum_ns += other.sum_ns;
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        while self.doublings != 0 {
            let places = self.places(self.doublings.trailing_zeros());
            self.counts[places].fill(0);
            self.doublings &= self.doublings - 1;
        }
        (self.count, self.sum_ns) = (0, 0);
    }

    /// The number of spans.
    #[inline]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The exact sum of the spans \[ns].
    pub fn sum_ns(&self) -> u128 {
        self.sum_ns
    }

    /// The exact mean \[s], or `None` when empty.
    pub fn mean_secs(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum_ns as f64 / self.count as f64 * 1e-9)
    }

    /// The smallest value not exceeded by the share `p` of the spans, or `None` when empty.
    ///
    /// Range: `p` 0 to 1.
    pub fn quantile(&self, p: f64) -> Option<Span> {
        self.quantiles([p]).map(|[span]| span)
    }

    /// The smallest values not exceeded by these shares of the spans, or `None` when empty.
    ///
    /// Range: shares 0 to 1, in ascending order.
    pub fn quantiles<const N: usize>(&self, shares: [f64; N]) -> Option<[Span; N]> {
        if self.count == 0 {
            return None;
        }
        debug_assert!(shares.is_sorted());
        let places = self.used();
        let lowest = self.first + places.start;
        let used = &self.counts[places];
        // Where the search for the last one came to: a place, and how many spans are before it.
        let (mut from, mut before) = (0, 0);
        Some(shares.map(|share| {
            let wanted = ((share.min(1.0) * self.count as f64).ceil() as u64).max(1);
            for stride in [64, 8] {
                for chunk in used[from..].chunks_exact(stride) {
                    let within: u64 = chunk.iter().sum();
                    if before + within >= wanted {
                        break;
                    }
                    before += within;
                    from += stride;
                }
            }
            let mut passed = before;
            let place = used[from..].iter().position(|count| {
                passed += count;
                passed >= wanted
            });
            let (low, high) = self.bounds(lowest + from + place.unwrap_or(0));
            // The middle of the bucket has half the error of its edges.
            Span::from_nanos(low + (high - low) / 2)
        }))
    }

    /// The largest span, to the precision of its bucket, or `None` when empty.
    pub fn max(&self) -> Option<Span> {
        let highest = self.counts[self.used()].iter().rposition(|count| *count > 0)?;
        Some(Span::from_nanos(self.bounds(self.first + self.used().start + highest).1))
    }

    /// The number of spans of at most `bound`.
    pub fn count_within(&self, bound: Span) -> u64 {
        let places = self.used();
        let end = (self.index(bound.as_nanos()) + 1).saturating_sub(self.first);
        self.counts[places.start..end.clamp(places.start, places.end)].iter().sum()
    }

    /// The share of the spans that exceed `bound`, or `None` when empty.
    pub fn share_above(&self, bound: Span) -> Option<f64> {
        (self.count > 0).then(|| {
            let within = self.count_within(bound);
            1.0 - within as f64 / self.count as f64
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_keep_three_digits_from_microseconds_to_hours() {
        for scale in [1_000u64, 1_000_000, 3_600_000_000_000] {
            let mut histogram = Histogram::new(3);
            for step in 1..=1000 {
                histogram.add(Span::from_nanos(scale * step));
            }
            let p99 = histogram.quantile(0.99).map(Span::as_secs_f64).unwrap_or_default();
            let exact = scale as f64 * 990.0 * 1e-9;
            assert!((p99 / exact - 1.0).abs() < 1e-3, "{p99} against {exact}");
        }
    }

    #[test]
    fn answers_are_those_of_the_hdrhistogram_crate() {
        for digits in 1..=4 {
            let mut ours = Histogram::new(digits);
            let mut theirs = hdrhistogram::Histogram::<u64>::new(digits).expect("valid digits");
            theirs.auto(true);
            let mut value = 1u64;
            for step in 0..20_000u64 {
                // From nanoseconds to years, and the ends of the range.
                value = value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step);
                let nanos = if step == 7 { 0 } else { value >> (step % 64).max(4) };
                ours.add(Span::from_nanos(nanos));
                theirs.record(nanos).expect("it grows");
            }
            for p in (0..=1000).map(|permille| f64::from(permille) / 1000.0) {
                let edge = theirs.value_at_quantile(p);
                let (low, high) = (theirs.lowest_equivalent(edge), theirs.highest_equivalent(edge));
                let middle = Span::from_nanos(low + (high - low) / 2);
                assert_eq!(ours.quantile(p), Some(middle), "{digits} digits, {p}");
                let several = ours.quantiles([p / 2.0, p, p]);
                assert_eq!(several, ours.quantile(p / 2.0).map(|half| [half, middle, middle]));
            }
            assert_eq!(ours.max().map(Span::as_nanos), Some(theirs.max()));
            for bound in [0, 1, 255, 256, 2_047, 2_048, 1_000_000, u64::MAX] {
                let above = 1.0 - theirs.count_between(0, bound) as f64 / theirs.len() as f64;
                assert_eq!(
                    ours.share_above(Span::from_nanos(bound)),
                    Some(above),
                    "{digits} digits, {bound}"
                );
            }
        }
    }

    #[test]
    fn merging_is_adding_everything_to_one() {
        let (mut a, mut b, mut both) = (Histogram::new(3), Histogram::new(3), Histogram::new(3));
        for nanos in 1..2_000u64 {
            let span = Span::from_nanos(nanos * nanos);
            if nanos % 3 == 0 {
                a.add(span)
            } else {
                b.add(span)
            }
            both.add(span);
        }
        a.merge(&b);
        assert_eq!(a.count(), both.count());
        assert_eq!(a.sum_ns(), both.sum_ns());
        assert_eq!(a.quantile(0.5), both.quantile(0.5));
    }

    #[test]
    fn what_was_cleared_is_as_new() {
        let mut histogram = Histogram::new(2);
        histogram.add(Span::from_secs(3));
        histogram.clear();
        assert_eq!((histogram.count(), histogram.quantile(0.5), histogram.max()), (0, None, None));
        histogram.add(Span::from_secs(7));
        histogram.add(Span::from_millis(1));
        let mut fresh = Histogram::new(2);
        fresh.add(Span::from_secs(7));
        fresh.add(Span::from_millis(1));
        assert_eq!(histogram.quantiles([0.5, 1.0]), fresh.quantiles([0.5, 1.0]));
        assert_eq!(histogram.count_within(Span::from_secs(4)), 1);
    }

    #[test]
    fn spans_may_come_in_any_order() {
        let spans = [1_u64 << 40, 1 << 12, 1 << 41, 3, 1 << 50, 0, 1 << 20];
        let mut histogram = Histogram::new(3);
        let mut merged = Histogram::new(3);
        for (number, nanos) in (1..).zip(spans) {
            histogram.add(Span::from_nanos(nanos));
            let mut one = Histogram::new(3);
            one.add(Span::from_nanos(nanos));
            merged.merge(&one);
            let mut sorted = spans[..number].to_vec();
            sorted.sort_unstable();
            for filled in [&histogram, &merged] {
                assert_eq!(filled.counts.iter().sum::<u64>(), number as u64);
                assert_eq!(
                    filled.quantile(0.0),
                    Some(Span::from_nanos(sorted[0])).map(|it| middle(filled, it))
                );
                let last = sorted[number - 1];
                assert_eq!(filled.quantile(1.0), Some(middle(filled, Span::from_nanos(last))));
                assert_eq!(filled.count_within(Span::from_nanos(last)), number as u64);
            }
        }
    }

    #[test]
    fn only_doublings_with_spans_cost_memory() {
        let mut histogram = Histogram::new(3);
        histogram.add(Span::from_nanos(1 << 40));
        assert_eq!(histogram.counts.len(), 1 << 10);
        histogram.add(Span::from_nanos(1 << 38));
        assert_eq!(histogram.counts.len(), 3 << 10);
        histogram.clear();
        histogram.add(Span::from_nanos(1 << 39));
        assert_eq!(histogram.counts.len(), 3 << 10);
    }

    /// The middle of the bucket that a span is in.
    fn middle(histogram: &Histogram, span: Span) -> Span {
        let (low, high) = histogram.bounds(histogram.index(span.as_nanos()));
        Span::from_nanos(low + (high - low) / 2)
    }

    #[test]
    fn an_empty_histogram_has_no_mean_and_no_quantile() {
        let histogram = Histogram::new(2);
        assert_eq!(histogram.mean_secs(), None);
        assert_eq!(histogram.quantile(0.5), None);
        assert_eq!(histogram.share_above(Span::ZERO), None);
    }
}
