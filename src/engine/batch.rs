//! Batch servers: whoever arrives while one batch is served shares the next.

use super::meter::Meter;
use super::program::BatchConfig;
use super::task::{TaskId, Tasks};

/// A server that takes everything that waits, up to a limit, in one go. Group commit is one.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) config: BatchConfig,
    pub(crate) meter: Meter,
    waiting: Vec<(TaskId, u64)>,
    serving: Vec<(TaskId, u64)>,
    pub(crate) busy: bool,
    /// Waiting for others to come along.
    pub(crate) gathering: bool,
    /// Has waited for others: the next batch begins at once.
    pub(crate) gathered: bool,
    /// Counts batches, for their draws.
    pub(crate) batches: u64,
}

impl Batch {
    pub(crate) fn new(config: BatchConfig) -> Self {
        Batch {
            config,
            meter: Meter::new(1),
            waiting: Vec::new(),
            serving: Vec::new(),
            busy: false,
            gathering: false,
            gathered: false,
            batches: 0,
        }
    }

    pub(crate) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(crate) fn join(&mut self, now: u64, task: TaskId, token: u64) {
        self.meter.advance(now);
        self.meter.set_queue(self.meter.queue() + 1);
        self.waiting.push((task, token));
    }

    /// Counts a task that left, whether it waited or was being served.
    pub(crate) fn leave(&mut self, now: u64, since: u64, task: TaskId, token: u64) {
        if let Some(place) = self.waiting.iter().position(|entry| *entry == (task, token)) {
            self.waiting.remove(place);
            self.meter.advance(now);
            self.meter.set_queue(self.meter.queue() - 1);
            self.meter.gave_up(now - since);
        }
    }

    /// Begins the next batch if anyone waits.
    pub(crate) fn begin(&mut self, now: u64, tasks: &Tasks) -> bool {
        debug_assert!(!self.busy && self.serving.is_empty());
        if self.waiting.is_empty() {
            return false;
        }
        let size =
            self.config.limit.map_or(self.waiting.len(), |limit| self.waiting.len().min(limit as usize));
        self.meter.advance(now);
        self.serving.extend(self.waiting.drain(..size));
        for (task, _) in &self.serving {
            self.meter.served_after(now - tasks[*task].since);
        }
        self.meter.set_queue(self.waiting.len() as u64);
        self.meter.set_busy(1);
        self.busy = true;
        self.batches += 1;
        true
    }

    /// Ends the batch: gives back who was in it.
    pub(crate) fn end(&mut self, now: u64) -> Vec<(TaskId, u64)> {
        self.meter.advance(now);
        self.meter.set_busy(0);
        self.busy = false;
        std::mem::take(&mut self.serving)
    }

    /// Takes back the emptied list that [`Batch::end`] gave, so that its memory is used again.
    pub(crate) fn reuse(&mut self, mut list: Vec<(TaskId, u64)>) {
        list.clear();
        self.serving = list;
    }

    /// Those in the batch that is being served.
    pub(crate) fn serving(&self) -> impl Iterator<Item = TaskId> {
        self.serving.iter().map(|(task, _)| *task)
    }

    /// Those who wait for the next batch.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = TaskId> {
        self.waiting.iter().map(|(task, _)| *task)
    }
}
