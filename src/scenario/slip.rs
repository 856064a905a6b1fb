//! Slips of the hand in one line of a YAML text, and the text without them: a line indented otherwise than it should be, a dash, a
//! colon, a comma, a bracket or a quote that is missing.
//!
//! What is a slip nobody can say by the text alone. Here are the texts that may have been meant; whether one of them makes more
//! sense is found out by reading it.

use std::collections::BTreeSet;

use super::source::{floor, quoted};

/// So many ways to indent a line otherwise are looked at.
const MOST_INDENTS: usize = 8;
/// The longest line \[bytes] that somebody writes by hand.
const LONGEST_LINE: usize = 500;
/// So many lines before one are looked at.
const MOST_SIBLINGS: usize = 8;
/// So many places of one line are looked at for each sign.
const MOST_PLACES: usize = 6;

/// A text that may have been meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slip {
    /// The line with the slip, counted from 0.
    pub(super) line: usize,
    /// The place of the slip in it \[bytes].
    pub(super) at: usize,
    /// The length of what to show there \[bytes].
    pub(super) length: usize,
    /// Whether what is wrong is told line by line, and nothing of it itself: the tabs of the indentation, and strays.
    pub(super) is_told_by_line: bool,
    /// What is wrong.
    pub(super) cause: String,
    /// What to do about it.
    pub(super) remedy: String,
    /// That line and those behind it as they were meant.
    lines: Vec<String>,
}

impl Slip {
    /// A line that was written otherwise, of which is told elsewhere.
    pub(super) fn of_line(line: usize, meant: &str) -> Slip {
        Slip {
            line,
            at: 0,
            length: 1,
            is_told_by_line: true,
            cause: String::new(),
            remedy: String::new(),
            lines: vec![meant.to_owned()],
        }
    }

    /// The text as it was meant; as many lines as there were.
    pub(super) fn mended(&self, text: &str) -> String {
        let mut mended = String::with_capacity(text.len() + 16);
        for (at, line) in text.split_inclusive('\n').enumerate() {
            match at.checked_sub(self.line).and_then(|at| self.lines.get(at)) {
                Some(new) => {
                    mended.push_str(new);
                    mended.push_str(if line.ends_with('\n') { "\n" } else { "" });
                }
                None => mended.push_str(line),
            }
        }
        mended
    }

    /// The column of the text as written, counted from 1, that was `column` in a line of the text as it was meant \[characters].
    pub(super) fn column_as_written(&self, text: &str, line: usize, column: u32) -> u32 {
        let new = line.checked_sub(self.line).and_then(|at| self.lines.get(at));
        let (Some(new), Some(old)) = (new, text.lines().nth(line)) else { return column };
        let alike = new.chars().zip(old.chars()).take_while(|(new, old)| new == old).count() as u32;
        match column > alike + 1 {
            true => {
                let (new, old) = (new.chars().count() as u32, old.chars().count() as u32);
                (column + old).saturating_sub(new).max(1)
            }
            false => column,
        }
    }
}

