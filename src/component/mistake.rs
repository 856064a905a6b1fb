//! Mistakes that only show when the parts of a system are put together.

use std::fmt;

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
}
