//! Bounds of objectives as text: `< 200ms`, `>= 99%`.

use super::plan::Comparison;
use crate::units::{Rate, Ratio, Span};

/// What a bound is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    /// A time \[s].
    Time,
    /// A share \[1].
    Share,
    /// A number a second [1/s].
    Rate,
    /// A number of things.
    Number,
    /// A multiple of another value, such as `3x` or `60%`.
    Multiple,
}

impl Quantity {
    /// A good bound.
    pub(super) const fn example(self) -> &'static str {
        match self {
            Quantity::Time => "< 200ms",
            Quantity::Share => "< 1%",
            Quantity::Rate => ">= 100/s",
            Quantity::Number => "<= 0",
            Quantity::Multiple => "<= 60%",
        }
    }
}

/// Reads a bound: seconds for times, a fraction for shares.
///
/// # Errors
/// Cause and remedy.
pub(super) fn read(text: &str, quantity: Quantity) -> Result<(Comparison, f64), (String, String)> {
    let signs = [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("<", Comparison::Below),
        (">", Comparison::Above),
    ];
    let text = text.trim();
    let shown = super::source::quoted(text);
    let Some((sign, comparison)) = signs.into_iter().find(|(sign, _)| text.starts_with(sign)) else {
        let remedy = format!("start with one of `<`, `<=`, `>`, `>=`, like `\"{}\"`", quantity.example());
        return Err((format!("the bound {shown} says nothing to compare with"), remedy));
    };
    let number = text[sign.len()..].trim();
    let value = match quantity {
        Quantity::Time => number.parse::<Span>().map(Span::as_secs_f64).map_err(|error| error.to_string()),
        Quantity::Share => number.parse::<Ratio>().map(Ratio::as_fraction).map_err(|error| error.to_string()),
        Quantity::Rate => number.parse::<Rate>().map(Rate::as_per_second).map_err(|error| error.to_string()),
        Quantity::Number => plain(number),
        Quantity::Multiple => match number.strip_suffix(['x', '×']) {
            Some(times) => plain(times.trim()),
            None => number.parse::<Ratio>().map(Ratio::as_fraction).map_err(|error| error.to_string()),
        },
    };
    let value = value.map_err(|error| {
        (
            format!("the bound {shown} cannot be read"),
            format!("{error}; write it like `\"{}\"`", quantity.example()),
        )
    })?;
    let largest = if quantity == Quantity::Share { 1.0 } else { f64::INFINITY };
    let told = match comparison {
        Comparison::Below if value <= 0.0 => Some("can never be met"),
        Comparison::Above if value >= largest => Some("can never be met"),
        Comparison::Above | Comparison::AtLeast if value > largest => Some("can never be met"),
        Comparison::Below | Comparison::AtMost if value > largest => Some("can never be missed"),
        Comparison::AtMost if value >= largest => Some("can never be missed"),
        Comparison::AtLeast if value <= 0.0 => Some("can never be missed"),
        Comparison::Below | Comparison::AtMost | Comparison::Above | Comparison::AtLeast => None,
    };
    match told {
        Some(told) => {
            Err((format!("the bound {shown} {told}"), format!("write one like `\"{}\"`", quantity.example())))
        }
        None => Ok((comparison, value)),
    }
}

/// A number without a unit, from 0 on.
fn plain(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err(format!("{} is not a number from 0 on", super::source::quoted(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, quantity: Quantity, expected: Result<(Comparison, f64), &str>) {
        match (read(text, quantity), expected) {
            (Ok(read), Ok(expected)) => assert_eq!(read, expected, "{text}"),
            (Err((cause, remedy)), Err(part)) => {
                assert!(format!("{cause}: {remedy}").contains(part), "{text}: {cause}: {remedy}");
            }
            (read, expected) => panic!("{text}: {read:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn bounds_read() {
        check("< 200ms", Quantity::Time, Ok((Comparison::Below, 0.2)));
        check("<=1s", Quantity::Time, Ok((Comparison::AtMost, 1.0)));
        check(" > 1m30s ", Quantity::Time, Ok((Comparison::Above, 90.0)));
        check(">= 99%", Quantity::Share, Ok((Comparison::AtLeast, 0.99)));
        check("< 0.01", Quantity::Share, Ok((Comparison::Below, 0.01)));
    }

    #[test]
    fn bad_bounds_say_why() {
        check("200ms", Quantity::Time, Err("`<`, `<=`, `>`, `>=`"));
        check("< 200", Quantity::Time, Err("write `200ms`"));
        check("< 1%", Quantity::Time, Err("`%` is not a unit of a length of time"));
        check("< 200ms", Quantity::Share, Err("`ms` is not a unit of a share"));
        check("< NaN", Quantity::Share, Err("`NaN` is not a share"));
        check("< -1s", Quantity::Time, Err("negative"));
        check("< 0s", Quantity::Time, Err("can never be met"));
        check(">= 120%", Quantity::Share, Err("can never be met"));
        check("<= 100%", Quantity::Share, Err("can never be missed"));
        check("", Quantity::Time, Err("says nothing to compare with"));
    }
}
