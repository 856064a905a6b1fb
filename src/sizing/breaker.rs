//! How often a circuit breaker opens by chance, and how much it then refuses.

use super::SizingError;
use super::guard::{self, Sized, to_ratio};
use crate::units::{Rate, Ratio, Span};

/// Mean number of calls until `k` fail in a row: (p^{−k} − 1)/(1 − p) \[calls].
///
/// Source: Feller, *An Introduction to Probability Theory* 1, section XIII.7.
///
/// # Errors
/// If `failing` is zero or above 1, or `k` is 0.
pub fn calls_to_consecutive_failures(failing: Ratio, k: u32) -> Sized<f64> {
    let p = guard::positive("the share failing", guard::share("the share failing", failing)?)?;
    let k = guard::count("the number of failures in a row", k, 10_000)?;
    if p == 1.0 {
        return Ok(k);
    }
    Ok((p.powf(-k) - 1.0) / (1.0 - p))
}

/// A breaker that looks at the last calls, under independent failures and Poisson calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CountBreaker {
    /// Calls that are remembered; it cannot open before that many were made.
    pub window: u32,
    /// Opens when at least this share of the window failed.
    pub threshold: Ratio,
    /// Time it stays open.
    pub open_for: Span,
    /// Calls let through when half open; it closes if less than `threshold` of them fail.
    pub half_open_calls: u32,
}

/// Long-run behaviour of a breaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerMeans {
    /// Mean calls from an empty window until it opens \[calls].
    pub calls_to_open: f64,
    /// Probability that a half-open trial closes it.
    pub trial_closes: Ratio,
    /// Share of the time that it is open.
    pub open: Ratio,
    /// Share of the calls that users see fail, refused ones included.
    pub seen_failing: Ratio,
}

/// The most remembered calls; each doubles the chain.
const LONGEST_WINDOW: u32 = 20;

impl CountBreaker {
    /// Solves the chain over the outcomes of the last calls and the cycle closed → open → trial.
    ///
    /// The survivors of the window settle to a fixed shape, after which calls to open are geometric; that tail
    /// is summed exactly. The open period starts at the call that trips it and ends at the first call after
    /// `open_for`.
    /// Source: the states and rules are those of Resilience4j's `COUNT_BASED` breaker.
    ///
    /// # Errors
    /// If an input is zero, `failing` is not between 0 and 1, or the window is longer than 20 calls.
    pub fn solve(&self, failing: Ratio, calls: Rate) -> Sized<BreakerMeans> {
        let p = guard::positive("the share failing", guard::share_below_one("the share failing", failing)?)?;
        let lambda = guard::rate("the call rate", calls)?;
        let n = self.window;
        guard::count("the window", n, LONGEST_WINDOW)?;
        let trial = guard::count("the half-open calls", self.half_open_calls, 1_000)?;
        let share = guard::share("the threshold", self.threshold)?;
        guard::positive("the threshold", share)?;
        let closed = self.calls_to_open(p, share)?;
        let closes: f64 = (0..=self.half_open_calls)
            .filter(|failed| f64::from(*failed) / trial < share - 1e-12)
            .map(|failed| binomial(self.half_open_calls, failed, p))
            .sum();
        // One cycle: closed until it trips; then open periods, each followed by a trial, until a trial closes it.
        let trials = 1.0 / closes;
        let open_s = trials * (self.open_for.as_secs_f64() + 1.0 / lambda);
        let let_through = closed + trials * trial;
        // The first trial call is the arrival that ends the open period, so its gap is already counted.
        let cycle_s = closed / lambda + open_s + trials * (trial - 1.0) / lambda;
        let waited = trials * self.open_for.as_secs_f64();
        let refused = waited * lambda;
        Ok(BreakerMeans {
            calls_to_open: closed,
            trial_closes: to_ratio(closes),
            open: to_ratio(waited / cycle_s),
            seen_failing: to_ratio((refused + let_through * p) / (refused + let_through)),
        })
    }

    fn calls_to_open(&self, p: f64, share: f64) -> Sized<f64> {
        let n = self.window;
        let states = 1_usize << n;
        let opens = |state: usize| f64::from(state.count_ones()) / f64::from(n) >= share - 1e-12;
        let mut alive = vec![0.0; states];
        alive[0] = 1.0;
        let (mut expected, mut left, mut hazard, mut steady) = (0.0, 1.0, f64::NAN, 0);
        for call in 1..1_000 * n {
            expected += left;
            let mut next = vec![0.0; states];
            let mut opened = 0.0;
            for (state, mass) in alive.iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
                let shifted = state << 1 & (states - 1);
                for (state, chance) in [(shifted, 1.0 - p), (shifted | 1, p)] {
                    if call >= n && opens(state) {
                        opened += mass * chance;
                    } else {
                        next[state] += mass * chance;
                    }
                }
            }
            alive = next;
            let here = opened / left;
            left -= opened;
            if left <= 0.0 {
                return Ok(expected);
            }
            steady = if (here - hazard).abs() <= 1e-12 * here && here > 0.0 { steady + 1 } else { 0 };
            hazard = here;
            if steady > n {
                return Ok(expected + left / hazard);
            }
        }
        Err(SizingError::NoConvergence { what: "the calls until the breaker opens" })
    }
}

fn binomial(n: u32, k: u32, p: f64) -> f64 {
    let choose = statrs::function::factorial::binomial(n.into(), k.into());
    choose * p.powf(f64::from(k)) * (1.0 - p).powf(f64::from(n - k))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_failure_opens_at_the_count() {
        assert_eq!(calls_to_consecutive_failures(Ratio::ONE, 5), Ok(5.0));
        assert!(calls_to_consecutive_failures(Ratio::ZERO, 5).is_err());
    }

    #[test]
    fn a_full_window_of_failures_is_a_run() {
        let breaker = CountBreaker {
            window: 4,
            threshold: Ratio::ONE,
            open_for: Span::from_secs(1),
            half_open_calls: 1,
        };
        let p = Ratio::from_fraction(0.4);
        let means = breaker.solve(p, Rate::per_second(1.0)).unwrap();
        let run = calls_to_consecutive_failures(p, 4).unwrap();
        assert!((means.calls_to_open - run).abs() < 1e-9 * run);
    }
}
