//! Resolves the switch of caches to a standby: who holds them from then on, and what that one has copied.

use super::builder::{Builder, Spot};
use super::flags::SwitchKey;
use crate::component::mistake::{Part, Place, code};
use crate::timeline::runbook::{Action, ActionSpec, SwitchSpec};

impl Builder<'_> {
    /// The action that has commands of caches go to another server, or back to their own.
    pub(super) fn switch_cache(&mut self, spec: &SwitchSpec, spot: &Spot) -> Option<Action> {
        let spaces = self.spaces(&spec.cache, &spot.key("cache"))?;
        let system = self.system;
        let here = spot.key("to");
        let Some(to) = system.deployment.caches.get_index_of(&spec.to) else {
            let known = system.deployment.caches.keys().map(String::as_str);
            self.mistakes.push(self.unknown_name(here.part, here.place, "cache server", &spec.to, known));
            return None;
        };
        let mut switches = Vec::new();
        let mut copies = Vec::new();
        for space in spaces {
            let own = self.layout.caches[usize::from(space)];
            let back = usize::from(own) == to;
            if back && !self.is_switched_away(&spec.to) {
                let cause = format!("no step has `{}` go anywhere else", spec.cache);
                self.error(&here, code::ACTION, cause, "name its standby".to_owned());
                return None;
            }
            if !back && *self.layout.standbys.entry(space).or_insert(to as u16) != to as u16 {
                let cause = format!("another step has `{}` go to another standby", spec.cache);
                self.error(&here, code::ACTION, cause, "use one standby for each cache".to_owned());
                return None;
            }
            switches.push((self.make_switch(SwitchKey::Standby(space)), !back));
            let source = system.deployment.caches[to].replica_of.as_deref();
            let copied = source.and_then(|source| system.deployment.caches.get_index_of(source));
            if let Some(copied) = copied.filter(|copied| !back && *copied == usize::from(own)) {
                let (from, to) = (self.layout.servers[copied], self.layout.servers[to]);
                let pairs = (0..from.masters.min(to.masters)).map(|it| (from.store + it, to.store + it));
                copies.extend(pairs.filter(|pair| !copies.contains(pair)).collect::<Vec<_>>());
            }
        }
        Some(Action::SwitchCache { switches, copies })
    }

    /// Whether any step has what a server holds go elsewhere.
    fn is_switched_away(&self, server: &str) -> bool {
        let holds = self.system.deployment.caches.get(server).map_or(&[][..], |spec| &spec.holds);
        let away =
            |spec: &SwitchSpec| spec.to != server && (spec.cache == server || holds.contains(&spec.cache));
        let actions = self.system.runbook.iter().filter_map(|step| step.action.as_ref());
        actions.into_iter().any(|action| matches!(action, ActionSpec::Switch(spec) if away(spec)))
    }

    /// Tells stores which standbys copy them.
    pub(super) fn make_copies(&mut self) {
        let system = self.system;
        for (index, (name, spec)) in system.deployment.caches.iter().enumerate() {
            let Some(source) = &spec.replica_of else { continue };
            let spot =
                Spot::new(Part::Deployment, Place::default().key("caches").key(name).key("replica-of"));
            let Some(of) = system.deployment.caches.get_index_of(source).filter(|of| *of != index) else {
                let others = system.deployment.caches.keys().filter(|other| *other != name);
                let known: Vec<&str> = others.map(String::as_str).collect();
                self.mistakes.push(self.unknown_name(
                    spot.part,
                    spot.place,
                    "other cache server",
                    source,
                    known,
                ));
                continue;
            };
            let (from, to) = (self.layout.servers[of], self.layout.servers[index]);
            if from.masters != to.masters || !spec.holds.is_empty() {
                let cause = format!("`{name}` cannot be a copy of `{source}`");
                let remedy = "give it as many masters, and nothing in `holds`".to_owned();
                self.error(&spot, code::STORE_PLACEMENT, cause, remedy);
                continue;
            }
            for master in 0..from.masters {
                let copied = &mut self.parts.survivals[usize::from(from.store + master)].copied;
                let lag = copied.map_or(spec.replication_lag, |lag| lag.max(spec.replication_lag));
                *copied = Some(lag);
            }
        }
    }

    /// Has the host know where the commands of each logical cache go while its switch is on.
    pub(super) fn link_standbys(&mut self) {
        let of = |space: usize| {
            let space = space as u16;
            let standby = self.layout.standbys.get(&space)?;
            let store = self.layout.servers[usize::from(*standby)].store;
            Some((self.switch(&SwitchKey::Standby(space))?, store))
        };
        self.parts.standbys = (0..self.layout.caches.len()).map(of).collect();
    }
}
