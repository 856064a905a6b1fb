//! The books that have to balance at the end of every run.

use super::core::Core;
use super::meter::Meter;
use super::program::Step;
use super::task::{Frame, NONE, State};

/// A law of the simulation that did not hold: a bug of Brownout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Requests of an operation were lost or made up.
    #[error("operation {operation}: {offered} arrived, but {ended} ended and {open} are in flight")]
    Conservation {
        /// Index of the operation.
        operation: usize,
        /// Requests that arrived.
        offered: u64,
        /// Requests that ended.
        ended: u64,
        /// Requests still in flight.
        open: u64,
    },
    /// A station counts slots or jobs that nobody holds, or the other way round.
    #[error("station {station}: {busy} slots or jobs in use, but {held} are held")]
    Held {
        /// Index of the station.
        station: usize,
        /// Slots or jobs in use by the station's count.
        busy: u64,
        /// Slots or jobs held by the tasks' count.
        held: u64,
    },
    /// The integral of a queue is not the sum of the waits in it; at shared cores, that of jobs is not the sum of
    /// their stays.
    #[error("station {station}: Little's law is broken, integral {area} ns against times {waits} ns")]
    LittlesLaw {
        /// Index of the station.
        station: usize,
        /// Integral of the queue, or of the jobs \[ns].
        area: u128,
        /// Sum of the waits, or of the stays \[ns].
        waits: u128,
    },
    /// A station worked more than it could.
    #[error("station {station}: more work done than its capacity allows")]
    Utilisation {
        /// Index of the station.
        station: usize,
    },
    /// An event was handled after a later one.
    #[error("time went back from {from} ns to {to} ns")]
    Clock {
        /// When the later one was due \[ns].
        from: u64,
        /// When the other one was due \[ns].
        to: u64,
    },
    /// The parts of an operation's response times do not add up to them.
    #[error("operation {operation}: response times of {total} ns in all, but parts of {parts} ns")]
    Parts {
        /// Index of the operation.
        operation: usize,
        /// Sum of the response times of one segment \[ns].
        total: u128,
        /// Sum of their parts \[ns].
        parts: u128,
    },
    /// Locks are held that belong to nobody, or the other way round.
    #[error("locks: {counted} held by count, {held} held by transactions")]
    Locks {
        /// Locks in the store.
        counted: u64,
        /// Locks that transactions list.
        held: u64,
    },
}

/// Checks that time went forwards, conservation, Little's law and utilisation.
pub(crate) fn verify(core: &Core<'_>) -> Result<(), Broken> {
    if let Some(to) = core.overtaken {
        return Err(Broken::Clock { from: core.now, to });
    }
    operations(core)?;
    parts(core)?;
    slots(core)?;
    locks(core)?;
    sharings(core)?;
    let first_batch = core.slots.len() + core.sharings.len() + core.locks.len();
    for (index, batch) in core.batches.iter().enumerate() {
        let open = batch.waiting().map(|task| u128::from(core.now - core.tasks[task].since)).sum();
        littles_law(first_batch + index, &batch.meter, open)?;
        utilised(first_batch + index, &batch.meter)?;
    }
    Ok(())
}

fn operations(core: &Core<'_>) -> Result<(), Broken> {
    let mut open = vec![0u64; core.recorder.operations().len()];
    for (_, task) in core.tasks.iter() {
        if let Some(count) = open.get_mut(usize::from(task.operation)) {
            *count += 1;
        }
        for frame in &task.frames {
            if let Frame::Span { operation, .. } = frame {
                open[usize::from(*operation)] += 1;
            }
        }
    }
    for (operation, records) in core.recorder.operations().iter().enumerate() {
        let offered = records.iter().map(|record| record.offered).sum();
        let ended: u64 = records.iter().map(|record| record.ended()).sum();
        let open = open[operation];
        if offered != ended + open {
            return Err(Broken::Conservation { operation, offered, ended, open });
        }
    }
    Ok(())
}

/// Where somebody asked what response times go into, the parts are the whole, to the nanosecond.
fn parts(core: &Core<'_>) -> Result<(), Broken> {
    if core.ledgers.is_none() {
        return Ok(());
    }
    for (operation, records) in core.recorder.operations().iter().enumerate() {
        for record in records {
            let both = [
                (&record.latency, &record.parts.served_ns),
                (&record.failed_latency, &record.parts.failed_ns),
            ];
            for (latency, parts) in both {
                let (total, parts) = (latency.sum_ns(), parts.iter().sum());
                if total != parts {
                    return Err(Broken::Parts { operation, total, parts });
                }
            }
        }
    }
    Ok(())
}

fn slots(core: &Core<'_>) -> Result<(), Broken> {
    let mut held = vec![0u64; core.slots.len()];
    let mut waits = vec![0u128; core.slots.len()];
    for (_, task) in core.tasks.iter() {
        for frame in &task.frames {
            if let Frame::Slot { slots, .. } = frame {
                held[*slots as usize] += 1;
            }
        }
        if let State::Slots(slots) = task.state
            && task.token != 0
        {
            waits[slots as usize] += u128::from(core.now - task.since);
        }
        // In service at a plain station, or granted and not yet run.
        match core.program.steps[task.pc as usize] {
            Step::Serve { slots, .. } | Step::Acquire { slots } if task.stage > 0 => {
                held[slots.index(task.replica)] += 1;
            }
            _ => {}
        }
    }
    for (station, slots) in core.slots.iter().enumerate() {
        let (busy, held) = (slots.meter.busy(), held[station]);
        if busy != held {
            return Err(Broken::Held { station, busy, held });
        }
        littles_law(station, &slots.meter, waits[station])?;
        utilised(station, &slots.meter)?;
    }
    Ok(())
}

