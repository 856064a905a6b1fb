//! Business effects: what is known of what steps count.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is known of a business effect that `effect` steps count.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EffectSpec {
    /// Which number of it is good. Without it, a comparison says that numbers differ, and not which is better; but what is
    /// counted where something went wrong (`oversold-…`, `redelivered-…`, `lock-lost-…`, `lock-overlap-…`, `stale-reads-…`,
    /// `connections-leaked-…`, `transactions-left-open-…`, `entries-lost-…`, `leak-warnings-…`, and effects of `in-order`) is better when there
    /// is less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good: Option<GoodEnd>,
    /// Counts how many more there were of one effect than of another by the end of a run; no step counts it then. None
    /// where there were fewer. What is between the two at the end of a run counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<DifferenceSpec>,
    /// What it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Two effects that belong together, such as what was paid and what was ordered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DifferenceSpec {
    /// The effect that there should not be more of.
    pub of: String,
    /// The effect that should come with it.
    pub minus: String,
}

/// Which number of something is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GoodEnd {
    /// Fewer: something that must not happen.
    Less,
    /// More: something that is wanted.
    More,
}

/// An effect that is how many more there were of one than of another, as indices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Difference {
    pub(crate) effect: u16,
    pub(crate) of: u16,
    pub(crate) minus: u16,
}
