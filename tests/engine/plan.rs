//! Step programs written as trees, so that every scope that opens also closes.

use brownout::engine::{Choice, Demand, Fork, KeySpace, Leftover, Pc, Program, Repetitions, Station, Step};
use brownout::random::{CountLaw, KeyPicker, Law, PopularitySpec};
use brownout::record::Cause;
use brownout::units::Span;

/// A time-out that no run is long enough for \[ms].
const NEVER_MS: u64 = 100_000_000;

/// Something to do; times are in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Do {
    /// Is served at a station for a time.
    Serve(u32, u64),
    /// Is served at the station of its replica.
    ServeInReplica(u32, u64),
    /// Holds a slot of a station while doing the rest.
    Hold(u32, Vec<Do>),
    /// Works at a processor-sharing station.
    Work(u32, u64),
    Delay(u64),
    /// Takes locks that are released at the end.
    Transaction(Vec<Do>),
    /// As a transaction, but undone at its end.
    Undone(Vec<Do>),
    /// Counts changed rows.
    Change(u32),
    Lock {
        table: u32,
        key: u16,
        shared: bool,
    },
    Batch(u32),
    /// Calls a subroutine: a site and its body.
    Call(u32, Vec<Do>),
    /// Records an operation.
    Record(u16, Vec<Do>),
    Within(u64, Cause, Vec<Do>),
    Retry(u16, Vec<Do>),
    /// Handles the listed causes of a failure, and fails on if told so.
    Try {
        body: Vec<Do>,
        causes: Vec<Cause>,
        handler: Vec<Do>,
        rethrow: bool,
    },
    Fork {
        branches: Vec<Vec<Do>>,
        need: u32,
        leftover: Leftover,
    },
    Spawn(u16, Vec<Do>),
    Choose {
        weights: Vec<f64>,
        key: Option<u16>,
        branches: Vec<Vec<Do>>,
    },
    Repeat(u32, Vec<Do>),
    Place(u16, Vec<Do>),
    /// Opens a scope of the host's.
    Scope(u8, Vec<Do>),
    Ask(Ask),
    /// Takes a slot of a station and forgets it for a time.
    Forget(u32, u64),
    /// Is told by the host to jump over the rest.
    Skip(Vec<Do>),
    Fail(Cause),
}

/// What a hook of the scripted host does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ask {
    /// Writes a word down.
    Note(&'static str),
    /// Writes down the row of a key space.
    Row(u16),
    Open(u8),
    Jump(Pc),
    Fail(Cause),
    Delay(u64),
    /// Sleeps until woken; by the host itself after a time, if there is one.
    Sleep(Option<u64>),
    /// Wants to know how the transaction ends.
    Watch,
    /// Moves so many scopes to a new task that goes on at a step.
    Detach(usize, Pc),
}

pub(crate) fn within(ms: u64, body: Vec<Do>) -> Do {
    Do::Within(ms, Cause::Timeout, body)
}

pub(crate) fn read(table: u32) -> Do {
    Do::Lock { table, key: 0, shared: true }
}

pub(crate) fn write(table: u32) -> Do {
    Do::Lock { table, key: 0, shared: false }
}

pub(crate) fn note(word: &'static str) -> Do {
    Do::Ask(Ask::Note(word))
}

/// Does the body; on any failure does the handler instead.
pub(crate) fn attempt(body: Vec<Do>, handler: Vec<Do>) -> Do {
    Do::Try { body, causes: Cause::ALL.to_vec(), handler, rethrow: false }
}

pub(crate) fn key_space(site: u64, count: u64) -> KeySpace {
    let picker = KeyPicker::new(count, &PopularitySpec::Uniform).expect("there are keys");
    KeySpace { site, picker }
}

/// Writes trees into a program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writer {
    pub(crate) program: Program,
    pub(crate) asks: Vec<Ask>,
    /// Whether times are drawn from exponential laws with the given means.
    pub(crate) random: bool,
    /// Whether sleepers always wake, and [`Cause::Limit`] is the cause of time-outs that never come.
    pub(crate) unhurried: bool,
}

