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
    #[error("cannot read `{path}`: {cause}")]
    File {
        /// The path as typed.
        path: String,
        /// Why not.
        cause: String,
    },
    /// A line that is not CSV.
    #[error("`{path}` is not a CSV with a header line: {cause}")]
    Csv {
        /// The path as typed.
        path: String,
        /// What the reader says.
        cause: String,
    },
    /// A column that is not there.
    #[error("`{path}` has no column `{column}`: it has {columns}")]
    NoColumn {
        /// The path as typed.
        path: String,
        /// The column as typed.
        column: String,
        /// The columns that are there.
        columns: String,
    },
    /// A column without a single value.
    #[error("column `{column}` of `{path}` is empty: it needs at least one value")]
    NoValues {
        /// The path as typed.
        path: String,
        /// The column as typed.
        column: String,
    },
    /// More values than are kept in memory.
    #[error("column `{column}` of `{path}` has more than {limit} values: thin it out")]
    TooMany {
        /// The path as typed.
        path: String,
        /// The column as typed.
        column: String,
        /// The most that is allowed.
        limit: usize,
    },
    /// Bare numbers whose unit nothing tells.
    #[error(
        "`{path}` line {line}: `{text}` has no unit: add `unit: ms` (ns, us, ms or s), \
         or end the column's name with the unit, like `{column}_ms`"
    )]
    NoUnit {
        /// The path as typed.
        path: String,
        /// The line, counted from 1.
        line: u64,
        /// The cell as written.
        text: String,
        /// The column as typed.
        column: String,
    },
    /// A cell that is not a time.
    #[error("`{path}` line {line}: `{text}` is not a time of zero or more: expected 0.25 or 250ms")]
    NotATime {
        /// The path as typed.
        path: String,
        /// The line, counted from 1.
        line: u64,
        /// The cell as written.
        text: String,
    },
}

/// The most values that are read from a column.
const LIMIT: usize = 10_000_000;

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
    read(&text, path, column, unit, LIMIT)
}

fn read(
    text: &str,
    path: &str,
    column: &str,
    unit: Option<TimeUnit>,
    limit: usize,
) -> Result<Vec<f64>, ColumnError> {
    let owned = || (path.to_owned(), column.to_owned());
    let not_csv = |error: csv::Error| ColumnError::Csv { path: path.to_owned(), cause: error.to_string() };
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().map_err(not_csv)?;
    let Some(index) = header.iter().position(|name| name == column) else {
        let columns = header.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let (path, column) = owned();
        return Err(ColumnError::NoColumn { path, column, columns });
    };
    let units_per_second = unit.or_else(|| unit_of(column)).map(units_per_second);
    let mut values = Vec::new();
    for record in reader.records() {
        let record = record.map_err(not_csv)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = record.get(index).unwrap_or_default();
        values.push(time(cell, units_per_second).map_err(|problem| {
            let (path, column) = owned();
            let text = cell.to_owned();
            match problem {
                Problem::NoUnit => ColumnError::NoUnit { path, line, text, column },
                Problem::NotATime => ColumnError::NotATime { path, line, text },
            }
        })?);
        if values.len() > limit {
            let (path, column) = owned();
            return Err(ColumnError::TooMany { path, column, limit });
        }
    }
    if values.is_empty() {
        let (path, column) = owned();
        return Err(ColumnError::NoValues { path, column });
    }
    Ok(values)
}

enum Problem {
    NoUnit,
    NotATime,
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
            "wait\n3\n",
            "wait",
            None,
            Err("`d.csv` line 2: `3` has no unit: add `unit: ms` (ns, us, ms or s), \
                 or end the column's name with the unit, like `wait_ms`"),
        );
        check("a,b\n1,2\n", "c", None, Err("`d.csv` has no column `c`: it has `a`, `b`"));
        check("ms\n", "ms", None, Err("column `ms` of `d.csv` is empty: it needs at least one value"));
        let not_a_time = "is not a time of zero or more: expected 0.25 or 250ms";
        check("ms\n1\n-2\n", "ms", None, Err(&format!("`d.csv` line 3: `-2` {not_a_time}")));
        check("ms\nNaN\n", "ms", None, Err(&format!("`d.csv` line 2: `NaN` {not_a_time}")));
        check("ms\nfast\n", "ms", None, Err(&format!("`d.csv` line 2: `fast` {not_a_time}")));
        let ragged = times(&|_| Ok("a,ms\n1\n".to_owned()), "d.csv", "ms", None);
        assert!(matches!(ragged, Err(ColumnError::Csv { .. })), "{ragged:?}");
        let missing = times(&|_| Err("no such file".to_owned()), "d.csv", "ms", None);
        assert_eq!(missing.map_err(|e| e.to_string()), Err("cannot read `d.csv`: no such file".to_owned()));
    }

    #[test]
    fn a_column_has_a_limit() {
        assert_eq!(read("ms\n1\n2\n", "d.csv", "ms", None, 2).as_deref(), Ok([0.001, 0.002].as_slice()));
        let message = "column `ms` of `d.csv` has more than 1 values: thin it out";
        let refused = read("ms\n1\n2\n", "d.csv", "ms", None, 1).map_err(|error| error.to_string());
        assert_eq!(refused, Err(message.to_owned()));
    }
}
