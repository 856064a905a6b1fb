//! Laying out text: paint, wrapped paragraphs, aligned columns.

use crate::report::numbers::Shown;

/// Indent of every line below the headline.
pub(super) const INDENT: usize = 2;
/// Where the text beside a label such as `objectives` starts.
pub(super) const LABEL: usize = 15;

/// Colours, or none.
#[derive(Clone, Copy)]
pub(super) struct Paint {
    /// Whether to use any.
    pub(super) colour: bool,
}

/// What a colour says; always beside a sign or number that says it too.
#[derive(Clone, Copy)]
pub(super) enum Tone {
    /// The subject of the page.
    Strong,
    /// Labels.
    Faint,
    /// Met.
    Good,
    /// Missed or failing.
    Bad,
    /// Undecided, or to be read.
    Unsure,
}

impl Paint {
    /// The text in a tone. Pad before painting: escape sequences have no width.
    pub(super) fn tone(self, text: &str, tone: Tone) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Unsure => "33",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Number of columns that a text takes; every sign printed here takes one.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// The text, or its start and `…` where it is wider.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// The text, or its ends around `…` where it is wider: names often differ in how they end.
pub(super) fn elided(text: &str, most: usize) -> String {
    let length = width(text);
    if length <= most {
        return text.to_owned();
    }
    let start = most.saturating_sub(1) / 3;
    let end = most.saturating_sub(1 + start);
    text.chars().take(start).chain(['…']).chain(text.chars().skip(length - end)).collect()
}

/// Lines of at most `most` columns, broken at spaces; a number stays with its unit.
pub(super) fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text) {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&word) <= most => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(shortened(&word, most)),
        }
    }
    lines
}

/// Words; a short word of a unit or a multiplication stays with the number before it.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let bare = word.trim_end_matches(['.', ',', ';', ')']);
        let is_unit = matches!(bare, "%" | "s" | "ms" | "µs" | "min" | "h" | "×");
        match words.last_mut() {
            Some(last) if is_unit && last.ends_with(|sign: char| sign.is_ascii_digit()) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

/// A label and a text beside it, wrapped under itself.
pub(super) fn labelled(label: &str, text: &str, most: usize, paint: Paint) -> Vec<String> {
    let lines = wrapped(text, most.saturating_sub(LABEL));
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let label = if index == 0 { label } else { "" };
            let label = paint.tone(&format!("{label:<0$}", LABEL - INDENT), Tone::Faint);
            format!("{:INDENT$}{label}{line}", "")
        })
        .collect()
}

/// A column of a table.
pub(super) struct Column {
    /// Its title.
    pub(super) title: String,
    /// A title over this and the following columns of the same group; empty for none.
    pub(super) group: String,
    /// A cell a row.
    pub(super) cells: Vec<Shown>,
}

impl Column {
    /// A column without a group.
    pub(super) fn new(title: &str, cells: Vec<Shown>) -> Self {
        Self { title: title.to_owned(), group: String::new(), cells }
    }

    /// A column of words, aligned on the left.
    pub(super) fn words(title: &str, cells: Vec<String>) -> Self {
        Self::new(title, cells.into_iter().map(|half| Shown { value: String::new(), half }).collect())
    }

    fn value_width(&self) -> usize {
        self.cells.iter().map(|cell| width(&cell.value)).max().unwrap_or(0)
    }

    fn half_width(&self) -> usize {
        self.cells.iter().map(|cell| width(&cell.half)).max().unwrap_or(0)
    }

    /// Its width.
    fn width(&self) -> usize {
        let (value, half) = (self.value_width(), self.half_width());
        let between = usize::from(value > 0 && half > 0);
        (value + between + half).max(width(&self.title))
    }

    fn cell(&self, row: usize) -> String {
        let Shown { value, half } = &self.cells[row];
        if self.value_width() == 0 {
            return half.clone();
        }
        let gap = " ".repeat(self.value_width() - width(value));
        if half.is_empty() { format!("{gap}{value}") } else { format!("{gap}{value} {half}") }
    }
}

