//! Mistakes that only show when the parts of a system are put together.

use std::fmt;

use crate::random::ColumnError;

/// One of the files that describe a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// What the software does.
    Operations,
    /// Where it runs.
    Deployment,
    /// The question.
    Scenario,
}

/// Where in a file something is: keys and positions from the top.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(Vec<PlaceStep>);

/// One step of a [`Place`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceStep {
    /// Below this key of a mapping.
    Key(String),
    /// At this position of a sequence, from 0.
    Index(usize),
}

impl Place {
    /// The place below `key`.
    #[must_use]
    pub fn key(&self, key: &str) -> Place {
        self.with(PlaceStep::Key(key.to_owned()))
    }

    /// The place at position `index`.
    #[must_use]
    pub fn index(&self, index: usize) -> Place {
        self.with(PlaceStep::Index(index))
    }

    fn with(&self, step: PlaceStep) -> Place {
        let mut steps = self.0.clone();
        steps.push(step);
        Place(steps)
    }

    /// Its keys, without positions in lists.
    pub fn keys(&self) -> Vec<&str> {
        let keys = self.steps().iter().filter_map(|step| match step {
            PlaceStep::Key(key) => Some(key.as_str()),
            PlaceStep::Index(_) => None,
        });
        keys.collect()
    }

    /// The steps from the top.
    pub fn steps(&self) -> &[PlaceStep] {
        &self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                PlaceStep::Key(key) if position == 0 => write!(f, "{key}")?,
                PlaceStep::Key(key) => write!(f, ".{key}")?,
                PlaceStep::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Whether a mistake keeps a plan from being run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It does.
    Error,
    /// It does not, but the result may not be what was meant.
    Warning,
}

/// One mistake: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file it is in.
    pub part: Part,
    /// Where in it.
    pub place: Place,
    /// Whether it is an error.
    pub severity: Severity,
    /// A stable number, printed as `B0123`. The catalogue is in `docs/diagnostics.md`.
    pub code: u16,
    /// What is wrong, a sentence without a full stop.
    pub cause: String,
    /// What to do about it, a sentence without a full stop.
    pub remedy: String,
    /// What is wrong in a CSV that is named there, if that is what is wrong.
    pub in_csv: Option<ColumnError>,
    /// Another place in the same file that belongs to it, and what is there.
    pub related: Option<(Place, String)>,
    /// The name that nothing has, and the one that was probably meant.
    pub meant: Option<(String, String)>,
}

/// Makes the numbers and a list of them from one list.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal;)+) => {
        /// Stable numbers of the mistakes that show when a system is put together.
        pub mod code {
            $($(#[doc = $doc])+ pub const $name: u16 = $number;)+

            /// All of them, in order.
            pub const ALL: &[u16] = &[$($name,)+];
        }
    };
}

codes! {
    /// A name that nothing has.
    UNKNOWN_NAME = 301;
    /// A module that no process runs, or that two do.
    MODULE_PLACEMENT = 302;
    /// A schema or logical cache that nothing holds, or that two do.
    STORE_PLACEMENT = 303;
    /// A process that uses a database without a pool to it, or with two.
    POOL = 304;
    /// Operations that call each other in a circle and wait for each other.
    CALL_CYCLE = 305;
    /// A distribution that cannot be.
    LAW = 306;
    /// A number out of its range.
    RANGE = 307;
    /// A load that cannot be.
    LOAD = 308;
    /// A policy's settings that cannot be.
    POLICY = 309;
    /// A row lock outside a transaction on its table's schema.
    LOCK_SCOPE = 310;
    /// A plain station whose settings do not fit together, or do not fit the step that uses it.
    STATION = 311;
    /// An outer time-out that is shorter than an inner one (a warning).
    TIMEOUT_ORDER = 312;
    /// Weights of a choice that do not sum to one.
    WEIGHTS = 313;
    /// A part that nothing uses (a warning).
    UNUSED = 314;
    /// Pools that may open more connections than the database takes (a warning).
    CONNECTIONS = 315;
    /// A system too large for the program.
    TOO_LARGE = 316;
    /// A fault that cannot be.
    FAULT = 317;
    /// A setting about the end of a lifetime, where there is none.
    LIFETIME = 320;
    /// A cluster that cannot be, or (a warning) that does not survive the loss of a master.
    CLUSTER = 321;
    /// An entry of a cache that is used as two kinds of value.
    KIND = 325;
    /// An effect that cannot be.
    EFFECT = 327;
    /// A step of a runbook that cannot be.
    RUNBOOK = 331;
    /// An action that its target cannot take.
    ACTION = 332;
}

impl Mistake {
    /// Makes an error.
    pub fn error(part: Part, place: Place, code: u16, cause: String, remedy: String) -> Self {
        Mistake {
            part,
            place,
            severity: Severity::Error,
            code,
            cause,
            remedy,
            in_csv: None,
            related: None,
            meant: None,
        }
    }

    /// Makes a warning.
    pub fn warning(part: Part, place: Place, code: u16, cause: String, remedy: String) -> Self {
        Mistake {
            part,
            place,
            severity: Severity::Warning,
            code,
            cause,
            remedy,
            in_csv: None,
            related: None,
            meant: None,
        }
    }

