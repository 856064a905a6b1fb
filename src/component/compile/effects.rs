//! Business effects: what steps count, what is counted where something goes wrong, and differences of the two.

use std::collections::BTreeSet;

use super::builder::{Builder, Spot};
use crate::component::effects::{Difference, GoodEnd};
use crate::component::mistake::{Part, Place, code};
use crate::component::parts::TargetKind;

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
        let differences = self.make_differences(elsewhere);
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
        self.parts.differences = differences;
        ends
    }

    /// Effects that are how many more there were of one than of another, behind all that steps count.
    fn make_differences(&mut self, elsewhere: &BTreeSet<String>) -> Vec<Difference> {
        let counted = self.effects.clone();
        let mut differences = Vec::new();
        for (name, spec) in &self.system.operations.effects {
            let Some(difference) = &spec.difference else { continue };
            let place = Place::default().key("effects").key(name);
            if counted.contains(name) {
                let cause = format!("`{name}` is counted by a step already");
                let remedy = "give the difference a name of its own".to_owned();
                let spot = Spot::new(Part::Operations, place);
                self.error(&spot, code::EFFECT, cause, remedy);
                continue;
            }
            let nobody_counts = |side: &String| !counted.contains(side) && elsewhere.contains(side);
            if nobody_counts(&difference.of) && nobody_counts(&difference.minus) {
                continue;
            }
            let effect = self.effect(name);
            let place = place.key("difference");
            let sides = [("of", &difference.of), ("minus", &difference.minus)].map(|(key, side)| {
                let found = counted.iter().position(|known| known == side);
                let found = found.or_else(|| nobody_counts(side).then(|| usize::from(self.effect(side))));
                if found.is_none() {
                    let known = counted.iter().map(String::as_str);
                    let place = place.clone().key(key);
                    self.mistakes.push(self.unknown_name(Part::Operations, place, "effect", side, known));
                }
                found.map(|index| index as u16)
            });
            if let [Some(of), Some(minus)] = sides {
                differences.push(Difference { effect, of, minus });
            }
        }
        differences
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
                let effect = self.wrong_effect(&format!("entries-lost-{name}"));
                self.parts.losses.push((space as u16, effect));
            }
        }
    }
}
