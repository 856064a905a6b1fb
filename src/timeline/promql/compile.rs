//! The tree of an expression → a program over numbered labels and selectors.

use regex::Regex;

use super::super::labels::{Change, LabelTable, Labels, Relabeling, Slots, Word};
use super::super::matcher::{Comparison, anchored};
use super::super::store::{LOOKBACK_NS, SelectorId, Store};
use super::aggregate::Grouping;
use super::ast::{Aggregation, Binary, Cardinality, Kind, Part, Selection, Subquery};
use super::binary::Include;
use super::buckets::Histograms;
use super::expression::Expression;
use super::function::{Function, Meaning};
use super::program::{Joined, Naming, Operand, Program, Scalar, Set, Vector, Window};
use super::subquery::Steps;

/// What compiling needs.
pub(in crate::timeline) struct Compiler<'a> {
    pub(in crate::timeline) store: &'a mut Store,
    pub(in crate::timeline) labels: &'a mut LabelTable,
    /// The step of subqueries that name none \[ns].
    pub(in crate::timeline) step: i64,
    /// How far before the time of evaluation expressions look already \[ns].
    pub(in crate::timeline) back: i64,
}

/// Makes a program of an expression.
pub(in crate::timeline) fn compile(expression: &Expression, compiler: &mut Compiler<'_>) -> Program {
    if expression.is_scalar() {
        Program::Scalar(compiler.scalar(expression.part()))
    } else {
        Program::Vector(compiler.operand(expression.part()))
    }
}

fn naming(change: Change) -> Naming {
    Naming { relabeling: Relabeling::new(change), seen: Slots::default() }
}

fn nameless() -> Naming {
    naming(Change::Drop(vec![Word::NAME]))
}

/// The text of an argument; the check has seen to it that it is one.
fn text(arguments: &[Part], index: usize) -> &str {
    match arguments.get(index).map(|part| &part.kind) {
        Some(Kind::Text(text)) => text,
        _ => "",
    }
}

