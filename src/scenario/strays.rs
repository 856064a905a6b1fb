//! What does not belong in a text that people wrote: signs that look like those of YAML and are others, what a merge
//! has left, and places of a template that nothing has filled in.
//!
//! Each of them breaks a file in a way that its reader cannot see, or explains by something else. So they are looked
//! for where something is wrong; where less is wrong without them, they are told as what they are.

use super::code::Code;
use super::diagnostic::Diagnostic;
use super::slip::Slip;
use super::source::{Mark, Source, quoted};

/// So many of one kind are told of one file; all are replaced.
const MOST_TOLD: usize = 20;
/// The word that stands for what a template was to bring.
pub(super) const PLACE: &str = "x";

/// A text without its strays.
#[derive(Debug)]
pub(super) struct Strays {
    pub(super) text: String,
    /// What is told of them.
    pub(super) told: Vec<Diagnostic>,
    /// The lines that were written otherwise.
    pub(super) lines: Vec<Slip>,
    /// Where a word stands for what a template was to bring: line and column.
    pub(super) places: Vec<(u32, u32)>,
}

/// What does not belong in a text; `None` where everything does. Places of a template are looked for where `has_templates` says
/// that nobody writes them on purpose; those of annotations are Prometheus' own.
pub(super) fn strays(source: &Source, has_templates: bool) -> Option<Strays> {
    let lines: Vec<&str> = source.text().split('\n').collect();
    let mut found = Strays { text: String::new(), told: Vec::new(), lines: Vec::new(), places: Vec::new() };
    let sides = one_side(source, &lines, &mut found.told);
    let mut reader = Reader::default();
    let mut texts: Vec<String> = Vec::with_capacity(lines.len());
    let (mut at, mut told) = (0, (0, 0));
    for (number, (line, is_kept)) in lines.iter().zip(sides).enumerate() {
        let read = if is_kept { reader.read(line, has_templates) } else { Read::default() };
        for stray in read.strays {
            let count = if stray.code == Code::Stray { &mut told.0 } else { &mut told.1 };
            *count += 1;
            if *count <= MOST_TOLD {
                let mark = Mark { offset: at + stray.at, length: stray.length };
                found.told.push(Diagnostic::at(source, mark, stray.code, &stray.cause, &stray.remedy));
            }
        }
        found.places.extend(read.places.iter().map(|column| (number as u32 + 1, *column)));
        if read.text != *line {
            found.lines.push(Slip::of_line(number, &read.text));
        }
        texts.push(read.text);
        at += line.len() + 1;
    }
    found.text = texts.join("\n");
    (!found.told.is_empty()).then_some(found)
}

/// Which lines are kept of a text with merge conflicts: of each its first side.
fn one_side(source: &Source, lines: &[&str], said: &mut Vec<Diagnostic>) -> Vec<bool> {
    let mut kept = vec![true; lines.len()];
    let is = |line: usize, marker: &str| {
        lines[line]
            .strip_prefix(marker)
            .is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with(' '))
    };
    let next = |from: usize, marker: &str| (from..lines.len()).find(|line| is(*line, marker));
    let mut from = 0;
    while let Some(begin) = next(from, "<<<<<<<") {
        let Some(end) = next(begin, ">>>>>>>") else { break };
        let Some(middle) = next(begin, "=======").filter(|middle| *middle < end) else { break };
        let second = next(begin, "|||||||").map_or(middle, |base| base.min(middle));
        kept[begin] = false;
        kept[second..=end].fill(false);
        let offset = lines[..begin].iter().map(|line| line.len() + 1).sum();
        let cause = format!("a merge conflict is left here, up to line {}", end + 1);
        let remedy = "keep one of its sides, and delete the lines with `<<<<<<<`, `=======` and `>>>>>>>`";
        let mark = Mark { offset, length: lines[begin].trim_end().len() };
        if said.len() < MOST_TOLD {
            said.push(Diagnostic::at(source, mark, Code::Leftover, &cause, remedy));
        }
        from = end + 1;
    }
    kept
}

/// What is wrong with a line.
#[derive(Debug)]
struct Stray {
    /// Where in the line \[bytes].
    at: usize,
    /// How long it is \[bytes].
    length: usize,
    code: Code,
    cause: String,
    remedy: String,
}

