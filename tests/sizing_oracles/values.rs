//! Parameters read from a row, and values computed for it.

use brownout::sizing::{Performance, SizingError};
use brownout::units::{Rate, Ratio, Span};

/// A computed value; times are rounded to whole nanoseconds, which the comparison allows for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Got {
    Number(f64),
    Seconds(f64),
    SquaredSeconds(f64),
}

impl Got {
    pub(crate) fn value(&self) -> f64 {
        match self {
            Got::Number(value) | Got::Seconds(value) | Got::SquaredSeconds(value) => *value,
        }
    }
}

pub(crate) type Values = Vec<(String, Got)>;

pub(crate) struct Params<'a>(pub &'a serde_json::Value);

impl Params<'_> {
    pub(crate) fn number(&self, key: &str) -> f64 {
        self.0[key].as_f64().unwrap_or_else(|| panic!("no number {key} in {}", self.0))
    }

    pub(crate) fn count(&self, key: &str) -> u32 {
        self.number(key) as u32
    }

    pub(crate) fn rate(&self, key: &str) -> Rate {
        Rate::per_second(self.number(key))
    }

    pub(crate) fn span(&self, key: &str) -> Span {
        Span::from_secs_f64(self.number(key))
    }

    pub(crate) fn share(&self, key: &str) -> Ratio {
        Ratio::from_fraction(self.number(key))
    }

    pub(crate) fn numbers(&self, key: &str) -> Vec<f64> {
        let list = self.0[key].as_array().unwrap_or_else(|| panic!("no list {key} in {}", self.0));
        list.iter().map(|value| value.as_f64().expect("a number")).collect()
    }

    pub(crate) fn spans(&self, key: &str) -> Vec<Span> {
        self.numbers(key).into_iter().map(Span::from_secs_f64).collect()
    }
}

/// Collects the values of one case.
#[derive(Default)]
pub(crate) struct Sheet(pub Values);

impl Sheet {
    pub(crate) fn number(&mut self, metric: impl Into<String>, value: f64) -> &mut Self {
        self.0.push((metric.into(), Got::Number(value)));
        self
    }

    pub(crate) fn ratio(&mut self, metric: impl Into<String>, value: Ratio) -> &mut Self {
        self.number(metric, value.as_fraction())
    }

    pub(crate) fn rate(&mut self, metric: impl Into<String>, value: Rate) -> &mut Self {
        self.number(metric, value.as_per_second())
    }

    pub(crate) fn span(&mut self, metric: impl Into<String>, value: Span) -> &mut Self {
        self.0.push((metric.into(), Got::Seconds(value.as_secs_f64())));
        self
    }

    /// A variance given by its standard deviation.
    pub(crate) fn variance(&mut self, metric: impl Into<String>, deviation: Span) -> &mut Self {
        self.0.push((metric.into(), Got::SquaredSeconds(deviation.as_secs_f64().powi(2))));
        self
    }

    pub(crate) fn performance(&mut self, means: &Performance) -> &mut Self {
        self.ratio("rho", means.utilisation)
            .span("Wq", means.mean_wait)
            .span("W", means.mean_response)
            .number("Lq", means.mean_queue)
            .number("L", means.mean_in_system)
    }

    pub(crate) fn quantiles(
        &mut self,
        prefix: &str,
        quantile: impl Fn(Ratio) -> Result<Span, SizingError>,
    ) -> &mut Self {
        for (name, p) in [("50", 0.5), ("90", 0.9), ("95", 0.95), ("99", 0.99), ("99.9", 0.999)] {
            self.span(format!("{prefix}{name}"), quantile(Ratio::from_fraction(p)).expect("a quantile"));
        }
        self
    }
}
