//! An expression's text → its tree.
//!
//! Source: Prometheus 3, `promql/parser/generated_parser.y`: strengths of operators, where modifiers may stand.

use super::super::matcher::{Comparison, Matcher};
use super::ast::{
    Aggregation, Aggregator, Binary, Cardinality, Kind, Matching, Operator, Part, Selection, Subquery,
};
use super::error::{Extent, PromqlError};
use super::function::{Function, names};
use super::lex::{Placed, Token, tokens};

/// Most levels of nesting.
const DEEPEST: u32 = 50;
/// Most operators of one expression: a chain of them makes a tree as deep as it is long.
const MOST_OPERATORS: u32 = 250;
const NS_PER_MS: i64 = 1_000_000;

/// Reads an expression.
///
/// # Errors
/// The first mistake.
pub(super) fn parse(text: &str) -> Result<Part, PromqlError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, operators: 0 };
    if parser.peek() == &Token::End {
        let cause = "the expression is empty";
        return Err(PromqlError::syntax(parser.here(), cause, "write a comparison such as `up == 0`"));
    }
    let part = parser.binary(1)?;
    if parser.peek() != &Token::End {
        return Err(parser.unexpected("an operator or the end"));
    }
    Ok(part)
}

struct Parser {
    tokens: Vec<Placed>,
    at: usize,
    depth: u32,
    operators: u32,
}

fn operator(token: &Token) -> Option<Operator> {
    Some(match token {
        Token::Sign(sign) => match *sign {
            "+" => Operator::Add,
            "-" => Operator::Sub,
            "*" => Operator::Mul,
            "/" => Operator::Div,
            "%" => Operator::Mod,
            "^" => Operator::Pow,
            "==" => Operator::Eq,
            "!=" => Operator::Ne,
            ">" => Operator::Gt,
            "<" => Operator::Lt,
            ">=" => Operator::Ge,
            "<=" => Operator::Le,
            _ => return None,
        },
        Token::Word(word) => match word.to_ascii_lowercase().as_str() {
            "and" => Operator::And,
            "or" => Operator::Or,
            "unless" => Operator::Unless,
            "atan2" => Operator::Atan2,
            _ => return None,
        },
        Token::Number(_) | Token::Duration(_) | Token::Text(_) | Token::End => return None,
    })
}

