//! Numbers that stand for what is expected to happen: timers, and ends of tasks that the host waits for.

/// What is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// A connection of a pool has been opened, or could not be.
    Opened { pool: u16 },
    /// It is time to open the next connection of a pool.
    OpenNext { pool: u16 },
    /// A connection has come of age.
    Aged { connection: u32, serial: u64 },
    /// It is time to look for connections that have been idle for long.
    KeepHouse { pool: u16 },
    /// A connection reaches who is first in line.
    HandedOver { pool: u16 },
    /// A read replica has applied a transaction.
    Applied { replica: u16, sequence: u64 },
}

/// Numbers above those of the closed users; they are used again.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    base: u32,
    entries: Vec<Option<Expected>>,
    free: Vec<u32>,
}

impl Numbers {
    /// Numbers from `base` on.
    pub(super) fn new(base: u32) -> Self {
        Numbers { base, ..Numbers::default() }
    }

    pub(super) fn add(&mut self, expected: Expected) -> u32 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            (self.entries.len() - 1) as u32
        });
        self.entries[index as usize] = Some(expected);
        self.base + index
    }

    /// What a number stood for, if it is not a closed user's; the number is free again.
    pub(super) fn take(&mut self, number: u32) -> Option<Expected> {
        let index = number.checked_sub(self.base)?;
        let expected = self.entries.get_mut(index as usize)?.take()?;
        self.free.push(index);
        Some(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_above_the_users_and_are_used_again() {
        let mut numbers = Numbers::new(10);
        let first = numbers.add(Expected::KeepHouse { pool: 1 });
        assert_eq!(first, 10);
        assert_eq!(numbers.take(9), None);
        assert_eq!(numbers.take(first), Some(Expected::KeepHouse { pool: 1 }));
        assert_eq!(numbers.take(first), None);
        assert_eq!(numbers.add(Expected::Opened { pool: 2 }), first);
    }
}
