//! The faults of a plan while it runs.

use super::condition::{Condition, Disturbance};
use super::controls::{Controls, TargetId};
use crate::units::Instant;

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Blow {
    /// It disturbs its targets while it lasts.
    Lasting(Disturbance),
    /// It empties stores when it begins.
    Flush,
    /// It adds to a load, which is part of the plan.
    Load,
}

/// A fault whose names are numbers and whose times are known.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedFault {
    /// What it is called.
    pub label: String,
    /// Index of it in the scenario.
    pub index: usize,
    /// Whom it hits.
    pub targets: Vec<TargetId>,
    /// When it begins.
    pub from: Instant,
    /// When it ends; `None` for never.
    pub to: Option<Instant>,
    /// What it does.
    pub blow: Blow,
}

/// The faults of one run: says when it wants to be asked next, and does then what is due.
#[derive(Clone, Debug, Default)]
pub struct Schedule<'p> {
    faults: &'p [PlannedFault],
    /// Beginnings and ends in order: instant, whether it is a beginning, index of the fault.
    due: Vec<(Instant, bool, usize)>,
    /// How many of them are past.
    passed: usize,
    /// Which faults last.
    lasting: Vec<bool>,
}

impl<'p> Schedule<'p> {
    /// Makes the schedule at the start of a run.
    pub fn new(faults: &'p [PlannedFault]) -> Self {
        let mut due: Vec<(Instant, bool, usize)> = Vec::with_capacity(2 * faults.len());
        for (index, fault) in faults.iter().enumerate() {
            due.push((fault.from, true, index));
            due.extend(fault.to.map(|to| (to, false, index)));
        }
        // At one instant ends come before beginnings: what follows on a crash finds the target up.
        due.sort_unstable();
        Schedule { faults, due, passed: 0, lasting: vec![false; faults.len()] }
    }

    /// When something is due next.
    pub fn next(&self) -> Option<Instant> {
        self.due.get(self.passed).map(|(at, _, _)| *at)
    }

    /// Does what is due at `now` or before.
    pub fn advance(&mut self, now: Instant, controls: &mut impl Controls) {
        while let Some((_, begins, index)) =
            self.due.get(self.passed).copied().filter(|(at, _, _)| *at <= now)
        {
            self.passed += 1;
            let fault = &self.faults[index];
            controls.fault(now, &fault.label, begins);
            match fault.blow {
                Blow::Flush => {
                    if begins {
                        fault.targets.iter().for_each(|target| controls.flush(*target));
                    }
                }
                Blow::Load => {}
                Blow::Lasting(_) => {
                    let before: Vec<Condition> =
                        fault.targets.iter().map(|target| self.condition(*target)).collect();
                    self.lasting[index] = begins;
                    for (target, before) in fault.targets.iter().zip(before) {
                        let after = self.condition(*target);
                        if before != after {
                            controls.set_condition(*target, &before, &after);
                        }
                    }
                }
            }
        }
    }

    /// What a target suffers now.
    pub fn condition(&self, target: TargetId) -> Condition {
        let disturbances =
            self.faults.iter().zip(&self.lasting).filter_map(|(fault, lasts)| match fault.blow {
                Blow::Lasting(disturbance) if *lasts && fault.targets.contains(&target) => Some(disturbance),
                Blow::Lasting(_) | Blow::Flush | Blow::Load => None,
            });
        Condition::of(disturbances)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    #[derive(Debug, Default)]
    struct Seen(Vec<(u16, Condition)>, Vec<u16>);

    impl Controls for Seen {
        fn set_condition(&mut self, target: TargetId, before: &Condition, after: &Condition) {
            assert_ne!(before, after);
            self.0.push((target.0, after.clone()));
        }

        fn fault(&mut self, _at: Instant, _label: &str, _begins: bool) {}

        fn flush(&mut self, target: TargetId) {
            self.1.push(target.0);
        }
    }

    fn at(secs: u64) -> Instant {
        Instant::START + Span::from_secs(secs)
    }

    fn fault(from: u64, to: Option<u64>, targets: &[u16], blow: Blow) -> PlannedFault {
        let targets = targets.iter().copied().map(TargetId).collect();
        PlannedFault { label: String::new(), index: 0, targets, from: at(from), to: to.map(at), blow }
    }

    #[test]
    fn overlapping_faults_of_one_target_end_one_by_one() {
        let slow = |factor| Blow::Lasting(Disturbance::Slow(factor));
        let faults = [
            fault(10, Some(30), &[1], slow(2.0)),
            fault(20, Some(40), &[1, 2], slow(3.0)),
            fault(25, None, &[7], Blow::Flush),
        ];
        let mut schedule = Schedule::new(&faults);
        let mut seen = Seen::default();
        let mut times = Vec::new();
        while let Some(next) = schedule.next() {
            times.push(next);
            schedule.advance(next, &mut seen);
        }
        assert_eq!(times, [10, 20, 25, 30, 40].map(at));
        let slowness: Vec<(u16, f64)> =
            seen.0.iter().map(|(target, condition)| (*target, condition.slowness)).collect();
        assert_eq!(slowness, [(1, 2.0), (1, 6.0), (2, 3.0), (1, 3.0), (1, 1.0), (2, 1.0)]);
        assert_eq!(seen.1, [7]);
    }

    #[test]
    fn one_fault_after_another_leaves_no_gap_and_no_overlap() {
        let down = Blow::Lasting(Disturbance::Down);
        let faults = [fault(20, None, &[1], down), fault(10, Some(20), &[1], down)];
        let mut schedule = Schedule::new(&faults);
        let mut seen = Seen::default();
        schedule.advance(at(20), &mut seen);
        let downs: Vec<bool> = seen.0.iter().map(|(_, condition)| condition.down).collect();
        assert_eq!(downs, [true, false, true]);
        assert_eq!(schedule.next(), None);
    }
}
