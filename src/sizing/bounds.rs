//! Bounds on the throughput of closed networks, without solving them.

use super::guard::{self, Sized, to_rate};
use crate::units::{Rate, Span};

/// Throughput lies between these.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThroughputBounds {
    /// At least this.
    pub lower: Rate,
    /// At most this.
    pub upper: Rate,
}

struct Demands {
    users: f64,
    think: f64,
    each: Vec<f64>,
    total: f64,
    largest: f64,
}

/// Asymptotic bounds: N/(Z + ND) ≤ X ≤ min(1/Dmax, N/(Z + D)), D the sum of the demands, Dmax the largest.
///
/// Single servers. Source: Denning & Buzen, *ACM Computing Surveys* 10 (1978).
///
/// # Errors
/// If there are no users or no demand.
pub fn asymptotic_bounds(users: u32, think: Span, demands: &[Span]) -> Sized<ThroughputBounds> {
    let d = checked(users, think, demands)?;
    let lower = d.users / (d.think + d.users * d.total);
    Ok(bounds(lower, (1.0 / d.largest).min(d.users / (d.think + d.total))))
}

/// Balanced job bounds: the network lies between those of equal demands with the same largest and the same
/// mean demand.
///
/// N/(Z + D + (N−1)Dmax·ND/(ND + Z)) ≤ X ≤ min(1/Dmax, N/(Z + D + (N−1)(D/K)·D/(D + Z))).
/// Source: Zahorjan, Sevcik, Eager & Galler, *CACM* 25 (1982).
///
/// # Errors
/// As `asymptotic_bounds`.
pub fn balanced_bounds(users: u32, think: Span, demands: &[Span]) -> Sized<ThroughputBounds> {
    let d = checked(users, think, demands)?;
    let (n, z) = (d.users, d.think);
    let average = d.total / d.each.len() as f64;
    let slow = z + d.total + (n - 1.0) * d.largest * n * d.total / (n * d.total + z);
    let fast = z + d.total + (n - 1.0) * average * d.total / (d.total + z);
    Ok(bounds(n / slow, (n / fast).min(1.0 / d.largest)))
}

/// Geometric bounds; with think time, the geometric square-root bounds.
///
/// Queues at stations other than the busiest lie between geometric sums: from below with
/// y(k) = D(k)N/(Z + D + Dmax·N), from above with Y(k) = D(k)·X⁺,
/// each for N−1 users; each bound on them bounds X through
/// X = N/(Z + D + Dmax(N−1−ZX) − Σ(Dmax − D(k))Q(k)).
/// X⁺ is the proportional bound of Hsieh & Lam (1987). It reproduces the authors' tables, but for one upper bound
/// with think time that theirs has 5 % tighter.
/// Source: Casale, Muntz & Serazzi, *IEEE Transactions on Computers* 57 (2008), equations 8 and 13.
///
/// # Errors
/// As `asymptotic_bounds`.
pub fn geometric_bounds(users: u32, think: Span, demands: &[Span]) -> Sized<ThroughputBounds> {
    let d = checked(users, think, demands)?;
    let (n, z) = (d.users, d.think);
    let before = n - 1.0;
    // The queues are those met by an arrival: with one user fewer.
    let most = proportional(&d, before);
    let relief = |share: &dyn Fn(f64) -> f64| -> f64 {
        let others = d.each.iter().filter(|demand| **demand < d.largest);
        others.map(|demand| (d.largest - demand) * geometric_queue(share(*demand), before)).sum()
    };
    let base = z + d.total + d.largest * before;
    let fewest = base - relief(&|demand| demand * before / (z + d.total + d.largest * before));
    let most_relieved = base - relief(&|demand| demand * most);
    if z == 0.0 {
        return Ok(bounds(n / fewest, n / most_relieved));
    }
    let root = |b: f64, inside: f64| 2.0 * n / (b + (b * b - 4.0 * z * d.largest * inside).max(0.0).sqrt());
    Ok(bounds(root(fewest, before), root(most_relieved, n)))
}

fn geometric_queue(share: f64, users: f64) -> f64 {
    (share - share.powf(users + 1.0)) / (1.0 - share)
}

/// Upper proportional bound: min(1/Dmax, n/(Z + D + (n−1)(ΣD²/D)/(1 + Z/D))).
fn proportional(d: &Demands, users: f64) -> f64 {
    let met = d.each.iter().map(|demand| demand * demand).sum::<f64>() / d.total;
    let queueing = met * (users - 1.0).max(0.0) / (1.0 + d.think / d.total);
    (1.0 / d.largest).min(users / (d.think + d.total + queueing))
}

fn bounds(lower: f64, upper: f64) -> ThroughputBounds {
    ThroughputBounds { lower: to_rate(lower), upper: to_rate(upper) }
}

fn checked(users: u32, think: Span, demands: &[Span]) -> Sized<Demands> {
    let users = guard::count("the number of users", users, u32::MAX)?;
    let each: Vec<f64> = demands.iter().map(|demand| demand.as_secs_f64()).collect();
    let largest = guard::positive("the largest demand", each.iter().copied().fold(0.0, f64::max))?;
    Ok(Demands { users, think: think.as_secs_f64(), total: each.iter().sum(), each, largest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sizing::{Station, closed_network};

    #[test]
    fn every_bound_holds_the_exact_throughput() {
        let demands = [Span::from_millis(100), Span::from_millis(60), Span::from_millis(20)];
        let stations = demands.map(|demand| Station { demand, servers: 1 });
        for think in [Span::ZERO, Span::from_secs(2)] {
            for users in [1, 2, 7, 40] {
                let exact = closed_network(users, think, &stations).unwrap().throughput.as_per_second();
                for bound in [asymptotic_bounds, balanced_bounds, geometric_bounds] {
                    let found = bound(users, think, &demands).unwrap();
                    assert!(
                        found.lower.as_per_second() <= exact * (1.0 + 1e-12),
                        "{users} {found:?} {exact}"
                    );
                    assert!(
                        found.upper.as_per_second() >= exact * (1.0 - 1e-12),
                        "{users} {found:?} {exact}"
                    );
                }
            }
        }
    }

    #[test]
    fn published_geometric_bounds_without_think_time() {
        // Casale, Muntz & Serazzi, table IV.
        let demands = [100, 100, 90, 80].map(Span::from_millis);
        for (users, lower, upper) in [(2, 4.3040, 4.3174), (5, 6.6859, 6.7524), (80, 9.8233, 9.8765)] {
            let found = geometric_bounds(users, Span::ZERO, &demands).unwrap();
            assert!((found.lower.as_per_second() - lower).abs() < 1e-4);
            assert!((found.upper.as_per_second() - upper).abs() < 1e-4);
        }
    }

    #[test]
    fn published_geometric_bounds_with_think_time() {
        // Casale, Muntz & Serazzi, table V.
        let demands = [100, 100, 90, 80].map(Span::from_millis);
        // At 20 users the table has 8.6467 for the upper bound, from an X⁺ that is not stated.
        for (users, lower, upper) in [
            (2, 1.4319, 1.5195),
            (5, 3.3432, 3.5582),
            (10, 5.7569, 6.1410),
            (20, 8.0856, 9.0614),
            (80, 9.7147, 9.8594),
        ] {
            let found = geometric_bounds(users, Span::from_secs(1), &demands).unwrap();
            assert!((found.lower.as_per_second() - lower).abs() < 1e-4);
            assert!((found.upper.as_per_second() - upper).abs() < 1e-4);
        }
    }
}