/// A line as it was meant.
#[derive(Debug, Default)]
struct Read {
    text: String,
    strays: Vec<Stray>,
    /// Columns of what stands for templates.
    places: Vec<u32>,
}

impl Read {
    fn put(&mut self, meant: &str, stray: Stray) {
        self.text.push_str(meant);
        // Each sign is told once of a line.
        if self.strays.iter().all(|it| it.cause != stray.cause) {
            self.strays.push(stray);
        }
    }
}

/// Reads one line after another, and knows what it is in.
#[derive(Debug, Default)]
struct Reader {
    /// How many brackets are open.
    depth: usize,
    /// The sign that closes the text in quotes that is open.
    quote: Option<char>,
    /// The indentation \[characters] of the line that a text of several lines belongs to.
    text_of: Option<usize>,
}

impl Reader {
    fn read(&mut self, line: &str, has_templates: bool) -> Read {
        let mut read = Read::default();
        let content = line.trim_start_matches(|c: char| c.is_whitespace() || blank(c).is_some());
        let lead = &line[..line.len() - content.len()];
        let columns = lead.chars().count();
        // A blank line within a text is a part of it.
        let is_text = self.text_of.is_some_and(|of| content.is_empty() || columns > of);
        if is_text || content.is_empty() && (self.quote.is_some() || lead.is_ascii()) {
            read.text.push_str(line);
            return read;
        }
        if !content.is_empty() {
            self.text_of = None;
        }
        if columns == 0 && self.quote.is_none() {
            self.depth = 0;
        }
        for (at, sign) in lead.char_indices() {
            match blank(sign).filter(|_| self.quote.is_none()) {
                // It is as wide as two others.
                Some((name, _)) if sign == '\u{3000}' => {
                    read.put("  ", look_alike(at, sign, name, "two ordinary spaces"));
                }
                Some((name, meant)) => read.put(meant, look_alike(at, sign, name, instead(meant))),
                None => read.text.push(sign),
            }
        }
        if has_templates && self.quote.is_none() && (content.starts_with("{{") || content.starts_with("{%")) {
            let close = if content.starts_with("{{") { "}}" } else { "%}" };
            if content.trim_end().ends_with(close) {
                read.text.clear();
                read.put("", template(lead.len(), content.trim_end()));
                return read;
            }
        }
        self.content(line, lead.len(), has_templates, &mut read);
        read
    }

