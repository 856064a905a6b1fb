//! The page of the table, `docs/validation/theory.md`.

use std::collections::BTreeSet;
use std::fs;

use crate::Misses;
use crate::compare::{Finding, Oracles, Row};
use crate::inexpressible::INEXPRESSIBLE;

const PAGE: &str = "docs/validation/theory.md";

const HEAD: &str = "\
# Theory

<!-- Made by `cargo xtask theory`. Do not edit. -->

Systems whose answer is known, run as YAML models through the public API. Values and their sources are in
[`oracles.csv`](../../tests/theory/oracles.csv), models in [`tests/theory/`](../../tests/theory/case.rs); seeds are made
from the names of the cases. An interval is that of the mean over the runs at 99 %, by Student's t. Run lengths were
chosen for half-widths of at most 2 % of the value, or 0.01 for a probability, and never by what came out.

`cargo test --test theory` checks all of it but the cases that take too many customers to be run on every change.
";

const CHANCE: &str = "
## Misses against chance

The first value of each run is independent of all others. So many of them lie outside their intervals of these
confidences, and these are the chances of so few or fewer, and of so many or more:

| confidence | misses | expected | chance of fewer | chance of more |
|---|---|---|---|---|
";

const COVERED: &str = "
## Covered

Where a value is a sum of two measures, or an average over replicas, their half-widths are added or averaged, which makes
the interval wider than 99 % needs: *wide*. An approximation or another simulator's value is not held to the interval
alone: its own error is allowed for. The closed form is that of `src/sizing`. Times are in seconds, or in the unit of the
case.
";

const COLUMNS: &str = "\
| case | metric | value | closed form | simulated | 99 % interval |
|---|---|---|---|---|---|
";

/// The page as it is.
pub(crate) fn committed() -> String {
    fs::read_to_string(PAGE).unwrap_or_default()
}

fn number(value: f64) -> String {
    let digits = if value == 0.0 { 0 } else { 5 - value.abs().log10().floor() as i32 };
    if digits > 12 { format!("{value:.3e}") } else { format!("{value:.*}", digits.clamp(0, 10) as usize) }
}

fn line(finding: &Finding) -> String {
    let Finding { row, reading, .. } = finding;
    let estimate = reading.estimate;
    let Row { case, metric, value, kind, .. } = row;
    let kind = match kind.as_str() {
        "exact" | "numeric" => "",
        "mc" => " (simulated by others)",
        _ => " (approximation)",
    };
    let note = match (finding.missed, reading.sharp) {
        (true, _) => " **missed**",
        (false, false) => " wide",
        (false, true) => "",
    };
    format!(
        "| `{case}` | {metric} | {}{kind} | {} | {} | {} to {}{note} |\n",
        number(*value),
        row.closed_form.map_or_else(|| "–".to_owned(), number),
        number(estimate.mean),
        number(estimate.low),
        number(estimate.high)
    )
}

/// Writes the page.
pub(crate) fn write(oracles: &Oracles, findings: &[Finding], misses: &[Misses]) {
    let mut text = HEAD.to_owned();
    let covered = |id: &str| findings.iter().any(|finding| finding.row.case == id);
    let count = oracles.ids().filter(|id| covered(id)).count();
    let rows = findings.len();
    text += &format!("\n{count} of {} cases are covered, with {rows} values.\n", oracles.ids().count());
    text += CHANCE;
    for missed in misses {
        let (many, few) = missed.chances();
        let Misses { confidence, misses, of } = missed;
        let expected = (1.0 - confidence) * *of as f64;
        let percent = 100.0 * confidence;
        text += &format!("| {percent:.0} % | {misses} of {of} | {expected:.1} | {few:.3} | {many:.3} |\n");
    }
    let missed = findings.iter().filter(|finding| finding.missed).count();
    let exact = findings.iter().filter(|finding| finding.surprise.is_some()).count();
    text += &format!(
        "\nOf all {exact} values that are exact and sharp, {missed} miss at 99 %; those of one run depend on each other.\n"
    );
    text += COVERED;
    let mut seen = BTreeSet::new();
    for family in findings.iter().map(|finding| finding.row.family.as_str()) {
        if seen.insert(family) {
            text += &format!("\n### {family}\n\n{COLUMNS}");
            findings.iter().filter(|f| f.row.family == family).for_each(|finding| text += &line(finding));
        }
    }
    text += "\n## Not covered\n\n| cases | why |\n|---|---|\n";
    let ticked =
        |ids: &mut dyn Iterator<Item = &str>| ids.map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    for (reason, ids) in INEXPRESSIBLE {
        text += &format!("| {} | {reason} |\n", ticked(&mut ids.iter().copied()));
    }
    let excused = |id: &str| INEXPRESSIBLE.iter().any(|(_, ids)| ids.contains(&id));
    let left = ticked(&mut oracles.ids().filter(|id| !covered(id) && !excused(id)));
    if !left.is_empty() {
        text += &format!("| {left} | Long cases: `cargo xtask theory` adds them. |\n");
    }
    fs::create_dir_all("docs/validation").expect("a folder");
    fs::write(PAGE, text).expect("the page can be written");
}
