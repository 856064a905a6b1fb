//! Rules as they are written, read and checked.
//!
//! Source: Prometheus 3, `model/rulefmt`, "Defining recording rules", "Alerting rules".

use super::super::promql::Expression;
use super::template::Template;
use crate::units::Span;

/// All rules of a run, in the order in which their files and groups are named.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The groups.
    pub groups: Vec<RuleGroup>,
}

/// Rules that are evaluated one after the other at the same times.
#[derive(Clone, Debug)]
pub struct RuleGroup {
    /// The file it is in; with the name it makes the group's own phase.
    pub file: String,
    /// Its name.
    pub name: String,
    /// Time between evaluations. Default: that of [`Settings`](super::super::Settings).
    pub interval: Option<Span>,
    /// When it is evaluated first; must be within an interval of the start. Default: from the seed, the file and
    /// the name.
    pub phase: Option<Span>,
    /// How far before its evaluation the group looks.
    pub query_offset: Span,
    /// Most alerts, or series of a recording rule, that a rule may give. Default: no limit.
    pub limit: Option<u32>,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// A rule.
#[derive(Clone, Debug)]
pub enum Rule {
    /// Fires while its expression has elements.
    Alert(AlertRule),
    /// Makes series of its expression.
    Record(RecordRule),
}

/// A rule that fires while its expression has elements: an alert for each.
#[derive(Clone, Debug)]
pub struct AlertRule {
    /// The alert's name.
    pub name: String,
    /// The expression.
    pub expression: Expression,
    /// How long an element has to be there before its alert fires (`for`). Default: 0.
    pub hold: Span,
    /// How long an alert goes on firing after its element was there. Default: 0.
    pub keep_firing_for: Span,
    /// Labels of its alerts beside those of the elements.
    pub labels: Vec<(String, Template)>,
    /// Words for people.
    pub annotations: Vec<(String, Template)>,
}

/// A rule that makes series of its expression.
#[derive(Clone, Debug)]
pub struct RecordRule {
    /// The name of the series.
    pub name: String,
    /// The expression.
    pub expression: Expression,
    /// Labels of the series beside those of the elements.
    pub labels: Vec<(String, String)>,
}