    fn content(&mut self, line: &str, lead: usize, has_templates: bool, read: &mut Read) {
        // Whether a value, a key or an item begins here, and whether all since then are letters of a word.
        let (mut begins, mut is_word) = (true, true);
        let mut before = ' ';
        let mut skip = 0;
        for (within, sign) in line[lead..].char_indices() {
            let at = lead + within;
            if at < skip {
                continue;
            }
            let rest = &line[at..];
            let next = rest.chars().nth(1);
            if let Some(close) = self.quote {
                read.text.push(sign);
                let is_escaped =
                    close == '"' && before == '\\' || close == '\'' && sign == close && next == Some(close);
                if close == '\'' && is_escaped {
                    read.text.push(close);
                    skip = at + 2;
                } else if sign == close && !is_escaped {
                    self.quote = None;
                }
                before = if is_escaped { ' ' } else { sign };
                continue;
            }
            if sign == '#' && (before == ' ' || within == 0) {
                read.text.push_str(rest);
                break;
            }
            let place = has_templates.then(|| placeholder(rest)).flatten().filter(|_| begins);
            if let Some(length) = place {
                read.places.push(read.text.chars().count() as u32 + 1);
                read.put(PLACE, template(at, &rest[..length]));
                (skip, begins, before) = (at + length, false, 'x');
                continue;
            }
            let is_flat = self.depth > 0;
            let meant = match sign {
                '：' if is_word && !begins => Some(("full-width colon", ":", "`:` and a space")),
                '，' if is_flat && (before.is_ascii_alphanumeric() || "\"'}]".contains(before)) => {
                    Some(("full-width comma", ",", "`,`"))
                }
                '｛' if begins => Some(("full-width brace", "{", "`{`")),
                '［' if begins => Some(("full-width bracket", "[", "`[`")),
                '｝' if is_flat => Some(("full-width brace", "}", "`}`")),
                '］' if is_flat => Some(("full-width bracket", "]", "`]`")),
                _ => None,
            };
            let hidden = blank(sign).filter(|(_, meant)| match *meant {
                "" => before.is_ascii_alphanumeric() || next.is_some_and(|c| c.is_ascii_alphanumeric()),
                _ => is_flat || begins,
            });
            let read_as = match (meant, hidden) {
                (Some((name, sign_meant, remedy)), _) => {
                    let is_apart = next.is_none_or(char::is_whitespace) || !":,".contains(sign_meant);
                    let text = if is_apart { sign_meant.to_owned() } else { format!("{sign_meant} ") };
                    read.put(&text, look_alike(at, sign, name, remedy));
                    sign_meant.chars().next()
                }
                (None, Some((name, sign_meant))) => {
                    read.put(sign_meant, look_alike(at, sign, name, instead(sign_meant)));
                    sign_meant.chars().next()
                }
                (None, None) => {
                    read.text.push(sign);
                    Some(sign)
                }
            };
            let Some(sign) = read_as else { continue };
            match sign {
                '"' | '\'' if begins => self.quote = Some(sign),
                '{' | '[' if begins => self.depth += 1,
                '}' | ']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            let ends_word = match sign {
                ',' | '{' | '[' => self.depth > 0,
                '-' => begins,
                _ => sign == ':',
            };
            if sign != ' ' {
                (begins, is_word) = match ends_word {
                    // A colon within a word, as in a time of day, begins nothing.
                    true if sign == ':' || sign == '-' => {
                        let is_apart = read.text.ends_with(' ') || next.is_none_or(char::is_whitespace);
                        (is_apart || meant.is_some(), false)
                    }
                    true => (true, true),
                    false => {
                        let is_letter = sign.is_ascii_alphanumeric() || "-_.".contains(sign);
                        (false, is_word && is_letter)
                    }
                };
                // An item may begin with a key.
                is_word |= sign == '-' && begins;
            } else if !begins {
                is_word = false;
            }
            before = sign;
        }
        let code = read.text.split(" #").next().unwrap_or_default().trim_end();
        let head = code.trim_end_matches(|c: char| c.is_ascii_digit() || "+-".contains(c));
        let is_begun = [" |", " >"].iter().any(|sign| head.ends_with(sign));
        if is_begun && self.depth == 0 {
            let lead = read.text.len() - read.text.trim_start().len();
            self.text_of = Some(lead);
        }
    }
}

/// What a sign that cannot be seen is called, and what was meant by it.
fn blank(sign: char) -> Option<(&'static str, &'static str)> {
    Some(match sign {
        '\u{A0}' | '\u{202F}' => ("no-break space", " "),
        '\u{3000}' => ("full-width space", " "),
        '\u{2000}'..='\u{200A}' | '\u{205F}' => ("space of another width", " "),
        '\u{200B}' | '\u{2060}' | '\u{FEFF}' => ("space without a width, which cannot be seen", ""),
        '\u{200C}' | '\u{200D}' => ("joiner, which cannot be seen", ""),
        _ => return None,
    })
}

/// What to write in the place of a sign that cannot be seen.
fn instead(meant: &str) -> &'static str {
    if meant.is_empty() { "nothing" } else { "an ordinary space" }
}

fn look_alike(at: usize, sign: char, name: &str, meant: &str) -> Stray {
    Stray {
        at,
        length: sign.len_utf8(),
        code: Code::Stray,
        cause: format!("there is a {name} here (U+{:04X})", u32::from(sign)),
        remedy: format!("write {meant} in its place"),
    }
}

fn template(at: usize, place: &str) -> Stray {
    Stray {
        at,
        length: place.len(),
        code: Code::Leftover,
        cause: format!("nothing has filled in {}", quoted(place)),
        remedy: "render the template before, or write what belongs here".to_owned(),
    }
}