fn sharings(core: &Core<'_>) -> Result<(), Broken> {
    if core.sharings.is_empty() {
        return Ok(());
    }
    let mut held = vec![0u64; core.sharings.len()];
    let mut stays = vec![0u128; core.sharings.len()];
    for (_, task) in core.tasks.iter() {
        if let State::Sharing(sharing) = task.state {
            held[sharing as usize] += 1;
            stays[sharing as usize] += u128::from(core.now - task.since);
        }
    }
    for (index, sharing) in core.sharings.iter().enumerate() {
        let (station, busy, held) = (core.slots.len() + index, sharing.jobs(), held[index]);
        if busy != held {
            return Err(Broken::Held { station, busy, held });
        }
        balanced(station, sharing.littles_law(core.now, stays[index]))?;
        utilised(station, &sharing.meter)?;
    }
    Ok(())
}

fn locks(core: &Core<'_>) -> Result<(), Broken> {
    if core.locks.is_empty() {
        return Ok(());
    }
    let transactions = core.tasks.iter().flat_map(|(_, task)| &task.frames);
    let held = transactions
        .map(|frame| match frame {
            Frame::Locks { first, .. } if *first != NONE => core.holds.list(*first).count() as u64,
            _ => 0,
        })
        .sum();
    let counted = core.holds.count();
    if counted != held {
        return Err(Broken::Locks { counted, held });
    }
    let first = core.slots.len() + core.sharings.len();
    for (index, table) in core.locks.iter().enumerate() {
        littles_law(first + index, &table.meter, table.open_waits(core.now))?;
        if core.tasks.len() == 0 && table.len() > 0 {
            return Err(Broken::Locks { counted: table.len() as u64, held: 0 });
        }
    }
    Ok(())
}

fn littles_law(station: usize, meter: &Meter, open_waits: u128) -> Result<(), Broken> {
    balanced(station, meter.littles_law(open_waits))
}

fn balanced(station: usize, (area, waits): (u128, u128)) -> Result<(), Broken> {
    if area == waits { Ok(()) } else { Err(Broken::LittlesLaw { station, area, waits }) }
}

fn utilised(station: usize, meter: &Meter) -> Result<(), Broken> {
    if meter.overused() { Err(Broken::Utilisation { station }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::host::{Exit, Flow, Host};
    use crate::engine::key::Phase;
    use crate::engine::limits::Limits;
    use crate::engine::program::Program;
    use crate::engine::run::Engine;
    use crate::engine::task::TaskId;
    use crate::record::{Cause, Outcome, Segments};
    use crate::units::{Instant, Span};

    /// Adds an event at `second` when the time is `first` \[ns].
    struct Clock {
        first: u64,
        second: u64,
    }

    impl Host for Clock {
        fn begin(&mut self, core: &mut Core<'_>) {
            core.set_timer(Instant::from_nanos(self.first), 0);
        }
        fn source(&mut self, _: &mut Core<'_>, _: u32) {}
        fn timer(&mut self, core: &mut Core<'_>, timer: u32) {
            if timer == 0 {
                core.schedule(Instant::from_nanos(self.second), Phase::Timer, 1);
            }
        }
        fn hook(&mut self, _: &mut Core<'_>, _: TaskId, _: u32) -> Flow {
            Flow::Next
        }
        fn asleep(&mut self, _: &mut Core<'_>, _: TaskId, _: u32, _: u64) {}
        fn closed(&mut self, _: &mut Core<'_>, _: TaskId, _: u8, _: u32, _: Instant, _: Exit) {}
        fn place(&mut self, _: &mut Core<'_>, _: TaskId, _: u16) -> Result<u16, Cause> {
            Ok(0)
        }
        fn left(&mut self, _: &mut Core<'_>, _: u16, _: u16) {}
        fn retry(&mut self, _: &mut Core<'_>, _: TaskId, _: u16, _: u8, _: Cause, _: Span) -> Option<Span> {
            None
        }
        fn retried(&mut self, _: &mut Core<'_>, _: TaskId, _: u16, _: u8) {}
        fn ended(&mut self, _: &mut Core<'_>, _: u32, _: Outcome) {}
        fn effects(&self) -> Vec<u64> {
            Vec::new()
        }
    }

    #[track_caller]
    fn check(first: u64, second: u64, expected: Result<(), Broken>) {
        let program = Program::default();
        let segments = Segments { ends: vec![Instant::from_nanos(100)], interval: Span::from_nanos(100) };
        let engine = Engine::new(&program, Clock { first, second }, segments, Limits::default(), 1);
        assert_eq!(engine.run().map(|_| ()), expected);
    }

    #[test]
    fn a_run_whose_time_goes_back_is_broken() {
        check(5, 7, Ok(()));
        check(5, 5, Ok(()));
        check(5, 4, Err(Broken::Clock { from: 5, to: 4 }));
    }
}
