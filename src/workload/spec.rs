//! Load as typed in YAML.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::{CountLawSpec, LawSpec, TimeUnit};
use crate::units::{Rate, Ratio, Span};

/// A load as typed: a single tag such as `{rate: 120/s}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum ArrivalsSpec {
    /// Poisson, for short: `{rate: 120/s}`.
    Rate(Rate),
    /// Many independent customers: `{poisson: {rate: 120/s}}`.
    Poisson {
        /// The mean rate; 0/s for none at all.
        rate: Rate,
    },
    /// Evenly spaced, the first after one spacing: `{deterministic: {rate: 120/s}}`.
    Deterministic {
        /// The rate; 0/s for none at all.
        rate: Rate,
    },
    /// Independent gaps, the first from the start of the run: `{renewal: {interarrival: {erlang: …}}}`.
    Renewal {
        /// The gap between one arrival and the next.
        interarrival: LawSpec,
    },
    /// Poisson whose rate jumps at random times, from its stationary state:
    /// `{mmpp: {states: [{rate: 60/s, mean-stay: 9.5s}, {rate: 300/s, mean-stay: 0.5s}]}}`.
    Mmpp {
        /// The rates that it jumps between, from 1 to 64.
        states: Vec<MmppState>,
    },
    /// Poisson batches: `{batches: {rate: 8/s, size: {geometric: {mean: 10}}}}`.
    Batches {
        /// Batches per second, not customers.
        rate: Rate,
        /// Customers in a batch, 1 or more.
        size: CountLawSpec,
    },
    /// Poisson whose rate follows a curve, whose last rate then holds:
    /// `{stages: [{ramp-to: 800/s, over: 2m}, {hold: 58m}]}`.
    Stages(Vec<StageSpec>),
    /// Recorded instants, counted from the start of the run and put in order:
    /// `{trace: {csv: arrivals.csv, column: seconds}}`.
    Trace {
        /// The path of the CSV.
        csv: String,
        /// The column; its values have units, or its name ends with one.
        column: String,
        /// The unit of bare numbers, if the column's name does not tell it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<TimeUnit>,
    },
    /// Users who wait for each answer: `{closed: {users: 50, think: {exponential: {mean: 7s}}}}`.
    Closed(ClosedSpec),
}

/// A rate of a Markov-modulated Poisson process as typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MmppState {
    /// The rate while it lasts.
    pub rate: Rate,
    /// How long it lasts on average (exponential).
    pub mean_stay: Span,
    /// The probability of each state as the next one, in the order of `states`; given for all states or for
    /// none. Without it the states take turns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Vec<Ratio>>,
}

/// A piece of a load curve as typed: exactly one of `hold`, `ramp-to`, `spike-to` and `diurnal`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StageSpec {
    /// Keeps the rate for so long: `{hold: 58m}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Span>,
    /// The rate to hold, if not the one before: `{hold: 5m, rate: 100/s}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Changes the rate evenly to this one; the first stage starts from 0/s: `{ramp-to: 800/s, over: 2m}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ramp_to: Option<Rate>,
    /// How long the ramp takes; 0s is a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Span>,
    /// Jumps to this rate and then back to the one before: `{spike-to: 2000/s, for: 30s}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spike_to: Option<Rate>,
    /// Follows a sine: `{diurnal: {low: 50/s, high: 400/s, period: 24h}, for: 48h}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diurnal: Option<DiurnalSpec>,
    /// How long the spike or the sine lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#for: Option<Span>,
}

/// A rate that follows a sine, as typed; it starts at its lowest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiurnalSpec {
    /// The lowest rate.
    pub low: Rate,
    /// The highest rate, half a period later.
    pub high: Rate,
    /// From one lowest point to the next.
    pub period: Span,
}

/// Closed users as typed: each asks, waits for the answer, thinks, and asks again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosedSpec {
    /// How many users, from 1 to 10 000 000.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub users: u32,
    /// How long a user thinks between an answer and the next request.
    pub think: LawSpec,
}
