//! A link: the network on the way to a process or a store, one way.
//!
//! A lost packet is sent again after the retransmission time-out, so loss shows as added latency. With a bandwidth,
//! messages are sent one after another, in each direction by itself, and those to all replicas over one link. Left out:
//! packets (a message is sent as a whole, and no other in between), headers, congestion control.
//!
//! Source: RFC 6298 (initial and minimum retransmission time-outs); Linux uses at least 200 ms; `tc netem` (`rate`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::LawSpec;
use crate::units::{Bytes, Ratio, Span};

/// A link.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LinkSpec {
    /// Time for one way.
    pub latency: LawSpec,
    /// Share of messages of which a packet is lost. Range: 0% to 100%.
    #[serde(default)]
    pub loss: Ratio,
    /// Time until a lost packet is sent again. Range: above 0s.
    #[serde(default = "retransmission")]
    pub retransmission: Span,
    /// Bytes that it carries in a second, in each direction; more waits. `125MB` is 125 MB a second, which is a gigabit a
    /// second: networks are sold by the bit, and eight bits are a byte. Without it, messages take no time to be sent.
    /// Range: above 0B.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<Bytes>,
    /// Size of a message there, unless the call says otherwise. Default: assumed.
    #[serde(default = "request_size")]
    pub request_size: Bytes,
    /// Size of a message back, unless the call says otherwise. Default: assumed.
    #[serde(default = "response_size")]
    pub response_size: Bytes,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leg {
    /// To where the link leads.
    There,
    /// From there.
    Back,
}

impl LinkSpec {
    /// The usual size of a message in a direction.
    pub(crate) const fn size(&self, leg: Leg) -> Bytes {
        match leg {
            Leg::There => self.request_size,
            Leg::Back => self.response_size,
        }
    }
}

fn request_size() -> Bytes {
    Bytes::new(1_000)
}

fn response_size() -> Bytes {
    Bytes::new(10_000)
}

fn retransmission() -> Span {
    Span::from_millis(200)
}
