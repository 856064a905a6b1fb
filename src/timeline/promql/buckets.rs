//! `histogram_quantile` of classic histograms.
//!
//! Source: Prometheus 3, `promql/quantile.go#BucketQuantile`, `promql/engine.go#resetHistograms`.

use super::super::labels::{Change, LabelTable, Labels, Relabeling, Slots, Word};
use super::program::{Element, EvaluationError};

/// A bucket: its upper bound and how many are at or below it.
type Bucket = (f64, f64);

/// The histograms of a vector of buckets.
#[derive(Clone, Debug)]
pub(super) struct Histograms {
    /// Upper bound by label set; none for elements that are no bucket.
    bounds: Vec<Option<Option<f64>>>,
    without_bound: Relabeling,
    without_name: Relabeling,
    places: Slots,
    seen: Slots,
    found: Vec<(Labels, Vec<Bucket>)>,
    used: usize,
}

impl Histograms {
    pub(super) fn new() -> Self {
        Histograms {
            bounds: Vec::new(),
            without_bound: Relabeling::new(Change::Drop(vec![Word::LE])),
            without_name: Relabeling::new(Change::Drop(vec![Word::NAME])),
            places: Slots::default(),
            seen: Slots::default(),
            found: Vec::new(),
            used: 0,
        }
    }

    fn bound(&mut self, table: &LabelTable, labels: Labels) -> Option<f64> {
        let known = self.bounds.get(labels.index()).copied().flatten();
        known.unwrap_or_else(|| {
            let bound =
                table.text(table.value(labels, Word::LE)).parse().ok().filter(|bound: &f64| !bound.is_nan());
            if self.bounds.len() <= labels.index() {
                self.bounds.resize(labels.index() + 1, None);
            }
            self.bounds[labels.index()] = Some(bound);
            bound
        })
    }

    /// The quantile `q` of each histogram.
    pub(super) fn quantiles(
        &mut self,
        table: &mut LabelTable,
        q: f64,
        buckets: &[Element],
        out: &mut Vec<Element>,
    ) -> Result<(), EvaluationError> {
        self.places.clear();
        self.seen.clear();
        self.used = 0;
        for element in buckets {
            let Some(bound) = self.bound(table, element.labels) else { continue };
            let histogram = self.without_bound.of(table, element.labels);
            let place = self.places.get(histogram).unwrap_or_else(|| {
                let place = self.used;
                self.places.put(histogram, place);
                self.used += 1;
                match self.found.get_mut(place) {
                    Some(room) => {
                        room.0 = histogram;
                        room.1.clear();
                    }
                    None => self.found.push((histogram, Vec::new())),
                }
                place
            });
            self.found[place].1.push((bound, element.value));
        }
        for (histogram, buckets) in &mut self.found[..self.used] {
            let labels = self.without_name.of(table, *histogram);
            if self.seen.get(labels).is_some() {
                return Err(EvaluationError::SameLabels);
            }
            self.seen.put(labels, 0);
            out.push(Element { labels, value: quantile(q, buckets) });
        }
        Ok(())
    }
}

/// The quantile `q` of a histogram: linear inside a bucket, never beyond the highest finite bound.
pub(super) fn quantile(q: f64, buckets: &mut Vec<Bucket>) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    if !buckets.is_sorted_by(|a, b| a.0 <= b.0) {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    if buckets.last().is_none_or(|last| last.0 != f64::INFINITY) {
        return f64::NAN;
    }
    buckets.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    rise(buckets);
    let [.., before_last, last] = buckets.as_slice() else { return f64::NAN };
    if last.1 == 0.0 {
        return f64::NAN;
    }
    let mut rank = q * last.1;
    let finite = &buckets[..buckets.len() - 1];
    // Counts that are not numbers never reach the rank, and are passed over as in Prometheus.
    let reaches = |bucket: &Bucket| bucket.1 >= rank;
    let index = finite.partition_point(|bucket| !reaches(bucket));
    if index == finite.len() {
        return before_last.0;
    }
    let (end, mut count) = buckets[index];
    if index == 0 && end <= 0.0 {
        return end;
    }
    let mut start = 0.0;
    if let Some(below) = index.checked_sub(1).map(|below| buckets[below]) {
        start = below.0;
        count -= below.1;
        rank -= below.1;
    }
    start + (end - start) * (rank / count)
}

/// Makes counts rise: differences that only rounding explains, and falls, are evened out.
fn rise(buckets: &mut [Bucket]) {
    let Some(first) = buckets.first() else { return };
    let mut before = first.1;
    for bucket in &mut buckets[1..] {
        if bucket.1 == before {
            continue;
        }
        if almost_equal(before, bucket.1) || bucket.1 < before {
            bucket.1 = before;
            continue;
        }
        before = bucket.1;
    }
}

/// Source: Prometheus 3, `util/almost`, with the tolerance of `promql/quantile.go`.
fn almost_equal(a: f64, b: f64) -> bool {
    const TOLERANCE: f64 = 1e-12;
    if a.is_nan() && b.is_nan() {
        return true;
    }
    let total = a.abs() + b.abs();
    let difference = (a - b).abs();
    if a == 0.0 || b == 0.0 || total < f64::MIN_POSITIVE {
        return difference < TOLERANCE * f64::MIN_POSITIVE;
    }
    difference / total.min(f64::MAX) < TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(q: f64, buckets: &[Bucket], expected: f64) {
        let found = quantile(q, &mut buckets.to_vec());
        let same = found == expected || (found.is_nan() && expected.is_nan());
        assert!(same, "{q} of {buckets:?}: {found}");
    }

    const INF: f64 = f64::INFINITY;

    #[test]
    fn quantiles_are_drawn_inside_a_bucket() {
        let buckets = [(0.1, 50.0), (0.5, 90.0), (1.0, 95.0), (INF, 100.0)];
        check(0.25, &buckets, 0.05);
        check(0.9, &buckets, 0.5);
        check(0.925, &buckets, 0.75);
        check(0.99, &buckets, 1.0);
        check(0.5, &[(-1.0, 4.0), (INF, 4.0)], -1.0);
    }

    #[test]
    fn edges_are_those_of_prometheus() {
        check(0.5, &[(1.0, 0.0), (INF, 0.0)], f64::NAN);
        check(0.5, &[(INF, 5.0)], f64::NAN);
        check(0.5, &[(1.0, 5.0)], f64::NAN);
        check(1.1, &[(1.0, 5.0)], INF);
        check(-0.1, &[], -INF);
        check(0.0, &[(1.0, 0.0), (INF, 5.0)], f64::NAN);
        // A fall is evened out.
        check(0.5, &[(1.0, 4.0), (2.0, 2.0), (INF, 8.0)], 1.0);
        // One bound twice.
        check(0.5, &[(INF, 4.0), (1.0, 2.0), (1.0, 2.0)], 0.5);
    }
}
