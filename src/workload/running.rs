//! An arrival process that is running.

use std::sync::Arc;

use rand_distr::{Distribution, Exp1};

use super::chain::Chain;
use super::curve::{Curve, Step};
use super::plan::{OpenArrivals, Process};
use crate::random::{CountLaw, Law, Stream};
use crate::units::Instant;

/// Customers who come at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When they come.
    pub at: Instant,
    /// How many they are, 1 or more.
    pub count: u32,
}

/// A running arrival process: an iterator over arrivals in order of time, which ends when nobody comes any
/// more.
///
/// Time is accumulated in nanoseconds with a fraction and rounded at each arrival, so that rounding never
/// adds up; evenly spaced arrivals are computed from their number, so that they never drift.
#[derive(Clone, Debug)]
pub struct Arrivals {
    /// Drives the instants.
    stream: Stream,
    state: State,
}

/// What a process remembers; times are in nanoseconds.
#[derive(Clone, Debug)]
enum State {
    Over,
    Poisson(Box<Memoryless>),
    Deterministic { passed: u64, rate: f64 },
    Renewal { at: f64, gap: Law },
    Mmpp(Box<Modulated>),
    Batches(Box<Batches>),
    Stages(Box<Staged>),
    Trace { passed: usize, instants: Arc<[u64]>, factor: f64 },
}

/// So many instants of a Poisson process are drawn together.
const TOGETHER: usize = 32;

/// A Poisson process: nothing that happens meanwhile changes who comes, so that some are drawn ahead, in less time than
/// one by one.
#[derive(Clone, Debug)]
struct Memoryless {
    at: f64,
    gap: f64,
    /// Those drawn, from `passed` on still to come \[ns].
    instants: [u64; TOGETHER],
    passed: usize,
}

impl Memoryless {
    fn new(gap: f64) -> Memoryless {
        Memoryless { at: 0.0, gap, instants: [0; TOGETHER], passed: TOGETHER }
    }

    #[inline]
    fn next(&mut self, stream: &mut Stream) -> Option<Arrival> {
        if self.passed >= TOGETHER {
            self.draw(stream);
        }
        let at = self.instants[self.passed];
        self.passed += 1;
        arrival_at(at, 1)
    }

    #[inline(never)]
    fn draw(&mut self, stream: &mut Stream) {
        for instant in &mut self.instants {
            self.at += self.gap * unit_exponential(stream);
            *instant = rounded(self.at);
        }
        self.passed = 0;
    }
}

#[derive(Clone, Debug)]
struct Modulated {
    chain: Arc<Chain>,
    /// Drives the jumps.
    jumps: Stream,
    state: usize,
    at: f64,
    until: f64,
}

#[derive(Clone, Debug)]
struct Batches {
    size: CountLaw,
    /// Drives the sizes.
    sizes: Stream,
    at: f64,
    gap: f64,
}

#[derive(Clone, Debug)]
struct Staged {
    curve: Arc<Curve>,
    piece: usize,
    /// Time since the piece's start, or since the end of the last piece.
    x: f64,
}

impl Arrivals {
    /// Starts `plan` at the start of the run, driven by `stream` alone.
    pub fn start(plan: &OpenArrivals, mut stream: Stream) -> Arrivals {
        let state = match plan.process() {
            Process::Never => State::Over,
            Process::Poisson { rate } => State::Poisson(Box::new(Memoryless::new(rate.recip()))),
            Process::Deterministic { rate } => State::Deterministic { passed: 0, rate: *rate },
            Process::Renewal { gap } => State::Renewal { at: 0.0, gap: gap.clone() },
            Process::Mmpp(chain) => State::Mmpp(Box::new(Modulated::start(chain, stream.fork("jumps")))),
            Process::Batches { rate, size } => State::Batches(Box::new(Batches {
                size: *size,
                sizes: stream.fork("sizes"),
                at: 0.0,
                gap: rate.recip(),
            })),
            Process::Stages(curve) => {
                State::Stages(Box::new(Staged { curve: Arc::clone(curve), piece: 0, x: 0.0 }))
            }
            Process::Trace { instants, factor } => {
                State::Trace { passed: 0, instants: Arc::clone(instants), factor: *factor }
            }
        };
        Arrivals { stream, state }
    }

    /// Leaves out who comes before `from`, where they are more than can be drawn one by one in a moment. What comes at a
    /// rate has no memory and begins there; a renewal process begins anew there. To be called before anybody has come.
    pub fn skip_to(&mut self, from: Instant) {
        let nanos = from.as_nanos() as f64;
        match &mut self.state {
            State::Poisson(process) if nanos > MOST_SKIPPED * process.gap => process.at = nanos,
            // The one before is the last that comes earlier.
            State::Deterministic { passed, rate } if nanos * *rate > MOST_SKIPPED => {
                *passed = (nanos * *rate).ceil() as u64 - 1;
            }
            State::Renewal { at, gap } if nanos > MOST_SKIPPED * gap.mean() * 1e9 => *at = nanos,
            State::Mmpp(modulated) if nanos * modulated.chain.rate() > MOST_SKIPPED => {
                modulated.skip_to(nanos)
            }
            State::Batches(batches) if nanos > MOST_SKIPPED * batches.gap => batches.at = nanos,
            State::Stages(staged) if staged.curve.mass(from.as_nanos()) > MOST_SKIPPED => {
                staged.skip_to(nanos)
            }
            State::Over
            | State::Poisson(_)
            | State::Deterministic { .. }
            | State::Renewal { .. }
            | State::Mmpp(_)
            | State::Batches(_)
            | State::Stages(_)
            | State::Trace { .. } => {}
        }
    }
}

