//! Whether the parts of an expression fit together, and whether all of it is evaluated.
//!
//! Source: Prometheus 3, `promql/parser/parse.go` (`checkAST`).

use super::super::matcher::anchored;
use super::ast::{Binary, Cardinality, Kind, Part};
use super::error::{Extent, PromqlError};
use super::function::{Function, MANY, Meaning, ValueType};

/// What an expression gives, if it is as it should be; otherwise all mistakes.
pub(super) fn check(part: &Part) -> Result<ValueType, Vec<PromqlError>> {
    let mut errors = Vec::new();
    let found = kind_of(part, &mut errors);
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

fn wants(wanted: ValueType, part: &Part, errors: &mut Vec<PromqlError>) {
    let found = kind_of(part, errors);
    if found == wanted {
        return;
    }
    let cause = format!("{} is needed here, and this is {}", wanted.name(), found.name());
    let remedy = match (wanted, found) {
        (ValueType::Range, ValueType::Vector) => "write a range behind the metric, as in `[5m]`",
        (ValueType::Vector, ValueType::Range) => "put a function such as `rate` or `max_over_time` around it",
        (ValueType::Vector, ValueType::Scalar) => "put `vector` around it",
        (ValueType::Scalar, ValueType::Vector) => "put `scalar` around it, or write a number",
        (ValueType::Text, _) => "write a text in quotes",
        _ => "mend the expression",
    };
    errors.push(PromqlError::of_type(part.extent, cause, remedy));
}

fn kind_of(part: &Part, errors: &mut Vec<PromqlError>) -> ValueType {
    match &part.kind {
        Kind::Number(_) => ValueType::Scalar,
        Kind::Text(_) => ValueType::Text,
        Kind::Select(_) => ValueType::Vector,
        Kind::Range(..) => ValueType::Range,
        Kind::Subquery(subquery) => {
            wants(ValueType::Vector, &subquery.inner, errors);
            ValueType::Range
        }
        Kind::Call(function, arguments) => {
            call(*function, arguments, part.extent, errors);
            function.gives()
        }
        Kind::Aggregate(aggregation) => {
            if let Some(parameter) = &aggregation.parameter {
                wants(ValueType::Scalar, parameter, errors);
            }
            wants(ValueType::Vector, &aggregation.inner, errors);
            ValueType::Vector
        }
        Kind::Negative(inner) => {
            let found = kind_of(inner, errors);
            if !matches!(found, ValueType::Scalar | ValueType::Vector) {
                let cause = format!("{} has no negative", found.name());
                errors.push(PromqlError::of_type(part.extent, cause, "put a function around it"));
            }
            found
        }
        Kind::Binary(binary) => operands(binary, errors),
    }
}

fn call(function: Function, arguments: &[Part], extent: Extent, errors: &mut Vec<PromqlError>) {
    let name = function.name;
    if function.meaning == Meaning::Unsupported {
        let cause = format!("`{name}` is a function of Prometheus that is not evaluated");
        errors.push(PromqlError::unsupported(extent, cause, "see docs/watching.md for what is"));
        return;
    }
    let most = function.takes.len();
    let many = function.optional == MANY;
    let least = most - usize::from(if many { 1 } else { function.optional });
    if arguments.len() < least || (arguments.len() > most && !many) {
        let wanted = match (least == most, many) {
            (_, true) => format!("at least {least}"),
            (true, _) => format!("{most}"),
            (false, _) => format!("{least} to {most}"),
        };
        let s = if most == 1 { "" } else { "s" };
        let cause = format!("`{name}` takes {wanted} argument{s}, not {}", arguments.len());
        let order: Vec<&str> = function.takes.iter().map(|kind| kind.name()).collect();
        let remedy =
            if order.is_empty() { "write none".to_owned() } else { format!("write {}", order.join(", ")) };
        errors.push(PromqlError::of_type(extent, cause, remedy));
        return;
    }
    for (index, argument) in arguments.iter().enumerate() {
        if let Some(wanted) = function.takes.get(index).or(function.takes.last()) {
            wants(*wanted, argument, errors);
        }
    }
    let text = |index: usize| match arguments.get(index).map(|part| &part.kind) {
        Some(Kind::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    match function.meaning {
        Meaning::LabelReplace => {
            label(text(1), arguments, errors);
            if let (Some(pattern), Some(part)) = (text(4), arguments.get(4))
                && let Err(error) = anchored(pattern)
            {
                // Prometheus takes the rule, and then fails at each evaluation.
                errors.push(PromqlError::unsupported(part.extent, error.to_string(), "mend the pattern"));
            }
        }
        Meaning::LabelJoin => label(text(1), arguments, errors),
        _ => {}
    }
}

fn label(name: Option<&str>, arguments: &[Part], errors: &mut Vec<PromqlError>) {
    if let (Some(""), Some(part)) = (name, arguments.get(1)) {
        // Prometheus takes the rule, and then fails at each evaluation.
        errors.push(PromqlError::unsupported(part.extent, "a label needs a name", "write one"));
    }
}

fn operands(binary: &Binary, errors: &mut Vec<PromqlError>) -> ValueType {
    let sides = [&binary.left, &binary.right].map(|part| {
        let found = kind_of(part, errors);
        if !matches!(found, ValueType::Scalar | ValueType::Vector) {
            let cause = format!("{} cannot be calculated with", found.name());
            let remedy = "put a function such as `rate` or `max_over_time` around it";
            errors.push(PromqlError::of_type(part.extent, cause, remedy));
        }
        found
    });
    let scalars = sides.iter().filter(|side| **side == ValueType::Scalar).count();
    let operator = binary.operator;
    let mut wrong = |cause: &str, remedy: &str| {
        errors.push(PromqlError::of_type(binary.operator_extent, cause, remedy));
    };
    if binary.as_bool && !operator.is_comparison() {
        wrong("`bool` belongs to a comparison", "remove `bool`");
    }
    if scalars == 2 && operator.is_comparison() && !binary.as_bool {
        wrong("two scalars are compared", "write `bool` behind the operator");
    }
    if scalars > 0 && operator.is_set() {
        wrong("`and`, `or` and `unless` stand between vectors", "put `vector` around the scalar");
    }
    if let Some(matching) = &binary.matching {
        if scalars > 0 && !matching.labels.is_empty() {
            wrong("labels are matched between vectors only", "remove `on` or `ignoring`");
        }
        if operator.is_set() && matching.cardinality != Cardinality::OneToOne {
            wrong("`and`, `or` and `unless` know no grouping", "remove `group_left` or `group_right`");
        }
        if matching.on && matching.include.iter().any(|label| matching.labels.contains(label)) {
            wrong("a label is in `on` and in the grouping", "write it in one of them");
        }
    }
    if scalars == 2 { ValueType::Scalar } else { ValueType::Vector }
}
