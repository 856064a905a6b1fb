//! The entries of a cache server and its commands.

use super::entries::{Content, Entries, Entry, Name};
use super::eviction::{Candidates, Counting};
use super::journal::{Before, Journal};
use super::settings::Eviction;
use crate::component::observe::{Gauge, Metric, Reading};
use crate::random::Stream;
use crate::units::{Bytes, Instant, Span};

/// A cache server's settings, as far as its entries go.
#[derive(Clone, Debug)]
pub(crate) struct StoreConfig {
    /// Its name, for its stream: the server's, and which master of it.
    pub(crate) name: String,
    /// The server's name.
    pub(crate) server: String,
    pub(crate) memory: Option<Bytes>,
    pub(crate) eviction: Eviction,
    pub(crate) samples: u32,
    pub(crate) lfu_log_factor: u32,
    pub(crate) lfu_decay: Span,
    pub(crate) hz: u32,
    pub(crate) effort: u32,
    pub(crate) expire_key: Span,
    pub(crate) entry_overhead: Bytes,
}

/// A write was refused because memory was short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// What a look-up finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Found {
    Nothing,
    /// A value that lives this much longer, and how long it took to find \[s].
    Fresh {
        left: Span,
        found_in_s: f32,
    },
    /// A value that is served while it is renewed.
    Stale,
}

/// What is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Put {
    pub(crate) size: Bytes,
    /// How long it is fresh; without it, until evicted.
    pub(crate) ttl: Option<Span>,
    /// How long it is stale after that.
    pub(crate) stale: Span,
}

/// Memory of a counter's and of a lock's value.
const SMALL: Bytes = Bytes::new(8);

/// The entries of a cache server.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(super) config: StoreConfig,
    pub(super) entries: Entries,
    pub(super) expired: u64,
    pub(super) stream: Stream,
    candidates: Candidates,
    /// Memory of the entries, and of whatever else takes some.
    used: u64,
    /// Memory that something else takes.
    taken: u64,
    memory: Gauge,
    live: Gauge,
    hits: u64,
    misses: u64,
    /// Look-ups that were sent, answered or not.
    pub(crate) wanted: u64,
    evicted: u64,
    refused: u64,
    /// Entries lost before their time, by logical cache.
    pub(super) lost: Vec<u64>,
    /// What changes replaced, where anything survives a crash.
    pub(super) journal: Option<Box<Journal>>,
}

impl Store {
    /// What a store shows, in the order of [`Store::read`].
    pub(crate) const METRICS: [Metric; 8] = [
        Metric::Hits,
        Metric::Misses,
        Metric::Expired,
        Metric::Evicted,
        Metric::Refused,
        Metric::Memory,
        Metric::Keys,
        Metric::LookUps,
    ];

    pub(crate) fn new(config: StoreConfig, seed: u64, replication: u64) -> Self {
        Store {
            stream: Stream::named(seed, replication, &config.name, "eviction"),
            config,
            entries: Entries::default(),
            expired: 0,
            candidates: Candidates::default(),
            used: 0,
            taken: 0,
            memory: Gauge::ZERO,
            live: Gauge::ZERO,
            hits: 0,
            misses: 0,
            wanted: 0,
            evicted: 0,
            refused: 0,
            lost: Vec::new(),
            journal: None,
        }
    }

    /// Takes note of a change before it happens: of this part, or of the whole entry.
    #[inline]
    fn note(&mut self, now: Instant, name: Name, before: Before) {
        if let Some(journal) = &mut self.journal {
            let whole = || match self.entries.find(name) {
                Some(index) => Before::Was(Box::new(self.entries.at(index).clone())),
                None => Before::Absent,
            };
            journal.note(now, name, || before.clone(), whole);
        }
    }

    /// Reads the counters and gauges.
    pub(crate) fn read(&mut self, now: Instant, into: &mut Vec<Reading>) {
        let counts = [self.hits, self.misses, self.expired, self.evicted, self.refused];
        into.extend(counts.map(Reading::count));
        into.extend([self.memory.read(now), self.live.read(now), Reading::count(self.wanted)]);
    }

    /// Loses every entry.
    pub(crate) fn clear(&mut self, now: Instant) {
        let lost = self.entries.all(false).iter().map(|index| self.entries.at(*index));
        let lost: Vec<u16> = lost.filter(|entry| now <= entry.expires).map(|entry| entry.name.0).collect();
        lost.into_iter().for_each(|cache| self.count_lost(cache));
        self.forget(now);
    }

