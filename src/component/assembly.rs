//! A system put together: the step program, and everything the host needs to run it.

use indexmap::IndexMap;

use super::call::ClientSpec;
use super::deployment::DeploymentSpec;
use super::effects::GoodEnd;
use super::mistake::Mistake;
use super::observe::ObservableName;
use super::operations::OperationsSpec;
use super::parts::TargetKind;
use super::preset::Filled;
use crate::engine::{Pc, Program};
use crate::timeline::runbook::{PeopleSpec, RunbookStepSpec};
use crate::timeline::{Blow, Disturbance, FaultSpec, WatchPlan};
use crate::units::Instant;
use crate::workload::ArrivalsSpec;

/// A whole system as written: what [`assemble`](super::assemble) puts together.
#[derive(Clone, Debug, Default)]
pub struct SystemSpec {
    /// What the software does.
    pub operations: OperationsSpec,
    /// Where it runs.
    pub deployment: DeploymentSpec,
    /// The load, by operation or plain station.
    pub load: IndexMap<String, ArrivalsSpec>,
    /// How clients behave, by operation.
    pub clients: IndexMap<String, ClientSpec>,
    /// What goes wrong.
    pub faults: Vec<FaultSpec>,
    /// Who watches.
    pub watch: Option<WatchPlan>,
    /// How long people need.
    pub people: PeopleSpec,
    /// What they do.
    pub runbook: Vec<RunbookStepSpec>,
    /// What presets have filled in of all this.
    pub filled: Vec<Filled>,
}

/// From where an operation is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// From its clients.
    Client,
    /// From the processes that call it over the network.
    Call,
    /// From the topic whose records it works on.
    Consumer,
    /// From nowhere: nobody waits for it.
    Background,
}

impl View {
    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            View::Client => "client",
            View::Call => "call",
            View::Consumer => "consumer",
            View::Background => "background",
        }
    }
}

/// An operation that is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationName {
    /// Its name, `module.operation`, or a plain station's.
    pub name: String,
    /// From where it is seen.
    pub view: View,
}

/// What a station is to the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StationKind {
    /// Servers of a plain station.
    Servers,
    /// Concurrent requests of a gateway.
    Requests,
    /// Threads of a process.
    Threads,
    /// Cores of a process or database, shared.
    Cores,
    /// Connections of a pool.
    Connections,
    /// Row locks of a table.
    Locks,
    /// The log flush of a database.
    Flush,
    /// Workers of a read replica that apply transactions.
    Appliers,
    /// The command loop of a cache.
    CommandLoop,
    /// A member of a consumer group.
    Consumer,
    /// Concurrent requests of an external party.
    External,
    /// The bandwidth of a link towards where it leads.
    LinkThere,
    /// The bandwidth of a link back from there.
    LinkBack,
}

impl StationKind {
    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            StationKind::Servers => "servers",
            StationKind::Requests => "requests",
            StationKind::Threads => "threads",
            StationKind::Cores => "cores",
            StationKind::Connections => "connections",
            StationKind::Locks => "row locks",
            StationKind::Flush => "log flush",
            StationKind::Appliers => "appliers",
            StationKind::CommandLoop => "command loop",
            StationKind::Consumer => "consumer",
            StationKind::External => "external",
            StationKind::LinkThere => "link there",
            StationKind::LinkBack => "link back",
        }
    }
}

/// A station that is recorded. Stations of the replicas of one component have one name.
#[derive(Clone, Debug, PartialEq)]
pub struct StationName {
    /// The component, such as `order`, or `orders-db.stock` for the locks of a table.
    pub component: String,
    /// What it is of it.
    pub kind: StationKind,
    /// Which replica, from 0.
    pub replica: u16,
    /// How many replicas the deployment has: one from there on is one that a runbook adds.
    pub replicas: u16,
    /// Its capacity: servers, slots or cores; 0 for locks, infinite for no limit.
    pub capacity: f64,
}

/// What a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HitPart {
    /// Nothing: there is more load.
    Load,
    /// A process or gateway.
    Process,
    /// A cache server or log.
    Store,
    /// A database or the pool before it.
    Database,
    /// The way between two parties.
    Network,
    /// An external party.
    External,
    /// What answers with errors.
    Software,
}

impl Assembly {
    /// When the first fault begins, if there is one.
    pub fn first_fault(&self) -> Option<Instant> {
        self.parts.faults.iter().map(|fault| fault.from).min()
    }

    /// What the first fault hits, if there is one.
    pub fn first_hit(&self) -> Option<HitPart> {
        let first = self.parts.faults.iter().min_by_key(|fault| fault.from)?;
        if let Blow::Lasting(Disturbance::Errors(_)) = first.blow {
            return Some(HitPart::Software);
        }
        let target = first.targets.first().and_then(|target| self.parts.targets.get(usize::from(target.0)));
        Some(match target.map(|target| &target.kind) {
            None => HitPart::Load,
            Some(TargetKind::Database { .. } | TargetKind::Pool { .. }) => HitPart::Database,
            Some(TargetKind::Between) => HitPart::Network,
            Some(TargetKind::External { .. }) => HitPart::External,
            Some(TargetKind::Replica { .. } | TargetKind::Gateway { .. }) => HitPart::Process,
            Some(TargetKind::Cache { .. } | TargetKind::Log) => HitPart::Store,
        })
    }

