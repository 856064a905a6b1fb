//! Steps: what a task is made of, and the table it closes with.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::need::Need;
use crate::shell;

/// One step of a task.
pub(crate) struct Step {
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// What is installed first.
    pub(crate) needs: &'static [Need],
    /// Does the work; an error is a failure of the step and does not stop the others.
    pub(crate) run: fn() -> Result<Outcome>,
    /// Whether being skipped is acceptable in CI too.
    pub(crate) may_skip: bool,
}

impl Step {
    /// Makes a step that does nothing yet: give it its `run`.
    pub(crate) const fn new(name: &'static str, needs: &'static [Need]) -> Self {
        Step { name, needs, run: || Ok(Outcome::Passed), may_skip: false }
    }
}

/// How a step ended, if not with an error.
pub(crate) enum Outcome {
    /// It ran and found nothing wrong.
    Passed,
    /// It did not run, and why.
    Skipped(String),
}

/// A line of the closing table.
struct Line {
    name: &'static str,
    result: Verdict,
    took: Duration,
    why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    Skipped,
}

/// Runs every step, prints the table, and fails if a step did.
pub(crate) fn run_all(steps: &[Step]) -> ExitCode {
    let lines: Vec<Line> = steps.iter().map(|step| run(step, shell::is_ci())).collect();
    println!("\n{}", table(&lines));
    if lines.iter().any(|line| line.result == Verdict::Failed) {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

#[expect(clippy::disallowed_methods, reason = "how long a step took is for a person, not for a result")]
fn run(step: &Step, ci: bool) -> Line {
    println!("\n==== {} ====", step.name);
    let start = Instant::now();
    let ready = step.needs.iter().try_for_each(Need::meet);
    let outcome = match ready {
        Ok(()) => (step.run)(),
        Err(missing) => Ok(Outcome::Skipped(format!("{missing:#}"))),
    };
    let (result, why) = judge(outcome, ci && !step.may_skip);
    if result != Verdict::Passed {
        println!("{}: {} {why}", step.name, word(result));
    }
    Line { name: step.name, result, took: start.elapsed(), why }
}

fn judge(outcome: Result<Outcome>, strict: bool) -> (Verdict, String) {
    match outcome {
        Ok(Outcome::Passed) => (Verdict::Passed, String::new()),
        Ok(Outcome::Skipped(why)) if strict => (Verdict::Failed, format!("skipped in CI: {why}")),
        Ok(Outcome::Skipped(why)) => (Verdict::Skipped, why),
        Err(error) => (Verdict::Failed, format!("{error:#}")),
    }
}

fn word(result: Verdict) -> &'static str {
    match result {
        Verdict::Passed => "passed",
        Verdict::Failed => "FAILED",
        Verdict::Skipped => "skipped",
    }
}

fn table(lines: &[Line]) -> String {
    let width = lines.iter().map(|line| line.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Line { name, result, took, why } in lines {
        let row = format!("{name:width$}  {:7}  {:>5} s  {why}", word(*result), took.as_secs());
        text.push_str(row.trim_end());
        text.push('\n');
    }
    let count = |result| lines.iter().filter(|line| line.result == result).count();
    let (passed, failed) = (count(Verdict::Passed), count(Verdict::Failed));
    text + &format!("\n{passed} passed, {failed} failed, {} skipped", count(Verdict::Skipped))
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    fn skipped() -> Result<Outcome> {
        Ok(Outcome::Skipped("no Java".to_owned()))
    }

    #[test]
    fn a_skip_is_a_failure_where_nothing_may_be_skipped() {
        assert_eq!(judge(skipped(), false), (Verdict::Skipped, "no Java".to_owned()));
        assert_eq!(judge(skipped(), true), (Verdict::Failed, "skipped in CI: no Java".to_owned()));
        let step = Step { run: skipped, may_skip: true, ..Step::new("optional", &[]) };
        assert_eq!(run(&step, true).result, Verdict::Skipped);
        assert_eq!(run(&Step { may_skip: false, ..step }, true).result, Verdict::Failed);
    }

    #[test]
    fn the_table_ends_with_the_counts() {
        let line = |name, (result, why)| Line { name, result, took: Duration::from_secs(3), why };
        let lines = [
            line("core", judge(Ok(Outcome::Passed), true)),
            line("resilience4j", judge(Err(anyhow!("3 of 400 traces differ")), true)),
            line("kafka", judge(skipped(), false)),
        ];
        let expected = "\
core          passed       3 s
resilience4j  FAILED       3 s  3 of 400 traces differ
kafka         skipped      3 s  no Java

1 passed, 1 failed, 1 skipped";
        assert_eq!(table(&lines), expected);
    }
}
