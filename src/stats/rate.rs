//! Intervals of a rate from a count.

use super::distribution::{bisect, poisson_at_most};
use super::estimate::Estimate;

/// Confidence interval of the rate of events that come by chance and independently, from how many there were.
///
/// The ends are the rates at which a count so far out would have a chance of half the remainder; it covers at least its
/// confidence for every true rate, and says what none at all leaves open. `exposure` is how long was looked, and the rate is
/// per its unit. Range of `exposure`: above 0; else, or with a confidence not between 0 and 1, the interval is 0 to infinity.
/// Source: Garwood, *Biometrika* 28 (1936).
///
/// # Example
/// ```
/// use brownout::stats::rate_interval;
/// let none_in_two_days = rate_interval(0, 2.0, 0.95);
/// assert_eq!(format!("{:.2}", none_in_two_days.high), "1.84");
/// ```
pub fn rate_interval(count: u64, exposure: f64, confidence: f64) -> Estimate {
    let usable = exposure.is_finite() && exposure > 0.0 && confidence > 0.0 && confidence < 1.0;
    if !usable {
        let mean = if exposure > 0.0 { count as f64 / exposure } else { f64::NAN };
        return Estimate { mean, low: 0.0, high: f64::INFINITY, n: 0, confidence };
    }
    let (tail, found) = (0.5 * (1.0 - confidence), count as f64);
    // Far beyond where a tail of this size can be: the normal law's width, and room for small counts.
    let most = found + 40.0 * (found + 1.0).sqrt() + 40.0;
    let high = bisect(|mean| poisson_at_most(count, mean) > tail, found, most);
    let low = match count {
        0 => 0.0,
        _ => bisect(|mean| 1.0 - poisson_at_most(count - 1, mean) < tail, 0.0, found),
    };
    Estimate { mean: found / exposure, low: low / exposure, high: high / exposure, n: 1, confidence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_of_counts_are_those_of_the_tables() {
        // Garwood's limits as in the tables of Ulm, American Journal of Epidemiology 131 (1990), 95 %.
        for (count, low, high) in [
            (0, 0.0, 3.689),
            (1, 0.0253, 5.572),
            (5, 1.623, 11.668),
            (10, 4.795, 18.390),
            (100, 81.36, 121.63),
        ] {
            let found = rate_interval(count, 1.0, 0.95);
            assert!((found.low - low).abs() < 6e-3, "{count}: {found:?}");
            assert!((found.high - high).abs() < 6e-3, "{count}: {found:?}");
            let twice = rate_interval(count, 2.0, 0.95);
            assert!((twice.high * 2.0 - found.high).abs() < 1e-9 && twice.mean * 2.0 == found.mean);
        }
    }

    #[test]
    fn nothing_that_was_looked_at_says_nothing() {
        for (exposure, confidence) in [(0.0, 0.95), (-1.0, 0.95), (f64::NAN, 0.95), (1.0, 1.0)] {
            let found = rate_interval(0, exposure, confidence);
            assert_eq!((found.low, found.high), (0.0, f64::INFINITY));
        }
        let many = rate_interval(1_000_000, 1.0, 0.95);
        assert!(many.low > 998_000.0 && many.low < 998_100.0, "{many:?}");
        assert!(many.high > 1_001_900.0 && many.high < 1_002_000.0, "{many:?}");
    }
}
