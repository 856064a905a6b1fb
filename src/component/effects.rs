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
    /// Counts the keys for which steps counted one effect and never another by the end of a run. No step counts it itself.
    /// A request that is between the two when the run ends counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmatched: Option<UnmatchedSpec>,
    /// Counts how often steps counted an effect for a key for which it had been counted before. No step counts it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeated: Option<RepeatedSpec>,
    /// What it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Two effects that belong together for each key, such as a payment and the order that it is for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UnmatchedSpec {
    /// The effect that is not to stay alone.
    pub effect: String,
    /// The effect that belongs to it, whichever of the two comes first.
    pub without: String,
    /// What the two have in common: a key space.
    pub key: String,
}

/// An effect that is to come once for each key, such as the payment of an order.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RepeatedSpec {
    /// The effect that is to come once.
    pub effect: String,
    /// Once for each of these: a key space.
    pub key: String,
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

/// What components count where something goes wrong, each as an effect of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfComponent {
    ConnectionsLeaked,
    EntriesLost,
    LeakWarnings,
    LockLost,
    LockOverlap,
    Oversold,
    Redelivered,
    StaleReads,
    TransactionsLeftOpen,
}

impl OfComponent {
    const ALL: [OfComponent; 9] = [
        OfComponent::ConnectionsLeaked,
        OfComponent::EntriesLost,
        OfComponent::LeakWarnings,
        OfComponent::LockLost,
        OfComponent::LockOverlap,
        OfComponent::Oversold,
        OfComponent::Redelivered,
        OfComponent::StaleReads,
        OfComponent::TransactionsLeftOpen,
    ];

    const fn name(self) -> &'static str {
        match self {
            OfComponent::ConnectionsLeaked => "connections-leaked",
            OfComponent::EntriesLost => "entries-lost",
            OfComponent::LeakWarnings => "leak-warnings",
            OfComponent::LockLost => "lock-lost",
            OfComponent::LockOverlap => "lock-overlap",
            OfComponent::Oversold => "oversold",
            OfComponent::Redelivered => "redelivered",
            OfComponent::StaleReads => "stale-reads",
            OfComponent::TransactionsLeftOpen => "transactions-left-open",
        }
    }

    /// The effect that a component counts, or what belongs to it: `oversold-coupon`.
    pub(crate) fn effect(self, component: &str) -> String {
        format!("{}-{component}", self.name())
    }

    /// Whether an effect is one that something of a name would count.
    pub(crate) fn is_of(effect: &str, component: &str) -> bool {
        let kind = effect.strip_suffix(component).and_then(|kind| kind.strip_suffix('-'));
        kind.is_some_and(|kind| OfComponent::ALL.into_iter().any(|known| known.name() == kind))
    }
}

/// An effect that is counted by key, from what steps count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally {
    pub(crate) effect: u16,
    pub(crate) kind: TallyKind,
    /// The effect of steps that it is counted from; `u16::MAX` where no step counts it.
    pub(crate) of: u16,
}

/// What is counted by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TallyKind {
    /// Keys with one effect and without the other.
    Unmatched,
    /// Effects beyond the first of a key.
    Repeated,
}

/// How an effect is counted by key; the settings that name effects of steps, with those; and the key space.
type Sides<'a> = (TallyKind, Vec<(&'static str, &'a str)>, &'a str);

impl EffectSpec {
    /// The effects of steps that it is counted from, each with the name of its setting, and its key space.
    pub(crate) fn sides(&self) -> Vec<Sides<'_>> {
        let unmatched = self.unmatched.iter().map(|it| {
            let sides = vec![("effect", it.effect.as_str()), ("without", it.without.as_str())];
            (TallyKind::Unmatched, sides, it.key.as_str())
        });
        let repeated = self.repeated.iter();
        let repeated =
            repeated.map(|it| (TallyKind::Repeated, vec![("effect", it.effect.as_str())], it.key.as_str()));
        unmatched.chain(repeated).collect()
    }
}

impl TallyKind {
    /// The setting that it is written under.
    pub(crate) const fn setting(self) -> &'static str {
        match self {
            TallyKind::Unmatched => "unmatched",
            TallyKind::Repeated => "repeated",
        }
    }
}
