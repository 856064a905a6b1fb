//! Where the warm-up ends.

/// How much of a series to leave out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truncation {
    /// Observations to leave out at the start.
    pub index: usize,
    /// Whether the series was long enough to tell: the best cut lies in its first half.
    pub reliable: bool,
    /// The smallest value of the statistic: squared standard error of the mean of what is kept, as if its batch
    /// means were independent \[unit²].
    pub statistic: f64,
}

const BATCH: usize = 5;
/// Batches that must remain: the statistic of a handful is small by luck.
const LEAST_KEPT: usize = 5;

/// Finds the end of the warm-up by MSER-5.
///
/// Averages batches of five observations, then drops the first d batches such that Σ(z − z̄)²/(m−d)² of the rest is
/// smallest. A minimum in the second half means that the series is too short: `reliable` is false. Fewer than
/// 50 observations are never reliable, and nothing is dropped from fewer than 30.
/// Source: White, *Simulation* 69 (1997); White, Cobb & Spratt, *Winter Simulation Conference* (2000).
pub fn mser5(series: &[f64]) -> Truncation {
    let batches: Vec<f64> =
        series.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    let m = batches.len();
    let mut best = Truncation { index: 0, reliable: false, statistic: f64::INFINITY };
    if m <= LEAST_KEPT {
        return best;
    }
    // From the end, so that mean and squares of the rest are updated one batch at a time (Welford).
    let (mut mean, mut squares) = (0.0, 0.0);
    let mut cut = 0;
    for d in (0..m).rev() {
        let kept = (m - d) as f64;
        let gap = batches[d] - mean;
        mean += gap / kept;
        squares += gap * (batches[d] - mean);
        let statistic = squares / (kept * kept);
        if m - d >= LEAST_KEPT && statistic <= best.statistic {
            best.statistic = statistic;
            cut = d;
        }
    }
    best.index = cut * BATCH;
    best.reliable = m >= 2 * LEAST_KEPT && 2 * cut <= m && best.statistic.is_finite();
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::testing::SplitMix;

    #[test]
    fn a_known_warm_up_is_cut_where_it_ends() {
        let mut random = SplitMix::new(7);
        let series: Vec<f64> = (0..2_000)
            .map(|i| if i < 200 { 20.0 - 0.1 * f64::from(i) } else { 0.0 } + random.normal())
            .collect();
        let found = mser5(&series);
        assert!(found.reliable);
        assert!((150..=260).contains(&found.index), "{found:?}");
    }

    #[test]
    fn a_steady_series_loses_little() {
        let mut random = SplitMix::new(8);
        let series: Vec<f64> = (0..2_000).map(|_| random.normal()).collect();
        let found = mser5(&series);
        assert!(found.reliable && found.index <= 400, "{found:?}");
    }

    #[test]
    fn a_series_that_never_settles_is_not_trusted() {
        let series: Vec<f64> = (0..1_000).map(f64::from).collect();
        assert!(!mser5(&series).reliable);
        assert!(!mser5(&[1.0; 20]).reliable);
        assert!(!mser5(&[f64::NAN; 500]).reliable);
    }
}
