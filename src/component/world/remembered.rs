//! What steps `once` have seen.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::units::{Instant, Span};

/// Keys that were seen within a span, the oldest first; older ones are forgotten, and their memory with them.
#[derive(Debug)]
pub(super) struct Remembered {
    span: Span,
    keys: FxHashMap<u64, Instant>,
    order: VecDeque<(Instant, u64)>,
}

impl Remembered {
    pub(super) fn new(span: Span) -> Self {
        Remembered { span, keys: FxHashMap::default(), order: VecDeque::new() }
    }

    /// Whether a key was seen within the span before; if not, it is now.
    pub(super) fn seen(&mut self, now: Instant, key: u64) -> bool {
        while let Some((at, old)) = self.order.front().copied() {
            if now.since(at) <= self.span {
                break;
            }
            self.order.pop_front();
            // Forgotten and seen again, it is remembered from then on.
            if self.keys.get(&old) == Some(&at) {
                self.keys.remove(&old);
            }
        }
        if self.keys.contains_key(&key) {
            return true;
        }
        self.keys.insert(key, now);
        self.order.push_back((now, key));
        false
    }

    /// Keys that it keeps, and some that it forgets soon.
    pub(super) fn len(&self) -> u64 {
        self.order.len() as u64
    }

    /// Forgets a key, as if it had not been seen.
    pub(super) fn forget(&mut self, key: u64) {
        self.keys.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_remembered_for_its_span_and_then_forgotten() {
        let at = |secs| Instant::START + Span::from_secs(secs);
        let mut remembered = Remembered::new(Span::from_secs(5));
        assert!(!remembered.seen(at(0), 7));
        assert!(remembered.seen(at(5), 7));
        // The second time does not prolong it.
        assert!(!remembered.seen(at(6), 7));
        for key in 0..1_000 {
            remembered.seen(at(100 + key), key);
        }
        assert!(remembered.keys.len() <= 6 && remembered.order.len() <= 6, "{}", remembered.keys.len());
    }
}
