//! Writing a folder of results so that it is there whole or not at all.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

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
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&parent).map_err(about)?;
    let fresh = tempfile::Builder::new().prefix(".brownout-").tempdir_in(&parent).map_err(about)?;
    let content = fresh.path().join("new");
    for (name, bytes) in files {
        let path = content.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(about)?;
        }
        fs::write(path, bytes).map_err(about)?;
    }
    if folder.exists() {
        fs::rename(folder, fresh.path().join("old")).map_err(about)?;
    }
    fs::rename(&content, folder).map_err(about)
}

/// Whether a folder may be replaced: it is not there, empty, or a result.
pub(super) fn replaceable(folder: &Path) -> Result<(), Error> {
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
