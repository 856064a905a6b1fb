//! What stands before the parts of a system that a scenario disturbs.

use std::collections::{BTreeSet, VecDeque};

use super::World;
use super::agenda::Chore;
use crate::component::parts::{Hook, TargetKind};
use crate::engine::{Core, Flow, TaskId};
use crate::random::mix;
use crate::record::Cause;
use crate::timeline::Condition;
use crate::units::{Instant, Span};

/// First and longest time until a message that is not acknowledged is sent again.
///
/// Source: Linux `TCP_RTO_MIN` 200 ms, `TCP_RTO_MAX` 120 s; RFC 6298 doubles it each time.
const RETRANSMISSION: Span = Span::from_millis(200);
const LONGEST_RETRANSMISSION: Span = Span::from_secs(120);

/// A gate while it runs: what is wrong behind it, and who waits for that to be over.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) condition: Condition,
    /// Whether what is behind it is gone, however it is refused.
    pub(super) gone: bool,
    /// Whether it is there, and refuses: a master of a cluster that is down.
    pub(super) refuses: bool,
    waiting: VecDeque<Waiting>,
    /// Those whose message is sent again at an instant.
    sent_again: BTreeSet<(Instant, TaskId, u64)>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    task: TaskId,
    token: u64,
    since: Instant,
}

impl Gate {
    pub(super) fn new() -> Self {
        Gate {
            condition: Condition::CALM,
            gone: false,
            refuses: false,
            waiting: VecDeque::new(),
            sent_again: BTreeSet::new(),
        }
    }
}

impl World<'_> {
    /// What becomes of a task that comes to a gate.
    pub(super) fn pass_gate(
        &self,
        core: &Core<'_>,
        task: TaskId,
        gate: u16,
        site: u64,
        work: Option<u32>,
    ) -> Flow {
        let gate_number = usize::from(gate);
        let condition = &self.gates[gate_number].condition;
        if condition.down {
            return if self.waits_while_down(gate) { Flow::Sleep } else { Flow::Fail(Cause::Unavailable) };
        }
        if condition.cut || condition.hung {
            return Flow::Sleep;
        }
        if self.gates[gate_number].refuses {
            return Flow::Fail(Cause::Error);
        }
        if condition.errors > 0.0 && core.draw(task, mix(site, 1)).unit() < condition.errors {
            return Flow::Fail(self.error_of(gate));
        }
        let mut wait = Span::ZERO;
        if condition.loss > 0.0 {
            wait = retransmitted(condition.loss, core.draw(task, mix(site, 2)).unit());
        }
        for delay in &condition.delays {
            wait += core.draw_demand(task, self.parts.delays[usize::from(*delay)]);
        }
        if let Some(work) = work.filter(|_| condition.slowness > 1.0) {
            wait += core.draw_demand(task, work) * (condition.slowness - 1.0);
        }
        if wait.is_zero() { Flow::Next } else { Flow::Delay(wait) }
    }

    /// Producers keep records until the log is back; everybody else is refused.
    fn waits_while_down(&self, gate: u16) -> bool {
        self.parts.targets.iter().any(|t| t.gate == gate && matches!(t.kind, TargetKind::Log))
    }

    fn error_of(&self, gate: u16) -> Cause {
        let is_external = |kind: &TargetKind| matches!(kind, TargetKind::External { .. });
        if self.parts.targets.iter().any(|target| target.gate == gate && is_external(&target.kind)) {
            Cause::ExternalError
        } else {
            Cause::Error
        }
    }

    /// Takes note of a task that waits at a gate.
    pub(super) fn wait_at_gate(&mut self, core: &Core<'_>, task: TaskId, hook: u32, token: u64) {
        let Hook::Gate { gate, per_replica, .. } = self.parts.hooks[hook as usize] else { return };
        let gate = if per_replica { gate + core.replica(task) } else { gate };
        let gate = &mut self.gates[usize::from(gate)];
        gate.waiting.push_back(Waiting { task, token, since: core.now() });
        // Those whose patience ran out are forgotten, so that memory follows what waits.
        if gate.waiting.len() > 64 && gate.waiting.len() > 2 * core.in_flight() {
            gate.waiting.retain(|waiting| core.token(waiting.task) == waiting.token);
        }
    }

    /// Puts a gate into a condition; whoever waited for what is over now goes on.
    pub(super) fn set_gate(&mut self, core: &mut Core<'_>, gate: u16, condition: &Condition) {
        let number = gate;
        let was_cut = self.gates[usize::from(gate)].condition.cut;
        let stays_down = condition.down && self.waits_while_down(gate);
        let gate = &mut self.gates[usize::from(gate)];
        gate.condition = condition.clone();
        if condition.cut || condition.hung || stays_down {
            return;
        }
        let waiting = std::mem::take(&mut gate.waiting);
        if !was_cut {
            for Waiting { task, token, .. } in waiting {
                core.wake(task, token, true);
            }
            return;
        }
        let now = core.now();
        for Waiting { task, token, since } in waiting {
            gate.sent_again.insert((next_sending(since, now), task, token));
        }
        let first = gate.sent_again.first().map(|(at, ..)| *at);
        if let Some(at) = first {
            self.plan(core, at, Chore::SendAgain { gate: number });
        }
    }

    /// Lets those pass whose message is sent again by now.
    pub(super) fn send_again(&mut self, core: &mut Core<'_>, gate: u16) {
        let state = &mut self.gates[usize::from(gate)];
        let now = core.now();
        while let Some((at, task, token)) = state.sent_again.first().copied() {
            if at > now {
                self.plan(core, at, Chore::SendAgain { gate });
                return;
            }
            state.sent_again.pop_first();
            core.wake(task, token, true);
        }
    }
}

/// How much later a message gets through when each sending is lost with probability `loss`; `u` is uniform.
fn retransmitted(loss: f64, u: f64) -> Span {
    let (mut wait, mut pause, mut lost) = (Span::ZERO, RETRANSMISSION, loss);
    // The n-th sending is needed with probability loss^(n-1).
    while u < lost && wait < LONGEST_RETRANSMISSION {
        wait += pause;
        pause = (pause * 2.0).min(LONGEST_RETRANSMISSION);
        lost *= loss;
    }
    wait
}

/// The first instant not before `now` at which a message of `since` is sent again.
fn next_sending(since: Instant, now: Instant) -> Instant {
    let (mut at, mut pause) = (since, RETRANSMISSION);
    while at < now {
        at = at + pause;
        pause = (pause * 2.0).min(LONGEST_RETRANSMISSION);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::START + Span::from_millis(ms)
    }

    #[test]
    fn a_message_is_sent_again_after_pauses_that_double() {
        let sendings: Vec<Instant> =
            [0, 1, 200, 201, 601, 1_401].into_iter().map(|now| next_sending(at(0), at(now))).collect();
        assert_eq!(sendings, [0, 200, 200, 600, 1_400, 3_000].map(at));
    }

    #[test]
    fn each_sending_is_lost_by_itself() {
        let waits: Vec<Span> = [0.6, 0.4, 0.2, 0.1].into_iter().map(|u| retransmitted(0.5, u)).collect();
        assert_eq!(waits, [0, 200, 600, 1_400].map(Span::from_millis));
        assert_eq!(retransmitted(0.0, 0.0), Span::ZERO);
        assert!(retransmitted(1.0, 0.5) >= LONGEST_RETRANSMISSION);
    }
}
