//! Keeping memory in proportion to what is pending.

/// Vectors of up to this many keys are never given back \[keys].
const KEPT: usize = 1024;

/// Whether a store with room for `capacity` items is far too large for the `used` ones.
#[inline]
pub(super) fn is_oversized(used: usize, capacity: usize) -> bool {
    capacity > KEPT && used < capacity / 8
}

/// Gives memory back once a vector uses less than an eighth of what it holds.
///
/// Half of what is given up stays as room to grow, so that the copying is paid for by the pops before it.
#[inline]
pub(super) fn trim<T>(items: &mut Vec<T>) {
    if is_oversized(items.len(), items.capacity()) {
        shrink(items);
    }
}

#[cold]
fn shrink<T>(items: &mut Vec<T>) {
    items.shrink_to(items.len() * 2);
}
