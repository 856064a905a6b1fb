//! Claims, as far as they can be checked without the system.

use super::{Checker, WHOLE, at};
use crate::component::Place;
use crate::scenario::claims::{ClaimSpec, Expectation, Measured, read};
use crate::scenario::code::Code;
use crate::scenario::plan::Window;

/// A claim with names that are still to be found in the system.
#[derive(Debug)]
pub(in crate::scenario) struct WantedClaim {
    pub(in crate::scenario) name: String,
    pub(in crate::scenario) spec: ClaimSpec,
    pub(in crate::scenario) expectation: Expectation,
    pub(in crate::scenario) during: Option<usize>,
    pub(in crate::scenario) against: Option<usize>,
}

impl Checker<'_> {
    /// Reads the claims; one about the whole run brings the window of the whole run.
    pub(super) fn claims(&mut self, windows: &mut Vec<Window>) -> Vec<WantedClaim> {
        let mut wanted = Vec::new();
        for (name, spec) in &self.scenario.claims {
            let place = at("claims").key(name);
            self.span_of_claim(spec, &place);
            let during = self.window_of_claim(spec.during.as_deref(), &place.key("during"), windows);
            let against = self.window_of_claim(spec.against.as_deref(), &place.key("against"), windows);
            if let Some(sweep) = &spec.sweep
                && sweep.values.len() < 2
            {
                let cause = "a sweep of fewer than two values finds no condition";
                self.report(
                    &place.key("sweep").key("values"),
                    Code::Claim,
                    cause,
                    "write two values or more",
                );
            }
            let expectation = match read(&spec.expect, spec.against.is_some()) {
                Ok(expectation) => expectation,
                Err((cause, remedy)) => {
                    self.report(&place.key("expect"), Code::Claim, &cause, &remedy);
                    continue;
                }
            };
            if let Measured::Operation(_, operation) = &expectation.measure
                && !self.scenario.load.is_empty()
                && !self.scenario.load.contains_key(operation)
            {
                self.unknown_operation(&place.key("expect"), operation);
                continue;
            }
            if expectation.measure.is_of_the_run() {
                self.of_the_run(spec, &expectation, &place);
            }
            let (Ok(during), Ok(against)) = (during, against) else { continue };
            let (name, spec) = (name.clone(), spec.clone());
            wanted.push(WantedClaim { name, spec, expectation, during, against });
        }
        wanted
    }

    /// A claim is measured in a window, or from something on.
    fn span_of_claim(&mut self, spec: &ClaimSpec, place: &Place) {
        if spec.during.is_some() && spec.after.is_some() {
            let cause = "the claim is measured in a window and after something";
            self.report(&place.key("after"), Code::Claim, cause, "leave out `during` or `after`");
        }
        for (key, written) in [("delay", spec.delay), ("for", spec.lasts)] {
            if written.is_some() && spec.after.is_none() {
                let cause = format!("`{key}` counts from nothing");
                let remedy = "add what it is after, like `after: CacheDown`, or leave it out";
                self.report(&place.key(key), Code::Claim, &cause, remedy);
            }
        }
        if spec.lasts.is_some_and(|lasts| lasts.is_zero()) {
            self.report(
                &place.key("for"),
                Code::Claim,
                "nothing is measured in no time",
                "write a time, like `5m`",
            );
        }
    }

    fn of_the_run(&mut self, spec: &ClaimSpec, expectation: &Expectation, place: &Place) {
        for (key, is_written) in [
            ("during", spec.during.is_some()),
            ("after", spec.after.is_some()),
            ("against", spec.against.is_some()),
        ] {
            if is_written {
                let cause = format!("`{}` is of the whole run and has no use for `{key}`", spec.expect);
                self.report(&place.key(key), Code::Claim, &cause, "leave it out");
            }
        }
        let timed = matches!(
            expectation.measure,
            Measured::BeyondCalm(_) | Measured::TimeTo(_) | Measured::Chance(_)
        );
        if timed && self.disturbed().is_none() && self.scenario.recovery.is_none() {
            let cause = format!("`{}` is about an incident, and nothing happens", spec.expect);
            self.report(&place.key("expect"), Code::Claim, &cause, "add a fault, or `recovery`");
        }
    }

    /// The window of this name; the one of the whole run where none is named for `during`.
    fn window_of_claim(
        &mut self,
        name: Option<&str>,
        place: &Place,
        windows: &mut Vec<Window>,
    ) -> Result<Option<usize>, ()> {
        let found = match name {
            None => return Ok(None),
            Some(WHOLE) => Some(self.whole_window(windows)),
            Some(name) => windows.iter().position(|window| window.name == name && !window.implied),
        };
        if let (None, Some(name)) = (found, name) {
            self.unknown_window(place, name);
        }
        found.map(Some).ok_or(())
    }
}

/// The span of a claim in words, such as ` for 5m after CacheDown`.
pub(in crate::scenario) fn span_words(spec: &ClaimSpec) -> String {
    let mut words = match (&spec.after, &spec.during) {
        (Some(after), _) => {
            let lasts = spec.lasts.map_or_else(String::new, |lasts| format!(" for {lasts}"));
            let delay = spec.delay.map_or_else(String::new, |delay| format!(" from {delay}"));
            format!("{lasts}{delay} after {after}")
        }
        (None, Some(during)) => format!(" during {during}"),
        (None, None) => String::new(),
    };
    if let Some(against) = &spec.against {
        words.push_str(&format!(" against {against}"));
    }
    words
}
