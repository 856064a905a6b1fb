//! Service levels: what is promised of operations over weeks, and what resources cost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{Ratio, Span};

/// What is promised of an operation. A class gives the figures; what is written beside it replaces them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SloSpec {
    /// How much depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<SloClass>,
    /// The share of requests that are not to fail. Range: above 0%, below 100%.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Ratio>,
    /// What 95 % of the response times are to be below. Range: above 0s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<Span>,
    /// The share of requests that may fail in a quiet hour. Range: 0% to 100%.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Ratio>,
    /// What the promise is for; 30 days if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Span>,
    /// How much of the error budget other incidents of the period have used up. Range: 0% to 100%.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<Ratio>,
}

/// How much depends on an operation. Figures: availability, 95th percentile, errors; source: S2, classes of services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SloClass {
    /// 99.95 %, 100 ms, 0.1 %.
    Critical,
    /// 99.9 %, 200 ms, 0.5 %.
    High,
    /// 99.5 %, 500 ms, 1 %.
    Medium,
    /// 99 %, 1 s, 2 %.
    Low,
}

impl SloClass {
    /// Availability, 95th percentile, errors.
    const fn figures(self) -> (f64, Span, f64) {
        match self {
            SloClass::Critical => (0.9995, Span::from_millis(100), 0.001),
            SloClass::High => (0.999, Span::from_millis(200), 0.005),
            SloClass::Medium => (0.995, Span::from_millis(500), 0.01),
            SloClass::Low => (0.99, Span::from_millis(1000), 0.02),
        }
    }
}

/// What resources cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct PricesSpec {
    /// A core for an hour, in `currency`, used or not. Range: 0 and more.
    pub core_hour: f64,
    /// What prices are in.
    pub currency: String,
    /// Where they come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Default for PricesSpec {
    fn default() -> Self {
        PricesSpec { core_hour: 0.048, currency: "USD".to_owned(), source: None }
    }
}

/// A service level, complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    /// Index of the operation in the assembly.
    pub operation: usize,
    /// Share of requests that are not to fail; above 0, below 1.
    pub availability: f64,
    /// What 95 % of the response times are to be below, if that is promised.
    pub p95: Option<Span>,
    /// Share of requests that may fail in a quiet hour, if that is promised.
    pub errors: Option<f64>,
    /// What the promise is for.
    pub period: Span,
    /// Share of the budget that is used up before.
    pub spent: f64,
}

impl SloSpec {
    /// The figures, of the class where nothing else is written; `None` without an availability.
    pub(super) fn complete(&self, operation: usize) -> Option<Slo> {
        const MONTH: Span = Span::from_secs(30 * 86_400);
        let class = self.class.map(SloClass::figures);
        Some(Slo {
            operation,
            availability: self.availability.map(Ratio::as_fraction).or(class.map(|it| it.0))?,
            p95: self.p95.or(class.map(|it| it.1)),
            errors: self.errors.map(Ratio::as_fraction).or(class.map(|it| it.2)),
            period: self.period.unwrap_or(MONTH),
            spent: self.spent.map_or(0.0, Ratio::as_fraction),
        })
    }
}

/// What resources cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    /// A core for an hour.
    pub core_hour: f64,
    /// What prices are in.
    pub currency: String,
    /// Whether nobody says where they come from.
    pub is_assumed: bool,
}

impl From<&PricesSpec> for Prices {
    fn from(spec: &PricesSpec) -> Self {
        let is_assumed = spec.source.as_ref().is_none_or(|source| source == "assumed");
        Prices { core_hour: spec.core_hour, currency: spec.currency.clone(), is_assumed }
    }
}
