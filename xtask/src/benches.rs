//! The benchmarks, and the page with what the workloads cost.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::thread;

use anyhow::{Context, Result, bail, ensure};

use crate::shell;

/// The page that the tables of `workloads` are written into, between two marks.
const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- written by cargo xtask bench workloads -->";
const END: &str = "<!-- until here -->";

/// Runs the bench targets of the root package, all or those named. What `workloads` prints goes into the page too.
///
/// # Errors
/// If there is no such target, one fails, or the page cannot be written.
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
        if name == "workloads" {
            workloads()?;
        } else {
            shell::run(&mut shell::cargo_command(["bench", "--bench", name]))?;
        }
    }
    Ok(())
}

/// Runs the workloads and writes their tables down, with the machine and how busy it was.
fn workloads() -> Result<()> {
    // Built before, so that this is no load on what is measured.
    shell::run(&mut shell::cargo_command(["bench", "--bench", "workloads", "--no-run"]))?;
    let before = load();
    let mut bench = shell::cargo_command(["bench", "--bench", "workloads"]);
    let mut child = bench.stdout(Stdio::piped()).spawn().context("cargo did not start")?;
    let mut tables = String::new();
    for line in BufReader::new(child.stdout.take().context("what it prints cannot be read")?).lines() {
        let line = line?;
        println!("{line}");
        tables.push_str(&line);
        tables.push('\n');
    }
    ensure!(child.wait()?.success(), "`cargo bench --bench workloads` failed");
    let cores = thread::available_parallelism()?;
    let machine = format!(
        "`cargo xtask bench workloads` on {}, {cores} cores.\nThe load was {before} as it began and {} at its end.",
        processor(),
        load()
    );
    let path = shell::root().join(PAGE);
    let page = fs::read_to_string(&path).context(PAGE)?;
    fs::write(&path, with_tables(&page, &format!("{machine}\n\n{}", tables.trim()))?)?;
    Ok(())
}

/// The page with other text between its marks.
fn with_tables(page: &str, text: &str) -> Result<String> {
    let found = page.split_once(BEGIN).and_then(|(above, rest)| Some((above, rest.split_once(END)?.1)));
    let (above, below) = found.with_context(|| format!("{PAGE} lacks `{BEGIN}` or, after it, `{END}`"))?;
    Ok(format!("{above}{BEGIN}\n\n{text}\n\n{END}{below}"))
}

/// The mean number of processes that ran or wanted to in the last minute, as the system says it.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("an unknown number of").to_owned()
}

/// What the processor is called.
fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or("an unnamed processor", |(_, name)| name.trim()).to_owned()
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

    #[test]
    fn tables_come_between_the_marks() -> Result<()> {
        let page = format!("above\n{BEGIN}\nold\n{END}\nbelow\n");
        assert_eq!(with_tables(&page, "new")?, format!("above\n{BEGIN}\n\nnew\n\n{END}\nbelow\n"));
        for lacking in [format!("{BEGIN}\n"), format!("{END}\n"), format!("{END}\n{BEGIN}\n")] {
            assert!(with_tables(&lacking, "new").is_err(), "{lacking}");
        }
        Ok(())
    }

    #[test]
    fn the_page_has_the_marks_with_tables_between_them() -> Result<()> {
        let page = fs::read_to_string(shell::root().join(PAGE))?;
        let without = with_tables(&page, "")?;
        let [with, without] =
            [&page, &without].map(|text| text.lines().filter(|line| line.starts_with('|')).count());
        assert!(with > without + 30, "{} lines of tables", with - without);
        Ok(())
    }
}
