//! Tables as Markdown, and whether the page that keeps them has the same rows.

use std::fmt::{self, Display, Formatter};

/// Between these marks, `docs/performance.md` keeps what this program prints.
const PAGE: &str = include_str!("../../docs/performance.md");
const BEGIN: &str = "<!-- written by cargo xtask bench workloads -->";
const END: &str = "<!-- until here -->";

/// A table: what it is about, its heads, and its rows, each with a name.
pub(crate) struct Table {
    title: &'static str,
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(title: &'static str, heads: &[&'static str]) -> Table {
        Table { title, heads: heads.to_vec(), rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, row: Vec<String>) {
        assert_eq!(row.len(), self.heads.len());
        self.rows.push(row);
    }

    /// Fails where the page lacks the table or one of its rows, or has a row more: then it is to be written anew.
    pub(crate) fn expect_on_page(&self) {
        let written = PAGE.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END));
        let (written, _) = written.expect("docs/performance.md has both marks");
        let lines = |text: &str| -> Vec<String> {
            let rows = text.lines().skip_while(|line| *line != self.head()).skip(2);
            rows.take_while(|line| line.starts_with('|')).map(first_cell).collect()
        };
        let (there, here) = (lines(written), lines(&self.to_string()));
        assert!(there == here, "docs/performance.md has the rows {there:?}, not {here:?}");
    }

    fn head(&self) -> String {
        format!("| {} |", self.heads.join(" | "))
    }
}

fn first_cell(line: &str) -> String {
    line.split('|').nth(1).unwrap_or_default().trim().to_owned()
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n{}\n|{}", self.title, self.head(), "---|".repeat(self.heads.len()))?;
        self.rows.iter().try_for_each(|row| writeln!(f, "| {} |", row.join(" | ")))
    }
}

/// A whole number with commas between thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