/// A text by its lines.
pub(super) struct Lines<'t>(Vec<&'t str>);

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Lines<'t> {
        Lines(text.lines().collect())
    }

    /// The lines of a text that a slip is about.
    pub(super) fn of_slip(slip: &Slip) -> std::ops::Range<usize> {
        slip.line..slip.line + slip.lines.len()
    }

    fn is_content(&self, line: usize) -> bool {
        self.0.get(line).is_some_and(|text| {
            let content = text.trim_start();
            !content.is_empty() && !content.starts_with('#')
        })
    }

    fn indent(&self, line: usize) -> usize {
        self.0.get(line).map_or(0, |text| text.len() - text.trim_start_matches(' ').len())
    }

    fn content(&self, line: usize) -> &'t str {
        self.0.get(line).map_or("", |text| text.trim_start_matches(' '))
    }

    /// The line with content before one.
    pub(super) fn before(&self, line: usize) -> Option<usize> {
        (0..line.min(self.0.len())).rev().find(|at| self.is_content(*at))
    }

    /// The line with content behind one.
    pub(super) fn behind(&self, line: usize) -> Option<usize> {
        (line + 1..self.0.len()).find(|at| self.is_content(*at))
    }

    /// The line that another is indented below.
    pub(super) fn above(&self, line: usize) -> Option<usize> {
        let indent = self.indent(line);
        (0..line.min(self.0.len())).rev().find(|at| self.is_content(*at) && self.indent(*at) < indent)
    }

    /// The lines that are indented as far as the one before another, the last first: an item of a list may begin with any of them.
    pub(super) fn siblings(&self, line: usize) -> Vec<usize> {
        let Some(last) = self.before(line) else { return Vec::new() };
        let indent = self.indent(last);
        let all = (0..last).rev().filter(|at| self.is_content(*at));
        let within = all.take_while(|at| self.indent(*at) >= indent);
        within.filter(|at| self.indent(*at) == indent).take(MOST_SIBLINGS).collect()
    }

    /// Where the lines end that are indented below one.
    fn end(&self, line: usize) -> usize {
        let indent = self.indent(line);
        let outside = |at: &usize| self.is_content(*at) && self.indent(*at) <= indent;
        (line + 1..self.0.len()).find(outside).unwrap_or(self.0.len())
    }

    /// The text without tabs in the indentation, each of them so many blanks: as one slip from the first such line to the last.
    pub(super) fn without_tabs(&self) -> Vec<Slip> {
        let blank = |text: &'t str| &text[..text.len() - text.trim_start_matches([' ', '\t']).len()];
        let has_tab = |at: &usize| self.is_content(*at) && blank(self.0[*at]).contains('\t');
        let mut all = (0..self.0.len()).filter(has_tab);
        let Some(first) = all.next() else { return Vec::new() };
        let last = all.next_back().unwrap_or(first);
        let at = blank(self.0[first]).find('\t').unwrap_or(0);
        let with = |width: usize| {
            let line = |at: usize| match has_tab(&at) {
                true => {
                    let blank = blank(self.0[at]);
                    format!("{}{}", blank.replace('\t', &" ".repeat(width)), &self.0[at][blank.len()..])
                }
                false => self.0[at].to_owned(),
            };
            Slip {
                line: first,
                at,
                length: 1,
                is_told_by_line: true,
                cause: String::new(),
                remedy: String::new(),
                lines: (first..=last).map(line).collect(),
            }
        };
        [self.unit(), 2, 4, 8, 6, 10, 12, 1].map(with).into()
    }

    /// How far the first line is indented \[bytes] that is.
    fn unit(&self) -> usize {
        (0..self.0.len())
            .filter(|at| self.is_content(*at))
            .map(|at| self.indent(at))
            .find(|it| *it > 0)
            .unwrap_or(2)
    }

    /// Where the lines end that are indented as far as one, or further.
    fn end_of_all(&self, line: usize) -> usize {
        let outside = |at: &usize| self.is_content(*at) && self.indent(*at) < self.indent(line);
        (line + 1..self.0.len()).find(outside).unwrap_or(self.0.len())
    }

    /// Whether a slip puts what is written into quotes, which makes a text of whatever it is.
    pub(super) fn puts_into_quotes(&self, slip: &Slip) -> bool {
        let quotes = |text: &str| text.matches('"').count();
        let written: usize = self.0[Self::of_slip(slip)].iter().map(|line| quotes(line)).sum();
        slip.lines.iter().map(|line| quotes(line)).sum::<usize>() == written + 2
    }

    /// The words that a slip is about.
    pub(super) fn words(&self, slip: &Slip) -> BTreeSet<&'t str> {
        let lines = self.0.iter().skip(slip.line).take(slip.lines.len());
        let is_part = |c: char| c.is_alphanumeric() || "-_.".contains(c);
        lines.flat_map(|line| line.split(move |c| !is_part(c))).filter(|word| !word.is_empty()).collect()
    }

    /// What may have been meant by a line, the likeliest first.
    pub(super) fn slips(&self, line: usize) -> Vec<Slip> {
        if !self.is_content(line) || self.0[line].contains('\t') || self.0[line].len() > LONGEST_LINE {
            return Vec::new();
        }
        if self.content(line).trim_end() == "---" {
            let cause = "a second document starts in this file";
            let remedy = "remove the `---`, or put what is behind it in a file of its own".to_owned();
            return vec![Slip { remedy, ..self.edited(line, 0, self.0[line].len(), "", cause) }];
        }
        let mut found = self.signs(line);
        found.extend(self.brackets(line));
        found.extend(self.quotes(line));
        found.extend(self.dashes(line));
        found.extend(self.indents(line));
        found
    }

    /// The line with another text in it.
    fn edited(&self, line: usize, at: usize, length: usize, new: &str, cause: &str) -> Slip {
        let text = self.0[line];
        let edited = format!("{}{new}{}", &text[..at], &text[at + length..]);
        let remedy = format!("write {}", quoted(around(&edited, at, new.len())));
        // What is there, or the word before it.
        let shown = if at < text.trim_end().len() { at } else { at.saturating_sub(1) };
        Slip {
            line,
            at: floor(text, shown),
            length: length.max(1),
            is_told_by_line: false,
            cause: cause.to_owned(),
            remedy,
            lines: vec![edited],
        }
    }

    /// Colons, commas and the spaces behind signs.
    fn signs(&self, line: usize) -> Vec<Slip> {
        let (text, indent) = (self.0[line], self.indent(line));
        let mut found = Vec::new();
        let start = indent + if text[indent..].starts_with("- ") { 2 } else { 0 };
        let code = &text[..signs(text).1];
        let word = &code[start..start + word_length(&code[start..])];
        let behind = start + word.len();
        if text[start..].starts_with('-') && word.is_empty() && !text[start..].starts_with("--") {
            found.push(self.edited(line, start + 1, 0, " ", "there is no space behind `-`"));
        }
        if !word.is_empty() {
            let rest = &code[behind..];
            if rest.trim().is_empty() || rest.starts_with(' ') {
                let cause = format!("there is no `:` behind {}", quoted(word));
                let slip = self.edited(line, behind, 0, ":", &cause);
                found.push(Slip { at: start, length: word.len(), ..slip });
            } else if rest.starts_with(':') && !rest[1..].starts_with(' ') && rest.len() > 1 {
                let cause = format!("there is no space behind `{word}:`");
                found.push(self.edited(line, behind + 1, 0, " ", &cause));
            }
        }
        // Within braces.
        for (from, to) in parts(text) {
            let blank = code[from..to].len() - code[from..to].trim_start().len();
            let from = from + blank;
            let word = word_length(&code[from..to]);
            let rest = &code[from + word..to];
            let named = quoted(&code[from..from + word]);
            if word == 0 {
                continue;
            }
            if rest.starts_with(' ') && !rest.trim_start().starts_with(':') {
                let cause = format!("there is no `:` behind {named}");
                let slip = self.edited(line, from + word, 0, ":", &cause);
                found.push(Slip { at: from, length: word, ..slip });
            }
            if rest.starts_with(':') && !rest[1..].starts_with(' ') && rest.len() > 1 {
                let cause = format!("there is no space behind {named} and its `:`");
                found.push(self.edited(line, from + word + 1, 0, " ", &cause));
            }
            // A second key before a comma.
            let second = rest.match_indices(": ").nth(1).map(|(at, _)| at);
            if let Some(space) = second.and_then(|at| rest[..at].rfind(' ')).filter(|space| *space > 1) {
                let at = from + word + space;
                found.push(self.edited(line, at, 0, ",", "there is no comma between two entries"));
            }
        }
        found
    }

    /// Brackets that are missing, or too many.
    fn brackets(&self, line: usize) -> Vec<Slip> {
        let text = self.0[line];
        let (all, end) = signs(text);
        let mut found = Vec::new();
        let code_end = text[..end].trim_end().len();
        for (open, close) in [('{', '}'), ('[', ']')] {
            let count = |sign: char| all.iter().filter(|(_, it)| *it == sign).count();
            let (opened, closed) = (count(open), count(close));
            if opened == closed + 1 {
                let cause = format!("`{open}` is never closed");
                // Behind everything, or before what can no longer be in it.
                let mut places = vec![code_end];
                places.extend(
                    all.iter().rev().filter(|(_, it)| matches!(it, ',' | '}' | ']')).map(|(at, _)| *at),
                );
                let shown = unmatched(&all, open, close);
                for at in places.into_iter().take(MOST_PLACES) {
                    let slip = self.edited(line, at, 0, &close.to_string(), &cause);
                    found.push(Slip { at: shown.unwrap_or(slip.at), ..slip });
                }
            } else if closed == opened + 1 {
                let cause = format!("`{close}` closes what was never opened");
                let starts = text.match_indices(": ").map(|(at, _)| at + 2);
                let begin = self.indent(line) + if self.content(line).starts_with("- ") { 2 } else { 0 };
                let inner = all.iter().filter(|(_, it)| *it == '{' || *it == '[').map(|(at, _)| at + 1);
                let mut places: Vec<usize> =
                    starts.filter(|at| *at < end).chain(inner).chain([begin]).collect();
                places.sort_unstable();
                places.dedup();
                let last = all.iter().rev().find(|(_, it)| *it == close).map_or(code_end, |(at, _)| *at);
                for at in places.into_iter().take(MOST_PLACES) {
                    let slip = self.edited(line, at, 0, &open.to_string(), &cause);
                    found.push(Slip { at: last, ..slip });
                }
                found.push(self.edited(line, last, 1, "", &cause));
            }
        }
        found
    }

    /// Quotes that are missing.
    fn quotes(&self, line: usize) -> Vec<Slip> {
        let text = self.0[line];
        let code = &text[..text.find(" #").unwrap_or(text.len())];
        let quotes: Vec<usize> = code.match_indices('"').map(|(at, _)| at).collect();
        let mut found = Vec::new();
        if quotes.len() % 2 == 1 {
            let cause = "this quote is never closed";
            for quote in &quotes {
                // A quote that opens, and where it may end.
                let rest = &code[quote + 1..];
                let ends = rest.char_indices().filter(|(_, c)| ",}]\"".contains(*c)).map(|(at, _)| at);
                for end in ends.chain([rest.trim_end().len()]).take(MOST_PLACES) {
                    found.push(Slip { at: *quote, ..self.edited(line, quote + 1 + end, 0, "\"", cause) });
                }
                // One that closes, and where the text may begin.
                let starts = code[..*quote].match_indices(": ").map(|(at, _)| at + 2);
                let listed = code[..*quote].match_indices(['[', '{']).map(|(at, _)| at + 1);
                let begun = code[..*quote].match_indices(", ").map(|(at, _)| at + 2);
                let mut starts: Vec<usize> = starts.chain(listed).chain(begun).collect();
                starts.sort_unstable();
                for start in starts.into_iter().rev().take(MOST_PLACES) {
                    let cause = "this quote opens nothing";
                    found.push(Slip { at: *quote, ..self.edited(line, start, 0, "\"", cause) });
                }
            }
        } else if quotes.is_empty()
            && let Some(colon) = code.find(": ")
        {
            let value = code[colon + 2..].trim();
            let start = colon + 2 + (code[colon + 2..].len() - code[colon + 2..].trim_start().len());
            if !value.is_empty() && !value.starts_with(['{', '[', '\'', '*', '&']) {
                let cause = "this value needs quotes: it has signs that mean something in YAML";
                found.push(self.edited(line, start, value.len(), &format!("\"{value}\""), cause));
            }
        }
        found
    }

    /// Dashes that are missing, or too many.
    fn dashes(&self, line: usize) -> Vec<Slip> {
        let (indent, content) = (self.indent(line), self.content(line));
        let mut found = Vec::new();
        if content.starts_with("- ") {
            let cause = "there is a `- ` in front of what is no item";
            found.push(self.edited(line, indent, 2, "  ", cause));
            found.push(self.edited(line, indent, 2, "", cause));
        } else {
            let cause = "there is no `- ` in front of this item";
            if indent >= 2 {
                let slip = self.edited(line, indent - 2, 2, "- ", cause);
                found.push(Slip { at: indent, ..slip });
            }
            found.push(self.edited(line, indent, 0, "- ", cause));
        }
        found
    }

    /// Ways to indent a line otherwise, with what is below it and alone.
    fn indents(&self, line: usize) -> Vec<Slip> {
        let indent = self.indent(line);
        let mut columns = BTreeSet::new();
        let mut near = |at: usize| {
            columns.insert(self.indent(at));
            if self.content(at).starts_with("- ") {
                columns.insert(self.indent(at) + 2);
            }
        };
        let mut at = line;
        for _ in 0..MOST_INDENTS {
            let Some(before) = self.before(at) else { break };
            near(before);
            at = before;
        }
        let mut at = line;
        for _ in 0..2 {
            let Some(behind) = self.behind(at) else { break };
            near(behind);
            at = behind;
        }
        // Those of whatever the line may belong to, or stand beside.
        columns.insert(self.indent(self.end(line)));
        let mut owner = self.before(line);
        while let Some(at) = owner {
            columns.insert(self.indent(at));
            owner = self.above(at);
        }
        columns.extend([indent + 2, indent.saturating_sub(2)]);
        let most = self.unit().max(2);
        let mut columns: Vec<usize> =
            columns.into_iter().filter(|column| (1..=most).contains(&column.abs_diff(indent))).collect();
        columns.sort_by_key(|column| column.abs_diff(indent));
        let end = self.end(line);
        let mut found = Vec::new();
        for column in columns.into_iter().take(MOST_INDENTS) {
            let shifted = |at: usize| match self.is_content(at) {
                true => {
                    let column = (self.indent(at) + column).saturating_sub(indent);
                    format!("{}{}", " ".repeat(column), self.content(at))
                }
                false => self.0[at].to_owned(),
            };
            let (by, way) = match column > indent {
                true => (column - indent, "left"),
                false => (indent - column, "right"),
            };
            let columns = if by == 1 { "column" } else { "columns" };
            let content = self.content(line);
            let content = content.strip_prefix("- ").unwrap_or(content);
            let name = &content[..word_length(content)];
            let what = if name.is_empty() { "this line".to_owned() } else { quoted(name) };
            let slip = |end: usize| Slip {
                line,
                at: indent,
                length: name.len().max(1),
                is_told_by_line: false,
                cause: format!("{what} stands {by} {columns} too far {way}"),
                remedy: format!("begin it in column {}", column + 1),
                lines: (line..end).map(shifted).collect(),
            };
            found.push(slip(line + 1));
            // Whole sections are not moved to the right by hand.
            let may_follow = indent > 0;
            if end > line + 1 && may_follow {
                let with = slip(end);
                found.push(Slip { remedy: format!("{}, with what is below it", with.remedy), ..with });
            }
            let end_of_all = self.end_of_all(line);
            if end_of_all > end && may_follow {
                let all = slip(end_of_all);
                found.push(Slip { remedy: format!("{}, and the lines below it", all.remedy), ..all });
            }
        }
        found
    }
}

