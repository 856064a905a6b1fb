//! A plain station: ours alone, since it stands for no product.

use super::table::{Reference, Settings};
use crate::component::operations::HoldSpec;
use crate::component::station::StationSpec;
use crate::random::{CountLawSpec, LawSpec};

pub(super) const REFERENCE: Reference = Reference {
    name: "station",
    section: "stations",
    about: "A plain queue: servers, room to wait, a discipline and a service time. It stands for anything whose \
            inner life does not matter.",
    product: "",
    source: "",
    keys: &[],
    also: &[],
    settings: &[
        Settings { at: "stations.<name>", schema: || schemars::schema_for!(StationSpec) },
        Settings { at: "hold (a step)", schema: || schemars::schema_for!(HoldSpec) },
        Settings { at: "a time or a law", schema: || schemars::schema_for!(LawSpec) },
        Settings { at: "a number or a law", schema: || schemars::schema_for!(CountLawSpec) },
    ],
    example: "first-queue/scenario.yaml",
    proofs: &[("tests/theory/single.rs", "MMC-1"), ("tests/theory/single.rs", "ERLA-1")],
};
