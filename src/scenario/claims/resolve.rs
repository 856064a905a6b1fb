//! The names in claims → indices in the system.

use std::collections::BTreeSet;

use super::expression::{Measured, OfOperation, OfStation};
use super::plan::{Claim, ClaimMeasure, ClaimSpan, ClaimSweep};
use crate::component::{
    Metric, ObservableName, OfComponent, OperationName, Place, StationKind, StationName, View, home_of,
};
use crate::record::{Anchor, HappeningKind};
use crate::scenario::check::{WantedClaim, span_words};
use crate::scenario::source::quoted;
use crate::scenario::words;
use crate::units::Span;

/// A name that nothing has: where it is written, what is missing, and what there is.
#[derive(Clone, Debug)]
pub(in crate::scenario) struct UnknownName {
    pub(in crate::scenario) place: Place,
    pub(in crate::scenario) name: String,
    pub(in crate::scenario) cause: String,
    pub(in crate::scenario) remedy: String,
    /// The name that was probably meant.
    pub(in crate::scenario) meant: Option<String>,
}

/// What a system is made of.
#[derive(Debug)]
pub(in crate::scenario) struct Known<'a> {
    pub(in crate::scenario) operations: &'a [OperationName],
    pub(in crate::scenario) stations: &'a [StationName],
    pub(in crate::scenario) effects: &'a [String],
    pub(in crate::scenario) observables: &'a [ObservableName],
    /// Caches with a replica, if that is known.
    pub(in crate::scenario) replicated: Option<Vec<String>>,
    /// What would be there too, or is there in parts, without the mistakes that keep the system from being put together; nothing
    /// without such mistakes.
    pub(in crate::scenario) perhaps: Option<BTreeSet<String>>,
}

impl Known<'_> {
    /// Whether something of this name, or of that component, may be there without mistakes.
    fn may_have(&self, name: &str) -> bool {
        let is_of = |component: &String| {
            let rest = name.strip_prefix(component.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
                || OfComponent::is_of(name, component)
        };
        self.perhaps.as_ref().is_some_and(|perhaps| perhaps.iter().any(is_of))
    }
}

/// Finds names in a system.
#[derive(Debug)]
pub(in crate::scenario) struct Resolver<'a> {
    /// What the system is made of.
    pub(in crate::scenario) known: Known<'a>,
    /// What faults are called.
    pub(in crate::scenario) faults: Vec<String>,
    /// What alerts are called, if the rules could be read.
    pub(in crate::scenario) alerts: Option<Vec<String>>,
    /// What steps of the runbook are called.
    pub(in crate::scenario) steps: Vec<String>,
    /// Logical schemas, and the databases that hold them.
    pub(in crate::scenario) schemas: Vec<(String, String)>,
    /// Steps of the runbook that nobody takes.
    pub(in crate::scenario) left_out: Vec<String>,
}

/// How a happening is written, who has it, and which it is.
const ANCHORS: [(&str, Subject, HappeningKind); 10] = [
    ("began", Subject::Fault, HappeningKind::FaultBegan),
    ("ended", Subject::Fault, HappeningKind::FaultEnded),
    ("failed-over", Subject::Store, HappeningKind::FailedOver),
    ("firing", Subject::Alert, HappeningKind::AlertFiring),
    ("resolved", Subject::Alert, HappeningKind::AlertResolved),
    ("notified", Subject::Alert, HappeningKind::Notified),
    ("acknowledged", Subject::Alert, HappeningKind::Acknowledged),
    ("started", Subject::Step, HappeningKind::StepBegan),
    ("done", Subject::Step, HappeningKind::StepDone),
    ("failed", Subject::Step, HappeningKind::StepFailed),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Fault,
    Store,
    Alert,
    Step,
}

/// What `began(FAULT)` and the like name.
fn function_of(text: &str) -> Option<(Subject, HappeningKind, &str)> {
    let (function, name) = text.trim().strip_suffix(')')?.split_once('(')?;
    let (_, subject, kind) = ANCHORS.iter().find(|(known, _, _)| *known == function.trim())?;
    Some((*subject, *kind, name.trim()))
}

fn unknown(place: Place, what: &str, name: &str, known: &[String]) -> UnknownName {
    unknown_near(place, what, name, known, words::nearest(name, known))
}

fn unknown_near(place: Place, what: &str, name: &str, known: &[String], meant: Option<&str>) -> UnknownName {
    let remedy = match meant {
        Some(near) => format!("did you mean `{near}`? there are {}", words::listed(known)),
        None if known.is_empty() => format!("there is none: define one {}", home_of(what)),
        None => format!("there are {}", words::listed(known)),
    };
    let (name, meant) = (name.to_owned(), meant.map(ToOwned::to_owned));
    UnknownName { place, cause: format!("there is no {what} {}", quoted(&name)), name, remedy, meant }
}

