//! Laws as typed in YAML.

use std::fmt;

use schemars::{JsonSchema, Schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use super::column::TimeUnit;
use crate::units::{Ratio, Span};

/// A distribution of a time as typed: a single tag such as `{exponential: {mean: 3ms}}`, or a bare time,
/// which is constant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(transform = or_bare_time)]
pub enum LawSpec {
    /// Always the same time: `{constant: 3ms}`, or just `3ms`.
    Constant(Span),
    /// Evenly between two bounds: `{uniform: {from: 1ms, to: 5ms}}`.
    Uniform {
        /// The lower bound.
        from: Span,
        /// The upper bound.
        to: Span,
    },
    /// Memoryless, cv 1: `{exponential: {mean: 3ms}}`.
    Exponential {
        /// The mean.
        mean: Span,
    },
    /// The sum of equal exponential stages, cv 1/√stages: `{erlang: {stages: 4, mean: 10ms}}`.
    Erlang {
        /// How many stages, from 1 to 10 000.
        #[schemars(range(min = 1, max = 10_000))]
        stages: u32,
        /// The mean of the sum.
        mean: Span,
    },
    /// Gamma: `{gamma: {mean: 3ms, cv: 0.5}}`.
    Gamma {
        /// The mean.
        mean: Span,
        /// Standard deviation over mean, from 0.001 to 1000.
        cv: f64,
    },
    /// Lognormal, by mean and cv or by two percentiles: `{lognormal: {mean: 3ms, cv: 0.7}}` or
    /// `{lognormal: {p50: 3ms, p99: 40ms}}`.
    Lognormal {
        /// The mean; goes with `cv`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mean: Option<Span>,
        /// Standard deviation over mean, from 0.001 to 1000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cv: Option<f64>,
        /// The median; goes with one other percentile, as do those below.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        p50: Option<Span>,
        /// What 90 % are below.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        p90: Option<Span>,
        /// What 95 % are below.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        p95: Option<Span>,
        /// What 99 % are below.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        p99: Option<Span>,
        /// What 99.9 % are below.
        #[serde(default, rename = "p99.9", skip_serializing_if = "Option::is_none")]
        p99_9: Option<Span>,
    },
    /// Weibull, by mean and cv or by scale and shape: `{weibull: {mean: 3ms, cv: 2}}`.
    Weibull {
        /// The mean; goes with `cv`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mean: Option<Span>,
        /// Standard deviation over mean, from 0.001 to 1000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cv: Option<f64>,
        /// What 63.2 % are below; goes with `shape`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scale: Option<Span>,
        /// Below 1 the tail is heavier than an exponential's, above 1 lighter; from 0.05 to 10 000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shape: Option<f64>,
    },
    /// Pareto, a power-law tail, by shape and mean or minimum: `{pareto: {mean: 3ms, shape: 2.5}}`.
    Pareto {
        /// The mean; needs a shape above 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mean: Option<Span>,
        /// The least value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minimum: Option<Span>,
        /// The tail falls as this power; the variance is infinite at 2 or less, the mean at 1 or less; from
        /// 0.01 to 1 000 000.
        shape: f64,
    },
    /// One of several exponentials, cv 1 or more: `{hyperexponential: {mean: 3ms, cv: 2}}` takes two with
    /// balanced means, and `{hyperexponential: {phases: [{weight: 90%, mean: 1ms}, …]}}` names them.
    Hyperexponential {
        /// The mean; goes with `cv`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mean: Option<Span>,
        /// Standard deviation over mean, from 1 to 1000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cv: Option<f64>,
        /// The exponentials; goes alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phases: Option<Vec<PhaseSpec>>,
    },
    /// A normal that is drawn again while it is negative: `{truncated-normal: {mean: 3ms, sd: 1ms}}`.
    TruncatedNormal {
        /// The mean of the normal before it is cut off at zero; the mean of what is drawn is higher.
        mean: Span,
        /// The standard deviation of the normal before it is cut off at zero; that of what is drawn is lower.
        sd: Span,
    },
    /// Measured values, drawn again as they are, each as likely as another and none in between:
    /// `{empirical: {csv: latencies.csv, column: latency_ms}}`.
    Empirical {
        /// The path of the CSV.
        csv: String,
        /// The column; its values have units, or its name ends with one.
        column: String,
        /// The unit of bare numbers, if the column's name does not tell it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<TimeUnit>,
    },
    /// One of several laws: `{mixture: [{weight: 0.99, of: 3ms}, {weight: 0.01, of: {pareto: …}}]}`.
    Mixture(Vec<MixturePart>),
}

/// One exponential of a hyperexponential as typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseSpec {
    /// Its probability; all of them sum to 1.
    pub weight: Ratio,
    /// Its mean.
    pub mean: Span,
}

/// One law of a mixture as typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixturePart {
    /// Its probability; all of them sum to 1.
    pub weight: Ratio,
    /// The law.
    pub of: LawSpec,
}

