//! Spans on their way into histograms.

use super::histogram::Histogram;

/// So many spans are added in one go.
const MOST: usize = 32;

/// A few spans that are added to a histogram together.
///
/// The buckets of many histograms do not fit where memory is near: adding one span waits for its bucket. The buckets of
/// spans that are added together are waited for at the same time.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Gathered {
    len: usize,
    /// The first `len` of them are waiting \[ns].
    spans_ns: [u64; MOST],
}

impl Gathered {
    /// Makes a place for spans.
    pub(crate) fn new() -> Self {
        Gathered { len: 0, spans_ns: [0; MOST] }
    }

    /// Adds a span \[ns]; gives whether that was the last that there is room for, so that they have to be taken.
    #[inline]
    #[must_use]
    pub(crate) fn add(&mut self, span_ns: u64) -> bool {
        // Never beyond, since whoever is told so takes them.
        self.spans_ns[self.len % MOST] = span_ns;
        self.len += 1;
        self.len >= MOST
    }

    /// Takes all spans that are waiting \[ns].
    pub(crate) fn take(&mut self) -> &[u64] {
        &self.spans_ns[..std::mem::take(&mut self.len).min(MOST)]
    }

    /// Moves all spans into a histogram.
    #[inline(never)]
    pub(crate) fn pour_into(&mut self, histogram: &mut Histogram) {
        histogram.add_all(self.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    #[test]
    fn spans_that_were_gathered_are_counted_as_those_added_one_by_one() {
        let (mut gathered, mut together, mut alone) = (Gathered::new(), Histogram::new(3), Histogram::new(3));
        for nanos in (1..10_000_u64).map(|step| step * step * 977) {
            alone.add(Span::from_nanos(nanos));
            if gathered.add(nanos) {
                gathered.pour_into(&mut together);
            }
        }
        assert_ne!(together.count(), alone.count(), "some are still waiting");
        gathered.pour_into(&mut together);
        gathered.pour_into(&mut together);
        assert_eq!((together.count(), together.sum_ns()), (alone.count(), alone.sum_ns()));
        for permille in 0..=1000 {
            let share = f64::from(permille) / 1000.0;
            assert_eq!(together.quantile(share), alone.quantile(share));
        }
        assert_eq!(together.max(), alone.max());
    }
}
