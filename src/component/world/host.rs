//! The engine's questions, and who answers them.

use super::World;
use super::agenda::AGENDA;
use crate::component::parts::Hook;
use crate::engine::{Core, Exit, Flow, Host, TaskId};
use crate::record::{AccessStatus, Cause, Happening, ObservedRecord, Outcome};
use crate::units::{Instant, Span};

impl Host for World<'_> {
    fn begin(&mut self, core: &mut Core<'_>) {
        self.begin_scaling(core);
        self.begin_pools(core);
        self.begin_groups(core);
        self.begin_plans(core);
        self.begin_loads(core);
        self.begin_agenda(core);
        self.begin_saving(core);
        self.begin_shedding(core);
        self.begin_watching(core, self.assembly);
        self.cut_record(core);
    }

    #[inline]
    fn source(&mut self, core: &mut Core<'_>, source: u32) {
        self.load_due(core, source);
    }

    fn timer(&mut self, core: &mut Core<'_>, timer: u32) {
        if timer == AGENDA {
            self.see_to_agenda(core);
            return self.cut_record(core);
        }
        self.timer_due(core, timer);
    }

    #[inline]
    fn hook(&mut self, core: &mut Core<'_>, task: TaskId, hook: u32) -> Flow {
        self.run_hook(core, task, hook)
    }

    fn asleep(&mut self, core: &mut Core<'_>, task: TaskId, hook: u32, token: u64) {
        match self.parts.hooks[hook as usize] {
            Hook::Gate { .. } => return self.wait_at_gate(core, task, hook, token),
            // A forgotten connection waits for nobody; a pool of threads knows who waits for one.
            Hook::Linger { .. } | Hook::Submit { .. } => return,
            _ => {}
        }
        self.waits_for_fetch(task, token);
        self.waits_for_batch(core, task, token);
    }

    fn closed(&mut self, core: &mut Core<'_>, task: TaskId, tag: u8, data: u32, since: Instant, exit: Exit) {
        self.scope_closed(core, task, tag, data, since, exit);
    }

    #[inline]
    fn place(&mut self, core: &mut Core<'_>, task: TaskId, process: u16) -> Result<u16, Cause> {
        self.enter(core, task, process)
    }

    #[inline]
    fn left(&mut self, _core: &mut Core<'_>, process: u16, replica: u16) {
        self.leave(process, replica);
    }

    fn answer(&self, process: u16, cause: Cause, inner: Option<AccessStatus>) -> Option<AccessStatus> {
        self.answer_of(process, cause, inner)
    }

    fn retry(
        &mut self,
        core: &mut Core<'_>,
        task: TaskId,
        policy: u16,
        attempt: u8,
        cause: Cause,
        previous: Span,
    ) -> Option<Span> {
        self.pause_before_retry(core, task, policy, attempt, cause, previous)
    }

    fn retried(&mut self, core: &mut Core<'_>, task: TaskId, policy: u16, attempt: u8) {
        self.request_ended(core, task, policy, attempt, true);
    }

    fn retry_left(&mut self, core: &mut Core<'_>, task: TaskId, policy: u16, attempt: u8) {
        self.request_ended(core, task, policy, attempt, false);
    }

    fn ended(&mut self, core: &mut Core<'_>, notify: u32, _outcome: Outcome) {
        match self.numbers.take(notify) {
            Some((replica, sequence)) => self.applied(replica, sequence),
            None => self.user_answered(core, notify),
        }
    }

    fn transaction_ended(&mut self, core: &mut Core<'_>, session: u32, committed: bool) {
        self.session_ended(core, session, committed);
    }

    fn sample(&mut self, now: Instant, interval: bool, segment: bool) {
        self.sample_observables(now, interval, segment);
        if interval {
            let effects = self.effects();
            self.effects_over_time.push(effects);
        }
    }

    fn observed(&mut self, now: Instant) -> Vec<ObservedRecord> {
        self.take_observations(now)
    }

    fn happenings(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happenings)
    }

    fn effects(&self) -> Vec<u64> {
        let mut effects = self.effects.clone();
        for (cache, effect) in &self.parts.losses {
            effects[usize::from(*effect)] = self.stores.iter().map(|store| store.lost(*cache)).sum();
        }
        for (tally, found) in self.parts.tallies.iter().zip(&self.tallies) {
            if let Some(effect) = effects.get_mut(usize::from(tally.effect)) {
                *effect = found.count();
            }
        }
        effects
    }

    fn effects_over_time(&mut self) -> Vec<Vec<u64>> {
        std::mem::take(&mut self.effects_over_time)
    }
}
