//! Expectations as text: `p(95)(bestseller.top) <= 1s`.

use super::plan::{Chance, Phase, Unit};
use crate::scenario::bound::{self, Quantity};
use crate::scenario::plan::Comparison;
use crate::scenario::source::quoted;
use crate::scenario::words;

/// An expectation with names that have not been looked up.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scenario) struct Expectation {
    pub(in crate::scenario) measure: Measured,
    pub(in crate::scenario) comparison: Comparison,
    pub(in crate::scenario) bound: f64,
}

/// What is measured, by name.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scenario) enum Measured {
    /// Of an operation.
    Operation(OfOperation, String),
    /// Of a station.
    Station(OfStation, String),
    HitRatio(String),
    Lag(String),
    Effect(String),
    BeyondCalm(String),
    TimeTo(Phase),
    Chance(Chance),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::scenario) enum OfOperation {
    Quantile(f64),
    Mean,
    Failed,
    Availability,
    Served,
    Offered,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::scenario) enum OfStation {
    Used,
    Waiting,
    Visits,
}

impl Measured {
    fn unit(&self) -> Unit {
        match self {
            Measured::Operation(of, _) => match of {
                OfOperation::Quantile(_) | OfOperation::Mean => Unit::Seconds,
                OfOperation::Failed | OfOperation::Availability => Unit::Share,
                OfOperation::Served | OfOperation::Offered => Unit::PerSecond,
            },
            Measured::Station(of, _) => match of {
                OfStation::Used => Unit::Share,
                OfStation::Waiting => Unit::Number,
                OfStation::Visits => Unit::PerSecond,
            },
            Measured::HitRatio(_) | Measured::Chance(_) => Unit::Share,
            Measured::Lag(_) | Measured::Effect(_) | Measured::BeyondCalm(_) => Unit::Number,
            Measured::TimeTo(_) => Unit::Seconds,
        }
    }

    /// Whether it is of the whole run, so that a span has no meaning.
    pub(in crate::scenario) fn is_of_the_run(&self) -> bool {
        matches!(
            self,
            Measured::Effect(_) | Measured::BeyondCalm(_) | Measured::TimeTo(_) | Measured::Chance(_)
        )
    }
}

/// The measures, as they are written.
const MEASURES: [&str; 16] = [
    "p",
    "med",
    "avg",
    "failed",
    "availability",
    "rate",
    "offered",
    "used",
    "waiting",
    "visits",
    "hit-ratio",
    "lag",
    "effect",
    "beyond-calm",
    "time-to",
    "chance",
];

const EXAMPLE: &str = "write one like `p(95)(order.place) <= 1s`";

/// Reads an expectation; `relative` is one whose value is divided by that of another window.
///
/// # Errors
/// Cause and remedy.
pub(in crate::scenario) fn read(text: &str, relative: bool) -> Result<Expectation, (String, String)> {
    let bad = |cause: String| Err((cause, EXAMPLE.to_owned()));
    let Some(split) = text.find(['<', '>']) else {
        return bad(format!("{} compares with nothing", quoted(text)));
    };
    let (measure, bound) = text.split_at(split);
    let measure = measured(measure.trim())?;
    let quantity = match measure.unit() {
        _ if relative => Quantity::Multiple,
        Unit::Seconds => Quantity::Time,
        Unit::Share => Quantity::Share,
        Unit::PerSecond => Quantity::Rate,
        Unit::Number | Unit::Multiple => Quantity::Number,
    };
    let (comparison, bound) = bound::read(bound, quantity)?;
    Ok(Expectation { measure, comparison, bound })
}

/// The name and the texts in its brackets: `p(95)(order.place)` is `p`, `95`, `order.place`.
fn call(text: &str) -> Option<(&str, Vec<&str>)> {
    let open = text.find('(')?;
    let (name, mut rest) = text.split_at(open);
    let mut arguments = Vec::new();
    while let Some(inside) = rest.strip_prefix('(') {
        let (argument, after) = inside.split_once(')')?;
        arguments.push(argument.trim());
        rest = after.trim_start();
    }
    rest.is_empty().then_some((name.trim(), arguments))
}

fn measured(text: &str) -> Result<Measured, (String, String)> {
    let Some((name, arguments)) = call(text) else {
        return Err((format!("the measure {} cannot be read", quoted(text)), EXAMPLE.to_owned()));
    };
    let one = |what: &str| match arguments.as_slice() {
        [argument] if !argument.is_empty() => Ok((*argument).to_owned()),
        _ => {
            Err((format!("`{name}` is of one {what}"), format!("write it like `{name}({})`", example(name))))
        }
    };
    let of = |of| one("operation").map(|operation| Measured::Operation(of, operation));
    match name {
        "p" => quantile(&arguments),
        "med" => of(OfOperation::Quantile(0.5)),
        "avg" => of(OfOperation::Mean),
        "failed" => of(OfOperation::Failed),
        "availability" => of(OfOperation::Availability),
        "rate" => of(OfOperation::Served),
        "offered" => of(OfOperation::Offered),
        "used" => one("station").map(|name| Measured::Station(OfStation::Used, name)),
        "waiting" => one("station").map(|name| Measured::Station(OfStation::Waiting, name)),
        "visits" => one("station").map(|name| Measured::Station(OfStation::Visits, name)),
        "hit-ratio" => one("cache").map(Measured::HitRatio),
        "lag" => one("topic").map(Measured::Lag),
        "effect" => one("effect").map(Measured::Effect),
        "beyond-calm" => one("effect").map(Measured::BeyondCalm),
        "time-to" => {
            let phase = one("phase")?;
            match Phase::ALL.into_iter().find(|known| known.name() == phase) {
                Some(known) => Ok(Measured::TimeTo(known)),
                None => Err(choice("phase", &phase, &Phase::ALL.map(Phase::name))),
            }
        }
        "chance" => match one("event")?.as_str() {
            "collapse" => Ok(Measured::Chance(Chance::Collapse)),
            "recover" => Ok(Measured::Chance(Chance::Recover)),
            other => Err(choice("event", other, &["collapse", "recover"])),
        },
        _ => Err(choice("measure", name, &MEASURES)),
    }
}

