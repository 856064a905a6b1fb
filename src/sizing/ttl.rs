//! Caches that forget after a time to live, and the stampede when a hot key expires.

use super::cache::Popularity;
use super::guard::{self, Sized, to_rate, to_ratio, to_span};
use crate::units::{Rate, Ratio, Span};

/// Means of a cache without size limit whose entries expire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TtlCache {
    /// Share of the requests answered from the cache.
    pub hit_ratio: Ratio,
    /// Requests that go to the origin.
    pub misses: Rate,
    /// Mean number of live entries \[keys].
    pub mean_size: f64,
}

/// Entries live for a fixed time from their fill (like `EX` without renewal).
///
/// Per key of rate λ: hit ratio λT/(1 + λT), and it is there with the same probability. Fills take no time.
/// Source: Jung, Berger & Balakrishnan, *INFOCOM* (2003).
///
/// # Errors
/// If a rate or the time to live is zero.
pub fn ttl_from_fill(requests: Rate, keys: &Popularity, time_to_live: Span) -> Sized<TtlCache> {
    ttl(requests, keys, time_to_live, |x| x / (1.0 + x))
}

/// Entries live for a time from their last use (a sliding window).
///
/// Per key of rate λ: hit ratio 1 − e^{−λT}. Source: Fofack, Nain, Neglia & Towsley (2012).
///
/// # Errors
/// As `ttl_from_fill`.
pub fn ttl_from_last_use(requests: Rate, keys: &Popularity, time_to_live: Span) -> Sized<TtlCache> {
    ttl(requests, keys, time_to_live, |x| -(-x).exp_m1())
}

fn ttl(requests: Rate, keys: &Popularity, life: Span, present: impl Fn(f64) -> f64) -> Sized<TtlCache> {
    let lambda = guard::rate("the request rate", requests)?;
    let life = guard::span("the time to live", life)?;
    let there: Vec<f64> = keys.shares().iter().map(|p| present(lambda * p * life)).collect();
    let hits: f64 = there.iter().zip(keys.shares()).map(|(there, p)| there * p).sum();
    Ok(TtlCache {
        hit_ratio: to_ratio(hits),
        misses: to_rate(lambda * (1.0 - hits)),
        mean_size: there.iter().sum(),
    })
}

/// What the expiry of one hot key does to its origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stampede {
    /// Mean queries to the origin at each expiry when every miss goes through \[queries].
    pub queries_per_expiry: f64,
    /// Rate of such queries.
    pub query_rate: Rate,
    /// Share of the requests answered from the cache.
    pub hit_ratio: Ratio,
    /// Rate of queries when misses of one key share one fetch.
    pub query_rate_coalesced: Rate,
    /// Mean time that those who join a shared fetch wait for it.
    pub mean_joiner_wait: Span,
}

/// One key asked for at rate λ, kept for `time_to_live` from its fill, fetched in a fixed time S.
///
/// The first miss starts a fetch; λS more miss until it ends. A cycle is TTL + S + 1/λ long. Without
/// coalescing the later fills are taken not to prolong the entry.
///
/// # Errors
/// If an input is zero.
pub fn stampede(requests: Rate, time_to_live: Span, fetch: Span) -> Sized<Stampede> {
    let lambda = guard::rate("the request rate", requests)?;
    let life = guard::span("the time to live", time_to_live)?;
    let fetch = guard::span("the fetch time", fetch)?;
    let cycle = life + fetch + 1.0 / lambda;
    let queries = 1.0 + lambda * fetch;
    Ok(Stampede {
        queries_per_expiry: queries,
        query_rate: to_rate(queries / cycle),
        hit_ratio: to_ratio(1.0 - queries / (lambda * cycle)),
        query_rate_coalesced: to_rate(1.0 / cycle),
        mean_joiner_wait: to_span(0.5 * fetch),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_is_the_renewal_formula() {
        let key = Popularity::zipf(1, 0.0).unwrap();
        let cache = ttl_from_fill(Rate::per_second(10.0), &key, Span::from_secs(1)).unwrap();
        assert!((cache.hit_ratio.as_fraction() - 10.0 / 11.0).abs() < 1e-15);
        assert!(ttl_from_fill(Rate::per_second(10.0), &key, Span::ZERO).is_err());
    }
}
