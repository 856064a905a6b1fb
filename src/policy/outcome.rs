//! What a call came to, and what can be wrong with a policy's configuration.

use std::fmt::Display;

/// How a policy is to count the end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The call did what it was asked to.
    Success,
    /// The call failed in a way that counts.
    Failure,
    /// The call ended in a way that counts neither way.
    Ignored,
}

/// A mistake in the configuration of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// One value that its policy cannot work with.
    #[error("`{field}` is {value}: it must be {range}")]
    OutOfRange {
        /// The key, as written in the file.
        field: &'static str,
        /// The value, printed with its unit.
        value: String,
        /// What would do.
        range: &'static str,
    },
    /// Two values that cannot go together.
    #[error("`{field}` and `{other}` do not go together: {reason}")]
    Conflict {
        /// The key to change, as written in the file.
        field: &'static str,
        /// The key that it disagrees with.
        other: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
}

impl PolicyError {
    /// The key to change, as written in the file.
    pub fn field(&self) -> &'static str {
        match self {
            PolicyError::OutOfRange { field, .. } | PolicyError::Conflict { field, .. } => field,
        }
    }
}

/// The mistakes found so far in one configuration.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<PolicyError>);

impl Findings {
    /// Notes that `field` is out of `range` unless `good`.
    pub(super) fn require(
        &mut self,
        good: bool,
        field: &'static str,
        value: impl Display,
        range: &'static str,
    ) -> &mut Self {
        if !good {
            self.0.push(PolicyError::OutOfRange { field, value: value.to_string(), range });
        }
        self
    }

    /// Notes that `field` contradicts `other` unless `good`, or one of them is out of its own range as it is.
    pub(super) fn agree(
        &mut self,
        good: bool,
        field: &'static str,
        other: &'static str,
        reason: &'static str,
    ) -> &mut Self {
        let is_noted = self.0.iter().any(|error| [field, other].contains(&error.field()));
        if !good && !is_noted {
            self.0.push(PolicyError::Conflict { field, other, reason });
        }
        self
    }

    /// Notes the mistakes of a part.
    pub(super) fn include(&mut self, errors: Vec<PolicyError>) -> &mut Self {
        self.0.extend(errors);
        self
    }

    /// All that was found.
    pub(super) fn into_errors(self) -> Vec<PolicyError> {
        self.0
    }
}

/// Turns a list of mistakes into a refusal when there is any.
pub(super) fn refuse(errors: Vec<PolicyError>) -> Result<(), Vec<PolicyError>> {
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_mistakes_are_reported_and_each_says_what_would_do() {
        let mut findings = Findings::default();
        findings
            .require(false, "max-attempts", 0, "at least 1")
            .require(true, "wait-duration", "5ms", "anything")
            .agree(false, "core", "max", "core is larger");
        let told: Vec<String> = findings.into_errors().iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "`max-attempts` is 0: it must be at least 1",
                "`core` and `max` do not go together: core is larger"
            ]
        );
    }
}
