//! Constant time-outs: a first-in first-out ring per duration instead of an event each.

use std::collections::VecDeque;

use super::task::TaskId;
use crate::units::Span;

/// One running time-out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alarm {
    /// When it is due \[ns].
    pub(crate) at: u64,
    /// Tells it from every other.
    pub(crate) id: u64,
    pub(crate) task: TaskId,
    /// Where in the task's stack its scope is, or [`super::task::NONE`] for the wait itself.
    pub(crate) frame: u32,
}

/// The running time-outs of one duration, oldest first. At most one event, for the oldest, is pending.
#[derive(Debug)]
pub(crate) struct Ring {
    pub(crate) span: Span,
    alarms: VecDeque<Alarm>,
    pub(crate) armed: bool,
}

impl Ring {
    pub(crate) fn new(span: Span) -> Self {
        Ring { span, alarms: VecDeque::new(), armed: false }
    }

    #[inline]
    pub(crate) fn push(&mut self, alarm: Alarm) {
        self.alarms.push_back(alarm);
    }

    #[inline]
    pub(crate) fn first(&self) -> Option<Alarm> {
        self.alarms.front().copied()
    }

    #[inline]
    pub(crate) fn drop_first(&mut self) {
        self.alarms.pop_front();
    }

    /// Forgets all alarms that are not `live`, if most are not.
    pub(crate) fn shrink(&mut self, live: impl Fn(&Alarm) -> bool) {
        self.alarms.retain(live);
    }

    pub(crate) fn len(&self) -> usize {
        self.alarms.len()
    }
}
