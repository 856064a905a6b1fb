//! Many elements into few.
//!
//! Source: Prometheus 3, `promql/engine.go#aggregation`, `#aggregationK`.

use super::super::labels::{Labels, Relabeling, Slots};
use super::ast::Aggregator;
use super::evaluate::Moment;
use super::program::{Element, EvaluationError, Operand, Scalar};
use super::sums::{Mean, Sum, quantile};

/// An aggregation with its groups.
#[derive(Clone, Debug)]
pub(super) struct Grouping {
    pub(super) aggregator: Aggregator,
    pub(super) parameter: Option<Scalar>,
    pub(super) inner: Operand,
    pub(super) relabeling: Relabeling,
    pub(super) places: Slots,
    pub(super) groups: Vec<Group>,
}

/// What is known of a group so far.
#[derive(Clone, Debug)]
pub(super) struct Group {
    labels: Labels,
    count: f64,
    value: f64,
    sum: Sum,
    mean: Mean,
    /// All elements, for aggregators that need them.
    all: Vec<Element>,
}

impl Group {
    fn new(labels: Labels, value: f64) -> Group {
        Group { labels, count: 0.0, value, sum: Sum::default(), mean: Mean::from(value), all: Vec::new() }
    }

    #[inline]
    fn first(&mut self, aggregator: Aggregator, element: Element) {
        let value = element.value;
        self.count = 1.0;
        match aggregator {
            Aggregator::Sum => self.sum = Sum::from(value),
            Aggregator::Avg => self.mean = Mean::from(value),
            Aggregator::Min | Aggregator::Max => self.value = value,
            Aggregator::Count | Aggregator::Group => {}
            Aggregator::Stddev | Aggregator::Stdvar => {
                self.sum = Sum::from(value);
                self.value = if value.is_finite() { 0.0 } else { f64::NAN };
            }
            Aggregator::Quantile | Aggregator::Topk | Aggregator::Bottomk => {
                self.all.clear();
                self.all.push(element);
            }
        }
    }

    #[inline]
    fn add(&mut self, aggregator: Aggregator, element: Element) {
        let value = element.value;
        self.count += 1.0;
        match aggregator {
            Aggregator::Sum => self.sum = self.sum.plus(value),
            Aggregator::Avg => self.mean.add(value),
            Aggregator::Min if self.value > value || self.value.is_nan() => self.value = value,
            Aggregator::Max if self.value < value || self.value.is_nan() => self.value = value,
            Aggregator::Min | Aggregator::Max | Aggregator::Count | Aggregator::Group => {}
            Aggregator::Stddev | Aggregator::Stdvar => {
                let before = self.sum.total();
                let delta = value - before;
                let mean = before + delta / self.count;
                self.sum = Sum::from(mean);
                self.value += delta * (value - mean);
            }
            Aggregator::Quantile | Aggregator::Topk | Aggregator::Bottomk => self.all.push(element),
        }
    }

    fn result(&mut self, aggregator: Aggregator, parameter: f64) -> f64 {
        match aggregator {
            Aggregator::Sum => self.sum.total(),
            Aggregator::Avg => self.mean.value(),
            Aggregator::Min | Aggregator::Max => self.value,
            Aggregator::Count => self.count,
            Aggregator::Group | Aggregator::Topk | Aggregator::Bottomk => 1.0,
            Aggregator::Stdvar => self.value / self.count,
            Aggregator::Stddev => (self.value / self.count).sqrt(),
            Aggregator::Quantile => {
                let mut values: Vec<f64> = self.all.iter().map(|element| element.value).collect();
                quantile(parameter, &mut values)
            }
        }
    }
}

impl Grouping {
    pub(super) fn evaluate(
        &mut self,
        moment: &mut Moment<'_>,
        out: &mut Vec<Element>,
    ) -> Result<(), EvaluationError> {
        let parameter = match &mut self.parameter {
            Some(parameter) => parameter.value(moment)?,
            None => 0.0,
        };
        let picks = matches!(self.aggregator, Aggregator::Topk | Aggregator::Bottomk);
        if picks && parameter.is_nan() {
            return Err(EvaluationError::NotANumber);
        }
        let elements = self.inner.fill(moment)?;
        self.places.clear();
        let mut used = 0;
        for element in elements {
            let labels = self.relabeling.of(moment.labels, element.labels);
            if let Some(place) = self.places.get(labels) {
                self.groups[place].add(self.aggregator, *element);
                continue;
            }
            self.places.put(labels, used);
            match self.groups.get_mut(used) {
                Some(group) => group.labels = labels,
                None => self.groups.push(Group::new(labels, element.value)),
            }
            self.groups[used].first(self.aggregator, *element);
            used += 1;
        }
        let count = elements.len();
        for group in &mut self.groups[..used] {
            match self.aggregator {
                Aggregator::Topk => best(&mut group.all, parameter, count, |a, b| b.total_cmp(&a), out),
                Aggregator::Bottomk => best(&mut group.all, parameter, count, |a, b| a.total_cmp(&b), out),
                _ => out
                    .push(Element { labels: group.labels, value: group.result(self.aggregator, parameter) }),
            }
        }
        Ok(())
    }
}

/// The first `k` elements in an order, those that are not a number last.
fn best(
    all: &mut [Element],
    k: f64,
    count: usize,
    order: impl Fn(f64, f64) -> std::cmp::Ordering,
    out: &mut Vec<Element>,
) {
    // A float-to-integer cast saturates and maps NaN to zero.
    let k = (k as i64).clamp(0, count as i64) as usize;
    all.sort_by(|a, b| a.value.is_nan().cmp(&b.value.is_nan()).then(order(a.value, b.value)));
    out.extend(all.iter().take(k));
}