impl Compiler<'_> {
    fn words(&mut self, names: &[String]) -> Vec<Word> {
        names.iter().map(|name| self.labels.word(name)).collect()
    }

    fn scalar(&mut self, part: &Part) -> Scalar {
        match &part.kind {
            Kind::Number(number) => Scalar::Number(*number),
            Kind::Negative(inner) => match self.scalar(inner) {
                Scalar::Number(number) => Scalar::Number(-number),
                inner => Scalar::Negative(Box::new(inner)),
            },
            Kind::Binary(binary) => {
                let sides = (self.scalar(&binary.left), self.scalar(&binary.right));
                Scalar::Binary(binary.operator, Box::new(sides))
            }
            Kind::Call(function, arguments) => match (function.meaning, arguments.first()) {
                (Meaning::Scalar, Some(inner)) => Scalar::Of(Box::new(self.operand(inner))),
                (Meaning::Time, _) => Scalar::Time,
                (Meaning::Pi, _) => Scalar::Number(std::f64::consts::PI),
                _ => Scalar::Number(f64::NAN),
            },
            // The check lets none of these stand where a scalar is needed.
            Kind::Text(_) | Kind::Select(_) | Kind::Range(..) | Kind::Subquery(_) | Kind::Aggregate(_) => {
                Scalar::Number(f64::NAN)
            }
        }
    }

    fn is_scalar(part: &Part) -> bool {
        match &part.kind {
            Kind::Number(_) => true,
            Kind::Negative(inner) => Self::is_scalar(inner),
            Kind::Binary(binary) => Self::is_scalar(&binary.left) && Self::is_scalar(&binary.right),
            Kind::Call(function, _) => {
                matches!(function.meaning, Meaning::Scalar | Meaning::Time | Meaning::Pi)
            }
            Kind::Text(_) | Kind::Select(_) | Kind::Range(..) | Kind::Subquery(_) | Kind::Aggregate(_) => {
                false
            }
        }
    }

    fn operand(&mut self, part: &Part) -> Operand {
        Operand { vector: Box::new(self.vector(part)), out: Vec::new() }
    }

    fn select(&mut self, selection: &Selection, window: i64) -> SelectorId {
        // The newest sample of a series is always kept; only who looks at an earlier time needs more.
        let shift = self.back.saturating_add(selection.offset.max(0));
        let reach = match (window, shift) {
            (0, 0) => 0,
            (0, shift) => shift.saturating_add(LOOKBACK_NS),
            (window, shift) => shift.saturating_add(window),
        };
        self.store.select(self.labels, &selection.matchers, reach)
    }

    fn vector(&mut self, part: &Part) -> Vector {
        match &part.kind {
            Kind::Select(selection) => {
                Vector::Select { selector: self.select(selection, 0), offset: selection.offset }
            }
            Kind::Negative(inner) => Vector::Negative { inner: self.operand(inner), names: nameless() },
            Kind::Call(function, arguments) => self.call(*function, arguments),
            Kind::Aggregate(aggregation) => self.aggregate(aggregation),
            Kind::Binary(binary) => self.binary(binary),
            // The check lets none of these stand where a vector is needed.
            Kind::Number(_) | Kind::Text(_) | Kind::Range(..) | Kind::Subquery(_) => {
                Vector::FromScalar(self.scalar(part))
            }
        }
    }

    fn window(&mut self, part: &Part) -> Window {
        match &part.kind {
            Kind::Range(selection, range) => {
                let selector = self.select(selection, *range);
                Window::Range { selector, range: *range, offset: selection.offset, room: Vec::new() }
            }
            Kind::Subquery(subquery) => self.subquery(subquery),
            _ => {
                let steps = Steps::new(self.operand(part), 1, 1, 0);
                Window::Subquery(Box::new(steps))
            }
        }
    }

    fn subquery(&mut self, subquery: &Subquery) -> Window {
        let Subquery { inner, range, step, offset } = subquery;
        let before = self.back;
        self.back = before.saturating_add(*range).saturating_add((*offset).max(0));
        let inner = self.operand(inner);
        self.back = before;
        Window::Subquery(Box::new(Steps::new(inner, *range, step.unwrap_or(self.step), *offset)))
    }

    fn call(&mut self, function: Function, arguments: &[Part]) -> Vector {
        let Some(first) = arguments.first() else { return Vector::FromScalar(Scalar::Number(f64::NAN)) };
        let last = &arguments[arguments.len() - 1];
        match function.meaning {
            Meaning::Over(what) => {
                let scalar_first = Self::is_scalar(first);
                let range = if scalar_first { last } else { first };
                let parameter = match arguments {
                    [_] => None,
                    _ => Some(self.scalar(if scalar_first { first } else { last })),
                };
                let names = if what.keeps_name() { naming(Change::Nothing) } else { nameless() };
                Vector::Over { function: what, window: self.window(range), parameter, names }
            }
            Meaning::AbsentOverTime => {
                Vector::AbsentOver { window: self.window(first), labels: self.labels_of_absent(first) }
            }
            Meaning::Absent => {
                Vector::Absent { inner: self.operand(first), labels: self.labels_of_absent(first) }
            }
            Meaning::Each(what) => {
                let parameters = arguments[1..].iter().map(|part| self.scalar(part)).collect();
                Vector::Each { function: what, inner: self.operand(first), parameters, names: nameless() }
            }
            Meaning::HistogramQuantile => Vector::Buckets {
                quantile: self.scalar(first),
                inner: self.operand(last),
                histograms: Box::new(Histograms::new()),
            },
            Meaning::LabelReplace => {
                let never = || Regex::new("[^\\s\\S]");
                let change = match anchored(text(arguments, 4)).ok().or(never().ok()) {
                    Some(pattern) => Change::Replace {
                        to: self.labels.word(text(arguments, 1)),
                        replacement: text(arguments, 2).to_owned(),
                        from: self.labels.word(text(arguments, 3)),
                        pattern: Box::new(pattern),
                    },
                    None => Change::Nothing,
                };
                Vector::Relabeled { inner: self.operand(first), names: naming(change) }
            }
            Meaning::LabelJoin => {
                let from =
                    (3..arguments.len()).map(|index| self.labels.word(text(arguments, index))).collect();
                let to = self.labels.word(text(arguments, 1));
                let change = Change::Join { to, separator: text(arguments, 2).to_owned(), from };
                Vector::Relabeled { inner: self.operand(first), names: naming(change) }
            }
            Meaning::Timestamp => match &first.kind {
                Kind::Select(selection) => {
                    let selector = self.select(selection, 0);
                    Vector::Timestamp { selector, offset: selection.offset, names: nameless() }
                }
                _ => Vector::Now { inner: self.operand(first), names: nameless() },
            },
            Meaning::Vector => Vector::FromScalar(self.scalar(first)),
            Meaning::Sort => self.vector(first),
            Meaning::Scalar | Meaning::Time | Meaning::Pi | Meaning::Unsupported => {
                Vector::FromScalar(Scalar::Number(f64::NAN))
            }
        }
    }

    /// Labels that a selector asks for as equal, and no other matcher speaks of.
    fn labels_of_absent(&mut self, part: &Part) -> Labels {
        let (Kind::Select(selection) | Kind::Range(selection, _)) = &part.kind else { return Labels::NONE };
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        let mut met: Vec<&str> = Vec::new();
        for matcher in selection.matchers.iter().filter(|matcher| matcher.name() != "__name__") {
            if matcher.comparison() == Comparison::Equal && !met.contains(&matcher.name()) {
                pairs.push((matcher.name(), matcher.value()));
                met.push(matcher.name());
            } else {
                pairs.retain(|(name, _)| *name != matcher.name());
            }
        }
        self.labels.labels_of(&pairs)
    }

    fn aggregate(&mut self, aggregation: &Aggregation) -> Vector {
        let words = self.words(&aggregation.labels);
        let change = if aggregation.without {
            Change::Drop(words.into_iter().chain([Word::NAME]).collect())
        } else {
            Change::Keep(words)
        };
        Vector::Aggregate(Box::new(Grouping {
            aggregator: aggregation.aggregator,
            parameter: aggregation.parameter.as_ref().map(|part| self.scalar(part)),
            inner: self.operand(&aggregation.inner),
            relabeling: Relabeling::new(change),
            places: Slots::default(),
            groups: Vec::new(),
        }))
    }

    fn binary(&mut self, binary: &Binary) -> Vector {
        let Binary { operator, as_bool, left, right, .. } = binary;
        let drops_name = *as_bool || !operator.is_comparison();
        match (Self::is_scalar(left), Self::is_scalar(right)) {
            (false, false) => {}
            (true, true) => {
                let sides = (self.scalar(left), self.scalar(right));
                return Vector::FromScalar(Scalar::Binary(*operator, Box::new(sides)));
            }
            (swapped, _) => {
                let (vector, scalar) = if swapped { (right, left) } else { (left, right) };
                return Vector::WithScalar {
                    operator: *operator,
                    as_bool: *as_bool,
                    inner: self.operand(vector),
                    scalar: self.scalar(scalar),
                    swapped,
                    names: drops_name.then(nameless),
                };
            }
        }
        let matching = binary.matching.clone().unwrap_or_default();
        let words = self.words(&matching.labels);
        let signature = Relabeling::new(if matching.on {
            Change::Keep(words.clone())
        } else {
            Change::Drop(words.iter().copied().chain([Word::NAME]).collect())
        });
        let (left, right) = (self.operand(left), self.operand(right));
        if operator.is_set() {
            let (present, seen) = (Slots::default(), Slots::default());
            return Vector::Set(Box::new(Set { operator: *operator, left, right, signature, present, seen }));
        }
        let mut dropped = if drops_name { vec![Word::NAME] } else { Vec::new() };
        let result = match (matching.cardinality, matching.on) {
            (Cardinality::OneToOne, true) => {
                Change::Keep(words.into_iter().filter(|word| !dropped.contains(word)).collect())
            }
            (Cardinality::OneToOne, false) => {
                dropped.extend(words);
                Change::Drop(dropped)
            }
            (Cardinality::ManyToOne | Cardinality::OneToMany, _) => Change::Drop(dropped),
        };
        let include = self.words(&matching.include);
        Vector::Joined(Box::new(Joined {
            operator: *operator,
            as_bool: *as_bool,
            cardinality: matching.cardinality,
            left,
            right,
            signature,
            result: Relabeling::new(result),
            include: (!include.is_empty()).then(|| Include::new(include)),
            one: Slots::default(),
            met: Slots::default(),
            seen: Slots::default(),
        }))
    }
}
