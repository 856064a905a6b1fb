//! Answers as whoever gave them counts them: how many, how long they took, in buckets.
//!
//! A process counts each attempt that one of its threads takes; a gateway each line of its access log. A tally comes
//! into being with its first answer, as the series of a meter do.
//!
//! Source: Micrometer's observation of HTTP servers, as Spring Framework 6 makes it: from when a thread takes the
//! request until it is answered; the accept queue is outside.

use super::answered::Answered;
use crate::component::parts::Parts;
use crate::record::AccessStatus;
use crate::units::Span;

/// Bounds of a process's latency buckets: Micrometer's service-level objectives as they are often set \[ms].
pub(super) const PROCESS_MS: &[u64] =
    &[5, 10, 25, 50, 100, 200, 300, 500, 750, 1_000, 2_000, 5_000, 10_000, 30_000];

/// Bounds of a gateway's buckets: those of Kong and of ingress-nginx together \[ms].
const GATEWAY_MS: &[u64] =
    &[5, 10, 25, 50, 80, 100, 250, 400, 500, 700, 1_000, 2_000, 2_500, 5_000, 10_000, 30_000, 60_000];

/// Bounds of `kong_request_latency_ms`. Source: Kong 3, `kong/plugins/prometheus/exporter.lua`.
pub(super) const KONG_MS: &[u64] =
    &[25, 50, 80, 100, 250, 400, 700, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000];

/// Bounds of `nginx_ingress_controller_request_duration_seconds`. Source: Prometheus' default buckets, which
/// ingress-nginx takes.
pub(super) const NGINX_MS: &[u64] = &[5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/// Whose answers a tally counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TallyOf {
    /// Attempts at an operation of a process, by its number among those that are asked for, and the replica.
    Process { part: usize, replica: u16, answered: Answered },
    /// Lines of a route's access log.
    Route { route: usize, status: AccessStatus },
}

/// Answers of one kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// How many.
    pub(super) count: u64,
    /// Sum of their times \[s].
    pub(super) sum_s: f64,
    /// How many by the first bound that their time does not exceed; the last is for those beyond all bounds.
    buckets: Vec<u64>,
}

impl Tally {
    fn add(&mut self, bounds_ms: &[u64], took: Span) {
        self.count += 1;
        self.sum_s += took.as_secs_f64();
        self.buckets.resize(bounds_ms.len() + 1, 0);
        let bucket = bounds_ms.partition_point(|ms| Span::from_millis(*ms) < took);
        self.buckets[bucket] += 1;
    }
}

/// The numbers of tallies.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    /// By operation that a process is asked for, the first tally.
    firsts: Vec<usize>,
    /// The first tally of a route.
    routes: usize,
    /// How many there are.
    all: usize,
}

impl Numbering {
    pub(super) fn new(parts: &Parts) -> Numbering {
        let mut firsts = Vec::with_capacity(parts.asked.len());
        let mut next = 0;
        for part in &parts.asked {
            firsts.push(next);
            next += usize::from(parts.processes[usize::from(part.process)].replicas) * Answered::COUNT;
        }
        Numbering { firsts, routes: next, all: next + parts.routes.len() * AccessStatus::ALL.len() }
    }

    /// The number of a tally.
    pub(super) fn number(&self, of: TallyOf) -> usize {
        match of {
            TallyOf::Process { part, replica, answered } => {
                self.firsts[part] + usize::from(replica) * Answered::COUNT + answered.number()
            }
            TallyOf::Route { route, status } => {
                self.routes + route * AccessStatus::ALL.len() + status as usize
            }
        }
    }

    /// Whose answers the tally of a number counts.
    pub(super) fn owner(&self, number: usize) -> TallyOf {
        if let Some(line) = number.checked_sub(self.routes) {
            let (route, status) = (line / AccessStatus::ALL.len(), line % AccessStatus::ALL.len());
            return TallyOf::Route { route, status: AccessStatus::ALL[status] };
        }
        let part = self.firsts.partition_point(|first| *first <= number) - 1;
        let inside = number - self.firsts[part];
        let answered = Answered::from_number(inside % Answered::COUNT);
        TallyOf::Process { part, replica: (inside / Answered::COUNT) as u16, answered }
    }

    fn bounds(&self, number: usize) -> &'static [u64] {
        if number < self.routes { PROCESS_MS } else { GATEWAY_MS }
    }

    /// Every tally that may count something, with one replica for all that `stands` for none.
    pub(super) fn possible(
        &self,
        parts: &Parts,
        stands: impl Fn(u16, u16) -> bool,
    ) -> impl Iterator<Item = usize> {
        let may = move |number: &usize| match self.owner(*number) {
            TallyOf::Process { part, replica, answered } => {
                let process = parts.asked[part].process;
                stands(process, replica)
                    && answered.is_possible(&parts.processes[usize::from(process)].answers)
            }
            TallyOf::Route { .. } => true,
        };
        (0..self.all).filter(may)
    }
}

