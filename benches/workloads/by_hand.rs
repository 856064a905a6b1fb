//! The same workloads as single-purpose programs, as tight as we can make them: what generality is measured against.
//!
//! Each knows its stations, its laws and its policies while it is compiled, and whether it is measured: pending events
//! in two variables or a sorted vector, time-outs in a ring, requests in a slab, xoshiro256++ and a ziggurat.

use std::collections::VecDeque;

use rand::SeedableRng;
use rand_distr::{Distribution, Exp1};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::tally::{Outcome, Tally};

struct Exponential(Xoshiro256PlusPlus);

impl Exponential {
    fn new() -> Exponential {
        Exponential(Xoshiro256PlusPlus::seed_from_u64(1))
    }

    #[inline]
    fn draw(&mut self, mean_ns: f64) -> u64 {
        let unit: f64 = Exp1.sample(&mut self.0);
        (unit * mean_ns) as u64
    }
}

/// M/M/1 at 80/s and 10 ms.
pub(crate) fn w1<const MEASURED: bool>(seconds: u64) -> Outcome {
    let end = seconds * 1_000_000_000;
    let mut random = Exponential::new();
    let mut tally = Tally::<MEASURED>::new();
    let mut present: VecDeque<u64> = VecDeque::new();
    let (mut arrival, mut departure) = (random.draw(12.5e6), u64::MAX);
    let mut requests = 0;
    loop {
        if departure <= arrival {
            let now = departure;
            if now > end {
                break;
            }
            if let Some(came) = present.pop_front() {
                tally.add(now - came);
            }
            departure = if present.is_empty() { u64::MAX } else { now + random.draw(10e6) };
        } else {
            let now = arrival;
            if now > end {
                break;
            }
            requests += 1;
            present.push_back(now);
            if departure == u64::MAX {
                departure = now + random.draw(10e6);
            }
            arrival = now + random.draw(12.5e6);
        }
    }
    tally.outcome(requests)
}

/// M/M/16 at 1440/s and 10 ms.
pub(crate) fn w2<const MEASURED: bool>(seconds: u64) -> Outcome {
    let end = seconds * 1_000_000_000;
    let mean = 1e9 / 1440.0;
    let mut random = Exponential::new();
    let mut tally = Tally::<MEASURED>::new();
    let mut waiting: VecDeque<u64> = VecDeque::new();
    // Departures, the soonest last: when, above when it came.
    let mut serving: Vec<u128> = Vec::with_capacity(16);
    let mut arrival = random.draw(mean);
    let mut requests = 0;
    loop {
        let departure = serving.last().map_or(u64::MAX, |key| (key >> 64) as u64);
        if departure.min(arrival) > end {
            break;
        }
        if departure <= arrival {
            let came = serving.pop().unwrap_or_default() as u64;
            tally.add(departure - came);
            if let Some(came) = waiting.pop_front() {
                start(&mut serving, departure + random.draw(10e6), came);
            }
        } else {
            requests += 1;
            if serving.len() < 16 {
                start(&mut serving, arrival + random.draw(10e6), arrival);
            } else {
                waiting.push_back(arrival);
            }
            arrival += random.draw(mean);
        }
    }
    tally.outcome(requests)
}

#[inline]
fn start(serving: &mut Vec<u128>, at: u64, came: u64) {
    let key = (u128::from(at) << 64) | u128::from(came);
    let place = serving.iter().rposition(|other| *other > key).map_or(0, |place| place + 1);
    serving.insert(place, key);
}

/// Where an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Gateway {
        served: bool,
    },
    Service {
        served: bool,
    },
    /// Waits for a connection.
    Pool,
    /// Has one.
    Database {
        served: bool,
    },
    /// Between two attempts, or nowhere.
    Away,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    came: u64,
    /// Tells its attempts apart.
    generation: u32,
    attempt: u8,
    at: At,
}

struct Station {
    free: u32,
    /// Requests and their generations; those of another are stale.
    line: VecDeque<(u32, u32)>,
}

impl Station {
    fn new(free: u32) -> Station {
        Station { free, line: VecDeque::new() }
    }

    /// Takes a server or gets in line.
    #[inline]
    fn ask(&mut self, slot: u32, generation: u32) -> bool {
        let granted = self.free > 0;
        if granted {
            self.free -= 1;
        } else {
            self.line.push_back((slot, generation));
        }
        granted
    }

    /// Gives a server back; the next in line that has not gone gets it.
    #[inline]
    fn give_back(&mut self, requests: &[Request]) -> Option<u32> {
        while let Some((slot, generation)) = self.line.pop_front() {
            if requests[slot as usize].generation == generation {
                return Some(slot);
            }
        }
        self.free += 1;
        None
    }
}

struct Tiers<const MEASURED: bool> {
    now: u64,
    random: Exponential,
    /// Ends of service and of pauses, the soonest last: when, then generation and slot.
    events: Vec<u128>,
    requests: Vec<Request>,
    unused: Vec<u32>,
    time_outs: VecDeque<(u64, u32, u32)>,
    gateway: Station,
    service: Station,
    pool: Station,
    database: Station,
    tally: Tally<MEASURED>,
}

const DATABASE: At = At::Database { served: false };

impl<const MEASURED: bool> Tiers<MEASURED> {
    #[inline]
    fn schedule(&mut self, at: u64, slot: u32) {
        let generation = self.requests[slot as usize].generation;
        let key = (u128::from(at) << 64) | (u128::from(generation) << 32) | u128::from(slot);
        let place = self.events.iter().rposition(|other| *other > key).map_or(0, |place| place + 1);
        self.events.insert(place, key);
    }

