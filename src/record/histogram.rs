//! A histogram of times, three significant digits at any size.

use hdrhistogram::Histogram as Hdr;

use crate::units::Span;

/// Counts of spans, kept to `digits` significant decimal digits whatever their size.
///
/// Memory grows with the logarithm of the largest span, not with the number of spans.
///
/// Source: HdrHistogram (Tene), through the `hdrhistogram` crate.
#[derive(Clone, Debug)]
pub struct Histogram {
    inner: Hdr<u64>,
    sum_ns: u128,
    square_sum: f64,
}

impl Histogram {
    /// Makes an empty histogram.
    ///
    /// Range: `digits` 1 to 4; other values are brought into it.
    pub fn new(digits: u8) -> Self {
        let mut inner = Hdr::new(digits.clamp(1, 4)).expect("one to four digits are valid");
        inner.auto(true);
        Histogram { inner, sum_ns: 0, square_sum: 0.0 }
    }

    /// Adds one span.
    #[inline]
    pub fn add(&mut self, span: Span) {
        let nanos = span.as_nanos();
        self.sum_ns += u128::from(nanos);
        let secs = nanos as f64 * 1e-9;
        self.square_sum += secs * secs;
        // Auto-resizing is on, so recording cannot be out of range.
        let _ = self.inner.record(nanos);
    }

    /// Adds `count` spans of no time at all.
    pub fn add_zeros(&mut self, count: u64) {
        let _ = self.inner.record_n(0, count);
    }

    /// Adds all that `other` holds.
    pub fn merge(&mut self, other: &Histogram) {
        self.sum_ns += other.sum_ns;
        self.square_sum += other.square_sum;
        let _ = self.inner.add(&other.inner);
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.inner.reset();
        self.sum_ns = 0;
        self.square_sum = 0.0;
    }

    /// The number of spans.
    pub fn count(&self) -> u64 {
        self.inner.len()
    }

    /// The exact sum of the spans \[ns].
    pub fn sum_ns(&self) -> u128 {
        self.sum_ns
    }

    /// The exact mean \[s], or `None` when empty.
    pub fn mean_secs(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum_ns as f64 / self.count() as f64 * 1e-9)
    }

    /// The variance of the spans \[s²], or `None` when empty.
    pub fn variance(&self) -> Option<f64> {
        let mean = self.mean_secs()?;
        Some((self.square_sum / self.count() as f64 - mean * mean).max(0.0))
    }

    /// The smallest value not exceeded by the share `p` of the spans, or `None` when empty.
    ///
    /// Range: `p` 0 to 1.
    pub fn quantile(&self, p: f64) -> Option<Span> {
        if self.count() == 0 {
            return None;
        }
        let value = self.inner.value_at_quantile(p);
        // The crate answers with the upper edge of the bucket; the middle has half the error.
        let low = self.inner.lowest_equivalent(value);
        let high = self.inner.highest_equivalent(value).min(self.inner.max());
        Some(Span::from_nanos(low + (high.saturating_sub(low)) / 2))
    }

    /// The largest span, or `None` when empty.
    pub fn max(&self) -> Option<Span> {
        (self.count() > 0).then(|| Span::from_nanos(self.inner.max()))
    }

    /// The number of spans of at most `bound`.
    pub fn count_within(&self, bound: Span) -> u64 {
        self.inner.count_between(0, bound.as_nanos())
    }

    /// The share of the spans that exceed `bound`, or `None` when empty.
    pub fn share_above(&self, bound: Span) -> Option<f64> {
        (self.count() > 0).then(|| {
            let within = self.count_within(bound);
            1.0 - within as f64 / self.count() as f64
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
    fn an_empty_histogram_has_no_mean_and_no_quantile() {
        let histogram = Histogram::new(2);
        assert_eq!(histogram.mean_secs(), None);
        assert_eq!(histogram.quantile(0.5), None);
        assert_eq!(histogram.share_above(Span::ZERO), None);
    }
}
