//! What stays when nobody works with it any more, and how much of it there may be.
//!
//! Entries of caches, members of sorted sets, keys that were seen `once`, stocks of keys, places in order, keys
//! that an effect is counted by, records without a commit: all of it grows with the keys that were asked for, and not with
//! what is in flight.

use super::World;
use crate::engine::Core;

impl World<'_> {
    /// Takes note that there may be one more of what stays.
    #[inline]
    pub(super) fn keeps_more(&mut self, core: &mut Core<'_>) {
        match self.room.checked_sub(1) {
            Some(room) => self.room = room,
            None => self.count_kept(core),
        }
    }

    /// Takes note that there may be much more of what stays.
    #[cold]
    pub(super) fn count_kept(&mut self, core: &mut Core<'_>) {
        let entries: u64 = self.stores.iter().map(|store| store.held()).sum();
        let seen: u64 = self.remembered.iter().map(|memory| memory.len()).sum();
        let uncommitted: u64 = self.topics.iter().map(|topic| topic.uncommitted()).sum();
        let tallied: u64 = self.tallies.iter().map(|tally| tally.len()).sum();
        let places = self.order.len() + self.stocks.len() as u64 + tallied;
        self.room = core.keeps(entries + seen + uncommitted + places);
    }
}
