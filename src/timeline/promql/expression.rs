//! An expression that was read and checked.

use super::ast::Part;
use super::check::check;
use super::error::{Extent, PromqlError};
use super::function::ValueType;
use super::parse::parse;

/// An expression that can be evaluated.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    part: Part,
    is_scalar: bool,
}

impl Expression {
    /// Reads an expression of a rule.
    ///
    /// # Errors
    /// Its mistakes, each with its place: what is not PromQL, what does not fit together, and what is PromQL but
    /// not evaluated here. If it is not PromQL, the first mistake only.
    pub fn parse(text: &str) -> Result<Expression, Vec<PromqlError>> {
        let part = parse(text).map_err(|error| vec![error])?;
        let found = check(&part)?;
        let is_scalar = match found {
            ValueType::Scalar => true,
            ValueType::Vector => false,
            ValueType::Range | ValueType::Text => {
                let extent = Extent::new(0, text.len());
                let cause = format!("a rule needs an instant vector, and this is {}", found.name());
                let remedy = "put a function such as `rate` or `max_over_time` around it";
                return Err(vec![PromqlError::of_type(extent, cause, remedy)]);
            }
        };
        Ok(Expression { text: text.to_owned(), part, is_scalar })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(in crate::timeline) const fn part(&self) -> &Part {
        &self.part
    }

    /// Whether it gives a number without labels.
    pub(in crate::timeline) const fn is_scalar(&self) -> bool {
        self.is_scalar
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::PromqlErrorKind;
    use super::*;

    #[track_caller]
    fn check(text: &str) {
        if let Err(errors) = Expression::parse(text) {
            panic!("{text}: {errors:?}");
        }
    }

    #[track_caller]
    fn refused(text: &str, marked: &str, kind: PromqlErrorKind, words: &str) {
        let errors = Expression::parse(text).expect_err(text);
        let error = &errors[0];
        let Extent { start, end } = error.extent;
        assert_eq!((&text[start..end], error.kind), (marked, kind), "{text}: {error}");
        assert!(error.cause.contains(words), "{text}: {error}");
        assert!(!error.remedy.is_empty(), "{text}");
    }

    #[test]
    fn expressions_of_alert_rules_are_taken() {
        check("up == 0");
        check(
            "sum by (uri) (rate(x_bucket{le=~\"0.5|1\"}[5m] offset 1h)) / ignoring(a) group_left(b) y > 0.05",
        );
        check("-x ^ 2 * 3 and on() vector(1) unless count without (a, b) (z) > bool 4");
        check("max_over_time(rate(x[5m])[1h:30s] offset 5m) > 1e-3");
        check("absent(up{job=\"a\"}) or absent_over_time({__name__=\"b\", c!=\"\"}[5m])");
        check("topk(3, x) > scalar(y) # why");
        check("count{a='b'} + sum + avg by (x) (y)");
        check("{\"a.b\", c=`d`} > Inf");
        check("1 > bool 0");
        check("x[300] > 0".replace("x[300]", "rate(x[300])").as_str());
    }

    #[test]
    fn mistakes_have_their_place() {
        use PromqlErrorKind::{Syntax, Type, Unsupported};
        refused("", "", Syntax, "empty");
        refused("rate(x) > 1", "x", Type, "a range vector is needed here");
        refused("x[5m]", "x[5m]", Type, "a rule needs an instant vector");
        refused("rate(x[5m] > 1", "1", Syntax, "ends where");
        refused("raet(x[5m])", "raet", Syntax, "no function `raet`");
        refused("x{a==\"b\"}", "==", Syntax, "one `=`");
        refused("x{a=b}", "b", Syntax, "a text in quotes");
        refused("x{a=~\"(\"}", "\"(\"", Syntax, "not a regular expression");
        refused("sum(rate(x[5m])[5m])", "[5m]", Type, "only a metric has a range");
        refused("x @ 5", "@", Unsupported, "`@` is not evaluated");
        refused("day_of_week() > 5", "day_of_week()", Unsupported, "not evaluated");
        refused("count_values(\"a\", x)", "count_values", Unsupported, "not evaluated");
        refused("rate(x[5m * 2])", "*", Unsupported, "calculated lengths");
        refused("x + on(a) fill(0) y", "fill", Unsupported, "`fill`");
        refused("1 > 2", ">", Type, "two scalars");
        refused("x and 1", "and", Type, "between vectors");
        refused("x and on(a) group_left y", "and", Type, "no grouping");
        refused("{a=~\".*\"}", "{a=~\".*\"}", Syntax, "every series");
        refused("x y", "y", Syntax, "an operator");
        refused("sum(x, y)", "sum(x, y)", Type, "takes 1 argument");
        refused("x offset 5m offset 1m", "offset", Syntax, "two offsets");
        refused("clamp(x, 1)", "clamp(x, 1)", Type, "takes 3 arguments");
        refused("x +", "+", Syntax, "ends where");
    }

    #[test]
    fn nesting_ends() {
        let nested = |open: &str, close: &str| format!("{}x{}", open.repeat(5_000), close.repeat(5_000));
        for text in
            [nested("(", ")"), nested("-", ""), nested("abs(", ")"), nested("x + ", ""), nested("x ^ ", "")]
        {
            assert!(Expression::parse(&text).is_err());
        }
    }
}
