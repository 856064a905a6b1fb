//! Times from a column of a CSV.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Span;

/// The unit of the bare numbers in a column of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TimeUnit {
    /// Nanoseconds.
    Ns,
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
}

/// Why a CSV gives no times, and what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    /// A file that cannot be read.
    #[error("`{path}` cannot be read: {cause}")]
    File {
        /// The path as typed.
        path: String,
        /// Why not.
        cause: String,
    },
    /// Mistakes in the file; the first ones, at least one.
    #[error("{}", in_words(path, mistakes, *others))]
    Inside {
        /// The path as typed.
        path: String,
        /// What is wrong, from top to bottom.
        mistakes: Vec<CellMistake>,
        /// How many more there are. Range: up to 100000, where counting ends.
        others: u32,
    },
}

/// Something wrong in a CSV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellMistake {
    /// The line, counted from 1.
    pub line: u64,
    /// Where in the line it begins \[characters], counted from 1.
    pub column: u32,
    /// Its length \[characters], at least 1.
    pub length: u32,
    /// The line as written, or its beginning.
    pub line_text: String,
    /// What is wrong.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
}

fn in_words(path: &str, mistakes: &[CellMistake], others: u32) -> String {
    match mistakes {
        [] => format!("`{path}` cannot be used"),
        [first, rest @ ..] => {
            let more = rest.len() + others as usize;
            let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
            format!("`{path}` line {}: {}: {}{more}", first.line, first.cause, first.remedy)
        }
    }
}

/// The most values that are read from a column.
const LIMIT: usize = 10_000_000;
/// The most mistakes that are told.
const MOST_MISTAKES: usize = 20;
/// The most mistakes that are counted beyond those.
pub(crate) const MOST_COUNTED: u32 = 100_000;
/// The most characters of a line or a cell that are kept.
const LONGEST_LINE: usize = 200;
const LONGEST_CELL: usize = 60;

/// Reads a column of times \[s].
///
/// A cell has its own unit (`3.2ms`) or is a bare number in `unit`; without that, in the unit that the
/// column's name ends with (`latency_ms`, `seconds`, `latency_ms_p99`). There is no default.
///
/// # Errors
/// When the file cannot be read, has no such column, or a cell is no time.
pub(crate) fn times(
    files: &dyn Fn(&str) -> Result<String, String>,
    path: &str,
    column: &str,
    unit: Option<TimeUnit>,
) -> Result<Vec<f64>, ColumnError> {
    let text = files(path).map_err(|cause| ColumnError::File { path: path.to_owned(), cause })?;
    let read = read(&text, column, unit, LIMIT);
    read.map_err(|Refused { told, others }| ColumnError::Inside {
        path: path.to_owned(),
        mistakes: told,
        others,
    })
}

/// Mistakes of a column: the first ones, and how many there are besides.
#[derive(Debug, Default)]
struct Refused {
    told: Vec<CellMistake>,
    others: u32,
}

impl Refused {
    /// Adds a mistake, which is only made if it is told.
    fn add(&mut self, mistake: impl FnOnce() -> CellMistake) {
        if self.told.len() < MOST_MISTAKES {
            self.told.push(mistake());
        } else {
            self.others += 1;
        }
    }
}

impl From<CellMistake> for Refused {
    fn from(mistake: CellMistake) -> Refused {
        Refused { told: vec![mistake], others: 0 }
    }
}