impl Writer {
    /// Writes the body of a whole task, and gives its first step.
    pub(crate) fn task(&mut self, body: &[Do]) -> Pc {
        let pc = self.here();
        self.body(body, false);
        self.emit(Step::Finish);
        pc
    }

    pub(crate) fn demand(&mut self, ms: u64) -> u32 {
        let site = 1_000 + self.program.demands.len() as u64;
        self.demand_at(ms, site)
    }

    pub(crate) fn demand_at(&mut self, ms: u64, site: u64) -> u32 {
        let span = Span::from_millis(ms);
        let law = if self.random { Law::exponential(span) } else { Law::constant(span) };
        self.program.demands.push(Demand { law, site });
        self.program.demands.len() as u32 - 1
    }

    fn here(&self) -> Pc {
        self.program.steps.len() as Pc
    }

    fn emit(&mut self, step: Step) -> usize {
        self.program.steps.push(step);
        self.program.steps.len() - 1
    }

    fn ask(&mut self, ask: Ask) {
        let ask = if self.unhurried && ask == Ask::Sleep(None) { Ask::Sleep(Some(5)) } else { ask };
        self.asks.push(ask);
        let hook = self.asks.len() as u32 - 1;
        self.emit(Step::Hook { hook });
    }

    /// Writes code that is reached only by its first step.
    fn aside(&mut self, body: &[Do], locking: bool, last: Step) -> Pc {
        let jump = self.emit(Step::Finish);
        let pc = self.here();
        self.body(body, locking);
        self.emit(last);
        self.program.steps[jump] = Step::Jump { to: self.here() };
        pc
    }

    fn scope(&mut self, open: Step, body: &[Do], locking: bool, close: Step) {
        self.emit(open);
        self.body(body, locking);
        self.emit(close);
    }

    fn body(&mut self, body: &[Do], locking: bool) {
        for step in body {
            self.step(step, locking);
        }
    }

