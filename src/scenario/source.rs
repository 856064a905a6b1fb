//! A text that was read, and places in it.

/// A place in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Bytes from the start of the text.
    pub(super) offset: usize,
    /// Length in bytes; may be 0.
    pub(super) length: usize,
}

/// A text that was read.
#[derive(Clone, Debug)]
pub struct Source {
    path: String,
    text: String,
    line_starts: Vec<usize>,
}

/// A place as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// Counted from 1.
    pub(super) line: u32,
    /// In characters, counted from 1.
    pub(super) column: u32,
    /// In characters, within its line, at least 1.
    pub(super) length: u32,
    /// Its line, or the part of a long line around it.
    pub(super) line_text: String,
    /// The column of the first character of `line_text`.
    pub(super) line_text_column: u32,
}

/// Most characters of a source line that are shown.
const LONGEST_LINE: usize = 240;

impl Source {
    /// Takes a text.
    pub(super) fn new(path: String, text: String) -> Source {
        let mut line_starts = vec![0];
        line_starts.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
        Source { path, text, line_starts }
    }

    /// The path it was read from, as shown.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is marked, empty if the mark is none of this text.
    pub(super) fn marked(&self, mark: Mark) -> &str {
        self.text.get(mark.offset..mark.offset.saturating_add(mark.length)).unwrap_or_default()
    }

    /// The place of a line and a column \[characters], both counted from 1.
    pub(super) fn offset(&self, line: u64, column: u64) -> usize {
        let index = |number: u64| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
        let Some(start) = self.line_starts.get(index(line)).copied() else { return self.text.len() };
        let rest = self.text.get(start..).unwrap_or_default();
        let end = rest.find('\n').unwrap_or(rest.len());
        let within = rest[..end].char_indices().nth(index(column)).map_or(end, |(at, _)| at);
        start + within
    }

    /// The line of a mark, counted from 1.
    pub(super) fn line(&self, mark: Mark) -> u32 {
        self.line_starts.partition_point(|start| *start <= mark.offset).max(1) as u32
    }

    /// The place of a mark as people read it.
    pub(super) fn spot(&self, mark: Mark) -> Spot {
        let line = self.line(mark);
        let start = self.line_starts.get(line as usize - 1).copied().unwrap_or(0);
        let end = self.line_starts.get(line as usize).map_or(self.text.len(), |next| next - 1);
        let text = self.text.get(start..end).unwrap_or_default().trim_end_matches('\r');
        let within = floor(text, mark.offset.saturating_sub(start).min(text.len()));
        let column = text[..within].chars().count();
        let stop = floor(text, within.saturating_add(mark.length).min(text.len()));
        let length = text[within..stop].trim_end().chars().count().max(1);
        let skipped =
            if text.chars().count() > LONGEST_LINE { column.saturating_sub(LONGEST_LINE / 3) } else { 0 };
        let shown: String = text.chars().skip(skipped).take(LONGEST_LINE).collect();
        let left = shown.chars().count().saturating_sub(column - skipped).max(1);
        Spot {
            line,
            column: column as u32 + 1,
            length: length.min(left) as u32,
            line_text: visible(&shown),
            line_text_column: skipped as u32 + 1,
        }
    }
}

/// The nearest place at or before `at` that is between two characters of a text.
pub(super) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Replaces what would steer a terminal or hide from the reader: control characters and changes of direction.
pub(super) fn visible(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| match c {
            '\t' | '\n' => ' ',
            c if steers(c) => '\u{FFFD}',
            c => c,
        })
        .collect()
}

/// A text in back quotes, cut short if it is long.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let text = visible(text);
    if text.chars().count() > LONGEST {
        format!("`{}…`", text.chars().take(LONGEST).collect::<String>())
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, offset: usize, length: usize, spot: (u32, u32, u32, &str)) {
        let found = Source::new("a.yaml".to_owned(), text.to_owned()).spot(Mark { offset, length });
        assert_eq!((found.line, found.column, found.length, found.line_text.as_str()), spot);
    }

    #[test]
    fn places_are_lines_and_characters() {
        check("a: 1\nb: é2\n", 8, 3, (2, 4, 2, "b: é2"));
        check("a: 1\r\nb: 2", 6, 1, (2, 1, 1, "b: 2"));
        check("a: 1\n", 5, 0, (2, 1, 1, ""));
        check("", 0, 0, (1, 1, 1, ""));
        check("a: 1", 900, 900, (1, 5, 1, "a: 1"));
        check("a: \u{1b}[31m", 0, 1, (1, 1, 1, "a: \u{FFFD}[31m"));
        check("x: {a: 1,\n  b: 2}\n", 3, 12, (1, 4, 6, "x: {a: 1,"));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}HERE{}", "x".repeat(1000), "y".repeat(1000));
        let spot = Source::new(String::new(), text).spot(Mark { offset: 1000, length: 4 });
        let at = (spot.column - spot.line_text_column) as usize;
        assert_eq!(&spot.line_text[at..at + 4], "HERE");
        assert_eq!(spot.line_text.len(), LONGEST_LINE);
    }
}
