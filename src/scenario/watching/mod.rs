//! Prometheus rule files and Alertmanager configurations, read unchanged.
//!
//! `fields` walks a YAML tree and reports what does not belong; `rules`, `routes`, `ways` and `matchers` say what does.
//! `inside` finds the place of a mistake within an expression, whatever quotes or folding it is written with.

mod fields;
mod inside;
mod matchers;
mod read;
mod routes;
mod rules;
mod ways;

pub(super) use inside::place;
pub use read::{ReadFiles, read_alertmanager, read_rules};
pub(super) use routes::alertmanager;
pub(super) use rules::{expression, rules};
