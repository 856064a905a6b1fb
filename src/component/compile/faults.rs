//! Resolves the faults of a scenario: who is hit, when, and how.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::{Builder, Spot};
use crate::component::mistake::{Mistake, Part, Place, code};
use crate::component::parts::{Source, SourceKind, TargetKind};
use crate::timeline::runbook::{ActionSpec, RunbookStepSpec};
use crate::timeline::{
    Blow, Disturbance, FaultKind, FaultSpec, Following, PlannedFault, TargetId, Untimed, fault_labels, times,
};
use crate::units::{Instant, Ratio, Span};

impl Builder<'_> {
    /// Plans all faults but surges; to be called before anything that they can hit is compiled.
    pub(super) fn make_faults(&mut self) {
        let system = self.system;
        let planned = times(&system.faults).into_iter().zip(fault_labels(&system.faults));
        let mut named = BTreeMap::new();
        for (index, (spec, (when, label))) in system.faults.iter().zip(planned).enumerate() {
            let spot = Spot::new(Part::Scenario, Place::default().key("faults").index(index));
            let kind = self.kind(spec, &spot);
            let follows = match &when {
                Ok(_) => None,
                Err(why) => {
                    let follows = self.follows(why, index, kind, &spot);
                    if follows.is_none() {
                        self.untimed(why, index, &spot);
                    }
                    follows
                }
            };
            // At the earliest: what it follows has begun by then.
            let earliest = follows.map(|it| (self.parts.faults[it.fault].from + it.delay, None));
            let when = when.ok().or(earliest);
            self.is_named_once(spec, index, &mut named, &spot);
            let Some(kind) = kind else {
                self.check_figures(spec, &spot);
                continue;
            };
            self.unused_settings(spec, kind, &spot);
            let (Some((targets, blow)), Some((from, to))) = (self.blow(spec, kind, &spot), when) else {
                continue;
            };
            self.parts.faults.push(PlannedFault { label, index, targets, from, to, blow, follows });
        }
    }

    /// What a fault follows that people may end; `None` where nobody can, and where it is known beforehand when that is.
    fn follows(
        &mut self,
        why: &Untimed,
        index: usize,
        kind: Option<FaultKind>,
        spot: &Spot,
    ) -> Option<Following> {
        let faults = &self.system.faults;
        let spec = &faults[index];
        let name =
            spec.after.as_deref().filter(|_| matches!(why, Untimed::AfterTheLast | Untimed::Follows))?;
        // More load is part of the plan: it cannot wait for what people do.
        if kind == Some(FaultKind::Surge) {
            return None;
        }
        let before = faults[..index].iter().position(|it| it.name.as_deref() == Some(name))?;
        let fault = self.parts.faults.iter().position(|it| it.index == before)?;
        let (ended_by, is_known) = match self.parts.faults[fault].blow {
            Blow::Lasting(Disturbance::Down | Disturbance::DownWithHost | Disturbance::Hung) => {
                ("restart", true)
            }
            Blow::Lasting(Disturbance::Slow(_) | Disturbance::Delayed(_) | Disturbance::Errors(_)) => {
                ("roll-back", true)
            }
            Blow::Lasting(_) | Blow::Flush | Blow::Load => ("", false),
        };
        let ends_by_itself = self.parts.faults[fault].follows.is_some_and(|it| it.lasts.is_some());
        if !is_known && !ends_by_itself {
            return None;
        }
        if spec.lasts.is_some_and(Span::is_zero) {
            self.range(&spot.key("for"), "0s".to_owned(), "above 0");
            return None;
        }
        let target = faults[before].target();
        let ends = |step: &RunbookStepSpec| match &step.action {
            Some(ActionSpec::Restart(it)) => ended_by == "restart" && target == Some(&it.component),
            Some(ActionSpec::RollBack(it)) => ended_by == "roll-back" && target == Some(&it.component),
            _ => false,
        };
        if !ends_by_itself && !self.system.runbook.iter().any(ends) {
            let cause = format!("nothing comes after `{name}`: no step of the runbook ends it");
            let remedy = format!(
                "say how long `{name}` lasts, with `for`, or add a step with `{ended_by}: {{component: {}}}`",
                target.map_or("…", |target| target)
            );
            let place = spot.place.key("after");
            self.mistakes.push(Mistake::warning(spot.part, place, code::FAULT, cause, remedy));
        }
        let at_once = (kind == Some(FaultKind::Flush)).then_some(Span::ZERO);
        Some(Following { fault, delay: spec.at.unwrap_or(Span::ZERO), lasts: spec.lasts.or(at_once) })
    }

    fn kind(&mut self, spec: &FaultSpec, spot: &Spot) -> Option<FaultKind> {
        let kinds = spec.kinds();
        match kinds.as_slice() {
            [kind] => Some(*kind),
            [] => {
                let keys: Vec<String> =
                    FaultKind::ALL.iter().map(|kind| format!("`{}`", kind.key())).collect();
                let cause = "the fault takes nothing away".to_owned();
                self.error(
                    spot,
                    code::FAULT,
                    cause,
                    format!("say what it is with one of {}", keys.join(", ")),
                );
                None
            }
            [_, second, ..] => {
                let cause = format!("the fault is of {} kinds at once", kinds.len());
                let spot = spot.key(second.key());
                self.error(&spot, code::FAULT, cause, "write a fault for each: they may overlap".to_owned());
                None
            }
        }
    }

    /// What is wrong with the figures of a fault, whatever it does with them.
    fn check_figures(&mut self, spec: &FaultSpec, spot: &Spot) {
        if let Some(share) = spec.share.filter(|share| *share > Ratio::ONE) {
            self.range(&spot.key("share"), share.to_string(), "0% to 100%");
        }
        if let Some(factor) = spec.factor.filter(|factor| !(*factor >= 1.0 && factor.is_finite())) {
            self.range(&spot.key("factor"), factor.to_string(), "at least 1");
        }
    }

    /// Others could not say which of two faults of one name they mean.
    fn is_named_once<'n>(
        &mut self,
        spec: &'n FaultSpec,
        index: usize,
        named: &mut BTreeMap<&'n str, usize>,
        spot: &Spot,
    ) {
        let Some(name) = &spec.name else { return };
        let first = *named.entry(name).or_insert(index);
        if first != index {
            let place = Place::default().key("faults").index(first).key("name");
            let cause = format!("there are two faults `{name}`");
            let remedy = "give one of them another name".to_owned();
            let mistake = Mistake::error(spot.part, spot.place.key("name"), code::FAULT, cause, remedy);
            self.mistakes
                .push(Mistake { related: Some((place, "the first one is here".to_owned())), ..mistake });
        }
    }

    /// Tells why it is not known when a fault begins.
    fn untimed(&mut self, why: &Untimed, index: usize, spot: &Spot) {
        let above = &self.system.faults[..index];
        let spec = &self.system.faults[index];
        let after = spec.after.as_deref().unwrap_or_default();
        match why {
            Untimed::Follows => {}
            Untimed::NoBeginning => {
                let cause = "nothing says when the fault begins".to_owned();
                self.error(
                    spot,
                    code::FAULT,
                    cause,
                    "add `at: 10m`, counted from the start of the run".to_owned(),
                );
                if spec.lasts.is_some_and(Span::is_zero) {
                    self.range(&spot.key("for"), "0s".to_owned(), "above 0");
                }
            }
            Untimed::UnknownFault => {
                let known: BTreeSet<&str> = above.iter().filter_map(|fault| fault.name.as_deref()).collect();
                let place = spot.place.key("after");
                self.mistakes.push(self.unknown_name(spot.part, place, "earlier fault", after, known));
            }
            Untimed::AfterTheLast => {
                let cause = format!("nothing comes after `{after}`: it lasts to the end of the run");
                let remedy = format!("say how long `{after}` lasts, with `for`");
                self.error(&spot.key("after"), code::FAULT, cause, remedy);
            }
            Untimed::NoTime => self.range(&spot.key("for"), "0s".to_owned(), "above 0"),
        }
    }

    /// Settings that the kind of fault has no use for.
    fn unused_settings(&mut self, spec: &FaultSpec, kind: FaultKind, spot: &Spot) {
        let used: &[&str] = match kind {
            FaultKind::Crash => &["for", "replicas", "masters", "host"],
            FaultKind::Hang => &["for", "replicas", "masters"],
            FaultKind::Slow => &["for", "factor", "added", "replicas", "masters"],
            FaultKind::Errors => &["for", "share", "replicas", "masters"],
            FaultKind::Cut => &["for", "share", "replicas"],
            FaultKind::Pressure => &["for", "share", "masters"],
            FaultKind::Loss => &["for", "share"],
            FaultKind::Split => &["for"],
            FaultKind::Flush => &["masters"],
            FaultKind::Surge => &["for", "factor"],
        };
        let written = [
            ("for", spec.lasts.is_some()),
            ("factor", spec.factor.is_some()),
            ("added", spec.added.is_some()),
            ("share", spec.share.is_some()),
            ("replicas", spec.replicas.is_some()),
            ("masters", spec.masters.is_some()),
            ("host", spec.host),
        ];
        for (key, is_written) in written {
            if is_written && !used.contains(&key) {
                let cause = format!("`{}` has no use for `{key}`", kind.key());
                self.error(&spot.key(key), code::FAULT, cause, "leave it out".to_owned());
            }
        }
    }

    fn blow(&mut self, spec: &FaultSpec, kind: FaultKind, spot: &Spot) -> Option<(Vec<TargetId>, Blow)> {
        let here = spot.key(kind.key());
        let lasting = |targets, disturbance| Some((targets, Blow::Lasting(disturbance)));
        match kind {
            FaultKind::Surge => Some((Vec::new(), Blow::Load)),
            FaultKind::Loss => {
                let share = self.share(spec, kind, spot);
                let target = self.between(spec.parties()?, &here)?;
                lasting(vec![target], Disturbance::Loss(share?))
            }
            FaultKind::Split => {
                let target = self.between(spec.parties()?, &here)?;
                lasting(vec![target], Disturbance::Cut)
            }
            FaultKind::Flush => {
                let targets = self.hit(spec, kind, spot)?;
                Some((targets, Blow::Flush))
            }
            FaultKind::Crash => {
                let with = if spec.host { Disturbance::DownWithHost } else { Disturbance::Down };
                lasting(self.hit(spec, kind, spot)?, with)
            }
            FaultKind::Hang => lasting(self.hit(spec, kind, spot)?, Disturbance::Hung),
            FaultKind::Errors => {
                let share = self.share(spec, kind, spot);
                lasting(self.hit(spec, kind, spot)?, Disturbance::Errors(share?))
            }
            FaultKind::Pressure => {
                let share = self.share(spec, kind, spot);
                lasting(self.hit(spec, kind, spot)?, Disturbance::Pressure(share?))
            }
            FaultKind::Cut => {
                let share = self.share(spec, kind, spot);
                lasting(self.hit(spec, kind, spot)?, Disturbance::Capacity(share?))
            }
            FaultKind::Slow => self.slow(spec, spot),
        }
    }

    /// A slow fault by a factor, by an added time, or by both: then it is two faults.
    fn slow(&mut self, spec: &FaultSpec, spot: &Spot) -> Option<(Vec<TargetId>, Blow)> {
        let targets = self.hit(spec, FaultKind::Slow, spot);
        let delayed = match &spec.added {
            None => None,
            Some(law) => {
                let demand = self.law_demand(law, &spot.key("added"))?;
                self.nothing_is_added(law, &spot.key("added"));
                self.parts.delays.push(demand);
                Some(Disturbance::Delayed((self.parts.delays.len() - 1) as u16))
            }
        };
        let slower = match spec.factor {
            None => None,
            Some(factor) if factor >= 1.0 && factor.is_finite() => {
                self.nothing_by_factor(factor, &spot.key("factor"));
                Some(Disturbance::Slow(factor))
            }
            Some(factor) => {
                self.range(&spot.key("factor"), factor.to_string(), "at least 1");
                return None;
            }
        };
        match (delayed, slower) {
            (Some(one), None) | (None, Some(one)) => Some((targets?, Blow::Lasting(one))),
            (None, None) => {
                let cause = "nothing says how slow".to_owned();
                let remedy = "add `factor: 3`, or `added: 200ms` for each request".to_owned();
                self.error(&spot.key("slow"), code::FAULT, cause, remedy);
                None
            }
            (Some(_), Some(_)) => {
                let cause = "the fault slows down by a factor and by a time at once".to_owned();
                self.error(
                    &spot.key("added"),
                    code::FAULT,
                    cause,
                    "write two faults: they may overlap".to_owned(),
                );
                None
            }
        }
    }

    fn share(&mut self, spec: &FaultSpec, kind: FaultKind, spot: &Spot) -> Option<Ratio> {
        match spec.share {
            Some(share) if share <= Ratio::ONE => {
                self.nothing_by_share(share, kind, &spot.key("share"));
                Some(share)
            }
            Some(share) => {
                self.range(&spot.key("share"), share.to_string(), "0% to 100%");
                None
            }
            None => {
                let cause = format!("nothing says which share `{}` is about", kind.key());
                self.error(&spot.key(kind.key()), code::FAULT, cause, "add `share: 30%`".to_owned());
                None
            }
        }
    }

    /// Whom a fault of one target hits, if such a fault can hit it.
    fn hit(&mut self, spec: &FaultSpec, kind: FaultKind, spot: &Spot) -> Option<Vec<TargetId>> {
        let name = spec.target()?;
        let here = spot.key(kind.key());
        let mut targets = self.targets(name, &here)?;
        let what = self.parts.targets[usize::from(targets[0].0)].kind.clone();
        if let Some(replicas) = spec.replicas {
            let there = targets.len();
            if !matches!(what, TargetKind::Replica { .. }) {
                let cause = format!("`{name}` is no process: it has no replicas");
                self.error(&spot.key("replicas"), code::FAULT, cause, "leave it out".to_owned());
                return None;
            }
            if !(1..=there).contains(&usize::from(replicas)) {
                self.range(&spot.key("replicas"), replicas.to_string(), &format!("1 to {there}"));
                return None;
            }
            targets.truncate(usize::from(replicas));
        }
        if let Some(masters) = spec.masters
            && !self.first_masters(masters, (name, &what), &mut targets, (spot, code::FAULT))
        {
            return None;
        }
        if spec.host && !matches!(what, TargetKind::Cache { .. }) {
            let cause = format!("whether a {}'s machine goes with it makes no difference", what.name());
            self.error(&spot.key("host"), code::FAULT, cause, "leave it out".to_owned());
            return None;
        }
        if !can_suffer(&what, kind) {
            let cause = format!("a {} cannot suffer `{}`", what.name(), kind.key());
            let able: Vec<String> = FaultKind::ALL
                .into_iter()
                .filter(|kind| can_suffer(&what, *kind))
                .map(|kind| format!("`{}`", kind.key()))
                .collect();
            let remedy = format!("a {} can suffer {}", what.name(), able.join(", "));
            self.error(&here, code::FAULT, cause, remedy);
            return None;
        }
        if kind == FaultKind::Slow && spec.factor.is_some() && matches!(what, TargetKind::Log) {
            let cause = "a log has no work that takes longer".to_owned();
            self.error(&spot.key("factor"), code::FAULT, cause, "write `added: 200ms`".to_owned());
            return None;
        }
        Some(targets)
    }

    /// Keeps the first masters of a cluster; says whether there are so many.
    pub(super) fn first_masters(
        &mut self,
        masters: u16,
        (name, kind): (&str, &TargetKind),
        targets: &mut Vec<TargetId>,
        (spot, mistake): (&Spot, u16),
    ) -> bool {
        let there = targets.len();
        if !matches!(kind, TargetKind::Cache { .. }) || !self.is_cluster(name) {
            let cause = format!("`{name}` is no cluster: it has no masters");
            self.error(&spot.key("masters"), mistake, cause, "leave it out".to_owned());
            return false;
        }
        if !(1..=there).contains(&usize::from(masters)) {
            self.range(&spot.key("masters"), masters.to_string(), &format!("1 to {there}"));
            return false;
        }
        targets.truncate(usize::from(masters));
        true
    }

    pub(super) fn is_cluster(&self, name: &str) -> bool {
        self.system.deployment.caches.get(name).is_some_and(|spec| spec.cluster.is_some())
    }

    /// Adds the loads of surges: each brings what comes on top, for as long as it lasts.
    pub(super) fn make_surges(&mut self) {
        let system = self.system;
        for (index, (spec, when)) in system.faults.iter().zip(times(&system.faults)).enumerate() {
            let spot = Spot::new(Part::Scenario, Place::default().key("faults").index(index));
            // Its factor may be wrong too if its time is.
            let (from, to) = when.unwrap_or((Instant::START, None));
            if let (Some(name), [FaultKind::Surge]) = (&spec.surge, spec.kinds().as_slice()) {
                self.surge(name, spec, (from, to.unwrap_or(Instant::NEVER)), &spot);
            }
        }
    }

    fn surge(&mut self, name: &str, spec: &FaultSpec, (from, to): (Instant, Instant), spot: &Spot) {
        let Some(factor) = spec.factor.filter(|factor| *factor >= 1.0 && factor.is_finite()) else {
            match spec.factor {
                Some(factor) => self.range(&spot.key("factor"), factor.to_string(), "at least 1"),
                None => {
                    let cause = "nothing says how large the surge is".to_owned();
                    self.error(&spot.key("surge"), code::FAULT, cause, "add `factor: 10`".to_owned());
                }
            }
            return;
        };
        self.nothing_by_factor(factor, &spot.key("factor"));
        let loads = self.parts.sources.iter().filter(|source| name == "all" || source.name == name);
        let mut added = Vec::new();
        let mut closed = false;
        let fast = loads.clone().filter_map(|source| match &source.kind {
            SourceKind::Open { arrivals, .. } => Some((source.name.clone(), arrivals.most_factor())),
            SourceKind::Closed { .. } => None,
        });
        if let Some((load, most)) = fast.min_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, most)| factor > *most)
        {
            let cause = format!("{factor:e} times the load of `{load}` is more than 1000000000/s");
            let remedy = format!("write at most {:.0}, or a lower rate", most.floor().min(1e18));
            self.error(&spot.key("factor"), code::RANGE, cause, remedy);
            return;
        }
        for source in loads {
            match &source.kind {
                SourceKind::Open { arrivals, .. } => added.push(Source {
                    name: format!("{} on top from {from}", source.name),
                    kind: SourceKind::Open { arrivals: arrivals.scaled(factor - 1.0), from, to },
                    ..source.clone()
                }),
                SourceKind::Closed { .. } => closed = true,
            }
        }
        if closed {
            let cause = "a closed load has users, and no rate that could surge".to_owned();
            let remedy = "name an open load, or write the users as more".to_owned();
            self.error(&spot.key("surge"), code::FAULT, cause, remedy);
        } else if added.is_empty() && !self.system.load.contains_key(name) {
            let known = self.system.load.keys().map(String::as_str).chain(["all"]);
            let place = spot.place.key("surge");
            self.mistakes.push(self.unknown_name(spot.part, place, "load", name, known));
        }
        self.parts.sources.extend(added);
    }
}

/// Whether a kind of fault means something to a kind of target.
fn can_suffer(target: &TargetKind, fault: FaultKind) -> bool {
    use FaultKind::{Crash, Cut, Errors, Flush, Hang, Pressure, Slow};
    match target {
        TargetKind::Replica { .. } | TargetKind::Database { .. } => {
            matches!(fault, Crash | Hang | Slow | Errors | Cut)
        }
        TargetKind::Cache { .. } => matches!(fault, Crash | Hang | Slow | Errors | Flush | Pressure),
        TargetKind::Log => matches!(fault, Crash | Hang | Slow),
        TargetKind::External { slots } => {
            matches!(fault, Crash | Hang | Slow | Errors) || (fault == Cut && slots.is_some())
        }
        TargetKind::Gateway { .. } => matches!(fault, Crash | Hang | Errors | Cut),
        TargetKind::Pool { .. } => fault == Cut,
        TargetKind::Between => false,
    }
}
