//! Tasks that go on before the next event, first come, first served.

use super::task::{NONE, TaskId};

/// A line of tasks with the tokens of their waits, which is empty again after every event.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The first of them, most often the only one; the task is [`NONE`] if there is none.
    next: (TaskId, u64),
    /// Those behind it, from `first` on.
    line: Vec<(TaskId, u64)>,
    first: usize,
}

const NOBODY: (TaskId, u64) = (NONE, 0);

impl Default for Ready {
    fn default() -> Self {
        Ready { next: NOBODY, line: Vec::new(), first: 0 }
    }
}

/// So many that have gone are kept before their memory is used again.
const GONE: usize = 1024;

impl Ready {
    #[inline]
    pub(crate) fn push_back(&mut self, entry: (TaskId, u64)) {
        if self.next.0 == NONE {
            self.next = entry;
        } else {
            self.line.push(entry);
        }
    }

    #[inline]
    pub(crate) fn pop_front(&mut self) -> Option<(TaskId, u64)> {
        let entry = self.next;
        if entry.0 == NONE {
            return None;
        }
        self.next = if self.line.is_empty() { NOBODY } else { self.pop_line() };
        Some(entry)
    }

    /// Takes the first of those behind, of whom there is one.
    #[inline(never)]
    fn pop_line(&mut self) -> (TaskId, u64) {
        let entry = self.line[self.first];
        self.first += 1;
        if self.first == self.line.len() {
            self.line.clear();
            self.first = 0;
        } else if self.first == GONE {
            self.line.drain(..GONE);
            self.first = 0;
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_never_empty_keeps_its_order_and_its_size() {
        let mut ready = Ready::default();
        ready.push_back((0, 0));
        for token in 1..10_000 {
            ready.push_back((1, token));
            assert_eq!(ready.pop_front().map(|(_, token)| token), Some(token - 1));
            assert!(ready.line.len() <= GONE + 2);
        }
        assert_eq!(ready.pop_front(), Some((1, 9_999)));
        assert_eq!(ready.pop_front(), None);
    }
}
