//! Where texts come from: the caller reads, this module only works with paths.

use std::path::{Component, Path, PathBuf};

use super::code::Code;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::source::{Mark, Source};

/// Most bytes of a file.
pub const MOST_FILE_BYTES: usize = 8 * 1024 * 1024;
/// A text with more letters of another encoding is none.
const MOST_LETTERS: usize = 100;
/// Most bytes of a CSV.
pub const MOST_CSV_BYTES: usize = 128 * 1024 * 1024;
/// Most bytes of all CSVs of a system; one that is used twice counts twice, since its values are held twice.
pub(super) const MOST_CSVS_BYTES: usize = 256 * 1024 * 1024;

/// Gives the content of files.
pub trait Files {
    /// The content of a file. A caller may stop reading at one byte more than [`MOST_CSV_BYTES`].
    ///
    /// # Errors
    /// Why it cannot be read, in a few words such as `no such file`.
    fn read(&self, path: &Path) -> Result<Vec<u8>, String>;
}

impl<F: Fn(&Path) -> Result<Vec<u8>, String>> Files for F {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        self(path)
    }
}

/// Files of which some were read before, and are not read again: they may come from a pipe.
pub(super) struct Reread<'a> {
    pub(super) sources: &'a [Source],
    pub(super) files: &'a dyn Files,
}

impl Files for Reread<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        match self.sources.iter().find(|source| Path::new(source.path()) == path) {
            Some(source) => Ok(source.text().as_bytes().to_vec()),
            None => self.files.read(path),
        }
    }
}

/// The text of a file. A letter of another encoding is told, and keeps nothing else from being read.
///
/// # Errors
/// What there is to show of it, if it is no text; that is told.
pub(super) fn text_of(path: &str, bytes: Vec<u8>, diagnostics: &mut Diagnostics) -> Result<String, Source> {
    let mut tell = |source: &Source, offset, cause: &str, remedy: &str, label: &str| {
        let mark = Mark { offset, length: 1 };
        diagnostics.push(Diagnostic::at(source, mark, Code::NotUtf8, cause, remedy).labelled(label));
    };
    let source = |text: &str| Source::new(path.to_owned(), text.to_owned());
    let text = match String::from_utf8(bytes) {
        Ok(text) => {
            if let Some(offset) = text.find('\0') {
                let source = source(&text);
                let cause = "the file holds zero bytes: it is no text";
                tell(&source, offset, cause, "restore it, or write it anew", "the first is here");
                return Err(source);
            }
            text
        }
        Err(error) => {
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let (source, offset) = (source(&text), error.utf8_error().valid_up_to());
            let (cause, remedy) = ("the file is not text in UTF-8", "save it as UTF-8 in your editor");
            tell(&source, offset, cause, remedy, "this byte belongs to no character");
            if text.matches('\u{FFFD}').count() > MOST_LETTERS || text.contains('\0') {
                return Err(source);
            }
            text
        }
    };
    let text = text.strip_prefix('\u{FEFF}').map_or_else(|| text.clone(), str::to_owned);
    // Old editors end lines by a carriage return alone.
    Ok(if text.contains('\n') { text } else { text.replace('\r', "\n") })
}

/// A path written in the file `written_in`, as seen from where that file is seen.
pub(super) fn beside(written_in: &Path, path: &str) -> PathBuf {
    let joined = written_in.parent().unwrap_or(Path::new("")).join(path);
    let mut clean = PathBuf::new();
    for part in joined.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(clean.components().next_back(), Some(Component::Normal(_))) => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// Whether `--deployment` names a deployment, and not a file.
pub(super) fn is_bare_name(text: &str) -> bool {
    !text.contains(['/', '\\']) && Path::new(text).extension().is_none()
}

/// A file's name without folder and extension.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(written_in: &str, path: &str, expected: &str) {
        assert_eq!(beside(Path::new(written_in), path), PathBuf::from(expected));
    }

    #[test]
    fn paths_are_relative_to_the_file_they_are_written_in() {
        check("scenarios/a.yaml", "../models/shop/msa.yaml", "models/shop/msa.yaml");
        check("a.yaml", "../b.yaml", "../b.yaml");
        check("a.yaml", "./b.yaml", "b.yaml");
        check("../x/a.yaml", "../b.yaml", "../b.yaml");
        check("scenarios/a.yaml", "/etc/b.yaml", "/etc/b.yaml");
    }

    #[test]
    fn a_bare_name_is_no_path() {
        assert!(is_bare_name("monolith"));
        assert!(!is_bare_name("monolith.yaml"));
        assert!(!is_bare_name("models/monolith"));
    }
}
