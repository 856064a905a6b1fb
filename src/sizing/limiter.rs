//! What rate limiters refuse.

use super::guard::{self, Sized, to_ratio};
use super::root;
use crate::units::{Rate, Ratio, Span};

/// Share refused by a token bucket (or GCRA) that holds `depth` tokens, filled continuously, under Poisson
/// arrivals of one token each.
///
/// The same as the loss of M/D/1 with `depth` places: with v(n) = P(n arrivals during one token's time) and
/// the embedded chain q of M/D/1/K, refused = 1 − 1/(q(0) + ρ).
/// Source: Butto, Cavallero & Tonietti, *IEEE JSAC* 9 (1991); Gravey, Louvion & Boyer (1990).
///
/// # Errors
/// If an input is zero, or the bucket is deeper than 20,000.
pub fn token_bucket_refusals(arrivals: Rate, fill: Rate, depth: u32) -> Sized<Ratio> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let fill = guard::rate("the fill rate", fill)?;
    guard::count("the depth", depth, 20_000)?;
    let load = lambda / fill;
    let depth = depth as usize;
    // Weights at departures: w(n+1)·a(0) = w(n) − w(0)a(n) − Σ_{1≤i≤n} w(i)a(n+1−i). The same thing written with
    // upward crossings has only sums: w(n+1)·a(0) = w(0)·A(n) + Σ_{1≤i≤n} w(i)·A(n+1−i), A(k) = P(more than k).
    let mut coming = vec![];
    let mut more = vec![];
    for k in 0..=depth as u64 {
        coming.push(root::poisson(k, load));
        more.push(statrs::function::gamma::checked_gamma_lr(k as f64 + 1.0, load).unwrap_or(0.0));
    }
    let mut weights = vec![1.0];
    for n in 0..depth.saturating_sub(1) {
        let from_empty = weights[0] * more[n];
        let others: f64 = (1..=n).map(|i| weights[i] * more[n + 1 - i]).sum();
        weights.push((from_empty + others) / coming[0]);
        if weights[n + 1] > 1e200 {
            weights.iter_mut().for_each(|w| *w *= 1e-200);
        }
    }
    let empty = weights[0] / weights.iter().sum::<f64>();
    let refused = 1.0 - 1.0 / (empty + load);
    Ok(to_ratio(refused))
}

/// Share refused by a counter that admits `limit` requests in each aligned window, under Poisson arrivals:
/// 1 − E min(N, limit)/E N, N Poisson.
///
/// # Errors
/// If an input is zero, or the mean count of a window is above ten million.
pub fn fixed_window_refusals(arrivals: Rate, window: Span, limit: u32) -> Sized<Ratio> {
    let mean = guard::rate("the arrival rate", arrivals)? * guard::span("the window", window)?;
    guard::count("the limit", limit, u32::MAX)?;
    guard::limit("the mean count of a window", mean as u64, 10_000_000)?;
    // E max(N − limit, 0) = mean·P(N ≥ limit) − limit·P(N > limit).
    let at_least = |n: f64| statrs::function::gamma::checked_gamma_lr(n, mean).unwrap_or(0.0);
    let limit = f64::from(limit);
    let over = mean * at_least(limit) - limit * at_least(limit + 1.0);
    Ok(to_ratio(over / mean))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_is_erlang_b() {
        let refused = token_bucket_refusals(Rate::per_second(80.0), Rate::per_second(100.0), 1).unwrap();
        assert!((refused.as_fraction() - 0.8 / 1.8).abs() < 1e-12);
    }

    #[test]
    fn overload_is_refused_down_to_the_fill_rate() {
        let refused = token_bucket_refusals(Rate::per_second(400.0), Rate::per_second(100.0), 500).unwrap();
        assert!((refused.as_fraction() - 0.75).abs() < 1e-9);
    }
}
