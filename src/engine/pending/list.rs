//! What every list of pending events can do.

/// The set of events that are still to happen, each known by a 128-bit key.
///
/// The high 64 bits of a key are its time \[ns]; the low 64 bits hold phase, sequence and slot, so that no two
/// pending keys are equal and comparing two keys as integers compares the events. `pop` returns keys in
/// ascending order. A time is below 2^63, as those of the clock are.
///
/// A list is made for monotone use: no key is pushed whose *time* lies before the time popped last. A key of
/// that same time may have smaller low bits than the key popped last (an earlier phase of the same instant)
/// and still comes out before everything later. Every list here stays correct when the rule is broken; it may
/// become slow.
///
/// ```
/// use brownout::engine::pending::{Adaptive, EventList};
///
/// let mut list = Adaptive::new();
/// list.push(7 << 64 | 2);
/// list.push(7 << 64 | 1);
/// list.push(3 << 64 | 9);
/// assert_eq!(list.pop(), Some(3 << 64 | 9));
/// assert_eq!(list.pop(), Some(7 << 64 | 1));
/// assert_eq!(list.len(), 1);
/// ```
pub trait EventList {
    /// Adds a key.
    fn push(&mut self, key: u128);

    /// Removes and returns the smallest key.
    fn pop(&mut self) -> Option<u128>;

    /// Returns the smallest key without removing it; takes `&mut self` because finding it may sort a bucket.
    fn peek(&mut self) -> Option<u128>;

    /// The number of pending keys.
    fn len(&self) -> usize;

    /// Whether nothing is pending.
    #[inline]
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
