//! The page of the table, `docs/validation/theory.md`.

use std::collections::BTreeSet;
use std::fs;

use crate::Tally;
use crate::approximate::{OWN_ERRORS, own_error};
use crate::case::Case;
use crate::compare::{Finding, Oracles, Row};
use crate::inexpressible::INEXPRESSIBLE;
use crate::unasked::UNASKED;

const PAGE: &str = "docs/validation/theory.md";

const HEAD: &str = "\
# Theory

<!-- Made by `cargo xtask theory`. Do not edit. -->

Systems whose answer is known, run as YAML models through the public API. Values and their sources are in
[`oracles.csv`](../../tests/theory/oracles.csv), models in [`tests/theory/`](../../tests/theory/case.rs). Each run has a
seed of its own, made from the name of the case and the number of the run among those of the case. An interval is that
of the mean over the replications of a run at 99 %, by Student's t; of a ratio and the like it is that of the
pseudo-values of the jackknife. Run lengths were chosen for half-widths of at most 2 % of the value, or 0.01 for a
probability, and neither they nor seeds by what came out.

`cargo test --test theory` checks all of it but the runs that take too many customers to be done on every change, and
that this page is what it finds.
";

const CHANCE: &str = "
## Misses against chance

The first value of each run is independent of all others. So many of them lie outside their intervals of these
confidences, and these are the chances of so few or fewer, and of so many or more:

";

const CHANCE_COLUMNS: &str = "\
| confidence | misses | expected | chance of fewer | chance of more |
|---|---|---|---|---|
";

const TOGETHER: &str = "
Values of one run depend on each other, so that the misses of all values spread further than if each were by itself.
How far is drawn by chance, with the correlations that the values show over the replications of their run (see
[`chance.rs`](../../tests/theory/chance.rs)). Of all values that are exact, and that the three digits of histograms
cannot hide:

";

const COVERED: &str = "
## Covered

An approximation or another simulator's value is not held to the interval alone: its own error is allowed for, and where
it lies outside of the interval it is marked **outside**; [below](#what-is-not-exact) is what that error is. An exact
value outside of the interval is marked **missed**: one in a hundred is to be. Where the interval is so narrow that the
digits of histograms may hide the truth, a value is marked that lies outside by more than those. An exact value so far
off that chance does it once in a million fails the test. The closed form is that of `src/sizing`. Times are in seconds,
or in the unit of the case.
";

const COLUMNS: &str = "\
| case | metric | value | closed form | simulated | 99 % interval |
|---|---|---|---|---|---|
";

const NOT_EXACT: &str = "
## What is not exact

A value is too far off where it is further from the interval than twice its half-width and this.

| values | their own error |
|---|---|
";

const NOT_ASKED: &str = "
## Values of covered cases that no model is asked for

| case | values | why |
|---|---|---|
";

/// A run of a case, and what came of it unless it is left to the page.
pub(crate) struct Done<'c> {
    pub(crate) case: &'c Case,
    pub(crate) findings: Option<Vec<Finding>>,
}

/// A line of the page as it has to be.
#[derive(Debug)]
enum Line {
    Whole(String),
    /// Of a run that was not done.
    Begins(String),
}

/// The page as it is.
pub(crate) fn committed() -> String {
    fs::read_to_string(PAGE).unwrap_or_default()
}

fn number(value: f64) -> String {
    let digits = if value == 0.0 { 0 } else { 5 - value.abs().log10().floor() as i32 };
    if digits > 12 { format!("{value:.3e}") } else { format!("{value:.*}", digits.clamp(0, 10) as usize) }
}

/// What is known of a value before anything is run.
fn known(row: &Row) -> String {
    let Row { case, metric, value, kind, .. } = row;
    let kind = match kind.as_str() {
        "exact" | "numeric" => "",
        "mc" => " (simulated by others)",
        "bound" => " (bound)",
        _ => " (approximation)",
    };
    let form = row.closed_form.map_or_else(|| "–".to_owned(), number);
    format!("| `{case}` | {metric} | {}{kind} | {form} |", number(*value))
}

fn line(finding: &Finding) -> String {
    let Finding { row, reading, .. } = finding;
    let estimate = reading.estimate;
    let note = match (finding.missed, finding.outside) {
        (true, _) => " **missed**",
        (false, true) => " **outside**",
        (false, false) => "",
    };
    let (mean, low, high) = (number(estimate.mean), number(estimate.low), number(estimate.high));
    format!("{} {mean} | {low} to {high}{note} |", known(row))
}

fn ticked<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    ids.map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}

fn push(lines: &mut Vec<Line>, text: &str) {
    lines.extend(text.lines().map(|line| Line::Whole(line.to_owned())));
}

