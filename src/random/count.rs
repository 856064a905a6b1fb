//! Whole numbers: batch sizes and repeat counts.

use std::fmt;

use rand::Rng;
use rand_distr::{Distribution, Exp1, Poisson};
use schemars::{JsonSchema, Schema};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use super::spec::single_tag;
use super::uniform::below;

/// The largest mean of a geometric or Poisson count.
const MEAN_MAX: f64 = 1e6;

/// A distribution of a whole number that is valid by construction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CountLaw(Kind);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Constant(u32),
    Uniform {
        from: u32,
        to: u32,
    },
    /// `stretch` is the mean of the exponential whose whole part is the count less 1.
    Geometric {
        mean: f64,
        stretch: f64,
    },
    Poisson {
        mean: f64,
        sampler: Poisson<f64>,
    },
}

/// A distribution of a whole number as typed: a single tag such as `{geometric: {mean: 10}}`, or a bare whole
/// number, which is constant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(transform = or_bare_count)]
pub enum CountLawSpec {
    /// Always the same: `{constant: 3}`, or just `3`.
    Constant(u32),
    /// Each whole number between two bounds, both included: `{uniform: {from: 1, to: 5}}`.
    Uniform {
        /// The lower bound.
        from: u32,
        /// The upper bound.
        to: u32,
    },
    /// 1, 2, 3 and so on, each step less likely by the same factor: `{geometric: {mean: 10}}`.
    Geometric {
        /// The mean, from 1 to 1 000 000.
        mean: f64,
    },
    /// 0, 1, 2 and so on: `{poisson: {mean: 2.5}}`.
    Poisson {
        /// The mean, above 0 and up to 1 000 000.
        mean: f64,
    },
}

/// Why a count as typed cannot be built, and what to write instead.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CountLawError {
    /// Bounds in the wrong order.
    #[error("`uniform` runs from {from} to {to}: swap them, so that `from` is not above `to`")]
    Bounds {
        /// The lower bound as typed.
        from: u32,
        /// The upper bound as typed.
        to: u32,
    },
    /// A mean that the law cannot have.
    #[error("the mean of `{law}` is {mean}: it must be {range}")]
    Mean {
        /// The law's tag.
        law: &'static str,
        /// The mean as typed.
        mean: f64,
        /// What it may be.
        range: &'static str,
    },
}

impl CountLawSpec {
    /// Checks the law and makes it ready to sample.
    ///
    /// # Errors
    /// When bounds are in the wrong order or a mean is out of range.
    pub fn build(&self) -> Result<CountLaw, CountLawError> {
        Ok(CountLaw(match *self {
            CountLawSpec::Constant(value) => Kind::Constant(value),
            CountLawSpec::Uniform { from, to } if from > to => {
                return Err(CountLawError::Bounds { from, to });
            }
            CountLawSpec::Uniform { from, to } => Kind::Uniform { from, to },
            CountLawSpec::Geometric { mean } if (1.0..=MEAN_MAX).contains(&mean) => {
                let stretch = if mean == 1.0 { 0.0 } else { -(-mean.recip()).ln_1p().recip() };
                Kind::Geometric { mean, stretch }
            }
            CountLawSpec::Geometric { mean } => {
                let range = "from 1 (it draws 1, 2, 3, …) to 1000000";
                return Err(CountLawError::Mean { law: "geometric", mean, range });
            }
            CountLawSpec::Poisson { mean } => {
                let wrong = CountLawError::Mean { law: "poisson", mean, range: "above 0, up to 1000000" };
                match Poisson::new(mean) {
                    Ok(sampler) if mean <= MEAN_MAX => Kind::Poisson { mean, sampler },
                    _ => return Err(wrong),
                }
            }
        }))
    }
}

impl CountLaw {
    /// Makes the law that is always `value`.
    pub const fn constant(value: u32) -> CountLaw {
        CountLaw(Kind::Constant(value))
    }

    /// Draws a count.
    #[inline]
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> u32 {
        match self.0 {
            Kind::Constant(value) => value,
            Kind::Uniform { from, to } => from + below(rng, u64::from(to - from) + 1) as u32,
            Kind::Geometric { stretch, .. } => {
                let more: f64 = Exp1.sample(rng);
                1 + (more * stretch) as u32
            }
            Kind::Poisson { sampler, .. } => sampler.sample(rng) as u32,
        }
    }

    /// The least count that it draws.
    pub fn least(&self) -> u32 {
        match self.0 {
            Kind::Constant(value) => value,
            Kind::Uniform { from, .. } => from,
            Kind::Geometric { .. } => 1,
            Kind::Poisson { .. } => 0,
        }
    }

    /// The exact mean.
    pub fn mean(&self) -> f64 {
        match self.0 {
            Kind::Constant(value) => f64::from(value),
            Kind::Uniform { from, to } => f64::midpoint(f64::from(from), f64::from(to)),
            Kind::Geometric { mean, .. } | Kind::Poisson { mean, .. } => mean,
        }
    }

    /// The exact variance.
    pub fn variance(&self) -> f64 {
        match self.0 {
            Kind::Constant(_) => 0.0,
            Kind::Uniform { from, to } => ((f64::from(to - from) + 1.0).powi(2) - 1.0) / 12.0,
            Kind::Geometric { mean, .. } => mean * (mean - 1.0),
            Kind::Poisson { mean, .. } => mean,
        }
    }
}

