//! Keys of Linux's TCP and of `tc netem`.

use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::link::LinkSpec;

pub(super) const REFERENCE: Reference = Reference {
    name: "link",
    section: "links",
    about: "The network on the way to a process or a store, one way. A lost packet is sent again after the \
            retransmission time-out, so loss shows as added latency. With a bandwidth, \
            messages are sent one after another, in each direction by itself.",
    product: "Linux (TCP, `tc netem`)",
    source: "Linux manual pages tc-netem(8) and tcp(7)",
    keys: &[
        Key::is("netem delay", "0", "", "latency"),
        Key::is("netem loss", "0 %", "", "loss"),
        Key::is("rto_min", "200", "ms", "retransmission"),
        Key::is("netem rate", "none", "bit/s", "bandwidth"),
        Key::not(
            "netem limit",
            "1000",
            "packets",
            "the queue of a link has no limit; TCP slows its senders down",
        ),
        Key::not("netem duplicate", "0 %", "", "TCP drops duplicates"),
        Key::not("netem reorder", "0 %", "", "TCP restores the order"),
        Key::not("tcp_syn_retries", "6", "", "connections are open from the start"),
    ],
    also: &[],
    settings: &[Settings { at: "links.<name>", schema: || schemars::schema_for!(LinkSpec) }],
    example: "two-services/deployment.yaml",
    proofs: &[
        ("tests/manual.rs", "every_example_of_the_manual_is_valid_and_runs"),
        ("tests/calls/network.rs", "a_link_under_random_messages_is_an_m_d_1_queue"),
    ],
};
