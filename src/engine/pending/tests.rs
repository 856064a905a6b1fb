//! Every list against a binary heap, and the edges of each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use proptest::prelude::*;

use super::adaptive::{MOST_SORTED, MOST_TOURNAMENT};
use super::{Adaptive, EventList, QuadHeap, Radix, Sorted, Tournament};

/// The latest time of a run [ns].
const LATEST: u64 = u64::MAX >> 1;

#[derive(Clone, Debug)]
enum Act {
    /// Schedules at the present instant, in a phase that may be over.
    Now {
        phase: u8,
    },
    /// Schedules ahead of the present [ns].
    Ahead(u64),
    /// Schedules at an instant many events share: the next multiple of this [ns].
    Tick(u64),
    /// Schedules as late as can be.
    Outlier,
    /// Schedules this many events, spread evenly over a stretch [ns].
    Burst {
        count: usize,
        over: u64,
    },
    Pop(usize),
    /// Pops an event and schedules another, this many times, up to so far ahead [ns].
    Hold {
        times: usize,
        ahead: u64,
    },
    Peek,
    Drain,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let ahead = prop_oneof![0..4_u64, 0..1_000_u64, 0..1_u64 << 30, 0..1_u64 << 50];
    let act = prop_oneof![
        4 => (0..8_u8).prop_map(|phase| Act::Now { phase }),
        6 => ahead.clone().prop_map(Act::Ahead),
        2 => (1..1_u64 << 20).prop_map(Act::Tick),
        1 => Just(Act::Outlier),
        2 => (1..400_usize, ahead.clone()).prop_map(|(count, over)| Act::Burst { count, over }),
        6 => (1..4_usize).prop_map(Act::Pop),
        2 => (1..300_usize).prop_map(Act::Pop),
        2 => (1..200_usize, ahead).prop_map(|(times, ahead)| Act::Hold { times, ahead }),
        2 => Just(Act::Peek),
        1 => Just(Act::Drain),
    ];
    prop::collection::vec(act, 1..80)
}

/// A list and the heap that tells what it should do.
struct Twins<L> {
    list: L,
    heap: BinaryHeap<Reverse<u128>>,
    now: u64,
    sequence: u64,
}

impl<L: EventList> Twins<L> {
    fn new(list: L) -> Self {
        Twins { list, heap: BinaryHeap::new(), now: 0, sequence: 0 }
    }

    fn push(&mut self, time: u64, phase: u8) {
        self.sequence += 1;
        let key = u128::from(time) << 64 | u128::from(phase) << 60 | u128::from(self.sequence);
        self.list.push(key);
        self.heap.push(Reverse(key));
        assert_eq!(self.list.len(), self.heap.len());
    }

    fn ahead(&mut self, ahead: u64) {
        let phase = (self.sequence % 5) as u8;
        self.push((self.now + ahead).min(LATEST), phase);
    }

    fn pop(&mut self) -> bool {
        let expected = self.heap.pop().map(|Reverse(key)| key);
        assert_eq!(self.list.pop(), expected);
        assert_eq!(self.list.len(), self.heap.len());
        self.now = expected.map_or(self.now, |key| (key >> 64) as u64);
        expected.is_some()
    }

    fn peek(&mut self) {
        assert_eq!(self.list.peek(), self.heap.peek().map(|&Reverse(key)| key));
        assert_eq!(self.list.is_empty(), self.heap.is_empty());
    }

    fn drain(&mut self) {
        while self.pop() {}
        self.peek();
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::Now { phase } => self.push(self.now, phase),
            Act::Ahead(ahead) => self.ahead(ahead),
            Act::Tick(tick) => self.ahead(tick - self.now % tick),
            Act::Outlier => self.push(LATEST, 0),
            Act::Burst { count, over } => {
                (0..count as u64).for_each(|i| self.ahead(i * 7919 % count as u64 * over / count as u64));
            }
            Act::Pop(times) => (0..times).for_each(|_| {
                self.pop();
            }),
            Act::Hold { times, ahead } => (0..times as u64).for_each(|i| {
                self.pop();
                self.ahead((ahead as u128 * u128::from(i * 6271 % 997) / 997) as u64);
            }),
            Act::Peek => self.peek(),
            Act::Drain => self.drain(),
        }
    }
}

fn agrees_with_a_heap(list: impl EventList, acts: &[Act]) {
    let mut twins = Twins::new(list);
    acts.iter().for_each(|act| twins.act(act));
    twins.drain();
    twins.ahead(1);
    twins.drain();
}

fn every_list_agrees_with_a_heap(acts: &[Act]) {
    agrees_with_a_heap(Sorted::new(), acts);
    agrees_with_a_heap(QuadHeap::new(), acts);
    agrees_with_a_heap(Tournament::new(), acts);
    agrees_with_a_heap(Radix::new(), acts);
    agrees_with_a_heap(Adaptive::new(), acts);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn monotone_use_agrees_with_a_heap(acts in acts()) {
        every_list_agrees_with_a_heap(&acts);
    }

    #[test]
    fn bursts_across_every_bound_agree_with_a_heap(
        rounds in prop::collection::vec((2_000..9_000_usize, 0..1_u64 << 40, 1..9_000_usize, acts()), 1..5)
    ) {
        let acts: Vec<_> = rounds.into_iter().flat_map(|(count, over, pops, mut acts)| {
            acts.extend([Act::Burst { count, over }, Act::Now { phase: 0 }, Act::Pop(pops)]);
            acts
        }).collect();
        agrees_with_a_heap(Adaptive::new(), &acts);
    }

    #[test]
    fn any_keys_in_any_order_agree_with_a_heap(acts in prop::collection::vec(prop::option::weighted(0.6, 0..u128::MAX >> 1), 1..600)) {
        fn check(mut list: impl EventList, acts: &[Option<u128>]) {
            let mut heap = BinaryHeap::new();
            for act in acts {
                if let Some(key) = *act {
                    list.push(key);
                    heap.push(Reverse(key));
                } else {
                    assert_eq!(list.pop(), heap.pop().map(|Reverse(key)| key));
                }
            }
            assert_eq!(list.peek(), heap.peek().map(|&Reverse(key)| key));
        }
        check(Sorted::new(), &acts);
        check(QuadHeap::new(), &acts);
        check(Tournament::new(), &acts);
        check(Radix::new(), &acts);
        check(Adaptive::new(), &acts);
    }
}

