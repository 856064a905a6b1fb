//! What response times went into, as reports tell it.

use super::numbers::{percent, time};
use crate::component::View;
use crate::experiment::{OperationResults, Results, WindowResults};
use crate::record::TimePart;
use crate::stats::Estimate;

/// Parts below this share of the whole are left out of words.
const WORTH_TELLING: f64 = 0.05;
/// A share of requests that are not served which is worth telling of.
const SOME: f64 = 0.01;

/// What requests of an operation with one outcome spent in a window [s].
#[derive(Clone, Copy)]
pub(super) struct Spent {
    /// Whether they were served.
    pub(super) served: bool,
    /// By part, in their order.
    pub(super) parts_s: [f64; TimePart::COUNT],
}

impl Spent {
    fn new(served: bool, means: [Estimate; TimePart::COUNT]) -> Self {
        Spent { served, parts_s: means.map(|part| part.mean) }
    }

    /// The mean response time.
    pub(super) fn total_s(&self) -> f64 {
        self.parts_s.iter().sum()
    }

    /// The parts that matter, the largest first, each with its share.
    pub(super) fn largest(&self) -> Vec<(TimePart, f64)> {
        let total_s = self.total_s();
        let shares = TimePart::ALL.into_iter().zip(self.parts_s.map(|part_s| part_s / total_s));
        let mut shares: Vec<(TimePart, f64)> = shares.filter(|(_, share)| *share >= WORTH_TELLING).collect();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        shares
    }

    /// In words, such as `1.2 s: pool 80 %, service 20 %`.
    pub(super) fn words(&self, name: impl Fn(TimePart) -> &'static str) -> String {
        let parts: Vec<String> = self
            .largest()
            .into_iter()
            .map(|(part, share)| format!("{} {:.0} %", name(part), share * 100.0))
            .collect();
        match parts.is_empty() {
            true => time(self.total_s()),
            false => format!("{}: {}", time(self.total_s()), parts.join(", ")),
        }
    }
}

/// What requests that were served spent, and those that were not, where they are more than a few.
pub(super) fn of(operation: &OperationResults) -> Vec<Spent> {
    let Some(spent) = &operation.spent else { return Vec::new() };
    let not_served: f64 = operation.causes.iter().map(|(_, share)| share.mean).sum();
    let served = spent.served.map(|means| Spent::new(true, means));
    let others = spent.not_served.filter(|_| not_served > SOME).map(|means| Spent::new(false, means));
    served.into_iter().chain(others).filter(|spent| spent.total_s() > 0.0).collect()
}

/// Operations that clients ask for and that something is known of, by index.
pub(super) fn operations(results: &Results) -> Vec<usize> {
    let first = results.windows.first().map_or(&[][..], |window| &window.operations);
    let is_told = |index: &usize| {
        first[*index].name.view == View::Client
            && results.windows.iter().any(|window| !of_index(window, *index).is_empty())
    };
    (0..first.len()).filter(is_told).collect()
}

/// What requests of an operation spent in a window.
pub(super) fn of_index(window: &WindowResults, operation: usize) -> Vec<Spent> {
    window.operations.get(operation).map_or_else(Vec::new, of)
}

/// The share of requests that were not served, in words.
pub(super) fn not_served_share(operation: &OperationResults) -> String {
    percent(operation.causes.iter().map(|(_, share)| share.mean).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_the_largest_parts_first_and_leave_out_what_is_little() {
        let spent = Spent { served: true, parts_s: [0.2, 0.0, 0.76, 0.0, 0.04, 0.0, 0.0] };
        assert_eq!(spent.words(TimePart::name), "1.00 s: pool 76 %, queue 20 %");
    }
}
