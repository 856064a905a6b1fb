//! What the waits of requests count as, when response times are taken apart.

use super::assembly::{Assembly, StationKind};
use super::parts::{CacheHook, Hook, TargetKind};
use crate::engine::WaitParts;
use crate::record::TimePart;

impl Assembly {
    /// What each wait counts as.
    pub fn wait_parts(&self) -> WaitParts {
        let slots = self.stations.iter().take(self.program.slots.len());
        let mut delays = vec![TimePart::Service; self.program.demands.len()];
        for (demand, part) in &self.parts.delay_parts {
            delays[*demand as usize] = *part;
        }
        WaitParts {
            slots: slots.clone().map(|station| in_line_for(station.kind)).collect(),
            serves: slots.map(|station| served_by(station.kind)).collect(),
            delays,
            hooks: self.parts.hooks.iter().map(|hook| self.in_hook(hook)).collect(),
        }
    }

    fn in_hook(&self, hook: &Hook) -> TimePart {
        match hook {
            Hook::Turn { .. } | Hook::Limit { .. } => TimePart::Queue,
            Hook::Submit { .. } => TimePart::Thread,
            Hook::Linger { .. } => TimePart::Pool,
            Hook::Cache { hook, .. } => match hook {
                CacheHook::PauseLock { .. } => TimePart::Lock,
                // The wait for whoever fetches the same value.
                CacheHook::Fetch { .. } => TimePart::Queue,
                CacheHook::Ask
                | CacheHook::LookUp { .. }
                | CacheHook::LookUpAs { .. }
                | CacheHook::Put { .. }
                | CacheHook::Delete
                | CacheHook::Increment { .. }
                | CacheHook::AddMember { .. }
                | CacheHook::ReadMembers { .. }
                | CacheHook::WantLock
                | CacheHook::TryLock { .. }
                | CacheHook::FreeLock { .. } => TimePart::Service,
            },
            Hook::Gate { gate, .. } => {
                let is_link = |kind: &TargetKind| matches!(kind, TargetKind::Between);
                match self.parts.targets.iter().any(|it| it.gate == *gate && is_link(&it.kind)) {
                    true => TimePart::Network,
                    false => TimePart::Service,
                }
            }
            Hook::Admit { .. }
            | Hook::AdmitWindow { .. }
            | Hook::AdmitSliding { .. }
            | Hook::AdmitLocal { .. }
            | Hook::Breaker { .. }
            | Hook::FirstTry { .. }
            | Hook::Route { .. }
            | Hook::Send { .. }
            | Hook::Degrade
            | Hook::Serving { .. }
            | Hook::Expire { .. }
            | Hook::ExpireAgain { .. }
            | Hook::Fork { .. }
            | Hook::Publish { .. }
            | Hook::Produce { .. }
            | Hook::Written
            | Hook::Replicate
            | Hook::Acknowledged
            | Hook::Deliver { .. }
            | Hook::Take { .. }
            | Hook::Check { .. }
            | Hook::Once { .. }
            | Hook::InOrder { .. }
            | Hook::Concurrency { .. }
            | Hook::Throttle { .. }
            | Hook::Master { .. }
            | Hook::ReadVersion { .. }
            | Hook::CompareVersion { .. }
            | Hook::ChangeVersion { .. }
            | Hook::Effect { .. }
            | Hook::Tally { .. }
            | Hook::Want { .. }
            | Hook::Borrow { .. }
            | Hook::MayLeak { .. }
            | Hook::Leak { .. }
            | Hook::Join { .. }
            | Hook::Doomed { .. }
            | Hook::Wrote { .. }
            | Hook::ReadReplica { .. }
            | Hook::Switch { .. }
            | Hook::Refuse { .. }
            | Hook::RouteLimit { .. } => TimePart::Service,
        }
    }
}

/// What a wait in front of a station counts as.
fn in_line_for(kind: StationKind) -> TimePart {
    match kind {
        StationKind::Threads => TimePart::Thread,
        StationKind::Connections => TimePart::Pool,
        StationKind::Locks => TimePart::Lock,
        StationKind::LinkThere | StationKind::LinkBack => TimePart::Network,
        StationKind::Servers
        | StationKind::Requests
        | StationKind::Cores
        | StationKind::Flush
        | StationKind::Appliers
        | StationKind::CommandLoop
        | StationKind::Consumer
        | StationKind::External => TimePart::Queue,
    }
}

/// What service at a station counts as.
fn served_by(kind: StationKind) -> TimePart {
    match kind {
        StationKind::LinkThere | StationKind::LinkBack => TimePart::Network,
        StationKind::Servers
        | StationKind::Requests
        | StationKind::Threads
        | StationKind::Cores
        | StationKind::Connections
        | StationKind::Locks
        | StationKind::Flush
        | StationKind::Appliers
        | StationKind::CommandLoop
        | StationKind::Consumer
        | StationKind::External => TimePart::Service,
    }
}
