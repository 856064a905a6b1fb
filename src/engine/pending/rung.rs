//! One rung of the ladder: a stretch of time cut into buckets of equal width.

/// No node.
const NIL: u32 = u32::MAX;

/// The keys of all rungs, as chains of nodes that are recycled.
#[derive(Clone, Debug, Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    free: Chain,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    key: u128,
    next: u32,
}

#[derive(Clone, Copy, Debug)]
struct Chain(u32);

impl Default for Chain {
    fn default() -> Self {
        Chain(NIL)
    }
}

impl Nodes {
    /// Room for this many keys [keys].
    pub(super) fn capacity(&self) -> usize {
        self.nodes.capacity()
    }

    /// Forgets all nodes and keeps room for at most `keys` of them.
    pub(super) fn reset(&mut self, keys: usize) {
        self.nodes.clear();
        self.nodes.shrink_to(keys);
        self.free = Chain(NIL);
    }

    #[inline]
    fn prepend(&mut self, chain: &mut Chain, key: u128) {
        let node = Node { key, next: chain.0 };
        let at = self.free.0;
        if let Some(recycled) = self.nodes.get_mut(at as usize) {
            self.free.0 = recycled.next;
            *recycled = node;
            chain.0 = at;
        } else {
            chain.0 = self.grow(node);
        }
    }

    fn grow(&mut self, node: Node) -> u32 {
        let at = self.nodes.len();
        assert!(at < NIL as usize, "more than 2^32 - 2 events are pending");
        self.nodes.push(node);
        at as u32
    }

    /// Empties a chain into `keys`.
    #[inline]
    fn unchain(&mut self, chain: &mut Chain, keys: &mut Vec<u128>) {
        let first = chain.0;
        let mut at = first;
        let mut last = NIL;
        while let Some(node) = self.nodes.get(at as usize) {
            keys.push(node.key);
            last = at;
            at = node.next;
        }
        if let Some(node) = self.nodes.get_mut(last as usize) {
            node.next = self.free.0;
            self.free.0 = first;
        }
        chain.0 = NIL;
    }
}

/// A row of buckets over a range of keys; buckets before the frontier have been taken.
///
/// Widths are powers of two, so that finding a bucket is a shift. The last bucket also takes every key beyond
/// the range for which the rung was made.
#[derive(Clone, Debug, Default)]
pub(super) struct Rung {
    start: u128,
    /// A bucket is `2^shift` keys wide.
    shift: u32,
    /// The number of buckets already taken.
    taken: usize,
    /// The smallest key that still belongs to this rung.
    frontier: u128,
    buckets: Vec<Chain>,
    len: usize,
}

impl Rung {
    /// Prepares the rung for `count` keys from `smallest` to `largest`, with about one key to a bucket.
    pub(super) fn prepare(&mut self, count: usize, smallest: u128, largest: u128) {
        let span = largest - smallest;
        let span_bits = u128::BITS - span.leading_zeros();
        self.shift = span_bits.saturating_sub(count.ilog2() + 1);
        let buckets = (span >> self.shift) as usize + 1;
        self.start = smallest;
        self.frontier = smallest;
        self.taken = 0;
        self.len = 0;
        self.buckets.clear();
        super::storage::trim(&mut self.buckets);
        self.buckets.resize(buckets, Chain(NIL));
    }

    /// The number of keys in the rung.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The smallest key that still belongs to the rung.
    #[inline]
    pub(super) fn frontier(&self) -> u128 {
        self.frontier
    }

    /// Whether a key is late enough for this rung.
    #[inline]
    pub(super) fn accepts(&self, key: u128) -> bool {
        key >= self.frontier
    }

    /// Adds a key that the rung accepts.
    #[inline]
    pub(super) fn push(&mut self, nodes: &mut Nodes, key: u128) {
        let last = self.buckets.len() - 1;
        let bucket = ((key - self.start) >> self.shift).min(last as u128) as usize;
        nodes.prepend(&mut self.buckets[bucket], key);
        self.len += 1;
    }

    /// Moves the keys of the next bucket that has any into `keys`, and the frontier past that bucket.
    #[inline]
    pub(super) fn take_next(&mut self, nodes: &mut Nodes, keys: &mut Vec<u128>) {
        while let Some(chain) = self.buckets.get_mut(self.taken) {
            self.taken += 1;
            if chain.0 != NIL {
                let before = keys.len();
                nodes.unchain(chain, keys);
                self.len -= keys.len() - before;
                break;
            }
        }
        self.frontier = self.start.saturating_add((self.taken as u128) << self.shift);
    }

    /// Moves all keys into `keys`.
    pub(super) fn take_all(&mut self, nodes: &mut Nodes, keys: &mut Vec<u128>) {
        for chain in &mut self.buckets[self.taken..] {
            nodes.unchain(chain, keys);
        }
        self.len = 0;
    }
}
