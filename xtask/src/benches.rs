//! The benchmarks.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::shell;

/// Runs the bench targets of the root package, all or those named.
///
/// # Errors
/// If there is no such target, or one fails.
pub(crate) fn run(wanted: &[String]) -> Result<()> {
    let all = names(&shell::root().join("benches"))?;
    let known = all.join(", ");
    if all.is_empty() {
        bail!("benches/ has no bench target");
    }
    if let Some(unknown) = wanted.iter().find(|name| !all.contains(name)) {
        bail!("there is no bench target `{unknown}`: there are {known}");
    }
    for name in all.iter().filter(|name| wanted.is_empty() || wanted.contains(name)) {
        shell::run(&mut shell::cargo_command(["bench", "--bench", name]))?;
    }
    Ok(())
}

/// The bench targets in a folder, as cargo finds them: `NAME.rs` and `NAME/main.rs`; none if there is no folder.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let target = path.extension().is_some_and(|e| e == "rs") || path.join("main.rs").is_file();
        if let (true, Some(name)) = (target, path.file_stem()) {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_files_and_folders_with_a_main() -> Result<()> {
        let folder = tempfile::tempdir()?;
        for nested in ["three-tiers", "data"] {
            fs::create_dir(folder.path().join(nested))?;
        }
        for file in ["mm1.rs", "three-tiers/main.rs", "data/readme.txt", "notes.md"] {
            fs::write(folder.path().join(file), "")?;
        }
        assert_eq!(names(folder.path())?, ["mm1", "three-tiers"]);
        assert_eq!(names(&folder.path().join("absent"))?, [""; 0]);
        Ok(())
    }
}