impl Resolver<'_> {
    /// Whether a claim is measured from a step on that nobody takes.
    pub(in crate::scenario) fn is_left_out(&self, wanted: &WantedClaim) -> bool {
        let is_gone = |name: &str| self.left_out.iter().any(|step| step == name);
        let is_other = |name: &str| {
            let known = [Some(&self.faults), self.alerts.as_ref()];
            known.into_iter().flatten().flatten().any(|it| it == name)
        };
        wanted.spec.after.as_deref().is_some_and(|text| match function_of(text) {
            Some((Subject::Step, _, name)) => is_gone(name),
            Some((Subject::Fault | Subject::Store | Subject::Alert, ..)) => false,
            None => is_gone(text.trim()) && !is_other(text.trim()),
        })
    }

    /// When a claim is measured; nothing if that cannot be said.
    ///
    /// # Errors
    /// The name in `after`, if nothing has it.
    pub(in crate::scenario) fn span(&self, wanted: &WantedClaim) -> Result<Option<ClaimSpan>, UnknownName> {
        let place = Place::default().key("claims").key(&wanted.name);
        let spec = &wanted.spec;
        Ok(match (&spec.after, wanted.during) {
            (Some(after), _) => self.anchor(after, &place.key("after"))?.map(|(kind, subject)| {
                let delay = spec.delay.unwrap_or(Span::ZERO);
                ClaimSpan::After(Anchor { kind, subject, delay, lasts: spec.lasts })
            }),
            (None, Some(window)) => Some(ClaimSpan::Window(window)),
            (None, None) => Some(ClaimSpan::Whole),
        })
    }

    /// The claim with all names found; nothing if the system could not be put together.
    ///
    /// # Errors
    /// The name in `expect`, if nothing has it.
    pub(in crate::scenario) fn claim(
        &self,
        wanted: &WantedClaim,
        span: ClaimSpan,
    ) -> Result<Option<Claim>, UnknownName> {
        let place = Place::default().key("claims").key(&wanted.name);
        let spec = &wanted.spec;
        let measure = match self.measure(&wanted.expectation.measure, &place.key("expect")) {
            Err(unknown) if self.known.may_have(&unknown.name) => return Ok(None),
            measure => measure?,
        };
        if self.known.perhaps.is_some() {
            return Ok(None);
        }
        let sweep = spec.sweep.as_ref();
        Ok(Some(Claim {
            name: wanted.name.clone(),
            says: spec.says.clone(),
            source: spec.source.clone().unwrap_or_default(),
            text: format!("{}{}", spec.expect.trim(), span_words(spec)),
            measure,
            comparison: wanted.expectation.comparison,
            bound: wanted.expectation.bound,
            span,
            against: wanted.against.map(ClaimSpan::Window),
            sweep: sweep.map(|it| ClaimSweep { path: it.path.clone(), values: it.values.clone() }),
        }))
    }

    fn measure(&self, measured: &Measured, place: &Place) -> Result<ClaimMeasure, UnknownName> {
        let known = &self.known;
        let observable = |what: &str, name: &str, metric: Metric| {
            let all = || known.observables.iter().filter(|it| it.metric == metric && it.part.is_empty());
            let found = known
                .observables
                .iter()
                .position(|it| it.metric == metric && it.part.is_empty() && it.component == *name);
            let known: Vec<String> = all().map(|it| it.component.clone()).collect();
            found.ok_or_else(|| unknown(place.clone(), what, name, &known))
        };
        Ok(match measured {
            Measured::Operation(of, name) => {
                let clients = || known.operations.iter().filter(|it| it.view == View::Client);
                let found =
                    known.operations.iter().position(|it| it.view == View::Client && it.name == *name);
                let known: Vec<String> = clients().map(|it| it.name.clone()).collect();
                let operation =
                    found.ok_or_else(|| unknown(place.clone(), "operation with load", name, &known))?;
                match of {
                    OfOperation::Quantile(p) => ClaimMeasure::Quantile { operation, p: *p },
                    OfOperation::Mean => ClaimMeasure::Mean { operation },
                    OfOperation::Failed => ClaimMeasure::Failed { operation },
                    OfOperation::Availability => ClaimMeasure::Availability { operation },
                    OfOperation::Served => ClaimMeasure::Served { operation },
                    OfOperation::Offered => ClaimMeasure::Offered { operation },
                }
            }
            Measured::Station(of, name) => {
                let stations = self.stations(name, place)?;
                match of {
                    OfStation::Used => ClaimMeasure::Used { stations },
                    OfStation::Waiting => ClaimMeasure::Waiting { stations },
                    OfStation::Visits => ClaimMeasure::Visits { stations },
                }
            }
            Measured::HitRatio(name) => ClaimMeasure::HitRatio {
                hits: observable("cache", name, Metric::Hits)?,
                wanted: observable("cache", name, Metric::LookUps)?,
            },
            Measured::Lag(name) => {
                ClaimMeasure::Lag { lag: observable("topic with a group", name, Metric::LagRecords)? }
            }
            Measured::Effect(name) | Measured::BeyondCalm(name) => {
                let found = known.effects.iter().position(|effect| effect == name);
                let effect = found.ok_or_else(|| unknown(place.clone(), "effect", name, known.effects))?;
                match measured {
                    Measured::BeyondCalm(_) => ClaimMeasure::BeyondCalm { effect },
                    _ => ClaimMeasure::Effect { effect },
                }
            }
            Measured::TimeTo(phase) => ClaimMeasure::TimeTo(*phase),
            Measured::Chance(chance) => ClaimMeasure::Chance(*chance),
        })
    }

    /// The stations of this name: a component and what it is of it, as in `order threads`; or a component alone, for its
    /// cores or whatever does its work; or a schema, for the database that holds it in this deployment.
    fn stations(&self, name: &str, place: &Place) -> Result<Vec<usize>, UnknownName> {
        let holder = self.schemas.iter().find(|(schema, _)| schema == name).map(|(_, database)| database);
        let is_component = self.known.stations.iter().any(|station| station.component == name);
        let name = holder.filter(|_| !is_component).map_or(name, String::as_str);
        let stations =
            || self.known.stations.iter().enumerate().filter(|(_, it)| it.kind != StationKind::Locks);
        let label = |component: &str, kind: StationKind| format!("{component} {}", kind.name());
        let exact: Vec<usize> = stations()
            .filter(|(_, it)| label(&it.component, it.kind) == *name)
            .map(|(index, _)| index)
            .collect();
        if !exact.is_empty() {
            return Ok(exact);
        }
        let of = || stations().filter(|(_, it)| it.component == *name);
        let kind =
            of().find(|(_, it)| it.kind == StationKind::Cores).or_else(|| of().next()).map(|(_, it)| it.kind);
        match kind {
            Some(kind) => Ok(of().filter(|(_, it)| it.kind == kind).map(|(index, _)| index).collect()),
            None => {
                let mut known: Vec<String> =
                    stations().map(|(_, it)| label(&it.component, it.kind)).collect();
                known.dedup();
                let components = stations().map(|(_, it)| it.component.clone());
                let bare: Vec<String> =
                    components.chain(self.schemas.iter().map(|(schema, _)| schema.clone())).collect();
                let near = words::nearest(name, &bare).or_else(|| words::nearest(name, &known));
                Err(unknown_near(place.clone(), "station", name, &known, near))
            }
        }
    }

    /// What `after` names; nothing if it may be something that could not be read.
    fn anchor(&self, text: &str, place: &Place) -> Result<Option<(HappeningKind, String)>, UnknownName> {
        let replicated = &self.known.replicated;
        let names = |subject| match subject {
            Subject::Fault => ("fault", Some(&self.faults)),
            Subject::Store => ("cache with a replica", replicated.as_ref()),
            Subject::Alert => ("alert", self.alerts.as_ref()),
            Subject::Step => ("step", Some(&self.steps)),
        };
        if let Some((subject, kind, name)) = function_of(text) {
            let (what, known) = names(subject);
            return match known {
                None => Ok(None),
                Some(known) if known.iter().any(|it| it == name) => Ok(Some((kind, name.to_owned()))),
                Some(known) => Err(unknown(place.clone(), what, name, known)),
            };
        }
        let name = text.trim();
        let bare = [
            (Subject::Fault, HappeningKind::FaultBegan),
            (Subject::Alert, HappeningKind::AlertFiring),
            (Subject::Step, HappeningKind::StepDone),
        ];
        let has = |subject| names(subject).1.into_iter().flatten().any(|it| it == name);
        let found = bare.into_iter().find(|(subject, _)| has(*subject));
        match (found, &self.alerts) {
            (Some((_, kind)), _) => Ok(Some((kind, name.to_owned()))),
            (None, None) => Ok(None),
            (None, Some(alerts)) => {
                let all = [&self.faults[..], alerts, &self.steps].concat();
                Err(unknown(place.clone(), "fault, alert or step", name, &all))
            }
        }
    }
}