impl Serialize for CountLawSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        CountLawSpec::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for CountLawSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Count;
        impl<'de> Visitor<'de> for Count {
            type Value = CountLawSpec;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number like `3`, or a law like `{geometric: {mean: 3}}`")
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<CountLawSpec, E> {
                let refused = |_| E::invalid_value(de::Unexpected::Unsigned(number), &self);
                u32::try_from(number).map(CountLawSpec::Constant).map_err(refused)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<CountLawSpec, E> {
                let refused = |_| E::invalid_value(de::Unexpected::Signed(number), &self);
                u32::try_from(number).map(CountLawSpec::Constant).map_err(refused)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CountLawSpec, A::Error> {
                single_tag(map, |tag| CountLawSpec::deserialize(tag))
            }
        }
        deserializer.deserialize_any(Count)
    }
}

/// Lets an editor accept a bare whole number where it accepts a tagged law.
fn or_bare_count(schema: &mut Schema) {
    let bare = json!({
        "type": "integer", "minimum": 0, "maximum": u32::MAX, "description": "A constant count, like `3`."
    });
    if let Some(forms) = schema.get_mut("oneOf").and_then(|forms| forms.as_array_mut()) {
        forms.push(bare);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Stream, check};
    use super::*;
    use statrs::distribution::{Discrete, Geometric};

    fn build(text: &str) -> Result<CountLaw, String> {
        let spec: CountLawSpec = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        spec.build().map_err(|error| error.to_string())
    }

    #[test]
    fn samples_have_the_exact_mean_and_variance_and_start_at_the_least() {
        for (text, least) in [
            ("3", 3),
            ("{constant: 0}", 0),
            ("{uniform: {from: 1, to: 5}}", 1),
            ("{uniform: {from: 4, to: 4}}", 4),
            ("{geometric: {mean: 1}}", 1),
            ("{geometric: {mean: 1.2}}", 1),
            ("{geometric: {mean: 10}}", 1),
            ("{poisson: {mean: 2.5}}", 0),
            ("{poisson: {mean: 300}}", 0),
        ] {
            let law = build(text).unwrap();
            let mut stream = Stream::named(3, 0, "count", text);
            let drawn: Vec<f64> = (0..100_000).map(|_| f64::from(law.sample(&mut stream))).collect();
            check::moments(&drawn, law.mean(), law.variance());
            assert_eq!(law.least(), least);
            assert!(drawn.iter().all(|count| *count >= f64::from(least)), "{text}");
        }
    }

    #[test]
    fn geometric_counts_have_their_exact_probabilities() {
        let law = build("{geometric: {mean: 4}}").unwrap();
        let exact = Geometric::new(0.25).unwrap();
        let mut stream = Stream::named(4, 0, "count", "geometric");
        let mut counts = [0.0; 20];
        for _ in 0..100_000 {
            counts[(law.sample(&mut stream) as usize).min(20) - 1] += 1.0;
        }
        let mut expected = [0.0; 20];
        for (index, cell) in expected.iter_mut().enumerate() {
            *cell = 1e5 * exact.pmf(index as u64 + 1);
        }
        expected[19] = 1e5 - expected[..19].iter().sum::<f64>();
        check::chi_square(&counts, &expected);
    }

    #[test]
    fn the_largest_counts_do_not_overflow() {
        let mut stream = Stream::named(5, 0, "count", "large");
        let law = build(&format!("{{uniform: {{from: 0, to: {}}}}}", u32::MAX)).unwrap();
        assert!((0..100).any(|_| law.sample(&mut stream) > u32::MAX / 2));
        assert_eq!(CountLaw::constant(u32::MAX).sample(&mut stream), u32::MAX);
    }

    #[track_caller]
    fn refused(text: &str, part: &str) {
        match build(text) {
            Ok(law) => panic!("`{text}` built {law:?}"),
            Err(error) => assert!(error.contains(part), "`{text}` says: {error}"),
        }
    }

    #[test]
    fn every_mistake_names_its_remedy() {
        refused("{uniform: {from: 5, to: 1}}", "swap them");
        refused("{geometric: {mean: 0.5}}", "is 0.5: it must be from 1");
        refused("{geometric: {mean: .nan}}", "is NaN");
        refused("{geometric: {mean: 1e9}}", "to 1000000");
        refused("{poisson: {mean: 0}}", "above 0");
        refused("{poisson: {mean: .nan}}", "is NaN");
        refused("{poisson: {mean: 1e9}}", "up to 1000000");
        refused("{poisson: {mean: 2, sd: 1}}", "sd");
        refused("-1", "a whole number like `3`");
        refused("2.5", "a whole number like `3`");
        refused("5000000000", "a whole number like `3`");
    }

    #[test]
    fn specs_print_back_and_fit_the_schema() {
        let schema = serde_json::to_value(schemars::schema_for!(CountLawSpec)).unwrap();
        let schema = jsonschema::validator_for(&schema).unwrap();
        for text in ["3", r#"{"uniform": {"from": 1, "to": 5}}"#, r#"{"geometric": {"mean": 10}}"#] {
            let typed: serde_json::Value = serde_json::from_str(text).unwrap();
            let spec: CountLawSpec = serde_json::from_value(typed.clone()).unwrap();
            let printed = serde_json::to_value(&spec).unwrap();
            assert_eq!(serde_json::from_value::<CountLawSpec>(printed.clone()).unwrap(), spec);
            assert!(schema.is_valid(&typed) && schema.is_valid(&printed), "{text}");
        }
        assert!(!schema.is_valid(&json!(-1)));
    }
}
