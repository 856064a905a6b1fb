//! stats (being merged).

/// An estimate with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// mean
    pub mean: f64,
    /// low
    pub low: f64,
    /// high
    pub high: f64,
    /// n
    pub n: u32,
    /// confidence
    pub confidence: f64,
}

/// Verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// met
    Met,
    /// missed
    Missed,
    /// inconclusive
    Inconclusive,
}
