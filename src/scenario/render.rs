//! Diagnostics as text for people. The only place that knows the drawing library.

use std::fmt::{self, Write as _};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};

use super::diagnostic::{Diagnostic, count, severity_name};
use crate::component::Severity;

/// Draws diagnostics, each with its source line, cause and remedy, at most `width` columns wide.
pub fn render(diagnostics: &[Diagnostic], colour: bool, width: usize) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        header(&mut out, diagnostic, colour, width);
        let labelled = snippet(&mut out, diagnostic, colour, width);
        if !labelled {
            indented(&mut out, &diagnostic.label, width);
        }
        for place in &diagnostic.related {
            let at = format!("{}:{}:{}: {}", place.file, place.line, place.column, place.text);
            indented(&mut out, &at, width);
        }
        indented(&mut out, &diagnostic.remedy, width);
        out.push('\n');
    }
    out
}

/// The closing line, such as `2 errors, 1 warning in 3 files. Nothing was run.`
pub fn summary(diagnostics: &[Diagnostic], files: usize) -> String {
    let (errors, warnings) = count(diagnostics);
    let found = match (errors, warnings) {
        (0, 0) => "No mistakes".to_owned(),
        (0, warnings) => counted(warnings, "warning"),
        (errors, 0) => counted(errors, "error"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    let end = if errors > 0 { " Nothing was run." } else { "" };
    format!("{found} in {}.{end}", counted(files, "file"))
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn header(out: &mut String, diagnostic: &Diagnostic, colour: bool, width: usize) {
    let name = severity_name(diagnostic.severity);
    let (on, bold, off) = match (colour, diagnostic.severity) {
        (false, _) => ("", "", ""),
        (true, Severity::Error) => ("\x1b[31;1m", "\x1b[1m", "\x1b[0m"),
        (true, Severity::Warning) => ("\x1b[33;1m", "\x1b[1m", "\x1b[0m"),
    };
    let code = diagnostic.printed_code();
    let lead = name.len() + code.len() + 4;
    let cause = wrapped(&diagnostic.cause, lead, 3, width);
    let _ = writeln!(out, "{on}{name}[{code}]{off}{bold}: {cause}{off}");
}

/// Draws the source line, and says whether the label fitted below it.
fn snippet(out: &mut String, diagnostic: &Diagnostic, colour: bool, width: usize) -> bool {
    if diagnostic.line == 0 {
        let _ = writeln!(out, "   in {}", diagnostic.file);
        return false;
    }
    let snippet = Snippet::new(diagnostic, width);
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        .with_context_lines(1)
        .with_links(false)
        .without_syntax_highlighting();
    let mut drawn = String::new();
    // Whatever the library draws besides the snippet is ours to say.
    if handler.render_report(&mut drawn, &snippet).is_ok() && drawn.contains('╭') {
        let lines = drawn.lines().skip_while(|line| !line.contains('╭'));
        lines.for_each(|line| {
            let _ = writeln!(out, "{}", line.trim_end());
        });
    } else {
        let _ = writeln!(out, "   in {}:{}:{}", diagnostic.file, diagnostic.line, diagnostic.column);
        return false;
    }
    snippet.label.is_some()
}

fn indented(out: &mut String, text: &str, width: usize) {
    if !text.is_empty() {
        let _ = writeln!(out, "   {}", wrapped(text, 3, 3, width));
    }
}

/// Breaks a text that starts in column `column` into lines, the further ones indented.
fn wrapped(text: &str, mut column: usize, indent: usize, width: usize) -> String {
    let mut out = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if !out.is_empty() && column + 1 + length > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if !out.is_empty() {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

/// The source line, cut to what fits around the mistake.
#[derive(Debug)]
struct Snippet<'a> {
    diagnostic: &'a Diagnostic,
    text: String,
    span: SourceSpan,
    /// What to draw below it, if there is room.
    label: Option<String>,
}

impl<'a> Snippet<'a> {
    fn new(diagnostic: &'a Diagnostic, width: usize) -> Snippet<'a> {
        const GUTTER: usize = 12;
        const LEAST: usize = 20;
        let room = width.saturating_sub(GUTTER).max(LEAST);
        let line: Vec<char> = diagnostic.source_line.chars().collect();
        let start = diagnostic.column.saturating_sub(diagnostic.source_line_column) as usize;
        let skipped = if line.len() <= room || start < room / 2 { 0 } else { start - room / 2 };
        let mut text: String =
            if skipped > 0 || diagnostic.source_line_column > 1 { "…" } else { "" }.to_owned();
        let lead = text.chars().count();
        text.extend(line.iter().skip(skipped).take(room));
        if line.len() > skipped + room {
            text.push('…');
        }
        if text.is_empty() {
            text.push(' ');
        }
        let byte = |chars: usize| text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
        let from = byte(lead + start - skipped);
        let to = byte(lead + start - skipped + diagnostic.length as usize);
        let span = SourceSpan::from((from, to - from));
        let end = lead + start - skipped + (diagnostic.length as usize).div_ceil(2) + 4;
        let fits = end + diagnostic.label.chars().count() <= room;
        let label = (fits && !diagnostic.label.is_empty()).then(|| diagnostic.label.clone());
        Snippet { diagnostic, text, span, label }
    }
}

impl fmt::Display for Snippet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.cause)
    }
}

impl std::error::Error for Snippet<'_> {}

impl miette::Diagnostic for Snippet<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(self.label.clone(), self.span))))
    }
}

impl SourceCode for Snippet<'_> {
    fn read_span<'a>(
        &'a self,
        _span: &SourceSpan,
        context_lines_before: usize,
        _context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Without context the library asks for the numbers it prints beside the file's name.
        let column = if context_lines_before == 0 { self.diagnostic.column.saturating_sub(1) } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.diagnostic.file.clone(),
            self.text.as_bytes(),
            SourceSpan::from((0, self.text.len())),
            (self.diagnostic.line as usize).saturating_sub(1),
            column as usize,
            1,
        )))
    }
}
