//! Claims: what people say of a system, written so that it can be put to the test.
//!
//! A claim goes three ways: as typed (`spec`), its expectation read (`expression`), its names found in the system
//! (`resolve`), and the window looked at that it is measured in (`opens`).

mod expression;
mod opens;
mod plan;
mod resolve;
mod spec;

pub(super) use expression::{Expectation, Measured, read};
pub(super) use opens::{Earliest, Shut};
pub use plan::{Chance, Claim, ClaimMeasure, ClaimSpan, ClaimSweep, Phase, Unit};
pub(super) use resolve::{Known, Resolver, UnknownName};
pub use spec::{ClaimSpec, ClaimSweepSpec};
