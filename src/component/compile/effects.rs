//! Business effects: what steps count, what is counted where something goes wrong, and what is counted by key.

use std::collections::BTreeSet;

use super::builder::{Builder, Spot};
use crate::component::effects::{EffectSpec, GoodEnd, OfComponent, Tally};
use crate::component::mistake::{Part, Place, code};
use crate::component::parts::{Hook, TargetKind};

impl Builder<'_> {
    /// The index of a business effect, made if there is none yet.
    pub(super) fn effect(&mut self, name: &str) -> u16 {
        let index = self.effects.iter().position(|known| known == name).unwrap_or_else(|| {
            self.effects.push(name.to_owned());
            self.effects.len() - 1
        });
        index as u16
    }

    /// The same for one that is counted where something went wrong.
    pub(super) fn wrong_effect(&mut self, name: &str) -> u16 {
        let index = self.effect(name);
        self.wrong_effects.push(index);
        index
    }

    /// Which number of each effect is good, where that is known. Nobody counts those `elsewhere`.
    pub(super) fn effect_ends(&mut self, elsewhere: &BTreeSet<String>) -> Vec<Option<GoodEnd>> {
        let mut ends: Vec<Option<GoodEnd>> = vec![None; self.effects.len()];
        for index in &self.wrong_effects {
            ends[usize::from(*index)] = Some(GoodEnd::Less);
        }
        let tallies = self.make_tallies(elsewhere);
        ends.resize(self.effects.len(), None);
        for (name, spec) in &self.system.operations.effects {
            match self.effects.iter().position(|known| known == name) {
                Some(index) => ends[index] = spec.good.or(ends[index]),
                None if elsewhere.contains(name) => {}
                None => {
                    let place = Place::default().key("effects").key(name);
                    let known = self.effects.iter().map(String::as_str);
                    self.mistakes.push(self.unknown_name(Part::Operations, place, "effect", name, known));
                }
            }
        }
        self.parts.tallies = tallies;
        ends
    }

    /// Counts an effect where a step says so, and by key what is counted from it.
    pub(super) fn effect_step(&mut self, name: &str) {
        let effect = self.effect(name);
        self.counted_by_steps.insert(effect);
        self.hook(Hook::Effect { effect });
        let tallies = self.system.operations.effects.values().flat_map(EffectSpec::sides);
        for (tally, (_, sides, key)) in tallies.enumerate() {
            // A key that there is not is told once, with the effects.
            let Some(key) = self.system.operations.keys.get_index_of(key) else { continue };
            for (side, _) in sides.iter().enumerate().filter(|(_, (_, effect))| *effect == name) {
                self.hook(Hook::Tally { tally: tally as u16, key: key as u16, belongs: side > 0 });
            }
        }
    }

    /// Effects that are counted by key, behind all that steps count.
    fn make_tallies(&mut self, elsewhere: &BTreeSet<String>) -> Vec<Tally> {
        let mut tallies = Vec::new();
        let of_steps: Vec<String> =
            self.counted_by_steps.iter().map(|effect| self.effects[usize::from(*effect)].clone()).collect();
        let made = self.effects.clone();
        for (name, spec) in &self.system.operations.effects {
            let place = Place::default().key("effects").key(name);
            let own = Spot::new(Part::Operations, place.clone());
            if spec.unmatched.is_some() && spec.repeated.is_some() {
                let cause = format!("`{name}` is counted in two ways");
                let remedy =
                    "keep `unmatched` or `repeated`, and give the other a name of its own".to_owned();
                self.error(&own, code::EFFECT, cause, remedy);
            }
            for (kind, sides, key) in spec.sides() {
                let place = place.clone().key(kind.setting());
                let spot = Spot::new(Part::Operations, place.clone());
                self.key(key, &spot.key("key"));
                let is_counted = made.contains(name);
                if is_counted {
                    let cause =
                        format!("`{name}` is counted already, by a step or where something goes wrong");
                    let remedy = format!("give what is `{}` a name of its own", kind.setting());
                    self.error(&own, code::EFFECT, cause, remedy);
                }
                if let [(_, one), (_, other)] = sides[..]
                    && one == other
                {
                    let cause = format!("`{one}` cannot belong to itself");
                    let remedy = "name the effect that is to come with it".to_owned();
                    self.error(&spot.key("without"), code::EFFECT, cause, remedy);
                }
                let nobody_counts =
                    |side: &str| !made.iter().any(|it| it == side) && elsewhere.contains(side);
                for (setting, side) in &sides {
                    if !of_steps.iter().any(|it| it == side) && !nobody_counts(side) {
                        let known = of_steps.iter().map(String::as_str);
                        let place = place.clone().key(setting);
                        let mistake = self.unknown_name(Part::Operations, place, "effect", side, known);
                        self.mistakes.push(mistake);
                    }
                }
                // Where no step counts what it is about, it is nothing that anybody asks for.
                let is_idle = sides.iter().all(|(_, side)| nobody_counts(side));
                let effect = if is_counted || is_idle { u16::MAX } else { self.effect(name) };
                let of = sides.first().and_then(|(_, side)| made.iter().position(|it| it == side));
                tallies.push(Tally { effect, kind, of: of.map_or(u16::MAX, |of| of as u16) });
            }
        }
        tallies
    }

    /// Counts what caches lose that something happens to.
    pub(super) fn count_losses(&mut self) {
        let targets = self.parts.targets.iter();
        let at_risk: Vec<String> = targets
            .filter_map(|target| match target.kind {
                TargetKind::Cache { store, .. } => Some(self.parts.stores[usize::from(store)].server.clone()),
                _ => None,
            })
            .collect();
        let servers: Vec<String> = self.system.deployment.caches.keys().cloned().collect();
        let caches: Vec<(String, usize)> =
            self.layout.caches.iter().map(|(name, server)| (name.clone(), usize::from(*server))).collect();
        for (space, (name, server)) in caches.into_iter().enumerate() {
            if at_risk.contains(&servers[server]) {
                let effect = self.wrong_effect(&OfComponent::EntriesLost.effect(&name));
                self.parts.losses.push((space as u16, effect));
            }
        }
    }
}
