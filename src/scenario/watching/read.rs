//! From paths to rules and configurations.

use std::path::Path;

use super::routes::alertmanager;
use super::rules::rules;
use crate::scenario::code::Code;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::files::{Files, MOST_FILE_BYTES, text_of};
use crate::scenario::source::{Source, quoted};
use crate::timeline::alertmanager::Config;
use crate::timeline::alerts::Rules;

/// What came of files.
#[derive(Debug)]
pub struct ReadFiles<T> {
    /// What they say, if there was no error.
    pub value: Option<T>,
    /// All mistakes, by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// All texts that were read.
    pub sources: Vec<Source>,
}

/// Reads Prometheus rule files; their groups follow each other in the order of `paths`.
pub fn read_rules(paths: &[&Path], files: &dyn Files) -> ReadFiles<Rules> {
    let mut diagnostics = Diagnostics::default();
    let mut sources = Vec::new();
    let mut groups = Vec::new();
    for path in paths {
        if let Some(source) = open(path, files, &mut diagnostics) {
            groups.extend(rules(&source, &mut diagnostics));
            sources.push(source);
        }
    }
    ended(Some(Rules { groups }), diagnostics, sources)
}

/// Reads an Alertmanager's configuration.
pub fn read_alertmanager(path: &Path, files: &dyn Files) -> ReadFiles<Config> {
    let mut diagnostics = Diagnostics::default();
    let source = open(path, files, &mut diagnostics);
    let config = source.as_ref().and_then(|source| alertmanager(source, &mut diagnostics));
    ended(config, diagnostics, source.into_iter().collect())
}

fn ended<T>(value: Option<T>, diagnostics: Diagnostics, sources: Vec<Source>) -> ReadFiles<T> {
    let value = value.filter(|_| !diagnostics.any_error());
    ReadFiles { value, diagnostics: diagnostics.into_sorted(&sources), sources }
}

fn open(path: &Path, files: &dyn Files, diagnostics: &mut Diagnostics) -> Option<Source> {
    let shown = path.to_string_lossy().into_owned();
    let mut refuse = |code, cause: &str, remedy| {
        diagnostics.push(Diagnostic::of_file(&shown, code, cause, remedy));
        None
    };
    let bytes = match files.read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let cause = format!("{} cannot be read: {error}", quoted(&shown));
            return refuse(Code::Unreadable, &cause, "check the path");
        }
    };
    if bytes.len() > MOST_FILE_BYTES {
        let cause = format!("{} is larger than {} MiB", quoted(&shown), MOST_FILE_BYTES >> 20);
        return refuse(Code::TooLarge, &cause, "split it into several files");
    }
    let text = text_of(&shown, bytes, diagnostics).ok()?;
    Some(Source::new(shown, text))
}