fn read(text: &str, column: &str, unit: Option<TimeUnit>, limit: usize) -> Result<Vec<f64>, Refused> {
    let text = text.trim_start_matches('\u{feff}');
    let builder = || {
        let mut builder = csv::ReaderBuilder::new();
        builder.comment(Some(b'#')).has_headers(false).flexible(true);
        builder
    };
    let mut reader = builder().from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    // The text is UTF-8 and in memory, and records may be of any length: nothing can fail.
    let mut next = |record: &mut csv::StringRecord| reader.read_record(record).unwrap_or(false);
    if !next(&mut record) {
        return Err(whole(1, text, "it is empty", "write a line with the names of the columns first").into());
    }
    let header = Row::of(text, &record);
    let fields = record.len();
    let Some(index) = record.iter().position(|name| name.trim() == column) else {
        return Err(no_column(&header, &record, column).into());
    };
    let units_per_second = unit.or_else(|| unit_of(column)).map(units_per_second);
    let mut values = Vec::new();
    let mut refused = Refused::default();
    let mut lacks_unit = false;
    while refused.others < MOST_COUNTED && next(&mut record) {
        if record.len() != fields {
            refused.add(|| {
                let cause = format!("there are {} values here, and {fields} columns", record.len());
                let remedy = "give each line as many as the first has; a value with a comma needs quotes";
                Row::of(text, &record).whole(&cause, remedy)
            });
            continue;
        }
        let cell = record.get(index).unwrap_or_default().trim();
        match time(cell, units_per_second) {
            Ok(value) => values.push(value),
            // It is the same with every other one.
            Err(Problem::NoUnit) if lacks_unit => {}
            Err(problem) => {
                lacks_unit |= matches!(problem, Problem::NoUnit);
                refused.add(|| {
                    let (cause, remedy) = problem.in_words(cell, column);
                    Row::of(text, &record).cell(&record, index, &cause, &remedy)
                });
            }
        }
        if values.len() > limit {
            let cause = format!("column `{column}` has more than {limit} values");
            refused.add(|| Row::of(text, &record).whole(&cause, "thin it out"));
            break;
        }
    }
    if values.is_empty() && refused.told.is_empty() {
        let cause = format!("column `{column}` is empty");
        return Err(header.whole(&cause, "give it at least one value").into());
    }
    if refused.told.is_empty() { Ok(values) } else { Err(refused) }
}

fn no_column(header: &Row<'_>, names: &csv::StringRecord, column: &str) -> CellMistake {
    let parted = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")].into_iter().find(|(mark, _)| {
        let all = header.text.split(*mark).map(|name| name.trim().trim_matches('"'));
        header.text.contains(*mark) && all.into_iter().any(|name| name == column)
    });
    let cause = format!("there is no column `{}`", short(column));
    if let Some((_, parted)) = parted {
        let remedy = format!("the columns are parted by {parted}: part them by commas");
        return header.whole(&cause, &remedy);
    }
    let listed: Vec<String> = names.iter().take(8).map(|name| format!("`{}`", short(name.trim()))).collect();
    let more = if names.len() > 8 { ", …" } else { "" };
    header.whole(&cause, &format!("the first line names the columns: {}{more}", listed.join(", ")))
}

fn short(cell: &str) -> String {
    match cell.char_indices().nth(LONGEST_CELL) {
        Some((end, _)) => format!("{}…", &cell[..end]),
        None => cell.to_owned(),
    }
}

/// A record as it is written.
struct Row<'a> {
    line: u64,
    text: &'a str,
}

impl<'a> Row<'a> {
    fn of(text: &'a str, record: &csv::StringRecord) -> Self {
        let position = record.position();
        let from = position.map_or(0, |position| position.byte() as usize).min(text.len());
        let mut line = position.map_or(1, csv::Position::line);
        let mut rest = text.get(from..).unwrap_or_default();
        // A record begins after the one before, with comments and empty lines in front of it.
        while let Some((first, after)) = rest.split_once('\n')
            && (first.trim().is_empty() || first.starts_with('#'))
        {
            (rest, line) = (after, line + 1);
        }
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        Row { line, text: &rest[..end] }
    }

    fn cell(&self, record: &csv::StringRecord, index: usize, cause: &str, remedy: &str) -> CellMistake {
        let mut from = 0;
        for field in record.iter().take(index) {
            from = self.text[from..].find(field).map_or(from, |at| from + at + field.len());
            from = self.text[from..].find(',').map_or(from, |at| from + at + 1);
        }
        let cell = record.get(index).unwrap_or_default().trim();
        let at = self.text[from..].find(cell).map_or(from, |at| from + at);
        let column = self.text[..at].chars().count() as u32 + 1;
        mistake(self, (column, cell.chars().count().max(1) as u32), cause, remedy)
    }

