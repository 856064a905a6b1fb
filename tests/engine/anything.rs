//! Programs that nobody would write, in worlds that change under them: whatever is thrown at the engine, the
//! books balance, everything that was taken is given back, and the same seed gives the same run.
//!
//! `PROPTEST_CASES` and `PROPTEST_RNG_SEED` try more, or others.

use brownout::engine::{BatchConfig, Discipline, Leftover, Limits, LocksConfig, Patience, SlotsConfig};
use brownout::record::{Cause, Ending, RunRecord};
use brownout::units::Span;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::plan::{Ask, Do, key_space};
use crate::world::{Act, Arrival, Notes, World};

/// How long a task may take \[ms]; a child or a spawned task may take as long again.
const TASK_MS: u64 = 60;
/// When the last arrival comes \[ms].
const LAST_MS: u64 = 50;
/// How deep the trees are.
const DEPTH: u32 = 4;
/// By when everything must be over \[ms].
const END_MS: u64 = LAST_MS + TASK_MS * (DEPTH as u64 + 2);
/// By when everything must be over that never waits for ever, if nothing cuts it short \[ms].
const UNHURRIED_MS: u64 = 1_000_000;
/// The stations with slots; replica 0, 1 or 2 of a process has one each.
const STATIONS: u32 = 3;

#[derive(Clone, Copy, Debug)]
enum Waits {
    Endless,
    Constant(u64),
    Drawn(u64),
}

#[derive(Clone, Debug)]
struct Case {
    stations: Vec<(u32, Option<u32>, Discipline, Waits)>,
    cores: Vec<f64>,
    tables: Vec<(Waits, bool)>,
    batch: (u64, Option<u32>),
    /// Whether times are drawn; constant ones bring many ties.
    random: bool,
    pauses: Vec<Vec<u64>>,
    replicas: Vec<Option<u16>>,
    tasks: Vec<Vec<Do>>,
    /// When, which task, with which priority.
    arrivals: Vec<(u64, prop::sample::Index, u8)>,
    acts: Vec<(u64, Act)>,
    segments: Vec<u64>,
    interval: u64,
    unhurried: bool,
}

fn short() -> impl Strategy<Value = u64> {
    0..6u64
}

fn cause() -> impl Strategy<Value = Cause> {
    prop::sample::select(vec![Cause::Error, Cause::Timeout, Cause::Declined, Cause::Abandoned])
}

fn leaf() -> impl Strategy<Value = Do> {
    prop_oneof![
        6 => (0..STATIONS, short()).prop_map(|(slots, ms)| Do::Serve(slots, ms)),
        2 => short().prop_map(|ms| Do::ServeInReplica(0, ms)),
        3 => (0..2u32, short()).prop_map(|(sharing, ms)| Do::Work(sharing, ms)),
        2 => short().prop_map(Do::Delay),
        5 => (0..2u32, 0..2u16, any::<bool>()).prop_map(|(table, key, shared)| Do::Lock { table, key, shared }),
        2 => Just(Do::Batch(0)),
        1 => cause().prop_map(Do::Fail),
        1 => short().prop_map(|ms| Do::Ask(Ask::Delay(ms))),
        1 => cause().prop_map(|cause| Do::Ask(Ask::Fail(cause))),
        1 => option::weighted(0.8, short()).prop_map(|ms| Do::Ask(Ask::Sleep(ms))),
        1 => Just(Do::Ask(Ask::Note("passes"))),
    ]
}

/// A task of its own: whatever it does, it is over some day.
fn bounded(body: Vec<Do>) -> Vec<Do> {
    vec![Do::Within(TASK_MS, Cause::Limit, body)]
}

