//! A runbook whose names are numbers.

use super::super::condition::Disturbance;
use super::super::controls::TargetId;
use super::spec::ActionSpec;
use crate::random::Law;
use crate::units::{Instant, Rate, Ratio, Span};

/// A runbook that makes sense.
#[derive(Clone, Debug)]
pub struct RunbookPlan {
    /// The steps, in the order written.
    pub steps: Vec<PlannedStep>,
    /// The alerts that steps wait for, by name, as notifications have them.
    pub alerts: Vec<String>,
    /// The components whose recovery steps wait for.
    pub components: Vec<AwaitedComponent>,
    /// From the first notification of an alert until somebody takes it on.
    pub detect: Law,
    /// From there until it is understood.
    pub identify: Law,
}

/// A component whose recovery steps wait for.
#[derive(Clone, Debug)]
pub struct AwaitedComponent {
    /// What it is called.
    pub name: String,
    /// What it is made of.
    pub targets: Vec<TargetId>,
    /// Whether it may recover, as far as faults and steps tell: each fault that hits it lasts for good, and no step that may
    /// begin mends any of them, if not.
    pub may_recover: bool,
}

/// A step of a runbook.
#[derive(Clone, Debug)]
pub struct PlannedStep {
    /// What it is called; also the name of its random streams.
    pub name: String,
    /// What makes people begin; none for a step that only follows on the failure of another.
    pub trigger: Option<Trigger>,
    /// Whether an alert that triggers it has to be understood first.
    pub understood: bool,
    /// How long people need.
    pub people: Law,
    /// The probability that it works. Range: 0 to 1.
    pub works: Ratio,
    /// What is done; nothing for a step that only looks.
    pub action: Option<Action>,
    /// The action in words.
    pub words: String,
    /// The action as written.
    pub written: Option<ActionSpec>,
    /// The step that follows if it does not work.
    pub otherwise: Option<u16>,
}

/// What makes people begin with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A time.
    At(Instant),
    /// The first notification of the alert with this number.
    Alert(u16),
    /// The alert with this number has no instance that fires any more.
    Resolved(u16),
    /// The component with this number is well again.
    Recovered(u16),
    /// The step with this number was carried out.
    After(u16),
    /// The step with this number did not work.
    Failed(u16),
    /// The condition with this number of the [watch](super::super::WatchPlan) has held for as long as it has to.
    Condition(u16),
}

/// What a step does to the system. Numbers are the system's own.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Turns switches on or off.
    Switch {
        /// Which, and whether they are on from now on.
        switches: Vec<(u16, bool)>,
    },
    /// Has commands of caches go to another server or back.
    SwitchCache {
        /// Which switches, and whether they are on from now on.
        switches: Vec<(u16, bool)>,
        /// Stores whose entries others have copied: from which, to which.
        copies: Vec<(u16, u16)>,
    },
    /// Sets or lifts a limit.
    Limit {
        /// Which.
        limit: u16,
        /// How many pass, and how many at once; none to lift it.
        to: Option<(Rate, u32)>,
    },
    /// Restarts something.
    Restart(Restart),
    /// Changes the size of a pool.
    ResizePool {
        /// Which.
        pool: u16,
        /// Connections of each replica.
        connections: u32,
    },
    /// Changes the threads of a process.
    ResizeThreads {
        /// Its stations, one for each replica.
        stations: Vec<u32>,
        /// Threads of each.
        threads: u32,
    },
    /// Changes the number of replicas of a process.
    Scale {
        /// Which.
        process: u16,
        /// How many run.
        replicas: u16,
    },
    /// Tells the clients of loads not to try again.
    Announce {
        /// Of which loads.
        loads: Vec<u16>,
        /// The share of customers that do so. Range: 0 to 1.
        heeded: Ratio,
    },
    /// Puts a replica in the place of a store, or of each master of a cluster that is silent.
    FailOver {
        /// Which: its masters.
        targets: Vec<TargetId>,
    },
    /// Fills caches.
    Warm {
        /// Which plan of filling.
        warm: u16,
    },
}

/// A restart of one thing or several.
#[derive(Clone, Debug, PartialEq)]
pub struct Restart {
    /// What is restarted, in order.
    pub targets: Vec<TargetId>,
    /// Whether the next waits for the one before.
    pub one_by_one: bool,
    /// How long each is kept from new work first.
    pub drain: Span,
    /// How long each is down, start-up of replicas apart.
    pub takes: Span,
    /// From then on until the next one's turn: the start-up of replicas.
    pub start_up: Span,
    /// Which disturbances it ends.
    pub mends: Mends,
}

/// Which disturbances a restart ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mends {
    /// That it is gone or hangs.
    Outage,
    /// That it is slow or answers with errors: a bad release.
    Release,
}

impl Mends {
    /// Whether it ends a disturbance.
    pub const fn ends(self, disturbance: Disturbance) -> bool {
        match self {
            Mends::Outage => {
                matches!(disturbance, Disturbance::Down | Disturbance::DownWithHost | Disturbance::Hung)
            }
            Mends::Release => {
                matches!(disturbance, Disturbance::Slow(_) | Disturbance::Delayed(_) | Disturbance::Errors(_))
            }
        }
    }
}
