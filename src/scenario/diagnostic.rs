//! A mistake with its place, its cause and what to do about it.

use serde_json::{Value, json};

use super::code::{Code, printed};
use super::mend::Meant;
use super::source::{Mark, Source, visible};
use crate::component::Severity;

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its number, printed as `B0207`; see [`Code`] and `docs/diagnostics.md`.
    pub code: u16,
    /// Whether it keeps the scenario from being run.
    pub severity: Severity,
    /// The file it is in, or the option of the command line.
    pub file: String,
    /// Its line, counted from 1; 0 for the file as a whole.
    pub line: u32,
    /// Its column \[characters], counted from 1; 0 for the file as a whole.
    pub column: u32,
    /// Its length \[characters].
    pub length: u32,
    /// The source line, or the part of a long line around the mistake.
    pub source_line: String,
    /// The column of the first character of `source_line`.
    pub source_line_column: u32,
    /// What is wrong, without a full stop.
    pub cause: String,
    /// What to say of the marked text; may be empty.
    pub label: String,
    /// What to do about it.
    pub remedy: String,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// The word that was meant, if there is little doubt.
    pub(super) meant: Option<Meant>,
}

/// Another place that belongs to a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The file.
    pub file: String,
    /// Its line, counted from 1.
    pub line: u32,
    /// Its column \[characters], counted from 1.
    pub column: u32,
    /// What is there.
    pub text: String,
}

/// Most characters of one message.
const LONGEST_MESSAGE: usize = 600;