    fn forget(&mut self, now: Instant) {
        self.entries = Entries::default();
        self.candidates = Candidates::default();
        self.use_memory(now, self.taken);
        if let Some(journal) = &mut self.journal {
            journal.forget(now);
        }
    }

    /// Holds what another one holds, and nothing else.
    pub(crate) fn take_entries(&mut self, now: Instant, other: Store) {
        let occupied = other.occupied().as_u64();
        self.forget(now);
        self.entries = other.entries;
        self.use_memory(now, self.taken.saturating_add(occupied));
    }

    /// Has something else take a share of the memory; entries make room for it from the next command on.
    pub(crate) fn set_pressure(&mut self, now: Instant, share: f64) {
        let before = self.taken;
        self.taken = self.config.memory.map_or(0, |memory| (memory.as_u64() as f64 * share) as u64);
        self.use_memory(now, self.used - before + self.taken);
    }

    /// Whether any entry will expire.
    pub(crate) fn is_volatile(&self) -> bool {
        self.entries.volatile_len() > 0
    }

    /// Looks an entry up.
    pub(crate) fn look_up(&mut self, now: Instant, name: Name) -> Found {
        self.make_room(now);
        let Some(index) = self.live_entry(now, name) else {
            self.misses += 1;
            return Found::Nothing;
        };
        self.hits += 1;
        self.touch(now, index);
        let entry = self.entries.at(index);
        let fresh_to = entry.stale.min(entry.expires);
        if now > fresh_to {
            return Found::Stale;
        }
        Found::Fresh { left: fresh_to.since(now), found_in_s: entry.found_in_s }
    }

    /// Stores a value over whatever was there.
    pub(crate) fn put(&mut self, now: Instant, name: Name, put: Put) -> Result<(), Full> {
        let expires = put.ttl.map_or(Instant::NEVER, |ttl| now + ttl + put.stale);
        let stale = put.ttl.map_or(Instant::NEVER, |ttl| now + ttl);
        let index = self.write(now, name, put.size, expires, Content::Value)?;
        self.entries.at_mut(index).stale = stale;
        Ok(())
    }

    /// Notes how long a value took to find.
    pub(crate) fn found_in(&mut self, name: Name, took: Span) {
        if let Some(index) = self.entries.find(name) {
            self.entries.at_mut(index).found_in_s = took.as_secs_f64() as f32;
        }
    }

    /// Removes an entry, if it is there.
    pub(crate) fn delete(&mut self, now: Instant, name: Name) {
        self.make_room(now);
        if let Some(index) = self.live_entry(now, name) {
            self.remove(now, index);
        }
    }

    /// Adds to a counter and gives its new value; a counter that is not there starts at zero and lives for `ttl`.
    pub(crate) fn increment(
        &mut self,
        now: Instant,
        name: Name,
        by: i64,
        ttl: Option<Span>,
    ) -> Result<i64, Full> {
        if self.make_room(now) {
            return self.refuse();
        }
        if let Some(index) = self.live_entry(now, name) {
            self.touch(now, index);
            if let Content::Counter(value) = self.entries.at(index).content {
                self.note(now, name, Before::Counter(value));
                let value = value.saturating_add(by);
                self.entries.at_mut(index).content = Content::Counter(value);
                return Ok(value);
            }
        }
        let expires = ttl.map_or(Instant::NEVER, |ttl| now + ttl);
        self.write(now, name, SMALL, expires, Content::Counter(by))?;
        Ok(by)
    }

    /// Adds to a member of a sorted set, and gives the number of its members.
    pub(crate) fn add_member(
        &mut self,
        now: Instant,
        name: Name,
        member: u64,
        size: Bytes,
    ) -> Result<u64, Full> {
        if self.make_room(now) {
            return self.refuse();
        }
        let index = match self.live_entry(now, name) {
            Some(index) if matches!(self.entries.at(index).content, Content::Members(_)) => index,
            _ => {
                let content = Content::Members(Box::default());
                self.write(now, name, Bytes::default(), Instant::NEVER, content)?
            }
        };
        self.touch(now, index);
        if let Content::Members(members) = &self.entries.at(index).content
            && !members.contains(&member)
        {
            self.note(now, name, Before::Without(member, size.as_u64()));
        }
        let entry = self.entries.at_mut(index);
        let Content::Members(members) = &mut entry.content else { return Ok(0) };
        let is_new = members.insert(member);
        let added = if is_new { size.as_u64() } else { 0 };
        let count = members.len() as u64;
        entry.size = entry.size.saturating_add(added);
        self.entries.members += u64::from(is_new);
        self.use_memory(now, self.used.saturating_add(added));
        Ok(count)
    }

