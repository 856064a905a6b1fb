//! The README's own commands, run as they stand there, so that what it promises is what CI proves.
//!
//! A command is the fenced block right after a marker comment: `<!-- ci: test -->` or `<!-- ci: first run -->`.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::shell;
use crate::step::Outcome;

/// Runs the block that the marker names.
pub(crate) fn run(mark: &str) -> Result<Outcome> {
    let path = shell::root().join("README.md");
    let text = fs::read_to_string(&path).with_context(|| format!("{} is not readable", path.display()))?;
    let script = block(&text, mark)?;
    shell::run(shell::command("bash").args(["-euo", "pipefail", "-c", &script]))?;
    Ok(Outcome::Passed)
}

/// The commands in the fenced block after the marker `<!-- ci: MARK -->`, one a line.
fn block(markdown: &str, mark: &str) -> Result<String> {
    let marker = format!("<!-- ci: {mark} -->");
    let mut marked = markdown.lines().skip_while(|line| line.trim() != marker);
    if marked.next().is_none() {
        bail!("README.md has no line `{marker}`");
    }
    let mut after = marked.skip_while(|line| line.trim().is_empty());
    if !after.next().is_some_and(|line| line.trim_start().starts_with("```")) {
        bail!("in README.md, `{marker}` is not followed by a fenced block");
    }
    let commands: Vec<&str> = after
        .take_while(|line| !line.trim_start().starts_with("```"))
        .map(|line| line.trim().trim_start_matches("$ "))
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    if commands.is_empty() {
        bail!("in README.md, the block after `{marker}` has no command");
    }
    Ok(commands.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "\
# Brownout
<!-- ci: first run -->
```sh
# seconds
$ cargo run --release -- run scenarios/a.yaml
```
<!-- ci: test -->

```sh
cargo xtask test
```
<!-- ci: prose -->
No block.
<!-- ci: empty -->
```sh
```
";

    #[track_caller]
    fn check(mark: &str, expected: &str) {
        let found = block(README, mark).unwrap_or_else(|error| error.to_string());
        assert_eq!(found, expected);
    }

    #[test]
    fn a_marked_block_is_found() {
        check("first run", "cargo run --release -- run scenarios/a.yaml");
        check("test", "cargo xtask test");
    }

    #[test]
    fn what_is_not_marked_is_an_error() {
        check("bench", "README.md has no line `<!-- ci: bench -->`");
        check("prose", "in README.md, `<!-- ci: prose -->` is not followed by a fenced block");
        check("empty", "in README.md, the block after `<!-- ci: empty -->` has no command");
    }
}
