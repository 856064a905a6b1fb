//! Conditions on one label, as in `job=~"shop.*"`.

use regex::Regex;

/// How a label's value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Matches,
    /// `!~`
    MatchesNot,
}

/// A condition on one label. A label that is not there has the empty value.
#[derive(Clone, Debug)]
pub struct Matcher {
    name: String,
    comparison: Comparison,
    value: String,
    pattern: Option<Regex>,
}

/// A pattern that is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a regular expression: {cause}")]
pub struct PatternError {
    /// The pattern as written.
    pub pattern: String,
    /// What is wrong with it.
    pub cause: String,
}

/// Reads a regular expression that has to match a whole text, as Prometheus and Alertmanager read them.
///
/// # Errors
/// If it cannot be read, or would need too much memory.
pub(super) fn anchored(pattern: &str) -> Result<Regex, PatternError> {
    // A pattern such as `a)|(b` becomes well-formed by the anchoring and means something else: it is read bare first.
    let told = |error: regex::Error| {
        let text = error.to_string();
        let cause = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        PatternError { pattern: pattern.to_owned(), cause }
    };
    Regex::new(pattern).map_err(told)?;
    Regex::new(&format!("^(?s:{pattern})$")).map_err(told)
}

impl Matcher {
    /// Makes a condition.
    ///
    /// # Errors
    /// If the value is a pattern that cannot be read.
    pub fn new(name: &str, comparison: Comparison, value: &str) -> Result<Matcher, PatternError> {
        let pattern = match comparison {
            Comparison::Equal | Comparison::NotEqual => None,
            Comparison::Matches | Comparison::MatchesNot => Some(anchored(value)?),
        };
        Ok(Matcher { name: name.to_owned(), comparison, value: value.to_owned(), pattern })
    }

    /// The label's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How its value is compared.
    pub const fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// What it is compared with.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether a value, empty if there is no such label, fulfils it.
    pub fn fits(&self, value: &str) -> bool {
        let matches = || self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(value));
        match self.comparison {
            Comparison::Equal => self.value == value,
            Comparison::NotEqual => self.value != value,
            Comparison::Matches => matches(),
            Comparison::MatchesNot => !matches(),
        }
    }
}

impl std::fmt::Display for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = match self.comparison {
            Comparison::Equal => "=",
            Comparison::NotEqual => "!=",
            Comparison::Matches => "=~",
            Comparison::MatchesNot => "!~",
        };
        write!(f, "{}{sign}{:?}", self.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(comparison: Comparison, value: &str, fits: &[&str], fits_not: &[&str]) {
        let matcher = Matcher::new("a", comparison, value).unwrap();
        assert!(fits.iter().all(|text| matcher.fits(text)), "{matcher}");
        assert!(!fits_not.iter().any(|text| matcher.fits(text)), "{matcher}");
    }

    #[test]
    fn values_are_compared_as_a_whole() {
        check(Comparison::Equal, "x", &["x"], &["", "xx"]);
        check(Comparison::NotEqual, "x", &["", "xx"], &["x"]);
        check(Comparison::Matches, "5..", &["500"], &["", "5000", "1500"]);
        check(Comparison::Matches, "a|b", &["a", "b"], &["ab", "a|b"]);
        check(Comparison::Matches, ".*", &["", "a\nb"], &[]);
        check(Comparison::MatchesNot, "5..|", &["200"], &["", "503"]);
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_an_error() {
        for bad in ["(", "a)|(b", "*", "[z-a]"] {
            assert!(Matcher::new("a", Comparison::Matches, bad).is_err(), "{bad}");
        }
    }
}
