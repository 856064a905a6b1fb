//! The faults of a plan while it runs.

use super::condition::{Condition, Disturbance};
use super::controls::{Controls, TargetId};
use crate::units::{Instant, Span};

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
    /// When it begins; at the earliest, if it follows another.
    pub from: Instant,
    /// When it ends; `None` for never, and if it follows another.
    pub to: Option<Instant>,
    /// What it does.
    pub blow: Blow,
    /// What it follows, if nobody knows beforehand when that ends.
    pub follows: Option<Following>,
}

/// A fault that begins when another ends, which is when people end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Following {
    /// Index of the other among those that are planned.
    pub fault: usize,
    /// How long after it.
    pub delay: Span,
    /// How long it lasts; `None` for ever.
    pub lasts: Option<Span>,
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
    /// Of which faults people have freed which targets.
    mended: Vec<(usize, TargetId)>,
    /// What people have taken down, to start it again.
    taken_down: Vec<TargetId>,
}

impl<'p> Schedule<'p> {
    /// Makes the schedule at the start of a run.
    pub fn new(faults: &'p [PlannedFault]) -> Self {
        let mut due: Vec<(Instant, bool, usize)> = Vec::with_capacity(2 * faults.len());
        for (index, fault) in faults.iter().enumerate().filter(|(_, fault)| fault.follows.is_none()) {
            due.push((fault.from, true, index));
            due.extend(fault.to.filter(|_| fault.blow != Blow::Flush).map(|to| (to, false, index)));
        }
        // At one instant ends come before beginnings: what follows on a crash finds the target up.
        due.sort_unstable();
        let lasting = vec![false; faults.len()];
        Schedule { faults, due, passed: 0, lasting, mended: Vec::new(), taken_down: Vec::new() }
    }