    /// Makes the error for a name that nothing has, where nobody will read what it may have meant.
    pub fn nameless(part: Part, place: Place, kind: &str, name: &str) -> Self {
        let remedy = format!("name one that is defined {}", home_of(kind));
        Self::error(part, place, code::UNKNOWN_NAME, format!("there is no {kind} `{name}`"), remedy)
    }

    /// Makes the error for a name that nothing has, with the nearest name that something has.
    pub fn unknown<'a>(
        part: Part,
        place: Place,
        kind: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().take(MOST_CANDIDATES).collect();
        let kinds = match kind.strip_suffix("operation or station") {
            Some(_) => "operations and stations".to_owned(),
            None => format!("{kind}s"),
        };
        let meant = nearest(name, &known);
        let remedy = match (meant, known.is_empty()) {
            (Some(candidate), _) if candidate == name => {
                format!("`{name}` is there, and cannot be used: mend what is told of it")
            }
            (Some(candidate), _) => format!("did you mean `{candidate}`?"),
            (None, true) => format!("there is no {kind} yet: define one {}", home_of(kind)),
            (None, false) => {
                let listed: Vec<String> = known.iter().take(8).map(|name| format!("`{name}`")).collect();
                let more = if known.len() > 8 { ", …" } else { "" };
                let are = if known.len() == 1 { format!("{kind} is") } else { format!("{kinds} are") };
                format!("the {are} {}{more}", listed.join(", "))
            }
        };
        let meant = meant.filter(|meant| *meant != name).map(|meant| (name.to_owned(), meant.to_owned()));
        let cause = format!("there is no {kind} `{name}`");
        Mistake { meant, ..Self::error(part, place, code::UNKNOWN_NAME, cause, remedy) }
    }
}

/// Where something of a kind is defined: the file, and the key in it.
pub(crate) fn home_of(kind: &str) -> &'static str {
    match kind {
        "module" => "below `modules` of the operations file",
        "operation" => "below `modules.<module>.operations` of the operations file",
        "operation or station" => {
            "below `modules.<module>.operations` of the operations file, or below `stations` of the deployment or of a scenario \
             without one"
        }
        "station" => "below `stations` of the deployment, or of a scenario without one",
        "schema" => "below `schemas` of the operations file",
        "table" => "in the list of a schema, below `schemas` of the operations file",
        "key" => "below `keys` of the operations file",
        "stock" => "below `stocks` of the operations file",
        "flag" => "below `flags` of the operations file",
        "effect" => "with a step `effect: <name>` in an operation of the operations file",
        "topic" => "below `logs.<log>.topics` of the deployment",
        "cache" => "in the list `caches.<server>.holds` of the deployment",
        "cache server" | "other cache server" => "below `caches` of the deployment",
        "database" => "below `databases` of the deployment",
        "process" => "below `processes` of the deployment",
        "pool" => "below `pools` of the deployment",
        "external party" => "below `externals` of the deployment",
        "store" => "below `caches` or `databases` of the deployment",
        "load" | "operation with load" => "below `load` of the scenario",
        "gateway or operation with load" => {
            "below `gateways` of the deployment, or below `load` of the scenario"
        }
        "earlier fault" => "with a `name`, before this one in `faults` of the scenario",
        "fault" => "with a `name`, in `faults` of the scenario",
        "alert" => "in a rule file that `alerts.rules` of the scenario lists",
        "fault, alert or step" => {
            "with a `name`, in `faults` or `runbook` of the scenario, or in a rule file that `alerts.rules` lists"
        }
        "cache with a replica" => "with `replicas`, in `caches` of the deployment",
        "step" => "with a `name`, in `runbook` of the scenario",
        // Whatever a fault, a split or a restart is of.
        _ => "in the deployment, or below `stations` of a scenario without one",
    }
}

/// Names that are looked at for the one that was meant: a file may have many thousands, and as many that are unknown.
pub(super) const MOST_CANDIDATES: usize = 500;
/// The longest name \[bytes] that is taken for a typing mistake.
const LONGEST_NAME: usize = 60;

/// The name that differs least, if it differs little.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let distance_to = |candidate: &'a str| {
        let most = candidate.len().max(3) / 3;
        let may_be_near = candidate.len() <= LONGEST_NAME && candidate.len().abs_diff(name.len()) <= 4 * most;
        let distance = may_be_near.then(|| strsim::osa_distance(name, candidate))?;
        (distance <= most).then_some((distance, candidate))
    };
    known.iter().copied().filter_map(distance_to).min().map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, known: &[&str], meant: Option<&str>) {
        assert_eq!(nearest(name, known), meant, "{name}");
    }

    #[test]
    fn the_name_that_was_meant_is_found() {
        let known = ["order.place", "order.pay", "catalogue", "주문"];
        check("order.plcae", &known, Some("order.place"));
        check("oder.place", &known, Some("order.place"));
        check("order.pa", &known, Some("order.pay"));
        check("katalog", &known, Some("catalogue"));
        check("주믄", &known, Some("주문"));
        check("payment", &known, None);
        check(&"x".repeat(1_000), &[&"x".repeat(999)], None);
    }
}