fn head(oracles: &Oracles, done: &[Done<'_>]) -> String {
    let covered: BTreeSet<&str> = done.iter().map(|done| done.case.id).collect();
    let values = oracles.values().filter(|(case, _)| covered.contains(case)).count();
    let asked: BTreeSet<(&str, &str)> = done
        .iter()
        .flat_map(|done| done.case.measures.iter().map(|(metric, _)| (done.case.id, *metric)))
        .collect();
    let (asked, cases, all) = (asked.len(), covered.len(), oracles.ids().count());
    let left = values - asked;
    format!(
        "{HEAD}\n{cases} of {all} cases are covered, and {asked} of {values} values of the covered cases. The other \
         {left} are\n[listed](#values-of-covered-cases-that-no-model-is-asked-for), each with the reason.\n"
    )
}

fn body(oracles: &Oracles, done: &[Done<'_>]) -> Vec<Line> {
    let mut lines = Vec::new();
    push(&mut lines, COVERED);
    let mut families = Vec::new();
    for done in done {
        let family = oracles.family(done.case.id);
        if !families.contains(&family) {
            families.push(family);
        }
    }
    for family in families {
        push(&mut lines, &format!("\n### {family}\n\n{COLUMNS}"));
        for done in done.iter().filter(|done| oracles.family(done.case.id) == family) {
            match &done.findings {
                Some(findings) => {
                    lines.extend(findings.iter().map(|finding| Line::Whole(line(finding))));
                }
                None => {
                    let rows = done.case.measures.iter().map(|(metric, _)| oracles.row(done.case.id, metric));
                    lines.extend(rows.map(|row| Line::Begins(known(row))));
                }
            }
        }
    }
    push(&mut lines, NOT_EXACT);
    let used: BTreeSet<String> = done
        .iter()
        .flat_map(|done| done.case.measures.iter().map(|(metric, _)| oracles.row(done.case.id, metric)))
        .filter(|row| !row.is_exact())
        .map(|row| own_error(&row.case, &row.metric).name())
        .collect();
    for error in OWN_ERRORS.iter().filter(|error| used.contains(&error.name())) {
        push(&mut lines, &format!("| {} | {} |", error.name(), error.sentence));
    }
    push(&mut lines, NOT_ASKED);
    for (reason, cases) in UNASKED {
        for (case, metrics) in *cases {
            push(&mut lines, &format!("| `{case}` | {} | {reason} |", metrics.replace(' ', ", ")));
        }
    }
    push(&mut lines, "\n## Not covered\n\n| cases | why |\n|---|---|");
    for (reason, ids) in INEXPRESSIBLE {
        push(&mut lines, &format!("| {} | {reason} |", ticked(ids.iter().copied())));
    }
    lines
}

fn chances(tallies: &[Tally]) -> String {
    let row = |tally: &Tally| {
        let Tally { confidence, misses, of, many, few } = tally;
        let (percent, expected) = (100.0 * confidence, (1.0 - confidence) * *of as f64);
        format!("| {percent:.0} % | {misses} of {of} | {expected:.1} | {few:.3} | {many:.3} |\n")
    };
    CHANCE_COLUMNS.to_owned() + &tallies.iter().map(row).collect::<String>()
}

/// The page as it is to be.
pub(crate) fn text(oracles: &Oracles, done: &[Done<'_>], first: &[Tally], all: &[Tally]) -> String {
    let mut text = head(oracles, done) + CHANCE + &chances(first) + TOGETHER + &chances(all);
    for line in body(oracles, done) {
        match line {
            Line::Whole(line) => text += &(line + "\n"),
            Line::Begins(line) => text += &format!("{line} – | not run |\n"),
        }
    }
    text
}

/// Writes the page.
pub(crate) fn write(oracles: &Oracles, done: &[Done<'_>], first: &[Tally], all: &[Tally]) {
    fs::create_dir_all("docs/validation").expect("a folder");
    fs::write(PAGE, text(oracles, done, first, all)).expect("the page can be written");
}

/// What of a page is not as it has to be.
pub(crate) fn stale(page: &str, oracles: &Oracles, done: &[Done<'_>]) -> Vec<String> {
    let mut wrong = Vec::new();
    let head = head(oracles, done);
    if !page.starts_with(&head) {
        wrong.push(format!("it does not begin with\n{head}"));
    }
    let mut lines = page.lines().skip_while(|line| *line != "## Covered");
    let expected = body(oracles, done);
    let expected =
        expected.iter().skip_while(|line| !matches!(line, Line::Whole(text) if text == "## Covered"));
    for line in expected {
        let found = lines.next().unwrap_or("nothing");
        let (is_right, wanted) = match line {
            Line::Whole(text) => (found == text, text),
            Line::Begins(text) => (found.starts_with(text.as_str()) && !found.contains("not run"), text),
        };
        if !is_right {
            wrong.push(format!("found    {found}\nexpected {wanted}"));
        }
    }
    wrong.extend(lines.map(|line| format!("found    {line}\nexpected nothing")));
    wrong
}
