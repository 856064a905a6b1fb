//! A claim as a user writes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Span;

/// What somebody says of the system, put to the test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClaimSpec {
    /// What is said, in a sentence.
    pub says: String,
    /// Who says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What would have to hold: a measure, a comparison and a bound, such as `p(95)(bestseller.top) <= 1s`.
    pub expect: String,
    /// The window it is measured in; without it and without `after`, the whole run after the warm-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub during: Option<String>,
    /// What the measurement begins with: a fault (its beginning), an alert (its firing) or a step (its end), or exactly
    /// one of `began(FAULT)`, `ended(FAULT)`, `failed-over(CACHE)`, `firing(ALERT)`, `notified(ALERT)`,
    /// `acknowledged(ALERT)`, `resolved(ALERT)`, `started(STEP)`, `done(STEP)`, `failed(STEP)`. In each run it is the first
    /// time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How long after that the measurement begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Span>,
    /// How long is measured from there; without it, to the end of the run.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Span>,
    /// The window that the value is divided by: the bound is then a multiple, such as `<= 60%` or `>= 3x`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
    /// A setting that is tried with several values by `brownout claims`, to find the condition that the claim holds
    /// under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<ClaimSweepSpec>,
}

/// A setting and the values that are tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClaimSweepSpec {
    /// The place of the setting: `scenario`, `deployment` or `operations`, then its keys, joined by dots; an item of a
    /// list by its number from 0, such as `deployment.pools.order.maximum-pool-size`.
    pub path: String,
    /// The values, as they would be written there.
    pub values: Vec<String>,
}
