//! A claim whose names are found.

use crate::record::Anchor;
use crate::scenario::plan::Comparison;

/// A claim, ready to be measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Its name.
    pub name: String,
    /// What is said.
    pub says: String,
    /// Who says it; empty if nobody is named.
    pub source: String,
    /// What would have to hold, as written, with its span: `p(95)(bestseller.top) <= 1s, 5m after bypass`.
    pub text: String,
    /// What is measured.
    pub measure: ClaimMeasure,
    /// How it is compared.
    pub comparison: Comparison,
    /// The bound, in the unit of the measure; a multiple if there is `against`.
    pub bound: f64,
    /// When it is measured.
    pub span: ClaimSpan,
    /// What the value is divided by: the same measure, then.
    pub against: Option<ClaimSpan>,
    /// What is varied to find the condition that it holds under.
    pub sweep: Option<ClaimSweep>,
}

impl Claim {
    /// The unit of what is compared with the bound.
    pub fn unit(&self) -> Unit {
        if self.against.is_some() { Unit::Multiple } else { self.measure.unit() }
    }
}

/// What a claim is about. Operations, stations, quantities and effects are indices in the assembly.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimMeasure {
    /// A quantile of the response time of served requests \[s].
    Quantile {
        /// The operation.
        operation: usize,
        /// Range: above 0, below 1.
        p: f64,
    },
    /// The mean response time of served requests \[s].
    Mean {
        /// The operation.
        operation: usize,
    },
    /// The share of ended requests that failed.
    Failed {
        /// The operation.
        operation: usize,
    },
    /// The share of ended requests that did not fail.
    Availability {
        /// The operation.
        operation: usize,
    },
    /// Requests served [1/s].
    Served {
        /// The operation.
        operation: usize,
    },
    /// Requests that arrived [1/s].
    Offered {
        /// The operation.
        operation: usize,
    },
    /// The share of a capacity in use, over all replicas.
    Used {
        /// The stations of all replicas.
        stations: Vec<usize>,
    },
    /// The mean number that waits, over all replicas together.
    Waiting {
        /// The stations of all replicas.
        stations: Vec<usize>,
    },
    /// Items a second that began to be served, all replicas together.
    Visits {
        /// The stations of all replicas.
        stations: Vec<usize>,
    },
    /// The share of look-ups of a cache server that found their entry; those that it did not answer found nothing.
    HitRatio {
        /// The quantity of hits.
        hits: usize,
        /// That of look-ups sent to it.
        wanted: usize,
    },
    /// Records of a topic that its group has not committed, on average.
    Lag {
        /// The quantity.
        lag: usize,
    },
    /// A business effect, in the whole run.
    Effect {
        /// The effect.
        effect: usize,
    },
    /// How much more often a business effect came about from the beginning of the incident on than the calm before it
    /// explains.
    BeyondCalm {
        /// The effect.
        effect: usize,
    },
    /// How long a phase of the incident takes \[s].
    TimeTo(Phase),
    /// How likely something is, over runs.
    Chance(Chance),
}

/// A phase of an incident, by its end. See the glossary for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Somebody was told.
    Detect,
    /// Somebody took it on.
    Acknowledge,
    /// Users are served as before, while the cause may still be there.
    Mitigate,
    /// Everything is as before.
    Recover,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Phase; 4] = [Phase::Detect, Phase::Acknowledge, Phase::Mitigate, Phase::Recover];

    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Detect => "detect",
            Phase::Acknowledge => "acknowledge",
            Phase::Mitigate => "mitigate",
            Phase::Recover => "recover",
        }
    }
}

/// Something that a run does or does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chance {
    /// It collapses.
    Collapse,
    /// It recovers.
    Recover,
}

/// What a value is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// A share, from 0 to 1.
    Share,
    /// A number a second.
    PerSecond,
    /// A number of things.
    Number,
    /// A multiple of another value.
    Multiple,
}

impl ClaimMeasure {
    /// The unit of its value.
    pub const fn unit(&self) -> Unit {
        match self {
            ClaimMeasure::Quantile { .. } | ClaimMeasure::Mean { .. } | ClaimMeasure::TimeTo(_) => {
                Unit::Seconds
            }
            ClaimMeasure::Failed { .. }
            | ClaimMeasure::Availability { .. }
            | ClaimMeasure::Used { .. }
            | ClaimMeasure::HitRatio { .. }
            | ClaimMeasure::Chance(_) => Unit::Share,
            ClaimMeasure::Served { .. } | ClaimMeasure::Offered { .. } | ClaimMeasure::Visits { .. } => {
                Unit::PerSecond
            }
            ClaimMeasure::Waiting { .. } | ClaimMeasure::Lag { .. } | ClaimMeasure::Effect { .. } => {
                Unit::Number
            }
            ClaimMeasure::BeyondCalm { .. } => Unit::Number,
        }
    }
}

/// When a claim is measured.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimSpan {
    /// The whole run after the warm-up.
    Whole,
    /// A window of the plan, by index.
    Window(usize),
    /// From something that happens on.
    After(Anchor),
}

/// A setting and the values that are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimSweep {
    /// The place of the setting.
    pub path: String,
    /// The values, as they would be written there.
    pub values: Vec<String>,
}