/// The length \[bytes] of the place of a template that a text begins with.
fn placeholder(text: &str) -> Option<usize> {
    let all = [("{{", "}}"), ("{%", "%}"), ("${", "}")];
    let (open, close) = all.into_iter().find(|(open, _)| text.starts_with(open))?;
    let end = text[open.len()..].find(close)? + open.len() + close.len();
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Vec<(u32, u32, String)>) {
        let found = strays(&Source::new("a.yaml".to_owned(), text.to_owned()), true);
        let Some(found) = found else { return (text.to_owned(), Vec::new()) };
        (found.text, found.told.into_iter().map(|it| (it.line, it.column, it.cause)).collect())
    }

    #[track_caller]
    fn check(text: &str, meant: &str, (line, column): (u32, u32), cause: &str) {
        let (found, told) = read(text);
        assert_eq!(found, meant);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((told[0].0, told[0].1), (line, column), "{told:?}");
        assert!(told[0].2.contains(cause), "{told:?}");
    }

    #[test]
    fn signs_that_look_like_others_are_read_as_those() {
        check("a:\n\u{A0}\u{A0}b: 1\n", "a:\n  b: 1\n", (2, 1), "no-break space here (U+00A0)");
        check("a:\n\u{3000}b: 1", "a:\n  b: 1", (2, 1), "full-width space");
        check("\u{200B}a: 1", "a: 1", (1, 1), "cannot be seen");
        check("a: \u{200B}1", "a: 1", (1, 4), "cannot be seen");
        check("a: 1\n\u{A0}\nb: 2", "a: 1\n \nb: 2", (2, 1), "no-break space");
        check("a:\u{A0}5m", "a: 5m", (1, 3), "no-break");
        check("a：5m", "a: 5m", (1, 2), "full-width colon here (U+FF1A)");
        check("a.b: {rate： 5/s}", "a.b: {rate: 5/s}", (1, 11), "full-width colon");
        check("- call：x", "- call: x", (1, 7), "full-width colon");
        check("a: {b: 1，c: 2}", "a: {b: 1, c: 2}", (1, 9), "full-width comma");
        check("a: ｛b: 1}", "a: {b: 1}", (1, 4), "full-width brace");
        check("a: [1, 2］", "a: [1, 2]", (1, 9), "full-width bracket");
        check("a: {\n  b: 1，\n  c: 2}", "a: {\n  b: 1,\n  c: 2}", (2, 7), "full-width comma");
    }

    #[test]
    fn what_people_write_in_texts_is_theirs() {
        for text in [
            "says: 장애 시 API：2초，그리고（평시）",
            "says: \"a：b，｛c｝\"\nb: 1",
            "says: 'it''s：b'",
            "a: 1 # {b：1，2}",
            "text: |\n  a：1\n  {b: 1，c}\n\u{A0}\u{A0}x\nb: 1",
            "text: >-\n  {{ a }}\n",
            "says: \"in {{ two }} lines\n  and ${more}\"",
            "a: b\u{A0}c",
            "a: \u{2603}\u{200D}\u{2603}",
            "at: 11:00",
            "says: 'it''s down, ［so］：2'",
            "a: one, ［two］，three",
            "a: &b  |\n  c：1\n  d",
            "text: |\n  a\n\n\u{A0}\u{A0}\n  b",
            "rate: 5/s\n- x: {y: [1, 2]}\n",
        ] {
            assert_eq!(read(text), (text.to_owned(), Vec::new()));
        }
    }

    #[test]
    fn a_merge_conflict_is_told_once_and_its_first_side_is_read() {
        let text = "a: 1\n<<<<<<< HEAD\nb: 2\n||||||| base\nb: 0\n=======\nb: 3\n>>>>>>> other\nc: 4\n";
        check(text, "a: 1\n\nb: 2\n\n\n\n\n\nc: 4\n", (2, 1), "up to line 8");
        assert_eq!(read("a: 1\n=======\n").1, Vec::new());
    }

    #[test]
    fn places_of_a_template_are_told() {
        check("a: {{ .Values.rate }}", "a: x", (1, 4), "filled in `{{ .Values.rate }}`");
        check("a: {b: ${C:-4}, d: 1}", "a: {b: x, d: 1}", (1, 8), "filled in `${C:-4}`");
        check("{{- if .Values.x }}\na: 1", "\na: 1", (1, 1), "filled in `{{- if .Values.x }}`");
        check("  {% if x %}\na: 1", "\na: 1", (1, 3), "filled in");
        let text = "summary: {{ $labels.instance }} is down".to_owned();
        assert!(strays(&Source::new("r.yaml".to_owned(), text), false).is_none());
    }

    #[test]
    fn any_text_can_be_looked_at() {
        for text in [
            "",
            "\n",
            "：",
            "{：",
            "｝",
            "\"",
            "${",
            "{{",
            "{%",
            "- ｛",
            "\u{A0}",
            "<<<<<<<",
            "a: \"\\",
            "'\u{200B}a",
        ] {
            read(text);
        }
    }
}
