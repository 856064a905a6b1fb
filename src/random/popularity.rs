//! Which key a request is about: how unevenly keys are asked for.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::uniform::{below, unit};
use super::zipf::{self, Zipf};
use crate::units::Ratio;

/// How unevenly keys are asked for, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PopularitySpec {
    /// Each key as often as another: `uniform`.
    Uniform,
    /// The i-th most popular key in proportion to i to the power of minus this: `{zipf: 0.9}`.
    Zipf(#[schemars(range(min = 0.0, max = 100.0))] f64),
    /// A few keys get most requests, evenly, and the rest share what is left:
    /// `{hot-set: {keys: 1%, requests: 80%}}`.
    HotSet {
        /// The share of keys that are hot, rounded to whole keys, at least one.
        keys: Ratio,
        /// The share of requests that go to them.
        requests: Ratio,
    },
}

/// Why keys cannot be picked in this way, and what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum PopularityError {
    /// No keys at all.
    #[error("there are no keys to pick from: give a count of 1 or more")]
    NoKeys,
    /// More keys than a picker can tell apart.
    #[error("{count} keys are too many: give a count of 2^53 or less")]
    TooManyKeys {
        /// The count as given.
        count: u64,
    },
    /// An exponent that is no Zipf exponent.
    #[error(
        "the exponent of `zipf` is {exponent}: it must be from 0 (all alike) to 100 (nearly all the first)"
    )]
    Exponent {
        /// The exponent as typed.
        exponent: f64,
    },
    /// Hot keys that are all keys.
    #[error("the hot set is {hot} of {count} keys: it must leave some out; write `uniform` if all are alike")]
    AllHot {
        /// How many keys are hot.
        hot: u64,
        /// How many keys there are.
        count: u64,
    },
    /// More than all of the requests.
    #[error("the hot set gets {requests} of the requests: it must be 100% or less")]
    MoreThanAll {
        /// The share as typed.
        requests: Ratio,
    },
    /// Hot keys that are asked for less than others.
    #[error(
        "{keys} of the keys get {requests} of the requests, so they are not hot: \
         raise `requests` above `keys`"
    )]
    NotHot {
        /// The share of keys that are hot, after rounding to whole keys.
        keys: Ratio,
        /// The share of requests as typed.
        requests: Ratio,
    },
}

/// Picks keys by their popularity; a copy is cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyPicker {
    count: u64,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Uniform,
    Zipf { zipf: Zipf, exponent: f64, total: f64 },
    HotSet { hot: u64, requests: f64 },
}

impl KeyPicker {
    /// Makes a picker of one of `count` keys.
    ///
    /// # Errors
    /// When there are no keys or far too many, or a parameter is out of range.
    pub fn new(count: u64, popularity: &PopularitySpec) -> Result<KeyPicker, PopularityError> {
        if count == 0 {
            return Err(PopularityError::NoKeys);
        }
        if count > 1 << 53 {
            return Err(PopularityError::TooManyKeys { count });
        }
        let kind = match *popularity {
            PopularitySpec::Uniform => Kind::Uniform,
            PopularitySpec::Zipf(exponent) if (0.0..=100.0).contains(&exponent) => {
                Kind::Zipf { zipf: Zipf::new(count, exponent), exponent, total: zipf::total(count, exponent) }
            }
            PopularitySpec::Zipf(exponent) => return Err(PopularityError::Exponent { exponent }),
            PopularitySpec::HotSet { keys, requests } => {
                let hot = ((count as f64 * keys.as_fraction()).round() as u64).max(1);
                if hot >= count {
                    return Err(PopularityError::AllHot { hot, count });
                }
                if requests > Ratio::ONE {
                    return Err(PopularityError::MoreThanAll { requests });
                }
                let keys = Ratio::from_fraction(hot as f64 / count as f64);
                if requests <= keys {
                    return Err(PopularityError::NotHot { keys, requests });
                }
                Kind::HotSet { hot, requests: requests.as_fraction() }
            }
        };
        Ok(KeyPicker { count, kind })
    }

