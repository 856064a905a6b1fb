//! The means that every station has.

use super::guard::{to_rate, to_ratio, to_span};
use crate::units::{Rate, Ratio, Span};

/// Long-run means of a station, tied together by Little's law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Performance {
    /// Busy servers over all servers.
    pub utilisation: Ratio,
    /// Requests served.
    pub throughput: Rate,
    /// Mean time between arrival and start of service.
    pub mean_wait: Span,
    /// Mean time between arrival and end of service.
    pub mean_response: Span,
    /// Mean number waiting \[requests].
    pub mean_queue: f64,
    /// Mean number waiting or in service \[requests].
    pub mean_in_system: f64,
}

impl Performance {
    /// From the mean wait \[s], the rate served [1/s], the mean service time \[s] and the servers.
    pub(super) fn from_wait(served: f64, wait: f64, service: f64, servers: f64) -> Self {
        Performance {
            utilisation: to_ratio(served * service / servers),
            throughput: to_rate(served),
            mean_wait: to_span(wait),
            mean_response: to_span(wait + service),
            mean_queue: served * wait,
            mean_in_system: served * (wait + service),
        }
    }
}