    /// The number of members of a sorted set; a look-up like any other.
    pub(crate) fn members(&mut self, now: Instant, name: Name) -> u64 {
        self.make_room(now);
        let Some(index) = self.live_entry(now, name) else {
            self.misses += 1;
            return 0;
        };
        self.hits += 1;
        self.touch(now, index);
        match &self.entries.at(index).content {
            Content::Members(members) => members.len() as u64,
            Content::Value | Content::Counter(_) | Content::Lock(_) => 0,
        }
    }

    /// Takes a lock unless it is taken: `SET NX PX`.
    pub(crate) fn lock(&mut self, now: Instant, name: Name, ttl: Span, token: u64) -> Result<bool, Full> {
        if self.make_room(now) {
            return self.refuse();
        }
        if let Some(index) = self.live_entry(now, name) {
            self.touch(now, index);
            return Ok(false);
        }
        self.write(now, name, SMALL, now + ttl, Content::Lock(token))?;
        Ok(true)
    }

    /// Frees a lock if it still has this token; says whether it had.
    pub(crate) fn unlock(&mut self, now: Instant, name: Name, token: u64) -> bool {
        self.make_room(now);
        let found = self.live_entry(now, name);
        let own = found.filter(|index| self.entries.at(*index).content == Content::Lock(token));
        if let Some(index) = own {
            self.remove(now, index);
        }
        own.is_some()
    }

    fn refuse<T>(&mut self) -> Result<T, Full> {
        self.refused += 1;
        Err(Full)
    }

    fn counting(&self) -> Counting {
        Counting {
            log_factor: self.config.lfu_log_factor,
            decay_minutes: self.config.lfu_decay.as_nanos() / 60_000_000_000,
        }
    }

    /// Evicts until memory is within its limit, as every command does first; says whether it still is not.
    fn make_room(&mut self, now: Instant) -> bool {
        let Some(memory) = self.config.memory else { return false };
        while self.used > memory.as_u64() {
            let (policy, counting) = (self.config.eviction, self.counting());
            let samples = self.config.samples as usize;
            let stream = &mut self.stream;
            let next = self.candidates.next(&self.entries, policy, counting, samples, now, stream);
            let Some(index) = next else { return true };
            self.evicted += 1;
            let gone = self.remove(now, index).filter(|gone| now <= gone.expires);
            gone.into_iter().for_each(|gone| self.count_lost(gone.name.0));
        }
        false
    }

    /// An entry that is there and has not expired; one that has is removed.
    fn live_entry(&mut self, now: Instant, name: Name) -> Option<u32> {
        let index = self.entries.find(name)?;
        if now > self.entries.at(index).expires {
            self.remove(now, index);
            self.expired += 1;
            return None;
        }
        Some(index)
    }

    fn touch(&mut self, now: Instant, index: u32) {
        let (counting, measure) = (self.counting(), self.config.eviction.measure());
        let entry = self.entries.at_mut(index);
        entry.clock = counting.used(measure, entry.clock, now, &mut self.stream);
    }

    /// Writes an entry over whatever was there; an entry that is written over keeps its counter of uses.
    fn write(
        &mut self,
        now: Instant,
        name: Name,
        size: Bytes,
        expires: Instant,
        content: Content,
    ) -> Result<u32, Full> {
        if self.make_room(now) {
            return self.refuse();
        }
        let (counting, measure) = (self.counting(), self.config.eviction.measure());
        let clock = match self.live_entry(now, name).and_then(|index| self.remove(now, index)) {
            Some(before) => counting.used(measure, before.clock, now, &mut self.stream),
            None => Counting::first(measure, now),
        };
        let size = size.as_u64().saturating_add(self.config.entry_overhead.as_u64());
        self.note(now, name, Before::Absent);
        let mut entry = Entry::new(name, expires, size, content);
        entry.clock = clock;
        let index = self.entries.insert(entry);
        self.use_memory(now, self.used.saturating_add(size));
        Ok(index)
    }

    pub(super) fn remove(&mut self, now: Instant, index: u32) -> Option<Entry> {
        if self.journal.is_some() {
            let entry = self.entries.at(index).clone();
            self.note(now, entry.name, Before::Was(Box::new(entry)));
        }
        let entry = self.entries.remove(index)?;
        self.use_memory(now, self.used.saturating_sub(entry.size));
        Some(entry)
    }

