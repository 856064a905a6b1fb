//! What it is to have recovered.

use super::{BEFORE, Checker, at, instant};
use crate::scenario::code::Code;
use crate::scenario::plan::{Recovery, Window};
use crate::scenario::spec::RecoverySpec;
use crate::units::Ratio;

impl Checker<'_> {
    /// What recovery is measured against and from when on, if there is anything to recover from.
    pub(super) fn recovery(&mut self, windows: &[Window]) -> Option<Recovery> {
        let disturbed = self.disturbed();
        let default = RecoverySpec::default();
        let spec = match (&self.scenario.recovery, disturbed) {
            (Some(spec), _) => spec,
            (None, Some(_)) if windows.iter().any(|window| window.name == BEFORE) => &default,
            (None, _) => return None,
        };
        let place = at("recovery");
        let baseline_name = spec.baseline.as_deref().or(disturbed.map(|_| BEFORE));
        let from = spec.from.or(disturbed.map(|(_, end)| end));
        let (Some(baseline_name), Some(from)) = (baseline_name, from) else {
            let missing = if spec.baseline.is_none() { "baseline" } else { "from" };
            let cause =
                format!("nothing says the `{missing}` of recovery: there are no faults to take it from");
            let remedy = "write both, like `recovery: {baseline: before, from: 20m}`";
            self.report(&place, Code::Recovery, &cause, remedy);
            return None;
        };
        let baseline = windows.iter().position(|window| window.name == baseline_name);
        if baseline.is_none() {
            self.unknown_window(&place.key("baseline"), baseline_name);
        }
        let end = self.scenario.duration;
        // People may end what would last for ever, and anything sooner.
        let has_people = !self.scenario.runbook.is_empty() || self.from.less;
        let by_people = spec.from.is_none() && has_people;
        if end.is_zero() {
            return None;
        }
        if from >= end && spec.from.is_some() {
            let cause = format!("recovery is counted from {from}, when the run of {end} is over");
            let remedy = "write when the disturbance ends, or make `duration` longer";
            self.report(&place.key("from"), Code::Recovery, &cause, remedy);
        } else if from >= end && self.scenario.recovery.is_some() && !by_people && !self.is_endless() {
            let cause =
                format!("the faults end at {from}: nothing is left of the run of {end} to recover in");
            self.report(&place, Code::Recovery, &cause, "make `duration` longer, or the faults shorter");
            return None;
        } else if from >= end && !by_people && !self.is_endless() {
            return None;
        }
        // Nobody asked whether it recovers, and it could not be seen.
        if self.scenario.recovery.is_none() && !by_people && spec.hold > end.saturating_sub(from) {
            return None;
        }
        let mut bad = |key: &str, cause: String, remedy: &str| {
            self.report(&place.key(key), Code::Recovery, &cause, remedy);
        };
        if !(spec.latency_factor >= 1.0 && spec.latency_factor.is_finite()) {
            let cause =
                format!("a latency factor of {} asks for less than the baseline", spec.latency_factor);
            bad("latency-factor", cause, "write a number of at least 1, such as 2");
        }
        if spec.failed_share > Ratio::ONE {
            bad("failed-share", format!("{} is more than all requests", spec.failed_share), {
                "write a share from 0% to 100%"
            });
        }
        let left = end.saturating_sub(from);
        if spec.hold > left && from < end {
            let cause = format!(
                "a `hold` of {} cannot pass between {from} and the end of the run at {end}",
                spec.hold
            );
            bad("hold", cause, "write a shorter time, or make `duration` longer");
        } else if let Some(within) = spec.within
            && within + spec.hold > left
            && from < end
        {
            let cause = format!(
                "whether it recovers within {within}, for {}, cannot be seen between {from} and the end of the run at {end}",
                spec.hold
            );
            bad("within", cause, "write a shorter time, or a shorter `hold`, or make `duration` longer");
        }
        Some(Recovery {
            baseline: baseline?,
            from: (!by_people).then(|| instant(from)),
            latency_factor: spec.latency_factor,
            failed_share: spec.failed_share,
            hold: spec.hold,
            within: spec.within,
        })
    }
}
