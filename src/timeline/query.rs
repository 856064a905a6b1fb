//! One expression over series, without rules.

use super::labels::LabelTable;
use super::promql::{Compiler, Element, EvaluationError, Expression, Moment, Program, compile};
use super::store::{SeriesId, Store, signed, signed_span};
use crate::units::{Instant, Span};

/// One expression over series, evaluated at times that only move forward.
#[derive(Clone, Debug)]
pub struct Query {
    table: LabelTable,
    store: Store,
    program: Program,
    out: Vec<Element>,
}

/// An element: its labels by name, and its value.
pub type Answer<'a> = (Vec<(&'a str, &'a str)>, f64);

impl Query {
    /// Makes a program of an expression; `step` is that of subqueries that name none.
    pub fn new(expression: &Expression, step: Span) -> Query {
        let mut table = LabelTable::default();
        let mut store = Store::default();
        let mut compiler =
            Compiler { store: &mut store, labels: &mut table, step: signed_span(step).max(1), back: 0 };
        let program = compile(expression, &mut compiler);
        Query { table, store, program, out: Vec::new() }
    }

    /// The series with a name and labels.
    pub fn series(&mut self, name: &str, labels: &[(&str, &str)]) -> SeriesId {
        let pairs: Vec<(&str, &str)> =
            [("__name__", name)].into_iter().chain(labels.iter().copied()).collect();
        let labels = self.table.labels_of(&pairs);
        self.store.register(&self.table, labels)
    }

    /// Adds a sample, as [`Watch::append`](super::Watch::append) does.
    pub fn append(&mut self, series: SeriesId, at: Instant, value: f64) -> bool {
        self.store.append(series, at, value)
    }

    /// Says that a series has ended.
    pub fn mark_stale(&mut self, series: SeriesId, at: Instant) -> bool {
        self.store.mark_stale(series, at)
    }

    /// The elements at a time: labels by name, and value.
    ///
    /// # Errors
    /// If the expression has no value then.
    pub fn evaluate(&mut self, at: Instant) -> Result<Vec<Answer<'_>>, EvaluationError> {
        let mut moment = Moment { store: &self.store, labels: &mut self.table, at: signed(at) };
        self.program.evaluate(&mut moment, &mut self.out)?;
        Ok(self.out.iter().map(|element| (self.table.texts(element.labels), element.value)).collect())
    }

    /// Evaluates at a time and says only how many elements there are: what a rule costs.
    ///
    /// # Errors
    /// If the expression has no value then.
    pub fn count(&mut self, at: Instant) -> Result<usize, EvaluationError> {
        let mut moment = Moment { store: &self.store, labels: &mut self.table, at: signed(at) };
        self.program.evaluate(&mut moment, &mut self.out)?;
        Ok(self.out.len())
    }
}
