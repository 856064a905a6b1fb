//! What happens to a system while it runs besides its load: faults, and who watches it.
//!
//! A fault takes something away from a target for a while: it never sets a symptom. Faults overlap as they like;
//! what a target suffers at any moment is the sum of them, a [`Condition`]. The system is only touched through
//! [`Controls`], by number: names were resolved when the plan was built.
//!
//! [`Runbook`](runbook::Runbook) is what people do about it: steps with triggers, delays and actions.
//!
//! [`Watch`] is the machine that watches: samples go in, changes of alerts and notifications come out, and it says
//! when it wants to be called next. It knows nothing of what is watched; series are names with labels. Rules and
//! configurations come as values, from text they are read elsewhere.

pub mod alertmanager;
pub mod alerts;
mod condition;
mod controls;
mod elements;
mod fault;
mod labels;
mod matcher;
mod plan;
pub mod promql;
mod query;
pub mod runbook;
mod schedule;
mod store;
mod unmet;
mod valueless;
mod watch;

pub use condition::{Condition, Disturbance};
pub use controls::{Controls, TargetId};
pub use fault::{FaultKind, FaultSpec, Untimed, fault_labels, times};
pub use matcher::{Comparison, Matcher, PatternError};
pub use plan::{WatchPlan, WatchedCondition};
pub use query::{Answer, Query};
pub use schedule::{Blow, Following, PlannedFault, Schedule};
pub use store::SeriesId;
pub use unmet::{Named, Unmet, matchers_in, matchers_of, unmet, unmet_condition};
pub use valueless::{Lengths, Valueless, valueless};
pub use watch::{ActiveAlert, AlertChange, Event, Settings, Watch};
