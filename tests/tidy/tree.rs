//! The files that the checks read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Folders that are made, not written.
const MADE: [&str; 8] = [
    "target",
    "node_modules",
    ".git",
    ".venv",
    "__pycache__",
    ".ipynb_checkpoints",
    ".pytest_cache",
    ".ruff_cache",
];

/// A tree of files: path from the root, with `/`, and text. A file that is not text has none.
pub(crate) struct Tree(BTreeMap<String, String>);

impl Tree {
    /// What is in this repository.
    pub(crate) fn of_this_repository() -> Self {
        let mut files = BTreeMap::new();
        read(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut files);
        assert!(files.contains_key("Cargo.toml"), "the repository's files were not found");
        Tree(files)
    }

    /// A small tree for testing a check.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Tree(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    /// Every path and its text.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The files whose name ends so.
    pub(crate) fn ending(&self, end: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(move |(path, _)| path.ends_with(end))
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Whether there is a file, or a folder with files, at this path.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        path.is_empty() || self.0.contains_key(path) || self.files().any(|(file, _)| is_under(file, path))
    }
}

/// Whether a file is somewhere in a folder.
pub(crate) fn is_under(file: &str, folder: &str) -> bool {
    file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The folder of a file, empty for the root.
pub(crate) fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Resolves a relative path from a folder; `None` if it leaves the tree.
pub(crate) fn resolve(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn read(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().unwrap_or_else(|error| panic!("{path}: {error}"));
        if kind.is_dir() {
            if !MADE.contains(&name.as_str()) && path != "output" {
                read(&entry.path(), &format!("{path}/"), files);
            }
        } else if kind.is_file() && name != ".git" {
            let bytes = fs::read(entry.path()).unwrap_or_else(|error| panic!("{path}: {error}"));
            files.insert(path, String::from_utf8(bytes).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_resolve_inside_the_tree() {
        assert_eq!(resolve("scenarios", "../models/shop/msa.yaml").as_deref(), Some("models/shop/msa.yaml"));
        assert_eq!(resolve("", "./docs//a.md").as_deref(), Some("docs/a.md"));
        assert_eq!(resolve("docs", "../../elsewhere"), None);
    }

    #[test]
    fn folders_are_there_if_they_have_files() {
        let tree = Tree::of(&[("docs/decisions/0001.md", "")]);
        assert!(tree.has("docs/decisions/") && tree.has("docs") && tree.has(""));
        assert!(!tree.has("doc") && !tree.has("docs/decisions/0002.md"));
    }
}
