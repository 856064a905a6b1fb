//! Matchers of an Alertmanager's configuration: `match`, `match_re` and `matchers`.
//!
//! Source: Alertmanager 0.34, `pkg/labels/parse.go`, `matcher/parse`, `config/common/matchers.go`.

use super::fields::Reader;
use super::inside::place;
use crate::scenario::code::Code;
use crate::scenario::node::Node;
use crate::timeline::promql::Extent;
use crate::timeline::{Comparison, Matcher};

/// The keys of the three ways to write matchers.
pub(super) struct Keys {
    pub(super) equal: &'static str,
    pub(super) pattern: &'static str,
    pub(super) list: &'static str,
}

impl Reader<'_> {
    /// All matchers of a mapping.
    pub(super) fn matchers(&mut self, node: &Node, keys: &Keys) -> Vec<Matcher> {
        let mut matchers = Vec::new();
        for (key, comparison) in [(keys.equal, Comparison::Equal), (keys.pattern, Comparison::Matches)] {
            for (entry, text) in self.texts(node, key) {
                match Matcher::new(&entry.key, comparison, text) {
                    Ok(matcher) => matchers.push(matcher),
                    Err(error) => {
                        let remedy = "mend the pattern";
                        self.report(entry.value.mark, Code::Matcher, &error.to_string(), remedy);
                    }
                }
            }
        }
        let lines: Vec<&Node> = self.list(node, keys.list).iter().collect();
        for line in lines {
            let Some(scalar) = line.scalar() else {
                let remedy = "write each matcher as a text, like `- severity=\"critical\"`";
                self.report(line.mark, Code::Matcher, "a matcher has to be a text", remedy);
                continue;
            };
            match read(&scalar.text) {
                Ok(read) => matchers.extend(read),
                Err((extent, cause)) => {
                    let mark = place(self.source, line, extent);
                    let remedy = "write a label, one of `=`, `!=`, `=~` and `!~`, and a value, like \
                                  `severity=\"critical\"`";
                    self.report(mark, Code::Matcher, &cause, remedy);
                }
            }
        }
        matchers
    }
}

type Refusal = (Extent, String);

/// Reads matchers parted by commas, with or without braces around them.
pub(super) fn read(text: &str) -> Result<Vec<Matcher>, Refusal> {
    let open = text.len() - text.trim_start().len();
    let inner = text.trim();
    let (inner, open) = inner.strip_prefix('{').map_or((inner, open), |inner| (inner, open + 1));
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    let mut matchers = Vec::new();
    for (start, part) in parts(inner) {
        let blank = part.len() - part.trim_start().len();
        let part = part.trim();
        let last = start + part.len() + blank >= inner.trim_end().len();
        if part.is_empty() && last && !matchers.is_empty() {
            break;
        }
        let start = open + start + blank;
        let extent = Extent { start, end: start + part.len() };
        matchers.push(one(part).map_err(|cause| (extent, cause))?);
    }
    Ok(matchers)
}

/// Parts between commas outside of quotes, with their places.
fn parts(text: &str) -> Vec<(usize, &str)> {
    let (mut quoted, mut escaped, mut start) = (false, false, 0);
    let mut parts = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            ',' if !quoted => {
                parts.push((start, &text[start..at]));
                start = at + 1;
            }
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push((start, &text[start..]));
    parts
}

fn one(text: &str) -> Result<Matcher, String> {
    let told = || format!("`{text}` is not a matcher");
    let (name, rest) = match text.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        Some((name, rest)) => (name, rest.trim_start()),
        None => {
            let end = text.find(['=', '!', '~']).ok_or_else(told)?;
            (text[..end].trim_end(), &text[end..])
        }
    };
    if name.is_empty() || name.contains(['{', '}', ',', '"', '\'', '`', '\\', ' ', '\t', '\n']) {
        return Err(told());
    }
    let signs = [
        ("=~", Comparison::Matches),
        ("!~", Comparison::MatchesNot),
        ("!=", Comparison::NotEqual),
        ("=", Comparison::Equal),
    ];
    let (value, comparison) = signs
        .into_iter()
        .find_map(|(sign, comparison)| rest.strip_prefix(sign).map(|rest| (rest.trim(), comparison)))
        .ok_or_else(told)?;
    let value =
        unquoted(value).ok_or_else(|| format!("the value of `{text}` has a quote too many or too few"))?;
    Matcher::new(name, comparison, &value).map_err(|error| error.to_string())
}

/// A value without its quotes and escapes.
fn unquoted(written: &str) -> Option<String> {
    let inner = written.strip_prefix('"');
    let mut value = String::new();
    let mut chars = inner.unwrap_or(written).chars().peekable();
    let mut open = inner.is_some();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some(c @ ('"' | '\\')) => value.push(c),
                Some(c) => value.extend(['\\', c]),
                None => value.push('\\'),
            },
            '"' if open && chars.peek().is_none() => open = false,
            '"' => return None,
            c => value.push(c),
        }
    }
    (!open).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let read: Vec<String> = read(text).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn matchers_are_read_as_alertmanager_reads_them() {
        check("severity=critical", &["severity=\"critical\""]);
        check(" severity =~ \"a|b\" ", &["severity=~\"a|b\""]);
        check("{a=\"x,y\", b!=z,}", &["a=\"x,y\"", "b!=\"z\""]);
        check("a!~\"\\\"q\\\"\"", &["a!~\"\\\"q\\\"\""]);
        check("a=", &["a=\"\""]);
        check("\"a.b\"=\"c\"", &["a.b=\"c\""]);
    }

    #[test]
    fn what_is_none_has_a_place() {
        for (text, marked) in
            [("a", "a"), ("a=b, c", "c"), ("a=\"b", "a=\"b"), ("a=~\"(\"", "a=~\"(\""), ("=x", "=x")]
        {
            let (extent, _) = read(text).unwrap_err();
            assert_eq!(&text[extent.start..extent.end], marked, "{text}");
        }
    }
}
