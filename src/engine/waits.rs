//! Waiting in line, with or without patience, and the time-outs that end it.

use smallvec::SmallVec;

use super::core::Core;
use super::key::Phase;
use super::program::Patience;
use super::ring::Alarm;
use super::task::{Frame, NONE, State, TaskId, Tasks};
use crate::record::TimePart;
use crate::units::Instant;

impl Core<'_> {
    /// Puts a task in line for a slot.
    pub(crate) fn wait_for_slot(&mut self, task: TaskId, slots: u32) {
        let patience = self.slots[slots as usize].config.patience;
        let token = self.begin_wait(task, State::Slots(slots), patience);
        let priority = self.tasks[task].priority;
        self.slots[slots as usize].enqueue(self.now, task, token, priority);
    }

    fn start_patience(&mut self, task: TaskId, patience: Patience) -> u64 {
        match patience {
            Patience::Endless => self.next_sequence(),
            Patience::Constant(ring) => {
                let id = self.next_sequence();
                self.start_alarm(ring, id, task, NONE);
                id
            }
            Patience::Drawn(demand) => {
                let after = self.draw_span(task, demand);
                self.schedule(self.after(after), Phase::Patience, task)
            }
        }
    }

    /// Puts a task in line for something with patience, and gives the token of its wait.
    #[inline]
    pub(crate) fn begin_wait(&mut self, task: TaskId, state: State, patience: Patience) -> u64 {
        let token = match patience {
            Patience::Endless => self.next_sequence(),
            Patience::Constant(_) | Patience::Drawn(_) => self.start_patience(task, patience),
        };
        let now = self.now;
        let entry = &mut self.tasks[task];
        entry.token = token;
        entry.state = state;
        entry.since = now;
        self.counts_as(task, |parts| match state {
            State::Slots(slots) => parts.slots.get(slots as usize).copied(),
            State::Lock { .. } => Some(TimePart::Lock),
            State::Ready
            | State::Timed
            | State::Serving(_)
            | State::Sharing(_)
            | State::Batch(_)
            | State::Join
            | State::Host => None,
        });
        token
    }

    /// Starts a time-out.
    #[inline]
    pub(crate) fn start_alarm(&mut self, ring: u16, id: u64, task: TaskId, frame: u32) {
        let slot = u32::from(ring);
        let ring = &mut self.rings[usize::from(ring)];
        let at = self.now.saturating_add(ring.span.as_nanos());
        ring.push(Alarm { at, id, task, frame });
        if !ring.armed {
            ring.armed = true;
            self.schedule(Instant::from_nanos(at), Phase::Ring, slot);
        } else if ring.len() > 64 + 2 * self.tasks.len() {
            let tasks = &self.tasks;
            self.rings[slot as usize].shrink(|alarm| is_live(tasks, alarm));
        }
    }

    /// Handles the event of a ring: the alarms that are due now, in order; arms the ring for the next.
    pub(crate) fn due_alarms(&mut self, slot: u32) -> SmallVec<[Alarm; 2]> {
        let mut due = SmallVec::new();
        let ring = &mut self.rings[slot as usize];
        while let Some(alarm) = ring.first() {
            if !is_live(&self.tasks, &alarm) {
                ring.drop_first();
            } else if alarm.at <= self.now {
                ring.drop_first();
                due.push(alarm);
            } else {
                self.schedule(Instant::from_nanos(alarm.at), Phase::Ring, slot);
                return due;
            }
        }
        ring.armed = false;
        due
    }

    /// Whether an alarm's wait or scope is still open.
    pub(crate) fn alarm_is_live(&self, alarm: &Alarm) -> bool {
        is_live(&self.tasks, alarm)
    }
}

#[inline]
fn is_live(tasks: &Tasks, alarm: &Alarm) -> bool {
    let task = &tasks[alarm.task];
    if alarm.frame == NONE {
        return task.token == alarm.id;
    }
    let frame = task.frames.get(alarm.frame as usize);
    task.alive && matches!(frame, Some(Frame::Deadline { id, .. }) if *id == alarm.id)
}