/// A table: labels on the left, columns with values aligned on the right end of the number.
pub(super) struct Grid {
    /// The title over the labels.
    pub(super) title: String,
    /// A label a row.
    pub(super) labels: Vec<String>,
    /// Width of the labels, the indent included.
    pub(super) label_width: usize,
    /// Its columns.
    pub(super) columns: Vec<Column>,
}

/// Columns between two columns, and between two groups.
const GAPS: (usize, usize) = (2, 3);

impl Grid {
    fn gap(&self, index: usize) -> usize {
        let starts_group = index > 0 && self.columns[index].group != self.columns[index - 1].group;
        if index == 0 {
            0
        } else if starts_group {
            GAPS.1
        } else {
            GAPS.0
        }
    }

    /// Its width with everything.
    pub(super) fn width(&self) -> usize {
        let columns: usize =
            (0..self.columns.len()).map(|index| self.gap(index) + self.columns[index].width()).sum();
        self.label_width + columns
    }

    /// The titles: groups where there are any, then columns.
    pub(super) fn head(&self, paint: Paint) -> Vec<String> {
        let mut lines = Vec::new();
        if self.columns.iter().any(|column| !column.group.is_empty()) {
            lines.push(paint.tone(&self.group_line(), Tone::Strong));
        }
        let mut line = self.label(&self.title);
        for (index, column) in self.columns.iter().enumerate() {
            let title = &column.title;
            line.push_str(&format!("{:1$}", "", self.gap(index)));
            line.push_str(&format!("{title:<0$}", column.width()));
        }
        lines.push(paint.tone(line.trim_end(), Tone::Faint));
        lines
    }

    fn group_line(&self) -> String {
        let mut line = " ".repeat(self.label_width);
        let mut index = 0;
        while index < self.columns.len() {
            let group = &self.columns[index].group;
            let length = self.columns[index..].iter().take_while(|column| column.group == *group).count();
            let most: usize =
                (index..index + length).map(|at| self.gap(at) + self.columns[at].width()).sum::<usize>();
            let gap = self.gap(index);
            line.push_str(&" ".repeat(gap));
            let group = shortened(group, most - gap);
            line.push_str(&format!("{group:<0$}", most - gap));
            index += length;
        }
        line.trim_end().to_owned()
    }

    /// A row.
    pub(super) fn row(&self, row: usize) -> String {
        let mut line = self.label(&self.labels[row]);
        for (index, column) in self.columns.iter().enumerate() {
            let cell = column.cell(row);
            line.push_str(&format!("{:1$}", "", self.gap(index)));
            line.push_str(&format!("{cell:<0$}", column.width()));
        }
        line.trim_end().to_owned()
    }

    fn label(&self, label: &str) -> String {
        let most = self.label_width - INDENT;
        format!("{:INDENT$}{:<most$}", "", elided(label, most.saturating_sub(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_with_its_unit() {
        assert_eq!(wrapped("it waits for 20 s.", 14), ["it waits for", "20 s."]);
        assert_eq!(wrapped("63 % fail", 4), ["63 %", "fail"]);
    }

    #[test]
    fn a_long_name_keeps_both_ends() {
        assert_eq!(elided("recommendation.top", 10), "rec…on.top");
        assert_eq!(elided("order", 5), "order");
    }

    #[test]
    fn columns_align_numbers_and_half_widths() {
        let shown = |value: &str, half: &str| Shown { value: value.to_owned(), half: half.to_owned() };
        let grid = Grid {
            title: "operation".to_owned(),
            labels: vec!["a".to_owned(), "b".to_owned()],
            label_width: 13,
            columns: vec![
                Column::new("p95", vec![shown("41.2 ms", "±1.8"), shown("6.00 ms", "±0.1")]),
                Column::new("failed", vec![shown("0 %", ""), shown("63.2 %", "±4")]),
            ],
        };
        assert_eq!(
            [grid.head(Paint { colour: false }), vec![grid.row(0), grid.row(1)]].concat(),
            [
                "  operation  p95           failed",
                "  a          41.2 ms ±1.8     0 %",
                "  b          6.00 ms ±0.1  63.2 % ±4",
            ]
        );
    }
}