    /// Has a target be down from the start until it is brought up; nobody is told.
    pub fn begin_down(&mut self, target: TargetId) {
        if !self.taken_down.contains(&target) {
            self.taken_down.push(target);
        }
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
            if self.is_mended(index) {
                continue;
            }
            controls.fault(now, &fault.label, begins);
            match fault.blow {
                Blow::Flush => {
                    // It takes no time: it is over when it has begun.
                    fault.targets.iter().for_each(|target| controls.flush(*target));
                    controls.fault(now, &fault.label, false);
                    self.ended(now, index);
                }
                Blow::Load => {}
                Blow::Lasting(_) => {
                    let before: Vec<Condition> =
                        fault.targets.iter().map(|target| self.condition(*target)).collect();
                    self.lasting[index] = begins;
                    for (target, before) in fault.targets.iter().zip(before) {
                        self.tell(*target, &before, controls);
                    }
                }
            }
            if !begins {
                self.ended(now, index);
            }
        }
    }

    /// Plans what follows a fault that has ended.
    fn ended(&mut self, now: Instant, index: usize) {
        for (number, fault) in self.faults.iter().enumerate() {
            let Some(Following { delay, lasts, .. }) = fault.follows.filter(|it| it.fault == index) else {
                continue;
            };
            let from = now + delay;
            let lasts = lasts.filter(|_| fault.blow != Blow::Flush);
            let end = lasts.map(|lasts| (from + lasts, false, number));
            for due in [Some((from, true, number)), end].into_iter().flatten() {
                let place = self.due[self.passed..].partition_point(|known| *known <= due);
                self.due.insert(self.passed + place, due);
            }
        }
    }

    /// What a target suffers now.
    pub fn condition(&self, target: TargetId) -> Condition {
        let disturbances = (0..self.faults.len()).filter_map(|fault| self.disturbance(fault, target));
        let down = self.taken_down.contains(&target).then_some(Disturbance::Down);
        Condition::of(disturbances.chain(down))
    }

    /// Ends, at one target, those faults that last and disturb it in some way.
    pub fn mend(
        &mut self,
        now: Instant,
        target: TargetId,
        ends: impl Fn(Disturbance) -> bool,
        controls: &mut impl Controls,
    ) {
        let before = self.condition(target);
        let is_hit = |index: &usize| self.disturbance(*index, target).is_some_and(&ends);
        let hit: Vec<usize> = (0..self.faults.len()).filter(is_hit).collect();
        for index in hit {
            self.mended.push((index, target));
            if self.is_mended(index) {
                controls.fault(now, &self.faults[index].label, false);
                self.ended(now, index);
            }
        }
        self.tell(target, &before, controls);
    }

    /// Takes a target down until it is brought up again, or brings it up as far as faults let it.
    pub fn set_down(&mut self, target: TargetId, down: bool, controls: &mut impl Controls) {
        let before = self.condition(target);
        self.taken_down.retain(|known| *known != target);
        if down {
            self.taken_down.push(target);
        }
        self.tell(target, &before, controls);
    }

    fn tell(&self, target: TargetId, before: &Condition, controls: &mut impl Controls) {
        let after = self.condition(target);
        if *before != after {
            controls.set_condition(target, before, &after);
        }
    }

    /// What a fault does to a target now.
    fn disturbance(&self, index: usize, target: TargetId) -> Option<Disturbance> {
        let fault = &self.faults[index];
        match fault.blow {
            Blow::Lasting(disturbance) => (self.lasting[index]
                && fault.targets.contains(&target)
                && !self.mended.contains(&(index, target)))
            .then_some(disturbance),
            Blow::Flush | Blow::Load => None,
        }
    }

    /// Whether people have freed all targets of a fault.
    fn is_mended(&self, index: usize) -> bool {
        let targets = &self.faults[index].targets;
        !targets.is_empty() && targets.iter().all(|target| self.mended.contains(&(index, *target)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Seen(Vec<(u16, Condition)>, Vec<u16>, Vec<bool>);

    impl Controls for Seen {
        fn set_condition(&mut self, target: TargetId, before: &Condition, after: &Condition) {
            assert_ne!(before, after);
            self.0.push((target.0, after.clone()));
        }

        fn fault(&mut self, _at: Instant, _label: &str, begins: bool) {
            self.2.push(begins);
        }

        fn flush(&mut self, target: TargetId) {
            self.1.push(target.0);
        }

        fn act(&mut self, _step: u16) -> bool {
            true
        }

        fn acknowledged(&mut self, _at: Instant, _alert: &str) {}
        fn understood(&mut self, _at: Instant, _alert: &str) {}
        fn step_began(&mut self, _at: Instant, _step: &str, _action: &str) {}
        fn step_ended(&mut self, _at: Instant, _step: &str, _action: &str, _worked: bool) {}
    }

    fn at(secs: u64) -> Instant {
        Instant::START + Span::from_secs(secs)
    }

    fn fault(from: u64, to: Option<u64>, targets: &[u16], blow: Blow) -> PlannedFault {
        let targets = targets.iter().copied().map(TargetId).collect();
        let (label, from, to) = (String::new(), at(from), to.map(at));
        PlannedFault { label, index: 0, targets, from, to, blow, follows: None }
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
    fn what_takes_no_time_ends_when_it_has_begun() {
        let flush = PlannedFault { to: Some(at(10)), ..fault(10, None, &[1], Blow::Flush) };
        let down = Blow::Lasting(Disturbance::Down);
        let follows = Some(Following { fault: 0, delay: Span::from_secs(5), lasts: None });
        let faults = [flush, PlannedFault { follows, ..fault(0, None, &[2], down) }];
        let mut schedule = Schedule::new(&faults);
        let mut seen = Seen::default();
        schedule.advance(at(10), &mut seen);
        assert_eq!((seen.2.as_slice(), seen.1.as_slice()), (&[true, false][..], &[1][..]));
        assert_eq!(schedule.next(), Some(at(15)), "what follows it begins");
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

    #[test]
    fn what_follows_a_fault_begins_when_people_have_ended_it() {
        let down = Blow::Lasting(Disturbance::Down);
        let after = |index: usize, delay: u64, lasts: Option<u64>| {
            let (delay, lasts) = (Span::from_secs(delay), lasts.map(Span::from_secs));
            Some(Following { fault: index, delay, lasts })
        };
        let faults = [
            fault(10, None, &[1, 2], down),
            PlannedFault { follows: after(0, 30, Some(20)), ..fault(40, None, &[3], down) },
            PlannedFault { follows: after(1, 0, None), ..fault(40, None, &[4], down) },
        ];
        let mut schedule = Schedule::new(&faults);
        let mut seen = Seen::default();
        schedule.advance(at(10), &mut seen);
        assert_eq!(schedule.next(), None, "nobody knows when it ends");
        // One of two is free: it has not ended yet.
        schedule.mend(at(100), TargetId(1), |_| true, &mut seen);
        assert_eq!(schedule.next(), None);
        schedule.mend(at(200), TargetId(2), |_| true, &mut seen);
        let mut times = Vec::new();
        while let Some(next) = schedule.next() {
            times.push(next);
            schedule.advance(next, &mut seen);
        }
        assert_eq!(times, [at(230), at(250)]);
        let downs: Vec<(u16, bool)> = seen.0.iter().map(|(target, it)| (*target, it.down)).collect();
        let first = [(1, true), (2, true), (1, false), (2, false)];
        assert_eq!(downs, [&first[..], &[(3, true), (3, false), (4, true)]].concat());
    }
}