    fn whole(&self, cause: &str, remedy: &str) -> CellMistake {
        mistake(self, (1, self.text.chars().count().max(1) as u32), cause, remedy)
    }
}

fn whole(line: u64, text: &str, cause: &str, remedy: &str) -> CellMistake {
    Row { line, text: text.lines().next().unwrap_or_default() }.whole(cause, remedy)
}

fn mistake(row: &Row<'_>, (column, length): (u32, u32), cause: &str, remedy: &str) -> CellMistake {
    let line_text: String = row.text.chars().take(LONGEST_LINE).collect();
    let longest = LONGEST_LINE as u32;
    let (cause, remedy) = (cause.to_owned(), remedy.to_owned());
    let column = column.min(longest);
    CellMistake { line: row.line, column, length: length.min(longest + 1 - column), line_text, cause, remedy }
}

enum Problem {
    NoUnit,
    NotATime,
}

impl Problem {
    /// What is wrong with a cell, and what to do about it.
    fn in_words(&self, cell: &str, column: &str) -> (String, String) {
        let short = short(cell);
        match self {
            Problem::NoUnit => (
                format!("`{short}` has no unit"),
                format!(
                    "add `unit: ms` (ns, us, ms or s) beside `csv`, or end the column's name with the unit, \
                     like `{column}_ms`"
                ),
            ),
            Problem::NotATime => {
                (format!("`{short}` is not a time of zero or more"), "write it like 0.25 or 250ms".to_owned())
            }
        }
    }
}

fn time(cell: &str, units_per_second: Option<f64>) -> Result<f64, Problem> {
    let Ok(number) = cell.parse::<f64>() else {
        return cell.parse::<Span>().map(Span::as_secs_f64).map_err(|_| Problem::NotATime);
    };
    if !number.is_finite() || number < 0.0 {
        return Err(Problem::NotATime);
    }
    units_per_second.map(|units| number / units).ok_or(Problem::NoUnit)
}

const fn units_per_second(unit: TimeUnit) -> f64 {
    match unit {
        TimeUnit::Ns => 1e9,
        TimeUnit::Us => 1e6,
        TimeUnit::Ms => 1e3,
        TimeUnit::S => 1.0,
    }
}