fn tree() -> impl Strategy<Value = Do> {
    leaf().prop_recursive(DEPTH, 24, 3, |inner| {
        let body = || vec(inner.clone(), 0..4);
        let bodies = || vec(vec(inner.clone(), 0..3), 1..4);
        let leftover = prop_oneof![Just(Leftover::Cancel), Just(Leftover::KeepServing)];
        prop_oneof![
            4 => (0..STATIONS, body()).prop_map(|(slots, body)| Do::Hold(slots, body)),
            4 => body().prop_map(Do::Transaction),
            1 => (0..3u32, body()).prop_map(|(site, body)| Do::Call(site, body)),
            2 => (1..3u16, body()).prop_map(|(operation, body)| Do::Record(operation, body)),
            4 => (0..12u64, cause(), body()).prop_map(|(ms, cause, body)| Do::Within(ms, cause, body)),
            2 => (0..2u16, body()).prop_map(|(policy, body)| Do::Retry(policy, body)),
            3 => (body(), vec(cause(), 0..3), body(), any::<bool>()).prop_map(
                |(body, causes, handler, rethrow)| Do::Try { body, causes, handler, rethrow }
            ),
            3 => (bodies(), any::<prop::sample::Index>(), leftover).prop_map(|(branches, need, leftover)| {
                let need = need.index(branches.len()) as u32 + 1;
                Do::Fork { branches: branches.into_iter().map(bounded).collect(), need, leftover }
            }),
            1 => body().prop_map(|body| Do::Spawn(3, bounded(body))),
            1 => (bodies(), option::of(0..2u16)).prop_map(|(branches, key)| {
                Do::Choose { weights: vec![1.0; branches.len()], key, branches }
            }),
            2 => (0..3u32, body()).prop_map(|(times, body)| Do::Repeat(times, body)),
            2 => (0..2u16, body()).prop_map(|(process, body)| Do::Place(process, body)),
            1 => (0..9u8, body()).prop_map(|(tag, body)| Do::Scope(tag, body)),
            1 => body().prop_map(Do::Skip),
        ]
    })
}

fn waits() -> impl Strategy<Value = Waits> {
    prop_oneof![
        2 => Just(Waits::Endless),
        1 => short().prop_map(Waits::Constant),
        1 => short().prop_map(Waits::Drawn),
    ]
}

