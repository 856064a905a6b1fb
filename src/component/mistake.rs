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
}

/// Stable numbers of the mistakes that show when a system is put together.
pub mod code {
    /// A name that nothing has.
    pub const UNKNOWN_NAME: u16 = 301;
    /// A module that no process runs, or that two do.
    pub const MODULE_PLACEMENT: u16 = 302;
    /// A schema or logical cache that nothing holds, or that two do.
    pub const STORE_PLACEMENT: u16 = 303;
    /// A process that uses a database without a pool to it, or with two.
    pub const POOL: u16 = 304;
    /// Operations that call each other in a circle and wait for each other.
    pub const CALL_CYCLE: u16 = 305;
    /// A distribution that cannot be.
    pub const LAW: u16 = 306;
    /// A number out of its range.
    pub const RANGE: u16 = 307;
    /// A load that cannot be.
    pub const LOAD: u16 = 308;
    /// A policy's settings that cannot be.
    pub const POLICY: u16 = 309;
    /// A row lock outside a transaction on its table's schema.
    pub const LOCK_SCOPE: u16 = 310;
    /// A plain station whose settings do not fit together, or do not fit the step that uses it.
    pub const STATION: u16 = 311;
    /// An outer time-out that is shorter than an inner one (a warning).
    pub const TIMEOUT_ORDER: u16 = 312;
    /// Weights of a choice that do not sum to one.
    pub const WEIGHTS: u16 = 313;
    /// A part that nothing uses (a warning).
    pub const UNUSED: u16 = 314;
    /// Pools that may open more connections than the database takes (a warning).
    pub const CONNECTIONS: u16 = 315;
    /// A system too large for the program.
    pub const TOO_LARGE: u16 = 316;
    /// A fault that cannot be.
    pub const FAULT: u16 = 317;
    /// A step of a runbook that cannot be.
    pub const RUNBOOK: u16 = 331;
    /// An action that its target cannot take.
    pub const ACTION: u16 = 332;
    /// A cluster that cannot be, or (a warning) that does not survive the loss of a master.
    pub const CLUSTER: u16 = 321;
    /// An effect that cannot be.
    pub const EFFECT: u16 = 327;
    /// An entry of a cache that is used as two kinds of value.
    pub const KIND: u16 = 325;
    /// A setting about the end of a lifetime, where there is none.
    pub const LIFETIME: u16 = 320;
}

impl Mistake {
    /// Makes an error.
    pub fn error(part: Part, place: Place, code: u16, cause: String, remedy: String) -> Self {
        Mistake { part, place, severity: Severity::Error, code, cause, remedy, in_csv: None, related: None }
    }

    /// Makes a warning.
    pub fn warning(part: Part, place: Place, code: u16, cause: String, remedy: String) -> Self {
        Mistake { part, place, severity: Severity::Warning, code, cause, remedy, in_csv: None, related: None }
    }

    /// Makes the error for a name that nothing has, with the nearest name that something has.
    pub fn unknown<'a>(
        part: Part,
        place: Place,
        kind: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let kinds = match kind.strip_suffix("operation or station") {
            Some(_) => "operations and stations".to_owned(),
            None => format!("{kind}s"),
        };
        let nearest = known
            .iter()
            .map(|candidate| (strsim::damerau_levenshtein(name, candidate), *candidate))
            .min()
            .filter(|(distance, candidate)| *distance * 3 <= candidate.len().max(3));
        let remedy = match (nearest, known.is_empty()) {
            (Some((_, candidate)), _) => format!("did you mean `{candidate}`?"),
            (None, true) => format!("there is no {kind} yet: define one"),
            (None, false) => {
                let listed: Vec<String> = known.iter().take(8).map(|name| format!("`{name}`")).collect();
                let more = if known.len() > 8 { ", …" } else { "" };
                let are = if known.len() == 1 { format!("{kind} is") } else { format!("{kinds} are") };
                format!("the {are} {}{more}", listed.join(", "))
            }
        };
        Self::error(part, place, code::UNKNOWN_NAME, format!("there is no {kind} `{name}`"), remedy)
    }
}
