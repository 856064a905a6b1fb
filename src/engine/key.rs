//! The order of events: time, then phase, then sequence.

use crate::units::Instant;

/// What an event is about. Events of one instant are handled in this order.
///
/// Work that completes frees its servers before a time-out of the same instant is looked at, and both come
/// before a new arrival: a request that could have been served in time is served, and an arrival sees the
/// system as the departures left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// A task's wait is over: its service or delay completed.
    Resume,
    /// A processor-sharing station completes a job.
    Sharing,
    /// A batch server completes a batch.
    Batch,
    /// A timer of the host: a fault, an action, a poll.
    Timer,
    /// The oldest time-out of a ring is due.
    Ring,
    /// A task's patience, which was drawn, runs out.
    Patience,
    /// A source brings new arrivals.
    Source,
    /// The recorder closes an interval or a segment.
    Sample,
}

/// An event in the list of pending events: time in the high half; phase, sequence and slot in the low half.
///
/// The slot says whom the event is for: a task, a station, a timer, a ring or a source, by its phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(pub(super) u128);

/// Bits of a slot: up to 16,777,215 tasks at once.
pub(super) const SLOT_BITS: u32 = 24;
/// Bits of a sequence number: up to 137 thousand million events in a run.
pub(super) const SEQUENCE_BITS: u32 = 37;

impl Key {
    /// Packs an event.
    #[inline]
    pub(super) fn new(at: Instant, phase: Phase, sequence: u64, slot: u32) -> Self {
        debug_assert!(sequence < 1 << SEQUENCE_BITS && slot < 1 << SLOT_BITS);
        let low = ((phase as u64) << (SLOT_BITS + SEQUENCE_BITS)) | (sequence << SLOT_BITS) | u64::from(slot);
        Key((u128::from(at.as_nanos()) << 64) | u128::from(low))
    }

    /// When the event is due \[ns].
    #[inline]
    pub(super) fn nanos(self) -> u64 {
        (self.0 >> 64) as u64
    }

    /// What the event is about.
    #[inline]
    pub(super) fn phase(self) -> Phase {
        match (self.0 as u64) >> (SLOT_BITS + SEQUENCE_BITS) {
            0 => Phase::Resume,
            1 => Phase::Sharing,
            2 => Phase::Batch,
            3 => Phase::Timer,
            4 => Phase::Ring,
            5 => Phase::Patience,
            6 => Phase::Source,
            _ => Phase::Sample,
        }
    }

    /// The number that tells this event from every other of the run.
    #[inline]
    pub(super) fn sequence(self) -> u64 {
        ((self.0 as u64) >> SLOT_BITS) & ((1 << SEQUENCE_BITS) - 1)
    }

    /// Whom the event is for.
    #[inline]
    pub(super) fn slot(self) -> u32 {
        (self.0 as u64 & ((1 << SLOT_BITS) - 1)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_ordered_by_time_then_phase_then_sequence() {
        let at = Instant::from_nanos;
        let keys = [
            Key::new(at(1), Phase::Sample, 9, 7),
            Key::new(at(2), Phase::Resume, 8, 6),
            Key::new(at(2), Phase::Ring, 1, 3),
            Key::new(at(2), Phase::Ring, 2, 0),
            Key::new(at(2), Phase::Source, 0, 0),
        ];
        assert!(keys.is_sorted());
    }

    #[test]
    fn a_key_gives_back_what_was_packed() {
        let phases = [
            Phase::Resume,
            Phase::Sharing,
            Phase::Batch,
            Phase::Timer,
            Phase::Ring,
            Phase::Patience,
            Phase::Source,
            Phase::Sample,
        ];
        for phase in phases {
            let key = Key::new(Instant::from_nanos(123_456_789_012), phase, 98_765, 4_321);
            assert_eq!(
                (key.nanos(), key.phase(), key.sequence(), key.slot()),
                (123_456_789_012, phase, 98_765, 4_321)
            );
        }
    }
}