fn discipline() -> impl Strategy<Value = Discipline> {
    prop_oneof![
        Just(Discipline::Fifo),
        Just(Discipline::Lifo),
        short().prop_map(|ms| Discipline::AdaptiveLifo(Span::from_millis(ms))),
        Just(Discipline::Priority),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let cores = || prop::sample::select(vec![0.0, 0.3, 1.0, 2.5]);
    prop_oneof![
        3 => (0..STATIONS, 0..4u32).prop_map(|(station, slots)| Act::ResizeSlots(station, slots)),
        1 => (0..2u32, cores()).prop_map(|(station, cores)| Act::ResizeCores(station, cores)),
        1 => (0..2u32, cores()).prop_map(|(station, speed)| Act::Speed(station, speed)),
        2 => (0..20usize, any::<bool>()).prop_map(|(sleeper, again)| Act::Wake(sleeper, again)),
        3 => (0..20usize, cause()).prop_map(|(arrival, cause)| Act::Condemn(arrival, cause)),
        2 => (0..STATIONS, cause()).prop_map(|(station, cause)| Act::BreakSlots(station, cause)),
        2 => (0..STATIONS as u16, cause()).prop_map(|(replica, cause)| Act::BreakReplica(replica, cause)),
        2 => (0..STATIONS, cause()).prop_map(|(station, cause)| Act::BreakServed(station, cause)),
        1 => (0..STATIONS, 0.0..4.0).prop_map(|(station, factor)| Act::Slowness(station, factor)),
        2 => (0..STATIONS, short()).prop_map(|(station, ms)| Act::DropAfter(station, ms)),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let station = (0..3u32, option::of(0..4u32), discipline(), waits());
    let resources = (
        vec(station, STATIONS as usize),
        vec(prop::sample::select(vec![0.5, 1.0, 1.7, 3.0]), 2),
        vec((waits(), any::<bool>()), 2),
        (short(), option::of(1..3u32)),
    );
    let policies =
        (any::<bool>(), vec(vec(0..4u64, 0..3), 2), vec(option::weighted(0.8, 0..STATIONS as u16), 1..4));
    let happenings = (
        vec(vec(tree(), 1..4), 1..4),
        vec((0..LAST_MS, any::<prop::sample::Index>(), 0..3u8), 1..20),
        vec((0..LAST_MS + 20, act()), 0..6),
        vec(1..END_MS, 0..3),
        1..90u64,
    );
    (resources, policies, happenings).prop_map(|(resources, policies, happenings)| {
        let (stations, cores, tables, batch) = resources;
        let (random, pauses, replicas) = policies;
        let (tasks, mut arrivals, acts, mut segments, interval) = happenings;
        arrivals.sort_by_key(|(at, ..)| *at);
        segments.sort_unstable();
        segments.dedup();
        Case {
            stations,
            cores,
            tables,
            batch,
            random,
            pauses,
            replicas,
            tasks,
            arrivals,
            acts,
            segments,
            interval,
            unhurried: false,
        }
    })
}

impl Case {
    /// The same, but nothing waits for ever and nobody is cut short for that.
    fn unhurried(mut self) -> Case {
        self.unhurried = true;
        let finite = |waits: &mut Waits| {
            if let Waits::Endless = waits {
                *waits = Waits::Constant(9);
            }
        };
        for (capacity, _, _, waits) in &mut self.stations {
            *capacity += 1;
            finite(waits);
        }
        self.tables.iter_mut().for_each(|(waits, _)| finite(waits));
        for (_, act) in &mut self.acts {
            match act {
                Act::ResizeSlots(_, slots) => *slots += 1,
                Act::ResizeCores(_, rate) | Act::Speed(_, rate) => *rate += 0.1,
                Act::LimitSlots(_, limit) => *limit += 1,
                Act::Slowness(_, factor) => *factor = factor.min(3.0),
                Act::Wake(..)
                | Act::Condemn(..)
                | Act::BreakSlots(..)
                | Act::BreakReplica(..)
                | Act::BreakServed(..)
                | Act::Withhold(_)
                | Act::HandOver(_)
                | Act::DropAfter(..)
                | Act::Count(_) => {}
            }
        }
        self
    }

    fn world(&self) -> World {
        let mut world = World::new();
        (world.writer.random, world.writer.unhurried) = (self.random, self.unhurried);
        world.writer.program.keys.push(key_space(5, 3));
        for (capacity, queue_limit, discipline, waits) in &self.stations {
            let patience = patience(&mut world, *waits);
            world.writer.program.slots.push(SlotsConfig {
                capacity: *capacity,
                queue_limit: *queue_limit,
                discipline: *discipline,
                patience,
                when_full: Cause::QueueFull,
                when_impatient: Cause::Abandoned,
            });
        }
        for (waits, detect_deadlocks) in &self.tables {
            let patience = patience(&mut world, *waits);
            let config = LocksConfig {
                patience,
                detect_deadlocks: *detect_deadlocks,
                timeout_undoes: false,
                group: 0,
            };
            world.writer.program.locks.push(config);
        }
        let demand = world.writer.demand(self.batch.0);
        world.writer.program.batches.push(BatchConfig { demand, limit: self.batch.1, gather: Span::ZERO });
        world = self.cores.iter().fold(world, |world, cores| world.cores(*cores));
        let pcs: Vec<u32> = self.tasks.iter().map(|task| world.writer.task(&bounded(task.clone()))).collect();
        let arrival = |(at, task, priority): &(u64, prop::sample::Index, u8)| Arrival {
            at: *at,
            pc: *task.get(&pcs),
            priority: *priority,
        };
        world.arrivals = self.arrivals.iter().map(arrival).collect();
        world.acts = self.acts.clone();
        world.pauses = self.pauses.clone();
        world.replicas = self.replicas.clone();
        world.ends = vec![END_MS];
        world.limits = Limits { in_flight: 20_000, events: 500_000, ..Limits::default() };
        world
    }
}

fn patience(world: &mut World, waits: Waits) -> Patience {
    match waits {
        Waits::Endless => Patience::Endless,
        Waits::Constant(ms) => world.constant(ms),
        Waits::Drawn(ms) => world.drawn(ms),
    }
}

/// Runs a world whose books must balance.
fn run(world: &World) -> Result<(RunRecord, Notes), TestCaseError> {
    let (record, notes) = world.run();
    match record {
        Ok(record) => Ok((record, notes)),
        Err(broken) => Err(TestCaseError::fail(broken.to_string())),
    }
}

/// Has the stations counted when everything must be over.
fn counted(mut world: World, end: u64) -> World {
    world.ends = vec![end];
    world.acts.extend((0..STATIONS).map(|station| (end - 1, Act::Count(station))));
    world
}

/// Checks that nothing is left of anything.
fn all_over(record: &RunRecord, notes: &Notes, end: u64) -> Result<(), TestCaseError> {
    prop_assert_eq!(record.in_flight_end, 0);
    prop_assert!(notes.ended.iter().all(|times| *times == 1), "ended: {:?}", notes.ended);
    prop_assert_eq!(notes.opened, notes.closed);
    prop_assert_eq!(notes.placed, notes.left);
    let nothing = format!("0 in use and 0 waiting at {}", end - 1);
    let counted = notes.lines.iter().filter(|line| **line == nothing).count();
    prop_assert_eq!(counted, STATIONS as usize, "{:?}", notes.lines);
    for operation in &record.operations {
        let (offered, ended) =
            operation.iter().fold((0, 0), |sum, record| (sum.0 + record.offered, sum.1 + record.ended()));
        prop_assert_eq!(offered, ended);
    }
    prop_assert_eq!(record.requests, notes.ended.len() as u64);
    Ok(())
}

/// Checks that the series tells the same as the totals.
fn series_adds_up(record: &RunRecord) -> Result<(), TestCaseError> {
    for (operation, points) in record.operations.iter().zip(&record.series.operations) {
        let offered: u64 = operation.iter().map(|record| record.offered).sum();
        let served: u64 = operation.iter().map(|record| record.served).sum();
        let failures: u64 = operation.iter().map(|record| record.failures()).sum();
        prop_assert_eq!(offered, points.iter().map(|point| point.offered).sum::<u64>());
        prop_assert_eq!(served, points.iter().map(|point| point.served).sum::<u64>());
        prop_assert_eq!(failures, points.iter().map(|point| point.failed).sum::<u64>());
    }
    let spans = record.stations.iter().map(|records| records.iter().map(|r| r.span_ns).sum::<u64>());
    prop_assert!(spans.into_iter().all(|span| span == END_MS * 1_000_000));
    Ok(())
}

fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    let rng_seed = match config.rng_seed {
        RngSeed::Random => RngSeed::Fixed(2_026),
        fixed @ RngSeed::Fixed(_) => fixed,
    };
    // They are quick.
    let cases = config.cases.max(1_000);
    ProptestConfig { cases, rng_seed, failure_persistence: None, max_shrink_iters: 20_000, ..config }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_is_done_is_over_in_the_end_and_nothing_is_left(case in case()) {
        let world = counted(case.world(), END_MS);
        let (record, notes) = run(&world)?;
        if record.ending != Ending::Completed {
            // It multiplied beyond the limit; its books balance all the same.
            return Ok(());
        }
        all_over(&record, &notes, END_MS)?;
        series_adds_up(&record)?;
        let (again, noted) = run(&world)?;
        prop_assert_eq!(again.fingerprint, record.fingerprint);
        prop_assert_eq!(again.events, record.events);
        prop_assert_eq!(noted.lines, notes.lines);
    }

    #[test]
    fn nobody_is_stranded(case in case()) {
        let mut world = counted(case.unhurried().world(), UNHURRIED_MS);
        world.interval = UNHURRIED_MS;
        let (record, notes) = run(&world)?;
        if record.ending == Ending::Completed {
            all_over(&record, &notes, UNHURRIED_MS)?;
        }
    }

    #[test]
    fn the_books_balance_whenever_one_looks_and_looking_changes_nothing(case in case()) {
        let whole = case.world();
        let (record, notes) = run(&whole)?;
        let mut cut = whole.clone();
        cut.ends = case.segments.iter().copied().chain([END_MS]).collect();
        cut.interval = case.interval;
        let (in_pieces, noted) = run(&cut)?;
        if record.ending == Ending::Completed && in_pieces.ending == Ending::Completed {
            prop_assert_eq!(noted.lines, notes.lines);
            series_adds_up(&in_pieces)?;
        }
        // Stopped in the middle, with everything in flight.
        for end in case.segments.iter().copied().chain([1, 7, 23]) {
            let early = World { ends: vec![end], ..whole.clone() };
            run(&early)?;
        }
        for in_flight in [1, 5] {
            let few = World { limits: Limits { in_flight, ..whole.limits }, ..whole.clone() };
            run(&few)?;
        }
    }
}
