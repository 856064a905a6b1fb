//! Evaluating a program at a time.

use super::super::labels::{LabelTable, Labels};
use super::super::store::{Sample, Store, is_stale};
use super::over_time::Frame;
use super::program::{Element, EvaluationError, Naming, Operand, Program, Scalar, Vector, Window};

/// What an evaluation needs: the series, the labels, and the time.
pub(in crate::timeline) struct Moment<'a> {
    pub(in crate::timeline) store: &'a Store,
    pub(in crate::timeline) labels: &'a mut LabelTable,
    /// When \[ns].
    pub(in crate::timeline) at: i64,
}

impl Program {
    /// The elements at a time; a number becomes one element without labels.
    ///
    /// # Errors
    /// If the expression has no value, as [`EvaluationError`] says.
    pub(in crate::timeline) fn evaluate(
        &mut self,
        moment: &mut Moment<'_>,
        out: &mut Vec<Element>,
    ) -> Result<(), EvaluationError> {
        out.clear();
        match self {
            Program::Scalar(scalar) => {
                let value = scalar.value(moment)?;
                out.push(Element { labels: Labels::NONE, value });
            }
            Program::Vector(operand) => operand.vector.evaluate(moment, out)?,
        }
        Ok(())
    }
}

impl Operand {
    pub(super) fn fill(&mut self, moment: &mut Moment<'_>) -> Result<&[Element], EvaluationError> {
        self.out.clear();
        self.vector.evaluate(moment, &mut self.out)?;
        Ok(&self.out)
    }
}

impl Scalar {
    pub(super) fn value(&mut self, moment: &mut Moment<'_>) -> Result<f64, EvaluationError> {
        Ok(match self {
            Scalar::Number(number) => *number,
            Scalar::Time => moment.at as f64 / 1e9,
            Scalar::Of(operand) => match operand.fill(moment)? {
                [one] => one.value,
                _ => f64::NAN,
            },
            Scalar::Negative(inner) => -inner.value(moment)?,
            Scalar::Binary(operator, sides) => {
                let (left, right) = (sides.0.value(moment)?, sides.1.value(moment)?);
                if operator.is_comparison() {
                    f64::from(u8::from(operator.holds(left, right)))
                } else {
                    operator.value(left, right)
                }
            }
        })
    }
}

impl Naming {
    /// Gives changed labels, and sees to it that no two elements have the same.
    #[inline]
    fn of(&mut self, table: &mut LabelTable, labels: Labels) -> Result<Labels, EvaluationError> {
        let labels = self.relabeling.of(table, labels);
        if self.seen.get(labels).is_some() {
            return Err(EvaluationError::SameLabels);
        }
        self.seen.put(labels, 0);
        Ok(labels)
    }

    fn rename(
        &mut self,
        table: &mut LabelTable,
        elements: &[Element],
        change: impl Fn(f64) -> f64,
        out: &mut Vec<Element>,
    ) -> Result<(), EvaluationError> {
        self.seen.clear();
        for element in elements {
            let labels = self.of(table, element.labels)?;
            out.push(Element { labels, value: change(element.value) });
        }
        Ok(())
    }
}

impl Window {
    /// Calls `each` with the labels and samples of every series that has any.
    fn each(
        &mut self,
        moment: &mut Moment<'_>,
        mut each: impl FnMut(&mut LabelTable, Labels, &[Sample], Frame) -> Result<(), EvaluationError>,
    ) -> Result<(), EvaluationError> {
        match self {
            Window::Range { selector, range, offset, room } => {
                let frame = Frame { end: moment.at - *offset, range: *range, now: moment.at };
                for series in moment.store.series(*selector) {
                    let (mut samples, may_end) =
                        moment.store.between(*series, frame.end - frame.range, frame.end);
                    if may_end && samples.iter().any(|sample| is_stale(sample.value)) {
                        room.clear();
                        room.extend(samples.iter().filter(|sample| !is_stale(sample.value)));
                        samples = room;
                    }
                    if !samples.is_empty() {
                        each(moment.labels, moment.store.labels(*series), samples, frame)?;
                    }
                }
            }
            Window::Subquery(steps) => {
                let frame = Frame { end: moment.at - steps.offset, range: steps.range, now: moment.at };
                for (labels, samples) in steps.fill(moment)? {
                    each(moment.labels, *labels, samples, frame)?;
                }
            }
        }
        Ok(())
    }
}

