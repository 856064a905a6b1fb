//! Named random streams, and distributions with exact mean and variance.
//!
//! # Where randomness comes from
//! There is no shared generator. Each consumer has a [`Stream`] of its own, found by name: seed, replication,
//! component path and purpose. So adding a component never shifts the draws of another, and two designs
//! that are compared draw the same numbers for the same things (common random numbers).
//!
//! A request's own demands come from a [`Draw`]: a counter-based generator made on the spot from the
//! request's key and the site that asks. It has no state to carry along, so the same customer brings the same
//! demand to every design, in whatever order the designs ask.
//!
//! # What is drawn
//! | typed in YAML | built | draws |
//! |---|---|---|
//! | [`LawSpec`] | [`Law`] | a length of time, or any non-negative real |
//! | [`CountLawSpec`] | [`CountLaw`] | a whole number: batch size, repeat count |
//! | [`PopularitySpec`] | [`KeyPicker`] | a key, 0 being the most popular |
//!
//! A spec is the text as typed and may be wrong; building it checks everything and says what to write
//! instead. What was built is valid for good: sampling never fails and never panics. Nothing here reads a
//! file: a spec that names a CSV gets its text from the caller.
//!
//! # Stability of values
//! The hash behind [`Stream::named`] and the function behind [`Draw`] are frozen, and tests pin their first
//! outputs. A change of either changes every result of every model.
//!
//! # Example
//! ```
//! use brownout::random::{Draw, LawSpec, Stream};
//!
//! let spec: LawSpec = serde_json::from_str(r#"{"lognormal": {"p50": "3ms", "p99": "40ms"}}"#)?;
//! let law = spec.build(&|path| Err(format!("{path} is not needed")))?;
//! let mut stream = Stream::named(42, 0, "orders-db", "service");
//! let demand = law.sample_span(&mut stream);
//! assert!(demand.as_nanos() > 0);
//! // The same customer brings the same demand, whoever asks and whenever.
//! assert_eq!(law.sample(&mut Draw::new(7, 1)), law.sample(&mut Draw::new(7, 1)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod column;
mod count;
mod draw;
mod error;
mod hash;
mod law;
mod moments;
mod popularity;
mod spec;
mod stream;
mod uniform;
mod zipf;

#[cfg(test)]
mod build_test;
#[cfg(test)]
mod check;
#[cfg(test)]
mod law_test;

pub use column::{CellMistake, ColumnError, TimeUnit};
pub(crate) use column::{MOST_COUNTED, times};
pub use count::{CountLaw, CountLawError, CountLawSpec};
pub use draw::Draw;
pub use error::LawError;
pub(crate) use hash::Mixer;
pub use hash::{mix, name_hash};
pub use law::Law;
pub use popularity::{KeyPicker, PopularityError, PopularitySpec};
pub use spec::{LawSpec, MixturePart, PhaseSpec};
pub use stream::Stream;