fn quantile(arguments: &[&str]) -> Result<Measured, (String, String)> {
    let [percent, operation] = arguments else {
        return Err(("`p` is of a percentage and an operation".to_owned(), EXAMPLE.to_owned()));
    };
    match percent.parse::<f64>() {
        Ok(value) if value > 0.0 && value < 100.0 => {
            Ok(Measured::Operation(OfOperation::Quantile(value / 100.0), (*operation).to_owned()))
        }
        _ => {
            let cause = format!("{} is no percentile", quoted(percent));
            Err((cause, "write a number between 0 and 100, like `p(99.9)`".to_owned()))
        }
    }
}

fn choice(what: &str, written: &str, known: &[&str]) -> (String, String) {
    let remedy = match words::nearest(written, known) {
        Some(near) => format!("did you mean `{near}`? there are {}", words::listed(known)),
        None => format!("there are {}", words::listed(known)),
    };
    (format!("there is no {what} {}", quoted(written)), remedy)
}

fn example(name: &str) -> &'static str {
    match name {
        "used" | "waiting" | "visits" => "order threads",
        "hit-ratio" => "redis",
        "lag" => "coupon-issue",
        "effect" => "oversold",
        "time-to" => "recover",
        "chance" => "collapse",
        _ => "order.place",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, relative: bool, expected: Result<(Measured, Comparison, f64), &str>) {
        match (read(text, relative), expected) {
            (Ok(read), Ok((measure, comparison, bound))) => {
                assert_eq!(read, Expectation { measure, comparison, bound }, "{text}");
            }
            (Err((cause, remedy)), Err(part)) => {
                assert!(format!("{cause}: {remedy}").contains(part), "{text}: {cause}: {remedy}");
            }
            (read, expected) => panic!("{text}: {read:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn expectations_read() {
        let place = |of| Measured::Operation(of, "order.place".to_owned());
        let p999 = place(OfOperation::Quantile(99.9 / 100.0));
        check("p(99.9)(order.place) <= 1s", false, Ok((p999, Comparison::AtMost, 1.0)));
        check("failed(order.place)<1%", false, Ok((place(OfOperation::Failed), Comparison::Below, 0.01)));
        check("rate( order.place ) > 3x", true, Ok((place(OfOperation::Served), Comparison::Above, 3.0)));
        check(
            "rate(order.place) >= 40/s",
            false,
            Ok((place(OfOperation::Served), Comparison::AtLeast, 40.0)),
        );
        let edge = Measured::Station(OfStation::Visits, "edge".to_owned());
        check("visits(edge) < 30/s", false, Ok((edge, Comparison::Below, 30.0)));
        let threads = Measured::Station(OfStation::Used, "order threads".to_owned());
        check("used(order threads) <= 60%", true, Ok((threads, Comparison::AtMost, 0.6)));
        check(
            "effect(oversold) <= 0",
            false,
            Ok((Measured::Effect("oversold".to_owned()), Comparison::AtMost, 0.0)),
        );
        let again = Measured::BeyondCalm("charged-again".to_owned());
        check("beyond-calm(charged-again) > 0", false, Ok((again, Comparison::Above, 0.0)));
        check(
            "time-to(recover) <= 10m",
            false,
            Ok((Measured::TimeTo(Phase::Recover), Comparison::AtMost, 600.0)),
        );
        check(
            "chance(collapse) < 5%",
            false,
            Ok((Measured::Chance(Chance::Collapse), Comparison::Below, 0.05)),
        );
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        check("p(95)(order.place)", false, Err("compares with nothing"));
        check("order.place < 1s", false, Err("cannot be read"));
        check("p95(order.place) < 1s", false, Err("no measure `p95`"));
        check("p(95) < 1s", false, Err("a percentage and an operation"));
        check("p(100)(order.place) < 1s", false, Err("no percentile"));
        check("used() < 1%", false, Err("`used(order threads)`"));
        check("time-to(repair) < 1m", false, Err("no phase `repair`"));
        check("chance(win) < 1%", false, Err("`collapse`, `recover`"));
        check("rate(order.place) < 3x", false, Err("not a unit of a rate"));
        check("lag(events) < 3s", false, Err("cannot be read"));
    }
}