    fn step(&mut self, step: &Do, locking: bool) {
        match step {
            Do::Serve(slots, ms) => {
                let demand = self.demand(*ms);
                self.emit(Step::Serve { slots: Station::fixed(*slots), demand });
            }
            Do::ServeInReplica(first, ms) => {
                let demand = self.demand(*ms);
                self.emit(Step::Serve { slots: Station::per_replica(*first), demand });
            }
            Do::Hold(slots, body) => {
                let slots = Station::fixed(*slots);
                self.scope(Step::Acquire { slots }, body, locking, Step::Release);
            }
            Do::Work(sharing, ms) => {
                let demand = self.demand(*ms);
                self.emit(Step::Work { sharing: Station::fixed(*sharing), demand });
            }
            Do::Delay(ms) => {
                let demand = self.demand(*ms);
                self.emit(Step::Delay { demand });
            }
            Do::Transaction(body) => self.scope(Step::Begin { group: 0 }, body, true, Step::Commit),
            Do::Undone(body) => self.scope(Step::Begin { group: 0 }, body, true, Step::Rollback),
            Do::Change(rows) => {
                self.emit(Step::Change { group: 0, rows: *rows });
            }
            Do::Lock { table, key, shared } => {
                let lock = Step::Lock { table: *table, key: *key, shared: *shared };
                // A lock belongs to a transaction.
                if locking {
                    self.emit(lock);
                } else {
                    for step in [Step::Begin { group: 0 }, lock, Step::Commit] {
                        self.emit(step);
                    }
                }
            }
            Do::Batch(batch) => {
                self.emit(Step::Batch { batch: *batch });
            }
            Do::Call(site, body) => {
                let pc = self.aside(body, locking, Step::Return);
                self.emit(Step::Call { pc, site: *site });
            }
            Do::Record(operation, body) => {
                self.scope(Step::Span { operation: *operation }, body, locking, Step::EndSpan);
            }
            Do::Within(ms, cause, body) => {
                let endless = self.unhurried && *cause == Cause::Limit;
                let ring = self.program.ring(Span::from_millis(if endless { NEVER_MS } else { *ms }));
                self.scope(Step::Deadline { ring, cause: *cause }, body, locking, Step::EndDeadline);
            }
            Do::Retry(policy, body) => {
                self.scope(Step::Retry { policy: *policy }, body, locking, Step::EndRetry);
            }
            Do::Try { body, causes, handler, rethrow } => {
                self.handled(body, causes, handler, *rethrow, locking)
            }
            Do::Fork { branches, need, leftover } => {
                let branches = branches.iter().map(|b| self.aside(b, false, Step::Finish)).collect();
                self.program.forks.push(Fork { branches, need: *need, leftover: *leftover });
                let fork = self.program.forks.len() as u32 - 1;
                self.emit(Step::Fork { fork });
            }
            Do::Spawn(operation, body) => {
                let pc = self.aside(body, false, Step::Finish);
                self.emit(Step::Spawn { pc, operation: *operation });
            }
            Do::Choose { weights, key, branches } => self.choice(weights, *key, branches, locking),
            Do::Repeat(times, body) => {
                let site = 2_000 + self.program.counts.len() as u64;
                self.program.counts.push(Repetitions { law: CountLaw::constant(*times), site });
                let count = self.program.counts.len() as u32 - 1;
                let open = self.emit(Step::Finish);
                self.body(body, locking);
                self.emit(Step::Again);
                self.program.steps[open] = Step::Repeat { count, end: self.here() };
            }
            Do::Place(process, body) => {
                self.scope(Step::Place { process: *process }, body, locking, Step::Leave);
            }
            Do::Scope(tag, body) => {
                self.ask(Ask::Open(*tag));
                self.body(body, locking);
                self.emit(Step::EndHost);
            }
            Do::Ask(ask) => self.ask(*ask),
            Do::Forget(slots, lasts) => {
                // What is held goes to a task that gives it back after a while; the scope here has nothing to close.
                let body = [Do::Delay(*lasts)];
                let jump = self.emit(Step::Finish);
                let pc = self.here();
                self.body(&body, false);
                self.emit(Step::Release);
                self.emit(Step::Finish);
                self.program.steps[jump] = Step::Jump { to: self.here() };
                self.emit(Step::Acquire { slots: Station::fixed(*slots) });
                self.ask(Ask::Detach(1, pc));
            }
            Do::Skip(body) => {
                self.ask(Ask::Jump(0));
                let ask = self.asks.len() - 1;
                self.body(body, locking);
                self.asks[ask] = Ask::Jump(self.here());
            }
            Do::Fail(cause) => {
                self.emit(Step::Fail { cause: *cause });
            }
        }
    }

    fn handled(&mut self, body: &[Do], causes: &[Cause], handler: &[Do], rethrow: bool, locking: bool) {
        let catch = self.emit(Step::Finish);
        self.body(body, locking);
        let end = self.emit(Step::Finish);
        self.program.steps[catch] = Step::Catch { handler: self.here() };
        self.emit(Step::Caught);
        let unless = self.emit(Step::Finish);
        self.body(handler, locking);
        if !rethrow {
            self.emit(Step::Handled);
            let to = self.here() + 2;
            self.emit(Step::Jump { to });
        }
        let causes = causes.iter().fold(0, |mask, cause| mask | (1 << *cause as u32));
        self.program.steps[unless] = Step::Unless { causes, to: self.here() };
        self.emit(Step::FailAgain);
        self.program.steps[end] = Step::EndCatch { to: self.here() };
    }

    fn choice(&mut self, weights: &[f64], key: Option<u16>, branches: &[Vec<Do>], locking: bool) {
        let site = 3_000 + self.program.choices.len() as u64;
        let total: f64 = weights.iter().sum();
        let cumulative = weights.iter().scan(0.0, |sum, weight| {
            *sum += weight / total;
            Some(*sum)
        });
        let choice = Choice { cumulative: cumulative.collect(), targets: Vec::new(), site, key };
        self.program.choices.push(choice);
        let choice = self.program.choices.len() - 1;
        self.emit(Step::Choose { choice: choice as u32 });
        let mut jumps = Vec::new();
        for branch in branches {
            let target = self.here();
            self.program.choices[choice].targets.push(target);
            self.body(branch, locking);
            jumps.push(self.emit(Step::Finish));
        }
        for jump in jumps {
            self.program.steps[jump] = Step::Jump { to: self.here() };
        }
    }
}
