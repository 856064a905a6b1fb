//! Compiles locks in caches.

use super::builder::{Builder, Spot};
use super::commands::{CacheAt, Command};
use super::kinds::Kind;
use super::steps::Scope;
use crate::component::cache::LockKeySpec;
use crate::component::effects::OfComponent;
use crate::component::parts::{CacheHook, EntryRef, KeyLock};
use crate::engine::Step;
use crate::record::Cause;
use crate::units::Bytes;

impl Builder<'_> {
    /// Emits a lock: tries to take it until the wait is over, the steps under it, and its release on every way out.
    pub(super) fn lock_key(&mut self, spec: &LockKeySpec, spot: &Spot, scope: Scope<'_>) {
        if spec.ttl.is_zero() {
            self.range(&spot.key("ttl"), spec.ttl.to_string(), "above 0s");
        }
        let pause = self.law(&spec.pause, &spot.key("pause")).filter(|pause| {
            let passes = pause.mean() > 0.0;
            if !passes {
                self.range(&spot.key("pause"), "a pause of 0s".to_owned(), "above 0s");
            }
            passes
        });
        let entry = self.entry(&spec.cache, spec.key.as_ref(), Kind::Lock, spot);
        let (Some((cache, entry)), Some(pause)) = (entry, pause) else {
            // What is wrong with the steps is told, whatever they are locked by.
            return self.steps(&spec.steps, &spot.key("steps"), scope);
        };
        let lost = self.wrong_effect(&OfComponent::LockLost.effect(&spec.cache));
        let overlapped = self.wrong_effect(&OfComponent::LockOverlap.effect(&spec.cache));
        let site = spot.draw("pause");
        self.parts.key_locks.push(KeyLock { ttl: spec.ttl, pause, site, lost, overlapped });
        let lock = (self.parts.key_locks.len() - 1) as u16;

        self.cache_hook(entry, CacheHook::WantLock);
        let on_error = spec.on_error;
        self.asked_within(None, cache, on_error, |builder| builder.take_lock(spec, cache, entry, lock, spot));
        let catch = self.emit(Step::Finish);
        self.steps(&spec.steps, &spot.key("steps"), scope);
        let end = self.emit(Step::Finish);
        self.program.steps[catch] = Step::Catch { handler: self.here() };
        self.emit(Step::Caught);
        self.asked(cache, on_error, |builder| {
            builder.free_lock(cache, entry, lock, spot, "free after failure")
        });
        self.emit(Step::FailAgain);
        self.program.steps[end] = Step::EndCatch { to: self.here() };
        self.asked(cache, on_error, |builder| builder.free_lock(cache, entry, lock, spot, "free"));
        self.emit(Step::EndHost);
    }

    /// Emits the tries to take a lock, until the wait is over.
    fn take_lock(&mut self, spec: &LockKeySpec, cache: CacheAt, entry: EntryRef, lock: u16, spot: &Spot) {
        if spec.wait.is_zero() {
            let taken = self.try_lock(cache, entry, lock, spot);
            self.answer(cache, spot, "taken");
            self.emit(Step::Fail { cause: Cause::LockTimeout });
            self.program.steps[taken] = Step::Jump { to: self.here() };
            self.answer(cache, spot, "lock");
        } else {
            let ring = self.program.ring(spec.wait);
            self.emit(Step::Deadline { ring, cause: Cause::LockTimeout });
            let again = self.here();
            let taken = self.try_lock(cache, entry, lock, spot);
            self.answer(cache, spot, "taken");
            self.cache_hook(entry, CacheHook::PauseLock { lock });
            self.emit(Step::Jump { to: again });
            self.program.steps[taken] = Step::Jump { to: self.here() };
            self.answer(cache, spot, "lock");
            self.emit(Step::EndDeadline);
        }
    }

    /// Emits one try; gives the step that is reached when the lock was taken, and goes on behind it when not.
    fn try_lock(&mut self, cache: CacheAt, entry: EntryRef, lock: u16, spot: &Spot) -> usize {
        let timeout = self.command_timeout(cache).map(|timeout| self.program.ring(timeout));
        if let Some(ring) = timeout {
            self.emit(Step::Deadline { ring, cause: Cause::Timeout });
        }
        self.command((cache, entry), Command::Set, Bytes::default(), spot, "lock");
        let timed = u32::from(timeout.is_some());
        let other = self.here() + 2 + timed;
        self.cache_hook(entry, CacheHook::TryLock { lock, other });
        if timed == 1 {
            self.emit(Step::EndDeadline);
        }
        let taken = self.emit(Step::Finish);
        if timed == 1 {
            self.emit(Step::EndDeadline);
        }
        taken
    }

    fn free_lock(&mut self, cache: CacheAt, entry: EntryRef, lock: u16, spot: &Spot, purpose: &str) {
        self.command((cache, entry), Command::Eval, Bytes::default(), spot, purpose);
        self.cache_hook(entry, CacheHook::FreeLock { lock });
        self.answer(cache, spot, purpose);
    }
}
