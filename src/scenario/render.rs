//! Diagnostics as text for people. The only place that knows the drawing library.

use std::fmt::{self, Write as _};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};

use super::diagnostic::{Diagnostic, severity_name};
use crate::component::Severity;

/// Draws diagnostics, each with its source line, cause and remedy, at most `width` columns wide.
pub fn render(diagnostics: &[Diagnostic], colour: bool, width: usize) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        header(&mut out, diagnostic, colour);
        snippet(&mut out, diagnostic, colour, width);
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
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = diagnostics.len() - errors;
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

fn header(out: &mut String, diagnostic: &Diagnostic, colour: bool) {
    let name = severity_name(diagnostic.severity);
    let (on, bold, off) = match (colour, diagnostic.severity) {
        (false, _) => ("", "", ""),
        (true, Severity::Error) => ("\x1b[31;1m", "\x1b[1m", "\x1b[0m"),
        (true, Severity::Warning) => ("\x1b[33;1m", "\x1b[1m", "\x1b[0m"),
    };
    let code = diagnostic.printed_code();
    let _ = writeln!(out, "{on}{name}[{code}]{off}{bold}: {}{off}", diagnostic.cause);
}

fn snippet(out: &mut String, diagnostic: &Diagnostic, colour: bool, width: usize) {
    if diagnostic.line == 0 {
        let _ = writeln!(out, "   in {}", diagnostic.file);
        return;
    }
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        .with_context_lines(1)
        .with_links(false)
        .without_syntax_highlighting();
    let mut drawn = String::new();
    // Whatever the library draws besides the snippet is ours to say.
    if handler.render_report(&mut drawn, &Snippet(diagnostic)).is_ok() && drawn.contains('╭') {
        let lines = drawn.lines().skip_while(|line| !line.contains('╭'));
        lines.for_each(|line| {
            let _ = writeln!(out, "{}", line.trim_end());
        });
    } else {
        let _ = writeln!(out, "   in {}:{}:{}", diagnostic.file, diagnostic.line, diagnostic.column);
    }
}

fn indented(out: &mut String, text: &str, width: usize) {
    let mut column = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        }
        out.push_str(if column == 0 { "   " } else { " " });
        out.push_str(word);
        column += length + if column == 0 { 3 } else { 1 };
    }
    if column > 0 {
        out.push('\n');
    }
}

#[derive(Debug)]
struct Snippet<'a>(&'a Diagnostic);

impl Snippet<'_> {
    /// The marked bytes of the shown line.
    fn span(&self) -> SourceSpan {
        let line = &self.0.source_line;
        let skipped = self.0.column.saturating_sub(self.0.source_line_column) as usize;
        let byte = |chars: usize| line.char_indices().nth(chars).map_or(line.len(), |(at, _)| at);
        let start = byte(skipped);
        let end = byte(skipped + self.0.length as usize);
        SourceSpan::from((start, end - start))
    }
}

impl fmt::Display for Snippet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.cause)
    }
}

impl std::error::Error for Snippet<'_> {}

impl miette::Diagnostic for Snippet<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = (!self.0.label.is_empty()).then(|| self.0.label.clone());
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(label, self.span()))))
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
        let column = if context_lines_before == 0 { self.0.column.saturating_sub(1) } else { 0 };
        let text = if self.0.source_line.is_empty() { " " } else { self.0.source_line.as_str() };
        Ok(Box::new(MietteSpanContents::new_named(
            self.0.file.clone(),
            text.as_bytes(),
            SourceSpan::from((0, text.len())),
            self.0.line as usize - 1,
            column as usize,
            1,
        )))
    }
}