#[test]
fn an_empty_list_has_nothing_to_give() {
    every_list_agrees_with_a_heap(&[
        Act::Peek,
        Act::Pop(2),
        Act::Peek,
        Act::Ahead(3),
        Act::Drain,
        Act::Pop(1),
    ]);
}

#[test]
fn an_earlier_phase_of_the_present_instant_comes_out_next() {
    fn check(mut list: impl EventList) {
        let key = |time: u64, low: u64| u128::from(time) << 64 | u128::from(low);
        let later = (0..300).map(|i| key(10, 100 + i)).chain((0..300).map(|i| key(11 + i, 0)));
        later.for_each(|later| list.push(later));
        list.push(key(10, 4));
        assert_eq!(list.pop(), Some(key(10, 4)));
        list.push(key(10, 2));
        list.push(key(10, 0));
        assert_eq!(list.peek(), Some(key(10, 0)));
        assert_eq!(list.pop(), Some(key(10, 0)));
        list.push(key(10, 1));
        assert_eq!(list.pop(), Some(key(10, 1)));
        assert_eq!(list.pop(), Some(key(10, 2)));
        assert_eq!(list.pop(), Some(key(10, 100)));
    }
    check(Sorted::new());
    check(QuadHeap::new());
    check(Tournament::new());
    check(Radix::new());
    check(Adaptive::new());
}

#[test]
fn the_extreme_keys_are_ordinary() {
    let latest = u128::MAX >> 1;
    let extremes = [latest, 0, u128::from(u64::MAX), u128::from(LATEST) << 64, latest - 1, latest, 0];
    fn check(mut list: impl EventList, extremes: &[u128]) {
        for _ in 0..2 {
            extremes.iter().cycle().take(40 * extremes.len()).for_each(|&key| list.push(key));
            let popped: Vec<_> = std::iter::from_fn(|| list.pop()).collect();
            assert!(popped.is_sorted());
            assert_eq!(popped.len(), 40 * extremes.len());
        }
    }
    check(Sorted::new(), &extremes);
    check(QuadHeap::new(), &extremes);
    check(Tournament::new(), &extremes);
    check(Radix::new(), &extremes);
    check(Adaptive::new(), &extremes);
}

#[test]
fn growing_and_shrinking_across_each_bound_keeps_the_order() {
    for bound in [MOST_SORTED / 2, MOST_SORTED, MOST_TOURNAMENT / 2, MOST_TOURNAMENT] {
        let mut acts = vec![Act::Outlier];
        for size in [bound - 1, bound, bound + 1, bound + 2, 2 * bound] {
            acts.push(Act::Burst { count: size, over: 1 << 40 });
            acts.extend([Act::Hold { times: 5, ahead: 1 << 30 }, Act::Now { phase: 0 }, Act::Pop(size + 1)]);
            acts.extend([Act::Burst { count: 3, over: 9 }, Act::Peek, Act::Pop(2)]);
        }
        agrees_with_a_heap(Adaptive::new(), &acts);
    }
}

#[test]
fn a_burst_in_one_instant_stays_fast_and_ordered() {
    let acts = [Act::Burst { count: 20_000, over: 0 }, Act::Pop(1), Act::Burst { count: 20_000, over: 0 }];
    agrees_with_a_heap(Tournament::new(), &acts);
    agrees_with_a_heap(Radix::new(), &acts);
    agrees_with_a_heap(Adaptive::new(), &acts);
}

#[test]
fn a_hundred_thousand_events_come_and_go() {
    let acts = [
        Act::Burst { count: 100_000, over: 1 << 36 },
        Act::Hold { times: 50_000, ahead: 1 << 36 },
        Act::Pop(99_990),
        Act::Burst { count: 1_000, over: 1 << 20 },
        Act::Hold { times: 5_000, ahead: 1 << 20 },
    ];
    agrees_with_a_heap(QuadHeap::new(), &acts);
    agrees_with_a_heap(Tournament::new(), &acts);
    agrees_with_a_heap(Radix::new(), &acts);
    agrees_with_a_heap(Adaptive::new(), &acts);
}

#[test]
fn what_is_not_kept_is_gone_and_the_rest_keeps_its_order() {
    for count in [5, 100, 20_000, 60_000] {
        let mut list = Adaptive::new();
        let key = |i: u64| u128::from(i * 0x9E37_79B9_7F4A % 1_000_003 + (i << 20)) << 64 | u128::from(i);
        (0..count / 2).for_each(|i| list.push(key(i)));
        let now = list.pop().expect("there are some");
        (count / 2..count).map(|i| now + key(i)).for_each(|late| list.push(late));
        list.push(now + 1);
        let mut kept = list.clone();
        let of_them = |key: &u128| (key >> 64).is_multiple_of(7) || *key == now + 1;
        kept.retain(|key| of_them(&key));
        let all: Vec<u128> = std::iter::from_fn(|| list.pop()).filter(of_them).collect();
        assert_eq!((kept.len(), all.is_empty()), (all.len(), false));
        assert_eq!(std::iter::from_fn(|| kept.pop()).collect::<Vec<_>>(), all, "of {count}");
    }
}
