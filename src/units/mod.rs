//! Quantities as types: instants, spans, rates, ratios, bytes, cores and counts.
//!
//! Every quantity that crosses a `pub` boundary is one of these, reads from and prints to text with its
//! unit, and refuses a bare number by naming the unit that was probably meant.

mod quantity;
mod text;

pub use quantity::{Bytes, Cores, Instant, Rate, Ratio, Span};
pub use text::ParseQuantityError;
