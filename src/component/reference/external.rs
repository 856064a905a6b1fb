//! An external party: ours alone, since it stands for no product.

use super::table::{Reference, Settings};
use crate::component::external::ExternalSpec;

pub(super) const REFERENCE: Reference = Reference {
    name: "external",
    section: "externals",
    about: "A payment gateway or any service of others: answers after a time, or with an error.",
    product: "",
    source: "",
    keys: &[],
    also: &[],
    settings: &[Settings { at: "externals.<name>", schema: || schemars::schema_for!(ExternalSpec) }],
    example: "retry/deployment.yaml",
    proofs: &[
        ("tests/manual.rs", "every_example_of_the_manual_is_valid_and_runs"),
        (
            "tests/calls/network.rs",
            "an_external_party_refuses_what_exceeds_its_rate_or_lets_it_wait_for_its_turn",
        ),
    ],
};