fn aggregator(word: &str) -> Option<Aggregator> {
    Some(match word.to_ascii_lowercase().as_str() {
        "sum" => Aggregator::Sum,
        "avg" => Aggregator::Avg,
        "min" => Aggregator::Min,
        "max" => Aggregator::Max,
        "count" => Aggregator::Count,
        "group" => Aggregator::Group,
        "stddev" => Aggregator::Stddev,
        "stdvar" => Aggregator::Stdvar,
        "quantile" => Aggregator::Quantile,
        "topk" => Aggregator::Topk,
        "bottomk" => Aggregator::Bottomk,
        _ => return None,
    })
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].token
    }

    fn ahead(&self, by: usize) -> &Token {
        self.tokens.get(self.at + by).map_or(&Token::End, |placed| &placed.token)
    }

    fn here(&self) -> Extent {
        self.tokens[self.at].extent
    }

    fn before(&self) -> Extent {
        self.tokens[self.at.saturating_sub(1)].extent
    }

    fn step(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(found) if *found == sign)
    }

    /// Whether the next token is one of these words, in any case.
    fn is_word(&self, words: &[&str]) -> bool {
        matches!(self.peek(), Token::Word(word) if words.iter().any(|known| word.eq_ignore_ascii_case(known)))
    }

    fn take(&mut self, sign: &str) -> bool {
        let there = self.is_sign(sign);
        if there {
            self.step();
        }
        there
    }

    fn expect(&mut self, sign: &str) -> Result<(), PromqlError> {
        if self.take(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> PromqlError {
        let found = match self.peek() {
            Token::Word(word) => format!("`{word}`"),
            Token::Number(number) => format!("the number {number}"),
            Token::Duration(_) => "a length of time".to_owned(),
            Token::Text(_) => "a text".to_owned(),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::End => {
                let cause = format!("the expression ends where {wanted} is needed");
                return PromqlError::syntax(self.before(), cause, "complete it");
            }
        };
        PromqlError::syntax(
            self.here(),
            format!("there is {found} where {wanted} is needed"),
            "mend the expression",
        )
    }

    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, PromqlError>,
    ) -> Result<T, PromqlError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let cause = format!("the expression is nested more than {DEEPEST} levels deep");
            return Err(PromqlError::syntax(self.here(), cause, "give its parts names with recording rules"));
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn binary(&mut self, weakest: u8) -> Result<Part, PromqlError> {
        self.deeper(|parser| {
            let mut left = parser.unary()?;
            while let Some(found) = operator(parser.peek()).filter(|found| found.strength() >= weakest) {
                parser.operators += 1;
                if parser.operators > MOST_OPERATORS {
                    let cause = format!("the expression has more than {MOST_OPERATORS} operators");
                    let remedy = "give parts of it names with recording rules";
                    return Err(PromqlError::syntax(parser.here(), cause, remedy));
                }
                let operator_extent = parser.here();
                parser.step();
                let (as_bool, matching) = parser.modifiers()?;
                let stronger = found.strength() + u8::from(found != Operator::Pow);
                let right = parser.binary(stronger)?;
                let extent = left.extent.to(right.extent);
                let binary = Binary { operator: found, operator_extent, as_bool, matching, left, right };
                left = Part { extent, kind: Kind::Binary(Box::new(binary)) };
            }
            Ok(left)
        })
    }

    fn modifiers(&mut self) -> Result<(bool, Option<Matching>), PromqlError> {
        let as_bool = self.is_word(&["bool"]);
        if as_bool {
            self.step();
        }
        if !self.is_word(&["on", "ignoring"]) {
            return Ok((as_bool, None));
        }
        let on = self.is_word(&["on"]);
        self.step();
        let labels = self.names()?;
        let mut matching = Matching { on, labels, ..Matching::default() };
        if self.is_word(&["group_left", "group_right"]) {
            let left = self.is_word(&["group_left"]);
            matching.cardinality = if left { Cardinality::ManyToOne } else { Cardinality::OneToMany };
            self.step();
            if self.is_sign("(") {
                matching.include = self.names()?;
            }
        }
        if self.is_word(&["fill", "fill_left", "fill_right"]) {
            let remedy = "write `or` with a vector of the missing values";
            return Err(PromqlError::unsupported(self.here(), "`fill` is not evaluated", remedy));
        }
        Ok((as_bool, Some(matching)))
    }

    /// Names in parentheses, parted by commas.
    fn names(&mut self) -> Result<Vec<String>, PromqlError> {
        self.expect("(")?;
        let mut names = Vec::new();
        while !self.is_sign(")") {
            match self.peek() {
                Token::Word(_) if self.is_word(&["without", "inf", "nan"]) => {
                    return Err(self.unexpected("a label's name"));
                }
                Token::Word(name) | Token::Text(name) => names.push(name.clone()),
                _ => return Err(self.unexpected("a label's name")),
            }
            self.step();
            if !self.take(",") && !self.is_sign(")") {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
        self.step();
        Ok(names)
    }

    fn unary(&mut self) -> Result<Part, PromqlError> {
        let start = self.here();
        if self.take("-") {
            let inner = self.binary(Operator::Pow.strength())?;
            let extent = start.to(inner.extent);
            return Ok(Part { extent, kind: Kind::Negative(Box::new(inner)) });
        }
        if self.take("+") {
            return self.binary(Operator::Pow.strength());
        }
        let mut bare = !self.is_sign("(");
        let mut part = self.primary()?;
        let mut modified = false;
        loop {
            if self.is_sign("[") {
                part = self.range(part, bare)?;
                (modified, bare) = (false, true);
            } else if self.is_word(&["offset"]) {
                self.offset(&mut part, bare, modified)?;
                modified = true;
            } else if self.is_sign("@") {
                let remedy = "remove it: a rule is evaluated at the time of its evaluation";
                return Err(PromqlError::unsupported(self.here(), "`@` is not evaluated", remedy));
            } else if self.is_word(&["anchored", "smoothed"]) {
                let remedy = "remove it";
                let cause = "`anchored` and `smoothed` are not evaluated";
                return Err(PromqlError::unsupported(self.here(), cause, remedy));
            } else {
                part.extent = start.to(self.before());
                return Ok(part);
            }
        }
    }

    fn primary(&mut self) -> Result<Part, PromqlError> {
        let extent = self.here();
        let kind = match self.peek().clone() {
            Token::Number(number) => Kind::Number(number),
            Token::Duration(ms) => Kind::Number(ms as f64 / 1e3),
            Token::Text(text) => Kind::Text(text),
            Token::Sign("(") => {
                self.step();
                let inner = self.binary(1)?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Sign("{") => return self.selector(None),
            Token::Word(word) => return self.word(&word),
            Token::Sign(_) | Token::End => return Err(self.unexpected("a metric, function or number")),
        };
        self.step();
        Ok(Part { extent, kind })
    }

    fn word(&mut self, word: &str) -> Result<Part, PromqlError> {
        let extent = self.here();
        let called = matches!(self.ahead(1), Token::Sign("("));
        let grouped = matches!(self.ahead(1), Token::Word(next)
            if next.eq_ignore_ascii_case("by") || next.eq_ignore_ascii_case("without"));
        if let Some(aggregator) = aggregator(word).filter(|_| called || grouped) {
            self.step();
            return self.aggregation(aggregator, extent);
        }
        if called {
            return self.call(word);
        }
        if word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("nan") {
            self.step();
            let number = if word.eq_ignore_ascii_case("inf") { f64::INFINITY } else { f64::NAN };
            return Ok(Part { extent, kind: Kind::Number(number) });
        }
        // The other words of the language may be names of metrics as well.
        if let Some(error) = PromqlError::without_on(extent, word) {
            return Err(error);
        }
        if self.is_word(&["on", "ignoring", "group_left", "group_right", "bool", "atan2"]) {
            return Err(self.unexpected("a metric, function or number"));
        }
        self.selector(Some(word.to_owned()))
    }

    fn call(&mut self, name: &str) -> Result<Part, PromqlError> {
        let extent = self.here();
        let Some(function) = Function::named(name) else {
            if matches!(name, "count_values" | "limitk" | "limit_ratio") {
                let cause = format!("`{name}` is not evaluated");
                return Err(PromqlError::unsupported(extent, cause, "use `count`, `topk` or `bottomk`"));
            }
            if let Some(error) = PromqlError::without_on(extent, name) {
                return Err(error);
            }
            let remedy = match nearest(name) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "see the functions of PromQL".to_owned(),
            };
            return Err(PromqlError::syntax(extent, format!("there is no function `{name}`"), remedy));
        };
        self.step();
        self.expect("(")?;
        let arguments = self.arguments()?;
        let extent = extent.to(self.before());
        Ok(Part { extent, kind: Kind::Call(function, arguments) })
    }

    /// Parts up to the closing parenthesis.
    fn arguments(&mut self) -> Result<Vec<Part>, PromqlError> {
        let mut arguments = Vec::new();
        while !self.is_sign(")") {
            arguments.push(self.binary(1)?);
            if self.take(",") {
                if self.is_sign(")") {
                    return Err(self.unexpected("a further argument"));
                }
            } else if !self.is_sign(")") {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
        self.step();
        Ok(arguments)
    }

    fn grouping(&mut self) -> Result<Option<(bool, Vec<String>)>, PromqlError> {
        if !self.is_word(&["by", "without"]) {
            return Ok(None);
        }
        let without = self.is_word(&["without"]);
        self.step();
        Ok(Some((without, self.names()?)))
    }

    fn aggregation(&mut self, aggregator: Aggregator, start: Extent) -> Result<Part, PromqlError> {
        let first = self.grouping()?;
        self.expect("(")?;
        let mut arguments = self.arguments()?;
        let grouping = match first {
            Some(grouping) => Some(grouping),
            None => self.grouping()?,
        };
        let (without, labels) = grouping.unwrap_or_default();
        let extent = start.to(self.before());
        let takes = matches!(aggregator, Aggregator::Quantile | Aggregator::Topk | Aggregator::Bottomk);
        let wanted = if takes { 2 } else { 1 };
        let count = arguments.len();
        let inner = arguments.pop();
        let parameter = arguments.pop();
        match inner {
            Some(inner) if count == wanted => {
                let aggregation = Aggregation { aggregator, without, labels, parameter, inner };
                Ok(Part { extent, kind: Kind::Aggregate(Box::new(aggregation)) })
            }
            _ => {
                let cause =
                    format!("this takes {wanted} argument{}, not {count}", if takes { "s" } else { "" });
                let remedy = if takes { "write a number, then a vector" } else { "write one instant vector" };
                Err(PromqlError::of_type(extent, cause, remedy))
            }
        }
    }

    fn selector(&mut self, name: Option<String>) -> Result<Part, PromqlError> {
        let start = self.here();
        let mut matchers = Vec::new();
        if let Some(name) = &name {
            self.step();
            matchers.extend(Matcher::new("__name__", Comparison::Equal, name).ok());
        }
        if self.take("{") {
            while !self.is_sign("}") {
                matchers.push(self.matcher(name.as_deref())?);
                if !self.take(",") && !self.is_sign("}") {
                    return Err(self.unexpected("`,` or `}`"));
                }
            }
            self.step();
        }
        let extent = start.to(self.before());
        if matchers.iter().all(|matcher| matcher.fits("")) {
            let cause = "this selects every series";
            let remedy = "write a metric's name, or a matcher that an empty value does not fulfil";
            return Err(PromqlError::syntax(extent, cause, remedy));
        }
        Ok(Part { extent, kind: Kind::Select(Selection { matchers, offset: 0 }) })
    }

    fn matcher(&mut self, name: Option<&str>) -> Result<Matcher, PromqlError> {
        let start = self.here();
        let (label, in_quotes) = match self.peek() {
            Token::Word(label) if !label.contains(':') => (label.clone(), false),
            Token::Text(label) => (label.clone(), true),
            _ => return Err(self.unexpected("a label's name")),
        };
        self.step();
        let comparison = match self.peek() {
            Token::Sign("=") => Comparison::Equal,
            Token::Sign("!=") => Comparison::NotEqual,
            Token::Sign("=~") => Comparison::Matches,
            Token::Sign("!~") => Comparison::MatchesNot,
            Token::Sign("==") => {
                let remedy = "write `=` inside braces";
                return Err(PromqlError::syntax(self.here(), "a matcher has one `=`", remedy));
            }
            _ if in_quotes && name.is_none() => {
                return Matcher::new("__name__", Comparison::Equal, &label)
                    .map_err(|error| PromqlError::syntax(start, error.to_string(), ""));
            }
            _ => return Err(self.unexpected("one of `=`, `!=`, `=~` and `!~`")),
        };
        self.step();
        let Token::Text(value) = self.peek().clone() else {
            return Err(self.unexpected("a text in quotes"));
        };
        let extent = self.here();
        self.step();
        if label == "__name__" && name.is_some() {
            let remedy = "write the name once";
            return Err(PromqlError::syntax(start.to(extent), "the metric's name is given twice", remedy));
        }
        Matcher::new(&label, comparison, &value).map_err(|error| {
            PromqlError::syntax(
                extent,
                error.to_string(),
                "mend the pattern; `\\\\` is a backslash inside quotes",
            )
        })
    }

    /// The length of time that stands here \[ns].
    fn duration(&mut self) -> Result<i64, PromqlError> {
        let extent = self.here();
        let ms = match *self.peek() {
            Token::Duration(ms) => ms,
            Token::Number(seconds) if (0.0..9e12).contains(&seconds) => (seconds * 1e3).round() as i64,
            Token::Sign("(" | "-" | "+") | Token::Word(_) => {
                let remedy = "write a plain length of time such as `5m`";
                return Err(PromqlError::unsupported(
                    extent,
                    "calculated lengths of time are not evaluated",
                    remedy,
                ));
            }
            _ => return Err(self.unexpected("a length of time such as `5m`")),
        };
        self.step();
        if let Token::Sign("+" | "-" | "*" | "/" | "%" | "^") = self.peek()
            && self.is_in_brackets()
        {
            let remedy = "write a plain length of time such as `5m`";
            return Err(PromqlError::unsupported(
                self.here(),
                "calculated lengths of time are not evaluated",
                remedy,
            ));
        }
        ms.checked_mul(NS_PER_MS)
            .ok_or_else(|| PromqlError::syntax(extent, "the time is too long", "write less"))
    }

    /// Whether a `[` before this place is still open.
    fn is_in_brackets(&self) -> bool {
        let before = self.tokens[..self.at].iter().rev();
        let bracket = before.map(|placed| &placed.token).find_map(|token| match token {
            Token::Sign("[") => Some(true),
            Token::Sign("]") => Some(false),
            _ => None,
        });
        bracket.unwrap_or(false)
    }

    fn range(&mut self, part: Part, bare: bool) -> Result<Part, PromqlError> {
        let opening = self.here();
        self.step();
        let length = self.here();
        let range = self.duration()?;
        if range == 0 {
            return Err(PromqlError::syntax(
                length,
                "a range without a length",
                "write a length of time such as `5m`",
            ));
        }
        let step = if self.take(":") {
            let extent = self.here();
            let step = if self.is_sign("]") { None } else { Some(self.duration()?) };
            if step == Some(0) {
                return Err(PromqlError::syntax(
                    extent,
                    "a step without a length",
                    "write one such as `30s`",
                ));
            }
            Some(step)
        } else {
            None
        };
        self.expect("]")?;
        let extent = part.extent.to(self.before());
        let kind = match (part.kind, step) {
            (Kind::Select(selection), None) if selection.offset == 0 && bare => Kind::Range(selection, range),
            (_, None) => {
                let extent = opening.to(self.before());
                let cause = "only a metric has a range: this is calculated";
                let remedy =
                    "write a step after a colon, as in `[5m:30s]`, or put the range behind the metric";
                return Err(PromqlError::of_type(extent, cause, remedy));
            }
            (kind, Some(step)) => {
                let inner = Part { extent: part.extent, kind };
                Kind::Subquery(Box::new(Subquery { inner, range, step, offset: 0 }))
            }
        };
        Ok(Part { extent, kind })
    }

    fn offset(&mut self, part: &mut Part, bare: bool, modified: bool) -> Result<(), PromqlError> {
        let start = self.here();
        self.step();
        let negative = self.take("-");
        if !negative {
            self.take("+");
        }
        let length = self.duration()?;
        let offset = if negative { -length } else { length };
        if modified {
            return Err(PromqlError::syntax(start, "there are two offsets", "write one"));
        }
        match &mut part.kind {
            Kind::Select(selection) | Kind::Range(selection, _) if bare => selection.offset = offset,
            Kind::Subquery(subquery) if bare => subquery.offset = offset,
            _ => {
                let remedy = "write it right behind the metric or its range";
                return Err(PromqlError::syntax(start, "`offset` belongs to a metric", remedy));
            }
        }
        Ok(())
    }
}

/// The function that was probably meant.
fn nearest(name: &str) -> Option<&'static str> {
    let best = names().map(|known| (distance(name, known), known)).min()?;
    (best.0 <= 1 + name.len() / 4).then_some(best.1)
}

/// In how many letters two names differ.
fn distance(one: &str, other: &str) -> usize {
    if one.len() > 40 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}