    /// Cache servers whose place a replica can take.
    pub fn replicated(&self) -> Vec<String> {
        let stores = self.parts.stores.iter().zip(&self.parts.survivals);
        let names =
            stores.filter(|(_, survival)| survival.replicas > 0).map(|(store, _)| store.server.clone());
        names.collect::<indexmap::IndexSet<_>>().into_iter().collect()
    }

    /// Cores of replicas that come and go: a runbook adds them or takes them away. By index in the record.
    pub fn changing_cores(&self) -> impl Iterator<Item = usize> + '_ {
        let first = self.program.slots.len();
        self.parts.processes.iter().flat_map(move |process| {
            (process.least..process.replicas)
                .map(move |replica| first + process.cores as usize + usize::from(replica))
        })
    }

    /// Whether a station is one of a replica that comes and goes, by index in the record: of its threads, cores, connections,
    /// consumers and calls.
    pub fn changing_stations(&self) -> Vec<bool> {
        let mut changing = vec![false; self.stations.len()];
        for index in self.changing_cores() {
            changing[index] = true;
        }
        for (number, process) in self.parts.processes.iter().enumerate() {
            for first in self.slots_of(number) {
                let own = first + u32::from(process.least)..first + u32::from(process.replicas);
                own.for_each(|slots| changing[slots as usize] = true);
            }
        }
        for group in self.parts.topics.iter().filter_map(|topic| topic.group.as_ref()) {
            let least = self.parts.processes[usize::from(group.process)].least;
            let own = (0..group.members).filter(|member| group.replica_of(*member as u16) >= least);
            own.for_each(|member| changing[(group.slots + member) as usize] = true);
        }
        changing
    }

    /// The first of the stations with slots of each kind that a process has one of in each replica: threads, connections, calls.
    /// They come first in the record.
    fn slots_of(&self, process: usize) -> Vec<u32> {
        let pools = self.parts.pools.iter().filter(|pool| usize::from(pool.process) == process);
        let calls = self.parts.bulkheads.iter().filter(|(_, of)| usize::from(*of) == process);
        let threads = self.parts.processes[process].threads.into_iter();
        threads.chain(pools.map(|pool| pool.slots)).chain(calls.map(|(first, _)| *first)).collect()
    }

    /// Has the names of stations say how many replicas the deployment has, and not how many a runbook may want.
    pub(crate) fn count_as_deployed(&mut self) {
        for number in 0..self.parts.processes.len() {
            let process = &self.parts.processes[number];
            let (replicas, deployed) = (usize::from(process.replicas), process.deployed);
            let cores = self.program.slots.len() + process.cores as usize;
            let firsts = self.slots_of(number).into_iter().map(|first| first as usize).chain([cores]);
            for first in firsts {
                self.stations[first..first + replicas].iter_mut().for_each(|name| name.replicas = deployed);
            }
        }
        for group in self.parts.topics.iter().filter_map(|topic| topic.group.as_ref()) {
            let (first, members) = (group.slots as usize, group.members as usize);
            let deployed = group.first_members() as u16;
            self.stations[first..first + members].iter_mut().for_each(|name| name.replicas = deployed);
        }
    }

    /// Whether somebody is told of alerts.
    pub fn notifies(&self) -> bool {
        self.parts.watch.as_ref().is_some_and(|watch| watch.alertmanager.is_some())
    }
}

/// A system put together.
#[derive(Debug)]
pub struct Assembly {
    /// What tasks walk.
    pub program: Program,
    /// Recorded operations, by index in the record.
    pub operations: Vec<OperationName>,
    /// Recorded stations, by index in the record.
    pub stations: Vec<StationName>,
    /// Business effects, by index in the record.
    pub effects: Vec<String>,
    /// Which number of each is good, where that is known.
    pub effect_ends: Vec<Option<GoodEnd>>,
    /// Stations one of which is held while the other is waited for: the first replica of each, by index in the record.
    pub waits: Vec<(usize, usize)>,
    /// What stores and topics show, by index in the record.
    pub observables: Vec<ObservableName>,
    /// The alerts that rules define, in order.
    pub alerts: Vec<String>,
    /// First steps of the operations' bodies.
    pub(crate) bodies: IndexMap<String, Pc>,
    /// What the host needs.
    pub(crate) parts: super::parts::Parts,
}

/// Why a system could not be put together.
#[derive(Clone, Debug, Default)]
pub struct Unassembled {
    /// All mistakes, of which one at least is an error.
    pub mistakes: Vec<Mistake>,
    /// What could be made all the same.
    pub names: Names,
}

/// What claims may name of a system.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Recorded operations.
    pub operations: Vec<OperationName>,
    /// Recorded stations.
    pub stations: Vec<StationName>,
    /// Business effects.
    pub effects: Vec<String>,
    /// What stores and topics show.
    pub observables: Vec<ObservableName>,
}