fn message(text: &str) -> String {
    let mut text = visible(text);
    if let Some((end, _)) = text.char_indices().nth(LONGEST_MESSAGE) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl Diagnostic {
    /// A mistake at a place of a text.
    pub(super) fn at(source: &Source, mark: Mark, code: Code, cause: &str, remedy: &str) -> Diagnostic {
        let spot = source.spot(mark);
        Diagnostic {
            line: spot.line,
            column: spot.column,
            length: spot.length,
            source_line: spot.line_text,
            source_line_column: spot.line_text_column,
            ..Diagnostic::of_file(source.path(), code, cause, remedy)
        }
    }

    /// A mistake of a file as a whole, or of an option of the command line.
    pub(super) fn of_file(file: &str, code: Code, cause: &str, remedy: &str) -> Diagnostic {
        Diagnostic {
            code: code.number(),
            severity: Severity::Error,
            file: message(file),
            line: 0,
            column: 0,
            length: 0,
            source_line: String::new(),
            source_line_column: 1,
            cause: message(cause),
            label: String::new(),
            remedy: message(remedy),
            related: Vec::new(),
            meant: None,
        }
    }

    /// Says something of the marked text.
    #[must_use]
    pub(super) fn labelled(mut self, label: &str) -> Diagnostic {
        self.label = message(label);
        self
    }

    /// Says which word was meant by one that is written in the key or value at a mark.
    #[must_use]
    pub(super) fn meaning(mut self, mark: Mark, written: &str, meant: Option<&str>) -> Diagnostic {
        self.meant = meant.and_then(|meant| Meant::new(mark, written, meant));
        self
    }

    /// Adds another place.
    #[must_use]
    pub(super) fn with_related(mut self, source: &Source, mark: Mark, text: &str) -> Diagnostic {
        let spot = source.spot(mark);
        self.related.push(Related {
            file: source.path().to_owned(),
            line: spot.line,
            column: spot.column,
            text: message(text),
        });
        self
    }

    /// Its code as printed, such as `B0207`.
    pub fn printed_code(&self) -> String {
        printed(self.code)
    }

    /// What is wrong and where, in a line.
    pub fn sentence(&self) -> String {
        match self.line {
            0 => format!("{}: {}", self.file, self.cause),
            line => format!("{}:{line}: {}", self.file, self.cause),
        }
    }

    /// Whether it keeps the scenario from being run.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The diagnostics for programs: what `check --json` prints.
pub fn to_json(diagnostics: &[Diagnostic], files: usize) -> Value {
    let listed: Vec<Value> = diagnostics
        .iter()
        .map(|diagnostic| {
            let related: Vec<Value> = diagnostic
                .related
                .iter()
                .map(|place| {
                    json!({"file": place.file, "line": place.line, "column": place.column, "text": place.text})
                })
                .collect();
            json!({
                "code": diagnostic.printed_code(),
                "severity": severity_name(diagnostic.severity),
                "file": diagnostic.file,
                "line": diagnostic.line,
                "column": diagnostic.column,
                "length": diagnostic.length,
                "source_line": diagnostic.source_line,
                "cause": diagnostic.cause,
                "label": diagnostic.label,
                "remedy": diagnostic.remedy,
                "related": related,
            })
        })
        .collect();
    let (errors, warnings) = count(diagnostics);
    json!({
        "files": files,
        "errors": errors,
        "warnings": warnings,
        "diagnostics": listed,
    })
}

/// The word for a severity.
pub(super) const fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// What is said of the last place if there are more.
const ELSEWHERE: &str = ", and elsewhere";

/// How many of these are errors, and how many are warnings; a word about those that are not listed is neither.
pub(super) fn count(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let listed = diagnostics.iter().filter(|diagnostic| diagnostic.code != Code::More.number());
    let errors = listed.clone().filter(|diagnostic| diagnostic.is_error()).count();
    (errors, listed.count() - errors)
}

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(super) struct Diagnostics {
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Most errors, and most warnings: many warnings must not hide an error, nor become one.
    pub(super) const MOST: usize = 100;
    /// Most other places of a mistake.
    const MOST_RELATED: usize = 5;

    /// Adds one, unless it is there already or there are enough of its severity.
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        let severity = diagnostic.severity;
        let alike = self.alike(severity);
        if alike >= Self::MOST || self.found.contains(&diagnostic) {
            return;
        }
        let file = diagnostic.file.clone();
        self.found.push(diagnostic);
        if alike + 1 == Self::MOST {
            let (what, remedy) = match severity {
                Severity::Error => ("mistakes", "mend these and check again"),
                Severity::Warning => ("warnings", "see to these and check again"),
            };
            let cause = format!("these are the first {} {what}, there may be more", Self::MOST);
            let more = Diagnostic::of_file(&file, Code::More, &cause, remedy);
            self.found.push(Diagnostic { severity, ..more });
        }
    }

    /// Adds one; if it is there already, what it is related to is added to that.
    pub(super) fn push_or_join(&mut self, diagnostic: Diagnostic) {
        let is_same = |found: &&mut Diagnostic| {
            found.file == diagnostic.file
                && (found.line, found.column) == (diagnostic.line, diagnostic.column)
                && found.cause == diagnostic.cause
        };
        let Some(found) = self.found.iter_mut().find(is_same) else { return self.push(diagnostic) };
        for related in diagnostic.related {
            if found.related.contains(&related) {
                continue;
            }
            if found.related.len() < Self::MOST_RELATED {
                found.related.push(related);
            } else if let Some(last) = found.related.last_mut()
                && !last.text.ends_with(ELSEWHERE)
            {
                last.text.push_str(ELSEWHERE);
            }
        }
    }

    /// Whether one says the same of the same file.
    pub(super) fn has(&self, other: &Diagnostic) -> bool {
        self.found.iter().any(|it| it.code == other.code && it.cause == other.cause && it.file == other.file)
    }

    /// Whether no more errors are taken.
    pub(super) fn full(&self) -> bool {
        !self.takes(Severity::Error)
    }

    /// Whether more are taken of a severity.
    pub(super) fn takes(&self, severity: Severity) -> bool {
        self.alike(severity) < Self::MOST
    }

    fn alike(&self, severity: Severity) -> usize {
        self.found.iter().filter(|found| found.severity == severity).count()
    }

    /// Whether one of them is an error.
    pub(super) fn any_error(&self) -> bool {
        self.found.iter().any(Diagnostic::is_error)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// All of them, by file in the order of `files` and by place.
    pub(super) fn into_sorted(mut self, files: &[Source]) -> Vec<Diagnostic> {
        let rank = |file: &str| files.iter().position(|source| source.path() == file).unwrap_or(files.len());
        let more = Code::More.number();
        self.found.sort_by_key(|found| (found.code == more, rank(&found.file), found.line, found.column));
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_ends_with_a_word_about_the_rest() {
        let mut diagnostics = Diagnostics::default();
        for number in 0..300 {
            diagnostics.push(Diagnostic::of_file("a.yaml", Code::Value, &format!("mistake {number}"), ""));
            diagnostics.push(Diagnostic::of_file("a.yaml", Code::Value, "mistake 0", ""));
        }
        let listed = diagnostics.into_sorted(&[]);
        assert_eq!(listed.len(), Diagnostics::MOST + 1);
        assert_eq!(count(&listed), (Diagnostics::MOST, 0));
        assert_eq!(listed[Diagnostics::MOST].code, Code::More.number());
    }

    #[test]
    fn what_two_places_name_is_told_once() {
        let source = Source::new("a.yaml".to_owned(), "x\n".repeat(20));
        let mut diagnostics = Diagnostics::default();
        for place in 0..9 {
            let of_it = Diagnostic::of_file("b.csv", Code::Load, "bad", "mend it");
            let mark = Mark { offset: place * 2, length: 1 };
            diagnostics.push_or_join(of_it.with_related(&source, mark, "named here"));
        }
        diagnostics.push_or_join(Diagnostic::of_file("b.csv", Code::Load, "worse", "mend it"));
        let listed = diagnostics.into_sorted(&[]);
        assert_eq!(listed.len(), 2);
        let texts: Vec<(u32, &str)> =
            listed[0].related.iter().map(|it| (it.line, it.text.as_str())).collect();
        assert_eq!(texts.len(), 5);
        assert_eq!((texts[0], texts[4]), ((1, "named here"), (5, "named here, and elsewhere")));
    }

    #[test]
    fn many_warnings_are_no_error_and_hide_none() {
        let mut diagnostics = Diagnostics::default();
        for number in 0..300 {
            let of_it = Diagnostic::of_file("a.yaml", Code::Value, &format!("warning {number}"), "");
            diagnostics.push(Diagnostic { severity: Severity::Warning, ..of_it });
        }
        assert!(!diagnostics.any_error());
        diagnostics.push(Diagnostic::of_file("a.yaml", Code::Value, "a mistake", ""));
        assert!(diagnostics.any_error());
        assert_eq!(diagnostics.into_sorted(&[]).len(), Diagnostics::MOST + 2);
    }
}
