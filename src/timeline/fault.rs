//! A fault as a user writes it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::LawSpec;
use crate::units::{Instant, Ratio, Span};

/// A fault: what is taken away, from whom, when, and for how long.
///
/// Exactly one of `crash`, `hang`, `slow`, `errors`, `loss`, `split`, `flush`, `pressure`, `surge` and `cut` says
/// what kind it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FaultSpec {
    /// What others call it, in `after` and in the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it begins, from the start of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Span>,
    /// Begins when the named fault, which is written above it, ends: when its `for` is over, or, without one, when people have ended
    /// it. `at` is then counted from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How long it lasts; without it, to the end of the run. A `flush` takes no time.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Span>,
    /// Goes down and loses what it held in memory: a process, database, cache, log, external party or gateway. It
    /// comes back when the fault ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<String>,
    /// Accepts work and does none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hang: Option<String>,
    /// Takes longer: by `factor`, or by an `added` time for each request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow: Option<String>,
    /// Answers a `share` of requests with an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<String>,
    /// Loses a `share` of the messages between two parties; they are sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<[String; 2]>,
    /// Lets nothing through between two parties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<[String; 2]>,
    /// Empties a cache server at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flush: Option<String>,
    /// Fills a `share` of a cache server's memory with something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressure: Option<String>,
    /// Multiplies a load, or `all` loads, by `factor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surge: Option<String>,
    /// Leaves only a `share` of a capacity: cores of a process or database, connections of a pool, servers of a
    /// station, concurrent requests of a gateway or external party.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<String>,
    /// How many times as long or as much. Range: at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// How much longer each request takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<LawSpec>,
    /// Which share. Range: 0% to 100%.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Ratio>,
    /// Of a process: how many of its replicas, the first ones; without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u16>,
    /// Of a cache server that is a cluster: how many of its masters, the first ones; without it, all. Their replicas stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masters: Option<u16>,
    /// Of the crash of a cache server: its machine goes with it, and so what was written and not flushed to the disk.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub host: bool,
}

/// Why it is not known when a fault begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untimed {
    /// Nothing says when.
    NoBeginning,
    /// It comes after a fault that is not among those above it.
    UnknownFault,
    /// It comes after a fault that does not end by itself.
    AfterTheLast,
    /// It lasts no time.
    NoTime,
    /// It comes after a fault whose own times are not known.
    Follows,
}

/// When each fault begins and ends; `None` ends with the run.
pub fn times(faults: &[FaultSpec]) -> Vec<Result<(Instant, Option<Instant>), Untimed>> {
    let mut known: Vec<Result<(Instant, Option<Instant>), Untimed>> = Vec::with_capacity(faults.len());
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, spec) in faults.iter().enumerate() {
        let base = match &spec.after {
            None if spec.at.is_none() => Err(Untimed::NoBeginning),
            None => Ok(Instant::START),
            Some(name) => match first.get(name.as_str()).map(|above| &known[*above]) {
                None => Err(Untimed::UnknownFault),
                Some(Err(_)) => Err(Untimed::Follows),
                Some(Ok((_, None))) => Err(Untimed::AfterTheLast),
                Some(Ok((_, Some(end)))) => Ok(*end),
            },
        };
        known.push(match (base, spec.lasts) {
            (Err(why), _) => Err(why),
            (Ok(_), Some(lasts)) if lasts.is_zero() => Err(Untimed::NoTime),
            (Ok(base), lasts) => {
                let from = base + spec.at.unwrap_or(Span::ZERO);
                let at_once = spec.flush.is_some().then_some(Span::ZERO);
                Ok((from, lasts.or(at_once).map(|lasts| from + lasts)))
            }
        });
        if let Some(name) = &spec.name {
            first.entry(name).or_insert(index);
        }
    }
    known
}

/// The kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// See [`FaultSpec::crash`].
    Crash,
    /// See [`FaultSpec::hang`].
    Hang,
    /// See [`FaultSpec::slow`].
    Slow,
    /// See [`FaultSpec::errors`].
    Errors,
    /// See [`FaultSpec::loss`].
    Loss,
    /// See [`FaultSpec::split`].
    Split,
    /// See [`FaultSpec::flush`].
    Flush,
    /// See [`FaultSpec::pressure`].
    Pressure,
    /// See [`FaultSpec::surge`].
    Surge,
    /// See [`FaultSpec::cut`].
    Cut,
}

impl FaultKind {
    /// All kinds.
    pub const ALL: [FaultKind; 10] = [
        FaultKind::Crash,
        FaultKind::Hang,
        FaultKind::Slow,
        FaultKind::Errors,
        FaultKind::Loss,
        FaultKind::Split,
        FaultKind::Flush,
        FaultKind::Pressure,
        FaultKind::Surge,
        FaultKind::Cut,
    ];

