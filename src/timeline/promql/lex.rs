//! An expression's text → words, numbers and signs with their places.
//!
//! Source: Prometheus 3, `promql/parser/lex.go`.

use super::error::{Extent, PromqlError};

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name of a metric, label, function or operator.
    Word(String),
    /// A number, its value, and whether it was written as a length of time.
    Number(f64),
    /// A length of time \[ms]; also a number of seconds.
    Duration(i64),
    /// A text in quotes, without them.
    Text(String),
    /// An operator, bracket or comma.
    Sign(&'static str),
    /// The end.
    End,
}

/// A token with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) extent: Extent,
}

/// Longest first, so that `==` is not read as `=` twice.
const SIGNS: [&str; 24] = [
    "==", "!=", "=~", "!~", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "^", "(", ")", "{", "}", "[",
    "]", ",", ":", "@",
];

/// Splits an expression.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, PromqlError> {
    let mut lexer = Lexer { text, at: 0, bracket: false, out: Vec::new() };
    while lexer.next()? {}
    let end = Extent::new(text.len(), text.len());
    lexer.out.push(Placed { token: Token::End, extent: end });
    Ok(lexer.out)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Whether a `[` is open: there a colon parts range and step, and belongs to no name.
    bracket: bool,
    out: Vec<Placed>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn push(&mut self, token: Token, length: usize) {
        self.out.push(Placed { token, extent: Extent::new(self.at, self.at + length) });
        self.at += length;
    }

    fn next(&mut self) -> Result<bool, PromqlError> {
        let blank = self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.at += blank;
        let Some(first) = self.rest().chars().next() else { return Ok(false) };
        if first == '#' {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        } else if matches!(first, '"' | '\'' | '`') {
            self.quoted(first)?;
        } else if first.is_ascii_digit()
            || (first == '.' && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            self.number()?;
        } else if is_word_start(first) || (first == ':' && !self.bracket) {
            let bracket = self.bracket;
            let length = self
                .rest()
                .find(|c: char| !(is_word_start(c) || c.is_ascii_digit() || (c == ':' && !bracket)))
                .unwrap_or(self.rest().len());
            let word = self.rest()[..length].to_owned();
            self.push(Token::Word(word), length);
        } else if let Some(sign) = SIGNS.iter().find(|sign| self.rest().starts_with(**sign)) {
            match *sign {
                "[" => self.bracket = true,
                "]" => self.bracket = false,
                _ => {}
            }
            self.push(Token::Sign(sign), sign.len());
        } else {
            let extent = Extent::new(self.at, self.at + first.len_utf8());
            let remedy = match first {
                '!' => "write `!=` or `!~`",
                '&' | '|' => "write `and`, `or` or `unless`",
                '“' | '”' | '„' | '‘' | '’' => "write plain quotes",
                _ => "remove it",
            };
            return Err(PromqlError::syntax(extent, format!("`{first}` has no meaning here"), remedy));
        }
        Ok(true)
    }

    fn quoted(&mut self, quote: char) -> Result<(), PromqlError> {
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        let start = self.at;
        let open = || {
            let extent = Extent::new(start, self.text.len());
            PromqlError::syntax(extent, "the text has no closing quote", format!("end it with `{quote}`"))
        };
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.push(Token::Text(text), at + 1);
                return Ok(());
            }
            if c == '\n' && quote != '`' {
                break;
            }
            if c != '\\' || quote == '`' {
                text.push(c);
                continue;
            }
            let Some((_, escape)) = chars.next() else { break };
            let hex = |digits: usize, chars: &mut dyn Iterator<Item = (usize, char)>| {
                let code: String = chars.take(digits).map(|(_, c)| c).collect();
                if code.len() == digits {
                    u32::from_str_radix(&code, 16).ok().and_then(char::from_u32)
                } else {
                    None
                }
            };
            let read = match escape {
                'a' => Some('\u{7}'),
                'b' => Some('\u{8}'),
                'f' => Some('\u{C}'),
                'n' => Some('\n'),
                'r' => Some('\r'),
                't' => Some('\t'),
                'v' => Some('\u{B}'),
                '\\' => Some('\\'),
                c if c == quote => Some(c),
                'x' => hex(2, &mut chars).filter(char::is_ascii),
                'u' => hex(4, &mut chars),
                'U' => hex(8, &mut chars),
                _ => None,
            };
            let Some(read) = read else {
                let extent = Extent::new(start + at, start + at + 1 + escape.len_utf8());
                let cause = format!("`\\{escape}` is no escape of a text");
                return Err(PromqlError::syntax(
                    extent,
                    cause,
                    "write `\\\\` for a backslash, or use `…` quotes",
                ));
            };
            text.push(read);
        }
        Err(open())
    }

    fn number(&mut self) -> Result<(), PromqlError> {
        let length = self.number_length();
        let written = &self.rest()[..length];
        let extent = Extent::new(self.at, self.at + length);
        let token = match read_number(written) {
            Some(number) => Token::Number(number),
            None => Token::Duration(read_duration(written).ok_or_else(|| {
                let cause = format!("`{written}` is neither a number nor a length of time");
                PromqlError::syntax(
                    extent,
                    cause,
                    "write a number such as `0.05`, or a time such as `5m` or `1h30m`",
                )
            })?),
        };
        self.push(token, length);
        Ok(())
    }

    /// Digits, letters and points, and the sign of an exponent.
    fn number_length(&self) -> usize {
        let hex = self.rest().starts_with("0x") || self.rest().starts_with("0X");
        let mut before = ' ';
        for (at, c) in self.rest().char_indices() {
            let exponent = !hex && matches!(before, 'e' | 'E') && matches!(c, '+' | '-');
            if !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_') || exponent) {
                return at;
            }
            before = c;
        }
        self.rest().len()
    }
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

