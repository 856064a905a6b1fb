//! What an adaptive limit learns from.

use crate::units::Span;

/// One observation of the service behind a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LimitSample {
    /// How long the request took.
    pub round_trip: Span,
    /// Requests under way when it started, it included \[requests].
    pub in_flight: u32,
    /// Whether it was dropped: timed out or turned away.
    pub dropped: bool,
}
