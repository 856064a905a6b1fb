//! Compiles what depends on a switch: flags, bypassed caches, paused operations, databases that only read.

use super::builder::{Builder, Spot};
use super::steps::Scope;
use crate::component::mistake::{Part, Place};
use crate::component::operations::{StepSpec, WhenSpec};
use crate::component::parts::Hook;
use crate::engine::Step;
use crate::record::Cause;

/// What a switch is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum SwitchKey {
    /// On while the logical cache is bypassed.
    Bypass(u16),
    /// On while the logical cache's commands go to its standby.
    Standby(u16),
    /// On while clients of the operation are turned away.
    Pause(String),
    /// On while the database refuses writes.
    ReadOnly(usize),
    /// A flag of the operations.
    Flag(String),
}

/// Steps that cannot be reached as things are.
#[derive(Debug)]
pub(super) struct Unreached {
    steps: Vec<StepSpec>,
    spot: Spot,
    module: String,
    process: usize,
    open: u64,
    held: u64,
}

impl Builder<'_> {
    /// The switch for something, made off if there is none yet.
    pub(super) fn make_switch(&mut self, key: SwitchKey) -> u16 {
        let on = match &key {
            SwitchKey::Flag(name) => self.is_on_by_default(name),
            SwitchKey::Bypass(_) | SwitchKey::Standby(_) | SwitchKey::Pause(_) | SwitchKey::ReadOnly(_) => {
                false
            }
        };
        let next = self.parts.switches.len() as u16;
        let switch = *self.layout.switches.entry(key).or_insert(next);
        if switch == next {
            self.parts.switches.push(on);
        }
        switch
    }

    /// The switch for something, if a runbook turns it.
    pub(super) fn switch(&self, key: &SwitchKey) -> Option<u16> {
        self.layout.switches.get(key).copied()
    }

    fn is_on_by_default(&self, flag: &str) -> bool {
        self.system.operations.flags.get(flag).is_some_and(|flag| flag.default.is_on())
    }

    /// Emits a way around what follows while a switch is on; gives the hook, to be told where it leads.
    pub(super) fn around(&mut self, switch: Option<u16>) -> Option<usize> {
        let switch = switch?;
        self.hook(Hook::Switch { switch, to: 0 });
        Some(self.parts.hooks.len() - 1)
    }

    /// Has a way around lead here.
    pub(super) fn around_to_here(&mut self, hook: Option<usize>) {
        let here = self.here();
        if let Some(Hook::Switch { to, .. }) = hook.and_then(|hook| self.parts.hooks.get_mut(hook)) {
            *to = here;
        }
    }

    /// Emits a failure while a switch is on.
    pub(super) fn refused(&mut self, switch: Option<u16>, cause: Cause) {
        if let Some(switch) = switch {
            self.hook(Hook::Refuse { switch, cause });
        }
    }

    /// Emits steps that depend on a flag. Where nobody sets it, only the steps that its default says are part of the
    /// program; the others are checked.
    pub(super) fn when(&mut self, spec: &WhenSpec, step: &Spot, scope: Scope<'_>) {
        let spot = step.key("when");
        if !self.system.operations.flags.contains_key(&spec.flag) {
            let known = self.system.operations.flags.keys().map(String::as_str);
            self.mistakes.push(self.unknown_name(
                spot.part,
                spot.place.key("flag"),
                "flag",
                &spec.flag,
                known,
            ));
            return;
        }
        let (then, otherwise) = (spot.key("then"), spot.key("else"));
        match self.switch(&SwitchKey::Flag(spec.flag.clone())) {
            Some(switch) => {
                let on = self.around(Some(switch));
                self.otherwise(&spec.otherwise, &otherwise, step, scope);
                let end = self.emit(Step::Finish);
                self.around_to_here(on);
                self.steps(&spec.then, &then, scope);
                self.program.steps[end] = Step::Jump { to: self.here() };
            }
            None if self.is_on_by_default(&spec.flag) => {
                self.steps(&spec.then, &then, scope);
                self.leave_out(&spec.otherwise, otherwise, scope);
            }
            None => {
                self.otherwise(&spec.otherwise, &otherwise, step, scope);
                self.leave_out(&spec.then, then, scope);
            }
        }
    }

    /// The first of these steps draws as if it stood in the place of `when`.
    fn otherwise(&mut self, steps: &[StepSpec], spot: &Spot, place: &Spot, scope: Scope<'_>) {
        for (index, step) in steps.iter().enumerate() {
            let own = spot.index(index);
            let own = if index == 0 { own.drawing_as(place) } else { own };
            self.step(step, &own, scope);
        }
    }

    fn leave_out(&mut self, steps: &[StepSpec], spot: Spot, scope: Scope<'_>) {
        let Scope { module, process, open, held } = scope;
        let (steps, module) = (steps.to_vec(), module.to_owned());
        self.unreached.push(Unreached { steps, spot, module, process, open, held });
    }

    /// Compiles steps that cannot be reached, for their mistakes alone.
    pub(super) fn check_unreached(&mut self, unreached: &Unreached) {
        let Unreached { steps, spot, module, process, open, held } = unreached;
        let scope = Scope { module, process: *process, open: *open, held: *held };
        self.here_is = self.parts.processes[*process].name.clone();
        self.branch(|builder| builder.steps(steps, spot, scope));
    }

    /// Warns of flags that no step looks at.
    pub(super) fn check_flags(&mut self) {
        fn looked_at(steps: &[StepSpec], found: &mut Vec<String>) {
            for step in steps {
                if let StepSpec::When(spec) = step {
                    found.push(spec.flag.clone());
                }
                step.children().into_iter().for_each(|steps| looked_at(steps, found));
            }
        }
        let mut used = Vec::new();
        let modules = self.system.operations.modules.values();
        modules.flat_map(|module| module.operations.values()).for_each(|steps| looked_at(steps, &mut used));
        for name in self.system.operations.flags.keys() {
            if !used.contains(name) {
                let spot = Spot::new(Part::Operations, Place::default().key("flags").key(name));
                let cause = format!("no step looks at flag `{name}`");
                let remedy = "use it in a step `when`, or leave it out".to_owned();
                self.warn(&spot, crate::component::mistake::code::UNUSED, cause, remedy);
            }
        }
    }
}
