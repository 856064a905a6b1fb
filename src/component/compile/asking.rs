//! Compiles what surrounds the commands to a cache: a bypass, a time-out, and what is done when it does not answer.

use super::builder::Builder;
use super::commands::CacheAt;
use super::flags::SwitchKey;
use crate::component::cache::OnError;
use crate::engine::{Pc, Step};
use crate::record::Cause;
use crate::units::Span;

/// How a cache fails to answer. That a lock is taken, or a limit is reached, is an answer.
const NO_ANSWER: [Cause; 6] = [
    Cause::Timeout,
    Cause::QueueFull,
    Cause::Unavailable,
    Cause::NetworkLoss,
    Cause::OutOfMemory,
    Cause::Error,
];

/// The scopes around a command that are open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    /// The step that opens the scope in which failures are caught, if they are.
    catch: Option<usize>,
    timed: bool,
}

impl Builder<'_> {
    /// The switch that bypasses a cache.
    pub(super) fn bypass_of(&self, cache: CacheAt) -> Option<u16> {
        self.switch(&SwitchKey::Bypass(cache.space))
    }

    pub(super) fn command_timeout(&self, cache: CacheAt) -> Option<Span> {
        self.server(cache).and_then(|(_, spec)| spec.timeout)
    }

    /// Opens the scopes around a command.
    pub(super) fn begin_asking(&mut self, on_error: OnError, timeout: Option<Span>) -> Asking {
        let catch = (on_error == OnError::Skip).then(|| self.emit(Step::Finish));
        if let Some(timeout) = timeout {
            let ring = self.program.ring(timeout);
            self.emit(Step::Deadline { ring, cause: Cause::Timeout });
        }
        Asking { catch, timed: timeout.is_some() }
    }

    /// Closes the scopes around a command that was answered; gives the step that is to jump to where it goes on.
    pub(super) fn answered(&mut self, asking: Asking) -> usize {
        if asking.timed {
            self.emit(Step::EndDeadline);
        }
        self.emit(Step::Finish)
    }

    /// Has the step behind an answered command go on at `to`.
    pub(super) fn goes_on_at(&mut self, asking: Asking, step: usize, to: Pc) {
        self.program.steps[step] =
            if asking.catch.is_some() { Step::EndCatch { to } } else { Step::Jump { to } };
    }

    /// Emits what becomes of a failure; gives the step that is to jump to where its request goes on without an answer.
    pub(super) fn unanswered(&mut self, asking: Asking) -> Option<usize> {
        let catch = asking.catch?;
        self.program.steps[catch] = Step::Catch { handler: self.here() };
        let causes = NO_ANSWER.into_iter().fold(0, |mask, cause| mask | (1 << cause as u32));
        let rethrow = self.here() + 2;
        self.emit(Step::Unless { causes, to: rethrow });
        let skipped = self.emit(Step::Finish);
        self.emit(Step::Rethrow);
        Some(skipped)
    }

    /// Emits a command that goes on behind it whether it was answered or, if `on_error` says so, not.
    pub(super) fn asked(&mut self, cache: CacheAt, on_error: OnError, body: impl FnOnce(&mut Self)) {
        let timeout = self.command_timeout(cache);
        self.asked_within(timeout, cache, on_error, body);
    }

    /// [`Builder::asked`] with a time-out of its own around all of it, or none.
    pub(super) fn asked_within(
        &mut self,
        timeout: Option<Span>,
        cache: CacheAt,
        on_error: OnError,
        body: impl FnOnce(&mut Self),
    ) {
        let bypass = self.bypass_of(cache);
        let around = match on_error {
            OnError::Skip => self.around(bypass),
            OnError::Fail => {
                self.refused(bypass, Cause::Unavailable);
                None
            }
        };
        self.ask(timeout, on_error, body);
        self.around_to_here(around);
    }

    /// Emits a command, bypassed or not.
    pub(super) fn ask(&mut self, timeout: Option<Span>, on_error: OnError, body: impl FnOnce(&mut Self)) {
        let asking = self.begin_asking(on_error, timeout);
        body(self);
        if asking.catch.is_none() {
            if asking.timed {
                self.emit(Step::EndDeadline);
            }
            return;
        }
        let answered = self.answered(asking);
        let skipped = self.unanswered(asking);
        let to = self.here();
        self.goes_on_at(asking, answered, to);
        if let Some(skipped) = skipped {
            self.program.steps[skipped] = Step::Jump { to };
        }
    }
}