    /// Picks a key in 0..count, 0 being the most popular.
    #[inline]
    pub fn pick<R: Rng + ?Sized>(&self, rng: &mut R) -> u64 {
        match &self.kind {
            Kind::Uniform => below(rng, self.count),
            Kind::Zipf { zipf, .. } => zipf.sample(rng),
            Kind::HotSet { hot, requests } => {
                if unit(rng) < *requests {
                    below(rng, *hot)
                } else {
                    hot + below(rng, self.count - hot)
                }
            }
        }
    }

    /// How many keys there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The exact probability of `key`; 0 if there is no such key.
    pub fn probability(&self, key: u64) -> f64 {
        if key >= self.count {
            return 0.0;
        }
        match self.kind {
            Kind::Uniform => (self.count as f64).recip(),
            Kind::Zipf { exponent, total, .. } => (key as f64 + 1.0).powf(-exponent) / total,
            Kind::HotSet { hot, requests } if key < hot => requests / hot as f64,
            Kind::HotSet { hot, requests } => (1.0 - requests) / (self.count - hot) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Stream, check};
    use super::*;

    fn picker(count: u64, text: &str) -> Result<KeyPicker, PopularityError> {
        let spec: PopularitySpec = serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        KeyPicker::new(count, &spec)
    }

    #[test]
    fn keys_are_picked_with_their_exact_probabilities() {
        for text in ["uniform", "{zipf: 0.9}", "{zipf: 0}", "{hot-set: {keys: 10%, requests: 80%}}"] {
            let picker = picker(50, text).unwrap();
            let expected: Vec<f64> = (0..50).map(|key| 1e5 * picker.probability(key)).collect();
            assert!((expected.iter().sum::<f64>() - 1e5).abs() < 1e-6, "{text}");
            assert!(expected.is_sorted_by(|popular, less| popular >= less), "{text}");
            let mut stream = Stream::named(6, 0, "keys", text);
            let mut observed = vec![0.0; 50];
            for _ in 0..100_000 {
                observed[picker.pick(&mut stream) as usize] += 1.0;
            }
            check::chi_square(&observed, &expected);
        }
    }

    #[test]
    fn specs_print_back_and_fit_the_schema() {
        let schema = serde_json::to_value(schemars::schema_for!(PopularitySpec)).unwrap();
        let schema = jsonschema::validator_for(&schema).unwrap();
        for text in ["uniform", "{zipf: 0.9}", "{hot-set: {keys: 1%, requests: 80%}}"] {
            let typed: serde_json::Value = serde_saphyr::from_str(text).unwrap();
            let spec: PopularitySpec = serde_json::from_value(typed.clone()).unwrap();
            let printed = serde_json::to_value(spec).unwrap();
            assert_eq!(serde_json::from_value::<PopularitySpec>(printed.clone()).unwrap(), spec);
            assert!(schema.is_valid(&typed) && schema.is_valid(&printed), "{text}");
        }
    }

    #[test]
    fn one_key_is_always_picked() {
        let mut stream = Stream::named(6, 0, "keys", "one");
        for text in ["uniform", "{zipf: 1.1}"] {
            let picker = picker(1, text).unwrap();
            assert_eq!(
                (picker.pick(&mut stream), picker.probability(0), picker.probability(1)),
                (0, 1.0, 0.0)
            );
        }
    }

    #[track_caller]
    fn refused(count: u64, text: &str, part: &str) {
        match picker(count, text) {
            Ok(picker) => panic!("`{text}` built {picker:?}"),
            Err(error) => assert!(error.to_string().contains(part), "`{text}` says: {error}"),
        }
    }

    #[test]
    fn every_mistake_names_its_remedy() {
        refused(0, "uniform", "a count of 1 or more");
        refused(u64::MAX, "uniform", "2^53 or less");
        refused(9, "{zipf: -0.1}", "is -0.1: it must be from 0");
        refused(9, "{zipf: .nan}", "is NaN");
        refused(9, "{zipf: .inf}", "is inf");
        refused(9, "{hot-set: {keys: 100%, requests: 100%}}", "9 of 9 keys: it must leave some out");
        refused(9, "{hot-set: {keys: 20%, requests: 101%}}", "must be 100% or less");
        refused(10, "{hot-set: {keys: 20%, requests: 20%}}", "raise `requests` above `keys`");
    }
}
