//! Gateways while they run: the access log, where attempts were sent, and replicas that are left out.

use smallvec::SmallVec;

use super::World;
use super::replicas::hashed;
use crate::component::observe::Reading;
use crate::component::parts::{OutlierPart, Parts, Way};
use crate::engine::{Core, Exit, Flow, TaskId};
use crate::policy::{LocalDecision, OutlierDetection};
use crate::random::Stream;
use crate::record::{AccessStatus, Cause};
use crate::units::Instant;

/// Tag of the scope of a request in a gateway: its line in the access log.
pub(super) const ROUTED: u8 = 10;

/// Tag of the scope of an attempt of a gateway.
pub(super) const SENT: u8 = 11;

/// Draws of limits that look at, or turn away, a share of requests.
const LOCAL_LIMIT_SITE: u64 = 0x6c6f_6361_6c5f_726c;

/// Everything that gateways keep.
#[derive(Debug)]
pub(super) struct Gateways {
    visits: Vec<Visit>,
    free: Vec<u32>,
    /// Per route, answers by status.
    answers: Vec<[u64; AccessStatus::ALL.len()]>,
    pub(super) outliers: Vec<OutlierDetection>,
    /// Where a choice is made.
    eligible: Vec<bool>,
}

/// A request in a gateway.
#[derive(Clone, Debug, Default)]
struct Visit {
    route: u16,
    /// Where attempts went before.
    tried: SmallVec<[u16; 4]>,
    /// Where the present attempt went.
    current: Option<u16>,
    /// There was no replica to send it to.
    nowhere: bool,
    /// The way to a replica, and the replica, whose attempt a time-out around it cut short: the gateway's, or the client's.
    cut: Option<(u16, u16)>,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug)]
enum Judged {
    /// The replica answered.
    Answered(AccessStatus),
    /// The way to it failed: it refused, it crashed, the answer was late. What the gateway answers then.
    Failed(AccessStatus),
}

impl Gateways {
    /// # Panics
    /// Never for parts of an assembly: its policies have been checked.
    pub(super) fn new(parts: &Parts, seed: u64, replication: u64) -> Self {
        let outlier = |part: &OutlierPart| {
            let process = &parts.processes[usize::from(part.process)];
            let path = format!("{}/{}", part.gateway, process.name);
            let phase = Stream::named(seed, replication, &path, "outlier detection").unit();
            let first = Instant::START + part.config.interval * phase;
            let hosts = usize::from(process.replicas);
            OutlierDetection::new(part.config.clone(), hosts, first).expect("checked when assembled")
        };
        Gateways {
            visits: Vec::new(),
            free: Vec::new(),
            answers: vec![[0; AccessStatus::ALL.len()]; parts.routes.len()],
            outliers: parts.outliers.iter().map(outlier).collect(),
            eligible: Vec::new(),
        }
    }

    /// Answers by route and status, in the order of the observables.
    pub(super) fn read(&self, into: &mut Vec<Reading>) {
        into.extend(self.answers.iter().flatten().map(|count| Reading::count(*count)));
    }

    fn open(&mut self, route: u16) -> u32 {
        let visit = Visit { route, ..Visit::default() };
        match self.free.pop() {
            Some(index) => {
                self.visits[index as usize] = visit;
                index
            }
            None => {
                self.visits.push(visit);
                (self.visits.len() - 1) as u32
            }
        }
    }
}