/// A tally that has counted nothing.
static NOTHING: Tally = Tally { count: 0, sum_s: 0.0, buckets: Vec::new() };

/// The place of a tally that has counted nothing.
const NOWHERE: u32 = u32::MAX;

/// Counts of everybody's answers.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    pub(super) numbering: Numbering,
    /// By number, its place among those that have counted something.
    places: Vec<u32>,
    tallies: Vec<Tally>,
    /// Those that came into being since they were last asked for.
    fresh: Vec<u32>,
}

impl Tallies {
    pub(super) fn new(parts: &Parts) -> Tallies {
        Tallies::numbered(Numbering::new(parts))
    }

    fn numbered(numbering: Numbering) -> Tallies {
        let places = vec![NOWHERE; numbering.all];
        Tallies { numbering, places, tallies: Vec::new(), fresh: Vec::new() }
    }

    /// Counts an answer.
    pub(super) fn count(&mut self, of: TallyOf, took: Span) {
        let number = self.numbering.number(of);
        if self.places[number] == NOWHERE {
            self.places[number] = self.tallies.len() as u32;
            self.tallies.push(Tally::default());
            self.fresh.push(number as u32);
        }
        let tally = &mut self.tallies[self.places[number] as usize];
        tally.add(self.numbering.bounds(number), took);
    }

    /// What a tally has counted; nothing again after its owner began anew.
    pub(super) fn get(&self, number: usize) -> &Tally {
        self.tallies.get(self.places[number] as usize).unwrap_or(&NOTHING)
    }

    /// How many of a tally's answers took at most a time that is a bound, or any.
    pub(super) fn within(&self, number: usize, ms: Option<u64>) -> u64 {
        let bounds = self.numbering.bounds(number);
        let last = ms.map_or(usize::MAX, |ms| bounds.partition_point(|bound| *bound < ms));
        self.get(number).buckets.iter().take(last.saturating_add(1)).sum()
    }

    /// The numbers of the tallies that came into being since this was asked last.
    pub(super) fn take_fresh(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.fresh)
    }

    /// A replica of a process ends, and its counts with it.
    pub(super) fn forget(&mut self, parts: &Parts, process: u16, replica: u16) {
        for (part, asked) in parts.asked.iter().enumerate() {
            if asked.process == process {
                let first = self.numbering.firsts[part] + usize::from(replica) * Answered::COUNT;
                self.clear(first, Answered::COUNT);
            }
        }
    }

    /// A gateway ends, and the counts of a route of its with it.
    pub(super) fn forget_route(&mut self, route: usize) {
        let first = self.numbering.number(TallyOf::Route { route, status: AccessStatus::ALL[0] });
        self.clear(first, AccessStatus::ALL.len());
    }

    fn clear(&mut self, first: usize, count: usize) {
        for place in &self.places[first..first + count] {
            if let Some(tally) = self.tallies.get_mut(*place as usize) {
                (tally.count, tally.sum_s) = (0, 0.0);
                tally.buckets.fill(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Span {
        Span::from_millis(ms)
    }

    #[test]
    fn a_bound_is_within_its_bucket_and_answers_are_apart() {
        let routes = 3 * Answered::COUNT;
        let mut tallies = Tallies::numbered(Numbering {
            firsts: vec![0, 2 * Answered::COUNT],
            routes,
            all: routes + 2 * AccessStatus::ALL.len(),
        });
        let served = TallyOf::Process { part: 0, replica: 1, answered: Answered::With(AccessStatus::Ok) };
        let gone = TallyOf::Process { part: 1, replica: 0, answered: Answered::Gone };
        let line = TallyOf::Route { route: 1, status: AccessStatus::BadGateway };
        for (of, took) in
            [(served, ms(10)), (served, ms(11)), (served, ms(40_000)), (gone, ms(1)), (line, ms(450))]
        {
            tallies.count(of, took);
        }
        let numbering = &tallies.numbering;
        for number in 0..numbering.all {
            assert_eq!(numbering.number(numbering.owner(number)), number);
        }
        let (number, line) = (numbering.number(served), numbering.number(line));
        let within = |ms| tallies.within(number, ms);
        assert_eq!([within(Some(5)), within(Some(10)), within(Some(30_000)), within(None)], [0, 1, 2, 3]);
        assert!((tallies.get(number).sum_s - 40.021).abs() < 1e-9);
        assert_eq!([Some(400), Some(500), Some(700)].map(|ms| tallies.within(line, ms)), [0, 1, 1]);
        assert_eq!(tallies.take_fresh().len(), 3);
        assert!(tallies.take_fresh().is_empty());
    }

    #[test]
    fn every_bound_of_a_product_is_kept() {
        assert!(KONG_MS.iter().chain(NGINX_MS).all(|ms| GATEWAY_MS.contains(ms)));
        assert!([PROCESS_MS, GATEWAY_MS, KONG_MS, NGINX_MS].iter().all(|bounds| bounds.is_sorted()));
    }
}
