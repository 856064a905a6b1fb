//! Alerting and recording rules: their groups, their times, and the states of their alerts.

mod evaluation;
mod number;
mod rule;
mod state;
mod template;

pub use evaluation::RuleError;
pub use rule::{AlertRule, RecordRule, Rule, RuleGroup, Rules};
pub use state::{AlertState, Transition};
pub use template::{Template, TemplateError};

pub(super) use evaluation::{Group, Pace, Told, fill};
pub(super) use state::Alert;
