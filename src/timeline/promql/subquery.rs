//! The values of an expression over a time: it is evaluated once for each step, and what came out is kept.
//!
//! Time only moves forward, so what an expression gave at an earlier step does not change. Only the step at the
//! very time of evaluation may: later rules of the same evaluation can still add samples to it.
//!
//! Source: Prometheus 3, `promql/engine.go#subqueryEvaluationTimes`: steps are whole multiples of the step, and
//! the start of the range is left out.

use std::collections::VecDeque;

use super::super::labels::{Labels, Slots};
use super::super::store::Sample;
use super::evaluate::Moment;
use super::program::{Element, EvaluationError, Operand};

/// A subquery with what it gave so far.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    pub(super) inner: Operand,
    /// \[ns]
    pub(super) range: i64,
    /// \[ns]
    pub(super) step: i64,
    /// \[ns]
    pub(super) offset: i64,
    known: VecDeque<(i64, Vec<Element>)>,
    places: Slots,
    series: Vec<(Labels, Vec<Sample>)>,
    used: usize,
}

impl Steps {
    pub(super) fn new(inner: Operand, range: i64, step: i64, offset: i64) -> Steps {
        Steps {
            inner,
            range,
            step,
            offset,
            known: VecDeque::new(),
            places: Slots::default(),
            series: Vec::new(),
            used: 0,
        }
    }

    /// Evaluates the steps that are new, and sorts the values by label set.
    pub(super) fn fill(
        &mut self,
        moment: &mut Moment<'_>,
    ) -> Result<&[(Labels, Vec<Sample>)], EvaluationError> {
        let end = moment.at - self.offset;
        let open = end - self.range;
        while self.known.front().is_some_and(|(at, _)| *at <= open) {
            self.known.pop_front();
        }
        let mut room = Vec::new();
        while let Some((at, elements)) = self.known.pop_back() {
            if at < moment.at && at <= end {
                self.known.push_back((at, elements));
                break;
            }
            room = elements;
        }
        let mut at = match self.known.back() {
            Some((last, _)) => last + self.step,
            None => (open.div_euclid(self.step) + 1) * self.step,
        };
        let now = moment.at;
        while at <= end {
            moment.at = at;
            let filled = self.inner.fill(moment).map(|elements| {
                let mut kept = std::mem::take(&mut room);
                kept.clear();
                kept.extend_from_slice(elements);
                kept
            });
            moment.at = now;
            self.known.push_back((at, filled?));
            at += self.step;
        }
        self.sort();
        Ok(&self.series[..self.used])
    }

    fn sort(&mut self) {
        self.places.clear();
        self.used = 0;
        for (at, elements) in &self.known {
            for element in elements {
                let place = self.places.get(element.labels).unwrap_or_else(|| {
                    let place = self.used;
                    self.places.put(element.labels, place);
                    self.used += 1;
                    match self.series.get_mut(place) {
                        Some(room) => {
                            room.0 = element.labels;
                            room.1.clear();
                        }
                        None => self.series.push((element.labels, Vec::new())),
                    }
                    place
                });
                self.series[place].1.push(Sample { at: *at, value: element.value });
            }
        }
    }
}
