//! Files of measured values: where they are, and what is wrong in them.

use super::Loader;
use crate::component::{Mistake, Part};
use crate::random::{CellMistake, ColumnError, MOST_COUNTED, mix, name_hash};
use crate::scenario::code::Code;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::files::{MOST_CSV_BYTES, MOST_CSVS_BYTES, beside};
use crate::scenario::node::{Kind, Node};
use crate::scenario::source::{Mark, quoted, visible};

impl Loader<'_> {
    /// The text of a CSV: beside the scenario, the deployment or the operations, in this order.
    pub(super) fn csv(&self, path: &str) -> Result<String, String> {
        let mut first = None;
        for part in [Part::Scenario, Part::Deployment, Part::Operations] {
            let Some(document) = self.documents.get(&part) else { continue };
            let found = beside(&document.path, path);
            let note = |code| {
                self.csvs.borrow_mut().insert(path.to_owned(), (found.clone(), code));
            };
            match self.files.read(&found) {
                Ok(bytes) if bytes.len() > MOST_CSV_BYTES => {
                    note(Code::TooLarge);
                    return Err(format!("it is larger than {} MiB", MOST_CSV_BYTES >> 20));
                }
                Ok(bytes) if self.csv_bytes.get() + bytes.len() > MOST_CSVS_BYTES => {
                    note(Code::TooLarge);
                    let most = MOST_CSVS_BYTES >> 20;
                    return Err(format!(
                        "with what other parts read of CSVs it is more than {most} MiB, each use counted"
                    ));
                }
                Ok(bytes) => {
                    self.csv_bytes.set(self.csv_bytes.get() + bytes.len());
                    note(Code::NotUtf8);
                    let text = String::from_utf8(bytes).map_err(|error| {
                        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
                            .iter()
                            .filter(|byte| **byte == b'\n')
                            .count();
                        format!("it is not text in UTF-8, from line {} on", line + 1)
                    })?;
                    let mut hash = self.csv_hash.borrow_mut();
                    *hash = mix(*hash, name_hash(&text));
                    return Ok(text);
                }
                Err(error) => {
                    if first.is_none() {
                        note(Code::Unreadable);
                        first = Some(error);
                    }
                }
            }
        }
        Err(first.unwrap_or_else(|| "no such file".to_owned()))
    }

    /// Adds what is wrong in a CSV, or with it, at its places.
    pub(super) fn tell_of_csv(&mut self, mistake: &Mistake, error: &ColumnError) {
        let (ColumnError::File { path, .. } | ColumnError::Inside { path, .. }) = error;
        let csvs = self.csvs.borrow();
        let found = csvs.get(path);
        let document = self.documents.get(&mistake.part);
        let named = document.map(|document| {
            let followed = document.kept().follow(mistake.place.steps());
            let mark = named_in(followed.node, path).unwrap_or_else(|| followed.mark());
            (&self.sources[document.source], mark)
        });
        let mut told = Vec::new();
        match error {
            ColumnError::File { cause, .. } => {
                let code = found.map_or(Code::Unreadable, |(_, code)| *code);
                let cause = format!("{} cannot be read: {cause}", quoted(path));
                let remedy = match code {
                    Code::NotUtf8 => "save it as UTF-8",
                    Code::TooLarge => "thin it out, or leave out the columns that nobody asks for",
                    _ => "write a path that starts from the folder of this file",
                };
                told.push(match named {
                    Some((source, mark)) => Diagnostic::at(source, mark, code, &cause, remedy),
                    None => Diagnostic::of_file(path, code, &cause, remedy),
                });
            }
            ColumnError::Inside { mistakes, others, .. } => {
                let shown = found.map_or(path.clone(), |(found, _)| found.to_string_lossy().into_owned());
                for cell in mistakes {
                    let diagnostic = Diagnostic { code: mistake.code, ..in_cell(&shown, cell) };
                    told.push(match named {
                        Some((source, mark)) => {
                            diagnostic.with_related(source, mark, "the file is named here")
                        }
                        None => diagnostic,
                    });
                }
                if *others > 0 {
                    let cause = match *others {
                        1 => "there is 1 more mistake in this file".to_owned(),
                        MOST_COUNTED.. => format!("there are {others} or more mistakes besides in this file"),
                        _ => format!("there are {others} more mistakes in this file"),
                    };
                    told.push(Diagnostic::of_file(
                        &shown,
                        Code::More,
                        &cause,
                        "mend the listed ones and check again",
                    ));
                }
            }
        }
        drop(csvs);
        for diagnostic in told {
            self.diagnostics.push_or_join(diagnostic);
        }
    }
}

fn in_cell(path: &str, cell: &CellMistake) -> Diagnostic {
    Diagnostic {
        line: u32::try_from(cell.line).unwrap_or(u32::MAX),
        column: cell.column,
        length: cell.length,
        source_line: visible(&cell.line_text),
        ..Diagnostic::of_file(path, Code::Load, &cell.cause, &cell.remedy)
    }
}

/// Where a CSV is named within a value.
fn named_in(node: &Node, path: &str) -> Option<Mark> {
    match &node.kind {
        Kind::Map(entries) => entries.iter().find_map(|entry| {
            let here = entry.key == "csv" && entry.value.scalar().is_some_and(|scalar| scalar.text == path);
            if here { Some(entry.value.mark) } else { named_in(&entry.value, path) }
        }),
        Kind::Seq(items) => items.iter().find_map(|item| named_in(item, path)),
        Kind::Scalar(_) => None,
    }
}
