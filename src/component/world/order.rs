//! Who asked first, and who got through first.

use rustc_hash::FxHashMap;

use super::World;
use crate::engine::{Core, TaskId};
use crate::units::Instant;

/// When the last of those who got through had asked, by place and key.
#[derive(Debug, Default)]
pub(super) struct Order {
    latest: FxHashMap<(u16, u64), Instant>,
}

impl Order {
    /// Places and keys that somebody got through at.
    pub(super) fn len(&self) -> u64 {
        self.latest.len() as u64
    }

    /// Lets one through who asked at `asked`; says whether somebody who asked later was through before.
    pub(super) fn is_overtaken(&mut self, place: u16, key: u64, asked: Instant) -> bool {
        let latest = self.latest.entry((place, key)).or_insert(asked);
        let overtaken = asked < *latest;
        *latest = asked.max(*latest);
        overtaken
    }
}

impl World<'_> {
    /// When the request arrived that a task works for: of a record's consumer, the one that published it.
    pub(super) fn asked_at(&self, core: &Core<'_>, task: TaskId) -> Instant {
        self.record_of(core, task).map_or_else(|| core.arrived(task), |record| record.asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_after_a_later_one_is_overtaken() {
        let mut order = Order::default();
        let at = Instant::from_nanos;
        let told = [1, 3, 2, 3, 5, 4].map(|asked| order.is_overtaken(0, 7, at(asked)));
        assert_eq!(told, [false, false, true, false, false, true]);
        assert!(!order.is_overtaken(0, 8, at(1)), "another key is another line");
        assert!(!order.is_overtaken(1, 7, at(1)), "and so is another place");
    }
}