/// The signs of a line that mean something, outside of quotes, and where its comment begins.
fn signs(text: &str) -> (Vec<(usize, char)>, usize) {
    let (mut found, mut quote, mut before) = (Vec::new(), None, ' ');
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None if c == '"' || (c == '\'' && " [{,".contains(before)) => quote = Some(c),
            None if c == '#' && before == ' ' => return (found, at),
            None if "{}[],:".contains(c) => found.push((at, c)),
            None => {}
        }
        before = c;
    }
    (found, text.len())
}

/// The parts of what stands in braces in a line: from where to where, between commas.
fn parts(text: &str) -> Vec<(usize, usize)> {
    let (all, end) = signs(text);
    let mut found = Vec::new();
    let mut from = None;
    for (at, sign) in all {
        if sign == ':' {
            continue;
        }
        if let Some(from) = from {
            found.push((from, at));
        }
        from = (sign == '{' || sign == ',').then_some(at + 1);
    }
    found.extend(from.filter(|from| *from < end).map(|from| (from, end)));
    found.truncate(4 * MOST_PLACES);
    found
}

/// Where the bracket is that is not closed.
fn unmatched(all: &[(usize, char)], open: char, close: char) -> Option<usize> {
    let mut opened = Vec::new();
    for (at, sign) in all {
        if *sign == open {
            opened.push(*at);
        } else if *sign == close {
            opened.pop();
        }
    }
    opened.last().copied()
}

/// How long the word is \[bytes] that a text begins with.
fn word_length(text: &str) -> usize {
    if text.starts_with('-') {
        return 0;
    }
    text.find(|c: char| !c.is_alphanumeric() && !"-_.".contains(c)).unwrap_or(text.len())
}

/// What is around a place of a line, for people to see it.
fn around(text: &str, at: usize, length: usize) -> &str {
    const SHOWN: usize = 24;
    let mut from = floor(text, at.saturating_sub(SHOWN));
    // From the beginning of a word on.
    from = text[from..at].find(' ').filter(|_| from > 0).map_or(from, |blank| from + blank);
    text[from..floor(text, at + length + SHOWN)].trim()
}
