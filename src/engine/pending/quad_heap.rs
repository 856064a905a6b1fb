//! A heap with four children to a node: no tuning, no bad cases, logarithmic in what is pending.

use super::EventList;
use super::storage::trim;

/// An implicit 4-ary min-heap that leaves its root open after a pop.
///
/// Handling an event usually schedules another one. The next push then drops straight into the open root and
/// sinks once, where an ordinary heap would sink the last leaf and let the new key rise.
#[derive(Clone, Debug, Default)]
pub struct QuadHeap {
    keys: Vec<u128>,
    /// Whether `keys[0]` was popped and waits to be replaced.
    open: bool,
}

const ARITY: usize = 4;

impl QuadHeap {
    /// Makes an empty list.
    pub const fn new() -> Self {
        QuadHeap { keys: Vec::new(), open: false }
    }

    /// Puts the last leaf in the place of the key popped last.
    #[inline]
    fn close(&mut self) {
        self.open = false;
        if let Some(leaf) = self.keys.pop()
            && !self.keys.is_empty()
        {
            self.sink(leaf);
        }
        trim(&mut self.keys);
    }

    /// Writes `key` at the root and moves it down to where it belongs.
    #[inline]
    fn sink(&mut self, key: u128) {
        let keys = self.keys.as_mut_slice();
        let mut hole = 0;
        loop {
            let first = ARITY * hole + 1;
            let (child, smallest) = match keys.get(first..first + ARITY) {
                Some(group) => smallest_of_four(first, group),
                None => match smallest_of_few(first, keys.get(first..).unwrap_or_default()) {
                    Some(found) => found,
                    None => break,
                },
            };
            if key <= smallest {
                break;
            }
            keys[hole] = smallest;
            hole = child;
        }
        keys[hole] = key;
    }

    /// Adds a leaf and moves it up to where it belongs.
    #[inline]
    fn rise(&mut self, key: u128) {
        let mut hole = self.keys.len();
        self.keys.push(key);
        let keys = self.keys.as_mut_slice();
        while hole > 0 {
            let parent = (hole - 1) / ARITY;
            if keys[parent] <= key {
                break;
            }
            keys[hole] = keys[parent];
            hole = parent;
        }
        keys[hole] = key;
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.keys.capacity()
    }
}

impl EventList for QuadHeap {
    #[inline]
    fn push(&mut self, key: u128) {
        if self.open {
            self.open = false;
            self.sink(key);
        } else {
            self.rise(key);
        }
    }

    #[inline]
    fn pop(&mut self) -> Option<u128> {
        if self.open {
            self.close();
        }
        let key = self.keys.first().copied();
        self.open = key.is_some();
        key
    }

    #[inline]
    fn peek(&mut self) -> Option<u128> {
        if self.open {
            self.close();
        }
        self.keys.first().copied()
    }

    #[inline]
    fn len(&self) -> usize {
        self.keys.len() - usize::from(self.open)
    }
}

/// The place and value of the smallest of a full group, as a knock-out of two rounds.
#[inline]
fn smallest_of_four(first: usize, group: &[u128]) -> (usize, u128) {
    let left = if group[1] < group[0] { (first + 1, group[1]) } else { (first, group[0]) };
    let right = if group[3] < group[2] { (first + 3, group[3]) } else { (first + 2, group[2]) };
    if right.1 < left.1 { right } else { left }
}

/// The place and value of the smallest of the last group, which may lack members.
#[inline]
fn smallest_of_few(first: usize, group: &[u128]) -> Option<(usize, u128)> {
    group.iter().enumerate().map(|(i, &key)| (first + i, key)).min_by_key(|&(_, key)| key)
}