/// Reads a number as Go does: hexadecimal, octal with a leading 0, `_` between digits, an exponent.
pub(super) fn read_number(written: &str) -> Option<f64> {
    let plain = written.replace('_', "");
    if written.starts_with('_') || written.ends_with('_') || written.contains("__") {
        return None;
    }
    let lower = plain.to_ascii_lowercase();
    if let Some(hex) = lower.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok().map(|number| number as f64);
    }
    if lower.len() > 1 && lower.starts_with('0') && lower.chars().all(|c| ('0'..='7').contains(&c)) {
        return i64::from_str_radix(&lower, 8).ok().map(|number| number as f64);
    }
    // Rust reads words such as `infinity` here as well; those are not numbers in this place.
    if !lower.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | '+' | '-')) {
        return None;
    }
    lower.parse().ok()
}

/// Reads a length of time such as `1h30m` \[ms], units from large to small, each at most once.
pub fn read_duration(written: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 7] = [
        ("y", 365 * 86_400_000),
        ("w", 7 * 86_400_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    if written == "0" {
        return Some(0);
    }
    let mut rest = written;
    let mut left = UNITS.as_slice();
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let place = left.iter().position(|(unit, _)| *unit == &rest[..letters])?;
        total = total.checked_add(number.checked_mul(left[place].1)?)?;
        left = &left[place + 1..];
        rest = &rest[letters..];
    }
    // What Go's lengths of time can hold.
    (!written.is_empty() && total <= i64::MAX / 1_000_000).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[Token]) {
        let found: Vec<Token> = tokens(text).unwrap().into_iter().map(|placed| placed.token).collect();
        assert_eq!(found[..found.len() - 1], *expected, "{text}");
    }

    fn word(text: &str) -> Token {
        Token::Word(text.to_owned())
    }

    #[test]
    fn expressions_are_split() {
        use Token::{Duration, Number, Sign, Text};
        check("job:up:rate5m # all", &[word("job:up:rate5m")]);
        check(
            "x[5m:30s]",
            &[word("x"), Sign("["), Duration(300_000), Sign(":"), Duration(30_000), Sign("]")],
        );
        check("1e-3 .5 0x1F 017 1_000", &[0.001, 0.5, 31.0, 15.0, 1000.0].map(Number));
        check("a!~'x\\n' >= b", &[word("a"), Sign("!~"), Text("x\n".into()), Sign(">="), word("b")]);
        check("`\\d` \"\\u00e9\"", &[Text("\\d".into()), Text("é".into())]);
        check("1h30m 90s", &[Duration(5_400_000), Duration(90_000)]);
    }

    #[test]
    fn what_cannot_be_split_has_a_place() {
        for (text, start, end) in [
            ("a && b", 2, 3),
            ("a{b=\"c}", 4, 7),
            ("x > 5q", 4, 6),
            ("'\\d'", 1, 3),
            ("5m1h", 0, 4),
            ("“", 0, 3),
        ] {
            let error = tokens(text).unwrap_err();
            assert_eq!(error.extent, Extent::new(start, end), "{text}: {error}");
        }
    }

    #[test]
    fn lengths_of_time_are_read() {
        assert_eq!(
            read_duration("1y2w3d4h5m6s7ms"),
            Some(31_536_000_000 + 1_209_600_000 + 259_200_000 + 14_706_007)
        );
        assert_eq!(read_duration("0"), Some(0));
        for bad in ["", "5", "m", "5m5m", "1s1m", "1.5m", "99999999999y", "5M"] {
            assert_eq!(read_duration(bad), None, "{bad}");
        }
    }
}