/// The last word of a column's name that is a unit of time.
fn unit_of(column: &str) -> Option<TimeUnit> {
    column.rsplit(|c: char| !c.is_ascii_alphanumeric()).find_map(|word| match word {
        "ns" | "nanos" | "nanoseconds" => Some(TimeUnit::Ns),
        "us" | "micros" | "microseconds" => Some(TimeUnit::Us),
        "ms" | "millis" | "milliseconds" => Some(TimeUnit::Ms),
        "s" | "sec" | "secs" | "seconds" => Some(TimeUnit::S),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, column: &str, unit: Option<TimeUnit>, wanted: Result<&[f64], &str>) {
        let read = times(&|_| Ok(text.to_owned()), "d.csv", column, unit);
        match wanted {
            Ok(values) => assert_eq!(read.as_deref(), Ok(values)),
            Err(message) => assert_eq!(read.map_err(|error| error.to_string()), Err(message.to_owned())),
        }
    }

    #[test]
    fn units_come_from_the_cell_the_field_or_the_name() {
        check("a,b\n1,3ms\n2,1m\n", "b", None, Ok(&[0.003, 60.0]));
        check("wait\n250\n", "wait", Some(TimeUnit::Ms), Ok(&[0.25]));
        check("wait_ms\n250\n1s\n", "wait_ms", None, Ok(&[0.25, 1.0]));
        check("latency_us_p99\n8\n", "latency_us_p99", None, Ok(&[8e-6]));
        check("# measured on a quiet day\nseconds\n 0.5 \n0\n", "seconds", None, Ok(&[0.5, 0.0]));
        check("\u{feff}ns\n1e3\n", "ns", None, Ok(&[1e-6]));
    }

    #[test]
    fn every_mistake_has_a_remedy() {
        check(
            "wait\n3\n4\n",
            "wait",
            None,
            Err("`d.csv` line 2: `3` has no unit: add `unit: ms` (ns, us, ms or s) beside `csv`, \
                 or end the column's name with the unit, like `wait_ms`"),
        );
        let names = "there is no column `c`: the first line names the columns: `a`, `b`";
        check("a,b\n1,2\n", "c", None, Err(&format!("`d.csv` line 1: {names}")));
        for (mark, parted) in [(";", "semicolons"), ("\t", "tabs")] {
            let text = format!("# from a spreadsheet\na{mark}at_s\n1{mark}2\n");
            let cause =
                format!("there is no column `at_s`: the columns are parted by {parted}: part them by commas");
            check(&text, "at_s", None, Err(&format!("`d.csv` line 2: {cause}")));
        }
        check("ms\n", "ms", None, Err("`d.csv` line 1: column `ms` is empty: give it at least one value"));
        let empty = "it is empty: write a line with the names of the columns first";
        check("", "ms", None, Err(&format!("`d.csv` line 1: {empty}")));
        let not_a_time = "is not a time of zero or more: write it like 0.25 or 250ms";
        check("ms\n1\n-2\n", "ms", None, Err(&format!("`d.csv` line 3: `-2` {not_a_time}")));
        check("ms\nNaN\n", "ms", None, Err(&format!("`d.csv` line 2: `NaN` {not_a_time}")));
        check(
            "ms\nfast\nslow\n",
            "ms",
            None,
            Err(&format!("`d.csv` line 2: `fast` {not_a_time} (and 1 more)")),
        );
        let missing = times(&|_| Err("no such file".to_owned()), "d.csv", "ms", None);
        let told = "`d.csv` cannot be read: no such file";
        assert_eq!(missing.map_err(|e| e.to_string()), Err(told.to_owned()));
    }

    #[test]
    fn mistakes_are_found_where_they_are_and_not_only_the_first() {
        let text = "# a\nname, ms ,more\nx,1,2\n\n# b\n\"1,5\", -3 ,2\n가나, é, 2\n1\n";
        let found = read(text, "ms", None, 9).unwrap_err().told;
        let places: Vec<(u64, u32, u32)> = found.iter().map(|it| (it.line, it.column, it.length)).collect();
        assert_eq!(places, [(6, 8, 2), (7, 5, 1), (8, 1, 1)], "{found:?}");
        assert_eq!(found[1].line_text, "가나, é, 2");
        let many = format!("ms\n{}", "x\n".repeat(50));
        let many = read(&many, "ms", None, 9).unwrap_err();
        assert_eq!((many.told.len(), many.others), (MOST_MISTAKES, 30));
        let mixed = read("took\n1\n2\nx\n3\n", "took", None, 9).unwrap_err();
        let causes: Vec<&str> = mixed.told.iter().map(|it| it.cause.as_str()).collect();
        assert_eq!(causes, ["`1` has no unit", "`x` is not a time of zero or more"]);
        let long = format!("ms\n{}\n", "9".repeat(500));
        let long = read(&long, "ms", None, 9).unwrap_err().told;
        assert_eq!((long[0].length, long[0].line_text.len()), (200, 200));
        assert!(long[0].cause.chars().count() < 110, "{}", long[0].cause);
    }

    #[test]
    fn a_column_has_a_limit() {
        assert_eq!(read("ms\n1\n2\n", "ms", None, 2).ok().as_deref(), Some([0.001, 0.002].as_slice()));
        let refused = read("ms\n1\n2\nx\n", "ms", None, 1).unwrap_err().told;
        assert_eq!((refused.len(), refused[0].line), (1, 3));
        assert_eq!(refused[0].cause, "column `ms` has more than 1 values");
    }
}
