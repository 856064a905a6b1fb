//! The keys of those who ask: AWS SDKs' standard retries, k6, OkHttp.

use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::call::ClientSpec;

pub(super) const REFERENCE: Reference = Reference {
    name: "client",
    section: "clients",
    about: "How the clients of an operation behave, in the scenario: how long they wait for an attempt and in all, whether \
            they try again, and how far away they are. `load` says how many come.",
    product: "AWS SDKs (standard retries), k6 and OkHttp",
    source: "AWS SDK reference, retry behaviour; the references of k6 and OkHttp",
    keys: &[
        Key::is("aws max_attempts", "3", "attempts", "retry.max-attempts"),
        Key::is("aws base delay", "100", "ms", "retry.wait-duration"),
        Key::like("aws full jitter, up to 20 s", "", "", "`retry: {backoff: {full-jitter: {max: 20s}}}`"),
        Key::is("aws retry quota", "500 tokens, 5 a retry, 10 after a time-out", "", "retry.budget"),
        Key::not("aws adaptive mode", "off", "", "clients do not slow down by themselves; a gateway limits"),
        Key::is("k6 timeout", "60", "s", "timeout"),
        Key::like("k6 executors", "", "", "`load`: open, staged, closed, bursty or recorded"),
        Key::like(
            "k6 discardResponseBodies",
            "false",
            "",
            "bodies have a size only where a link has a bandwidth",
        ),
        Key::is("OkHttp callTimeout", "0 (none)", "s", "patience"),
        Key::not("OkHttp connectTimeout", "10", "s", "connections are open from the start"),
        Key::not("OkHttp retryOnConnectionFailure", "true", "", "what fails is tried again as `retry` says"),
    ],
    also: &[],
    settings: &[Settings { at: "clients.<load>", schema: || schemars::schema_for!(ClientSpec) }],
    example: "disturbance/scenario.yaml",
    proofs: &[
        ("tests/calls/clients.rs", "a_customer_who_leaves_abandons_the_request_and_the_system_is_not_told"),
        ("tests/calls/clients.rs", "patience_is_for_all_attempts_together"),
        ("tests/calls/retries.rs", "clients_and_attempts_have_the_same_policies"),
    ],
};
