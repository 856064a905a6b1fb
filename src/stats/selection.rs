//! Which of several designs may be the best.

use super::distribution::student_t_quantile;
use super::estimate::{count, mean_and_variance};

/// Whether the best design is the one with the smallest or the largest mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Best {
    /// Smallest mean, as for latencies.
    Smallest,
    /// Largest mean, as for throughput.
    Largest,
}

/// Designs that cannot be ruled out: a subset that holds the best with at least this confidence.
///
/// Design i stays if for every other j its mean is no worse than that of j by more than √(tᵢ²sᵢ²/nᵢ + tⱼ²sⱼ²/nⱼ), t the
/// quantile at confidence^(1/(k−1)). For independent normal replications with unequal variances. A design with fewer than two
/// replications always stays, and rules nothing out. The result holds indices in order.
/// Source: Boesel, Nelson & Kim, *Operations Research* 51 (2003), screen to the best.
pub fn possible_best(designs: &[Vec<f64>], best: Best, confidence: f64) -> Vec<usize> {
    let others = designs.len().saturating_sub(1).max(1) as f64;
    let level = confidence.powf(1.0 / others);
    let sign = match best {
        Best::Smallest => 1.0,
        Best::Largest => -1.0,
    };
    let known: Vec<Option<(f64, f64)>> = designs
        .iter()
        .map(|samples| {
            let t = student_t_quantile(level, count(samples.len()).saturating_sub(1))?;
            let (mean, variance) = mean_and_variance(samples);
            let width = t * t * variance / samples.len() as f64;
            (mean.is_finite() && width.is_finite()).then_some((sign * mean, width))
        })
        .collect();
    let stays = |i: &usize| match known[*i] {
        None => true,
        Some((mean, width)) => {
            known.iter().flatten().all(|(other, theirs)| mean <= other + (width + theirs).sqrt())
        }
    };
    (0..designs.len()).filter(stays).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::testing::SplitMix;

    #[test]
    fn the_best_survives_as_often_as_promised() {
        let mut random = SplitMix::new(5);
        let mut kept = 0;
        let mut survivors = 0;
        for _ in 0..1_000 {
            let designs: Vec<Vec<f64>> = [0.0, 0.2, 3.0, 3.0]
                .iter()
                .map(|mean| (0..10).map(|_| mean + random.normal()).collect())
                .collect();
            let subset = possible_best(&designs, Best::Smallest, 0.9);
            kept += usize::from(subset.contains(&0));
            survivors += subset.len();
        }
        assert!(kept >= 880, "{kept}");
        assert!((1_500..2_600).contains(&survivors), "{survivors}");
    }

    #[test]
    fn one_replication_rules_nothing_out() {
        let designs = [vec![1.0], vec![5.0, 5.1, 5.2], vec![9.0, 9.1, 9.2]];
        assert_eq!(possible_best(&designs, Best::Smallest, 0.95), [0, 1]);
        assert_eq!(possible_best(&designs, Best::Largest, 0.95), [0, 2]);
    }
}
