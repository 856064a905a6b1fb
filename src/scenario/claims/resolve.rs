//! The names in claims → indices in the system.

use super::expression::{Measured, OfOperation, OfStation};
use super::plan::{Claim, ClaimMeasure, ClaimSpan, ClaimSweep};
use crate::component::{Assembly, Metric, Place, StationKind, View, home_of};
use crate::record::{Anchor, HappeningKind};
use crate::scenario::check::{WantedClaim, span_words};
use crate::scenario::source::quoted;
use crate::scenario::words;
use crate::units::Span;

/// A name that nothing has: where it is written, what is missing, and what there is.
#[derive(Debug)]
pub(in crate::scenario) struct UnknownName {
    pub(in crate::scenario) place: Place,
    pub(in crate::scenario) cause: String,
    pub(in crate::scenario) remedy: String,
}

/// Finds names in a system.
#[derive(Debug)]
pub(in crate::scenario) struct Resolver<'a> {
    /// The system, if it could be put together: what it is made of is not looked for without it.
    pub(in crate::scenario) assembly: Option<&'a Assembly>,
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
    let remedy = match words::nearest(name, known) {
        Some(near) => format!("did you mean `{near}`? there are {}", words::listed(known)),
        None if known.is_empty() => format!("there is none: define one {}", home_of(what)),
        None => format!("there are {}", words::listed(known)),
    };
    UnknownName { place, cause: format!("there is no {what} {}", quoted(name)), remedy }
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

    /// The claim with all names found; nothing without a system.
    ///
    /// # Errors
    /// The name in `expect`, if nothing has it.
    pub(in crate::scenario) fn claim(
        &self,
        wanted: &WantedClaim,
        span: ClaimSpan,
    ) -> Result<Option<Claim>, UnknownName> {
        let Some(assembly) = self.assembly else { return Ok(None) };
        let place = Place::default().key("claims").key(&wanted.name);
        let spec = &wanted.spec;
        let measure = self.measure(assembly, &wanted.expectation.measure, &place.key("expect"))?;
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

    fn measure(
        &self,
        assembly: &Assembly,
        measured: &Measured,
        place: &Place,
    ) -> Result<ClaimMeasure, UnknownName> {
        let observable = |what: &str, name: &str, metric: Metric| {
            let all = || assembly.observables.iter().filter(|it| it.metric == metric && it.part.is_empty());
            let found = assembly
                .observables
                .iter()
                .position(|it| it.metric == metric && it.part.is_empty() && it.component == *name);
            let known: Vec<String> = all().map(|it| it.component.clone()).collect();
            found.ok_or_else(|| unknown(place.clone(), what, name, &known))
        };
        Ok(match measured {
            Measured::Operation(of, name) => {
                let clients = || assembly.operations.iter().filter(|it| it.view == View::Client);
                let found =
                    assembly.operations.iter().position(|it| it.view == View::Client && it.name == *name);
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
                let stations = self.stations(assembly, name, place)?;
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
            Measured::Effect(name) => {
                let found = assembly.effects.iter().position(|effect| effect == name);
                let effect =
                    found.ok_or_else(|| unknown(place.clone(), "effect", name, &assembly.effects))?;
                ClaimMeasure::Effect { effect }
            }
            Measured::TimeTo(phase) => ClaimMeasure::TimeTo(*phase),
            Measured::Chance(chance) => ClaimMeasure::Chance(*chance),
        })
    }

    /// The stations of this name: a component and what it is of it, as in `order threads`; or a component alone, for its
    /// cores or whatever does its work; or a schema, for the database that holds it in this deployment.
    fn stations(&self, assembly: &Assembly, name: &str, place: &Place) -> Result<Vec<usize>, UnknownName> {
        let holder = self.schemas.iter().find(|(schema, _)| schema == name).map(|(_, database)| database);
        let is_component = assembly.stations.iter().any(|station| station.component == name);
        let name = holder.filter(|_| !is_component).map_or(name, String::as_str);
        let stations =
            || assembly.stations.iter().enumerate().filter(|(_, it)| it.kind != StationKind::Locks);
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
                Err(unknown(place.clone(), "station", name, &known))
            }
        }
    }

    /// What `after` names; nothing if it may be something that could not be read.
    fn anchor(&self, text: &str, place: &Place) -> Result<Option<(HappeningKind, String)>, UnknownName> {
        let replicated = self.assembly.map(Assembly::replicated);
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
