//! Requests as processes and gateways count them, under the names of Micrometer, Kong and ingress-nginx.

use super::answered::Answered;
use super::exporters::{Exported, Owner, Reader, SeriesName, gate_of, replica_of};
use super::tally::{KONG_MS, NGINX_MS, Numbering, PROCESS_MS, TallyOf};
use crate::component::parts::Parts;
use crate::component::world::World;
use crate::engine::{Core, Exit, TaskId};
use crate::record::AccessStatus;
use crate::units::Instant;

/// Tag of the scope in which a process counts a request; its data are its number among those asked for.
pub(in crate::component::world) const SERVING: u8 = 15;

type Labels = Vec<(&'static str, String)>;

/// The series that come into being with the first answer that a tally counts.
pub(super) fn answers_of(parts: &Parts, numbering: &Numbering, tally: usize) -> Vec<Exported> {
    let number = tally as u32;
    let mut found = Vec::new();
    match numbering.owner(tally) {
        TallyOf::Process { part, replica, answered } => {
            let asked = &parts.asked[part];
            let process = &parts.processes[usize::from(asked.process)].name;
            let labels = vec![
                ("application", process.clone()),
                ("job", process.clone()),
                ("instance", replica_of(process, replica)),
                ("uri", asked.operation.clone()),
                ("method", "POST".to_owned()),
                ("status", answered.status()),
                ("outcome", answered.outcome().to_owned()),
                ("exception", answered.exception().to_owned()),
                ("error", answered.exception().to_owned()),
            ];
            let of = Owner::Replica(asked.process, replica);
            let reader = Histogram {
                count: Reader::Answers(number),
                sum: Reader::AnswerSeconds(number),
                within: |tally, ms| Reader::AnswersWithin { tally, ms },
                tally: number,
            };
            reader.series("http_server_requests_seconds", &labels, (PROCESS_MS, 1e3), of, &mut found);
        }
        TallyOf::Route { route, status } => {
            let part = &parts.routes[route];
            let of = gate_of(parts, &part.gateway);
            let nginx = vec![
                ("job", part.gateway.clone()),
                ("instance", part.gateway.clone()),
                ("ingress", part.gateway.clone()),
                ("path", part.operation.clone()),
                ("method", "POST".to_owned()),
                ("status", status.code().to_string()),
            ];
            let reader = Histogram {
                count: Reader::Answers(number),
                sum: Reader::AnswerSeconds(number),
                within: |tally, ms| Reader::AnswersWithin { tally, ms },
                tally: number,
            };
            let name = "nginx_ingress_controller_request_duration_seconds";
            reader.series(name, &nginx, (NGINX_MS, 1e3), of, &mut found);
            // Kong does not tell times by status: they are the same series for all of them.
            let kong = vec![
                ("job", part.gateway.clone()),
                ("instance", part.gateway.clone()),
                ("service", part.gateway.clone()),
                ("route", part.operation.clone()),
            ];
            let first = numbering.number(TallyOf::Route { route, status: AccessStatus::ALL[0] }) as u32;
            let reader = Histogram {
                count: Reader::Lines(first),
                sum: Reader::LineMillis(first),
                within: |first, ms| Reader::LinesWithin { first, ms },
                tally: first,
            };
            reader.series("kong_request_latency_ms", &kong, (KONG_MS, 1.0), of, &mut found);
        }
    }
    found
}

/// What the series of a histogram read.
struct Histogram {
    count: Reader,
    sum: Reader,
    within: fn(u32, Option<u32>) -> Reader,
    tally: u32,
}

impl Histogram {
    /// Its series; `unit` is how many milliseconds the bounds' unit has.
    fn series(
        self,
        metric: &str,
        labels: &Labels,
        (bounds_ms, unit): (&[u64], f64),
        of: Owner,
        into: &mut Vec<Exported>,
    ) {
        let mut add = |metric: String, labels: Labels, reader| {
            into.push(Exported { name: SeriesName { metric, labels }, reader, of });
        };
        add(format!("{metric}_count"), labels.clone(), self.count);
        add(format!("{metric}_sum"), labels.clone(), self.sum);
        for ms in bounds_ms.iter().map(|ms| Some(*ms)).chain([None]) {
            // As Prometheus 3 takes them in: a whole number too is written with a point.
            let le = ms.map_or("+Inf".to_owned(), |ms| format!("{:?}", ms as f64 / unit));
            let labels = labels.iter().cloned().chain([("le", le)]).collect();
            add(format!("{metric}_bucket"), labels, (self.within)(self.tally, ms.map(|ms| ms as u32)));
        }
    }
}

impl World<'_> {
    /// A process has answered an attempt, or its caller has left.
    pub(in crate::component::world) fn count_answer(
        &mut self,
        core: &Core<'_>,
        task: TaskId,
        asked: u16,
        since: Instant,
        exit: Exit,
    ) {
        let (part, replica) = (usize::from(asked), core.replica(task));
        let process = self.parts.asked[part].process;
        // A process that has gone takes its counts with it.
        if !self.is_up(core.now(), process, replica) {
            return;
        }
        if let Some(watcher) = &mut self.watcher {
            let answers = &self.parts.processes[usize::from(process)].answers;
            let answered = Answered::of(exit, answers, core.answer(task));
            let of = TallyOf::Process { part, replica, answered };
            watcher.tallies.count(of, core.now().since(since));
        }
    }

    /// A gateway has written a line into its access log.
    pub(in crate::component::world) fn count_line(
        &mut self,
        core: &Core<'_>,
        route: u16,
        status: AccessStatus,
        since: Instant,
    ) {
        if let Some(watcher) = &mut self.watcher {
            let of = TallyOf::Route { route: usize::from(route), status };
            watcher.tallies.count(of, core.now().since(since));
        }
    }

    /// What a gateway has counted is gone with it.
    pub(in crate::component::world) fn forget_lines(&mut self, gate: u16) {
        if let Some(watcher) = &mut self.watcher {
            for (route, part) in self.parts.routes.iter().enumerate() {
                if part.gate == Some(gate) {
                    watcher.tallies.forget_route(route);
                }
            }
        }
    }

    /// What a replica has counted is gone with it.
    pub(in crate::component::world) fn forget_answers(&mut self, process: u16, replica: u16) {
        if let Some(watcher) = &mut self.watcher {
            watcher.tallies.forget(self.parts, process, replica);
        }
    }
}
