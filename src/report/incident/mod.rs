//! The report of an incident: as Markdown for a ticket, and as one page of HTML with its pictures in it.
//!
//! `facts` says in words what results show, in English or Korean (`words`); `markdown` and `html` lay the same sections
//! out; `picture` draws the timeline.

mod actions;
mod bars;
mod comparison;
mod facts;
mod html;
mod markdown;
mod people;
mod picture;
mod response;
mod words;

pub use bars::attribution_svg;
pub use comparison::{AboutComparison, comparison_html, comparison_md};
pub use facts::About;
pub use html::report_html;
pub use markdown::incident_md;
pub use picture::timeline_svg;
pub use words::Language;
pub(super) use words::localised;