    #[inline]
    fn serve(&mut self, slot: u32, at: At, mean: f64) {
        self.requests[slot as usize].at = at;
        let end = self.now + self.random.draw(mean);
        self.schedule(end, slot);
    }

    #[inline]
    fn begin(&mut self, slot: u32) {
        let request = &mut self.requests[slot as usize];
        request.at = At::Gateway { served: false };
        let generation = request.generation;
        self.time_outs.push_back((self.now + 1_000_000_000, slot, generation));
        if self.gateway.ask(slot, generation) {
            self.serve(slot, At::Gateway { served: true }, 10e6);
        }
    }

    #[inline]
    fn leave_gateway(&mut self) {
        if let Some(next) = self.gateway.give_back(&self.requests) {
            self.serve(next, At::Gateway { served: true }, 10e6);
        }
    }

    #[inline]
    fn leave_service(&mut self) {
        if let Some(next) = self.service.give_back(&self.requests) {
            self.serve(next, At::Service { served: true }, 20e6);
        }
    }

    #[inline]
    fn leave_database(&mut self) {
        if let Some(next) = self.database.give_back(&self.requests) {
            self.serve(next, At::Database { served: true }, 100e6);
        }
    }

    #[inline]
    fn leave_pool(&mut self) {
        if let Some(next) = self.pool.give_back(&self.requests) {
            self.connected(next);
        }
    }

    #[inline]
    fn connected(&mut self, slot: u32) {
        let request = &mut self.requests[slot as usize];
        request.at = DATABASE;
        if self.database.ask(slot, request.generation) {
            self.serve(slot, At::Database { served: true }, 100e6);
        }
    }

    #[inline]
    fn end(&mut self, slot: u32) {
        let request = &mut self.requests[slot as usize];
        request.generation = request.generation.wrapping_add(1);
        request.at = At::Away;
        self.unused.push(slot);
    }

    #[inline]
    fn resume(&mut self, slot: u32) {
        let Request { at, generation, came, .. } = self.requests[slot as usize];
        match at {
            At::Gateway { .. } => {
                self.requests[slot as usize].at = At::Service { served: false };
                self.leave_gateway();
                if self.service.ask(slot, generation) {
                    self.serve(slot, At::Service { served: true }, 20e6);
                }
            }
            At::Service { .. } => {
                self.requests[slot as usize].at = At::Pool;
                self.leave_service();
                if self.pool.ask(slot, generation) {
                    self.connected(slot);
                }
            }
            At::Database { .. } => {
                self.tally.add(self.now - came);
                self.end(slot);
                self.leave_database();
                self.leave_pool();
            }
            At::Away => self.begin(slot),
            At::Pool => {}
        }
    }

    fn time_out(&mut self, slot: u32) {
        let request = &mut self.requests[slot as usize];
        let (at, attempt) = (request.at, request.attempt);
        request.generation = request.generation.wrapping_add(1);
        request.at = At::Away;
        match at {
            At::Gateway { served: true } => self.leave_gateway(),
            At::Service { served: true } => self.leave_service(),
            At::Database { served } => {
                if served {
                    self.leave_database();
                }
                self.leave_pool();
            }
            At::Gateway { served: false } | At::Service { served: false } | At::Pool | At::Away => {}
        }
        if attempt < 3 {
            let request = &mut self.requests[slot as usize];
            request.attempt += 1;
            self.schedule(self.now + 100_000_000 * u64::from(attempt), slot);
        } else {
            self.tally.failed(self.now);
            self.unused.push(slot);
        }
    }

    fn arrive(&mut self) {
        let fresh = Request { came: self.now, generation: 0, attempt: 1, at: At::Away };
        let slot = match self.unused.pop() {
            Some(slot) => {
                let generation = self.requests[slot as usize].generation;
                self.requests[slot as usize] = Request { generation, ..fresh };
                slot
            }
            None => {
                self.requests.push(fresh);
                (self.requests.len() - 1) as u32
            }
        };
        self.begin(slot);
    }
}

/// Three tiers with a held pool, time-outs and retries, at 34/s.
pub(crate) fn w3<const MEASURED: bool>(seconds: u64) -> Outcome {
    let end = seconds * 1_000_000_000;
    let mean = 1e9 / 34.0;
    let mut tiers = Tiers {
        now: 0,
        random: Exponential::new(),
        events: Vec::new(),
        requests: Vec::new(),
        unused: Vec::new(),
        time_outs: VecDeque::new(),
        gateway: Station::new(64),
        service: Station::new(32),
        pool: Station::new(10),
        database: Station::new(4),
        tally: Tally::<MEASURED>::new(),
    };
    let mut arrival = tiers.random.draw(mean);
    let mut requests = 0;
    loop {
        while let Some((_, slot, generation)) = tiers.time_outs.front() {
            if tiers.requests[*slot as usize].generation == *generation {
                break;
            }
            tiers.time_outs.pop_front();
        }
        let time_out = tiers.time_outs.front().map_or(u64::MAX, |(at, ..)| *at);
        let event = tiers.events.last().map_or(u64::MAX, |key| (key >> 64) as u64);
        let now = event.min(time_out).min(arrival);
        if now > end {
            break;
        }
        tiers.now = now;
        if event <= time_out && event <= arrival {
            let key = tiers.events.pop().unwrap_or_default();
            let slot = key as u32;
            if tiers.requests[slot as usize].generation == (key >> 32) as u32 {
                tiers.resume(slot);
            }
        } else if time_out <= arrival {
            if let Some((_, slot, _)) = tiers.time_outs.pop_front() {
                tiers.time_out(slot);
            }
        } else {
            requests += 1;
            tiers.arrive();
            arrival = now + tiers.random.draw(mean);
        }
    }
    tiers.tally.outcome(requests)
}