impl From<Span> for LawSpec {
    fn from(value: Span) -> LawSpec {
        LawSpec::Constant(value)
    }
}

impl Serialize for LawSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        LawSpec::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for LawSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Law;
        impl<'de> Visitor<'de> for Law {
            type Value = LawSpec;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time like `3ms`, or a law like `{exponential: {mean: 3ms}}`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<LawSpec, E> {
                if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    return Err(E::invalid_value(de::Unexpected::Str(text), &self));
                }
                text.parse().map(LawSpec::Constant).map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<LawSpec, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<LawSpec, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<LawSpec, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<LawSpec, A::Error> {
                single_tag(map, |tag| LawSpec::deserialize(tag))
            }
        }
        deserializer.deserialize_any(Law)
    }
}

/// Reads a map of one key as an externally tagged enum.
pub(super) fn single_tag<'de, A: MapAccess<'de>, T>(
    mut map: A,
    read: impl FnOnce(MapAccessDeserializer<&mut A>) -> Result<T, A::Error>,
) -> Result<T, A::Error> {
    let value = read(MapAccessDeserializer::new(&mut map))?;
    if map.next_key::<IgnoredAny>()?.is_some() {
        return Err(de::Error::custom("there are two tags here: keep one, or join the laws in a `mixture`"));
    }
    Ok(value)
}

/// Lets an editor accept a bare time where it accepts a tagged law.
fn or_bare_time(schema: &mut Schema) {
    let bare = json!({"type": "string", "pattern": "^[0-9]", "description": "A constant time, like `3ms`."});
    if let Some(forms) = schema.get_mut("oneOf").and_then(|forms| forms.as_array_mut()) {
        forms.push(bare);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> Result<LawSpec, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }

    const FORMS: [&str; 18] = [
        "3ms",
        "{constant: 3ms}",
        "{uniform: {from: 1ms, to: 5ms}}",
        "{exponential: {mean: 3ms}}",
        "{erlang: {stages: 4, mean: 10ms}}",
        "{gamma: {mean: 3ms, cv: 0.5}}",
        "{lognormal: {mean: 3ms, cv: 0.7}}",
        "{lognormal: {p50: 3ms, p99.9: 40ms}}",
        "{weibull: {mean: 3ms, cv: 2}}",
        "{weibull: {scale: 3ms, shape: 0.7}}",
        "{pareto: {mean: 3ms, shape: 2.5}}",
        "{pareto: {minimum: 3ms, shape: 0.9}}",
        "{hyperexponential: {mean: 3ms, cv: 2}}",
        "{hyperexponential: {phases: [{weight: 90%, mean: 1ms}, {weight: 0.1, mean: 21ms}]}}",
        "{truncated-normal: {mean: 3ms, sd: 1ms}}",
        "{empirical: {csv: a.csv, column: b}}",
        "{empirical: {csv: a.csv, column: b, unit: us}}",
        "{mixture: [{weight: 0.99, of: 3ms}, {weight: 1%, of: {exponential: {mean: 1s}}}]}",
    ];

    #[test]
    fn each_form_reads_prints_back_and_fits_the_schema() {
        let schema = serde_json::to_value(schemars::schema_for!(LawSpec)).unwrap();
        let schema = jsonschema::validator_for(&schema).unwrap();
        for form in FORMS {
            let spec = yaml(form).unwrap_or_else(|error| panic!("{form}: {error}"));
            let printed = serde_json::to_value(&spec).unwrap();
            assert_eq!(serde_json::from_value::<LawSpec>(printed.clone()).unwrap(), spec, "{form}");
            assert!(schema.is_valid(&printed), "{form}: {printed}");
            let typed: serde_json::Value = serde_saphyr::from_str(form).unwrap();
            assert!(schema.is_valid(&typed), "{form}: {typed}");
        }
        assert!(!schema.is_valid(&json!({"exponential": {"mean": "3ms", "cv": 1}})));
        assert!(!schema.is_valid(&json!(3)));
        assert_eq!(yaml("3ms"), Ok(LawSpec::from(Span::from_millis(3))));
    }

    #[track_caller]
    fn refused(text: &str, part: &str) {
        match yaml(text) {
            Ok(spec) => panic!("`{text}` read as {spec:?}"),
            Err(error) => assert!(error.contains(part), "`{text}` says: {error}"),
        }
    }

    #[test]
    fn what_is_not_a_law_is_refused_where_it_stands() {
        refused("3", "write `3ms`");
        refused("exponential", "a law like `{exponential: {mean: 3ms}}`");
        refused("[3ms]", "a law like `{exponential: {mean: 3ms}}`");
        refused("{exponental: {mean: 3ms}}", "exponental");
        refused("{exponential: {mean: 3ms, cv: 1}}", "cv");
        refused("{exponential: {mean: 3}}", "write `3ms`");
        refused("{exponential: {}}", "mean");
        refused("{constant: 3ms, exponential: {mean: 3ms}}", "two tags");
        refused("{}", "");
    }
}
