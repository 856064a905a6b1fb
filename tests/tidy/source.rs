//! Just enough of Rust's grammar: words and signs without comments and literals, and the paths among them.

/// A word or a sign of the source; a literal is the empty word.
#[derive(Debug)]
pub(crate) struct Token {
    /// The word, the sign, or `::`.
    pub(crate) text: String,
    /// Counted from one.
    pub(crate) line: usize,
}

/// A path such as `crate::units::Span`; an import with braces is several.
#[derive(Debug)]
pub(crate) struct Path {
    /// What stands between the `::`.
    pub(crate) segments: Vec<String>,
    /// How many `mod x { … }` it stands in.
    pub(crate) depth: usize,
    /// Counted from one.
    pub(crate) line: usize,
}

/// Splits source into tokens; comments and the content of literals are gone.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut rest = source;
    let mut line = 1;
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (length, text) = next(rest, first);
        if let Some(text) = text {
            tokens.push(Token { text, line });
        }
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

/// The length of what comes first, and its token if it is one.
fn next(rest: &str, first: char) -> (usize, Option<String>) {
    let literal = |length| (length, Some(String::new()));
    if first.is_whitespace() {
        (first.len_utf8(), None)
    } else if rest.starts_with("//") {
        (rest.find('\n').unwrap_or(rest.len()), None)
    } else if rest.starts_with("/*") {
        (block_comment(rest), None)
    } else if rest.starts_with("::") {
        (2, Some("::".to_owned()))
    } else if first == '"' {
        literal(quoted(rest, '"'))
    } else if first == '\'' {
        match character(rest) {
            Some(length) => literal(length),
            None => (1, Some("'".to_owned())),
        }
    } else if first.is_alphanumeric() || first == '_' {
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let after = &rest[word..];
        let prefix = matches!(&rest[..word], "b" | "c" | "r" | "br" | "cr");
        let hashes = after.len() - after.trim_start_matches('#').len();
        if prefix && after[hashes..].starts_with('"') && (hashes > 0 || rest[..word].ends_with('r')) {
            literal(word + raw(after, hashes))
        } else if prefix && after.starts_with('"') {
            literal(word + quoted(after, '"'))
        } else if &rest[..word] == "b" && after.starts_with('\'') {
            literal(word + quoted(after, '\''))
        } else {
            (word, Some(rest[..word].to_owned()))
        }
    } else {
        (first.len_utf8(), Some(first.to_string()))
    }
}

fn block_comment(rest: &str) -> usize {
    let mut open = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            open += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            open -= 1;
            at += 2;
            if open == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of a literal with escapes, quotes included.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if !escaped && c == quote {
            return at + 1;
        }
        escaped = !escaped && c == '\\';
    }
    rest.len()
}

fn raw(after: &str, hashes: usize) -> usize {
    let end = format!("\"{}", "#".repeat(hashes));
    let start = hashes + 1;
    after[start..].find(&end).map_or(after.len(), |at| start + at + end.len())
}

/// The length of a character literal; `None` for a lifetime.
fn character(rest: &str) -> Option<usize> {
    let mut inner = rest[1..].chars();
    match inner.next()? {
        '\\' => Some(quoted(rest, '\'')),
        c if inner.next() == Some('\'') => Some(2 + c.len_utf8()),
        _ => None,
    }
}

/// Every path of two segments or more.
pub(crate) fn paths(tokens: &[Token]) -> Vec<Path> {
    let mut found = Vec::new();
    let mut braces = 0;
    let mut modules: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        let starts = is_word(token) && text(tokens, at + 1) == "::";
        if token.text == "{" {
            braces += 1;
            if at >= 2 && tokens[at - 2].text == "mod" {
                modules.push(braces);
            }
        } else if token.text == "}" {
            if modules.last() == Some(&braces) {
                modules.pop();
            }
            braces = braces.saturating_sub(1);
        }
        at = if starts { branch(tokens, at, &[], modules.len(), &mut found) } else { at + 1 };
    }
    found
}

/// Reads one branch of an import tree, or a plain path; returns where it ends.
fn branch(tokens: &[Token], start: usize, before: &[String], depth: usize, found: &mut Vec<Path>) -> usize {
    let mut segments = before.to_vec();
    let mut at = start;
    loop {
        match text(tokens, at) {
            "{" => {
                at += 1;
                while !matches!(text(tokens, at), "}" | "") || is_literal(tokens, at) {
                    let after = branch(tokens, at, &segments, depth, found);
                    at = after.max(at + 1);
                    while !matches!(text(tokens, at), "," | "}" | "") {
                        at += 1;
                    }
                    at += usize::from(text(tokens, at) == ",");
                }
                return at + 1;
            }
            word if word == "*" || tokens.get(at).is_some_and(is_word) => segments.push(word.to_owned()),
            _ => break,
        }
        at += 1;
        if text(tokens, at) != "::" {
            break;
        }
        at += 1;
    }
    if segments.len() > 1 {
        found.push(Path { segments, depth, line: tokens[start].line });
    }
    at
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

fn is_literal(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| token.text.is_empty())
}

fn is_word(token: &Token) -> bool {
    token.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Whether these tokens follow one another somewhere; gives the lines where they start.
pub(crate) fn find(tokens: &[Token], wanted: &[&str]) -> Vec<usize> {
    let window = tokens.windows(wanted.len());
    let hits = window.filter(|window| window.iter().zip(wanted).all(|(token, text)| token.text == *text));
    hits.map(|window| window[0].line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &[&str]) {
        let paths = paths(&tokens(source));
        let shown: Vec<String> = paths.iter().map(|path| path.segments.join("::")).collect();
        assert_eq!(shown, expected, "of {source}");
    }

    #[test]
    fn comments_and_literals_are_skipped() {
        check("// a::b\n/* c::d /* e::f */ */ g::h", &["g::h"]);
        check(r####"let _ = ("a::b \" c::d", r#"e::"f"#, b'"', '"', '\'', br"x::y"); g::h"####, &["g::h"]);
        check("fn f<'a>(x: &'a str) -> g::h<'a> {}", &["g::h"]);
    }

    #[test]
    fn imports_with_braces_are_several_paths() {
        check(
            "use crate::{units::{Span, Rate as R}, policy::*, engine};",
            &["crate::units::Span", "crate::units::Rate", "crate::policy::*", "crate::engine"],
        );
        check("pub(crate) use std::io::{self, Write};", &["std::io::self", "std::io::Write"]);
        check("let x = Vec::<crate::a::B>::new();", &["crate::a::B"]);
    }

    #[test]
    fn a_path_knows_its_line_and_the_modules_around_it() {
        let source = "a::b;\nmod tests {\n    fn f() { super::super::x::Y }\n}\nc::d";
        let found: Vec<(usize, usize)> =
            paths(&tokens(source)).iter().map(|path| (path.line, path.depth)).collect();
        assert_eq!(found, [(1, 0), (3, 1), (5, 0)]);
    }

    #[test]
    fn sequences_are_found_by_line() {
        assert_eq!(find(&tokens("a\n#[ignore]\nfn f() {}"), &["#", "[", "ignore"]), [2]);
    }
}
