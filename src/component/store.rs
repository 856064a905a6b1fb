//! The entries of a cache server: lifetimes, memory, and what is evicted.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::cache::Eviction;
use super::parts::StoreConfig;
use crate::units::{Bytes, Instant, Span};

const NONE: u32 = u32::MAX;

/// An entry's name: logical cache and key.
type Name = (u16, u64);

#[derive(Clone, Copy, Debug)]
struct Node {
    name: Name,
    expires: Instant,
    size: u64,
    /// Used more recently.
    newer: u32,
    /// Used less recently.
    older: u32,
}

/// Entries in the order of their last use.
///
/// An expired entry takes memory until it is looked up or evicted, as in Redis without its active expiry.
///
/// Source: Redis `db.c` (lazy expiry), `evict.c`; eviction is exact least-recently-used, where Redis samples.
#[derive(Debug)]
pub(crate) struct Store {
    config: StoreConfig,
    by_name: IndexMap<Name, u32, FxBuildHasher>,
    nodes: Vec<Node>,
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
    used: u64,
    /// Memory that something else takes.
    taken: u64,
}

impl Store {
    pub(crate) fn new(config: StoreConfig) -> Self {
        Store {
            config,
            by_name: IndexMap::default(),
            nodes: Vec::new(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
            used: 0,
            taken: 0,
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Store { taken: self.taken, ..Store::new(self.config) };
    }

    /// Has something else take a share of the memory; entries make room for it.
    pub(crate) fn set_pressure(&mut self, share: f64) {
        self.taken = self.config.memory.map_or(0, |memory| (memory.as_u64() as f64 * share) as u64);
        while let Some(memory) = self.config.memory
            && self.used + self.taken > memory.as_u64()
            && self.oldest != NONE
            && self.config.eviction != Eviction::Noeviction
        {
            self.remove(self.oldest);
        }
    }

    /// Whether an entry is there; it is the most recently used then.
    pub(crate) fn look_up(&mut self, now: Instant, name: Name) -> bool {
        let Some(node) = self.by_name.get(&name).copied() else { return false };
        if self.nodes[node as usize].expires < now {
            self.remove(node);
            return false;
        }
        self.unlink(node);
        self.link_newest(node);
        true
    }

    /// Stores an entry, evicting others if memory is short. Says whether it was stored.
    pub(crate) fn put(&mut self, now: Instant, name: Name, size: Bytes, ttl: Option<Span>) -> bool {
        let size = size.as_u64() + self.config.entry_overhead.as_u64();
        if let Some(node) = self.by_name.get(&name).copied() {
            self.remove(node);
        }
        if let Some(memory) = self.config.memory {
            while self.used + self.taken + size > memory.as_u64() {
                match self.config.eviction {
                    Eviction::AllkeysLru if self.oldest != NONE => self.remove(self.oldest),
                    Eviction::AllkeysLru | Eviction::Noeviction => return false,
                }
            }
        }
        let expires = ttl.map_or(Instant::NEVER, |ttl| now + ttl);
        let node = Node { name, expires, size, newer: NONE, older: NONE };
        let index = match self.free.pop() {
            Some(index) => {
                self.nodes[index as usize] = node;
                index
            }
            None => {
                self.nodes.push(node);
                (self.nodes.len() - 1) as u32
            }
        };
        self.by_name.insert(name, index);
        self.used += size;
        self.link_newest(index);
        true
    }

    fn remove(&mut self, index: u32) {
        self.unlink(index);
        let node = self.nodes[index as usize];
        self.by_name.swap_remove(&node.name);
        self.used -= node.size;
        self.free.push(index);
    }

    fn unlink(&mut self, index: u32) {
        let Node { newer, older, .. } = self.nodes[index as usize];
        match newer {
            NONE => self.newest = older,
            newer => self.nodes[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.nodes[older as usize].newer = newer,
        }
    }

    fn link_newest(&mut self, index: u32) {
        let before = self.newest;
        let node = &mut self.nodes[index as usize];
        (node.newer, node.older) = (NONE, before);
        match before {
            NONE => self.oldest = index,
            before => self.nodes[before as usize].newer = index,
        }
        self.newest = index;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{KeyPicker, PopularitySpec, Stream};

    fn store(entries: u64) -> Store {
        Store::new(StoreConfig {
            memory: Some(Bytes::new(entries)),
            eviction: Eviction::AllkeysLru,
            entry_overhead: Bytes::new(0),
        })
    }

    /// Hit ratio of a store of `capacity` entries under Zipf keys, each put when it misses.
    fn hit_ratio(capacity: u64, keys: u64, exponent: f64, requests: u32) -> f64 {
        let mut store = store(capacity);
        let picker = KeyPicker::new(keys, &PopularitySpec::Zipf(exponent)).expect("a valid popularity");
        let mut stream = Stream::named(11, 0, "store", "keys");
        let mut hits = 0;
        for request in 0..2 * requests {
            let name = (0, picker.pick(&mut stream));
            let hit = store.look_up(Instant::START, name);
            if !hit {
                store.put(Instant::START, name, Bytes::new(1), None);
            }
            if request >= requests && hit {
                hits += 1;
            }
        }
        f64::from(hits) / f64::from(requests)
    }

    #[test]
    fn the_hit_ratio_of_a_small_cache_is_the_exact_one() {
        // Case LRU-EXACT-4 of tests/theory/oracles.csv: 12 keys, Zipf 1.2, 5 entries.
        let measured = hit_ratio(5, 12, 1.2, 400_000);
        assert!((measured - 0.689_307_340_818).abs() < 0.003, "{measured}");
    }

    #[test]
    fn an_entry_lives_as_long_as_its_ttl() {
        let mut store = store(10);
        let at = |secs| Instant::START + Span::from_secs(secs);
        assert!(store.put(at(0), (0, 7), Bytes::new(1), Some(Span::from_secs(5))));
        assert!(store.look_up(at(5), (0, 7)));
        assert!(!store.look_up(at(6), (0, 7)));
        assert_eq!(store.used, 0);
    }

    #[test]
    fn without_eviction_a_full_store_refuses() {
        let config = StoreConfig {
            memory: Some(Bytes::new(2)),
            eviction: Eviction::Noeviction,
            entry_overhead: Bytes::new(0),
        };
        let mut store = Store::new(config);
        assert!(store.put(Instant::START, (0, 1), Bytes::new(1), None));
        assert!(store.put(Instant::START, (0, 2), Bytes::new(1), None));
        assert!(!store.put(Instant::START, (0, 3), Bytes::new(1), None));
        assert!(store.put(Instant::START, (0, 2), Bytes::new(1), None));
        assert_eq!(store.used, 2);
    }
}
