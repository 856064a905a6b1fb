//! What the host asks about the scopes of tasks, and about who waits for whom.

use super::core::Core;
use super::task::{Frame, NONE, TaskId};
use crate::record::AccessStatus;
use crate::units::Instant;

impl Core<'_> {
    /// The data of a task's innermost scope of the host's own with this tag.
    pub fn innermost_scope(&self, task: TaskId, tag: u8) -> Option<u32> {
        self.tasks[task].frames.iter().rev().find_map(|frame| match frame {
            Frame::Host { tag: of, data, .. } if *of == tag => Some(*data),
            _ => None,
        })
    }

    /// When a task came; of a branch, when the one came that waits for it.
    pub fn arrived(&self, task: TaskId) -> Instant {
        let mut at = task;
        while let Some(group) = self.groups.get(self.tasks[at].group as usize) {
            at = group.parent;
        }
        Instant::from_nanos(self.tasks[at].arrived)
    }

    /// The same, in the tasks that wait for this one too.
    pub fn scope_around(&self, task: TaskId, tag: u8) -> Option<u32> {
        let mut at = task;
        loop {
            if let Some(found) = self.innermost_scope(at, tag) {
                return Some(found);
            }
            let group = self.tasks[at].group;
            if group == NONE {
                return None;
            }
            at = self.groups[group as usize].parent;
        }
    }

    /// Whether a task is a branch of another that does not wait for it any more.
    pub fn is_abandoned(&self, task: TaskId) -> bool {
        let entry = &self.tasks[task];
        entry.operation == u16::MAX && entry.group == NONE
    }

    /// What the failure that a task unwinds with was answered with: by the replica that it comes out of, or by whoever
    /// is in front of that. `None` if nobody answered. To be asked in [`super::Host::closed`] of a scope that failed,
    /// and in [`super::Host::retry`].
    pub fn answer(&self, task: TaskId) -> Option<AccessStatus> {
        self.tasks[task].answer
    }

    /// Says what the failure that a task unwinds with is answered with from here on.
    pub fn set_answer(&mut self, task: TaskId, answer: Option<AccessStatus>) {
        self.tasks[task].answer = answer;
    }

    /// Marks what a task answers as less than what was asked for.
    pub fn degrade(&mut self, task: TaskId) {
        self.tasks[task].degraded = true;
    }
}
