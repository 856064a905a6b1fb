//! A link: the network on the way to a process or a store, one way.
//!
//! A lost packet is sent again after the retransmission time-out, so loss shows as added latency. Left out so
//! far: bandwidth, partitions.
//!
//! Source: RFC 6298 (initial and minimum retransmission time-outs); Linux uses at least 200 ms.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::LawSpec;
use crate::units::{Ratio, Span};

/// A link.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LinkSpec {
    /// Time for one way.
    pub latency: LawSpec,
    /// Share of messages of which a packet is lost. Range: 0% to 100%.
    #[serde(default)]
    pub loss: Ratio,
    /// Time until a lost packet is sent again.
    #[serde(default = "retransmission")]
    pub retransmission: Span,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

fn retransmission() -> Span {
    Span::from_millis(200)
}
