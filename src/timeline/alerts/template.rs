//! Labels and annotations with the labels and the value of an alert filled in.
//!
//! Of Go's template language: `{{ $labels.name }}`, `{{ $value }}`, their long forms `.Labels.name` and `.Value`,
//! and `printf`, `humanize`, `humanize1024`, `humanizeDuration` and `humanizePercentage` of the value, before it
//! or behind a `|`. Anything else is a [`TemplateError`].
//!
//! Source: Prometheus 3, `template/template.go`, `rules/alerting.go`.

use super::super::promql::Extent;
use super::number;

/// A text with places to fill in.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

/// Why a template is not taken, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct TemplateError {
    /// The part it is about \[bytes].
    pub extent: Extent,
    /// What is wrong, without a full stop.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Label(String),
    Value(Shape),
}

/// How the value is written.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Plain,
    Humanize,
    Humanize1024,
    Duration,
    Percentage,
    /// Before, conversion (one of `efgG`), digits, behind.
    Printf(String, char, Option<usize>, String),
}

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// If it uses what is not filled in here, or a `{{` is not closed.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut at = 0;
        let mut trims = false;
        while let Some(open) = text[at..].find("{{").map(|found| at + found) {
            let Some(close) = text[open..].find("}}").map(|found| open + found) else {
                let extent = Extent { start: open, end: text.len() };
                let cause = "`{{` is not closed".to_owned();
                return Err(TemplateError { extent, cause, remedy: "write `}}` behind it".to_owned() });
            };
            let mut action = &text[open + 2..close];
            let mut before = &text[at..open];
            if trims {
                before = before.trim_start();
            }
            if let Some(rest) = action.strip_prefix("- ") {
                action = rest;
                before = before.trim_end();
            }
            trims = action.ends_with(" -");
            action = action.strip_suffix(" -").unwrap_or(action);
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let comment = action.trim().starts_with("/*") && action.trim().ends_with("*/");
            if !comment {
                let told = |(cause, remedy): (String, &str)| TemplateError {
                    extent: Extent { start: open, end: close + 2 },
                    cause,
                    remedy: remedy.to_owned(),
                };
                pieces.push(piece(action).map_err(told)?);
            }
            at = close + 2;
        }
        let rest = if trims { text[at..].trim_start() } else { &text[at..] };
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Template { text: text.to_owned(), pieces })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing is filled in.
    pub fn is_plain(&self) -> bool {
        matches!(self.pieces.as_slice(), [] | [Piece::Text(_)]) && !self.text.contains("{{")
    }

    /// Whether it holds the value, and so may differ at each evaluation.
    pub fn holds_value(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Value(_)))
    }

    /// The text for labels and a value.
    pub fn fill<'a>(&self, label: impl Fn(&str) -> &'a str, value: f64) -> String {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Label(name) => filled.push_str(label(name)),
                Piece::Value(shape) => filled.push_str(&shape.of(value)),
            }
        }
        filled
    }
}

impl Shape {
    fn of(&self, value: f64) -> String {
        match self {
            Shape::Plain => number::shortest(value),
            Shape::Humanize => number::humanize(value),
            Shape::Humanize1024 => number::humanize_1024(value),
            Shape::Duration => number::humanize_duration(value),
            Shape::Percentage => format!("{}%", number::significant(value * 100.0, 4)),
            Shape::Printf(before, conversion, digits, behind) => {
                format!("{before}{}{behind}", number::printf(value, *conversion, *digits))
            }
        }
    }
}