impl World<'_> {
    /// Opens a line in the access log.
    pub(super) fn enter_gateway(&mut self, core: &mut Core<'_>, task: TaskId, route: u16) -> Flow {
        let visit = self.gateways.open(route);
        core.open_scope(task, ROUTED, visit);
        Flow::Next
    }

    /// Writes the line: the client's answer has gone, or the client has.
    pub(super) fn leave_gateway(
        &mut self,
        core: &mut Core<'_>,
        task: TaskId,
        visit: u32,
        since: Instant,
        exit: Exit,
    ) {
        let left = core.is_abandoned(task);
        let Visit { route, nowhere, cut, .. } = std::mem::take(&mut self.gateways.visits[visit as usize]);
        self.gateways.free.push(visit);
        let status = match exit {
            Exit::Cancelled | Exit::Cut(_) => AccessStatus::ClientClosed,
            Exit::Done | Exit::Failed(_) if left => AccessStatus::ClientClosed,
            Exit::Done => AccessStatus::Ok,
            // What a replica answered is passed on; the rest is the gateway's own answer.
            Exit::Failed(cause) => core.answer(task).unwrap_or(match cause {
                Cause::Unavailable if nowhere => AccessStatus::Unavailable,
                cause => AccessStatus::of_hop(cause),
            }),
        };
        if let (Some((way, replica)), Exit::Failed(Cause::Timeout)) = (cut, exit) {
            self.judge_replica(core.now(), way, replica, Judged::Failed(AccessStatus::GatewayTimeout));
        }
        // A gateway that is gone writes nothing.
        let gone = self.parts.routes[usize::from(route)].gate.is_some_and(|gate| {
            let gate = &self.gates[usize::from(gate)];
            gate.gone && gate.condition.down
        });
        if let Exit::Failed(_) = exit {
            core.set_answer(task, (!gone).then_some(status));
        }
        if !gone {
            let position = AccessStatus::ALL.iter().position(|it| *it == status).unwrap_or_default();
            self.gateways.answers[usize::from(route)][position] += 1;
            self.count_line(core, route, status, since);
        }
    }

    /// Asks a bucket that is filled in steps.
    pub(super) fn ask_local_limit(&mut self, core: &Core<'_>, task: TaskId, limit: u16) -> Flow {
        let mut draw = core.draw(task, LOCAL_LIMIT_SITE.wrapping_add(u64::from(limit)));
        let (enabled, enforced) = (draw.unit(), draw.unit());
        match self.local_limits[usize::from(limit)].try_acquire(core.now(), enabled, enforced) {
            LocalDecision::NotEnabled | LocalDecision::Ok | LocalDecision::RateLimited => Flow::Next,
            LocalDecision::Enforced => Flow::Fail(Cause::RateLimited),
        }
    }

    /// Begins an attempt.
    pub(super) fn begin_attempt(&mut self, core: &mut Core<'_>, task: TaskId, way: u16) -> Flow {
        if let Some(visit) = core.innermost_scope(task, ROUTED) {
            let visit = &mut self.gateways.visits[visit as usize];
            (visit.current, visit.nowhere, visit.cut) = (None, false, None);
        }
        core.open_scope(task, SENT, u32::from(way));
        Flow::Next
    }

    /// Notes what came of an attempt.
    pub(super) fn end_attempt(&mut self, core: &Core<'_>, task: TaskId, way: u16, exit: Exit) {
        let Some(visit) = core.innermost_scope(task, ROUTED) else { return };
        let visit = &mut self.gateways.visits[visit as usize];
        let Some(replica) = visit.current.take() else { return };
        visit.tried.push(replica);
        let judged = match exit {
            Exit::Cancelled => return,
            Exit::Cut(_) => {
                visit.cut = Some((way, replica));
                return;
            }
            Exit::Done => Judged::Answered(AccessStatus::Ok),
            Exit::Failed(cause) => match core.answer(task) {
                Some(status) => Judged::Answered(status),
                None => Judged::Failed(AccessStatus::of_hop(cause)),
            },
        };
        self.judge_replica(core.now(), way, replica, judged);
    }

    fn judge_replica(&mut self, now: Instant, way: u16, replica: u16, judged: Judged) {
        let Some(way) = usize::from(way).checked_sub(self.parts.processes.len()) else { return };
        if let Way::Gateway { outlier: Some(outlier), .. } = &self.parts.ways[way] {
            let (Judged::Answered(status) | Judged::Failed(status)) = judged;
            self.gateways.outliers[usize::from(*outlier)].on_answer(now, usize::from(replica), status.code());
        }
        // As NGINX does by default (`proxy_next_upstream error timeout`): no connection, a connection that broke, or no
        // answer in time. An answer with an error is an answer.
        let failed = matches!(judged, Judged::Failed(_));
        if let Some(door) = self.doors[way].as_mut().filter(|_| failed) {
            door.on_failure(replica);
        }
    }

    /// Whether the request of a gateway that a task is part of had nowhere to go; then it is not tried again.
    pub(super) fn had_nowhere_to_go(&self, core: &Core<'_>, task: TaskId) -> bool {
        let visit = core.innermost_scope(task, ROUTED);
        visit.is_some_and(|visit| self.gateways.visits[visit as usize].nowhere)
    }

    /// Chooses a replica as a gateway does.
    pub(super) fn choose_by_gateway(
        &mut self,
        core: &Core<'_>,
        task: TaskId,
        process: usize,
        way: usize,
    ) -> Option<u16> {
        let Way::Gateway { avoid, outlier, policy, hash_by, .. } = &self.parts.ways[way] else { return None };
        let replicas = &self.replicas[process];
        let door = self.doors[way].as_mut()?;
        let key = hashed(core, task, *hash_by);
        let Gateways { visits, outliers, eligible, .. } = &mut self.gateways;
        let plain = outlier.is_none() && !avoid && !policy.heeds_failures();
        let chosen = if plain {
            door.choose(&replicas.eligible, &replicas.active, key)
        } else {
            eligible.clone_from(&replicas.eligible);
            if let Some(outlier) = outlier {
                outliers[usize::from(*outlier)].filter(core.now(), eligible);
            }
            let visit = core.scope_around(task, ROUTED).filter(|_| *avoid);
            if let Some(visit) = visit {
                let tried = &visits[visit as usize].tried;
                let is_tried = |replica: usize| tried.contains(&(replica as u16));
                if (0..eligible.len()).any(|replica| eligible[replica] && !is_tried(replica)) {
                    for replica in tried {
                        eligible[usize::from(*replica)] = false;
                    }
                }
            }
            door.choose(eligible, &replicas.active, key)
        };
        if chosen.is_some() && plain {
            return chosen;
        }
        if let Some(visit) = core.scope_around(task, ROUTED) {
            let visit = &mut visits[visit as usize];
            (visit.current, visit.nowhere) = (chosen, chosen.is_none());
        }
        chosen
    }
}
