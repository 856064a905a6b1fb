//! Writing a folder of results so that it is there whole or not at all.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::experiment::Results;
use crate::report::json;
use crate::scenario::{Loaded, Plan, explain};

/// Files to be written, with their paths inside the folder.
pub(super) type OutputFiles = Vec<(String, Vec<u8>)>;

/// Adds the manifest that says what the files are and what they were made from.
pub(super) fn add_manifest(
    files: &mut OutputFiles,
    listed: &[json::OutputFile],
    (loaded, plan): (&Loaded, &Plan),
    results: &Results,
) {
    let resolved: Vec<(String, String)> =
        explain(loaded).values.into_iter().map(|value| (value.path, value.value)).collect();
    let provenance = json::Provenance {
        program_version: env!("CARGO_PKG_VERSION"),
        model_hash: plan.model_hash,
        options: &resolved,
        assumed: &plan.assumed,
        sourced_of: plan.sourced_of,
        files: listed,
    };
    files.push(("manifest.json".to_owned(), json::manifest(results, &provenance).into_bytes()));
}

/// Writes `files` as the folder `folder`, replacing an earlier result there.
///
/// Everything is written beside it first and moved into place at the end, so that a full disk or an
/// interruption leaves what was there before.
///
/// # Errors
/// If it cannot be written, or `folder` holds something that is not a result.
pub(super) fn write(folder: &Path, files: &OutputFiles) -> Result<(), Error> {
    let about =
        |error: Error| Error::new(error.kind(), format!("cannot write {}: {error}", folder.display()));
    replaceable(folder)?;
    let fresh = beside(folder)?;
    let content = fresh.path().join("new");
    for (name, bytes) in files {
        let path = content.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(about)?;
        }
        fs::write(path, bytes).map_err(about)?;
    }
    let old = fresh.path().join("old");
    let replaces = folder.exists();
    if replaces {
        fs::rename(folder, &old).map_err(about)?;
    }
    fs::rename(&content, folder).map_err(|error| {
        if replaces && fs::rename(&old, folder).is_err() {
            // What was there stays beside the folder, and is not taken away with the rest.
            let kept = fresh.keep().join("old");
            let text = format!(
                "cannot write {}: {error}; the last result is in {}",
                folder.display(),
                kept.display()
            );
            return Error::new(error.kind(), text);
        }
        about(error)
    })
}

/// A new folder beside `folder`, whose parents are made; it goes away with its handle.
fn beside(folder: &Path) -> Result<TempDir, Error> {
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    if let Some(file) = parent.ancestors().find(|above| above.is_file()) {
        let text = format!("cannot write {}: {} is a file", folder.display(), file.display());
        return Err(Error::new(ErrorKind::NotADirectory, text));
    }
    let refused = |what: String, error: &Error| {
        let text = format!(
            "cannot write {}: {what}: {}; name a folder with --output where you may write",
            folder.display(),
            said_of(error)
        );
        Error::new(error.kind(), text)
    };
    make(&parent)
        .map_err(|(at, error)| refused(format!("the folder {} cannot be made", at.display()), &error))?;
    tempfile::Builder::new().prefix(".brownout-").tempdir_in(&parent).map_err(|error| {
        refused(format!("nothing can be written into the folder {}", parent.display()), &error)
    })
}

/// Makes a folder and those above it; on failure, the one that could not be made.
fn make(folder: &Path) -> Result<(), (PathBuf, Error)> {
    let above: Vec<&Path> = folder.ancestors().filter(|above| !above.as_os_str().is_empty()).collect();
    for missing in above.into_iter().rev().filter(|above| !above.is_dir()) {
        match fs::create_dir(missing) {
            Ok(()) => {}
            // Somebody else has made it meanwhile.
            Err(_) if missing.is_dir() => {}
            Err(error) => return Err((missing.to_owned(), error)),
        }
    }
    Ok(())
}

/// What the operating system says of a folder that it does not make or write to, in words that fit.
fn said_of(error: &Error) -> String {
    match error.kind() {
        // What /proc and the like say when asked for a new folder.
        ErrorKind::NotFound => "no folder can be made there".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "it can only be read".to_owned(),
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => error.to_string(),
    }
}

/// Whether a result can be written as `folder`, to be asked before a long run.
///
/// # Errors
/// If its parents cannot be made or written to, or `folder` holds something that is not a result.
pub(super) fn writable(folder: &Path) -> Result<(), Error> {
    replaceable(folder)?;
    beside(folder).map(drop)
}

/// Whether a folder may be replaced: it is not there, empty, or a result.
fn replaceable(folder: &Path) -> Result<(), Error> {
    if !folder.exists() {
        return Ok(());
    }
    let refuse = |what: &str| {
        let text = format!("{} {what}: name another folder with --output, or remove it", folder.display());
        Err(Error::new(ErrorKind::AlreadyExists, text))
    };
    if !folder.is_dir() {
        return refuse("is a file");
    }
    let empty = fs::read_dir(folder)?.next().is_none();
    if empty || folder.join("manifest.json").is_file() {
        Ok(())
    } else {
        refuse("holds something that is not a result")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_result() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let result = folder.path().join("result");
        let files =
            vec![("manifest.json".to_owned(), b"{}".to_vec()), ("a.csv".to_owned(), b"first".to_vec())];
        write(&result, &files).expect("a temporary folder can be written");
        (folder, result)
    }

    /// The first file stands where the second needs a folder: everything stays as it was, and nothing is left behind.
    #[test]
    fn a_result_that_cannot_be_written_leaves_the_last_one() {
        let (folder, result) = a_result();
        let files = vec![("a".to_owned(), Vec::new()), ("a/b".to_owned(), Vec::new())];
        assert!(write(&result, &files).is_err());
        assert_eq!(fs::read(result.join("a.csv")).ok().as_deref(), Some(b"first".as_slice()));
        assert_eq!(fs::read_dir(folder.path()).map(Iterator::count).ok(), Some(1));
    }

    /// Without a file there is no new folder to move, which shows when the last result has been moved away already.
    #[test]
    fn a_result_that_was_moved_away_is_put_back_if_the_new_one_cannot_be_moved_in() {
        let (folder, result) = a_result();
        assert!(write(&result, &Vec::new()).is_err());
        assert_eq!(fs::read(result.join("a.csv")).ok().as_deref(), Some(b"first".as_slice()));
        assert_eq!(fs::read_dir(folder.path()).map(Iterator::count).ok(), Some(1));
    }
}