type Refusal = (String, &'static str);

const KNOWN: &str = "use `$labels.name`, `$value`, `printf`, `humanize`, `humanize1024`, `humanizeDuration` or \
                     `humanizePercentage`";

/// What stands between `{{` and `}}`.
fn piece(action: &str) -> Result<Piece, Refusal> {
    let stages: Vec<Vec<&str>> =
        split(action, '|').into_iter().map(|stage| split(stage.trim(), ' ')).collect();
    let mut operand: Option<&str> = None;
    let mut shape = Shape::Plain;
    for (index, stage) in stages.iter().enumerate() {
        let (function, arguments) = match stage.as_slice() {
            [only] if index == 0 && is_operand(only) => {
                operand = Some(only);
                continue;
            }
            [] => return Err(("there is nothing between the braces".to_owned(), KNOWN)),
            [function, arguments @ ..] => (*function, arguments),
        };
        if shape != Shape::Plain {
            return Err((format!("`{function}` of a text is not filled in"), KNOWN));
        }
        let (text, rest) = match (function, arguments) {
            ("printf", [text, rest @ ..]) => (Some(*text), rest),
            _ => (None, arguments),
        };
        match (rest, operand) {
            ([given], None) if is_operand(given) => operand = Some(given),
            ([], Some(_)) => {}
            _ => return Err((format!("`{}` is not filled in", action.trim()), KNOWN)),
        }
        shape = match (function, text) {
            ("humanize", _) => Shape::Humanize,
            ("humanize1024", _) => Shape::Humanize1024,
            ("humanizeDuration", _) => Shape::Duration,
            ("humanizePercentage", _) => Shape::Percentage,
            ("printf", Some(text)) => printf(text)?,
            _ => return Err((format!("`{function}` is not filled in"), KNOWN)),
        };
    }
    match operand {
        Some("$value" | ".Value") => Ok(Piece::Value(shape)),
        Some(label) if shape == Shape::Plain => {
            let name = label.rsplit('.').next().unwrap_or_default();
            Ok(Piece::Label(name.to_owned()))
        }
        _ => Err((format!("`{}` is not filled in", action.trim()), KNOWN)),
    }
}

fn is_operand(word: &str) -> bool {
    let name = word.strip_prefix("$labels.").or_else(|| word.strip_prefix(".Labels."));
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    matches!(word, "$value" | ".Value") || name.is_some_and(is_name)
}

/// A text in quotes with one conversion of a number.
fn printf(text: &str) -> Result<Shape, Refusal> {
    let refused = || (format!("`printf {text}` is not filled in"), "write one conversion such as `%.2f`");
    let inner = ['"', '`'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    let (before, rest) = inner.ok_or_else(refused)?.split_once('%').ok_or_else(refused)?;
    let conversion = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(refused)?;
    let (width, rest) = rest.split_at(conversion);
    let kind = rest.chars().next().filter(|c| "efgGv".contains(*c)).ok_or_else(refused)?;
    let behind = &rest[1..];
    let digits = match width.strip_prefix('.') {
        Some(digits) => Some(digits.parse().ok().filter(|digits| *digits <= 30).ok_or_else(refused)?),
        None if width.is_empty() => None,
        None => return Err(refused()),
    };
    let percent = |text: &str| text.replace("%%", "%");
    if behind.replace("%%", "").contains('%') || inner.is_some_and(|inner| inner.contains('\\')) {
        return Err(refused());
    }
    Ok(Shape::Printf(percent(before), kind, digits, percent(behind)))
}

/// Splits outside of quotes, without empty parts.
fn split(text: &str, at: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (index, c) in text.char_indices() {
        if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && matches!(c, '"' | '`') {
            quote = Some(c);
        } else if quote.is_none() && c == at {
            parts.push(&text[start..index]);
            start = index + c.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, value: f64, expected: &str) {
        let template = Template::parse(text).unwrap();
        let label = |name: &str| if name == "job" { "shop" } else { "" };
        assert_eq!(template.fill(label, value), expected, "{text}");
    }

    #[test]
    fn templates_are_filled() {
        check("plain", 0.0, "plain");
        check("{{ $labels.job }} at {{$value}}", 0.25, "shop at 0.25");
        check("{{ .Labels.absent }}|{{ .Value }}", 1e21, "|1e+21");
        check("a {{- $value -}} b", 3.0, "a3b");
        check("{{ $value | humanizePercentage }}", 0.0512, "5.12%");
        check("{{ humanize $value }}", 123_456.0, "123.5k");
        check("{{ $value | printf \"%.1f%%\" }} {{ printf `x %.2e` $value }}", 12.345, "12.3% x 1.23e+01");
        check("{{/* why */}}x", 0.0, "x");
    }

    #[test]
    fn what_is_not_filled_in_has_a_place() {
        for (text, marked) in [
            ("a {{ query \"up\" }}", "{{ query \"up\" }}"),
            ("{{ $labels.a | toUpper }}", "{{ $labels.a | toUpper }}"),
            ("{{ if $value }}", "{{ if $value }}"),
            ("{{ $value", "{{ $value"),
            ("{{ }}", "{{ }}"),
            ("{{ $labels }}", "{{ $labels }}"),
            ("{{ printf \"%d\" $value }}", "{{ printf \"%d\" $value }}"),
        ] {
            let error = Template::parse(text).unwrap_err();
            assert_eq!(&text[error.extent.start..error.extent.end], marked, "{error}");
        }
    }
}
