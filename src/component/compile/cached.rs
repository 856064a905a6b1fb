//! Compiles cache-aside.

use std::collections::BTreeSet;

use super::builder::{Builder, Spot};
use super::commands::{CacheAt, Command};
use super::kinds::Kind;
use super::steps::Scope;
use crate::component::assembly::View;
use crate::component::cache::CachedSpec;
use crate::component::mistake::{Mistake, code};
use crate::component::operations::StepSpec;
use crate::component::parts::{CacheHook, EntryRef, Hook, LookUp, WarmPart, WarmSite, Way};
use crate::engine::Step;
use crate::units::Span;

impl Builder<'_> {
    /// Emits cache-aside: look up; on a miss find the value and store it.
    pub(super) fn cached(&mut self, spec: &CachedSpec, spot: &Spot, scope: Scope<'_>) {
        if spec.ttl_jitter.as_fraction() > 1.0 {
            self.range(&spot.key("ttl-jitter"), spec.ttl_jitter.to_string(), "at most 100%");
        }
        if spec.ttl.is_none() {
            self.needs_ttl(spec, spot);
        }
        self.lives(spec.ttl, spot);
        let Some((cache, entry)) = self.entry(&spec.cache, spec.key.as_ref(), Kind::Value, spot) else {
            self.is_sent(spec.size, spot);
            // What is wrong with the steps is told, whatever they are to fill.
            return self.steps(&spec.on_miss, &spot.key("on-miss"), scope);
        };
        self.fits(cache, spec.size, spot);
        if spec.single_flight {
            self.own_fetch(spec, spot, scope);
        }
        self.warmed(spec, cache, entry, spot, scope);
        let bypass = self.bypass_of(cache);
        self.aside(spec, cache, entry, spot, scope, bypass);
    }

    /// Emits the look-up, and the fetching where it misses.
    pub(super) fn aside(
        &mut self,
        spec: &CachedSpec,
        cache: CacheAt,
        entry: EntryRef,
        spot: &Spot,
        scope: Scope<'_>,
        bypass: Option<u16>,
    ) {
        let around = self.around(bypass);
        let timeout = self.command_timeout(cache);
        let asking = self.begin_asking(spec.on_error, timeout);
        self.cache_hook(entry, CacheHook::Ask);
        self.command((cache, entry), Command::Get, spec.size, spot, "get");
        let look_up = self.parts.hooks.len();
        self.cache_hook(entry, CacheHook::Delete);
        let hit = self.here();
        self.answer(cache, spot, "hit");
        let found = self.answered(asking);
        let renew = self.here();
        if spec.stale.is_some() {
            let operation = self.operation(&format!("renew {}", spec.cache), View::Background);
            let here = self.way(Way::Here { process: scope.process as u16 });
            let pc = self.branch(|builder| {
                let scope = Scope { open: 0, held: 0, ..scope };
                builder.emit(Step::Place { process: here });
                builder.fetch(spec, cache, entry, spot, scope, (true, bypass));
                builder.emit(Step::Leave);
            });
            self.emit(Step::Spawn { pc, operation });
            self.emit(Step::Jump { to: hit });
        }
        let miss = self.here();
        self.answer(cache, spot, "miss");
        let missed = self.answered(asking);
        let skipped = self.unanswered(asking);
        let to = self.here();
        self.goes_on_at(asking, missed, to);
        if let Some(skipped) = skipped {
            self.program.steps[skipped] = Step::Jump { to };
        }
        self.around_to_here(around);
        self.fetch(spec, cache, entry, spot, scope, (spec.single_flight, bypass));
        let plain = spec.stale.is_none() && spec.early_expiry.is_none();
        let hook = if plain {
            CacheHook::LookUp { miss }
        } else {
            self.parts.look_ups.push(LookUp {
                process: scope.process as u16,
                miss,
                renew,
                early: spec.early_expiry.map(|beta| beta.as_fraction()),
                site: spot.draw("early expiry"),
            });
            CacheHook::LookUpAs { look_up: (self.parts.look_ups.len() - 1) as u16 }
        };
        self.parts.hooks[look_up] = Hook::Cache { entry, hook };
        let to = self.here();
        self.goes_on_at(asking, found, to);
    }

    /// Warns of a value that is wanted again while it is being found: who waits for the first to find it is that first.
    fn own_fetch(&mut self, spec: &CachedSpec, spot: &Spot, scope: Scope<'_>) {
        let mut seen = BTreeSet::new();
        if !self.wants(&spec.on_miss, scope.module, spec, &mut seen) {
            return;
        }
        let entry = spec.key.as_ref().map_or(String::new(), |key| format!(" of the same `{key}`"));
        let cause = format!(
            "finding an entry of `{}` leads back to the entry{entry}, and waits for itself until something gives up",
            spec.cache
        );
        let remedy = "take `single-flight` out, or the inner `cached` step".to_owned();
        let mistake = Mistake::warning(spot.part, spot.key("on-miss").place, code::CALL_CYCLE, cause, remedy);
        if !self.mistakes.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }

    /// Whether steps wait for an entry that `of` is about, those that are called included.
    fn wants(&self, steps: &[StepSpec], module: &str, of: &CachedSpec, seen: &mut BTreeSet<String>) -> bool {
        steps.iter().any(|step| match step {
            StepSpec::Cached(inner)
                if inner.single_flight && (&inner.cache, &inner.key) == (&of.cache, &of.key) =>
            {
                true
            }
            StepSpec::Call(name) => {
                let full = if name.contains('.') { name.clone() } else { format!("{module}.{name}") };
                let called = full.split_once('.').and_then(|(module, name)| {
                    let steps = self.system.operations.modules.get(module)?.operations.get(name)?;
                    Some((module, steps))
                });
                let new = seen.insert(full.clone());
                new && called.is_some_and(|(module, steps)| self.wants(steps, module, of, seen))
            }
            step => step.children().into_iter().any(|inner| self.wants(inner, module, of, seen)),
        })
    }

    /// What ends a lifetime makes no sense without one.
    fn needs_ttl(&mut self, spec: &CachedSpec, spot: &Spot) {
        let given = [
            ("ttl-jitter", spec.ttl_jitter.as_fraction() > 0.0),
            ("stale", spec.stale.is_some()),
            ("early-expiry", spec.early_expiry.is_some()),
        ];
        for (key, given) in given {
            if given {
                let cause = format!("`{key}` needs a lifetime, and entries of `{}` have none", spec.cache);
                let remedy = "add `ttl:`, such as `ttl: 60s`".to_owned();
                self.error(&spot.key(key), code::LIFETIME, cause, remedy);
            }
        }
    }

    /// Emits the fetching of a value and its storing, alone or together with others who want the same.
    fn fetch(
        &mut self,
        spec: &CachedSpec,
        cache: CacheAt,
        entry: EntryRef,
        spot: &Spot,
        scope: Scope<'_>,
        (shared, bypass): (bool, Option<u16>),
    ) {
        let timed = shared || spec.early_expiry.is_some();
        let mut joined = None;
        if timed {
            let fetch = self.here() + 2;
            let process = scope.process as u16;
            self.cache_hook(entry, CacheHook::Fetch { process, shared, fetch });
            joined = Some(self.emit(Step::Finish));
        }
        self.steps(&spec.on_miss, &spot.key("on-miss"), scope);
        // Nothing is stored while the cache is bypassed.
        let around = self.around(bypass);
        let timeout = self.command_timeout(cache);
        self.ask(timeout, spec.on_error, |builder| {
            builder.command((cache, entry), Command::Set, spec.size, spot, "set");
            builder.cache_hook(
                entry,
                CacheHook::Put {
                    size: spec.size,
                    ttl: spec.ttl,
                    stale: spec.stale.unwrap_or(Span::ZERO),
                    jitter: spec.ttl_jitter.as_fraction() as f32,
                    site: spot.draw("ttl jitter"),
                },
            );
            builder.answer(cache, spot, "set");
        });
        self.around_to_here(around);
        if let Some(joined) = joined {
            self.emit(Step::EndHost);
            self.program.steps[joined] = Step::Jump { to: self.here() };
        }
    }

    /// Emits, off the path, what fills the cache when a runbook has it warmed: the look-up and what follows, as the work of
    /// nobody's request. It goes to the cache while that is bypassed too.
    fn warmed(&mut self, spec: &CachedSpec, cache: CacheAt, entry: EntryRef, spot: &Spot, scope: Scope<'_>) {
        let wanted = |warm: &WarmPart| warm.spaces.contains(&cache.space) && !warm.knows(spot.site);
        let warms: Vec<usize> =
            (0..self.parts.warms.len()).filter(|warm| wanted(&self.parts.warms[*warm])).collect();
        if warms.is_empty() {
            return;
        }
        let operation = self.operation(&format!("warm {}", spec.cache), View::Background);
        let process = self.way(Way::Unasked { process: scope.process as u16 });
        let pc = self.branch(|builder| {
            let scope = Scope { open: 0, held: 0, ..scope };
            builder.emit(Step::Place { process });
            builder.aside(spec, cache, entry, spot, scope, None);
            builder.emit(Step::Leave);
        });
        let keys = spec.key.as_ref().and_then(|key| self.system.operations.keys.get(key));
        let keys = keys.map_or(1, |key| key.count);
        for warm in warms {
            self.parts.warms[warm].sites.push(WarmSite { site: spot.site, pc, operation, keys });
        }
    }
}
