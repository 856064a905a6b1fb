//! What one hold (pop the next event, push its successor) costs on each event list.
#![allow(
    clippy::print_stdout,
    missing_docs,
    reason = "a bench prints its result hash; criterion's macros make public items"
)]

use std::hint::black_box;
use std::time::Duration;

use brownout::engine::pending::{Adaptive, EventList, QuadHeap, Radix, Sorted, Tournament};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

const SIZES: [usize; 8] = [1, 4, 16, 64, 1_000, 10_000, 100_000, 1_000_000];

/// A sorted vector of more events than this takes too long to fill.
const LARGEST_SORTED: usize = 10_000;

/// How far ahead events are scheduled; the mean is the number pending times 10 us, so that events happen at
/// the same rate however many are pending.
#[derive(Clone, Copy, Debug)]
enum Increments {
    Exponential,
    Uniform,
    /// Nine of ten are short, one of ten is a hundred times as long.
    Bimodal,
}

impl Increments {
    fn draw(self, pending: usize, random: &mut Xoshiro256PlusPlus) -> u64 {
        let exponential = -(1.0 - random.random::<f64>()).ln();
        let mean = 1e4 * pending as f64;
        let nanos = match self {
            Increments::Exponential => mean * exponential,
            Increments::Uniform => 2.0 * mean * random.random::<f64>(),
            Increments::Bimodal if random.random::<f64>() < 0.9 => mean * exponential / 10.9,
            Increments::Bimodal => mean * exponential / 0.109,
        };
        nanos as u64
    }
}

/// A list in the middle of a run, and the increments that its events draw from.
struct Hold<L> {
    list: L,
    increments: Vec<u64>,
    drawn: usize,
    sequence: u64,
}

impl<L: EventList> Hold<L> {
    fn new(list: L, pending: usize, kind: Increments) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(pending as u64);
        let increments = (0..1 << 13).map(|_| kind.draw(pending, &mut random)).collect();
        let mut hold = Hold { list, increments, drawn: 0, sequence: 0 };
        for _ in 0..pending {
            let ahead = kind.draw(pending, &mut random);
            hold.schedule(ahead);
        }
        for _ in 0..(2 * pending).min(200_000) {
            hold.step();
        }
        hold
    }

    #[inline]
    fn schedule(&mut self, time: u64) {
        self.sequence += 1;
        self.list.push(u128::from(time) << 64 | u128::from(self.sequence));
    }

    #[inline]
    fn step(&mut self) -> u128 {
        let key = self.list.pop().unwrap_or_default();
        self.drawn = (self.drawn + 1) % self.increments.len();
        let ahead = self.increments[self.drawn];
        self.schedule((key >> 64) as u64 + ahead);
        key
    }
}

fn measure<L: EventList>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    kind: Increments,
    pending: usize,
    name: &str,
    make: fn() -> L,
) {
    let mut hold = None;
    group.bench_function(BenchmarkId::new(name, pending), |bench| {
        let hold = hold.get_or_insert_with(|| Hold::new(make(), pending, kind));
        bench.iter(|| black_box(hold.step()));
    });
}

/// A digest of the order in which a list yields events; the same for every list.
fn order_hash(list: impl EventList, kind: Increments, pending: usize) -> u64 {
    let mut hold = Hold::new(list, pending, kind);
    (0..10_000).fold(0, |hash: u64, _| {
        let key = hold.step();
        hash.rotate_left(5).wrapping_mul(0x100_0000_01b3) ^ (key >> 64) as u64 ^ key as u64
    })
}

fn agreed_order_hash(kind: Increments, pending: usize) -> u64 {
    let expected = order_hash(QuadHeap::new(), kind, pending);
    assert_eq!(order_hash(Sorted::new(), kind, pending), expected);
    assert_eq!(order_hash(Tournament::new(), kind, pending), expected);
    assert_eq!(order_hash(Radix::new(), kind, pending), expected);
    assert_eq!(order_hash(Adaptive::new(), kind, pending), expected);
    expected
}

fn holds(criterion: &mut Criterion) {
    let is_measuring = std::env::args().any(|argument| argument == "--bench");
    let largest = if is_measuring { 1_000_000 } else { LARGEST_SORTED };
    for kind in [Increments::Exponential, Increments::Uniform, Increments::Bimodal] {
        let hash =
            [10, 100, 1_000].into_iter().fold(0, |hash, pending| hash ^ agreed_order_hash(kind, pending));
        println!("{kind:?}: result hash {hash:016x}");
        let mut group = criterion.benchmark_group(format!("{kind:?}").to_lowercase());
        group
            .warm_up_time(Duration::from_millis(100))
            .measurement_time(Duration::from_millis(300))
            .sample_size(20);
        for pending in SIZES.into_iter().filter(|&pending| pending <= largest) {
            if pending <= LARGEST_SORTED {
                measure(&mut group, kind, pending, "sorted", Sorted::new);
            }
            measure(&mut group, kind, pending, "heap", QuadHeap::new);
            measure(&mut group, kind, pending, "tournament", Tournament::new);
            measure(&mut group, kind, pending, "radix", Radix::new);
            measure(&mut group, kind, pending, "adaptive", Adaptive::new);
        }
        group.finish();
    }
}

criterion_group!(benches, holds);
criterion_main!(benches);
