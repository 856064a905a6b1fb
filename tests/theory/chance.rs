//! Whether as many intervals miss the truth as chance allows.
//!
//! The first values of all runs are independent: their misses are binomial. Values of one run depend on each other, as
//! a mean wait and its quantiles do, so that the misses of all values spread further than binomial ones. How much
//! further is not assumed but taken from the runs: replications of a run are independent of each other and their
//! means are normal, so the deviations of its values from the truth are jointly normal, with the correlations that the
//! values show over its replications. Drawing a normal number for each replication, and weighing with it what the
//! values deviate from their means there, gives deviations with just these correlations, each of which misses as often
//! as its confidence says; different runs draw for themselves. The misses of many such draws are what the misses found
//! are held against, from both sides. Correlations that are estimated from few replications are a little too large in
//! size on average, which makes the spread of misses wider, not narrower. With so few values that
//! seven misses are expected at 99 %, none at all is no more than unlikely there; it is at the lower confidences that
//! too few are found out.

use brownout::random::Stream;
use statrs::distribution::{ContinuousCDF, Normal};

/// How often misses are drawn.
const DRAWS: usize = 10_000;

/// Replications of a run are joined to at most so many.
const BATCHES: usize = 20;

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

/// What the values of one run deviate from their means by in each replication, scaled to a length of one.
pub(crate) fn directions(values: &[&[f64]]) -> Vec<Vec<f64>> {
    let direction = |samples: &&[f64]| {
        let size = samples.len().div_ceil(BATCHES);
        let means = samples.chunks(size).map(|batch| batch.iter().sum::<f64>() / batch.len() as f64);
        let means: Vec<f64> = means.collect();
        let mean = means.iter().sum::<f64>() / means.len() as f64;
        let length = means.iter().map(|it| (it - mean).powi(2)).sum::<f64>().sqrt();
        means.iter().map(|it| (it - mean) / length).collect()
    };
    values.iter().map(direction).collect()
}

/// How many of the values of these runs miss by chance at each confidence, draw by draw.
pub(crate) fn drawn(runs: &[Vec<Vec<f64>>], confidences: &[f64]) -> Vec<Vec<usize>> {
    let normal = Normal::standard();
    let limits: Vec<f64> = confidences.iter().map(|it| normal.inverse_cdf(0.5 + 0.5 * it)).collect();
    let mut stream = Stream::named(1, 0, "theory", "misses");
    let mut counts = vec![vec![0; DRAWS]; limits.len()];
    for draw in 0..DRAWS {
        for run in runs {
            let length = run.iter().map(Vec::len).max().unwrap_or(0);
            let weights: Vec<f64> = (0..length).map(|_| standard_normal(&mut stream)).collect();
            for direction in run {
                let off = direction.iter().zip(&weights).map(|(a, b)| a * b).sum::<f64>().abs();
                for (limit, counts) in limits.iter().zip(&mut counts) {
                    counts[draw] += usize::from(off > *limit);
                }
            }
        }
    }
    counts
}

/// By Box and Muller.
fn standard_normal(stream: &mut Stream) -> f64 {
    let radius = (-2.0 * (1.0 - stream.unit()).ln()).sqrt();
    radius * (std::f64::consts::TAU * stream.unit()).cos()
}

/// The shares of draws with so many misses or more, and with so many or fewer; the one that was found counts as a draw.
pub(crate) fn tails_of(misses: usize, drawn: &[usize]) -> (f64, f64) {
    let share = |is_counted: &dyn Fn(usize) -> bool| {
        let count = drawn.iter().filter(|it| is_counted(**it)).count();
        (count + 1) as f64 / (drawn.len() + 1) as f64
    };
    (share(&|it| it >= misses), share(&|it| it <= misses))
}

#[test]
fn chances_are_those_of_coins_and_dice() {
    let (many, few) = tails(2, 3, 0.5);
    assert!((many - 0.5).abs() < 1e-12 && (few - 0.875).abs() < 1e-12, "{many} {few}");
}

/// A run of as many values as there are rows, each a mix of two noises.
fn values(rows: usize, own: f64) -> Vec<Vec<f64>> {
    let mut stream = Stream::named(2, 0, "theory", "values");
    let common: Vec<f64> = (0..20).map(|_| standard_normal(&mut stream)).collect();
    let rows = (0..rows).map(|_| common.iter().map(|it| it + own * standard_normal(&mut stream)).collect());
    rows.collect()
}

#[test]
fn values_of_one_run_miss_together() {
    let spread = |own: f64| {
        let values = values(10, own);
        let values: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
        let counts = drawn(&[directions(&values)], &[0.5, 0.99]);
        let mean = |of: &[usize]| of.iter().sum::<usize>() as f64 / of.len() as f64;
        // Half of ten, and one in ten draws, whatever the dependence.
        assert!((mean(&counts[0]) - 5.0).abs() < 0.15, "{}", mean(&counts[0]));
        assert!((mean(&counts[1]) - 0.1).abs() < 0.03, "{}", mean(&counts[1]));
        counts[0].iter().map(|it| (*it as f64 - 5.0).powi(2)).sum::<f64>() / DRAWS as f64
    };
    // All alike: none or ten. Each for itself: binomial, and a little more since correlations are estimated.
    let (alike, apart) = (spread(0.0), spread(1000.0));
    assert!((alike - 25.0).abs() < 0.5, "{alike}");
    assert!((2.4..5.0).contains(&apart), "{apart}");
}

#[test]
fn too_few_are_as_unlikely_as_too_many() {
    let values: Vec<Vec<Vec<f64>>> = (0..100).map(|_| values(7, 1.0)).collect();
    let runs: Vec<Vec<Vec<f64>>> =
        values.iter().map(|run| directions(&run.iter().map(Vec::as_slice).collect::<Vec<_>>())).collect();
    let counts = drawn(&runs, &[0.5, 0.99]);
    // 350 of 700 are expected, and 7 of 700.
    let (many, few) = tails_of(350, &counts[0]);
    assert!(many > 0.3 && few > 0.3, "{many} {few}");
    assert!(tails_of(230, &counts[0]).1 < 1e-3 && tails_of(470, &counts[0]).0 < 1e-3);
    let (many, few) = tails_of(0, &counts[1]);
    assert!(many > 0.99 && few < 0.05, "{few}");
    assert!(tails_of(40, &counts[1]).0 < 1e-3);
}