    /// Puts an entry back that was there once, unless it has expired since.
    pub(super) fn put_back(&mut self, now: Instant, entry: Entry) {
        if now <= entry.expires {
            let size = entry.size;
            self.entries.insert(entry);
            self.use_memory(now, self.used.saturating_add(size));
        }
    }

    /// Takes a member out of a sorted set.
    pub(super) fn without_member(&mut self, now: Instant, index: u32, member: u64, size: u64) {
        let entry = self.entries.at_mut(index);
        if let Content::Members(members) = &mut entry.content
            && members.swap_remove(&member)
        {
            entry.size = entry.size.saturating_sub(size);
            self.entries.members -= 1;
            self.use_memory(now, self.used.saturating_sub(size));
        }
    }

    /// Entries, members of sorted sets, and changes that may have to be undone.
    pub(crate) fn held(&self) -> u64 {
        let undone = self.journal.as_ref().map_or(0, |journal| journal.len());
        self.entries.len() as u64 + self.entries.members + undone
    }

    /// Memory of the entries.
    pub(crate) fn occupied(&self) -> Bytes {
        Bytes::new(self.used.saturating_sub(self.taken))
    }

    fn use_memory(&mut self, now: Instant, used: u64) {
        self.used = used;
        self.memory.set(now, used as f64);
        self.live.set(now, self.entries.len() as f64);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    impl Store {
        pub(crate) fn keys(&self) -> usize {
            self.entries.len()
        }

        pub(crate) fn used(&self) -> u64 {
            self.used
        }

        fn members_there(&self, name: Name) -> u64 {
            match self.entries.find(name).map(|index| &self.entries.at(index).content) {
                Some(Content::Members(members)) => members.len() as u64,
                _ => 0,
            }
        }
    }

    pub(crate) fn at(secs: u64) -> Instant {
        Instant::START + Span::from_secs(secs)
    }

    pub(crate) fn config(eviction: Eviction, memory: Option<u64>) -> StoreConfig {
        StoreConfig {
            name: "redis".to_owned(),
            server: "redis".to_owned(),
            memory: memory.map(Bytes::new),
            eviction,
            samples: 5,
            lfu_log_factor: 10,
            lfu_decay: Span::from_secs(60),
            hz: 10,
            effort: 1,
            expire_key: Span::from_nanos(1_000),
            entry_overhead: Bytes::new(0),
        }
    }

    pub(crate) fn roomy() -> Store {
        Store::new(config(Eviction::Noeviction, None), 1, 0)
    }

    fn byte(ttl: Option<u64>) -> Put {
        Put { size: Bytes::new(1), ttl: ttl.map(Span::from_secs), stale: Span::ZERO }
    }

    fn hits(store: &mut Store, now: Instant, key: u64) -> bool {
        store.look_up(now, (0, key)) != Found::Nothing
    }

    #[test]
    fn an_entry_lives_as_long_as_its_ttl() {
        let mut store = roomy();
        assert!(store.put(at(0), (0, 7), byte(Some(5))).is_ok());
        assert!(hits(&mut store, at(5), 7));
        assert!(!hits(&mut store, at(6), 7));
        assert_eq!((store.used, store.expired, store.hits, store.misses), (0, 1, 1, 1));
    }

    #[test]
    fn a_stale_entry_is_served_until_its_grace_is_over() {
        let mut store = roomy();
        let put = Put { stale: Span::from_secs(3), ..byte(Some(5)) };
        assert!(store.put(at(0), (0, 7), put).is_ok());
        assert!(
            matches!(store.look_up(at(4), (0, 7)), Found::Fresh { left, .. } if left == Span::from_secs(1))
        );
        assert_eq!(store.look_up(at(8), (0, 7)), Found::Stale);
        assert_eq!(store.look_up(at(9), (0, 7)), Found::Nothing);
    }

    #[test]
    fn without_eviction_a_full_store_refuses_writes_and_nothing_else() {
        let mut store = Store::new(config(Eviction::Noeviction, Some(2)), 1, 0);
        for key in 1..=3 {
            assert!(store.put(at(0), (0, key), byte(None)).is_ok());
        }
        assert_eq!(store.put(at(0), (0, 4), byte(None)), Err(Full));
        assert_eq!(store.increment(at(0), (1, 0), 1, None), Err(Full));
        assert_eq!(store.lock(at(0), (2, 0), Span::from_secs(1), 9), Err(Full));
        assert!(hits(&mut store, at(0), 3));
        store.delete(at(0), (0, 3));
        assert!(store.put(at(0), (0, 4), byte(None)).is_ok());
        assert_eq!((store.used, store.refused), (3, 3));
    }

    #[test]
    fn volatile_policies_spare_what_does_not_expire() {
        for policy in
            [Eviction::VolatileLru, Eviction::VolatileLfu, Eviction::VolatileTtl, Eviction::VolatileRandom]
        {
            let mut store = Store::new(config(policy, Some(10)), 1, 0);
            for key in 0..8 {
                let ttl = (key >= 4).then_some(1_000 - key);
                assert!(store.put(at(0), (0, key), byte(ttl)).is_ok());
            }
            for key in 10..14 {
                assert!(store.put(at(0), (0, key), byte(None)).is_ok());
            }
            let kept = (0..4).chain(10..14).all(|key| hits(&mut store, at(1), key));
            assert!(kept, "{policy:?}");
            let volatile = (4..8).filter(|key| hits(&mut store, at(1), *key)).count();
            assert_eq!(volatile, 2, "{policy:?}");
        }
        let mut store = Store::new(config(Eviction::VolatileTtl, Some(3)), 1, 0);
        for (key, ttl) in [(1, 30), (2, 10), (3, 20), (4, 40)] {
            assert!(store.put(at(0), (0, key), byte(Some(ttl))).is_ok());
        }
        assert!(!hits(&mut store, at(0), 2), "the first to expire goes");
    }

    #[test]
    fn a_counter_and_a_sorted_set_keep_their_state() {
        let mut store = roomy();
        assert_eq!(store.increment(at(0), (0, 1), 2, Some(Span::from_secs(5))), Ok(2));
        assert_eq!(store.increment(at(4), (0, 1), 2, Some(Span::from_secs(5))), Ok(4));
        assert_eq!(store.increment(at(6), (0, 1), 2, Some(Span::from_secs(5))), Ok(2));
        for member in [7, 8, 7] {
            assert!(store.add_member(at(0), (1, 0), member, Bytes::new(10)).is_ok());
        }
        assert_eq!((store.members(at(0), (1, 0)), store.members(at(0), (1, 1))), (2, 0));
        assert_eq!(store.used, 8 + 20);
    }

    #[test]
    fn a_lock_expires_under_its_holder() {
        let mut store = roomy();
        let ttl = Span::from_secs(5);
        assert_eq!(store.lock(at(0), (0, 1), ttl, 100), Ok(true));
        assert_eq!(store.lock(at(5), (0, 1), ttl, 101), Ok(false));
        assert_eq!(store.lock(at(6), (0, 1), ttl, 101), Ok(true));
        assert!(!store.unlock(at(7), (0, 1), 100), "it belongs to somebody else");
        assert!(store.unlock(at(7), (0, 1), 101));
        assert!(!store.unlock(at(7), (0, 1), 101));
    }

    #[test]
    fn memory_is_the_sum_of_the_entries_and_exceeds_its_limit_by_one_write_at_most() {
        for policy in [Eviction::AllkeysLru, Eviction::AllkeysLfu, Eviction::AllkeysRandom] {
            let mut store = Store::new(config(policy, Some(5_000)), 1, 0);
            let mut stream = Stream::named(3, 0, "store", "test");
            for step in 0..20_000 {
                let (now, name) = (at(step / 10), (0, stream.below(500)));
                let ttl = (stream.below(3) == 0).then(|| Span::from_secs(stream.below(100)));
                let put = Put { size: Bytes::new(stream.below(200)), ttl, stale: Span::ZERO };
                let _: Found = store.look_up(now, name);
                assert!(store.used <= 5_000);
                match stream.below(4) {
                    0 => store.delete(now, name),
                    1 => assert!(store.increment(now, name, 1, ttl).is_ok()),
                    2 => assert!(store.add_member(now, name, step, put.size).is_ok()),
                    _ => assert!(store.put(now, name, put).is_ok()),
                }
                assert!(store.used <= 5_200, "{}", store.used);
                let members: u64 = (0..500).map(|key| store.members_there((0, key))).sum();
                assert_eq!(store.held(), store.keys() as u64 + members);
                let sum: u64 = store.entries.all(false).iter().map(|i| store.entries.at(*i).size).sum();
                assert_eq!(sum, store.used);
            }
            assert!(store.evicted > 1_000);
        }
    }
}
