//! Two results beside each other, and what their differences say.

use super::text::{INDENT, Paint, Tone, elided, shortened, width};
use crate::experiment::{Advantage, ComparedMeasure, ComparisonResult};
use crate::report::compared::cells;
use crate::report::incident::Language;
use crate::report::numbers::percent;

/// The page of `brownout compare`.
pub fn comparison(comparison: &ComparisonResult, page_width: usize, colour: bool) -> String {
    let paint = Paint { colour };
    let [first, second] = &comparison.sides;
    let title = format!("{second} against {first} · {} paired seeds", comparison.pairs);
    let mut lines = vec![paint.tone(&shortened(&title, page_width), Tone::Strong), String::new()];
    let rows: Vec<[String; 5]> = comparison.rows.iter().map(|row| shown(row, comparison.pairs)).collect();
    let [one, other] = short_names(comparison);
    let heads = [String::new(), one, other.clone(), "difference".to_owned(), format!("{other} is")];
    let all: Vec<&[String; 5]> = std::iter::once(&heads).chain(&rows).collect();
    let mut widths =
        [0, 1, 2, 3, 4].map(|column| all.iter().map(|row| width(&row[column])).max().unwrap_or(0));
    let rest: usize = widths[1..].iter().sum::<usize>() + INDENT + 2 * 4;
    widths[0] = widths[0].min(page_width.saturating_sub(rest).max(16));
    let put = |row: &[String; 5], verdict: String| {
        // What is called alike at both ends is another thing all the same: a name that is too long has a line of its own.
        let is_long = width(&row[0]) > widths[0];
        let label = if is_long { "" } else { &row[0] };
        let own = if is_long { format!("{:INDENT$}{}\n", "", row[0]) } else { String::new() };
        let pad = |text: &str, to: usize| format!("{text}{:1$}", "", to.saturating_sub(width(text)));
        let start = [
            pad(label, widths[0]),
            pad(&row[1], widths[1]),
            pad(&row[2], widths[2]),
            pad(&row[3], widths[3]),
        ];
        format!("{own}{:INDENT$}{}  {verdict}", "", start.join("  "))
    };
    lines.push(paint.tone(&put(&heads, heads[4].clone()), Tone::Faint));
    for (row, cells) in comparison.rows.iter().zip(&rows) {
        lines.push(put(cells, paint.tone(&cells[4], tone(row.verdict))));
    }
    lines.push(String::new());
    lines.extend(verdict(comparison).into_iter().map(|line| format!("{:INDENT$}{line}", "")));
    lines.join("\n") + "\n"
}

/// How many measures each side wins, and what pairing was worth.
fn verdict(comparison: &ComparisonResult) -> Vec<String> {
    let count = |advantage| comparison.rows.iter().filter(|row| row.verdict == advantage).count();
    let [first, second] = &comparison.sides;
    let (better, worse) = (count(Advantage::Better), count(Advantage::Worse));
    let ties = count(Advantage::Same) + count(Advantage::None);
    let slight = count(Advantage::Slight);
    let mut lines = vec![
        format!("{second} is better in {better} of {} measures", comparison.rows.len()),
        format!("{first} is better in {worse}"),
        format!("no difference in {ties}"),
    ];
    if slight > 0 {
        let least = percent(comparison.least);
        lines.push(format!("a difference too slight to matter, below {least} or a trifle, in {slight}"));
    }
    let mut factors: Vec<f64> = comparison
        .rows
        .iter()
        .map(|row| 1.0 / (1.0 - row.difference.variance_reduction))
        .filter(|factor| factor.is_finite() && *factor > 0.0)
        .collect();
    factors.sort_by(f64::total_cmp);
    if let (Some(median), Some(least), Some(most)) =
        (factors.get(factors.len() / 2), factors.first(), factors.last())
    {
        lines.push(format!(
            "common random numbers cut the variance of the differences {} (median; {}–{})",
            times(*median),
            times(*least),
            times(*most)
        ));
    }
    lines
}

/// A factor; beyond a thousand, what is left of the variance is rounding.
fn times(factor: f64) -> String {
    if factor > 1000.0 { "more than 1,000×".to_owned() } else { format!("{factor:.1}×") }
}

/// The sides as heads of columns: what they begin with alike is in the title.
fn short_names(comparison: &ComparisonResult) -> [String; 2] {
    /// Columns of a head at most.
    const MOST: usize = 24;
    let [first, second] = comparison.sides.each_ref().map(|side| side.split(' ').collect::<Vec<&str>>());
    let alike = first.iter().zip(&second).take_while(|(a, b)| a == b).count();
    let rest = |words: &[&str]| match words {
        [] => "as it is".to_owned(),
        words => elided(&words.join(" "), MOST),
    };
    match [rest(&first[alike..]), rest(&second[alike..])] {
        // Cut short they are the same; the title has them in full.
        [one, other] if one == other => ["first".to_owned(), "second".to_owned()],
        both => both,
    }
}

fn tone(verdict: Advantage) -> Tone {
    match verdict {
        Advantage::Better => Tone::Good,
        Advantage::Worse => Tone::Bad,
        Advantage::Same
        | Advantage::Slight
        | Advantage::None
        | Advantage::Differs
        | Advantage::Incomparable => Tone::Faint,
        Advantage::Unknown => Tone::Unsure,
    }
}

fn shown(row: &ComparedMeasure, pairs: u32) -> [String; 5] {
    let [label, first, second, difference] = cells(row, pairs, Language::English);
    [label, first, second, difference, row.verdict.name().replace('-', " ")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_called_after_the_sides() {
        let names = |first: &str, second: &str| {
            let sides = [first.to_owned(), second.to_owned()];
            short_names(&ComparisonResult { sides, pairs: 0, least: 0.01, rows: Vec::new() })
        };
        assert_eq!(names("monolith", "msa"), ["monolith", "msa"]);
        assert_eq!(names("outage without warm", "outage"), ["without warm", "as it is"]);
        let long = |middle: &str| format!("{}{middle}{}", "a".repeat(20), "b".repeat(20));
        assert_eq!(names(&long("x"), &long("y")), ["first", "second"]);
        assert!(names(&"a".repeat(60), "b").iter().all(|name| width(name) <= 24));
        assert_eq!([0.93, 4.0, 3.8e10].map(times), ["0.9×", "4.0×", "more than 1,000×"]);
    }
}