/// Arrivals that are drawn one by one although nobody asked for them.
const MOST_SKIPPED: f64 = 1e7;

impl Iterator for Arrivals {
    type Item = Arrival;

    #[inline]
    fn next(&mut self) -> Option<Arrival> {
        // The most frequent process by far, worth a way of its own around the match.
        if let State::Poisson(process) = &mut self.state {
            return process.next(&mut self.stream);
        }
        self.next_of_any()
    }
}

impl Arrivals {
    #[inline(never)]
    fn next_of_any(&mut self) -> Option<Arrival> {
        let at = match &mut self.state {
            State::Poisson(process) => return process.next(&mut self.stream),
            State::Over => return None,
            State::Deterministic { passed, rate } => {
                *passed += 1;
                *passed as f64 / *rate
            }
            State::Renewal { at, gap } => {
                *at += gap.sample(&mut self.stream) * 1e9;
                *at
            }
            State::Mmpp(modulated) => modulated.next(unit_exponential(&mut self.stream)),
            State::Batches(batches) => return batches.next(unit_exponential(&mut self.stream)),
            State::Stages(staged) => staged.next(unit_exponential(&mut self.stream)),
            State::Trace { passed, instants, factor } => {
                return replay(passed, instants, *factor, &mut self.stream);
            }
        };
        arrival(at, 1)
    }
}

#[inline]
fn unit_exponential(stream: &mut Stream) -> f64 {
    Exp1.sample(stream)
}

/// Rounds to the clock's nanosecond; `None` for what is beyond the end of time.
#[inline]
fn arrival(nanos: f64, count: u32) -> Option<Arrival> {
    arrival_at(rounded(nanos), count)
}

/// The nearest nanosecond.
#[inline]
fn rounded(nanos: f64) -> u64 {
    // A float-to-integer cast saturates, here at the end of time.
    ((nanos + 0.5) as i64).max(0) as u64
}

#[inline]
fn arrival_at(nanos: u64, count: u32) -> Option<Arrival> {
    let at = Instant::from_nanos(nanos);
    if at < Instant::NEVER { Some(Arrival { at, count }) } else { None }
}

/// Brings `factor` customers at each instant on average: the whole part surely, one more by chance.
fn replay(passed: &mut usize, instants: &[u64], factor: f64, stream: &mut Stream) -> Option<Arrival> {
    loop {
        let at = Instant::from_nanos(*instants.get(*passed)?);
        *passed += 1;
        let count = (factor + stream.unit()) as u32;
        if count > 0 {
            return Some(Arrival { at, count });
        }
    }
}

impl Modulated {
    fn start(chain: &Arc<Chain>, mut jumps: Stream) -> Modulated {
        let state = jumps.choose(&chain.shares);
        let until = chain.states[state].mean_stay * unit_exponential(&mut jumps);
        Modulated { chain: Arc::clone(chain), jumps, state, at: 0.0, until }
    }

    /// Goes on until `mass` of cumulative rate is used up.
    fn next(&mut self, mut mass: f64) -> f64 {
        loop {
            let state = &self.chain.states[self.state];
            let left = state.rate * (self.until - self.at);
            if mass <= left && state.rate > 0.0 {
                self.at = (self.at + mass / state.rate).min(self.until);
                return self.at;
            }
            if self.until >= Instant::NEVER.as_nanos() as f64 {
                self.at = self.until;
                return f64::INFINITY;
            }
            mass -= left;
            self.at = self.until;
            self.state = self.jumps.choose(&state.next);
            self.until += self.chain.states[self.state].mean_stay * unit_exponential(&mut self.jumps);
        }
    }
}

impl Modulated {
    /// Jumps as it would, without anybody who comes.
    fn skip_to(&mut self, nanos: f64) {
        while self.until < nanos {
            self.state = self.jumps.choose(&self.chain.states[self.state].next);
            self.until += self.chain.states[self.state].mean_stay * unit_exponential(&mut self.jumps);
        }
        self.at = nanos;
    }
}

impl Batches {
    fn next(&mut self, mass: f64) -> Option<Arrival> {
        self.at += self.gap * mass;
        arrival(self.at, self.size.sample(&mut self.sizes))
    }
}

impl Staged {
    fn skip_to(&mut self, nanos: f64) {
        let pieces = self.curve.pieces();
        let ended = pieces.iter().take_while(|piece| piece.start as f64 + piece.length <= nanos).count();
        let start = pieces.get(ended).map_or(self.curve.end(), |piece| piece.start);
        (self.piece, self.x) = (ended, (nanos - start as f64).max(0.0));
    }

    /// Goes on until `mass` of cumulative rate is used up.
    fn next(&mut self, mut mass: f64) -> f64 {
        while let Some(piece) = self.curve.pieces().get(self.piece) {
            match piece.advance(self.x, mass) {
                Step::At(x) => {
                    self.x = x;
                    return piece.start as f64 + x;
                }
                Step::Past(left) => {
                    mass = left;
                    self.piece += 1;
                    self.x = 0.0;
                }
            }
        }
        if self.curve.last() == 0.0 {
            return f64::INFINITY;
        }
        self.x += mass / self.curve.last();
        self.curve.end() as f64 + self.x
    }
}
