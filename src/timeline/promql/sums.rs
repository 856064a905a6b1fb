//! Sums that keep what rounding takes away, and quantiles.
//!
//! Source: Prometheus 3, `util/kahansum`, `promql/quantile.go#quantile`.

/// A sum with Neumaier's correction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    sum: f64,
    correction: f64,
}

impl Sum {
    pub(super) const fn from(first: f64) -> Sum {
        Sum { sum: first, correction: 0.0 }
    }

    #[inline]
    pub(super) fn plus(self, value: f64) -> Sum {
        let sum = self.sum + value;
        let correction = if sum.is_infinite() {
            0.0
        } else if self.sum.abs() >= value.abs() {
            self.correction + ((self.sum - sum) + value)
        } else {
            self.correction + ((value - sum) + self.sum)
        };
        Sum { sum, correction }
    }

    pub(super) fn total(self) -> f64 {
        if self.sum.is_infinite() { self.sum } else { self.sum + self.correction }
    }
}

/// A mean that changes over to steps when the sum would overflow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mean {
    count: f64,
    sum: Sum,
    in_steps: bool,
}

impl Mean {
    pub(super) const fn from(first: f64) -> Mean {
        Mean { count: 1.0, sum: Sum::from(first), in_steps: false }
    }

    #[inline]
    pub(super) fn add(&mut self, value: f64) {
        self.count += 1.0;
        if !self.in_steps {
            let next = self.sum.plus(value);
            if !next.sum.is_infinite() {
                self.sum = next;
                return;
            }
            self.in_steps = true;
            self.sum.sum /= self.count - 1.0;
            self.sum.correction /= self.count - 1.0;
        }
        let share = (self.count - 1.0) / self.count;
        let before = Sum { sum: share * self.sum.sum, correction: share * self.sum.correction };
        self.sum = before.plus(value / self.count);
    }

    pub(super) fn value(self) -> f64 {
        let Sum { sum, correction } = self.sum;
        if self.in_steps { sum + correction } else { sum / self.count + correction / self.count }
    }
}

/// The quantile `q` of values, which are sorted on the way.
pub(super) fn quantile(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    // What is not a number comes first.
    values.sort_unstable_by(|a, b| a.partial_cmp(b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan())));
    let last = (values.len() - 1) as f64;
    let rank = q * last;
    let lower = rank.floor().max(0.0);
    let upper = (lower + 1.0).min(last);
    let weight = rank - rank.floor();
    // Infinite values make this NaN even where the weight of one side is zero, as up to Prometheus 3.15.
    values[lower as usize] * (1.0 - weight) + values[upper as usize] * weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_are_not_lost() {
        let total = [1.0, 1e100, 1.0, -1e100].into_iter().fold(Sum::default(), Sum::plus).total();
        assert_eq!(total, 2.0);
        assert_eq!(Sum::from(f64::INFINITY).plus(1.0).total(), f64::INFINITY);
    }

    #[test]
    fn means_do_not_overflow() {
        let mut mean = Mean::from(1e308);
        mean.add(1e308);
        mean.add(1e308);
        assert!((mean.value() / 1e308 - 1.0).abs() < 1e-12, "{}", mean.value());
        let mut mean = Mean::from(1.0);
        mean.add(2.0);
        assert_eq!(mean.value(), 1.5);
    }

    #[test]
    fn quantiles_lie_between_values() {
        let of = |q| quantile(q, &mut [3.0, 1.0, 2.0, 4.0]);
        assert_eq!(
            [of(0.0), of(0.5), of(1.0), of(-0.1), of(1.1)],
            [1.0, 2.5, 4.0, f64::NEG_INFINITY, f64::INFINITY]
        );
        assert!(of(f64::NAN).is_nan() && quantile(0.5, &mut []).is_nan());
        assert_eq!(quantile(1.0, &mut [f64::NAN, 1.0]), 1.0);
    }
}
