//! Service levels and prices.

use super::{Checker, at};
use crate::scenario::code::Code;
use crate::scenario::slos::SloSpec;
use crate::units::{Ratio, Span};

/// A service level whose operation is still a name.
#[derive(Debug)]
pub(in crate::scenario) struct WantedSlo {
    pub(in crate::scenario) operation: String,
    pub(in crate::scenario) spec: SloSpec,
}

impl Checker<'_> {
    pub(super) fn slos(&mut self) -> Vec<WantedSlo> {
        let mut wanted = Vec::new();
        for (operation, spec) in &self.scenario.slos {
            let place = at("slos").key(operation);
            if !self.scenario.load.is_empty() && !self.scenario.load.contains_key(operation) {
                self.unknown_operation(&place, operation);
            }
            let mut bad = Vec::new();
            match spec.complete(0) {
                None => bad.push(("availability", "nothing is promised of it".to_owned())),
                Some(slo) if !(slo.availability > 0.0 && slo.availability < 1.0) => {
                    let shown = spec.availability.unwrap_or(Ratio::ONE);
                    bad.push((
                        "availability",
                        format!("an availability of {shown} leaves no budget to spend"),
                    ));
                }
                Some(_) => {}
            }
            if spec.period.is_some_and(Span::is_zero) {
                bad.push(("period", "the period is zero".to_owned()));
            }
            if spec.p95.is_some_and(Span::is_zero) {
                bad.push(("p95", "no answer takes less than 0s".to_owned()));
            }
            if spec.errors.is_some_and(|share| share > Ratio::ONE) {
                bad.push(("errors", "no more than all can fail".to_owned()));
            }
            if spec.spent.is_some_and(|share| share > Ratio::ONE) {
                bad.push(("spent", "more is spent than there was".to_owned()));
            }
            for (key, cause) in bad {
                let remedy = match key {
                    "availability" => {
                        "write a class, like `class: high`, or a share below 100%, like `availability: 99.9%`"
                    }
                    "p95" => "write a time above 0, like `200ms`, or leave it out",
                    "period" => "write a time, like `30d`, or leave it out",
                    _ => "write a share from 0% to 100%",
                };
                self.report(&place.key(key), Code::Slo, &cause, remedy);
            }
            wanted.push(WantedSlo { operation: operation.clone(), spec: spec.clone() });
        }
        wanted
    }

    pub(super) fn prices(&mut self) {
        if let Some(prices) = &self.scenario.prices
            && !(prices.core_hour >= 0.0 && prices.core_hour.is_finite())
        {
            let cause = format!("{} is no price", prices.core_hour);
            self.report(&at("prices").key("core-hour"), Code::Price, &cause, "write a number from 0 on");
        }
    }
}
