//! Whether as many intervals miss the truth as chance allows.

/// The probability of exactly `k` among `n` when each has the chance `p`.
fn binomial(k: usize, n: usize, p: f64) -> f64 {
    let choose = (0..k).fold(0.0, |sum, i| sum + ((n - i) as f64).ln() - ((i + 1) as f64).ln());
    (choose + k as f64 * p.ln() + (n - k) as f64 * (1.0 - p).ln()).exp()
}

/// The probability of `misses` or more, and of `misses` or fewer, among `n` independent intervals.
pub(crate) fn tails(misses: usize, n: usize, p: f64) -> (f64, f64) {
    let below: f64 = (0..misses).map(|k| binomial(k, n, p)).sum();
    (1.0 - below, below + binomial(misses, n, p))
}

/// The probability of `misses` or more in all when the intervals of one run miss together or not at all: no
/// dependence within runs makes many misses likelier.
pub(crate) fn together(misses: usize, sizes: &[usize], p: f64) -> f64 {
    let total: usize = sizes.iter().sum();
    let mut chance = vec![0.0; total + 1];
    chance[0] = 1.0;
    for size in sizes {
        for sum in (0..=total).rev() {
            let moved = if sum >= *size { p * chance[sum - size] } else { 0.0 };
            chance[sum] = (1.0 - p) * chance[sum] + moved;
        }
    }
    chance[misses.min(total)..].iter().sum()
}

#[test]
fn chances_are_those_of_coins_and_dice() {
    let (many, few) = tails(2, 3, 0.5);
    assert!((many - 0.5).abs() < 1e-12 && (few - 0.875).abs() < 1e-12, "{many} {few}");
    // Two runs of one and two intervals: two misses or more need the second.
    let chance = together(2, &[1, 2], 0.1);
    assert!((chance - 0.1).abs() < 1e-12, "{chance}");
}
