//! Numbers of tasks that the host waits for, besides those of closed users: transactions that read replicas apply.

/// Numbers above those of the closed users; they are used again.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    base: u32,
    /// The read replica, and the transaction's place in its sequence.
    entries: Vec<Option<(u16, u64)>>,
    free: Vec<u32>,
}

impl Numbers {
    /// Numbers from `base` on.
    pub(super) fn new(base: u32) -> Self {
        Numbers { base, ..Numbers::default() }
    }

    pub(super) fn add(&mut self, applied: (u16, u64)) -> u32 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            (self.entries.len() - 1) as u32
        });
        self.entries[index as usize] = Some(applied);
        self.base + index
    }

    /// What a number stood for, if it is not a closed user's; the number is free again.
    pub(super) fn take(&mut self, number: u32) -> Option<(u16, u64)> {
        let index = number.checked_sub(self.base)?;
        let applied = self.entries.get_mut(index as usize)?.take()?;
        self.free.push(index);
        Some(applied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_above_the_users_and_are_used_again() {
        let mut numbers = Numbers::new(10);
        let first = numbers.add((1, 7));
        assert_eq!(first, 10);
        assert_eq!(numbers.take(9), None);
        assert_eq!(numbers.take(first), Some((1, 7)));
        assert_eq!(numbers.take(first), None);
        assert_eq!(numbers.add((2, 8)), first);
    }
}