    /// The key that says it.
    pub const fn key(self) -> &'static str {
        match self {
            FaultKind::Crash => "crash",
            FaultKind::Hang => "hang",
            FaultKind::Slow => "slow",
            FaultKind::Errors => "errors",
            FaultKind::Loss => "loss",
            FaultKind::Split => "split",
            FaultKind::Flush => "flush",
            FaultKind::Pressure => "pressure",
            FaultKind::Surge => "surge",
            FaultKind::Cut => "cut",
        }
    }
}

impl FaultSpec {
    /// The kinds that are written: one in a fault that makes sense.
    pub fn kinds(&self) -> Vec<FaultKind> {
        let written = |kind: &FaultKind| match kind {
            FaultKind::Crash => self.crash.is_some(),
            FaultKind::Hang => self.hang.is_some(),
            FaultKind::Slow => self.slow.is_some(),
            FaultKind::Errors => self.errors.is_some(),
            FaultKind::Loss => self.loss.is_some(),
            FaultKind::Split => self.split.is_some(),
            FaultKind::Flush => self.flush.is_some(),
            FaultKind::Pressure => self.pressure.is_some(),
            FaultKind::Surge => self.surge.is_some(),
            FaultKind::Cut => self.cut.is_some(),
        };
        FaultKind::ALL.into_iter().filter(written).collect()
    }

    /// The target that is named, if the fault has a single one.
    pub fn target(&self) -> Option<&str> {
        [
            &self.crash,
            &self.hang,
            &self.slow,
            &self.errors,
            &self.flush,
            &self.pressure,
            &self.surge,
            &self.cut,
        ]
        .into_iter()
        .find_map(|target| target.as_deref())
    }

    /// The two parties that are named, if the fault is between two.
    pub fn parties(&self) -> Option<&[String; 2]> {
        self.loss.as_ref().or(self.split.as_ref())
    }

    /// Its name, or what it does and to whom: `crash of main`.
    fn label(&self) -> String {
        let kind = self.kinds().first().map_or("fault", |kind| kind.key());
        match (&self.name, self.target(), self.parties()) {
            (Some(name), _, _) => name.clone(),
            (None, Some(target), _) => format!("{kind} of {target}"),
            (None, None, Some([one, other])) => format!("{kind} between {one} and {other}"),
            (None, None, None) => kind.to_owned(),
        }
    }
}

/// What each of the faults is called: by its name, or by what it does, and of those that do the same, in the order in
/// which they are written, the second is `crash of main (2)`.
pub fn fault_labels(faults: &[FaultSpec]) -> Vec<String> {
    let mut above: BTreeMap<String, usize> = BTreeMap::new();
    let labels = faults.iter().map(|fault| {
        let label = fault.label();
        let number = above.entry(label.clone()).and_modify(|number| *number += 1).or_insert(1);
        if *number == 1 { label } else { format!("{label} ({number})") }
    });
    labels.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_without_names_that_do_the_same_are_numbered() {
        let crash = |of: &str| FaultSpec { crash: Some(of.to_owned()), ..FaultSpec::default() };
        let faults = [crash("a"), crash("b"), crash("a"), fault("c", None, None, None), crash("a")];
        let labels = ["crash of a", "crash of b", "crash of a (2)", "c", "crash of a (3)"];
        assert_eq!(fault_labels(&faults), labels);
    }

    fn fault(name: &str, at_s: Option<u64>, after: Option<&str>, for_s: Option<u64>) -> FaultSpec {
        FaultSpec {
            name: Some(name.to_owned()),
            at: at_s.map(Span::from_secs),
            after: after.map(str::to_owned),
            lasts: for_s.map(Span::from_secs),
            crash: Some("main".to_owned()),
            ..FaultSpec::default()
        }
    }

    #[test]
    fn faults_follow_each_other_or_overlap() {
        let at = |secs| Instant::START + Span::from_secs(secs);
        let faults = [
            fault("a", Some(10), None, Some(20)),
            fault("b", None, Some("a"), Some(5)),
            fault("c", Some(1), Some("b"), None),
            fault("d", Some(15), None, Some(1)),
        ];
        let found: Vec<_> = times(&faults).into_iter().map(Result::unwrap).collect();
        let expected =
            [(at(10), Some(at(30))), (at(30), Some(at(35))), (at(36), None), (at(15), Some(at(16)))];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_has_no_beginning_is_told() {
        let faults = [
            fault("a", None, None, None),
            fault("b", None, Some("a"), None),
            fault("c", Some(1), None, None),
            fault("d", None, Some("c"), None),
            fault("e", None, Some("f"), None),
            fault("f", Some(1), None, Some(0)),
        ];
        let found: Vec<_> = times(&faults).into_iter().map(Result::err).collect();
        let expected = [
            Some(Untimed::NoBeginning),
            Some(Untimed::Follows),
            None,
            Some(Untimed::AfterTheLast),
            Some(Untimed::UnknownFault),
            Some(Untimed::NoTime),
        ];
        assert_eq!(found, expected);
    }
}
