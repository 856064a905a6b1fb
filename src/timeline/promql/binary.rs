//! Operators between two vectors.
//!
//! Source: Prometheus 3, `promql/engine.go#VectorBinop`, `#VectorAnd`, `#VectorOr`, `#VectorUnless`.

use rustc_hash::FxHashMap;

use super::super::labels::{LabelTable, Labels, Word};
use super::ast::{Cardinality, Operator};
use super::evaluate::Moment;
use super::program::{Element, EvaluationError, Joined, Set};

/// Labels taken from the side of the one.
#[derive(Clone, Debug)]
pub(super) struct Include {
    names: Vec<Word>,
    known: FxHashMap<(Labels, Labels), Labels>,
}

impl Include {
    pub(super) fn new(names: Vec<Word>) -> Include {
        Include { names, known: FxHashMap::default() }
    }

    /// The labels of the many with those of the one that are asked for.
    fn of(&mut self, table: &mut LabelTable, many: Labels, one: Labels) -> Labels {
        if let Some(known) = self.known.get(&(many, one)) {
            return *known;
        }
        let taken: Vec<(Word, Word)> =
            self.names.iter().map(|name| (*name, table.value(one, *name))).collect();
        let pairs: Vec<(Word, Word)> = table.pairs(many).iter().copied().chain(taken).collect();
        let labels = table.labels(pairs);
        self.known.insert((many, one), labels);
        labels
    }
}

impl Set {
    pub(super) fn evaluate(
        &mut self,
        moment: &mut Moment<'_>,
        out: &mut Vec<Element>,
    ) -> Result<(), EvaluationError> {
        let left = self.left.fill(moment)?;
        let right = self.right.fill(moment)?;
        self.present.clear();
        let (marks, rest) = if self.operator == Operator::Or { (left, right) } else { (right, left) };
        for element in marks {
            let signature = self.signature.of(moment.labels, element.labels);
            self.present.put(signature, 0);
        }
        if self.operator == Operator::Or {
            out.extend_from_slice(left);
        }
        for element in rest {
            let signature = self.signature.of(moment.labels, element.labels);
            if self.present.get(signature).is_some() == (self.operator == Operator::And) {
                out.push(*element);
            }
        }
        if self.operator == Operator::Or {
            self.seen.clear();
            for element in &*out {
                if self.seen.get(element.labels).is_some() {
                    return Err(EvaluationError::SameLabels);
                }
                self.seen.put(element.labels, 0);
            }
        }
        Ok(())
    }
}

impl Joined {
    pub(super) fn evaluate(
        &mut self,
        moment: &mut Moment<'_>,
        out: &mut Vec<Element>,
    ) -> Result<(), EvaluationError> {
        let left = self.left.fill(moment)?;
        let right = self.right.fill(moment)?;
        if left.is_empty() || right.is_empty() {
            return Ok(());
        }
        let swapped = self.cardinality == Cardinality::OneToMany;
        let (many, one) = if swapped { (right, left) } else { (left, right) };
        self.one.clear();
        self.met.clear();
        self.seen.clear();
        for (index, element) in one.iter().enumerate() {
            let signature = self.signature.of(moment.labels, element.labels);
            if self.one.get(signature).is_some() {
                return Err(EvaluationError::ManyToMany);
            }
            self.one.put(signature, index);
        }
        for element in many {
            let signature = self.signature.of(moment.labels, element.labels);
            let Some(partner) = self.one.get(signature).map(|index| one[index]) else { continue };
            let (a, b) =
                if swapped { (partner.value, element.value) } else { (element.value, partner.value) };
            let holds = self.operator.holds(a, b);
            let mut labels = self.result.of(moment.labels, element.labels);
            if let Some(include) = &mut self.include {
                labels = include.of(moment.labels, labels, partner.labels);
            }
            // Elements that meet one partner must differ in their results, even those that are left out.
            if self.cardinality == Cardinality::OneToOne {
                if self.met.get(signature).is_some() {
                    return Err(EvaluationError::ManyToOne);
                }
                self.met.put(signature, 0);
            }
            if self.seen.get(labels).is_some() {
                return Err(EvaluationError::SameLabels);
            }
            if !holds && !self.as_bool {
                if self.cardinality != Cardinality::OneToOne {
                    self.seen.put(labels, 0);
                }
                continue;
            }
            self.seen.put(labels, 0);
            let value = if self.as_bool { f64::from(u8::from(holds)) } else { self.operator.value(a, b) };
            out.push(Element { labels, value });
        }
        Ok(())
    }
}
