//! Keeping memory in proportion to what is pending.

/// Vectors of up to this many keys are never given back [keys].
const KEPT: usize = 1024;

/// Whether a store with room for `capacity` items is far too large for the `used` ones.
#[inline]
fn is_oversized(used: usize, capacity: usize) -> bool {
    capacity > KEPT && used < capacity / 8
}

/// Gives memory back once a vector uses less than an eighth of what it holds.
///
/// Half of what is given up stays as room to grow, so that the copying is paid for by the pops before it.
#[inline]
pub(super) fn trim<T>(items: &mut Vec<T>) {
    if items.capacity() > KEPT {
        trim_large(items);
    }
}

fn trim_large<T>(items: &mut Vec<T>) {
    if is_oversized(items.len(), items.capacity()) {
        items.shrink_to(items.len() * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EventList, QuadHeap, Sorted};

    #[test]
    fn vectors_shrink_as_they_empty() {
        let mut keys: Vec<u128> = (0..100_000).collect();
        while keys.len() > 1_000 {
            keys.pop();
            super::trim(&mut keys);
        }
        assert!(keys.capacity() <= 8 * 1_000 + 8, "{}", keys.capacity());
    }

    #[test]
    fn small_vectors_keep_their_room() {
        let mut keys: Vec<u128> = Vec::with_capacity(super::KEPT);
        super::trim(&mut keys);
        assert_eq!(keys.capacity(), super::KEPT);
    }

    #[test]
    fn lists_made_of_a_vector_shrink_too() {
        let (mut sorted, mut heap) = (Sorted::new(), QuadHeap::new());
        (0..5_000).rev().for_each(|key| {
            sorted.push(key);
            heap.push(key);
        });
        (0..4_990).for_each(|key| assert_eq!((sorted.pop(), heap.pop()), (Some(key), Some(key))));
        assert!(sorted.capacity() <= super::KEPT, "{}", sorted.capacity());
        assert!(heap.capacity() <= super::KEPT, "{}", heap.capacity());
    }
}