impl Vector {
    fn evaluate(&mut self, moment: &mut Moment<'_>, out: &mut Vec<Element>) -> Result<(), EvaluationError> {
        match self {
            Vector::Select { selector, offset } => {
                let at = moment.at - *offset;
                for series in moment.store.series(*selector) {
                    if let Some(sample) = moment.store.newest(*series, at) {
                        out.push(Element { labels: moment.store.labels(*series), value: sample.value });
                    }
                }
            }
            Vector::Timestamp { selector, offset, names } => {
                let at = moment.at - *offset;
                names.seen.clear();
                for series in moment.store.series(*selector) {
                    if let Some(sample) = moment.store.newest(*series, at) {
                        let labels = names.of(moment.labels, moment.store.labels(*series))?;
                        out.push(Element { labels, value: sample.at as f64 / 1e9 });
                    }
                }
            }
            Vector::Now { inner, names } => {
                let now = moment.at as f64 / 1e9;
                let elements = inner.fill(moment)?;
                names.rename(moment.labels, elements, |_| now, out)?;
            }
            Vector::FromScalar(scalar) => {
                let value = scalar.value(moment)?;
                out.push(Element { labels: Labels::NONE, value });
            }
            Vector::Over { function, window, parameter, names } => {
                let parameter = match parameter {
                    Some(parameter) => parameter.value(moment)?,
                    None => 0.0,
                };
                names.seen.clear();
                window.each(moment, |table, labels, samples, frame| {
                    if let Some(value) = function.of(samples, frame, parameter) {
                        let labels = names.of(table, labels)?;
                        out.push(Element { labels, value });
                    }
                    Ok(())
                })?;
            }
            Vector::AbsentOver { window, labels } => {
                let mut found = false;
                window.each(moment, |_, _, _, _| {
                    found = true;
                    Ok(())
                })?;
                if !found {
                    out.push(Element { labels: *labels, value: 1.0 });
                }
            }
            Vector::Absent { inner, labels } => {
                if inner.fill(moment)?.is_empty() {
                    out.push(Element { labels: *labels, value: 1.0 });
                }
            }
            Vector::Each { function, inner, parameters, names } => {
                let mut values = [0.0; 2];
                let count = parameters.len().min(2);
                for (value, parameter) in values.iter_mut().zip(parameters) {
                    *value = parameter.value(moment)?;
                }
                let elements = inner.fill(moment)?;
                if let Some(change) = function.of(&values[..count]) {
                    names.rename(moment.labels, elements, change, out)?;
                }
            }
            Vector::Negative { inner, names } => {
                let elements = inner.fill(moment)?;
                names.rename(moment.labels, elements, |value| -value, out)?;
            }
            Vector::Relabeled { inner, names } => {
                let elements = inner.fill(moment)?;
                names.rename(moment.labels, elements, |value| value, out)?;
            }
            Vector::Buckets { quantile, inner, histograms } => {
                let q = quantile.value(moment)?;
                let buckets = inner.fill(moment)?;
                histograms.quantiles(moment.labels, q, buckets, out)?;
            }
            Vector::Aggregate(grouping) => grouping.evaluate(moment, out)?,
            Vector::WithScalar { operator, as_bool, inner, scalar, swapped, names } => {
                let scalar = scalar.value(moment)?;
                if let Some(names) = names {
                    names.seen.clear();
                }
                for element in inner.fill(moment)? {
                    let vector = element.value;
                    let (left, right) = if *swapped { (scalar, vector) } else { (vector, scalar) };
                    let holds = operator.holds(left, right);
                    let value = if *as_bool {
                        f64::from(u8::from(holds))
                    } else if !holds {
                        continue;
                    } else if operator.is_comparison() {
                        vector
                    } else {
                        operator.value(left, right)
                    };
                    let labels = match names {
                        Some(names) => names.of(moment.labels, element.labels)?,
                        None => element.labels,
                    };
                    out.push(Element { labels, value });
                }
            }
            Vector::Joined(joined) => joined.evaluate(moment, out)?,
            Vector::Set(set) => set.evaluate(moment, out)?,
        }
        Ok(())
    }
}
